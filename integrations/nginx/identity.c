// integrations/nginx/identity.c: see identity.h.
#include "identity.h"

#include "header_list.h"
#include "judge.h"
#include "presented.h"

// Beside visible ASCII without "%", what stands in a value as it is: a list has a space between its
// members, and of roles each is encoded already (curfew.h).
static const char kText[] = "";
static const char kList[] = " ";
static const char kRoles[] = " %";

typedef struct {
  ngx_str_t name;
  ngx_str_t lowercase;
  curfew_text text;
  const char* kept;  // one of the above
  ngx_uint_t hash;   // of the name, as nginx has it
} told_t;

static told_t told[] = {
    {ngx_string("X-Curfew-Subject"), ngx_string("x-curfew-subject"), CURFEW_TEXT_SUBJECT, kText, 0},
    {ngx_string("X-Curfew-Object-Id"), ngx_string("x-curfew-object-id"), CURFEW_TEXT_OBJECT_ID,
     kText, 0},
    {ngx_string("X-Curfew-Client-Id"), ngx_string("x-curfew-client-id"), CURFEW_TEXT_CLIENT_ID,
     kText, 0},
    {ngx_string("X-Curfew-Tenant"), ngx_string("x-curfew-tenant"), CURFEW_TEXT_TENANT_ID, kText, 0},
    {ngx_string("X-Curfew-Issuer"), ngx_string("x-curfew-issuer"), CURFEW_TEXT_ISSUER, kText, 0},
    {ngx_string("X-Curfew-Session"), ngx_string("x-curfew-session"), CURFEW_TEXT_SESSION_ID, kText,
     0},
    {ngx_string("X-Curfew-Token-Id"), ngx_string("x-curfew-token-id"), CURFEW_TEXT_TOKEN_ID, kText,
     0},
    {ngx_string("X-Curfew-Device"), ngx_string("x-curfew-device"), CURFEW_TEXT_DEVICE_ID, kText, 0},
    {ngx_string("X-Curfew-Scopes"), ngx_string("x-curfew-scopes"), CURFEW_TEXT_SCOPES, kList, 0},
    {ngx_string("X-Curfew-Roles"), ngx_string("x-curfew-roles"), CURFEW_TEXT_ROLES, kRoles, 0},
    {ngx_string("X-Curfew-Acr"), ngx_string("x-curfew-acr"), CURFEW_TEXT_ACR, kText, 0},
    {ngx_string("X-Curfew-Session-Controls"), ngx_string("x-curfew-session-controls"),
     CURFEW_TEXT_SESSION_CONTROLS, kList, 0},
};

void ngx_curfew_prepare_identity(void) {
  for (size_t i = 0; i < sizeof(told) / sizeof(*told); ++i) {
    told[i].hash = ngx_hash_key(told[i].lowercase.data, told[i].lowercase.len);
  }
}

static const char kPrefix[] = "x-curfew-";

static u_char as_application_reads(u_char c) {
  if (c >= 'A' && c <= 'Z') return (u_char)(c | 0x20);
  const int is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return is_plain ? c : '-';
}

static ngx_int_t is_reserved(const ngx_table_elt_t* header) {
  const size_t length = sizeof(kPrefix) - 1;
  if (header->key.len < length) return 0;
  for (size_t i = 0; i < length; ++i) {
    if (as_application_reads(header->key.data[i]) != (u_char)kPrefix[i]) return 0;
  }
  return 1;
}

static ngx_int_t is_upgrade(const ngx_table_elt_t* header) {
  return ngx_curfew_is_named(header, "upgrade") || ngx_curfew_is_named(header, "http2-settings");
}

static ngx_uint_t begins_with(const u_char* text, const u_char* end, const char* with) {
  const size_t length = ngx_strlen(with);
  return (size_t)(end - text) >= length &&
         ngx_strncasecmp((u_char*)text, (u_char*)with, length) == 0;
}

// Whether one of the protocols that it names carries requests (RFC 9110 7.8): h2c, HTTP/...,
// TLS/...
static ngx_int_t asks_for_requests(const ngx_table_elt_t* header) {
  if (ngx_curfew_is_named(header, "http2-settings")) return 1;
  if (!ngx_curfew_is_named(header, "upgrade")) return 0;
  const u_char* end = header->value.data + header->value.len;
  for (const u_char* at = header->value.data; at < end; ++at) {
    while (at < end && (*at == ' ' || *at == '\t')) ++at;
    if (begins_with(at, end, "h2") || begins_with(at, end, "http") || begins_with(at, end, "tls")) {
      return 1;
    }
    while (at < end && *at != ',') ++at;
  }
  return 0;
}

static ngx_int_t take_out(ngx_http_request_t* r, ngx_curfew_is_header_pt is_unwanted,
                          const char* what) {
  ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "curfew: took out %s that the client sent",
                what);
  return ngx_curfew_take_out(&r->headers_in.headers, r->pool, is_unwanted);
}

static ngx_int_t is_forged(const ngx_table_elt_t* header) {
  return is_reserved(header) || asks_for_requests(header);
}

ngx_int_t ngx_curfew_drop_forged(ngx_http_request_t* r) {
  const ngx_list_t* headers = &r->headers_in.headers;
  if (!ngx_curfew_has_header(headers, is_forged)) return NGX_DECLINED;
  if (ngx_curfew_has_header(headers, is_reserved) &&
      take_out(r, is_reserved, "X-Curfew headers") != NGX_OK) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  if (ngx_curfew_has_header(headers, asks_for_requests)) {
    if (take_out(r, is_upgrade, "an upgrade to HTTP or TLS") != NGX_OK) {
      return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    r->headers_in.upgrade = NULL;
  }
  return NGX_DECLINED;
}

// Whom the application was told of stays on the way through redirects inside of nginx.
ngx_int_t ngx_curfew_drop_forged_late(ngx_http_request_t* r) {
  const ngx_curfew_request_t* request = ngx_curfew_request_of(r);
  return request != NULL && request->told != NULL ? NGX_DECLINED : ngx_curfew_drop_forged(r);
}

static ngx_uint_t stands(u_char c, const char* kept) {
  return (c > 0x20 && c < 0x7f && c != '%') || ngx_strchr(kept, c) != NULL;
}

// The rest is percent-encoded: no two texts look alike, and none begins another header. What needs
// nothing is not copied. NGX_ERROR: no memory.
static ngx_int_t header_text(ngx_pool_t* pool, const char* text, const char* kept,
                             ngx_str_t* value) {
  static const u_char digits[] = "0123456789ABCDEF";
  size_t more = 0;
  const u_char* at = (const u_char*)text;
  for (; *at != '\0'; ++at) more += stands(*at, kept) ? 0 : 2;
  value->data = (u_char*)text;
  value->len = (size_t)(at - (const u_char*)text) + more;
  if (more == 0) return NGX_OK;
  u_char* to = ngx_pnalloc(pool, value->len);
  if (to == NULL) return NGX_ERROR;
  value->data = to;
  for (at = (const u_char*)text; *at != '\0'; ++at) {
    if (stands(*at, kept)) {
      *to++ = *at;
      continue;
    }
    *to++ = '%';
    *to++ = digits[*at >> 4];
    *to++ = digits[*at & 0xf];
  }
  return NGX_OK;
}

static ngx_int_t tell(ngx_http_request_t* r, const told_t* what, const char* text) {
  if (*text == '\0') return NGX_OK;
  ngx_str_t value;
  if (header_text(r->pool, text, what->kept, &value) != NGX_OK) return NGX_ERROR;
  ngx_table_elt_t* header = ngx_list_push(&r->headers_in.headers);
  if (header == NULL) return NGX_ERROR;
  ngx_memzero(header, sizeof(*header));
  header->key = what->name;
  header->lowcase_key = what->lowercase.data;
  header->hash = what->hash;
  header->value = value;
  return NGX_OK;
}

ngx_int_t ngx_curfew_tell_application(ngx_http_request_t* r, const curfew_decision* decision) {
  ngx_list_t* headers = &r->headers_in.headers;
  if ((r != r->main || ngx_curfew_has_header(headers, is_reserved)) &&
      ngx_curfew_take_out(headers, r->pool, is_reserved) != NGX_OK) {
    return NGX_ERROR;
  }
  for (size_t i = 0; i < sizeof(told) / sizeof(*told); ++i) {
    if (tell(r, &told[i], curfew_decision_text(decision, told[i].text)) != NGX_OK) {
      return NGX_ERROR;
    }
  }
  return NGX_OK;
}

ngx_int_t ngx_curfew_keep_token(ngx_http_request_t* r) {
  ngx_list_t* headers = &r->headers_in.headers;
  if (ngx_curfew_take_out(headers, r->pool, ngx_curfew_is_credential) != NGX_OK) return NGX_ERROR;
  r->headers_in.authorization = NULL;
  return NGX_OK;
}
