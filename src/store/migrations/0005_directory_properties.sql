-- 0005_directory_properties: what people, groups and devices are described by, where they are found
-- by what they are called, and people who were deleted and may be restored.

ALTER TABLE users ADD COLUMN properties TEXT NOT NULL DEFAULT '{}';
ALTER TABLE "groups" ADD COLUMN properties TEXT NOT NULL DEFAULT '{}';

-- Graph's id of a device is another one than its deviceId: a random GUID of version 4.
ALTER TABLE devices ADD COLUMN object_id TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN properties TEXT NOT NULL DEFAULT '{}';
UPDATE devices SET object_id = lower(
  hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' ||
  substr('89ab', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' ||
  hex(randomblob(6)));
CREATE INDEX devices_by_object_id ON devices (tenant_id, object_id);

-- What an application gets by itself is given apart from what it gets for people. Until now the one
-- was the other. (Entries that name the Graph API are dropped from both when that is first added.)
ALTER TABLE apps ADD COLUMN application_permissions TEXT NOT NULL DEFAULT '[]';
UPDATE apps SET application_permissions = admin_consented_scopes;

CREATE TABLE deleted_users (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  user_principal_name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  mail TEXT,
  user_type TEXT NOT NULL,
  account_enabled INTEGER NOT NULL,
  break_glass INTEGER NOT NULL,
  password_hash TEXT,
  password_id TEXT NOT NULL,
  last_password_change_at INTEGER,
  force_change_password INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  properties TEXT NOT NULL,
  deleted_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deleted_users_by_time ON deleted_users (tenant_id, deleted_at);

CREATE TABLE directory_index (
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  property TEXT NOT NULL,
  value TEXT NOT NULL,
  object_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, kind, property, value, object_id)
) STRICT, WITHOUT ROWID;
