DROP TABLE project_matters;
DROP TABLE projects;
