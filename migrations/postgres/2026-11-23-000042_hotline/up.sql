-- 12345 hotline orders (热线工单): what a hotline hands over, what becomes of it, and under which codes.
CREATE TABLE hotline_orders (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    -- The hotline it came from; none: taken in by hand.
    client_id TEXT COLLATE "C" REFERENCES clients (id),
    -- Whose external number it is: the client's, or the center's that took it in by hand.
    source_by TEXT COLLATE "C" NOT NULL,
    external_number TEXT COLLATE "C" NOT NULL,
    -- Where the hotline hands in, and who handles it.
    home_center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    department_id TEXT COLLATE "C" REFERENCES departments (id),
    -- The version of the hotline's codes under which it was read; none: our own codes.
    mapping_number INTEGER,
    order_type TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    urgency TEXT COLLATE "C" NOT NULL,
    secrecy TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    disposal TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('received','dispatched','signed','handling','replied','hotline_review','return_visit','archived','return_requested','extension_requested','suspended','merged','revoked')),
    -- The state it goes back to from a request or a suspension.
    held_state TEXT COLLATE "C",
    round INTEGER NOT NULL,
    unmapped BOOLEAN NOT NULL,
    anonymous BOOLEAN NOT NULL,
    supervised BOOLEAN NOT NULL,
    needs_visit BOOLEAN NOT NULL,
    returns INTEGER NOT NULL,
    extensions INTEGER NOT NULL,
    urged INTEGER NOT NULL,
    merged_into_id TEXT COLLATE "C" REFERENCES hotline_orders (id),
    assignee_id TEXT COLLATE "C" REFERENCES users (id),
    first_responder_id TEXT COLLATE "C" REFERENCES users (id),
    appeal TEXT COLLATE "C" NOT NULL CHECK (appeal IN ('none', 'open', 'approved', 'refused')),
    -- The return visit of the present round, and whether the first one found it solved.
    contacted BOOLEAN,
    responded BOOLEAN,
    resolved BOOLEAN,
    first_resolved BOOLEAN,
    hotline_grade TEXT COLLATE "C",
    department_grade TEXT COLLATE "C",
    visited_at TIMESTAMP,
    phone_mark TEXT COLLATE "C",
    name_mark TEXT COLLATE "C",
    -- The Open311 service that it was filed under.
    service_code TEXT COLLATE "C",
    received_on TEXT COLLATE "C" NOT NULL,
    details TEXT COLLATE "C" NOT NULL,
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
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    source_by TEXT COLLATE "C" NOT NULL,
    external_number TEXT COLLATE "C" NOT NULL,
    round INTEGER NOT NULL,
    -- Written first, so that who comes second loses before anything else is done.
    order_id TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    content_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (source_by, external_number, round)
);
CREATE INDEX hotline_intakes_order ON hotline_intakes (order_id, round);

-- The records that an order opened.
CREATE TABLE hotline_links (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    order_id TEXT COLLATE "C" NOT NULL REFERENCES hotline_orders (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('consultation', 'entrustment', 'fallback_ticket')),
    record_id TEXT COLLATE "C" NOT NULL UNIQUE,
    record_number TEXT COLLATE "C" NOT NULL,
    round INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX hotline_links_order ON hotline_links (order_id, id);

-- The codes of each hotline, in numbered versions that never change.
CREATE TABLE hotline_mappings (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    number INTEGER NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    made_by TEXT COLLATE "C",
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (client_id, number)
);
-- A hotline pulls the changes of its orders by position.
CREATE INDEX events_hotline ON events (position) WHERE record_kind = 'hotline_order';
