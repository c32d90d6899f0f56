-- 0004_lifetimes_in_force: the longest lifetime of an access token, one row for each change of the
-- settings, so that a bound covers what was issued before the last one.

CREATE TABLE lifetimes_in_force (
  tenant_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  longest_seconds INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, since)
) STRICT, WITHOUT ROWID;
