//! Use cases of home visits.

use serde::Serialize;
use serde_json::json;

use super::{
    machine::{VisitAction as Action, VisitState as State, decide},
    model::{Preparation, VisitArrangement, VisitCompletion, VisitDetails, VisitInput, VisitPreparation, VisitReason, VisitReasonInput, VisitRecord},
    store::{self, HomeVisit},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
        store as accounts,
    },
    db::{Error, Private, Result, Tx, dialect, numbers},
    entrustments,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target},
    organization::{self, Center, team},
};

/// A home visit as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VisitView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "SM-320623-20261122-000001-427")]
    pub number: String,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// For whom, or why.
    pub reason: VisitReason,
    /// In Chinese.
    pub reason_label: String,
    /// Which center comes.
    pub center_id: Id,
    /// About which matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_id: Option<Id>,
    /// Whom to call; masked where the view is.
    pub contact_name: String,
    /// Their telephone; masked where the view is.
    pub contact_phone: String,
    /// Where; masked where the view is.
    pub address: String,
    /// What for; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// From.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Moment>,
    /// Until.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Moment>,
    /// Who goes.
    pub visitor_ids: Vec<Id>,
    /// Their names, so that who is at home knows whom to let in; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitors: Option<Vec<String>>,
    /// What to bring and to do before; the staff's own.
    pub preparation: Vec<Preparation>,
    /// What was done, or why not; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Papers taken along.
    pub papers_received: Vec<String>,
    /// Papers sent after.
    pub papers_sent: Vec<String>,
    /// How they were sent; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// When it was done there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visited_at: Option<Moment>,
    /// Personal data is masked for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When asked for.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(VisitView, "home_visit");

fn near<'a>(row: &HomeVisit, center: &'a Center) -> Reachable<'a> {
    Reachable { applicant: row.applicant_id, centers: vec![row.center_id], path: &center.path, ..Reachable::default() }
}

fn allowed(actor: &Actor, row: &HomeVisit, center: &Center) -> Vec<String> {
    let near = near(row, center);
    let may = |a: &&Action| decide(row.state, **a).is_ok() && policy::allows(actor, "home_visit", a.code(), &near);
    Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
}

fn render(tx: &Tx, actor: &Actor, row: HomeVisit, sight: Sight, allowed_actions: Option<Vec<String>>) -> Result<VisitView> {
    let d = row.details.open(tx.vault)?;
    let masked = sight.masked;
    let words = |text: String| Some(text).filter(|t| sight.words && !t.is_empty());
    let papers = |list: Vec<String>| if sight.words { list } else { Vec::new() };
    Ok(VisitView {
        id: row.id,
        number: row.number,
        state: row.state,
        state_label: row.state.label().into(),
        reason: row.reason,
        reason_label: row.reason.label().into(),
        center_id: row.center_id,
        entrustment_id: row.entrustment_id,
        contact_name: if masked { tx.masking.name(&d.contact_name) } else { d.contact_name },
        contact_phone: if masked { tx.masking.phone(&d.contact_phone) } else { d.contact_phone },
        address: if masked { tx.masking.address(&d.address) } else { d.address },
        request: words(d.request),
        start: row.start_at,
        end: row.end_at,
        visitor_ids: d.visitor_ids,
        visitors: None,
        preparation: if actor.applicant_id.is_some() || !sight.words { Vec::new() } else { d.preparation },
        result: words(d.result),
        papers_received: papers(d.papers_received),
        papers_sent: papers(d.papers_sent),
        delivery: words(d.delivery),
        visited_at: d.visited_at,
        masked,
        allowed_actions,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn view(tx: &mut Tx, actor: &Actor, row: HomeVisit) -> Result<VisitView> {
    let sight = access::sight(tx, &Scope::of(actor, "home_visit"), row.id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    let allowed = allowed(actor, &row, &center);
    let shown = render(tx, actor, row, sight, Some(allowed))?;
    let names = organization::names_of(tx, &shown.visitor_ids)?.into_iter().map(|(_, name)| name).collect();
    Ok(VisitView { visitors: Some(names), ..shown })
}

fn by_reference(tx: &mut Tx, reference: &str) -> Result<HomeVisit> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::visit(tx, id)?,
        Err(_) => store::visit_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// One visit.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<VisitView> {
    let row = by_reference(tx, reference)?;
    view(tx, actor, row)
}

/// The visits that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<VisitView>> {
    let page = access::listed::<State, _>(tx, actor, "home_visit", q, store::visits_by_id, |v| v.id)?;
    page.try_map(|(row, sight)| render(tx, actor, row, sight, None))
}

/// Asks for a visit.
pub fn request(tx: &mut Tx, actor: &Actor, input: &VisitInput) -> Result<VisitView> {
    if !policy::may(actor, "home_visit", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    let center = match (&input.center, actor.center_id) {
        (Some(reference), _) => organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?,
        (None, Some(own)) => organization::load(tx, own)?,
        (None, None) => return Err(unknown().into()),
    };
    if actor.applicant_id.is_none() && !policy::allows(actor, "home_visit", "create", &organization::custodian_reachable(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let matter = match input.entrustment.as_ref().map(|e| entrustments::load_seen(tx, actor, e)).transpose() {
        Err(Error::Refused(_)) => {
            return Err(Problem::rule("/entrustment", "unknown_matter", "没有这件，或者不在您的可见范围内。", "No matter that you see.").into());
        }
        other => other?,
    };
    let number = numbers::next(tx, "SM", &center.division_code)?;
    let matter = matter.map(|m| (m.e.id, m.e.applicant_id));
    let row = enter(tx, actor, (Id::new(), number), &center, input, matter)?;
    view(tx, actor, row)
}

/// Enters a visit under a given identity; about a matter and its applicant, where there is one.
pub fn enter(tx: &mut Tx, actor: &Actor, (id, number): (Id, String), center: &Center, input: &VisitInput, matter: Option<(Id, Id)>) -> Result<HomeVisit> {
    let details = VisitDetails {
        contact_name: input.contact.name.clone(),
        contact_phone: input.contact.phone.clone(),
        address: input.address.clone(),
        request: input.request.clone(),
        ..VisitDetails::default()
    };
    let row = HomeVisit {
        id,
        number,
        center_id: center.id,
        entrustment_id: matter.map(|(matter, _)| matter),
        applicant_id: actor.applicant_id.or(matter.map(|(_, applicant)| applicant)),
        reason: input.reason,
        state: State::Requested,
        start_at: None,
        end_at: None,
        details: Private::seal(tx.vault, &details)?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    tell(tx, actor, &row, center, "requested")?;
    Ok(row)
}

/// Event and visibility of a change.
fn tell(tx: &mut Tx, actor: &Actor, row: &HomeVisit, center: &Center, kind: &str) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(row.applicant_id.map(|id| (subject::applicant(id.as_str()), false)));
    // Who goes finds it among their own work.
    subjects.extend(row.details.open(tx.vault)?.visitor_ids.iter().map(|id| (subject::user(id.as_str()), false)));
    let due_at = row.start_at.filter(|_| row.state == State::Arranged).unwrap_or(Moment::NEVER);
    access::place(tx, &Placement { kind: "home_visit", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })?;
    let kind = format!("home_visit.{kind}");
    let params = json!({ "number": row.number, "center": center.name, "start": row.start_at });
    let event =
        NewEvent { record_kind: "home_visit", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Applicant, params, words: None };
    events::record(tx, actor, event)
}

/// A visit for an action: locked, seen (404), allowed (403), in the version asked for (412), in a state that permits it (409).
fn change(
    tx: &mut Tx,
    actor: &Actor,
    target: &Target,
    action: Action,
    kind: &str,
    edit: impl FnOnce(&mut Tx, &mut HomeVisit, &mut VisitDetails, &Center) -> Result<()>,
) -> Result<VisitView> {
    let found = by_reference(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "home_visits", found.id.as_str())?;
    let mut row = by_reference(tx, found.id.as_str())?;
    access::sight(tx, &Scope::of(actor, "home_visit"), row.id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    if !policy::allows(actor, "home_visit", action.code(), &near(&row, &center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    row.state = decide(row.state, action).map_err(|refusal| {
        let allowed = allowed(actor, &row, &center);
        Problem { allowed_actions: Some(allowed), ..Problem::from(refusal) }
    })?;
    let mut details = row.details.open(tx.vault)?;
    edit(tx, &mut row, &mut details, &center)?;
    row.details = Private::seal(tx.vault, &details)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    tell(tx, actor, &row, &center, kind)?;
    view(tx, actor, row)
}

/// Arranges when, who and with what; an arranged visit may be arranged anew.
pub fn arrange(tx: &mut Tx, actor: &Actor, target: &Target, input: &VisitArrangement) -> Result<VisitView> {
    change(tx, actor, target, Action::Arrange, "arranged", |tx, row, details, center| {
        let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en).into());
        if input.start <= tx.now || input.end <= input.start {
            return refuse("/start", "out_of_range", "上门时间应在将来，且早于结束时间。", "Ahead, and before its end.");
        }
        let here = accounts::users_by_id(tx, &input.visitor_ids)?;
        for (i, id) in input.visitor_ids.iter().enumerate() {
            let staff = here.iter().any(|u| u.id == *id && u.center_id == Some(center.id) && u.status == "active");
            if !staff || input.visitor_ids.iter().take(i).any(|e| e == id) {
                return refuse(&format!("/visitor_ids/{i}"), "not_staff_here", "须是本中心在岗人员，且不重复。", "Staff of the center, each once.");
            }
        }
        for (i, id) in input.visitor_ids.iter().enumerate() {
            if team::is_away(tx, *id, input.start, input.end)? {
                return refuse(&format!("/visitor_ids/{i}"), "absent", "该人员届时不在岗。", "Away then.");
            }
        }
        (row.start_at, row.end_at) = (Some(input.start), Some(input.end));
        details.visitor_ids.clone_from(&input.visitor_ids);
        // Arranged anew without a list, what was prepared stays prepared.
        if !input.preparation.is_empty() {
            details.preparation.clone_from(&input.preparation);
        }
        Ok(())
    })
}

/// Ticks what is prepared.
pub fn prepare(tx: &mut Tx, actor: &Actor, target: &Target, input: &VisitPreparation) -> Result<VisitView> {
    change(tx, actor, target, Action::Prepare, "prepared", |_, _, details, _| {
        details.preparation.clone_from(&input.preparation);
        Ok(())
    })
}

/// Records what was done there.
pub fn record(tx: &mut Tx, actor: &Actor, target: &Target, input: &VisitRecord) -> Result<VisitView> {
    change(tx, actor, target, Action::Record, "visited", |tx, row, details, _| {
        if row.start_at.is_some_and(|start| tx.now < start) {
            return Err(Problem::rule("/result", "too_early", "尚未到约定的上门时间。", "The visit has not begun.").into());
        }
        details.result.clone_from(&input.result);
        details.papers_received.clone_from(&input.papers_received);
        details.visited_at = Some(tx.now);
        Ok(())
    })
}

/// Ends a visit with what was sent after.
pub fn complete(tx: &mut Tx, actor: &Actor, target: &Target, input: &VisitCompletion) -> Result<VisitView> {
    change(tx, actor, target, Action::Complete, "completed", |_, _, details, _| {
        if !input.papers_sent.is_empty() && input.delivery.is_empty() {
            return Err(Problem::rule("/delivery", "required", "请写明材料如何送达。", "Say how the papers were sent.").into());
        }
        details.papers_sent.clone_from(&input.papers_sent);
        details.delivery.clone_from(&input.delivery);
        Ok(())
    })
}

/// Nobody was met, it is not arranged, or it is called off: with the reason.
pub fn give_up(tx: &mut Tx, actor: &Actor, target: &Target, action: Action, input: &VisitReasonInput) -> Result<VisitView> {
    let kind = match action {
        Action::Miss => "not_met",
        Action::Decline => "declined",
        _ => "cancelled",
    };
    change(tx, actor, target, action, kind, |tx, row, details, _| {
        if action == Action::Miss && row.start_at.is_some_and(|start| tx.now < start) {
            return Err(Problem::rule("/reason", "too_early", "尚未到约定的上门时间。", "The visit has not begun.").into());
        }
        details.result.clone_from(&input.reason);
        Ok(())
    })
}
