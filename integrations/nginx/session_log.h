// integrations/nginx/session_log.h: one line of JSON for each request of a session that is watched,
// and for each answer that was held back (docs/session-control.md has the members).
//
// Written when the request ends, by one write, without a buffer. A token or a cookie is never in
// it, nor what stands behind a question mark. An empty line stands behind one that was torn, by a
// full disk for instance.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

typedef struct {
  ngx_open_file_t* file;
  // Of this process: the last write failed, and when.
  ngx_uint_t has_failed;
  ngx_msec_t failed_at;
} ngx_curfew_session_log_t;

// When the configuration is read: for its owner, and those of its group to read. NULL: the error is
// logged.
ngx_curfew_session_log_t* ngx_curfew_open_session_log(ngx_conf_t* cf, const ngx_str_t* path);

// Whether a request that is to be watched may go on: it can be logged there. Where it cannot, that
// is logged as an error.
ngx_uint_t ngx_curfew_may_watch(const ngx_http_request_t* r, ngx_curfew_session_log_t* session_log);

// Of the log phase, and where a request ends without one; once for each request.
ngx_int_t ngx_curfew_log_request(ngx_http_request_t* r);
