//! Asking for a joint handling, and what ties it to its matter: custody, suspension, the end.

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

use super::{
    machine::{Facts, JointAction as Action, JointState as State, Refusal, permits},
    store::{self, JointHandling, JointRecord},
    views::{self, JointHandlingView, view},
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
    entrustments::{
        self, ClosedMatter, Identity, Leg, Loaded,
        legs::{self, LegTold},
    },
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target},
    organization::{self, Center},
    routing::{Relation, lines, relayed, resolve_for},
};

/// A request for joint handling.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "to": "auto", "steps": ["S2"], "reason": "该步骤属市级审批，请协调市级部门办理", "papers": ["申请表"] }))]
pub struct JointInput {
    /// `auto` (the center above to which the steps belong), a center's id, or a division code. Either this or a department.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "auto")]
    pub to: Option<String>,
    /// A department that has an account here.
    #[serde(default)]
    pub department_id: Option<Id>,
    /// Codes of the plan's steps that are asked for: planned, and not with anybody else.
    #[validate(length(min = 1, max = 50))]
    #[schema(min_items = 1, max_items = 50, example = json!(["S2"]))]
    pub steps: Vec<String>,
    /// Why, and what is asked.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "该步骤属市级审批，请协调市级部门办理")]
    pub reason: String,
    /// Papers that go along.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_items = 100)]
    pub papers: Vec<String>,
    /// To be done by; absent: the last planned day of the steps, or the city's limit where that is over.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub due_on: Option<NaiveDate>,
}

/// Who is asked.
pub(super) struct Addressee {
    pub center: Center,
    pub department: Option<(Id, String)>,
}

impl Addressee {
    fn name(&self) -> &str {
        self.department.as_ref().map_or(self.center.name.as_str(), |(_, name)| name.as_str())
    }
}

/// Asks.
pub fn request(tx: &mut Tx, actor: &Actor, target: &Target, input: &JointInput) -> Result<JointHandlingView> {
    request_as(tx, actor, target, input, None)
}

/// A request under a given identity, where one is given.
pub fn request_as(tx: &mut Tx, actor: &Actor, target: &Target, input: &JointInput, identity: Option<Identity>) -> Result<JointHandlingView> {
    let mut loaded = entrustments::load_for(tx, actor, entrustments::Action::RequestJoint, target)?;
    loaded.decide(actor, entrustments::Action::RequestJoint)?;
    lines(&input.papers, "/papers")?;
    let names = legs::free_steps(&loaded, &input.steps, "/steps")?;
    if input.steps.iter().any(|code| loaded.plan.is_disputed(code)) {
        let zh = "该步骤由谁办理正在指定办理，决定之前不能另请联办。";
        return Err(loaded
            .refused(actor, Problem::new(ErrorCode::StateConflict, crate::kernel::Text::new(zh, "Who carries this step is being arbitrated.")))
            .into());
    }
    if input.due_on.is_some_and(|day| day <= tx.now.local_date()) {
        return Err(Problem::rule("/due_on", "out_of_range", "完成日期应晚于今天。", "After today.").into());
    }
    let to = addressee(tx, &loaded, input)?;
    let declined = |row: &JointHandling| {
        let same = row.to_center_id == to.center.id && row.department_id == to.department.as_ref().map(|(id, _)| *id);
        let steps = row.steps.get().unwrap_or_default();
        same && matches!(row.state, State::Declined | State::Expired) && steps.iter().any(|s| input.steps.contains(s))
    };
    if store::of_matter(tx, loaded.e.id)?.iter().any(declined) {
        let zh = "对方曾拒绝或逾期未答复同一步骤的联办，只能由指定办理确定。";
        return Err(loaded
            .refused(actor, Problem::new(ErrorCode::StateConflict, crate::kernel::Text::new(zh, "Declined before: only arbitration decides.")))
            .into());
    }
    let record = JointRecord {
        reason: input.reason.clone(),
        papers: input.papers.clone(),
        due_on: input.due_on.or_else(|| planned_end(&loaded, &input.steps)),
        requested_by: actor.id,
        ..JointRecord::default()
    };
    let row = insert(tx, &loaded, &to, &input.steps, record, New { identity, arbitration: None })?;
    let steps = names.join("、");
    let params = json!({ "joint_handling_id": row.id, "from": loaded.custodian.name, "to": to.name(), "steps": steps });
    let told = LegTold { kind: "joint_requested", audience: Audience::Staff, params, words: &input.reason };
    legs::open_leg(tx, actor, &mut loaded, leg_of(&row)?, told)?;
    publish(tx, actor, &row, &loaded, "requested")?;
    view(tx, actor, row)
}

/// What arbitration imposes.
pub struct Imposed<'a> {
    /// Which arbitration.
    pub arbitration: Id,
    /// The center.
    pub center: Center,
    /// A department of it.
    pub department: Option<(Id, String)>,
    /// Codes of the steps.
    pub steps: &'a [String],
    /// Why.
    pub reason: &'a str,
}

/// Imposes a joint handling: it is taken over from this moment on.
pub fn impose(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, imposed: Imposed) -> Result<()> {
    let names = legs::free_steps(loaded, imposed.steps, "/steps")?;
    let record = JointRecord {
        reason: imposed.reason.to_owned(),
        due_on: planned_end(loaded, imposed.steps),
        requested_by: actor.id,
        answered_at: Some(tx.now),
        ..JointRecord::default()
    };
    let to = Addressee { center: imposed.center, department: imposed.department };
    let row = insert(tx, loaded, &to, imposed.steps, record, New { identity: None, arbitration: Some(imposed.arbitration) })?;
    let params = json!({ "joint_handling_id": row.id, "to": to.name(), "steps": names.join("、") });
    let told = LegTold { kind: "joint_imposed", audience: Audience::Applicant, params, words: "" };
    legs::open_leg(tx, actor, loaded, leg_of(&row)?, told)?;
    publish(tx, actor, &row, loaded, "imposed")
}

/// How a joint handling begins: under a given identity, or imposed.
struct New {
    identity: Option<Identity>,
    arbitration: Option<Id>,
}

fn insert(tx: &mut Tx, loaded: &Loaded, to: &Addressee, steps: &[String], record: JointRecord, new: New) -> Result<JointHandling> {
    let id = new.identity.as_ref().map_or_else(Id::new, |identity| identity.id);
    let (state, answer_due_at, due_at) = match new.arbitration {
        Some(_) => (State::Accepted, Moment::NEVER, start_work(tx, id, loaded, record.due_on)?),
        None => {
            let due = clocks::start(tx, "joint_handling", id, ClockKind::JointAnswer, loaded.rules.joint_answer_limit)?;
            (State::Requested, due, due)
        }
    };
    let row = JointHandling {
        id,
        number: match new.identity {
            Some(identity) => identity.number,
            None => numbers::next(tx, "LB", &loaded.custodian.division_code)?,
        },
        entrustment_id: loaded.e.id,
        from_center_id: loaded.custodian.id,
        to_center_id: to.center.id,
        department_id: to.department.as_ref().map(|(id, _)| *id),
        assignee_id: None,
        arbitration_id: new.arbitration,
        state,
        steps: Json::new(&steps.to_vec())?,
        record: Private::seal(tx.vault, &record)?,
        answer_due_at,
        due_at,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    Ok(row)
}

/// The work begins: until the day that is named and not over, else by the city's limit.
pub(super) fn start_work(tx: &mut Tx, id: Id, loaded: &Loaded, due_on: Option<NaiveDate>) -> Result<Moment> {
    match due_on.filter(|day| *day > tx.now.local_date()) {
        Some(day) => {
            clocks::start_until(tx, "joint_handling", id, ClockKind::Joint, day)?;
            clocks::nearest_due(tx, id)
        }
        None => clocks::start(tx, "joint_handling", id, ClockKind::Joint, loaded.rules.joint_limit),
    }
}

fn planned_end(loaded: &Loaded, steps: &[String]) -> Option<NaiveDate> {
    let ends = loaded.plan.steps.iter().filter(|(row, _)| steps.contains(&row.code)).filter_map(|(row, _)| row.planned_end.as_deref()?.parse().ok());
    ends.max()
}

pub(super) fn leg_of(row: &JointHandling) -> Result<Leg> {
    Ok(Leg {
        id: row.id,
        center_id: row.to_center_id,
        department_id: row.department_id,
        assignee_id: row.assignee_id,
        steps: row.steps.get()?,
        open: row.state.is_open(),
    })
}

/// Who is asked: of the same city, not the custodian, and able to answer.
fn addressee(tx: &mut Tx, loaded: &Loaded, input: &JointInput) -> Result<Addressee> {
    let custodian = &loaded.custodian;
    match (&input.to, input.department_id) {
        (Some(_), Some(_)) | (None, None) => {
            Err(Problem::rule("/to", "center_or_department", "中心（to）和部门（department_id）须填且只填一项。", "Either a center or a department.").into())
        }
        (None, Some(id)) => {
            let unknown = || Problem::rule("/department_id", "unknown_department", "本市没有这个部门。", "No such department here.");
            let department = organization::department(tx, id)?.ok_or_else(unknown)?;
            let center = organization::load(tx, department.center_id)?;
            if center.lineage().next() != custodian.lineage().next() {
                return Err(unknown().into());
            }
            if accounts::held(tx, Role::DepartmentHandler, &[id.to_string()])?.is_empty() {
                let zh = format!("{}没有开通经办账号，请提请其所在的{}联办。", department.name, center.name);
                return Err(Problem::rule("/department_id", "department_without_account", zh, "The department has no account: ask its center.").into());
            }
            Ok(Addressee { center, department: Some((department.id, department.name)) })
        }
        (Some(to), None) => {
            let center = if to == "auto" { above(tx, loaded, &input.steps)? } else { named(tx, to)? };
            if center.status != "active" || center.lineage().next() != custodian.lineage().next() {
                return Err(Problem::rule("/to", "unknown_center", "本市没有这个在用的服务中心。", "No such active center in this city.").into());
            }
            if center.id == custodian.id {
                return Err(Problem::rule("/to", "same_center", "本件已由该中心办理，无须联办。", "The center has custody already.").into());
            }
            Ok(Addressee { center, department: None })
        }
    }
}

fn named(tx: &mut Tx, reference: &str) -> Result<Center> {
    let found = organization::store::center_by_reference(tx, reference)?;
    Ok(found.ok_or_else(|| Problem::rule("/to", "unknown_center", "没有这个服务中心。", "No such center."))?)
}

/// The center above that the steps belong to: that of their departments, else the resolver's, else the next above.
fn above(tx: &mut Tx, loaded: &Loaded, steps: &[String]) -> Result<Center> {
    let custodian = &loaded.custodian;
    let departments: Vec<Id> = loaded.plan.steps.iter().filter(|(row, _)| steps.contains(&row.code)).filter_map(|(row, _)| row.department_id).collect();
    let homes: Vec<Id> = organization::store::departments_by_id(tx, &departments)?.iter().map(|d| d.center_id).collect();
    let lineage: Vec<Id> = custodian.lineage().filter_map(|id| id.parse().ok()).filter(|id| *id != custodian.id).collect();
    if let Some(home) = lineage.iter().find(|id| homes.contains(id)) {
        return organization::load(tx, *home);
    }
    let (resolved, why) = resolve_for(tx, loaded)?;
    if why.relation == Relation::JointUpward {
        return Ok(resolved);
    }
    let top = || Problem::rule("/to", "nobody_above", "本中心没有上级中心，请写明联办的中心或部门。", "Nobody above: name whom to ask.");
    organization::load(tx, *lineage.last().ok_or_else(top)?)
}

/// Name of who carries it.
pub fn carrier_name(tx: &mut Tx, row: &JointHandling) -> Result<String> {
    Ok(match row.department_id {
        Some(id) => organization::department(tx, id)?.map(|d| d.name).unwrap_or_default(),
        None => organization::load(tx, row.to_center_id)?.name,
    })
}

pub(super) fn by_reference(tx: &mut Tx, reference: &str) -> Result<JointHandling> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::joint_handling(tx, id)?,
        Err(_) => store::joint_handling_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// What the table's guards know.
pub(super) fn facts(tx: &mut Tx, row: &JointHandling) -> Result<Facts> {
    let record = row.record.open(tx.vault)?;
    let matter = entrustments::store::entrustment(tx, row.entrustment_id)?.ok_or_else(|| Error::Corrupt("matter gone".into()))?;
    let steps = row.steps.get()?;
    let left = steps.iter().filter(|code| record.results.iter().all(|r| r.step != **code)).count();
    let plan = entrustments::store::steps(tx, row.entrustment_id)?;
    let ready = |code: &String| record.results.iter().all(|r| r.step != *code) && plan.iter().any(|s| s.code == *code && s.state.has_ended());
    Ok(Facts {
        asked: record.asked.is_some(),
        result_ready: steps.iter().any(ready),
        matter_active: matter.state == entrustments::State::InProgress,
        imposed: row.arbitration_id.is_some(),
        steps_left: u32::try_from(left).unwrap_or(u32::MAX),
        extended: record.extended,
    })
}

/// Whether the table of roles lets the caller do this: who carries the steps on one side, the custodian on the other.
pub(super) fn permitted(tx: &mut Tx, actor: &Actor, row: &JointHandling, action: Action) -> Result<bool> {
    let near = match action {
        Action::Expire => return Ok(actor.is_system()),
        Action::Supply | Action::Extend | Action::Cancel => {
            let assignee = entrustments::store::entrustment(tx, row.entrustment_id)?.and_then(|e| e.assignee_id);
            Reachable { centers: vec![row.from_center_id], assignee, ..Reachable::default() }
        }
        _ => match row.department_id {
            Some(id) => Reachable { departments: vec![id], ..Reachable::default() },
            None => Reachable { centers: vec![row.to_center_id], assignee: row.assignee_id, ..Reachable::default() },
        },
    };
    Ok(policy::allows(actor, "joint_handling", action.code(), &near))
}

/// A joint handling and its matter, both locked, the matter first; and the state after the action.
pub(super) fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<(JointHandling, Loaded, State)> {
    let found = by_reference(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "joint_handlings", found.id.as_str())?;
    let row = store::joint_handling(tx, found.id)?.ok_or_else(Problem::not_found)?;
    access::sight(tx, &Scope::of(actor, "joint_handling"), row.id)?.ok_or_else(Problem::not_found)?;
    if !permitted(tx, actor, &row, action)? {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    let facts = facts(tx, &row)?;
    let next = match permits(row.state, &facts, action) {
        Ok(next) => next,
        Err(refusal) => return Err(refused(tx, actor, &row, refusal)?.into()),
    };
    Ok((row, entrustments::load_locked(tx, found.entrustment_id)?, next))
}

fn refused(tx: &mut Tx, actor: &Actor, row: &JointHandling, refusal: Refusal) -> Result<Problem> {
    Ok(Problem { allowed_actions: Some(views::allowed(tx, actor, row)?), ..Problem::from(refusal) })
}

/// Saves a change under its version, with its event and visibility. An end stops its clocks.
pub(super) fn save(tx: &mut Tx, actor: &Actor, row: &mut JointHandling, record: &JointRecord, loaded: &Loaded, kind: &str) -> Result<()> {
    if !row.state.is_open() {
        clocks::stop_all(tx, row.id)?;
        row.answer_due_at = Moment::NEVER;
    }
    row.due_at = clocks::nearest_due(tx, row.id)?;
    row.record = Private::seal(tx.vault, record)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    publish(tx, actor, row, loaded, kind)
}

fn publish(tx: &mut Tx, actor: &Actor, row: &JointHandling, loaded: &Loaded, kind: &str) -> Result<()> {
    let kind = format!("joint_handling.{kind}");
    let params: Value = json!({ "number": row.number, "entrustment_id": row.entrustment_id, "state": row.state });
    let event =
        NewEvent { record_kind: "joint_handling", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    place(tx, row, loaded)?;
    relayed(tx, actor, row.entrustment_id, row.id)
}

/// Who sees a joint handling: both sides and what is above them, the agents on both sides, and the applicant.
fn place(tx: &mut Tx, row: &JointHandling, loaded: &Loaded) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(&loaded.custodian).into_iter().map(|s| (s, false)).collect();
    match row.department_id {
        Some(id) => subjects.push((subject::department(id.as_str()), false)),
        None => {
            let to = organization::load(tx, row.to_center_id)?;
            subjects.extend(organization::subjects_of(&to).into_iter().map(|s| (s, false)));
        }
    }
    for agent in [row.assignee_id, loaded.e.assignee_id].into_iter().flatten() {
        subjects.push((subject::user(agent.as_str()), false));
    }
    // The applicant reads who helps, never who was asked and did not want to (DOMAIN §5).
    if matches!(row.state, State::Accepted | State::InProgress | State::AwaitingMaterials | State::Completed) {
        subjects.push((subject::applicant(loaded.e.applicant_id.as_str()), false));
    }
    let due_at = if row.state.is_open() { row.due_at } else { Moment::NEVER };
    match (row.state, row.department_id) {
        (State::AwaitingMaterials, _) => clocks::charge(tx, row.id, loaded.e.custodian_id, None)?,
        (_, department) => clocks::charge(tx, row.id, row.to_center_id, department)?,
    }
    access::place(tx, &Placement { kind: "joint_handling", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// The open joint handlings of a matter, locked.
fn open_of(tx: &mut Tx, matter: Id) -> Result<Vec<JointHandling>> {
    let mut rows = Vec::new();
    for found in store::of_matter(tx, matter)?.into_iter().filter(|row| row.state.is_open()) {
        dialect::lock_root(tx.conn, "joint_handlings", found.id.as_str())?;
        rows.extend(store::joint_handling(tx, found.id)?.filter(|row| row.state.is_open()));
    }
    Ok(rows)
}

/// A new decision takes the place of an older one: legs that this arbitration imposed, and those that carry the steps it
/// now gives to another, end with notice.
pub fn supersede(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, arbitration: Id, steps: &[String]) -> Result<()> {
    for mut row in open_of(tx, loaded.e.id)? {
        let overlaps = row.steps.get()?.iter().any(|s| steps.contains(s));
        if row.arbitration_id != Some(arbitration) && !overlaps {
            continue;
        }
        let mut record = row.record.open(tx.vault)?;
        row.state = State::Cancelled;
        record.ended_at = Some(tx.now);
        record.cancel_reason = "由新的指定办理决定取代".into();
        let params = json!({ "joint_handling_id": row.id, "to": carrier_name(tx, &row)? });
        legs::close_leg(tx, actor, loaded, row.id, LegTold { kind: "joint_cancelled", audience: Audience::Staff, params, words: "" })?;
        save(tx, actor, &mut row, &record, loaded, "cancelled")?;
    }
    Ok(())
}

/// Custody has moved: the new custodian is who asks now, and asks nothing of itself.
pub fn follow(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded) -> Result<()> {
    for mut row in open_of(tx, loaded.e.id)? {
        let mut record = row.record.open(tx.vault)?;
        if row.to_center_id != loaded.custodian.id || row.department_id.is_some() {
            row.from_center_id = loaded.custodian.id;
            save(tx, actor, &mut row, &record, loaded, "followed")?;
            continue;
        }
        row.state = State::Cancelled;
        record.ended_at = Some(tx.now);
        record.cancel_reason = "责任中心已转为联办方".into();
        let params = json!({ "joint_handling_id": row.id, "to": loaded.custodian.name });
        legs::close_leg(tx, actor, loaded, row.id, LegTold { kind: "joint_cancelled", audience: Audience::Staff, params, words: "" })?;
        save(tx, actor, &mut row, &record, loaded, "cancelled")?;
    }
    Ok(())
}

/// Suspending a matter suspends its legs; resuming it resumes them.
pub fn suspend(tx: &mut Tx, matter: Id, suspended: bool) -> Result<()> {
    let kinds = &[ClockKind::JointAnswer, ClockKind::Joint];
    for mut row in open_of(tx, matter)? {
        if suspended {
            clocks::pause(tx, row.id, kinds)?
        } else {
            clocks::resume(tx, row.id, kinds)?
        }
        row.due_at = clocks::nearest_due(tx, row.id)?;
        if row.state == State::Requested {
            row.answer_due_at = row.due_at;
        }
        let loaded = entrustments::load_locked(tx, matter)?;
        let record = row.record.open(tx.vault)?;
        save(tx, &Actor::system("routing"), &mut row, &record, &loaded, if suspended { "suspended" } else { "resumed" })?;
    }
    Ok(())
}

/// The matter has ended: its legs are cancelled with notice.
pub fn fall(tx: &mut Tx, actor: &Actor, matter: &ClosedMatter) -> Result<()> {
    for mut row in open_of(tx, matter.id)? {
        let mut record = row.record.open(tx.vault)?;
        row.state = State::Cancelled;
        record.ended_at = Some(tx.now);
        record.cancel_reason = "本件已结束".into();
        let loaded = entrustments::load_locked(tx, matter.id)?;
        save(tx, actor, &mut row, &record, &loaded, "cancelled")?;
    }
    Ok(())
}

/// After the calendar moved: deadlines follow their clocks.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    let Some(found) = store::joint_handling(tx, id)? else { return Ok(()) };
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "joint_handlings", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::joint_handling(tx, id)?.filter(|row| moved && row.state.is_open()) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    if row.answer_due_at != Moment::NEVER {
        row.answer_due_at = row.due_at;
    }
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let loaded = entrustments::load_locked(tx, row.entrustment_id)?;
    place(tx, &row, &loaded)
}
