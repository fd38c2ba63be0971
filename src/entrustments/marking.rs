//! What staff set beside a matter: notes, priority and tags, who watches it; and who acts in it for the applicant.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    intake,
    load::{Loaded, Told, load_for, load_locked, load_seen, save, tell},
    machine::Action,
    model::{NoteFor, Priority},
    store,
    views::{EntrustmentView, view},
};
use crate::{
    access::Sight,
    applicants::{self, ApplicantRow, MandateState},
    auth::Actor,
    db::{Json, Result, Tx},
    events::Audience,
    kernel::{Code as _, ErrorCode, Id, Problem, Target},
};

/// A note on a matter.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "text": "申请人希望下午联系", "audience": "staff" }))]
pub struct NoteInput {
    /// In words.
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub text: String,
    /// Who shall read it; absent: the staff.
    #[serde(default)]
    pub audience: NoteFor,
}

/// Notes: an entry of the timeline, and no change of the matter.
pub fn note(tx: &mut Tx, actor: &Actor, target: &Target, input: &NoteInput) -> Result<EntrustmentView> {
    let loaded = load_for(tx, actor, Action::Note, target)?;
    loaded.decide(actor, Action::Note)?;
    let audience = if input.audience == NoteFor::Applicant { Audience::Applicant } else { Audience::Staff };
    tell(tx, actor, &loaded.e, Told::new("noted", audience, json!({})).saying(&input.text))?;
    view(tx, actor, loaded)
}

/// How a matter is marked.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "priority": "high", "tags": ["重大项目", "绿色通道"] }))]
pub struct MarkInput {
    /// How pressing.
    pub priority: Priority,
    /// The tags from now on; each of 1 to 20 characters.
    #[validate(length(max = 20), custom(function = tags))]
    #[schema(max_items = 20)]
    pub tags: Vec<String>,
}

fn tags(tags: &[String]) -> Result<(), validator::ValidationError> {
    let twice = tags.iter().enumerate().any(|(i, t)| tags.iter().take(i).any(|e| e == t));
    if twice || tags.iter().any(|t| t.trim() != t || !(1..=20).contains(&t.chars().count())) {
        Err(validator::ValidationError::new("tags")
            .with_message("标签应为 1 到 20 个字，首尾无空白，且不重复。|1 to 20 characters each, trimmed, none twice.".into()))
    } else {
        Ok(())
    }
}

/// Sets priority and tags.
pub fn mark(tx: &mut Tx, actor: &Actor, target: &Target, input: &MarkInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Mark, target)?;
    loaded.decide(actor, Action::Mark)?;
    loaded.e.priority = input.priority;
    loaded.e.tags = Json::new(&input.tags)?;
    save(tx, actor, &mut loaded, Told::new("marked", Audience::Staff, json!({ "priority": input.priority.label(), "tags": input.tags.len() })))?;
    view(tx, actor, loaded)
}

/// Who acts for the applicant from now on.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentInput {
    /// A mandate of this applicant that holds for the item; absent: the applicant acts in person.
    #[serde(default)]
    pub mandate_id: Option<Id>,
}

/// Names another agent of the applicant, or none.
pub fn name_agent(tx: &mut Tx, actor: &Actor, target: &Target, input: &AgentInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::NameAgent, target)?;
    loaded.decide(actor, Action::NameAgent)?;
    admit(tx, input.mandate_id, loaded.e.applicant_id, loaded.e.item_id, "/mandate_id")?;
    loaded.e.mandate_id = input.mandate_id;
    save(tx, actor, &mut loaded, Told::new("agent_named", Audience::Applicant, json!({ "in_person": input.mandate_id.is_none() })))?;
    view(tx, actor, loaded)
}

/// Refuses a mandate that is not this applicant's, or does not hold for this item today.
pub fn admit(tx: &mut Tx, mandate: Option<Id>, applicant: Id, item: Id, at: &str) -> Result<()> {
    let Some(id) = mandate else { return Ok(()) };
    let now = tx.now;
    let unknown = || Problem::rule(at, "unknown_mandate", "申请人没有这项授权委托。", "The applicant has given no such mandate.");
    let mandate = applicants::store::mandate(tx, id)?.filter(|m| m.applicant_id == applicant).ok_or_else(unknown)?;
    if mandate.covers(item, now)? {
        return Ok(());
    }
    Err(Problem::rule(at, "mandate_does_not_hold", "该授权委托已撤销、不在有效期内，或不包括该事项。", "Revoked, out of its term, or not for this item.")
        .into())
}

/// Who acts for the applicant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActingAgent {
    /// The mandate.
    pub mandate_id: Id,
    /// Name; masked where the view is.
    pub name: String,
    /// Telephone; masked where the view is.
    pub phone: String,
    /// Whether the mandate holds.
    pub state: MandateState,
    /// In Chinese.
    pub state_label: String,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

impl ActingAgent {
    /// Of the mandate that a matter is handed in under.
    pub fn of(tx: &Tx, loaded: &Loaded) -> Result<Option<Self>> {
        let Some(m) = &loaded.mandate else { return Ok(None) };
        let (name, phone) = (m.agent_name.open(tx.vault)?, m.agent_phone.open(tx.vault)?);
        let Sight { masked, .. } = loaded.sight;
        Ok(Some(Self {
            mandate_id: m.id,
            name: if masked { tx.masking.name(&name) } else { name },
            phone: if masked { tx.masking.phone(&phone) } else { phone },
            state: m.state,
            state_label: m.state.label().into(),
            valid_until: m.valid_until.clone(),
        }))
    }
}

/// A matter of a duplicate becomes the matter of the record that stays; who may is the caller's to ask.
pub fn change_applicant(tx: &mut Tx, actor: &Actor, id: Id, to: &ApplicantRow) -> Result<()> {
    let mut loaded = load_locked(tx, id)?;
    loaded.e.applicant_id = to.id;
    loaded.e.applicant_name.clone_from(&to.name);
    save(tx, actor, &mut loaded, Told::new("applicant_merged", Audience::Staff, json!({})))?;
    intake::index(tx, &loaded.e)
}

/// Whether somebody watches a matter.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Watching {
    /// It is among the matters that the caller watches.
    pub watching: bool,
}

/// Begins or ends to watch a matter that the caller sees; doing so twice changes nothing.
pub fn watch(tx: &mut Tx, actor: &Actor, target: &Target, watching: bool) -> Result<Watching> {
    let loaded = load_seen(tx, actor, &target.reference)?;
    let user = actor.id.filter(|_| actor.kind == "user" && actor.applicant_id.is_none()).ok_or_else(|| Problem::of(ErrorCode::Forbidden))?;
    store::watch(tx, loaded.e.id, user, watching)?;
    Ok(Watching { watching })
}
