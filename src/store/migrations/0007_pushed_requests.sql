-- 0007_pushed_requests: authorization requests that clients sent ahead.

ALTER TABLE apps ADD COLUMN require_pushed_requests INTEGER NOT NULL DEFAULT 0;

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
