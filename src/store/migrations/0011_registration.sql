-- 0011_registration: where applications are told of a sign-out, and applications that register
-- themselves (RFC 7591). All that are there already were registered by an administrator.

ALTER TABLE apps ADD COLUMN frontchannel_logout_uri TEXT;
ALTER TABLE apps ADD COLUMN frontchannel_logout_session_required INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN backchannel_logout_uri TEXT;
ALTER TABLE apps ADD COLUMN backchannel_logout_session_required INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN registered_with TEXT NOT NULL DEFAULT '';
ALTER TABLE apps ADD COLUMN grant_types TEXT NOT NULL DEFAULT '[]';
ALTER TABLE apps ADD COLUMN registered_scopes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE apps ADD COLUMN registration_changed_at INTEGER NOT NULL DEFAULT 0;

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
  expires_at INTEGER NOT NULL,
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
