-- The team's calendar: who is on duty when, and what they have been trained in.
CREATE TABLE shifts (
    id TEXT NOT NULL PRIMARY KEY,
    center_id TEXT NOT NULL REFERENCES centers (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    post TEXT NOT NULL,
    start_at TIMESTAMP NOT NULL,
    end_at TIMESTAMP NOT NULL,
    created_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX shifts_center ON shifts (center_id, start_at, id);
CREATE INDEX shifts_user ON shifts (user_id, end_at);
CREATE TABLE courses (
    id TEXT NOT NULL PRIMARY KEY,
    center_id TEXT NOT NULL REFERENCES centers (id),
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    hours INTEGER NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    note TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX courses_center ON courses (center_id, id);
CREATE TABLE course_records (
    course_id TEXT NOT NULL REFERENCES courses (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    result TEXT NOT NULL,
    score INTEGER,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (course_id, user_id)
);
CREATE INDEX course_records_user ON course_records (user_id, course_id);
