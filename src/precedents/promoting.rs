//! Promotion: what a precedent has shown goes on to the catalogue, as a change of an item or as a new one.

use serde::Serialize;
use serde_json::json;

use super::{
    machine::PrecedentAction as Action,
    model::{PromotionInput, PromotionRecord, PromotionSettlement},
    service::{self, Opened},
    store::{self, Promotion},
    views::{self, PrecedentView},
};
use crate::{
    auth::{Actor, policy},
    catalogue::{self, model::Faq},
    db::{Error, Private, Result, Tx, code_enum, dialect},
    events::Audience,
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text},
    organization,
};

code_enum! {
    /// What is proposed to the catalogue.
    PromotionKind in "precedent-promotion-kinds" {
        Change "change" "修改办事指南",
        NewItem "new_item" "新增事项",
    }
}
code_enum! {
    /// What became of a proposal.
    PromotionState in "precedent-promotion-states" {
        Proposed "proposed" "待处理",
        Adopted "adopted" "已采纳",
        Declined "declined" "未采纳",
    }
}

/// What was proposed to the catalogue because of a precedent.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PromotionView {
    /// Identity.
    pub id: Id,
    /// Because of which precedent.
    pub precedent_id: Id,
    /// Its number.
    pub precedent: String,
    /// What.
    pub kind: PromotionKind,
    /// In Chinese.
    pub kind_label: String,
    /// State; of a change it is what the catalogue made of the draft.
    pub state: PromotionState,
    /// In Chinese.
    pub state_label: String,
    /// The item that it changes, or that was made for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<Id>,
    /// Its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// What is proposed.
    pub proposal: String,
    /// Why it was settled so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(PromotionView);

fn render(tx: &mut Tx, row: Promotion, precedent: &str) -> Result<PromotionView> {
    let record = row.record.open(tx.vault)?;
    let item = row.item_id.map(|id| catalogue::code_of(tx, id)).transpose()?;
    // The catalogue alone knows what became of a draft.
    let state = match (row.kind, row.item_id) {
        (PromotionKind::Change, Some(item)) => match catalogue::suggested(tx, item, precedent)? {
            catalogue::Suggested::Published => PromotionState::Adopted,
            catalogue::Suggested::Drafted => PromotionState::Proposed,
            catalogue::Suggested::Gone => PromotionState::Declined,
        },
        _ => row.state,
    };
    Ok(PromotionView {
        id: row.id,
        precedent_id: row.precedent_id,
        precedent: precedent.to_owned(),
        kind: row.kind,
        kind_label: row.kind.label().into(),
        state,
        state_label: state.label().into(),
        item_id: row.item_id,
        item,
        proposal: record.proposal,
        reason: Some(record.reason).filter(|r| !r.is_empty()),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// The promotions of a precedent, newest first.
pub fn of_precedent(tx: &mut Tx, precedent: Id) -> Result<Vec<PromotionView>> {
    let number = store::precedent(tx, precedent)?.map(|p| p.number).unwrap_or_default();
    store::promotions(tx, precedent)?.into_iter().map(|row| render(tx, row, &number)).collect()
}

/// A published precedent is proposed to the catalogue.
pub fn promote(tx: &mut Tx, actor: &Actor, target: &Target, input: &PromotionInput) -> Result<PrecedentView> {
    promote_as(tx, actor, target, input, Id::new())
}

/// Promotes a case, under a given identity.
pub fn promote_as(tx: &mut Tx, actor: &Actor, target: &Target, input: &PromotionInput, id: Id) -> Result<PrecedentView> {
    let (opened, _) = service::load_for(tx, actor, target, Action::Promote)?;
    let (kind, item) = match &input.item {
        Some(reference) => (PromotionKind::Change, Some(change(tx, actor, &opened, reference)?)),
        None => (PromotionKind::NewItem, None),
    };
    let record = PromotionRecord { proposal: input.proposal.clone(), by: actor.id, ..PromotionRecord::default() };
    let row = Promotion {
        id,
        precedent_id: opened.row.id,
        kind,
        item_id: item.as_ref().map(|(id, _)| *id),
        state: PromotionState::Proposed,
        record: Private::seal(tx.vault, &record)?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_promotion(tx, &row)?;
    let params = json!({ "number": opened.row.number, "item": item.map(|(_, code)| code) });
    service::tell_with(tx, actor, &opened.row, ("promoted", Audience::Staff), params, Some(&input.proposal))?;
    views::whole(tx, actor, opened)
}

/// What the precedent advises becomes a question and its answer in a draft of the item's guide, handed in for review.
fn change(tx: &mut Tx, actor: &Actor, opened: &Opened, reference: &str) -> Result<(Id, String)> {
    let unknown = || Problem::rule("/item", "unknown_item", "没有这个已发布的事项。", "No such published item.");
    let item = catalogue::published(tx, reference)?.ok_or_else(unknown)?;
    let lost = || Error::Corrupt(format!("precedent {} has nothing to show", opened.row.id));
    let content = opened.row.published.as_ref().ok_or_else(lost)?.get()?;
    let number = &opened.row.number;
    let faq = Faq { question: format!("{}，怎么办？", content.title), answer: format!("{}（参见案例{number}）", content.advice) };
    catalogue::suggest(tx, actor, item.id, faq, number)?;
    Ok((item.id, item.code))
}

/// What becomes of a proposed item: made, or declined.
pub fn settle(tx: &mut Tx, actor: &Actor, target: &Target, input: &PromotionSettlement) -> Result<PromotionView> {
    if !policy::may(actor, "precedent", "settle_promotion") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let id = target.id().ok_or_else(Problem::not_found)?;
    dialect::lock_root(tx.conn, "precedent_promotions", id.as_str())?;
    let mut row = store::promotion(tx, id)?.ok_or_else(Problem::not_found)?;
    let precedent = store::precedent(tx, row.precedent_id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, precedent.center_id)?;
    if !policy::allows(actor, "precedent", "settle_promotion", &organization::custodian_reachable(&center)) {
        return Err(Problem::not_found().into());
    }
    target.check(row.version)?;
    if row.kind == PromotionKind::Change {
        let zh = "修改办事指南的建议由事项目录审核发布或者退回。";
        return Err(Problem::new(ErrorCode::StateConflict, Text::new(zh, "The catalogue's review decides about a change.")).into());
    }
    if row.state != PromotionState::Proposed {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("建议已经处理。", "Settled already.")).into());
    }
    let item = match &input.item {
        None => None,
        Some(reference) => {
            let unknown = || Problem::rule("/item", "unknown_item", "没有这个事项。", "No such item.");
            Some(catalogue::store::item_by_reference(tx, reference)?.ok_or_else(unknown)?)
        }
    };
    let mut record = row.record.open(tx.vault)?;
    record.reason.clone_from(&input.reason);
    (record.settled_by, record.settled_at) = (actor.id, Some(tx.now));
    row.record = Private::seal(tx.vault, &record)?;
    row.item_id = item.as_ref().map(|i| i.id);
    row.state = if item.is_some() { PromotionState::Adopted } else { PromotionState::Declined };
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save_promotion(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    let kind = if item.is_some() { "promotion_adopted" } else { "promotion_declined" };
    let params = json!({ "number": precedent.number, "item": item.map(|i| i.code) });
    service::tell_with(tx, actor, &precedent, (kind, Audience::Staff), params, Some(&input.reason))?;
    render(tx, row, &precedent.number)
}

/// So many proposals are walked through for a page.
const WALK: i64 = 1_000;

/// What was proposed to the catalogue, to those who settle it.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<PromotionView>> {
    if !policy::may(actor, "precedent", "settle_promotion") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let states: Vec<PromotionState> = q.all("state").iter().filter_map(|s| PromotionState::parse(s)).collect();
    let kinds: Vec<PromotionKind> = q.all("kind").iter().filter_map(|s| PromotionKind::parse(s)).collect();
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let mut shown = Vec::new();
    for row in store::all_promotions(tx, after, WALK)? {
        if shown.len() > q.limit {
            break;
        }
        let Some(precedent) = store::precedent(tx, row.precedent_id)? else { continue };
        let center = organization::load(tx, precedent.center_id)?;
        if !policy::allows(actor, "precedent", "settle_promotion", &organization::custodian_reachable(&center)) {
            continue;
        }
        let view = render(tx, row, &precedent.number)?;
        if (states.is_empty() || states.contains(&view.state)) && (kinds.is_empty() || kinds.contains(&view.kind)) {
            shown.push(view);
        }
    }
    Ok(Page::cut(shown, q.limit, tx.vault, |p| q.cursor_of(String::new(), p.id.to_string())))
}
