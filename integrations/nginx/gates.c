// integrations/nginx/gates.c: see gates.h.
#include "gates.h"

// How long a gate that could not be opened is left alone, in milliseconds.
#define NGX_CURFEW_RETRY_AFTER 100
// Between two errors of one kind, in seconds.
#define NGX_CURFEW_COMPLAIN_AGAIN 5

ngx_int_t ngx_curfew_try_options(const curfew_gate_options* options, char* error) {
  curfew_gate* gate = NULL;
  if (curfew_gate_new(options, &gate, error, NGX_MAX_CONF_ERRSTR) != CURFEW_OK) return NGX_ERROR;
  curfew_gate_free(gate);
  return NGX_OK;
}

ngx_uint_t ngx_curfew_complaint_level(ngx_curfew_gate_t* gate, ngx_curfew_complaint_t kind) {
  time_t* last = &gate->complained_at[kind];
  if (*last != 0 && ngx_time() - *last < NGX_CURFEW_COMPLAIN_AGAIN) return NGX_LOG_INFO;
  *last = ngx_time();
  return NGX_LOG_ERR;
}

static ngx_int_t failed(ngx_curfew_gate_t* gate, ngx_log_t* log, const char* error) {
  gate->tried_at = ngx_current_msec == 0 ? 1 : ngx_current_msec;
  u_char* end = ngx_snprintf((u_char*)gate->why, sizeof gate->why - 1,
                             "the gate's replica cannot be used: %s", error);
  *end = '\0';
  const ngx_uint_t level = ngx_curfew_complaint_level(gate, ngx_curfew_cannot_open);
  ngx_log_error(level, log, 0,
                "curfew: requests are answered 503: the gate's replica %s cannot be used: %s",
                gate->options.replica_path, error);
  return NGX_ERROR;
}

ngx_int_t ngx_curfew_open_gate(ngx_curfew_gate_t* gate, ngx_log_t* log) {
  if (gate->connections != NULL) return NGX_OK;
  if (gate->tried_at != 0 && ngx_current_msec - gate->tried_at < NGX_CURFEW_RETRY_AFTER) {
    return NGX_ERROR;
  }
  char error[NGX_MAX_CONF_ERRSTR];
  if (gate->gate == NULL &&
      curfew_gate_new(&gate->options, &gate->gate, error, sizeof error) != CURFEW_OK) {
    gate->gate = NULL;
    return failed(gate, log, error);
  }
  if (curfew_connections_new(gate->gate, &gate->connections, error, sizeof error) != CURFEW_OK) {
    gate->connections = NULL;
    return failed(gate, log, error);
  }
  gate->tried_at = 0;
  return NGX_OK;
}

void ngx_curfew_close_gate(ngx_curfew_gate_t* gate) {
  curfew_connections_free(gate->connections);
  gate->connections = NULL;
  curfew_gate_free(gate->gate);
  gate->gate = NULL;
}
