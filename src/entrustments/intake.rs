//! Taking in: one call makes the applicant, the matter, its checklist, its custody and its first clock.

use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    agreement, custody,
    facts::{ConsultationMark, Details, SignatureInput},
    load::{self, Loaded, Told},
    machine::State,
    marking,
    materials::{self, MaterialInput},
    model::{Channel, HelpKind, Priority},
    recorded::BundledItem,
    store::{self, Entrustment},
    views::{EntrustmentView, view},
};
use crate::{
    access::Sight,
    applicants::{self, ApplicantInput, ApplicantRow, ContactInput},
    auth::{self, Actor, Role, policy},
    catalogue::{self, Mode, model::ItemContent},
    clocks::{self, ClockKind},
    db::{Json, Private, Result, Sealed, Tx, dialect, numbers},
    events::Audience,
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, text},
    organization::{self, Center},
    settings,
};

/// A new entrustment.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "item": "GS-320623-0001", "mode": "assisted", "channel": "app", "center": "320600000000",
    "contact": { "name": "联系人甲", "phone": "13900001234" }, "request": "新建厂房需要接水，请帮助办理"
}))]
pub struct NewEntrustment {
    /// Item: id or code.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "GS-320623-0001")]
    pub item: String,
    /// How it shall be helped.
    pub mode: Mode,
    /// How it came in.
    pub channel: Channel,
    /// Center that takes it in: id or 12-digit division code; absent: the clerk's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "320600000000")]
    pub center: Option<String>,
    /// Who asks; absent for a signed-in applicant.
    #[serde(default)]
    #[validate(nested)]
    pub applicant: Option<ApplicantInput>,
    /// Whom to call.
    #[validate(nested)]
    pub contact: ContactInput,
    /// What is asked for, in the applicant's words.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    pub request: String,
    /// In partial agency: the steps of the item's template that the center shall carry; absent: the plan says.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub steps: Vec<String>,
    /// With assistance: the kinds of help asked for.
    #[serde(default)]
    #[validate(length(max = 8))]
    #[schema(max_items = 8)]
    pub help: Vec<HelpKind>,
    /// What is handed in already.
    #[serde(default)]
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub materials: Vec<MaterialInput>,
    /// The window of the center that takes it in.
    #[serde(default)]
    pub window_id: Option<Id>,
    /// The application form is signed with it: by hand before staff, or online by who is signed in.
    #[serde(default)]
    #[validate(nested)]
    pub signature: Option<SignatureInput>,
    /// Who hands it in for the applicant: a mandate of theirs that holds for the item.
    #[serde(default)]
    pub mandate_id: Option<Id>,
}

fn center_of(tx: &mut Tx, actor: &Actor, new: &NewEntrustment) -> Result<Center> {
    let unknown = || Problem::rule("/center", "unknown_center", "没有这个服务中心。", "No such center.");
    match &new.center {
        Some(reference) => Ok(organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?),
        None => {
            let own = actor.center_id.ok_or_else(|| Problem::rule("/center", "required", "请指明收件的服务中心。", "Name the center."))?;
            organization::load(tx, own)
        }
    }
}

fn applicant_of(tx: &mut Tx, actor: &Actor, new: &NewEntrustment) -> Result<ApplicantRow> {
    match (&new.applicant, actor.applicant_id) {
        (None, Some(own)) => Ok(applicants::store::applicant(tx, own)?.ok_or_else(Problem::not_found)?),
        (Some(_), Some(_)) => Err(Problem::rule(
            "/applicant",
            "own_only",
            "已登录的申请人只能为本人（本单位）申请，无须填写申请人。",
            "A signed-in applicant applies for themselves.",
        )
        .into()),
        (Some(input), None) => applicants::find_or_enter(tx, input),
        (None, None) => Err(Problem::rule("/applicant", "required", "请填写申请人。", "Name the applicant.").into()),
    }
}

/// Id and number of a new matter, where they are given and not made: in the demo.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Id.
    pub id: Id,
    /// Number.
    pub number: String,
}

/// Takes in a matter.
pub fn submit(tx: &mut Tx, actor: &Actor, new: &NewEntrustment) -> Result<EntrustmentView> {
    submit_as(tx, actor, new, None)
}

/// [`submit`] under a given identity.
pub fn submit_as(tx: &mut Tx, actor: &Actor, new: &NewEntrustment, identity: Option<Identity>) -> Result<EntrustmentView> {
    if !policy::may(actor, "entrustment", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let center = center_of(tx, actor, new)?;
    admit(actor, &center)?;
    let applicant = applicant_of(tx, actor, new)?;
    let made = enter(tx, actor, new, center, applicant, identity)?;
    view(tx, actor, made)
}

fn admit(actor: &Actor, center: &Center) -> Result<(), Problem> {
    let staff = actor.applicant_id.is_none();
    if staff && !actor.is_system() && !policy::allows(actor, "entrustment", "create", &organization::custodian_reachable(center)) {
        return Err(Problem::of(ErrorCode::Forbidden));
    }
    Ok(())
}

/// What a matter grew out of: the advice before it, and whoever met the applicant first.
pub struct Origin {
    /// The consultation.
    pub consultation: ConsultationMark,
    /// 首问责任人.
    pub first_responder: Option<Id>,
}

/// [`submit`] of what was a consultation before; the applicant may be known already.
pub fn submit_from(tx: &mut Tx, actor: &Actor, new: &NewEntrustment, known: Option<ApplicantRow>, origin: Origin) -> Result<Loaded> {
    if !policy::may(actor, "entrustment", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let center = center_of(tx, actor, new)?;
    admit(actor, &center)?;
    let applicant = match known {
        Some(row) if new.applicant.is_none() => row,
        _ => applicant_of(tx, actor, new)?,
    };
    let mut loaded = enter(tx, actor, new, center, applicant, None)?;
    loaded.e.first_responder_id = origin.first_responder.or(loaded.e.first_responder_id);
    let params = json!({ "consultation_id": origin.consultation.id, "number": origin.consultation.number });
    loaded.details.consultation = Some(origin.consultation);
    load::save(tx, actor, &mut loaded, Told::new("from_consultation", Audience::Applicant, params))?;
    Ok(loaded)
}

/// Enters a matter of a known applicant at a center; who may is the caller's to ask.
pub fn enter(tx: &mut Tx, actor: &Actor, new: &NewEntrustment, center: Center, applicant: ApplicantRow, identity: Option<Identity>) -> Result<Loaded> {
    let staff = actor.applicant_id.is_none();
    let item =
        catalogue::published(tx, &new.item)?.ok_or_else(|| Problem::rule("/item", "unknown_item", "没有这个已发布的事项。", "No such published item."))?;
    if !item.content.modes.is_empty() && !item.content.modes.contains(&new.mode) {
        let offered: Vec<&str> = item.content.modes.iter().map(|m| m.label()).collect();
        let zh = format!("该事项提供：{}，请改选。", offered.join("、"));
        return Err(Problem::rule("/mode", "mode_not_offered", zh, "The item is not offered in this mode.").into());
    }
    if let Some(window) = new.window_id
        && store::center_of_window(tx, window)? != Some(center.id)
    {
        return Err(Problem::rule("/window_id", "unknown_window", "收件中心没有这个开放的窗口。", "The center has no such open window.").into());
    }
    let mandate_id = mandate_of(tx, actor, new, applicant.id, item.id)?;
    let Identity { id, number } = match identity {
        Some(identity) => identity,
        None => Identity { id: Id::new(), number: numbers::next(tx, "DB", &center.division_code)? },
    };
    fits(new, &item.content)?;
    let form_signature = new.signature.as_ref().map(|s| agreement::signature(tx, actor, applicant.id, s, "/signature")).transpose()?;
    let details = Details {
        request: new.request.clone(),
        steps: new.steps.clone(),
        help: new.help.clone(),
        form_signature,
        bundle: catalogue::parts(tx, &item.content.bundle)?.into_iter().map(|(code, name)| BundledItem { code, name }).collect(),
        ..Details::default()
    };
    let e = Entrustment {
        id,
        number,
        mode: new.mode,
        state: State::Submitted,
        channel: new.channel,
        title: item.content.name.clone(),
        item_id: item.id,
        item_version: item.number,
        division_code: item.division_code.clone(),
        applicant_id: applicant.id,
        applicant_name: applicant.name.clone(),
        contact_name: Sealed::seal(tx.vault, &new.contact.name)?,
        contact_phone: Sealed::seal(tx.vault, &new.contact.phone)?,
        phone_mark: applicants::phone_mark(tx, &new.contact.phone),
        custodian_id: center.id,
        intake_center_id: center.id,
        assignee_id: None,
        first_responder_id: actor.id.filter(|_| staff && actor.kind == "user"),
        due_at: Moment::NEVER,
        agreement_state: "none".into(),
        open_transfer_id: None,
        open_legs: 0,
        hand_overs: 0,
        reminders: 0,
        held_state: None,
        facts: Private::seal(tx.vault, &details)?,
        received_on: tx.now.local_date().to_string(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        closed_at: None,
        mandate_id,
        window_id: new.window_id,
        priority: Priority::Normal,
        tags: Json::new(&Vec::new())?,
        hand_out_state: None,
        contact_mark: Some(applicants::name_mark(tx, &text::fold(&new.contact.name))),
    };
    let rules = settings::rules(tx, &center.path)?;
    let e = Entrustment { due_at: clocks::start(tx, "entrustment", e.id, ClockKind::Accept, rules.accept_limit)?, ..e };
    store::insert(tx, &e)?;
    custody::begin(tx, e.id, center.id)?;
    materials::open_checklist(tx, actor, e.id, &item.content, &new.materials)?;
    index(tx, &e)?;
    let loaded = load::fresh(tx, e, Sight::CLEAR)?;
    load::place(tx, &loaded)?;
    let params = json!({ "channel": new.channel.label(), "center": center.name, "item": item.code });
    load::tell(tx, actor, &loaded.e, Told::new("submitted", Audience::Public, params))?;
    Ok(loaded)
}

/// The mandate that is named; who acts by an account of their own acts under theirs, and no other.
fn mandate_of(tx: &mut Tx, actor: &Actor, new: &NewEntrustment, applicant: Id, item: Id) -> Result<Option<Id>> {
    let mandate = match (actor.is(Role::CompanyAgent), actor.id) {
        (true, Some(user)) => auth::store::user(tx, user)?.and_then(|u| u.mandate_id),
        _ => new.mandate_id,
    };
    let at = if new.mandate_id.is_some() { "/mandate_id" } else { "/item" };
    marking::admit(tx, mandate, applicant, item, at)?;
    Ok(mandate)
}

/// Chosen steps belong to partial agency, kinds of help to assistance.
fn fits(new: &NewEntrustment, content: &ItemContent) -> Result<(), Problem> {
    let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en));
    if !new.steps.is_empty() && new.mode != Mode::PartialAgency {
        return refuse("/steps", "partial_agency_only", "只有部分代办可以选择步骤。", "Only partial agency chooses steps.");
    }
    if let Some(i) = new.steps.iter().position(|s| !content.template.iter().any(|t| t.code == *s)) {
        return refuse(&format!("/steps/{i}"), "unknown_step", "步骤不在该事项的专用流程内。", "Not a step of the item's template.");
    }
    if !new.help.is_empty() && new.mode != Mode::Assisted {
        return refuse("/help", "assisted_only", "只有帮办（协办）可以选择帮办内容。", "Kinds of help belong to assistance.");
    }
    Ok(())
}

/// Full text over what is not personal: number, item and the names of organisations.
pub fn index(tx: &mut Tx, e: &Entrustment) -> Result<()> {
    let body = text::fold(&format!("{} {} {}", e.number, e.title, e.applicant_name));
    let tokens = text::tokens(&body).iter().map(|t| text::encode_token(t)).collect::<Vec<_>>().join(" ");
    dialect::put_document(tx.conn, "entrustment", e.id.as_str(), &body, &tokens)
}
