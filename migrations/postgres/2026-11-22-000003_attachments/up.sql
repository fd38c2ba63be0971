-- Files that belong to records. The bytes lie in the file store under the id.
CREATE TABLE attachments (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    record_kind TEXT COLLATE "C",
    record_id TEXT COLLATE "C",
    label TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('uploading', 'stored')),
    name TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    part_size INTEGER NOT NULL,
    parts TEXT COLLATE "C" NOT NULL,
    uploaded_by TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX attachments_record ON attachments (record_id, id);
CREATE INDEX attachments_unbound ON attachments (updated_at) WHERE record_id IS NULL;
