-- What a form stands for: one act has one form that is not void; and whose each of its places is, as it was when issued.
ALTER TABLE forms ADD COLUMN act TEXT NOT NULL DEFAULT '';
ALTER TABLE forms ADD COLUMN owners TEXT NOT NULL DEFAULT '[]';
CREATE UNIQUE INDEX forms_act ON forms (entrustment_id, kind, act) WHERE act <> '' AND state <> 'voided';
