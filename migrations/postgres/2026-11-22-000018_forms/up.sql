-- Official forms: the exact text that was issued, frozen; who signed it; and the code that anybody can verify it by.
CREATE TABLE forms (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    kind TEXT COLLATE "C" NOT NULL,
    entrustment_id TEXT COLLATE "C" NOT NULL REFERENCES entrustments (id),
    about_id TEXT COLLATE "C" NOT NULL,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    state TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    hash TEXT COLLATE "C" NOT NULL,
    sheet TEXT COLLATE "C" NOT NULL,
    record TEXT COLLATE "C" NOT NULL,
    issued_on TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX forms_matter ON forms (entrustment_id, id);
