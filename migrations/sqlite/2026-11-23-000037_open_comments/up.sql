-- Open comments: what was written with a rating, freed of personal data; and what they are about.
CREATE TABLE open_comments (
    id TEXT NOT NULL PRIMARY KEY,
    evaluation_id TEXT NOT NULL UNIQUE,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    center_id TEXT NOT NULL REFERENCES centers (id),
    item_id TEXT,
    grade TEXT NOT NULL,
    text TEXT NOT NULL,
    tags TEXT NOT NULL,
    tagged_by TEXT,
    rated_at TIMESTAMP NOT NULL,
    withheld_from TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE open_comment_tags (
    tag TEXT NOT NULL,
    rated_on TEXT NOT NULL,
    comment_id TEXT NOT NULL REFERENCES open_comments (id),
    center_id TEXT NOT NULL,
    item_id TEXT,
    is_bad BOOLEAN NOT NULL,
    PRIMARY KEY (tag, rated_on, comment_id)
) WITHOUT ROWID;
CREATE INDEX open_comment_tags_comment ON open_comment_tags (comment_id);
CREATE INDEX open_comment_tags_day ON open_comment_tags (rated_on);
CREATE INDEX open_comments_number ON open_comments (number);
