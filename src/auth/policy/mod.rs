//! The one policy of role × resource × action, as a table for each part of the house. Reviewed as tables, snapshot-tested, and
//! read by every door.

mod fallback;
mod hotline;
mod matters;
mod oversight;
mod platform;
mod projects;
mod ratings;
pub mod subject;

use std::{collections::HashMap, sync::LazyLock};

use Reach::{All, Assigned, AssignedBelow, Authority, Center, Client, Department, Leg, Own, Relay, Subtree};

use super::{Actor, Role};
use crate::kernel::Id;

/// How far a rule reaches from the node its role is held at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The caller's own, or their company's.
    Own,
    /// Assigned to the caller.
    Assigned,
    /// Assigned to the caller, who holds the role at the center or at one above it.
    AssignedBelow,
    /// The center the role is held at has custody.
    Center,
    /// The center has custody, had it, or has it offered.
    Relay,
    /// Anywhere below the center the role is held at.
    Subtree,
    /// The department the role is held at carries a step.
    Department,
    /// The center, or the caller, carries steps of a matter in another's custody.
    Leg,
    /// The node the role is held at is the deciding authority.
    Authority,
    /// The machine client made it for a caller.
    Client,
    /// Everywhere.
    All,
}

/// One line of the table.
#[derive(Debug)]
pub struct Rule {
    /// Who.
    pub role: Role,
    /// On what.
    pub resource: &'static str,
    /// Does what; every name is an action of a machine or an operation of an `api` room.
    pub actions: &'static [&'static str],
    /// How far.
    pub reach: Reach,
    /// Personal data shown masked.
    pub masked: bool,
}

const fn rule(role: Role, resource: &'static str, reach: Reach, actions: &'static [&'static str]) -> Rule {
    Rule { role, resource, actions, reach, masked: false }
}

const fn masked(role: Role, resource: &'static str, reach: Reach, actions: &'static [&'static str]) -> Rule {
    Rule { role, resource, actions, reach, masked: true }
}

/// The tables. A kind of record stands in one of them.
const TABLES: [&[Rule]; 7] = [matters::TABLE, projects::TABLE, fallback::TABLE, hotline::TABLE, ratings::TABLE, oversight::TABLE, platform::TABLE];

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    TABLES.into_iter().flatten()
}

/// The rules of a kind of record: looked up for every action of every row that is shown.
fn rules_of(resource: &str) -> &'static [&'static Rule] {
    static OF: LazyLock<HashMap<&str, Vec<&Rule>>> = LazyLock::new(|| {
        let mut of: HashMap<&str, Vec<&Rule>> = HashMap::new();
        rules().for_each(|rule| of.entry(rule.resource).or_default().push(rule));
        of
    });
    OF.get(resource).map_or(&[], Vec::as_slice)
}

/// What the table needs to know of a record to say how far it is from the caller.
#[derive(Clone, Debug, Default)]
pub struct Reachable<'a> {
    /// The applicant it belongs to.
    pub applicant: Option<Id>,
    /// The person it is assigned to.
    pub assignee: Option<Id>,
    /// The center(s) that hold it.
    pub centers: Vec<Id>,
    /// The path of the holding center in the tree: `/root/…/self/`.
    pub path: &'a str,
    /// The departments that carry a step.
    pub departments: Vec<Id>,
    /// The node whose authority decides.
    pub authority: Option<Id>,
    /// The machine client that made it.
    pub client: Option<Id>,
}

/// What is as good as a signature: whoever comes by way of a portal does it only where it is sure enough who they are.
const SIGNED: &[(&str, &[&str])] = &[
    ("entrustment", &["sign_agreement", "sign_completion", "refuse_completion", "request_termination", "cancel_termination", "sign_termination"]),
    ("entrustment", &["name_agent"]),
    ("form", &["sign"]),
    ("applicant", &["edit", "empower", "revoke_mandate"]),
    ("fallback_ticket", &["withdraw"]),
];

fn takes_signature(resource: &str, action: &str) -> bool {
    SIGNED.iter().any(|(r, actions)| *r == resource && actions.contains(&action))
}

/// Whether the table lets `actor` do `action` on a record this far away.
pub fn allows(actor: &Actor, resource: &str, action: &str, on: &Reachable) -> bool {
    if !actor.may_sign() && takes_signature(resource, action) {
        return false;
    }
    actor.is_system()
        || rules_of(resource).iter().filter(|r| r.actions.contains(&action)).any(|r| match r.reach {
            Own => actor.is(r.role) && on.applicant.is_some() && on.applicant == actor.applicant_id,
            // The role counts at the center that holds the matter: who has left it no longer acts there.
            Assigned => on.assignee.is_some_and(|id| actor.answers_for(id)) && actor.nodes(r.role).any(|n| on.centers.iter().any(|c| c.as_str() == n)),
            AssignedBelow => on.assignee.is_some_and(|id| actor.answers_for(id)) && actor.nodes(r.role).any(|n| on.path.split('/').any(|p| p == n)),
            Center => actor.nodes(r.role).any(|n| on.centers.iter().any(|c| c.as_str() == n)),
            Subtree => actor.nodes(r.role).any(|n| on.path.split('/').any(|p| p == n)),
            All => actor.is(r.role),
            Department => actor.nodes(r.role).any(|n| on.departments.iter().any(|d| d.as_str() == n)),
            Authority => actor.nodes(r.role).any(|n| on.authority.is_some_and(|a| a.as_str() == n)),
            Client => actor.is(r.role) && on.client.is_some() && on.client == actor.id,
            Relay | Leg => false,
        })
}

/// Whether the table lets `actor` do `action` on some record of this kind, near or far.
pub fn may(actor: &Actor, resource: &str, action: &str) -> bool {
    if !actor.may_sign() && takes_signature(resource, action) {
        return false;
    }
    actor.is_system() || rules_of(resource).iter().any(|r| r.actions.contains(&action) && actor.is(r.role))
}

/// The union of reasons for which a caller sees records of a kind: subjects of the access table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The worker and the command line see everything.
    System,
    /// Each subject, and whether its view is masked.
    Subjects(Vec<(String, bool)>),
}

impl Scope {
    /// The scope of `actor` for a kind of record.
    pub fn of(actor: &Actor, resource: &str) -> Self {
        if actor.is_system() {
            return Self::System;
        }
        let mut subjects: Vec<(String, bool)> = Vec::new();
        let rules = rules_of(resource).iter().filter(|r| r.actions.contains(&"read") && actor.is(r.role));
        for r in rules {
            let mut add = |subject: String| match subjects.iter_mut().find(|(s, _)| *s == subject) {
                Some((_, masked)) => *masked &= r.masked,
                None => subjects.push((subject, r.masked)),
            };
            match r.reach {
                Own => actor.applicant_id.iter().for_each(|id| add(subject::applicant(id.as_str()))),
                Assigned | AssignedBelow => actor.id.iter().chain(&actor.stands_in_for).for_each(|id| add(subject::user(id.as_str()))),
                // Custody now and custody before are told apart by the access row, not by the rule.
                Center | Relay => actor.nodes(r.role).for_each(|n| add(subject::center(n))),
                Subtree => actor.nodes(r.role).for_each(|n| add(subject::tree(n))),
                Department => actor.nodes(r.role).for_each(|n| add(subject::department(n))),
                Authority => actor.nodes(r.role).for_each(|n| add(subject::authority(n))),
                Leg => {
                    actor.nodes(r.role).for_each(|n| add(subject::leg(n)));
                    // Whose own leg it is says the access row.
                    actor.id.iter().chain(&actor.stands_in_for).filter(|_| r.role == Role::Agent).for_each(|id| add(subject::leg(id.as_str())));
                }
                Client => actor.id.iter().for_each(|id| add(subject::user(id.as_str()))),
                All => {}
            }
        }
        Self::Subjects(subjects)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Whoever looks for what is allowed on a kind of record reads one table.
    #[test]
    fn a_kind_of_record_stands_in_one_table() {
        let mut of: BTreeMap<&str, usize> = BTreeMap::new();
        for (table, rules) in TABLES.into_iter().enumerate() {
            for rule in rules {
                assert_eq!(*of.entry(rule.resource).or_insert(table), table, "{}", rule.resource);
            }
        }
        assert_eq!(rules_of("entrustment").len() + rules().filter(|r| r.resource != "entrustment").count(), rules().count());
    }
}
