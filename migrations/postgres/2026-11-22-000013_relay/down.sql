ALTER TABLE entrustments DROP COLUMN hand_out_state;
ALTER TABLE applicants DROP COLUMN former_names;
ALTER TABLE appointments DROP COLUMN client_id;
ALTER TABLE appointments DROP COLUMN cancel_reason;
DROP TABLE deputies;
ALTER TABLE custody DROP COLUMN arbitration_id;
DROP TABLE arbitrations;
DROP TABLE joint_handlings;
