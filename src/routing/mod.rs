//! The relay 接力: who should handle a matter and why; the transfer that moves custody; the joint handling that leaves it
//! where it is; and the arbitration that decides where nobody agrees.
//!
//! Inside: `rules` < `resolver` < `arbitration` < `transfers`, `joint` < `deciding`, `relay`.

pub mod api;
pub mod arbitration;
mod deciding;
pub mod joint;
#[cfg(test)]
mod model_tests;
mod relay;
mod resolver;
pub mod rules;
pub mod transfers;

pub use deciding::{DecisionInput, ON_DECIDED, decide};
pub use resolver::{Explanation, Relation, Resolution, ResolveInput, decide as who_handles, resolve, resolve_for};
pub use transfers::{TransferInput, TransferView, offer_as};

use std::sync::OnceLock;

use crate::{
    auth::Actor,
    db::{Result, Tx},
    entrustments::ClosedMatter,
    kernel::{Id, Problem},
};

/// What higher rooms do in the transaction in which a transfer or a joint handling is offered, answered or ends, with its
/// matter and its id: set by `app`.
pub static ON_RELAY: OnceLock<RelayHook> = OnceLock::new();

/// What is done then.
pub type RelayHook = fn(&mut Tx, &Actor, Id, Id) -> Result<()>;

fn relayed(tx: &mut Tx, actor: &Actor, matter: Id, about: Id) -> Result<()> {
    ON_RELAY.get().map_or(Ok(()), |hook| hook(tx, actor, matter, about))
}

/// A matter has ended: what the relay still held open for it falls.
pub fn fall(tx: &mut Tx, actor: &Actor, matter: &ClosedMatter) -> Result<()> {
    transfers::fall(tx, actor, matter)?;
    joint::fall(tx, actor, matter)?;
    arbitration::fall(tx, actor, matter)
}

/// Names of papers: short and none empty.
fn lines(papers: &[String], at: &str) -> Result<(), Problem> {
    if papers.iter().any(|p| p.is_empty() || p.chars().count() > 200) {
        return Err(Problem::rule(at, "length", "每项应为 1 到 200 个字。", "1 to 200 characters each."));
    }
    Ok(())
}
