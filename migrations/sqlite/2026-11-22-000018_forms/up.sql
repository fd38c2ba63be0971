-- Official forms: the exact text that was issued, frozen; who signed it; and the code that anybody can verify it by.
CREATE TABLE forms (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    about_id TEXT NOT NULL,
    center_id TEXT NOT NULL REFERENCES centers (id),
    state TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    sheet TEXT NOT NULL,
    record TEXT NOT NULL,
    issued_on TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX forms_matter ON forms (entrustment_id, id);
