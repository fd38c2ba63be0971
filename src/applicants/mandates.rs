//! Mandates 授权委托: who may act for an applicant, in which items, from when until when. A revoked one blocks what is done
//! under it at once.

use super::{
    model::MandateState,
    store::{self, Mandate},
};
use crate::{
    auth::store as accounts,
    db::{Error, Result, Tx},
    kernel::{Id, Moment},
};

impl Mandate {
    /// Whether it holds today.
    pub fn holds(&self, now: Moment) -> bool {
        let today = now.local_date().to_string();
        self.state == MandateState::Active && self.valid_from <= today && self.valid_until.as_ref().is_none_or(|last| *last >= today)
    }

    /// Whether it holds today for matters of an item.
    pub fn covers(&self, item: Id, now: Moment) -> Result<bool> {
        let items = self.items.get()?;
        Ok(self.holds(now) && (items.is_empty() || items.iter().any(|i| i == item.as_str())))
    }
}

/// Whether a person who acts by an account of their own may act in matters of an item now.
pub fn account_covers(tx: &mut Tx, user: Id, item: Id) -> Result<bool> {
    let Some(id) = accounts::user(tx, user)?.and_then(|u| u.mandate_id) else { return Ok(false) };
    let now = tx.now;
    store::mandate(tx, id)?.map_or(Ok(false), |m| m.covers(item, now))
}

/// Ends a mandate: the account that acted under it acts for nobody from this moment on.
pub fn end(tx: &mut Tx, mandate: &mut Mandate, state: MandateState) -> Result<bool> {
    mandate.state = state;
    mandate.version += 1;
    mandate.updated_at = tx.now;
    if let Some(mut account) = mandate.user_id.map(|id| accounts::user(tx, id)).transpose()?.flatten() {
        account.applicant_id = None;
        account.mandate_id = None;
        if !accounts::save_user(tx, &account)? {
            return Err(Error::Contended);
        }
    }
    store::save_mandate(tx, mandate)
}

const BATCH: i64 = 50;

/// Ends what is past its last day: a job of the worker.
pub fn expire(tx: &mut Tx) -> Result<usize> {
    let today = tx.now.local_date().to_string();
    let ended = store::ended(tx, &today, BATCH)?;
    let count = ended.len();
    for mut mandate in ended {
        if !end(tx, &mut mandate, MandateState::Expired)? {
            return Err(Error::Contended);
        }
    }
    Ok(count)
}

/// Whether [`expire`] has anything to do.
pub fn anything_ended(tx: &mut Tx) -> Result<bool> {
    let today = tx.now.local_date().to_string();
    Ok(!store::ended(tx, &today, 1)?.is_empty())
}
