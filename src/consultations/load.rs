//! Loading with permission in one call, and saving with everything that must go with it: event, clock, access rows.

use std::sync::OnceLock;

use serde_json::Value;

use super::{
    machine::{self, ConsultationAction as Action, ConsultationState as State, Facts},
    model::{CitedArticle, ConsultationDetails, TransferStanding},
    store::{self, Consultation, Offer},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{
        Actor, Reachable, Role, Scope,
        policy::{self, subject},
    },
    catalogue,
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect},
    events::{self, Audience, NewEvent, covering},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, text},
    organization::{self, Center},
    settings::{self, Rules},
};

/// Its name in the access table, in the policy and in events.
pub const KIND: &str = "consultation";

/// What happens to a consultation that higher rooms act upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was saved, whatever for.
    Saved,
    /// It is closed, handed over or withdrawn.
    Ended,
}

/// What higher rooms do in the transaction of a step: set by `app`.
pub static ON_STEP: OnceLock<StepHook> = OnceLock::new();
/// See [`ON_STEP`].
pub type StepHook = fn(&mut Tx, &Actor, &Consultation, Step) -> Result<()>;

/// Tells higher rooms of a step.
pub(super) fn step(tx: &mut Tx, actor: &Actor, row: &Consultation, what: Step) -> Result<()> {
    ON_STEP.get().map_or(Ok(()), |hook| hook(tx, actor, row, what))
}

/// How the knowledge base notes that an answer rests on its articles: set by `app`.
pub static CITE: OnceLock<CiteHook> = OnceLock::new();
/// See [`CITE`]: the consultation, its center, and the articles by id or number.
pub type CiteHook = fn(&mut Tx, &Actor, Id, &Center, &[String]) -> Result<Vec<CitedArticle>>;

/// A consultation with what is needed to decide about it.
#[derive(Clone)]
pub struct Opened {
    /// The record.
    pub row: Consultation,
    /// What people wrote.
    pub details: ConsultationDetails,
    /// The center that answers.
    pub center: Center,
    /// The center that has an offer of it.
    pub offered: Option<Center>,
    /// Its offers, oldest first.
    pub offers: Vec<Offer>,
    /// The rules of the center.
    pub rules: Rules,
    /// How the caller sees it.
    pub sight: Sight,
}

impl Opened {
    /// What the table's guards know.
    fn facts(&self) -> Facts {
        let many = |n: i32, most: u32| u32::try_from(n).is_ok_and(|n| n >= most);
        Facts {
            offered: self.row.offered_to_id.is_some(),
            returned_enough: many(self.row.returns, self.rules.returns_total),
            moved_enough: many(self.row.hand_overs, self.rules.max_hand_overs),
        }
    }

    /// The state after `action`, or the refusal with what may be done instead.
    pub fn decide(&self, actor: &Actor, action: Action) -> Result<State> {
        machine::decide(self.row.state, self.facts(), action)
            .map_err(|refusal| Problem { allowed_actions: Some(self.allowed(actor)), ..Problem::from(refusal) }.into())
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, actor: &Actor) -> Vec<String> {
        let may = |a: &&Action| machine::decide(self.row.state, self.facts(), **a).is_ok() && self.permits(actor, **a);
        Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
    }

    /// Whether the policy lets this caller do it.
    pub fn permits(&self, actor: &Actor, action: Action) -> bool {
        policy::allows(actor, KIND, action.code(), &self.near(action)) && (action != Action::Designate || self.stands_above(actor))
    }

    /// How far it is from a caller: an offer is answered by the center that has it, everything else is done by the one that answers.
    pub fn near(&self, action: Action) -> Reachable<'_> {
        let answers_offer = matches!(action, Action::AcceptTransfer | Action::ReturnTransfer);
        let at = self.offered.as_ref().filter(|_| answers_offer).unwrap_or(&self.center);
        Reachable {
            applicant: self.row.applicant_id,
            assignee: self.row.assignee_id.filter(|_| !answers_offer),
            centers: vec![at.id],
            path: &at.path,
            client: self.row.source_by,
            ..Reachable::default()
        }
    }

    /// Whether the caller leads a center above the one that answers, and is no party: only such a one says who must.
    pub fn stands_above(&self, actor: &Actor) -> bool {
        let mut nodes = actor.nodes(Role::CenterManager).chain(actor.nodes(Role::ReformOffice));
        actor.is_system() || nodes.any(|n| n != self.center.id.as_str() && self.center.path.split('/').any(|p| p == n))
    }

    /// The open offer.
    pub fn open_offer(&self) -> Option<&Offer> {
        self.offers.iter().find(|o| o.state == TransferStanding::Offered)
    }
}

/// By id or number, whoever may see it.
pub fn by_reference(tx: &mut Tx, reference: &str) -> Result<Option<Consultation>> {
    match reference.parse::<Id>() {
        Ok(id) => store::consultation(tx, id),
        Err(_) => store::by_number(tx, &reference.to_ascii_uppercase()),
    }
}

fn opened(tx: &mut Tx, row: Consultation, sight: Sight) -> Result<Opened> {
    let center = organization::load(tx, row.center_id)?;
    Ok(Opened {
        details: row.details.open(tx.vault)?,
        offered: row.offered_to_id.map(|id| organization::load(tx, id)).transpose()?,
        offers: store::offers(tx, row.id)?,
        rules: settings::rules(tx, &center.path)?,
        center,
        row,
        sight,
    })
}

/// One that was just made.
pub(super) fn fresh(tx: &mut Tx, row: Consultation) -> Result<Opened> {
    opened(tx, row, Sight::CLEAR)
}

/// A consultation that the caller may see.
pub fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Opened> {
    let row = by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    let sight = access::sight(tx, &Scope::of(actor, KIND), row.id)?.ok_or_else(Problem::not_found)?;
    opened(tx, row, sight)
}

/// A consultation that another record of the caller's leads to, to be read: the caller's right was checked there.
pub fn load_behind(tx: &mut Tx, id: Id) -> Result<Opened> {
    let row = store::consultation(tx, id)?.ok_or_else(Problem::not_found)?;
    opened(tx, row, Sight::CLEAR)
}

/// A consultation for an action: locked, seen (404), allowed (403), in the version asked for (412).
pub fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<Opened> {
    let id = by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?.id;
    dialect::lock_root(tx.conn, "consultations", id.as_str())?;
    let loaded = load_seen(tx, actor, id.as_str())?;
    if !loaded.permits(actor, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(loaded.row.version)?;
    Ok(loaded)
}

/// What a change tells the world.
pub struct Told {
    kind: &'static str,
    audience: Audience,
    params: Value,
    words: Option<String>,
}

impl Told {
    /// Without words of anybody.
    pub fn new(kind: &'static str, audience: Audience, params: Value) -> Self {
        Self { kind, audience, params, words: None }
    }

    /// With what a person said.
    pub fn saying(self, words: &str) -> Self {
        Self { words: Some(words.to_owned()).filter(|w| !w.is_empty()), ..self }
    }
}

/// Writes an event of a consultation.
pub fn tell(tx: &mut Tx, actor: &Actor, row: &Consultation, told: Told) -> Result<()> {
    let kind = format!("{KIND}.{}", told.kind);
    let Told { audience, params, words, .. } = told;
    let event = NewEvent { record_kind: KIND, record_id: row.id, version: row.version, kind: &kind, audience, params, words: words.as_deref() };
    events::record(tx, actor, event)
}

/// A change of a consultation: locked, seen, allowed, in the right version and state; then saved with what it tells.
pub fn change(tx: &mut Tx, actor: &Actor, target: &Target, action: Action, edit: impl FnOnce(&mut Tx, &mut Opened) -> Result<Told>) -> Result<Opened> {
    let mut loaded = load_for(tx, actor, action, target)?;
    let next = loaded.decide(actor, action)?;
    let told = edit(tx, &mut loaded)?;
    loaded.row.state = next;
    save(tx, actor, &mut loaded, told)?;
    Ok(loaded)
}

/// Saves a changed consultation under its version, with clock, access rows and event.
pub fn save(tx: &mut Tx, actor: &Actor, loaded: &mut Opened, told: Told) -> Result<()> {
    let wanted = (loaded.row.state == State::Open).then_some(loaded.rules.consultation_limit);
    let row = &mut loaded.row;
    if row.confidential {
        covering::details(tx, KIND, row.id, &mut loaded.details)?;
    }
    row.details = Private::seal(tx.vault, &loaded.details)?;
    row.version += 1;
    row.updated_at = tx.now;
    clocks::keep_running(tx, KIND, row.id, ClockKind::Consultation, wanted)?;
    row.due_at = if wanted.is_some() { clocks::nearest_due(tx, row.id)? } else { Moment::NEVER };
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    place(tx, loaded)?;
    tell(tx, actor, &loaded.row, told)?;
    step(tx, actor, &loaded.row, Step::Saved)
}

/// Custody has moved: the limit begins anew at the center that answers now.
pub(super) fn restart(tx: &mut Tx, row: &Consultation) -> Result<()> {
    clocks::stop(tx, row.id, &[ClockKind::Consultation])
}

/// Who sees a consultation: its center and everything above, who answers, who met the asker first, the asker, the client that
/// took it in; a center that has an offer of it; and, masked, every center that once had it.
pub fn place(tx: &mut Tx, loaded: &Opened) -> Result<()> {
    let row = &loaded.row;
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(&loaded.center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(row.assignee_id.map(|id| (subject::user(id.as_str()), false)));
    subjects.extend(row.first_responder_id.map(|id| (subject::user(id.as_str()), true)));
    subjects.extend(row.applicant_id.map(|id| (subject::applicant(id.as_str()), false)));
    subjects.extend(row.source_by.map(|id| (subject::user(id.as_str()), false)));
    subjects.extend(row.offered_to_id.map(|id| (subject::center(id.as_str()), false)));
    let moved = loaded.offers.iter().filter(|o| matches!(o.state, TransferStanding::Accepted | TransferStanding::Designated));
    subjects.extend(moved.map(|o| (subject::center(o.from_center_id.as_str()), true)));
    clocks::charge(tx, row.id, row.center_id, None)?;
    access::place(tx, &Placement { kind: KIND, record: row.id, state: row.state.code(), due_at: row.due_at, updated_at: row.updated_at, subjects })
}

/// Full text over what is not personal: numbers, items and what it is about. What was asked is kept encrypted.
pub(super) fn index(tx: &mut Tx, row: &Consultation) -> Result<()> {
    let items = row.items.get()?;
    let names: Vec<String> = catalogue::store::items_by_id(tx, &items)?.into_iter().map(|i| format!("{} {}", i.code, i.name)).collect();
    let body = text::fold(&format!("{} {} {} {}", row.number, row.theme.label(), row.channel.label(), names.join(" ")));
    let tokens = text::tokens(&body).iter().map(|t| text::encode_token(t)).collect::<Vec<_>>().join(" ");
    dialect::put_document(tx.conn, KIND, row.id.as_str(), &body, &tokens)
}

/// After the calendar moved: the time to answer follows its clock.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "consultations", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::consultation(tx, id)?.filter(|row| moved && row.state == State::Open) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let loaded = opened(tx, row, Sight::CLEAR)?;
    place(tx, &loaded)
}
