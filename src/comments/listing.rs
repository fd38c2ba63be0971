//! Comments as they are found.

use serde::Serialize;

use super::{
    model::CommentSource,
    recording, service,
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
    /// How it came: with a rating, or recorded from a letter box, the mail, the media or an inspection.
    pub source: CommentSource,
    /// In Chinese.
    #[schema(example = "评价")]
    pub source_label: String,
    /// With which rating it was written; absent where it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation_id: Option<Id>,
    /// Number of what was rated, or of what was recorded.
    pub number: String,
    /// Name of the item; of what was recorded about none, how it came.
    pub title: String,
    /// The center that it is about.
    pub center: CenterBrief,
    /// The department that it is about, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
    /// The item that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<Id>,
    /// Grade; of what was recorded it is counted nowhere, and often absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade_label: Option<String>,
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
    /// When it was written; of what was recorded, the day on which it was received.
    pub rated_at: Moment,
    /// Whose staff recorded it; they correct and withdraw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_center_id: Option<Id>,
    /// When it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Moment>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_why: Option<String>,
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
        source: row.source,
        source_label: row.source.label().into(),
        evaluation_id: row.evaluation_id,
        number: row.number,
        title: row.title,
        center,
        department_id: row.department_id,
        item_id: row.item_id,
        grade: row.grade,
        grade_label: row.grade.map(|grade| grade.label().into()),
        text: row.text,
        tag_labels: tags.tags.iter().map(|t| t.label().to_owned()).collect(),
        tags: tags.tags,
        labels: tags.labels,
        is_reviewed: row.tagged_by.is_some(),
        rated_at: row.rated_at,
        recorded_center_id: row.recorded_center_id,
        withdrawn_at: row.withdrawn_at,
        withdrawn_why: row.withdrawn_why,
        allowed_actions: None,
        version: row.version,
    })
}

/// One comment, with what may be done.
pub(super) fn view(tx: &mut Tx, actor: &Actor, row: OpenComment) -> Result<CommentView> {
    let mut allowed = recording::allowed(actor, &row);
    if row.withdrawn_at.is_none() && service::may_tag(tx, actor, &row)? {
        allowed.push("tag".to_owned());
    }
    let center = organization::brief(tx, row.center_id)?;
    Ok(CommentView { allowed_actions: Some(allowed), ..rendered(row, center)? })
}

/// By id, or by the number of what was rated or recorded.
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
    let (sources, departments, withdrawn) = (q.all("source"), q.ids("department_id"), q.one("withdrawn").is_some_and(|v| v == "true"));
    let mut ids = Vec::new();
    for row in rows {
        let own = row.tags.get()?;
        let keeps = !withheld(actor, &row)
            && (centers.is_empty() || centers.contains(&row.center_id))
            && (items.is_empty() || row.item_id.is_some_and(|id| items.contains(&id)))
            && row.withdrawn_at.is_some() == withdrawn
            && (sources.is_empty() || sources.iter().any(|s| s == row.source.code()))
            && (departments.is_empty() || row.department_id.is_some_and(|id| departments.contains(&id)))
            && (grades.is_empty() || row.grade.is_some_and(|own| grades.iter().any(|g| g == own.code())))
            && (tags.is_empty() || own.tags.iter().any(|t| tags.iter().any(|asked| asked == t.code())))
            && (labels.is_empty() || own.labels.iter().any(|l| labels.contains(l)))
            && reviewed.is_none_or(|wanted| wanted == row.tagged_by.is_some())
            && bad.is_none_or(|wanted| row.grade.is_some_and(|grade| wanted == grade.is_bad()))
            && from.is_none_or(|from| row.rated_at >= from)
            && to.is_none_or(|to| row.rated_at < to);
        if keeps {
            ids.push(row.id);
        }
    }
    Ok(ids)
}
