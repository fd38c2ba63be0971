DROP TABLE ticket_contacts;
DROP TABLE ticket_departments;
DROP TABLE ticket_callers;
DROP TABLE fallback_tickets;
