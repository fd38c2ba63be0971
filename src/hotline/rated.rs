//! An order whose reply was accepted is rated 好差评, once however often it is handled again. What the return visit finds is the
//! hotline's own (the three rates), and no rating.

use super::{load::Loaded, machine::OrderState};
use crate::{
    auth::Actor,
    catalogue,
    db::{Result, Sealed, Tx},
    evaluations::occasions::{self, OccasionKind, ServedRecord},
    kernel::Id,
    organization,
};

/// What was served, as whoever called rates it, once the hotline has accepted the reply.
pub fn on_accepted(tx: &mut Tx, actor: &Actor, loaded: &Loaded) -> Result<()> {
    let row = &loaded.row;
    let accepted = matches!(row.state, OrderState::ReturnVisit | OrderState::Archived);
    let (Some(served_at), true) = (row.replied_at, accepted) else { return Ok(()) };
    // Whoever did not say who they are, or wants it kept secret, is sent nothing, and kept nowhere else.
    let withheld = row.withheld();
    let told = |said: &str| Some(said.trim().to_owned()).filter(|said| !said.is_empty() && !withheld);
    let item = match &loaded.details.item {
        Some(reference) => catalogue::store::item_by_reference(tx, reference)?.map(|i| (i.id, i.name)),
        None => None,
    };
    let replied_by: Option<Id> = loaded.details.replies.last().and_then(|reply| reply.by);
    let served = ServedRecord {
        kind: OccasionKind::HotlineOrder,
        source_by: row.home_center_id,
        service_no: row.number.clone(),
        center: organization::load(tx, row.center_id)?,
        window_id: None,
        staff_id: row.assignee_id.or(replied_by),
        item,
        served_at,
        applicant_id: None,
        name: told(&loaded.details.name).map(|name| Sealed::seal(tx.vault, &name)).transpose()?,
        phone: told(&loaded.details.phone).map(|phone| Sealed::seal(tx.vault, &phone)).transpose()?,
        client_id: row.client_id,
    };
    occasions::open_of_record(tx, actor, served)
}
