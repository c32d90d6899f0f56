-- 0002_rollback_proofs: credentials that proved the journal to have been rolled back. While one of
-- the journal's generation stands, the server issues nothing.

CREATE TABLE rollback_proofs (
  tenant_id TEXT NOT NULL,
  head INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  proved_at INTEGER NOT NULL,
  credential TEXT NOT NULL,
  PRIMARY KEY (tenant_id, head)
) STRICT, WITHOUT ROWID;
