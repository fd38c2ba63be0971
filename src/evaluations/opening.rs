//! What is opened: one evaluation for whatever was served, a second one after its follow-up; what waits while it is handled
//! again; and what an upheld appeal takes out of the rates.

use std::sync::OnceLock;

use serde_json::json;

use super::{
    expiring::{end_unrated, remind_at},
    load::{lock, publish},
    machine::Step,
    model::{EvaluationState, RatedKind},
    store::{self, Evaluation},
};
use crate::{
    applicants,
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Sealed, Tx, dialect},
    entrustments::{self, ClosedMatter, Entrustment},
    kernel::{Code as _, Id, Moment, Problem},
    organization, settings,
};

/// What a higher rank does inside the transaction in which an evaluation is rated or expires: set by `app`.
pub static ON_ENDED: OnceLock<EndedHook> = OnceLock::new();

/// What is done then.
pub type EndedHook = fn(&mut Tx, &Actor, &Evaluation) -> Result<()>;

/// What was served, and whom to ask about it.
#[derive(Clone, Debug)]
pub struct Served {
    /// What it was.
    pub kind: RatedKind,
    /// Which.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Of what: names nobody.
    pub title: String,
    /// Rated center.
    pub center_id: Id,
    /// Rated person.
    pub staff_id: Option<Id>,
    /// At which window.
    pub window_id: Option<Id>,
    /// Who was served, where they are registered.
    pub applicant_id: Option<Id>,
    /// Their telephone.
    pub phone: Option<String>,
}

/// Opens the one evaluation of a matter.
pub fn open(tx: &mut Tx, actor: &Actor, matter: &ClosedMatter) -> Result<()> {
    if !matter.served {
        return fall(tx, actor, matter.id);
    }
    let served = Served {
        kind: RatedKind::Entrustment,
        id: matter.id,
        number: matter.number.clone(),
        title: matter.title.clone(),
        center_id: matter.center_id,
        staff_id: matter.staff_id,
        window_id: None,
        applicant_id: Some(matter.applicant_id),
        phone: None,
    };
    open_for(tx, actor, &served).map(|_| ())
}

/// Opens the one evaluation of whatever was served; answers it where it is new. What was handled again and ended again keeps
/// what somebody rated; what nobody did is asked anew.
pub fn open_for(tx: &mut Tx, actor: &Actor, served: &Served) -> Result<Option<Evaluation>> {
    let there = store::all_of_record(tx, served.id)?;
    if !there.is_empty() {
        // An occasion ends once.
        if served.kind != RatedKind::ServiceOccasion {
            there.into_iter().try_for_each(|row| ask_anew(tx, actor, row.id, Some(served)))?;
        }
        return Ok(None);
    }
    let is_matter = served.kind == RatedKind::Entrustment;
    let phone_mark = match &served.phone {
        Some(phone) => Some(applicants::phone_mark(tx, phone)),
        // A matter keeps its contact itself.
        None if is_matter => entrustments::store::entrustment(tx, served.id)?.map(|e| e.phone_mark),
        None => None,
    };
    let row = Evaluation {
        id: Id::new(),
        round: 1,
        is_excluded: false,
        excluded_why: None,
        follow_up_id: None,
        entrustment_id: is_matter.then_some(served.id),
        number: served.number.clone(),
        title: served.title.clone(),
        center_id: served.center_id,
        staff_id: served.staff_id,
        applicant_id: served.applicant_id,
        state: EvaluationState::Open,
        grade: None,
        channel: None,
        is_default: false,
        is_named: false,
        rating: None,
        due_at: tx.now,
        rated_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        record_kind: served.kind,
        record_id: served.id,
        window_id: served.window_id,
        platform_grade: None,
        staff_grade: None,
        phone: served.phone.as_ref().map(|phone| Sealed::seal(tx.vault, phone)).transpose()?,
        phone_mark,
        words_mark: None,
        remind_at: tx.now,
        suspicions: None,
    };
    begin(tx, actor, row, false).map(Some)
}

/// Whether a matter was rated by somebody: its agent needs the telephone for no rating any more.
pub fn is_rated(tx: &mut Tx, record: Id) -> Result<bool> {
    Ok(store::all_of_record(tx, record)?.first().is_some_and(Evaluation::is_rated))
}

/// A matter is handled again: what nobody rated of it waits for its new end.
pub fn on_matter_told(tx: &mut Tx, actor: &Actor, matter: &Entrustment, kind: &str) -> Result<()> {
    if kind == "reopened" { hold(tx, actor, matter.id) } else { Ok(()) }
}

/// What was served is handled again: until it ends again, nobody rates it, and no window runs out.
pub fn hold(tx: &mut Tx, actor: &Actor, record: Id) -> Result<()> {
    store::all_of_record(tx, record)?.into_iter().try_for_each(|row| ask_anew(tx, actor, row.id, None))
}

/// What was served, and handled again, has ended without being served: nobody is asked about it, and nothing waits for it. A
/// second evaluation ends its follow-up as when its window is over.
pub fn fall(tx: &mut Tx, actor: &Actor, record: Id) -> Result<()> {
    for row in store::all_of_record(tx, record)? {
        let mut row = lock(tx, row.id)?;
        let Ok(next) = row.decide(Step::Fall, tx.now) else { continue };
        end_unrated(tx, actor, &mut row, next, "evaluation.expired")?;
    }
    Ok(())
}

/// An evaluation that nobody rated is open again, from now on where the handling ended, else not before it ends. A default says
/// nothing of it any more. Of a second one only the window moves: it is of the first's center, and belongs to its follow-up.
fn ask_anew(tx: &mut Tx, actor: &Actor, id: Id, ended: Option<&Served>) -> Result<()> {
    let mut row = lock(tx, id)?;
    // What somebody rated stays, and what waits goes on waiting.
    let Ok(next) = row.decide(if ended.is_some() { Step::AskAnew } else { Step::Hold }, tx.now) else { return Ok(()) };
    clocks::stop(tx, row.id, &[ClockKind::Evaluation])?;
    row.state = next.state();
    (row.is_default, row.grade, row.channel, row.rated_at) = (false, None, None, None);
    (row.due_at, row.remind_at) = (Moment::NEVER, Moment::NEVER);
    let kind = match ended {
        None => "evaluation.held",
        Some(served) => {
            if row.round == 1 {
                // Whoever had it last is rated.
                (row.center_id, row.staff_id, row.applicant_id) = (served.center_id, served.staff_id, served.applicant_id);
                row.title.clone_from(&served.title);
                if let Some(phone) = &served.phone {
                    // Of a ticket that others were merged into, another may ask first.
                    row.phone = Some(Sealed::seal(tx.vault, phone)?);
                    row.phone_mark = Some(applicants::phone_mark(tx, phone));
                }
            }
            run(tx, &mut row)?;
            "evaluation.reopened"
        }
    };
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let params = json!({ "number": row.number, "kind": row.record_kind.code(), "round": row.round });
    publish(tx, actor, &row, kind, params)
}

/// Opens the second evaluation, after the follow-up was told; the first stays as it is. While what it rates is handled again
/// (`held`) it waits for the new end, as everything that is asked about it does.
pub fn open_second(tx: &mut Tx, actor: &Actor, first: Id, held: bool) -> Result<Id> {
    let first = store::evaluation(tx, first)?.ok_or_else(Problem::not_found)?;
    let row = Evaluation {
        id: Id::new(),
        round: first.round + 1,
        state: EvaluationState::Open,
        grade: None,
        channel: None,
        is_named: false,
        is_default: false,
        rating: None,
        rated_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        is_excluded: false,
        excluded_why: None,
        platform_grade: None,
        staff_grade: None,
        words_mark: None,
        suspicions: None,
        ..first
    };
    begin(tx, actor, row, held).map(|row| row.id)
}

/// The window of validity begins.
fn run(tx: &mut Tx, row: &mut Evaluation) -> Result<()> {
    let center = organization::load(tx, row.center_id)?;
    let rules = settings::rules(tx, &center.path)?;
    row.due_at = clocks::start(tx, "evaluation", row.id, ClockKind::Evaluation, rules.evaluation_limit)?;
    row.remind_at = remind_at(tx, row.due_at, rules.evaluation_reminder)?;
    Ok(())
}

/// It is asked: from now on, or (`held`) from its new end on.
fn begin(tx: &mut Tx, actor: &Actor, mut row: Evaluation, held: bool) -> Result<Evaluation> {
    if held {
        (row.due_at, row.remind_at) = (Moment::NEVER, Moment::NEVER);
    } else {
        run(tx, &mut row)?;
    }
    store::insert(tx, &row)?;
    let kind = if held { "evaluation.held" } else { "evaluation.opened" };
    publish(tx, actor, &row, kind, json!({ "number": row.number, "kind": row.record_kind.code(), "round": row.round }))?;
    Ok(row)
}

/// An appeal was upheld: the rating stays, and is not counted.
pub fn exclude(tx: &mut Tx, actor: &Actor, id: Id, why: &str) -> Result<()> {
    dialect::lock_root(tx.conn, "evaluations", id.as_str())?;
    let mut row = store::evaluation(tx, id)?.ok_or_else(Problem::not_found)?;
    row.is_excluded = true;
    row.excluded_why = Some(Private::seal(tx.vault, &why.to_owned())?);
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    publish(tx, actor, &row, "evaluation.excluded", json!({ "number": row.number }))
}
