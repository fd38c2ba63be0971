//! Process templates 高频事项专用流程: ready-made plans that several items share, each in immutable versions of its own.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    check_steps,
    model::StepTemplate,
    store::{self, TemplateRow},
};
use crate::{
    auth::{Actor, policy},
    db::{Json, Result, Tx, code_enum},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text},
    organization::{self, Center},
};

code_enum! {
    /// State of a process template.
    TemplateState in "template-states" {
        Published "published" "已发布",
        Withdrawn "withdrawn" "已停用",
    }
}

/// What a template says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateContent {
    /// What it is for, in words.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub note: String,
    /// The steps in order.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub steps: Vec<StepTemplate>,
}

/// A version of a template as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "code": "water", "center": "320600000000", "name": "供水报装专用流程", "content": { "steps": [
    { "code": "S1", "name": "现场踏勘", "department": "供水单位", "limit": { "value": 2, "unit": "working_day" } },
    { "code": "S2", "name": "装表通水", "department": "供水单位", "limit": { "value": 3, "unit": "working_day" }, "depends_on": ["S1"] }] } }))]
pub struct TemplateInput {
    /// What all its versions are known by.
    #[validate(length(min = 2, max = 40), custom(function = crate::kernel::validators::code))]
    #[schema(min_length = 2, max_length = 40, pattern = "^[A-Za-z0-9_-]+$")]
    pub code: String,
    /// The center it is made for, with all below: id or division code.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub center: String,
    /// Name.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub name: String,
    /// What it says.
    #[validate(nested)]
    pub content: TemplateContent,
}

/// A version of a template.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TemplateView {
    /// Identity of this version.
    pub id: Id,
    /// What all its versions are known by.
    pub code: String,
    /// Number of the version.
    pub number: i64,
    /// The center it is made for.
    pub center_id: Id,
    /// Name.
    pub name: String,
    /// State.
    pub state: TemplateState,
    /// In Chinese.
    pub state_label: String,
    /// What it says.
    pub content: TemplateContent,
    /// Post of whoever made it.
    pub created_by: String,
    /// Version of the record, as in `ETag`.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(TemplateView);

fn view(row: TemplateRow) -> Result<TemplateView> {
    Ok(TemplateView {
        id: row.id,
        code: row.code,
        number: row.number,
        center_id: row.center_id,
        name: row.name,
        state: row.state,
        state_label: row.state.label().into(),
        content: row.content.get()?,
        created_by: row.created_by,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn admit(actor: &Actor, center: &Center) -> Result<(), Problem> {
    if policy::allows(actor, "process_template", "edit", &organization::custodian_reachable(center)) { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden)) }
}

/// Publishes the next version of a template.
pub fn publish(tx: &mut Tx, actor: &Actor, input: &TemplateInput) -> Result<TemplateView> {
    publish_as(tx, actor, Id::new(), input)
}

/// [`publish`] under a given id.
pub fn publish_as(tx: &mut Tx, actor: &Actor, id: Id, input: &TemplateInput) -> Result<TemplateView> {
    if !policy::may(actor, "process_template", "edit") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let unknown = || Problem::rule("/center", "unknown_center", "没有这个服务中心。", "No such center.");
    let center = organization::store::center_by_reference(tx, &input.center)?.ok_or_else(unknown)?;
    admit(actor, &center)?;
    // A template belongs to no checklist: its steps name materials by what the item calls them.
    let named: Vec<&str> = input.content.steps.iter().flat_map(|s| s.materials.iter().map(String::as_str)).collect();
    let errors = check_steps("/content/steps", &input.content.steps, &named);
    if !errors.is_empty() {
        return Err(Problem::fields(ErrorCode::RuleViolation, errors).into());
    }
    let before = store::newest_template(tx, &input.code)?;
    if before.as_ref().is_some_and(|b| b.center_id != center.id) {
        return Err(Problem::rule("/code", "other_center", "该编号已由另一中心使用。", "Another center uses this code.").into());
    }
    let row = TemplateRow {
        id,
        code: input.code.clone(),
        number: before.map_or(0, |b| b.number) + 1,
        center_id: center.id,
        name: input.name.clone(),
        state: TemplateState::Published,
        content: Json::new(&input.content)?,
        created_by: actor.label.clone(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_template(tx, &row).map_err(|e| if e.is_unique() { crate::db::Error::Contended } else { e })?;
    view(row)
}

fn load(tx: &mut Tx, reference: &str) -> Result<TemplateRow> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    Ok(store::template(tx, id)?.ok_or_else(Problem::not_found)?)
}

/// One version, for everybody.
pub fn fetch(tx: &mut Tx, reference: &str) -> Result<TemplateView> {
    view(load(tx, reference)?)
}

/// Templates, for everybody: newest first.
pub fn list(tx: &mut Tx, q: &ListQuery) -> Result<Page<TemplateView>> {
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::templates(tx, &q.all("code"), &q.ids("center_id"), &q.all("state"), after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let views = rows.into_iter().map(view).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(views, q.limit, tx.vault, |t| q.cursor_of(String::new(), t.id.to_string())))
}

/// Takes a version out of use; plans made from it stay.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<TemplateView> {
    if !policy::may(actor, "process_template", "edit") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mut row = load(tx, &target.reference)?;
    let center = organization::load(tx, row.center_id)?;
    admit(actor, &center)?;
    target.check(row.version)?;
    if row.state != TemplateState::Published {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("该版本已经停用。", "Out of use already.")).into());
    }
    row.state = TemplateState::Withdrawn;
    row.version += 1;
    row.updated_at = tx.now;
    if store::save_template(tx, &row)? { view(row) } else { Err(Problem::of(ErrorCode::Stale).into()) }
}

/// The steps of a published version that is made for this center or for one above it.
pub fn steps(tx: &mut Tx, center: &Center, id: Id, at: &str) -> Result<Vec<StepTemplate>> {
    let found = store::template(tx, id)?.filter(|t| t.state == TemplateState::Published);
    let row = found.filter(|t| center.lineage().any(|above| above == t.center_id.as_str()));
    let row = row.ok_or_else(|| Problem::rule(at, "unknown_template", "本中心没有这个可用的专用流程。", "No such template for this center."))?;
    Ok(row.content.get()?.steps)
}
