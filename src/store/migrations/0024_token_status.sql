-- 0024_token_status: the places that access tokens have in the status lists of resources that ask
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
