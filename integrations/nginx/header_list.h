// integrations/nginx/header_list.h: taking headers out of what a client sent.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>

typedef ngx_int_t (*ngx_curfew_is_header_pt)(const ngx_table_elt_t* header);

// Takes out every header that `is_unwanted` says 1 of. None moves in memory: what points to another
// one stays right. Afterwards the list's parts are nobody else's, as a subrequest's are at first
// its parent's. NGX_ERROR: no memory; the list is as it was.
ngx_int_t ngx_curfew_take_out(ngx_list_t* headers, ngx_pool_t* pool,
                              ngx_curfew_is_header_pt is_unwanted);
ngx_int_t ngx_curfew_has_header(const ngx_list_t* headers, ngx_curfew_is_header_pt is_it);
