-- From a figure back to its records: a row for each record and each center that it is counted at or below (own: at that very
-- center), with the days and the measures (a bit each) of what it contributes there.
CREATE TABLE stat_traces (
    node INTEGER NOT NULL,
    own BOOLEAN NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    first_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    PRIMARY KEY (node, own, record_id) INCLUDE (first_day, last_day, low, high)
);
CREATE INDEX stat_traces_record ON stat_traces (record_id);
