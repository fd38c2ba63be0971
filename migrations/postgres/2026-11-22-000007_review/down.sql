DROP INDEX entrustments_open_by_item;
DROP INDEX service_items_scheduled;
ALTER TABLE service_items DROP COLUMN effective_at;
ALTER TABLE service_items DROP COLUMN review;
