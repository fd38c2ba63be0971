-- Rules of the relay that a place sets itself: versions, kept as data, in force at a center and below it.
CREATE TABLE routing_rules (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    number BIGINT NOT NULL,
    effective_on TEXT COLLATE "C" NOT NULL,
    rules TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX routing_rules_version ON routing_rules (center_id, number);
