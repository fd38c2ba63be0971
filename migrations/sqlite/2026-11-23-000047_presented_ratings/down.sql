ALTER TABLE rating_devices DROP COLUMN presented_until;
ALTER TABLE rating_devices DROP COLUMN presented_id;
