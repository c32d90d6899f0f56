// integrations/nginx/header_list.c: see header_list.h.
#include "header_list.h"

ngx_uint_t ngx_curfew_is_text(const ngx_str_t* text, const char* word) {
  return text->len == ngx_strlen(word) &&
         ngx_strncasecmp(text->data, (u_char*)word, text->len) == 0;
}

// A part of `count` headers from `first` on, behind the others. nginx's loops take it for granted
// that no part but the first is empty.
static ngx_int_t append_run(ngx_list_t* list, ngx_pool_t* pool, ngx_table_elt_t* first,
                            ngx_uint_t count) {
  if (count == 0) return NGX_OK;
  ngx_list_part_t* part = &list->part;
  if (list->part.nelts != 0) {
    part = ngx_palloc(pool, sizeof(ngx_list_part_t));
    if (part == NULL) return NGX_ERROR;
    list->last->next = part;
  }
  *part = (ngx_list_part_t){first, count, NULL};
  list->last = part;
  // It is full: the next header gets a part of its own.
  list->nalloc = count;
  return NGX_OK;
}

static ngx_int_t append_wanted(ngx_list_t* list, ngx_pool_t* pool, const ngx_list_part_t* part,
                               ngx_curfew_is_header_pt is_unwanted) {
  ngx_table_elt_t* header = part->elts;
  ngx_uint_t from = 0;
  for (ngx_uint_t i = 0; i < part->nelts; ++i) {
    if (!is_unwanted(&header[i])) continue;
    if (append_run(list, pool, header + from, i - from) != NGX_OK) return NGX_ERROR;
    from = i + 1;
  }
  return append_run(list, pool, header + from, part->nelts - from);
}

ngx_int_t ngx_curfew_take_out(ngx_list_t* headers, ngx_pool_t* pool,
                              ngx_curfew_is_header_pt is_unwanted) {
  ngx_list_t list;
  if (ngx_list_init(&list, pool, 4, sizeof(ngx_table_elt_t)) != NGX_OK) return NGX_ERROR;
  for (const ngx_list_part_t* part = &headers->part; part != NULL; part = part->next) {
    if (append_wanted(&list, pool, part, is_unwanted) != NGX_OK) return NGX_ERROR;
  }
  const ngx_uint_t is_in_one_part = list.last == &list.part;
  *headers = list;
  if (is_in_one_part) headers->last = &headers->part;
  return NGX_OK;
}

ngx_table_elt_t* ngx_curfew_set_header(ngx_list_t* headers, const char* name, const char* value) {
  ngx_table_elt_t* header = NULL;
  for (ngx_list_part_t* part = &headers->part; part != NULL; part = part->next) {
    ngx_table_elt_t* known = part->elts;
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (!ngx_curfew_is_text(&known[i].key, name)) continue;
      known[i].hash = 0;  // nginx leaves such ones out
      if (header == NULL) header = &known[i];
    }
  }
  if (header == NULL) {
    header = ngx_list_push(headers);
    if (header == NULL) return NULL;
    ngx_memzero(header, sizeof(*header));
    header->key = (ngx_str_t){ngx_strlen(name), (u_char*)name};
  }
  header->hash = 1;
  header->value = (ngx_str_t){ngx_strlen(value), (u_char*)value};
  return header;
}
