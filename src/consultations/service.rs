//! Taking in, and what is done with a consultation beside answering it: who answers, notes, withdrawing, asking again.

use serde_json::json;

use super::{
    answering::{self, Said},
    input::{AskAgainInput, ConsultationAssignment, ConsultationNote, ConsultationWithdrawal, NewConsultation},
    load::{self, KIND, Told, change},
    machine::{ConsultationAction as Action, ConsultationState as State},
    model::{AskedRound, ConsultationChannel as Channel, ConsultationDetails, ConsultationTheme as Theme},
    moving,
    store::{self, Consultation, Offer},
    views::{self, ConsultationView},
};
use crate::{
    applicants::{self, ApplicantRow},
    attachments,
    auth::{Actor, Reachable, Role, policy, store as accounts},
    catalogue,
    db::{Error, Json, Private, Result, Sealed, Tx, dialect, numbers},
    entrustments::{self, Identity},
    events::{Audience, covering, store as log},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, text},
    organization::{self, Center},
    routing,
};

/// Takes in a question for who asks over the API: allowed by the policy, at a center within reach.
pub fn create(tx: &mut Tx, actor: &Actor, input: &NewConsultation) -> Result<ConsultationView> {
    if !policy::may(actor, KIND, "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let center = center_of(tx, actor, input)?;
    let client = actor.id.filter(|_| actor.kind == "client");
    let near = Reachable { applicant: actor.applicant_id, centers: vec![center.id], path: &center.path, client, ..Reachable::default() };
    if !policy::allows(actor, KIND, "create", &near) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let row = enter(tx, actor, input, center, None)?;
    if row.state == State::Closed { views::view_ended(tx, actor, row.id) } else { views::view(tx, actor, row.id) }
}

/// Takes in a question for another room, in its transaction; who may is the caller's to ask. With an answer it is closed at once.
pub fn take_in(tx: &mut Tx, actor: &Actor, new: NewConsultation) -> Result<Consultation> {
    take_in_as(tx, actor, &new, None)
}

/// [`take_in`] under a given identity.
pub fn take_in_as(tx: &mut Tx, actor: &Actor, new: &NewConsultation, identity: Option<Identity>) -> Result<Consultation> {
    let center = center_of(tx, actor, new)?;
    enter(tx, actor, new, center, identity)
}

/// Rules across the fields.
fn fits(actor: &Actor, input: &NewConsultation) -> Result<(), Problem> {
    let own = actor.applicant_id.is_some();
    let portal = actor.kind == "client" && actor.is(Role::Portal);
    if (own || portal) && input.channel != Channel::Online {
        return Err(Problem::rule("/channel", "channel", "申请人和门户提交的咨询，渠道为网上。", "Applicants and portals ask online."));
    }
    if (own || portal) && input.answer.is_some() {
        return Err(Problem::rule("/answer", "staff_only", "答复由工作人员登记。", "Staff answer."));
    }
    if own && (input.assignee_id.is_some() || input.first_responder_id.is_some()) {
        return Err(Problem::rule("/assignee_id", "staff_only", "答复人由中心安排。", "The center names who answers."));
    }
    if !input.articles.is_empty() && input.answer.is_none() {
        return Err(Problem::rule("/articles", "nothing_answered", "答复时才引用知识条目。", "Articles are cited by an answer."));
    }
    let reachable = input.contact.is_some() || input.applicant.is_some() || own;
    if input.answer.is_none() && !reachable && matches!(input.channel, Channel::OnSite | Channel::Phone) {
        return Err(Problem::rule("/contact", "required", "未当场答复的，请留下联系方式。", "Whom to call with the answer?"));
    }
    Ok(())
}

fn center_of(tx: &mut Tx, actor: &Actor, input: &NewConsultation) -> Result<Center> {
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    let own = actor.center_id.filter(|_| actor.kind == "user");
    let center = match (&input.center, own) {
        (Some(reference), _) => organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?,
        (None, Some(own)) => organization::load(tx, own)?,
        (None, None) => named_by_rules(tx, actor, input)?.ok_or_else(unknown)?,
    };
    // A client that belongs to a center asks there and below.
    if actor.kind == "client"
        && let Some(home) = actor.center_id
        && !organization::load(tx, home)?.contains(&center)
    {
        return Err(unknown().into());
    }
    Ok(center)
}

/// The center that the rules name for the first item, and the asker's seat.
fn named_by_rules(tx: &mut Tx, actor: &Actor, input: &NewConsultation) -> Result<Option<Center>> {
    let Some(reference) = input.items.first() else { return Ok(None) };
    let Some(item) = catalogue::published(tx, reference)? else { return Ok(None) };
    let Some(home) = organization::center_of_division(tx, &item.division_code)? else { return Ok(None) };
    let own = actor.applicant_id.map(|id| applicants::store::applicant(tx, id)).transpose()?.flatten().and_then(|a| a.division_code);
    let seat = input.applicant.as_ref().and_then(|a| a.division_code.clone()).or(own);
    Ok(Some(routing::who_handles(tx, &item, seat.as_deref(), &home)?.0))
}

fn applicant_of(tx: &mut Tx, actor: &Actor, input: &NewConsultation) -> Result<Option<ApplicantRow>> {
    match (&input.applicant, actor.applicant_id) {
        (None, Some(own)) => applicants::store::applicant(tx, own),
        (Some(_), Some(_)) => Err(Problem::rule("/applicant", "own_only", "已登录的申请人只能为本人（本单位）咨询。", "Applicants ask for themselves.").into()),
        (Some(input), None) => applicants::find_or_enter(tx, input).map(Some),
        (None, None) => Ok(None),
    }
}

/// An active person, of a center where one is named.
pub(super) fn known_staff(tx: &mut Tx, id: Id, center: Option<Id>, at: &str) -> Result<Id> {
    let here = accounts::user(tx, id)?.filter(|u| u.status == "active" && u.applicant_id.is_none() && center.is_none_or(|c| u.center_id == Some(c)));
    here.map(|u| u.id).ok_or_else(|| Problem::rule(at, "not_staff_here", "须是在岗的工作人员。", "Not staff there.").into())
}

/// Items by id or code, each once.
pub(super) fn items_of(tx: &mut Tx, references: &[String], at: &str) -> Result<Vec<Id>> {
    let mut items: Vec<Id> = Vec::new();
    for (i, reference) in references.iter().enumerate() {
        let unknown = || Problem::rule(&format!("{at}/{i}"), "unknown_item", "没有这个事项。", "No such item.");
        let id = catalogue::store::item_by_reference(tx, reference)?.ok_or_else(unknown)?.id;
        if !items.contains(&id) {
            items.push(id);
        }
    }
    Ok(items)
}

fn enter(tx: &mut Tx, actor: &Actor, input: &NewConsultation, center: Center, identity: Option<Identity>) -> Result<Consultation> {
    fits(actor, input)?;
    if let Some(window) = input.window_id
        && entrustments::store::center_of_window(tx, window)? != Some(center.id)
    {
        return Err(Problem::rule("/window_id", "unknown_window", "该中心没有这个开放的窗口。", "The center has no such open window.").into());
    }
    let staff = actor.applicant_id.is_none() && actor.kind == "user";
    let applicant = applicant_of(tx, actor, input)?;
    let items = items_of(tx, &input.items, "/items")?;
    let first_responder_id = match input.first_responder_id {
        Some(id) => Some(known_staff(tx, id, None, "/first_responder_id")?),
        None => actor.id.filter(|_| staff),
    };
    let at = |role: Role| actor.nodes(role).any(|node| node == center.id.as_str());
    let takes_up = staff && ((at(Role::Agent) && !at(Role::Clerk)) || input.answer.is_some());
    let assignee_id = match input.assignee_id {
        Some(id) => Some(known_staff(tx, id, Some(center.id), "/assignee_id")?),
        None => actor.id.filter(|_| takes_up && actor.center_id == Some(center.id)),
    };
    let Identity { id, number } = match identity {
        Some(identity) => identity,
        None => Identity { id: Id::new(), number: numbers::next(tx, "ZX", &center.division_code)? },
    };
    let client = actor.id.filter(|_| actor.kind == "client");
    let source_by = client.or(input.source.is_some().then_some(center.id));
    let details = ConsultationDetails { subject: input.subject.clone(), question: input.question.clone(), ..ConsultationDetails::default() };
    let contact = input.contact.as_ref();
    let row = Consultation {
        id,
        number,
        center_id: center.id,
        intake_center_id: center.id,
        window_id: input.window_id,
        channel: input.channel,
        theme: input.theme.unwrap_or(Theme::Other),
        state: State::Open,
        round: 1,
        applicant_id: applicant.map(|a| a.id),
        name: contact.map(|c| Sealed::seal(tx.vault, &c.name)).transpose()?,
        phone: contact.map(|c| Sealed::seal(tx.vault, &c.phone)).transpose()?,
        name_mark: contact.map(|c| applicants::name_mark(tx, &text::fold(&c.name))),
        phone_mark: contact.map(|c| applicants::phone_mark(tx, &c.phone)),
        confidential: input.confidential,
        item_id: items.first().copied(),
        items: Json::new(&items)?,
        first_responder_id,
        assignee_id,
        answered_by: None,
        hand_overs: 0,
        returns: 0,
        offered_to_id: None,
        source_by,
        source: input.source.clone(),
        details: Private::seal(tx.vault, &details)?,
        received_on: tx.now.local_date().to_string(),
        due_at: Moment::NEVER,
        closes_at: Moment::NEVER,
        answered_at: None,
        ended_at: None,
        version: 0,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let taken = |e: Error| match e.is_unique() {
        true => Problem::rule("/source", "duplicate", "该来源编号已经登记过。", "The source is registered already.").into(),
        false => e,
    };
    tx.savepoint(|tx| store::insert(tx, &row)).map_err(taken)?;
    load::index(tx, &row)?;
    attachments::bind(tx, actor, &input.attachments, KIND, id, "question", "/attachments")?;
    let mut loaded = load::fresh(tx, row)?;
    let params = json!({ "number": loaded.row.number, "center": center.name, "channel": input.channel.label(), "theme": loaded.row.theme.label() });
    load::save(tx, actor, &mut loaded, Told::new("taken_in", Audience::Applicant, params))?;
    if let Some(answer) = &input.answer {
        let said = Said { answer, articles: &input.articles, at: "", close: true };
        answering::answer_loaded(tx, actor, &mut loaded, &said)?;
    }
    Ok(loaded.row)
}

/// Names who answers.
pub fn assign(tx: &mut Tx, actor: &Actor, target: &Target, input: &ConsultationAssignment) -> Result<ConsultationView> {
    let loaded = change(tx, actor, target, Action::Assign, |tx, c| {
        c.row.assignee_id = Some(known_staff(tx, input.assignee_id, Some(c.center.id), "/assignee_id")?);
        Ok(Told::new("assigned", Audience::Staff, json!({})))
    })?;
    views::view(tx, actor, loaded.row.id)
}

/// Notes something for the staff.
pub fn note(tx: &mut Tx, actor: &Actor, target: &Target, input: &ConsultationNote) -> Result<ConsultationView> {
    let loaded = change(tx, actor, target, Action::Note, |_, _| Ok(Told::new("noted", Audience::Staff, json!({})).saying(&input.note)))?;
    views::view(tx, actor, loaded.row.id)
}

/// The asker asks no longer.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target, input: &ConsultationWithdrawal) -> Result<ConsultationView> {
    let mut loaded = change(tx, actor, target, Action::Withdraw, |tx, c| {
        // A client that brought the question speaks for whoever asked it.
        let own = actor.kind == "client" || (actor.applicant_id.is_some() && actor.applicant_id == c.row.applicant_id);
        if !own && input.evidence.is_none() {
            return Err(Problem::recorded_without_evidence().into());
        }
        moving::fall(tx, c)?;
        c.details.withdrawal_evidence.clone_from(&input.evidence);
        c.details.withdrawal = Some(input.reason.clone());
        c.row.ended_at = Some(tx.now);
        Ok(Told::new("withdrawn", Audience::Applicant, json!({})).saying(&input.reason))
    })?;
    answering::ended(tx, actor, &mut loaded)?;
    views::view(tx, actor, loaded.row.id)
}

/// The asker is not satisfied and asks again: another round, with the limit from now.
pub fn reopen(tx: &mut Tx, actor: &Actor, target: &Target, input: &AskAgainInput) -> Result<ConsultationView> {
    let loaded = change(tx, actor, target, Action::Reopen, |tx, c| {
        let question = std::mem::replace(&mut c.details.question, input.question.clone());
        let past = AskedRound { question, answer: c.details.answer.take(), until: tx.now };
        c.details.rounds.push(past);
        c.row.round += 1;
        c.row.closes_at = Moment::NEVER;
        c.row.ended_at = None;
        Ok(Told::new("reopened", Audience::Applicant, json!({ "round": c.row.round })).saying(&input.question))
    })?;
    views::view(tx, actor, loaded.row.id)
}

/// Who asks is confidential from now on: the consultation forgets them. `over` says how what was written stands without them.
pub fn withhold(tx: &mut Tx, actor: &Actor, id: Id, over: &dyn Fn(&str) -> String) -> Result<()> {
    dialect::lock_root(tx.conn, "consultations", id.as_str())?;
    let mut loaded = load::load_behind(tx, id)?;
    loaded.details = covering::recast(&loaded.details, over)?;
    for offer in loaded.offers.clone() {
        let said = covering::recast(&offer.words.open(tx.vault)?, over)?;
        store::save_offer(tx, &Offer { words: Private::seal(tx.vault, &said)?, ..offer })?;
    }
    log::reword(tx, id, over)?;
    let row = &mut loaded.row;
    row.confidential = true;
    row.applicant_id = None;
    (row.name, row.phone, row.name_mark, row.phone_mark) = (None, None, None, None);
    load::save(tx, actor, &mut loaded, Told::new("asker_withheld", Audience::Staff, json!({})))
}
