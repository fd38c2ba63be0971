-- What evaluations contribute to the figures has changed: the log is followed anew, and each record is counted as it is now.
UPDATE stat_progress SET position = 0 WHERE id = 'events';
