-- A second rating stands beside the first, and what an approved appeal excludes stays and is not counted.
ALTER TABLE evaluations DROP CONSTRAINT evaluations_entrustment_id_key;
ALTER TABLE evaluations ADD COLUMN round INTEGER NOT NULL DEFAULT 1;
ALTER TABLE evaluations ADD COLUMN is_excluded BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE evaluations ADD COLUMN excluded_why TEXT COLLATE "C";
ALTER TABLE evaluations ADD COLUMN follow_up_id TEXT COLLATE "C";
CREATE UNIQUE INDEX evaluations_round ON evaluations (entrustment_id, round);
-- Follow-ups 差评整改: what a bad grade obliges the rated center to do.
CREATE TABLE follow_ups (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    -- The rating that opened it; one each.
    evaluation_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES evaluations (id),
    second_evaluation_id TEXT COLLATE "C" REFERENCES evaluations (id),
    entrustment_id TEXT COLLATE "C" NOT NULL REFERENCES entrustments (id),
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    -- The rated person.
    staff_id TEXT COLLATE "C",
    applicant_id TEXT COLLATE "C" NOT NULL,
    grade TEXT COLLATE "C" NOT NULL,
    is_named BOOLEAN NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('opened', 'verified', 'fixing', 'handled', 'told', 'upper_review', 'closed', 'excluded')),
    round INTEGER NOT NULL,
    is_complex BOOLEAN NOT NULL,
    verdict TEXT COLLATE "C" CHECK (verdict IN ('true', 'false', 'unverifiable')),
    measure TEXT COLLATE "C" CHECK (measure IN ('fixed', 'explained')),
    appeal TEXT COLLATE "C" CHECK (appeal IN ('pending', 'upheld', 'refused')),
    attempts INTEGER NOT NULL,
    last_attempt_on TEXT COLLATE "C",
    fix_due_on TEXT COLLATE "C",
    handler_id TEXT COLLATE "C",
    -- Who decides an appeal, and looks at a second bad grade: no side of it.
    authority TEXT COLLATE "C" CHECK (authority IN ('center', 'reform_office')),
    decider_id TEXT COLLATE "C" REFERENCES centers (id),
    details TEXT COLLATE "C" NOT NULL,
    due_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX follow_ups_applicant ON follow_ups (applicant_id);
