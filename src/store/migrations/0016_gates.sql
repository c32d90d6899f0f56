-- 0016_gates: enforcement points, and what enrols them: an initial access token for one gate. All
-- tokens that are there already register applications.

CREATE TABLE gates (
  tenant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  name TEXT NOT NULL,
  mode TEXT NOT NULL,
  maker_kind TEXT NOT NULL,
  maker_id TEXT NOT NULL,
  maker_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  enrolled_at INTEGER,
  PRIMARY KEY (tenant_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX gates_by_name ON gates (tenant_id, name);

ALTER TABLE registration_tokens ADD COLUMN enrols_app_id TEXT;
CREATE INDEX registration_tokens_by_gate ON registration_tokens (tenant_id, enrols_app_id);
