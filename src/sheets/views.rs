//! A sheet and a rung as they are answered, and the timeline.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    ladder, listing,
    load::{Loaded, by_reference},
    machine::{RungState, SheetState},
    model::{LadderRung, Responsible, SheetExtension, SheetNote, SheetResult, SheetRole, Signature},
    narrative,
    store::{self, Rung, Sheet},
};
use crate::{
    access::{self, Sight},
    attachments::{self, AttachmentView},
    auth::{Actor, Scope},
    clocks::{self, ClockView},
    db::{Error, Result, Tx},
    entrustments::TimelineEntry,
    events::{Audience, store as log},
    kernel::{Code as _, Id, Limit, ListQuery, Moment, Page, Problem},
    organization::{self, CenterBrief, Department},
    tickets,
};

/// A department, named.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SheetDepartment)]
pub struct DepartmentBrief {
    /// Identity.
    pub id: Id,
    /// Name.
    #[schema(example = "如东县市场监督管理局")]
    pub name: String,
}

/// Who has signed, and when.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SheetSignature {
    /// Whose account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    /// The name that stands on the sheet; masked where the view is.
    pub name: String,
    /// When.
    pub at: Moment,
}

/// A rung of the ladder, as it stands on its sheet.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RungBrief {
    /// Identity.
    pub id: Id,
    /// Which.
    pub rung: LadderRung,
    /// In Chinese.
    pub rung_label: String,
    /// State.
    pub state: RungState,
    /// In Chinese.
    pub state_label: String,
    /// When its time came.
    pub due_at: Moment,
}

impl From<&Rung> for RungBrief {
    fn from(row: &Rung) -> Self {
        Self { id: row.id, rung: row.rung, rung_label: row.rung.label().into(), state: row.state, state_label: row.state.label().into(), due_at: row.due_at }
    }
}

/// The sheet of an assisting department, as it stands on the lead's.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AssistingSheet {
    /// Identity.
    pub id: Id,
    /// Number.
    #[schema(example = "JB-320623-20261122-000001-427")]
    pub number: String,
    /// Whose.
    pub department: DepartmentBrief,
    /// State.
    pub state: SheetState,
    /// In Chinese.
    pub state_label: String,
    /// Complete until.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
}

/// What an applicant has said to what was done 申请人意见反馈.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SheetFeedback {
    /// Whether satisfied.
    pub outcome: String,
    /// In Chinese.
    pub outcome_label: String,
    /// How they were asked, in Chinese: who signs does so on paper at the counter.
    pub way_label: String,
    /// When.
    pub at: Moment,
}

/// An assignment sheet as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SheetView {
    /// Identity.
    pub id: Id,
    /// Number that people read 编号.
    #[schema(example = "JB-320623-20261122-000001-427")]
    pub number: String,
    /// The lead's sheet, or that of a department which assists.
    pub role: SheetRole,
    /// In Chinese.
    pub role_label: String,
    /// State.
    pub state: SheetState,
    /// In Chinese.
    pub state_label: String,
    /// Of which ticket.
    pub ticket_id: Id,
    /// Its number.
    #[schema(example = "DD-320623-20261122-000001-427")]
    pub ticket_number: String,
    /// Round of the ticket in which it was drawn up.
    pub round: i32,
    /// The lead's sheet, where it assists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<Id>,
    /// The center of the ticket.
    pub center: CenterBrief,
    /// To which department 承办部门.
    pub department: DepartmentBrief,
    /// The reform office has determined the department: it cannot be returned.
    pub binding: bool,
    /// Why this department was determined; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub determination: Option<String>,
    /// What it shall do 交办事项; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<String>,
    /// Who drew it up; another person signs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drafted_by: Option<Id>,
    /// The leader's signature 主管领导(签字); single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader: Option<SheetSignature>,
    /// When it was issued 交办时间.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Moment>,
    /// How long, where a limit is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Until which day, where one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// Complete until 完成时限; known once it is issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// It is with the department, and its deadline has passed.
    pub overdue: bool,
    /// The rungs of the ladder, as far as it has climbed.
    pub rungs: Vec<RungBrief>,
    /// When the next rung is proposed, unless it is replied to before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_rung_at: Option<Moment>,
    /// When the department took it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_in_at: Option<Moment>,
    /// Who answers for it at the department 责任人; masked where the view is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<Responsible>,
    /// What was achieved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<SheetResult>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_label: Option<String>,
    /// What was done 完成情况; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// Who has signed that 责任人(签字); single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<SheetSignature>,
    /// When the department replied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<Moment>,
    /// It was replied to after its deadline.
    pub late: bool,
    /// What the applicants have said to it 申请人意见反馈; the lead's only, single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Vec<SheetFeedback>>,
    /// When it came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_at: Option<Moment>,
    /// Why; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_reason: Option<String>,
    /// Who should handle it instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_unit: Option<String>,
    /// The last extension that was asked for; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<SheetExtension>,
    /// What was said since, oldest first; empty where the view is masked.
    pub notes: Vec<SheetNote>,
    /// The sheets of the departments that assist; of a lead, single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assisting: Option<Vec<AssistingSheet>>,
    /// Files of the reply; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<AttachmentView>>,
    /// Its limits; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Vec<ClockView>>,
    /// Personal data is masked, and what people wrote is left out, for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When drawn up.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(SheetView, "assignment_sheet");

/// One sheet, to those who may see it.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<SheetView> {
    let row = by_reference(tx, reference)?;
    view(tx, actor, row.id)
}

/// A sheet, whole.
pub(super) fn view(tx: &mut Tx, actor: &Actor, id: Id) -> Result<SheetView> {
    let row = by_reference(tx, id.as_str())?;
    let loaded = Loaded::seen(tx, actor, row)?;
    let allowed_actions = Some(loaded.allowed(actor));
    let Loaded { row, details, sight, .. } = loaded;
    let signatures: Vec<Id> = [&details.leader, &details.signed].into_iter().flatten().filter_map(|s| s.by).collect();
    let names = organization::names_of(tx, &signatures)?;
    let signed = |tx: &Tx, signature: Option<Signature>| {
        signature.map(|s| {
            let own = names.iter().find(|(id, _)| Some(*id) == s.by).map(|(_, name)| name.clone()).unwrap_or_default();
            let name = if s.name.is_empty() { own } else { s.name };
            SheetSignature { by: s.by, name: if sight.masked { tx.masking.name(&name) } else { name }, at: s.at }
        })
    };
    let (leader, report_signed) = (signed(tx, details.leader), signed(tx, details.signed));
    let (lead, round, ticket) = (row.lead_id.is_none(), row.round, row.ticket_id);
    let clocks = clocks::of_record(tx, id)?;
    let files = attachments::of_record(tx, id, sight.masked)?;
    let assisting = if lead { Some(assisting(tx, id)?) } else { None };
    let feedback = if lead && row.issued_at.is_some() { Some(feedback(tx, ticket, round)?) } else { None };
    let shown = views(tx, vec![(row, sight)])?.pop().ok_or_else(Problem::not_found)?;
    Ok(SheetView { leader, signed: report_signed, feedback, assisting, attachments: Some(files), clocks: Some(clocks), allowed_actions, ..shown })
}

fn assisting(tx: &mut Tx, lead: Id) -> Result<Vec<AssistingSheet>> {
    let rows = store::assisting(tx, lead)?;
    let departments = departments_of(tx, &rows)?;
    let brief = |row: Sheet| AssistingSheet {
        id: row.id,
        department: named(&departments, row.department_id),
        state: row.state,
        state_label: row.state.label().into(),
        due_at: row.due_at.known(),
        number: row.number,
    };
    Ok(rows.into_iter().map(brief).collect())
}

/// What was said in the round of a sheet, without who said it.
fn feedback(tx: &mut Tx, ticket: Id, round: i32) -> Result<Vec<SheetFeedback>> {
    let said = tickets::store::contacts(tx, ticket)?.into_iter().filter(|c| c.round == round && c.purpose == tickets::ContactPurpose::Feedback);
    let shown = said.map(|c| SheetFeedback {
        outcome: c.outcome.code().into(),
        outcome_label: c.outcome.label().into(),
        way_label: c.way.label().into(),
        at: c.contacted_at,
    });
    Ok(shown.collect())
}

fn departments_of(tx: &mut Tx, rows: &[Sheet]) -> Result<Vec<Department>> {
    organization::store::departments_by_id(tx, &rows.iter().map(|r| r.department_id).collect::<Vec<_>>())
}

fn named(departments: &[Department], id: Id) -> DepartmentBrief {
    let name = departments.iter().find(|d| d.id == id).map(|d| d.name.clone()).unwrap_or_default();
    DepartmentBrief { id, name }
}

fn some(text: String, shown: bool) -> Option<String> {
    Some(text).filter(|t| shown && !t.is_empty())
}

/// Sheets as they are answered: what they lead to is read once for all of them.
pub(super) fn views(tx: &mut Tx, rows: Vec<(Sheet, Sight)>) -> Result<Vec<SheetView>> {
    let all: Vec<Sheet> = rows.iter().map(|(row, _)| row.clone()).collect();
    let tickets = tickets::store::tickets_by_id(tx, &all.iter().map(|r| r.ticket_id).collect::<Vec<_>>())?;
    let centers = organization::briefs(tx, &all.iter().map(|r| r.center_id).collect::<Vec<_>>())?;
    let departments = departments_of(tx, &all)?;
    let rungs = store::rungs_of(tx, &all.iter().filter(|r| r.rungs > 0).map(|r| r.id).collect::<Vec<_>>())?;
    let (vault, masking, now) = (tx.vault, &tx.masking, tx.now);
    let shown = rows.into_iter().map(|(row, sight)| {
        let d = row.details.open(vault)?;
        let words = sight.words;
        let responsible = d.responsible.map(|r| match sight.masked {
            true => Responsible { name: masking.name(&r.name), phone: masking.phone(&r.phone), post: r.post },
            false => r,
        });
        Ok(SheetView {
            id: row.id,
            role: row.role(),
            role_label: row.role().label().into(),
            state: row.state,
            state_label: row.state.label().into(),
            ticket_id: row.ticket_id,
            ticket_number: tickets.iter().find(|t| t.id == row.ticket_id).map(|t| t.number.clone()).unwrap_or_default(),
            round: row.round,
            lead_id: row.lead_id,
            center: centers.iter().find(|c| c.id == row.center_id).cloned().ok_or_else(|| Error::Corrupt("center gone".into()))?,
            department: named(&departments, row.department_id),
            binding: row.binding,
            determination: some(d.determination, words),
            matter: some(d.matter, words),
            drafted_by: row.drafted_by,
            leader: None,
            issued_at: row.issued_at,
            limit: d.limit,
            due_on: d.due_on,
            due_at: row.due_at.known(),
            overdue: row.is_overdue(now),
            rungs: rungs.iter().filter(|r| r.sheet_id == row.id).map(RungBrief::from).collect(),
            next_rung_at: row.rung_at.known(),
            signed_in_at: row.signed_in_at,
            responsible,
            result: d.result,
            result_label: d.result.map(|r| r.label().into()),
            report: some(d.report, words),
            signed: None,
            replied_at: row.replied_at,
            late: row.replied_at.is_some_and(|at| at > row.due_at),
            feedback: None,
            returned_at: row.returned_at,
            return_reason: some(d.return_reason, words),
            suggested_unit: some(d.suggested_unit, words),
            extension: d.extension.filter(|_| words),
            notes: if words { d.notes } else { Vec::new() },
            assisting: None,
            attachments: None,
            clocks: None,
            masked: sight.masked,
            allowed_actions: None,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            number: row.number,
        })
    });
    shown.collect()
}

/// The timeline of a sheet and of what its lateness led to, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let row = by_reference(tx, reference)?;
    let sight = access::sight(tx, &Scope::of(actor, "assignment_sheet"), row.id)?.ok_or_else(Problem::not_found)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let limit = i64::try_from(q.limit + 1).unwrap_or(201);
    let mut records: Vec<Id> = store::rungs_of(tx, &[row.id])?.iter().map(|r| r.id).collect();
    records.push(row.id);
    let mut events = Vec::new();
    for record in records {
        events.extend(log::timeline(tx, record, Audience::ALL, after, limit)?);
    }
    events.sort_by_key(|event| event.id);
    events.truncate(q.limit + 1);
    let mut entries = Vec::with_capacity(events.len());
    for event in events {
        let text = narrative::tell(&event.kind, &event.params.get()?);
        let words = event.words.filter(|_| sight.words).map(|w| w.open(tx.vault)).transpose()?;
        entries.push(TimelineEntry { id: event.id, kind: event.kind, text, words, actor: event.actor_label, at: event.occurred_at });
    }
    Ok(Page::cut(entries, q.limit, tx.vault, |t| q.cursor_of(String::new(), t.id.to_string())))
}

/// A rung of the overdue ladder as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LadderRungView)]
pub struct RungView {
    /// Identity.
    pub id: Id,
    /// Number that people read: its sheet's, and which rung it is.
    #[schema(example = "JB-320623-20261122-000001-427-1")]
    pub number: String,
    /// Which.
    pub rung: LadderRung,
    /// In Chinese.
    pub rung_label: String,
    /// State.
    pub state: RungState,
    /// In Chinese.
    pub state_label: String,
    /// Of which sheet.
    pub sheet_id: Id,
    /// Its number.
    #[schema(example = "JB-320623-20261122-000001-427")]
    pub sheet_number: String,
    /// Of which ticket.
    pub ticket_id: Id,
    /// Whose.
    pub department: DepartmentBrief,
    /// The center of the ticket.
    pub center: CenterBrief,
    /// When its time came.
    pub due_at: Moment,
    /// The deadline of the sheet that had passed.
    pub sheet_due_at: Moment,
    /// When it was proposed.
    pub proposed_at: Moment,
    /// When confirmed or rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Moment>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Id>,
    /// What was said with it; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Number of the competent body's document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// When lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted_at: Option<Moment>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted_by: Option<Id>,
    /// Why; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lift_reason: Option<String>,
    /// On what that rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lift_basis: Option<String>,
    /// What people wrote is left out for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When proposed.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(RungView, "ladder_rung");

/// A rung, to those who may see it.
pub(super) fn rung_view(tx: &mut Tx, actor: &Actor, row: Rung) -> Result<RungView> {
    let sight = access::sight(tx, &Scope::of(actor, "ladder_rung"), row.id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    let waits = ladder::below_waits(tx, &row)?;
    let allowed_actions = Some(ladder::allowed(actor, &row, &center, waits));
    let shown = listing::rung_views(tx, vec![(row, sight)])?.pop().ok_or_else(Problem::not_found)?;
    Ok(RungView { allowed_actions, ..shown })
}

pub(super) fn rung_of(tx: &Tx, row: Rung, sheet: &Sheet, center: CenterBrief, departments: &[Department], sight: Sight) -> Result<RungView> {
    let d = row.details.open(tx.vault)?;
    let words = sight.words;
    Ok(RungView {
        id: row.id,
        number: ladder::number_of(&sheet.number, row.rung),
        rung: row.rung,
        rung_label: row.rung.label().into(),
        state: row.state,
        state_label: row.state.label().into(),
        sheet_id: sheet.id,
        sheet_number: sheet.number.clone(),
        ticket_id: sheet.ticket_id,
        department: named(departments, row.department_id),
        center,
        due_at: row.due_at,
        sheet_due_at: row.sheet_due_at,
        proposed_at: row.created_at,
        decided_at: row.decided_at,
        decided_by: d.decided_by,
        reason: some(d.reason, words),
        document_number: some(d.document_number, true),
        lifted_at: row.lifted_at,
        lifted_by: d.lifted_by,
        lift_reason: some(d.lift_reason, words),
        lift_basis: some(d.lift_basis, words),
        masked: sight.masked,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
