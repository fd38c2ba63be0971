-- From a figure back to its records: a row for each record and each center that it is counted at or below (own: at that very
-- center), with the days and the measures (a bit each) of what it contributes there.
CREATE TABLE stat_traces (
    node INTEGER NOT NULL,
    own BOOLEAN NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    first_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    PRIMARY KEY (node, own, record_id) INCLUDE (first_day, last_day, low, high)
);
CREATE INDEX stat_traces_record ON stat_traces (record_id);
-- What was counted before has neither these rows nor the new figures: it is not whole until `jieli stats rebuild`.
UPDATE stat_progress SET rebuilding = TRUE WHERE position > 0;

-- Schemes of assessment 考评: versioned configuration of a center, which holds below it too.
CREATE TABLE assessment_schemes (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    name TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    draft TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX assessment_schemes_center ON assessment_schemes (center_id);
CREATE TABLE assessment_scheme_versions (
    scheme_id TEXT COLLATE "C" NOT NULL REFERENCES assessment_schemes (id),
    number BIGINT NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    published_at TIMESTAMP NOT NULL,
    PRIMARY KEY (scheme_id, number)
);
-- Assessments: a version of a scheme for a period.
CREATE TABLE assessments (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    scheme_id TEXT COLLATE "C" NOT NULL REFERENCES assessment_schemes (id),
    scheme_number BIGINT NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    from_on TEXT COLLATE "C" NOT NULL,
    to_on TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C",
    as_of TIMESTAMP,
    objection_due_at TIMESTAMP NOT NULL,
    kept TEXT COLLATE "C" NOT NULL,
    frozen_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX assessments_center ON assessments (center_id, from_on);
CREATE INDEX assessments_working ON assessments (state, id) WHERE state IN ('computing', 'freezing');
CREATE TABLE assessment_subjects (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    assessment_id TEXT COLLATE "C" NOT NULL REFERENCES assessments (id),
    subject_id TEXT COLLATE "C" NOT NULL,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    name TEXT COLLATE "C" NOT NULL,
    pending BOOLEAN NOT NULL,
    figures TEXT COLLATE "C" NOT NULL,
    score BIGINT,
    total BIGINT,
    rank INTEGER NOT NULL,
    grade TEXT COLLATE "C",
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (assessment_id, subject_id)
);
CREATE INDEX assessment_subjects_rank ON assessment_subjects (assessment_id, rank, id);
CREATE INDEX assessment_subjects_pending ON assessment_subjects (assessment_id, id) WHERE pending;
-- What stands beside the figures: points by hand, what came of objections, corrections of what is frozen.
CREATE TABLE assessment_entries (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    assessment_id TEXT COLLATE "C" NOT NULL REFERENCES assessments (id),
    subject_row TEXT COLLATE "C" NOT NULL REFERENCES assessment_subjects (id),
    kind TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    line TEXT COLLATE "C",
    delta BIGINT NOT NULL,
    numerator BIGINT,
    denominator BIGINT,
    words TEXT COLLATE "C" NOT NULL,
    entered_by TEXT COLLATE "C",
    confirmed_by TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX assessment_entries_of ON assessment_entries (assessment_id, subject_row);
CREATE INDEX assessment_entries_subject ON assessment_entries (subject_row);
CREATE TABLE assessment_objections (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    assessment_id TEXT COLLATE "C" NOT NULL REFERENCES assessments (id),
    subject_row TEXT COLLATE "C" NOT NULL REFERENCES assessment_subjects (id),
    line TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    raised_by TEXT COLLATE "C",
    decided_by TEXT COLLATE "C",
    entry_id TEXT COLLATE "C" REFERENCES assessment_entries (id),
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX assessment_objections_of ON assessment_objections (assessment_id, id);
-- The records behind each figure of what is frozen, so that it is shown later as it was.
CREATE TABLE assessment_records (
    subject_row TEXT COLLATE "C" NOT NULL REFERENCES assessment_subjects (id),
    line TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (subject_row, line, side, record_id)
);
