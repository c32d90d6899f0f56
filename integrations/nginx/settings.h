// integrations/nginx/settings.h: what the configuration says of a location.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "gates.h"

// What a location asks of a request. Two requests that are judged by one and the same policy are
// judged alike: an internal redirect between such locations needs no second look.
typedef struct {
  ngx_curfew_gate_t* gate;
  const curfew_rules* rules;  // NULL: those that the gate was opened with
} ngx_curfew_policy_t;

typedef enum {
  ngx_curfew_off = 0,
  ngx_curfew_bearer,  // every request brings an access token
} ngx_curfew_mode_e;

typedef struct {
  ngx_uint_t mode;  // ngx_curfew_mode_e
  ngx_str_t replica;
  ngx_str_t tenant;
  ngx_str_t issuer;
  ngx_str_t realm;
  ngx_str_t public_url;    // without the path; empty: from the server's name
  ngx_array_t* owners;     // uint32_t
  ngx_array_t* audiences;  // const char*, as the lists below
  ngx_array_t* scopes;
  ngx_array_t* roles;
  ngx_flag_t identity_headers;
  ngx_flag_t remove_authorization;
  // NULL: off, or, at a server's own level, incomplete, which refuses every request.
  ngx_curfew_policy_t* policy;
  // Where the mode was set.
  ngx_str_t file;
  ngx_uint_t line;
} ngx_curfew_settings_t;

// Of a server: by which names it is known, in lower case. nginx forgets its own list.
typedef struct {
  ngx_array_t names;  // ngx_str_t
} ngx_curfew_server_t;

typedef struct {
  ngx_array_t gates;       // ngx_curfew_gate_t*
  ngx_shm_zone_t* proofs;  // of proofs.h
  ngx_flag_t is_used;
} ngx_curfew_main_t;

extern ngx_command_t ngx_curfew_commands[];

void* ngx_curfew_create_main(ngx_conf_t* cf);
void* ngx_curfew_create_server(ngx_conf_t* cf);
char* ngx_curfew_merge_server(ngx_conf_t* cf, void* parent, void* child);
void* ngx_curfew_create_settings(ngx_conf_t* cf);
char* ngx_curfew_merge_settings(ngx_conf_t* cf, void* parent, void* child);
