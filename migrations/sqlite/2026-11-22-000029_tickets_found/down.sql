DROP INDEX ticket_callers_name;
ALTER TABLE ticket_callers DROP COLUMN name_mark;
DROP TABLE meeting_tickets;
