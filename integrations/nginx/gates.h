// integrations/nginx/gates.h: the gates that a configuration names, and what a process has of each:
// a handle, and a seat for its open requests.
//
// A gate is described when the configuration is read and opened after the fork, by the worker that
// uses it. Where its replica or its table of readers cannot be used, requests are answered 503 and
// the worker tries again.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>

#include "curfew/curfew.h"

// What would be complained of with every request. The first of a kind is an error, and then one in
// some seconds; the others are for whoever asked for more.
typedef enum {
  ngx_curfew_cannot_open,
  ngx_curfew_cannot_check,
  ngx_curfew_cannot_judge,
  ngx_curfew_complaints  // how many kinds there are
} ngx_curfew_complaint_t;

typedef struct {
  curfew_gate_options options;                  // its strings live as long as the configuration
  curfew_gate* gate;                            // of this process; NULL: not opened
  curfew_connections* connections;              // the same
  ngx_msec_t tried_at;                          // when opening failed the last time; 0: it did not
  time_t complained_at[ngx_curfew_complaints];  // seconds
  char why[NGX_MAX_CONF_ERRSTR];                // opening failed the last time; for people
  ngx_array_t sites;                            // const curfew_site*: what options.sites names
} ngx_curfew_gate_t;

// Whether the options are such that a gate can be opened with them. `error` has room for
// NGX_MAX_CONF_ERRSTR bytes.
ngx_int_t ngx_curfew_try_options(const curfew_gate_options* options, char* error);

// Opens what is not open yet. NGX_ERROR: it may not be asked now; that was logged.
ngx_int_t ngx_curfew_open_gate(ngx_curfew_gate_t* gate, ngx_log_t* log);
// Whoever has open requests has closed them.
void ngx_curfew_close_gate(ngx_curfew_gate_t* gate);

// The level of a complaint that is about to be logged. Take it once: ngx_log_error() reads its
// level twice, and the second would be the next complaint's.
ngx_uint_t ngx_curfew_complaint_level(ngx_curfew_gate_t* gate, ngx_curfew_complaint_t kind);
