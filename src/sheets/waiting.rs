//! What of sheets and rungs waits for whom, for the worklist.

use super::{
    ladder,
    load::Loaded,
    machine::{RungAction, RungState, SheetAction, SheetState},
    store,
};
use crate::{
    access::Sight,
    auth::Actor,
    db::{Result, Tx},
    kernel::Id,
    organization,
};

/// Those of these sheets that wait for the caller: the leader to sign and to answer what is asked, the department to take in
/// and to reply, the center to confirm.
pub fn sheets_awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let mut mine = Vec::new();
    for row in store::sheets_by_id(tx, ids)? {
        let id = row.id;
        let next = match row.state {
            SheetState::Drafted => SheetAction::Issue,
            SheetState::Issued => SheetAction::SignIn,
            SheetState::SignedIn => SheetAction::Reply,
            SheetState::ExtensionRequested => SheetAction::GrantExtension,
            SheetState::Replied => SheetAction::Confirm,
            SheetState::Confirmed | SheetState::Returned | SheetState::Cancelled => continue,
        };
        let loaded = Loaded::of(tx, actor, row, Sight::CLEAR)?;
        // What another part must do first is the caller's all the same: it does not vanish from their list.
        let own = next == SheetAction::Issue && loaded.facts.own_draft;
        if !own && loaded.permits(actor, next) {
            mine.push(id);
        }
    }
    Ok(mine)
}

/// Those of these rungs that wait for the caller to confirm or reject them.
pub fn rungs_awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let mut mine = Vec::new();
    for row in store::rungs_by_id(tx, ids)?.into_iter().filter(|r| r.state == RungState::Proposed) {
        let center = organization::load(tx, row.center_id)?;
        if ladder::permits(actor, &row, &center, RungAction::Confirm) {
            mine.push(row.id);
        }
    }
    Ok(mine)
}
