//! 一件事: an item that is made of items. It has guide, checklist, plan and versions like any other, and is one matter.

use serde::Deserialize;
use validator::Validate;

use super::{
    model::{ItemContent, MaterialSpec, StepTemplate},
    service::Published,
};
use crate::{
    auth::{Actor, policy},
    db::{Result, Tx},
    kernel::{ErrorCode, FieldError, Limit, Problem, Unit},
};

/// The parts of a bundle are published items, each once, and no bundles themselves.
pub fn check(tx: &mut Tx, own: &str, content: &ItemContent) -> Result<()> {
    let mut errors = Vec::new();
    for (i, code) in content.bundle.iter().enumerate() {
        let mut refuse = |why: &'static str, zh: &'static str, en: &'static str| {
            errors.push(FieldError::body(&format!("/content/bundle/{i}"), why, zh, en));
        };
        if content.bundle.iter().take(i).any(|earlier| earlier == code) || code == own {
            refuse("duplicate", "同一事项只列一次，且不能是本事项自身。", "Each item once, and not itself.");
            continue;
        }
        match super::published(tx, code)? {
            None => refuse("unknown_item", "没有这个已发布的事项。", "No such published item."),
            Some(part) if !part.content.bundle.is_empty() => refuse("nested_bundle", "“一件事”不能再包含“一件事”。", "A bundle holds no bundles."),
            Some(_) => {}
        }
    }
    if content.bundle.len() == 1 {
        errors.push(FieldError::body("/content/bundle", "bundle_of_one", "“一件事”至少包含两个事项。", "A bundle has at least two items."));
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, errors).into()) }
}

/// Codes and names of the parts of a bundle, in its order.
pub fn parts(tx: &mut Tx, codes: &[String]) -> Result<Vec<(String, String)>> {
    let contents = if codes.is_empty() { Vec::new() } else { super::store::contents(tx, codes)? };
    let name = |code: &String| contents.iter().find(|(own, _)| own == code).map_or_else(|| code.clone(), |(_, c)| c.name.clone());
    Ok(codes.iter().map(|code| (code.clone(), name(code))).collect())
}

/// What a bundle shall be made of.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComposeInput {
    /// Name of the bundle.
    #[validate(length(min = 2, max = 300))]
    #[schema(min_length = 2, max_length = 300, example = "开办餐饮店“一件事”")]
    pub name: String,
    /// Its items in order, by id or code.
    #[validate(length(min = 2, max = 30))]
    #[schema(min_items = 2, max_items = 30)]
    pub items: Vec<String>,
    /// The parts run side by side instead of one after another.
    #[serde(default)]
    pub parallel: bool,
}

/// A draft of a bundle out of its parts: one set of materials, and their plans one after another. Nothing is kept.
pub fn compose(tx: &mut Tx, actor: &Actor, input: &ComposeInput) -> Result<ItemContent> {
    if !policy::may(actor, "service_item", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mut parts: Vec<Published> = Vec::new();
    for (i, reference) in input.items.iter().enumerate() {
        let unknown = || Problem::rule(&format!("/items/{i}"), "unknown_item", "没有这个已发布的事项。", "No such published item.");
        let part = super::published(tx, reference)?.ok_or_else(unknown)?;
        if parts.iter().any(|p| p.id == part.id) {
            return Err(Problem::rule(&format!("/items/{i}"), "duplicate", "同一事项只能列一次。", "Named twice.").into());
        }
        parts.push(part);
    }
    let Some(first) = parts.first() else { return Err(Problem::of(ErrorCode::InvalidRequest).into()) };
    let mut content = ItemContent { name: input.name.clone(), bundle: parts.iter().map(|p| p.code.clone()).collect(), ..first.content.clone() };
    (content.materials, content.template) = (Vec::new(), Vec::new());
    let promised = parts.iter().map(|p| p.content.promised_limit);
    content.promised_limit = if input.parallel { longest(promised) } else { total(promised) };
    content.statutory_limit = None;
    // Who has to come for one part comes for the whole, for that part's reason.
    if let Some(most) = parts.iter().max_by_key(|p| p.content.visits) {
        content.visits = most.content.visits;
        content.visit_reason.clone_from(&most.content.visit_reason);
    }
    let mut last: Vec<String> = Vec::new();
    for (n, part) in (1_usize..).zip(&parts) {
        let given: Vec<(String, String)> = part.content.materials.iter().map(|m| (m.code.clone(), take_in(&mut content.materials, m))).collect();
        let renamed = |code: &String| given.iter().find(|(own, _)| own == code).map(|(_, new)| new.clone());
        let step = |s: &StepTemplate| StepTemplate {
            code: format!("{n}-{}", s.code),
            depends_on: if s.depends_on.is_empty() { last.clone() } else { s.depends_on.iter().map(|d| format!("{n}-{d}")).collect() },
            materials: s.materials.iter().filter_map(renamed).collect(),
            ..s.clone()
        };
        let mut steps: Vec<StepTemplate> = part.content.template.iter().map(step).collect();
        if steps.is_empty() {
            steps.push(whole(n, part, &last, &given));
        }
        // The part after begins when all that nothing of this one waits for has ended.
        let ends: Vec<String> = steps.iter().filter(|s| !steps.iter().any(|other| other.depends_on.contains(&s.code))).map(|s| s.code.clone()).collect();
        if !input.parallel {
            last = ends;
        }
        content.template.extend(steps);
    }
    Ok(content)
}

/// A material is asked for once, however many parts name it; answers its code in the bundle.
fn take_in(materials: &mut Vec<MaterialSpec>, wanted: &MaterialSpec) -> String {
    if let Some(there) = materials.iter().find(|m| m.name == wanted.name) {
        return there.code.clone();
    }
    let code = format!("M{}", materials.len() + 1);
    materials.push(MaterialSpec { code: code.clone(), ..wanted.clone() });
    code
}

/// The one step of a part that brings no plan of its own.
fn whole(n: usize, part: &Published, before: &[String], materials: &[(String, String)]) -> StepTemplate {
    let c = &part.content;
    StepTemplate {
        code: format!("{n}-S"),
        name: c.name.chars().take(100).collect(),
        department: c.department.clone(),
        limit: c.promised_limit.or(c.statutory_limit).unwrap_or(Limit { value: 20, unit: Unit::WorkingDay }),
        depends_on: before.to_vec(),
        materials: materials.iter().map(|(_, code)| code.clone()).collect(),
    }
}

/// The longest of limits of one unit; none where they differ or one is missing.
fn longest(limits: impl Iterator<Item = Option<Limit>>) -> Option<Limit> {
    let all: Vec<Limit> = limits.collect::<Option<_>>()?;
    let unit: Unit = all.first()?.unit;
    all.iter().all(|l| l.unit == unit).then(|| all.into_iter().max_by_key(|l| l.value)).flatten()
}

/// The sum of limits of one unit; none where they differ or one is missing.
fn total(limits: impl Iterator<Item = Option<Limit>>) -> Option<Limit> {
    let all: Vec<Limit> = limits.collect::<Option<_>>()?;
    let unit: Unit = all.first()?.unit;
    all.iter().all(|l| l.unit == unit).then(|| Limit { value: all.iter().map(|l| l.value).sum(), unit })
}
