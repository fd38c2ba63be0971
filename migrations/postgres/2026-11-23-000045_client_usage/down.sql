DROP TABLE client_usage_codes;
DROP TABLE client_usage;
