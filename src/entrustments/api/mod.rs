//! Entrustments over HTTP: reading here, the desk and the end in rooms of their own.

mod assigning;
mod closing;
mod handling;
mod marking;
mod reading;

pub use reading::{ENTRUSTMENT, Entrustments, InList, ProgressParams};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    reading::routes(cfg);
    handling::routes(cfg);
    assigning::routes(cfg);
    marking::routes(cfg);
    closing::routes(cfg);
}
