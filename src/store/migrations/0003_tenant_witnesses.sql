-- 0003_tenant_witnesses: the witness that a tenant has. While there is a row, nothing is served
-- without the file that carries its id.

CREATE TABLE tenant_witnesses (
  tenant_id TEXT NOT NULL,
  witness_id TEXT NOT NULL,
  path TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id)
) STRICT, WITHOUT ROWID;
