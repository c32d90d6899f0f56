// integrations/nginx/judge.h: may this request go on? Asked once for each policy that a request
// meets on its way through internal redirects; the answer stands until the request ends, or is cut.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "presented.h"
#include "review.h"

// What is known of a client's request, with all of its redirects and subrequests. It lives as long
// as the main request does.
typedef struct {
  ngx_curfew_presented_t presented;
  ngx_curfew_judgement_t* newest;      // NULL: there was none
  const ngx_curfew_judgement_t* told;  // whom the application was told of
  ngx_uint_t was_asked;                // some location asks for a judgement; there may be none yet
  ngx_uint_t is_cut;
  ngx_uint_t* is_gone;  // set to 1 when the request goes; may be NULL
  ngx_str_t result;     // of being cut, as variables.h says it; empty: it was not
  ngx_str_t reason;
  ngx_curfew_session_log_t* session_log;  // where it is logged; NULL: nowhere
  ngx_uint_t is_logged;
  const char* withheld;     // what the answer was, for it was replaced; NULL: it was not
  ngx_str_t withheld_type;  // and its Content-Type
} ngx_curfew_request_t;

// NULL: it was not judged.
ngx_curfew_request_t* ngx_curfew_request_of(const ngx_http_request_t* r);

// The same, begun now where it was not: what the client sent is read. NULL: no memory.
ngx_curfew_request_t* ngx_curfew_begin_request(ngx_http_request_t* r);
// What its sessions are under: CURFEW_CONTROL_... added up.
int64_t ngx_curfew_controls_of(const ngx_curfew_request_t* request);

// Of the access phase: NGX_OK, NGX_DECLINED where nothing is asked, or the refusal's status.
ngx_int_t ngx_curfew_judge_request(ngx_http_request_t* r);
// nginx's access phase leaves subrequests out: what another location includes would be open.
ngx_int_t ngx_curfew_judge_subrequest(ngx_http_request_t* r);
