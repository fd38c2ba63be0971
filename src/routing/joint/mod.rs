//! Joint handling 联办: the custodian asks another center, or a department, to carry named steps; custody stays.

mod answering;
pub mod api;
mod carrying;
pub mod machine;
mod service;
pub mod store;
mod views;

pub use answering::{JointAcceptance, accept};
pub use answering::{anything_overdue, expire_due};
pub use carrying::{HandBackInput, JointWords, ask_materials, hand_back, record_step};
pub use service::{Imposed, JointInput, carrier_name, fall, follow, impose, recompute, request_as, supersede, suspend};
pub use views::{JointHandlingView, list};
