//! What one record contributes to the figures: pure, of the record alone. Neither the time of asking nor any other record's
//! state is looked at, so that a recount always finds the same.

use chrono::NaiveDate;

use crate::{
    clocks::ClockKind,
    consultations::{Consultation, machine::ConsultationState},
    duty::{
        CourseResult,
        store::{Course, CourseRecord},
    },
    entrustments::{Entrustment, State, vocabulary::Outcome},
    evaluations::{
        occasions::{Occasion, OccasionKind},
        store::{Evaluation, EvaluationState, Grade},
    },
    follow_ups::{FollowUp, machine::FollowUpState},
    hotline::{self, machine::HotlineAppealState},
    indicators::{
        Indicator,
        Measure::{self, *},
        Term,
    },
    kernel::{Id, Moment},
    organization::CenterLevel,
    sheets::{machine::SheetState, store::Sheet},
    tickets::{ContactOutcome, Ticket, TicketContact, machine::TicketState},
};

/// A count on a day, at a center.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// A measure, or a flow of the relay.
    pub measure: i32,
    /// Civil day.
    pub day: NaiveDate,
    /// Credited center, or person.
    pub center: Id,
    /// A person: a node of their own, beside the tree and never summed up into it.
    pub personal: bool,
    /// The department, where it is another than the record's.
    pub department: Option<String>,
    /// How many.
    pub n: i64,
}

/// All that a record contributes, with the marks that all of it shares.
#[derive(Clone, Debug, Default)]
pub struct Contributed {
    /// Item.
    pub item: Option<Id>,
    /// Channel.
    pub channel: &'static str,
    /// Mode; empty for tickets.
    pub mode: &'static str,
    /// Name of the item's authority; of a ticket, the id of the department in charge.
    pub department: String,
    /// The counts.
    pub counts: Vec<Contribution>,
}

impl Contributed {
    fn add(&mut self, measure: Measure, at: Moment, center: Id) {
        self.add_n(measure.id(), at.local_date(), center, 1);
    }

    fn add_n(&mut self, measure: i32, day: NaiveDate, center: Id, n: i64) {
        if n != 0 {
            self.counts.push(Contribution { measure, day, center, personal: false, department: None, n });
        }
    }

    /// What was counted from `since` on of these measures is a person's too.
    fn also(&mut self, person: Option<Id>, since: usize, measures: &[Measure]) {
        let Some(person) = person else { return };
        let meant = |c: &&Contribution| !c.personal && measures.iter().any(|m| m.id() == c.measure);
        let own: Vec<Contribution> =
            self.counts.iter().skip(since).filter(meant).map(|c| Contribution { center: person, personal: true, ..c.clone() }).collect();
        self.counts.extend(own);
    }
}

/// What is credited to the agent who had the matter last.
const AGENT: &[Measure] = &[
    MattersAccepted,
    AcceptMinutes,
    AcceptTimed,
    MattersCompleted,
    ItemsCompleted,
    CompletedGranted,
    CompletedPartly,
    CompletedRefused,
    CompletedNotAccepted,
    CompletedHandOvers,
    PromiseKept,
    PromiseMissed,
    PromiseOverdueBegun,
    PromiseOverdueEnded,
];
/// What is credited to whoever took part.
const COURSE: &[Measure] = &[CoursesTaken, CoursesPassed, TrainingHours];
/// What is credited to whoever was rated.
const RATED: &[Measure] = &[
    // The grade of the center is the center's (DOMAIN §11): a person has the grades that were given to the person.
    StaffGood,
    StaffBad,
    EvaluationsInvited,
    EvaluationsAnswered,
    FollowUpsOpened,
    FollowUpsVerified,
    FollowUpsClosed,
];

/// What is counted of ratings, and of what became of bad ones, beside [`RATED`].
const GRADED: &[Measure] = &[
    VerySatisfied,
    Satisfied,
    BasicallySatisfied,
    Dissatisfied,
    VeryDissatisfied,
    DefaultRatings,
    PlatformGood,
    PlatformBad,
    ContactKept,
    ContactMissed,
    ContactOverdueBegun,
    ContactOverdueEnded,
    FollowUpKept,
    FollowUpMissed,
    FollowUpOverdueBegun,
    FollowUpOverdueEnded,
];

/// Whether a figure tells of ratings.
pub fn is_of_ratings(indicator: Indicator) -> bool {
    let d = indicator.definition();
    let graded = |m: &Measure| RATED.contains(m) || GRADED.contains(m);
    d.over.iter().chain(d.under).any(|term| match term {
        Term::Plus(m) | Term::Less(m) => graded(m),
        Term::Standing(begun, ended) => graded(begun) || graded(ended),
    })
}

/// Whether a figure is known of people: all that it is made of is credited to somebody.
pub fn is_personal(indicator: Indicator) -> bool {
    let d = indicator.definition();
    let known = |m: &Measure| AGENT.contains(m) || RATED.contains(m) || COURSE.contains(m);
    d.over.iter().chain(d.under).all(|term| match term {
        Term::Plus(m) | Term::Less(m) => known(m),
        Term::Standing(begun, ended) => known(begun) && known(ended),
    })
}

/// A time in custody.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// Whose.
    pub center: Id,
    /// Of which level.
    pub level: CenterLevel,
    /// From.
    pub from: Moment,
}

/// A limit.
#[derive(Clone, Copy, Debug)]
pub struct Limited {
    /// What it measures.
    pub kind: ClockKind,
    /// Until.
    pub due: Moment,
    /// When it stopped.
    pub stopped: Option<Moment>,
    /// Since when it stands still.
    pub paused: Option<Moment>,
}

/// A joint handling.
#[derive(Clone, Copy, Debug)]
pub struct Leg {
    /// Level of who asked.
    pub from: CenterLevel,
    /// Level of who was asked.
    pub to: CenterLevel,
    /// Who was asked.
    pub center: Id,
    /// When.
    pub asked: Moment,
    /// When it was completed.
    pub completed: Option<Moment>,
}

/// A matter with all that is counted of it.
#[derive(Debug)]
pub struct Matter<'a> {
    /// The record.
    pub e: &'a Entrustment,
    /// When the center accepted.
    pub accepted: Option<Moment>,
    /// How it ended, where the completion stands.
    pub outcome: Option<Outcome>,
    /// Items of a bundle; 1 for all else.
    pub items: i64,
    /// Name of the item's authority.
    pub department: String,
    /// It was split from another.
    pub split_off: bool,
    /// Its custody, oldest first.
    pub custody: Vec<Kept>,
    /// Its promise and its limits of acceptance.
    pub limits: Vec<Limited>,
    /// Its joint handlings.
    pub legs: Vec<Leg>,
    /// Its first evaluation: a second one, after a follow-up, replaces nothing.
    pub evaluation: Option<Evaluation>,
    /// Offers to hand it over: who offered, when, and whether it was returned.
    pub offers: Vec<(Id, Moment, bool)>,
}

/// Flows of the relay are measures of their own: kind, level of whom it left, level of whom it came to.
pub const HAND_OVER: i32 = 1000;
/// See [`HAND_OVER`].
pub const JOINT: i32 = 1100;

/// The number of a flow.
pub fn flow(kind: i32, from: CenterLevel, to: CenterLevel) -> i32 {
    kind + rank(from) * 10 + rank(to)
}

/// A level as it is stored: 1 is the highest.
pub fn rank(level: CenterLevel) -> i32 {
    match level {
        CenterLevel::Province => 1,
        CenterLevel::City => 2,
        CenterLevel::County => 3,
        CenterLevel::Town => 4,
        CenterLevel::Village => 5,
    }
}

/// Within, beyond, begun to be late, ended being late.
type Marks = [Measure; 4];
const PROMISE: Marks = [PromiseKept, PromiseMissed, PromiseOverdueBegun, PromiseOverdueEnded];
const ACCEPT: Marks = [AcceptKept, AcceptMissed, AcceptOverdueBegun, AcceptOverdueEnded];
const CONTACT: Marks = [ContactKept, ContactMissed, ContactOverdueBegun, ContactOverdueEnded];
const FOLLOW_UP: Marks = [FollowUpKept, FollowUpMissed, FollowUpOverdueBegun, FollowUpOverdueEnded];
const CONSULTATION: Marks = [ConsultationKept, ConsultationMissed, ConsultationOverdueBegun, ConsultationOverdueEnded];
const HOTLINE: Marks = [HotlineKept, HotlineMissed, HotlineOverdueBegun, HotlineOverdueEnded];
const SHEET: Marks = [SheetKept, SheetMissed, SheetOverdueBegun, SheetOverdueEnded];

/// A limit: whether it was kept, where it came to its end, and from when to when it was past due. A limit that still runs begins
/// to be late on its due day, which may lie ahead: who asks before then does not see it.
fn judge(to: &mut Contributed, limit: &Limited, center: Id, ended: bool, [kept, missed, begun, over]: Marks) {
    match limit.stopped {
        Some(at) => {
            if ended {
                to.add(if at <= limit.due { kept } else { missed }, at, center);
            }
            if at > limit.due {
                to.add(begun, limit.due, center);
                to.add(over, at, center);
            }
        }
        // What stands still is late only where it was before.
        None if limit.paused.is_some_and(|at| at <= limit.due) => {}
        None if limit.due.known().is_none() => {}
        None => to.add(begun, limit.due, center),
    }
}

/// What a matter contributes.
pub fn of_matter(m: &Matter) -> Contributed {
    use crate::kernel::Code as _;
    let e = m.e;
    let mut to = Contributed { item: Some(e.item_id), channel: e.channel.code(), mode: e.mode.code(), department: m.department.clone(), counts: Vec::new() };
    let (first, last) = (e.intake_center_id, e.custodian_id);
    let received: NaiveDate = e.received_on.parse().unwrap_or_else(|_| e.created_at.local_date());
    if m.split_off {
        to.add_n(MattersSplitOff.id(), received, first, 1);
    } else {
        to.add_n(MattersReceived.id(), received, first, 1);
        to.add_n(ItemsReceived.id(), received, first, m.items);
    }
    let at_the_time = |at: Moment| m.custody.iter().rev().find(|c| c.from <= at).map_or(first, |c| c.center);
    // A part counts once with what it was split from.
    if let Some(at) = m.accepted.filter(|_| !m.split_off) {
        let center = at_the_time(at);
        to.add(MattersAccepted, at, center);
        to.add(AcceptTimed, at, center);
        to.add_n(AcceptMinutes.id(), at.local_date(), center, minutes(e.created_at, at));
    }
    if let Some(at) = e.closed_at.filter(|_| !m.split_off) {
        match e.state {
            State::Closed => {
                to.add(MattersCompleted, at, last);
                to.add_n(ItemsCompleted.id(), at.local_date(), last, m.items);
                let outcome = m.outcome.map(|outcome| match outcome {
                    Outcome::Granted => CompletedGranted,
                    Outcome::PartlyGranted => CompletedPartly,
                    Outcome::Refused => CompletedRefused,
                    Outcome::NotAccepted => CompletedNotAccepted,
                });
                outcome.into_iter().for_each(|measure| to.add(measure, at, last));
                to.add_n(CompletedHandOvers.id(), at.local_date(), last, i64::try_from(m.custody.len()).unwrap_or(1) - 1);
            }
            State::Terminated => to.add(MattersTerminated, at, last),
            State::Withdrawn => to.add(MattersWithdrawn, at, last),
            State::Lapsed => to.add(MattersLapsed, at, last),
            State::Rejected => to.add(MattersRejected, at, last),
            _ => {}
        }
    }
    for limit in &m.limits {
        match limit.kind {
            ClockKind::Promise => judge(&mut to, limit, last, matches!(e.state, State::Closed | State::Completed | State::Unclaimed), PROMISE),
            ClockKind::Accept => {
                let taken_back =
                    matches!(e.state, State::Withdrawn | State::Lapsed | State::Terminated) && limit.stopped.is_some() && limit.stopped == e.closed_at;
                let center = at_the_time(limit.stopped.unwrap_or(Moment::NEVER));
                judge(&mut to, limit, center, !taken_back, ACCEPT);
            }
            _ => {}
        }
    }
    for pair in m.custody.windows(2) {
        if let [from, at] = pair {
            to.add_n(flow(HAND_OVER, from.level, at.level), at.from.local_date(), at.center, 1);
        }
    }
    for leg in &m.legs {
        to.add_n(flow(JOINT, leg.from, leg.to), leg.asked.local_date(), leg.center, 1);
        if let Some(at) = leg.completed {
            to.add(WorkUnits, at, leg.center);
        }
    }
    for (center, at, returned) in &m.offers {
        to.add(TransfersOffered, *at, *center);
        if *returned {
            to.add(TransfersReturned, *at, *center);
        }
    }
    to.also(e.assignee_id, 0, AGENT);
    if let Some(row) = &m.evaluation {
        rated(&mut to, row);
    }
    to
}

/// The same with what became of a bad grade.
pub fn followed(mut to: Contributed, follow_ups: &[(FollowUp, Vec<Limited>)]) -> Contributed {
    for (row, limits) in follow_ups {
        let since = to.counts.len();
        follow_up(&mut to, row, limits);
        to.also(row.staff_id, since, RATED);
    }
    to
}

/// Whole minutes; none where the one came before the other.
fn minutes(from: Moment, to: Moment) -> i64 {
    (to.utc() - from.utc()).num_minutes().max(0)
}

/// What became of a bad grade; nothing where an appeal was upheld: it was none.
fn follow_up(to: &mut Contributed, row: &FollowUp, limits: &[Limited]) {
    if row.state == FollowUpState::Excluded {
        return;
    }
    let center = row.center_id;
    to.add(FollowUpsOpened, row.created_at, center);
    // Told by when the grade was given: whoever asks of a month asks what became of that month's grades.
    if row.verdict.is_some() {
        to.add(FollowUpsVerified, row.created_at, center);
    }
    if row.state == FollowUpState::Closed {
        to.add(FollowUpsClosed, row.created_at, center);
    }
    for limit in limits {
        match limit.kind {
            ClockKind::FollowUpContact => judge(to, limit, center, row.verdict.is_some(), CONTACT),
            ClockKind::FollowUp => judge(to, limit, center, true, FOLLOW_UP),
            _ => {}
        }
    }
}

/// What a course contributes: to the center that holds it, and to who took part.
pub fn of_course(course: &Course, records: &[CourseRecord]) -> Contributed {
    let mut to = Contributed::default();
    let day: NaiveDate = course.to_on.parse().unwrap_or_else(|_| course.created_at.local_date());
    for record in records.iter().filter(|r| r.result != CourseResult::Enrolled) {
        let since = to.counts.len();
        to.add_n(CoursesTaken.id(), day, course.center_id, 1);
        if record.result == CourseResult::Passed {
            to.add_n(CoursesPassed.id(), day, course.center_id, 1);
            to.add_n(TrainingHours.id(), day, course.center_id, i64::from(course.hours));
        }
        to.also(Some(record.user_id), since, COURSE);
    }
    to
}

/// An evaluation: the first grade of a matter, a ticket or an occasion, for the center that is rated.
fn rated(to: &mut Contributed, row: &Evaluation) {
    let since = to.counts.len();
    graded(to, row);
    to.also(row.staff_id, since, RATED);
}

fn graded(to: &mut Contributed, row: &Evaluation) {
    let center = row.center_id;
    if row.is_excluded {
        // An appeal was upheld: it counts in no rate (DOMAIN §11), nor can it be told from two of them.
        return;
    }
    to.add(EvaluationsInvited, row.created_at, center);
    let (EvaluationState::Rated, Some(grade), Some(at)) = (row.state, row.grade, row.rated_at) else { return };
    if row.is_default {
        to.add(DefaultRatings, at, center);
        return;
    }
    to.add(EvaluationsAnswered, row.created_at, center);
    let measure = match grade {
        Grade::VerySatisfied => VerySatisfied,
        Grade::Satisfied => Satisfied,
        Grade::BasicallySatisfied => BasicallySatisfied,
        Grade::Dissatisfied => Dissatisfied,
        Grade::VeryDissatisfied => VeryDissatisfied,
    };
    to.add(measure, at, center);
    // A grade belongs only to the object rated: what is said of the platform or of a person is told apart.
    for (grade, [good, bad]) in [(row.platform_grade, [PlatformGood, PlatformBad]), (row.staff_grade, [StaffGood, StaffBad])] {
        if let Some(grade) = grade {
            to.add(if grade.is_bad() { bad } else { good }, at, center);
        }
    }
}

/// What a service occasion contributes: its evaluation, and nothing else.
pub fn of_occasion(row: &Occasion, evaluation: Option<&Evaluation>) -> Contributed {
    let channel = match row.kind {
        OccasionKind::HotlineOrder => "hotline",
        // What a client opened was not served at a window, unless it says so.
        OccasionKind::Consultation | OccasionKind::Other if row.client_id.is_some() => "",
        OccasionKind::Counter | OccasionKind::Consultation | OccasionKind::Other => "window",
    };
    let department = row.department_id.map(|id| id.to_string()).unwrap_or_default();
    let mut to = Contributed { item: row.item_id, channel, mode: "", department, counts: Vec::new() };
    if let Some(evaluation) = evaluation {
        rated(&mut to, evaluation);
    }
    to
}

/// What a consultation contributes: one 次 where it was taken in; what was answered, handed over and late, where it is answered now.
pub fn of_consultation(row: &Consultation, limits: &[Limited]) -> Contributed {
    use crate::kernel::Code as _;
    let mut to = Contributed { item: row.item_id, channel: row.channel.code(), mode: "", department: String::new(), counts: Vec::new() };
    let day: NaiveDate = row.received_on.parse().unwrap_or_else(|_| row.created_at.local_date());
    to.add_n(ConsultationsReceived.id(), day, row.intake_center_id, 1);
    let center = row.center_id;
    if let Some(at) = row.answered_at {
        to.add(ConsultationsAnswered, at, center);
    }
    if let (ConsultationState::HandedOver, Some(at)) = (row.state, row.ended_at) {
        to.add(ConsultationsTurned, at, center);
    }
    // The limit of each round, and of each center that had it: the last one is judged by whether it came to an answer.
    let done = row.answered_at.is_some() || row.state == ConsultationState::HandedOver;
    for (i, limit) in limits.iter().enumerate() {
        judge(&mut to, limit, center, done && i + 1 == limits.len(), CONSULTATION);
    }
    to
}

/// A hotline order with all that is counted of it.
#[derive(Debug)]
pub struct Ordered<'a> {
    /// The record.
    pub row: &'a hotline::Order,
    /// When it was finally replied to, once in each round.
    pub replies: Vec<Moment>,
    /// The limits of its rounds.
    pub limits: Vec<Limited>,
}

/// What a hotline order contributes: it is counted once, its limits and replies in each round, its return visit as the present
/// round has it; what was left out by an approved appeal is in no rate.
pub fn of_order(o: &Ordered) -> Contributed {
    let row = o.row;
    let department = row.department_id.map(|id| id.to_string()).unwrap_or_default();
    let mut to = Contributed { item: None, channel: "hotline", mode: "", department, counts: Vec::new() };
    let center = row.center_id;
    let day: NaiveDate = row.received_on.parse().unwrap_or_else(|_| row.created_at.local_date());
    to.add_n(HotlineReceived.id(), day, center, 1);
    o.replies.iter().for_each(|at| to.add(HotlineReplied, *at, center));
    for limit in &o.limits {
        // What people said is kept to the millisecond.
        let told = |at: Moment| o.replies.iter().any(|reply| reply.utc().timestamp_millis() == at.utc().timestamp_millis());
        let ended = limit.stopped.is_some_and(told);
        judge(&mut to, limit, center, ended, HOTLINE);
    }
    let (Some(contacted), Some(at)) = (row.contacted, row.visited_at) else { return to };
    if row.appeal == HotlineAppealState::Approved {
        return to;
    }
    if !contacted {
        to.add(HotlineUnreachable, at, center);
    }
    // Who was not reached could not say so; what the hotline knows otherwise counts.
    if contacted || row.responded.is_some() {
        to.add(HotlineAssessed, at, center);
        if row.responded == Some(true) {
            to.add(HotlineResponded, at, center);
        }
    }
    if let Some(resolved) = row.resolved {
        to.add(if resolved { HotlineResolved } else { HotlineUnresolved }, at, center);
        if resolved && row.first_resolved == Some(true) {
            to.add(HotlineFirstResolved, at, center);
        }
    }
    if let Some(satisfied) = row.satisfied() {
        to.add(if satisfied { HotlineSatisfied } else { HotlineDissatisfied }, at, center);
    }
    to
}

/// A ticket with all that is counted of it.
#[derive(Debug)]
pub struct Reflected<'a> {
    /// The record.
    pub row: &'a Ticket,
    /// Since when each caller asks that registered here, wherever the ticket is handled.
    pub callers: Vec<Moment>,
    /// How callers were asked, oldest first.
    pub contacts: Vec<TicketContact>,
    /// Its sheets, each with its limits.
    pub sheets: Vec<(Sheet, Vec<Limited>)>,
    /// Its first evaluation.
    pub evaluation: Option<Evaluation>,
}

/// What a ticket contributes.
pub fn of_ticket(t: &Reflected) -> Contributed {
    use crate::kernel::Code as _;
    let row = t.row;
    let department = row.lead_department_id.map(|id| id.to_string()).unwrap_or_default();
    let mut to = Contributed { item: row.item_id, channel: row.channel.code(), mode: "", department, counts: Vec::new() };
    let center = row.center_id;
    let day: NaiveDate = row.registered_on.parse().unwrap_or_else(|_| row.created_at.local_date());
    to.add_n(TicketsRegistered.id(), day, center, 1);
    t.callers.iter().for_each(|since| to.add(TicketRequests, *since, center));
    let now = match row.state {
        TicketState::Merged => Some(TicketsMerged),
        TicketState::Inadmissible => Some(TicketsInadmissible),
        TicketState::Withdrawn => Some(TicketsWithdrawn),
        TicketState::UpheldUnresolved => Some(TicketsUpheld),
        TicketState::Cleared => Some(TicketsStruck),
        _ => None,
    };
    now.into_iter().for_each(|measure| to.add_n(measure.id(), day, center, 1));
    if row.state == TicketState::Cleared {
        if row.round <= 1 {
            to.add_n(TicketsStruckFirst.id(), day, center, 1);
        }
        if let Some(at) = row.cleared_at {
            to.add(TicketsCleared, at, center);
        }
    }
    asked(&mut to, center, &t.contacts);
    for (sheet, limits) in &t.sheets {
        let replied = matches!(sheet.state, SheetState::Replied | SheetState::Confirmed);
        let before = to.counts.len();
        limits.iter().for_each(|limit| judge(&mut to, limit, sheet.center_id, replied, SHEET));
        // A sheet is its own department's.
        to.counts.iter_mut().skip(before).for_each(|c| c.department = Some(sheet.department_id.to_string()));
    }
    if let Some(row) = &t.evaluation {
        rated(&mut to, row);
    }
    to
}

/// Each caller counts once in each round: by the last answer, or as not reached where there was none.
fn asked(to: &mut Contributed, center: Id, contacts: &[TicketContact]) {
    let mut last: Vec<&TicketContact> = Vec::new();
    for contact in contacts {
        let same = |c: &&TicketContact| c.caller_id == contact.caller_id && c.round == contact.round && c.purpose == contact.purpose;
        match last.iter_mut().find(|c| same(c)) {
            Some(known) if contact.outcome != ContactOutcome::Unreachable || known.outcome == ContactOutcome::Unreachable => *known = contact,
            Some(_) => {}
            None => last.push(contact),
        }
    }
    for contact in last {
        let measure = match contact.outcome {
            ContactOutcome::Satisfied => AskedSatisfied,
            ContactOutcome::Dissatisfied => AskedDissatisfied,
            ContactOutcome::Unreachable => AskedUnreachable,
        };
        to.add(measure, contact.contacted_at, center);
    }
}
