//! Bulk actions: up to a hundred matters, each act as its own endpoint would do it, together or each for itself.

use std::collections::BTreeMap;

use serde::Deserialize;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::desk::Act;
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    kernel::{Changed, Code as _, FieldError, Id, Part, Problem, Target, problem::Place},
};

/// Acts on several matters.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkInput {
    /// All or none: the first act that is refused undoes the others, and is the answer.
    #[serde(default)]
    pub atomic: bool,
    /// One act for each matter; no matter twice.
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<BulkItem>,
}

/// One act.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkItem {
    /// Matter: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "DB-320623-20260105-000007-107")]
    pub id: String,
    /// The version that was read; refused (412) when it has changed since.
    #[serde(default)]
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i64>,
    /// What is done.
    #[validate(nested)]
    pub act: Act,
}

impl Validate for BulkInput {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let wrong = self.items.iter().enumerate().filter_map(|(i, item)| item.validate().err().map(|e| (i, Box::new(e))));
        let wrong: BTreeMap<usize, Box<ValidationErrors>> = wrong.collect();
        if let Err(e) = few(&self.items) {
            errors.add("items", e);
        } else if !wrong.is_empty() {
            errors.errors_mut().insert("items".into(), ValidationErrorsKind::List(wrong));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

impl Validate for Act {
    fn validate(&self) -> Result<(), ValidationErrors> {
        ValidationErrors::merge(Ok(()), "body", self.check())
    }
}

fn few(items: &[BulkItem]) -> Result<(), ValidationError> {
    let mut named: Vec<&str> = items.iter().map(|i| i.id.as_str()).collect();
    named.sort_unstable();
    if named.is_empty() || named.len() > 100 {
        return Err(ValidationError::new("length").with_message("每次 1 到 100 件。|1 to 100 matters.".into()));
    }
    if named.windows(2).any(|w| matches!(w, [a, b] if a == b)) {
        return Err(ValidationError::new("repeated").with_message("同一件只能出现一次。|No matter twice.".into()));
    }
    Ok(())
}

/// Does every act in a part of its own. What is refused leaves no trace; what fails for another reason undoes everything,
/// since it may be tried again as a whole.
pub fn perform(tx: &mut Tx, actor: &Actor, input: &BulkInput) -> Result<Vec<Part>> {
    let references: Vec<String> = input.items.iter().map(|item| item.id.clone()).collect();
    let mut done = Vec::new();
    in_parts(tx, input.atomic, &references, "/act/body", |tx, at| {
        let item = input.items.get(at).ok_or_else(Problem::not_found)?;
        one(tx, actor, item, &mut done)
    })
}

/// Does something to each of these matters in a savepoint of its own; `inside` is where an item of the request has what may
/// be refused.
pub fn in_parts(tx: &mut Tx, atomic: bool, references: &[String], inside: &str, mut act: impl FnMut(&mut Tx, usize) -> Result<Changed>) -> Result<Vec<Part>> {
    let mut order: Vec<(usize, &String)> = references.iter().enumerate().collect();
    // The same order for everybody: two bulk actions never wait for each other in a ring.
    order.sort_by_key(|(_, reference)| *reference);
    let mut parts: Vec<(usize, Part)> = Vec::with_capacity(order.len());
    for (at, reference) in order {
        let result = match tx.savepoint(|tx| act(tx, at)) {
            Ok(changed) => Ok(changed),
            Err(Error::Refused(problem)) if atomic => return Err(placed(*problem, at, inside).into()),
            Err(Error::Refused(problem)) => Err(*problem),
            Err(other) => return Err(other),
        };
        parts.push((at, Part { reference: reference.clone(), result }));
    }
    parts.sort_by_key(|(at, _)| *at);
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

fn one(tx: &mut Tx, actor: &Actor, item: &BulkItem, done: &mut Vec<Id>) -> Result<Changed> {
    let reference = item.id.parse::<Id>().map_or_else(|_| item.id.clone(), |id| id.to_string());
    let target = Target { reference, expected: item.version.map(|v| vec![v]) };
    let e = item.act.perform(tx, actor, &target)?;
    // By its id and by its number it is one matter.
    if done.contains(&e.id) {
        return Err(Problem::rule("", "repeated", "同一件只能出现一次。", "No matter twice.").into());
    }
    done.push(e.id);
    Ok(Changed { version: e.version, state: e.state.code().to_owned(), created: None })
}

/// Says which act was refused.
fn placed(problem: Problem, at: usize, inside: &str) -> Problem {
    let errors = problem.errors.into_iter().map(|e| match e.at {
        Place::Pointer(p) => FieldError { at: Place::Pointer(format!("/items/{at}{inside}{p}")), ..e },
        Place::Parameter(_) => e,
    });
    let mut errors: Vec<FieldError> = errors.collect();
    if errors.is_empty() {
        errors.push(FieldError { at: Place::Pointer(format!("/items/{at}")), code: problem.code.code().into(), detail: problem.detail.clone() });
    }
    Problem { errors, ..problem }
}
