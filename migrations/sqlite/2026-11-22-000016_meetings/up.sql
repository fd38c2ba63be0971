-- Meetings that a center calls about matters, and what they resolve.
CREATE TABLE meetings (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('joint_conference', 'parallel_approval', 'early_guidance')),
    state TEXT NOT NULL CHECK (state IN ('convened', 'held', 'concluded', 'cancelled')),
    center_id TEXT NOT NULL REFERENCES centers (id),
    host_id TEXT NOT NULL REFERENCES users (id),
    leader_id TEXT REFERENCES users (id),
    applicant_id TEXT REFERENCES applicants (id),
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    details TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX meetings_applicant ON meetings (applicant_id) WHERE applicant_id IS NOT NULL;
-- Which matters are on which agenda.
CREATE TABLE meeting_matters (
    meeting_id TEXT NOT NULL REFERENCES meetings (id),
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    PRIMARY KEY (meeting_id, entrustment_id)
);
CREATE INDEX meeting_matters_entrustment ON meeting_matters (entrustment_id, meeting_id);
-- Which projects are on which agenda.
CREATE TABLE meeting_projects (
    meeting_id TEXT NOT NULL REFERENCES meetings (id),
    project_id TEXT NOT NULL REFERENCES projects (id),
    PRIMARY KEY (meeting_id, project_id)
);
CREATE TABLE resolutions (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    meeting_id TEXT NOT NULL REFERENCES meetings (id),
    entrustment_id TEXT REFERENCES entrustments (id),
    center_id TEXT NOT NULL REFERENCES centers (id),
    host_id TEXT NOT NULL REFERENCES users (id),
    leader_id TEXT REFERENCES users (id),
    agenda INTEGER NOT NULL,
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('center', 'department', 'user')),
    owner_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'carried_out', 'confirmed', 'cancelled')),
    details TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    -- When it goes to the leader in charge; never, once it has gone or need not go.
    escalate_at TIMESTAMP NOT NULL,
    escalated_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX resolutions_meeting ON resolutions (meeting_id, agenda, id);
CREATE INDEX resolutions_escalate ON resolutions (escalate_at);
