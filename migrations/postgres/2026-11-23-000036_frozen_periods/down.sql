DROP TABLE stat_adjustments;
DROP TABLE stat_frozen;
DROP TABLE stat_periods;
