-- What a counter shows on its tablet to whoever stands before it, and until when.
ALTER TABLE rating_devices ADD COLUMN presented_id TEXT;
ALTER TABLE rating_devices ADD COLUMN presented_until TIMESTAMP;
