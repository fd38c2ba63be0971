DROP TABLE assessment_records;
DROP TABLE assessment_objections;
DROP TABLE assessment_entries;
DROP TABLE assessment_subjects;
DROP TABLE assessments;
DROP TABLE assessment_scheme_versions;
DROP TABLE assessment_schemes;
DROP TABLE stat_traces;
