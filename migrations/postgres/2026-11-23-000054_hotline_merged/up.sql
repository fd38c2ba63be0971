-- What was merged into an order ends with it, and is listed on it.
CREATE INDEX hotline_orders_merged ON hotline_orders (merged_into_id) WHERE merged_into_id IS NOT NULL;
