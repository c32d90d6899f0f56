// integrations/nginx/filter.c: see filter.h.
#include "filter.h"

#include "header_list.h"
#include "judge.h"
#include "module.h"
#include "settings.h"

static ngx_http_output_header_filter_pt next_header_filter;

// What pages are made of. Everything else is a file, also what has no type.
static const char* const kShownTypes[] = {
    "text/html",
    "application/xhtml+xml",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/x-javascript",
    "application/json",
    "*+json",
    "text/plain",
    "text/xml",
    "application/xml",
    "text/event-stream",
    "application/wasm",
    "image/*",
    "font/*",
};

static const char kPage[] =
    "<!doctype html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<meta name=\"color-scheme\" content=\"light dark\">"
    "<title>Download blocked</title></head><body><main>\n"
    "<h1>This file cannot be downloaded here</h1>\n"
    "<p>Your organization does not let files be downloaded in this session. You can go on "
    "working with what the pages show. On a device that your organization manages it may be "
    "possible; ask your administrator.</p>\n"
    "</main></body></html>\n";

// ---- what an answer is -----------------------------------------------------------------------

static ngx_str_t trimmed(const u_char* begin, const u_char* end) {
  while (begin < end && (*begin == ' ' || *begin == '\t')) ++begin;
  while (begin < end && (end[-1] == ' ' || end[-1] == '\t')) --end;
  return (ngx_str_t){(size_t)(end - begin), (u_char*)begin};
}

// What stands before the parameters.
static ngx_str_t first_of(const ngx_str_t* value) {
  const u_char* end = value->data;
  while (end < value->data + value->len && *end != ';') ++end;
  return trimmed(value->data, end);
}

static ngx_uint_t is_text(const ngx_str_t* text, const char* word, size_t length) {
  return text->len == length && ngx_strncasecmp(text->data, (u_char*)word, length) == 0;
}

// RFC 6266 4.2: whatever is not inline is to be saved.
static ngx_uint_t is_attachment(const ngx_list_t* headers) {
  static const char name[] = "content-disposition";
  static const char shown[] = "inline";
  for (const ngx_list_part_t* part = &headers->part; part != NULL; part = part->next) {
    const ngx_table_elt_t* header = part->elts;
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (header[i].hash == 0 || !is_text(&header[i].key, name, sizeof(name) - 1)) continue;
      const ngx_str_t how = first_of(&header[i].value);
      if (!is_text(&how, shown, sizeof(shown) - 1)) return 1;
    }
  }
  return 0;
}

// "text/html", or "image/..." by "image/*", or "...+json" by "*+json".
static ngx_uint_t is_like(const ngx_str_t* type, const char* pattern) {
  const size_t length = ngx_strlen(pattern);
  if (length > 1 && pattern[length - 1] == '*') {
    return type->len >= length && ngx_strncasecmp(type->data, (u_char*)pattern, length - 1) == 0;
  }
  if (length > 1 && pattern[0] == '*') {
    return type->len >= length && ngx_strncasecmp(type->data + type->len - (length - 1),
                                                  (u_char*)pattern + 1, length - 1) == 0;
  }
  return is_text(type, pattern, length);
}

static ngx_uint_t is_shown(const ngx_str_t* content_type, const ngx_array_t* configured) {
  const ngx_str_t type = first_of(content_type);
  const char* const* patterns = configured == NULL ? kShownTypes : configured->elts;
  const size_t count =
      configured == NULL ? sizeof(kShownTypes) / sizeof(*kShownTypes) : configured->nelts;
  for (size_t i = 0; i < count; ++i) {
    if (is_like(&type, patterns[i])) return 1;
  }
  return 0;
}

// For the log: what of a file the answer has; NULL: it is none.
static const char* what_is_withheld(const ngx_http_request_t* r, const ngx_array_t* shown_types) {
  const ngx_uint_t status = r->headers_out.status;
  const ngx_uint_t is_without_body =
      status < NGX_HTTP_OK || status == NGX_HTTP_NO_CONTENT || status == NGX_HTTP_NOT_MODIFIED;
  if (is_without_body) return NULL;
  if (is_attachment(&r->headers_out.headers)) return "an attachment";
  // Nobody asked for a part.
  if (status == NGX_HTTP_PARTIAL_CONTENT) return "a part";
  const ngx_uint_t is_redirect =
      status >= NGX_HTTP_SPECIAL_RESPONSE && status < NGX_HTTP_BAD_REQUEST;
  if (is_redirect || r->headers_out.content_length_n == 0) return NULL;
  return is_shown(&r->headers_out.content_type, shown_types) ? NULL : "a file type";
}

// ---- the page in its place -------------------------------------------------------------------

static ngx_int_t add_header(ngx_http_request_t* r, const char* name, const char* value) {
  ngx_table_elt_t* header = ngx_list_push(&r->headers_out.headers);
  if (header == NULL) return NGX_ERROR;
  ngx_memzero(header, sizeof(*header));
  header->hash = 1;
  header->key = (ngx_str_t){ngx_strlen(name), (u_char*)name};
  header->value = (ngx_str_t){ngx_strlen(value), (u_char*)value};
  return NGX_OK;
}

// Nothing of the answer's headers stays, nor what other filters have made of them.
static ngx_int_t begin_page(ngx_http_request_t* r, ngx_curfew_request_t* request) {
  ngx_http_clean_header(r);
  ngx_memzero(r->ctx, sizeof(void*) * ngx_http_max_module);
  ngx_http_set_ctx(r, request, ngx_http_curfew_module);
  r->filter_finalize = 1;
  r->err_status = 0;
  r->allow_ranges = 0;
  r->keepalive = 0;  // the connection ends with it, for it may be in the middle of the file
  r->headers_out.status = NGX_HTTP_FORBIDDEN;
  ngx_str_set(&r->headers_out.content_type, "text/html");
  r->headers_out.content_type_len = r->headers_out.content_type.len;
  ngx_str_set(&r->headers_out.charset, "utf-8");
  r->headers_out.content_length_n = sizeof(kPage) - 1;
  return add_header(r, "Cache-Control", "no-store") == NGX_OK &&
                 add_header(r, "X-Content-Type-Options", "nosniff") == NGX_OK
             ? NGX_OK
             : NGX_ERROR;
}

static void send_page(ngx_http_request_t* r) {
  const ngx_int_t outcome = ngx_http_send_header(r);
  if (outcome == NGX_ERROR || outcome > NGX_OK || r->header_only) return;
  ngx_buf_t* page = ngx_calloc_buf(r->pool);
  if (page == NULL) return;
  page->pos = (u_char*)kPage;
  page->last = page->pos + sizeof(kPage) - 1;
  page->memory = 1;
  page->last_buf = 1;
  page->last_in_chain = 1;
  ngx_chain_t out = {page, NULL};
  (void)ngx_http_output_filter(r, &out);
}

static ngx_int_t filter_header(ngx_http_request_t* r) {
  // What subrequests answer is part of the page, or of nothing.
  ngx_curfew_request_t* request = r == r->main ? ngx_curfew_request_of(r) : NULL;
  // The page itself passes here.
  if (request == NULL || request->withheld != NULL ||
      !(ngx_curfew_controls_of(request) & CURFEW_CONTROL_BLOCK_DOWNLOADS)) {
    return next_header_filter(r);
  }
  const ngx_curfew_settings_t* settings = ngx_http_get_module_loc_conf(r, ngx_http_curfew_module);
  const char* what = what_is_withheld(r, settings->shown_types);
  if (what == NULL) return next_header_filter(r);
  request->withheld = what;
  request->withheld_type.len = r->headers_out.content_type.len;
  request->withheld_type.data = ngx_pstrdup(r->pool, &r->headers_out.content_type);
  if (request->withheld_type.data == NULL) request->withheld_type.len = 0;
  ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                "curfew: held back %s of type \"%V\": downloads are blocked in this session", what,
                &r->headers_out.content_type);
  if (begin_page(r, request) == NGX_OK) send_page(r);
  // Whoever was about to send the answer gives it up, and the request ends.
  return NGX_ERROR;
}

void ngx_curfew_add_filter(void) {
  next_header_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = filter_header;
}

// ---- what the application is asked -----------------------------------------------------------

static ngx_int_t asks_for_part(const ngx_table_elt_t* header) {
  return is_text(&header->key, "range", sizeof("range") - 1) ||
         is_text(&header->key, "if-range", sizeof("if-range") - 1);
}

ngx_int_t ngx_curfew_ask_for_all(ngx_http_request_t* r) {
  r->headers_in.range = NULL;
  r->headers_in.if_range = NULL;
  ngx_list_t* headers = &r->headers_in.headers;
  if (!ngx_curfew_has_header(headers, asks_for_part)) return NGX_OK;
  return ngx_curfew_take_out(headers, r->pool, asks_for_part);
}
