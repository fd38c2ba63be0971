DROP INDEX evaluations_rated;
DROP TABLE reporting_batches;
DROP TABLE reporting_targets;
