-- The knowledge base 知识库: what agents and hotline operators look up. A draft may still name people and is sealed; what is
-- published is plain text in numbered versions that never change.
CREATE TABLE knowledge_articles (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('policy', 'guide', 'precedent', 'faq', 'script')),
    -- Whose it is: it holds there and below.
    center_id TEXT NOT NULL REFERENCES centers (id),
    path TEXT NOT NULL,
    department_id TEXT REFERENCES departments (id),
    owner_id TEXT REFERENCES users (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'sent_back', 'published', 'withdrawn', 'expired')),
    -- A version can be read, whatever becomes of the next one's draft.
    live BOOLEAN NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'staff', 'hotline')),
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    draft TEXT,
    published TEXT,
    published_version BIGINT,
    published_at TIMESTAMP,
    valid_from TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    -- Where it was drawn from.
    precedent_id TEXT REFERENCES precedents (id),
    consultation_id TEXT REFERENCES consultations (id),
    item_id TEXT REFERENCES service_items (id),
    record TEXT NOT NULL,
    uses BIGINT NOT NULL,
    useful BIGINT NOT NULL,
    open_feedback INTEGER NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX knowledge_articles_live ON knowledge_articles (live, id);
CREATE INDEX knowledge_articles_until ON knowledge_articles (valid_until) WHERE live;
CREATE INDEX knowledge_articles_precedent ON knowledge_articles (precedent_id) WHERE precedent_id IS NOT NULL;
CREATE INDEX knowledge_articles_item ON knowledge_articles (item_id) WHERE item_id IS NOT NULL;
CREATE INDEX knowledge_articles_consultation ON knowledge_articles (consultation_id) WHERE consultation_id IS NOT NULL;
-- Versions as they were published, with who wrote and who reviewed them.
CREATE TABLE knowledge_versions (
    article_id TEXT NOT NULL REFERENCES knowledge_articles (id),
    number BIGINT NOT NULL,
    content TEXT NOT NULL,
    review TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    PRIMARY KEY (article_id, number)
);
-- Items that what is published is about.
CREATE TABLE knowledge_items (
    item_id TEXT NOT NULL REFERENCES service_items (id),
    article_id TEXT NOT NULL REFERENCES knowledge_articles (id),
    PRIMARY KEY (item_id, article_id)
);
CREATE INDEX knowledge_items_article ON knowledge_items (article_id);
-- Words of title, keywords and question, for typing ahead: the heavier the nearer.
CREATE TABLE knowledge_terms (
    token TEXT NOT NULL,
    article_id TEXT NOT NULL REFERENCES knowledge_articles (id),
    weight INTEGER NOT NULL,
    PRIMARY KEY (token, article_id)
);
CREATE INDEX knowledge_terms_heavy ON knowledge_terms (token, weight DESC, article_id DESC);
CREATE INDEX knowledge_terms_article ON knowledge_terms (article_id);
-- What users say of an article; what is wrong or outdated is its owner's to answer.
CREATE TABLE knowledge_feedback (
    id TEXT NOT NULL PRIMARY KEY,
    article_id TEXT NOT NULL REFERENCES knowledge_articles (id),
    article_version BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('useful', 'not_useful', 'wrong', 'outdated')),
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'noted')),
    words TEXT NOT NULL,
    given_by TEXT,
    answered_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX knowledge_feedback_article ON knowledge_feedback (article_id, id);
-- One vote each on a version.
CREATE UNIQUE INDEX knowledge_feedback_vote ON knowledge_feedback (article_id, article_version, given_by, kind);
-- Answers that rest on an article.
CREATE TABLE knowledge_citations (
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    article_id TEXT NOT NULL REFERENCES knowledge_articles (id),
    article_version BIGINT NOT NULL,
    staff_id TEXT,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (consultation_id, article_id)
);
CREATE INDEX knowledge_citations_article ON knowledge_citations (article_id, created_at);
