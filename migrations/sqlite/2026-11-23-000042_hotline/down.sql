DROP INDEX events_hotline;
DROP TABLE hotline_mappings;
DROP TABLE hotline_links;
DROP TABLE hotline_intakes;
DROP TABLE hotline_orders;
