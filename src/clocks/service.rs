//! Clocks on records: started, paused, resumed, stopped; and the sweep that raises each warning and breach once.

use chrono::{Datelike as _, NaiveDate};
use serde::Serialize;
use serde_json::json;

use super::{Deadline, ExplainedDay, Limit, Pause, Unit, WorkCalendar, YearRule, store, store::ClockRow};
use crate::{
    auth::Actor,
    db::{Error, Json, Result, Tx, code_enum},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, Id, Moment, label_of},
    settings,
};

code_enum! {
    /// What a clock measures.
    ClockKind in "clock-kinds" {
        Accept "accept" "受理时限",
        Supply "supply" "补正时限",
        SignAgreement "sign_agreement" "签订协议时限",
        Promise "promise" "承诺办理时限",
        SignCompletion "sign_completion" "办结签收时限",
        Suspension "suspension" "中止期限",
        Deferral "deferral" "容缺补交时限",
        Transfer "transfer" "转办答复时限",
        JointAnswer "joint_answer" "联办答复时限",
        Joint "joint" "联办办理时限",
        Arbitration "arbitration" "指定办理时限",
        StepPromise "step_promise" "部门审批时限",
        Evaluation "evaluation" "评价期限",
        Feedback "feedback" "定期反馈时限",
        File "file" "报送申报时限",
        Reminder "reminder" "催办答复时限",
        Resolution "resolution" "会议决议时限",
        SheetSignIn "sheet_sign_in" "交办签收时限",
        Sheet "sheet" "交办办理时限",
        SheetExtension "sheet_extension" "延期答复时限",
        TicketTriage "ticket_triage" "反映问题分类时限",
        TicketSettle "ticket_settle" "当场协调时限",
        TicketCoordination "ticket_coordination" "部门协调时限",
        TicketFeedback "ticket_feedback" "征求反馈时限",
        TicketReview "ticket_review" "挂账复核时限",
        TicketObjection "ticket_objection" "异议处理时限",
        TicketBatch "ticket_batch" "提请批次提交期限",
        ReturnVisit "return_visit" "回访时限",
        SupervisionSignIn "supervision_sign_in" "督办签收时限",
        Supervision "supervision" "督办反馈时限",
        FollowUpContact "follow_up_contact" "差评联系核实时限",
        FollowUp "follow_up" "差评整改时限",
        Consultation "consultation" "咨询答复时限",
        FollowUpFix "follow_up_fix" "差评整改完成日期",
        Appeal "appeal" "差评申诉期限",
        AppealDecision "appeal_decision" "申诉复核时限",
        FollowUpReview "follow_up_review" "差评上级复核时限",
        AssessmentObjection "assessment_objection" "考评公示期限",
        ObjectionDecision "objection_decision" "考评异议复核时限",
        HotlineSign "hotline_sign" "热线工单签收时限",
        Hotline "hotline" "热线工单办理时限",
        HotlineSub "hotline_sub" "二级单位办理时限",
    }
}

/// What applicants owe, and windows that are open to others; nobody of the staff is charged with it.
const APPLICANTS: &[ClockKind] =
    &[ClockKind::Supply, ClockKind::SignAgreement, ClockKind::SignCompletion, ClockKind::Deferral, ClockKind::Evaluation, ClockKind::AssessmentObjection];

code_enum! {
    /// Whether a clock runs.
    ClockState in "clock-states" {
        Running "running" "计时中",
        Paused "paused" "已暂停",
        Stopped "stopped" "已停止",
    }
}

/// A clock as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ClockView {
    /// Identity.
    pub id: Id,
    /// What it measures.
    pub kind: ClockKind,
    /// In Chinese.
    pub kind_label: String,
    /// `running`, `paused` or `stopped`.
    pub state: String,
    /// In Chinese.
    pub state_label: String,
    /// How long.
    pub limit: Limit,
    /// From.
    pub started_at: Moment,
    /// Close of business of the last day.
    pub due_at: Moment,
    /// Yellow card at.
    pub warn_at: Moment,
    /// Yellow card shown at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warned_at: Option<Moment>,
    /// Red card shown at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breached_at: Option<Moment>,
    /// Ended at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Moment>,
    /// The calendar of a year it reaches into is not announced yet.
    pub provisional: bool,
}

impl ClockView {
    fn of(row: &ClockRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            kind_label: row.kind.label().into(),
            state: row.state.clone(),
            state_label: label_of::<ClockState>(&row.state),
            limit: row.limit(),
            started_at: row.started_at,
            due_at: row.due_at,
            warn_at: row.warn_at,
            warned_at: row.warned_at,
            breached_at: row.breached_at,
            stopped_at: row.stopped_at,
            provisional: row.provisional,
        }
    }
}

/// The working calendar around a moment.
pub fn calendar(tx: &mut Tx, around: Moment) -> Result<WorkCalendar> {
    let year = around.local_date().year();
    let mut calendar = WorkCalendar::new(settings::rules(tx, "")?.business_hours);
    for (year, rule) in store::years(tx, year - 1, year + 3)? {
        calendar.insert_year(year, rule.get()?);
    }
    Ok(calendar)
}

/// The first working day after today.
pub fn next_workday(tx: &mut Tx) -> Result<NaiveDate> {
    let today = tx.now.local_date();
    workday_from(tx, today.succ_opt().unwrap_or(today))
}

/// This day, or the first working day after it.
pub fn workday_from(tx: &mut Tx, day: NaiveDate) -> Result<NaiveDate> {
    let calendar = calendar(tx, tx.now)?;
    Ok(day.iter_days().take(30).find(|d| calendar.is_workday(*d)).unwrap_or(day))
}

fn deadline(tx: &mut Tx, started: Moment, limit: Limit, pauses: &[Pause]) -> Result<Deadline> {
    Ok(calendar(tx, started)?.deadline(started.utc(), limit, pauses))
}

/// When the sweep must look at a running clock next: at its warning, then at its breach, then never.
fn next_look(row: &ClockRow) -> Moment {
    match (row.state.as_str(), row.warned_at, row.breached_at) {
        ("running", None, None) => row.warn_at,
        ("running", Some(_), None) => row.due_at,
        _ => Moment::NEVER,
    }
}

/// Starts a clock from now; answers its deadline.
pub fn start(tx: &mut Tx, record_kind: &'static str, record: Id, kind: ClockKind, limit: Limit) -> Result<Moment> {
    Ok(start_named(tx, record_kind, record, kind, limit)?.1)
}

/// [`start`] for a clock that is told apart from others of its kind; answers its id too.
pub fn start_named(tx: &mut Tx, record_kind: &'static str, record: Id, kind: ClockKind, limit: Limit) -> Result<(Id, Moment)> {
    let d = deadline(tx, tx.now, limit, &[])?;
    let mut row = ClockRow {
        id: Id::new(),
        record_kind: record_kind.into(),
        record_id: record,
        kind,
        limit_value: i32::try_from(limit.value).unwrap_or(i32::MAX),
        limit_unit: limit.unit.as_str().into(),
        state: "running".into(),
        started_at: tx.now,
        due_at: d.due.into(),
        warn_at: d.warn_at.into(),
        next_at: Moment::NEVER,
        provisional: d.provisional,
        pauses: Json::new(&Vec::new())?,
        warned_at: None,
        breached_at: None,
        stopped_at: None,
        version: 1,
        center_id: None,
        department_id: None,
    };
    row.next_at = next_look(&row);
    store::insert(tx, &row)?;
    Ok((row.id, row.due_at))
}

/// Starts a clock that ends on a promised day, or on the working day after it; answers its id.
pub fn start_until(tx: &mut Tx, record_kind: &'static str, record: Id, kind: ClockKind, until: NaiveDate) -> Result<Id> {
    // After hours nought days are already the next working day.
    let received = super::local(calendar(tx, tx.now)?.deadline(tx.now.utc(), Limit::natural_days(0), &[]).due).date();
    let days = u32::try_from((until - received).num_days()).unwrap_or(0);
    Ok(start_named(tx, record_kind, record, kind, Limit::natural_days(days))?.0)
}

fn change(tx: &mut Tx, mut row: ClockRow, f: impl FnOnce(&mut Tx, &mut ClockRow) -> Result<()>) -> Result<()> {
    f(tx, &mut row)?;
    row.next_at = next_look(&row);
    // The record is locked or the writer is alone, so only the sweep can be in the way: then the whole is tried again.
    if store::save(tx, &row)? { Ok(()) } else { Err(Error::Contended) }
}

fn open_clocks(tx: &mut Tx, record: Id) -> Result<Vec<ClockRow>> {
    Ok(store::of_record(tx, record)?.into_iter().filter(|c| c.state != "stopped").collect())
}

/// Stops clocks of these kinds.
pub fn stop(tx: &mut Tx, record: Id, kinds: &[ClockKind]) -> Result<()> {
    open_clocks(tx, record)?.into_iter().filter(|c| kinds.contains(&c.kind)).try_for_each(|row| stop_row(tx, row))
}

/// Stops one clock.
pub fn stop_one(tx: &mut Tx, id: Id) -> Result<()> {
    one(tx, id, "stopped", false)?.map_or(Ok(()), |row| stop_row(tx, row))
}

/// Pauses one clock.
pub fn pause_one(tx: &mut Tx, id: Id) -> Result<()> {
    one(tx, id, "running", true)?.map_or(Ok(()), |row| pause_row(tx, row))
}

/// Resumes one clock.
pub fn resume_one(tx: &mut Tx, id: Id) -> Result<()> {
    one(tx, id, "paused", true)?.map_or(Ok(()), |row| resume_row(tx, row))
}

fn one(tx: &mut Tx, id: Id, state: &str, is: bool) -> Result<Option<ClockRow>> {
    Ok(store::find(tx, id)?.filter(|c| (c.state == state) == is))
}

fn stop_row(tx: &mut Tx, row: ClockRow) -> Result<()> {
    change(tx, row, |tx, c| {
        c.state = "stopped".into();
        c.stopped_at = Some(tx.now);
        Ok(())
    })
}

fn pause_row(tx: &mut Tx, row: ClockRow) -> Result<()> {
    change(tx, row, |tx, c| {
        let mut pauses = c.pauses.get()?;
        pauses.push(Pause { from: tx.now.utc(), to: None });
        c.pauses = Json::new(&pauses)?;
        c.state = "paused".into();
        Ok(())
    })
}

fn resume_row(tx: &mut Tx, row: ClockRow) -> Result<()> {
    change(tx, row, |tx, c| {
        let mut pauses = c.pauses.get()?;
        if let Some(last) = pauses.last_mut() {
            last.to = Some(tx.now.utc());
        }
        let d = deadline(tx, c.started_at, c.limit(), &pauses)?;
        c.pauses = Json::new(&pauses)?;
        c.state = "running".into();
        move_to(c, d, tx.now);
        Ok(())
    })
}

/// Stops every clock of a record.
pub fn stop_all(tx: &mut Tx, record: Id) -> Result<()> {
    let kinds: Vec<ClockKind> = open_clocks(tx, record)?.iter().map(|c| c.kind).collect();
    stop(tx, record, &kinds)
}

/// Pauses the running clocks of these kinds.
pub fn pause(tx: &mut Tx, record: Id, kinds: &[ClockKind]) -> Result<()> {
    open_clocks(tx, record)?.into_iter().filter(|c| c.state == "running" && kinds.contains(&c.kind)).try_for_each(|row| pause_row(tx, row))
}

/// A clock that was stopped too early runs on; the time it stood still is a pause.
pub fn reopen(tx: &mut Tx, record: Id, kind: ClockKind) -> Result<()> {
    let stopped = store::of_record(tx, record)?.into_iter().rfind(|c| c.kind == kind && c.state == "stopped");
    let Some((row, at)) = stopped.and_then(|c| c.stopped_at.map(|at| (c, at))) else { return Ok(()) };
    change(tx, row, |tx, c| {
        let mut pauses = c.pauses.get()?;
        pauses.push(Pause { from: at.utc(), to: Some(tx.now.utc()) });
        let d = deadline(tx, c.started_at, c.limit(), &pauses)?;
        c.pauses = Json::new(&pauses)?;
        c.state = "running".into();
        c.stopped_at = None;
        move_to(c, d, tx.now);
        Ok(())
    })
}

/// Resumes paused clocks of these kinds; each day the pause touched is not counted.
pub fn resume(tx: &mut Tx, record: Id, kinds: &[ClockKind]) -> Result<()> {
    open_clocks(tx, record)?.into_iter().filter(|c| c.state == "paused" && kinds.contains(&c.kind)).try_for_each(|row| resume_row(tx, row))
}

/// A deadline moves; what was raised for the old one and has not come for the new one may be raised again.
fn move_to(c: &mut ClockRow, d: Deadline, now: Moment) {
    c.due_at = d.due.into();
    c.warn_at = d.warn_at.into();
    c.provisional = d.provisional;
    if c.warn_at > now {
        c.warned_at = None;
    }
    if c.due_at > now {
        c.breached_at = None;
    }
}

/// The clocks of a record.
pub fn of_record(tx: &mut Tx, record: Id) -> Result<Vec<ClockView>> {
    Ok(store::of_record(tx, record)?.iter().map(ClockView::of).collect())
}

/// The nearest deadline of the running clocks, or never.
pub fn nearest_due(tx: &mut Tx, record: Id) -> Result<Moment> {
    Ok(nearest(&store::of_record(tx, record)?))
}

/// What staff owe beside the matter's own limits does not move its deadline: to tell, and to file; nor does a window in which
/// one may appeal.
fn nearest(clocks: &[ClockRow]) -> Moment {
    let running = clocks.iter().filter(|c| c.state == "running" && !matches!(c.kind, ClockKind::Feedback | ClockKind::File | ClockKind::Appeal));
    running.map(|c| c.due_at).min().unwrap_or(Moment::NEVER)
}

/// A clock of this kind runs exactly while a limit is given; answers [`nearest_due`].
pub fn keep_running(tx: &mut Tx, record_kind: &'static str, record: Id, kind: ClockKind, wanted: Option<Limit>) -> Result<Moment> {
    let clocks = store::of_record(tx, record)?;
    let open = clocks.iter().find(|c| c.kind == kind && c.state != "stopped");
    match (wanted, open) {
        (Some(limit), None) => start(tx, record_kind, record, kind, limit).map(|_| ())?,
        (None, Some(row)) => stop_row(tx, row.clone())?,
        _ => {}
    }
    Ok(nearest(&clocks))
}

/// Makes the open clock of a kind longer by so many days; answers its new deadline, or none where no such clock is open.
pub fn extend(tx: &mut Tx, record: Id, kind: ClockKind, days: u32) -> Result<Option<Moment>> {
    match open_clocks(tx, record)?.into_iter().find(|c| c.kind == kind) {
        Some(row) => extend_row(tx, row, days).map(Some),
        None => Ok(None),
    }
}

/// [`extend`] of one clock.
pub fn extend_one(tx: &mut Tx, id: Id, days: u32) -> Result<Option<Moment>> {
    one(tx, id, "stopped", false)?.map(|row| extend_row(tx, row, days)).transpose()
}

fn extend_row(tx: &mut Tx, row: ClockRow, days: u32) -> Result<Moment> {
    let more = match row.limit().unit {
        Unit::WorkingDay | Unit::NaturalDay => days,
        Unit::Hour => days * 24,
        Unit::WorkingHour => days * 8,
    };
    let mut due = row.due_at;
    change(tx, row, |tx, c| {
        c.limit_value = c.limit_value.saturating_add(i32::try_from(more).unwrap_or(i32::MAX));
        let d = deadline(tx, c.started_at, c.limit(), &c.pauses.get()?)?;
        move_to(c, d, tx.now);
        due = c.due_at;
        Ok(())
    })?;
    Ok(due)
}

fn explain(tx: &mut Tx, row: &ClockRow) -> Result<Vec<ExplainedDay>> {
    Ok(calendar(tx, row.started_at)?.explain(row.started_at.utc(), row.limit(), &row.pauses.get()?))
}

fn kind_of(stored: &str) -> &'static str {
    match stored {
        "transfer" => "transfer",
        "joint_handling" => "joint_handling",
        "arbitration" => "arbitration",
        "evaluation" => "evaluation",
        "reminder" => "reminder",
        "resolution" => "resolution",
        "assignment_sheet" => "assignment_sheet",
        "fallback_ticket" => "fallback_ticket",
        "ticket_batch" => "ticket_batch",
        "return_visit" => "return_visit",
        "supervision" => "supervision",
        "follow_up" => "follow_up",
        "assessment" => "assessment",
        "hotline_order" => "hotline_order",
        "consultation" => "consultation",
        _ => "entrustment",
    }
}

/// Says who must act: the open clocks of a record are charged to a center, or to a department of it.
pub fn charge(tx: &mut Tx, record: Id, center: Id, department: Option<Id>) -> Result<()> {
    store::charge(tx, record, store::Which::Every, center, department)
}

/// The running limits of the staff at or below a path, counted by kind and by whom they are charged to.
pub fn charged(tx: &mut Tx, path: &str) -> Result<Vec<store::ChargedClocks>> {
    store::charged(tx, path, APPLICANTS)
}

/// The running limits of the staff, nearest end first.
pub fn running(tx: &mut Tx, asked: &store::Running) -> Result<Vec<store::RunningClock>> {
    store::running(tx, asked, APPLICANTS)
}

/// The limits of the staff at or below a path that stood past their end at a moment, without those of these kinds.
pub fn late_without(tx: &mut Tx, path: &str, without: &[ClockKind], at: Moment, limit: i64) -> Result<Vec<store::LateLimit>> {
    let without: Vec<ClockKind> = APPLICANTS.iter().chain(without).copied().collect();
    store::late_without(tx, path, &without, at, limit)
}

/// The limits of the departments at or below a path, kept and missed in a period.
pub fn of_departments(tx: &mut Tx, path: &str, within: (Moment, Moment)) -> Result<Vec<store::DepartmentLimits>> {
    store::of_departments(tx, path, within, APPLICANTS)
}

/// Whether a warning or breach has come.
pub fn anything_due(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    Ok(!store::due(tx, now, 1)?.is_empty())
}

/// Raises the warnings and breaches that have come, each once; answers how many clocks it looked at. Safe on many
/// servers: the clock's version lets one of them win.
pub fn sweep(tx: &mut Tx, batch: i64) -> Result<usize> {
    let now = tx.now;
    let due = store::due(tx, now, batch)?;
    let actor = Actor::system("clocks");
    let looked = due.len();
    for mut row in due {
        let mut raised = Vec::new();
        if row.warned_at.is_none() && row.breached_at.is_none() {
            row.warned_at = Some(now);
            raised.push("clock.warning");
        }
        if row.due_at <= now && row.breached_at.is_none() {
            row.breached_at = Some(now);
            // A window that closes unused is nobody's breach.
            if !matches!(row.kind, ClockKind::Evaluation | ClockKind::Appeal | ClockKind::AssessmentObjection) {
                raised.push("clock.breach");
            }
        }
        row.next_at = next_look(&row);
        if !store::save(tx, &row)? {
            continue;
        }
        for kind in raised {
            let record_kind = kind_of(&row.record_kind);
            let params = json!({ "clock_id": row.id, "clock": row.kind, "due_at": row.due_at });
            events::record(tx, &actor, NewEvent { record_kind, record_id: row.record_id, version: 0, kind, audience: Audience::Staff, params, words: None })?;
        }
    }
    Ok(looked)
}

/// Loads a year's announced calendar; says whether it changed anything. The worker then recomputes what it moves.
pub fn load_year(tx: &mut Tx, year: i32, rule: &YearRule, source: &str) -> Result<bool> {
    store::put_year(tx, year, rule, source)
}

/// A batch of records whose open clocks a changed year may move; it is remembered with the year how far the walk came.
pub struct Moved {
    pending: store::Recompute,
    /// Kind and id of each record.
    pub records: Vec<(String, Id)>,
    more: bool,
}

/// The next batch of records to recompute; none when every changed year is done. The December before is looked at
/// too: a year's notice may change it.
pub fn next_moved(tx: &mut Tx, batch: i64) -> Result<Option<Moved>> {
    let Some(pending) = store::recompute_pending(tx)? else { return Ok(None) };
    let from = chrono::NaiveDate::from_ymd_opt(pending.year - 1, 12, 1).map_or(tx.now, super::midnight);
    let records = store::reaching(tx, from, pending.after.as_deref().unwrap_or_default(), batch)?;
    let more = i64::try_from(records.len()).is_ok_and(|n| n == batch);
    Ok(Some(Moved { pending, records, more }))
}

/// Ends a batch of [`next_moved`].
pub fn moved_done(tx: &mut Tx, moved: &Moved) -> Result<()> {
    let last = moved.records.last().filter(|_| moved.more).map(|(_, id)| *id);
    store::recompute_reached(tx, &moved.pending, last)
}

/// Computes the open clocks of one record anew; says whether a deadline moved. Events already raised stay.
pub fn recompute(tx: &mut Tx, record: Id) -> Result<bool> {
    let mut moved = false;
    for row in open_clocks(tx, record)? {
        let d = deadline(tx, row.started_at, row.limit(), &row.pauses.get()?)?;
        if Moment::from(d.due) == row.due_at && d.provisional == row.provisional {
            continue;
        }
        let (old, clock, kind) = (row.due_at, row.id, row.kind);
        let record_kind = kind_of(&row.record_kind);
        let superseded = row.breached_at.is_some() && Moment::from(d.due) > tx.now;
        change(tx, row, |tx, c| {
            move_to(c, d, tx.now);
            Ok(())
        })?;
        let params = json!({ "clock_id": clock, "clock": kind, "from": old, "to": Moment::from(d.due), "superseded": superseded });
        let event = NewEvent { record_kind, record_id: record, version: 0, kind: "clock.recomputed", audience: Audience::Staff, params, words: None };
        events::record(tx, &Actor::system("clocks"), event)?;
        moved = true;
    }
    Ok(moved)
}

/// Every clock of a record, each explained day by day.
pub fn explained(tx: &mut Tx, record: Id) -> Result<Vec<(ClockView, Vec<ExplainedDay>)>> {
    store::of_record(tx, record)?.iter().map(|row| Ok((ClockView::of(row), explain(tx, row)?))).collect()
}
