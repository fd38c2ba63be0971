//! Review of drafts: submitted by one, published or returned by another; and publication on a day to come.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    bundles,
    model::{Faq, ItemContent, ReviewState},
    rules::check,
    service::{self, load_for, publish_item, save},
    store::{self, Item},
    views::ItemView,
};
use crate::{
    auth::Actor,
    db::{Json, Result, Tx},
    kernel::{ErrorCode, Id, Moment, Problem, Target, Text},
    organization, settings,
};

/// Where the review of a draft stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Review {
    /// State.
    pub state: ReviewState,
    /// In Chinese.
    pub state_label: String,
    /// Who submitted the draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<Id>,
    /// When.
    pub submitted_at: Moment,
    /// Why it was returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Number of the precedent that the draft follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "AL-320623-20260105-000001-101")]
    pub precedent: Option<String>,
}

impl Review {
    fn new(actor: &Actor, now: Moment) -> Self {
        let state = ReviewState::Submitted;
        Self { state, state_label: crate::kernel::Code::label(state).into(), submitted_by: actor.id, submitted_at: now, note: None, precedent: None }
    }
}

/// When a draft becomes the next version.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct PublishInput {
    /// On a day to come; absent: now.
    #[serde(default)]
    pub effective_at: Option<Moment>,
}

/// Why a draft goes back.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemReturn {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "承诺时限应与上级事项一致")]
    pub reason: String,
}

fn conflict(zh: &'static str, en: &'static str) -> crate::db::Error {
    Problem::new(ErrorCode::StateConflict, Text::new(zh, en)).into()
}

fn review_of(item: &Item) -> Result<Option<Review>> {
    item.review.as_ref().map(Json::get).transpose()
}

/// Who submitted a draft does not judge it.
fn by_another(item: &Item, actor: &Actor) -> Result<()> {
    match review_of(item)? {
        Some(r) if r.submitted_by.is_some() && r.submitted_by == actor.id => {
            Err(conflict("草稿由您提交审核，须由另一人审核发布。", "Somebody else must review it."))
        }
        _ => Ok(()),
    }
}

/// An editor submits the draft for review.
pub fn submit(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ItemView> {
    let mut item = load_for(tx, actor, "edit", target)?;
    let draft: ItemContent = item.draft.as_ref().ok_or_else(|| conflict("没有可提交审核的草稿。", "There is no draft."))?.get()?;
    check(&draft)?;
    bundles::check(tx, &item.code, &draft)?;
    if review_of(&item)?.is_some_and(|r| r.state == ReviewState::Submitted) {
        return Err(conflict("草稿已经提交审核。", "Submitted already."));
    }
    item.review = Some(Json::new(&Review::new(actor, tx.now))?);
    save(tx, actor, item, "service_item.submitted")
}

/// A precedent 案例 adds a question and its answer to the guide, and hands the draft in for review. A draft that is being
/// reviewed, or has its day, is left alone.
pub fn suggest(tx: &mut Tx, actor: &Actor, item: Id, faq: Faq, precedent: &str) -> Result<()> {
    let mut item = load_for(tx, actor, "edit", &Target::any(item))?;
    if item.effective_at.is_some() || review_of(&item)?.is_some_and(|r| r.state == ReviewState::Submitted) {
        return Err(conflict("该事项的草稿正在审核或者待生效，请在其发布后再提出。", "A draft of the item is under review."));
    }
    let mut content: ItemContent = match item.draft.as_ref().or(item.published.as_ref()) {
        Some(content) => content.get()?,
        None => return Err(conflict("该事项没有可修改的内容。", "The item says nothing yet.")),
    };
    if content.faq.iter().any(|there| there.answer.contains(precedent)) {
        return Err(conflict("该案例已写入这个事项的办事指南。", "The guide follows this precedent already."));
    }
    if content.faq.len() >= 50 {
        return Err(conflict("该事项的常见问题已满 50 条。", "The guide has 50 questions already."));
    }
    content.faq.push(faq);
    check(&content)?;
    bundles::check(tx, &item.code, &content)?;
    item.draft = Some(Json::new(&content)?);
    item.review = Some(Json::new(&Review { precedent: Some(precedent.to_owned()), ..Review::new(actor, tx.now) })?);
    save(tx, actor, item, "service_item.submitted").map(|_| ())
}

/// What became of what a precedent has suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suggested {
    /// The guide says it.
    Published,
    /// A draft says it.
    Drafted,
    /// Neither does any more.
    Gone,
}

/// What became of what a precedent has suggested to an item.
pub fn suggested(tx: &mut Tx, item: Id, precedent: &str) -> Result<Suggested> {
    let Some(item) = store::item(tx, item)? else { return Ok(Suggested::Gone) };
    let says = |content: Option<&Json<ItemContent>>| -> Result<bool> {
        let content = content.map(Json::get).transpose()?;
        Ok(content.is_some_and(|c| c.faq.iter().any(|faq| faq.answer.contains(precedent))))
    };
    Ok(match (says(item.published.as_ref())?, says(item.draft.as_ref())?) {
        (true, _) => Suggested::Published,
        (_, true) => Suggested::Drafted,
        _ => Suggested::Gone,
    })
}

/// A reviewer returns the draft with a reason.
pub fn give_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &ItemReturn) -> Result<ItemView> {
    let mut item = load_for(tx, actor, "publish", target)?;
    let Some(review) = review_of(&item)?.filter(|r| r.state == ReviewState::Submitted) else {
        return Err(conflict("草稿没有提交审核。", "The draft was not submitted."));
    };
    by_another(&item, actor)?;
    let state = ReviewState::Returned;
    let returned = Review { state, state_label: crate::kernel::Code::label(state).into(), note: Some(input.reason.clone()), ..review };
    item.review = Some(Json::new(&returned)?);
    item.effective_at = None;
    save(tx, actor, item, "service_item.returned")
}

/// Publishes the draft as the next immutable version, now or on a day to come.
pub fn publish(tx: &mut Tx, actor: &Actor, target: &Target, input: &PublishInput) -> Result<ItemView> {
    let mut item = load_for(tx, actor, "publish", target)?;
    by_another(&item, actor)?;
    let submitted = review_of(&item)?.is_some_and(|r| r.state == ReviewState::Submitted);
    let path = organization::center_of_division(tx, &item.division_code)?.map(|c| c.path).unwrap_or_default();
    if item.draft.is_some() && !submitted && settings::rules(tx, &path)?.catalogue_review {
        return Err(conflict("草稿须先提交审核（submit），由另一人审核发布。", "Submit the draft for review first."));
    }
    let Some(at) = input.effective_at else { return publish_item(tx, actor, item) };
    if item.draft.is_none() {
        return Err(conflict("没有可发布的草稿。", "There is no draft to publish."));
    }
    if at <= tx.now || at > tx.now.plus(TimeDelta::days(366)) {
        return Err(Problem::rule("/effective_at", "out_of_range", "生效时间应在现在之后一年之内。", "Within a year from now.").into());
    }
    item.effective_at = Some(at);
    save(tx, actor, item, "service_item.scheduled")
}

/// Whether a day has come.
pub fn anything_scheduled(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    Ok(!store::scheduled(tx, now, 1)?.is_empty())
}

/// Publishes the drafts whose day has come, each once.
pub fn publish_due(tx: &mut Tx, batch: i64) -> Result<usize> {
    let now = tx.now;
    let due = store::scheduled(tx, now, batch)?;
    let done = due.len();
    for item in due {
        publish_item(tx, &Actor::system("catalogue"), item)?;
    }
    Ok(done)
}

/// What two published versions say differently.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VersionChanges {
    /// The older.
    pub from: i64,
    /// The newer.
    pub to: i64,
    /// One for each place, in order (RFC 6902).
    #[schema(max_items = 10_000)]
    pub items: Vec<Change>,
}

/// One difference.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Change {
    /// `add`, `remove` or `replace`.
    pub op: &'static str,
    /// JSON pointer into the content, after the changes before it.
    #[schema(example = "/promised_limit/value")]
    pub path: String,
    /// What stood there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// What stands there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
}

/// The differences from version `from` (absent: the one before) to version `to`.
pub fn changes(tx: &mut Tx, reference: &str, from: Option<i64>, to: i64) -> Result<VersionChanges> {
    let from = from.unwrap_or(to - 1);
    let none = || serde_json::Value::Object(serde_json::Map::new());
    // Before the first version nothing was said.
    let older = if from == 0 { none() } else { serde_json::to_value(service::guide_version(tx, reference, from)?)? };
    let newer = serde_json::to_value(service::guide_version(tx, reference, to)?)?;
    Ok(VersionChanges { from, to, items: differences(older, &newer)? })
}

/// What the draft, also one that takes effect on a day to come, says differently from the published version.
pub fn draft_changes(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<VersionChanges> {
    let item = service::readable(tx, actor, reference)?;
    let draft = item.draft.as_ref().ok_or_else(Problem::not_found)?;
    let none = || Ok(serde_json::Value::Object(serde_json::Map::new()));
    let older = item.published.as_ref().map_or_else(none, |p| p.get().and_then(|content: ItemContent| Ok(serde_json::to_value(content)?)))?;
    let from = item.published_version.unwrap_or(0);
    let items = differences(older, &serde_json::to_value(draft.get()?)?)?;
    Ok(VersionChanges { from, to: from + 1, items })
}

fn differences(mut document: serde_json::Value, newer: &serde_json::Value) -> Result<Vec<Change>> {
    let mut items = Vec::new();
    for operation in json_patch::diff(&document, newer).0 {
        let path = operation.path().to_string();
        let before = document.pointer(&path).cloned();
        let (op, before, after) = match &operation {
            json_patch::PatchOperation::Add(o) => ("add", None, Some(o.value.clone())),
            json_patch::PatchOperation::Remove(_) => ("remove", before, None),
            json_patch::PatchOperation::Replace(o) => ("replace", before, Some(o.value.clone())),
            _ => ("replace", before, None),
        };
        json_patch::patch(&mut document, std::slice::from_ref(&operation)).map_err(|e| crate::db::Error::Corrupt(e.to_string()))?;
        items.push(Change { op, path, before, after });
    }
    Ok(items)
}
