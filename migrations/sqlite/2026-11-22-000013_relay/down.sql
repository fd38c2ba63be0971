ALTER TABLE custody DROP COLUMN arbitration_id;
DROP TABLE arbitrations;
DROP TABLE joint_handlings;
