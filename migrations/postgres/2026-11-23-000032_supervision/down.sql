DROP INDEX clocks_charged;
ALTER TABLE clocks DROP COLUMN department_id;
ALTER TABLE clocks DROP COLUMN center_id;
DROP TABLE supervisions;
