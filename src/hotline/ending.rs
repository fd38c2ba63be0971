//! Whether an order has come to its end for whoever called: what it opened has ended, or the hotline has done with it. One rule
//! for how it stands and for what is told of each change.

use std::collections::HashSet;

use serde_json::json;

use super::{
    load::{self, Loaded, Told},
    machine::OrderState,
    opening,
    store::{self, Link, Order},
};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    kernel::Id,
};

/// By what was opened, in which round, and whether that is open. What was opened in a round before is no answer to this one.
fn over(state: OrderState, round: i32, opened: &[(i32, bool)]) -> bool {
    if opened.iter().any(|(_, open)| *open) {
        return false;
    }
    opened.iter().any(|(then, _)| *then == round) || matches!(state, OrderState::Archived | OrderState::Revoked)
}

/// Those of these orders that have ended; one that was merged ends as the one that goes on for it.
pub fn ended(tx: &mut Tx, rows: &[Order]) -> Result<HashSet<Id>> {
    let mut going: Vec<(Id, Order)> = rows.iter().map(|row| (row.id, row.clone())).collect();
    loop {
        let into: Vec<Id> = going.iter().filter_map(|(_, row)| row.merged_into_id).collect();
        if into.is_empty() {
            break;
        }
        let found = store::orders_by_id(tx, &into)?;
        for (_, row) in going.iter_mut().filter(|(_, row)| row.merged_into_id.is_some()) {
            let next = found.iter().find(|f| Some(f.id) == row.merged_into_id);
            *row = next.cloned().ok_or_else(|| Error::Corrupt("merged into nothing".into()))?;
        }
    }
    let links = store::links_of(tx, &going.iter().map(|(_, row)| row.id).collect::<Vec<_>>())?;
    let open = opened(tx, &links)?;
    let of = |row: &Order| -> Vec<(i32, bool)> { links.iter().filter(|l| l.order_id == row.id).map(|l| (l.round, open.contains(&l.id))).collect() };
    Ok(going.iter().filter(|(_, row)| over(row.state, row.round, &of(row))).map(|(id, _)| *id).collect())
}

/// Which links lead to what is open.
fn opened(tx: &mut Tx, links: &[Link]) -> Result<HashSet<Id>> {
    Ok(opening::states(tx, links)?.into_iter().filter(|s| s.open).map(|s| s.link).collect())
}

/// One order, with its links.
pub(super) fn has_ended(tx: &mut Tx, row: &Order, links: &[Link]) -> Result<bool> {
    if row.merged_into_id.is_some() {
        return Ok(!ended(tx, std::slice::from_ref(row))?.is_empty());
    }
    let open = opened(tx, links)?;
    let links: Vec<(i32, bool)> = links.iter().map(|l| (l.round, open.contains(&l.id))).collect();
    Ok(over(row.state, row.round, &links))
}

/// What was merged into an order has ended with it, or goes on with it.
pub(super) fn tell_merged(tx: &mut Tx, actor: &Actor, into: &Order, ended: bool) -> Result<()> {
    for row in store::merged_into(tx, into.id)? {
        let mut gone: Loaded = load::load_locked(tx, row.id)?;
        gone.save(tx, actor, Told::new("target_ended", json!({ "into": into.number, "open": !ended })).public())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_and_of_which_round() {
        use OrderState as S;
        for (state, round, opened, expected) in [
            (S::Replied, 1, &[][..], false),
            (S::ReturnVisit, 1, &[], false),
            (S::Archived, 1, &[], true),
            (S::Revoked, 1, &[], true),
            (S::Handling, 1, &[(1, true)], false),
            (S::Handling, 1, &[(1, false)], true),
            (S::Replied, 1, &[(1, false)], true),
            (S::Handling, 2, &[(1, false)], false),
            (S::Archived, 2, &[(1, false)], true),
            (S::Archived, 1, &[(1, false), (1, true)], false),
        ] {
            assert_eq!(over(state, round, opened), expected, "{state:?} {round} {opened:?}");
        }
    }
}
