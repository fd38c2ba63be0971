//! The answer: accepted, declined, or not given in time. What nobody takes goes to arbitration.

use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    machine::{JointAction as Action, JointState as State},
    service::{carrier_name, load_for, save, start_work},
    store::{self, JointHandling, JointRecord},
    views::{JointHandlingView, view},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Result, Tx},
    entrustments::{
        self, Loaded,
        legs::{self, LegTold},
    },
    events::Audience,
    kernel::{Id, Moment, Problem, Target},
    routing::arbitration::{self, Opening, Party, machine::ArbitrationCause},
};

/// Takes it over.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct JointAcceptance {
    /// The agent who shall carry it; a department has none.
    #[serde(default)]
    pub assignee_id: Option<Id>,
}

/// Who carries it from now on.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JointAssignment {
    /// An agent of the center that carries it.
    pub assignee_id: Id,
}

/// Why not.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JointDecline {
    /// In words; the custodian and who arbitrates read it.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "该步骤不属本级审批权限")]
    pub reason: String,
}

fn agent(tx: &mut Tx, row: &JointHandling, wanted: Option<Id>) -> Result<Option<Id>> {
    match wanted {
        Some(_) if row.department_id.is_some() => {
            Err(Problem::rule("/assignee_id", "department", "部门的联办由其经办人办理，不指派专员。", "A department's handlers carry it.").into())
        }
        Some(id) => entrustments::agent_at(tx, row.to_center_id, id).map(Some),
        None => Ok(row.assignee_id),
    }
}

/// Accepts: the work's own limit begins.
pub fn accept(tx: &mut Tx, actor: &Actor, target: &Target, input: &JointAcceptance) -> Result<JointHandlingView> {
    let (mut row, mut loaded, next) = load_for(tx, actor, Action::Accept, target)?;
    let record = answered(tx, actor, &mut row, next)?;
    row.assignee_id = agent(tx, &row, input.assignee_id)?;
    start_work(tx, row.id, &loaded, record.due_on)?;
    let params = json!({ "joint_handling_id": row.id, "to": carrier_name(tx, &row)? });
    let told = LegTold { kind: "joint_accepted", audience: Audience::Applicant, params, words: "" };
    legs::assign_leg(tx, actor, &mut loaded, row.id, row.assignee_id, told)?;
    save(tx, actor, &mut row, &record, &loaded, "accepted")?;
    view(tx, actor, row)
}

fn answered(tx: &mut Tx, actor: &Actor, row: &mut JointHandling, next: State) -> Result<JointRecord> {
    let mut record = row.record.open(tx.vault)?;
    row.state = next;
    row.answer_due_at = Moment::NEVER;
    record.answered_by = actor.id;
    record.answered_at = Some(tx.now);
    clocks::stop(tx, row.id, &[ClockKind::JointAnswer])?;
    Ok(record)
}

/// Assigns, or assigns anew.
pub fn assign(tx: &mut Tx, actor: &Actor, target: &Target, input: &JointAssignment) -> Result<JointHandlingView> {
    let (mut row, mut loaded, next) = load_for(tx, actor, Action::Assign, target)?;
    row.state = next;
    row.assignee_id = agent(tx, &row, Some(input.assignee_id))?;
    let params = json!({ "joint_handling_id": row.id, "to": carrier_name(tx, &row)? });
    let told = LegTold { kind: "joint_assigned", audience: Audience::Staff, params, words: "" };
    legs::assign_leg(tx, actor, &mut loaded, row.id, row.assignee_id, told)?;
    let record = row.record.open(tx.vault)?;
    save(tx, actor, &mut row, &record, &loaded, "assigned")?;
    view(tx, actor, row)
}

/// Declines, with a reason: arbitration decides who carries the steps.
pub fn decline(tx: &mut Tx, actor: &Actor, target: &Target, input: &JointDecline) -> Result<JointHandlingView> {
    let (mut row, mut loaded, next) = load_for(tx, actor, Action::Decline, target)?;
    let mut record = answered(tx, actor, &mut row, next)?;
    record.decline_reason.clone_from(&input.reason);
    record.ended_at = Some(tx.now);
    refuse(tx, actor, &mut row, &record, &mut loaded, ArbitrationCause::Declined, &input.reason)?;
    view(tx, actor, row)
}

/// The steps are the custodian's again, and who should carry them is for arbitration to say.
fn refuse(tx: &mut Tx, actor: &Actor, row: &mut JointHandling, record: &JointRecord, loaded: &mut Loaded, cause: ArbitrationCause, reason: &str) -> Result<()> {
    let params = json!({ "joint_handling_id": row.id, "to": carrier_name(tx, row)? });
    let (told, kind) = if cause == ArbitrationCause::Declined { ("joint_declined", "declined") } else { ("joint_expired", "expired") };
    legs::close_leg(tx, actor, loaded, row.id, LegTold { kind: told, audience: Audience::Staff, params, words: reason })?;
    save(tx, actor, row, record, loaded, kind)?;
    let others = vec![Party { center_id: row.to_center_id, department_id: row.department_id }];
    let steps = row.steps.get()?;
    arbitration::open(tx, actor, loaded, Opening { cause, others, joint_handling: Some(row.id), reason, steps, identity: None })?;
    Ok(())
}

/// Whether a request's time to answer is over.
pub fn anything_overdue(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    Ok(!store::overdue(tx, now, 1)?.is_empty())
}

/// Lets requests expire that nobody answered; answers how many. Each under its locks, so it happens once.
pub fn expire_due(tx: &mut Tx, batch: i64) -> Result<usize> {
    let actor = Actor::system("routing");
    let now = tx.now;
    let mut done = 0;
    for id in store::overdue(tx, now, batch)? {
        let Ok((mut row, mut loaded, next)) = load_for(tx, &actor, Action::Expire, &Target::any(id)) else { continue };
        if row.answer_due_at > now {
            continue;
        }
        let mut record = answered(tx, &actor, &mut row, next)?;
        record.ended_at = Some(now);
        refuse(tx, &actor, &mut row, &record, &mut loaded, ArbitrationCause::Expired, "")?;
        done += 1;
    }
    Ok(done)
}
