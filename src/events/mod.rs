//! What happened: one row per event, written in the transaction of its change. The row is the timeline entry and the
//! outbox entry at once. Its parameters are codes, numbers and names of centers, never prose or personal data; what a
//! person said with the change is sealed beside them, for the timeline of those who see the record in clear.

pub mod api;
pub mod cloud;
pub mod covering;
pub mod feed;
pub mod kinds;
pub mod seeing;
pub mod store;

use serde_json::Value;

use crate::{
    auth::Actor,
    db::{Json, Result, Sealed, Tx, code_enum},
    kernel::Id,
};
pub use store::Event;

code_enum! {
    /// Who may read a timeline entry.
    Audience in "audiences" {
        Public "public" "公开",
        Applicant "applicant" "申请人",
        Staff "staff" "工作人员",
    }
}

/// A new event.
pub struct NewEvent<'a> {
    /// `entrustment`, `transfer`, …
    pub record_kind: &'static str,
    /// Which record.
    pub record_id: Id,
    /// Its version after the change; 0 for what time alone raised.
    pub version: i64,
    /// Such as `entrustment.accepted`.
    pub kind: &'a str,
    /// Who may read it.
    pub audience: Audience,
    /// Codes, numbers, names of centers.
    pub params: Value,
    /// What a person said with it: sealed, never sent out.
    pub words: Option<&'a str>,
}

/// Writes the event of a change.
pub fn record(tx: &mut Tx, actor: &Actor, event: NewEvent) -> Result<()> {
    let said = event.words.filter(|w| !w.is_empty());
    let said = said.map(|w| covering::words(tx, event.record_kind, event.record_id, w)).transpose()?;
    let row = Event {
        id: Id::new(),
        position: None,
        record_kind: event.record_kind.to_owned(),
        record_id: event.record_id,
        record_version: event.version,
        kind: event.kind.to_owned(),
        audience: event.audience,
        actor_kind: actor.kind.to_owned(),
        actor_id: actor.id,
        actor_label: actor.label.clone(),
        params: Json::new(&event.params)?,
        occurred_at: tx.now,
        created_at: crate::kernel::Moment::system(),
        words: said.map(|w| Sealed::seal(tx.vault, &w)).transpose()?,
    };
    if event.version == 1
        && let Some(client) = actor.through
    {
        // The portal by which an applicant began it hears what becomes of it.
        store::let_hear(tx, event.record_id, client)?;
    }
    store::insert(tx, &row)
}
