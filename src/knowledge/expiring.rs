//! What time does: an article whose last day is over is found no more. Its owner was told by the worklist before.

use serde_json::json;

use super::{machine::ArticleState as State, service, store};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx, dialect},
    events::Audience,
    kernel::Id,
    organization,
};

/// Whether the last day of an article is over.
pub fn anything_expired(tx: &mut Tx) -> Result<bool> {
    let today = tx.now.local_date().to_string();
    Ok(!store::expired(tx, &today, 1)?.is_empty())
}

/// Takes out of sight what holds no longer; answers how many. A draft of the next version stays as it is.
pub fn expire_due(tx: &mut Tx, batch: i64) -> Result<usize> {
    let actor = Actor::system("knowledge");
    let today = tx.now.local_date().to_string();
    let ids: Vec<Id> = store::expired(tx, &today, batch)?;
    for id in &ids {
        dialect::lock_root(tx.conn, "knowledge_articles", id.as_str())?;
        let Some(mut row) = store::article(tx, *id)?.filter(|row| row.live && row.valid_until < today) else { continue };
        row.live = false;
        if row.state == State::Published {
            row.state = State::Expired;
        }
        row.version += 1;
        row.updated_at = tx.now;
        service::hide(tx, row.id)?;
        if !store::save(tx, &row)? {
            return Err(Error::Contended);
        }
        let center = organization::load(tx, row.center_id)?;
        service::place(tx, &row, &center)?;
        service::tell(tx, &actor, &row, "expired", Audience::Staff, json!({}), None)?;
    }
    Ok(ids.len())
}
