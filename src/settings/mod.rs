//! What differs from city to city: (node, name, value), inherited down the center tree, with compiled defaults.

mod store;

pub use store::put;

use serde::{Deserialize, Serialize};

use crate::{
    clocks::{Limit, Unit},
    db::{Result, Tx},
};

/// The rules of a center, as its tree sets them. Defaults are those of DOMAIN §9.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Accept an entrustment.
    pub accept_limit: Limit,
    /// Answer a transfer.
    pub transfer_limit: Limit,
    /// Supply missing material.
    pub supply_limit: Limit,
    /// Sign the agreement, sign the completion.
    pub sign_limit: Limit,
    /// How long an evaluation stays open.
    pub evaluation_limit: Limit,
    /// Handling limit of an item that promises none.
    pub default_promise: Limit,
    /// Returns of one center for one matter, before arbitration.
    pub returns_per_center: u32,
    /// Returns in all.
    pub returns_total: u32,
    /// Accepted transfers of one matter.
    pub max_hand_overs: u32,
    /// Longest suspension by the center, in natural days.
    pub suspension_days: u32,
}

impl Default for Rules {
    fn default() -> Self {
        let wd = |value| Limit { value, unit: Unit::WorkingDay };
        Self {
            accept_limit: wd(1),
            transfer_limit: wd(1),
            supply_limit: wd(15),
            sign_limit: wd(10),
            evaluation_limit: Limit { value: 15, unit: Unit::NaturalDay },
            default_promise: wd(20),
            returns_per_center: 1,
            returns_total: 2,
            max_hand_overs: 4,
            suspension_days: 30,
        }
    }
}

/// The node that holds for every city.
pub const EVERYWHERE: &str = "*";

/// The rules at the end of `path` (`/root/…/self/`): each key from the nearest node that sets it.
pub fn rules(tx: &mut Tx, path: &str) -> Result<Rules> {
    let mut nodes: Vec<String> = vec![EVERYWHERE.to_owned()];
    nodes.extend(path.split('/').filter(|p| !p.is_empty()).map(str::to_owned));
    let rows = store::values(tx, &nodes)?;
    let mut merged = serde_json::to_value(Rules::default())?;
    for node in &nodes {
        for (_, name, value) in rows.iter().filter(|(n, ..)| n == node) {
            if let Some(slot) = merged.get_mut(name) {
                *slot = serde_json::from_str(value)?;
            }
        }
    }
    Ok(serde_json::from_value(merged)?)
}
