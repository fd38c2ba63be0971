//! Lists of matters, through the access table: by state and time straight from its indexes, by other marks in batches.

use super::{
    machine::State,
    store::{self, Marks},
    views::{self, EntrustmentBrief},
};
use crate::{
    access::{self, Order},
    auth::{
        Actor, Scope,
        policy::{self, subject},
    },
    db::{Result, Tx},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem},
};

/// A page of what the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<EntrustmentBrief>> {
    if !policy::may(actor, "entrustment", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let scope = Scope::of(actor, "entrustment");
    if let Some(words) = &q.q {
        q.plain_search()?;
        return found_by_text(tx, actor, &scope, q, words);
    }
    let states = states(q, Order::of(q));
    let page = if let Some(filter) = Marked::of(tx, actor, q) {
        let by = filter.subjects(q);
        access::filtered(tx, &scope, by.as_ref(), "entrustment", q, states, |tx, ids| filter.keep(tx, ids))?
    } else {
        access::page(tx, &scope, "entrustment", q, states)?.map(|(e, _)| e.record)
    };
    let items = briefs(tx, &page.items)?;
    Ok(page.with(|_| items))
}

/// Filters that are asked of each matter.
struct Marked {
    asked: Vec<(String, Vec<String>)>,
    flags: Vec<(&'static str, bool)>,
    now: Moment,
    caller: Option<Id>,
    /// The subjects of the projects that are named.
    projects: Option<Scope>,
    /// Tags are what the staff of centers tell each other.
    reads_tags: bool,
}

/// What names a value of a matter.
const VALUES: [&str; 12] = [
    "window_id",
    "hand_out_state",
    "mode",
    "channel",
    "priority",
    "tag",
    "item_id",
    "item_version",
    "division_code",
    "applicant_id",
    "custodian_id",
    "assignee_id",
];
/// What is asked yes or no.
const FLAGS: [&str; 3] = ["overdue", "unassigned", "watched"];

impl Marked {
    fn of(tx: &Tx, actor: &Actor, q: &ListQuery) -> Option<Self> {
        let asked: Vec<_> = VALUES.iter().map(|name| ((*name).to_owned(), q.all(name))).filter(|(_, values)| !values.is_empty()).collect();
        let flags: Vec<_> = FLAGS.iter().filter_map(|name| q.one(name).map(|v| (*name, v == "true"))).collect();
        let projects = q.all("project_id");
        let projects = (!projects.is_empty()).then(|| Scope::Subjects(projects.iter().map(|id| (subject::project(id), false)).collect()));
        (!asked.is_empty() || !flags.is_empty() || projects.is_some()).then(|| Self {
            asked,
            projects,
            flags,
            now: tx.now,
            caller: actor.id,
            reads_tags: actor.is_system() || actor.grants.iter().any(|g| g.role.at_center()),
        })
    }

    /// The subjects that a filter names: whose matters they are is known by index.
    fn subjects(&self, q: &ListQuery) -> Option<Scope> {
        let named = [("applicant_id", subject::applicant as fn(&str) -> String), ("assignee_id", subject::user), ("custodian_id", subject::center)];
        let by = || {
            let (name, of) = named.into_iter().find(|(name, _)| self.asked.iter().any(|(asked, _)| asked == name))?;
            Some(Scope::Subjects(q.all(name).iter().map(|id| (of(id), false)).collect()))
        };
        self.projects.clone().or_else(by)
    }

    fn keep(&self, tx: &mut Tx, ids: &[Id]) -> Result<Vec<Id>> {
        let ids = &self.projects.as_ref().map_or_else(|| Ok(ids.to_vec()), |of| access::seen(tx, of, ids))?;
        let rows = store::marks(tx, ids)?;
        let watched = match (self.flags.iter().any(|(name, _)| *name == "watched"), self.caller) {
            (true, Some(caller)) => store::watched(tx, caller, ids)?,
            _ => Vec::new(),
        };
        rows.into_iter().filter_map(|row| self.keeps(&row, watched.contains(&row.id)).map(|kept| kept.then_some(row.id)).transpose()).collect()
    }

    fn keeps(&self, row: &Marks, watched: bool) -> Result<bool> {
        for (name, values) in &self.asked {
            let has = |value: &str| values.iter().any(|v| v == value);
            let kept = match name.as_str() {
                "mode" => has(row.mode.code()),
                "channel" => has(row.channel.code()),
                "priority" => has(row.priority.code()),
                "tag" => self.reads_tags && row.tags.get()?.iter().any(|tag| has(tag)),
                "item_id" => has(row.item_id.as_str()),
                "window_id" => row.window_id.is_some_and(|id| has(id.as_str())),
                "hand_out_state" => row.hand_out_state.is_some_and(|state| has(state.code())),
                "item_version" => has(&row.item_version.to_string()),
                "division_code" => has(&row.division_code),
                "applicant_id" => has(row.applicant_id.as_str()),
                "custodian_id" => has(row.custodian_id.as_str()),
                _ => row.assignee_id.is_some_and(|id| has(id.as_str())),
            };
            if !kept {
                return Ok(false);
            }
        }
        Ok(self.flags.iter().all(|(name, wanted)| {
            *wanted
                == match *name {
                    "overdue" => !row.state.is_final() && row.due_at < self.now,
                    "unassigned" => row.assignee_id.is_none(),
                    _ => watched,
                }
        }))
    }
}

/// The states to walk. Orders by deadline have an index per state only.
fn states(q: &ListQuery, order: Order) -> Vec<String> {
    let mut states = q.all("state");
    states.sort();
    states.dedup();
    let open = q.one("open").map(|v| v == "true");
    if states.is_empty() && (open.is_some() || matches!(order, Order::DueFirst | Order::DueLast)) {
        states = State::ALL.iter().map(|s| s.code().to_owned()).collect();
    }
    if let Some(open) = open {
        states.retain(|s| State::parse(s).is_some_and(|s| s.is_final() != open));
        if states.is_empty() {
            // Asked for an ended state among the open ones: nothing, not everything.
            states.push("none".into());
        }
    }
    states
}

/// Briefs in the order of `ids`, in one query.
pub(super) fn briefs(tx: &mut Tx, ids: &[Id]) -> Result<Vec<EntrustmentBrief>> {
    let mut rows = store::entrustments_by_id(tx, ids)?;
    rows.sort_by_key(|e| ids.iter().position(|id| *id == e.id));
    views::briefs_of(tx, rows)
}

fn found_by_text(tx: &mut Tx, actor: &Actor, scope: &Scope, q: &ListQuery, words: &str) -> Result<Page<EntrustmentBrief>> {
    let states = states(q, Order::Newest);
    let filter = Marked::of(tx, actor, q);
    let keep = |tx: &mut Tx, ids: &[Id]| -> Result<Vec<Id>> {
        let ids = filter.as_ref().map_or_else(|| Ok(ids.to_vec()), |filter| filter.keep(tx, ids))?;
        if states.is_empty() {
            return Ok(ids);
        }
        let rows = store::entrustments_by_id(tx, &ids)?;
        Ok(rows.into_iter().filter(|e| states.iter().any(|s| s == e.state.code())).map(|e| e.id).collect())
    };
    access::found(tx, scope, "entrustment", q, words, keep)?.try_with(|ids| briefs(tx, &ids))
}
