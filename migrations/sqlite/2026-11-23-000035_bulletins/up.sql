-- Bulletins 通报: what a period came to, composed, reviewed, published.
CREATE TABLE bulletins (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    center_id TEXT NOT NULL REFERENCES centers (id),
    first_month TEXT NOT NULL,
    last_month TEXT NOT NULL,
    state TEXT NOT NULL,
    is_public BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    record TEXT NOT NULL,
    document_no TEXT,
    published_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX bulletins_center ON bulletins (center_id, id);
CREATE INDEX bulletins_public ON bulletins (id) WHERE is_public;
-- Standings and named overdue limits: what departments owed, and what was broken.
CREATE INDEX clocks_of_departments ON clocks (department_id, stopped_at) WHERE department_id IS NOT NULL;
CREATE INDEX clocks_broken ON clocks (kind, due_at) WHERE breached_at IS NOT NULL;
CREATE INDEX clocks_running ON clocks (due_at, id) WHERE state = 'running';
CREATE INDEX supervisions_to ON supervisions (to_center_id, created_at);
