//! How often matters and requests went from level to level.

use super::{
    cells::{CELL, WHOLE, day_number},
    facts::{HAND_OVER, JOINT, flow},
    model::{RelayFlow, RelayFlows},
    question::{Question, filtered},
    store::{self, Summed},
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    kernel::{Code as _, Problem},
    organization::CenterLevel,
};

filtered! {
    /// Which flows.
    RelayParams {}
}

/// The flows to centers at or below the one asked.
pub fn flows(tx: &mut Tx, actor: &Actor, params: &RelayParams) -> Result<RelayFlows> {
    let q = Question::of(tx, actor, &params.filters())?;
    if q.level.is_some() || !q.only.is_empty() || (q.own && params.scope.is_some()) {
        return Err(
            Problem::parameter("scope", "unknown_dimension", "接力流向只按中心（含下级）和期间统计。", "Flows are told by center and period alone.").into()
        );
    }
    let node: Vec<i32> = store::keys(tx, &[q.center.id.to_string()])?.into_iter().filter(|k| k.1 == "center").map(|k| k.0).collect();
    let slice = if q.own { CELL } else { WHOLE };
    let measures = (HAND_OVER..JOINT + 100).collect();
    let of = Summed { slice, nodes: node, measures, from: day_number(q.from), to: day_number(q.to), ..Summed::default() };
    let sums = store::sum(tx, &of)?;
    let mut flows = Vec::new();
    for (kind, code, label) in [(HAND_OVER, "hand_over", "转办、指定办理"), (JOINT, "joint", "提请联办")] {
        for from in CenterLevel::ALL {
            for to in CenterLevel::ALL {
                let count: i64 = sums.iter().filter(|s| s.measure == flow(kind, *from, *to)).map(|s| s.n).sum();
                if count > 0 {
                    flows.push(RelayFlow { kind: code.into(), kind_label: label.into(), from: *from, to: *to, count });
                }
            }
        }
    }
    flows.sort_by(|a, b| (b.count, &a.kind, a.from.code(), a.to.code()).cmp(&(a.count, &b.kind, b.from.code(), b.to.code())));
    Ok(RelayFlows { asked: q.told(tx)?, flows })
}
