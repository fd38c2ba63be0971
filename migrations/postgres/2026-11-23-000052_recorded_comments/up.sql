-- Comments that came otherwise than with a rating (综合点评, 督查) are recorded beside those of ratings, and return visits ask about
-- matters, too.
ALTER TABLE open_comments ALTER COLUMN evaluation_id DROP NOT NULL;
ALTER TABLE open_comments ALTER COLUMN grade DROP NOT NULL;
-- How it came: with a rating, or recorded by a center from a letter box, the mail, the media or an inspection.
ALTER TABLE open_comments ADD COLUMN source TEXT COLLATE "C" NOT NULL DEFAULT 'rating';
ALTER TABLE open_comments ALTER COLUMN source DROP DEFAULT;
ALTER TABLE open_comments ADD COLUMN department_id TEXT COLLATE "C" REFERENCES departments (id);
ALTER TABLE open_comments ADD COLUMN recorded_by TEXT COLLATE "C";
-- Whose staff recorded it; they correct and withdraw it.
ALTER TABLE open_comments ADD COLUMN recorded_center_id TEXT COLLATE "C" REFERENCES centers (id);
ALTER TABLE open_comments ADD COLUMN withdrawn_at TIMESTAMP;
ALTER TABLE open_comments ADD COLUMN withdrawn_why TEXT;
ALTER TABLE open_comments ADD CONSTRAINT open_comments_source CHECK ((source = 'rating') = (evaluation_id IS NOT NULL));
ALTER TABLE open_comment_tags ADD COLUMN source TEXT COLLATE "C" NOT NULL DEFAULT 'rating';
ALTER TABLE open_comment_tags ALTER COLUMN source DROP DEFAULT;

ALTER TABLE return_visits ALTER COLUMN ticket_id DROP NOT NULL;
ALTER TABLE return_visits ALTER COLUMN caller_id DROP NOT NULL;
ALTER TABLE return_visits ADD COLUMN entrustment_id TEXT COLLATE "C" REFERENCES entrustments (id);
-- About a ticket, then one of its callers; or about a matter, then its applicant.
ALTER TABLE return_visits ADD CONSTRAINT return_visits_about CHECK ((ticket_id IS NULL) = (caller_id IS NULL) AND (ticket_id IS NULL) <> (entrustment_id IS NULL));
CREATE UNIQUE INDEX return_visits_matter ON return_visits (entrustment_id, round);
