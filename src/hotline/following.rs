//! How the hotline follows an order: first-responsible tracking, and every change in its own codes, to be pulled.

use serde::Serialize;
use serde_json::Value;

use super::{
    load::{self, KIND},
    machine::OrderState,
    mapping,
    model::OpenedKind,
    narrative, opening,
    store::{self, Order},
};
use crate::{
    access,
    auth::{Actor, Scope, policy, store as accounts},
    clocks::{self, ClockView},
    db::{Error, Result, Tx},
    events::{Audience, store as log},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, label_of},
    organization::{self, CenterBrief},
};

/// Who is answerable: by post and unit, never by name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineAnswerable)]
pub struct Answerable {
    /// The center.
    pub center: CenterBrief,
    /// Its telephone.
    pub phone: String,
    /// The department that handles it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Post of who handles it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    /// Post of whoever met it first 首问责任人, who stays answerable for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_responder_post: Option<String>,
}

/// One hand-over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineHandOver)]
pub struct HandOver {
    /// What happened, in plain Chinese.
    pub text: String,
    /// Type of the event.
    pub kind: String,
    /// When.
    pub at: Moment,
}

/// A record that it opened, and where that is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineTrackedRecord)]
pub struct TrackedRecord {
    /// Kind.
    pub kind: OpenedKind,
    /// In Chinese.
    pub kind_label: String,
    /// Its number.
    pub number: String,
    /// In Chinese.
    pub state_label: String,
    /// It has not ended.
    pub open: bool,
    /// Where it is now.
    pub center: CenterBrief,
    /// What happened with it, in plain Chinese, oldest first.
    pub story: Vec<HandOver>,
}

/// Where an order is, who is answerable, and until when.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineTracking)]
pub struct Tracking {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// The hotline's number.
    pub external_number: String,
    /// Round of handling.
    pub round: i32,
    /// State.
    pub state: OrderState,
    /// In Chinese.
    pub state_label: String,
    /// State in the hotline's code.
    pub external_state: String,
    /// In the hotline's words.
    pub external_state_name: String,
    /// The order that it was merged into, which goes on for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into_id: Option<Id>,
    /// Who is answerable now.
    pub answerable: Answerable,
    /// Every hand-over, oldest first.
    pub hand_overs: Vec<HandOver>,
    /// What it opened.
    pub records: Vec<TrackedRecord>,
    /// The limits.
    pub limits: Vec<ClockView>,
    /// As of when.
    pub as_of: Moment,
}

fn post(tx: &mut Tx, id: Option<Id>) -> Result<Option<String>> {
    let user = id.map(|id| accounts::user(tx, id)).transpose()?.flatten();
    Ok(user.map(|u| u.title).filter(|t| !t.is_empty()))
}

fn told(tx: &mut Tx, record: Id, keep: impl Fn(&str) -> bool, say: impl Fn(&str, &Value) -> String) -> Result<Vec<HandOver>> {
    let mut all = Vec::new();
    for event in log::timeline(tx, record, Audience::ALL, None, 200)? {
        if keep(&event.kind) {
            all.push(HandOver { text: say(&event.kind, &event.params.get()?), kind: event.kind, at: event.occurred_at });
        }
    }
    Ok(all)
}

const HAND_OVERS: &[&str] = &[
    "received",
    "dispatched",
    "redispatched",
    "signed",
    "assigned",
    "return_requested",
    "return_denied",
    "opened",
    "sub_assigned",
    "sub_answered",
    "record_ended",
    "replied_interim",
    "replied",
    "rehandled",
    "merged",
    "target_ended",
];

/// First-responsible tracking of an order: nothing personal of anybody.
pub fn tracking(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Tracking> {
    let loaded = load::load_seen(tx, actor, reference)?;
    let row = &loaded.row;
    let (_, codes) = mapping::in_force(tx, row.client_id)?;
    let (external_state, external_state_name) = codes.out(row.state);
    let department = row.department_id.map(|id| organization::department(tx, id)).transpose()?.flatten().map(|d| d.name);
    let own = |kind: &str| kind.strip_prefix("hotline_order.").is_some_and(|k| HAND_OVERS.contains(&k));
    let hand_overs = told(tx, row.id, own, narrative::tell)?;
    let mut records = Vec::new();
    for standing in opening::states(tx, &loaded.links)? {
        let Some(link) = loaded.links.iter().find(|l| l.id == standing.link) else { continue };
        // By the kinds of its events alone: whatever was said there stays there.
        let moved = |kind: &str| STORY.iter().any(|(k, _)| *k == kind);
        let say = |kind: &str, _: &Value| STORY.iter().find(|(k, _)| *k == kind).map_or_else(String::new, |(_, text)| (*text).to_owned());
        let story = told(tx, link.record_id, moved, say)?;
        records.push(TrackedRecord {
            kind: link.kind,
            kind_label: link.kind.label().into(),
            number: link.record_number.clone(),
            state_label: standing.label.clone(),
            open: standing.open,
            center: organization::brief(tx, standing.center_id)?,
            story,
        });
    }
    Ok(Tracking {
        id: row.id,
        number: row.number.clone(),
        external_number: row.external_number.clone(),
        round: row.round,
        state: row.state,
        state_label: label_of::<OrderState>(row.state.code()),
        external_state,
        external_state_name,
        merged_into_id: row.merged_into_id,
        answerable: Answerable {
            center: CenterBrief::from(&loaded.center),
            phone: loaded.center.phone.clone(),
            department,
            post: post(tx, row.assignee_id)?,
            first_responder_post: post(tx, row.first_responder_id)?,
        },
        hand_overs,
        records,
        limits: clocks::of_record(tx, row.id)?,
        as_of: tx.now,
    })
}

/// What of the records that it opened is told to the hotline.
const STORY: &[(&str, &str)] = &[
    ("fallback_ticket.registered", "已登记反映问题。"),
    ("fallback_ticket.triaged", "已分类。"),
    ("fallback_ticket.coordinating", "正在进行部门协调。"),
    ("fallback_ticket.settled", "已当场协调。"),
    ("fallback_ticket.assigned", "已交办承办部门。"),
    ("fallback_ticket.signed_in", "承办部门已签收。"),
    ("fallback_ticket.replied", "承办部门已办复。"),
    ("fallback_ticket.feedback_asked", "正在征求诉求人意见。"),
    ("fallback_ticket.feedback_satisfied", "诉求人表示满意。"),
    ("fallback_ticket.feedback_dissatisfied", "诉求人不满意，重新办理。"),
    ("fallback_ticket.cleared", "已销号。"),
    ("fallback_ticket.upheld", "暂不能解决，挂账。"),
    ("entrustment.submitted", "已收件。"),
    ("entrustment.accepted", "已受理。"),
    ("entrustment.completed", "已办结，待申请人签收。"),
    ("entrustment.closed", "申请人已签收。"),
    ("entrustment.rejected", "不予受理。"),
    ("entrustment.withdrawn", "申请人已撤回。"),
    ("entrustment.terminated", "已终止。"),
    ("consultation.taken_in", "已登记咨询。"),
    ("consultation.answered", "已答复。"),
    ("consultation.closed", "咨询已办结。"),
];

/// One change, in the hotline's own codes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineChange)]
pub struct HotlineChange {
    /// Place in the feed: send it next time.
    pub position: i64,
    /// Of the event; the same as in what is pushed.
    pub event_id: Id,
    /// What happened, such as `hotline_order.signed`.
    pub kind: String,
    /// In plain Chinese.
    pub text: String,
    /// Which order.
    pub order_id: Id,
    /// Its number here.
    pub number: String,
    /// The hotline's number.
    pub external_number: String,
    /// Round.
    pub round: i64,
    /// State after it.
    pub state: String,
    /// In the hotline's code.
    pub external_state: String,
    /// In the hotline's words.
    pub external_state_name: String,
    /// What was said with it, such as a reply or a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Codes and numbers.
    #[schema(value_type = Object)]
    pub params: Value,
    /// When.
    pub at: Moment,
}

/// Changes after a place.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineChanges)]
pub struct Changes {
    /// Oldest first.
    pub items: Vec<HotlineChange>,
    /// Send it as `after` next time.
    pub next_after: i64,
    /// There is more now.
    pub has_more: bool,
}

/// Events are looked at so many at a time, and so many times.
const BATCH: i64 = 500;
const BATCHES: usize = 10;

/// The changes of the caller's own orders after a place, in the order in which they became durable. What has no place yet comes
/// with the next question: nothing is skipped.
pub fn changes(tx: &mut Tx, actor: &Actor, after: i64, limit: usize) -> Result<Changes> {
    if !policy::may(actor, KIND, "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let scope = Scope::of(actor, KIND);
    let mut items = Vec::new();
    let (mut at, mut has_more) = (log::given(tx, after)?, false);
    'walk: for round in 0..BATCHES {
        let events = log::following_of(tx, KIND, at, BATCH)?;
        let ids: Vec<Id> = events.iter().map(|e| e.record_id).collect();
        let sights = access::sights(tx, &scope, &ids)?;
        let orders: Vec<Order> = store::orders_by_id(tx, &sights.keys().copied().collect::<Vec<_>>())?;
        let whole = events.len() == usize::try_from(BATCH).unwrap_or(usize::MAX);
        for event in events {
            let position = event.position.ok_or_else(|| Error::Corrupt("an event without its place".into()))?;
            if items.len() == limit {
                has_more = true;
                break 'walk;
            }
            at = position;
            let Some(row) = orders.iter().find(|o| o.id == event.record_id) else { continue };
            if event.kind == "hotline_order.revealed" {
                continue;
            }
            // Words are the hotline's whose order it is, and no one's else.
            let own = row.client_id.is_some() && row.client_id == actor.id;
            let words = event.words.filter(|_| own).map(|w| w.open(tx.vault)).transpose()?;
            let params = event.params.get()?;
            let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            items.push(HotlineChange {
                position,
                event_id: event.id,
                text: narrative::tell(&event.kind, &params),
                kind: event.kind,
                order_id: row.id,
                number: row.number.clone(),
                external_number: row.external_number.clone(),
                round: params.get("round").and_then(Value::as_i64).unwrap_or_else(|| i64::from(row.round)),
                state: text("state"),
                external_state: text("external_state"),
                external_state_name: text("external_state_name"),
                words,
                at: event.occurred_at,
                params,
            });
        }
        if !whole {
            break;
        }
        has_more = round + 1 == BATCHES;
    }
    Ok(Changes { items, next_after: at, has_more })
}
