//! Tagging a comment by hand.

use serde_json::json;

use super::{
    indexing,
    listing::{CommentView, by_reference, view, withheld},
    model::CommentTags,
    recording,
    store::{self, OpenComment},
};
use crate::{
    access,
    auth::{Actor, Scope, policy},
    db::{Json, Result, Tx, dialect},
    deidentify::{self, Known},
    events::{self, Audience, NewEvent},
    kernel::{ErrorCode, Problem, Target},
    organization,
};

/// Whether the caller may say what a comment is about.
pub(super) fn may_tag(tx: &mut Tx, actor: &Actor, row: &OpenComment) -> Result<bool> {
    let center = organization::load(tx, row.center_id)?;
    Ok(policy::allows(actor, "open_comment", "tag", &organization::custodian_reachable(&center)))
}

/// Words of the center's own name nobody.
pub(super) fn impersonal(input: &CommentTags) -> Result<()> {
    match input.labels.iter().position(|label| !deidentify::check(label, &Known::default()).is_empty()) {
        None => Ok(()),
        Some(at) => Err(Problem::rule(&format!("/labels/{at}"), "personal_data", "标签中不写个人信息。", "A label names nobody.").into()),
    }
}

/// Somebody read it and says what it is about; that replaces what its words gave away.
pub fn tag(tx: &mut Tx, actor: &Actor, target: &Target, input: &CommentTags) -> Result<CommentView> {
    let id = by_reference(tx, &target.reference)?.id;
    dialect::lock_root(tx.conn, "open_comments", id.as_str())?;
    let mut row = store::comment(tx, id)?.ok_or_else(Problem::not_found)?;
    access::sight(tx, &Scope::of(actor, "open_comment"), id)?.filter(|_| !withheld(actor, &row)).ok_or_else(Problem::not_found)?;
    if !may_tag(tx, actor, &row)? {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    recording::standing(&row)?;
    impersonal(input)?;
    row.tags = Json::new(input)?;
    row.tagged_by = actor.id;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    indexing::place(tx, &row)?;
    indexing::index(tx, &row, input)?;
    let params = json!({ "tags": input.tags });
    let kind = "open_comment.tagged";
    let event = NewEvent { record_kind: "open_comment", record_id: id, version: row.version, kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    view(tx, actor, row)
}
