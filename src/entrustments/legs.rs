//! Joint handlings as their matter knows them: which steps others carry, and who sees the matter for it. Only `routing`
//! opens and ends them, through these doors.

use serde_json::Value;

use super::{
    facts::Leg,
    load::{Loaded, Told, save},
    machine::{self, Action, StepAct},
    standing::is_free,
    steps::{StepReport, record_at},
    store,
};
use crate::{
    auth::Actor,
    db::{Private, Result, Tx},
    events::Audience,
    kernel::{ErrorCode, Id, Problem, Text},
};

/// Steps of one matter that may be with others in its whole life.
const MOST: usize = 50;

/// What is told of a leg: the kind of event, who may read it, and its codes and names.
pub struct LegTold<'a> {
    /// Event type after `entrustment.`.
    pub kind: &'static str,
    /// Who may read it.
    pub audience: Audience,
    /// Codes, numbers, names of centers.
    pub params: Value,
    /// What was said with it.
    pub words: &'a str,
}

impl LegTold<'_> {
    fn told(self) -> Told {
        let told = Told::new(self.kind, self.audience, self.params);
        if self.words.is_empty() { told } else { told.saying(self.words) }
    }
}

/// Names of these steps, each free to be given away; the place of the first that is not is refused.
pub fn free_steps(loaded: &Loaded, codes: &[String], at: &str) -> Result<Vec<String>, Problem> {
    let mut names = Vec::with_capacity(codes.len());
    for (i, code) in codes.iter().enumerate() {
        let refuse = |code, zh, en| Problem::rule(&format!("{at}/{i}"), code, zh, en);
        if codes.iter().take(i).any(|earlier| earlier == code) {
            return Err(refuse("duplicate", "同一步骤只能列一次。", "Named twice."));
        }
        let step = loaded.plan.steps.iter().find(|(row, _)| row.code == *code);
        let (row, record) = step.ok_or_else(|| refuse("unknown_step", "计划中没有这个步骤。", "No such step in the plan."))?;
        if !is_free(row, record) {
            return Err(refuse("step_not_free", "该步骤已申报、已提请联办或由申请人自办。", "Filed, given away or the applicant's own."));
        }
        names.push(row.name.clone());
    }
    Ok(names)
}

/// Opens a leg: its steps are no longer the agent's to record.
pub fn open_leg(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, leg: Leg, told: LegTold) -> Result<()> {
    if loaded.details.legs.len() >= MOST {
        return Err(Problem::rule("/steps", "too_many", "一件最多提请 50 次联办。", "At most 50 joint handlings.").into());
    }
    mark(tx, loaded, &leg.steps, Some(leg.id))?;
    loaded.e.open_legs += 1;
    loaded.details.legs.push(leg);
    save(tx, actor, loaded, told.told())
}

/// Notes who carries a leg: they see what its steps need.
pub fn assign_leg(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, id: Id, assignee: Option<Id>, told: LegTold) -> Result<()> {
    loaded.details.legs.iter_mut().filter(|leg| leg.id == id).for_each(|leg| leg.assignee_id = assignee.or(leg.assignee_id));
    save(tx, actor, loaded, told.told())
}

/// Ends a leg: what was not carried is the agent's again.
pub fn close_leg(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, id: Id, told: LegTold) -> Result<()> {
    for leg in loaded.details.legs.iter_mut().filter(|leg| leg.id == id && leg.open) {
        leg.open = false;
        loaded.e.open_legs -= 1;
    }
    if matches!(told.kind, "joint_declined" | "joint_expired") {
        // Who did not take it over has no part in the matter any more.
        loaded.details.legs.retain(|leg| leg.id != id);
    }
    release(tx, loaded, Some(id))?;
    save(tx, actor, loaded, told.told())
}

/// The matter ends: no leg stays open. Saved with the end.
pub(super) fn close_all(tx: &mut Tx, loaded: &mut Loaded) -> Result<()> {
    if loaded.e.open_legs == 0 {
        return Ok(());
    }
    loaded.details.legs.iter_mut().for_each(|leg| leg.open = false);
    loaded.e.open_legs = 0;
    release(tx, loaded, None)
}

/// Whether the co-handler may record a step now; an agreement that is being amended is the custodian's concern.
pub fn may_record(loaded: &Loaded) -> Result<(), machine::Refusal> {
    let facts = machine::Facts { agreement_signed: true, steps_recordable: true, ..loaded.facts };
    machine::permits(loaded.e.state, &facts, Action::RecordStep).map(|_| ())
}

/// Records an act of a step that a leg carries. `own` says that the leg's department speaks for itself.
pub fn record_leg_step(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, leg: &Leg, code: &str, act: StepAct, report: &StepReport) -> Result<()> {
    let carried = |(row, r): &(store::StepRow, super::recorded::StepRecord)| row.code == code && r.joint == Some(leg.id);
    let at = loaded.plan.steps.iter().position(carried).ok_or_else(Problem::not_found)?;
    let own = match loaded.plan.steps.get(at) {
        Some((row, _)) if leg.department_id.is_some() && row.department_id == leg.department_id => act.is_departments(),
        Some((row, _)) if act.is_departments() && loaded.plan.is_staffed(row) => {
            let zh = format!("{}已开通经办账号，由其经办人登记。", row.department);
            return Err(Problem::new(ErrorCode::StateConflict, Text::new(zh, "The department records this itself.")).into());
        }
        _ => false,
    };
    record_at(tx, actor, loaded, at, act, report, own)
}

fn mark(tx: &mut Tx, loaded: &mut Loaded, codes: &[String], joint: Option<Id>) -> Result<()> {
    for (row, record) in loaded.plan.steps.iter_mut().filter(|(row, _)| codes.contains(&row.code)) {
        record.joint = joint;
        row.record = Private::seal(tx.vault, record)?;
        row.updated_at = tx.now;
        store::save_step(tx, row)?;
    }
    Ok(())
}

/// Steps of this leg, or of any, are the agent's again.
fn release(tx: &mut Tx, loaded: &mut Loaded, leg: Option<Id>) -> Result<()> {
    let held = |joint: Option<Id>| joint.is_some() && (leg.is_none() || joint == leg);
    let codes: Vec<String> = loaded.plan.steps.iter().filter(|(_, r)| held(r.joint)).map(|(row, _)| row.code.clone()).collect();
    mark(tx, loaded, &codes, None)
}
