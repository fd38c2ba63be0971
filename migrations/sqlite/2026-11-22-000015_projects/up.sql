-- Investment projects: their stages, the matters in them, and how many working days they have used.
CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    code TEXT UNIQUE,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    kinds TEXT NOT NULL,
    state TEXT NOT NULL,
    scheme TEXT NOT NULL,
    stage TEXT NOT NULL,
    center_id TEXT NOT NULL REFERENCES centers (id),
    division_code TEXT NOT NULL,
    applicant_id TEXT NOT NULL REFERENCES applicants (id),
    manager_id TEXT REFERENCES users (id),
    investment BIGINT,
    cap_days INTEGER NOT NULL,
    used_days INTEGER NOT NULL,
    forecast_days INTEGER NOT NULL,
    warning TEXT NOT NULL,
    warned_at TIMESTAMP,
    exceeded_at TIMESTAMP,
    due_at TIMESTAMP NOT NULL,
    check_at TIMESTAMP NOT NULL,
    details TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX projects_check ON projects (state, check_at, id);
CREATE INDEX projects_applicant ON projects (applicant_id);
CREATE TABLE project_matters (
    entrustment_id TEXT NOT NULL PRIMARY KEY REFERENCES entrustments (id),
    project_id TEXT NOT NULL REFERENCES projects (id),
    stage TEXT NOT NULL,
    attached_at TIMESTAMP NOT NULL
);
CREATE INDEX project_matters_project ON project_matters (project_id, entrustment_id);
