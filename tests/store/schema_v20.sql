-- A database as version 20 of the schema left it. Never changed after its release.
CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE tenants (
  tenant_id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  domains TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE users (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  user_principal_name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  mail TEXT,
  user_type TEXT NOT NULL,
  account_enabled INTEGER NOT NULL,
  break_glass INTEGER NOT NULL,
  password_hash TEXT,
  password_id TEXT NOT NULL,
  last_password_change_at INTEGER,
  force_change_password INTEGER NOT NULL,
  created_at INTEGER NOT NULL, properties TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_upn ON users (tenant_id, user_principal_name);
CREATE TABLE "groups" (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  is_assignable_to_role INTEGER NOT NULL,
  created_at INTEGER NOT NULL, properties TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX groups_by_name ON "groups" (tenant_id, display_name);
CREATE TABLE group_members (
  tenant_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_user ON group_members (tenant_id, user_id);
CREATE TABLE role_assignments (
  tenant_id TEXT NOT NULL,
  principal_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, principal_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_assignments_by_role ON role_assignments (tenant_id, role_id);
CREATE TABLE devices (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  operating_system TEXT NOT NULL,
  trust_type TEXT NOT NULL,
  registered_owner TEXT,
  account_enabled INTEGER NOT NULL,
  secret_hash TEXT,
  registered_at INTEGER NOT NULL,
  approximate_last_sign_in_at INTEGER, object_id TEXT NOT NULL DEFAULT '', properties TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_by_owner ON devices (tenant_id, registered_owner);
CREATE TABLE apps (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  account_enabled INTEGER NOT NULL,
  client_type TEXT NOT NULL,
  redirect_uris TEXT NOT NULL,
  spa_origins TEXT NOT NULL,
  post_logout_redirect_uris TEXT NOT NULL,
  require_pkce INTEGER NOT NULL,
  assignment_required INTEGER NOT NULL,
  admin_consented_scopes TEXT NOT NULL,
  own_session_lifetime_seconds INTEGER,
  continuous_evaluation INTEGER NOT NULL,
  may_introspect INTEGER NOT NULL,
  initiate_login_uri TEXT,
  id_token_alg TEXT NOT NULL,
  identifier_uris TEXT NOT NULL,
  exposed_scopes TEXT NOT NULL,
  access_token_typ TEXT NOT NULL,
  access_token_alg TEXT NOT NULL,
  access_token_lifetime_seconds INTEGER,
  created_at INTEGER NOT NULL, application_permissions TEXT NOT NULL DEFAULT '[]', assertion_audience TEXT NOT NULL DEFAULT 'issuerOrTokenEndpoint', require_pushed_requests INTEGER NOT NULL DEFAULT 0, dpop_bound_access_tokens INTEGER NOT NULL DEFAULT 0, fapi_2 INTEGER NOT NULL DEFAULT 0, allow_device_code INTEGER NOT NULL DEFAULT 0, frontchannel_logout_uri TEXT, frontchannel_logout_session_required INTEGER NOT NULL DEFAULT 0, backchannel_logout_uri TEXT, backchannel_logout_session_required INTEGER NOT NULL DEFAULT 0, registered_with TEXT NOT NULL DEFAULT '', grant_types TEXT NOT NULL DEFAULT '[]', registered_scopes TEXT NOT NULL DEFAULT '[]', registration_changed_at INTEGER NOT NULL DEFAULT 0, require_dpop_nonce INTEGER NOT NULL DEFAULT 0, certificate_bound_access_tokens INTEGER NOT NULL DEFAULT 0, session_controls TEXT NOT NULL DEFAULT '[]', status_list INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX apps_by_name ON apps (tenant_id, display_name);
CREATE TABLE app_secrets (
  tenant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  hint TEXT NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, app_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE api_keys (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  app_id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  owner TEXT,
  auth_as_of INTEGER NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (tenant_id, hash);
CREATE INDEX api_keys_by_app ON api_keys (tenant_id, app_id);
CREATE INDEX api_keys_by_owner ON api_keys (tenant_id, owner);
CREATE TABLE app_assignments (
  tenant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  principal_kind TEXT NOT NULL,
  principal_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, app_id, principal_kind, principal_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX app_assignments_by_principal ON app_assignments (tenant_id, principal_kind, principal_id);
CREATE TABLE consents (
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_by_app ON consents (tenant_id, app_id);
CREATE TABLE sessions (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  authenticator_id TEXT NOT NULL,
  device_id TEXT,
  auth_as_of INTEGER NOT NULL,
  auth_time INTEGER NOT NULL,
  amr TEXT NOT NULL,
  persistent INTEGER NOT NULL,
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id, created_at);
CREATE TABLE authorization_codes (
  tenant_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  code_challenge TEXT,
  nonce TEXT,
  resource TEXT NOT NULL,
  scopes TEXT NOT NULL,
  claims TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER, dpop_jkt TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX authorization_codes_by_user ON authorization_codes (tenant_id, user_id);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (tenant_id, expires_at);
CREATE TABLE grants (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  authenticator_id TEXT NOT NULL,
  device_id TEXT,
  resource TEXT NOT NULL,
  scopes TEXT NOT NULL,
  nonce TEXT,
  auth_as_of INTEGER NOT NULL,
  auth_time INTEGER NOT NULL,
  amr TEXT NOT NULL,
  generation INTEGER NOT NULL,
  rotated_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  expiry_is_fixed INTEGER NOT NULL,
  ended_at INTEGER,
  access_ends_by INTEGER NOT NULL, dpop_jkt TEXT NOT NULL DEFAULT '', inherited_keys TEXT NOT NULL DEFAULT '[]', x5t_s256 TEXT NOT NULL DEFAULT '', is_elsewhere INTEGER NOT NULL DEFAULT 0, unlisted_access_ends_by INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_user ON grants (tenant_id, user_id, app_id);
CREATE INDEX grants_by_session ON grants (tenant_id, session_id);
CREATE TABLE signing_keys (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  key_use TEXT NOT NULL,
  alg TEXT NOT NULL,
  state TEXT NOT NULL,
  sealed_private_key TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  retired_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
  tenant_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  key_kind TEXT NOT NULL,
  key_id TEXT NOT NULL,
  effect TEXT NOT NULL,
  hold_owner TEXT NOT NULL,
  run_id TEXT,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  chain_hash TEXT NOT NULL,
  PRIMARY KEY (tenant_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_by_key ON journal (tenant_id, key_kind, key_id, position);
CREATE TABLE holds (
  tenant_id TEXT NOT NULL,
  key_kind TEXT NOT NULL,
  key_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  position INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key_kind, key_id, owner)
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_by_owner ON holds (tenant_id, owner);
CREATE TABLE watermarks (
  tenant_id TEXT NOT NULL,
  key_kind TEXT NOT NULL,
  key_id TEXT NOT NULL,
  reauth INTEGER NOT NULL,
  reauth_at INTEGER NOT NULL,
  reevaluate INTEGER NOT NULL,
  reevaluate_at INTEGER NOT NULL,
  hold_count INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key_kind, key_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE runs (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  subject_name TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  reason TEXT NOT NULL,
  mode TEXT NOT NULL,
  idempotency_key TEXT,
  request_hash TEXT NOT NULL,
  state TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  cut_at INTEGER NOT NULL,
  first_position INTEGER NOT NULL,
  cut_position INTEGER NOT NULL,
  rested_at INTEGER,
  restored_at INTEGER,
  restored_by TEXT NOT NULL,
  observe_again_at INTEGER,
  change INTEGER NOT NULL, parts TEXT NOT NULL DEFAULT '[]', swept_since INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX runs_by_idempotency_key ON runs (tenant_id, idempotency_key);
CREATE INDEX runs_by_time ON runs (tenant_id, requested_at);
CREATE INDEX runs_by_subject ON runs (tenant_id, subject_id, requested_at);
CREATE INDEX runs_by_state ON runs (tenant_id, state, requested_at);
CREATE INDEX runs_by_observation ON runs (tenant_id, observe_again_at);
CREATE TABLE run_steps (
  tenant_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  id TEXT NOT NULL,
  direction TEXT NOT NULL,
  connector TEXT NOT NULL,
  target TEXT NOT NULL,
  subject TEXT NOT NULL,
  title TEXT NOT NULL,
  after_steps TEXT NOT NULL,
  made_in_cut INTEGER NOT NULL,
  state TEXT NOT NULL,
  phase TEXT NOT NULL,
  order_number INTEGER NOT NULL,
  attempt_count INTEGER NOT NULL,
  next_attempt_at INTEGER,
  last_error TEXT NOT NULL,
  applied_at INTEGER,
  observed_at INTEGER,
  observe_again_at INTEGER,
  observing_again INTEGER NOT NULL,
  observation_count INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  prior_value TEXT,
  written_value TEXT,
  closed_by TEXT NOT NULL,
  PRIMARY KEY (tenant_id, run_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE run_paths (
  tenant_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  display_name TEXT NOT NULL,
  control TEXT NOT NULL,
  count INTEGER NOT NULL,
  count_is_least INTEGER NOT NULL,
  step_id TEXT,
  state TEXT NOT NULL,
  ended_at INTEGER,
  observed_at INTEGER,
  ends_by INTEGER,
  reason TEXT NOT NULL, made_at INTEGER, made_by TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, run_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
  tenant_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  at INTEGER NOT NULL,
  "action" TEXT NOT NULL,
  outcome TEXT NOT NULL,
  rule TEXT NOT NULL,
  run_id TEXT,
  position INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_commitment TEXT NOT NULL,
  subject_commitment TEXT NOT NULL,
  chain_hash TEXT NOT NULL,
  PRIMARY KEY (tenant_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE audit_personal (
  tenant_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  part TEXT NOT NULL,
  person_id TEXT NOT NULL,
  sealed TEXT NOT NULL,
  PRIMARY KEY (tenant_id, sequence, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_personal_by_person ON audit_personal (tenant_id, person_id);
CREATE TABLE audit_person_keys (
  tenant_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  sealed_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE sign_ins (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  user_principal_name TEXT NOT NULL,
  user_id TEXT,
  app_id TEXT,
  app_display_name TEXT NOT NULL,
  resource TEXT NOT NULL,
  ip_address TEXT NOT NULL,
  client_app_used TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  device_id TEXT,
  session_id TEXT,
  correlation_id TEXT NOT NULL,
  is_interactive INTEGER NOT NULL,
  error_code INTEGER NOT NULL,
  failure_reason TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ins_by_time ON sign_ins (tenant_id, created_at);
CREATE INDEX sign_ins_by_user ON sign_ins (tenant_id, user_id, created_at);
CREATE TABLE rollback_proofs (
  tenant_id TEXT NOT NULL,
  head INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  proved_at INTEGER NOT NULL,
  credential TEXT NOT NULL,
  PRIMARY KEY (tenant_id, head)
) STRICT, WITHOUT ROWID;
CREATE TABLE tenant_witnesses (
  tenant_id TEXT NOT NULL,
  witness_id TEXT NOT NULL,
  path TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE lifetimes_in_force (
  tenant_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  longest_seconds INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_by_object_id ON devices (tenant_id, object_id);
CREATE TABLE deleted_users (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  user_principal_name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  mail TEXT,
  user_type TEXT NOT NULL,
  account_enabled INTEGER NOT NULL,
  break_glass INTEGER NOT NULL,
  password_hash TEXT,
  password_id TEXT NOT NULL,
  last_password_change_at INTEGER,
  force_change_password INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  properties TEXT NOT NULL,
  deleted_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deleted_users_by_time ON deleted_users (tenant_id, deleted_at);
CREATE TABLE directory_index (
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  property TEXT NOT NULL,
  value TEXT NOT NULL,
  object_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, kind, property, value, object_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE client_keys (
  tenant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  kid TEXT NOT NULL,
  x5t TEXT NOT NULL,
  x5t_s256 TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL, name_kind TEXT NOT NULL DEFAULT 'none', name TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, app_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE used_assertions (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX used_assertions_by_expiry ON used_assertions (tenant_id, expires_at);
CREATE TABLE pushed_requests (
  tenant_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  app_id TEXT NOT NULL,
  authenticator_id TEXT NOT NULL,
  request TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  begin_by INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (tenant_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (tenant_id, expires_at);
CREATE TABLE device_codes (
  tenant_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  user_code_mac TEXT NOT NULL,
  app_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  scopes TEXT NOT NULL,
  claims TEXT NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  state TEXT NOT NULL,
  user_id TEXT,
  session_id TEXT,
  grant_id TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (tenant_id, hash)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX device_codes_by_user_code ON device_codes (tenant_id, user_code_mac);
CREATE INDEX device_codes_by_user ON device_codes (tenant_id, user_id);
CREATE INDEX device_codes_by_expiry ON device_codes (tenant_id, expires_at);
CREATE TABLE registration_tokens (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  display_name TEXT NOT NULL,
  maker_kind TEXT NOT NULL,
  maker_id TEXT NOT NULL,
  maker_name TEXT NOT NULL,
  grant_types TEXT NOT NULL,
  uses_left INTEGER NOT NULL,
  auth_as_of INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, enrols_app_id TEXT,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX registration_tokens_by_hash ON registration_tokens (tenant_id, hash);
CREATE INDEX registration_tokens_by_maker ON registration_tokens (tenant_id, maker_id);
CREATE TABLE registrations (
  tenant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  token_id TEXT NOT NULL,
  maker_kind TEXT NOT NULL,
  maker_id TEXT NOT NULL,
  maker_name TEXT NOT NULL,
  metadata TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX registrations_by_maker ON registrations (tenant_id, maker_id);
CREATE TABLE email_methods (
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  authenticator_id TEXT NOT NULL,
  email_address TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by_kind TEXT NOT NULL,
  created_by_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX email_methods_by_time ON email_methods (tenant_id, created_at);
CREATE TABLE password_reset_codes (
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  authenticator_id TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX password_reset_codes_by_hash ON password_reset_codes (tenant_id, hash);
CREATE INDEX password_reset_codes_by_expiry ON password_reset_codes (tenant_id, expires_at);
CREATE TABLE letters (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  username TEXT NOT NULL,
  address TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  next_try_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX letters_by_next_try ON letters (tenant_id, next_try_at);
CREATE INDEX letters_by_expiry ON letters (tenant_id, expires_at);
CREATE TABLE directory_changes (
  tenant_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  object_kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  link TEXT NOT NULL,
  link_id TEXT NOT NULL,
  change TEXT NOT NULL,
  changed TEXT NOT NULL,
  PRIMARY KEY (tenant_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE directory_change_marks (
  tenant_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE subscriptions (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  creator_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  change_types TEXT NOT NULL,
  notification_url TEXT NOT NULL,
  lifecycle_url TEXT,
  sealed_client_state TEXT NOT NULL,
  latest_tls_version TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  keys TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  as_of INTEGER NOT NULL,
  told_up_to INTEGER NOT NULL,
  lifecycle_due TEXT NOT NULL,
  was_reminded INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_by_app ON subscriptions (tenant_id, app_id);
CREATE INDEX subscriptions_by_creator ON subscriptions (tenant_id, creator_id);
CREATE TABLE risk_events (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  risk_level TEXT NOT NULL,
  risk_state TEXT NOT NULL,
  risk_detail TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  user_principal_name TEXT NOT NULL,
  user_display_name TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX risk_events_by_user ON risk_events (tenant_id, user_id, at);
CREATE TABLE gates (
  tenant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  name TEXT NOT NULL,
  mode TEXT NOT NULL,
  maker_kind TEXT NOT NULL,
  maker_id TEXT NOT NULL,
  maker_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  enrolled_at INTEGER, uncut_requests TEXT NOT NULL DEFAULT 'none',
  PRIMARY KEY (tenant_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX gates_by_name ON gates (tenant_id, name);
CREATE INDEX registration_tokens_by_gate ON registration_tokens (tenant_id, enrols_app_id);
CREATE TABLE session_clients (
  tenant_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, session_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_clients_by_user ON session_clients (tenant_id, user_id, app_id);
CREATE TABLE logout_notices (
  tenant_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  next_try_at INTEGER NOT NULL,
  attempt_count INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, session_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX logout_notices_by_time ON logout_notices (tenant_id, next_try_at);
CREATE TABLE signal_streams (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  description TEXT NOT NULL,
  delivery TEXT NOT NULL,
  endpoint_url TEXT NOT NULL,
  sealed_authorization TEXT NOT NULL,
  events_requested TEXT NOT NULL,
  status TEXT NOT NULL,
  status_reason TEXT NOT NULL,
  subject_format TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  keys TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  as_of INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  pending_count INTEGER NOT NULL,
  dropped_count INTEGER NOT NULL,
  dropped_at INTEGER,
  removed_subject_count INTEGER NOT NULL,
  verified_at INTEGER,
  verification_count INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX signal_streams_by_app ON signal_streams (tenant_id, app_id);
CREATE TABLE signals (
  tenant_id TEXT NOT NULL,
  stream_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  jti TEXT NOT NULL,
  event TEXT NOT NULL,
  user_id TEXT NOT NULL,
  user_mail TEXT NOT NULL,
  device_id TEXT NOT NULL,
  members TEXT NOT NULL,
  txn TEXT NOT NULL,
  run_id TEXT NOT NULL,
  happened_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  refusal_count INTEGER NOT NULL,
  settled_at INTEGER,
  last_error TEXT NOT NULL,
  PRIMARY KEY (tenant_id, stream_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX signals_by_state ON signals (tenant_id, stream_id, state);
CREATE UNIQUE INDEX signals_by_jti ON signals (tenant_id, stream_id, jti);
CREATE INDEX signals_by_run ON signals (tenant_id, run_id, stream_id);
CREATE INDEX signals_by_settling ON signals (tenant_id, settled_at);
CREATE TABLE removed_subjects (
  tenant_id TEXT NOT NULL,
  stream_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  removed_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, stream_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX removed_subjects_by_user ON removed_subjects (tenant_id, user_id);
CREATE TABLE fences (
  tenant_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  fenced_at INTEGER NOT NULL,
  restored_head INTEGER NOT NULL,
  was_written_on INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, generation)
) STRICT, WITHOUT ROWID;
CREATE TABLE fence_gates (
  tenant_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  gate_id TEXT NOT NULL,
  gate_name TEXT NOT NULL,
  shown INTEGER NOT NULL,
  came_at INTEGER NOT NULL,
  held_count INTEGER NOT NULL,
  left_count INTEGER NOT NULL,
  handed_over_at INTEGER,
  PRIMARY KEY (tenant_id, generation, gate_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE lost_blocks (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  key_kind TEXT NOT NULL,
  key_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  gate_id TEXT NOT NULL,
  gate_name TEXT NOT NULL,
  subject_name TEXT NOT NULL,
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  named_at INTEGER NOT NULL,
  reviewed_at INTEGER,
  reviewed_by TEXT NOT NULL,
  is_moot INTEGER NOT NULL,
  also_gate_id TEXT NOT NULL,
  also_gate_name TEXT NOT NULL,
  owner_kind TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX lost_blocks_by_key ON lost_blocks (tenant_id, generation, key_kind, key_id);
CREATE INDEX lost_blocks_by_gate ON lost_blocks (tenant_id, generation, gate_id, state, reviewed_at);
CREATE TABLE revocation_targets (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  url TEXT NOT NULL,
  subject_member TEXT NOT NULL,
  subject_format TEXT NOT NULL,
  authentication TEXT NOT NULL,
  client_id TEXT NOT NULL,
  sealed_token TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  answered_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX revocation_targets_by_display_name ON revocation_targets (tenant_id, display_name);
CREATE TABLE signal_sources (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  issuer TEXT NOT NULL,
  audiences TEXT NOT NULL,
  jwks_uri TEXT NOT NULL,
  delivery TEXT NOT NULL,
  poll_url TEXT NOT NULL,
  sealed_authorization TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  policy TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  pending_count INTEGER NOT NULL,
  received_count INTEGER NOT NULL,
  repeated_count INTEGER NOT NULL,
  unknown_count INTEGER NOT NULL,
  refused_count INTEGER NOT NULL,
  heard_at INTEGER,
  said_status TEXT NOT NULL,
  people_per_hour_max INTEGER NOT NULL,
  counted_from INTEGER,
  people_count INTEGER NOT NULL,
  held_at INTEGER,
  held_because TEXT NOT NULL,
  trouble TEXT NOT NULL,
  trouble_since INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX signal_sources_by_app ON signal_sources (tenant_id, app_id);
CREATE TABLE received_signals (
  tenant_id TEXT NOT NULL,
  source_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  jti_hash TEXT NOT NULL,
  event TEXT NOT NULL,
  calls_for_action INTEGER NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  txn TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  happened_at INTEGER,
  state TEXT NOT NULL,
  effect TEXT,
  try_count INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  settled_at INTEGER,
  last_error TEXT NOT NULL,
  PRIMARY KEY (tenant_id, source_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX received_signals_by_jti ON received_signals (tenant_id, source_id, jti_hash);
CREATE INDEX received_signals_by_state ON received_signals (tenant_id, source_id, state, not_before);
CREATE INDEX received_signals_by_person ON received_signals (tenant_id, source_id, user_id, settled_at);
CREATE INDEX received_signals_by_settling ON received_signals (tenant_id, settled_at);
CREATE TABLE command_parties (
  tenant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  command_endpoint TEXT NOT NULL,
  PRIMARY KEY (tenant_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE token_status (
  tenant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  list INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  keys TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  as_of INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, app_id, generation, list, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_status_by_expiry ON token_status (tenant_id, expires_at);
INSERT INTO schema_version VALUES (1, 'foundation');
INSERT INTO schema_version VALUES (2, 'rollback_proofs');
INSERT INTO schema_version VALUES (3, 'tenant_witnesses');
INSERT INTO schema_version VALUES (4, 'lifetimes_in_force');
INSERT INTO schema_version VALUES (5, 'directory_properties');
INSERT INTO schema_version VALUES (6, 'client_keys');
INSERT INTO schema_version VALUES (7, 'pushed_requests');
INSERT INTO schema_version VALUES (8, 'sender_constraints');
INSERT INTO schema_version VALUES (9, 'device_codes');
INSERT INTO schema_version VALUES (10, 'inherited_keys');
INSERT INTO schema_version VALUES (11, 'registration');
INSERT INTO schema_version VALUES (12, 'proofs_of_clients');
INSERT INTO schema_version VALUES (13, 'password_reset');
INSERT INTO schema_version VALUES (14, 'parts_of_a_run');
INSERT INTO schema_version VALUES (15, 'directory_changes');
INSERT INTO schema_version VALUES (16, 'gates');
INSERT INTO schema_version VALUES (17, 'logout');
INSERT INTO schema_version VALUES (18, 'signals');
INSERT INTO schema_version VALUES (19, 'continuous_evaluation');
INSERT INTO schema_version VALUES (20, 'uncut_requests');
INSERT INTO tenants VALUES ('tenant_id-1', 'display_name-1', '[]', 0);
INSERT INTO tenants VALUES ('tenant_id-2', 'display_name-2', '["first","second"]', 1700000000000);
INSERT INTO users VALUES ('tenant_id-1', 'id-1', 'user_principal_name-1', 'display_name-1', NULL, 'Member', 1, 0, NULL, 'password_id-1', NULL, 0, 0, '{}');
INSERT INTO users VALUES ('tenant_id-2', 'id-2', 'user_principal_name-2', 'display_name-2', 'mail-2', 'Member', 1, 1, 'password_hash-2', 'password_id-2', 1700000000000, 1, 1700000000000, '{}');
INSERT INTO "groups" VALUES ('tenant_id-1', 'id-1', 'display_name-1', 0, 0, '{}');
INSERT INTO "groups" VALUES ('tenant_id-2', 'id-2', 'display_name-2', 1, 1700000000000, '{}');
INSERT INTO group_members VALUES ('tenant_id-1', 'group_id-1', 'user_id-1', 0);
INSERT INTO group_members VALUES ('tenant_id-2', 'group_id-2', 'user_id-2', 1700000000000);
INSERT INTO role_assignments VALUES ('tenant_id-1', 'principal_id-1', 'role_id-1', 0);
INSERT INTO role_assignments VALUES ('tenant_id-2', 'principal_id-2', 'role_id-2', 1700000000000);
INSERT INTO devices VALUES ('tenant_id-1', 'id-1', 'display_name-1', 'operating_system-1', 'Workplace', NULL, 1, NULL, 0, NULL, 'object_id-1', '{}');
INSERT INTO devices VALUES ('tenant_id-2', 'id-2', 'display_name-2', 'operating_system-2', 'Workplace', 'registered_owner-2', 1, 'secret_hash-2', 1700000000000, 1700000000000, 'object_id-2', '{}');
INSERT INTO apps VALUES ('tenant_id-1', 'id-1', 'display_name-1', 1, 'confidential', '[]', '[]', '[]', 1, 0, '[]', NULL, 0, 0, NULL, 'RS256', '[]', '[]', 'JWT', 'ES256', NULL, 0, '[]', 'issuerOrTokenEndpoint', 0, 0, 0, 0, NULL, 0, NULL, 0, 'registered_with-1', '[]', '[]', 0, 0, 0, '[]', 0);
INSERT INTO apps VALUES ('tenant_id-2', 'id-2', 'display_name-2', 1, 'confidential', '["first","second"]', '["first","second"]', '["first","second"]', 1, 1, '["first","second"]', 1700000000000, 1, 1, 'initiate_login_uri-2', 'RS256', '["first","second"]', '["first","second"]', 'JWT', 'ES256', 1700000000000, 1700000000000, '["first","second"]', 'issuerOrTokenEndpoint', 1, 1, 1, 1, 'frontchannel_logout_uri-2', 1, 'backchannel_logout_uri-2', 1, 'registered_with-2', '["first","second"]', '["first","second"]', 1700000000000, 1, 1, '["first","second"]', 1);
INSERT INTO app_secrets VALUES ('tenant_id-1', 'app_id-1', 'id-1', 'hash-1', 'hint-1', NULL, 0);
INSERT INTO app_secrets VALUES ('tenant_id-2', 'app_id-2', 'id-2', 'hash-2', 'hint-2', 1700000000000, 1700000000000);
INSERT INTO api_keys VALUES ('tenant_id-1', 'id-1', 'hash-1', 'app_id-1', 'display_name-1', '[]', NULL, 0, NULL, 0);
INSERT INTO api_keys VALUES ('tenant_id-2', 'id-2', 'hash-2', 'app_id-2', 'display_name-2', '["first","second"]', 'owner-2', 1700000000000, 1700000000000, 1700000000000);
INSERT INTO app_assignments VALUES ('tenant_id-1', 'app_id-1', 'User', 'principal_id-1', 0);
INSERT INTO app_assignments VALUES ('tenant_id-2', 'app_id-2', 'User', 'principal_id-2', 1700000000000);
INSERT INTO consents VALUES ('tenant_id-1', 'user_id-1', 'app_id-1', '[]', 0);
INSERT INTO consents VALUES ('tenant_id-2', 'user_id-2', 'app_id-2', '["first","second"]', 1700000000000);
INSERT INTO sessions VALUES ('tenant_id-1', 'id-1', 'user_id-1', 'secret_hash-1', 'authenticator_id-1', NULL, 0, 0, '[]', 0, 'user_agent-1', 'address-1', 0, 0, 0, NULL);
INSERT INTO sessions VALUES ('tenant_id-2', 'id-2', 'user_id-2', 'secret_hash-2', 'authenticator_id-2', 'device_id-2', 1700000000000, 1700000000000, '["first","second"]', 1, 'user_agent-2', 'address-2', 1700000000000, 1700000000000, 1700000000000, 1700000000000);
INSERT INTO authorization_codes VALUES ('tenant_id-1', 'hash-1', 'app_id-1', 'user_id-1', 'session_id-1', 'grant_id-1', 'redirect_uri-1', NULL, NULL, 'resource-1', '[]', 'claims-1', 0, 0, 0, NULL, 'dpop_jkt-1');
INSERT INTO authorization_codes VALUES ('tenant_id-2', 'hash-2', 'app_id-2', 'user_id-2', 'session_id-2', 'grant_id-2', 'redirect_uri-2', 'code_challenge-2', 'nonce-2', 'resource-2', '["first","second"]', 'claims-2', 1700000000000, 1700000000000, 1700000000000, 1700000000000, 'dpop_jkt-2');
INSERT INTO grants VALUES ('tenant_id-1', 'id-1', 'app_id-1', 'user_id-1', 'session_id-1', 'authenticator_id-1', NULL, 'resource-1', '[]', NULL, 0, 0, '[]', 1, 0, 0, 0, 0, NULL, 0, 'dpop_jkt-1', '[]', 'x5t_s256-1', 0, NULL);
INSERT INTO grants VALUES ('tenant_id-2', 'id-2', 'app_id-2', 'user_id-2', 'session_id-2', 'authenticator_id-2', 'device_id-2', 'resource-2', '["first","second"]', 'nonce-2', 1700000000000, 1700000000000, '["first","second"]', 1, 1700000000000, 1700000000000, 1700000000000, 1, 1700000000000, 1700000000000, 'dpop_jkt-2', '["first","second"]', 'x5t_s256-2', 1, 1700000000000);
INSERT INTO signing_keys VALUES ('tenant_id-1', 'id-1', 'token', 'ES256', 'active', 'sealed_private_key-1', 'public_jwk-1', 0, NULL);
INSERT INTO signing_keys VALUES ('tenant_id-2', 'id-2', 'token', 'ES256', 'active', 'sealed_private_key-2', 'public_jwk-2', 1700000000000, 1700000000000);
INSERT INTO journal VALUES ('tenant_id-1', 0, 'tenant', 'key_id-1', 'reauth', 'hold_owner-1', NULL, 'reason-1', 0, 'chain_hash-1');
INSERT INTO journal VALUES ('tenant_id-2', 1700000000000, 'tenant', 'key_id-2', 'reauth', 'hold_owner-2', 'run_id-2', 'reason-2', 1700000000000, 'chain_hash-2');
INSERT INTO holds VALUES ('tenant_id-1', 'tenant', 'key_id-1', 'owner-1', 0, 'reason-1', 0);
INSERT INTO holds VALUES ('tenant_id-2', 'tenant', 'key_id-2', 'owner-2', 1700000000000, 'reason-2', 1700000000000);
INSERT INTO watermarks VALUES ('tenant_id-1', 'tenant', 'key_id-1', 0, 0, 0, 0, 0);
INSERT INTO watermarks VALUES ('tenant_id-2', 'tenant', 'key_id-2', 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1);
INSERT INTO runs VALUES ('tenant_id-1', 'id-1', 'subject_id-1', 'subject_name-1', 'system', 'actor_id-1', 'actor_name-1', 'reason-1', 'revoke', NULL, 'request_hash-1', 'driving', 0, 0, 0, 0, NULL, NULL, 'restored_by-1', NULL, 1, '[]', NULL);
INSERT INTO runs VALUES ('tenant_id-2', 'id-2', 'subject_id-2', 'subject_name-2', 'system', 'actor_id-2', 'actor_name-2', 'reason-2', 'revoke', 'idempotency_key-2', 'request_hash-2', 'driving', 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000, 'restored_by-2', 1700000000000, 1, '["first","second"]', 1700000000000);
INSERT INTO run_steps VALUES ('tenant_id-1', 'run_id-1', 0, 'id-1', 'take_away', 'connector-1', 'target-1', 'subject-1', 'title-1', '[]', 0, 'planned', 'prepare', 0, 0, NULL, 'last_error-1', NULL, NULL, NULL, 0, 0, 'evidence-1', NULL, NULL, 'closed_by-1');
INSERT INTO run_steps VALUES ('tenant_id-2', 'run_id-2', 1, 'id-2', 'take_away', 'connector-2', 'target-2', 'subject-2', 'title-2', '["first","second"]', 1, 'planned', 'prepare', 1700000000000, 1, 1700000000000, 'last_error-2', 1700000000000, 1700000000000, 1700000000000, 1, 1, 'evidence-2', 'prior_value-2', 'written_value-2', 'closed_by-2');
INSERT INTO run_paths VALUES ('tenant_id-1', 'run_id-1', 0, 'account', 'target-1', 'display_name-1', 'control-1', 0, 0, NULL, 'open', NULL, NULL, NULL, 'reason-1', NULL, 'made_by-1');
INSERT INTO run_paths VALUES ('tenant_id-2', 'run_id-2', 1, 'account', 'target-2', 'display_name-2', 'control-2', 1700000000000, 1, 'step_id-2', 'open', 1700000000000, 1700000000000, 1700000000000, 'reason-2', 1700000000000, 'made_by-2');
INSERT INTO audit VALUES ('tenant_id-1', 0, 0, 'action-1', 'success', 'rule-1', NULL, 0, 'system', 'actor_commitment-1', 'subject_commitment-1', 'chain_hash-1');
INSERT INTO audit VALUES ('tenant_id-2', 1700000000000, 1700000000000, 'action-2', 'success', 'rule-2', 'run_id-2', 1700000000000, 'system', 'actor_commitment-2', 'subject_commitment-2', 'chain_hash-2');
INSERT INTO audit_personal VALUES ('tenant_id-1', 0, 'actor', 'person_id-1', 'sealed-1');
INSERT INTO audit_personal VALUES ('tenant_id-2', 1700000000000, 'actor', 'person_id-2', 'sealed-2');
INSERT INTO audit_person_keys VALUES ('tenant_id-1', 'person_id-1', 'sealed_key-1', 0);
INSERT INTO audit_person_keys VALUES ('tenant_id-2', 'person_id-2', 'sealed_key-2', 1700000000000);
INSERT INTO sign_ins VALUES ('tenant_id-1', 'id-1', 0, 'user_principal_name-1', NULL, NULL, 'app_display_name-1', 'resource-1', 'ip_address-1', 'client_app_used-1', 'user_agent-1', NULL, NULL, 'correlation_id-1', 1, 0, 'failure_reason-1');
INSERT INTO sign_ins VALUES ('tenant_id-2', 'id-2', 1700000000000, 'user_principal_name-2', 'user_id-2', 'app_id-2', 'app_display_name-2', 'resource-2', 'ip_address-2', 'client_app_used-2', 'user_agent-2', 'device_id-2', 'session_id-2', 'correlation_id-2', 1, 1700000000000, 'failure_reason-2');
INSERT INTO rollback_proofs VALUES ('tenant_id-1', 0, 0, 0, 'credential-1');
INSERT INTO rollback_proofs VALUES ('tenant_id-2', 1700000000000, 1700000000000, 1700000000000, 'credential-2');
INSERT INTO tenant_witnesses VALUES ('tenant_id-1', 'witness_id-1', 'path-1', 0);
INSERT INTO tenant_witnesses VALUES ('tenant_id-2', 'witness_id-2', 'path-2', 1700000000000);
INSERT INTO lifetimes_in_force VALUES ('tenant_id-1', 0, 0);
INSERT INTO lifetimes_in_force VALUES ('tenant_id-2', 1700000000000, 1700000000000);
INSERT INTO deleted_users VALUES ('tenant_id-1', 'id-1', 'user_principal_name-1', 'display_name-1', NULL, 'Member', 1, 0, NULL, 'password_id-1', NULL, 0, 0, '{}', 0);
INSERT INTO deleted_users VALUES ('tenant_id-2', 'id-2', 'user_principal_name-2', 'display_name-2', 'mail-2', 'Member', 1, 1, 'password_hash-2', 'password_id-2', 1700000000000, 1, 1700000000000, '{}', 1700000000000);
INSERT INTO directory_index VALUES ('tenant_id-1', 'kind-1', 'property-1', 'value-1', 'object_id-1');
INSERT INTO directory_index VALUES ('tenant_id-2', 'kind-2', 'property-2', 'value-2', 'object_id-2');
INSERT INTO client_keys VALUES ('tenant_id-1', 'app_id-1', 'id-1', 'display_name-1', 'kid-1', 'x5t-1', 'x5t_s256-1', 'public_jwk-1', NULL, 0, 'none', 'name-1');
INSERT INTO client_keys VALUES ('tenant_id-2', 'app_id-2', 'id-2', 'display_name-2', 'kid-2', 'x5t-2', 'x5t_s256-2', 'public_jwk-2', 1700000000000, 1700000000000, 'none', 'name-2');
INSERT INTO used_assertions VALUES ('tenant_id-1', 'id-1', 0);
INSERT INTO used_assertions VALUES ('tenant_id-2', 'id-2', 1700000000000);
INSERT INTO pushed_requests VALUES ('tenant_id-1', 'hash-1', 'app_id-1', 'authenticator_id-1', 'request-1', 0, 0, 0, 0, NULL);
INSERT INTO pushed_requests VALUES ('tenant_id-2', 'hash-2', 'app_id-2', 'authenticator_id-2', 'request-2', 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000);
INSERT INTO device_codes VALUES ('tenant_id-1', 'hash-1', 'user_code_mac-1', 'app_id-1', 'resource-1', '[]', 'claims-1', 'address-1', 'user_agent-1', 'pending', NULL, NULL, 'grant_id-1', 0, 0, 0, NULL);
INSERT INTO device_codes VALUES ('tenant_id-2', 'hash-2', 'user_code_mac-2', 'app_id-2', 'resource-2', '["first","second"]', 'claims-2', 'address-2', 'user_agent-2', 'pending', 'user_id-2', 'session_id-2', 'grant_id-2', 1700000000000, 1700000000000, 1700000000000, 1700000000000);
INSERT INTO registration_tokens VALUES ('tenant_id-1', 'id-1', 'hash-1', 'display_name-1', 'system', 'maker_id-1', 'maker_name-1', '[]', 0, 0, 0, 0, NULL);
INSERT INTO registration_tokens VALUES ('tenant_id-2', 'id-2', 'hash-2', 'display_name-2', 'system', 'maker_id-2', 'maker_name-2', '["first","second"]', 1700000000000, 1700000000000, 1700000000000, 1700000000000, 'enrols_app_id-2');
INSERT INTO registrations VALUES ('tenant_id-1', 'app_id-1', 'id-1', 'hash-1', 'token_id-1', 'system', 'maker_id-1', 'maker_name-1', 'metadata-1', 0, 0);
INSERT INTO registrations VALUES ('tenant_id-2', 'app_id-2', 'id-2', 'hash-2', 'token_id-2', 'system', 'maker_id-2', 'maker_name-2', 'metadata-2', 1700000000000, 1700000000000);
INSERT INTO email_methods VALUES ('tenant_id-1', 'user_id-1', 'authenticator_id-1', 'email_address-1', 0, 'system', 'created_by_id-1');
INSERT INTO email_methods VALUES ('tenant_id-2', 'user_id-2', 'authenticator_id-2', 'email_address-2', 1700000000000, 'system', 'created_by_id-2');
INSERT INTO password_reset_codes VALUES ('tenant_id-1', 'user_id-1', 'hash-1', 'authenticator_id-1', 0, 0, 0);
INSERT INTO password_reset_codes VALUES ('tenant_id-2', 'user_id-2', 'hash-2', 'authenticator_id-2', 1700000000000, 1700000000000, 1700000000000);
INSERT INTO letters VALUES ('tenant_id-1', 'id-1', 'reset_link', 'username-1', 'address-1', 'made_by-1', 0, 0, 0, 0);
INSERT INTO letters VALUES ('tenant_id-2', 'id-2', 'reset_link', 'username-2', 'address-2', 'made_by-2', 1700000000000, 1700000000000, 1700000000000, 1);
INSERT INTO directory_changes VALUES ('tenant_id-1', 0, 'object_kind-1', 'object_id-1', 'link-1', 'link_id-1', 'updated', '[]');
INSERT INTO directory_changes VALUES ('tenant_id-2', 1700000000000, 'object_kind-2', 'object_id-2', 'link-2', 'link_id-2', 'updated', '["first","second"]');
INSERT INTO directory_change_marks VALUES ('tenant_id-1', 0, 0);
INSERT INTO directory_change_marks VALUES ('tenant_id-2', 1700000000000, 1700000000000);
INSERT INTO subscriptions VALUES ('tenant_id-1', 'id-1', 'app_id-1', 'creator_id-1', 'resource-1', '[]', 'notification_url-1', NULL, 'sealed_client_state-1', 'latest_tls_version-1', 0, 0, '[]', 0, 0, 0, '[]', 0);
INSERT INTO subscriptions VALUES ('tenant_id-2', 'id-2', 'app_id-2', 'creator_id-2', 'resource-2', '["first","second"]', 'notification_url-2', 'lifecycle_url-2', 'sealed_client_state-2', 'latest_tls_version-2', 1700000000000, 1700000000000, '["first","second"]', 1700000000000, 1700000000000, 1700000000000, '["first","second"]', 1);
INSERT INTO risk_events VALUES ('tenant_id-1', 'id-1', 'user_id-1', 0, 'risk_level-1', 'risk_state-1', 'risk_detail-1', 'actor_id-1', 'user_principal_name-1', 'user_display_name-1');
INSERT INTO risk_events VALUES ('tenant_id-2', 'id-2', 'user_id-2', 1700000000000, 'risk_level-2', 'risk_state-2', 'risk_detail-2', 'actor_id-2', 'user_principal_name-2', 'user_display_name-2');
INSERT INTO gates VALUES ('tenant_id-1', 'app_id-1', 'name-1', 'strict', 'system', 'maker_id-1', 'maker_name-1', 0, NULL, 'none');
INSERT INTO gates VALUES ('tenant_id-2', 'app_id-2', 'name-2', 'strict', 'system', 'maker_id-2', 'maker_name-2', 1700000000000, 1700000000000, 'none');
INSERT INTO session_clients VALUES ('tenant_id-1', 'session_id-1', 'app_id-1', 'user_id-1', 0, 0);
INSERT INTO session_clients VALUES ('tenant_id-2', 'session_id-2', 'app_id-2', 'user_id-2', 1700000000000, 1700000000000);
INSERT INTO logout_notices VALUES ('tenant_id-1', 'session_id-1', 'app_id-1', 'user_id-1', 0, 0, 0);
INSERT INTO logout_notices VALUES ('tenant_id-2', 'session_id-2', 'app_id-2', 'user_id-2', 1700000000000, 1700000000000, 1);
INSERT INTO signal_streams VALUES ('tenant_id-1', 'id-1', 'app_id-1', 'description-1', 'poll', 'endpoint_url-1', 'sealed_authorization-1', '[]', 'enabled', 'status_reason-1', 'iss_sub', 0, '[]', 0, 0, 0, 0, 0, NULL, 0, NULL, 0);
INSERT INTO signal_streams VALUES ('tenant_id-2', 'id-2', 'app_id-2', 'description-2', 'poll', 'endpoint_url-2', 'sealed_authorization-2', '["first","second"]', 'enabled', 'status_reason-2', 'iss_sub', 1700000000000, '["first","second"]', 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000);
INSERT INTO signals VALUES ('tenant_id-1', 'stream_id-1', 0, 'jti-1', 'event-1', 'user_id-1', 'user_mail-1', 'device_id-1', 'members-1', 'txn-1', 'run_id-1', 0, 'pending', 0, NULL, 'last_error-1');
INSERT INTO signals VALUES ('tenant_id-2', 'stream_id-2', 1700000000000, 'jti-2', 'event-2', 'user_id-2', 'user_mail-2', 'device_id-2', 'members-2', 'txn-2', 'run_id-2', 1700000000000, 'pending', 1700000000000, 1700000000000, 'last_error-2');
INSERT INTO removed_subjects VALUES ('tenant_id-1', 'stream_id-1', 'user_id-1', 0);
INSERT INTO removed_subjects VALUES ('tenant_id-2', 'stream_id-2', 'user_id-2', 1700000000000);
INSERT INTO fences VALUES ('tenant_id-1', 0, 0, 0, 0);
INSERT INTO fences VALUES ('tenant_id-2', 1700000000000, 1700000000000, 1700000000000, 1);
INSERT INTO fence_gates VALUES ('tenant_id-1', 0, 'gate_id-1', 'gate_name-1', 0, 0, 0, 0, NULL);
INSERT INTO fence_gates VALUES ('tenant_id-2', 1700000000000, 'gate_id-2', 'gate_name-2', 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000);
INSERT INTO lost_blocks VALUES ('tenant_id-1', 'id-1', 0, 'user', 'key_id-1', 0, 'gate_id-1', 'gate_name-1', 'subject_name-1', 'held', 'why-1', 0, NULL, 'reviewed_by-1', 0, 'also_gate_id-1', 'also_gate_name-1', 'application', 'owner_id-1');
INSERT INTO lost_blocks VALUES ('tenant_id-2', 'id-2', 1700000000000, 'user', 'key_id-2', 1700000000000, 'gate_id-2', 'gate_name-2', 'subject_name-2', 'held', 'why-2', 1700000000000, 1700000000000, 'reviewed_by-2', 1, 'also_gate_id-2', 'also_gate_name-2', 'application', 'owner_id-2');
INSERT INTO revocation_targets VALUES ('tenant_id-1', 'id-1', 'display_name-1', 'url-1', 'sub_id', 'email', 'signed_jwt', 'client_id-1', 'sealed_token-1', 1, 0, NULL);
INSERT INTO revocation_targets VALUES ('tenant_id-2', 'id-2', 'display_name-2', 'url-2', 'sub_id', 'email', 'signed_jwt', 'client_id-2', 'sealed_token-2', 1, 1700000000000, 1700000000000);
INSERT INTO signal_sources VALUES ('tenant_id-1', 'id-1', 'app_id-1', 'display_name-1', 'issuer-1', '[]', 'jwks_uri-1', 'push', 'poll_url-1', 'sealed_authorization-1', 'token_hash-1', 1, '[]', 0, 0, 0, 0, 0, 0, 0, NULL, 'said_status-1', 100, NULL, 0, NULL, 'held_because-1', 'trouble-1', NULL);
INSERT INTO signal_sources VALUES ('tenant_id-2', 'id-2', 'app_id-2', 'display_name-2', 'issuer-2', '["first","second"]', 'jwks_uri-2', 'push', 'poll_url-2', 'sealed_authorization-2', 'token_hash-2', 1, '["first","second"]', 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000, 1700000000000, 'said_status-2', 100, 1700000000000, 1700000000000, 1700000000000, 'held_because-2', 'trouble-2', 1700000000000);
INSERT INTO received_signals VALUES ('tenant_id-1', 'source_id-1', 0, 'jti_hash-1', 'event-1', 1, 'subject-1', 'user_id-1', 'run_id-1', 'txn-1', 0, NULL, 'pending', NULL, 0, 0, NULL, 'last_error-1');
INSERT INTO received_signals VALUES ('tenant_id-2', 'source_id-2', 1700000000000, 'jti_hash-2', 'event-2', 1, 'subject-2', 'user_id-2', 'run_id-2', 'txn-2', 1700000000000, 1700000000000, 'pending', NULL, 1700000000000, 1700000000000, 1700000000000, 'last_error-2');
INSERT INTO command_parties VALUES ('tenant_id-1', 'app_id-1', 'command_endpoint-1');
INSERT INTO command_parties VALUES ('tenant_id-2', 'app_id-2', 'command_endpoint-2');
INSERT INTO token_status VALUES ('tenant_id-1', 'app_id-1', 0, 0, 0, '[]', 0, 0, 0);
INSERT INTO token_status VALUES ('tenant_id-2', 'app_id-2', 1700000000000, 1, 1, '["first","second"]', 1700000000000, 1700000000000, 1700000000000);
