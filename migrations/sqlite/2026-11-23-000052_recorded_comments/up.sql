-- Comments that came otherwise than with a rating (综合点评, 督查) are recorded beside those of ratings, and return visits ask about
-- matters, too. SQLite drops no constraint of a table: they are made anew, the one that refers to another first put aside.
CREATE TABLE open_comment_tags_kept AS SELECT * FROM open_comment_tags;
DROP TABLE open_comment_tags;
CREATE TABLE open_comments_new (
    id TEXT NOT NULL PRIMARY KEY,
    evaluation_id TEXT UNIQUE,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    center_id TEXT NOT NULL REFERENCES centers (id),
    item_id TEXT,
    grade TEXT,
    text TEXT NOT NULL,
    tags TEXT NOT NULL,
    tagged_by TEXT,
    rated_at TIMESTAMP NOT NULL,
    withheld_from TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    -- How it came: with a rating, or recorded by a center from a letter box, the mail, the media or an inspection.
    source TEXT NOT NULL,
    department_id TEXT REFERENCES departments (id),
    recorded_by TEXT,
    -- Whose staff recorded it; they correct and withdraw it.
    recorded_center_id TEXT REFERENCES centers (id),
    withdrawn_at TIMESTAMP,
    withdrawn_why TEXT,
    CHECK ((source = 'rating') = (evaluation_id IS NOT NULL))
);
INSERT INTO open_comments_new (id, evaluation_id, number, title, center_id, item_id, grade, text, tags, tagged_by, rated_at, withheld_from, version, created_at, updated_at, source)
SELECT id, evaluation_id, number, title, center_id, item_id, grade, text, tags, tagged_by, rated_at, withheld_from, version, created_at, updated_at, 'rating' FROM open_comments;
DROP TABLE open_comments;
ALTER TABLE open_comments_new RENAME TO open_comments;
CREATE TABLE open_comment_tags (
    tag TEXT NOT NULL,
    rated_on TEXT NOT NULL,
    comment_id TEXT NOT NULL REFERENCES open_comments (id),
    center_id TEXT NOT NULL,
    item_id TEXT,
    is_bad BOOLEAN NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (tag, rated_on, comment_id)
) WITHOUT ROWID;
INSERT INTO open_comment_tags (tag, rated_on, comment_id, center_id, item_id, is_bad, source) SELECT tag, rated_on, comment_id, center_id, item_id, is_bad, 'rating' FROM open_comment_tags_kept;
DROP TABLE open_comment_tags_kept;
CREATE INDEX open_comment_tags_comment ON open_comment_tags (comment_id);
CREATE INDEX open_comment_tags_day ON open_comment_tags (rated_on);
CREATE INDEX open_comments_number ON open_comments (number);

CREATE TABLE return_visits_new (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    center_id TEXT NOT NULL REFERENCES centers (id),
    ticket_id TEXT REFERENCES fallback_tickets (id),
    caller_id TEXT REFERENCES ticket_callers (id),
    -- The round of what is asked about.
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
    updated_at TIMESTAMP NOT NULL,
    entrustment_id TEXT REFERENCES entrustments (id),
    -- About a ticket, then one of its callers; or about a matter, then its applicant.
    CHECK ((ticket_id IS NULL) = (caller_id IS NULL) AND (ticket_id IS NULL) <> (entrustment_id IS NULL))
);
INSERT INTO return_visits_new (id, number, center_id, ticket_id, caller_id, round, reason, state, attempts, last_attempt_on, details, due_at, visited_at, version, created_at, updated_at)
SELECT id, number, center_id, ticket_id, caller_id, round, reason, state, attempts, last_attempt_on, details, due_at, visited_at, version, created_at, updated_at FROM return_visits;
DROP TABLE return_visits;
ALTER TABLE return_visits_new RENAME TO return_visits;
-- One visit to each caller for each round.
CREATE UNIQUE INDEX return_visits_round ON return_visits (ticket_id, caller_id, round);
CREATE UNIQUE INDEX return_visits_matter ON return_visits (entrustment_id, round);
