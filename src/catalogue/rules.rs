//! Rules across the fields of an item and of a plan.

use super::{
    StepTemplate,
    model::{HandlingForm, ItemContent, natural_days},
};
use crate::kernel::{ErrorCode, FieldError, Problem};

/// The rules across fields of a guide.
pub fn check(content: &ItemContent) -> Result<(), Problem> {
    let mut errors: Vec<FieldError> = Vec::new();
    let mut refuse = |at: String, code: &'static str, zh: &'static str, en: &'static str| errors.push(FieldError::body(&at, code, zh, en));
    if let (Some(promised), Some(statutory)) = (content.promised_limit, content.statutory_limit)
        && natural_days(promised) > natural_days(statutory)
    {
        refuse("/content/promised_limit".into(), "promise_exceeds_statute", "承诺时限不得长于法定时限。", "The promise may not exceed the statute.");
    }
    if content.visits == Some(0)
        && !content.express
        && !content.handling_forms.iter().any(|f| matches!(f, HandlingForm::Web | HandlingForm::Mobile | HandlingForm::Express))
    {
        refuse(
            "/content/visits".into(),
            "no_way_without_visit",
            "到现场次数为 0 时须支持网上、移动端或快递办理。",
            "Without visits there must be an online or postal way.",
        );
    }
    if content.visits.is_some_and(|v| v > 0) && content.visit_reason.as_deref().unwrap_or_default().is_empty() {
        refuse("/content/visit_reason".into(), "required", "须到现场的，应说明原因。", "Say why the applicant must come.");
    }
    for (at, limit) in [("/content/promised_limit", content.promised_limit), ("/content/statutory_limit", content.statutory_limit)] {
        if limit.is_some_and(|l| l.value > 3650) {
            refuse(at.into(), "out_of_range", "时限过长。", "The limit is too long.");
        }
    }
    let codes: Vec<&str> = content.materials.iter().map(|m| m.code.as_str()).collect();
    for (i, m) in content.materials.iter().enumerate() {
        if codes.iter().filter(|c| **c == m.code).count() > 1 {
            refuse(format!("/content/materials/{i}/code"), "duplicate", "材料编号重复。", "Duplicate material code.");
        }
    }
    errors.extend(check_steps("/content/template", &content.template, &codes));
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, errors)) }
}

/// A plan whose steps are told apart, name only steps before them (so that it is a DAG by construction) and materials of
/// the checklist.
pub fn check_steps(at: &str, steps: &[StepTemplate], materials: &[&str]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (i, s) in steps.iter().enumerate() {
        let mut refuse = |field: &str, code, zh, en| errors.push(FieldError::body(&format!("{at}/{i}/{field}"), code, zh, en));
        let earlier: Vec<&str> = steps.iter().take(i).map(|s| s.code.as_str()).collect();
        if earlier.contains(&s.code.as_str()) {
            refuse("code", "duplicate", "步骤编号重复。", "Duplicate step code.");
        }
        if s.depends_on.iter().any(|d| !earlier.contains(&d.as_str())) {
            refuse("depends_on", "unknown_step", "前置步骤须排在本步骤之前。", "Steps may depend only on steps before them.");
        }
        if s.materials.iter().any(|m| !materials.contains(&m.as_str())) {
            refuse("materials", "unknown_material", "步骤引用了清单以外的材料。", "Names a material that is not in the checklist.");
        }
        if s.limit.value > 3650 {
            refuse("limit", "out_of_range", "步骤时限过长。", "The limit is too long.");
        }
    }
    errors
}
