//! The register as a list, through the access table; and what of it is somebody's own to do.

use super::{
    machine::{TicketState as State, TicketTier as Tier},
    store::{self, Ticket},
    views::{self, TicketView},
};
use crate::{
    access::{self, Order, Sight},
    auth::{
        Actor, Role, Scope,
        policy::{self, subject},
    },
    db::{Result, Tx},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem},
    organization, settings,
};

/// Filters that are asked of each ticket.
const VALUES: [&str; 8] = ["tier", "category", "channel", "center_id", "department_id", "handler_id", "item_id", "entrustment_id"];

struct Asked {
    values: Vec<(&'static str, Vec<String>)>,
    overdue: Option<bool>,
    due: (Option<Moment>, Option<Moment>),
    now: Moment,
}

impl Asked {
    fn of(tx: &Tx, q: &ListQuery) -> Option<Self> {
        let values: Vec<_> = VALUES.iter().map(|name| (*name, q.all(name))).filter(|(_, values)| !values.is_empty()).collect();
        let (overdue, due) = (q.one("overdue").map(|v| v == "true"), q.range("due_at"));
        let any = !values.is_empty() || overdue.is_some() || due != (None, None);
        any.then_some(Self { values, overdue, due, now: tx.now })
    }

    fn values(&self, name: &str) -> Option<&Vec<String>> {
        self.values.iter().find(|(asked, _)| *asked == name).map(|(_, values)| values)
    }

    /// The subjects that a filter names: whose tickets they are is known by index.
    fn subjects(&self) -> Option<Scope> {
        let by = [("handler_id", subject::user as fn(&str) -> String), ("center_id", subject::center)];
        let (values, of) = by.into_iter().find_map(|(name, of)| Some((self.values(name)?, of)))?;
        Some(Scope::Subjects(values.iter().map(|id| (of(id), false)).collect()))
    }

    fn keep(&self, tx: &mut Tx, ids: &[Id]) -> Result<Vec<Id>> {
        let concerned = match self.values("department_id") {
            Some(wanted) => {
                let rows = store::departments(tx, ids)?;
                Some(rows.into_iter().filter(|d| wanted.iter().any(|id| id == d.department_id.as_str())).map(|d| d.ticket_id).collect::<Vec<_>>())
            }
            None => None,
        };
        let rows = store::tickets_by_id(tx, ids)?;
        Ok(rows.iter().filter(|row| concerned.as_ref().is_none_or(|c| c.contains(&row.id)) && self.keeps(row)).map(|row| row.id).collect())
    }

    fn keeps(&self, row: &Ticket) -> bool {
        let all = self.values.iter().all(|(name, values)| {
            let has = |value: Option<&str>| value.is_some_and(|value| values.iter().any(|v| v == value));
            match *name {
                "tier" => has(row.tier.map(|t| t.code())),
                "category" => has(Some(row.category.code())),
                "channel" => has(Some(row.channel.code())),
                "center_id" => has(Some(row.center_id.as_str())),
                "handler_id" => has(row.handler_id.as_ref().map(Id::as_str)),
                "item_id" => has(row.item_id.as_ref().map(Id::as_str)),
                "entrustment_id" => has(row.entrustment_id.as_ref().map(Id::as_str)),
                _ => true,
            }
        });
        let within = self.due.0.is_none_or(|from| row.due_at >= from) && self.due.1.is_none_or(|before| row.due_at < before);
        all && within && self.overdue.is_none_or(|wanted| wanted == (row.due_at <= self.now))
    }
}

/// A page of the tickets that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<TicketView>> {
    if !policy::may(actor, "fallback_ticket", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let scope = Scope::of(actor, "fallback_ticket");
    let mut states = q.all("state");
    states.sort();
    states.dedup();
    if states.is_empty() && matches!(Order::of(q), Order::DueFirst | Order::DueLast) {
        states = State::ALL.iter().map(|s| s.code().to_owned()).collect();
    }
    let page = match Asked::of(tx, q) {
        Some(asked) => access::filtered(tx, &scope, asked.subjects().as_ref(), "fallback_ticket", q, states, |tx, ids| asked.keep(tx, ids))?,
        None => access::page(tx, &scope, "fallback_ticket", q, states)?.map(|(e, _)| e.record),
    };
    let mut rows = store::tickets_by_id(tx, &page.items)?;
    rows.sort_by_key(|row| page.items.iter().position(|id| *id == row.id));
    // Some may be seen in part only: the access rows know.
    let sights = access::sights(tx, &scope, &page.items)?;
    let sight = |id: Id| sights.get(&id).copied().unwrap_or(Sight::masked(true));
    let seen = rows.into_iter().map(|row| (sight(row.id), row)).map(|(sight, row)| (row, sight)).collect();
    let items = views::listed(tx, actor, seen)?;
    Ok(page.with(|_| items))
}

/// States in which something waits for somebody of the staff, or for the applicant.
pub fn waiting_states() -> Vec<&'static str> {
    let waits = |s: &&State| !s.is_final() && !matches!(s, State::Assigned | State::SignedIn | State::Batched | State::Submitted);
    State::ALL.iter().filter(waits).map(|s| s.code()).collect()
}

/// Those of these tickets that wait for the caller: to be classified, settled, coordinated, charged, asked about, decided.
pub fn awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id], incoming: bool) -> Result<Vec<Id>> {
    let rows = store::tickets_by_id(tx, ids)?;
    let centers: Vec<Id> = rows.iter().map(|row| row.center_id).collect();
    let centers = organization::store::centers_by_id(tx, &centers)?;
    let mut mine = Vec::new();
    for row in rows {
        if incoming && !matches!(row.state, State::Registered | State::Reopened) {
            continue;
        }
        if actor.applicant_id.is_some() {
            if row.state == State::AwaitingFeedback {
                mine.push(row.id);
            }
            continue;
        }
        let path = centers.iter().find(|c| c.id == row.center_id).map(|c| c.path.as_str()).unwrap_or_default();
        let rules = settings::rules(tx, path)?;
        let at = |role: Role| actor.nodes(role).any(|n| n == row.center_id.as_str());
        let handles = row.handler_id.is_some_and(|id| actor.answers_for(id));
        // What somebody handles is theirs; what nobody handles is the counter's.
        let desk = at(Role::Clerk) && (row.handler_id.is_none() || handles);
        let leads = actor.nodes(Role::ReformOffice).any(|n| path.split('/').any(|p| p == n));
        // What was coordinated or decided is charged to departments: by the reform office where it leads, or must determine.
        let ready = row.decided || (row.coordinated && row.tier != Some(Tier::Exceptional));
        let worn = row.returns > 0 && u32::try_from(row.returns).is_ok_and(|n| rules.sheet_returns <= n);
        let drawer = if row.reform_led || worn { leads } else { desk || at(Role::CenterManager) };
        let waits = match row.state {
            State::Registered | State::Reopened | State::Triaged if row.details.open(tx.vault)?.proposal.is_some() => at(Role::CenterManager),
            State::Registered => desk || at(Role::CenterManager),
            State::Reopened => {
                if row.reform_led {
                    leads
                } else {
                    desk || at(Role::CenterManager)
                }
            }
            State::Triaged if row.tier == Some(Tier::General) => desk || handles,
            State::Triaged | State::InCoordination | State::Decided if ready => drawer,
            State::Triaged => leads && row.tier.is_some(),
            State::InCoordination | State::Decided | State::Objected | State::UpheldUnresolved => leads,
            State::SettledOnSpot | State::Replied | State::AwaitingFeedback => desk || handles,
            _ => false,
        };
        if waits {
            mine.push(row.id);
        }
    }
    Ok(mine)
}
