-- What somebody rated who gave no name, and what follows it, is no record of the one it is about: lists walk along 'rated:', and
-- nobody sees by it.
UPDATE access SET subject = 'rated:' || (SELECT e.staff_id FROM evaluations e WHERE e.id = access.record_id)
WHERE kind = 'evaluation' AND EXISTS (
    SELECT 1 FROM evaluations e JOIN evaluations f ON f.record_id = e.record_id AND (f.id = e.id OR f.round = 1)
    WHERE e.id = access.record_id AND access.subject = 'user:' || e.staff_id
    AND f.state = 'rated' AND f.is_default = FALSE AND f.is_named = FALSE
);
DELETE FROM access WHERE kind = 'follow_up' AND EXISTS (
    SELECT 1 FROM follow_ups f WHERE f.id = access.record_id AND f.is_named = FALSE AND access.subject = 'user:' || f.staff_id
);
