-- What machine clients asked, by hour (of the Unix epoch) and operation; bN counts answers by duration.
CREATE TABLE client_usage (
    client_id TEXT COLLATE "C" NOT NULL,
    hour BIGINT NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    requests BIGINT NOT NULL,
    limited BIGINT NOT NULL,
    succeeded BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    b0 BIGINT NOT NULL,
    b1 BIGINT NOT NULL,
    b2 BIGINT NOT NULL,
    b3 BIGINT NOT NULL,
    b4 BIGINT NOT NULL,
    b5 BIGINT NOT NULL,
    b6 BIGINT NOT NULL,
    b7 BIGINT NOT NULL,
    b8 BIGINT NOT NULL,
    b9 BIGINT NOT NULL,
    b10 BIGINT NOT NULL,
    last_at TIMESTAMP NOT NULL,
    PRIMARY KEY (client_id, hour, operation)
);
CREATE TABLE client_usage_codes (
    client_id TEXT COLLATE "C" NOT NULL,
    hour BIGINT NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (client_id, hour, operation, code)
);
