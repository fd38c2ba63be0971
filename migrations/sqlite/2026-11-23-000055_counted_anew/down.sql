UPDATE stat_progress SET position = 0 WHERE id = 'events';
