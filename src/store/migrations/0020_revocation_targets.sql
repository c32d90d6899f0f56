-- 0020_revocation_targets: other servers that every run asks to end what its subject has there.

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
