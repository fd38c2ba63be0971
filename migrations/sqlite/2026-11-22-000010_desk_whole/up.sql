-- Files that show the bytes of another: what was given before.
ALTER TABLE attachments ADD COLUMN bytes_of TEXT;
-- One window: where a matter came in, and who stands behind a window (1+1+1+X).
ALTER TABLE entrustments ADD COLUMN window_id TEXT REFERENCES windows (id);
ALTER TABLE windows ADD COLUMN staffing TEXT;
-- Service at the applicant's place.
CREATE TABLE home_visits (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    center_id TEXT NOT NULL REFERENCES centers (id),
    entrustment_id TEXT REFERENCES entrustments (id),
    applicant_id TEXT REFERENCES applicants (id),
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'arranged', 'visited', 'completed', 'not_met', 'declined', 'cancelled')),
    start_at TIMESTAMP,
    end_at TIMESTAMP,
    details TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX home_visits_entrustment ON home_visits (entrustment_id);
CREATE INDEX home_visits_applicant ON home_visits (applicant_id);
