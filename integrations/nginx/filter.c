// integrations/nginx/filter.c: see filter.h.
#include "filter.h"

#include "header_list.h"
#include "judge.h"
#include "module.h"
#include "settings.h"

static ngx_http_output_header_filter_pt next_header_filter;

// What pages are made of. Everything else is a file, also what has no type, and images that no
// browser shows.
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
    "image/png",
    "image/apng",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "image/svg+xml",
    "image/x-icon",
    "image/vnd.microsoft.icon",
    "font/*",
};

// Looks like the gate's own pages, whose stylesheet it has from the same site.
static const char kPage[] =
    "<!doctype html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<meta name=\"color-scheme\" content=\"light dark\">"
    "<title>Download blocked</title>"
    "<link rel=\"stylesheet\" href=\"/.curfew/curfew.css\"></head>"
    "<body><main><div class=\"card\">\n"
    "<h1>This file cannot be downloaded here</h1>\n"
    "<p>Your organization does not let files be downloaded in this session. You can go on "
    "working with what the pages show.</p>\n"
    "<p>On a device that your organization manages it may be possible; ask your "
    "administrator.</p>\n"
    "</div></main></body></html>\n";

// ---- what an answer is -----------------------------------------------------------------------

static ngx_str_t trimmed(const u_char* begin, const u_char* end) {
  while (begin < end && (*begin == ' ' || *begin == '\t')) ++begin;
  while (begin < end && (end[-1] == ' ' || end[-1] == '\t')) --end;
  return (ngx_str_t){(size_t)(end - begin), (u_char*)begin};
}

// What stands before the parameters.
static ngx_str_t first_of(const ngx_str_t* value) {
  if (value->len == 0) return *value;
  const u_char* end = value->data;
  while (end < value->data + value->len && *end != ';') ++end;
  return trimmed(value->data, end);
}

// RFC 6266 4.2: whatever is not inline is to be saved.
static ngx_int_t is_attachment(const ngx_table_elt_t* header) {
  if (header->hash == 0 || !ngx_curfew_is_text(&header->key, "content-disposition")) return 0;
  const ngx_str_t how = first_of(&header->value);
  return !ngx_curfew_is_text(&how, "inline");
}

static ngx_int_t is_location(const ngx_table_elt_t* header) {
  return header->hash != 0 && ngx_curfew_is_text(&header->key, "location");
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
  return ngx_curfew_is_text(type, pattern);
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

// `add_header Content-Type` writes one more, and browsers take the last.
static ngx_uint_t is_shown_in_all(const ngx_list_t* headers, const ngx_array_t* shown_types) {
  for (const ngx_list_part_t* part = &headers->part; part != NULL; part = part->next) {
    const ngx_table_elt_t* header = part->elts;
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      const ngx_uint_t is_type =
          header[i].hash != 0 && ngx_curfew_is_text(&header[i].key, "content-type");
      if (is_type && !is_shown(&header[i].value, shown_types)) return 0;
    }
  }
  return 1;
}

static ngx_uint_t is_plain_text(const ngx_http_request_t* r) {
  const ngx_str_t type = first_of(&r->headers_out.content_type);
  return ngx_curfew_is_text(&type, "text/plain");
}

// nginx's own default, where nobody has said what a file is.
static ngx_uint_t is_a_guess(ngx_http_request_t* r) {
  const ngx_http_core_loc_conf_t* core = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
  return r->headers_out.content_type.data == core->default_type.data && is_plain_text(r);
}

// Whether browsers go on to somewhere else, and show nothing of the answer itself.
static ngx_uint_t is_redirect(const ngx_http_request_t* r) {
  switch (r->headers_out.status) {
    case NGX_HTTP_MOVED_PERMANENTLY:
    case NGX_HTTP_MOVED_TEMPORARILY:
    case NGX_HTTP_SEE_OTHER:
    case NGX_HTTP_TEMPORARY_REDIRECT:
    case NGX_HTTP_PERMANENT_REDIRECT:
      return r->headers_out.location != NULL ||
             ngx_curfew_has_header(&r->headers_out.headers, is_location);
    default: return 0;
  }
}

// nginx sends none with these, whatever it gets.
static ngx_uint_t is_without_body(const ngx_http_request_t* r) {
  const ngx_uint_t status = r->headers_out.status;
  const ngx_uint_t is_upgraded =
      status == NGX_HTTP_SWITCHING_PROTOCOLS && r->upstream != NULL && r->upstream->upgrade;
  return status == NGX_HTTP_NO_CONTENT || status == NGX_HTTP_NOT_MODIFIED || is_upgraded;
}

// For the log: what of a file the answer has; NULL: it is none.
static const char* what_is_withheld(ngx_http_request_t* r, const ngx_array_t* shown_types) {
  static const char kFileType[] = "a file type";
  const ngx_http_headers_out_t* answer = &r->headers_out;
  if (is_without_body(r)) return NULL;
  // HTTP/0.9 has no type; and what follows another 1xx is an answer that nobody has looked at.
  if (answer->status < NGX_HTTP_OK) return kFileType;
  if (ngx_curfew_has_header(&answer->headers, is_attachment)) return "an attachment";
  // Nobody asked for a part.
  if (answer->status == NGX_HTTP_PARTIAL_CONTENT) return "a part";
  if (is_redirect(r)) return NULL;
  if (!is_shown_in_all(&answer->headers, shown_types)) return kFileType;
  if (answer->content_length_n == 0) return NULL;
  return is_shown(&answer->content_type, shown_types) && !is_a_guess(r) ? NULL : kFileType;
}

// ---- the page in its place -------------------------------------------------------------------

static ngx_int_t set_header(ngx_http_request_t* r, const char* name, const char* value) {
  return ngx_curfew_set_header(&r->headers_out.headers, name, value) == NULL ? NGX_ERROR : NGX_OK;
}

// Plain text in which browsers find other bytes than text is a download to them (MIME
// Sniffing 7.2).
static ngx_int_t forbid_sniffing(ngx_http_request_t* r) {
  return set_header(r, "X-Content-Type-Options", "nosniff");
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
  return set_header(r, "Cache-Control", "no-store") == NGX_OK && forbid_sniffing(r) == NGX_OK
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
  if (what == NULL) {
    if (is_plain_text(r) && forbid_sniffing(r) != NGX_OK) return NGX_ERROR;
    return next_header_filter(r);
  }
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
  return ngx_curfew_is_named(header, "range") || ngx_curfew_is_named(header, "if-range");
}

static ngx_int_t is_upgrade(const ngx_table_elt_t* header) {
  return ngx_curfew_is_named(header, "upgrade");
}

// Another one than the one that docs/session-control.md speaks of.
static ngx_int_t asks_for_protocol(const ngx_table_elt_t* header) {
  return is_upgrade(header) && !ngx_curfew_is_text(&header->value, "websocket");
}

ngx_int_t ngx_curfew_ask_for_all(ngx_http_request_t* r) {
  r->headers_in.range = NULL;
  r->headers_in.if_range = NULL;
  ngx_list_t* headers = &r->headers_in.headers;
  if (ngx_curfew_has_header(headers, asks_for_part) &&
      ngx_curfew_take_out(headers, r->pool, asks_for_part) != NGX_OK) {
    return NGX_ERROR;
  }
  if (!ngx_curfew_has_header(headers, asks_for_protocol)) return NGX_OK;
  r->headers_in.upgrade = NULL;
  return ngx_curfew_take_out(headers, r->pool, is_upgrade);
}
