//! Answering and withdrawing reminders, and what ties them to their matter.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    machine::{ReminderAbout, ReminderAction as Action, ReminderState as State, decide},
    store::{self, Reminder, ReminderRecord},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
    },
    clocks,
    db::{Error, Private, Result, Tx, dialect},
    entrustments::{self, ClosedMatter, Loaded, Told},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target},
    organization,
};

/// A reminder as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReminderView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "CB-320623-20260105-000001-101")]
    pub number: String,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// Of which matter.
    pub entrustment_id: Id,
    /// About what.
    pub about: ReminderAbout,
    /// In Chinese.
    pub about_label: String,
    /// The transfer, joint handling, arbitration, step or matter.
    pub about_id: Id,
    /// Code of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What is urged, by name or number.
    pub subject: String,
    /// Which center urges.
    pub from_center_id: Id,
    /// Who is urged, by name.
    pub to: String,
    /// What is urged; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// What proves an answer that the sender recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// By when it will be done, as answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_on: Option<NaiveDate>,
    /// When answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Moment>,
    /// Answer until.
    pub due_at: Moment,
    /// The answer is late.
    pub overdue: bool,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When sent.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ReminderView, "reminder");

/// An answer.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "answer": "专家评审已安排，评审后两日内出具意见", "expected_on": "2030-01-02" }))]
pub struct AnswerInput {
    /// How it stands and what will be done.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub answer: String,
    /// By when it will be done.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub expected_on: Option<NaiveDate>,
    /// Who said it and how, where the sender records the answer of somebody without an account.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200, example = "")]
    pub evidence: String,
}

/// Whose answer is owed.
fn far(row: &Reminder) -> Reachable<'static> {
    match row.to_department_id {
        Some(id) => Reachable { departments: vec![id], ..Reachable::default() },
        None if row.about == ReminderAbout::Arbitration => {
            Reachable { authority: Some(row.to_center_id), centers: vec![row.to_center_id], ..Reachable::default() }
        }
        None => Reachable { centers: vec![row.to_center_id], assignee: row.to_user_id, ..Reachable::default() },
    }
}

/// Who has sent it: the person, and the leader of the center that urges.
fn near(row: &Reminder) -> Reachable<'static> {
    Reachable { centers: vec![row.from_center_id], assignee: row.sent_by, ..Reachable::default() }
}

/// Whether this caller owes the answer.
pub fn owed_by(actor: &Actor, row: &Reminder) -> bool {
    policy::allows(actor, "reminder", "answer", &far(row))
}

fn permitted(actor: &Actor, row: &Reminder, action: Action) -> bool {
    match action {
        Action::Answer => owed_by(actor, row) || policy::allows(actor, "reminder", "record", &near(row)),
        Action::Withdraw => policy::allows(actor, "reminder", "withdraw", &near(row)),
        Action::Lapse => actor.is_system(),
    }
}

fn by_reference(tx: &mut Tx, reference: &str) -> Result<Reminder> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::reminder(tx, id)?,
        Err(_) => store::reminder_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

fn allowed(actor: &Actor, row: &Reminder) -> Vec<String> {
    let may = |a: &&Action| decide(row.state, **a).is_ok() && **a != Action::Lapse && permitted(actor, row, **a);
    Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
}

/// A reminder and its matter, both locked, the matter first; and the state after the action.
fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<(Reminder, Loaded, State)> {
    let found = by_reference(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "reminders", found.id.as_str())?;
    let row = store::reminder(tx, found.id)?.ok_or_else(Problem::not_found)?;
    access::sight(tx, &Scope::of(actor, "reminder"), row.id)?.ok_or_else(Problem::not_found)?;
    if !permitted(actor, &row, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    let next = decide(row.state, action).map_err(|refusal| Problem { allowed_actions: Some(allowed(actor, &row)), ..Problem::from(refusal) })?;
    let loaded = entrustments::load_locked(tx, row.entrustment_id)?;
    Ok((row, loaded, next))
}

/// Answers, or records the answer of somebody without an account.
pub fn answer(tx: &mut Tx, actor: &Actor, target: &Target, input: &AnswerInput) -> Result<ReminderView> {
    let (mut row, loaded, next) = load_for(tx, actor, Action::Answer, target)?;
    if !owed_by(actor, &row) && input.evidence.trim().chars().count() < 2 {
        return Err(Problem::rule("/evidence", "evidence_required", "代为登记答复的，请写明何人以何方式答复。", "Say who answered and how.").into());
    }
    if input.expected_on.is_some_and(|day| day < tx.now.local_date()) {
        return Err(Problem::rule("/expected_on", "past", "预计完成日期不能早于今日。", "Not before today.").into());
    }
    row.state = next;
    let record = ReminderRecord {
        answer: input.answer.clone(),
        evidence: input.evidence.clone(),
        expected_on: input.expected_on,
        answered_at: Some(tx.now),
        answered_by: actor.id,
        ..row.record.open(tx.vault)?
    };
    let params = json!({ "reminder_id": row.id, "number": row.number, "by": record.to_name, "subject": record.subject, "expected_on": input.expected_on });
    save(tx, actor, &mut row, &record, &loaded, "answered")?;
    entrustments::tell(tx, actor, &loaded.e, Told::new("reminder_answered", Audience::Staff, params).saying(&input.answer))?;
    view(tx, actor, row)
}

/// Takes a reminder back.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ReminderView> {
    let (mut row, loaded, next) = load_for(tx, actor, Action::Withdraw, target)?;
    row.state = next;
    let record = row.record.open(tx.vault)?;
    save(tx, actor, &mut row, &record, &loaded, "withdrawn")?;
    view(tx, actor, row)
}

/// The matter has ended: nobody owes an answer any more.
pub fn fall(tx: &mut Tx, actor: &Actor, matter: &ClosedMatter) -> Result<()> {
    for mut row in store::waiting(tx, matter.id)? {
        dialect::lock_root(tx.conn, "reminders", row.id.as_str())?;
        row.state = State::Lapsed;
        let record = row.record.open(tx.vault)?;
        let loaded = entrustments::load_locked(tx, matter.id)?;
        save(tx, actor, &mut row, &record, &loaded, "lapsed")?;
    }
    Ok(())
}

/// After the calendar moved: the time to answer follows its clock.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    let Some(found) = store::reminder(tx, id)? else { return Ok(()) };
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "reminders", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::reminder(tx, id)?.filter(|row| moved && row.state == State::Sent) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let loaded = entrustments::load_locked(tx, row.entrustment_id)?;
    place(tx, &row, &loaded)
}

fn save(tx: &mut Tx, actor: &Actor, row: &mut Reminder, record: &ReminderRecord, loaded: &Loaded, kind: &str) -> Result<()> {
    clocks::stop_all(tx, row.id)?;
    row.record = Private::seal(tx.vault, record)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    publish(tx, actor, row, loaded, kind)
}

/// Event and visibility of a reminder.
pub(super) fn publish(tx: &mut Tx, actor: &Actor, row: &Reminder, loaded: &Loaded, kind: &str) -> Result<()> {
    let kind = format!("reminder.{kind}");
    let params = json!({ "number": row.number, "entrustment_id": row.entrustment_id, "about": row.about, "state": row.state });
    let event = NewEvent { record_kind: "reminder", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    place(tx, row, loaded)
}

/// Who sees a reminder: who sent it, the custodian and everything above it, and whoever is urged.
fn place(tx: &mut Tx, row: &Reminder, loaded: &Loaded) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(&loaded.custodian).into_iter().map(|s| (s, false)).collect();
    match row.to_department_id {
        Some(id) => subjects.push((subject::department(id.as_str()), false)),
        None => subjects.extend(organization::subjects_of(&organization::load(tx, row.to_center_id)?).into_iter().map(|s| (s, false))),
    }
    subjects.push((subject::center(row.from_center_id.as_str()), false));
    if row.about == ReminderAbout::Arbitration {
        subjects.push((subject::authority(row.to_center_id.as_str()), false));
    }
    subjects.extend([row.sent_by, row.to_user_id, loaded.e.assignee_id].into_iter().flatten().map(|id| (subject::user(id.as_str()), false)));
    let due_at = if row.state == State::Sent { row.due_at } else { Moment::NEVER };
    clocks::charge(tx, row.id, row.to_center_id, row.to_department_id)?;
    access::place(tx, &Placement { kind: "reminder", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

fn render(tx: &Tx, row: Reminder, sight: Sight, allowed_actions: Option<Vec<String>>) -> Result<ReminderView> {
    let r = row.record.open(tx.vault)?;
    let words = |text: String| Some(text).filter(|t| sight.words && !t.is_empty());
    Ok(ReminderView {
        id: row.id,
        number: row.number,
        state: row.state,
        state_label: row.state.label().into(),
        entrustment_id: row.entrustment_id,
        about: row.about,
        about_label: row.about.label().into(),
        about_id: row.about_id,
        step: r.step,
        subject: r.subject,
        from_center_id: row.from_center_id,
        to: r.to_name,
        message: words(r.message),
        answer: words(r.answer),
        evidence: words(r.evidence),
        expected_on: r.expected_on,
        answered_at: r.answered_at,
        due_at: row.due_at,
        overdue: row.state == State::Sent && row.due_at <= tx.now,
        allowed_actions,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn view(tx: &mut Tx, actor: &Actor, row: Reminder) -> Result<ReminderView> {
    let sight = access::sight(tx, &Scope::of(actor, "reminder"), row.id)?.ok_or_else(Problem::not_found)?;
    let allowed = allowed(actor, &row);
    render(tx, row, sight, Some(allowed))
}

/// One reminder.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ReminderView> {
    let row = by_reference(tx, reference)?;
    view(tx, actor, row)
}

/// A page of the reminders that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ReminderView>> {
    let page = access::listed::<State, _>(tx, actor, "reminder", q, store::reminders_by_id, |row| row.id)?;
    page.try_map(|(row, sight)| render(tx, row, sight, None))
}
