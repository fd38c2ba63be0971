DROP TABLE ticket_batch_items;
DROP TABLE ticket_batches;
