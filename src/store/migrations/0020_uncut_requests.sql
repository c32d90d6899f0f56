-- 0020_uncut_requests: whether a gate has let requests in whose end nobody sees. What those that have
-- a key did before, nobody wrote down.

ALTER TABLE gates ADD COLUMN uncut_requests TEXT NOT NULL DEFAULT 'none';
UPDATE gates SET uncut_requests = 'unknown' WHERE enrolled_at IS NOT NULL;
