//! How supervision orders are answered. They name offices and numbers, never an applicant: whoever sees one reads its words.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    machine::{SupervisedKind, SupervisionReason, SupervisionState},
    model::{AnsweredSupervision, SupervisionNote},
    service::{addressee, allowed, by_reference},
    store::{self, Supervision},
};
use crate::{
    access,
    attachments::{self, AttachmentView},
    auth::{Actor, Scope},
    clocks::{self, ClockView},
    db::{Result, Tx},
    kernel::{Code as _, Id, ListQuery, Moment, Page, Problem},
    organization,
};

/// A supervision order as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SupervisionView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "DC-320623-20260105-000001-101")]
    pub number: String,
    /// State.
    pub state: SupervisionState,
    /// In Chinese.
    pub state_label: String,
    /// Why.
    pub reason: SupervisionReason,
    /// In Chinese.
    pub reason_label: String,
    /// Center in whose name it was issued.
    pub from_center_id: Id,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_by: Option<Id>,
    /// Center that is supervised, or that of the department.
    pub to_center_id: Id,
    /// Department that is supervised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_department_id: Option<Id>,
    /// Who is supervised, by name.
    pub to: String,
    /// What kind of record it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about_kind: Option<SupervisedKind>,
    /// Which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about_id: Option<Id>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about_number: Option<String>,
    /// The order that it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows_id: Option<Id>,
    /// What is to be done.
    pub matter: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<String>,
    /// The answer that waits, or that closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnsweredSupervision>,
    /// How often an answer was sent back.
    pub sent_back: i32,
    /// How often it was extended.
    pub extensions: i32,
    /// Answered late, or overdue now.
    pub late: bool,
    /// Next deadline of the addressee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// The deadline has passed.
    pub overdue: bool,
    /// When answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Moment>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Moment>,
    /// What was done, oldest first; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<SupervisionNote>>,
    /// Its limits; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Vec<ClockView>>,
    /// Uploaded with answers; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<AttachmentView>>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When issued.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(SupervisionView, "supervision");

fn render(tx: &Tx, row: Supervision, to: String) -> Result<SupervisionView> {
    let record = row.record.open(tx.vault)?;
    let overdue = row.due_at <= tx.now;
    Ok(SupervisionView {
        to,
        id: row.id,
        number: row.number,
        state: row.state,
        state_label: row.state.label().into(),
        reason: row.reason,
        reason_label: row.reason.label().into(),
        from_center_id: row.from_center_id,
        issued_by: row.issued_by,
        to_center_id: row.to_center_id,
        to_department_id: row.to_department_id,
        about_kind: row.about_kind,
        about_id: row.about_id,
        about_number: row.about_number,
        follows_id: row.follows_id,
        matter: record.matter,
        responsible: record.responsible,
        answer: record.answer,
        sent_back: row.sent_back,
        extensions: row.extensions,
        late: row.late || overdue,
        due_at: row.due_at.known(),
        overdue,
        answered_at: row.answered_at,
        closed_at: row.closed_at,
        notes: None,
        clocks: None,
        attachments: None,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// One order, whole.
pub(super) fn view(tx: &mut Tx, actor: &Actor, row: Supervision) -> Result<SupervisionView> {
    let sight = access::sight(tx, &Scope::of(actor, "supervision"), row.id)?.ok_or_else(Problem::not_found)?;
    let record = row.record.open(tx.vault)?;
    let (id, to, allowed) = (row.id, addressee(tx, &row)?, allowed(actor, &row, &record));
    Ok(SupervisionView {
        notes: Some(record.notes),
        clocks: Some(clocks::of_record(tx, id)?),
        attachments: Some(attachments::of_record(tx, id, sight.masked)?),
        allowed_actions: Some(allowed),
        ..render(tx, row, to)?
    })
}

/// One order.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<SupervisionView> {
    let row = by_reference(tx, reference)?;
    view(tx, actor, row)
}

/// A page of the orders that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<SupervisionView>> {
    let keep = |tx: &mut Tx, ids: &[Id]| -> Result<Vec<Id>> { Ok(kept(q, tx.now, store::supervisions_by_id(tx, ids)?)) };
    let sieve = access::Sieve { by: None, keep: &keep };
    let page = access::sifted::<SupervisionState, _>(tx, actor, "supervision", q, sieve, store::supervisions_by_id, |row| row.id)?;
    let names = addressees(tx, page.items.iter().map(|(row, _)| row))?;
    page.try_map(|(row, _)| {
        let to = names.get(&row.addressee()).cloned().unwrap_or_default();
        render(tx, row, to)
    })
}

/// Who is supervised by these orders, by name: two questions, however many orders there are.
pub fn addressees<'a>(tx: &mut Tx, rows: impl Iterator<Item = &'a Supervision>) -> Result<BTreeMap<Id, String>> {
    let ids: Vec<Id> = rows.map(Supervision::addressee).collect();
    organization::names(tx, &ids)
}

fn kept(q: &ListQuery, now: Moment, rows: Vec<Supervision>) -> Vec<Id> {
    let (centers, departments, about) = (q.ids("to_center_id"), q.ids("to_department_id"), q.ids("about_id"));
    let (reasons, overdue) = (q.all("reason"), q.one("overdue").map(|v| v == "true"));
    let any = |asked: &[Id], id: Option<Id>| asked.is_empty() || id.is_some_and(|id| asked.contains(&id));
    let keeps = |row: &Supervision| {
        any(&centers, Some(row.to_center_id))
            && any(&departments, row.to_department_id)
            && any(&about, row.about_id)
            && (reasons.is_empty() || reasons.iter().any(|r| r == row.reason.code()))
            && overdue.is_none_or(|wanted| wanted == (row.due_at <= now))
    };
    rows.into_iter().filter(keeps).map(|row| row.id).collect()
}
