DROP TABLE ladder_rungs;
DROP TABLE assignment_sheets;
