//! Matters that belong together: linked by hand, or split from one another.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    intake::{self, NewEntrustment},
    load::{Told, load_for, load_seen, save, tell},
    lookup,
    machine::{Action, StepState},
    model::LinkKind,
    store::{self, Link},
    views::{EntrustmentBrief, EntrustmentView, view},
};
use crate::{
    applicants::{self, ContactInput},
    auth::Actor,
    catalogue::Mode,
    db::{Result, Tx},
    events::Audience,
    kernel::{Code as _, Id, Moment, Problem, Target},
};

/// A link to another matter.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkInput {
    /// The other matter: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "DB-320623-20260105-000008-108")]
    pub to: String,
    /// What they have to do with each other.
    pub kind: LinkKind,
}

/// A link as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MatterLink {
    /// What they have to do with each other.
    pub kind: LinkKind,
    /// In Chinese, seen from this matter.
    pub kind_label: String,
    /// This matter is the one that was linked, not the one that links.
    pub inbound: bool,
    /// The other matter.
    pub entrustment: EntrustmentBrief,
    /// When linked.
    pub created_at: Moment,
}

/// The links of a matter.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Links {
    /// Those whose other matter the caller may see.
    pub items: Vec<MatterLink>,
}

const MOST_LINKS: usize = 50;

/// Links two matters that the caller sees.
pub fn link(tx: &mut Tx, actor: &Actor, target: &Target, input: &LinkInput) -> Result<Links> {
    let loaded = load_for(tx, actor, Action::Link, target)?;
    loaded.decide(actor, Action::Link)?;
    let other = other(tx, actor, &input.to)?;
    if other == loaded.e.id {
        return Err(Problem::rule("/to", "itself", "不能与本件自身关联。", "A matter is not linked to itself.").into());
    }
    if input.kind == LinkKind::Split {
        return Err(Problem::rule("/kind", "split_only", "拆分关系由拆分操作产生。", "Splitting makes this link.").into());
    }
    let present = store::links(tx, loaded.e.id)?;
    if present.iter().any(|l| l.from_id == other || l.to_id == other) {
        return Err(Problem::rule("/to", "duplicate", "两件已经关联。", "They are linked already.").into());
    }
    if present.len() >= MOST_LINKS {
        return Err(Problem::rule("/to", "too_many", "一件最多关联 50 件。", "At most 50 links.").into());
    }
    store::link(tx, &Link { from_id: loaded.e.id, to_id: other, kind: input.kind, created_by: actor.label.clone(), created_at: tx.now })?;
    tell(tx, actor, &loaded.e, Told::new("linked", Audience::Staff, json!({ "kind": input.kind.label() })))?;
    links_of(tx, actor, loaded.e.id)
}

/// Takes a link back; what was split stays split.
pub fn unlink(tx: &mut Tx, actor: &Actor, target: &Target, input: &UnlinkInput) -> Result<Links> {
    let loaded = load_for(tx, actor, Action::Link, target)?;
    loaded.decide(actor, Action::Link)?;
    let other = other(tx, actor, &input.to)?;
    let found = store::links(tx, loaded.e.id)?.into_iter().find(|l| l.from_id == other || l.to_id == other);
    match found {
        Some(l) if l.kind != LinkKind::Split => store::unlink(tx, l.from_id, l.to_id)?,
        _ => return Err(Problem::rule("/to", "not_linked", "两件没有可以解除的关联。", "There is no link to take back.").into()),
    }
    tell(tx, actor, &loaded.e, Told::new("unlinked", Audience::Staff, json!({})))?;
    links_of(tx, actor, loaded.e.id)
}

/// Which link to take back.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlinkInput {
    /// The other matter: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "DB-320623-20260105-000008-108")]
    pub to: String,
}

fn other(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Id> {
    let unknown = |_| Problem::rule("/to", "unknown_entrustment", "没有这一件，或者您看不到它。", "No such matter that you can see.");
    Ok(load_seen(tx, actor, reference).map_err(unknown)?.e.id)
}

/// The links of a matter that the caller sees.
pub fn links(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Links> {
    let loaded = load_seen(tx, actor, reference)?;
    links_of(tx, actor, loaded.e.id)
}

fn links_of(tx: &mut Tx, actor: &Actor, id: Id) -> Result<Links> {
    let rows = store::links(tx, id)?;
    let others: Vec<Id> = rows.iter().map(|l| if l.from_id == id { l.to_id } else { l.from_id }).collect();
    let mut seen = lookup::seen(tx, actor, &others)?;
    let items = rows
        .into_iter()
        .zip(others)
        .filter_map(|(l, other)| {
            let at = seen.iter().position(|e| e.id == other)?;
            let inbound = l.to_id == id;
            let kind_label = if inbound { l.kind.inbound() } else { l.kind.label() }.to_owned();
            Some(MatterLink { kind: l.kind, kind_label, inbound, entrustment: seen.swap_remove(at), created_at: l.created_at })
        })
        .collect();
    Ok(Links { items })
}

/// What is taken out into a matter of its own.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "消防部分由申请人另行委托，单独成件", "steps": ["S2"] }))]
pub struct SplitInput {
    /// Why.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
    /// Item of the new matter: id or code; absent: the same.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub item: Option<String>,
    /// How the new matter shall be helped; absent: as this one.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// Steps of this plan that leave it; none of them may have been filed.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub steps: Vec<String>,
}

/// Splits: a new matter of the same applicant at the same center, taken in now; what it takes along leaves this plan.
/// Both count as one matter (DOMAIN §11), which the link keeps.
pub fn split(tx: &mut Tx, actor: &Actor, target: &Target, input: &SplitInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Split, target)?;
    loaded.decide(actor, Action::Split)?;
    for (i, code) in input.steps.iter().enumerate() {
        let at = format!("/steps/{i}");
        let Some((row, _)) = loaded.plan.steps.iter().find(|(row, _)| row.code == *code) else {
            return Err(Problem::rule(&at, "unknown_step", "步骤不在本件的计划内。", "Not a step of this plan.").into());
        };
        if row.state != StepState::Planned || input.steps.iter().take(i).any(|c| c == code) {
            return Err(Problem::rule(&at, "step_filed", "已申报的步骤不能拆出，且每步只列一次。", "A filed step stays, and each is named once.").into());
        }
        if loaded.plan.steps.iter().any(|(r, record)| !input.steps.contains(&r.code) && record.depends_on.contains(code)) {
            return Err(Problem::rule(&at, "needed_here", "本件留下的步骤以该步骤为前提。", "A step that stays depends on it.").into());
        }
    }
    if !input.steps.is_empty() && input.steps.len() == loaded.plan.steps.len() {
        return Err(Problem::rule("/steps", "nothing_left", "本件至少须留下一个步骤。", "One step has to stay.").into());
    }
    let applicant = applicants::store::applicant(tx, loaded.e.applicant_id)?.ok_or_else(Problem::not_found)?;
    let contact = ContactInput { name: loaded.e.contact_name.open(tx.vault)?, phone: loaded.e.contact_phone.open(tx.vault)? };
    let new = NewEntrustment {
        signature: None,
        item: input.item.clone().unwrap_or_else(|| loaded.e.item_id.to_string()),
        mode: input.mode.unwrap_or(loaded.e.mode),
        channel: loaded.e.channel,
        center: None,
        applicant: None,
        contact,
        request: input.reason.clone(),
        steps: Vec::new(),
        help: Vec::new(),
        materials: Vec::new(),
        mandate_id: loaded.e.mandate_id,
        window_id: None,
    };
    let made = intake::enter(tx, actor, &new, loaded.custodian.clone(), applicant, None)?;
    if !input.steps.is_empty() {
        let staying: Vec<_> = loaded.plan.steps.iter().map(|(row, _)| row).filter(|row| !input.steps.contains(&row.code)).cloned().collect();
        store::replace_steps(tx, loaded.e.id, &staying)?;
    }
    store::link(tx, &Link { from_id: loaded.e.id, to_id: made.e.id, kind: LinkKind::Split, created_by: actor.label.clone(), created_at: tx.now })?;
    let params = json!({ "number": made.e.number, "title": made.e.title });
    save(tx, actor, &mut loaded, Told::new("split", Audience::Applicant, params).saying(&input.reason))?;
    view(tx, actor, made)
}
