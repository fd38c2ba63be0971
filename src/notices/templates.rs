//! Templates: what a place says, in numbered versions that never change; the nearest place that has said something counts.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    kinds::{NoticeKind, NoticeParameter},
    model::{NoticeContent, TemplateStatus},
    store::{self, Template},
};
use crate::{
    auth::{Actor, Reachable, policy},
    db::{Json, Result, Tx},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text},
    organization::{self, Center, CenterBrief, custodian_reachable},
    settings::EVERYWHERE,
};

/// A new version.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTemplate {
    /// What it is about.
    pub kind: NoticeKind,
    /// Where it holds, and below: id or division code; absent: everywhere.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "320600000000")]
    pub center: Option<String>,
    /// What is said.
    #[validate(nested)]
    pub content: NoticeContent,
}

/// A version of a template.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NoticeTemplateView {
    /// Identity.
    pub id: Id,
    /// What it is about.
    pub kind: NoticeKind,
    /// In Chinese.
    pub kind_label: String,
    /// Where it holds, and below; absent: everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center: Option<CenterBrief>,
    /// Number of the version at that place.
    pub number: i32,
    /// State.
    pub state: TemplateStatus,
    /// In Chinese.
    pub state_label: String,
    /// What is said.
    pub content: NoticeContent,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version of the record, as in `ETag`.
    pub version: i64,
    /// When published.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(NoticeTemplateView);

/// What holds for a kind at a place.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NoticeWording {
    /// What it is about.
    pub kind: NoticeKind,
    /// In Chinese.
    pub kind_label: String,
    /// What its text may name.
    pub parameters: Vec<NoticeParameter>,
    /// Goes at once, also at night.
    pub urgent: bool,
    /// What holds here.
    pub content: NoticeContent,
    /// The version that holds; absent: as is usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<Id>,
    /// Versions of this very place, the newest first.
    pub versions: Vec<NoticeTemplateView>,
}

/// What holds at a place.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NoticeWordings {
    /// In the order of the dictionary.
    pub items: Vec<NoticeWording>,
}

fn reaches(actor: &Actor, action: &str, center: Option<&Center>) -> bool {
    match center {
        Some(center) => policy::allows(actor, "notice_template", action, &custodian_reachable(center)),
        // What holds everywhere is nobody's place.
        None => policy::allows(actor, "notice_template", action, &Reachable::default()),
    }
}

fn forbidden() -> crate::db::Error {
    Problem::of(ErrorCode::Forbidden).into()
}

fn place(tx: &mut Tx, reference: Option<&str>) -> Result<Option<Center>> {
    let unknown = || Problem::rule("/center", "unknown_center", "没有这个服务中心。", "No such center.");
    reference.map(|r| Ok(organization::store::center_by_reference(tx, r)?.ok_or_else(unknown)?)).transpose()
}

fn view(tx: &mut Tx, actor: &Actor, row: Template) -> Result<NoticeTemplateView> {
    let center = row.center_id.map(|id| organization::load(tx, id)).transpose()?;
    let may = row.status == TemplateStatus::Published && reaches(actor, "withdraw", center.as_ref());
    Ok(NoticeTemplateView {
        id: row.id,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        center: center.as_ref().map(CenterBrief::from),
        number: row.number,
        state: row.status,
        state_label: row.status.label().into(),
        content: row.content.get()?,
        allowed_actions: if may { vec!["withdraw".into()] } else { Vec::new() },
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// The nodes from everywhere down to a center.
fn nodes(center: Option<&Center>) -> Vec<String> {
    let mut all = vec![EVERYWHERE.to_owned()];
    all.extend(center.into_iter().flat_map(|c| c.path.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect::<Vec<_>>()));
    all
}

/// The version that holds: of the nearest node that has one published, its newest.
fn nearest<'a>(rows: &'a [Template], kind: NoticeKind, nodes: &[String]) -> Option<&'a Template> {
    let of = |node: &String| rows.iter().find(|t| t.kind == kind && t.node == *node && t.status == TemplateStatus::Published);
    nodes.iter().rev().find_map(of)
}

/// What is said of a kind at a center.
pub fn content(tx: &mut Tx, kind: NoticeKind, center: Option<&Center>) -> Result<NoticeContent> {
    let nodes = nodes(center);
    let rows = store::templates(tx, Some(kind), &nodes)?;
    nearest(&rows, kind, &nodes).map_or_else(|| Ok(kind.usual()), |t| t.content.get())
}

/// What holds at a center, or everywhere, for every kind.
pub fn wordings(tx: &mut Tx, actor: &Actor, reference: Option<&str>) -> Result<NoticeWordings> {
    if !policy::may(actor, "notice_template", "read") {
        return Err(forbidden());
    }
    let center = match reference {
        Some(r) => Some(
            organization::store::center_by_reference(tx, r)?
                .ok_or_else(|| Problem::parameter("center", "unknown_center", "没有这个服务中心。", "No such center."))?,
        ),
        None => None,
    };
    if center.is_some() && !reaches(actor, "read", center.as_ref()) {
        return Err(forbidden());
    }
    let nodes = nodes(center.as_ref());
    let own = nodes.last().cloned().unwrap_or_default();
    let rows = store::templates(tx, None, &nodes)?;
    let mut items = Vec::with_capacity(NoticeKind::ALL.len());
    for kind in NoticeKind::ALL.iter().copied() {
        let holds = nearest(&rows, kind, &nodes);
        let mut versions = Vec::new();
        for row in rows.iter().filter(|t| t.kind == kind && t.node == own) {
            versions.push(view(tx, actor, row.clone())?);
        }
        items.push(NoticeWording {
            kind,
            kind_label: kind.label().into(),
            parameters: kind.parameters().to_vec(),
            urgent: kind.is_urgent(),
            content: holds.map_or_else(|| Ok(kind.usual()), |t| t.content.get())?,
            template_id: holds.map(|t| t.id),
            versions,
        });
    }
    Ok(NoticeWordings { items })
}

/// Publishes a version: what is told from now on is told so.
pub fn publish(tx: &mut Tx, actor: &Actor, new: &NewTemplate) -> Result<NoticeTemplateView> {
    publish_as(tx, actor, new, Id::new())
}

/// `publish` under a given id.
pub fn publish_as(tx: &mut Tx, actor: &Actor, new: &NewTemplate, id: Id) -> Result<NoticeTemplateView> {
    if !policy::may(actor, "notice_template", "publish") {
        return Err(forbidden());
    }
    let center = place(tx, new.center.as_deref())?;
    if !reaches(actor, "publish", center.as_ref()) {
        return Err(forbidden());
    }
    new.content.check(new.kind)?;
    let node = center.as_ref().map_or_else(|| EVERYWHERE.to_owned(), |c| c.id.to_string());
    let last = store::templates(tx, Some(new.kind), std::slice::from_ref(&node))?.first().map_or(0, |t| t.number);
    let row = Template {
        id,
        kind: new.kind,
        center_id: center.map(|c| c.id),
        node,
        number: last + 1,
        status: TemplateStatus::Published,
        content: Json::new(&new.content)?,
        author: actor.id,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_template(tx, &row).map_err(|e| {
        // Two at once: who comes second looks again.
        if e.is_unique() { Problem::of(ErrorCode::Stale).into() } else { e }
    })?;
    view(tx, actor, row)
}

fn load(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Template, Option<Center>)> {
    if !policy::may(actor, "notice_template", "read") {
        return Err(forbidden());
    }
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::template(tx, id)?.ok_or_else(Problem::not_found)?;
    let center = row.center_id.map(|id| organization::load(tx, id)).transpose()?;
    if center.is_some() && !reaches(actor, "read", center.as_ref()) {
        return Err(Problem::not_found().into());
    }
    Ok((row, center))
}

/// Whether there is such a version.
pub fn is_known(tx: &mut Tx, id: Id) -> Result<bool> {
    Ok(store::template(tx, id)?.is_some())
}

/// One version.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<NoticeTemplateView> {
    let (row, _) = load(tx, actor, reference)?;
    view(tx, actor, row)
}

/// Turns a version off: the one before it holds again, or that of the place above.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<NoticeTemplateView> {
    let (mut row, center) = load(tx, actor, &target.reference)?;
    if !reaches(actor, "withdraw", center.as_ref()) {
        return Err(forbidden());
    }
    target.check(row.version)?;
    if row.status != TemplateStatus::Published {
        let problem = Problem::new(ErrorCode::StateConflict, Text::new("该版本已停用。", "It is withdrawn already."));
        return Err(Problem { allowed_actions: Some(Vec::new()), ..problem }.into());
    }
    row.status = TemplateStatus::Withdrawn;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save_status(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    view(tx, actor, row)
}
