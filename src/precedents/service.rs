//! Use cases of precedents: writing, reviewing, publishing, withdrawing.

use std::collections::HashSet;

use serde_json::json;

use super::{
    machine::{Facts, PrecedentAction as Action, PrecedentState as State, decide},
    model::{NewPrecedent, PrecedentContent, PrecedentEdit, PrecedentPublication, PrecedentReason, PrecedentRecord, VersionReview},
    sources,
    store::{self, Precedent, PrecedentVersion},
    views::{self, PrecedentView},
};
use crate::{
    access::{self, Placement},
    auth::{Actor, Scope, policy},
    catalogue,
    db::{Error, Json, Private, Result, Tx, dialect, numbers},
    deidentify::{Finding, Known},
    entrustments::Identity,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, FieldError, Id, Moment, Problem, Target, Text, text},
    organization::{self, Center},
    tickets::{self, machine::TicketState},
};

/// A precedent with what is needed to decide about it.
pub struct Opened {
    /// The record.
    pub row: Precedent,
    /// What belongs to it beside its text.
    pub record: PrecedentRecord,
    /// What is being worked on.
    pub draft: Option<PrecedentContent>,
    /// The center that wrote it.
    pub center: Center,
    /// Whom and what its ticket names.
    pub known: Known,
}

impl Opened {
    fn facts(&self, actor: &Actor) -> Facts {
        Facts { public: self.row.public, own: actor.id.is_some_and(|id| self.record.authors.contains(&id)) }
    }

    /// Whether this caller may do this now.
    pub fn allows(&self, actor: &Actor, action: Action) -> bool {
        let near = organization::custodian_reachable(&self.center);
        decide(self.row.state, self.facts(actor), action).is_ok() && policy::allows(actor, "precedent", action.code(), &near)
    }

    fn allowed(&self, actor: &Actor) -> Vec<String> {
        Action::ALL.iter().filter(|a| self.allows(actor, **a)).map(|a| a.code().to_owned()).collect()
    }
}

/// By id or number.
pub fn by_reference(tx: &mut Tx, reference: &str) -> Result<Precedent> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::precedent(tx, id)?,
        Err(_) => store::precedent_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// A precedent whose draft the caller may read.
pub fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Opened> {
    let row = by_reference(tx, reference)?;
    access::sight(tx, &Scope::of(actor, "precedent"), row.id)?.ok_or_else(Problem::not_found)?;
    open(tx, row)
}

/// A precedent with what is needed to decide about it.
pub fn open(tx: &mut Tx, row: Precedent) -> Result<Opened> {
    let known = sources::known(tx, row.ticket_id)?;
    let draft = row.draft.as_ref().map(|d| d.open(tx.vault)).transpose()?;
    Ok(Opened { record: row.record.open(tx.vault)?, center: organization::load(tx, row.center_id)?, draft, known, row })
}

/// A precedent for an action: locked, seen (404), allowed (403), in the version asked for (412), in a state that permits it (409).
pub fn load_for(tx: &mut Tx, actor: &Actor, target: &Target, action: Action) -> Result<(Opened, State)> {
    let id = by_reference(tx, &target.reference)?.id;
    dialect::lock_root(tx.conn, "precedents", id.as_str())?;
    let opened = load_seen(tx, actor, id.as_str())?;
    if !policy::allows(actor, "precedent", action.code(), &organization::custodian_reachable(&opened.center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(opened.row.version)?;
    let next = decide(opened.row.state, opened.facts(actor), action);
    let next = next.map_err(|refusal| Problem { allowed_actions: Some(opened.allowed(actor)), ..Problem::from(refusal) })?;
    Ok((opened, next))
}

/// Saves a changed precedent with its event and who sees it.
fn save(tx: &mut Tx, actor: &Actor, mut opened: Opened, (kind, audience): (&str, Audience), words: Option<&str>) -> Result<PrecedentView> {
    let row = &mut opened.row;
    row.record = Private::seal(tx.vault, &opened.record)?;
    row.draft = opened.draft.as_ref().map(|d| Private::seal(tx.vault, d)).transpose()?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    place(tx, row, &opened.center)?;
    tell(tx, actor, row, kind, audience, words)?;
    views::whole(tx, actor, opened)
}

fn place(tx: &mut Tx, row: &Precedent, center: &Center) -> Result<()> {
    let subjects = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    let placement = Placement { kind: "precedent", record: row.id, state: row.state.code(), due_at: Moment::NEVER, updated_at: row.updated_at, subjects };
    access::place(tx, &placement)
}

/// Writes an event: numbers only, for a title may name somebody until it is published.
pub fn tell(tx: &mut Tx, actor: &Actor, row: &Precedent, kind: &str, audience: Audience, words: Option<&str>) -> Result<()> {
    tell_with(tx, actor, row, (kind, audience), json!({ "number": row.number, "published_version": row.published_version }), words)
}

/// [`tell`] with parameters of its own.
pub fn tell_with(
    tx: &mut Tx,
    actor: &Actor,
    row: &Precedent,
    (kind, audience): (&str, Audience),
    params: serde_json::Value,
    words: Option<&str>,
) -> Result<()> {
    let kind = format!("precedent.{kind}");
    let event = NewEvent { record_kind: "precedent", record_id: row.id, version: row.version, kind: &kind, audience, params, words };
    events::record(tx, actor, event)
}

fn forbidden() -> Error {
    Problem::of(ErrorCode::Forbidden).into()
}

/// Writes a precedent by hand.
pub fn create(tx: &mut Tx, actor: &Actor, input: &NewPrecedent) -> Result<PrecedentView> {
    let row = create_as(tx, actor, input, None)?;
    view(tx, actor, row.id)
}

/// Writes a precedent by hand, under a given identity where one is given.
pub fn create_as(tx: &mut Tx, actor: &Actor, input: &NewPrecedent, identity: Option<Identity>) -> Result<Precedent> {
    if !policy::may(actor, "precedent", "create") {
        return Err(forbidden());
    }
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    let center = match (&input.center, actor.center_id) {
        (Some(reference), _) => organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?,
        (None, Some(own)) => organization::load(tx, own)?,
        (None, None) => return Err(unknown().into()),
    };
    if !policy::allows(actor, "precedent", "create", &organization::custodian_reachable(&center)) {
        return Err(forbidden());
    }
    let content = fitting(tx, &input.content)?;
    enter(tx, actor, &center, content, None, identity)
}

fn enter(tx: &mut Tx, actor: &Actor, center: &Center, content: PrecedentContent, ticket: Option<Id>, identity: Option<Identity>) -> Result<Precedent> {
    let Identity { id, number } = match identity {
        Some(identity) => identity,
        None => Identity { id: Id::new(), number: numbers::next(tx, "AL", &center.division_code)? },
    };
    let record = PrecedentRecord { authors: actor.id.into_iter().collect(), ..PrecedentRecord::default() };
    let row = Precedent {
        id,
        number,
        center_id: center.id,
        division_code: center.division_code.clone(),
        state: State::Draft,
        public: false,
        category: content.category,
        tier: content.tier,
        ticket_id: ticket,
        draft: Some(Private::seal(tx.vault, &content)?),
        published: None,
        published_version: None,
        published_at: None,
        record: Private::seal(tx.vault, &record)?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row).map_err(|e| if e.is_unique() { drawn_already() } else { e })?;
    place(tx, &row, center)?;
    tell(tx, actor, &row, "drafted", Audience::Staff, None)?;
    Ok(row)
}

fn drawn_already() -> Error {
    Problem::new(ErrorCode::Conflict, Text::new("该反映件已经形成案例。", "A precedent was drawn from this ticket already.")).into()
}

/// Draws a precedent from a cleared ticket: its words without those whom they name.
pub fn from_ticket(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<PrecedentView> {
    let seen = tickets::load_seen(tx, actor, &target.reference)?;
    // Locked: two who draw from it at once draw one.
    let ticket = tickets::load_locked(tx, seen.row.id)?;
    if !seen.sight.words || !policy::allows(actor, "precedent", "create", &ticket.near(actor)) {
        return Err(forbidden());
    }
    target.check(ticket.row.version)?;
    if ticket.row.state != TicketState::Cleared {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("只有已销号的反映件可以形成案例。", "Only a cleared ticket makes a precedent.")).into());
    }
    if store::of_ticket(tx, ticket.row.id)?.is_some() {
        return Err(drawn_already());
    }
    let content = sources::content(tx, &ticket)?;
    let row = enter(tx, actor, &ticket.center, content, Some(ticket.row.id), None)?;
    tickets::mark_precedent(tx, actor, ticket.row.id, row.id, &row.number)?;
    view(tx, actor, row.id)
}

/// One precedent with its draft.
pub fn view(tx: &mut Tx, actor: &Actor, id: Id) -> Result<PrecedentView> {
    let opened = load_seen(tx, actor, id.as_str())?;
    views::whole(tx, actor, opened)
}

/// What was written, with its items as ids; a precedent leads to published items only.
fn fitting(tx: &mut Tx, content: &PrecedentContent) -> Result<PrecedentContent> {
    let mut wrong = Vec::new();
    let mut items: Vec<String> = Vec::new();
    for (i, reference) in content.items.iter().enumerate() {
        let mut refuse = |code, zh, en| wrong.push(FieldError::body(&format!("/content/items/{i}"), code, zh, en));
        match catalogue::published(tx, reference)?.map(|item| item.id.to_string()) {
            None => refuse("unknown_item", "没有这个已发布的事项。", "No such published item."),
            Some(id) if items.contains(&id) => refuse("duplicate", "事项重复。", "Named twice."),
            Some(id) => items.push(id),
        }
    }
    if wrong.is_empty() { Ok(PrecedentContent { items, ..content.clone() }) } else { Err(Problem::fields(ErrorCode::RuleViolation, wrong).into()) }
}

/// Changes the draft: all of it. What is published stays until the next version is.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &PrecedentEdit) -> Result<PrecedentView> {
    let (mut opened, next) = load_for(tx, actor, target, Action::Edit)?;
    let content = fitting(tx, &input.content)?;
    if opened.draft.is_none() {
        // The next version has its own authors.
        opened.record.authors.clear();
    }
    opened.record.authors.extend(actor.id.filter(|id| !opened.record.authors.contains(id)));
    if !opened.row.public {
        (opened.row.category, opened.row.tier) = (content.category, content.tier);
    }
    opened.row.state = next;
    opened.draft = Some(content);
    save(tx, actor, opened, ("edited", Audience::Staff), None)
}

/// Hands the draft to who reviews it.
pub fn submit(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<PrecedentView> {
    let (mut opened, next) = load_for(tx, actor, target, Action::Submit)?;
    opened.record.authors.extend(actor.id.filter(|id| !opened.record.authors.contains(id)));
    opened.record.sent_back_for = None;
    opened.row.state = next;
    // What is doubtful is the reviewer's to judge; what is certain is the author's to take out.
    let draft = opened.draft.as_ref().ok_or_else(|| lost(opened.row.id))?;
    refuse_open(draft)?;
    refuse_personal(draft, &opened.known, |f| f.kind.doubtful() && !f.known)?;
    save(tx, actor, opened, ("submitted", Audience::Staff), None)
}

/// The reviewer sends the draft back.
pub fn send_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &PrecedentReason) -> Result<PrecedentView> {
    let (mut opened, next) = load_for(tx, actor, target, Action::SendBack)?;
    opened.record.sent_back_for = Some(input.reason.clone());
    opened.row.state = next;
    save(tx, actor, opened, ("sent_back", Audience::Staff), Some(&input.reason))
}

/// The reviewer publishes the draft as the next version: only while nothing in it is personal data.
pub fn publish(tx: &mut Tx, actor: &Actor, target: &Target, input: &PrecedentPublication) -> Result<PrecedentView> {
    let (mut opened, next) = load_for(tx, actor, target, Action::Publish)?;
    let content = opened.draft.take().ok_or_else(|| lost(opened.row.id))?;
    let explained: HashSet<&str> = input.not_personal.iter().map(|n| n.words.as_str()).collect();
    refuse_personal(&content, &opened.known, |f| f.kind.doubtful() && !f.known && explained.contains(f.words.as_str()))?;
    let number = opened.row.published_version.unwrap_or(0) + 1;
    let review = VersionReview { authors: std::mem::take(&mut opened.record.authors), reviewer: actor.id, not_personal: input.not_personal.clone() };
    let version = PrecedentVersion {
        precedent_id: opened.row.id,
        number,
        content: Json::new(&content)?,
        review: Private::seal(tx.vault, &review)?,
        published_at: tx.now,
    };
    store::insert_version(tx, &version)?;
    let row = &mut opened.row;
    (row.category, row.tier) = (content.category, content.tier);
    row.published = Some(version.content);
    (row.published_version, row.published_at) = (Some(number), Some(tx.now));
    (row.public, row.state) = (true, next);
    index(tx, row, &content)?;
    save(tx, actor, opened, ("published", Audience::Public), None)
}

fn lost(id: Id) -> Error {
    Error::Corrupt(format!("precedent {id} has no draft"))
}

/// What was left for the author to write is written before it is reviewed.
fn refuse_open(content: &PrecedentContent) -> Result<(), Problem> {
    let blank = |text: &str| text.contains(sources::OPEN);
    let wrong: Vec<FieldError> = content
        .texts()
        .into_iter()
        .filter(|(_, text)| blank(text))
        .map(|(at, _)| FieldError::body(&format!("/content{at}"), "required", "此项尚待补充，请写明后再提交审核。", "Still to be written."))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, wrong)) }
}

/// Every finding that is not `passed`, each with its place and its words.
fn refuse_personal(content: &PrecedentContent, known: &Known, passed: impl Fn(&Finding) -> bool) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    for (pointer, f) in content.findings(known) {
        if passed(&f) {
            continue;
        }
        let doubtful = f.kind.doubtful() && !f.known;
        let label = f.kind.label();
        let (zh, en) = if doubtful {
            (format!("“{}”疑似{label}，请删改；确非个人信息的，由审核人在 not_personal 中说明。", f.words), format!("“{}” looks like personal data.", f.words))
        } else {
            (format!("“{}”是{label}，必须删改。", f.words), format!("“{}” is personal data.", f.words))
        };
        wrong.push(FieldError::body(&format!("/content{pointer}"), "personal_data", zh, en));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, wrong)) }
}

/// What a published precedent is found by.
fn index(tx: &mut Tx, row: &Precedent, content: &PrecedentContent) -> Result<()> {
    let words: Vec<&str> = content.texts().into_iter().map(|(_, text)| text).collect();
    let body = text::fold(&format!("{} {}", row.number, words.join(" ")));
    let tokens = text::tokens(&body).iter().map(|t| text::encode_token(t)).collect::<Vec<_>>().join(" ");
    dialect::put_document(tx.conn, "precedent", row.id.as_str(), &body, &tokens)?;
    let mut terms: Vec<(&'static str, String)> = content.items.iter().map(|i| ("item", i.clone())).collect();
    terms.extend(content.departments.iter().map(|d| ("department", d.clone())));
    terms.sort();
    terms.dedup();
    store::set_terms(tx, row.id, &terms)
}

/// Takes it out of sight; its text stays for staff, and may be published anew.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target, input: &PrecedentReason) -> Result<PrecedentView> {
    let (mut opened, next) = load_for(tx, actor, target, Action::Withdraw)?;
    opened.record.withdrawn_for = Some(input.reason.clone());
    (opened.row.public, opened.row.state) = (false, next);
    dialect::drop_document(tx.conn, opened.row.id.as_str())?;
    store::set_terms(tx, opened.row.id, &[])?;
    save(tx, actor, opened, ("withdrawn", Audience::Public), Some(&input.reason))
}
