-- Windows with their hours, places in them, and who has booked one.
CREATE TABLE windows (
    id TEXT NOT NULL PRIMARY KEY,
    center_id TEXT NOT NULL REFERENCES centers (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    hours TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (center_id, name)
);
CREATE TABLE window_places (
    window_id TEXT NOT NULL REFERENCES windows (id),
    start_at TIMESTAMP NOT NULL,
    booked INTEGER NOT NULL CHECK (booked >= 0),
    PRIMARY KEY (window_id, start_at)
);
CREATE TABLE appointments (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    window_id TEXT NOT NULL REFERENCES windows (id),
    center_id TEXT NOT NULL REFERENCES centers (id),
    start_at TIMESTAMP NOT NULL,
    end_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL,
    channel TEXT NOT NULL,
    applicant_id TEXT REFERENCES applicants (id),
    contact_name TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    phone_mark TEXT NOT NULL,
    subject TEXT NOT NULL,
    entrustment_id TEXT REFERENCES entrustments (id),
    reminded_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX appointments_phone ON appointments (phone_mark, start_at);
CREATE INDEX appointments_missed ON appointments (end_at) WHERE state = 'booked';
CREATE INDEX appointments_reminders ON appointments (start_at) WHERE state = 'booked' AND reminded_at IS NULL;
