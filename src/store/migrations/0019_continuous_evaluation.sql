-- 0019_continuous_evaluation: what gates, other servers and resources are told and tell.

-- Each fence, the gates that came after it, and what those had as blocked by entries
-- that the restored journal does not have: for people to look at.

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

-- Other servers that every run asks to end what its subject has there.

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

-- What gates do with the sessions of people in an application, and which
-- grants are used on another machine than the one that let them in.

ALTER TABLE apps ADD COLUMN session_controls TEXT NOT NULL DEFAULT '[]';

ALTER TABLE grants ADD COLUMN is_elsewhere INTEGER NOT NULL DEFAULT 0;
UPDATE grants SET is_elsewhere = 1
WHERE EXISTS (SELECT 1 FROM device_codes
              WHERE device_codes.tenant_id = grants.tenant_id AND device_codes.grant_id = grants.id);

-- Whom shared signals are heard from, and what was heard.

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

-- Applications that take commands about their people's accounts.

CREATE TABLE command_parties (
  tenant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  command_endpoint TEXT NOT NULL,
  PRIMARY KEY (tenant_id, app_id)
) STRICT, WITHOUT ROWID;

-- The places that access tokens have in the status lists of resources that ask
-- for them, and until when a grant has tokens that are in none.

ALTER TABLE apps ADD COLUMN status_list INTEGER NOT NULL DEFAULT 0;

ALTER TABLE grants ADD COLUMN unlisted_access_ends_by INTEGER;

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
