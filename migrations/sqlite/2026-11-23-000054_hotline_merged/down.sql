DROP INDEX hotline_orders_merged;
