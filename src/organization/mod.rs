//! Service centers as a tree, their departments, and the people who work there with the roles they hold.

pub mod api;
mod departments;
mod grants;
mod import;
mod model;
mod people;
pub mod people_api;
mod service;
pub mod store;
pub mod team;
mod team_api;

pub use grants::{GrantState, GrantView, NewGrant, grant_directly};
pub use import::{DivisionRow, import_divisions, read_divisions};
pub use model::{Absence, AbsenceKind, AbsenceState, Center, CenterBrief, CenterLevel, CenterView, Department, StaffProfile};
pub use people::{AccountStatus, NewPerson, PersonView, add_person, name_of, names_of};
pub use service::{
    asked, brief, briefs, center_of_division, custodian_reachable, department, department_named, departments_at_or_above, load, names, subjects_of,
};
