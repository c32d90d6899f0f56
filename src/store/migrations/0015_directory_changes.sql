-- 0015_directory_changes: the log of what changed in the directory, who is told of it, and what was
-- said of people's risk. What happened before is in none of them.

CREATE TABLE directory_changes (
  tenant_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  object_kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  link TEXT NOT NULL,
  link_id TEXT NOT NULL,
  change TEXT NOT NULL,
  changed TEXT NOT NULL,
  PRIMARY KEY (tenant_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE directory_change_marks (
  tenant_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE subscriptions (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  creator_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  change_types TEXT NOT NULL,
  notification_url TEXT NOT NULL,
  lifecycle_url TEXT,
  sealed_client_state TEXT NOT NULL,
  latest_tls_version TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  keys TEXT NOT NULL,
  auth_as_of INTEGER NOT NULL,
  as_of INTEGER NOT NULL,
  told_up_to INTEGER NOT NULL,
  lifecycle_due TEXT NOT NULL,
  was_reminded INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_by_app ON subscriptions (tenant_id, app_id);
CREATE INDEX subscriptions_by_creator ON subscriptions (tenant_id, creator_id);

CREATE TABLE risk_events (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  risk_level TEXT NOT NULL,
  risk_state TEXT NOT NULL,
  risk_detail TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  user_principal_name TEXT NOT NULL,
  user_display_name TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX risk_events_by_user ON risk_events (tenant_id, user_id, at);
