ALTER TABLE webhook_deliveries DROP COLUMN not_before;
ALTER TABLE webhooks DROP COLUMN trouble;
