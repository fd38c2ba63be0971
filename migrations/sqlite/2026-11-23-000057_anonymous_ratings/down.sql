UPDATE access SET subject = 'user:' || (SELECT e.staff_id FROM evaluations e WHERE e.id = access.record_id)
WHERE kind = 'evaluation' AND subject LIKE 'rated:%';
INSERT INTO access (record_id, subject, kind, state, masked, due_at, updated_at)
SELECT f.id, 'user:' || f.staff_id, 'follow_up', MIN(a.state), TRUE, MIN(a.due_at), MIN(a.updated_at)
FROM follow_ups f JOIN access a ON a.record_id = f.id
WHERE f.is_named = FALSE AND f.staff_id IS NOT NULL AND (f.handler_id IS NULL OR f.handler_id <> f.staff_id)
GROUP BY f.id, f.staff_id;
