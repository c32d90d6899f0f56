-- 0023_provider_commands: applications that take commands about their people's accounts.

CREATE TABLE command_parties (
  tenant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  command_endpoint TEXT NOT NULL,
  PRIMARY KEY (tenant_id, app_id)
) STRICT, WITHOUT ROWID;
