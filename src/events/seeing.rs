//! Who may read which event of the log: whoever sees its record, and of its audience.

use std::collections::{HashMap, HashSet};

use super::{Audience, Event, store};
use crate::{
    access::{self, Sight},
    auth::{
        Actor, Reach, Scope,
        policy::{self, subject},
    },
    db::{Result, Tx},
    kernel::Id,
};

/// Who looks at the log.
pub enum Seer {
    /// A person or a machine, as their roles stand.
    Actor(Box<Actor>),
    /// The deployment itself, at or below a center: what an administrator has set up for another system of the city.
    Below(Id),
}

/// What everybody with a token reads of what is public.
const PUBLISHED: &[&str] = &[
    "service_item.published",
    "service_item.withdrawn",
    "precedent.published",
    "precedent.withdrawn",
    "knowledge_article.published",
    "knowledge_article.withdrawn",
    "knowledge_article.expired",
];
/// Of these records the staff tell each other what departments, portals and hotlines that see a part of them do not read.
const SHARED: &[&str] = &["entrustment", "fallback_ticket", "consultation", "project", "meeting"];
/// Kinds that lie in no access table, read by whoever reads all of them.
const READ_BY_ALL: &[&str] = &["service_item", "webhook"];

/// The record by which an event is seen: a form is seen with what it is about.
fn anchor(event: &Event) -> Result<Option<Id>> {
    if event.record_kind != "form" {
        return Ok(Some(event.record_id));
    }
    let params = event.params.get()?;
    let about = ["entrustment_id", "ticket_id", "batch_id"].iter().find_map(|key| params.get(key)?.as_str()?.parse().ok());
    Ok(about)
}

/// Which of these events the seer may read, in their order; with `below`, those of records at or below that center alone.
pub fn readable(tx: &mut Tx, seer: &Seer, below: Option<Id>, events: &[Event]) -> Result<Vec<bool>> {
    let mut anchors: Vec<Option<Id>> = Vec::with_capacity(events.len());
    let mut by_kind: HashMap<&str, HashSet<Id>> = HashMap::new();
    for event in events {
        let anchor = anchor(event)?;
        anchors.push(anchor);
        by_kind.entry(&event.record_kind).or_default().extend(anchor);
    }
    let all: Vec<Id> = anchors.iter().flatten().copied().collect::<HashSet<Id>>().into_iter().collect();
    let mut sights: HashMap<(&str, Id), Sight> = HashMap::new();
    for (kind, ids) in &by_kind {
        let ids: Vec<Id> = ids.iter().copied().collect();
        let seen = match seer {
            Seer::Below(center) => under(tx, *center, &ids)?.into_iter().map(|id| (id, Sight::masked(true))).collect(),
            Seer::Actor(actor) => match Scope::of(actor, kind) {
                Scope::Subjects(reasons) if reasons.is_empty() => HashMap::new(),
                scope => access::sights(tx, &scope, &ids)?,
            },
        };
        sights.extend(seen.into_iter().map(|(id, sight)| ((*kind, id), sight)));
    }
    let heard: HashSet<Id> = match seer {
        Seer::Actor(actor) if actor.kind == "client" => match actor.id {
            Some(client) => store::heard(tx, client, &all)?.into_iter().collect(),
            None => HashSet::new(),
        },
        _ => HashSet::new(),
    };
    let within: Option<HashSet<Id>> = match below {
        None => None,
        Some(center) => Some(under(tx, center, &all)?.into_iter().collect()),
    };
    let may = |(event, anchor): (&Event, &Option<Id>)| {
        if within.as_ref().is_some_and(|ids| anchor.is_none_or(|id| !ids.contains(&id))) {
            return false;
        }
        let sight = anchor.and_then(|id| sights.get(&(event.record_kind.as_str(), id)));
        match seer {
            Seer::Below(_) => sight.is_some(),
            Seer::Actor(actor) => reads(actor, event, sight) || (outside(event.audience) && anchor.is_some_and(|id| heard.contains(&id))),
        }
    };
    Ok(events.iter().zip(&anchors).map(may).collect())
}

fn under(tx: &mut Tx, center: Id, ids: &[Id]) -> Result<Vec<Id>> {
    access::seen(tx, &Scope::Subjects(vec![(subject::tree(center.as_str()), true)]), ids)
}

/// Whether applicants read it, and whoever acts for them.
fn outside(audience: Audience) -> bool {
    matches!(audience, Audience::Public | Audience::Applicant)
}

fn reads(actor: &Actor, event: &Event, sight: Option<&Sight>) -> bool {
    if event.audience == Audience::Public && PUBLISHED.contains(&event.kind.as_str()) {
        return true;
    }
    let Some(sight) = sight else {
        let all = |r: &policy::Rule| r.reach == Reach::All && r.resource == event.record_kind && r.actions.contains(&"read") && actor.is(r.role);
        return READ_BY_ALL.contains(&event.record_kind.as_str()) && policy::rules().any(all);
    };
    if actor.applicant_id.is_some() {
        return outside(event.audience);
    }
    let partly = SHARED.contains(&event.record_kind.as_str()) && (sight.narrow || actor.kind == "client");
    !partly || outside(event.audience)
}
