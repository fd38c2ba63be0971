-- What is exceptionally hard goes to the government once a month, as one batch (text 003).
CREATE TABLE ticket_batches (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    center_id TEXT NOT NULL REFERENCES centers (id),
    -- The month that it is for, `YYYY-MM`.
    month TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('collecting', 'submitted', 'decided', 'cancelled')),
    details TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    submitted_at TIMESTAMP,
    decided_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
-- One batch a month for each reform office.
CREATE UNIQUE INDEX ticket_batches_month ON ticket_batches (center_id, month) WHERE state <> 'cancelled';
-- What went in each, and what was decided about it: a ticket that comes back goes in a later one too.
CREATE TABLE ticket_batch_items (
    batch_id TEXT NOT NULL REFERENCES ticket_batches (id),
    ticket_id TEXT NOT NULL REFERENCES fallback_tickets (id),
    decision TEXT,
    decided_at TIMESTAMP,
    PRIMARY KEY (batch_id, ticket_id)
);
CREATE INDEX ticket_batch_items_ticket ON ticket_batch_items (ticket_id);
