DROP TABLE follow_ups;
DROP INDEX evaluations_round;
DELETE FROM evaluations WHERE round > 1;
ALTER TABLE evaluations DROP COLUMN follow_up_id;
ALTER TABLE evaluations DROP COLUMN excluded_why;
ALTER TABLE evaluations DROP COLUMN is_excluded;
ALTER TABLE evaluations DROP COLUMN round;
ALTER TABLE evaluations ADD CONSTRAINT evaluations_entrustment_id_key UNIQUE (entrustment_id);
