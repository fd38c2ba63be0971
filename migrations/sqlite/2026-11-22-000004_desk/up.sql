-- Steps know the department that carries them; departments have a telephone.
ALTER TABLE steps ADD COLUMN department_id TEXT REFERENCES departments (id);
ALTER TABLE departments ADD COLUMN phone TEXT NOT NULL DEFAULT '';
