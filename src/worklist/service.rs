//! Mine is what I see in clear as its agent, its center's desk, its department or its applicant; a former custodian and an
//! onlooker see masked.

use chrono::{Days, TimeDelta};
use serde::Serialize;

use crate::{
    access::{self, Entry, Work},
    assessments::{self, machine::AssessmentState},
    auth::{Actor, Role, policy::subject},
    batches::{self, machine::BatchState},
    clocks::{self, ClockKind, local, midnight},
    consultations::{self, machine::ConsultationState},
    db::{Result, Tx, code_enum},
    entrustments::{self, Entrustment},
    follow_ups::{self, machine::FollowUpState},
    hotline::{self, machine::OrderState},
    kernel::{Code, ErrorCode, Id, ListQuery, Moment, Problem},
    knowledge::{self, machine::ArticleState},
    meetings::{
        self,
        machine::{MeetingState, ResolutionState},
    },
    precedents::{self, machine::PrecedentState},
    projects::{self, Project, WarningLevel, machine::ProjectState},
    reminders::{self, ReminderState},
    return_visits::{self, machine::ReturnVisitState},
    routing::{
        self,
        arbitration::{
            machine::{ArbitrationState, Authority},
            store::Arbitration,
        },
        joint::{machine::JointState, store::JointHandling},
        transfers::machine::TransferState,
    },
    sheets::{
        self,
        machine::{RungState, SheetState},
    },
    supervision::{self, SupervisionState},
    tickets,
    visits::{self, HomeVisit, machine::VisitState},
    worklist::items,
};

code_enum! {
    /// Which part of the work.
    Bucket in "worklist-buckets" {
        Open "open" "全部在办",
        Overdue "overdue" "已超期",
        Today "today" "今日到期",
        Soon "soon" "三日内到期",
        Incoming "incoming" "新到",
    }
}

code_enum! {
    /// What kind of work.
    WorkKind in "worklist-kinds" {
        Entrustment "entrustment" "代办件",
        Transfer "transfer" "转办",
        JointHandling "joint_handling" "联办",
        Arbitration "arbitration" "指定办理",
        Reminder "reminder" "催办",
        Supervision "supervision" "督办",
        HomeVisit "home_visit" "上门服务",
        Project "project" "项目",
        Meeting "meeting" "会议",
        Resolution "resolution" "会议决议",
        AssignmentSheet "assignment_sheet" "交办单",
        LadderRung "ladder_rung" "逾期警示",
        FallbackTicket "fallback_ticket" "办不成事反映",
        TicketBatch "ticket_batch" "提请批次",
        ReturnVisit "return_visit" "回访",
        FollowUp "follow_up" "差评整改",
        Precedent "precedent" "案例审核",
        Assessment "assessment" "考评",
        HotlineOrder "hotline_order" "热线工单",
        Consultation "consultation" "咨询",
        KnowledgeArticle "knowledge_article" "知识条目",
    }
}

/// One thing to do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WorkItem {
    /// What kind of record.
    pub kind: WorkKind,
    /// In Chinese.
    pub kind_label: String,
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "DB-320623-20261122-000001-427")]
    pub number: String,
    /// What it is about.
    pub title: String,
    /// State's code.
    pub state: String,
    /// In Chinese.
    pub state_label: String,
    /// Nearest deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// The deadline has passed.
    pub overdue: bool,
    /// Version, as in `ETag`.
    pub version: i64,
}

/// How much there is in each bucket; none counts beyond 1,000.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct WorkCounts {
    /// Everything.
    pub open: usize,
    /// Past its deadline.
    pub overdue: usize,
    /// Due until the end of today.
    pub today: usize,
    /// Due within three days after today.
    pub soon: usize,
    /// New: to be accepted or answered.
    pub incoming: usize,
}

/// A page of the work, with the counts of all buckets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Worklist {
    /// How much there is.
    pub counts: WorkCounts,
    /// Nearest deadline first.
    pub items: Vec<WorkItem>,
    /// There is more.
    pub has_more: bool,
    /// Where to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

const MOST: usize = 1_000;
/// What waits for others is passed over so many at a time, and so many times.
const BATCH: usize = 200;
const BATCHES: usize = 10;

/// The subjects under which something is this caller's own to do. To a meeting one is invited whatever one's role.
fn own(actor: &Actor, kind: WorkKind) -> Vec<String> {
    let invited = matches!(kind, WorkKind::Meeting | WorkKind::Resolution);
    let mut own = Vec::new();
    for role in [Role::Clerk, Role::CenterManager] {
        own.extend(actor.nodes(role).map(subject::center));
    }
    own.extend(actor.nodes(Role::Agent).filter(|_| invited).map(subject::center));
    if invited || matches!(kind, WorkKind::FollowUp | WorkKind::KnowledgeArticle) || actor.is(Role::Agent) || actor.is(Role::ProjectManager) {
        own.extend(actor.id.iter().chain(&actor.stands_in_for).map(|id| subject::user(id.as_str())));
    }
    own.extend(actor.nodes(Role::DepartmentHandler).map(subject::department));
    own.extend(actor.nodes(Role::ReformOffice).map(subject::authority));
    // The reform office acts below the node that it stands at; so do the inspectors on what is late.
    if matches!(
        kind,
        WorkKind::FallbackTicket
            | WorkKind::AssignmentSheet
            | WorkKind::LadderRung
            | WorkKind::TicketBatch
            | WorkKind::ReturnVisit
            | WorkKind::Precedent
            | WorkKind::Assessment
            | WorkKind::KnowledgeArticle
    ) {
        own.extend(actor.nodes(Role::ReformOffice).map(subject::tree));
    }
    // So do they on what was taken in by hand for a hotline.
    if matches!(kind, WorkKind::LadderRung | WorkKind::Assessment | WorkKind::HotlineOrder) {
        own.extend(actor.nodes(Role::Inspector).map(subject::tree));
    }
    own.extend(actor.applicant_id.map(|id| subject::applicant(id.as_str())));
    own.sort();
    own.dedup();
    own
}

/// The states in which a record of a kind waits for somebody like this caller.
fn states(kind: WorkKind, bucket: Bucket) -> Vec<&'static str> {
    use entrustments::State as S;
    match (kind, bucket) {
        (WorkKind::Reminder, _) => vec![ReminderState::Sent.code()],
        (WorkKind::Supervision, Bucket::Incoming) => vec![SupervisionState::Issued.code()],
        (WorkKind::Supervision, _) => [SupervisionState::Issued, SupervisionState::SignedIn, SupervisionState::Answered].iter().map(|s| s.code()).collect(),
        (WorkKind::Transfer, _) => vec![TransferState::Offered.code()],
        (WorkKind::JointHandling, Bucket::Incoming) => vec![JointState::Requested.code()],
        (WorkKind::JointHandling, _) => JointState::ALL.iter().filter(|s| s.is_open()).map(|s| s.code()).collect(),
        (WorkKind::Arbitration, _) => ArbitrationState::ALL.iter().filter(|s| s.is_open()).map(|s| s.code()).collect(),
        (WorkKind::HomeVisit, Bucket::Incoming) => vec![VisitState::Requested.code()],
        (WorkKind::HomeVisit, _) => [VisitState::Requested, VisitState::Arranged, VisitState::Visited].iter().map(|s| s.code()).collect(),
        // New to a center is a project that nobody manages; its manager finds it once it warns.
        (WorkKind::Project, _) => vec![ProjectState::Open.code()],
        (WorkKind::Meeting, Bucket::Incoming) => vec![MeetingState::Convened.code()],
        (WorkKind::Meeting, _) => vec![MeetingState::Convened.code(), MeetingState::Held.code()],
        (WorkKind::FallbackTicket, _) => tickets::waiting_states(),
        (WorkKind::Resolution, Bucket::Incoming) => Vec::new(),
        (WorkKind::Resolution, _) => vec![ResolutionState::Open.code(), ResolutionState::CarriedOut.code()],
        (WorkKind::AssignmentSheet, Bucket::Incoming) => vec![SheetState::Drafted.code(), SheetState::Issued.code()],
        (WorkKind::AssignmentSheet, _) => SheetState::ALL.iter().filter(|s| s.is_open()).map(|s| s.code()).collect(),
        (WorkKind::LadderRung, _) => vec![RungState::Proposed.code()],
        (WorkKind::TicketBatch, Bucket::Incoming) => Vec::new(),
        (WorkKind::TicketBatch, _) => vec![BatchState::Collecting.code(), BatchState::Submitted.code()],
        (WorkKind::HotlineOrder, Bucket::Incoming) => vec![OrderState::Received.code(), OrderState::Dispatched.code()],
        (WorkKind::HotlineOrder, _) => OrderState::ALL.iter().filter(|s| !s.is_final()).map(|s| s.code()).collect(),
        (WorkKind::Consultation, Bucket::Open) => vec![ConsultationState::Open.code(), ConsultationState::Answered.code()],
        (WorkKind::Consultation, _) => vec![ConsultationState::Open.code()],
        (WorkKind::KnowledgeArticle, Bucket::Incoming) => vec![ArticleState::InReview.code()],
        (WorkKind::KnowledgeArticle, _) => {
            let waits = [ArticleState::Draft, ArticleState::InReview, ArticleState::SentBack, ArticleState::Published];
            waits.iter().map(|s| s.code()).collect()
        }
        (WorkKind::Precedent, _) => vec![PrecedentState::InReview.code()],
        (WorkKind::Assessment, Bucket::Incoming) => Vec::new(),
        (WorkKind::Assessment, _) => vec![AssessmentState::Computed.code(), AssessmentState::Published.code()],
        (WorkKind::ReturnVisit, _) => vec![ReturnVisitState::Planned.code()],
        // New is what nobody has looked into.
        (WorkKind::FollowUp, Bucket::Incoming) => vec![FollowUpState::Opened.code()],
        (WorkKind::FollowUp, _) => follow_ups::waiting_states(),
        (WorkKind::Entrustment, Bucket::Incoming) => vec![S::Submitted.code()],
        (WorkKind::Entrustment, _) => S::ALL.iter().filter(|s| !s.is_final()).map(|s| s.code()).collect(),
    }
}

/// From when (exclusive) and until when (inclusive) a bucket's deadlines lie.
fn span(bucket: Bucket, now: Moment) -> (Option<Moment>, Option<Moment>) {
    let end_of = |days: u64| {
        let day = local(now.utc()).date().checked_add_days(Days::new(days + 1)).unwrap_or_default();
        midnight(day).plus(TimeDelta::microseconds(-1))
    };
    match bucket {
        Bucket::Open | Bucket::Incoming => (None, None),
        Bucket::Overdue => (None, Some(now)),
        Bucket::Today => (Some(now), Some(end_of(0))),
        Bucket::Soon => (Some(end_of(0)), Some(end_of(3))),
    }
}

fn rows(tx: &mut Tx, actor: &Actor, kind: WorkKind, bucket: Bucket, after: Option<(Moment, Id)>, limit: usize) -> Result<Vec<(WorkKind, Entry)>> {
    let applicant = actor.applicant_id.is_some();
    if !matches!(kind, WorkKind::Entrustment | WorkKind::FallbackTicket | WorkKind::Consultation) && applicant {
        return Ok(Vec::new());
    }
    let (subjects, states) = (own(actor, kind), states(kind, bucket));
    // What was sent waits for others, and is passed over: the walk goes on until there is enough, within bounds.
    let sifted = kind != WorkKind::Entrustment || applicant;
    let (mut found, mut after) = (Vec::new(), after);
    for _ in 0..BATCHES {
        let batch = limit.max(BATCH);
        let work = Work { kind: kind.code(), subjects: &subjects, states: &states, due: span(bucket, tx.now), after, limit: batch };
        let mut entries = access::work(tx, &work)?;
        after = entries.last().map(|e| (e.due_at, e.record)).filter(|_| entries.len() == batch);
        if sifted && !entries.is_empty() {
            let ids: Vec<Id> = entries.iter().map(|e| e.record).collect();
            let mine = awaiting(tx, actor, kind, bucket, &ids)?;
            entries.retain(|e| mine.contains(&e.record));
        }
        found.append(&mut entries);
        if found.len() >= limit || after.is_none() {
            break;
        }
    }
    found.truncate(limit);
    Ok(found.into_iter().map(|e| (kind, e)).collect())
}

/// Those of these records of the relay that wait for the caller, and not for the other side.
fn awaiting(tx: &mut Tx, actor: &Actor, kind: WorkKind, bucket: Bucket, ids: &[Id]) -> Result<Vec<Id>> {
    let at = |role: Role, node: Id| actor.nodes(role).any(|n| n == node.as_str());
    let desk = |center: Id| at(Role::Clerk, center) || at(Role::CenterManager, center);
    Ok(match kind {
        WorkKind::Entrustment if actor.applicant_id.is_some() => to_supply_or_sign(tx, ids)?,
        WorkKind::Entrustment => ids.to_vec(),
        WorkKind::Meeting => meetings::meetings_awaiting(tx, actor, ids, bucket == Bucket::Incoming)?,
        WorkKind::Resolution => meetings::resolutions_awaiting(tx, actor, ids)?,
        WorkKind::AssignmentSheet => sheets::sheets_awaiting(tx, actor, ids)?,
        WorkKind::LadderRung => sheets::rungs_awaiting(tx, actor, ids)?,
        WorkKind::TicketBatch => batches::batches_awaiting(tx, actor, ids)?,
        WorkKind::HotlineOrder => hotline::awaiting(tx, actor, ids)?,
        WorkKind::Precedent => precedents::awaiting(tx, actor, ids)?,
        WorkKind::KnowledgeArticle => knowledge::awaiting(tx, actor, ids)?,
        WorkKind::Consultation => consultations::awaiting(tx, actor, ids, bucket == Bucket::Incoming)?,
        WorkKind::ReturnVisit => return_visits::visits_awaiting(tx, actor, ids)?,
        WorkKind::FollowUp => follow_ups::awaiting(tx, actor, ids)?,
        WorkKind::Assessment => assessments::awaiting(tx, actor, ids)?,
        WorkKind::FallbackTicket => tickets::awaiting(tx, actor, ids, bucket == Bucket::Incoming)?,
        WorkKind::HomeVisit => {
            let goes = |v: &HomeVisit| -> Result<bool> { Ok(v.details.open(tx.vault)?.visitor_ids.iter().any(|id| actor.answers_for(*id))) };
            let rows = visits::store::visits_by_id(tx, ids)?;
            let mine =
                rows.iter().map(|v| Ok((v.id, if v.state == VisitState::Requested { desk(v.center_id) } else { goes(v)? }))).collect::<Result<Vec<_>>>()?;
            mine.into_iter().filter(|(_, mine)| *mine).map(|(id, _)| id).collect()
        }
        WorkKind::Project => {
            let warns = |p: &Project| p.warning != WarningLevel::None && p.manager_id.is_some_and(|id| actor.answers_for(id));
            let waits = |p: &Project| p.manager_id.is_none() && at(Role::CenterManager, p.center_id);
            let rows = projects::store::projects_by_id(tx, ids)?;
            rows.iter().filter(|p| waits(p) || (bucket != Bucket::Incoming && warns(p))).map(|p| p.id).collect()
        }
        WorkKind::Reminder => {
            let rows = reminders::store::reminders_by_id(tx, ids)?;
            rows.iter().filter(|r| reminders::owed_by(actor, r)).map(|r| r.id).collect()
        }
        WorkKind::Supervision => supervision::awaiting(tx, actor, ids)?,
        WorkKind::Transfer => {
            let rows = routing::transfers::store::transfers_by_id(tx, ids)?;
            rows.iter().filter(|t| desk(t.to_center_id)).map(|t| t.id).collect()
        }
        WorkKind::JointHandling => {
            let rows = routing::joint::store::joint_handlings_by_id(tx, ids)?;
            let matters: Vec<Id> = rows.iter().filter(|j| j.state == JointState::AwaitingMaterials).map(|j| j.entrustment_id).collect();
            let matters = entrustments::store::entrustments_by_id(tx, &matters)?;
            let carries = |j: &JointHandling| match (j.department_id, j.assignee_id) {
                (Some(department), _) => at(Role::DepartmentHandler, department),
                (None, Some(agent)) if j.state != JointState::Requested => actor.answers_for(agent),
                (None, _) => desk(j.to_center_id),
            };
            let supplies = |j: &JointHandling| matters.iter().any(|m| m.id == j.entrustment_id && m.assignee_id.is_some_and(|id| actor.answers_for(id)));
            let mine = |j: &&JointHandling| if j.state == JointState::AwaitingMaterials { supplies(j) } else { carries(j) };
            rows.iter().filter(mine).map(|j| j.id).collect()
        }
        WorkKind::Arbitration => {
            let rows = routing::arbitration::store::arbitrations_by_id(tx, ids)?;
            let decides = |a: &&Arbitration| match a.authority {
                Authority::Center => at(Role::CenterManager, a.decider_id),
                Authority::ReformOffice => at(Role::ReformOffice, a.decider_id),
            };
            rows.iter().filter(decides).map(|a| a.id).collect()
        }
    })
}

/// What waits for the applicant: to supply what is missing or promised, to sign the agreement, the result, the end.
fn to_supply_or_sign(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Id>> {
    use entrustments::State as S;
    let rows = entrustments::store::entrustments_by_id(tx, ids)?;
    let owed = clocks::with_open(tx, ids, &[ClockKind::Supply, ClockKind::Deferral])?;
    let waits = |e: &&Entrustment| {
        matches!(e.state, S::CorrectionRequired | S::Completed | S::Unclaimed | S::Terminating) || e.agreement_state == "drafted" || owed.contains(&e.id)
    };
    Ok(rows.iter().filter(waits).map(|e| e.id).collect())
}

fn counts(tx: &mut Tx, actor: &Actor) -> Result<WorkCounts> {
    let mut counts = WorkCounts::default();
    for kind in WorkKind::ALL {
        // The nearest deadlines come first: one walk counts every bucket that is a span of time.
        let open = rows(tx, actor, *kind, Bucket::Open, None, MOST)?;
        let within = |bucket| {
            let (after, until) = span(bucket, tx.now);
            open.iter().filter(|(_, e)| after.is_none_or(|t| e.due_at > t) && until.is_none_or(|t| e.due_at <= t)).count()
        };
        counts.open += open.len();
        counts.overdue += within(Bucket::Overdue);
        counts.today += within(Bucket::Today);
        counts.soon += within(Bucket::Soon);
        let all_incoming = matches!(kind, WorkKind::Transfer | WorkKind::Arbitration | WorkKind::Reminder | WorkKind::LadderRung | WorkKind::Precedent);
        counts.incoming += if all_incoming { open.len() } else { rows(tx, actor, *kind, Bucket::Incoming, None, MOST)?.len() };
    }
    Ok(counts)
}

/// A page of what is mine.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Worklist> {
    if actor.kind != "user" {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let bucket = q.one("bucket").and_then(|b| Bucket::parse(&b)).unwrap_or(Bucket::Open);
    let kinds = q.all("kind");
    let after = q.cursor.as_ref().and_then(|c| {
        let key = c.key.parse::<chrono::DateTime<chrono::Utc>>().map_or(Moment::NEVER, Moment::from);
        Some((key, c.id.parse::<Id>().ok()?))
    });
    let mut found = Vec::new();
    for kind in WorkKind::ALL.iter().filter(|k| kinds.is_empty() || kinds.iter().any(|asked| asked == k.code())) {
        found.extend(rows(tx, actor, *kind, bucket, after, q.limit + 1)?);
    }
    found.sort_by_key(|(_, e)| (e.due_at, e.record));
    let has_more = found.len() > q.limit;
    found.truncate(q.limit);
    let next_cursor = found.last().filter(|_| has_more).map(|(_, e)| q.cursor_of(e.due_at.utc().to_rfc3339(), e.record.to_string()).encode(tx.vault));
    Ok(Worklist { counts: counts(tx, actor)?, items: items::of(tx, actor, &found)?, has_more, next_cursor })
}
