//! Handing over: a question becomes a matter or a fallback ticket, in one transaction and linked both ways; whoever met the
//! asker first stays their first responder.

use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    answering,
    load::{self, Opened, Told},
    machine::ConsultationAction as Action,
    model::ConsultationChannel,
    moving,
    store::{self, Turned},
    views::{self, ConsultationView},
};
use crate::{
    applicants::{self, ApplicantInput, ApplicantRow, ContactInput},
    auth::{Actor, store as accounts},
    catalogue::{self, Mode},
    db::{Result, Tx},
    entrustments::{self, ConsultationMark, NewEntrustment, Origin, SignatureInput, vocabulary::HelpKind},
    events::{self, Audience},
    kernel::{ErrorCode, Id, Problem, Target, Text},
    tickets::{self, NewTicket, TicketCategory, TicketChannel, TicketContent},
};

/// A matter that a question becomes.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "mode": "assisted", "help": ["fill_form"], "applicant": { "kind": "enterprise", "name": "南通示例新材料有限公司",
    "id_type": "credit_code", "id_number": "91320600MATE5T017G" } }))]
pub struct OpenEntrustment {
    /// Item: id or code; absent: the one that was asked about.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "GS-320623-0001")]
    pub item: Option<String>,
    /// How it shall be helped.
    pub mode: Mode,
    /// How the matter came in; absent: as the question did.
    #[serde(default)]
    pub channel: Option<entrustments::Channel>,
    /// Center that takes it in: id or division code; absent: the one that answers.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub center: Option<String>,
    /// Who asks; absent where the asker is known.
    #[serde(default)]
    #[validate(nested)]
    pub applicant: Option<ApplicantInput>,
    /// Whom to call; absent: as with the question.
    #[serde(default)]
    #[validate(nested)]
    pub contact: Option<ContactInput>,
    /// What is asked for; absent: the question.
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub request: Option<String>,
    /// In partial agency: the steps of the item's template that the center shall carry.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub steps: Vec<String>,
    /// With assistance: the kinds of help asked for.
    #[serde(default)]
    #[validate(length(max = 8))]
    #[schema(max_items = 8)]
    pub help: Vec<HelpKind>,
    /// The application form is signed with it.
    #[serde(default)]
    #[validate(nested)]
    pub signature: Option<SignatureInput>,
    /// Another one, though a matter for the same item is open from it.
    #[serde(default)]
    pub another: bool,
}

/// A fallback ticket that a question becomes.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "category": "no_lead_unit", "request": "请明确由哪个部门受理。" }))]
pub struct OpenTicket {
    /// What kind of difficulty.
    pub category: TicketCategory,
    /// How the ticket came in; absent: as the question did.
    #[serde(default)]
    pub channel: Option<TicketChannel>,
    /// Center that registers it: id or division code; absent: the one that answers.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub center: Option<String>,
    /// In a few words; absent: as the question.
    #[serde(default)]
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub title: Option<String>,
    /// 基本情况; absent: the question.
    #[serde(default)]
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000)]
    pub situation: Option<String>,
    /// 诉求.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    pub request: String,
    /// Cannot wait.
    #[serde(default)]
    pub urgent: bool,
    /// Departments that it concerns.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub departments: Vec<Id>,
    /// Whom to call; absent: as with the question.
    #[serde(default)]
    #[validate(nested)]
    pub contact: Option<ContactInput>,
    /// Another one, though a ticket is open from it.
    #[serde(default)]
    pub another: bool,
}

/// Refuses a second record of the same: what the question became before and is still open, unless another is asked for.
fn once(tx: &mut Tx, c: &Opened, item: Option<Id>) -> Result<()> {
    for turned in store::turned(tx, &[c.row.id])? {
        let open = match (turned.record_kind.as_str(), item) {
            ("entrustment", Some(item)) => entrustments::store::entrustment(tx, turned.record_id)?.is_some_and(|e| e.item_id == item && !e.state.is_final()),
            ("fallback_ticket", None) => tickets::store::ticket(tx, turned.record_id)?.is_some_and(|t| !t.state.is_final()),
            _ => false,
        };
        if open {
            let zh = format!("该咨询已转为 {}，尚未办结；确需另开一件的，请注明 another。", turned.number);
            let en = format!("It became {} already, which is open; say another where a second one is meant.", turned.number);
            return Err(Problem::new(ErrorCode::Conflict, Text::new(zh, en)).into());
        }
    }
    Ok(())
}

/// The asker as they are known, where nobody else is named.
fn known(tx: &mut Tx, c: &Opened, named: bool) -> Result<Option<ApplicantRow>> {
    match c.row.applicant_id.filter(|_| !named) {
        Some(id) => applicants::store::applicant(tx, id),
        None => Ok(None),
    }
}

fn contact(tx: &Tx, c: &Opened, given: Option<&ContactInput>) -> Result<ContactInput> {
    match (given, &c.row.name, &c.row.phone) {
        (Some(given), ..) => Ok(given.clone()),
        (None, Some(name), Some(phone)) => Ok(ContactInput { name: name.open(tx.vault)?, phone: phone.open(tx.vault)? }),
        _ => Err(Problem::rule("/contact", "required", "咨询人没有留下联系方式，请填写联系人和电话。", "Whom to call?").into()),
    }
}

/// Who met the asker first, while they are still there.
fn first_responder(tx: &mut Tx, c: &Opened) -> Result<Option<Id>> {
    let Some(id) = c.row.first_responder_id else { return Ok(None) };
    Ok(accounts::user(tx, id)?.filter(|u| u.status == "active").map(|u| u.id))
}

fn linked(tx: &mut Tx, actor: &Actor, mut c: Opened, action: Action, record: (&'static str, Id, String), own: bool) -> Result<Opened> {
    let (kind, id, number) = record;
    if own {
        // The portal by which the asker came hears what becomes of what they asked, wherever it goes on.
        events::store::hear_on(tx, c.row.id, id)?;
    }
    let ends = !c.row.state.is_final();
    c.row.state = c.decide(actor, action)?;
    moving::fall(tx, &mut c)?;
    if ends {
        c.row.closes_at = crate::kernel::Moment::NEVER;
        c.row.ended_at = Some(tx.now);
    }
    let link = Turned { consultation_id: c.row.id, record_kind: kind.to_owned(), record_id: id, number: number.clone(), created_at: tx.now };
    store::insert_turned(tx, &link)?;
    let named = if kind == "entrustment" { "entrustment_id" } else { "ticket_id" };
    let params = json!({ "kind": kind, named: id, "number": number });
    load::save(tx, actor, &mut c, Told::new("handed_over", Audience::Applicant, params))?;
    if ends {
        answering::ended(tx, actor, &mut c)?;
    }
    Ok(c)
}

/// Turns it into a matter.
pub fn open_entrustment(tx: &mut Tx, actor: &Actor, target: &Target, input: &OpenEntrustment) -> Result<ConsultationView> {
    let c = load::load_for(tx, actor, Action::OpenEntrustment, target)?;
    c.decide(actor, Action::OpenEntrustment)?;
    let item = match (&input.item, c.row.item_id) {
        (Some(item), _) => item.clone(),
        (None, Some(id)) => id.to_string(),
        (None, None) => return Err(Problem::rule("/item", "required", "请指明办理的事项。", "Name the item.").into()),
    };
    if !input.another
        && let Some(item) = catalogue::published(tx, &item)?
    {
        once(tx, &c, Some(item.id))?;
    }
    let channel = input.channel.unwrap_or(match c.row.channel {
        ConsultationChannel::OnSite => entrustments::Channel::Window,
        ConsultationChannel::Phone => entrustments::Channel::Phone,
        ConsultationChannel::Online => entrustments::Channel::App,
        ConsultationChannel::Hotline => entrustments::Channel::Hotline,
    });
    let new = NewEntrustment {
        item,
        mode: input.mode,
        channel,
        center: Some(input.center.clone().unwrap_or_else(|| c.center.id.to_string())),
        applicant: input.applicant.clone(),
        contact: contact(tx, &c, input.contact.as_ref())?,
        request: input.request.clone().unwrap_or_else(|| c.details.question.chars().take(2000).collect()),
        steps: input.steps.clone(),
        help: input.help.clone(),
        materials: Vec::new(),
        window_id: None,
        signature: input.signature.clone(),
        mandate_id: None,
    };
    let applicant = known(tx, &c, input.applicant.is_some())?;
    let consultation = ConsultationMark { id: c.row.id, number: c.row.number.clone() };
    let origin = Origin { consultation, first_responder: first_responder(tx, &c)? };
    let made = entrustments::submit_from(tx, actor, &new, applicant, origin)?;
    let own = c.row.applicant_id == Some(made.e.applicant_id);
    let c = linked(tx, actor, c, Action::OpenEntrustment, ("entrustment", made.e.id, made.e.number), own)?;
    views::after(tx, actor, &c)
}

/// Turns it into a fallback ticket.
pub fn open_ticket(tx: &mut Tx, actor: &Actor, target: &Target, input: &OpenTicket) -> Result<ConsultationView> {
    let c = load::load_for(tx, actor, Action::OpenTicket, target)?;
    c.decide(actor, Action::OpenTicket)?;
    if !input.another {
        once(tx, &c, None)?;
    }
    let channel = input.channel.unwrap_or(match c.row.channel {
        ConsultationChannel::Hotline => TicketChannel::Hotline,
        ConsultationChannel::Online if actor.applicant_id.is_some() => TicketChannel::Online,
        _ => TicketChannel::OtherWindow,
    });
    let content = TicketContent {
        title: input.title.clone().unwrap_or_else(|| c.details.subject.clone()),
        situation: input.situation.clone().unwrap_or_else(|| c.details.question.clone()),
        request: input.request.clone(),
        category: input.category,
        urgent: input.urgent,
        item: c.row.item_id.map(|id| id.to_string()),
        consultation: Some(c.row.number.clone()),
        departments: input.departments.clone(),
        handler_id: None,
    };
    let new = NewTicket {
        center: Some(input.center.clone().unwrap_or_else(|| c.center.id.to_string())),
        channel,
        content,
        applicant: None,
        contact: contact(tx, &c, input.contact.as_ref())?,
        confidential: c.row.confidential,
        entrustment: None,
        attachments: Vec::new(),
        first_responder_id: first_responder(tx, &c)?.filter(|_| actor.applicant_id.is_none()),
        source: None,
        settlement: None,
        feedback: None,
    };
    let applicant = known(tx, &c, false)?.filter(|_| actor.applicant_id.is_none());
    let made = tickets::register_of(tx, actor, &new, applicant, None)?;
    crate::attachments::share(tx, c.row.id, "question", made.row.id, "registration")?;
    let c = linked(tx, actor, c, Action::OpenTicket, ("fallback_ticket", made.row.id, made.row.number), true)?;
    views::after(tx, actor, &c)
}
