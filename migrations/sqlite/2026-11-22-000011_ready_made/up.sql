-- Items that are handled together as one, and ready-made plans in versions of their own.
ALTER TABLE service_items ADD COLUMN bundle BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE process_templates (
    id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    number BIGINT NOT NULL,
    center_id TEXT NOT NULL REFERENCES centers (id),
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('published', 'withdrawn')),
    content TEXT NOT NULL,
    created_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX process_templates_version ON process_templates (code, number);
CREATE INDEX process_templates_center ON process_templates (center_id, id);
