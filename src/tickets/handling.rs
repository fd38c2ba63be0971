//! From the register to what is done about it: editing, classifying, settling on the spot, coordinating.

use std::collections::HashSet;

use serde_json::json;

use super::{
    input::{BulkTriage, CoordinateInput, CoordinationInput, SettlementInput, TicketContent, TriageInput},
    intake::{departments_of, item_of, known_staff},
    load::{self, Opened, Step, Told, change},
    machine::{TicketAction as Action, tier_fits},
    model::{Coordination, Noted},
    store,
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    entrustments::bulk::in_parts,
    events::Audience,
    kernel::{Changed, Code as _, Id, Part, Problem, Target},
};

/// Something said now.
pub fn noted(tx: &Tx, actor: &Actor, words: &str) -> Noted {
    Noted { words: words.to_owned(), at: tx.now, by: actor.id.filter(|_| actor.kind == "user") }
}

/// Changes what a ticket says: all of it.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &TicketContent) -> Result<Opened> {
    let mut handler = None;
    let loaded = change(tx, actor, target, Action::Edit, |tx, loaded| {
        handler = loaded.row.handler_id;
        let center = loaded.center.id;
        loaded.row.item_id = item_of(tx, input, "")?;
        loaded.row.handler_id = input.handler_id.map(|id| known_staff(tx, id, Some(center), "/handler_id")).transpose()?;
        name_departments(tx, loaded, &input.departments, "/departments")?;
        loaded.row.category = input.category;
        loaded.row.urgent = input.urgent;
        loaded.details.title.clone_from(&input.title);
        loaded.details.situation.clone_from(&input.situation);
        loaded.details.request.clone_from(&input.request);
        loaded.details.consultation.clone_from(&input.consultation);
        Ok(Told::new("edited", Audience::Staff, json!({ "number": loaded.row.number })))
    })?;
    if handler != loaded.row.handler_id {
        load::step(tx, actor, &loaded, Step::Handler)?;
    }
    Ok(loaded)
}

/// The departments that it concerns are these, and those that have its sheets.
fn name_departments(tx: &mut Tx, loaded: &mut Opened, ids: &[Id], at: &str) -> Result<()> {
    let rows = departments_of(tx, loaded.row.id, &loaded.center, ids, &loaded.departments, at)?;
    store::set_departments(tx, loaded.row.id, &rows)?;
    loaded.departments = rows;
    Ok(())
}

/// Classifies a ticket.
pub fn triage(tx: &mut Tx, actor: &Actor, target: &Target, input: &TriageInput) -> Result<Opened> {
    change(tx, actor, target, Action::Triage, |tx, loaded| {
        let dissatisfied = u32::try_from(loaded.row.dissatisfied).unwrap_or(0);
        if !tier_fits(loaded.row.tier, dissatisfied, input.tier) {
            let zh = "申请人不满意的，重新分类不得低于原来的分级；两轮不满意的至少为疑难复杂。";
            return Err(Problem::rule("/tier", "tier_falls", zh, "After a dissatisfied round the tier does not fall.").into());
        }
        if let Some(departments) = &input.departments {
            name_departments(tx, loaded, departments, "/departments")?;
        }
        loaded.row.tier = Some(input.tier);
        loaded.row.category = input.category.unwrap_or(loaded.row.category);
        loaded.row.triaged_at = Some(tx.now);
        loaded.details.triage.clone_from(&input.note);
        let params = json!({ "tier": input.tier.label(), "category": loaded.row.category });
        Ok(Told::new("triaged", Audience::Applicant, params).saying(&input.note))
    })
}

/// The weekly triage: each ticket as its own endpoint would do it, together or each for itself.
pub fn triage_many(tx: &mut Tx, actor: &Actor, input: &BulkTriage) -> Result<Vec<Part>> {
    if !(1..=100).contains(&input.items.len()) {
        return Err(Problem::rule("/items", "length", "每次 1 到 100 件。", "1 to 100 tickets.").into());
    }
    let references: Vec<String> = input.items.iter().map(|item| item.id.clone()).collect();
    let mut named = HashSet::new();
    if let Some(at) = references.iter().position(|r| !named.insert(r.to_ascii_uppercase())) {
        return Err(repeated(&format!("/items/{at}/id")).into());
    }
    let mut done = Vec::new();
    in_parts(tx, input.atomic, &references, "/triage", |tx, at| {
        let item = input.items.get(at).ok_or_else(Problem::not_found)?;
        let target = Target { reference: item.id.clone(), expected: item.version.map(|v| vec![v]) };
        let row = triage(tx, actor, &target, &item.triage)?.row;
        // By its id and by its number it is one ticket.
        if done.contains(&row.id) {
            return Err(repeated("").into());
        }
        done.push(row.id);
        Ok(Changed { version: row.version, state: row.state.code().to_owned(), created: None })
    })
}

fn repeated(at: &str) -> Problem {
    Problem::rule(at, "repeated", "同一件只能出现一次。", "No ticket twice.")
}

/// Settles a general problem on the spot.
pub fn settle(tx: &mut Tx, actor: &Actor, target: &Target, input: &SettlementInput) -> Result<Opened> {
    change(tx, actor, target, Action::Settle, |tx, loaded| {
        loaded.details.settlement = Some(noted(tx, actor, &input.settlement));
        Ok(Told::new("settled", Audience::Applicant, json!({ "center": loaded.center.name })).saying(&input.settlement))
    })
}

/// Calls the departments together.
pub fn coordinate(tx: &mut Tx, actor: &Actor, target: &Target, input: &CoordinateInput) -> Result<Opened> {
    change(tx, actor, target, Action::Coordinate, |tx, loaded| {
        if let Some(departments) = &input.departments {
            name_departments(tx, loaded, departments, "/departments")?;
        }
        if loaded.departments.is_empty() {
            return Err(Problem::rule("/departments", "required", "请写明参加协调的部门。", "Name the departments.").into());
        }
        loaded.row.coordinated = false;
        loaded.details.coordination = Some(Coordination { held_at: input.held_at, place: input.place.clone(), outcome: None, due_on: None });
        let params = json!({ "held_at": input.held_at, "departments": loaded.departments.len() });
        Ok(Told::new("coordinating", Audience::Applicant, params))
    })
}

/// Records what the meeting came to.
pub fn record_coordination(tx: &mut Tx, actor: &Actor, target: &Target, input: &CoordinationInput) -> Result<Opened> {
    change(tx, actor, target, Action::RecordCoordination, |tx, loaded| {
        let today = tx.now.local_date();
        if input.due_on.is_some_and(|day| day < today) {
            return Err(Problem::rule("/due_on", "out_of_range", "完成时限不能早于今天。", "Not before today.").into());
        }
        let now = tx.now;
        if loaded.details.coordination.as_ref().is_none_or(|c| c.held_at > now) {
            return Err(Problem::rule("/outcome", "too_early", "协调会尚未召开。", "The meeting has not begun.").into());
        }
        if let Some(departments) = &input.departments {
            name_departments(tx, loaded, departments, "/departments")?;
        }
        if let Some(coordination) = &mut loaded.details.coordination {
            coordination.outcome = Some(input.outcome.clone());
            coordination.due_on = input.due_on.map(|day| day.to_string());
        }
        loaded.row.coordinated = true;
        let params = json!({ "due_on": input.due_on.map(|day| day.to_string()) });
        Ok(Told::new("coordinated", Audience::Applicant, params).saying(&input.outcome))
    })
}
