// tests/fuzz/nginx_headers.c: see nginx_headers.h. Types and macros are nginx's own; each piece of
// memory is one of the heap, so that a sanitizer sees where it ends.
#include "nginx_headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cookies.h"
#include "header_list.h"
#include "judge.h"
#include "module.h"
#include "presented.h"
#include "settings.h"

// ---- nginx's part ----------------------------------------------------------------------------

#if __has_feature(address_sanitizer)
#define GUARD_BYTES 0
#else
#define GUARD_BYTES 8192  // behind each piece; no request's headers are longer
#endif
#define GUARD 0x5a
#define HEADERS_OF_PART 3  // nginx's are of 20: small ones, to have many

typedef struct piece {
  struct piece* next;
  unsigned char* data;
  size_t size;
} piece;

static piece* pieces;

void* ngx_palloc(ngx_pool_t* pool, size_t size) {
  (void)pool;
  piece* made = malloc(sizeof(*made));
  *made = (piece){pieces, malloc(size + GUARD_BYTES), size};
  memset(made->data + size, GUARD, GUARD_BYTES);
  pieces = made;
  return made->data;
}

void* ngx_pnalloc(ngx_pool_t* pool, size_t size) { return ngx_palloc(pool, size); }

void nginx_end(void) {
  while (pieces != NULL) {
    piece* const old = pieces;
    for (size_t i = 0; i < GUARD_BYTES; ++i) {
      if (old->data[old->size + i] == GUARD) continue;
      fprintf(stderr, "written behind a piece of %zu bytes\n", old->size);
      abort();
    }
    pieces = old->next;
    free(old->data);
    free(old);
  }
}

ngx_int_t ngx_strncasecmp(u_char* a, u_char* b, size_t length) {
  return strncasecmp((const char*)a, (const char*)b, length);
}

void* ngx_list_push(ngx_list_t* list) {
  if (list->last->nelts == list->nalloc) {
    ngx_list_part_t* const part = ngx_palloc(list->pool, sizeof(*part));
    *part = (ngx_list_part_t){ngx_palloc(list->pool, list->nalloc * list->size), 0, NULL};
    list->last->next = part;
    list->last = part;
  }
  return (char*)list->last->elts + list->size * list->last->nelts++;
}

// presented.c also makes addresses, which nobody asks for here.
ngx_module_t ngx_http_core_module;
u_char* ngx_sprintf(u_char* to, const char* format, ...) {
  (void)to;
  (void)format;
  abort();
}
void ngx_log_error_core(ngx_uint_t level, ngx_log_t* log, ngx_err_t error, const char* format,
                        ...) {
  (void)level;
  (void)log;
  (void)error;
  (void)format;
  abort();
}
ngx_int_t ngx_connection_local_sockaddr(ngx_connection_t* connection, ngx_str_t* text,
                                        ngx_uint_t port) {
  (void)connection;
  (void)text;
  (void)port;
  abort();
}
in_port_t ngx_inet_get_port(struct sockaddr* address) {
  (void)address;
  abort();
}

// ---- the module's, but for what is not about headers -------------------------------------------

ngx_module_t ngx_http_curfew_module;  // the first of one: ctx_index is 0

static ngx_curfew_request_t begun;

ngx_curfew_request_t* ngx_curfew_begin_request(ngx_http_request_t* r) {
  ngx_curfew_read_presented(r, &begun.presented);
  return &begun;
}

// ---- a request ---------------------------------------------------------------------------------

static ngx_pool_t pool;
static ngx_curfew_settings_t settings;
static void* settings_of_modules[] = {&settings};
static ngx_http_request_t request;

// Ended by a zero byte, as nginx's are where it reads them.
static ngx_str_t copied(nginx_text text) {
  u_char* const data = ngx_pnalloc(&pool, text.length + 1);
  memcpy(data, text.data, text.length);
  data[text.length] = '\0';
  return (ngx_str_t){text.length, data};
}

static nginx_text text_of(ngx_str_t text) { return (nginx_text){text.data, text.len}; }

static size_t list(nginx_header* left) {
  size_t count = 0;
  const ngx_list_t* const headers = &request.headers_in.headers;
  for (const ngx_list_part_t* part = &headers->part; part != NULL; part = part->next) {
    const ngx_table_elt_t* const header = part->elts;
    // nginx's own loops take this for granted.
    if (part->nelts == 0 && part != &headers->part) abort();
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      left[count++] = (nginx_header){text_of(header[i].key), text_of(header[i].value)};
    }
    if (part->next == NULL && headers->last != part) abort();
  }
  return count;
}

size_t nginx_keep_cookies(const nginx_header* headers, size_t count, nginx_header* left,
                          nginx_presented* presented) {
  memset(&request, 0, sizeof(request));
  request.main = &request;
  request.pool = &pool;
  request.loc_conf = settings_of_modules;
  ngx_list_t* const to = &request.headers_in.headers;
  if (ngx_list_init(to, &pool, HEADERS_OF_PART, sizeof(ngx_table_elt_t)) != NGX_OK) abort();
  for (size_t i = 0; i < count; ++i) {
    ngx_table_elt_t* const header = ngx_list_push(to);
    memset(header, 0, sizeof(*header));
    header->key = copied(headers[i].name);
    header->value = copied(headers[i].value);
  }
  ngx_curfew_presented_t read;
  ngx_curfew_read_presented(&request, &read);
  *presented = (nginx_presented){text_of(read.authorization), text_of(read.dpop),
                                 text_of(read.cookie), read.is_repeated != 0};
  if (ngx_curfew_keep_cookies(&request) != NGX_DECLINED) abort();
  return list(left);
}

size_t nginx_keep_token(nginx_header* left) {
  ngx_list_t* const headers = &request.headers_in.headers;
  if (ngx_curfew_take_out(headers, &pool, ngx_curfew_is_credential) != NGX_OK) abort();
  return list(left);
}
