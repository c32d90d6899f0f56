// integrations/nginx/header_list.h: nginx's lists of headers: looking at them, taking
// some out of what a client sent, and setting one of what goes out.
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

// The only one of that name from now on, in the place of the first that was there. Both texts stay
// where they are. NULL: no memory.
ngx_table_elt_t* ngx_curfew_set_header(ngx_list_t* headers, const char* name, const char* value);

// By ASCII, without case: names of headers, and the words that some have as values.
ngx_uint_t ngx_curfew_is_text(const ngx_str_t* text, const char* word);
