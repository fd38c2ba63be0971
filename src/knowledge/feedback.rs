//! What users say of an article: useful or not is counted; what is wrong or outdated is its owner's to answer.

use serde::Serialize;
use serde_json::json;

use super::{
    model::{ArticleFeedback, FeedbackAnswer, FeedbackKind, FeedbackState, FeedbackWords},
    service::{self, KIND},
    store::{self, Feedback},
};
use crate::{
    auth::{Actor, policy},
    db::{Error, Private, Result, Tx, dialect},
    events::Audience,
    kernel::{Code, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text},
};

/// What was said, as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ArticleFeedbackView {
    /// Identity.
    pub id: Id,
    /// Of which article.
    pub article_id: Id,
    /// Of which version.
    pub article_version: i64,
    /// What.
    pub kind: FeedbackKind,
    /// In Chinese.
    pub kind_label: String,
    /// Whether it waits for an answer.
    pub state: FeedbackState,
    /// In Chinese.
    pub state_label: String,
    /// In words; for who keeps the article, and who said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Moment>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When it was said.
    pub created_at: Moment,
}

crate::versioned!(ArticleFeedbackView);

fn view(tx: &Tx, row: Feedback) -> Result<ArticleFeedbackView> {
    let words = row.words.open(tx.vault)?;
    Ok(ArticleFeedbackView {
        id: row.id,
        article_id: row.article_id,
        article_version: row.article_version,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        state: row.state,
        state_label: row.state.label().into(),
        words: Some(words.words).filter(|w| !w.is_empty()),
        answer: words.answer,
        answered_at: row.answered_at,
        version: row.version,
        created_at: row.created_at,
    })
}

/// Says something of an article that one reads; each thing once of a version.
pub fn give(tx: &mut Tx, actor: &Actor, target: &Target, input: &ArticleFeedback) -> Result<ArticleFeedbackView> {
    give_as(tx, actor, target, input, Id::new())
}

/// `give` under a given identity.
pub fn give_as(tx: &mut Tx, actor: &Actor, target: &Target, input: &ArticleFeedback, id: Id) -> Result<ArticleFeedbackView> {
    if !policy::may(actor, KIND, "give_feedback") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let (opened, _) = service::load_readable(tx, actor, &target.reference)?;
    dialect::lock_root(tx.conn, "knowledge_articles", opened.row.id.as_str())?;
    let row = store::article(tx, opened.row.id)?.ok_or_else(Problem::not_found)?;
    let Some(version) = row.published_version.filter(|_| row.live) else {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("该知识条目没有有效版本。", "Nothing of it is in force.")).into());
    };
    let waits = matches!(input.kind, FeedbackKind::Wrong | FeedbackKind::Outdated);
    if waits && input.words.trim().chars().count() < 2 {
        return Err(Problem::rule("/words", "required", "请写明哪里有误或过时。", "Say what is wrong.").into());
    }
    let words = FeedbackWords { words: input.words.clone(), ..FeedbackWords::default() };
    let said = Feedback {
        id,
        article_id: row.id,
        article_version: version,
        kind: input.kind,
        state: if waits { FeedbackState::Open } else { FeedbackState::Noted },
        words: Private::seal(tx.vault, &words)?,
        given_by: actor.id,
        answered_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let twice = || Error::from(Problem::new(ErrorCode::Conflict, Text::new("您已对这一版本作过同样的反馈。", "Said already of this version.")));
    tx.savepoint(|tx| store::insert_feedback(tx, &said)).map_err(|e| if e.is_unique() { twice() } else { e })?;
    let useful = match input.kind {
        FeedbackKind::Useful => 1,
        FeedbackKind::NotUseful => -1,
        FeedbackKind::Wrong | FeedbackKind::Outdated => 0,
    };
    store::said(tx, row.id, useful, i32::from(waits))?;
    service::tell(tx, actor, &row, "feedback_given", Audience::Staff, json!({ "kind": input.kind.label() }), None)?;
    view(tx, said)
}

/// The owner answers what was said.
pub fn answer(tx: &mut Tx, actor: &Actor, target: &Target, input: &FeedbackAnswer) -> Result<ArticleFeedbackView> {
    let id = target.id().ok_or_else(Problem::not_found)?;
    let of = store::feedback(tx, id)?.ok_or_else(Problem::not_found)?.article_id;
    dialect::lock_root(tx.conn, "knowledge_articles", of.as_str())?;
    let opened = service::load_seen(tx, actor, of.as_str())?;
    if !opened.answers(actor) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mut said = store::feedback(tx, id)?.ok_or_else(Problem::not_found)?;
    if said.given_by.is_some() && said.given_by == actor.id {
        return Err(Problem::new(ErrorCode::Forbidden, Text::new("本人提出的反馈由他人答复。", "Somebody else answers what one has said oneself.")).into());
    }
    target.check(said.version)?;
    if said.state != FeedbackState::Open {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("该反馈无须答复，或已经答复。", "Nothing waits for an answer.")).into());
    }
    let mut words = said.words.open(tx.vault)?;
    (words.answer, words.answered_by, words.answered_at) = (Some(input.answer.clone()), actor.id, Some(tx.now));
    said.words = Private::seal(tx.vault, &words)?;
    said.state = FeedbackState::Answered;
    said.answered_at = Some(tx.now);
    said.version += 1;
    said.updated_at = tx.now;
    if !store::save_feedback(tx, &said)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    store::said(tx, opened.row.id, 0, -1)?;
    service::tell(tx, actor, &opened.row, "feedback_answered", Audience::Staff, json!({}), None)?;
    view(tx, said)
}

/// What was said of an article, newest first: all of it to who keeps it, one's own to everybody else.
pub fn list(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<ArticleFeedbackView>> {
    let (opened, keeps) = service::load_readable(tx, actor, reference)?;
    let states: Vec<FeedbackState> = q.all("state").iter().filter_map(|s| FeedbackState::parse(s)).collect();
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let mut rows = store::feedback_of(tx, opened.row.id, &states, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    if !keeps {
        rows.retain(|row| row.given_by.is_some() && row.given_by == actor.id);
    }
    let page = Page::cut(rows, q.limit, tx.vault, |row| q.cursor_of(String::new(), row.id.to_string()));
    page.try_map(|row| view(tx, row))
}
