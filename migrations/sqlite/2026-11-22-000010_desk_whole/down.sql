DROP TABLE home_visits;
ALTER TABLE windows DROP COLUMN staffing;
ALTER TABLE entrustments DROP COLUMN window_id;
ALTER TABLE attachments DROP COLUMN bytes_of;
