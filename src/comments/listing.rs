//! Comments as they are found.

use serde::Serialize;

use super::{
    service,
    store::{self, OpenComment},
    tagging::ProblemTag,
};
use crate::{
    access,
    auth::{Actor, Scope, policy},
    db::{Result, Tx},
    evaluations::model::Grade,
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem},
    organization::{self, CenterBrief},
};

/// A comment, freed of personal data.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CommentView {
    /// Identity.
    pub id: Id,
    /// With which rating it was written.
    pub evaluation_id: Id,
    /// Number of what was rated.
    pub number: String,
    /// Name of the item.
    pub title: String,
    /// Rated center.
    pub center: CenterBrief,
    /// Grade.
    pub grade: Grade,
    /// In Chinese.
    pub grade_label: String,
    /// The comment without personal data.
    #[schema(example = "排队等了一个小时，跑了两趟")]
    pub text: String,
    /// What it is about.
    pub tags: Vec<ProblemTag>,
    /// In Chinese.
    pub tag_labels: Vec<String>,
    /// Words of the center's own.
    pub labels: Vec<String>,
    /// Somebody read it; else it was tagged by its words.
    pub is_reviewed: bool,
    /// When it was written.
    pub rated_at: Moment,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
}

crate::versioned!(CommentView, "open_comment");

fn rendered(row: OpenComment, center: CenterBrief) -> Result<CommentView> {
    let tags = row.tags.get()?;
    Ok(CommentView {
        id: row.id,
        evaluation_id: row.evaluation_id,
        number: row.number,
        title: row.title,
        center,
        grade: row.grade,
        grade_label: row.grade.label().into(),
        text: row.text,
        tag_labels: tags.tags.iter().map(|t| t.label().to_owned()).collect(),
        tags: tags.tags,
        labels: tags.labels,
        is_reviewed: row.tagged_by.is_some(),
        rated_at: row.rated_at,
        allowed_actions: None,
        version: row.version,
    })
}

/// One comment, with what may be done.
pub(super) fn view(tx: &mut Tx, actor: &Actor, row: OpenComment) -> Result<CommentView> {
    let allowed = if service::may_tag(tx, actor, &row)? { vec!["tag".to_owned()] } else { Vec::new() };
    let center = organization::brief(tx, row.center_id)?;
    Ok(CommentView { allowed_actions: Some(allowed), ..rendered(row, center)? })
}

/// By id, or by the number of what was rated.
pub(super) fn by_reference(tx: &mut Tx, reference: &str) -> Result<OpenComment> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::comment(tx, id)?,
        Err(_) => store::comment_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// One comment.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<CommentView> {
    let row = by_reference(tx, reference)?;
    access::sight(tx, &Scope::of(actor, "open_comment"), row.id)?.filter(|_| !withheld(actor, &row)).ok_or_else(Problem::not_found)?;
    view(tx, actor, row)
}

pub(super) fn many(tx: &mut Tx, rows: Vec<OpenComment>) -> Result<Vec<CommentView>> {
    let centers = organization::briefs(tx, &rows.iter().map(|row| row.center_id).collect::<Vec<_>>())?;
    let center = |id: Id| centers.iter().find(|c| c.id == id).cloned().ok_or_else(Problem::not_found);
    rows.into_iter().map(|row| center(row.center_id).map_err(Into::into).and_then(|center| rendered(row, center))).collect()
}

/// A page of the comments that the caller may read; with `q` those that say so, newest first.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<CommentView>> {
    if !policy::may(actor, "open_comment", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let keep = |tx: &mut Tx, ids: &[Id]| -> Result<Vec<Id>> { kept(actor, q, store::comments_by_id(tx, ids)?) };
    let page = match &q.q {
        Some(words) => {
            q.plain_search()?;
            let scope = Scope::of(actor, "open_comment");
            access::found(tx, &scope, "open_comment", q, words, keep)?.try_with(|ids| -> Result<_> {
                let mut rows = store::comments_by_id(tx, &ids)?;
                rows.sort_by_key(|row| std::cmp::Reverse(row.id));
                Ok(rows)
            })?
        }
        None => {
            let sieve = access::Sieve { by: None, keep: &keep };
            access::sifted::<Grade, _>(tx, actor, "open_comment", q, sieve, store::comments_by_id, |row| row.id)?.map(|(row, _)| row)
        }
    };
    page.try_with(|rows| many(tx, rows))
}

/// Nobody reads what somebody without a name said of them.
pub(super) fn withheld(actor: &Actor, row: &OpenComment) -> bool {
    actor.id.is_some() && row.withheld_from == actor.id
}

fn kept(actor: &Actor, q: &ListQuery, rows: Vec<OpenComment>) -> Result<Vec<Id>> {
    let (centers, items, grades, tags) = (q.ids("center_id"), q.ids("item_id"), q.all("grade"), q.all("tag"));
    let (labels, reviewed, (from, to)) = (q.all("label"), q.one("reviewed").map(|v| v == "true"), q.range("rated_at"));
    let bad = q.one("is_bad").map(|v| v == "true");
    let mut ids = Vec::new();
    for row in rows {
        let own = row.tags.get()?;
        let keeps = !withheld(actor, &row)
            && (centers.is_empty() || centers.contains(&row.center_id))
            && (items.is_empty() || row.item_id.is_some_and(|id| items.contains(&id)))
            && (grades.is_empty() || grades.iter().any(|g| g == row.grade.code()))
            && (tags.is_empty() || own.tags.iter().any(|t| tags.iter().any(|asked| asked == t.code())))
            && (labels.is_empty() || own.labels.iter().any(|l| labels.contains(l)))
            && reviewed.is_none_or(|wanted| wanted == row.tagged_by.is_some())
            && bad.is_none_or(|wanted| wanted == row.grade.is_bad())
            && from.is_none_or(|from| row.rated_at >= from)
            && to.is_none_or(|to| row.rated_at < to);
        if keeps {
            ids.push(row.id);
        }
    }
    Ok(ids)
}
