-- 0017_logout: which applications got an ID token in which session, and who is to be told that one
-- ended. What is known of the sessions so far stands in their grants.

CREATE TABLE session_clients (
  tenant_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, session_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_clients_by_user ON session_clients (tenant_id, user_id, app_id);

INSERT INTO session_clients
SELECT tenant_id, session_id, app_id, user_id, min(auth_as_of), min(created_at)
FROM grants
WHERE inherited_keys = '[]' AND EXISTS (SELECT 1 FROM json_each(scopes) WHERE value = 'openid')
GROUP BY tenant_id, session_id, app_id, user_id;

CREATE TABLE logout_notices (
  tenant_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  next_try_at INTEGER NOT NULL,
  attempt_count INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, session_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX logout_notices_by_time ON logout_notices (tenant_id, next_try_at);
