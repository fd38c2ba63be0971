-- Tokens of a client that was stopped end with it: they name the generation that they belong to.
ALTER TABLE clients ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
