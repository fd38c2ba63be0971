DROP TABLE stat_progress;
DROP TABLE stat_rollups;
DROP TABLE stat_facts;
DROP TABLE stat_keys;
