-- Notices to people: what they say, by kind and center, in numbered versions that never change.
CREATE TABLE notice_templates (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    center_id TEXT COLLATE "C" REFERENCES centers (id),
    node TEXT COLLATE "C" NOT NULL,
    number INTEGER NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    content TEXT NOT NULL,
    author TEXT COLLATE "C",
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX notice_templates_number ON notice_templates (kind, node, number);
-- One message to one person through one channel.
CREATE TABLE notices (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    source TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    applicant_id TEXT COLLATE "C",
    user_id TEXT COLLATE "C",
    center_id TEXT COLLATE "C",
    record_kind TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    words TEXT NOT NULL,
    urgent BOOLEAN NOT NULL,
    attempts INTEGER NOT NULL,
    next_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    last_error TEXT,
    sent_at TIMESTAMP,
    read_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
-- Each once, however often its event is looked at.
CREATE UNIQUE INDEX notices_once ON notices (source, kind, channel, recipient);
CREATE INDEX notices_due ON notices (next_at, id) WHERE state = 'waiting';
CREATE INDEX notices_applicant ON notices (applicant_id, id) WHERE channel = 'in_app';
CREATE INDEX notices_user ON notices (user_id, id) WHERE channel = 'in_app';
CREATE INDEX notices_center ON notices (center_id, id);
CREATE INDEX notices_record ON notices (record_id, id);
-- Who wants nothing through a channel: a keyed hash of the telephone, or the id of the applicant or person.
CREATE TABLE notice_opt_outs (
    recipient TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (recipient, channel)
);
-- How far the events are told.
CREATE TABLE notice_progress (
    id INTEGER NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
);
-- What happened before is told to nobody.
INSERT INTO notice_progress (id, position) SELECT 1, COALESCE(MAX(position), 0) FROM events;
