// integrations/nginx/cookies.h: the cookies that are the gate's alone.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

// Of the preaccess phase, in every location but the gate's own: takes the cookies __Host-curfew-...
// out of what goes to the application, which could use them as the browser does. What the gate
// needs of them was read before.
ngx_int_t ngx_curfew_keep_cookies(ngx_http_request_t* r);
