//! What of hotline orders waits for whom, for the worklist; and finding an order by what is known of it.

use super::{
    listing, load,
    machine::{OrderAction as Action, OrderState as State},
    store::{self, Order},
    views::OrderView,
};
use crate::{
    access::{self, Sight},
    applicants,
    auth::{Actor, Role, Scope, policy},
    db::{Result, Tx},
    kernel::{Id, phone, text},
    organization,
};

/// Those of these orders that wait for the caller: to be dispatched, signed in, replied to; a part for a department; and what is
/// asked of who plays the hotline, where it was taken in by hand.
pub fn awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let mut mine = Vec::new();
    for row in store::orders_by_id(tx, ids)? {
        let details = row.details.open(tx.vault)?;
        let center = organization::load(tx, row.center_id)?;
        let next: &[Action] = match row.state {
            State::Received => &[Action::Dispatch],
            State::Dispatched => &[Action::Sign],
            State::Signed | State::Handling => &[Action::ReplyFinal],
            State::ReturnRequested => &[Action::DenyReturn],
            State::ExtensionRequested => &[Action::DenyExtension],
            State::Replied | State::HotlineReview => &[Action::Pass],
            State::ReturnVisit => &[Action::RecordVisit],
            State::Archived | State::Suspended | State::Merged | State::Revoked => &[],
        };
        let part = details.subs.iter().any(|s| s.report.is_none() && actor.nodes(Role::DepartmentHandler).any(|n| n == s.department_id.as_str()));
        if part || next.iter().any(|a| load::permits(actor, &row, &details, &center, *a)) {
            mine.push(row.id);
        }
    }
    Ok(mine)
}

const CANDIDATES: i64 = 200;
const MOST: usize = 50;

/// Orders by number, by the hotline's number, by the telephone or the exact name of the caller, newest first. By what is personal
/// only those are found that are seen in clear and whose caller is not withheld.
pub fn search(tx: &mut Tx, actor: &Actor, asked: &str) -> Result<Vec<OrderView>> {
    if !policy::may(actor, load::KIND, "read") {
        return Ok(Vec::new());
    }
    let mut numbered: Vec<Order> = store::order_by_number(tx, &asked.to_ascii_uppercase())?.into_iter().collect();
    numbered.extend(store::orders_by_external(tx, None, asked)?);
    let by_phone = phone::check(asked).is_ok().then(|| applicants::phone_mark(tx, asked));
    let by_name = applicants::name_mark(tx, &text::fold(asked));
    let mut personal = store::orders_by_person(tx, by_phone.as_deref(), &by_name, CANDIDATES)?;
    personal.retain(|row| !row.withheld() && !numbered.iter().any(|n| n.id == row.id));
    let scope = Scope::of(actor, load::KIND);
    let ids: Vec<Id> = numbered.iter().chain(&personal).map(|row| row.id).collect();
    let sights = access::sights(tx, &scope, &ids)?;
    let mut found: Vec<(Order, Sight)> = Vec::new();
    for (row, by_person) in numbered.into_iter().map(|row| (row, false)).chain(personal.into_iter().map(|row| (row, true))) {
        if let Some(sight) = sights.get(&row.id).copied().filter(|sight| !by_person || !sight.masked)
            && !found.iter().any(|(f, _)| f.id == row.id)
        {
            found.push((row, sight));
        }
    }
    found.sort_by_key(|(row, _)| std::cmp::Reverse(row.id));
    found.truncate(MOST);
    listing::views(tx, actor, found)
}
