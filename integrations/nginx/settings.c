// integrations/nginx/settings.c: see settings.h.
#include "settings.h"

#include <pwd.h>

#include "module.h"

#define NGX_CURFEW_PLACES (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF)

void* ngx_curfew_create_main(ngx_conf_t* cf) {
  ngx_curfew_main_t* main = ngx_pcalloc(cf->pool, sizeof(ngx_curfew_main_t));
  if (main == NULL) return NULL;
  if (ngx_array_init(&main->gates, cf->pool, 1, sizeof(ngx_curfew_gate_t*)) != NGX_OK) return NULL;
  return main;
}

void* ngx_curfew_create_server(ngx_conf_t* cf) {
  ngx_curfew_server_t* server = ngx_pcalloc(cf->pool, sizeof(ngx_curfew_server_t));
  if (server == NULL) return NULL;
  if (ngx_array_init(&server->names, cf->pool, 1, sizeof(ngx_str_t)) != NGX_OK) return NULL;
  return server;
}

char* ngx_curfew_merge_server(ngx_conf_t* cf, void* parent, void* child) {
  (void)parent;
  ngx_curfew_server_t* server = child;
  const ngx_http_core_srv_conf_t* core =
      ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
  const ngx_http_server_name_t* names = core->server_names.elts;
  for (ngx_uint_t i = 0; i < core->server_names.nelts; ++i) {
    ngx_str_t* place = ngx_array_push(&server->names);
    if (place == NULL) return NGX_CONF_ERROR;
    *place = names[i].name;
  }
  return NGX_CONF_OK;
}

void* ngx_curfew_create_settings(ngx_conf_t* cf) {
  ngx_curfew_settings_t* settings = ngx_pcalloc(cf->pool, sizeof(ngx_curfew_settings_t));
  if (settings == NULL) return NULL;
  settings->mode = NGX_CONF_UNSET_UINT;
  settings->identity_headers = NGX_CONF_UNSET;
  settings->remove_authorization = NGX_CONF_UNSET;
  settings->strict = NGX_CONF_UNSET;
  return settings;
}

// ---- directives ------------------------------------------------------------------------------

static ngx_str_t* words_of(ngx_conf_t* cf) { return cf->args->elts; }

// `what` says what is wrong and what to do; nginx adds the file and the line.
static char* mistake(ngx_conf_t* cf, const char* what) {
  ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V \"%V\": %s", &words_of(cf)[0], &words_of(cf)[1],
                     what);
  return NGX_CONF_ERROR;
}

static ngx_uint_t begins_with(const ngx_str_t* text, const char* with) {
  return text->len > ngx_strlen(with) &&
         ngx_strncmp(text->data, (u_char*)with, ngx_strlen(with)) == 0;
}

// By ngx_curfew_mode_e.
static const char* const mode_names[] = {"off", "bearer", "session", "gate"};

static char* set_mode(ngx_conf_t* cf, ngx_command_t* command, void* into) {
  (void)command;
  ngx_curfew_settings_t* settings = into;
  if (settings->mode != NGX_CONF_UNSET_UINT) return "is duplicate";
  const ngx_str_t* word = &words_of(cf)[1];
  for (ngx_uint_t i = 0; i < sizeof(mode_names) / sizeof(*mode_names); ++i) {
    if (ngx_strcmp(word->data, mode_names[i]) == 0) settings->mode = i;
  }
  if (settings->mode == NGX_CONF_UNSET_UINT) {
    return mistake(cf,
                   "there is no such mode; write `bearer`, `session`, `gate` where the gate itself "
                   "is behind it, or `off`");
  }
  settings->file = cf->conf_file->file.name;
  settings->line = cf->conf_file->line;
  return NGX_CONF_OK;
}

// Text that a location has once. nginx ends each word with a zero byte.
static char* set_text(ngx_conf_t* cf, ngx_command_t* command, void* into) {
  ngx_str_t* place = (ngx_str_t*)((char*)into + command->offset);
  if (place->data != NULL) return "is duplicate";
  *place = words_of(cf)[1];
  return place->len == 0 ? mistake(cf, "is empty; leave the line out") : NGX_CONF_OK;
}

static char* set_path(ngx_conf_t* cf, ngx_command_t* command, void* into) {
  if (words_of(cf)[1].data[0] != '/') {
    return mistake(cf, "write the whole path of the gate's replica, which begins with /");
  }
  return set_text(cf, command, into);
}

static char* set_issuer(ngx_conf_t* cf, ngx_command_t* command, void* into) {
  if (!begins_with(&words_of(cf)[1], "https://")) {
    return mistake(cf,
                   "write the address of the tenant's issuer, as its metadata has it: "
                   "https://HOST/TENANT/v2.0");
  }
  return set_text(cf, command, into);
}

static char* set_public_url(ngx_conf_t* cf, ngx_command_t* command, void* into) {
  const ngx_str_t* url = &words_of(cf)[1];
  const size_t scheme = begins_with(url, "https://") ? 8 : begins_with(url, "http://") ? 7 : 0;
  if (scheme == 0 || ngx_strchr(url->data + scheme, '/') != NULL) {
    return mistake(cf,
                   "write scheme and host as clients know them, without a path: "
                   "https://api.example.com");
  }
  return set_text(cf, command, into);
}

// Lists may be on one line or on several.
static char* add_texts(ngx_conf_t* cf, ngx_command_t* command, void* into) {
  ngx_array_t** list = (ngx_array_t**)((char*)into + command->offset);
  if (*list == NULL) *list = ngx_array_create(cf->pool, 2, sizeof(const char*));
  if (*list == NULL) return NGX_CONF_ERROR;
  for (ngx_uint_t i = 1; i < cf->args->nelts; ++i) {
    const char** place = ngx_array_push(*list);
    if (place == NULL) return NGX_CONF_ERROR;
    *place = (const char*)words_of(cf)[i].data;
    if (words_of(cf)[i].len == 0) return "has an empty word; leave it out";
  }
  return NGX_CONF_OK;
}

static char* add_owner(ngx_conf_t* cf, ngx_command_t* command, void* into) {
  (void)command;
  ngx_curfew_settings_t* settings = into;
  ngx_str_t* word = &words_of(cf)[1];
  ngx_int_t id = ngx_atoi(word->data, word->len);
  if (id == NGX_ERROR) {
    const struct passwd* user = getpwnam((const char*)word->data);
    if (user == NULL) return mistake(cf, "there is no such user; write whom curfew-gate runs as");
    id = (ngx_int_t)user->pw_uid;
  }
  if (settings->owners == NULL) {
    settings->owners = ngx_array_create(cf->pool, 1, sizeof(uint32_t));
    if (settings->owners == NULL) return NGX_CONF_ERROR;
  }
  uint32_t* place = ngx_array_push(settings->owners);
  if (place == NULL) return NGX_CONF_ERROR;
  *place = (uint32_t)id;
  return NGX_CONF_OK;
}

static ngx_int_t keep_text(ngx_conf_t* cf, ngx_str_t* place, const char* text) {
  place->len = ngx_strlen(text);
  place->data = ngx_pnalloc(cf->pool, place->len + 1);
  if (place->data == NULL) return NGX_ERROR;
  ngx_memcpy(place->data, text, place->len + 1);
  return NGX_OK;
}

// Read now, while nginx may read it.
static char* set_folder(ngx_conf_t* cf, ngx_command_t* command, void* into) {
  (void)command;
  ngx_curfew_settings_t* settings = into;
  if (settings->folder != NULL) return "is duplicate";
  ngx_curfew_folder_t* known = ngx_pcalloc(cf->pool, sizeof(*known));
  if (known == NULL) return NGX_CONF_ERROR;
  curfew_folder* folder = NULL;
  char error[NGX_MAX_CONF_ERRSTR];
  if (curfew_folder_read((const char*)words_of(cf)[1].data, &folder, error, sizeof error) !=
      CURFEW_OK) {
    return mistake(cf, error);
  }
  const ngx_uint_t is_kept =
      keep_text(cf, &known->replica, curfew_folder_text(folder, CURFEW_FOLDER_REPLICA_PATH)) ==
          NGX_OK &&
      keep_text(cf, &known->tenant, curfew_folder_text(folder, CURFEW_FOLDER_TENANT_ID)) ==
          NGX_OK &&
      keep_text(cf, &known->issuer, curfew_folder_text(folder, CURFEW_FOLDER_ISSUER)) == NGX_OK;
  known->owner = curfew_folder_owner(folder);
  curfew_folder_free(folder);
  settings->folder = known;
  return is_kept ? NGX_CONF_OK : NGX_CONF_ERROR;
}

#define NGX_CURFEW_KEY_FILE_MAX 4096

// The keys stay in memory, as those of certificates do, so that only who starts nginx reads the
// file.
static char* set_cookie_keys(ngx_conf_t* cf, ngx_command_t* command, void* into) {
  (void)command;
  ngx_curfew_settings_t* settings = into;
  if (settings->cookie_keys.data != NULL) return "is duplicate";
  ngx_str_t path = words_of(cf)[1];
  if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) return NGX_CONF_ERROR;
  u_char* text = ngx_pcalloc(cf->pool, NGX_CURFEW_KEY_FILE_MAX + 1);
  if (text == NULL) return NGX_CONF_ERROR;
  const ngx_fd_t file = ngx_open_file(path.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
  if (file == NGX_INVALID_FILE) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno, "curfew_cookie_keys: %V cannot be read",
                       &path);
    return NGX_CONF_ERROR;
  }
  const ssize_t length = ngx_read_fd(file, text, NGX_CURFEW_KEY_FILE_MAX + 1);
  (void)ngx_close_file(file);
  if (length <= 0 || length > NGX_CURFEW_KEY_FILE_MAX) {
    return mistake(cf, "is no file of keys; `curfew-gate site add` writes site-NAME.cookie-keys");
  }
  text[length] = '\0';
  settings->cookie_keys = (ngx_str_t){(size_t)length, text};
  return NGX_CONF_OK;
}

static char* set_session_log(ngx_conf_t* cf, ngx_command_t* command, void* into) {
  (void)command;
  ngx_curfew_settings_t* settings = into;
  if (settings->session_log != NULL) return "is duplicate";
  settings->session_log = ngx_curfew_open_session_log(cf, &words_of(cf)[1]);
  return settings->session_log == NULL ? NGX_CONF_ERROR : NGX_CONF_OK;
}

#define NGX_CURFEW_DIRECTIVE(name, arguments, set, member)                 \
  {ngx_string(name),         NGX_CURFEW_PLACES | (arguments),         set, \
   NGX_HTTP_LOC_CONF_OFFSET, offsetof(ngx_curfew_settings_t, member), NULL}

ngx_command_t ngx_curfew_commands[] = {
    NGX_CURFEW_DIRECTIVE("curfew", NGX_CONF_TAKE1, set_mode, mode),
    NGX_CURFEW_DIRECTIVE("curfew_replica", NGX_CONF_TAKE1, set_path, replica),
    NGX_CURFEW_DIRECTIVE("curfew_issuer", NGX_CONF_TAKE1, set_issuer, issuer),
    NGX_CURFEW_DIRECTIVE("curfew_tenant", NGX_CONF_TAKE1, set_text, tenant),
    NGX_CURFEW_DIRECTIVE("curfew_owner", NGX_CONF_TAKE1, add_owner, owners),
    NGX_CURFEW_DIRECTIVE("curfew_realm", NGX_CONF_TAKE1, set_text, realm),
    NGX_CURFEW_DIRECTIVE("curfew_public_url", NGX_CONF_TAKE1, set_public_url, public_url),
    NGX_CURFEW_DIRECTIVE("curfew_audience", NGX_CONF_1MORE, add_texts, audiences),
    NGX_CURFEW_DIRECTIVE("curfew_scope", NGX_CONF_1MORE, add_texts, scopes),
    NGX_CURFEW_DIRECTIVE("curfew_role", NGX_CONF_1MORE, add_texts, roles),
    NGX_CURFEW_DIRECTIVE("curfew_gate", NGX_CONF_TAKE1, set_folder, folder),
    NGX_CURFEW_DIRECTIVE("curfew_client_id", NGX_CONF_TAKE1, set_text, client_id),
    NGX_CURFEW_DIRECTIVE("curfew_cookie_keys", NGX_CONF_TAKE1, set_cookie_keys, cookie_keys),
    NGX_CURFEW_DIRECTIVE("curfew_strict", NGX_CONF_FLAG, ngx_conf_set_flag_slot, strict),
    NGX_CURFEW_DIRECTIVE("curfew_shown_types", NGX_CONF_1MORE, add_texts, shown_types),
    NGX_CURFEW_DIRECTIVE("curfew_session_log", NGX_CONF_TAKE1, set_session_log, session_log),
    NGX_CURFEW_DIRECTIVE("curfew_identity_headers", NGX_CONF_FLAG, ngx_conf_set_flag_slot,
                         identity_headers),
    NGX_CURFEW_DIRECTIVE("curfew_remove_authorization", NGX_CONF_FLAG, ngx_conf_set_flag_slot,
                         remove_authorization),
    ngx_null_command,
};

// ---- what they add up to ---------------------------------------------------------------------

static char* incomplete(ngx_conf_t* cf, const ngx_curfew_settings_t* settings, const char* what) {
  ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "curfew: %s; for `curfew %s` in %V:%ui", what,
                mode_names[settings->mode], &settings->file, settings->line);
  return NGX_CONF_ERROR;
}

// An issuer's address is https://HOST/TENANT/v2.0.
static ngx_int_t find_tenant(ngx_conf_t* cf, ngx_curfew_settings_t* settings) {
  const u_char* begin = settings->issuer.data + sizeof("https://") - 1;
  const u_char* host_end = (const u_char*)ngx_strchr(begin, '/');
  if (host_end == NULL) return NGX_ERROR;
  const u_char* end = (const u_char*)ngx_strchr(host_end + 1, '/');
  if (end == NULL || end == host_end + 1) return NGX_ERROR;
  settings->tenant.len = (size_t)(end - host_end - 1);
  settings->tenant.data = ngx_pcalloc(cf->pool, settings->tenant.len + 1);
  if (settings->tenant.data == NULL) return NGX_ERROR;
  ngx_memcpy(settings->tenant.data, host_end + 1, settings->tenant.len);
  return NGX_OK;
}

static ngx_uint_t is_same_text(const char* a, const char* b) {
  return a == b || (a != NULL && b != NULL && ngx_strcmp(a, b) == 0);
}

static ngx_uint_t is_same_gate(const curfew_gate_options* a, const curfew_gate_options* b) {
  return is_same_text(a->replica_path, b->replica_path) &&
         is_same_text(a->tenant_id, b->tenant_id) && is_same_text(a->issuer, b->issuer) &&
         is_same_text(a->realm, b->realm) && a->owner_count == b->owner_count &&
         (a->owner_count == 0 ||
          ngx_memcmp(a->owners, b->owners, a->owner_count * sizeof(*a->owners)) == 0);
}

// The gate that these settings name: one for all of the configuration. NULL: the error is logged.
static ngx_curfew_gate_t* gate_of(ngx_conf_t* cf, const ngx_curfew_settings_t* settings,
                                  const curfew_rules* rules) {
  curfew_gate_options options = CURFEW_GATE_OPTIONS_INIT;
  options.replica_path = (const char*)settings->replica.data;
  options.tenant_id = (const char*)settings->tenant.data;
  options.issuer = (const char*)settings->issuer.data;
  options.realm = (const char*)settings->realm.data;
  if (settings->owners != NULL) {
    options.owners = settings->owners->elts;
    options.owner_count = settings->owners->nelts;
  }
  options.rules = rules;
  options.lanes = 1;
  ngx_curfew_main_t* main = ngx_http_conf_get_module_main_conf(cf, ngx_http_curfew_module);
  ngx_curfew_gate_t** gates = main->gates.elts;
  for (ngx_uint_t i = 0; i < main->gates.nelts; ++i) {
    if (is_same_gate(&gates[i]->options, &options)) return gates[i];
  }
  char error[NGX_MAX_CONF_ERRSTR];
  if (ngx_curfew_try_options(&options, error) != NGX_OK) {
    incomplete(cf, settings, error);
    return NULL;
  }
  ngx_curfew_gate_t* gate = ngx_pcalloc(cf->pool, sizeof(ngx_curfew_gate_t));
  ngx_curfew_gate_t** place = ngx_array_push(&main->gates);
  if (gate == NULL || place == NULL) return NULL;
  if (ngx_array_init(&gate->sites, cf->pool, 1, sizeof(const curfew_site*)) != NGX_OK) return NULL;
  gate->options = options;
  *place = gate;
  return gate;
}

// The gate knows the site from now on. 0: the error is logged.
static size_t site_of(ngx_conf_t* cf, const ngx_curfew_settings_t* settings,
                      ngx_curfew_gate_t* gate) {
  const char* url = (const char*)settings->public_url.data;
  const char* client_id = (const char*)settings->client_id.data;
  const char* keys = (const char*)settings->cookie_keys.data;
  const curfew_site** sites = gate->sites.elts;
  for (ngx_uint_t i = 0; i < gate->sites.nelts; ++i) {
    if (is_same_text(sites[i]->url, url) && is_same_text(sites[i]->client_id, client_id) &&
        is_same_text(sites[i]->cookie_keys, keys)) {
      return i + 1;
    }
  }
  curfew_site* site = ngx_palloc(cf->pool, sizeof(*site));
  const curfew_site** place = ngx_array_push(&gate->sites);
  if (site == NULL || place == NULL) return 0;
  *site = (curfew_site)CURFEW_SITE_INIT;
  site->url = url;
  site->client_id = client_id;
  site->cookie_keys = keys;
  *place = site;
  gate->options.sites = gate->sites.elts;
  gate->options.site_count = gate->sites.nelts;
  char error[NGX_MAX_CONF_ERRSTR];
  if (ngx_curfew_try_options(&gate->options, error) != NGX_OK) {
    incomplete(cf, settings, error);
    return 0;
  }
  return gate->sites.nelts;
}

static void set_list(const char* const** texts, size_t* count, const ngx_array_t* list) {
  if (list == NULL) return;
  *texts = list->elts;
  *count = list->nelts;
}

static char* make_policy(ngx_conf_t* cf, ngx_curfew_settings_t* settings) {
  ngx_curfew_policy_t* policy = ngx_pcalloc(cf->pool, sizeof(ngx_curfew_policy_t));
  curfew_rules* rules = ngx_palloc(cf->pool, sizeof(curfew_rules));
  if (policy == NULL || rules == NULL) return NGX_CONF_ERROR;
  *rules = (curfew_rules)CURFEW_RULES_INIT;
  set_list(&rules->audiences, &rules->audience_count, settings->audiences);
  set_list(&rules->scopes, &rules->scope_count, settings->scopes);
  set_list(&rules->roles, &rules->role_count, settings->roles);
  rules->flags |= CURFEW_RULES_FIXED;
  if (settings->strict) rules->flags |= CURFEW_RULES_STRICT;
  policy->gate = gate_of(cf, settings, rules);
  if (policy->gate == NULL) return NGX_CONF_ERROR;
  policy->rules = policy->gate->options.rules == rules ? NULL : rules;
  ngx_curfew_main_t* main = ngx_http_conf_get_module_main_conf(cf, ngx_http_curfew_module);
  main->is_used = 1;
  if (settings->mode == ngx_curfew_session) {
    policy->site = site_of(cf, settings, policy->gate);
    if (policy->site == 0) return NGX_CONF_ERROR;
    main->has_sites = 1;
  }
  settings->policy = policy;
  return NGX_CONF_OK;
}

static const char* what_is_missing(ngx_conf_t* cf, ngx_curfew_settings_t* settings) {
  if (settings->replica.data == NULL) {
    return "set curfew_replica to the file that curfew-gate keeps, such as "
           "/run/curfew-gate/replica";
  }
  if (settings->issuer.data == NULL) {
    return "set curfew_issuer to the issuer that `curfew-gate check` names";
  }
  if (settings->tenant.data == NULL && find_tenant(cf, settings) != NGX_OK) {
    return "the tenant is not to be seen in curfew_issuer; set curfew_tenant";
  }
  if (settings->audiences == NULL) {
    return "set curfew_audience to what tokens for this location are issued for: without one no "
           "token is accepted";
  }
  if (settings->mode != ngx_curfew_session) return NULL;
  if (settings->public_url.data == NULL) {
    return "set curfew_public_url to the site's url, as sites.toml has it";
  }
  if (settings->client_id.data == NULL) {
    return "set curfew_client_id to the site's client_id, as sites.toml has it";
  }
  if (settings->cookie_keys.data == NULL) {
    return "set curfew_cookie_keys to the site's site-NAME.cookie-keys in the gate's folder";
  }
  return NULL;
}

// True where the child adds nothing to what its parent asks.
static ngx_uint_t asks_the_same(const ngx_curfew_settings_t* a, const ngx_curfew_settings_t* b) {
  return a->replica.data == b->replica.data && a->tenant.data == b->tenant.data &&
         a->issuer.data == b->issuer.data && a->realm.data == b->realm.data &&
         a->owners == b->owners && a->audiences == b->audiences && a->scopes == b->scopes &&
         a->roles == b->roles && a->mode == b->mode && a->strict == b->strict &&
         a->public_url.data == b->public_url.data && a->client_id.data == b->client_id.data &&
         a->cookie_keys.data == b->cookie_keys.data;
}

// What is not said otherwise at the same level.
static ngx_int_t use_folder(ngx_conf_t* cf, ngx_curfew_settings_t* settings) {
  const ngx_curfew_folder_t* folder = settings->folder;
  if (folder == NULL) return NGX_OK;
  if (settings->replica.data == NULL) settings->replica = folder->replica;
  if (settings->issuer.data == NULL) {
    settings->issuer = folder->issuer;
    if (settings->tenant.data == NULL) settings->tenant = folder->tenant;
  }
  if (settings->owners != NULL) return NGX_OK;
  settings->owners = ngx_array_create(cf->pool, 1, sizeof(uint32_t));
  uint32_t* owner = settings->owners == NULL ? NULL : ngx_array_push(settings->owners);
  if (owner == NULL) return NGX_ERROR;
  *owner = folder->owner;
  return NGX_OK;
}

static void inherit_list(ngx_array_t** list, ngx_array_t* from) {
  if (*list == NULL) *list = from;
}

static void inherit(ngx_curfew_settings_t* settings, const ngx_curfew_settings_t* from) {
  if (settings->mode == NGX_CONF_UNSET_UINT) {
    settings->file = from->file;
    settings->line = from->line;
  }
  const ngx_uint_t mode = from->mode == NGX_CONF_UNSET_UINT ? ngx_curfew_off : from->mode;
  ngx_conf_merge_uint_value(settings->mode, mode, ngx_curfew_off);
  // A tenant that was read from an issuer is that issuer's.
  if (settings->issuer.data == NULL) {
    ngx_conf_merge_str_value(settings->tenant, from->tenant, "");
    if (settings->tenant.len == 0) settings->tenant.data = NULL;
  }
  if (settings->replica.data == NULL) settings->replica = from->replica;
  if (settings->issuer.data == NULL) settings->issuer = from->issuer;
  if (settings->realm.data == NULL) settings->realm = from->realm;
  if (settings->public_url.data == NULL) settings->public_url = from->public_url;
  inherit_list(&settings->owners, from->owners);
  inherit_list(&settings->audiences, from->audiences);
  inherit_list(&settings->scopes, from->scopes);
  inherit_list(&settings->roles, from->roles);
  inherit_list(&settings->shown_types, from->shown_types);
  if (settings->client_id.data == NULL) settings->client_id = from->client_id;
  if (settings->cookie_keys.data == NULL) settings->cookie_keys = from->cookie_keys;
  if (settings->session_log == NULL) settings->session_log = from->session_log;
  ngx_conf_merge_value(settings->strict, from->strict, 0);
  ngx_conf_merge_value(settings->identity_headers, from->identity_headers, 0);
  ngx_conf_merge_value(settings->remove_authorization, from->remove_authorization, 0);
}

// What is behind it is open and gets everybody's session.
static ngx_uint_t is_the_gates(const ngx_http_core_loc_conf_t* core) {
#if (NGX_PCRE)
  if (core->regex != NULL) return 0;
#endif
  return core->name.len >= 9 && ngx_strncmp(core->name.data, (u_char*)"/.curfew/", 9) == 0;
}

char* ngx_curfew_merge_settings(ngx_conf_t* cf, void* parent, void* child) {
  ngx_curfew_settings_t* from = parent;
  ngx_curfew_settings_t* settings = child;
  if (use_folder(cf, from) != NGX_OK || use_folder(cf, settings) != NGX_OK) return NGX_CONF_ERROR;
  inherit(settings, from);
  const ngx_http_core_loc_conf_t* core =
      ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
  const ngx_uint_t is_gate = settings->mode == ngx_curfew_to_gate;
  if (is_gate && !is_the_gates(core)) {
    return incomplete(cf, settings,
                      "only `location /.curfew/` may have it, for it is open and gets sessions");
  }
  if (is_gate || settings->mode == ngx_curfew_off) return NGX_CONF_OK;
  if (from->policy != NULL && asks_the_same(settings, from)) {
    settings->policy = from->policy;
    return NGX_CONF_OK;
  }
  const char* missing = what_is_missing(cf, settings);
  if (missing == NULL) return make_policy(cf, settings);
  ngx_curfew_main_t* main = ngx_http_conf_get_module_main_conf(cf, ngx_http_curfew_module);
  main->is_used = 1;
  // A server may leave to its locations what they ask for; what reaches none of them is refused.
  return core->name.len == 0 ? NGX_CONF_OK : incomplete(cf, settings, missing);
}
