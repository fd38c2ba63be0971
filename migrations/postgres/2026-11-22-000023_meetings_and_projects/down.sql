DELETE FROM access WHERE subject LIKE 'project:%';
DROP INDEX meeting_projects_project;
DROP TABLE meeting_invitees;
