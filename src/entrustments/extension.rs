//! 延期: the agent asks, the manager decides, the applicant is told. It moves the center's own promise; an authority
//! extends its own limit itself (行政许可法 42).

use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    facts::Extension,
    load::{Told, load_for, save},
    machine::Action,
    model::ExtensionState,
    views::{EntrustmentView, view},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Error, Result, Tx},
    events::Audience,
    kernel::{Moment, Problem, Target},
};

/// How long, and why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "days": 5, "reason": "现场踏勘因连续暴雨推迟" }))]
pub struct ExtensionInput {
    /// Days of the promise's own unit; the city sets the most.
    #[validate(range(min = 1, max = 365))]
    #[schema(minimum = 1, maximum = 365, example = 5)]
    pub days: u32,
    /// Why; the applicant reads it.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "现场踏勘因连续暴雨推迟")]
    pub reason: String,
}

/// What the manager says.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionDecision {
    /// In words; needed to refuse.
    #[serde(default)]
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "情况属实，同意延期")]
    pub note: Option<String>,
}

/// The agent asks.
pub fn request(tx: &mut Tx, actor: &Actor, target: &Target, input: &ExtensionInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::RequestExtension, target)?;
    loaded.decide(actor, Action::RequestExtension)?;
    let longest = loaded.rules.extension_days;
    if input.days > longest {
        let zh = format!("一次延期最长 {longest} 日。");
        return Err(Problem::rule("/days", "too_long", zh, format!("At most {}.", crate::kernel::counted(longest, "day"))).into());
    }
    loaded.details.extension = Some(Extension {
        state: ExtensionState::Requested,
        days: input.days,
        reason: input.reason.clone(),
        requested_at: tx.now,
        requested_by: actor.id,
        note: None,
        decided_at: None,
        decided_by: None,
        was_due_at: None,
        due_at: None,
    });
    let params = json!({ "days": input.days });
    save(tx, actor, &mut loaded, Told::new("extension_requested", Audience::Applicant, params).saying(&input.reason))?;
    view(tx, actor, loaded)
}

/// The manager grants: the promise ends later, and the applicant reads why.
pub fn grant(tx: &mut Tx, actor: &Actor, target: &Target, input: &ExtensionDecision) -> Result<EntrustmentView> {
    decide(tx, actor, target, Action::GrantExtension, input)
}

/// The manager refuses, with a word.
pub fn refuse(tx: &mut Tx, actor: &Actor, target: &Target, input: &ExtensionDecision) -> Result<EntrustmentView> {
    decide(tx, actor, target, Action::RefuseExtension, input)
}

fn decide(tx: &mut Tx, actor: &Actor, target: &Target, action: Action, input: &ExtensionDecision) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, action, target)?;
    loaded.decide(actor, action)?;
    let mut asked = loaded.details.extension.take().ok_or_else(|| Error::Corrupt("an extension without a request".into()))?;
    let granted = action == Action::GrantExtension;
    if !granted && input.note.is_none() {
        return Err(Problem::rule("/note", "required", "不批准延期须说明理由。", "Say why.").into());
    }
    if granted && asked.requested_by.is_some() && asked.requested_by == actor.id {
        return Err(Problem::rule("/note", "own_request", "延期不能由申请人自己批准。", "Nobody grants their own request.").into());
    }
    let running = clocks::of_record(tx, loaded.e.id)?.into_iter().rfind(|c| c.kind == ClockKind::Promise);
    asked.was_due_at = running.map(|c| c.due_at).filter(|_| granted);
    let due: Option<Moment> = if granted { clocks::extend(tx, loaded.e.id, ClockKind::Promise, asked.days)? } else { None };
    asked.state = if granted { ExtensionState::Granted } else { ExtensionState::Refused };
    asked.note.clone_from(&input.note);
    asked.decided_at = Some(tx.now);
    asked.decided_by = actor.id;
    asked.due_at = due;
    let told = if granted {
        loaded.details.extensions += 1;
        Told::new("extension_granted", Audience::Public, json!({ "days": asked.days, "due_at": due })).saying(&asked.reason)
    } else {
        Told::new("extension_refused", Audience::Applicant, json!({ "days": asked.days })).saying(input.note.as_deref().unwrap_or_default())
    };
    loaded.details.extension = Some(asked);
    save(tx, actor, &mut loaded, told)?;
    view(tx, actor, loaded)
}
