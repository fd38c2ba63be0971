//! What the records of late limits are called: by number, and by what they are; never by whom they are about.

use std::collections::BTreeMap;

use crate::{
    batches,
    clocks::LateLimit,
    consultations,
    db::{Result, Tx},
    entrustments, follow_ups, hotline,
    kernel::{Code as _, Id},
    meetings, reminders, return_visits,
    routing::{arbitration, joint, transfers},
    sheets, tickets,
};

/// Number and title of each.
pub(super) fn names(tx: &mut Tx, late: &[LateLimit]) -> Result<BTreeMap<Id, (String, String)>> {
    let mut kinds: Vec<&str> = late.iter().map(|l| l.record_kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut all = BTreeMap::new();
    for kind in kinds {
        let ids: Vec<Id> = late.iter().filter(|l| l.record_kind == kind).map(|l| l.late.record_id).collect();
        all.extend(of_kind(tx, kind, &ids)?);
    }
    Ok(all)
}

fn of_kind(tx: &mut Tx, kind: &str, ids: &[Id]) -> Result<Vec<(Id, (String, String))>> {
    let called = |label: &'static str| move |(id, number): (Id, String)| (id, (number, label.to_owned()));
    Ok(match kind {
        "entrustment" => entrustments::store::entrustments_by_id(tx, ids)?.into_iter().map(|e| (e.id, (e.number, e.title))).collect(),
        "assignment_sheet" => {
            let rows = sheets::store::sheets_by_id(tx, ids)?.into_iter();
            rows.map(|s| (s.id, (s.number.clone(), format!("交办单（{}）", s.role().label())))).collect()
        }
        "transfer" => transfers::store::transfers_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("转办")).collect(),
        "joint_handling" => joint::store::joint_handlings_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("联办")).collect(),
        "arbitration" => arbitration::store::arbitrations_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("指定办理")).collect(),
        "reminder" => reminders::store::reminders_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("催办")).collect(),
        "resolution" => meetings::store::resolutions_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("会议决议")).collect(),
        "fallback_ticket" => tickets::store::tickets_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("“办不成事”反映")).collect(),
        "ticket_batch" => batches::store::batches_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("提请批次")).collect(),
        "return_visit" => return_visits::store::visits_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("回访")).collect(),
        "follow_up" => follow_ups::store::follow_ups_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("差评整改")).collect(),
        "hotline_order" => hotline::store::orders_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("热线工单")).collect(),
        "consultation" => consultations::store::consultations_by_id(tx, ids)?.into_iter().map(|r| (r.id, r.number)).map(called("咨询")).collect(),
        _ => Vec::new(),
    })
}
