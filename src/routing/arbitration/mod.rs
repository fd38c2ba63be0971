//! Arbitration 指定办理: who decides where a matter was handed back, nobody answered, or nobody wants a part of it. What a
//! decision does to the matter stands in `deciding`, above transfers and joint handlings.

pub mod machine;
mod service;
pub mod store;
mod views;

pub use service::decider_name;
pub use service::{ON_NO_UNIT, OnNoUnit};
pub use service::{
    AskInput, CaseInput, EscalateInput, NoUnitInput, Opening, ReviewInput, ask, ask_as, escalate, fall, load_for, no_competent_unit, open, place, recompute,
    review, save, state_case,
};
pub use store::Party;
pub use views::{ArbitrationView, fetch, list, view};
