//! Windows and appointments 预约: hours that follow the working calendar, places that are never given twice, and what
//! became of each booking.

pub mod api;
mod booking;
pub mod machine;
mod model;
pub mod store;
mod windows;

pub use booking::{anything_due, enter, list, sweep};
pub use machine::AppointmentState;
pub use model::{Appointment, BookingChannel, Window, WindowKind, WindowStatus};
pub use windows::{WindowInput, create as create_window};
