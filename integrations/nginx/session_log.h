// integrations/nginx/session_log.h: one line of JSON for each request of a session that is watched,
// and for each answer that was held back (docs/session-control.md has the members).
//
// Written when the request ends, by one write, without a buffer. A token or a cookie is never in
// it, nor what stands behind a question mark.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

// Whether a request that is to be watched may go on: it can be logged there. Where it cannot, that
// is logged as an error.
ngx_uint_t ngx_curfew_may_watch(const ngx_http_request_t* r, const ngx_open_file_t* session_log);

// Of the log phase.
ngx_int_t ngx_curfew_log_request(ngx_http_request_t* r);
