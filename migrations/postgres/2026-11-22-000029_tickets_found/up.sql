-- Tickets on the agenda of meetings.
CREATE TABLE meeting_tickets (
    meeting_id TEXT COLLATE "C" NOT NULL REFERENCES meetings (id),
    ticket_id TEXT COLLATE "C" NOT NULL REFERENCES fallback_tickets (id),
    PRIMARY KEY (meeting_id, ticket_id)
);
CREATE INDEX meeting_tickets_ticket ON meeting_tickets (ticket_id, meeting_id);
-- Blind index of the name that a caller gave: found by whoever sees it in clear.
ALTER TABLE ticket_callers ADD COLUMN name_mark TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX ticket_callers_name ON ticket_callers (name_mark);
