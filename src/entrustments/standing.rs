//! How plan and checklist stand: what the machine's guards ask of them.

use super::{
    facts::{MaterialRecord, StepRecord},
    machine::{STEP_TABLE, StepState},
    model::MaterialState,
    store::{self, MaterialRow, StepRow},
};
use crate::{
    catalogue::Necessity,
    db::{Result, Tx},
    kernel::Id,
};

/// A plan.
pub struct Plan {
    /// The steps in order, with what was recorded of each.
    pub steps: Vec<(StepRow, StepRecord)>,
}

/// The plan of a matter.
pub fn plan(tx: &mut Tx, entrustment: Id) -> Result<Plan> {
    let rows = store::steps(tx, entrustment)?;
    let steps = rows.into_iter().map(|row| row.record.open(tx.vault).map(|record| (row, record))).collect::<Result<_>>()?;
    Ok(Plan { steps })
}

impl Plan {
    /// Names of the steps before `record` that have not succeeded: they come first.
    pub fn before<'a>(&'a self, record: &'a StepRecord) -> impl Iterator<Item = &'a str> {
        self.steps.iter().filter(|(row, r)| record.depends_on.contains(&row.code) && !succeeded(row, r)).map(|(row, _)| row.name.as_str())
    }

    /// An authority refused, or did not accept.
    pub fn failed(&self) -> bool {
        self.steps.iter().any(|(row, r)| row.state.has_ended() && !succeeded(row, r))
    }

    /// Steps that keep the matter from its end: those under way; and, unless one has failed, those still to be filed.
    pub fn open(&self) -> usize {
        let failed = self.failed();
        self.steps.iter().filter(|(row, _)| row.state.is_under_way() || (row.state == StepState::Planned && !failed)).count()
    }

    /// A step was filed.
    pub fn started(&self) -> bool {
        self.steps.iter().any(|(row, _)| row.state != StepState::Planned)
    }

    /// Some act can be recorded of some step.
    pub fn recordable(&self) -> bool {
        self.steps.iter().any(|(row, r)| {
            STEP_TABLE.iter().any(|(_, from, _)| from.contains(&row.state)) && (row.state != StepState::Planned || self.before(r).next().is_none())
        })
    }
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

    /// Some material can be verified, rejected or deferred.
    pub fn reviewable(&self) -> bool {
        self.materials.iter().any(|(row, record)| {
            let deferrable = record.spec.as_ref().is_some_and(|s| s.deferrable);
            matches!(row.state, MaterialState::Submitted | MaterialState::Accepted) || (is_missing(row) && deferrable)
        })
    }

    /// What the newest notice named is still missing.
    pub fn notice_unmet(&self, tx: &mut Tx, entrustment: Id) -> Result<bool> {
        let Some(notice) = store::notices(tx, entrustment)?.pop() else { return Ok(false) };
        let asked = notice.items.open(tx.vault)?;
        Ok(self.materials.iter().any(|(row, _)| is_missing(row) && asked.iter().any(|a| a.code.as_ref() == Some(&row.code))))
    }

    /// Names of the materials that must be there and are neither handed in nor promised.
    pub fn required_missing(&self) -> Vec<&str> {
        let required = |r: &MaterialRecord| r.spec.as_ref().is_none_or(|s| s.necessity == Necessity::Required);
        self.materials.iter().filter(|(row, r)| is_missing(row) && required(r)).map(|(row, _)| row.name.as_str()).collect()
    }
}

/// Neither handed in nor promised.
pub fn is_missing(row: &MaterialRow) -> bool {
    matches!(row.state, MaterialState::Missing | MaterialState::Rejected)
}
