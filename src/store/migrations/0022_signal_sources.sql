-- 0022_signal_sources: whom shared signals are heard from, and what was heard.

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
