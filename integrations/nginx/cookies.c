// integrations/nginx/cookies.c: see cookies.h.
#include "cookies.h"

#include "header_list.h"
#include "judge.h"
#include "module.h"
#include "settings.h"

static const char kOurs[] = "__Host-curfew-";

static ngx_uint_t is_cookie_header(const ngx_table_elt_t* header) {
  return ngx_curfew_is_named(header, "cookie");
}

// Whether the cookie that begins there is ours. Browsers compare the prefix without case.
static ngx_uint_t is_ours(const u_char* begin, const u_char* end) {
  const size_t length = sizeof(kOurs) - 1;
  return (size_t)(end - begin) >= length &&
         ngx_strncasecmp((u_char*)begin, (u_char*)kOurs, length) == 0;
}

static const u_char* skip_space(const u_char* at, const u_char* end) {
  while (at < end && (*at == ' ' || *at == '\t')) ++at;
  return at;
}

static const u_char* end_of_cookie(const u_char* at, const u_char* end) {
  while (at < end && *at != ';') ++at;
  return at;
}

static ngx_int_t has_ours(const ngx_table_elt_t* header) {
  if (!is_cookie_header(header)) return 0;
  const u_char* end = header->value.data + header->value.len;
  for (const u_char* at = header->value.data; at < end; ++at) {
    at = skip_space(at, end);
    if (is_ours(at, end)) return 1;
    at = end_of_cookie(at, end);
  }
  return 0;
}

static ngx_int_t is_empty_cookie(const ngx_table_elt_t* header) {
  return is_cookie_header(header) && header->value.len == 0;
}

// Into a text of its own: what was read before points into the old one. It may be longer than that:
// what one character parted, "a;b", is parted by two.
static ngx_int_t leave_others(ngx_http_request_t* r, ngx_table_elt_t* header) {
  u_char* text = ngx_pnalloc(r->main->pool, 2 * header->value.len + 1);
  if (text == NULL) return NGX_ERROR;
  u_char* to = text;
  const u_char* end = header->value.data + header->value.len;
  for (const u_char* at = header->value.data; at < end; ++at) {
    at = skip_space(at, end);
    const u_char* stop = end_of_cookie(at, end);
    if (stop > at && !is_ours(at, end)) {
      if (to != text) to = ngx_cpymem(to, "; ", 2);
      to = ngx_cpymem(to, at, (size_t)(stop - at));
    }
    at = stop;
  }
  *to = '\0';
  header->value = (ngx_str_t){(size_t)(to - text), text};
  return NGX_OK;
}

static ngx_int_t take_out(ngx_http_request_t* r, ngx_list_t* headers) {
  for (ngx_list_part_t* part = &headers->part; part != NULL; part = part->next) {
    ngx_table_elt_t* header = part->elts;
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (has_ours(&header[i]) && leave_others(r, &header[i]) != NGX_OK) return NGX_ERROR;
    }
  }
  if (!ngx_curfew_has_header(headers, is_empty_cookie)) return NGX_OK;
  return ngx_curfew_take_out(headers, r->pool, is_empty_cookie);
}

ngx_int_t ngx_curfew_keep_cookies(ngx_http_request_t* r) {
  const ngx_curfew_settings_t* settings = ngx_http_get_module_loc_conf(r, ngx_http_curfew_module);
  if (settings->mode == ngx_curfew_to_gate) return NGX_DECLINED;
  ngx_list_t* headers = &r->headers_in.headers;
  if (!ngx_curfew_has_header(headers, has_ours)) return NGX_DECLINED;
  const ngx_uint_t is_done = ngx_curfew_begin_request(r) != NULL && take_out(r, headers) == NGX_OK;
  return is_done ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}
