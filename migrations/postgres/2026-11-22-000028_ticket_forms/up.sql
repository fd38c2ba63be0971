-- Forms hang on a matter, on a fallback ticket, on a batch or on a center's register: on whatever they are listed with.
ALTER TABLE forms ADD COLUMN root_id TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE forms SET root_id = entrustment_id;
DROP INDEX forms_matter;
DROP INDEX forms_act;
ALTER TABLE forms DROP COLUMN entrustment_id;
CREATE INDEX forms_root ON forms (root_id, id);
CREATE UNIQUE INDEX forms_act ON forms (root_id, kind, act) WHERE act <> '' AND state <> 'voided';
-- What the monthly report counts: what happened to tickets and when, which limits were missed, what was said.
CREATE INDEX events_tickets ON events (kind, occurred_at, record_id) WHERE record_kind = 'fallback_ticket';
CREATE INDEX fallback_tickets_created ON fallback_tickets (created_at);
CREATE INDEX clocks_breached ON clocks (record_kind, breached_at, record_id) WHERE breached_at IS NOT NULL;
CREATE INDEX ticket_contacts_at ON ticket_contacts (contacted_at);
CREATE INDEX ladder_rungs_due ON ladder_rungs (due_at);
CREATE INDEX precedents_published ON precedents (published_at) WHERE published_at IS NOT NULL;
