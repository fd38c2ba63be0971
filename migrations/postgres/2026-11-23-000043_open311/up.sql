-- Open311 GeoReport v2: the keys of its clients, and the updates they have sent.
CREATE TABLE open311_keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    -- SHA-256 of the key: it has 192 random bits, so no slow hash is needed.
    key_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'revoked')),
    created_at TIMESTAMP NOT NULL
);
CREATE TABLE open311_updates (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    -- The client's own number of the update: twice makes one.
    update_id TEXT COLLATE "C" NOT NULL,
    order_id TEXT COLLATE "C" NOT NULL REFERENCES hotline_orders (id),
    details TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (client_id, order_id, update_id)
);
-- Updates are asked for by the time at which something happened.
CREATE INDEX events_hotline_at ON events (occurred_at, id) WHERE record_kind = 'hotline_order';
