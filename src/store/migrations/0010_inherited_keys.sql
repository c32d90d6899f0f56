-- 0010_inherited_keys: what a grant was derived from, where it came of another application's token
-- (on behalf of): those of before came of a sign-in alone.

ALTER TABLE grants ADD COLUMN inherited_keys TEXT NOT NULL DEFAULT '[]';
