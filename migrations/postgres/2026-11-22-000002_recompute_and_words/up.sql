-- What a person said with a change, sealed: shown only to who sees the record in clear, never sent out with the event.
ALTER TABLE events ADD COLUMN words TEXT COLLATE "C";
-- A changed year whose open clocks are still to be recomputed: after which record to go on ('' = from the first).
ALTER TABLE calendar_years ADD COLUMN recompute_after TEXT COLLATE "C";
-- Open clocks by record: what a changed year walks through.
DROP INDEX clocks_provisional;
CREATE INDEX clocks_open ON clocks (record_id) WHERE state <> 'stopped';
-- An evaluation is found by the number of its matter.
CREATE INDEX evaluations_number ON evaluations (number);
