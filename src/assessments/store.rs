//! SQL of assessments.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    machine::{AssessedKind, AssessmentGrade, AssessmentState, EntryKind, EntryState, ObjectionState, SchemeState},
    model::AssessmentSchemeContent,
    scoring::LineFigure,
};
use crate::{
    db::{
        Json, Private, Result, Tx,
        schema::{
            assessment_entries, assessment_objections, assessment_records, assessment_scheme_versions, assessment_schemes, assessment_subjects, assessments,
        },
    },
    insert_many,
    kernel::{Id, Moment},
};

/// A scheme.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = assessment_schemes, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Scheme {
    /// Identity.
    pub id: Id,
    /// Where it holds, and below.
    pub center_id: Id,
    /// Name.
    pub name: String,
    /// Who is assessed.
    pub subject_kind: AssessedKind,
    /// Of centers: of which level.
    pub level: Option<crate::organization::CenterLevel>,
    /// State.
    pub state: SchemeState,
    /// The version that holds; 0: none yet.
    pub number: i64,
    /// What its next version says.
    pub draft: Json<AssessmentSchemeContent>,
    /// Version of the record.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A published version: never changed.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = assessment_scheme_versions, treat_none_as_default_value = false)]
pub struct SchemeVersion {
    /// Of which scheme.
    pub scheme_id: Id,
    /// 1, 2, 3 …
    pub number: i64,
    /// What it says.
    pub content: Json<AssessmentSchemeContent>,
    /// When.
    pub published_at: Moment,
}

/// An assessment.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = assessments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Assessment {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Under which center they stand who are assessed.
    pub center_id: Id,
    /// By which scheme.
    pub scheme_id: Id,
    /// In which version.
    pub scheme_number: i64,
    /// Who is assessed.
    pub subject_kind: AssessedKind,
    /// From this day.
    pub from_on: String,
    /// Before this one.
    pub to_on: String,
    /// State.
    pub state: AssessmentState,
    /// Who drew it up.
    pub created_by: Option<Id>,
    /// What had happened until then was counted.
    pub as_of: Option<Moment>,
    /// Objections until.
    pub objection_due_at: Moment,
    /// How far the records behind it are kept.
    pub kept: String,
    /// When it was frozen.
    pub frozen_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// Somebody who is assessed.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = assessment_subjects, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Subject {
    /// Identity.
    pub id: Id,
    /// Of which assessment.
    pub assessment_id: Id,
    /// Center, department or person.
    pub subject_id: Id,
    /// Where they are.
    pub center_id: Id,
    /// Name of a center or department; of a person, their account has it.
    pub name: String,
    /// Not computed yet.
    pub pending: bool,
    /// The figures, as they were counted.
    pub figures: Json<Vec<LineFigure>>,
    /// Of the lines; none where nothing counts.
    pub score: Option<i64>,
    /// With what was entered beside it.
    pub total: Option<i64>,
    /// Rank; who has none comes last.
    pub rank: i32,
    /// Grade.
    pub grade: Option<AssessmentGrade>,
    /// When last changed.
    pub updated_at: Moment,
}

/// Who has no rank comes after everybody.
pub const UNRANKED: i32 = i32::MAX;

/// What was said with an entry.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct EntryWords {
    /// Why.
    pub reason: String,
    /// Number of the document.
    pub document: String,
}

/// What stands beside the figures.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = assessment_entries, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Entry {
    /// Identity.
    pub id: Id,
    /// Of which assessment.
    pub assessment_id: Id,
    /// About whom: the row of the subject.
    pub subject_row: Id,
    /// Why there is one.
    pub kind: EntryKind,
    /// Pending corrections wait for a second person.
    pub state: EntryState,
    /// Which line's figure is another.
    pub line: Option<String>,
    /// Hundredths of a point that are added.
    pub delta: i64,
    /// What the figure is instead.
    pub numerator: Option<i64>,
    /// See `numerator`.
    pub denominator: Option<i64>,
    /// What was said.
    pub words: Private<EntryWords>,
    /// Who entered it.
    pub entered_by: Option<Id>,
    /// Who confirmed it.
    pub confirmed_by: Option<Id>,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// What was said of an objection.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ObjectionWords {
    /// Why.
    pub reason: String,
    /// What shows it.
    pub evidence: String,
    /// What was decided, and why.
    pub decision: String,
    /// Number of the document.
    pub document: String,
}

/// An objection.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = assessment_objections, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Objection {
    /// Identity.
    pub id: Id,
    /// Of which assessment.
    pub assessment_id: Id,
    /// By whom: the row of the subject.
    pub subject_row: Id,
    /// To which line.
    pub line: String,
    /// State.
    pub state: ObjectionState,
    /// What was said.
    pub words: Private<ObjectionWords>,
    /// Who objects.
    pub raised_by: Option<Id>,
    /// Who decided.
    pub decided_by: Option<Id>,
    /// The entry that came of it.
    pub entry_id: Option<Id>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A record behind a figure of what is frozen.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = assessment_records, treat_none_as_default_value = false)]
pub struct KeptRecord {
    /// Whose figure: the row of the subject.
    pub subject_row: Id,
    /// Which line.
    pub line: String,
    /// `numerator` or `denominator`.
    pub side: String,
    /// Which record.
    pub record_id: Id,
    /// What kind.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// How much of the figure it is.
    pub count: i64,
}

/// A scheme by id.
pub fn scheme(tx: &mut Tx, id: Id) -> Result<Option<Scheme>> {
    Ok(assessment_schemes::table.find(id).select(Scheme::as_select()).first(tx.conn).optional()?)
}

/// The schemes of these centers.
pub fn schemes(tx: &mut Tx, centers: &[Id]) -> Result<Vec<Scheme>> {
    let rows = assessment_schemes::table.filter(assessment_schemes::center_id.eq_any(centers.to_vec())).order(assessment_schemes::id.asc()).limit(500);
    Ok(rows.select(Scheme::as_select()).load(tx.conn)?)
}

/// A new scheme.
pub fn insert_scheme(tx: &mut Tx, row: &Scheme) -> Result<()> {
    diesel::insert_into(assessment_schemes::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a scheme whose version was counted up by one.
pub fn save_scheme(tx: &mut Tx, row: &Scheme) -> Result<bool> {
    let old = assessment_schemes::table.filter(assessment_schemes::id.eq(row.id)).filter(assessment_schemes::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// A version of a scheme.
pub fn scheme_version(tx: &mut Tx, scheme: Id, number: i64) -> Result<Option<SchemeVersion>> {
    use assessment_scheme_versions as v;
    Ok(v::table.find((scheme, number)).select(SchemeVersion::as_select()).first(tx.conn).optional()?)
}

/// A new version.
pub fn insert_version(tx: &mut Tx, row: &SchemeVersion) -> Result<()> {
    diesel::insert_into(assessment_scheme_versions::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// An assessment by id.
pub fn assessment(tx: &mut Tx, id: Id) -> Result<Option<Assessment>> {
    Ok(assessments::table.find(id).select(Assessment::as_select()).first(tx.conn).optional()?)
}

/// An assessment by number.
pub fn assessment_by_number(tx: &mut Tx, number: &str) -> Result<Option<Assessment>> {
    Ok(assessments::table.filter(assessments::number.eq(number)).select(Assessment::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn assessments_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Assessment>> {
    Ok(assessments::table.filter(assessments::id.eq_any(ids.to_vec())).select(Assessment::as_select()).load(tx.conn)?)
}

/// The assessments of a center for a period, whoever is assessed.
pub fn of_period(tx: &mut Tx, center: Id, from: &str, to: &str) -> Result<Vec<Assessment>> {
    let rows = assessments::table.filter(assessments::center_id.eq(center)).filter(assessments::from_on.eq(from.to_owned()));
    Ok(rows.filter(assessments::to_on.eq(to.to_owned())).select(Assessment::as_select()).load(tx.conn)?)
}

/// The first assessment in a state that the worker works on.
pub fn first_in(tx: &mut Tx, state: AssessmentState) -> Result<Option<Id>> {
    let rows = assessments::table.filter(assessments::state.eq(state)).order(assessments::id.asc());
    Ok(rows.select(assessments::id).first(tx.conn).optional()?)
}

/// A new assessment.
pub fn insert(tx: &mut Tx, row: &Assessment) -> Result<()> {
    diesel::insert_into(assessments::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an assessment whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Assessment) -> Result<bool> {
    let old = assessments::table.filter(assessments::id.eq(row.id)).filter(assessments::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// Notes how far the records behind it are kept; under its lock.
pub fn keep_until(tx: &mut Tx, id: Id, kept: &str) -> Result<()> {
    diesel::update(assessments::table.find(id)).set(assessments::kept.eq(kept.to_owned())).execute(tx.conn)?;
    Ok(())
}

/// New subjects.
pub fn insert_subjects(tx: &mut Tx, rows: &[Subject]) -> Result<()> {
    insert_many!(tx.conn, assessment_subjects::table, rows);
    Ok(())
}

/// Somebody who is assessed: by the row, or by who they are.
pub fn subject(tx: &mut Tx, assessment: Id, id: Id) -> Result<Option<Subject>> {
    use assessment_subjects as s;
    let rows = s::table.filter(s::assessment_id.eq(assessment)).filter(s::id.eq(id).or(s::subject_id.eq(id)));
    Ok(rows.select(Subject::as_select()).first(tx.conn).optional()?)
}

/// All who are assessed, in the order of their rows.
pub fn subjects(tx: &mut Tx, assessment: Id) -> Result<Vec<Subject>> {
    use assessment_subjects as s;
    Ok(s::table.filter(s::assessment_id.eq(assessment)).order(s::id.asc()).select(Subject::as_select()).load(tx.conn)?)
}

/// The next in the order of ranks.
pub fn ranked(tx: &mut Tx, assessment: Id, after: Option<(i32, Id)>, limit: i64) -> Result<Vec<Subject>> {
    use assessment_subjects as s;
    let mut q = s::table.filter(s::assessment_id.eq(assessment)).order((s::rank.asc(), s::id.asc())).limit(limit).into_boxed();
    if let Some((rank, id)) = after {
        q = q.filter(s::rank.gt(rank).or(s::rank.eq(rank).and(s::id.gt(id))));
    }
    Ok(q.select(Subject::as_select()).load(tx.conn)?)
}

/// Those who are not computed yet.
pub fn pending(tx: &mut Tx, assessment: Id, limit: i64) -> Result<Vec<Subject>> {
    use assessment_subjects as s;
    let rows = s::table.filter(s::assessment_id.eq(assessment)).filter(s::pending.eq(true)).order(s::id.asc()).limit(limit);
    Ok(rows.select(Subject::as_select()).load(tx.conn)?)
}

/// Everybody is computed anew.
pub fn all_pending(tx: &mut Tx, assessment: Id) -> Result<()> {
    use assessment_subjects as s;
    diesel::update(s::table.filter(s::assessment_id.eq(assessment))).set(s::pending.eq(true)).execute(tx.conn)?;
    Ok(())
}

/// Saves a subject; under the lock of the assessment.
pub fn save_subject(tx: &mut Tx, row: &Subject) -> Result<()> {
    diesel::update(assessment_subjects::table.find(row.id)).set(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// What was entered about these subjects, oldest first.
pub fn entries(tx: &mut Tx, subjects: &[Id]) -> Result<Vec<Entry>> {
    use assessment_entries as e;
    Ok(e::table.filter(e::subject_row.eq_any(subjects.to_vec())).order(e::id.asc()).select(Entry::as_select()).load(tx.conn)?)
}

/// All that was entered in an assessment, oldest first.
pub fn entries_of(tx: &mut Tx, assessment: Id) -> Result<Vec<Entry>> {
    use assessment_entries as e;
    Ok(e::table.filter(e::assessment_id.eq(assessment)).order(e::id.asc()).select(Entry::as_select()).load(tx.conn)?)
}

/// An entry.
pub fn entry(tx: &mut Tx, id: Id) -> Result<Option<Entry>> {
    Ok(assessment_entries::table.find(id).select(Entry::as_select()).first(tx.conn).optional()?)
}

/// A new entry.
pub fn insert_entry(tx: &mut Tx, row: &Entry) -> Result<()> {
    diesel::insert_into(assessment_entries::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an entry; under the lock of the assessment.
pub fn save_entry(tx: &mut Tx, row: &Entry) -> Result<()> {
    diesel::update(assessment_entries::table.find(row.id)).set(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// An objection.
pub fn objection(tx: &mut Tx, id: Id) -> Result<Option<Objection>> {
    Ok(assessment_objections::table.find(id).select(Objection::as_select()).first(tx.conn).optional()?)
}

/// The objections in an assessment, of one subject or of all, oldest first.
pub fn objections(tx: &mut Tx, assessment: Id, after: Option<Id>, limit: i64) -> Result<Vec<Objection>> {
    use assessment_objections as o;
    let mut q = o::table.filter(o::assessment_id.eq(assessment)).order(o::id.asc()).limit(limit).into_boxed();
    if let Some(id) = after {
        q = q.filter(o::id.gt(id));
    }
    Ok(q.select(Objection::as_select()).load(tx.conn)?)
}

/// Whether an objection waits.
pub fn any_open(tx: &mut Tx, assessment: Id) -> Result<bool> {
    use assessment_objections as o;
    let open = o::table.filter(o::assessment_id.eq(assessment)).filter(o::state.eq(ObjectionState::Open));
    Ok(diesel::select(diesel::dsl::exists(open)).get_result(tx.conn)?)
}

/// A new objection.
pub fn insert_objection(tx: &mut Tx, row: &Objection) -> Result<()> {
    diesel::insert_into(assessment_objections::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an objection whose version was counted up by one.
pub fn save_objection(tx: &mut Tx, row: &Objection) -> Result<bool> {
    let old = assessment_objections::table.filter(assessment_objections::id.eq(row.id)).filter(assessment_objections::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// Keeps records behind a figure.
pub fn keep(tx: &mut Tx, rows: &[KeptRecord]) -> Result<()> {
    insert_many!(tx.conn, assessment_records::table, rows);
    Ok(())
}

/// The kept records behind a number of a line, after one of them.
pub fn kept(tx: &mut Tx, subject: Id, line: &str, side: &str, after: Option<Id>, limit: i64) -> Result<Vec<KeptRecord>> {
    use assessment_records as r;
    let rows = r::table.filter(r::subject_row.eq(subject)).filter(r::line.eq(line.to_owned())).filter(r::side.eq(side.to_owned()));
    let mut q = rows.order(r::record_id.asc()).limit(limit).into_boxed();
    if let Some(id) = after {
        q = q.filter(r::record_id.gt(id));
    }
    Ok(q.select(KeptRecord::as_select()).load(tx.conn)?)
}

/// Gives an entry or an objection that was just made another identity; for examples that must know it.
pub fn identify(tx: &mut Tx, made: Id, id: Id) -> Result<()> {
    diesel::update(assessment_entries::table.find(made)).set(assessment_entries::id.eq(id)).execute(tx.conn)?;
    diesel::update(assessment_objections::table.find(made)).set(assessment_objections::id.eq(id)).execute(tx.conn)?;
    Ok(())
}
