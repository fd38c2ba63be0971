//! Schemes as they are answered.

use serde::Serialize;

use super::{
    machine::{AssessedKind, SchemeState},
    model::AssessmentSchemeContent,
    store::Scheme,
};
use crate::{
    db::Result,
    kernel::{Code as _, Id, Moment},
    organization::{CenterBrief, CenterLevel},
};

/// A scheme as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessmentSchemeView {
    /// Identity.
    pub id: Id,
    /// Where it holds, and below.
    pub center: CenterBrief,
    /// Name.
    pub name: String,
    /// Who is assessed.
    pub subject_kind: AssessedKind,
    /// In Chinese.
    pub subject_kind_label: String,
    /// Of centers: of which level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<CenterLevel>,
    /// A draft is not what holds.
    pub state: SchemeState,
    /// In Chinese.
    pub state_label: String,
    /// The version that holds; 0: none yet.
    pub number: i64,
    /// What that version says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<AssessmentSchemeContent>,
    /// What the next version says.
    pub draft: AssessmentSchemeContent,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(AssessmentSchemeView);

impl AssessmentSchemeView {
    /// A scheme at its center.
    pub fn of(row: Scheme, center: CenterBrief, published: Option<AssessmentSchemeContent>, allowed_actions: Vec<String>) -> Result<Self> {
        Ok(Self {
            id: row.id,
            center,
            name: row.name,
            subject_kind: row.subject_kind,
            subject_kind_label: row.subject_kind.label().into(),
            level: row.level,
            state: row.state,
            state_label: row.state.label().into(),
            number: row.number,
            published,
            draft: row.draft.get()?,
            allowed_actions,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// The schemes of a center and of those above it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessmentSchemes {
    /// The schemes; of one kind, the one of the nearest center holds.
    pub items: Vec<AssessmentSchemeView>,
}
