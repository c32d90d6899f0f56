// integrations/nginx/presented.h: what a request brings to be judged by.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "curfew/curfew.h"

#define NGX_CURFEW_SHA256_BYTES 32

typedef struct {
  ngx_str_t authorization;  // data is NULL where there is none
  ngx_str_t dpop;           // the same
  ngx_uint_t is_repeated;   // one of the two comes more than once
  ngx_str_t cookie;         // data is NULL where there is none, or two
  ngx_uint_t has_upgrade;
  // What a browser says of why it asks; none of it where one comes more than once.
  ngx_str_t accept;
  ngx_str_t sec_fetch_mode;
  ngx_str_t sec_fetch_dest;
} ngx_curfew_presented_t;

// What the client's headers say. They are read once, before anything is taken out of them.
void ngx_curfew_read_presented(const ngx_http_request_t* r, ngx_curfew_presented_t* presented);

// For the library. `public_url` as configured, or empty. `certificate` is where a client
// certificate's hash is put; the request points there. `site`: by curfew_request's rules.
// NGX_ERROR: no memory.
ngx_int_t ngx_curfew_make_request(ngx_http_request_t* r, const ngx_curfew_presented_t* presented,
                                  const ngx_str_t* public_url, size_t site, u_char* certificate,
                                  curfew_request* request);

// Whether the token is presented with a proof of its sender's key (RFC 9449 7.1).
ngx_uint_t ngx_curfew_is_by_dpop(const ngx_curfew_presented_t* presented);

ngx_int_t ngx_curfew_is_credential(const ngx_table_elt_t* header);
