-- 0006_client_keys: the public keys that applications prove themselves with, and the assertions that
-- were accepted, each once.

ALTER TABLE apps ADD COLUMN assertion_audience TEXT NOT NULL DEFAULT 'issuerOrTokenEndpoint';

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
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, app_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE used_assertions (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX used_assertions_by_expiry ON used_assertions (tenant_id, expires_at);
