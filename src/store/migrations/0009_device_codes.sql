-- 0009_device_codes: sign-ins on devices without a browser (RFC 8628), and which applications may
-- begin them: none of those that are there already.

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

ALTER TABLE apps ADD COLUMN allow_device_code INTEGER NOT NULL DEFAULT 0;
