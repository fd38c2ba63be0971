//! SQL of evaluations.

use diesel::{dsl::count_star, prelude::*};

pub use super::model::{Dimension, EvaluationState, Grade, Rating, RatingChannel};
use super::{
    machine::{self, Facts, Refusal, Standing, Step},
    model::{RatedKind, Suspicion},
};
use crate::{
    db::{
        Json, Private, Result, Sealed, Tx,
        schema::{evaluations, windows},
    },
    insert_many,
    kernel::{Id, Moment},
};

/// An evaluation.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = evaluations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Evaluation {
    /// Identity.
    pub id: Id,
    /// Of which matter, where it is one.
    pub entrustment_id: Option<Id>,
    /// Number of what is rated.
    pub number: String,
    /// Name of the item, or what kind of service it was.
    pub title: String,
    /// Rated center.
    pub center_id: Id,
    /// Rated person.
    pub staff_id: Option<Id>,
    /// Who rates, where they are registered.
    pub applicant_id: Option<Id>,
    /// State.
    pub state: EvaluationState,
    /// Grade.
    pub grade: Option<Grade>,
    /// How it came in.
    pub channel: Option<RatingChannel>,
    /// A default rating; left out of every published rate.
    pub is_default: bool,
    /// Named, or anonymous.
    pub is_named: bool,
    /// What was said.
    pub rating: Option<Json<Rating>>,
    /// Open until.
    pub due_at: Moment,
    /// When rated.
    pub rated_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// 1, or 2 after a follow-up: the second never replaces the first.
    pub round: i32,
    /// An appeal was upheld: kept and shown, and left out of every rate.
    pub is_excluded: bool,
    /// Why, as who decided the appeal said.
    pub excluded_why: Option<Private<String>>,
    /// The follow-up that a bad grade opened.
    pub follow_up_id: Option<Id>,
    /// What is rated.
    pub record_kind: RatedKind,
    /// Which; one evaluation each, and a second one after a follow-up.
    pub record_id: Id,
    /// At which window it was served.
    pub window_id: Option<Id>,
    /// Grade of the platform.
    pub platform_grade: Option<Grade>,
    /// Grade of the person.
    pub staff_grade: Option<Grade>,
    /// Whom to ask; of a matter its contact is asked.
    pub phone: Option<Sealed>,
    /// Blind index of the telephone.
    pub phone_mark: Option<String>,
    /// Keyed hash of the comment of a bad rating: the same words again are told.
    pub words_mark: Option<String>,
    /// When the applicant is reminded; never, once they were.
    pub remind_at: Moment,
    /// Why the rating may be malicious; it counts all the same.
    pub suspicions: Option<Json<Vec<Suspicion>>>,
}

impl Evaluation {
    /// Whether somebody rated it: a default is no rating of anybody's.
    pub fn is_rated(&self) -> bool {
        self.state == EvaluationState::Rated && !self.is_default
    }

    /// Whether somebody rated it who gave no name: to whom it is about it is a part of figures, and no record.
    pub fn is_anonymous(&self) -> bool {
        self.is_rated() && !self.is_named
    }

    fn standing(&self) -> Standing {
        match self.state {
            EvaluationState::Open if self.due_at.known().is_none() => Standing::Held,
            EvaluationState::Open => Standing::Open,
            EvaluationState::Rated if self.is_default => Standing::Defaulted,
            EvaluationState::Rated => Standing::Rated,
            EvaluationState::Expired => Standing::Expired,
        }
    }

    /// Where a step leads now, as the table has it.
    pub fn decide(&self, step: Step, now: Moment) -> std::result::Result<Standing, Refusal> {
        machine::decide(self.standing(), Facts { round: self.round, over: self.due_at < now }, step)
    }

    /// Whether it can be rated now.
    pub fn is_open(&self, now: Moment) -> bool {
        self.decide(Step::Rate, now).is_ok()
    }

    /// Whether it waits for the end of what is handled again.
    pub fn is_held(&self) -> bool {
        self.standing() == Standing::Held
    }

    /// Whether whoever was served can be asked: by account, by the matter's contact, or by a telephone that was left.
    pub fn has_contact(&self) -> bool {
        self.phone.is_some() || self.applicant_id.is_some() || self.entrustment_id.is_some()
    }

    /// The worst bad grade of all that is rated, if any is bad.
    pub fn bad(&self) -> Option<Grade> {
        [self.grade, self.platform_grade, self.staff_grade].into_iter().flatten().filter(|grade| grade.is_bad()).max_by_key(|grade| grade.rank())
    }
}

/// The evaluations of one applicant become another's.
pub fn move_applicant(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(evaluations::table.filter(evaluations::applicant_id.eq(Some(from)))).set(evaluations::applicant_id.eq(Some(to))).execute(tx.conn)?;
    Ok(())
}

/// By id.
pub fn evaluation(tx: &mut Tx, id: Id) -> Result<Option<Evaluation>> {
    Ok(evaluations::table.filter(evaluations::id.eq(id)).select(Evaluation::as_select()).first(tx.conn).optional()?)
}

/// By the number of its matter: the one that is open, else the first.
pub fn by_number(tx: &mut Tx, number: &str) -> Result<Option<Evaluation>> {
    let all = evaluations::table.filter(evaluations::number.eq(number)).order(evaluations::round.asc());
    Ok(open_or_first(all.select(Evaluation::as_select()).load(tx.conn)?))
}

/// Of a matter, a ticket or an occasion: the one that is open, else the first.
pub fn of_record(tx: &mut Tx, record: Id) -> Result<Option<Evaluation>> {
    let all = evaluations::table.filter(evaluations::record_id.eq(record)).order(evaluations::round.asc());
    Ok(open_or_first(all.select(Evaluation::as_select()).load(tx.conn)?))
}

/// All of a record, the first before the second.
pub fn all_of_record(tx: &mut Tx, record: Id) -> Result<Vec<Evaluation>> {
    let all = evaluations::table.filter(evaluations::record_id.eq(record)).order(evaluations::round.asc());
    Ok(all.select(Evaluation::as_select()).load(tx.conn)?)
}

fn open_or_first(mut all: Vec<Evaluation>) -> Option<Evaluation> {
    let at = all.iter().position(|row| row.state == EvaluationState::Open).unwrap_or(0);
    (at < all.len()).then(|| all.swap_remove(at))
}

/// Several, by id.
pub fn evaluations_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Evaluation>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(evaluations::table.filter(evaluations::id.eq_any(ids.to_vec())).select(Evaluation::as_select()).load(tx.conn)?)
}

/// Many new evaluations.
pub fn insert_all(tx: &mut Tx, rows: &[Evaluation]) -> Result<()> {
    insert_many!(tx.conn, evaluations::table, rows);
    Ok(())
}

/// A new evaluation.
pub fn insert(tx: &mut Tx, row: &Evaluation) -> Result<()> {
    diesel::insert_into(evaluations::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an evaluation whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Evaluation) -> Result<bool> {
    let changed = diesel::update(evaluations::table.filter(evaluations::id.eq(row.id)).filter(evaluations::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Open evaluations whose window is over.
pub fn overdue(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<Evaluation>> {
    Ok(evaluations::table
        .filter(evaluations::state.eq(EvaluationState::Open))
        .filter(evaluations::due_at.lt(now))
        .order(evaluations::id.asc())
        .limit(limit)
        .select(Evaluation::as_select())
        .load(tx.conn)?)
}

/// Open evaluations whose applicants are to be reminded now.
pub fn to_remind(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<Evaluation>> {
    Ok(evaluations::table
        .filter(evaluations::state.eq(EvaluationState::Open))
        .filter(evaluations::remind_at.le(now))
        .order(evaluations::id.asc())
        .limit(limit)
        .select(Evaluation::as_select())
        .load(tx.conn)?)
}

/// Open evaluations of occasions at a center, newest first.
pub fn waiting_at(tx: &mut Tx, center: Id, now: Moment, limit: i64) -> Result<Vec<Evaluation>> {
    Ok(evaluations::table
        .filter(evaluations::state.eq(EvaluationState::Open))
        .filter(evaluations::due_at.gt(now))
        .filter(evaluations::center_id.eq(center))
        .filter(evaluations::record_kind.eq(RatedKind::ServiceOccasion))
        .order(evaluations::id.desc())
        .limit(limit)
        .select(Evaluation::as_select())
        .load(tx.conn)?)
}

/// The center and the name of a window.
pub fn window(tx: &mut Tx, id: Id) -> Result<Option<(Id, String)>> {
    Ok(windows::table.filter(windows::id.eq(id)).select((windows::center_id, windows::name)).first(tx.conn).optional()?)
}

const BAD: [Grade; 2] = [Grade::Dissatisfied, Grade::VeryDissatisfied];

/// What was rated badly since a moment by one telephone, or by one applicant.
pub fn bad_by(tx: &mut Tx, phone_mark: Option<&str>, applicant: Option<Id>, since: Moment) -> Result<Vec<Id>> {
    let bad = || evaluations::table.filter(evaluations::grade.eq_any(BAD)).filter(evaluations::rated_at.ge(since));
    let mut found: Vec<Id> = Vec::new();
    if let Some(mark) = phone_mark {
        found.extend(bad().filter(evaluations::phone_mark.eq(mark)).select(evaluations::record_id).load::<Id>(tx.conn)?);
    }
    if let Some(applicant) = applicant {
        found.extend(bad().filter(evaluations::applicant_id.eq(applicant)).select(evaluations::record_id).load::<Id>(tx.conn)?);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Bad ratings since a moment in the same words.
pub fn bad_with_words(tx: &mut Tx, mark: &str, since: Moment) -> Result<i64> {
    let same = evaluations::table.filter(evaluations::words_mark.eq(mark)).filter(evaluations::rated_at.ge(since));
    Ok(same.select(count_star()).first(tx.conn)?)
}

/// Bad ratings of a center since a moment.
pub fn bad_at(tx: &mut Tx, center: Id, since: Moment) -> Result<i64> {
    let bad = evaluations::table.filter(evaluations::center_id.eq(center)).filter(evaluations::rated_at.ge(since));
    Ok(bad.filter(evaluations::grade.eq_any(BAD)).select(count_star()).first(tx.conn)?)
}

/// The first evaluations of these records.
pub fn first_of(tx: &mut Tx, records: &[Id]) -> Result<Vec<Evaluation>> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let first = evaluations::table.filter(evaluations::round.eq(1)).filter(evaluations::record_id.eq_any(records.to_vec()));
    Ok(first.order(evaluations::id.asc()).select(Evaluation::as_select()).load(tx.conn)?)
}
