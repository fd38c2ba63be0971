//! Opening, rating, expiring.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::store::{self, Dimension, Evaluation, EvaluationState, Grade, Rating, RatingChannel};
use crate::{
    access::{self, Placement, Sight},
    auth::{
        Actor, Reachable, Role, Scope,
        policy::{self, subject},
    },
    clocks::{self, ClockKind},
    db::{Error, Json, Private, Result, Tx, dialect},
    entrustments::{self, ClosedMatter, Entrustment},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Purpose, Target, Text},
    organization, settings,
};

/// An evaluation as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EvaluationView {
    /// Identity.
    pub id: Id,
    /// Of which matter.
    pub entrustment_id: Id,
    /// Number of the matter.
    pub number: String,
    /// Name of the item.
    pub title: String,
    /// Rated center.
    pub center_id: Id,
    /// State.
    pub state: EvaluationState,
    /// In Chinese.
    pub state_label: String,
    /// Grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade_label: Option<String>,
    /// How it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<RatingChannel>,
    /// What it is about.
    pub dimensions: Vec<Dimension>,
    /// In words; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Named, or anonymous.
    pub is_named: bool,
    /// A default rating.
    pub is_default: bool,
    /// 1, or 2: the second rating after a follow-up, which never replaces the first.
    pub round: i32,
    /// An appeal was upheld: kept and shown, and left out of every rate.
    pub is_excluded: bool,
    /// Why; for staff who read what was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded_why: Option<String>,
    /// The follow-up that a bad grade opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up_id: Option<Id>,
    /// For the applicant, while open: the single-use link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Open until.
    pub due_at: Moment,
    /// When rated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rated_at: Option<Moment>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
}

crate::versioned!(EvaluationView, "evaluation");

/// Opens the one evaluation of a matter; a matter reopened and ended again keeps its first.
pub fn open(tx: &mut Tx, actor: &Actor, matter: &ClosedMatter) -> Result<()> {
    if !matter.served || store::of_matter(tx, matter.id)?.is_some() {
        return Ok(());
    }
    let center = organization::load(tx, matter.center_id)?;
    let limit = settings::rules(tx, &center.path)?.evaluation_limit;
    let id = Id::new();
    let due_at = clocks::start(tx, "evaluation", id, ClockKind::Evaluation, limit)?;
    let row = Evaluation {
        id,
        round: 1,
        is_excluded: false,
        excluded_why: None,
        follow_up_id: None,
        entrustment_id: matter.id,
        number: matter.number.clone(),
        title: matter.title.clone(),
        center_id: matter.center_id,
        staff_id: matter.staff_id,
        applicant_id: matter.applicant_id,
        state: EvaluationState::Open,
        grade: None,
        channel: None,
        is_default: false,
        is_named: false,
        rating: None,
        due_at,
        rated_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    publish(tx, actor, &row, "evaluation.opened", json!({ "number": row.number }))
}

/// What a higher rank does inside the transaction in which an evaluation is rated or expires: set by `app`.
pub static ON_ENDED: OnceLock<EndedHook> = OnceLock::new();

/// What is done then.
pub type EndedHook = fn(&mut Tx, &Actor, &Evaluation) -> Result<()>;

/// Opens the second evaluation of a matter, after its follow-up was told; the first stays as it is.
pub fn open_second(tx: &mut Tx, actor: &Actor, first: Id) -> Result<Id> {
    let first = store::evaluation(tx, first)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, first.center_id)?;
    let limit = settings::rules(tx, &center.path)?.evaluation_limit;
    let id = Id::new();
    let due_at = clocks::start(tx, "evaluation", id, ClockKind::Evaluation, limit)?;
    let row = Evaluation {
        id,
        round: first.round + 1,
        state: EvaluationState::Open,
        grade: None,
        channel: None,
        is_named: false,
        is_default: false,
        rating: None,
        due_at,
        rated_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        is_excluded: false,
        excluded_why: None,
        ..first
    };
    store::insert(tx, &row)?;
    publish(tx, actor, &row, "evaluation.opened", json!({ "number": row.number, "round": row.round }))?;
    Ok(id)
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

/// What was said with a rating; who may read it is the caller's to know.
pub fn comment_of(tx: &mut Tx, row: &Evaluation) -> Result<Option<String>> {
    let rating = row.rating.as_ref().map(Json::get).transpose()?.unwrap_or_default();
    Ok(rating.comment.map(|c| tx.vault.open(&c)).transpose()?)
}

fn publish(tx: &mut Tx, actor: &Actor, row: &Evaluation, kind: &str, params: serde_json::Value) -> Result<()> {
    let event = NewEvent { record_kind: "evaluation", record_id: row.id, version: row.version, kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    place(tx, row)
}

/// Who sees an evaluation: the rated center and what is above it, the rated person, and the applicant.
fn place(tx: &mut Tx, row: &Evaluation) -> Result<()> {
    let center = organization::load(tx, row.center_id)?;
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(&center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(row.staff_id.map(|id| (subject::user(id.as_str()), false)));
    subjects.push((subject::applicant(row.applicant_id.as_str()), false));
    let due_at = if row.state == EvaluationState::Open { row.due_at } else { Moment::NEVER };
    access::place(tx, &Placement { kind: "evaluation", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// The token of an evaluation's link: nothing is stored, and only this server can make it. Rating uses it up.
fn token(tx: &Tx, id: Id) -> String {
    format!("{id}.{}", tx.vault.mark(Purpose::Link, &format!("evaluation:{id}")))
}

fn by_token(tx: &mut Tx, text: &str) -> Result<Evaluation> {
    let (id, mark) = text.split_once('.').ok_or_else(Problem::not_found)?;
    let id: Id = id.parse().map_err(|_| Problem::not_found())?;
    if !tx.vault.matches(Purpose::Link, &format!("evaluation:{id}"), mark) {
        return Err(Problem::not_found().into());
    }
    Ok(store::evaluation(tx, id)?.ok_or_else(Problem::not_found)?)
}

/// A rating.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingInput {
    /// Grade.
    pub grade: Grade,
    /// What it is about.
    #[serde(default)]
    #[validate(length(max = 15))]
    #[schema(max_items = 15)]
    pub dimensions: Vec<Dimension>,
    /// In words.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000, example = "一次都没有跑，很方便")]
    pub comment: Option<String>,
    /// How it comes in.
    #[serde(default)]
    pub channel: Option<RatingChannel>,
    /// Named, or anonymous.
    #[serde(default)]
    pub is_named: bool,
}

fn rate_row(tx: &mut Tx, actor: &Actor, mut row: Evaluation, input: &RatingInput) -> Result<Evaluation> {
    if row.state != EvaluationState::Open || row.due_at < tx.now {
        let zh = if row.state == EvaluationState::Rated { "本件已评价，一件只评一次。" } else { "评价期限已过。" };
        let mut problem = Problem::new(ErrorCode::StateConflict, Text::new(zh, "Rated already, or the window is over."));
        problem.allowed_actions = Some(Vec::new());
        return Err(problem.into());
    }
    if input.channel == Some(RatingChannel::SystemDefault) {
        return Err(Problem::rule("/channel", "not_active", "系统默认不是主动评价。", "A default is no active rating.").into());
    }
    let comment = input.comment.as_ref().map(|c| tx.vault.seal(c)).transpose()?;
    row.state = EvaluationState::Rated;
    row.grade = Some(input.grade);
    row.channel = Some(input.channel.unwrap_or(RatingChannel::Mobile));
    row.is_named = input.is_named;
    row.rating = Some(Json::new(&Rating { dimensions: input.dimensions.clone(), comment })?);
    row.rated_at = Some(tx.now);
    if input.grade.is_bad() && row.round == 1 {
        row.follow_up_id = Some(Id::new());
    }
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    clocks::stop(tx, row.id, &[ClockKind::Evaluation])?;
    entrustments::see_off(tx, row.entrustment_id)?;
    publish(tx, actor, &row, "evaluation.rated", json!({ "grade": input.grade, "bad": input.grade.is_bad() }))?;
    ON_ENDED.get().map_or(Ok(()), |hook| hook(tx, actor, &row))?;
    Ok(row)
}

/// Rates as the signed-in applicant.
pub fn rate(tx: &mut Tx, actor: &Actor, target: &Target, input: &RatingInput) -> Result<EvaluationView> {
    let id = by_reference(tx, &target.reference)?.id;
    dialect::lock_root(tx.conn, "evaluations", id.as_str())?;
    let row = store::evaluation(tx, id)?.ok_or_else(Problem::not_found)?;
    let sight = access::sight(tx, &Scope::of(actor, "evaluation"), id)?.ok_or_else(Problem::not_found)?;
    if !policy::allows(actor, "evaluation", "rate", &reachable(&row)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    let row = rate_row(tx, actor, row, input)?;
    render(tx, actor, row, sight)
}

fn reachable(row: &Evaluation) -> Reachable<'static> {
    Reachable { applicant: Some(row.applicant_id), assignee: row.staff_id, centers: vec![row.center_id], ..Reachable::default() }
}

/// What a link shows: no personal data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkView {
    /// Number of the matter.
    pub number: String,
    /// Name of the item.
    pub title: String,
    /// Rated center.
    pub center: String,
    /// State.
    pub state: EvaluationState,
    /// In Chinese.
    pub state_label: String,
    /// Grade, once rated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// Open until.
    pub due_at: Moment,
}

/// Where a matter is rated.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EvaluationLink {
    /// Path of the single-use link.
    #[schema(example = "/api/v1/evaluation-links/0193f2f4-7c00-7000-8000-000000000001.mark")]
    pub link: String,
    /// Open until.
    pub due_at: Moment,
}

/// The link of a matter that can be rated now; its holder was proved to be the applicant.
pub fn link_of(tx: &mut Tx, e: &Entrustment) -> Result<EvaluationLink> {
    let row = store::of_matter(tx, e.id)?.filter(|row| row.state == EvaluationState::Open && row.due_at >= tx.now).ok_or_else(Problem::not_found)?;
    Ok(EvaluationLink { link: format!("/api/v1/evaluation-links/{}", token(tx, row.id)), due_at: row.due_at })
}

fn link_view(tx: &mut Tx, row: Evaluation) -> Result<LinkView> {
    let center = organization::load(tx, row.center_id)?.name;
    Ok(LinkView { number: row.number, title: row.title, center, state: row.state, state_label: row.state.label().into(), grade: row.grade, due_at: row.due_at })
}

/// What the holder of a link rates.
pub fn by_link(tx: &mut Tx, text: &str) -> Result<LinkView> {
    let row = by_token(tx, text)?;
    link_view(tx, row)
}

/// Rates by link; the link is used up.
pub fn rate_by_link(tx: &mut Tx, text: &str, request_id: &str, input: &RatingInput) -> Result<LinkView> {
    let found = by_token(tx, text)?;
    dialect::lock_root(tx.conn, "evaluations", found.id.as_str())?;
    let row = store::evaluation(tx, found.id)?.ok_or_else(Problem::not_found)?;
    let actor = Actor { label: "申请人".into(), kind: "link", ..Actor::system(request_id) };
    let row = rate_row(tx, &actor, row, input)?;
    link_view(tx, row)
}

fn render(tx: &mut Tx, actor: &Actor, row: Evaluation, sight: Sight) -> Result<EvaluationView> {
    let rating = row.rating.as_ref().map(Json::get).transpose()?.unwrap_or_default();
    let open = row.state == EvaluationState::Open && row.due_at >= tx.now;
    let own = policy::allows(actor, "evaluation", "rate", &reachable(&row));
    // The leader follows a bad grade up; whoever else stands at the counter reads the grade.
    let reads = !sight.masked || (sight.words && actor.is(Role::CenterManager));
    // Whoever is rated reads the grade, and not the words of somebody who did not give a name.
    let hidden = !row.is_named && row.staff_id.is_some() && row.staff_id == actor.id;
    let comment = rating.comment.as_ref().filter(|_| reads && !hidden).map(|c| tx.vault.open(c)).transpose()?;
    let why = row.excluded_why.as_ref().filter(|_| reads && actor.applicant_id.is_none()).map(|why| why.open(tx.vault)).transpose()?;
    Ok(EvaluationView {
        link: (open && own).then(|| format!("/api/v1/evaluation-links/{}", token(tx, row.id))),
        allowed_actions: if open && own { vec!["rate".into()] } else { Vec::new() },
        id: row.id,
        entrustment_id: row.entrustment_id,
        number: row.number,
        title: row.title,
        center_id: row.center_id,
        state: row.state,
        state_label: row.state.label().into(),
        grade: row.grade,
        grade_label: row.grade.map(|g| g.label().into()),
        channel: row.channel,
        dimensions: rating.dimensions,
        comment,
        is_named: row.is_named,
        is_default: row.is_default,
        round: row.round,
        is_excluded: row.is_excluded,
        excluded_why: why,
        follow_up_id: row.follow_up_id,
        due_at: row.due_at,
        rated_at: row.rated_at,
        version: row.version,
    })
}

/// By id, or by the number of its matter.
fn by_reference(tx: &mut Tx, reference: &str) -> Result<Evaluation> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::evaluation(tx, id)?,
        Err(_) => store::by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// One evaluation.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<EvaluationView> {
    let row = by_reference(tx, reference)?;
    let id = row.id;
    let sight = access::sight(tx, &Scope::of(actor, "evaluation"), id)?.ok_or_else(Problem::not_found)?;
    render(tx, actor, row, sight)
}

/// A page of the evaluations that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<EvaluationView>> {
    let page = access::listed::<EvaluationState, _>(tx, actor, "evaluation", q, store::evaluations_by_id, |row| row.id)?;
    page.try_map(|(row, sight)| render(tx, actor, row, sight))
}

/// After the calendar moved: the window follows its clock.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "evaluations", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::evaluation(tx, id)?.filter(|row| moved && row.state == EvaluationState::Open) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    row.version += 1;
    row.updated_at = tx.now;
    if store::save(tx, &row)? { place(tx, &row) } else { Err(Error::Contended) }
}

/// Whether an evaluation's window is over.
pub fn anything_overdue(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    Ok(!store::overdue(tx, now, 1)?.is_empty())
}

/// Lets evaluations expire whose window is over; answers how many.
pub fn expire_due(tx: &mut Tx, batch: i64) -> Result<usize> {
    let now = tx.now;
    let rows = store::overdue(tx, now, batch)?;
    let count = rows.len();
    let actor = Actor::system("evaluations");
    for mut row in rows {
        row.state = EvaluationState::Expired;
        row.version += 1;
        row.updated_at = now;
        if store::save(tx, &row)? {
            clocks::stop(tx, row.id, &[ClockKind::Evaluation])?;
            entrustments::see_off(tx, row.entrustment_id)?;
            publish(tx, &actor, &row, "evaluation.expired", json!({}))?;
            ON_ENDED.get().map_or(Ok(()), |hook| hook(tx, &actor, &row))?;
        }
    }
    Ok(count)
}
