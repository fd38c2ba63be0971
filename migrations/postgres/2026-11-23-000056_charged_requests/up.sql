-- What is charged to a client's quota: not what only names it and shows no token.
ALTER TABLE client_usage ADD COLUMN charged BIGINT NOT NULL DEFAULT 0;
UPDATE client_usage SET charged = requests - limited WHERE operation <> 'POST /oauth2/token';
-- What is due is looked for by channel, the urgent first.
DROP INDEX notices_due;
CREATE INDEX notices_due ON notices (channel, urgent, next_at, id) WHERE state = 'waiting';
