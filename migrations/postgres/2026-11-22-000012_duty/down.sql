DROP TABLE course_records;
DROP TABLE courses;
DROP TABLE shifts;
