DROP INDEX events_occurred;
DROP TABLE webhook_deliveries;
DROP TABLE webhooks;
