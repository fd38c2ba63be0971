//! How arbitrations are answered.

use serde::Serialize;

use super::{
    machine::{ArbitrationAction as Action, ArbitrationCause, ArbitrationState, Authority, DecisionKind, permits},
    service::{by_reference, facts, name_of, permitted},
    store::{self, Arbitration, ArbitrationRecord, Decision, Party},
};
use crate::{
    access::{self, Sight},
    auth::{Actor, Scope},
    db::{Error, Result, Tx},
    kernel::{Code as _, Id, ListQuery, Moment, Page, Problem},
    organization::{self, Center, CenterBrief, Department},
};

/// An arbitration as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ArbitrationView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "ZD-320600-20261122-000001-427")]
    pub number: String,
    /// Of which matter.
    pub entrustment_id: Id,
    /// Why it was opened.
    pub cause: ArbitrationCause,
    /// In Chinese.
    pub cause_label: String,
    /// The joint handling that was declined, or not answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joint_handling_id: Option<Id>,
    /// State.
    pub state: ArbitrationState,
    /// In Chinese.
    pub state_label: String,
    /// Who decides: a center above the sides, or the reform office.
    pub authority: Authority,
    /// That center, or the reform office's.
    pub decider: CenterBrief,
    /// Who decides, as people call them.
    pub decider_name: String,
    /// The sides; the first was the custodian.
    pub parties: Vec<PartyView>,
    /// Why, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub reason: String,
    /// What the sides said, oldest first.
    pub cases: Vec<CaseView>,
    /// The leader in charge, where it was referred to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader: Option<String>,
    /// Why it was referred.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub referral: String,
    /// Decisions, oldest first: one, and one after a review.
    pub decisions: Vec<DecisionView>,
    /// New facts that a review rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_facts: Option<String>,
    /// Why no unit is competent.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub no_unit_reason: String,
    /// Decide until.
    pub due_at: Moment,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ArbitrationView, "arbitration");

/// A side.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PartyView {
    /// The center, or the department's.
    pub center_id: Id,
    /// The department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
    /// Name.
    pub name: String,
}

/// What a side said.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CaseView {
    /// Which side.
    pub party: PartyView,
    /// In words.
    pub statement: String,
    /// When.
    pub at: Moment,
}

/// A decision 指定办理决定.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DecisionView {
    /// What.
    pub kind: DecisionKind,
    /// In Chinese.
    pub kind_label: String,
    /// Who is named.
    pub party: PartyView,
    /// The steps of an imposed joint handling.
    pub steps: Vec<String>,
    /// Why.
    pub reason: String,
    /// Number of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_no: Option<String>,
    /// When.
    pub at: Moment,
}

/// What is read once for a page of arbitrations.
struct Names {
    centers: Vec<Center>,
    departments: Vec<Department>,
}

impl Names {
    fn of<'a>(tx: &mut Tx, rows: impl Iterator<Item = (&'a Arbitration, &'a ArbitrationRecord)>) -> Result<Self> {
        let (mut centers, mut departments) = (Vec::new(), Vec::new());
        for (row, record) in rows {
            centers.push(row.decider_id);
            for party in row.parties.get()? {
                centers.push(party.center_id);
                departments.extend(party.department_id);
            }
            centers.extend(record.decisions.iter().map(|d| d.center_id));
            departments.extend(record.decisions.iter().filter_map(|d| d.department_id));
        }
        Ok(Self { centers: organization::store::centers_by_id(tx, &centers)?, departments: organization::store::departments_by_id(tx, &departments)? })
    }

    fn center(&self, id: Id) -> Result<&Center> {
        self.centers.iter().find(|c| c.id == id).ok_or_else(|| Error::Corrupt("center gone".into()))
    }

    fn party(&self, p: Party) -> Result<PartyView> {
        let name = match p.department_id {
            Some(id) => self.departments.iter().find(|d| d.id == id).map(|d| d.name.clone()).unwrap_or_default(),
            None => self.center(p.center_id)?.name.clone(),
        };
        Ok(PartyView { center_id: p.center_id, department_id: p.department_id, name })
    }

    fn decision(&self, d: Decision) -> Result<DecisionView> {
        let party = self.party(Party { center_id: d.center_id, department_id: d.department_id })?;
        Ok(DecisionView { kind: d.kind, kind_label: d.kind.label().into(), party, steps: d.steps, reason: d.reason, document_no: d.document_no, at: d.at })
    }
}

fn render(names: &Names, row: Arbitration, mut r: ArbitrationRecord, sight: Sight) -> Result<ArbitrationView> {
    if !sight.words {
        // Free words may name people.
        (r.reason, r.referral, r.no_unit, r.new_facts) = Default::default();
        r.cases.iter_mut().for_each(|c| c.statement.clear());
        r.decisions.iter_mut().for_each(|d| d.reason.clear());
    }
    let decider = names.center(row.decider_id)?;
    Ok(ArbitrationView {
        id: row.id,
        entrustment_id: row.entrustment_id,
        cause: row.cause,
        cause_label: row.cause.label().into(),
        joint_handling_id: row.joint_handling_id,
        state: row.state,
        state_label: row.state.label().into(),
        authority: row.authority,
        decider: CenterBrief::from(decider),
        decider_name: name_of(row.authority, decider),
        parties: row.parties.get()?.into_iter().map(|p| names.party(p)).collect::<Result<_>>()?,
        reason: r.reason,
        cases: r.cases.into_iter().map(|c| Ok(CaseView { party: names.party(c.party)?, statement: c.statement, at: c.at })).collect::<Result<_>>()?,
        leader: r.leader,
        referral: r.referral,
        decisions: r.decisions.into_iter().map(|d| names.decision(d)).collect::<Result<_>>()?,
        new_facts: r.new_facts,
        no_unit_reason: r.no_unit,
        due_at: row.due_at,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        number: row.number,
    })
}

/// What the caller may do with an arbitration now.
pub(super) fn allowed(tx: &mut Tx, actor: &Actor, row: &Arbitration) -> Result<Vec<String>> {
    let facts = facts(tx, row)?;
    let mut allowed = Vec::new();
    for action in Action::ALL {
        if *action != Action::Moot && permits(row.state, facts, *action).is_ok() && permitted(tx, actor, row, *action)? {
            allowed.push(action.code().to_owned());
        }
    }
    Ok(allowed)
}

/// One arbitration as the caller sees it.
pub fn view(tx: &mut Tx, actor: &Actor, row: Arbitration) -> Result<ArbitrationView> {
    let sight = access::sight(tx, &Scope::of(actor, "arbitration"), row.id)?.ok_or_else(Problem::not_found)?;
    let allowed_actions = Some(allowed(tx, actor, &row)?);
    let record = row.record.open(tx.vault)?;
    let names = Names::of(tx, std::iter::once((&row, &record)))?;
    Ok(ArbitrationView { allowed_actions, ..render(&names, row, record, sight)? })
}

/// One arbitration.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ArbitrationView> {
    let row = by_reference(tx, reference)?;
    view(tx, actor, row)
}

/// A page of the arbitrations that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ArbitrationView>> {
    let page = access::listed::<ArbitrationState, _>(tx, actor, "arbitration", q, store::arbitrations_by_id, |row| row.id)?;
    let page = page.try_map(|(row, sight)| row.record.open(tx.vault).map(|record| (row, record, sight)))?;
    let names = Names::of(tx, page.items.iter().map(|(row, record, _)| (row, record)))?;
    page.try_map(|(row, record, sight)| render(&names, row, record, sight))
}
