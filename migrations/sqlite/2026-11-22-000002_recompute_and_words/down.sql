DROP INDEX evaluations_number;
DROP INDEX clocks_open;
CREATE INDEX clocks_provisional ON clocks (id) WHERE provisional;
ALTER TABLE calendar_years DROP COLUMN recompute_after;
ALTER TABLE events DROP COLUMN words;
