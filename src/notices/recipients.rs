//! Whom an event concerns, and what can be said of its record.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::Value;

use super::kinds::{NoticeKind, NoticeParameter};
use crate::{
    appointments,
    auth::{self, Role},
    consultations::{self, ConsultationChannel},
    db::{Result, Tx},
    entrustments::{self, Entrustment},
    evaluations::{self, model::RatedKind, occasions},
    events::Event,
    forms, hotline,
    kernel::{Code as _, Id, Moment},
    organization::{self, Center},
    tickets::{self, store::TicketCaller},
    visits,
    webhooks::{self, PauseReason},
};

/// Somebody to tell.
#[derive(Clone, Debug, Default)]
pub struct Recipient {
    /// The applicant they are, or act for.
    pub applicant_id: Option<Id>,
    /// The colleague they are.
    pub user_id: Option<Id>,
    /// Name.
    pub name: String,
    /// Telephone; empty where none is known.
    pub phone: String,
}

/// What is told to whom.
pub struct Telling {
    /// About what.
    pub kind: NoticeKind,
    /// The center that answers for the record.
    pub center: Option<Center>,
    /// To whom.
    pub to: Vec<Recipient>,
    /// What its text may name.
    pub params: BTreeMap<NoticeParameter, String>,
    /// Then it is of no use any more.
    pub expires_at: Option<Moment>,
}

fn text<'a>(params: &'a Value, key: &str) -> &'a str {
    params.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A day as people read it.
fn day(moment: Moment) -> String {
    moment.local_date().format("%Y年%-m月%-d日").to_string()
}

/// What the event itself says: codes' labels, amounts, days; never a person's words.
fn of_params(kind: NoticeKind, params: &Value) -> BTreeMap<NoticeParameter, String> {
    let mut all = BTreeMap::new();
    let detail = match kind {
        NoticeKind::MatterTerminated if params.get("unilateral").is_some() => "由中心依规终止，文书已送达。".to_owned(),
        NoticeKind::MatterTerminated if params.get("papers_held").and_then(Value::as_u64).is_some_and(|n| n > 0) => {
            "尚未退还的原件按终止单载明的期限和办法处理。".to_owned()
        }
        NoticeKind::TicketMerged => text(params, "into").to_owned(),
        NoticeKind::FeePayable => format!("项目：{}，金额：{}元。", text(params, "name"), text(params, "amount")),
        _ if !text(params, "reason").is_empty() => format!("原因：{}。", text(params, "reason")),
        _ => String::new(),
    };
    all.insert(NoticeParameter::Detail, detail);
    let due: Option<Moment> = params.get("due_at").cloned().and_then(|v| serde_json::from_value(v).ok());
    all.insert(NoticeParameter::Due, due.map_or_else(|| "规定期限".to_owned(), day));
    all
}

fn of_matter(tx: &mut Tx, kind: NoticeKind, e: &Entrustment, params: BTreeMap<NoticeParameter, String>) -> Result<Telling> {
    let center = organization::load(tx, e.custodian_id)?;
    let to = match (kind, e.assignee_id) {
        (NoticeKind::MatterAssigned, agent) => agent.map(|id| Recipient { user_id: Some(id), ..Recipient::default() }).into_iter().collect(),
        _ => {
            vec![Recipient { applicant_id: Some(e.applicant_id), user_id: None, name: e.contact_name.open(tx.vault)?, phone: e.contact_phone.open(tx.vault)? }]
        }
    };
    let mut params = params;
    params.insert(NoticeParameter::Number, e.number.clone());
    params.insert(NoticeParameter::Title, e.title.clone());
    params.insert(NoticeParameter::Center, center.name.clone());
    Ok(Telling { kind, center: Some(center), to, params, expires_at: None })
}

/// A day and an hour as people read them.
fn hour(moment: Moment) -> String {
    moment.plus(TimeDelta::hours(8)).utc().format("%-m月%-d日%H:%M").to_string()
}

/// Who asked is told that it was taken in, and that it is answered; not who had the answer on the spot, or hears of it from the hotline.
fn of_consultation(tx: &mut Tx, kind: NoticeKind, id: Id, params: BTreeMap<NoticeParameter, String>) -> Result<Option<Telling>> {
    let Some(row) = consultations::store::consultation(tx, id)? else { return Ok(None) };
    if row.channel == ConsultationChannel::Hotline || row.answered_at == Some(row.created_at) {
        return Ok(None);
    }
    let center = organization::load(tx, row.center_id)?;
    // The log of messages, which others read, names nobody who asked in confidence.
    let name = row.name.as_ref().filter(|_| !row.confidential).map_or(Ok(String::new()), |name| name.open(tx.vault))?;
    let phone = row.phone.as_ref().map_or(Ok(String::new()), |phone| phone.open(tx.vault))?;
    let to = vec![Recipient { applicant_id: row.applicant_id, user_id: None, name, phone }];
    let mut params = params;
    params.insert(NoticeParameter::Number, row.number.clone());
    params.insert(NoticeParameter::Title, "咨询导办".into());
    params.insert(NoticeParameter::Center, center.name.clone());
    Ok(Some(Telling { kind, center: Some(center), to, params, expires_at: None }))
}

/// Whoever comes is told when, and when not; after the hour nobody is told any more.
fn of_appointment(tx: &mut Tx, kind: NoticeKind, event: &Event, params: BTreeMap<NoticeParameter, String>) -> Result<Option<Telling>> {
    let Some(row) = appointments::store::appointment(tx, event.record_id)? else { return Ok(None) };
    let center = organization::load(tx, row.center_id)?;
    let window = appointments::store::window(tx, row.window_id)?;
    let (name, phone) = (row.contact_name.open(tx.vault)?, row.contact_phone.open(tx.vault)?);
    let mut params = params;
    params.insert(NoticeParameter::Number, row.number.clone());
    params.insert(NoticeParameter::Title, window.map_or_else(|| "窗口".to_owned(), |w| w.name));
    params.insert(NoticeParameter::Center, center.name.clone());
    params.insert(NoticeParameter::Time, hour(started(event)?.unwrap_or(row.start_at)));
    if let Some(why) = row.cancel_reason.filter(|_| kind == NoticeKind::AppointmentCancelled) {
        params.insert(NoticeParameter::Detail, format!("原因：{why}。请改约其他时段。"));
    }
    let to = vec![Recipient { applicant_id: row.applicant_id, user_id: None, name, phone }];
    Ok(Some(Telling { kind, center: Some(center), to, params, expires_at: Some(row.start_at) }))
}

/// When that begins of which an event tells: the record may say another time by now.
fn started(event: &Event) -> Result<Option<Moment>> {
    Ok(event.params.get()?.get("start").cloned().and_then(|start| serde_json::from_value(start).ok()))
}

/// Whoever asked to be visited is told when, or that nobody comes.
fn of_visit(tx: &mut Tx, kind: NoticeKind, event: &Event, params: BTreeMap<NoticeParameter, String>) -> Result<Option<Telling>> {
    let Some(row) = visits::store::visit(tx, event.record_id)? else { return Ok(None) };
    let center = organization::load(tx, row.center_id)?;
    let details = row.details.open(tx.vault)?;
    let mut params = params;
    params.insert(NoticeParameter::Number, row.number.clone());
    params.insert(NoticeParameter::Title, "上门服务".into());
    params.insert(NoticeParameter::Center, center.name.clone());
    if let Some(start) = started(event)? {
        params.insert(NoticeParameter::Time, hour(start));
    }
    let to = vec![Recipient { applicant_id: row.applicant_id, user_id: None, name: details.contact_name, phone: details.contact_phone }];
    if kind == NoticeKind::VisitCancelled {
        let how = if event.kind == "home_visit.declined" { "不予安排" } else { "已取消" };
        params.insert(NoticeParameter::Detail, how.into());
    }
    let expires_at = row.start_at.filter(|_| kind == NoticeKind::VisitArranged);
    Ok(Some(Telling { kind, center: Some(center), to, params, expires_at }))
}

fn of_evaluation(tx: &mut Tx, kind: NoticeKind, id: Id) -> Result<Option<Telling>> {
    let Some((row, phone, link)) = evaluations::reach(tx, id)? else { return Ok(None) };
    let center = organization::load(tx, row.center_id)?;
    // After its follow-up, in other words.
    let kind = if kind == NoticeKind::RatingOpen && row.round > 1 { NoticeKind::RatingAgain } else { kind };
    // Who asked a question, or called, knows it by its own number, not by that of the service that is rated.
    let number = match row.record_kind {
        RatedKind::ServiceOccasion => occasions::number_of_record(tx, row.record_id)?,
        _ => None,
    };
    let params = [
        (NoticeParameter::Number, number.unwrap_or_else(|| row.number.clone())),
        (NoticeParameter::Title, row.title.clone()),
        (NoticeParameter::Center, center.name.clone()),
        (NoticeParameter::Link, link),
        (NoticeParameter::Due, day(row.due_at)),
    ];
    let to = vec![Recipient { applicant_id: row.applicant_id, user_id: None, name: String::new(), phone: phone.unwrap_or_default() }];
    Ok(Some(Telling { kind, center: Some(center), to, params: params.into(), expires_at: Some(row.due_at) }))
}

/// Whoever asks here is told; of a merger, those who asked here until then; of a withdrawal, who withdrew.
fn of_ticket(tx: &mut Tx, kind: NoticeKind, event: &Event, params: BTreeMap<NoticeParameter, String>) -> Result<Option<Telling>> {
    let Some(ticket) = tickets::store::ticket(tx, event.record_id)? else { return Ok(None) };
    let center = organization::load(tx, ticket.center_id)?;
    let merged = ticket.merged_into_id.filter(|_| kind == NoticeKind::TicketMerged);
    let concerned = |c: &TicketCaller| match kind {
        NoticeKind::TicketWithdrawn => c.withdrawn_at == Some(event.occurred_at),
        NoticeKind::TicketMerged => c.origin_id == ticket.id && c.withdrawn_at.is_none(),
        _ => c.withdrawn_at.is_none(),
    };
    let mut to = Vec::new();
    for caller in tickets::store::callers(tx, merged.unwrap_or(ticket.id))?.into_iter().filter(concerned) {
        let (name, phone) = (caller.name.open(tx.vault)?, caller.phone.open(tx.vault)?);
        to.push(Recipient { applicant_id: caller.applicant_id, user_id: None, name, phone });
    }
    let mut params = params;
    params.insert(NoticeParameter::Number, ticket.number.clone());
    params.insert(NoticeParameter::Title, "“办不成事”反映".into());
    if kind == NoticeKind::TicketObjection {
        let how = if event.kind == "fallback_ticket.objection_upheld" { "成立，问题重新办理" } else { "不成立，维持不予受理" };
        params.insert(NoticeParameter::Detail, how.into());
    }
    params.insert(NoticeParameter::Center, center.name.clone());
    Ok(Some(Telling { kind, center: Some(center), to, params, expires_at: None }))
}

/// What the hotline wants of an order is told to who handles it in person, else to the counter of the center that has it; not to
/// whoever did it themselves.
fn of_order(tx: &mut Tx, kind: NoticeKind, event: &Event, params: BTreeMap<NoticeParameter, String>) -> Result<Option<Telling>> {
    let said = event.params.get()?;
    let waits = event.kind == "hotline_order.received" && said.get("dispatched").and_then(Value::as_bool) != Some(true);
    let Some(row) = hotline::store::orders_by_id(tx, &[event.record_id])?.pop().filter(|_| !waits) else { return Ok(None) };
    let center = organization::load(tx, row.center_id)?;
    let to = match row.assignee_id {
        Some(id) => vec![id],
        None => auth::store::holders(tx, Role::Clerk, center.id.as_str())?,
    };
    let others = to.into_iter().filter(|id| event.actor_id != Some(*id));
    let to = others.map(|id| Recipient { user_id: Some(id), ..Recipient::default() }).collect();
    let mut params = params;
    params.insert(NoticeParameter::Number, row.number.clone());
    params.insert(NoticeParameter::Title, format!("热线工单（{}）", row.order_type.label()));
    params.insert(NoticeParameter::Center, center.name.clone());
    params.insert(NoticeParameter::Detail, hotline::tell(&event.kind, &said));
    Ok(Some(Telling { kind, center: Some(center), to, params, expires_at: None }))
}

/// What stopped by itself is told to the administrators; what somebody has stopped they know.
fn of_webhook(tx: &mut Tx, kind: NoticeKind, event: &Event, params: BTreeMap<NoticeParameter, String>) -> Result<Option<Telling>> {
    let why = PauseReason::parse(text(&event.params.get()?, "reason_code")).filter(|why| *why != PauseReason::Asked);
    let (Some(why), Some(row)) = (why, webhooks::store::webhook(tx, event.record_id)?) else { return Ok(None) };
    let sealed = row.sealed.open(tx.vault)?;
    let client = row.client_id.map(|id| auth::store::client_by_id(tx, id)).transpose()?.flatten();
    let title = [sealed.description, client.map_or_else(String::new, |c| c.name), row.id.to_string()].into_iter().find(|name| !name.is_empty());
    let center = row.center_id.map(|id| organization::load(tx, id)).transpose()?;
    let to = auth::store::with_role(tx, Role::SystemAdmin)?;
    let to = to.into_iter().map(|id| Recipient { user_id: Some(id), ..Recipient::default() }).collect();
    let mut params = params;
    params.insert(NoticeParameter::Title, title.unwrap_or_default());
    params.insert(NoticeParameter::Detail, format!("原因：{}。", why.label()));
    Ok(Some(Telling { kind, center, to, params, expires_at: None }))
}

/// What an event tells, if anybody is to be told.
pub fn of_event(tx: &mut Tx, event: &Event) -> Result<Option<Telling>> {
    let Some(kind) = NoticeKind::of_event(&event.kind) else { return Ok(None) };
    let params = of_params(kind, &event.params.get()?);
    match event.record_kind.as_str() {
        "entrustment" => match entrustments::store::entrustment(tx, event.record_id)? {
            Some(e) => of_matter(tx, kind, &e, params).map(Some),
            None => Ok(None),
        },
        "evaluation" => of_evaluation(tx, kind, event.record_id),
        "fallback_ticket" => of_ticket(tx, kind, event, params),
        "hotline_order" => of_order(tx, kind, event, params),
        "consultation" => of_consultation(tx, kind, event.record_id, params),
        "appointment" => of_appointment(tx, kind, event, params),
        "home_visit" => of_visit(tx, kind, event, params),
        "webhook" => of_webhook(tx, kind, event, params),
        "form" => {
            let Some(link) = forms::open_link(tx, event.record_id)? else { return Ok(None) };
            let Some(e) = entrustments::store::entrustment(tx, link.entrustment_id)? else { return Ok(None) };
            let mut telling = of_matter(tx, kind, &e, params)?;
            telling.params.insert(NoticeParameter::Link, link.path);
            telling.params.insert(NoticeParameter::Due, day(link.until));
            telling.expires_at = Some(link.until);
            Ok(Some(telling))
        }
        _ => Ok(None),
    }
}

/// What tells the code that somebody asked for.
pub fn of_code(tx: &mut Tx, code: &evaluations::Outgoing) -> Result<Option<Telling>> {
    let Some(mut telling) = of_evaluation(tx, NoticeKind::RatingCode, code.evaluation_id)? else { return Ok(None) };
    let until = code.expires_at.plus(TimeDelta::hours(8)).utc();
    telling.params.remove(&NoticeParameter::Link);
    telling.params.insert(NoticeParameter::Code, code.message.code.clone());
    telling.params.insert(NoticeParameter::Due, until.format("%H:%M").to_string());
    telling.expires_at = Some(code.expires_at);
    telling.to = vec![Recipient { phone: code.message.phone.clone(), ..Recipient::default() }];
    Ok(Some(telling))
}
