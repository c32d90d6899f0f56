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
// The only one of that name from now on, in the place of the first that was there. Both texts stay
// where they are. NULL: no memory.
ngx_table_elt_t* ngx_curfew_set_header(ngx_list_t* headers, const char* name, const char* value);

// By ASCII, without case: names of headers, and the words that some have as values.
ngx_uint_t ngx_curfew_is_text(const ngx_str_t* text, const char* word);

// Both below are asked of every header of every request: here, so that the compiler puts `name` and
// `is_it` in.

// For what a client sent. `name` is in lower case, as nginx has it beside what came.
static inline ngx_uint_t ngx_curfew_is_named(const ngx_table_elt_t* header, const char* name) {
  if (header->key.len != ngx_strlen(name)) return 0;
  if (header->lowcase_key == NULL) return ngx_curfew_is_text(&header->key, name);
  return ngx_memcmp(header->lowcase_key, name, ngx_strlen(name)) == 0;
}

static inline ngx_uint_t ngx_curfew_has_header(const ngx_list_t* headers,
                                               ngx_curfew_is_header_pt is_it) {
  for (const ngx_list_part_t* part = &headers->part; part != NULL; part = part->next) {
    const ngx_table_elt_t* header = part->elts;
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (is_it(&header[i])) return 1;
    }
  }
  return 0;
}
