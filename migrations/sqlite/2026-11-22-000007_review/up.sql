-- A draft is reviewed, and may be published on a day to come.
ALTER TABLE service_items ADD COLUMN review TEXT;
ALTER TABLE service_items ADD COLUMN effective_at TIMESTAMP;
CREATE INDEX service_items_scheduled ON service_items (effective_at) WHERE effective_at IS NOT NULL;
CREATE INDEX entrustments_open_by_item ON entrustments (item_id, item_version) WHERE closed_at IS NULL;
