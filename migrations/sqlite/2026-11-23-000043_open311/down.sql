DROP INDEX events_hotline_at;
DROP TABLE open311_updates;
DROP TABLE open311_keys;
