ALTER TABLE departments DROP COLUMN phone;
ALTER TABLE steps DROP COLUMN department_id;
