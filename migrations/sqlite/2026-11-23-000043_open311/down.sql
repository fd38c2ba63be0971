DROP TABLE open311_updates;
DROP TABLE open311_keys;
