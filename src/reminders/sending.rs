//! Sending reminders: several in one call, each to whoever has the step, the request or the matter now.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    machine::{ReminderAbout as About, ReminderState},
    service::publish,
    store::{self, Reminder, ReminderRecord},
};
use crate::{
    auth::{Actor, Reachable, policy},
    clocks::{self, ClockKind},
    db::{Private, Result, Tx, numbers},
    entrustments::{self, Identity, Loaded, StepState, Told, bulk},
    events::Audience,
    kernel::{Changed, Created, ErrorCode, Id, Part, Problem, Target, Text},
    organization,
    routing::{arbitration, joint, transfers},
};

/// Reminders to send.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendInput {
    /// All or none.
    #[serde(default)]
    pub atomic: bool,
    /// One for each thing that is urged.
    #[validate(length(min = 1, max = 100), nested)]
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<SendItem>,
}

/// One reminder. Without a step and without an open request it urges the matter's agent; one of `step` and `open` at most.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendItem {
    /// Matter: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "DB-320623-20260105-000007-107")]
    pub entrustment: String,
    /// The version of the matter that was read; refused (412) when it has changed since.
    #[serde(default)]
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i64>,
    /// Code of a step that an authority or another side has now.
    #[serde(default)]
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20)]
    pub step: Option<String>,
    /// Id of an open transfer, joint handling or arbitration of the matter.
    #[serde(default)]
    pub open: Option<Id>,
    /// What is urged.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "距承诺办结还有两个工作日，请尽快审批")]
    pub message: String,
}

/// Sends them, each in a part of its own.
pub fn send(tx: &mut Tx, actor: &Actor, input: &SendInput) -> Result<Vec<Part>> {
    if !policy::may(actor, "reminder", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let references: Vec<String> = input.items.iter().map(|i| i.entrustment.clone()).collect();
    bulk::in_parts(tx, input.atomic, &references, "", |tx, at| {
        let item = input.items.get(at).ok_or_else(Problem::not_found)?;
        let row = send_as(tx, actor, item, None)?;
        let created = Some(Created { id: row.id, number: row.number, taken_in: false });
        Ok(Changed { version: row.version, state: "sent".into(), created })
    })
}

/// Whoever is urged.
struct Urged {
    about: About,
    about_id: Id,
    step: Option<String>,
    subject: String,
    center: Id,
    department: Option<Id>,
    user: Option<Id>,
    name: String,
}

/// Sends one, under a given identity where one is given.
pub fn send_as(tx: &mut Tx, actor: &Actor, item: &SendItem, identity: Option<Identity>) -> Result<Reminder> {
    let seen = entrustments::load_seen(tx, actor, &item.entrustment)?;
    crate::db::dialect::lock_root(tx.conn, "entrustments", seen.e.id.as_str())?;
    let loaded = entrustments::load_locked(tx, seen.e.id)?;
    let e = &loaded.e;
    let near = Reachable {
        assignee: e.assignee_id,
        centers: vec![e.custodian_id],
        path: &loaded.custodian.path,
        applicant: Some(e.applicant_id),
        ..Reachable::default()
    };
    if !policy::allows(actor, "reminder", "create", &near) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    Target { reference: String::new(), expected: item.version.map(|v| vec![v]) }.check(e.version)?;
    if e.state.is_final() {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("本件已经结束，无须催办。", "The matter has ended.")).into());
    }
    let urged = match (&item.step, item.open) {
        (Some(_), Some(_)) => return Err(Problem::rule("/open", "step_or_open", "步骤和未了结事项只能填一项。", "A step or something open.").into()),
        (Some(code), None) => of_step(tx, &loaded, code)?,
        (None, Some(id)) => of_open(tx, &loaded, id)?,
        (None, None) => of_matter(tx, &loaded)?,
    };
    // Urging again before the answer is due would be noise.
    if store::waiting(tx, e.id)?.iter().any(|r| r.about_id == urged.about_id && r.due_at > tx.now) {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("已经催办过，答复期限未到。", "Urged already; the answer is not due yet.")).into());
    }
    let id = identity.as_ref().map_or_else(Id::new, |i| i.id);
    let row = Reminder {
        id,
        number: match identity {
            Some(identity) => identity.number,
            None => numbers::next(tx, "CB", &loaded.custodian.division_code)?,
        },
        entrustment_id: e.id,
        about: urged.about,
        about_id: urged.about_id,
        from_center_id: actor.center_id.unwrap_or(e.custodian_id),
        sent_by: actor.id,
        to_center_id: urged.center,
        to_department_id: urged.department,
        to_user_id: urged.user,
        state: ReminderState::Sent,
        due_at: clocks::start(tx, "reminder", id, ClockKind::Reminder, loaded.rules.reminder_limit)?,
        record: Private::seal(
            tx.vault,
            &ReminderRecord {
                message: item.message.clone(),
                step: urged.step,
                subject: urged.subject.clone(),
                to_name: urged.name.clone(),
                ..ReminderRecord::default()
            },
        )?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    publish(tx, actor, &row, &loaded, "sent")?;
    let told = json!({ "reminder_id": row.id, "number": row.number, "to": urged.name, "subject": urged.subject });
    entrustments::tell(tx, actor, &loaded.e, Told::new("urged", Audience::Staff, told))?;
    Ok(row)
}

/// The authority that has the step, or the other side that carries it.
fn of_step(tx: &mut Tx, loaded: &Loaded, code: &str) -> Result<Urged> {
    let refuse = |code, zh, en| Problem::rule("/step", code, zh, en);
    let step = loaded.plan.steps.iter().find(|(row, _)| row.code == code);
    let (row, record) = step.ok_or_else(|| refuse("unknown_step", "计划中没有这个步骤。", "No such step in the plan."))?;
    let (step, subject) = (Some(row.code.clone()), row.name.clone());
    if let Some(leg) = record.joint {
        return Ok(Urged { about: About::Step, about_id: row.id, step, subject, ..of_joint(tx, leg)?.ok_or_else(Problem::not_found)? });
    }
    if !matches!(row.state, StepState::Filed | StepState::DeptAccepted | StepState::SpecialProcedure) {
        return Err(refuse("not_with_authority", "该步骤目前不在部门办理。", "No authority has this step now.").into());
    }
    Ok(Urged {
        about: About::Step,
        about_id: row.id,
        step,
        subject,
        center: match row.department_id {
            Some(id) => organization::department(tx, id)?.map_or(loaded.e.custodian_id, |d| d.center_id),
            None => loaded.e.custodian_id,
        },
        department: row.department_id,
        user: None,
        name: row.department.clone(),
    })
}

/// Whoever owes an answer or work on something that the relay holds open.
fn of_open(tx: &mut Tx, loaded: &Loaded, id: Id) -> Result<Urged> {
    if let Some(t) = transfers::store::transfer(tx, id)?.filter(|t| loaded.e.open_transfer_id == Some(t.id)) {
        let name = organization::load(tx, t.to_center_id)?.name;
        let subject = t.number;
        return Ok(Urged { about: About::Transfer, about_id: id, step: None, subject, center: t.to_center_id, department: None, user: None, name });
    }
    if loaded.details.legs.iter().any(|leg| leg.id == id && leg.open)
        && let Some(urged) = of_joint(tx, id)?
    {
        return Ok(urged);
    }
    if let Some(a) = arbitration::store::arbitration(tx, id)?.filter(|a| a.entrustment_id == loaded.e.id && a.state.is_open()) {
        let name = arbitration::decider_name(tx, &a)?;
        let subject = a.number;
        return Ok(Urged { about: About::Arbitration, about_id: id, step: None, subject, center: a.decider_id, department: None, user: None, name });
    }
    Err(Problem::rule("/open", "nothing_open", "本件没有这项未了结的转办、联办或指定办理。", "Nothing open of this id.").into())
}

fn of_joint(tx: &mut Tx, id: Id) -> Result<Option<Urged>> {
    let Some(row) = joint::store::joint_handling(tx, id)?.filter(|row| row.state.is_open()) else { return Ok(None) };
    let name = joint::carrier_name(tx, &row)?;
    Ok(Some(Urged {
        about: About::JointHandling,
        about_id: id,
        step: None,
        subject: row.number,
        center: row.to_center_id,
        department: row.department_id,
        user: row.assignee_id,
        name,
    }))
}

/// The agent who carries the matter, or the center's desk while nobody does.
fn of_matter(_tx: &mut Tx, loaded: &Loaded) -> Result<Urged> {
    let e = &loaded.e;
    Ok(Urged {
        about: About::Matter,
        about_id: e.id,
        step: None,
        subject: e.title.clone(),
        center: e.custodian_id,
        department: None,
        user: e.assignee_id,
        name: loaded.custodian.name.clone(),
    })
}
