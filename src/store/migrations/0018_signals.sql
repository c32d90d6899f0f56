-- 0018_signals: streams of shared signals, what their receivers are still to be told and what they
-- said, and whom they do not want to hear of.

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
