// integrations/nginx/variables.h: what a log, or a header, can say of a judgement: $curfew_result,
// $curfew_reason, and whom a verified token names. Never of the token's text.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>

#include "curfew/curfew.h"

ngx_int_t ngx_curfew_add_variables(ngx_conf_t* cf);

// "live", a word of why not (docs/nginx.md lists them), ended with a zero byte. Valid as long as
// `decision` is what it is.
const char* ngx_curfew_result_of(const curfew_decision* decision);
