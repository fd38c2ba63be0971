-- Cases 案例 that guide later ones. A draft may still name people and is sealed; what is published is public text.
CREATE TABLE precedents (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    center_id TEXT NOT NULL REFERENCES centers (id),
    division_code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'sent_back', 'published', 'withdrawn')),
    -- Everybody may read what was published, whatever becomes of the next version's draft.
    public BOOLEAN NOT NULL,
    category TEXT NOT NULL,
    tier TEXT,
    ticket_id TEXT UNIQUE REFERENCES fallback_tickets (id),
    draft TEXT,
    published TEXT,
    published_version BIGINT,
    published_at TIMESTAMP,
    record TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX precedents_public ON precedents (public, id);
CREATE INDEX precedents_category ON precedents (category, public, id);
-- What a published case is found by beside its words: items and departments.
CREATE TABLE precedent_terms (
    kind TEXT NOT NULL CHECK (kind IN ('item', 'department')),
    value TEXT NOT NULL,
    precedent_id TEXT NOT NULL REFERENCES precedents (id),
    PRIMARY KEY (kind, value, precedent_id)
);
CREATE INDEX precedent_terms_precedent ON precedent_terms (precedent_id);
-- Versions as they were published, with what the reviewer found to be no personal data.
CREATE TABLE precedent_versions (
    precedent_id TEXT NOT NULL REFERENCES precedents (id),
    number BIGINT NOT NULL,
    content TEXT NOT NULL,
    review TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    PRIMARY KEY (precedent_id, number)
);
CREATE TABLE precedent_citations (
    id TEXT NOT NULL PRIMARY KEY,
    precedent_id TEXT NOT NULL REFERENCES precedents (id),
    ticket_id TEXT NOT NULL REFERENCES fallback_tickets (id),
    staff_id TEXT,
    words TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (precedent_id, ticket_id)
);
CREATE INDEX precedent_citations_ticket ON precedent_citations (ticket_id, id);
CREATE INDEX precedent_citations_precedent ON precedent_citations (precedent_id, id);
-- What was proposed to the catalogue because of a case.
CREATE TABLE precedent_promotions (
    id TEXT NOT NULL PRIMARY KEY,
    precedent_id TEXT NOT NULL REFERENCES precedents (id),
    kind TEXT NOT NULL CHECK (kind IN ('change', 'new_item')),
    item_id TEXT REFERENCES service_items (id),
    state TEXT NOT NULL CHECK (state IN ('proposed', 'adopted', 'declined')),
    record TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX precedent_promotions_precedent ON precedent_promotions (precedent_id, id);
CREATE INDEX precedent_promotions_item ON precedent_promotions (item_id) WHERE item_id IS NOT NULL;
