//! What is opened: one evaluation for whatever was served, a second one after its follow-up; and what an upheld appeal takes
//! out of the rates.

use std::sync::OnceLock;

use serde_json::json;

use super::{
    expiring::remind_at,
    load::publish,
    model::{EvaluationState, RatedKind},
    store::{self, Evaluation},
};
use crate::{
    applicants,
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Sealed, Tx, dialect},
    entrustments::{self, ClosedMatter},
    kernel::{Code as _, Id, Problem},
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

/// Opens the one evaluation of a matter; a matter reopened and ended again keeps its first.
pub fn open(tx: &mut Tx, actor: &Actor, matter: &ClosedMatter) -> Result<()> {
    if !matter.served {
        return Ok(());
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

/// Opens the one evaluation of whatever was served; answers it where it is new.
pub fn open_for(tx: &mut Tx, actor: &Actor, served: &Served) -> Result<Option<Evaluation>> {
    if store::of_record(tx, served.id)?.is_some() {
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
    begin(tx, actor, row).map(Some)
}

/// Opens the second evaluation, after the follow-up was told; the first stays as it is.
pub fn open_second(tx: &mut Tx, actor: &Actor, first: Id) -> Result<Id> {
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
    begin(tx, actor, row).map(|row| row.id)
}

/// The window of validity begins.
fn begin(tx: &mut Tx, actor: &Actor, mut row: Evaluation) -> Result<Evaluation> {
    let center = organization::load(tx, row.center_id)?;
    let rules = settings::rules(tx, &center.path)?;
    row.due_at = clocks::start(tx, "evaluation", row.id, ClockKind::Evaluation, rules.evaluation_limit)?;
    row.remind_at = remind_at(tx, row.due_at, rules.evaluation_reminder)?;
    store::insert(tx, &row)?;
    publish(tx, actor, &row, "evaluation.opened", json!({ "number": row.number, "kind": row.record_kind.code(), "round": row.round }))?;
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
