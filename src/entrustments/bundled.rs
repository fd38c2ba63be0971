//! A bundle 一件事 as one matter: how each of its items stands, read off the one plan.

use serde::Serialize;

use super::{machine::StepState, recorded::BundledItem, standing::Plan};
use crate::{db::code_enum, kernel::Code as _};

code_enum! {
    /// How an item of a bundle stands.
    PartState in "bundle-part-states" {
        Planned "planned" "未开始",
        InProgress "in_progress" "办理中",
        Granted "granted" "已办结",
        Refused "refused" "未获批准",
    }
}

/// An item of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BundlePart {
    /// Code of the item.
    #[schema(example = "GS-320623-0001")]
    pub code: String,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: PartState,
    /// In Chinese.
    pub state_label: String,
    /// Codes of its steps in the plan: those that begin with its place in the bundle.
    #[schema(example = json!(["1-S1", "1-S2"]))]
    pub steps: Vec<String>,
    /// Numbers of the authorities' results.
    pub results: Vec<String>,
}

/// The parts of a matter; none where its item is no bundle.
pub fn parts(bundle: &[BundledItem], plan: &Plan) -> Vec<BundlePart> {
    let part = |(n, item): (usize, &BundledItem)| {
        let mark = format!("{}-", n + 1);
        let own: Vec<_> = plan.steps.iter().filter(|(row, _)| row.code.starts_with(&mark)).collect();
        let state = if own.iter().any(|(_, record)| record.refused) {
            PartState::Refused
        } else if !own.is_empty() && own.iter().all(|(row, _)| row.state.has_ended()) {
            PartState::Granted
        } else if own.iter().any(|(row, _)| row.state != StepState::Planned) {
            PartState::InProgress
        } else {
            PartState::Planned
        };
        BundlePart {
            code: item.code.clone(),
            name: item.name.clone(),
            state,
            state_label: state.label().into(),
            steps: own.iter().map(|(row, _)| row.code.clone()).collect(),
            results: own.iter().filter_map(|(_, record)| record.result_no.clone()).collect(),
        }
    };
    bundle.iter().enumerate().map(part).collect()
}
