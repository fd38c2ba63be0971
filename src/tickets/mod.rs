//! Fallback tickets “办不成事”反映（兜底）: what could not be done in any normal way is registered centrally, classified,
//! settled or charged to departments, and struck from the register only when every applicant is satisfied (text 003).
//!
//! Assignment sheets, batches and return visits stand above; they move a ticket through `doors`.

pub mod api;
mod asking;
mod counting;
mod doors;
mod finding;
mod handling;
mod inadmissible;
mod input;
mod intake;
mod links;
mod listing;
mod load;
pub mod machine;
mod merging;
mod model;
mod narrative;
mod reading;
mod reads;
pub mod store;
mod views;

pub use asking::caller_of;
pub use asking::{ask, feedback, review, uphold};
pub use counting::{RegisterCount, TicketRegister, figures};
pub use doors::{
    Assigned, BatchDecision, FromOrder, TicketWords, Visit, ask_feedback, assign, batch, decide, hear_hotline, mark_precedent, move_due, on_no_unit,
    open_from_order, record_visit, reopen_after_visit, reply, return_, send_back, show_to, sign_in, submit, unbatch, withhold, words_of,
};
pub use finding::search;
pub use handling::{coordinate, record_coordination, settle, triage};
pub use inadmissible::{confirm as confirm_inadmissible, object, propose as propose_inadmissible};
pub use input::{NewTicket, TicketContent, TicketReason, TriageInput};
pub use intake::{register_as, register_of};
pub use listing::{awaiting, list, waiting_states};
pub use load::{ON_STEP, OPEN_DOORS, Opened, SHEETS_OPEN, Step, Told, by_reference, load_behind, load_for, load_locked, load_seen, place, recompute, tell};
pub use model::{ContactOutcome, ContactPurpose, FeedbackWay, InadmissibleReason, TicketCategory, TicketChannel, TicketDetails, UpholdReason};
pub use reads::{Reads, reads};
pub use store::{Ticket, TicketCaller, TicketContact, TicketDepartment};
pub use views::{TicketView, for_others, title_of, view};
