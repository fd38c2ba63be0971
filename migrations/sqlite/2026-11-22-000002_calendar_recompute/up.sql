-- A changed year whose open clocks are still to be recomputed: after which record to go on ('' = from the first).
ALTER TABLE calendar_years ADD COLUMN recompute_after TEXT;
-- Open clocks by record: what a changed year walks through.
DROP INDEX clocks_provisional;
CREATE INDEX clocks_open ON clocks (record_id) WHERE state <> 'stopped';
