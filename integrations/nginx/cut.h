// integrations/nginx/cut.h: closing a request in the middle, at both ends.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

// Ends a main request whatever it is at. After this nothing of it goes out or comes in, but what
// the kernel of the other side has already; it may still be there where a thread works for it.
// `is_gone` is where somebody says, during this call, that the request is not there any more.
void ngx_curfew_cut(ngx_http_request_t* r, const ngx_uint_t* is_gone);

// The network's part of it alone, for a process that is about to end.
void ngx_curfew_silence(const ngx_http_request_t* r);
