//! Loading an order with permission in one call, and saving it with everything that must go with it.

use serde_json::{Value, json};

use super::{
    ending,
    machine::{Facts, OrderAction as Action, OrderState as State, decide},
    mapping,
    model::{OpenedKind, OrderDetails},
    opening,
    store::{self, Link, Order},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
    },
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target},
    organization::{self, Center},
    settings::{self, Rules},
};

/// The resource of the policy table, and the kind of the record.
pub const KIND: &str = "hotline_order";

/// An order with what is needed to decide about it.
pub struct Loaded {
    /// The record.
    pub row: Order,
    /// What people wrote.
    pub details: OrderDetails,
    /// Who handles it.
    pub center: Center,
    /// That center's rules.
    pub rules: Rules,
    /// What it opened.
    pub links: Vec<Link>,
    /// What the table's guards need.
    pub facts: Facts,
    /// How the caller sees it.
    pub sight: Sight,
}

/// By id, number or the hotline's number: a client's own, before what is anybody's number here; or one that is the only one of
/// its number.
pub fn by_reference(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Option<Order>> {
    if let Ok(id) = reference.parse::<Id>() {
        return store::order(tx, id);
    }
    if let Some(client) = actor.id.filter(|_| actor.kind == "client") {
        let mut own = store::orders_by_external(tx, Some(client), reference)?;
        if own.len() == 1 {
            return Ok(own.pop());
        }
    }
    if let Some(found) = store::order_by_number(tx, &reference.to_ascii_uppercase())? {
        return Ok(Some(found));
    }
    if actor.kind == "client" {
        return Ok(None);
    }
    let mut all = store::orders_by_external(tx, None, reference)?;
    Ok(if all.len() == 1 { all.pop() } else { None })
}

/// How far an order is from a caller.
pub fn near<'a>(row: &Order, details: &OrderDetails, center: &'a Center) -> Reachable<'a> {
    let subs = details.subs.iter().map(|s| s.department_id);
    Reachable {
        centers: vec![row.center_id],
        path: &center.path,
        assignee: row.assignee_id,
        departments: row.department_id.into_iter().chain(subs).collect(),
        client: row.client_id,
        ..Reachable::default()
    }
}

/// Whether the caller may do this with an order, whatever its state. What the hotline decides is the client's alone, and only
/// where there is none the inspectors'.
pub fn permits(actor: &Actor, row: &Order, details: &OrderDetails, center: &Center, action: Action) -> bool {
    if action.is_hotlines() && row.client_id.is_some() && row.client_id != actor.id && !actor.is_system() {
        return false;
    }
    policy::allows(actor, KIND, action.code(), &near(row, details, center))
}

impl Loaded {
    /// An order to who sees it.
    pub fn seen(tx: &mut Tx, actor: &Actor, row: Order) -> Result<Self> {
        let sight = access::sight(tx, &Scope::of(actor, KIND), row.id)?.ok_or_else(Problem::not_found)?;
        Self::of(tx, row, sight)
    }

    /// An order with what hangs on it.
    pub fn of(tx: &mut Tx, row: Order, sight: Sight) -> Result<Self> {
        let center = organization::load(tx, row.center_id)?;
        let rules = settings::rules(tx, &center.path)?;
        let details = row.details.open(tx.vault)?;
        let links = store::links(tx, row.id)?;
        let facts = facts(tx, &row, &details, &links, &rules)?;
        Ok(Self { row, details, center, rules, links, facts, sight })
    }

    /// Whether the caller may do this, whatever the state.
    pub fn permits(&self, actor: &Actor, action: Action) -> bool {
        permits(actor, &self.row, &self.details, &self.center, action)
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, actor: &Actor) -> Vec<String> {
        let may = |a: &&Action| decide(self.row.state, &self.facts, **a).is_ok() && self.permits(actor, **a);
        Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
    }

    /// The state after an action, or the refusal with what may be done instead.
    pub fn decide(&self, actor: &Actor, action: Action) -> Result<State> {
        let refused = |refusal| Problem { allowed_actions: Some(self.allowed(actor)), ..Problem::from(refusal) };
        Ok(decide(self.row.state, &self.facts, action).map_err(refused)?)
    }

    /// Goes on to the next state; a request or a suspension remembers where it began.
    pub fn step(&mut self, next: State) {
        let asks = |s: State| matches!(s, State::ReturnRequested | State::ExtensionRequested | State::Suspended);
        if asks(next) && !asks(self.row.state) {
            self.row.held_state = Some(self.row.state);
        } else if !asks(next) {
            self.row.held_state = None;
        }
        self.row.state = next;
    }

    /// Saves a changed order under its version, with clocks, access rows and event.
    pub fn save(&mut self, tx: &mut Tx, actor: &Actor, told: Told) -> Result<()> {
        let ended = self.row.state.is_final();
        if ended {
            clocks::stop_all(tx, self.row.id)?;
        }
        let over = ending::has_ended(tx, &self.row, &self.links)?;
        let turned = self.details.ended.is_some_and(|before| before != over);
        self.details.ended = Some(over);
        self.row.due_at = clocks::nearest_due(tx, self.row.id)?;
        self.row.details = Private::seal(tx.vault, &self.details)?;
        self.row.version += 1;
        self.row.updated_at = tx.now;
        if !store::save(tx, &self.row)? {
            return Err(Problem::of(ErrorCode::Stale).into());
        }
        place(tx, &self.row, &self.details, &self.center)?;
        tell(tx, actor, &self.row, told.with("ended", over))?;
        if turned { ending::tell_merged(tx, actor, &self.row, over) } else { Ok(()) }
    }
}

/// What the table's guards know of an order now.
fn facts(tx: &mut Tx, row: &Order, details: &OrderDetails, links: &[Link], rules: &Rules) -> Result<Facts> {
    let opened = opening::states(tx, links)?;
    let appeal = Some(row.appeal);
    let (mut return_late, mut extension_late) = (false, false);
    if let (true, Some(since)) = (row.state.is_with_center(), details.dispatched_at) {
        let limit = clocks::calendar(tx, since)?.deadline(since.utc(), rules.hotline_return_limit, &[]);
        return_late = Moment::from(limit.due) < tx.now;
        // At least so many whole working days before it is due.
        let mut day = tx.now.local_date();
        for _ in 0..rules.hotline_extension_before {
            day = clocks::workday_from(tx, day.succ_opt().unwrap_or(day))?;
        }
        let due = clocks::of_record(tx, row.id)?.into_iter().rfind(|c| c.kind == ClockKind::Hotline && c.state != "stopped").map(|c| c.due_at);
        extension_late = due.is_none_or(|due| due.local_date() < day);
    }
    Ok(Facts {
        held: row.held_state,
        opened: opened.iter().any(|s| s.open),
        ticket_asks: opened.iter().any(|s| s.asks),
        return_late,
        returned_too_often: u32::try_from(row.returns).is_ok_and(|n| n >= rules.hotline_returns),
        extension_late,
        subs_open: details.subs.iter().any(|s| s.report.is_none()),
        visit_due: row.needs_visit && row.contacted.is_none(),
        visited: row.contacted.is_some(),
        appeal,
    })
}

/// An order that the caller may see.
pub fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Loaded> {
    let row = by_reference(tx, actor, reference)?.ok_or_else(Problem::not_found)?;
    Loaded::seen(tx, actor, row)
}

/// An order for an action: locked, seen (404), allowed (403), in the version asked for (412).
pub fn load_for(tx: &mut Tx, actor: &Actor, target: &Target, action: Action) -> Result<Loaded> {
    let id = by_reference(tx, actor, &target.reference)?.ok_or_else(Problem::not_found)?.id;
    dialect::lock_root(tx.conn, "hotline_orders", id.as_str())?;
    let loaded = load_seen(tx, actor, id.as_str())?;
    if !loaded.permits(actor, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(loaded.row.version)?;
    Ok(loaded)
}

/// An order that another record leads to: the right was checked there.
pub fn load_locked(tx: &mut Tx, id: Id) -> Result<Loaded> {
    dialect::lock_root(tx.conn, "hotline_orders", id.as_str())?;
    let row = store::order(tx, id)?.ok_or_else(Problem::not_found)?;
    Loaded::of(tx, row, Sight::CLEAR)
}

/// What a change tells the world.
pub struct Told {
    kind: &'static str,
    params: Value,
    words: Option<String>,
    audience: Audience,
}

impl Told {
    /// To the staff and the hotline.
    pub fn new(kind: &'static str, params: Value) -> Self {
        Self { kind, params, words: None, audience: Audience::Staff }
    }

    /// To the caller too.
    pub fn public(self) -> Self {
        Self { audience: Audience::Applicant, ..self }
    }

    /// With one more code.
    fn with(mut self, key: &str, value: bool) -> Self {
        if let Some(params) = self.params.as_object_mut() {
            params.insert(key.to_owned(), value.into());
        }
        self
    }

    /// With what a person said.
    pub fn saying(self, words: &str) -> Self {
        Self { words: Some(words.to_owned()), ..self }
    }
}

/// A change: locked, seen, allowed, in the right version and state; then saved with what it tells.
pub fn change(tx: &mut Tx, actor: &Actor, target: &Target, action: Action, edit: impl FnOnce(&mut Tx, &mut Loaded) -> Result<Told>) -> Result<Loaded> {
    let mut loaded = load_for(tx, actor, target, action)?;
    let next = loaded.decide(actor, action)?;
    let told = edit(tx, &mut loaded)?;
    loaded.step(next);
    loaded.save(tx, actor, told)?;
    Ok(loaded)
}

/// Writes an event of an order: with its numbers, its state, and how the hotline calls that.
pub fn tell(tx: &mut Tx, actor: &Actor, row: &Order, told: Told) -> Result<()> {
    let (_, codes) = mapping::in_force(tx, row.client_id)?;
    let (code, name) = codes.out(row.state);
    let mut params = json!({ "number": row.number, "external_number": row.external_number, "round": row.round, "state": row.state,
        "external_state": code, "external_state_name": name });
    if let (Some(all), Value::Object(more)) = (params.as_object_mut(), told.params) {
        all.extend(more);
    }
    let kind = format!("{KIND}.{}", told.kind);
    let event =
        NewEvent { record_kind: KIND, record_id: row.id, version: row.version, kind: &kind, audience: told.audience, params, words: told.words.as_deref() };
    events::record(tx, actor, event)
}

/// Who sees an order: who handles it and everything above, whoever the hotline hands in at, the hotline, who handles it in
/// person, the departments that have a part of it.
pub fn place(tx: &mut Tx, row: &Order, details: &OrderDetails, center: &Center) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    if row.home_center_id != row.center_id {
        let home = organization::load(tx, row.home_center_id)?;
        subjects.extend(home.lineage().map(|id| (subject::tree(id), false)));
        // The center that took it in by hand sees it through, and does nothing more about it.
        subjects.extend(row.client_id.is_none().then(|| (subject::center(home.id.as_str()), true)));
    }
    subjects.extend(row.client_id.map(|id| (subject::user(id.as_str()), false)));
    subjects.extend(row.assignee_id.map(|id| (subject::user(id.as_str()), false)));
    subjects.extend(row.first_responder_id.map(|id| (subject::user(id.as_str()), true)));
    // The policy masks the caller for them; the part is theirs to do.
    let departments = row.department_id.into_iter().chain(details.subs.iter().map(|s| s.department_id));
    subjects.extend(departments.map(|id| (subject::department(id.as_str()), false)));
    clocks::charge(tx, row.id, row.center_id, row.department_id)?;
    for sub in details.subs.iter().filter(|s| s.report.is_none()) {
        clocks::charge_some(tx, row.id, clocks::Which::One(sub.clock_id), row.center_id, Some(sub.department_id))?;
    }
    access::place(tx, &Placement { kind: KIND, record: row.id, state: row.state.code(), due_at: row.due_at, updated_at: row.updated_at, subjects })
}

/// After the calendar moved: the deadline shown on the order follows its clocks.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "hotline_orders", id.as_str())?;
    if !clocks::recompute(tx, id)? {
        return Ok(());
    }
    let Some(mut row) = store::order(tx, id)? else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let (details, center) = (row.details.open(tx.vault)?, organization::load(tx, row.center_id)?);
    place(tx, &row, &details, &center)
}

/// A record that an order opened has changed or ended: the order tells it.
pub fn on_record(tx: &mut Tx, actor: &Actor, kind: OpenedKind, record: Id, what: &str) -> Result<()> {
    let Some(link) = store::link_to(tx, record)? else { return Ok(()) };
    let mut loaded = load_locked(tx, link.order_id)?;
    let params = json!({ "record_kind": kind, "record_id": record, "record_number": link.record_number, "record_state": what, "open": loaded.facts.opened });
    loaded.save(tx, actor, Told::new("record_ended", params))
}

/// A record that an order opened has moved on without coming to its end, such as a question that was answered or a ticket that was
/// opened again: the order tells it where it stands otherwise than before.
pub fn on_moved(tx: &mut Tx, actor: &Actor, kind: OpenedKind, record: Id, what: &str) -> Result<()> {
    let Some(link) = store::link_to(tx, record)? else { return Ok(()) };
    let Some(row) = store::order(tx, link.order_id)? else { return Ok(()) };
    let told = row.details.open(tx.vault)?.ended;
    let links = store::links(tx, row.id)?;
    let now = ending::has_ended(tx, &row, &links)?;
    if told.is_none_or(|told| told == now) {
        return Ok(());
    }
    on_record(tx, actor, kind, record, what)
}
