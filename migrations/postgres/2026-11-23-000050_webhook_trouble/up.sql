-- How much speaks for a receiver being down, and until when it asked not to be sent a delivery again.
ALTER TABLE webhooks ADD COLUMN trouble INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhook_deliveries ADD COLUMN not_before TIMESTAMP;
