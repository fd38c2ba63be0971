//! Entrustments 代办委托: a matter taken in, carried, signed for and closed; its custody, plan, materials and papers.

pub mod api;

mod agreement;
mod assigning;
pub mod bulk;
mod bundled;
mod closing;
mod custody;
pub mod desk;
mod extension;
mod facts;
mod filling;
mod handling;
mod handout;
mod handout_machine;
mod intake;
pub mod legs;
mod linking;
mod listing;
mod load;
mod lookup;
pub mod machine;
mod marking;
mod materials;
mod model;
mod narrative;
mod notes;
mod plan;
mod project;
mod recorded;
mod reuse;
mod schedule;
mod standing;
mod steps;
pub mod store;
mod story;
mod views;

pub use agreement::{AgreementSignature, sign as sign_agreement};
pub use closing::{ClosedMatter, ON_CLOSED, ON_SUSPENDED, SignInput, TerminationSignature, sign as sign_completion, sign_termination};
pub use custody::{HandOver, Moved, clear_transfer, close_arbitration, hand_over, mark_fallback, mark_transfer, note_fallback, open_arbitration};
pub use facts::{ConsultationMark, FallbackMark, Leg, OpenArbitration, Signature, SignatureInput};
pub use filling::{BulkPlan, fill};
pub use handling::{AcceptInput, accept_loaded, agent_at, assign_loaded};
pub use intake::{Identity, NewEntrustment, Origin, enter, submit, submit_as, submit_from};
pub use listing::list;
pub use load::{
    CONTACT_NEEDED, Loaded, ON_TOLD, RATED, Told, by_reference, load_behind, load_for, load_locked, load_seen, movable, recompute, renew_sight, save, see_off,
    tell,
};
pub use lookup::{SearchInput, guarded, proved, search, seen};
pub use machine::{Action, State, StepAct, StepState};
pub use marking::change_applicant;
pub use materials::MaterialView;
pub use model::Channel;
pub use narrative::of_meeting;
pub use project::{AuthorityStep, AuthorityTime, MatterProject, ON_PROJECT, ProjectMark, authority_time, mark_project, renew_project};
pub use recorded::HeldPaper;
pub use steps::StepReport;
pub use store::Entrustment;

/// Every code of the domain, for the dictionaries.
pub mod vocabulary {
    pub use super::bundled::PartState;
    pub use super::handout_machine::{HandOutAct, HandOutState};
    pub use super::machine::{StepAct, StepState};
    pub use super::model::{
        AgreementState, Channel, CustodyCause, ExtensionState, HandOutWay, HelpKind, LinkKind, MaterialAct, MaterialState, Outcome, Priority, RejectReason,
        SignMethod, StepCarrier, SuspendReason, TerminateReason,
    };
}
pub use api::ProgressParams;
pub use story::{CustodyChain, TimelineEntry, custody_chain};
pub use views::{EntrustmentBrief, EntrustmentView, briefs_of, view};
