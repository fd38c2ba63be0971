//! Bulk actions (API.md 14): many records in one request, and what became of each.

use serde::Serialize;

use super::problem::{Asked, ProblemDocument};
use crate::kernel::{Changed, Id, Part};

/// What became of every record, in the order of the request.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BulkResults {
    /// How many changed.
    succeeded: usize,
    /// How many did not.
    failed: usize,
    /// One for each record.
    #[schema(max_items = 100)]
    items: Vec<BulkResult>,
}

/// What became of one record.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BulkResult {
    /// The record, as it was named.
    #[schema(example = "DB-320623-20260105-000007-107")]
    id: String,
    /// 200; 201 where this row has made the record; or the status of its problem.
    #[schema(example = 200, minimum = 200, maximum = 599)]
    status: u16,
    /// Its new version.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// Its state's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// The record that was made about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_id: Option<Id>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_number: Option<String>,
    /// Why not; pointers count from the act's own body.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

impl BulkResults {
    pub(super) fn of(parts: Vec<Part>, asked: &Asked) -> Self {
        let failed = parts.iter().filter(|p| p.result.is_err()).count();
        let items: Vec<BulkResult> = parts.into_iter().map(|p| BulkResult::of(p, asked)).collect();
        Self { succeeded: items.len() - failed, failed, items }
    }
}

impl BulkResult {
    fn of(part: Part, asked: &Asked) -> Self {
        let id = part.reference;
        match part.result {
            Ok(Changed { version, state, created }) => {
                let status = if created.as_ref().is_some_and(|c| c.taken_in) { 201 } else { 200 };
                let (created_id, created_number) = created.map(|c| (c.id, c.number)).unzip();
                Self { id, status, version: Some(version), state: Some(state), created_id, created_number, problem: None }
            }
            Err(problem) => {
                let status = problem.code.status();
                let problem = Some(ProblemDocument::of(&problem, asked));
                Self { id, status, version: None, state: None, created_id: None, created_number: None, problem }
            }
        }
    }
}
