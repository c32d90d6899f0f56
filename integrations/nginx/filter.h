// integrations/nginx/filter.h: holds answers back that would be files, in sessions in which nothing
// may be downloaded (docs/session-control.md).
//
// What an answer is, its headers say: whatever its length and framing, no byte of it is read. It is
// replaced by a page that says so, and whoever was sending it is cut off.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

// Once, when the configuration is read.
void ngx_curfew_add_filter(void);

// The application is asked for the whole, never for a part, whose headers may say less, nor for
// another protocol than HTTP or WebSocket, in which nobody would look. NGX_ERROR: no memory.
ngx_int_t ngx_curfew_ask_for_all(ngx_http_request_t* r);
