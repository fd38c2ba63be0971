//! What of sheets and rungs waits for whom, for the worklist.

use super::{
    ladder, load,
    machine::{RungAction, RungState, SheetAction, SheetState},
    store,
};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    kernel::Id,
    organization::{self, Center},
};

fn center_of(centers: &[Center], id: Id) -> Result<&Center> {
    centers.iter().find(|c| c.id == id).ok_or_else(|| Error::Corrupt("center gone".into()))
}

/// Those of these sheets that wait for the caller: the leader to sign and to answer what is asked, the department to take in
/// and to reply, the center to confirm.
pub fn sheets_awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let rows = store::sheets_by_id(tx, ids)?;
    let centers = organization::store::centers_by_id(tx, &rows.iter().map(|r| r.center_id).collect::<Vec<_>>())?;
    let mut mine = Vec::new();
    for row in rows {
        let id = row.id;
        let next = match row.state {
            SheetState::Drafted => SheetAction::Issue,
            SheetState::Issued => SheetAction::SignIn,
            SheetState::SignedIn => SheetAction::Reply,
            SheetState::ExtensionRequested => SheetAction::GrantExtension,
            SheetState::Replied => SheetAction::Confirm,
            SheetState::Confirmed | SheetState::Returned | SheetState::Cancelled => continue,
        };
        // What another part must do first is the caller's all the same: it does not vanish from their list.
        let own = next == SheetAction::Issue && actor.id.is_some() && row.drafted_by == actor.id;
        if !own && load::permits(actor, &row, center_of(&centers, row.center_id)?, next) {
            mine.push(id);
        }
    }
    Ok(mine)
}

/// Those of these rungs that wait for the caller to confirm or reject them.
pub fn rungs_awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let rows = store::rungs_by_id(tx, ids)?;
    let centers = organization::store::centers_by_id(tx, &rows.iter().map(|r| r.center_id).collect::<Vec<_>>())?;
    let mut mine = Vec::new();
    for row in rows.into_iter().filter(|r| r.state == RungState::Proposed) {
        if ladder::permits(actor, &row, center_of(&centers, row.center_id)?, RungAction::Confirm) {
            mine.push(row.id);
        }
    }
    Ok(mine)
}
