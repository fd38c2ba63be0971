//! The demo's service occasions, tablets and recorded comments, one for each documented example that uses one up.

use serde_json::json;

use super::{demo::fixed, matters::actor};
use crate::{
    comments,
    db::{Result, Tx},
    entrustments::Identity,
    evaluations::{
        devices,
        occasions::{self, OccasionKind},
    },
    kernel::{Code as _, random_token},
    organization,
};

/// Enters what is not there yet.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    let Some(center) = organization::store::center_by_division(tx, "320623000000")? else { return Ok(()) };
    let clerk = actor(tx, "rd_clerk")?;
    let (agent, window) = (fixed("user", "rd_agent"), fixed("window", "rd-1"));
    let kinds = [OccasionKind::Counter, OccasionKind::Counter, OccasionKind::Consultation, OccasionKind::Counter, OccasionKind::Other];
    for (n, kind) in (1..).zip(kinds) {
        let number = format!("FW-320623-20260105-{n:06}-{}", 100 + n);
        if occasions::store::by_number(tx, &number)?.is_some() {
            continue;
        }
        let input = json!({
            "service_no": format!("A10{n}-20260105"), "kind": kind.code(), "center": "320623000000", "window_id": window, "staff_id": agent,
            "contact": { "name": "联系人甲", "phone": "13900001234" },
        });
        let identity = Identity { id: fixed("service_occasion", &n.to_string()), number };
        occasions::open_as(tx, &clerk, &serde_json::from_value(input)?, Some(identity))?;
    }
    let yesterday = tx.now.local_date() - chrono::Days::new(1);
    for (n, said) in (1..).zip(["取号机旁没有人引导，老人不会用", "取号机旁没有人引导，希望有人帮忙"]) {
        let number = format!("DP-320623-20260105-{n:06}-{}", 100 + n);
        if comments::store::comment_by_number(tx, &number)?.is_some() {
            continue;
        }
        let input = json!({ "source": "letter_box", "received_on": yesterday, "text": said });
        let identity = Identity { id: fixed("open_comment", &number), number };
        comments::record_as(tx, &clerk, &serde_json::from_value(input)?, Some(identity))?;
    }
    let manager = actor(tx, "rd_manager")?;
    for n in 1..=2 {
        let id = fixed("rating_device", &n.to_string());
        if devices::store::device(tx, id)?.is_some() {
            continue;
        }
        let input = json!({ "name": format!("综合窗口 {n} 号评价器"), "window_id": window });
        // Nobody knows its token: a demo registers its own.
        devices::enter(tx, &manager, id, &center, &serde_json::from_value(input)?, &random_token())?;
    }
    Ok(())
}
