//! Evaluations 好差评: ending a matter or a ticket opens one, and so does every service occasion; five grades, of 机构, 平台 and
//! 人员; by link, picture, tablet, telephone or text message; one each, and a second one after a bad grade was followed up.

pub mod api;
mod codes;
pub mod devices;
mod expiring;
mod filling;
mod links;
mod load;
mod machine;
pub mod model;
pub mod occasions;
mod opening;
mod posters;
mod rating;
pub mod store;
mod suspicion;
mod views;

pub use codes::{CodeMessage, Outgoing, any_outgoing, outgoing, take_outgoing};
pub use expiring::{anything_due, recompute, sweep};
pub use filling::fill;
pub use load::{is_waiting, reach};
pub use opening::{ON_ENDED, Served, exclude, fall, hold, is_rated, on_matter_told, open, open_for, open_second};
pub use rating::{rate, rate_by_link, record};
pub use store::Evaluation;
pub use views::{EvaluationView, Said, comment_of, list, said};
