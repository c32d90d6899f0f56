-- 0013_password_reset: email methods, codes that were sent there, and mails to be sent.

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
