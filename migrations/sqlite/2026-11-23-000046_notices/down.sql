DROP TABLE notice_progress;
DROP TABLE notice_opt_outs;
DROP TABLE notices;
DROP TABLE notice_templates;
