-- 12345 hotline orders (热线工单): what a hotline hands over, what becomes of it, and under which codes.
CREATE TABLE hotline_orders (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    -- The hotline it came from; none: taken in by hand.
    client_id TEXT REFERENCES clients (id),
    -- Whose external number it is: the client's, or the center's that took it in by hand.
    source_by TEXT NOT NULL,
    external_number TEXT NOT NULL,
    -- Where the hotline hands in, and who handles it.
    home_center_id TEXT NOT NULL REFERENCES centers (id),
    center_id TEXT NOT NULL REFERENCES centers (id),
    department_id TEXT REFERENCES departments (id),
    -- The version of the hotline's codes under which it was read; none: our own codes.
    mapping_number INTEGER,
    order_type TEXT NOT NULL,
    category TEXT NOT NULL,
    urgency TEXT NOT NULL,
    secrecy TEXT NOT NULL,
    channel TEXT NOT NULL,
    disposal TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received','dispatched','signed','handling','replied','hotline_review','return_visit','archived','return_requested','extension_requested','suspended','merged','revoked')),
    -- The state it goes back to from a request or a suspension.
    held_state TEXT,
    round INTEGER NOT NULL,
    unmapped BOOLEAN NOT NULL,
    anonymous BOOLEAN NOT NULL,
    supervised BOOLEAN NOT NULL,
    needs_visit BOOLEAN NOT NULL,
    returns INTEGER NOT NULL,
    extensions INTEGER NOT NULL,
    urged INTEGER NOT NULL,
    merged_into_id TEXT REFERENCES hotline_orders (id),
    assignee_id TEXT REFERENCES users (id),
    first_responder_id TEXT REFERENCES users (id),
    appeal TEXT NOT NULL CHECK (appeal IN ('none', 'open', 'approved', 'refused')),
    -- The return visit of the present round, and whether the first one found it solved.
    contacted BOOLEAN,
    responded BOOLEAN,
    resolved BOOLEAN,
    first_resolved BOOLEAN,
    hotline_grade TEXT,
    department_grade TEXT,
    visited_at TIMESTAMP,
    phone_mark TEXT,
    name_mark TEXT,
    -- The Open311 service that it was filed under.
    service_code TEXT,
    received_on TEXT NOT NULL,
    details TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    signed_at TIMESTAMP,
    replied_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX hotline_orders_external ON hotline_orders (source_by, external_number);
CREATE INDEX hotline_orders_external_only ON hotline_orders (external_number);
CREATE INDEX hotline_orders_phone ON hotline_orders (phone_mark, id) WHERE phone_mark IS NOT NULL;
CREATE INDEX hotline_orders_name ON hotline_orders (name_mark, id) WHERE name_mark IS NOT NULL;
CREATE INDEX hotline_orders_service ON hotline_orders (home_center_id, created_at, id) WHERE service_code IS NOT NULL;
CREATE INDEX hotline_orders_client ON hotline_orders (client_id, created_at, id);

-- What was handed in, once for each round: the same again replays, newer content amends.
CREATE TABLE hotline_intakes (
    id TEXT NOT NULL PRIMARY KEY,
    source_by TEXT NOT NULL,
    external_number TEXT NOT NULL,
    round INTEGER NOT NULL,
    -- Written first, so that who comes second loses before anything else is done.
    order_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    content_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (source_by, external_number, round)
);
CREATE INDEX hotline_intakes_order ON hotline_intakes (order_id, round);

-- The records that an order opened.
CREATE TABLE hotline_links (
    id TEXT NOT NULL PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES hotline_orders (id),
    kind TEXT NOT NULL CHECK (kind IN ('consultation', 'entrustment', 'fallback_ticket')),
    record_id TEXT NOT NULL UNIQUE,
    record_number TEXT NOT NULL,
    round INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX hotline_links_order ON hotline_links (order_id, id);

-- The codes of each hotline, in numbered versions that never change.
CREATE TABLE hotline_mappings (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    number INTEGER NOT NULL,
    content TEXT NOT NULL,
    note TEXT NOT NULL,
    made_by TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (client_id, number)
);
-- A hotline pulls the changes of its orders by position.
CREATE INDEX events_hotline ON events (position) WHERE record_kind = 'hotline_order';
