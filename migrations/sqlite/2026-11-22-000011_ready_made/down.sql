DROP TABLE process_templates;
ALTER TABLE service_items DROP COLUMN bundle;
