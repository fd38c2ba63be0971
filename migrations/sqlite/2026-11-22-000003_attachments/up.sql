-- Files that belong to records. The bytes lie in the file store under the id.
CREATE TABLE attachments (
    id TEXT NOT NULL PRIMARY KEY,
    record_kind TEXT,
    record_id TEXT,
    label TEXT,
    state TEXT NOT NULL CHECK (state IN ('uploading', 'stored')),
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    part_size INTEGER NOT NULL,
    parts TEXT NOT NULL,
    uploaded_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX attachments_record ON attachments (record_id, id);
CREATE INDEX attachments_unbound ON attachments (updated_at) WHERE record_id IS NULL;
