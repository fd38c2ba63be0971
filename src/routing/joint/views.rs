//! How joint handlings are answered.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    machine::{JointAction as Action, JointState, permits},
    service::{by_reference, facts, permitted},
    store::{self, HandedBack, JointHandling, JointNote, JointRecord},
};
use crate::{
    access::{self, Sight},
    auth::{Actor, Scope},
    db::{Error, Result, Tx},
    entrustments::{self, legs},
    kernel::{Code as _, Id, ListQuery, Moment, Page, Problem},
    organization::{self, CenterBrief, Department},
};

/// A joint handling as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct JointHandlingView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "LB-320623-20261122-000001-427")]
    pub number: String,
    /// Of which matter.
    pub entrustment_id: Id,
    /// State.
    pub state: JointState,
    /// In Chinese.
    pub state_label: String,
    /// The custodian: who asks.
    pub from: CenterBrief,
    /// Who carries the steps, or whose department does.
    pub to: CenterBrief,
    /// The department, where one is asked and no center.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The agent there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Id>,
    /// The arbitration that imposed it: then it cannot be declined or cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arbitration_id: Option<Id>,
    /// Codes of the steps.
    pub steps: Vec<String>,
    /// Why, and what is asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub reason: String,
    /// Papers that went along.
    pub papers: Vec<String>,
    /// To be done by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// Why declined; never shown to the applicant.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub decline_reason: String,
    /// What was reported, oldest first; the staff's.
    pub notes: Vec<JointNote>,
    /// What was asked for last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<JointNote>,
    /// Results that came back, oldest first.
    pub results: Vec<HandedBack>,
    /// Why cancelled.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub cancel_reason: String,
    /// Why extended.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub extension_reason: String,
    /// Nearest deadline, while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// When answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Moment>,
    /// When ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When asked for.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(JointHandlingView, "joint_handling");

/// What is read once for a page of joint handlings.
struct Names {
    centers: Vec<CenterBrief>,
    departments: Vec<Department>,
}

impl Names {
    fn of<'a>(tx: &mut Tx, rows: impl Iterator<Item = &'a JointHandling> + Clone) -> Result<Self> {
        let centers: Vec<Id> = rows.clone().flat_map(|row| [row.from_center_id, row.to_center_id]).collect();
        let departments: Vec<Id> = rows.filter_map(|row| row.department_id).collect();
        Ok(Self { centers: organization::briefs(tx, &centers)?, departments: organization::store::departments_by_id(tx, &departments)? })
    }

    fn center(&self, id: Id) -> Result<CenterBrief> {
        self.centers.iter().find(|c| c.id == id).cloned().ok_or_else(|| Error::Corrupt("center gone".into()))
    }
}

/// Free words may name people; and an applicant never reads who did not want their matter (DOMAIN §5).
fn hide(r: &mut JointRecord, actor: &Actor, sight: Sight) {
    if !sight.words {
        (r.reason, r.papers, r.cancel_reason, r.extension_reason, r.asked) = Default::default();
        r.results.iter_mut().for_each(|back| (back.note, back.papers) = Default::default());
    }
    if !sight.words || actor.applicant_id.is_some() {
        (r.decline_reason, r.notes, r.cancel_reason, r.extension_reason, r.asked) = Default::default();
    }
}

fn render(tx: &Tx, actor: &Actor, names: &Names, row: JointHandling, sight: Sight) -> Result<JointHandlingView> {
    let mut r = row.record.open(tx.vault)?;
    hide(&mut r, actor, sight);
    Ok(JointHandlingView {
        from: names.center(row.from_center_id)?,
        to: names.center(row.to_center_id)?,
        department: row.department_id.and_then(|id| names.departments.iter().find(|d| d.id == id)).map(|d| d.name.clone()),
        id: row.id,
        entrustment_id: row.entrustment_id,
        state: row.state,
        state_label: row.state.label().into(),
        department_id: row.department_id,
        assignee_id: row.assignee_id,
        arbitration_id: row.arbitration_id,
        steps: row.steps.get()?,
        reason: r.reason,
        papers: r.papers,
        due_on: r.due_on,
        decline_reason: r.decline_reason,
        notes: r.notes,
        asked: r.asked,
        results: r.results,
        cancel_reason: r.cancel_reason,
        extension_reason: r.extension_reason,
        due_at: row.due_at.known().filter(|_| row.state.is_open()),
        answered_at: r.answered_at,
        ended_at: r.ended_at,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        number: row.number,
    })
}

/// What the caller may do with a joint handling now.
pub(super) fn allowed(tx: &mut Tx, actor: &Actor, row: &JointHandling) -> Result<Vec<String>> {
    let facts = facts(tx, row)?;
    let mut allowed = Vec::new();
    for action in Action::ALL {
        if *action == Action::Expire || permits(row.state, &facts, *action).is_err() || !permitted(tx, actor, row, *action)? {
            continue;
        }
        // The matter's own guards decide whether its steps can be recorded.
        if *action == Action::RecordStep && legs::may_record(&entrustments::load_behind(tx, row.entrustment_id)?).is_err() {
            continue;
        }
        allowed.push(action.code().to_owned());
    }
    Ok(allowed)
}

/// One joint handling as the caller sees it.
pub fn view(tx: &mut Tx, actor: &Actor, row: JointHandling) -> Result<JointHandlingView> {
    let sight = access::sight(tx, &Scope::of(actor, "joint_handling"), row.id)?.ok_or_else(Problem::not_found)?;
    let allowed_actions = Some(allowed(tx, actor, &row)?);
    let names = Names::of(tx, std::iter::once(&row))?;
    Ok(JointHandlingView { allowed_actions, ..render(tx, actor, &names, row, sight)? })
}

/// One joint handling.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<JointHandlingView> {
    let row = by_reference(tx, reference)?;
    view(tx, actor, row)
}

/// A page of the joint handlings that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<JointHandlingView>> {
    let page = access::listed::<JointState, _>(tx, actor, "joint_handling", q, store::joint_handlings_by_id, |row| row.id)?;
    let names = Names::of(tx, page.items.iter().map(|(row, _)| row))?;
    page.try_map(|(row, sight)| render(tx, actor, &names, row, sight))
}
