// integrations/nginx/module.c: nginx's tables of this module, and the hooks of its processes.
#include "module.h"

#include <ngx_http.h>

#include "cookies.h"
#include "filter.h"
#include "identity.h"
#include "judge.h"
#include "proofs.h"
#include "review.h"
#include "session_log.h"
#include "settings.h"
#include "variables.h"

static ngx_int_t add_handler(ngx_conf_t* cf, ngx_http_phases phase, ngx_http_handler_pt handler) {
  ngx_http_core_main_conf_t* core = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
  ngx_http_handler_pt* place = ngx_array_push(&core->phases[phase].handlers);
  if (place == NULL) return NGX_ERROR;
  *place = handler;
  return NGX_OK;
}

// Only where some location is protected: others pay nothing.
static ngx_int_t add_handlers(ngx_conf_t* cf) {
  ngx_curfew_main_t* main = ngx_http_conf_get_module_main_conf(cf, ngx_http_curfew_module);
  if (!main->is_used) return NGX_OK;
  main->proofs = ngx_curfew_add_proofs(cf);
  if (main->proofs == NULL ||
      add_handler(cf, NGX_HTTP_POST_READ_PHASE, ngx_curfew_drop_forged) != NGX_OK ||
      add_handler(cf, NGX_HTTP_PREACCESS_PHASE, ngx_curfew_judge_subrequest) != NGX_OK ||
      add_handler(cf, NGX_HTTP_ACCESS_PHASE, ngx_curfew_judge_request) != NGX_OK ||
      add_handler(cf, NGX_HTTP_LOG_PHASE, ngx_curfew_log_request) != NGX_OK) {
    return NGX_ERROR;
  }
  if (main->has_sites &&
      add_handler(cf, NGX_HTTP_PREACCESS_PHASE, ngx_curfew_keep_cookies) != NGX_OK) {
    return NGX_ERROR;
  }
  // Of one phase nginx runs the handler first that was added last.
  if (add_handler(cf, NGX_HTTP_PREACCESS_PHASE, ngx_curfew_drop_forged_late) != NGX_OK) {
    return NGX_ERROR;
  }
  ngx_curfew_add_filter();
  ngx_curfew_prepare_identity();
  return NGX_OK;
}

static ngx_curfew_main_t* main_of(ngx_cycle_t* cycle) {
  return ngx_http_cycle_get_module_main_conf(cycle, ngx_http_curfew_module);
}

static ngx_int_t init_process(ngx_cycle_t* cycle) {
  // Not in the processes that look after caches.
  if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE) return NGX_OK;
  const ngx_curfew_main_t* main = main_of(cycle);
  if (main == NULL || !main->is_used) return NGX_OK;
  ngx_curfew_gate_t** gates = main->gates.elts;
  // What cannot be opened yet is tried again by the requests that need it.
  for (ngx_uint_t i = 0; i < main->gates.nelts; ++i) {
    (void)ngx_curfew_open_gate(gates[i], cycle->log);
  }
  return ngx_curfew_begin_reviews(main, cycle->log);
}

static void exit_process(ngx_cycle_t* cycle) {
  const ngx_curfew_main_t* main = main_of(cycle);
  if (main == NULL || !main->is_used) return;
  ngx_curfew_end_reviews();
  ngx_curfew_gate_t** gates = main->gates.elts;
  for (ngx_uint_t i = 0; i < main->gates.nelts; ++i) ngx_curfew_close_gate(gates[i]);
}

static ngx_http_module_t context = {
    ngx_curfew_add_variables,  // preconfiguration
    add_handlers,              // postconfiguration
    ngx_curfew_create_main,    // main
    NULL,
    ngx_curfew_create_server,
    ngx_curfew_merge_server,
    ngx_curfew_create_settings,  // location
    ngx_curfew_merge_settings,   //
};

__attribute__((visibility("default"))) ngx_module_t ngx_http_curfew_module = {
    NGX_MODULE_V1,
    &context,
    ngx_curfew_commands,
    NGX_HTTP_MODULE,
    NULL,  // init master
    NULL,  // init module
    init_process,
    NULL,  // init thread
    NULL,  // exit thread
    exit_process,
    NULL,  // exit master
    NGX_MODULE_V1_PADDING,
};
