//! How entrustments are answered: whole, brief, as a timeline, as public progress, as a custody chain.

use serde::Serialize;
use serde_json::Value;

use super::{
    agreement::AgreementView,
    facts::{Acceptance, Completion, Difficulty, Extension, FeeDue, Help, Leg, PastDifficulty, Rejection, Said, Signature, Suspension, Termination},
    handout::HandOut,
    load::Loaded,
    machine::State,
    marking::ActingAgent,
    materials::{MaterialView, NoticeView},
    model::{Channel, CustodyCause, HelpKind, Priority},
    narrative,
    plan::{PlanView, StepView},
    standing,
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
    events::{Audience, Event, store as log},
    kernel::{Code as _, Id, Moment},
    organization::{self, CenterBrief},
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
    /// The plan's steps.
    pub steps: Vec<StepView>,
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
    /// The present or last termination.
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
        plan: PlanView::of(details.plan, &plan, tx.now.local_date()),
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
        open_arbitration_id: details.arbitration.map(|a| a.id).filter(|_| internal),
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

/// One entry of a timeline.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TimelineEntry {
    /// Identity.
    pub id: Id,
    /// Type, such as `entrustment.accepted`.
    pub kind: String,
    /// In plain Chinese.
    pub text: String,
    /// What was said with it, such as a reason; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Post or part of whoever did it.
    pub actor: String,
    /// When.
    pub at: Moment,
}

impl TimelineEntry {
    fn of(tx: &Tx, event: Event, sight: Sight) -> Result<Self> {
        // A note is for the center, or for the applicant: no department's.
        let withheld = !sight.words || (sight.narrow && event.kind == "entrustment.noted");
        let words = event.words.filter(|_| !withheld).map(|w| w.open(tx.vault)).transpose()?;
        let text = narrative::tell(&event.kind, &event.params.get().unwrap_or_default());
        Ok(Self { id: event.id, text, words, kind: event.kind, actor: event.actor_label, at: event.occurred_at })
    }
}

/// Which entries a caller reads: what the staff of the center tell each other is not the departments'.
fn audiences(actor: &Actor, sight: Sight) -> &'static [Audience] {
    if actor.applicant_id.is_some() || sight.narrow { &[Audience::Public, Audience::Applicant] } else { Audience::ALL }
}

/// The timeline, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, loaded: &Loaded, after: Option<Id>, limit: i64) -> Result<Vec<TimelineEntry>> {
    let events = log::timeline(tx, loaded.e.id, audiences(actor, loaded.sight), after, limit)?;
    let agents = agents_of(tx, &events)?;
    let named = |id: Option<&Value>| id.and_then(Value::as_str).and_then(|id| agents.iter().find(|(a, _)| a.as_str() == id)).map(|(_, name)| name.as_str());
    let entry = |event: Event| {
        let params = event.params.get().unwrap_or_default();
        let assigned = (event.kind == "entrustment.assigned").then(|| narrative::assigned(named(params.get("from_id")), named(params.get("assignee_id"))));
        let entry = TimelineEntry::of(tx, event, loaded.sight)?;
        Ok(TimelineEntry { text: assigned.unwrap_or(entry.text), ..entry })
    };
    events.into_iter().map(entry).collect()
}

/// The agents that a timeline names, in one query: the chain of who carried the matter.
fn agents_of(tx: &mut Tx, events: &[Event]) -> Result<Vec<(Id, String)>> {
    let params = events.iter().filter(|e| e.kind == "entrustment.assigned").filter_map(|e| e.params.get().ok());
    let ids: Vec<Id> =
        params.flat_map(|p| ["from_id", "assignee_id"].map(|key| p.get(key).and_then(Value::as_str).and_then(|id| id.parse().ok()))).flatten().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    organization::names_of(tx, &ids)
}

/// A period of custody.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CustodyView {
    /// 1, 2, 3 …
    pub sequence: i32,
    /// Responsible center.
    pub center: CenterBrief,
    /// Why it began.
    pub cause: CustodyCause,
    /// In Chinese.
    pub cause_label: String,
    /// By which transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_id: Option<Id>,
    /// By which arbitration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arbitration_id: Option<Id>,
    /// From.
    pub from: Moment,
    /// Until; the present one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Moment>,
}

/// The custody chain 接力链.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CustodyChain {
    /// Oldest first.
    pub items: Vec<CustodyView>,
}

/// The custody chain of an entrustment.
pub fn custody_chain(tx: &mut Tx, id: Id) -> Result<CustodyChain> {
    let rows = store::custody(tx, id)?;
    let ids: Vec<Id> = rows.iter().map(|r| r.center_id).collect();
    let centers = organization::briefs(tx, &ids)?;
    let items = rows
        .into_iter()
        .filter_map(|r| {
            let center = centers.iter().find(|c| c.id == r.center_id)?.clone();
            Some(CustodyView {
                sequence: r.sequence,
                center,
                cause: r.cause,
                cause_label: r.cause.label().into(),
                transfer_id: r.transfer_id,
                arbitration_id: r.arbitration_id,
                from: r.from_at,
                to: r.to_at,
            })
        })
        .collect();
    Ok(CustodyChain { items })
}

/// Public progress: no personal data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProgressView {
    /// Number.
    pub number: String,
    /// Name of the item.
    pub title: String,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// Who carries it now.
    pub handled_by: String,
    /// Telephone of that center.
    pub phone: String,
    /// Nearest deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// Which limit that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_for: Option<String>,
    /// Names of the materials that are still to be supplied.
    pub missing: Vec<String>,
    /// Statutory fees that are still to be paid to an authority.
    pub fees: Vec<FeeOwed>,
    /// The relay in plain Chinese, oldest first.
    pub story: Vec<StoryLine>,
}

/// A fee that is still to be paid: shown, never collected here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FeeOwed {
    /// Name.
    pub name: String,
    /// In yuan.
    #[schema(example = "120.00")]
    pub amount: String,
    /// To whom.
    pub payee: String,
}

/// A line of the public story.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StoryLine {
    /// In plain Chinese.
    #[schema(example = "本件由南通市政务服务中心接力给如东县政务服务中心继续为您办理，您无须再跑。")]
    pub text: String,
    /// When.
    pub at: Moment,
}

/// The public progress of an entrustment.
pub fn progress_view(tx: &mut Tx, e: &Entrustment) -> Result<ProgressView> {
    let center = organization::load(tx, e.custodian_id)?;
    let events = log::timeline(tx, e.id, &[Audience::Public], None, 200)?;
    let running = clocks::of_record(tx, e.id)?.into_iter().find(|c| c.state == "running" && Some(c.due_at) == e.due_at.known());
    let missing = if e.state.is_final() { Vec::new() } else { standing::checklist(tx, e.id)?.required_missing().into_iter().map(str::to_owned).collect() };
    let fees = e.facts.open(tx.vault)?.fees.into_iter().filter(|f| f.voucher.is_none());
    Ok(ProgressView {
        due_for: running.map(|c| c.kind_label),
        missing,
        fees: fees.map(|f| FeeOwed { name: f.name, amount: f.amount, payee: f.payee }).collect(),
        number: e.number.clone(),
        title: e.title.clone(),
        state: e.state,
        state_label: e.state.label().into(),
        handled_by: center.name,
        phone: center.phone,
        due_at: e.due_at.known(),
        story: events
            .into_iter()
            .map(|event| StoryLine { text: narrative::tell(&event.kind, &event.params.get().unwrap_or_default()), at: event.occurred_at })
            .collect(),
    })
}
