DROP INDEX evaluations_rated_at;
DROP TABLE reporting_batches;
DROP TABLE reporting_targets;
