-- Return visits 回访: whoever was helped is called again, after the matter is over.
CREATE TABLE return_visits (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    center_id TEXT NOT NULL REFERENCES centers (id),
    ticket_id TEXT NOT NULL REFERENCES fallback_tickets (id),
    caller_id TEXT NOT NULL REFERENCES ticket_callers (id),
    -- The round of the ticket that is asked about.
    round INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('sampled', 'ordered')),
    state TEXT NOT NULL CHECK (state IN ('planned', 'visited', 'unreachable', 'dropped')),
    attempts INTEGER NOT NULL,
    last_attempt_on TEXT,
    details TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    visited_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
-- One visit to each caller for each round.
CREATE UNIQUE INDEX return_visits_round ON return_visits (ticket_id, caller_id, round);
