//! What is told of a matter: its timeline, its chain of custody, its public progress.

use serde::Serialize;
use serde_json::Value;

use super::{
    load::Loaded,
    machine::State,
    model::CustodyCause,
    narrative, standing,
    store::{self, Entrustment},
};
use crate::{
    access::Sight,
    auth::Actor,
    clocks,
    db::{Result, Tx},
    events::{Audience, Event, store as log},
    kernel::{Code as _, Id, Moment},
    organization::{self, CenterBrief},
};

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
    let missing = if e.state.is_final() { Vec::new() } else { standing::checklist(tx, e.id)?.to_supply() };
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
