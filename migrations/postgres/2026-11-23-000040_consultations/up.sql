-- Consultations 导办: advice on site, by telephone or online; answered, or turned into a record of another kind.
CREATE TABLE consultations (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    -- Who answers now, and who took it in.
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    intake_center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    window_id TEXT COLLATE "C" REFERENCES windows (id),
    channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('on_site', 'phone', 'online', 'hotline')),
    theme TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'answered', 'closed', 'handed_over', 'withdrawn')),
    -- Rounds of answering, from 1; who is not satisfied begins another.
    round INTEGER NOT NULL,
    applicant_id TEXT COLLATE "C" REFERENCES applicants (id),
    name TEXT COLLATE "C",
    phone TEXT COLLATE "C",
    name_mark TEXT COLLATE "C",
    phone_mark TEXT COLLATE "C",
    confidential BOOLEAN NOT NULL,
    -- The item that is asked about first, and all of them.
    item_id TEXT COLLATE "C" REFERENCES service_items (id),
    items TEXT COLLATE "C" NOT NULL,
    first_responder_id TEXT COLLATE "C" REFERENCES users (id),
    assignee_id TEXT COLLATE "C" REFERENCES users (id),
    answered_by TEXT COLLATE "C" REFERENCES users (id),
    -- Custody: accepted offers, offers that came back, and the center that has one open.
    hand_overs INTEGER NOT NULL,
    returns INTEGER NOT NULL,
    offered_to_id TEXT COLLATE "C" REFERENCES centers (id),
    -- Another system's number: whose, and which.
    source_by TEXT COLLATE "C",
    source TEXT COLLATE "C",
    details TEXT COLLATE "C" NOT NULL,
    received_on TEXT COLLATE "C" NOT NULL,
    due_at TIMESTAMP NOT NULL,
    -- What was answered closes by itself then.
    closes_at TIMESTAMP NOT NULL,
    answered_at TIMESTAMP,
    ended_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX consultations_source ON consultations (source_by, source);
CREATE INDEX consultations_phone ON consultations (phone_mark) WHERE phone_mark IS NOT NULL;
CREATE INDEX consultations_name ON consultations (name_mark) WHERE name_mark IS NOT NULL;
CREATE INDEX consultations_applicant ON consultations (applicant_id) WHERE applicant_id IS NOT NULL;
CREATE INDEX consultations_closes ON consultations (closes_at) WHERE state = 'answered';
-- Offers of a consultation from one center to another.
CREATE TABLE consultation_transfers (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    consultation_id TEXT COLLATE "C" NOT NULL REFERENCES consultations (id),
    from_center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    to_center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('offered', 'accepted', 'returned', 'recalled', 'designated')),
    words TEXT COLLATE "C" NOT NULL,
    offered_by TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    answered_at TIMESTAMP
);
CREATE INDEX consultation_transfers_of ON consultation_transfers (consultation_id);
-- At most one open offer.
CREATE UNIQUE INDEX consultation_transfers_open ON consultation_transfers (consultation_id) WHERE state = 'offered';
-- What a consultation was turned into.
CREATE TABLE consultation_links (
    consultation_id TEXT COLLATE "C" NOT NULL REFERENCES consultations (id),
    record_kind TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (consultation_id, record_id)
);
CREATE INDEX consultation_links_record ON consultation_links (record_id);
