-- 0012_proofs_of_clients: which clients' DPoP proofs must have a nonce of ours; which clients'
-- tokens are bound to a TLS client certificate, the certificates of grants, and the names by which
-- certificates are known.

ALTER TABLE apps ADD COLUMN require_dpop_nonce INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN certificate_bound_access_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN x5t_s256 TEXT NOT NULL DEFAULT '';
ALTER TABLE client_keys ADD COLUMN name_kind TEXT NOT NULL DEFAULT 'none';
ALTER TABLE client_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
