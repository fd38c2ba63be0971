//! What the relay holds, or held, beside the chain of custody: offers that moved nothing, joint handlings, arbitrations.

use serde::Serialize;

use crate::{
    db::{Result, Tx},
    entrustments::{Loaded, State},
    kernel::{Code as _, Id, Moment},
    organization::{self, CenterBrief, Department},
    routing::{
        arbitration::{self, machine::ArbitrationState, store::Decision},
        joint::{self, machine::JointState, store::JointHandling},
        transfers::{self, machine::TransferState},
    },
};

/// Something that the relay holds, or held.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RelayLeg {
    /// `transfer`, `joint_handling` or `arbitration`.
    #[schema(example = "joint_handling")]
    pub kind: String,
    /// In Chinese.
    pub kind_label: String,
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// With whom it is, or was.
    pub with: String,
    /// State's code.
    pub state: String,
    /// In Chinese.
    pub state_label: String,
    /// Codes of the steps, of a joint handling.
    pub steps: Vec<String>,
    /// Not over.
    pub open: bool,
    /// Open, but the matter is suspended or about to be terminated: nobody is asked for anything.
    pub resting: bool,
    /// Due at, while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// When it began.
    pub opened_at: Moment,
    /// When it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Moment>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
    /// What an arbitration has decided last, in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "本件由如东县政务服务中心承办")]
    pub outcome: Option<String>,
}

impl RelayLeg {
    fn of(kind: (&str, &str), (id, number, with): (Id, String, String), (state, label): (&str, &str), open: bool, opened_at: Moment) -> Self {
        Self {
            kind: kind.0.into(),
            kind_label: kind.1.into(),
            id,
            number,
            with,
            state: state.into(),
            state_label: label.into(),
            steps: Vec::new(),
            open,
            resting: false,
            due_at: None,
            opened_at,
            answered_at: None,
            ended_at: None,
            outcome: None,
        }
    }

    /// What the applicant reads: who helps or has helped. Never who was asked and did not want to, nor a dispute (DOMAIN §5).
    pub fn is_plain(&self) -> bool {
        let state = |s: JointState| self.state == s.code();
        let never_taken = state(JointState::Requested) || state(JointState::Declined) || state(JointState::Expired);
        self.kind == "joint_handling" && !never_taken && self.answered_at.is_some()
    }

    /// Over, and something came of it.
    pub fn came_to_something(&self) -> bool {
        self.state == JointState::Completed.code() || self.state == ArbitrationState::Decided.code()
    }
}

/// All of them, oldest first.
pub fn legs(tx: &mut Tx, loaded: &Loaded) -> Result<Vec<RelayLeg>> {
    let mut legs = offers(tx, loaded)?;
    legs.extend(joints(tx, loaded)?);
    legs.extend(arbitrations(tx, loaded)?);
    legs.sort_by_key(|leg| leg.opened_at);
    Ok(legs)
}

/// Offers that nobody has accepted; those that were are links of the chain.
fn offers(tx: &mut Tx, loaded: &Loaded) -> Result<Vec<RelayLeg>> {
    let rows: Vec<_> = transfers::store::of_matter(tx, loaded.e.id)?.into_iter().filter(|t| t.state != TransferState::Accepted).collect();
    let centers = organization::briefs(tx, &rows.iter().map(|t| t.to_center_id).collect::<Vec<_>>())?;
    let offer = |t: transfers::store::Transfer| {
        let with = centers.iter().find(|c| c.id == t.to_center_id).map(|c| c.name.clone()).unwrap_or_default();
        let open = t.state == TransferState::Offered;
        let answered_at = t.record.open(tx.vault)?.answered_at;
        let leg = RelayLeg::of(("transfer", "转办"), (t.id, t.number, with), (t.state.code(), t.state.label()), open, t.created_at);
        Ok(RelayLeg { due_at: t.due_at.known().filter(|_| open), answered_at, ended_at: answered_at, ..leg })
    };
    rows.into_iter().map(offer).collect()
}

fn carrier(row: &JointHandling, centers: &[CenterBrief], departments: &[Department]) -> String {
    match row.department_id {
        Some(id) => departments.iter().find(|d| d.id == id).map(|d| d.name.clone()),
        None => centers.iter().find(|c| c.id == row.to_center_id).map(|c| c.name.clone()),
    }
    .unwrap_or_default()
}

fn joints(tx: &mut Tx, loaded: &Loaded) -> Result<Vec<RelayLeg>> {
    let rows = joint::store::of_matter(tx, loaded.e.id)?;
    let centers = organization::briefs(tx, &rows.iter().map(|row| row.to_center_id).collect::<Vec<_>>())?;
    let departments = organization::store::departments_by_id(tx, &rows.iter().filter_map(|row| row.department_id).collect::<Vec<_>>())?;
    let resting = loaded.e.state != State::InProgress;
    let joint = |row: JointHandling| {
        let with = carrier(&row, &centers, &departments);
        let (open, record, steps) = (row.state.is_open(), row.record.open(tx.vault)?, row.steps.get()?);
        let leg = RelayLeg::of(("joint_handling", "联办"), (row.id, row.number, with), (row.state.code(), row.state.label()), open, row.created_at);
        Ok(RelayLeg {
            steps,
            resting: open && resting,
            due_at: row.due_at.known().filter(|_| open),
            answered_at: record.answered_at,
            ended_at: record.ended_at,
            ..leg
        })
    };
    rows.into_iter().map(joint).collect()
}

fn arbitrations(tx: &mut Tx, loaded: &Loaded) -> Result<Vec<RelayLeg>> {
    let mut legs = Vec::new();
    for a in arbitration::store::of_matter(tx, loaded.e.id)? {
        let decider = arbitration::decider_name(tx, &a)?;
        let last = a.record.open(tx.vault)?.decisions.pop();
        let outcome = last.as_ref().map(|d| Ok::<_, crate::db::Error>(d.kind.outcome(&named(tx, d)?))).transpose()?;
        let decided_at = last.map(|d| d.at);
        let open = a.state.is_open();
        let ended_at = if open { None } else { decided_at.filter(|_| a.state == ArbitrationState::Decided).or(Some(a.updated_at)) };
        let leg = RelayLeg::of(("arbitration", "指定办理"), (a.id, a.number, decider), (a.state.code(), a.state.label()), open, a.created_at);
        legs.push(RelayLeg { due_at: a.due_at.known().filter(|_| open), answered_at: decided_at, ended_at, outcome, ..leg });
    }
    Ok(legs)
}

/// Who a decision names.
fn named(tx: &mut Tx, d: &Decision) -> Result<String> {
    Ok(match d.department_id {
        Some(id) => organization::department(tx, id)?.map(|d| d.name).unwrap_or_default(),
        None => organization::load(tx, d.center_id)?.name,
    })
}
