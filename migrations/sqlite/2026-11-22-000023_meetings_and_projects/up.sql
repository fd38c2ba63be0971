-- Who is invited and has not answered: what the worklist asks of every open meeting at once.
CREATE TABLE meeting_invitees (
    meeting_id TEXT NOT NULL REFERENCES meetings (id),
    kind TEXT NOT NULL CHECK (kind IN ('center', 'department', 'user')),
    party_id TEXT NOT NULL,
    pending BOOLEAN NOT NULL,
    PRIMARY KEY (meeting_id, kind, party_id)
);
-- The meetings of a project follow its manager.
CREATE INDEX meeting_projects_project ON meeting_projects (project_id, meeting_id);
-- A project is a subject of its matters, by id and by number: lists walk along it, and nobody sees anything by it.
INSERT INTO access (record_id, subject, kind, state, masked, due_at, updated_at)
SELECT e.id, 'project:' || p.id, 'entrustment', e.state, TRUE, e.due_at, e.updated_at
FROM project_matters m JOIN projects p ON p.id = m.project_id JOIN entrustments e ON e.id = m.entrustment_id
UNION ALL
SELECT e.id, 'project:' || p.number, 'entrustment', e.state, TRUE, e.due_at, e.updated_at
FROM project_matters m JOIN projects p ON p.id = m.project_id JOIN entrustments e ON e.id = m.entrustment_id;
