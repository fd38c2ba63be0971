//! Consultations as a list, through the access table; and what of it is somebody's own to do.

use super::{
    load::KIND,
    machine::ConsultationState as State,
    store::{self, Consultation},
    views::{self, ConsultationView},
};
use crate::{
    access::{self, Order, Sight},
    auth::{
        Actor, Role, Scope,
        policy::{self, subject},
    },
    db::{Result, Tx},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem},
};

/// Filters that are asked of each consultation.
const VALUES: [&str; 7] = ["channel", "theme", "center_id", "assignee_id", "first_responder_id", "item_id", "applicant_id"];
/// What is asked yes or no.
const FLAGS: [&str; 3] = ["overdue", "offered", "unassigned"];

struct Asked {
    values: Vec<(&'static str, Vec<String>)>,
    flags: Vec<(&'static str, bool)>,
    due: (Option<Moment>, Option<Moment>),
    states: Vec<String>,
    now: Moment,
}

impl Asked {
    fn of(tx: &Tx, q: &ListQuery, states: &[String]) -> Option<Self> {
        let values: Vec<_> = VALUES.iter().map(|name| (*name, q.all(name))).filter(|(_, values)| !values.is_empty()).collect();
        let flags: Vec<_> = FLAGS.iter().filter_map(|name| q.one(name).map(|v| (*name, v == "true"))).collect();
        let due = q.range("due_at");
        let any = !values.is_empty() || !flags.is_empty() || due != (None, None) || q.q.is_some();
        any.then(|| Self { values, flags, due, states: states.to_vec(), now: tx.now })
    }

    /// The subjects that a filter names: whose consultations they are is known by index.
    fn subjects(&self) -> Option<Scope> {
        let by = [("applicant_id", subject::applicant as fn(&str) -> String), ("assignee_id", subject::user), ("center_id", subject::center)];
        let found = by.into_iter().find_map(|(name, of)| Some((self.values.iter().find(|(asked, _)| *asked == name)?, of)));
        found.map(|((_, values), of)| Scope::Subjects(values.iter().map(|id| (of(id), false)).collect()))
    }

    fn keep(&self, tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
        let rows = store::consultations_by_id(tx, ids)?;
        let mut kept = Vec::new();
        for row in &rows {
            if self.keeps(actor, row)? {
                kept.push(row.id);
            }
        }
        Ok(kept)
    }

    fn keeps(&self, actor: &Actor, row: &Consultation) -> Result<bool> {
        let items = row.items.get()?;
        let all = self.values.iter().all(|(name, values)| {
            let has = |value: Option<&str>| value.is_some_and(|value| values.iter().any(|v| v == value));
            match *name {
                "channel" => has(Some(row.channel.code())),
                "theme" => has(Some(row.theme.code())),
                "center_id" => has(Some(row.center_id.as_str())),
                "assignee_id" => has(row.assignee_id.as_ref().map(Id::as_str)),
                "first_responder_id" => has(row.first_responder_id.as_ref().map(Id::as_str)),
                "item_id" => items.iter().any(|id| has(Some(id.as_str()))),
                // Who is confidential is not found by who they are.
                _ => has(row.applicant_id.as_ref().filter(|_| !row.confidential || views::knows(actor, row)).map(Id::as_str)),
            }
        });
        let flags = self.flags.iter().all(|(name, wanted)| {
            *wanted
                == match *name {
                    "overdue" => row.due_at <= self.now,
                    "offered" => row.offered_to_id.is_some(),
                    _ => row.assignee_id.is_none(),
                }
        });
        let within = self.due.0.is_none_or(|from| row.due_at >= from) && self.due.1.is_none_or(|before| row.due_at < before);
        let state = self.states.is_empty() || self.states.iter().any(|s| s == row.state.code());
        Ok(all && flags && within && state)
    }
}

/// A page of the consultations that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ConsultationView>> {
    if !policy::may(actor, KIND, "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let scope = Scope::of(actor, KIND);
    let mut states = q.all("state");
    states.sort();
    states.dedup();
    if states.is_empty() && matches!(Order::of(q), Order::DueFirst | Order::DueLast) {
        states = State::ALL.iter().map(|s| s.code().to_owned()).collect();
    }
    let asked = Asked::of(tx, q, &states);
    let page = match (&asked, &q.q) {
        (Some(asked), Some(words)) => {
            q.plain_search()?;
            access::found(tx, &scope, KIND, q, words, |tx, ids| asked.keep(tx, actor, ids))?
        }
        (Some(asked), None) => access::filtered(tx, &scope, asked.subjects().as_ref(), KIND, q, states, |tx, ids| asked.keep(tx, actor, ids))?,
        (None, _) => access::page(tx, &scope, KIND, q, states)?.map(|(e, _)| e.record),
    };
    let mut rows = store::consultations_by_id(tx, &page.items)?;
    rows.sort_by_key(|row| page.items.iter().position(|id| *id == row.id));
    let sights = access::sights(tx, &scope, &page.items)?;
    let sight = |id: Id| sights.get(&id).copied().unwrap_or(Sight::masked(true));
    let seen = rows.into_iter().map(|row| (sight(row.id), row)).map(|(sight, row)| (row, sight)).collect();
    let items = views::listed(tx, actor, seen)?;
    Ok(page.with(|_| items))
}

/// Those of these consultations that wait for the caller: to be answered, taken up, or accepted from another center.
pub fn awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id], incoming: bool) -> Result<Vec<Id>> {
    let at = |role: Role, node: Id| actor.nodes(role).any(|n| n == node.as_str());
    let waits = |row: &Consultation| {
        if actor.applicant_id.is_some() {
            return !incoming && row.state == State::Answered;
        }
        let handles = row.assignee_id.is_some_and(|id| actor.answers_for(id));
        // What somebody answers is theirs; what nobody does is the counter's, or its leader's to assign.
        let desk = row.assignee_id.is_none() && (at(Role::Clerk, row.center_id) || at(Role::CenterManager, row.center_id));
        let offered = row.offered_to_id.is_some_and(|to| at(Role::Clerk, to) || at(Role::CenterManager, to));
        row.state == State::Open && (offered || desk || (handles && !incoming))
    };
    Ok(store::consultations_by_id(tx, ids)?.iter().filter(|row| waits(row)).map(|row| row.id).collect())
}
