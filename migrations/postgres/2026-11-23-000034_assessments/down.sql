DROP TABLE stat_traces;
