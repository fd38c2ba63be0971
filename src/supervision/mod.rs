//! Supervision 督办: a formal order to a center or a department to catch up, with an answer due and judged; the wall of
//! running and broken limits; how departments and centers stand.

pub mod api;
mod issuing;
pub mod machine;
pub mod model;
mod service;
mod standing;
pub mod store;
mod views;
mod wall;
pub mod wall_api;

pub use issuing::issue_as;
pub use machine::SupervisionState;
pub use service::{answer, awaiting, recompute, sign_in};
pub use standing::{DepartmentOverview, LimitsKept, OrdersGiven, departments as department_overviews};
pub use store::Supervision;
pub use views::{SupervisionView, addressees, fetch, list};
