//! What of meetings and resolutions waits for whom, for the worklist.

use std::collections::HashSet;

use super::{
    machine::{MeetingState, ResolutionState},
    model::{Party, PartyKind},
    parties,
    store::{self, Meeting, Resolution},
};
use crate::{
    auth::{Actor, Role},
    db::{Result, Tx},
    kernel::Id,
};

/// Whether the caller runs what a center called: at its desk, or as the host.
fn runs(actor: &Actor, center: Id, host: Id) -> bool {
    let at = |role: Role| actor.nodes(role).any(|node| node == center.as_str());
    at(Role::Clerk) || at(Role::CenterManager) || actor.answers_for(host)
}

/// Those of these meetings that wait for the caller: to come, until they are over; to answer, where that is `asked`; and,
/// of who runs them, to be recorded and confirmed.
pub fn meetings_awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id], asked: bool) -> Result<Vec<Id>> {
    let now = tx.now;
    let rows = store::meetings_by_id(tx, ids)?;
    let ahead: Vec<Id> = rows.iter().filter(|row| row.state == MeetingState::Convened && row.ends_at > now).map(|row| row.id).collect();
    let own = store::invitees(tx, &ahead)?
        .into_iter()
        .filter(|i| (!asked || i.pending) && parties::speaks_for(actor, "meeting", "respond", &Party { kind: i.kind, id: i.party_id }));
    let comes: HashSet<Id> = own.map(|i| i.meeting_id).collect();
    let waits = |row: &&Meeting| comes.contains(&row.id) || (!asked && runs(actor, row.center_id, row.host_id));
    Ok(rows.iter().filter(waits).map(|row| row.id).collect())
}

/// Those of these resolutions that wait for the caller: the owner to carry them out, who called the meeting to confirm, the
/// leader in charge while one that has come to them is not carried out.
pub fn resolutions_awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let leads = |row: &Resolution| match row.leader_id {
        Some(leader) => parties::speaks_for(actor, "resolution", "instruct", &Party { kind: PartyKind::User, id: leader }),
        None => actor.nodes(Role::CenterManager).any(|node| node == row.center_id.as_str()),
    };
    let waits = |row: &&Resolution| match row.state {
        ResolutionState::Open => parties::speaks_for(actor, "resolution", "carry_out", &row.owner()) || (row.escalated_at.is_some() && leads(row)),
        _ => runs(actor, row.center_id, row.host_id),
    };
    Ok(store::resolutions_by_id(tx, ids)?.iter().filter(waits).map(|row| row.id).collect())
}
