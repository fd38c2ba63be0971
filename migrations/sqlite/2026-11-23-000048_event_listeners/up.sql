-- The machine clients by which applicants began a record: they hear what becomes of it, and read nothing else of it.
CREATE TABLE event_listeners (
    record_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    PRIMARY KEY (record_id, client_id)
);
