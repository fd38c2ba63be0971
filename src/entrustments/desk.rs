//! Every action by its name and body: for who composes them, such as bulk actions and the demo.

use serde::Deserialize;
use validator::{Validate, ValidationErrors};

use super::{
    agreement::{self, AgreementInput, AgreementSignature},
    closing::{self, CompleteInput, DeliveryInput, SignInput, TerminateInput, TerminationSignature},
    extension::{self, ExtensionDecision, ExtensionInput},
    facts::{ApplicantReason, ReasonInput},
    handling::{self, AcceptInput, AssignInput, ModeInput, ProgressInput, RejectInput, SuspendInput},
    handout::{self, HandOutInput, HandOutReport},
    marking::{self, AgentInput, MarkInput, NoteInput},
    materials::{self, MaterialReport, OneTimeNotice},
    model::MaterialAct,
    notes::{self, FeeInput, HelpInput},
    plan::{self, PlanInput},
    steps::{self, StepCommand},
    views::EntrustmentView,
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    kernel::Target,
};

/// An act recorded of a material.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaterialCommand {
    /// Code of the material.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "M1")]
    pub material: String,
    /// What.
    pub act: MaterialAct,
    /// With what.
    #[serde(default)]
    #[validate(nested)]
    pub report: MaterialReport,
}

macro_rules! acts {
    ($( $name:ident $(($input:ty))? => $call:expr; )*) => {
        /// An action with its body, as `{ "action": …, "body": … }`.
        #[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
        #[serde(tag = "action", content = "body", rename_all = "snake_case", deny_unknown_fields)]
        pub enum Act { $( #[doc = stringify!($name)] $name $(($input))?, )* }

        impl Act {
            /// The shape rules of the body.
            pub fn check(&self) -> Result<(), ValidationErrors> {
                match self { $( acts!(@pattern $name input $(($input))?) => acts!(@check input $(($input))?), )* }
            }

            /// Does it, as the endpoint of the same name would.
            pub fn perform(&self, tx: &mut Tx, actor: &Actor, target: &Target) -> Result<EntrustmentView> {
                match self { $( acts!(@pattern $name input $(($input))?) => acts!(@call tx, actor, target, input, $call $(, $input)?), )* }
            }
        }
    };
    (@pattern $name:ident $input:ident) => { Self::$name };
    (@pattern $name:ident $input:ident ($ty:ty)) => { Self::$name($input) };
    (@check $input:ident) => { Ok(()) };
    (@check $input:ident ($ty:ty)) => { $input.validate() };
    (@call $tx:ident, $actor:ident, $target:ident, $input:ident, $call:expr) => { $call($tx, $actor, $target) };
    (@call $tx:ident, $actor:ident, $target:ident, $input:ident, $call:expr, $ty:ty) => { $call($tx, $actor, $target, $input) };
}

acts! {
    Accept(AcceptInput) => handling::accept;
    Assign(AssignInput) => handling::assign;
    OneTimeNotice(OneTimeNotice) => materials::one_time_notice;
    Resubmit => handling::resubmit;
    Remind => handling::remind;
    Lapse => handling::lapse;
    Reject(RejectInput) => handling::reject;
    Withdraw(ApplicantReason) => handling::withdraw;
    ChangeMode(ModeInput) => handling::change_mode;
    DraftAgreement(AgreementInput) => agreement::draft;
    SignAgreement(AgreementSignature) => agreement::sign;
    Start => handling::start;
    Plan(PlanInput) => plan::plan;
    RecordStep(StepCommand) => step;
    RecordHelp(HelpInput) => notes::help;
    RecordFee(FeeInput) => notes::fee;
    RequestExtension(ExtensionInput) => extension::request;
    GrantExtension(ExtensionDecision) => extension::grant;
    RefuseExtension(ExtensionDecision) => extension::refuse;
    ReportMaterial(MaterialCommand) => material;
    Progress(ProgressInput) => handling::progress;
    Suspend(SuspendInput) => handling::suspend;
    Resume => handling::resume;
    Complete(CompleteInput) => closing::complete;
    SignCompletion(SignInput) => closing::sign;
    RefuseCompletion(ApplicantReason) => closing::refuse;
    MarkUnclaimed(DeliveryInput) => closing::unclaimed;
    Reopen(ReasonInput) => closing::reopen;
    RequestTermination(TerminateInput) => closing::request_termination;
    CancelTermination => closing::cancel_termination;
    SignTermination(TerminationSignature) => closing::sign_termination;
    TerminateUnilaterally(DeliveryInput) => closing::terminate_unilaterally;
    ArrangeHandOut(HandOutInput) => handout::arrange;
    RecordHandOut(HandOutReport) => handout::record;
    NameAgent(AgentInput) => marking::name_agent;
    Note(NoteInput) => marking::note;
    Mark(MarkInput) => marking::mark;
}

fn step(tx: &mut Tx, actor: &Actor, target: &Target, c: &StepCommand) -> Result<EntrustmentView> {
    steps::record_step(tx, actor, target, &c.step, c.act, &c.report)
}

fn material(tx: &mut Tx, actor: &Actor, target: &Target, c: &MaterialCommand) -> Result<EntrustmentView> {
    materials::report(tx, actor, target, &c.material, c.act, &c.report)
}
