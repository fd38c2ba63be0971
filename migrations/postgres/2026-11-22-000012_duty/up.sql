-- The team's calendar: who is on duty when, and what they have been trained in.
CREATE TABLE shifts (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    post TEXT COLLATE "C" NOT NULL,
    start_at TIMESTAMP NOT NULL,
    end_at TIMESTAMP NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX shifts_center ON shifts (center_id, start_at, id);
CREATE INDEX shifts_user ON shifts (user_id, end_at);
CREATE TABLE courses (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    title TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    hours INTEGER NOT NULL,
    from_on TEXT COLLATE "C" NOT NULL,
    to_on TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX courses_center ON courses (center_id, id);
CREATE TABLE course_records (
    course_id TEXT COLLATE "C" NOT NULL REFERENCES courses (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    result TEXT COLLATE "C" NOT NULL,
    score INTEGER,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (course_id, user_id)
);
CREATE INDEX course_records_user ON course_records (user_id, course_id);
