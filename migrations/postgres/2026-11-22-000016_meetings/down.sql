DROP TABLE resolutions;
DROP TABLE meeting_matters;
DROP TABLE meetings;
