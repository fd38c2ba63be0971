//! SQL of the knowledge base.

use diesel::{dsl::sum, prelude::*};

use super::{
    machine::ArticleState,
    model::{ArticleContent, ArticleKind, ArticleRecord, ArticleReview, ArticleVisibility, FeedbackKind, FeedbackState, FeedbackWords},
};
use crate::{
    db::{
        Json, Private, Result, Tx,
        schema::{knowledge_articles, knowledge_citations, knowledge_feedback, knowledge_items, knowledge_terms, knowledge_versions},
    },
    insert_many,
    kernel::{Id, Moment},
};

/// An article. Title, summary, visibility and validity are those of what is live, else of the draft.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = knowledge_articles, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Article {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// What kind.
    pub kind: ArticleKind,
    /// Whose it is.
    pub center_id: Id,
    /// That center's path in the tree.
    pub path: String,
    /// Department that answers for it.
    pub department_id: Option<Id>,
    /// Who keeps it right.
    pub owner_id: Option<Id>,
    /// State of what is being worked on.
    pub state: ArticleState,
    /// A version can be read.
    pub live: bool,
    /// Who may read it.
    pub visibility: ArticleVisibility,
    /// Title; empty until it was published.
    pub title: String,
    /// The answer in a sentence; empty until it was published.
    pub summary: String,
    /// What is being worked on: it may still name people.
    pub draft: Option<Private<ArticleContent>>,
    /// What was published last.
    pub published: Option<Json<ArticleContent>>,
    /// Its number.
    pub published_version: Option<i64>,
    /// Since when.
    pub published_at: Option<Moment>,
    /// First day, `YYYY-MM-DD`.
    pub valid_from: String,
    /// Last day.
    pub valid_until: String,
    /// The precedent that it was drawn from.
    pub precedent_id: Option<Id>,
    /// The consultation that it was drawn from.
    pub consultation_id: Option<Id>,
    /// The item whose guide it was drawn from.
    pub item_id: Option<Id>,
    /// What belongs to it beside its text.
    pub record: Private<ArticleRecord>,
    /// How often it was used: counted beside the versions, as what users say is.
    #[diesel(skip_update)]
    pub uses: i64,
    /// How often it was called useful, less how often it was not.
    #[diesel(skip_update)]
    pub useful: i64,
    /// How much of what was said waits for an answer.
    #[diesel(skip_update)]
    pub open_feedback: i32,
    /// Version of the record.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A published version.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = knowledge_versions)]
pub struct ArticleVersion {
    /// Of which article.
    pub article_id: Id,
    /// Number, from 1.
    pub number: i64,
    /// What it says.
    pub content: Json<ArticleContent>,
    /// Who wrote and who reviewed it.
    pub review: Private<ArticleReview>,
    /// When.
    pub published_at: Moment,
}

/// What a user said of an article.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = knowledge_feedback, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Feedback {
    /// Identity.
    pub id: Id,
    /// Of which article.
    pub article_id: Id,
    /// Of which version.
    pub article_version: i64,
    /// What.
    pub kind: FeedbackKind,
    /// Whether it waits.
    pub state: FeedbackState,
    /// In words, with the answer.
    pub words: Private<FeedbackWords>,
    /// Who said it.
    pub given_by: Option<Id>,
    /// When it was answered.
    pub answered_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

#[derive(Insertable)]
#[diesel(table_name = knowledge_terms)]
#[derive(Clone)]
struct TermRow {
    token: String,
    article_id: Id,
    weight: i32,
}

/// By id.
pub fn article(tx: &mut Tx, id: Id) -> Result<Option<Article>> {
    Ok(knowledge_articles::table.find(id).select(Article::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn by_number(tx: &mut Tx, number: &str) -> Result<Option<Article>> {
    Ok(knowledge_articles::table.filter(knowledge_articles::number.eq(number)).select(Article::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn articles_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Article>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(knowledge_articles::table.filter(knowledge_articles::id.eq_any(ids.to_vec())).select(Article::as_select()).load(tx.conn)?)
}

/// A new one.
pub fn insert(tx: &mut Tx, row: &Article) -> Result<()> {
    diesel::insert_into(knowledge_articles::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves one whose version was counted up by one; what users do is counted beside.
pub fn save(tx: &mut Tx, row: &Article) -> Result<bool> {
    use knowledge_articles as a;
    let old = a::table.filter(a::id.eq(row.id)).filter(a::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// It was used once more: counted without a new version, for nobody edits it by that.
pub fn used(tx: &mut Tx, id: Id) -> Result<()> {
    use knowledge_articles as a;
    diesel::update(a::table.find(id)).set(a::uses.eq(a::uses + 1)).execute(tx.conn)?;
    Ok(())
}

/// Something was said, or answered: counted without a new version.
pub fn said(tx: &mut Tx, id: Id, useful: i64, open: i32) -> Result<()> {
    use knowledge_articles as a;
    let counted = (a::useful.eq(a::useful + useful), a::open_feedback.eq(a::open_feedback + open));
    diesel::update(a::table.find(id)).set(counted).execute(tx.conn)?;
    Ok(())
}

/// A published version.
pub fn insert_version(tx: &mut Tx, row: &ArticleVersion) -> Result<()> {
    diesel::insert_into(knowledge_versions::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// The versions of an article, newest first.
pub fn versions(tx: &mut Tx, article: Id) -> Result<Vec<ArticleVersion>> {
    use knowledge_versions as v;
    Ok(v::table.filter(v::article_id.eq(article)).order(v::number.desc()).limit(200).select(ArticleVersion::as_select()).load(tx.conn)?)
}

/// One version.
pub fn version(tx: &mut Tx, article: Id, number: i64) -> Result<Option<ArticleVersion>> {
    Ok(knowledge_versions::table.find((article, number)).select(ArticleVersion::as_select()).first(tx.conn).optional()?)
}

/// Makes exactly these the words and the items by which an article is found.
pub fn set_terms(tx: &mut Tx, article: Id, terms: &[(String, i32)], items: &[Id]) -> Result<()> {
    diesel::delete(knowledge_terms::table.filter(knowledge_terms::article_id.eq(article))).execute(tx.conn)?;
    diesel::delete(knowledge_items::table.filter(knowledge_items::article_id.eq(article))).execute(tx.conn)?;
    let rows: Vec<TermRow> = terms.iter().map(|(token, weight)| TermRow { token: token.clone(), article_id: article, weight: *weight }).collect();
    for rows in rows.chunks(100) {
        insert_many!(tx.conn, knowledge_terms::table, rows.to_vec());
    }
    for item in items {
        let row = (knowledge_items::item_id.eq(*item), knowledge_items::article_id.eq(article));
        diesel::insert_into(knowledge_items::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// The weights of these words in each of these articles, added up.
pub fn weights(tx: &mut Tx, articles: &[Id], tokens: &[String]) -> Result<Vec<(Id, i64)>> {
    use knowledge_terms as t;
    let rows = t::table.filter(t::article_id.eq_any(articles.to_vec())).filter(t::token.eq_any(tokens.to_vec())).group_by(t::article_id);
    let rows: Vec<(Id, Option<i64>)> = rows.select((t::article_id, sum(t::weight))).load(tx.conn)?;
    Ok(rows.into_iter().map(|(id, n)| (id, n.unwrap_or(0))).collect())
}

/// What a list of live articles asks for.
#[derive(Debug, Default)]
pub struct ArticleFilter {
    /// Who may read them.
    pub visibilities: Vec<ArticleVisibility>,
    /// Kinds.
    pub kinds: Vec<ArticleKind>,
    /// About one of these items.
    pub items: Vec<Id>,
    /// Of one of these centers; empty: any.
    pub centers: Vec<Id>,
    /// Or below this path.
    pub below: Option<String>,
    /// Holding on this day.
    pub day: String,
    /// After this one.
    pub after: Option<Id>,
    /// At most.
    pub limit: i64,
}

/// Live articles, newest first.
pub fn live(tx: &mut Tx, f: &ArticleFilter) -> Result<Vec<Article>> {
    use knowledge_articles as a;
    let mut q = a::table.filter(a::live.eq(true)).filter(a::visibility.eq_any(f.visibilities.clone())).select(Article::as_select()).into_boxed();
    q = q.filter(a::valid_from.le(f.day.clone())).filter(a::valid_until.ge(f.day.clone()));
    if !f.kinds.is_empty() {
        q = q.filter(a::kind.eq_any(f.kinds.clone()));
    }
    if !f.items.is_empty() {
        let about = knowledge_items::table.filter(knowledge_items::item_id.eq_any(f.items.clone())).select(knowledge_items::article_id);
        q = q.filter(a::id.eq_any(about));
    }
    q = match (&f.below, f.centers.is_empty()) {
        (Some(path), _) => q.filter(a::center_id.eq_any(f.centers.clone()).or(a::path.like(format!("{path}%")))),
        (None, false) => q.filter(a::center_id.eq_any(f.centers.clone())),
        (None, true) => q,
    };
    if let Some(id) = f.after {
        q = q.filter(a::id.lt(id));
    }
    Ok(q.order(a::id.desc()).limit(f.limit).load(tx.conn)?)
}

/// Live articles whose last day is over.
pub fn expired(tx: &mut Tx, today: &str, limit: i64) -> Result<Vec<Id>> {
    use knowledge_articles as a;
    let rows = a::table.filter(a::live.eq(true)).filter(a::valid_until.lt(today.to_owned()));
    Ok(rows.order(a::valid_until.asc()).limit(limit).select(a::id).load(tx.conn)?)
}

/// The articles that were drawn from a precedent.
pub fn of_precedent(tx: &mut Tx, precedent: Id) -> Result<Vec<Article>> {
    let rows = knowledge_articles::table.filter(knowledge_articles::precedent_id.eq(precedent));
    Ok(rows.order(knowledge_articles::id.desc()).limit(20).select(Article::as_select()).load(tx.conn)?)
}

/// The articles that were drawn from a consultation.
pub fn of_consultation(tx: &mut Tx, consultation: Id) -> Result<Vec<Article>> {
    let rows = knowledge_articles::table.filter(knowledge_articles::consultation_id.eq(consultation));
    Ok(rows.order(knowledge_articles::id.desc()).limit(20).select(Article::as_select()).load(tx.conn)?)
}

/// What was said.
pub fn insert_feedback(tx: &mut Tx, row: &Feedback) -> Result<()> {
    diesel::insert_into(knowledge_feedback::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// One that was said.
pub fn feedback(tx: &mut Tx, id: Id) -> Result<Option<Feedback>> {
    Ok(knowledge_feedback::table.find(id).select(Feedback::as_select()).first(tx.conn).optional()?)
}

/// Saves one whose version was counted up by one.
pub fn save_feedback(tx: &mut Tx, row: &Feedback) -> Result<bool> {
    let old = knowledge_feedback::table.filter(knowledge_feedback::id.eq(row.id)).filter(knowledge_feedback::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// What was said of an article, newest first.
pub fn feedback_of(tx: &mut Tx, article: Id, states: &[FeedbackState], after: Option<Id>, limit: i64) -> Result<Vec<Feedback>> {
    use knowledge_feedback as f;
    let mut q = f::table.filter(f::article_id.eq(article)).select(Feedback::as_select()).into_boxed();
    if !states.is_empty() {
        q = q.filter(f::state.eq_any(states.to_vec()));
    }
    if let Some(id) = after {
        q = q.filter(f::id.lt(id));
    }
    Ok(q.order(f::id.desc()).limit(limit).load(tx.conn)?)
}

/// An answer rests on an article; once each.
pub fn cite(tx: &mut Tx, consultation: Id, article: Id, version: i64, staff: Option<Id>) -> Result<bool> {
    use knowledge_citations as c;
    let row = (c::consultation_id.eq(consultation), c::article_id.eq(article), c::article_version.eq(version), c::staff_id.eq(staff), c::created_at.eq(tx.now));
    let there: Option<Id> = c::table.find((consultation, article)).select(c::article_id).first(tx.conn).optional()?;
    if there.is_some() {
        return Ok(false);
    }
    diesel::insert_into(c::table).values(row).execute(tx.conn)?;
    Ok(true)
}

/// The consultations whose answers rest on an article, newest first.
pub fn cited_by(tx: &mut Tx, article: Id, limit: i64) -> Result<Vec<Id>> {
    use knowledge_citations as c;
    Ok(c::table.filter(c::article_id.eq(article)).order(c::created_at.desc()).limit(limit).select(c::consultation_id).load(tx.conn)?)
}

/// The articles of a center that were drawn from the guide of an item.
pub fn of_item_guide(tx: &mut Tx, item: Id, center: Id) -> Result<Vec<Article>> {
    let rows = knowledge_articles::table.filter(knowledge_articles::item_id.eq(item)).filter(knowledge_articles::center_id.eq(center));
    Ok(rows.order(knowledge_articles::id.asc()).limit(200).select(Article::as_select()).load(tx.conn)?)
}
