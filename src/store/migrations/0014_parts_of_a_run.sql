-- 0014_parts_of_a_run: what a run was asked to take beside the account, by name, and since when what
-- appeared was swept; who made what a path is about, and when.

ALTER TABLE runs ADD COLUMN parts TEXT NOT NULL DEFAULT '[]';
UPDATE runs SET parts = '["assignments"]' WHERE remove_assignments = 1;
ALTER TABLE runs DROP COLUMN remove_assignments;
ALTER TABLE runs ADD COLUMN swept_since INTEGER;
ALTER TABLE run_paths ADD COLUMN made_at INTEGER;
ALTER TABLE run_paths ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
