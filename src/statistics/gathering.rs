//! Gathers what is counted of many records at once, a question per table.

use std::collections::HashMap;

use super::{
    facts::{self, Contributed, Kept, Leg, Limited, Matter, Reflected},
    store,
};
use crate::{
    clocks::{ClockKind, store::ClockRow},
    consultations,
    db::{Result, Tx},
    duty, entrustments,
    evaluations::{self, occasions::store as occasions},
    follow_ups::FollowUp,
    hotline::{self, model::ReplyKind},
    kernel::Id,
    organization::{self, CenterLevel},
    routing::{joint::machine::JointState, transfers::machine::TransferState},
    tickets,
};

/// What is counted: kinds of root records, each with the kinds that hang on it.
pub const KINDS: [(&str, &[&str]); 6] = [
    ("entrustment", &["entrustment", "joint_handling", "evaluation", "transfer", "follow_up"]),
    ("fallback_ticket", &["fallback_ticket", "assignment_sheet", "return_visit", "evaluation", "follow_up"]),
    ("service_occasion", &["evaluation", "follow_up"]),
    ("course", &["course"]),
    ("consultation", &["consultation"]),
    ("hotline_order", &["hotline_order"]),
];

/// What these records contribute now.
pub fn contributed(tx: &mut Tx, kind: &str, ids: &[Id]) -> Result<Vec<(Id, Contributed)>> {
    match kind {
        "entrustment" => of_matters(tx, ids),
        "service_occasion" => of_occasions(tx, ids),
        "course" => of_courses(tx, ids),
        "consultation" => of_consultations(tx, ids),
        "hotline_order" => of_orders(tx, ids),
        _ => of_tickets(tx, ids),
    }
}

fn of_orders(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, Contributed)>> {
    let rows = hotline::store::orders_by_id(tx, ids)?;
    let limits = store::limits_of(tx, ids, &[ClockKind::Hotline])?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let details = row.details.open(tx.vault)?;
        let order = facts::Ordered {
            row,
            replies: details.replies.iter().filter(|r| r.kind == ReplyKind::Final).map(|r| r.at).collect(),
            limits: limits.iter().filter(|c| c.record_id == row.id).map(limited).collect::<Result<_>>()?,
        };
        all.push((row.id, facts::of_order(&order)));
    }
    Ok(all)
}

fn of_courses(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, Contributed)>> {
    let records = store::course_records_of(tx, ids)?;
    let of = |course: &duty::store::Course| records.iter().filter(|r| r.course_id == course.id).cloned().collect::<Vec<_>>();
    Ok(duty::store::courses_by_id(tx, ids)?.iter().map(|course| (course.id, facts::of_course(course, &of(course)))).collect())
}

fn limited(row: &ClockRow) -> Result<Limited> {
    let open = row.pauses.get()?.last().filter(|p| p.to.is_none()).map(|p| p.from.into());
    // What ended while it stood still was not late for the time that it stood.
    let stopped = row.stopped_at.map(|at| open.unwrap_or(at));
    Ok(Limited { kind: row.kind, due: row.due_at, stopped, paused: open })
}

fn of_matters(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, Contributed)>> {
    let rows = entrustments::store::entrustments_by_id(tx, ids)?;
    let custody = store::custody_of(tx, ids)?;
    let limits = store::limits_of(tx, ids, &[ClockKind::Promise, ClockKind::Accept])?;
    let legs = store::legs_of(tx, ids)?;
    let evaluations = evaluations::store::first_of(tx, ids)?;
    let split = store::split_off(tx, ids)?;
    let offers = store::transfers_of(tx, ids)?;
    let follow_ups = follow_ups(tx, ids)?;
    let centers: Vec<Id> = custody.iter().map(|c| c.center_id).chain(legs.iter().flat_map(|l| [l.from_center_id, l.to_center_id])).collect();
    let levels = levels(tx, centers)?;
    let level = |id: Id| levels.get(&id).copied().unwrap_or(CenterLevel::Village);
    let mut departments: HashMap<(Id, i64), String> = HashMap::new();
    let mut all = Vec::with_capacity(rows.len());
    for e in &rows {
        let version = (e.item_id, e.item_version);
        let department = match departments.get(&version) {
            Some(known) => known.clone(),
            None => {
                let content = store::version(tx, version.0, version.1)?.map(|c| c.get()).transpose()?;
                let name = content.map(|c| c.department).unwrap_or_default();
                departments.insert(version, name.clone());
                name
            }
        };
        let details = e.facts.open(tx.vault)?;
        let own = legs.iter().filter(|l| l.entrustment_id == e.id);
        let own = own.map(|l| -> Result<Leg> {
            let completed = if l.state == JointState::Completed { Some(l.record.open(tx.vault)?.ended_at.unwrap_or(l.updated_at)) } else { None };
            Ok(Leg { from: level(l.from_center_id), to: level(l.to_center_id), center: l.to_center_id, asked: l.created_at, completed })
        });
        let matter = Matter {
            e,
            accepted: details.acceptance.as_ref().map(|a| a.at),
            outcome: details.completion.as_ref().map(|c| c.outcome),
            items: i64::try_from(details.bundle.len().max(1)).unwrap_or(1),
            department,
            split_off: split.contains(&e.id),
            custody: custody
                .iter()
                .filter(|c| c.entrustment_id == e.id)
                .map(|c| Kept { center: c.center_id, level: level(c.center_id), from: c.from_at })
                .collect(),
            limits: limits.iter().filter(|c| c.record_id == e.id).map(limited).collect::<Result<_>>()?,
            legs: own.collect::<Result<_>>()?,
            evaluation: evaluations.iter().find(|row| row.record_id == e.id).cloned(),
            offers: offers.iter().filter(|t| t.0 == e.id).map(|t| (t.1, t.2, t.3 == TransferState::Returned)).collect(),
        };
        all.push((e.id, facts::followed(facts::of_matter(&matter), of(&follow_ups, e.id))));
    }
    Ok(all)
}

/// By record, what became of its bad grades.
type Followed = HashMap<Id, Vec<(FollowUp, Vec<Limited>)>>;

fn of(all: &Followed, record: Id) -> &[(FollowUp, Vec<Limited>)] {
    all.get(&record).map_or(&[], Vec::as_slice)
}

fn follow_ups(tx: &mut Tx, ids: &[Id]) -> Result<Followed> {
    let rows = store::follow_ups_of(tx, ids)?;
    let mut all = Followed::new();
    if rows.is_empty() {
        return Ok(all);
    }
    let limits = store::limits_of(tx, &rows.iter().map(|(_, f)| f.id).collect::<Vec<_>>(), &[ClockKind::FollowUpContact, ClockKind::FollowUp])?;
    for (record, row) in rows {
        let own = limits.iter().filter(|c| c.record_id == row.id).map(limited).collect::<Result<_>>()?;
        all.entry(record).or_default().push((row, own));
    }
    Ok(all)
}

fn levels(tx: &mut Tx, mut ids: Vec<Id>) -> Result<HashMap<Id, CenterLevel>> {
    ids.sort();
    ids.dedup();
    Ok(organization::store::centers_by_id(tx, &ids)?.into_iter().map(|c| (c.id, c.level)).collect())
}

fn of_tickets(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, Contributed)>> {
    let rows = tickets::store::tickets_by_id(tx, ids)?;
    let callers = store::callers_from(tx, ids)?;
    let contacts = store::contacts_of(tx, ids)?;
    let sheets = store::sheets_of(tx, ids)?;
    let follow_ups = follow_ups(tx, ids)?;
    let evaluations = evaluations::store::first_of(tx, ids)?;
    let limits = store::limits_of(tx, &sheets.iter().map(|s| s.id).collect::<Vec<_>>(), &[ClockKind::Sheet])?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let own = sheets.iter().filter(|s| s.ticket_id == row.id);
        let own = own.map(|s| Ok((s.clone(), limits.iter().filter(|c| c.record_id == s.id).map(limited).collect::<Result<Vec<_>>>()?)));
        let ticket = Reflected {
            row,
            callers: callers.iter().filter(|c| c.0 == row.id).map(|c| c.1).collect(),
            contacts: contacts.iter().filter(|c| c.ticket_id == row.id).cloned().collect(),
            sheets: own.collect::<Result<_>>()?,
            evaluation: evaluations.iter().find(|e| e.record_id == row.id).cloned(),
        };
        all.push((row.id, facts::followed(facts::of_ticket(&ticket), of(&follow_ups, row.id))));
    }
    Ok(all)
}

fn of_consultations(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, Contributed)>> {
    let limits = store::limits_of(tx, ids, &[ClockKind::Consultation])?;
    let mut all = Vec::with_capacity(ids.len());
    for row in consultations::store::consultations_by_id(tx, ids)? {
        let own = limits.iter().filter(|c| c.record_id == row.id).map(limited).collect::<Result<Vec<_>>>()?;
        all.push((row.id, facts::of_consultation(&row, &own)));
    }
    Ok(all)
}

fn of_occasions(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, Contributed)>> {
    let rows = occasions::occasions_by_id(tx, ids)?;
    let evaluations = evaluations::store::first_of(tx, ids)?;
    let follow_ups = follow_ups(tx, ids)?;
    let one = |row: &occasions::Occasion| facts::of_occasion(row, evaluations.iter().find(|e| e.record_id == row.id));
    let all = rows.iter().map(|row| (row.id, facts::followed(one(row), of(&follow_ups, row.id))));
    Ok(all.collect())
}
