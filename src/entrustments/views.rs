//! How entrustments are answered: whole, and brief in lists.

use serde::Serialize;

use super::{
    agreement::AgreementView,
    bundled::{self, BundlePart},
    facts::{
        Acceptance, Completion, ConsultationMark, Difficulty, Extension, FallbackMark, FeeDue, Help, Leg, PastDifficulty, Rejection, Said, Signature,
        Suspension, Termination,
    },
    handout::HandOut,
    load::Loaded,
    machine::State,
    marking::ActingAgent,
    materials::{MaterialView, NoticeView},
    model::{Channel, HelpKind, Priority},
    plan::{PlanView, StepView},
    project::MatterProject,
    schedule::{Forecast, forecast},
    store::{self, Entrustment, StepRow},
};
use crate::{
    access::Sight,
    applicants::{self, Applicant, ApplicantRow},
    attachments,
    auth::{Actor, Role},
    catalogue::{Judgement, Mode},
    clocks::{self, ClockView},
    db::{Result, Tx},
    kernel::{Code as _, Id, Moment},
    organization::CenterBrief,
};

/// An entrustment, whole.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EntrustmentView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "DB-320600-20261122-000001-427")]
    pub number: String,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// How it is helped.
    pub mode: Mode,
    /// In Chinese.
    pub mode_label: String,
    /// How it came in.
    pub channel: Channel,
    /// In Chinese.
    pub channel_label: String,
    /// Name of the item.
    pub title: String,
    /// Item.
    pub item_id: Id,
    /// Version of the item it was opened under.
    pub item_version: i64,
    /// Division the matter belongs to.
    pub division_code: String,
    /// What is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Who asks.
    pub applicant: Applicant,
    /// Whom to call.
    pub contact: ContactView,
    /// The one center that has custody.
    pub custodian: CenterBrief,
    /// Who acts for the applicant; absent: the applicant in person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acting_agent: Option<ActingAgent>,
    /// How pressing.
    pub priority: Priority,
    /// In Chinese.
    pub priority_label: String,
    /// What staff mark it with; absent for the applicant.
    pub tags: Vec<String>,
    /// Where it came in.
    pub intake_center_id: Id,
    /// The agent who carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Id>,
    /// Whoever met the applicant first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_responder_id: Option<Id>,
    /// The offer that waits for an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_transfer_id: Option<Id>,
    /// Accepted transfers so far.
    pub hand_overs: i32,
    /// Joint handlings that have not ended.
    pub open_joint_handlings: i32,
    /// The arbitration that waits for its decision; absent for the applicant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_arbitration_id: Option<Id>,
    /// Nearest deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// Limits, running and past.
    pub clocks: Vec<ClockView>,
    /// The checklist.
    pub materials: Vec<MaterialView>,
    /// One-time notices.
    pub notices: Vec<NoticeView>,
    /// The newest agreement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementView>,
    /// Fallback tickets “办不成事”反映 about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub fallback_tickets: Vec<FallbackMark>,
    /// The consultation that it grew out of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consultation: Option<ConsultationMark>,
    /// The project that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<MatterProject>,
    /// The plan's steps.
    pub steps: Vec<StepView>,
    /// Of a bundle 一件事: its items, and how each stands.
    pub bundle: Vec<BundlePart>,
    /// The plan as a whole, once it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanView>,
    /// In partial agency: the steps that the center carries.
    pub agency_steps: Vec<String>,
    /// With assistance: the kinds of help asked for.
    pub help: Vec<HelpKind>,
    /// Help that was given, oldest first.
    pub helped: Vec<Help>,
    /// Statutory fees that the applicant pays to an authority; never collected here.
    pub fees: Vec<FeeDue>,
    /// The present or last extension of the promised limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// Whether the applicant qualifies for agency, by which rules and why: as of now, or of the acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eligibility: Option<Judgement>,
    /// How the center accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// The present or last suspension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspension: Option<Suspension>,
    /// What blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<Difficulty>,
    /// What blocked before, oldest first.
    pub difficulties: Vec<PastDifficulty>,
    /// How the application form was signed, where it was signed at intake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_signature: Option<Signature>,
    /// An original is with the center.
    pub originals_held: bool,
    /// How the results reach the applicant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_out: Option<HandOut>,
    /// The window that took it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_id: Option<Id>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion: Option<Completion>,
    /// Completions that the applicant did not sign, or that were reopened; oldest first.
    pub earlier_completions: Vec<Completion>,
    /// Why the applicant last did not sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Said>,
    /// Why it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<Said>,
    /// Why it was last reopened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopening: Option<Said>,
    /// The termination that is asked for, or by which the matter ended; none that was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination: Option<Termination>,
    /// Personal data is masked for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When taken in.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Moment>,
}

crate::versioned!(EntrustmentView, "entrustment");

/// Whom to call.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContactView {
    /// Name; masked where the view is.
    pub name: String,
    /// Telephone; masked where the view is.
    pub phone: String,
}

fn contact(tx: &Tx, e: &Entrustment, sight: Sight) -> Result<ContactView> {
    let (name, phone) = (e.contact_name.open(tx.vault)?, e.contact_phone.open(tx.vault)?);
    Ok(if sight.masked { ContactView { name: tx.masking.name(&name), phone: tx.masking.phone(&phone) } } else { ContactView { name, phone } })
}

/// Renders an entrustment as its caller sees it, as it is stored now.
pub fn view(tx: &mut Tx, actor: &Actor, loaded: Loaded) -> Result<EntrustmentView> {
    // The guards' counts may have changed with what was just done.
    let loaded = super::load::again(tx, loaded)?;
    render(tx, actor, loaded)
}

/// Renders an entrustment that was only read.
pub fn render(tx: &mut Tx, actor: &Actor, loaded: Loaded) -> Result<EntrustmentView> {
    let sight = loaded.sight;
    let allowed_actions = loaded.allowed_actions(actor);
    let acting_agent = ActingAgent::of(tx, &loaded)?;
    let internal = actor.applicant_id.is_none() && !sight.narrow;
    let Loaded { e, mut details, custodian, plan, checklist, judged, .. } = loaded;
    if !sight.words {
        details.hide_words();
    }
    if actor.applicant_id == Some(e.applicant_id) {
        // Difficulties are the staff's; what the applicant shall know is told as progress.
        details.difficulty = None;
        details.difficulties.clear();
    }
    let applicant = applicants::store::applicant(tx, e.applicant_id)?.ok_or_else(|| crate::db::Error::Corrupt("applicant gone".into()))?;
    let files = attachments::of_record(tx, e.id, sight.masked)?;
    let carried: Vec<String> = details.legs.iter().filter(|leg| carries(actor, leg)).flat_map(|leg| leg.steps.clone()).collect();
    let own = |row: &StepRow| carried.contains(&row.code) || row.department_id.is_some_and(|id| actor.nodes(Role::DepartmentHandler).any(|n| n == id.as_str()));
    if sight.narrow {
        details.hide_words();
    }
    let forecast = if plan.steps.is_empty() || e.state.is_final() {
        Forecast::default()
    } else {
        forecast(&plan.steps, &clocks::calendar(tx, tx.now)?, tx.now.local_date())
    };
    let agreement = if sight.narrow { None } else { store::agreement(tx, e.id)? };
    let agreement = agreement.map(|a| AgreementView::of(tx, &a, sight)).transpose()?;
    Ok(EntrustmentView {
        applicant: applicants::show(tx, &applicant, sight)?,
        contact: contact(tx, &e, sight)?,
        custodian: CenterBrief::from(&custodian),
        clocks: clocks::of_record(tx, e.id)?,
        originals_held: checklist.holds_originals(),
        materials: checklist.materials.into_iter().map(|(row, record)| MaterialView::of(row, record, sight, &files)).collect(),
        notices: store::notices(tx, e.id)?.iter().map(|n| NoticeView::of(tx, n, sight)).collect::<Result<_>>()?,
        agreement,
        fallback_tickets: details.fallback_tickets,
        consultation: details.consultation,
        project: details.project.map(MatterProject::from),
        bundle: if sight.narrow { Vec::new() } else { bundled::parts(&details.bundle, &plan) },
        plan: PlanView::of(details.plan, &plan, forecast, tx.now.local_date()),
        steps: plan.steps.into_iter().filter(|(row, _)| !sight.narrow || own(row)).map(|(row, record)| StepView::of(row, record, sight)).collect(),
        id: e.id,
        number: e.number,
        state: e.state,
        state_label: e.state.label().into(),
        mode: e.mode,
        mode_label: e.mode.label().into(),
        channel: e.channel,
        channel_label: e.channel.label().into(),
        title: e.title,
        item_id: e.item_id,
        item_version: e.item_version,
        division_code: e.division_code,
        // Free words of the applicant may hold personal data.
        request: Some(details.request).filter(|r| !r.is_empty() && sight.words),
        acting_agent,
        priority: e.priority,
        priority_label: e.priority.label().into(),
        tags: if internal { e.tags.get()? } else { Vec::new() },
        intake_center_id: e.intake_center_id,
        assignee_id: e.assignee_id,
        first_responder_id: e.first_responder_id,
        open_transfer_id: e.open_transfer_id,
        hand_overs: e.hand_overs,
        open_joint_handlings: e.open_legs,
        open_arbitration_id: details.arbitration.as_ref().map(|a| a.id).filter(|_| internal),
        due_at: e.due_at.known(),
        agency_steps: details.steps,
        help: details.help,
        helped: details.helped,
        fees: details.fees,
        extension: details.extension,
        eligibility: judged.or(details.eligibility),
        acceptance: details.acceptance,
        rejection: details.rejection,
        suspension: details.suspension,
        difficulty: details.difficulty,
        difficulties: details.difficulties,
        form_signature: details.form_signature,
        hand_out: details.hand_out.filter(|_| !sight.narrow).map(|out| out.shown(tx.masking, sight)),
        window_id: e.window_id,
        completion: details.completion,
        earlier_completions: details.earlier_completions,
        refusal: details.refusal,
        withdrawal: details.withdrawal,
        reopening: details.reopening,
        termination: details.termination,
        masked: sight.masked,
        allowed_actions,
        version: e.version,
        created_at: e.created_at,
        updated_at: e.updated_at,
        closed_at: e.closed_at,
    })
}

/// The caller's center or department carries these steps.
fn carries(actor: &Actor, leg: &Leg) -> bool {
    let at = |role: Role, node: Id| actor.nodes(role).any(|n| n == node.as_str());
    match leg.department_id {
        Some(id) => at(Role::DepartmentHandler, id),
        None => [Role::Agent, Role::Clerk, Role::CenterManager].into_iter().any(|role| at(role, leg.center_id)),
    }
}

/// An entrustment in a list; persons are always masked here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EntrustmentBrief {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// How it is helped.
    pub mode: Mode,
    /// In Chinese.
    pub mode_label: String,
    /// How it came in.
    pub channel: Channel,
    /// In Chinese.
    pub channel_label: String,
    /// Name of the item.
    pub title: String,
    /// Item.
    pub item_id: Id,
    /// Version of the item it was opened under.
    pub item_version: i64,
    /// Division the matter belongs to.
    pub division_code: String,
    /// Name of the organisation, or of the person, masked.
    pub applicant_name: String,
    /// The one center that has custody.
    pub custodian_id: Id,
    /// The agent who carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Id>,
    /// Nearest deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// How pressing.
    pub priority: Priority,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When taken in.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// Renders entrustments for a list, with the applicants they need in one query.
pub fn briefs_of(tx: &mut Tx, rows: Vec<Entrustment>) -> Result<Vec<EntrustmentBrief>> {
    let persons: Vec<Id> = rows.iter().filter(|e| e.applicant_name.is_empty()).map(|e| e.applicant_id).collect();
    let persons = applicants::store::applicants_by_id(tx, &persons)?;
    rows.into_iter().map(|e| brief_of(tx, e, &persons)).collect()
}

fn brief_of(tx: &Tx, e: Entrustment, persons: &[ApplicantRow]) -> Result<EntrustmentBrief> {
    let person = persons.iter().find(|p| p.id == e.applicant_id).and_then(|p| p.person_name.as_ref());
    let applicant_name = match person {
        Some(name) => tx.masking.name(&name.open(tx.vault)?),
        None => e.applicant_name,
    };
    Ok(EntrustmentBrief {
        id: e.id,
        number: e.number,
        state: e.state,
        state_label: e.state.label().into(),
        mode: e.mode,
        mode_label: e.mode.label().into(),
        channel: e.channel,
        channel_label: e.channel.label().into(),
        title: e.title,
        item_id: e.item_id,
        item_version: e.item_version,
        division_code: e.division_code,
        applicant_name,
        custodian_id: e.custodian_id,
        assignee_id: e.assignee_id,
        due_at: e.due_at.known(),
        priority: e.priority,
        version: e.version,
        created_at: e.created_at,
        updated_at: e.updated_at,
    })
}
