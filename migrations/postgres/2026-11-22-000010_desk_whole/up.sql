-- Files that show the bytes of another: what was given before.
ALTER TABLE attachments ADD COLUMN bytes_of TEXT COLLATE "C";
-- One window: where a matter came in, and who stands behind a window (1+1+1+X).
ALTER TABLE entrustments ADD COLUMN window_id TEXT COLLATE "C" REFERENCES windows (id);
ALTER TABLE windows ADD COLUMN staffing TEXT COLLATE "C";
-- Service at the applicant's place.
CREATE TABLE home_visits (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    entrustment_id TEXT COLLATE "C" REFERENCES entrustments (id),
    applicant_id TEXT COLLATE "C" REFERENCES applicants (id),
    reason TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('requested', 'arranged', 'visited', 'completed', 'not_met', 'declined', 'cancelled')),
    start_at TIMESTAMP,
    end_at TIMESTAMP,
    details TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX home_visits_entrustment ON home_visits (entrustment_id);
CREATE INDEX home_visits_applicant ON home_visits (applicant_id);
