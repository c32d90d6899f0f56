// integrations/nginx/identity.h: what the application is told of whoever asks: X-Curfew-... headers
// of the request, which nobody but this module can set.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "curfew/curfew.h"

// Of the first phase: takes out of every request, whatever its location, what a client sent under
// these names, and under those that an application may take for them: any case, any sign in the
// place of a hyphen.
//
// And what asks for HTTP or TLS in the place of this request (Upgrade: h2c; RFC 2817): nginx would
// pass on whatever comes after it, as requests that nobody has looked at.
ngx_int_t ngx_curfew_drop_forged(ngx_http_request_t* r);
// Of the preaccess phase: the same for requests that never were in the first one, as those that
// nginx found malformed.
ngx_int_t ngx_curfew_drop_forged_late(ngx_http_request_t* r);

// Once, when the configuration is read, before the next one.
void ngx_curfew_prepare_identity(void);
// Tells the application, in the place of what it was told before. `decision` is live, and stays
// what it is as long as the request does. NGX_ERROR: no memory.
ngx_int_t ngx_curfew_tell_application(ngx_http_request_t* r, const curfew_decision* decision);

// The token, and its proof, do not go on.
ngx_int_t ngx_curfew_keep_token(ngx_http_request_t* r);
