// integrations/nginx/settings.h: what the configuration says of a location.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "gates.h"
#include "session_log.h"

// What a location asks of a request. Two requests that are judged by one and the same policy are
// judged alike: an internal redirect between such locations needs no second look.
typedef struct {
  ngx_curfew_gate_t* gate;
  const curfew_rules* rules;  // NULL: those that the gate was opened with
  size_t site;                // as curfew_request's; 0: no browser comes here
} ngx_curfew_policy_t;

typedef enum {
  ngx_curfew_off = 0,
  ngx_curfew_bearer,   // every request brings an access token
  ngx_curfew_session,  // or a browser's session, which the gate has begun
  ngx_curfew_to_gate,  // the gate itself is behind it: open, and it gets its cookies
} ngx_curfew_mode_e;

// What a gate's folder says.
typedef struct {
  ngx_str_t replica;
  ngx_str_t tenant;
  ngx_str_t issuer;
  uint32_t owner;
} ngx_curfew_folder_t;

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
  const ngx_curfew_folder_t* folder;  // NULL: none is named
  ngx_str_t client_id;                // the site's
  ngx_str_t cookie_keys;              // the text of its file
  ngx_flag_t strict;
  ngx_array_t* shown_types;               // what is no download: NULL: filter.c has the usual ones
  ngx_curfew_session_log_t* session_log;  // NULL: none
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
  ngx_flag_t has_sites;
} ngx_curfew_main_t;

extern ngx_command_t ngx_curfew_commands[];

void* ngx_curfew_create_main(ngx_conf_t* cf);
void* ngx_curfew_create_server(ngx_conf_t* cf);
char* ngx_curfew_merge_server(ngx_conf_t* cf, void* parent, void* child);
void* ngx_curfew_create_settings(ngx_conf_t* cf);
char* ngx_curfew_merge_settings(ngx_conf_t* cf, void* parent, void* child);
