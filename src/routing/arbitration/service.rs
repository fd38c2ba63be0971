//! An arbitration from its opening to its decision: who are the sides, who decides, what they say.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    machine::{ArbitrationAction as Action, ArbitrationCause, ArbitrationState as State, Authority, Facts, Refusal, permits},
    store::{self, Arbitration, ArbitrationRecord, Case, Party},
    views::{ArbitrationView, view},
};
use crate::{
    access::{self, Placement},
    auth::{
        Actor, Reachable, Role, Scope,
        policy::{self, subject},
        store as accounts,
    },
    clocks::{self, ClockKind},
    db::{Error, Json, Private, Result, Tx, dialect, numbers},
    entrustments::{self, ClosedMatter, Identity, Loaded, OpenArbitration},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target},
    organization::{self, Center},
    settings,
};

/// What an arbitration is opened for.
pub struct Opening<'a> {
    /// Why.
    pub cause: ArbitrationCause,
    /// The sides beside the custodian.
    pub others: Vec<Party>,
    /// The joint handling that was declined, or not answered.
    pub joint_handling: Option<Id>,
    /// In words.
    pub reason: &'a str,
    /// Steps whose carrier is disputed.
    pub steps: Vec<String>,
    /// Under which identity, where one is given.
    pub identity: Option<Identity>,
}

/// Opens an arbitration; where one is open already, the new sides join it.
pub fn open(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, opening: Opening) -> Result<Arbitration> {
    let mut parties = vec![Party { center_id: loaded.custodian.id, department_id: None }];
    for party in opening.others {
        if !parties.contains(&party) {
            parties.push(party);
        }
    }
    if let Some(running) = loaded.details.arbitration.clone() {
        return join(tx, actor, loaded, running, &parties, opening.steps, opening.reason);
    }
    let (authority, decider) = decider(tx, &parties)?;
    let id = opening.identity.as_ref().map_or_else(Id::new, |identity| identity.id);
    let limit = settings::rules(tx, &decider.path)?.arbitration_limit;
    let record = ArbitrationRecord { reason: opening.reason.to_owned(), opened_by: actor.id, ..ArbitrationRecord::default() };
    let row = Arbitration {
        id,
        number: match opening.identity {
            Some(identity) => identity.number,
            None => numbers::next(tx, "ZD", &decider.division_code)?,
        },
        entrustment_id: loaded.e.id,
        cause: opening.cause,
        joint_handling_id: opening.joint_handling,
        state: State::Opened,
        authority,
        decider_id: decider.id,
        parties: Json::new(&parties)?,
        record: Private::seal(tx.vault, &record)?,
        due_at: clocks::start(tx, "arbitration", id, ClockKind::Arbitration, limit)?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    announce(tx, actor, loaded, &row, &decider, opening.steps)?;
    publish(tx, actor, &row, loaded, "arbitration.opened")?;
    Ok(row)
}

/// Tells the matter that it waits for a decision.
fn announce(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, row: &Arbitration, decider: &Center, steps: Vec<String>) -> Result<()> {
    let authority = (row.authority == Authority::ReformOffice).then_some(decider.id);
    let params = json!({ "arbitration_id": row.id, "number": row.number, "decider": name_of(row.authority, decider), "cause": row.cause });
    let sides = row.parties.get()?.iter().filter(|p| p.department_id.is_none()).map(|p| p.center_id).collect();
    entrustments::open_arbitration(tx, actor, loaded, OpenArbitration { id: row.id, authority, sides, steps }, params)
}

fn join(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, running: OpenArbitration, parties: &[Party], steps: Vec<String>, reason: &str) -> Result<Arbitration> {
    let id = running.id;
    dialect::lock_root(tx.conn, "arbitrations", id.as_str())?;
    let mut row = store::arbitration(tx, id)?.ok_or_else(|| Error::Corrupt("arbitration gone".into()))?;
    let mut all = row.parties.get()?;
    all.extend(parties.iter().filter(|p| !row_has(&row, p)).copied());
    row.parties = Json::new(&all)?;
    let mut record = row.record.open(tx.vault)?;
    if let Some(party) = parties.last().filter(|_| !reason.is_empty()) {
        record.cases.push(Case { party: *party, statement: reason.to_owned(), at: tx.now, by: actor.id });
    }
    // Who decides must not have become a side.
    let (authority, decider) = decider(tx, &all)?;
    (row.authority, row.decider_id) = (authority, decider.id);
    row.record = Private::seal(tx.vault, &record)?;
    let disputed = running.steps.into_iter().chain(steps).collect();
    announce(tx, actor, loaded, &row, &decider, disputed)?;
    save(tx, actor, &mut row, loaded, "arbitration.joined")?;
    Ok(row)
}

fn row_has(row: &Arbitration, party: &Party) -> bool {
    row.parties.get().is_ok_and(|all| all.contains(party))
}

/// Who decides as people call them.
pub(super) fn name_of(authority: Authority, decider: &Center) -> String {
    match authority {
        Authority::Center => decider.name.clone(),
        Authority::ReformOffice => format!("{}改革办", decider.division_name),
    }
}

/// Who decides a case, as people call them.
pub fn decider_name(tx: &mut Tx, row: &Arbitration) -> Result<String> {
    Ok(name_of(row.authority, &organization::load(tx, row.decider_id)?))
}

fn node_id(node: &str) -> Result<Id> {
    node.parse().map_err(|_| Error::Corrupt(format!("{node} is no center")))
}

/// The lowest common ancestor that is no side itself; else, and between departments, the reform office (DOMAIN §5).
fn decider(tx: &mut Tx, parties: &[Party]) -> Result<(Authority, Center)> {
    let ids: Vec<Id> = parties.iter().map(|p| p.center_id).collect();
    let centers = organization::store::centers_by_id(tx, &ids)?;
    let lineages: Vec<Vec<&str>> = centers.iter().map(|c| c.lineage().collect()).collect();
    let first = lineages.first().cloned().unwrap_or_default();
    let common: Vec<&str> = first.iter().enumerate().take_while(|(i, node)| lineages.iter().all(|l| l.get(*i) == Some(node))).map(|(_, n)| *n).collect();
    let outside = common.iter().rfind(|node| !ids.iter().any(|id| id.as_str() == **node));
    let between_departments = parties.iter().any(|p| p.department_id.is_some());
    if let (Some(node), false) = (outside, between_departments) {
        return Ok((Authority::Center, organization::load(tx, node_id(node)?)?));
    }
    let nodes: Vec<String> = common.iter().map(|n| (*n).to_owned()).collect();
    let staffed = accounts::held(tx, Role::ReformOffice, &nodes)?;
    let node = common.iter().rfind(|n| staffed.iter().any(|s| s.as_str() == **n)).or(common.first());
    let node = node.or(first.first()).ok_or_else(|| Error::Corrupt("a party without a center".into()))?;
    Ok((Authority::ReformOffice, organization::load(tx, node_id(node)?)?))
}

/// The custodian asks for a decision.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskInput {
    /// Why; the sides and who decides read it.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "项目跨如东县、崇川区，双方均认为属对方受理")]
    pub reason: String,
    /// The centers that it is disputed with: ids or division codes.
    #[validate(length(min = 1, max = 10))]
    #[schema(min_items = 1, max_items = 10, example = json!(["320613000000"]))]
    pub with: Vec<String>,
}

/// Asks for arbitration.
pub fn ask(tx: &mut Tx, actor: &Actor, target: &Target, input: &AskInput) -> Result<ArbitrationView> {
    ask_as(tx, actor, target, input, None)
}

/// [`ask`] under a given identity, where one is given.
pub fn ask_as(tx: &mut Tx, actor: &Actor, target: &Target, input: &AskInput, identity: Option<Identity>) -> Result<ArbitrationView> {
    let mut loaded = entrustments::load_for(tx, actor, entrustments::Action::AskArbitration, target)?;
    loaded.decide(actor, entrustments::Action::AskArbitration)?;
    let mut others = Vec::with_capacity(input.with.len());
    for (i, reference) in input.with.iter().enumerate() {
        let refuse = |code, zh, en| Problem::rule(&format!("/with/{i}"), code, zh, en);
        let center =
            organization::store::center_by_reference(tx, reference)?.ok_or_else(|| refuse("unknown_center", "没有这个服务中心。", "No such center."))?;
        if center.id == loaded.custodian.id || center.lineage().next() != loaded.custodian.lineage().next() {
            return Err(refuse("not_another_side", "应为同一城市中的另一个中心。", "Another center of the same city.").into());
        }
        others.push(Party { center_id: center.id, department_id: None });
    }
    let opening = Opening { cause: ArbitrationCause::Asked, others, joint_handling: None, reason: &input.reason, steps: Vec::new(), identity };
    let row = open(tx, actor, &mut loaded, opening)?;
    view(tx, actor, row)
}

/// What the table's guards know.
pub(super) fn facts(tx: &mut Tx, row: &Arbitration) -> Result<Facts> {
    let reviewed = row.record.open(tx.vault)?.new_facts.is_some();
    let matter_closed = match row.state {
        State::Decided => {
            let loaded = entrustments::load_behind(tx, row.entrustment_id)?;
            !entrustments::movable(loaded.e.state) || loaded.details.arbitration.is_some()
        }
        _ => false,
    };
    Ok(Facts { reviewed, matter_closed })
}

/// Whether the table of roles lets the caller do this: the sides speak, who decides is no side.
pub(super) fn permitted(tx: &mut Tx, actor: &Actor, row: &Arbitration, action: Action) -> Result<bool> {
    let parties = row.parties.get()?;
    let near = match action {
        Action::StateCase | Action::Review => Reachable {
            centers: parties.iter().filter(|p| p.department_id.is_none()).map(|p| p.center_id).collect(),
            departments: parties.iter().filter_map(|p| p.department_id).collect(),
            assignee: entrustments::store::entrustment(tx, row.entrustment_id)?.and_then(|e| e.assignee_id),
            ..Reachable::default()
        },
        Action::Moot => return Ok(actor.is_system()),
        Action::Decide | Action::Escalate | Action::NoCompetentUnit => {
            if side_of(actor, &parties).is_some() {
                return Ok(false);
            }
            match row.authority {
                Authority::Center => Reachable { centers: vec![row.decider_id], ..Reachable::default() },
                Authority::ReformOffice => Reachable { authority: Some(row.decider_id), ..Reachable::default() },
            }
        }
    };
    Ok(policy::allows(actor, "arbitration", action.code(), &near))
}

/// The side that the caller stands on.
fn side_of(actor: &Actor, parties: &[Party]) -> Option<Party> {
    let at = |role: Role, node: Id| actor.nodes(role).any(|n| n == node.as_str());
    let speaks = |p: &&Party| match p.department_id {
        Some(id) => at(Role::DepartmentHandler, id),
        None => [Role::CenterManager, Role::Agent, Role::Clerk].into_iter().any(|role| at(role, p.center_id)),
    };
    parties.iter().find(speaks).copied()
}

pub(super) fn by_reference(tx: &mut Tx, reference: &str) -> Result<Arbitration> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::arbitration(tx, id)?,
        Err(_) => store::arbitration_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// An arbitration and its matter, both locked, the matter first; and the state after the action.
pub fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<(Arbitration, Loaded, State)> {
    let found = by_reference(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "arbitrations", found.id.as_str())?;
    let row = store::arbitration(tx, found.id)?.ok_or_else(Problem::not_found)?;
    access::sight(tx, &Scope::of(actor, "arbitration"), row.id)?.ok_or_else(Problem::not_found)?;
    if !permitted(tx, actor, &row, action)? {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    let facts = facts(tx, &row)?;
    let next = match permits(row.state, facts, action) {
        Ok(next) => next,
        Err(refusal) => return Err(refused(tx, actor, &row, refusal)?.into()),
    };
    Ok((row, entrustments::load_locked(tx, found.entrustment_id)?, next))
}

fn refused(tx: &mut Tx, actor: &Actor, row: &Arbitration, refusal: Refusal) -> Result<Problem> {
    Ok(Problem { allowed_actions: Some(super::views::allowed(tx, actor, row)?), ..Problem::from(refusal) })
}

/// Saves a change under its version, with its event and visibility.
pub fn save(tx: &mut Tx, actor: &Actor, row: &mut Arbitration, loaded: &Loaded, kind: &str) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    publish(tx, actor, row, loaded, kind)
}

fn publish(tx: &mut Tx, actor: &Actor, row: &Arbitration, loaded: &Loaded, kind: &str) -> Result<()> {
    let params = json!({ "number": row.number, "entrustment_id": row.entrustment_id, "state": row.state });
    let event = NewEvent { record_kind: "arbitration", record_id: row.id, version: row.version, kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    place(tx, row, loaded)
}

/// Who sees an arbitration: its sides, who decides, what is above them, and the matter's agent. No applicant: they read
/// the relay as one plain timeline.
pub fn place(tx: &mut Tx, row: &Arbitration, loaded: &Loaded) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = Vec::new();
    for party in row.parties.get()? {
        match party.department_id {
            Some(id) => subjects.push((subject::department(id.as_str()), false)),
            None => {
                let center = organization::load(tx, party.center_id)?;
                subjects.extend(organization::subjects_of(&center).into_iter().map(|s| (s, false)));
            }
        }
    }
    let decider = organization::load(tx, row.decider_id)?;
    match row.authority {
        Authority::Center => subjects.extend(organization::subjects_of(&decider).into_iter().map(|s| (s, false))),
        Authority::ReformOffice => subjects.push((subject::authority(decider.id.as_str()), false)),
    }
    subjects.extend(loaded.e.assignee_id.map(|id| (subject::user(id.as_str()), false)));
    let due_at = if row.state.is_open() { row.due_at } else { Moment::NEVER };
    clocks::charge(tx, row.id, row.decider_id, None)?;
    access::place(tx, &Placement { kind: "arbitration", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// What a side says.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseInput {
    /// In words, with the evidence that it rests on.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000, example = "项目用地在本县范围之外，见红线图 2026-018")]
    pub statement: String,
}

/// A side states its case.
pub fn state_case(tx: &mut Tx, actor: &Actor, target: &Target, input: &CaseInput) -> Result<ArbitrationView> {
    let (mut row, loaded, _) = load_for(tx, actor, Action::StateCase, target)?;
    let mut record = row.record.open(tx.vault)?;
    if record.cases.len() >= 50 {
        return Err(Problem::rule("/statement", "too_many", "一件指定办理最多陈述 50 次。", "At most 50 statements.").into());
    }
    let custodian = Party { center_id: loaded.custodian.id, department_id: None };
    let party = side_of(actor, &row.parties.get()?).unwrap_or(custodian);
    record.cases.push(Case { party, statement: input.statement.clone(), at: tx.now, by: actor.id });
    row.record = Private::seal(tx.vault, &record)?;
    save(tx, actor, &mut row, &loaded, "arbitration.case_stated")?;
    view(tx, actor, row)
}

/// Refers to the leader in charge.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalateInput {
    /// Post of the leader.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "分管副市长")]
    pub leader: String,
    /// Why.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "涉及两个部门的职责调整")]
    pub reason: String,
}

/// Who decides refers the case to the leader in charge (text 002); the limit begins anew.
pub fn escalate(tx: &mut Tx, actor: &Actor, target: &Target, input: &EscalateInput) -> Result<ArbitrationView> {
    let (mut row, loaded, next) = load_for(tx, actor, Action::Escalate, target)?;
    let mut record = row.record.open(tx.vault)?;
    record.leader = Some(input.leader.clone());
    record.referral.clone_from(&input.reason);
    row.record = Private::seal(tx.vault, &record)?;
    row.state = next;
    restart(tx, &mut row)?;
    save(tx, actor, &mut row, &loaded, "arbitration.escalated")?;
    view(tx, actor, row)
}

fn restart(tx: &mut Tx, row: &mut Arbitration) -> Result<()> {
    clocks::stop(tx, row.id, &[ClockKind::Arbitration])?;
    let decider = organization::load(tx, row.decider_id)?;
    let limit = settings::rules(tx, &decider.path)?.arbitration_limit;
    row.due_at = clocks::start(tx, "arbitration", row.id, ClockKind::Arbitration, limit)?;
    Ok(())
}

/// Nobody is competent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoUnitInput {
    /// Why.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "新业态，现有职责均未覆盖")]
    pub reason: String,
}

/// What is done for a matter for which no unit is competent, with its arbitration, who decided and why; answers the fallback
/// ticket that was opened: set by `app`.
pub static ON_NO_UNIT: OnceLock<OnNoUnit> = OnceLock::new();
/// See [`ON_NO_UNIT`].
pub type OnNoUnit = fn(&mut Tx, &Actor, &Loaded, &Center, (Id, &str), &str) -> Result<(Id, String)>;

/// Finds that no unit is competent: the matter is for the fallback, the custodian serves on.
pub fn no_competent_unit(tx: &mut Tx, actor: &Actor, target: &Target, input: &NoUnitInput) -> Result<ArbitrationView> {
    let (mut row, mut loaded, next) = load_for(tx, actor, Action::NoCompetentUnit, target)?;
    let mut record = row.record.open(tx.vault)?;
    record.no_unit.clone_from(&input.reason);
    row.record = Private::seal(tx.vault, &record)?;
    row.state = next;
    clocks::stop(tx, row.id, &[ClockKind::Arbitration])?;
    let decider = organization::load(tx, row.decider_id)?;
    let params = json!({ "arbitration_id": row.id, "number": row.number, "decider": name_of(row.authority, &decider) });
    entrustments::close_arbitration(tx, actor, &mut loaded, false, params)?;
    if let Some(hook) = ON_NO_UNIT.get() {
        let (ticket, number) = hook(tx, actor, &loaded, &decider, (row.id, &row.number), &input.reason)?;
        entrustments::note_fallback(tx, actor, &mut loaded, ticket, &number)?;
    }
    save(tx, actor, &mut row, &loaded, "arbitration.no_competent_unit")?;
    view(tx, actor, row)
}

/// New facts.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewInput {
    /// Facts that the decision did not know.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000, example = "经测绘，项目用地三分之二在崇川区，见测绘报告 2026-31")]
    pub new_facts: String,
}

/// A side asks for the one review, on new facts; the decision binds meanwhile.
pub fn review(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReviewInput) -> Result<ArbitrationView> {
    let (mut row, mut loaded, next) = load_for(tx, actor, Action::Review, target)?;
    let mut record = row.record.open(tx.vault)?;
    record.new_facts = Some(input.new_facts.clone());
    row.record = Private::seal(tx.vault, &record)?;
    row.state = next;
    restart(tx, &mut row)?;
    let decider = organization::load(tx, row.decider_id)?;
    announce(tx, actor, &mut loaded, &row, &decider, Vec::new())?;
    save(tx, actor, &mut row, &loaded, "arbitration.review_asked")?;
    view(tx, actor, row)
}

/// The matter has ended: nothing is left to decide.
pub fn fall(tx: &mut Tx, actor: &Actor, matter: &ClosedMatter) -> Result<()> {
    for found in store::of_matter(tx, matter.id)?.into_iter().filter(|row| row.state.is_open()) {
        dialect::lock_root(tx.conn, "arbitrations", found.id.as_str())?;
        let mut row = store::arbitration(tx, found.id)?.ok_or_else(|| Error::Corrupt("arbitration gone".into()))?;
        row.state = permits(row.state, Facts::default(), Action::Moot)?;
        clocks::stop(tx, row.id, &[ClockKind::Arbitration])?;
        let loaded = entrustments::load_locked(tx, matter.id)?;
        save(tx, actor, &mut row, &loaded, "arbitration.moot")?;
    }
    Ok(())
}

/// After the calendar moved: the time to decide follows its clock.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    let Some(found) = store::arbitration(tx, id)? else { return Ok(()) };
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "arbitrations", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::arbitration(tx, id)?.filter(|row| moved && row.state.is_open()) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let loaded = entrustments::load_locked(tx, row.entrustment_id)?;
    place(tx, &row, &loaded)
}
