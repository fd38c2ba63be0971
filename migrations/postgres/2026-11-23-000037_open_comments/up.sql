-- Open comments: what was written with a rating, freed of personal data; and what they are about.
CREATE TABLE open_comments (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    evaluation_id TEXT COLLATE "C" NOT NULL UNIQUE,
    number TEXT COLLATE "C" NOT NULL,
    title TEXT NOT NULL,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    item_id TEXT COLLATE "C",
    grade TEXT COLLATE "C" NOT NULL,
    text TEXT NOT NULL,
    tags TEXT NOT NULL,
    tagged_by TEXT COLLATE "C",
    rated_at TIMESTAMP NOT NULL,
    withheld_from TEXT COLLATE "C",
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE open_comment_tags (
    tag TEXT COLLATE "C" NOT NULL,
    rated_on TEXT COLLATE "C" NOT NULL,
    comment_id TEXT COLLATE "C" NOT NULL REFERENCES open_comments (id),
    center_id TEXT COLLATE "C" NOT NULL,
    item_id TEXT COLLATE "C",
    is_bad BOOLEAN NOT NULL,
    PRIMARY KEY (tag, rated_on, comment_id)
);
CREATE INDEX open_comment_tags_comment ON open_comment_tags (comment_id);
CREATE INDEX open_comment_tags_day ON open_comment_tags (rated_on);
CREATE INDEX open_comments_number ON open_comments (number);
