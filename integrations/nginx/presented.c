// integrations/nginx/presented.c: see presented.h.
#include "presented.h"

#include "header_list.h"
#include "module.h"
#include "settings.h"

static ngx_int_t is_authorization(const ngx_table_elt_t* header) {
  return ngx_curfew_is_named(header, "authorization");
}

static ngx_int_t is_dpop(const ngx_table_elt_t* header) {
  return ngx_curfew_is_named(header, "dpop");
}

ngx_int_t ngx_curfew_is_credential(const ngx_table_elt_t* header) {
  return is_authorization(header) || is_dpop(header);
}

static void note(ngx_uint_t* is_repeated, ngx_str_t* place, const ngx_str_t* value) {
  if (place->data != NULL) *is_repeated = 1;
  *place = *value;
}

// Of a browser's: what they say decides where it is sent, and which session it is in.
typedef struct {
  ngx_uint_t cookies;  // more than one
  ngx_uint_t hints;
} repeated_t;

static void read_header(const ngx_table_elt_t* header, ngx_curfew_presented_t* presented,
                        repeated_t* repeated) {
  if (is_authorization(header)) {
    note(&presented->is_repeated, &presented->authorization, &header->value);
  } else if (is_dpop(header)) {
    note(&presented->is_repeated, &presented->dpop, &header->value);
  } else if (ngx_curfew_is_named(header, "cookie")) {
    note(&repeated->cookies, &presented->cookie, &header->value);
  } else if (ngx_curfew_is_named(header, "accept")) {
    note(&repeated->hints, &presented->accept, &header->value);
  } else if (ngx_curfew_is_named(header, "sec-fetch-mode")) {
    note(&repeated->hints, &presented->sec_fetch_mode, &header->value);
  } else if (ngx_curfew_is_named(header, "sec-fetch-dest")) {
    note(&repeated->hints, &presented->sec_fetch_dest, &header->value);
  } else if (ngx_curfew_is_named(header, "upgrade")) {
    presented->has_upgrade = 1;
  }
}

void ngx_curfew_read_presented(const ngx_http_request_t* r, ngx_curfew_presented_t* presented) {
  ngx_memzero(presented, sizeof(*presented));
  repeated_t repeated = {0, 0};
  for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != NULL; part = part->next) {
    const ngx_table_elt_t* header = part->elts;
    for (ngx_uint_t i = 0; i < part->nelts; ++i) read_header(&header[i], presented, &repeated);
  }
  if (repeated.cookies) {  // the macro is two statements
    ngx_str_null(&presented->cookie);
  }
  if (repeated.hints) {
    ngx_str_null(&presented->accept);
    ngx_str_null(&presented->sec_fetch_mode);
    ngx_str_null(&presented->sec_fetch_dest);
  }
}

ngx_uint_t ngx_curfew_is_by_dpop(const ngx_curfew_presented_t* presented) {
  static const char scheme[] = "dpop ";
  return presented->dpop.data != NULL && presented->authorization.len >= sizeof(scheme) - 1 &&
         ngx_strncasecmp(presented->authorization.data, (u_char*)scheme, sizeof(scheme) - 1) == 0;
}

static ngx_uint_t is_over_tls(const ngx_http_request_t* r) {
#if (NGX_HTTP_SSL)
  return r->connection->ssl != NULL;
#else
  (void)r;
  return 0;
#endif
}

// The address that this server is configured to have: what the client writes into Host does not
// count, or a proof made for another server would be good here. Nothing where it has no name.
static ngx_int_t server_address(ngx_http_request_t* r, ngx_str_t* address) {
  const ngx_http_core_srv_conf_t* core = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
  const ngx_curfew_server_t* server = ngx_http_get_module_srv_conf(r, ngx_http_curfew_module);
  const ngx_str_t* asked = &r->headers_in.server;
  const ngx_str_t* name = &core->server_name;
  const ngx_str_t* names = server->names.elts;
  for (ngx_uint_t i = 0; i < server->names.nelts; ++i) {
    if (names[i].len == asked->len && ngx_memcmp(names[i].data, asked->data, asked->len) == 0) {
      name = asked;
    }
  }
  ngx_str_null(address);
  if (name->len == 0) return NGX_OK;
  if (ngx_connection_local_sockaddr(r->connection, NULL, 0) != NGX_OK) return NGX_ERROR;
  const in_port_t port = ngx_inet_get_port(r->connection->local_sockaddr);
  const ngx_uint_t is_tls = is_over_tls(r);
  const size_t size = sizeof("https://:65535") + name->len;
  address->data = ngx_pnalloc(r->pool, size);
  if (address->data == NULL) return NGX_ERROR;
  u_char* end = ngx_sprintf(address->data, "%s%V", is_tls ? "https://" : "http://", name);
  if (port != (is_tls ? 443 : 80)) end = ngx_sprintf(end, ":%ui", (ngx_uint_t)port);
  address->len = (size_t)(end - address->data);
  return NGX_OK;
}

// As its sender knows it; the library leaves query and fragment out (RFC 9449 4.3).
static ngx_int_t url_of(ngx_http_request_t* r, const ngx_str_t* public_url, ngx_str_t* url) {
  ngx_str_t address = *public_url;
  ngx_str_null(url);
  if (address.len == 0 && server_address(r, &address) != NGX_OK) return NGX_ERROR;
  if (address.len == 0) {
    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "curfew: a DPoP proof cannot be checked: this server has no name; set "
                  "server_name or curfew_public_url");
    return NGX_OK;
  }
  url->len = address.len + r->unparsed_uri.len;
  url->data = ngx_pnalloc(r->pool, url->len);
  if (url->data == NULL) return NGX_ERROR;
  ngx_memcpy(ngx_cpymem(url->data, address.data, address.len), r->unparsed_uri.data,
             r->unparsed_uri.len);
  return NGX_OK;
}

// Of the certificate whose key was proved in the connection's handshake, or in the one of the
// session that it resumes.
static const uint8_t* certificate_hash(const ngx_http_request_t* r, u_char* hash) {
#if (NGX_HTTP_SSL)
  if (r->connection->ssl == NULL) return NULL;
  X509* certificate = SSL_get_peer_certificate(r->connection->ssl->connection);
  if (certificate == NULL) return NULL;
  unsigned int length = 0;
  const int is_done = X509_digest(certificate, EVP_sha256(), hash, &length);
  X509_free(certificate);
  return is_done == 1 && length == NGX_CURFEW_SHA256_BYTES ? hash : NULL;
#else
  (void)r;
  (void)hash;
  return NULL;
#endif
}

#define NGX_CURFEW_GIVE(request, member, text)    \
  do {                                            \
    (request)->member = (const char*)(text).data; \
    (request)->member##_length = (text).len;      \
  } while (0)

static void add_browser(const ngx_http_request_t* r, const ngx_curfew_presented_t* presented,
                        curfew_request* request) {
  NGX_CURFEW_GIVE(request, cookie, presented->cookie);
  NGX_CURFEW_GIVE(request, uri, r->main->unparsed_uri);
  NGX_CURFEW_GIVE(request, accept, presented->accept);
  NGX_CURFEW_GIVE(request, sec_fetch_mode, presented->sec_fetch_mode);
  NGX_CURFEW_GIVE(request, sec_fetch_dest, presented->sec_fetch_dest);
  if (presented->has_upgrade) request->flags |= CURFEW_REQUEST_UPGRADE;
}

ngx_int_t ngx_curfew_make_request(ngx_http_request_t* r, const ngx_curfew_presented_t* presented,
                                  const ngx_str_t* public_url, size_t site, u_char* certificate,
                                  curfew_request* request) {
  *request = (curfew_request)CURFEW_REQUEST_INIT;
  NGX_CURFEW_GIVE(request, authorization, presented->authorization);
  NGX_CURFEW_GIVE(request, dpop, presented->dpop);
  NGX_CURFEW_GIVE(request, method, r->main->method_name);
  if (presented->is_repeated) request->flags |= CURFEW_REQUEST_REPEATED_HEADER;
  request->certificate_sha256 = certificate_hash(r, certificate);
  request->site = site;
  if (site != 0) add_browser(r, presented, request);
  if (presented->dpop.data == NULL) return NGX_OK;
  ngx_str_t url;
  if (url_of(r, public_url, &url) != NGX_OK) return NGX_ERROR;
  NGX_CURFEW_GIVE(request, url, url);
  return NGX_OK;
}
