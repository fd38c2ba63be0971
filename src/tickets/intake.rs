//! Registering: whoever asks, by whatever way, comes onto the one register; what is settled at once is settled in one call.

use serde_json::json;

use super::{
    asking, handling,
    input::{NewTicket, TicketContent, TriageInput},
    load::{self, Opened, Told},
    machine::{TicketState as State, TicketTier as Tier},
    merging,
    model::{TicketChannel, TicketDetails, TicketOrigin},
    store::{self, Ticket, TicketCaller, TicketDepartment},
    views::{self, TicketView},
};
use crate::{
    access::Sight,
    applicants::{self, ApplicantRow, ContactInput},
    attachments,
    auth::{Actor, Role, policy, store as accounts},
    catalogue,
    db::{Error, Private, Result, Sealed, Tx, numbers},
    entrustments::{self, Entrustment, Identity},
    events::Audience,
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, text},
    organization::{self, Center},
};

/// Registers a ticket.
pub fn register(tx: &mut Tx, actor: &Actor, input: &NewTicket) -> Result<TicketView> {
    let loaded = register_as(tx, actor, input, None)?;
    views::view(tx, actor, loaded.row.id)
}

/// Registers a ticket under a given identity, where one is given.
pub fn register_as(tx: &mut Tx, actor: &Actor, input: &NewTicket, identity: Option<Identity>) -> Result<Opened> {
    register_of(tx, actor, input, None, identity)
}

/// [`register_as`] of somebody who is known already, such as who asked in a consultation.
pub fn register_of(tx: &mut Tx, actor: &Actor, input: &NewTicket, known: Option<ApplicantRow>, identity: Option<Identity>) -> Result<Opened> {
    if !policy::may(actor, "fallback_ticket", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let center = center_of(tx, actor, input)?;
    let staff = actor.applicant_id.is_none();
    if staff && !policy::allows(actor, "fallback_ticket", "create", &organization::custodian_reachable(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    fits(actor, input)?;
    let matter = matter_of(tx, actor, input)?;
    let applicant = match known {
        Some(row) => Some(row),
        None => applicant_of(tx, actor, input)?,
    };
    let first_responder = match input.first_responder_id {
        Some(id) if staff => Some(known_staff(tx, id, None, "/first_responder_id")?),
        Some(_) => return Err(Problem::rule("/first_responder_id", "staff_only", "首问责任人由工作人员登记。", "Staff name the first responder.").into()),
        None => actor.id.filter(|_| staff && actor.kind == "user"),
    };
    let entry = Entry { applicant: applicant.map(|a| a.id), contact: &input.contact, confidential: input.confidential, first_responder, matter };
    let source = input.source.as_ref().map(|source| (if actor.kind == "client" { actor.id } else { None }.unwrap_or(center.id), source.clone()));
    let about = entry.matter.as_ref().map(|m| m.id);
    let mut loaded = enter(tx, actor, &center, &input.content, input.channel, entry, source, None, identity)?;
    let id = loaded.row.id;
    if let Some(matter) = about {
        merging::link_matter(tx, actor, matter, &loaded)?;
    }
    attachments::bind(tx, actor, &input.attachments, "fallback_ticket", id, "registration", "/attachments")?;
    if let Some(settlement) = &input.settlement {
        let target = Target::any(id);
        let triage = TriageInput { tier: Tier::General, category: None, departments: None, note: String::new() };
        handling::triage(tx, actor, &target, &triage)?;
        handling::settle(tx, actor, &target, settlement).map_err(|e| within(e, "/settlement"))?;
        loaded = asking::ask(tx, actor, &target)?;
        if let Some(feedback) = &input.feedback {
            loaded = asking::feedback(tx, actor, &target, feedback).map_err(|e| within(e, "/feedback"))?;
        }
    }
    Ok(loaded)
}

/// Says where in the one call it stands.
fn within(e: Error, at: &str) -> Error {
    match e {
        Error::Refused(problem) => {
            let mut problem = *problem;
            for error in &mut problem.errors {
                if let crate::kernel::problem::Place::Pointer(p) = &mut error.at {
                    *p = format!("{at}{p}");
                }
            }
            problem.into()
        }
        other => other,
    }
}

/// Rules across the fields.
fn fits(actor: &Actor, input: &NewTicket) -> Result<(), Problem> {
    let own = actor.applicant_id.is_some();
    if own != (input.channel == TicketChannel::Online) && !actor.is_system() && (own || !actor.is(Role::Clerk)) {
        let zh = if own { "申请人本人登录反映的，渠道为线上。" } else { "线上渠道由申请人本人提交，或由窗口代为登记。" };
        return Err(Problem::rule("/channel", "channel", zh, "Applicants come online, staff by the other channels."));
    }
    if own && input.settlement.is_some() {
        return Err(Problem::rule("/settlement", "staff_only", "当场协调由工作人员登记。", "Staff record what was settled."));
    }
    if own && input.content.handler_id.is_some() {
        return Err(Problem::rule("/content/handler_id", "staff_only", "经办人由中心安排。", "The center names who handles it."));
    }
    if input.feedback.is_some() && input.settlement.is_none() {
        return Err(Problem::rule("/feedback", "nothing_settled", "当场协调的，才能同时登记反馈。", "Nothing was settled to be asked about."));
    }
    Ok(())
}

fn center_of(tx: &mut Tx, actor: &Actor, input: &NewTicket) -> Result<Center> {
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    match (&input.center, actor.center_id) {
        (Some(reference), _) => Ok(organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?),
        (None, Some(own)) => organization::load(tx, own),
        (None, None) => Err(unknown().into()),
    }
}

fn applicant_of(tx: &mut Tx, actor: &Actor, input: &NewTicket) -> Result<Option<ApplicantRow>> {
    match (&input.applicant, actor.applicant_id) {
        (None, Some(own)) => Ok(applicants::store::applicant(tx, own)?),
        (Some(_), Some(_)) => {
            Err(Problem::rule("/applicant", "own_only", "已登录的申请人只能为本人（本单位）反映，无须填写申请人。", "Applicants ask for themselves.").into())
        }
        (Some(input), None) => applicants::find_or_enter(tx, input).map(Some),
        (None, None) => Ok(None),
    }
}

fn matter_of(tx: &mut Tx, actor: &Actor, input: &NewTicket) -> Result<Option<Entrustment>> {
    match input.entrustment.as_ref().map(|reference| entrustments::load_seen(tx, actor, reference)).transpose() {
        Err(Error::Refused(_)) => Err(Problem::rule("/entrustment", "unknown_matter", "没有这件，或者不在您的可见范围内。", "No matter that you see.").into()),
        other => Ok(other?.map(|m| m.e)),
    }
}

/// An active person, of a center where one is named.
pub fn known_staff(tx: &mut Tx, id: Id, center: Option<Id>, at: &str) -> Result<Id> {
    let here = accounts::user(tx, id)?.filter(|u| u.status == "active" && u.applicant_id.is_none() && center.is_none_or(|c| u.center_id == Some(c)));
    here.map(|u| u.id).ok_or_else(|| Problem::rule(at, "not_staff_here", "须是在岗的工作人员。", "Not staff there.").into())
}

/// The item of a reference.
pub fn item_of(tx: &mut Tx, content: &TicketContent, within: &str) -> Result<Option<Id>> {
    let Some(reference) = &content.item else { return Ok(None) };
    let item = catalogue::store::item_by_reference(tx, reference)?;
    item.map(|i| Some(i.id)).ok_or_else(|| Problem::rule(&format!("{within}/item"), "unknown_item", "没有这个事项。", "No such item.").into())
}

/// Departments of the center's own city, each once; who sees it keeps seeing it.
pub fn departments_of(tx: &mut Tx, ticket: Id, center: &Center, ids: &[Id], before: &[TicketDepartment], at: &str) -> Result<Vec<TicketDepartment>> {
    let mut rows: Vec<TicketDepartment> = before.iter().filter(|d| d.sees).copied().collect();
    for (i, id) in ids.iter().enumerate() {
        let refuse = |code, zh, en| Problem::rule(&format!("{at}/{i}"), code, zh, en);
        if ids.iter().take(i).any(|earlier| earlier == id) {
            return Err(refuse("duplicate", "部门重复。", "Named twice.").into());
        }
        let unknown = || refuse("unknown_department", "本市没有这个部门。", "No such department here.");
        let department = organization::department(tx, *id)?.ok_or_else(unknown)?;
        if organization::load(tx, department.center_id)?.lineage().next() != center.lineage().next() {
            return Err(unknown().into());
        }
        if !rows.iter().any(|d| d.department_id == *id) {
            rows.push(TicketDepartment { ticket_id: ticket, department_id: *id, sees: false });
        }
    }
    Ok(rows)
}

/// Who asks, and how it came in.
pub struct Entry<'a> {
    /// Their record.
    pub applicant: Option<Id>,
    /// Whom to call.
    pub contact: &'a ContactInput,
    /// Shown to nobody else.
    pub confidential: bool,
    /// Who met them first.
    pub first_responder: Option<Id>,
    /// About which matter.
    pub matter: Option<Entrustment>,
}

/// Enters a ticket; who may is the caller's to ask.
#[expect(clippy::too_many_arguments, reason = "each is one thing that a ticket is entered with")]
pub fn enter(
    tx: &mut Tx,
    actor: &Actor,
    center: &Center,
    content: &TicketContent,
    channel: TicketChannel,
    entry: Entry,
    source: Option<(Id, String)>,
    origin: Option<TicketOrigin>,
    identity: Option<Identity>,
) -> Result<Opened> {
    let Identity { id, number } = match identity {
        Some(identity) => identity,
        None => Identity { id: Id::new(), number: numbers::next(tx, "DD", &center.division_code)? },
    };
    let departments = departments_of(tx, id, center, &content.departments, &[], "/content/departments")?;
    let named = content.handler_id.map(|id| known_staff(tx, id, Some(center.id), "/content/handler_id")).transpose()?;
    // An agent of the center who takes a ticket in goes on with it, unless another is named.
    let at = |role: Role| actor.nodes(role).any(|node| node == center.id.as_str());
    let handler_id = named.or(actor.id.filter(|_| at(Role::Agent) && !at(Role::Clerk)));
    let details = TicketDetails {
        title: content.title.clone(),
        situation: content.situation.clone(),
        request: content.request.clone(),
        consultation: content.consultation.clone(),
        arbitration: origin,
        ..TicketDetails::default()
    };
    let (source_by, source) = source.unzip();
    let row = Ticket {
        id,
        number,
        center_id: center.id,
        channel,
        category: content.category,
        tier: None,
        state: State::Registered,
        round: 1,
        dissatisfied: 0,
        returns: 0,
        coordinated: false,
        decided: false,
        reform_led: false,
        urgent: content.urgent,
        confidential: entry.confidential,
        item_id: item_of(tx, content, "/content")?.or(entry.matter.as_ref().map(|m| m.item_id)),
        entrustment_id: entry.matter.as_ref().map(|m| m.id),
        first_responder_id: entry.first_responder,
        handler_id,
        lead_department_id: None,
        batch_id: None,
        merged_into_id: None,
        precedent_id: None,
        source_by,
        source,
        details: Private::seal(tx.vault, &details)?,
        registered_on: tx.now.local_date().to_string(),
        due_at: Moment::NEVER,
        triaged_at: None,
        cleared_at: None,
        version: 0,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let zh = "该来源编号已经登记过。";
    let taken = |e: Error| if e.is_unique() { Problem::rule("/source", "duplicate", zh, "The source is registered already.").into() } else { e };
    tx.savepoint(|tx| store::insert(tx, &row)).map_err(taken)?;
    let caller = TicketCaller {
        id: Id::new(),
        ticket_id: id,
        origin_id: id,
        applicant_id: entry.applicant,
        name: Sealed::seal(tx.vault, &entry.contact.name)?,
        phone: Sealed::seal(tx.vault, &entry.contact.phone)?,
        phone_mark: applicants::phone_mark(tx, &entry.contact.phone),
        confidential: entry.confidential,
        withdrawn_at: None,
        since: tx.now,
        name_mark: applicants::name_mark(tx, &text::fold(&entry.contact.name)),
    };
    store::insert_caller(tx, &caller)?;
    store::set_departments(tx, id, &departments)?;
    let mut loaded =
        Opened { row, details, center: center.clone(), callers: vec![caller], contacts: Vec::new(), departments, sheets_open: false, sight: Sight::CLEAR };
    let params = json!({ "number": loaded.row.number, "center": center.name, "channel": channel.label(), "category": content.category });
    load::save(tx, actor, &mut loaded, Told::new("registered", Audience::Applicant, params))?;
    Ok(loaded)
}
