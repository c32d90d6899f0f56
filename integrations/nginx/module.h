// integrations/nginx/module.h: ngx_http_curfew_module: requests go on only with an access token
// that a Curfew gate's replica has not outdated, and end when it does.
//
//   settings   what the configuration says       gates     what a worker has of each gate
//   presented  what a request brings             judge     may it go on? and the refusal
//   identity   what the application is told      variables what logs are told
//   review     open requests, looked at again    cut       closing one of them
//   proofs     DPoP proofs that all workers saw
//   cookies    the gate's own, which the application does not get
//   filter     answers that are held back      session_log  requests that are watched
//
// The judgement itself is libcurfew's.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>

extern ngx_module_t ngx_http_curfew_module;
