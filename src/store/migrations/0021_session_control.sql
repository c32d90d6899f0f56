-- 0021_session_control: what gates do with the sessions of people in an application.

ALTER TABLE apps ADD COLUMN session_controls TEXT NOT NULL DEFAULT '[]';
