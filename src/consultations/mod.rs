//! Consultations 导办: advice on site, by telephone, online or through the hotline. A question is answered, moves to the center
//! that can answer it, or becomes a matter or a fallback ticket; who met the asker first follows it (DOMAIN §5, §8).
//!
//! `service::take_in` is the door for other rooms; [`ON_STEP`] tells them what becomes of it.

mod answering;
pub mod api;
mod finding;
mod input;
mod listing;
mod load;
pub mod machine;
mod model;
mod moving;
mod narrative;
mod reading;
pub mod service;
pub mod store;
mod turning;
mod views;

pub use answering::{answer, anything_to_close, close_due};
pub use finding::search;
pub use input::{ConsultationAnswerInput, ConsultationReason, ConsultationTransfer, ConsultationWithdrawal, NewConsultation};
pub use listing::{awaiting, list};
pub use load::{CITE, ON_STEP, Opened, Step, by_reference, load_behind, load_seen, recompute};
pub use model::{CitedArticle, ConsultationChannel, ConsultationTheme, TransferStanding};
pub use moving::transfer;
pub use service::{take_in, take_in_as, withhold};
pub use store::Consultation;
pub use turning::{OpenEntrustment, open_entrustment};
pub use views::{ConsultationView, title_of, view};
