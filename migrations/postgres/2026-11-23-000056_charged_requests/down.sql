DROP INDEX notices_due;
CREATE INDEX notices_due ON notices (next_at, id) WHERE state = 'waiting';
ALTER TABLE client_usage DROP COLUMN charged;
