DROP INDEX entrustments_waiting;
DROP TABLE absences;
DROP TABLE staff_profiles;
