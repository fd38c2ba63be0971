//! Articles as they are answered: what is live to whoever may read it, the draft to who keeps it.

use serde::Serialize;

use super::{
    machine::ArticleState,
    model::{ArticleContent, ArticleKind, ArticleVisibility},
    service::{self, EVER, Opened},
    store::{self, Article},
};
use crate::{
    auth::{Actor, policy},
    db::{Json, Result, Tx},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem},
    organization::{self, CenterBrief},
    precedents,
};

/// An article in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ArticleBrief {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "ZS-320600-20260105-000001-101")]
    pub number: String,
    /// What kind.
    pub kind: ArticleKind,
    /// In Chinese.
    pub kind_label: String,
    /// Title.
    pub title: String,
    /// The answer in a sentence or two.
    pub summary: String,
    /// Who may read it.
    pub visibility: ArticleVisibility,
    /// Whose it is.
    pub center_id: Id,
    /// In which version.
    pub article_version: i64,
    /// Last day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-12-31")]
    pub valid_until: Option<String>,
    /// How often it was used.
    pub uses: i64,
    /// When this version was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
}

/// An article that is live, in a list.
pub(super) fn brief(row: Article) -> Result<ArticleBrief> {
    Ok(ArticleBrief {
        id: row.id,
        number: row.number,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        title: row.title,
        summary: row.summary,
        visibility: row.visibility,
        center_id: row.center_id,
        article_version: row.published_version.unwrap_or(1),
        valid_until: Some(row.valid_until).filter(|day| day != EVER),
        uses: row.uses,
        published_at: row.published_at,
    })
}

/// What everybody reads of a public article.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicArticle {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// What kind.
    pub kind: ArticleKind,
    /// In Chinese.
    pub kind_label: String,
    /// What it says.
    pub content: ArticleContent,
    /// In which version.
    pub article_version: i64,
    /// Whose it is.
    pub center: CenterBrief,
    /// When this version was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
}

/// An article as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ArticleView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "ZS-320600-20260105-000001-101")]
    pub number: String,
    /// What kind.
    pub kind: ArticleKind,
    /// In Chinese.
    pub kind_label: String,
    /// State of what is being worked on.
    pub state: ArticleState,
    /// In Chinese.
    pub state_label: String,
    /// A version can be read.
    pub live: bool,
    /// Who may read it.
    pub visibility: ArticleVisibility,
    /// In Chinese.
    pub visibility_label: String,
    /// Whose it is.
    pub center: CenterBrief,
    /// Department that answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
    /// Who keeps it right; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Id>,
    /// What is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<ArticleContent>,
    /// What is being worked on; for who keeps it, single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<ArticleContent>,
    /// Number of the published version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article_version: Option<i64>,
    /// When it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
    /// First day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-01-01")]
    pub valid_from: Option<String>,
    /// Last day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-12-31")]
    pub valid_until: Option<String>,
    /// The precedent that it was drawn from, where that is public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precedent_id: Option<Id>,
    /// The consultation that it was drawn from; for who keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consultation_id: Option<Id>,
    /// The item whose guide it was drawn from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<Id>,
    /// How often it was used.
    pub uses: i64,
    /// How often it was called useful, less how often it was not.
    #[schema(minimum = -9007199254740991_i64)]
    pub useful: i64,
    /// How much of what was said waits for an answer; for who keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_feedback: Option<i32>,
    /// Why it was sent back; for who keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_back_for: Option<String>,
    /// Why it was withdrawn; for who keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_for: Option<String>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version of the record, as in `ETag`.
    pub version: i64,
    /// When it was begun.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ArticleView, by "knowledge_article" "look_up");

/// An article with all that the caller may read of it.
pub(super) fn whole(tx: &mut Tx, actor: &Actor, opened: Opened, keeps: bool) -> Result<ArticleView> {
    let mut allowed = if keeps { opened.allowed(actor) } else { Vec::new() };
    if keeps && opened.row.open_feedback > 0 && opened.answers(actor) {
        allowed.push("answer_feedback".into());
    }
    let precedent = opened.row.precedent_id.map(|id| precedents::store::precedent(tx, id)).transpose()?.flatten();
    let center = CenterBrief::from(&opened.center);
    let staff = keeps || actor.applicant_id.is_none();
    let Opened { row, record, draft, .. } = opened;
    // What is no longer live stays readable to who keeps it, version by version.
    let content = row.published.as_ref().filter(|_| row.live || keeps).map(Json::get).transpose()?;
    let day = |day: String| Some(day).filter(|day| row.live && day != EVER);
    Ok(ArticleView {
        id: row.id,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        state: row.state,
        state_label: row.state.label().into(),
        live: row.live,
        visibility: row.visibility,
        visibility_label: row.visibility.label().into(),
        center,
        department_id: row.department_id,
        owner_id: row.owner_id.filter(|_| staff),
        content,
        draft: draft.filter(|_| keeps),
        article_version: row.published_version,
        published_at: row.published_at,
        valid_from: day(row.valid_from),
        valid_until: day(row.valid_until),
        precedent_id: precedent.filter(|p| p.public).map(|p| p.id),
        consultation_id: row.consultation_id.filter(|_| keeps),
        item_id: row.item_id,
        uses: row.uses,
        useful: row.useful,
        open_feedback: keeps.then_some(row.open_feedback),
        sent_back_for: record.sent_back_for.filter(|_| keeps),
        withdrawn_for: record.withdrawn_for.filter(|_| keeps),
        allowed_actions: Some(allowed),
        number: row.number,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// An article in the list of who keeps it.
pub(super) fn listed(tx: &mut Tx, actor: &Actor, row: Article) -> Result<ArticleView> {
    let opened = service::open(tx, row)?;
    let shown = whole(tx, actor, opened, true)?;
    Ok(ArticleView { draft: None, content: None, allowed_actions: None, ..shown })
}

/// One article as the caller reads it now.
pub fn view(tx: &mut Tx, actor: &Actor, id: Id) -> Result<ArticleView> {
    fetch(tx, actor, id.as_str())
}

/// One article: to who keeps it with its draft, to who may read it as it is live.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ArticleView> {
    let (opened, keeps) = service::load_readable(tx, actor, reference)?;
    whole(tx, actor, opened, keeps)
}

/// One public article, for everybody.
pub fn public(tx: &mut Tx, reference: &str) -> Result<PublicArticle> {
    let row = service::by_reference(tx, reference)?;
    let today = tx.now.local_date().to_string();
    let shown = row.live && row.visibility == ArticleVisibility::Public && row.valid_from <= today && row.valid_until >= today;
    let content = row.published.as_ref().filter(|_| shown).map(Json::get).transpose()?.ok_or_else(crate::kernel::Problem::not_found)?;
    Ok(PublicArticle {
        id: row.id,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        content,
        article_version: row.published_version.unwrap_or(1),
        center: organization::brief(tx, row.center_id)?,
        published_at: row.published_at,
        number: row.number,
    })
}

/// In a few words, for who finds it among their work.
pub fn title_of(tx: &Tx, row: &Article) -> Result<String> {
    let draft = row.draft.as_ref().map(|d| d.open(tx.vault)).transpose()?.map(|d| d.title);
    Ok(format!("知识条目（{}）：{}", row.kind.label(), draft.unwrap_or_else(|| row.title.clone())))
}

/// Counts a use by somebody who reads it.
pub fn used(tx: &mut Tx, actor: &Actor, target: &crate::kernel::Target) -> Result<ArticleView> {
    let (opened, _) = service::load_readable(tx, actor, &target.reference)?;
    if !policy::may(actor, service::KIND, "use") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let id = opened.row.id;
    if opened.row.live {
        store::used(tx, id)?;
    }
    view(tx, actor, id)
}
