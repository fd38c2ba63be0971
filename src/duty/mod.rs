//! The team's calendar: who is on duty where and when 排班, and what they have been trained in 培训.

pub mod api;
mod rota;
pub mod store;
mod training;

pub use training::{CourseKind, CourseResult};
