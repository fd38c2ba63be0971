ALTER TABLE appointments DROP COLUMN cancel_reason;
DROP TABLE deputies;
ALTER TABLE custody DROP COLUMN arbitration_id;
DROP TABLE arbitrations;
DROP TABLE joint_handlings;
