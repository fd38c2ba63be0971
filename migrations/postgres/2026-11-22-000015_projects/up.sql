-- Investment projects: their stages, the matters in them, and how many working days they have used.
CREATE TABLE projects (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    code TEXT COLLATE "C" UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    folded TEXT COLLATE "C" NOT NULL,
    kinds TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    scheme TEXT COLLATE "C" NOT NULL,
    stage TEXT COLLATE "C" NOT NULL,
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    division_code TEXT COLLATE "C" NOT NULL,
    applicant_id TEXT COLLATE "C" NOT NULL REFERENCES applicants (id),
    manager_id TEXT COLLATE "C" REFERENCES users (id),
    investment BIGINT,
    cap_days INTEGER NOT NULL,
    used_days INTEGER NOT NULL,
    forecast_days INTEGER NOT NULL,
    warning TEXT COLLATE "C" NOT NULL,
    warned_at TIMESTAMP,
    exceeded_at TIMESTAMP,
    due_at TIMESTAMP NOT NULL,
    check_at TIMESTAMP NOT NULL,
    details TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX projects_check ON projects (state, check_at, id);
CREATE INDEX projects_applicant ON projects (applicant_id);
CREATE TABLE project_matters (
    entrustment_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES entrustments (id),
    project_id TEXT COLLATE "C" NOT NULL REFERENCES projects (id),
    stage TEXT COLLATE "C" NOT NULL,
    attached_at TIMESTAMP NOT NULL
);
CREATE INDEX project_matters_project ON project_matters (project_id, entrustment_id);
