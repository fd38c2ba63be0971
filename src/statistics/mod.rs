//! Figures of what was done (DOMAIN §11), by center, period, item, channel, mode and department.
//!
//! What a record contributes is a pure function of it (`facts.rs`). The event log says which records changed; a job follows it,
//! works their contributions out anew, and brings the difference into the rollups in the same transaction (`keeping.rs`). So the
//! write path pays nothing, nothing is lost, and `jieli stats verify` can recount everything (`checking.rs`). What depends on the
//! time of asking, such as what is past due, is counted from contributions on the day on which it begins and ends.

mod answering;
pub mod api;
mod cells;
pub mod checking;
mod door;
mod drawing;
mod facts;
mod gathering;
mod hiding;
mod keeping;
mod model;
pub mod periods;
mod public;
mod question;
mod relay;
mod store;
mod totals;
mod traces;
mod tracing;

pub use door::{counted, of_center};
pub use facts::is_personal;
pub use keeping::{as_of, follow};
pub use model::{CenterScope, Interval, StatisticsFigure};
pub use periods::freezing::{freeze, freezing};
pub use public::{PublicMonth, published_months};
pub use question::{About, Question};
pub use totals::total;
pub use tracing::{FigureSide, TRACED, behind, kind_label, told, withheld};

use crate::db::{Result, Tx};

/// Whether something happened that is not counted yet.
pub fn waits(tx: &mut Tx) -> Result<bool> {
    keeping::behind(tx)
}

/// Whether the figures are being written anew, and are not whole meanwhile.
pub fn is_rebuilding(tx: &mut Tx) -> Result<bool> {
    Ok(store::progress(tx)?.1)
}
