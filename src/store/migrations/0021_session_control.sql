-- 0021_session_control: what gates do with the sessions of people in an application, and which
-- grants are used on another machine than the one that let them in.

ALTER TABLE apps ADD COLUMN session_controls TEXT NOT NULL DEFAULT '[]';

ALTER TABLE grants ADD COLUMN is_elsewhere INTEGER NOT NULL DEFAULT 0;
UPDATE grants SET is_elsewhere = 1
WHERE EXISTS (SELECT 1 FROM device_codes
              WHERE device_codes.tenant_id = grants.tenant_id AND device_codes.grant_id = grants.id);
