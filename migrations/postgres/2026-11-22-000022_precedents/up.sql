-- Cases 案例 that guide later ones. A draft may still name people and is sealed; what is published is public text.
CREATE TABLE precedents (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    division_code TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'in_review', 'sent_back', 'published', 'withdrawn')),
    -- Everybody may read what was published, whatever becomes of the next version's draft.
    public BOOLEAN NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    tier TEXT COLLATE "C",
    ticket_id TEXT COLLATE "C" UNIQUE REFERENCES fallback_tickets (id),
    draft TEXT COLLATE "C",
    published TEXT COLLATE "C",
    published_version BIGINT,
    published_at TIMESTAMP,
    record TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX precedents_public ON precedents (public, id);
CREATE INDEX precedents_category ON precedents (category, public, id);
-- What a published case is found by beside its words: items and departments.
CREATE TABLE precedent_terms (
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('item', 'department')),
    value TEXT COLLATE "C" NOT NULL,
    precedent_id TEXT COLLATE "C" NOT NULL REFERENCES precedents (id),
    PRIMARY KEY (kind, value, precedent_id)
);
CREATE INDEX precedent_terms_precedent ON precedent_terms (precedent_id);
-- Versions as they were published, with what the reviewer found to be no personal data.
CREATE TABLE precedent_versions (
    precedent_id TEXT COLLATE "C" NOT NULL REFERENCES precedents (id),
    number BIGINT NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    review TEXT COLLATE "C" NOT NULL,
    published_at TIMESTAMP NOT NULL,
    PRIMARY KEY (precedent_id, number)
);
CREATE TABLE precedent_citations (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    precedent_id TEXT COLLATE "C" NOT NULL REFERENCES precedents (id),
    ticket_id TEXT COLLATE "C" NOT NULL REFERENCES fallback_tickets (id),
    staff_id TEXT COLLATE "C",
    words TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (precedent_id, ticket_id)
);
CREATE INDEX precedent_citations_ticket ON precedent_citations (ticket_id, id);
CREATE INDEX precedent_citations_precedent ON precedent_citations (precedent_id, id);
-- What was proposed to the catalogue because of a case.
CREATE TABLE precedent_promotions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    precedent_id TEXT COLLATE "C" NOT NULL REFERENCES precedents (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('change', 'new_item')),
    item_id TEXT COLLATE "C" REFERENCES service_items (id),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'adopted', 'declined')),
    record TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX precedent_promotions_precedent ON precedent_promotions (precedent_id, id);
CREATE INDEX precedent_promotions_item ON precedent_promotions (item_id) WHERE item_id IS NOT NULL;
