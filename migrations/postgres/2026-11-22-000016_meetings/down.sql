DROP TABLE resolutions;
DROP TABLE meeting_projects;
DROP TABLE meeting_matters;
DROP TABLE meetings;
