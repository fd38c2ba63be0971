-- What is rated is a matter, a ticket or a service occasion; whoever rates may be nobody that is registered.
DROP INDEX evaluations_round;
ALTER TABLE evaluations ALTER COLUMN entrustment_id DROP NOT NULL;
ALTER TABLE evaluations ALTER COLUMN applicant_id DROP NOT NULL;
ALTER TABLE evaluations ADD COLUMN record_kind TEXT COLLATE "C";
ALTER TABLE evaluations ADD COLUMN record_id TEXT COLLATE "C";
ALTER TABLE evaluations ADD COLUMN window_id TEXT COLLATE "C";
ALTER TABLE evaluations ADD COLUMN platform_grade TEXT COLLATE "C";
ALTER TABLE evaluations ADD COLUMN staff_grade TEXT COLLATE "C";
ALTER TABLE evaluations ADD COLUMN phone TEXT COLLATE "C";
ALTER TABLE evaluations ADD COLUMN phone_mark TEXT COLLATE "C";
ALTER TABLE evaluations ADD COLUMN words_mark TEXT COLLATE "C";
ALTER TABLE evaluations ADD COLUMN remind_at TIMESTAMP;
ALTER TABLE evaluations ADD COLUMN suspicions TEXT COLLATE "C";
UPDATE evaluations SET record_kind = 'entrustment', record_id = entrustment_id, remind_at = '9999-12-31 00:00:00';
ALTER TABLE evaluations ALTER COLUMN record_kind SET NOT NULL;
ALTER TABLE evaluations ALTER COLUMN record_id SET NOT NULL;
ALTER TABLE evaluations ALTER COLUMN remind_at SET NOT NULL;
CREATE UNIQUE INDEX evaluations_round ON evaluations (record_id, round);
CREATE INDEX evaluations_remind ON evaluations (state, remind_at);
CREATE INDEX evaluations_applicant ON evaluations (applicant_id);
-- Whose telephone, whose words, which center in which hour: what the guard against malicious ratings asks.
CREATE INDEX evaluations_phone ON evaluations (phone_mark) WHERE phone_mark IS NOT NULL;
CREATE INDEX evaluations_words ON evaluations (words_mark) WHERE words_mark IS NOT NULL;
CREATE INDEX evaluations_rated ON evaluations (center_id, rated_at);
ALTER TABLE follow_ups ALTER COLUMN entrustment_id DROP NOT NULL;
ALTER TABLE follow_ups ALTER COLUMN applicant_id DROP NOT NULL;
ALTER TABLE follow_ups ADD COLUMN record_kind TEXT COLLATE "C";
ALTER TABLE follow_ups ADD COLUMN record_id TEXT COLLATE "C";
UPDATE follow_ups SET record_kind = 'entrustment', record_id = entrustment_id;
ALTER TABLE follow_ups ALTER COLUMN record_kind SET NOT NULL;
ALTER TABLE follow_ups ALTER COLUMN record_id SET NOT NULL;
-- Rated evaluations are listed in the order of their ratings.
UPDATE access SET due_at = (SELECT e.rated_at FROM evaluations e WHERE e.id = access.record_id) WHERE kind = 'evaluation' AND state = 'rated';

-- What was served once, without a matter: at a counter, by telephone, through a hotline. One each for a number of whoever served.
CREATE TABLE service_occasions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    -- Whose number it is: a client's, or a center's.
    source_by TEXT COLLATE "C" NOT NULL,
    service_no TEXT COLLATE "C" NOT NULL,
    -- Keyed hash of what was sent: the same again replays, other content is refused.
    digest TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    department_id TEXT COLLATE "C" REFERENCES departments (id),
    window_id TEXT COLLATE "C" REFERENCES windows (id),
    staff_id TEXT COLLATE "C",
    item_id TEXT COLLATE "C" REFERENCES service_items (id),
    title TEXT COLLATE "C" NOT NULL,
    served_at TIMESTAMP NOT NULL,
    applicant_id TEXT COLLATE "C",
    name TEXT COLLATE "C",
    phone TEXT COLLATE "C",
    client_id TEXT COLLATE "C",
    recorded_by TEXT COLLATE "C",
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (source_by, service_no)
);
CREATE INDEX service_occasions_center ON service_occasions (center_id, service_no);
CREATE INDEX service_occasions_number ON service_occasions (service_no);

-- Counter tablets: they rate what is open at their center, or at their window.
CREATE TABLE rating_devices (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    window_id TEXT COLLATE "C" REFERENCES windows (id),
    name TEXT COLLATE "C" NOT NULL,
    token_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'revoked')),
    registered_by TEXT COLLATE "C",
    revoked_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- A code sent by text message: its keyed hash, how often it was tried, and the message that is to go out.
CREATE TABLE evaluation_codes (
    evaluation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES evaluations (id),
    code_mark TEXT COLLATE "C" NOT NULL,
    tries INTEGER NOT NULL,
    message TEXT COLLATE "C" NOT NULL,
    sent_at TIMESTAMP,
    made_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
