//! How plan and checklist stand: what the machine's guards ask of them.

use super::{
    facts::OpenArbitration,
    machine::{STEP_TABLE, StepAct, StepState},
    model::{MaterialState, StepCarrier},
    recorded::{MaterialRecord, StepRecord},
    store::{self, MaterialRow, StepRow},
};
use crate::{
    auth::{Role, store as accounts},
    catalogue::Necessity,
    db::{Result, Tx},
    kernel::Id,
};

/// A plan.
pub struct Plan {
    /// The steps in order, with what was recorded of each.
    pub steps: Vec<(StepRow, StepRecord)>,
    /// Those of their departments that have handlers with accounts.
    staffed: Vec<Id>,
    /// Codes of those about which it is being arbitrated who carries them.
    disputed: Vec<String>,
}

/// What keeps a planned step from being filed.
pub enum Obstacle<'a> {
    /// Who carries it is being arbitrated.
    Disputed,
    /// Names of the steps before it that have not succeeded.
    Before(Vec<&'a str>),
}

/// The plan of a matter, of which the steps named by `arbitration` are disputed.
pub fn plan(tx: &mut Tx, entrustment: Id, arbitration: Option<&OpenArbitration>) -> Result<Plan> {
    let rows = store::steps(tx, entrustment)?;
    let departments: Vec<String> = rows.iter().filter_map(|row| row.department_id).map(|id| id.to_string()).collect();
    let staffed = if departments.is_empty() { Vec::new() } else { accounts::held(tx, Role::DepartmentHandler, &departments)? };
    let steps = rows.into_iter().map(|row| row.record.open(tx.vault).map(|record| (row, record))).collect::<Result<_>>()?;
    Ok(Plan { steps, staffed, disputed: arbitration.map(|open| open.steps.clone()).unwrap_or_default() })
}

impl Plan {
    /// Of rows that were read already, where nobody asks who records them.
    pub fn unstaffed(tx: &Tx, rows: Vec<StepRow>) -> Result<Self> {
        let steps = rows.into_iter().map(|row| row.record.open(tx.vault).map(|record| (row, record))).collect::<Result<_>>()?;
        Ok(Self { steps, staffed: Vec::new(), disputed: Vec::new() })
    }

    /// An arbitration is open about who carries this step.
    pub fn is_disputed(&self, code: &str) -> bool {
        self.disputed.iter().any(|disputed| disputed == code)
    }

    /// What keeps this step from being filed, apart from its state.
    pub fn obstacle(&self, row: &StepRow, record: &StepRecord) -> Option<Obstacle<'_>> {
        if self.is_disputed(&row.code) {
            return Some(Obstacle::Disputed);
        }
        let before = self.steps.iter().filter(|(row, r)| record.depends_on.contains(&row.code) && !succeeded(row, r));
        let names: Vec<&str> = before.map(|(row, _)| row.name.as_str()).collect();
        (!names.is_empty()).then_some(Obstacle::Before(names))
    }

    /// An authority refused, or did not accept.
    pub fn failed(&self) -> bool {
        !self.refused().is_empty()
    }

    /// Names of the steps that an authority refused, or did not accept.
    pub fn refused(&self) -> Vec<&str> {
        self.steps.iter().filter(|(row, r)| row.state.has_ended() && !succeeded(row, r)).map(|(row, _)| row.name.as_str()).collect()
    }

    /// Steps that keep the matter from its end: those under way; and, unless one has failed, those still to be filed.
    pub fn open(&self) -> usize {
        let failed = self.failed();
        let ours = |r: &StepRecord| r.carrier != Some(StepCarrier::Applicant);
        self.steps.iter().filter(|(row, r)| row.state.is_under_way() || (row.state == StepState::Planned && !failed && ours(r))).count()
    }

    /// A step was filed.
    pub fn started(&self) -> bool {
        self.steps.iter().any(|(row, _)| row.state != StepState::Planned)
    }

    /// Some act of some step is the agent's to record.
    pub fn recordable(&self) -> bool {
        self.steps.iter().any(|(row, r)| {
            STEP_TABLE.iter().any(|(act, from, _)| {
                r.joint.is_none()
                    && from.contains(&row.state)
                    && !(act.is_departments() && self.is_staffed(row))
                    && (*act != StepAct::File || self.obstacle(row, r).is_none())
            })
        })
    }

    /// The department of a step records for itself.
    pub fn is_staffed(&self, row: &StepRow) -> bool {
        row.department_id.is_some_and(|id| self.staffed.contains(&id))
    }

    /// The departments that have a step: those see the matter.
    pub fn departments(&self) -> Vec<Id> {
        let mut all: Vec<Id> = self.steps.iter().filter(|(row, _)| row.state != StepState::Planned).filter_map(|(row, _)| row.department_id).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Some act of some step waits for one of these departments.
    pub fn awaits(&self, departments: &[&str]) -> bool {
        self.steps.iter().any(|(row, _)| {
            row.department_id.is_some_and(|id| departments.contains(&id.as_str()))
                && STEP_TABLE.iter().any(|(act, from, _)| act.is_departments() && from.contains(&row.state))
        })
    }
}

/// No longer what a new plan may change: filed, or with others.
pub fn is_begun(row: &StepRow, record: &StepRecord) -> bool {
    row.state != StepState::Planned || record.joint.is_some()
}

/// Can be given to another center or department.
pub fn is_free(row: &StepRow, record: &StepRecord) -> bool {
    row.state == StepState::Planned && record.joint.is_none() && record.carrier != Some(StepCarrier::Applicant)
}

/// Whether a step of the agent's waits for nothing but to be filed: what comes before it is granted, its materials are
/// there (handed in, or promised).
pub fn ready_to_file(tx: &mut Tx, entrustment: Id, arbitration: Option<&OpenArbitration>) -> Result<bool> {
    let plan = plan(tx, entrustment, arbitration)?;
    if plan.steps.iter().all(|(row, r)| !is_free(row, r)) {
        return Ok(false);
    }
    let materials = checklist(tx, entrustment)?.materials;
    let absent = |code: &String| materials.iter().any(|(m, _)| m.code == *code && is_missing(m));
    Ok(plan.steps.iter().any(|(row, r)| is_free(row, r) && plan.obstacle(row, r).is_none() && !r.materials.iter().any(absent)))
}

/// The authority granted it.
fn succeeded(row: &StepRow, record: &StepRecord) -> bool {
    matches!(row.state, StepState::Granted | StepState::ResultReceived) && !record.refused
}

/// A checklist.
pub struct Checklist {
    /// The materials in order, with what was recorded of each.
    pub materials: Vec<(MaterialRow, MaterialRecord)>,
}

/// The checklist of a matter.
pub fn checklist(tx: &mut Tx, entrustment: Id) -> Result<Checklist> {
    let rows = store::materials(tx, entrustment)?;
    let materials = rows.into_iter().map(|row| row.record.open(tx.vault).map(|record| (row, record))).collect::<Result<_>>()?;
    Ok(Checklist { materials })
}

impl Checklist {
    /// Some material can be handed in, for the first time or anew.
    pub fn submittable(&self) -> bool {
        self.materials.iter().any(|(row, _)| row.state != MaterialState::Accepted)
    }

    /// Some material can be verified, rejected, deferred or given back.
    pub fn reviewable(&self) -> bool {
        self.materials.iter().any(|(row, record)| {
            let deferrable = record.spec.as_ref().is_some_and(|s| s.deferrable);
            matches!(row.state, MaterialState::Submitted | MaterialState::Accepted) || ((is_missing(row) || row.state == MaterialState::Deferred) && deferrable)
        })
    }

    /// What the newest notice named is still missing.
    pub fn notice_unmet(&self, tx: &mut Tx, entrustment: Id) -> Result<bool> {
        let Some(notice) = store::notices(tx, entrustment)?.pop() else { return Ok(false) };
        let asked = notice.items.open(tx.vault)?;
        Ok(self.materials.iter().any(|(row, _)| is_missing(row) && asked.iter().any(|a| a.code.as_ref() == Some(&row.code))))
    }

    /// Names of what is promised for later.
    pub fn promises(&self) -> impl Iterator<Item = &str> {
        self.materials.iter().filter(|(row, _)| row.state == MaterialState::Deferred).map(|(row, _)| row.name.as_str())
    }

    /// Names of the materials that must be there and are not: a promise is no material.
    pub fn required_missing(&self) -> Vec<&str> {
        let required = |r: &MaterialRecord| r.spec.as_ref().is_none_or(|s| s.necessity == Necessity::Required);
        let absent = |row: &MaterialRow| is_missing(row) || row.state == MaterialState::Deferred;
        self.materials.iter().filter(|(row, r)| absent(row) && required(r)).map(|(row, _)| row.name.as_str()).collect()
    }

    /// Names of what the applicant still has to supply: what must be there, and what was promised.
    pub fn to_supply(&self) -> Vec<String> {
        let required = self.required_missing();
        let owed = |row: &MaterialRow| row.state == MaterialState::Deferred || required.contains(&row.name.as_str());
        self.materials.iter().filter(|(row, _)| owed(row)).map(|(row, _)| row.name.clone()).collect()
    }

    /// The originals that are with the center: code and name.
    pub fn originals(&self) -> impl Iterator<Item = (&str, &str)> {
        let held = self.materials.iter().filter(|(_, record)| record.original && record.returned.is_none());
        held.map(|(row, _)| (row.code.as_str(), row.name.as_str()))
    }

    /// An original is with the center.
    pub fn holds_originals(&self) -> bool {
        self.originals().next().is_some()
    }
}

/// Neither handed in nor promised.
pub fn is_missing(row: &MaterialRow) -> bool {
    matches!(row.state, MaterialState::Missing | MaterialState::Rejected)
}
