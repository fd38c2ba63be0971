DROP TABLE open_comment_tags;
DROP TABLE open_comments;
