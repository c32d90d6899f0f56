-- 0019_fences: each fence, the gates that came after it, and what those had as blocked by entries
-- that the restored journal does not have: for people to look at.

CREATE TABLE fences (
  tenant_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  fenced_at INTEGER NOT NULL,
  restored_head INTEGER NOT NULL,
  was_written_on INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE fence_gates (
  tenant_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  gate_id TEXT NOT NULL,
  gate_name TEXT NOT NULL,
  shown INTEGER NOT NULL,
  came_at INTEGER NOT NULL,
  held_count INTEGER NOT NULL,
  left_count INTEGER NOT NULL,
  handed_over_at INTEGER,
  PRIMARY KEY (tenant_id, generation, gate_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lost_blocks (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  key_kind TEXT NOT NULL,
  key_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  gate_id TEXT NOT NULL,
  gate_name TEXT NOT NULL,
  subject_name TEXT NOT NULL,
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  named_at INTEGER NOT NULL,
  reviewed_at INTEGER,
  reviewed_by TEXT NOT NULL,
  is_moot INTEGER NOT NULL,
  also_gate_id TEXT NOT NULL,
  also_gate_name TEXT NOT NULL,
  owner_kind TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX lost_blocks_by_key ON lost_blocks (tenant_id, generation, key_kind, key_id);
CREATE INDEX lost_blocks_by_gate ON lost_blocks (tenant_id, generation, gate_id, state, reviewed_at);
