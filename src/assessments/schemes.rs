//! Schemes: drafts of a center, published as numbered versions that never change. The nearest center at or above that has one
//! for whom is assessed says how.

use super::{
    machine::{AssessedKind, SchemeState},
    model::{AssessmentSchemeContent, AssessmentSchemeEdit, NewAssessmentScheme, check},
    scheme_views::{AssessmentSchemeView, AssessmentSchemes},
    store::{self, Scheme, SchemeVersion},
};
use crate::{
    auth::{Actor, policy},
    db::{Json, Result, Tx, dialect},
    kernel::{ErrorCode, Id, Problem, Target},
    organization::{self, Center, CenterBrief, CenterLevel},
};

/// The center that a request names.
pub(super) fn center_named(tx: &mut Tx, reference: &str) -> Result<Center> {
    let unknown = || Problem::rule("/center", "unknown_center", "没有这个服务中心。", "No such center.");
    Ok(organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?)
}

fn permits(actor: &Actor, action: &str, center: &Center) -> bool {
    policy::allows(actor, "assessment_scheme", action, &organization::custodian_reachable(center))
}

/// Of centers a level is assessed, of others none.
pub(super) fn check_level(kind: AssessedKind, level: Option<CenterLevel>) -> Result<(), Problem> {
    if (kind == AssessedKind::Center) == level.is_some() {
        return Ok(());
    }
    Err(Problem::rule("/level", "level", "考评中心须写明层级，考评部门和人员不写。", "A level for centers, none for others."))
}

fn view(tx: &mut Tx, actor: &Actor, row: Scheme) -> Result<AssessmentSchemeView> {
    let center = organization::load(tx, row.center_id)?;
    let mut allowed = Vec::new();
    if permits(actor, "edit", &center) {
        allowed.push("edit".to_owned());
    }
    if permits(actor, "publish", &center) {
        allowed.push("publish".to_owned());
    }
    let published = if row.number > 0 { store::scheme_version(tx, row.id, row.number)?.map(|v| v.content.get()).transpose()? } else { None };
    AssessmentSchemeView::of(row, CenterBrief::from(&center), published, allowed)
}

/// A new draft.
pub fn create(tx: &mut Tx, actor: &Actor, input: &NewAssessmentScheme) -> Result<AssessmentSchemeView> {
    create_as(tx, actor, input, Id::new())
}

/// A new draft, under a given identity.
pub fn create_as(tx: &mut Tx, actor: &Actor, input: &NewAssessmentScheme, id: Id) -> Result<AssessmentSchemeView> {
    let center = center_named(tx, &input.center)?;
    if !permits(actor, "create", &center) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    check_level(input.subject_kind, input.level)?;
    check(&input.content, input.subject_kind)?;
    dialect::lock_name(tx.conn, &format!("assessment scheme {}", center.id))?;
    let same = |row: &Scheme| row.subject_kind == input.subject_kind && row.level == input.level;
    if store::schemes(tx, &[center.id])?.iter().any(same) {
        return Err(Problem::rule(
            "/subject_kind",
            "duplicate",
            "本中心已有这类考评办法，请修改后发布新版本。",
            "There is one: edit it and publish a version.",
        )
        .into());
    }
    let row = Scheme {
        id,
        center_id: center.id,
        name: input.name.clone(),
        subject_kind: input.subject_kind,
        level: input.level,
        state: SchemeState::Draft,
        number: 0,
        draft: Json::new(&input.content)?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_scheme(tx, &row)?;
    view(tx, actor, row)
}

fn load(tx: &mut Tx, actor: &Actor, reference: &str, action: &str) -> Result<Scheme> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::scheme(tx, id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    if !permits(actor, "read", &center) && !holds_for(actor, &center, tx)? {
        return Err(Problem::not_found().into());
    }
    if action != "read" && !permits(actor, action, &center) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    Ok(row)
}

/// Whoever assesses below reads what holds there.
fn holds_for(actor: &Actor, center: &Center, tx: &mut Tx) -> Result<bool> {
    use crate::auth::Role;
    let nodes: Vec<Id> =
        [Role::CenterManager, Role::Inspector, Role::ReformOffice].into_iter().flat_map(|role| actor.nodes(role)).filter_map(|n| n.parse().ok()).collect();
    Ok(organization::store::centers_by_id(tx, &nodes)?.iter().any(|own| center.contains(own)))
}

/// One scheme.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<AssessmentSchemeView> {
    let row = load(tx, actor, reference, "read")?;
    view(tx, actor, row)
}

/// A version, as it was published.
pub fn version(tx: &mut Tx, actor: &Actor, reference: &str, number: i64) -> Result<AssessmentSchemeContent> {
    let row = load(tx, actor, reference, "read")?;
    let version = store::scheme_version(tx, row.id, number)?.ok_or_else(Problem::not_found)?;
    version.content.get()
}

/// The schemes of a center and of those above it, at most so many.
pub fn list(tx: &mut Tx, actor: &Actor, center: &str, most: usize) -> Result<AssessmentSchemes> {
    let unknown = || Problem::parameter("center", "unknown_center", "没有这个服务中心。", "No such center.");
    let center = organization::store::center_by_reference(tx, center)?.ok_or_else(unknown)?;
    if !permits(actor, "read", &center) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let lineage: Vec<Id> = center.lineage().filter_map(|id| id.parse().ok()).collect();
    let mut items = Vec::new();
    for row in store::schemes(tx, &lineage)?.into_iter().take(most) {
        items.push(view(tx, actor, row)?);
    }
    Ok(AssessmentSchemes { items })
}

/// A scheme for an edit: locked, seen, allowed, in the version asked for.
fn load_for(tx: &mut Tx, actor: &Actor, target: &Target, action: &str) -> Result<Scheme> {
    if let Some(id) = target.id() {
        dialect::lock_root(tx.conn, "assessment_schemes", id.as_str())?;
    }
    let row = load(tx, actor, &target.reference, action)?;
    target.check(row.version)?;
    Ok(row)
}

fn save(tx: &mut Tx, actor: &Actor, mut row: Scheme) -> Result<AssessmentSchemeView> {
    row.version += 1;
    row.updated_at = tx.now;
    if store::save_scheme(tx, &row)? { view(tx, actor, row) } else { Err(Problem::of(ErrorCode::Stale).into()) }
}

/// Edits what the next version says.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &AssessmentSchemeEdit) -> Result<AssessmentSchemeView> {
    let mut row = load_for(tx, actor, target, "edit")?;
    check(&input.content, row.subject_kind)?;
    row.name.clone_from(&input.name);
    row.draft = Json::new(&input.content)?;
    row.state = SchemeState::Draft;
    save(tx, actor, row)
}

/// Publishes the draft as the next version; assessments that are drawn up keep theirs.
pub fn publish(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<AssessmentSchemeView> {
    let mut row = load_for(tx, actor, target, "publish")?;
    let content = row.draft.get()?;
    check(&content, row.subject_kind)?;
    if row.state == SchemeState::Published {
        let text = crate::kernel::Text::new("草稿与已发布的版本相同，无须再次发布。", "There is nothing new to publish.");
        return Err(Problem::new(ErrorCode::StateConflict, text).into());
    }
    row.number += 1;
    row.state = SchemeState::Published;
    store::insert_version(tx, &SchemeVersion { scheme_id: row.id, number: row.number, content: Json::new(&content)?, published_at: tx.now })?;
    save(tx, actor, row)
}

/// The scheme by which somebody below a center is assessed: that of the nearest center at or above that has one.
pub fn effective(tx: &mut Tx, center: &Center, kind: AssessedKind, level: Option<CenterLevel>) -> Result<Option<Scheme>> {
    let lineage: Vec<Id> = center.lineage().filter_map(|id| id.parse().ok()).collect();
    let all: Vec<Scheme> = store::schemes(tx, &lineage)?.into_iter().filter(|row| row.number > 0 && row.subject_kind == kind && row.level == level).collect();
    Ok(lineage.iter().rev().find_map(|id| all.iter().find(|row| row.center_id == *id)).cloned())
}
