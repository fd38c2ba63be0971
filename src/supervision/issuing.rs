//! Issuing an order: by whoever is above the center or department that is to catch up.

use super::{
    machine::{SupervisedKind, SupervisionState as State},
    model::{NewSupervision, SupervisionRecord},
    service::{check_day, lock_about, publish, run, tell_about},
    store::{self, Supervision},
    views::{SupervisionView, view},
};
use crate::{
    auth::{Actor, Reachable, Role, policy, store as accounts},
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, numbers},
    entrustments::{self, Identity},
    kernel::{ErrorCode, Id, Moment, Problem, Text},
    organization::{self, Center, Department},
    settings, tickets,
};

/// The record that an order is about.
struct About {
    kind: SupervisedKind,
    id: Id,
    number: String,
    responsible: Id,
}

/// Issues an order.
pub fn issue(tx: &mut Tx, actor: &Actor, input: &NewSupervision) -> Result<SupervisionView> {
    issue_as(tx, actor, input, None)
}

/// An order under a given identity, where one is given.
pub fn issue_as(tx: &mut Tx, actor: &Actor, input: &NewSupervision, identity: Option<Identity>) -> Result<SupervisionView> {
    if !policy::may(actor, "supervision", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let about = input.about.as_ref().map(|about| about_of(tx, actor, about.kind, &about.reference)).transpose()?;
    let (to, department) = addressee(tx, input, about.as_ref())?;
    let near = Reachable { centers: vec![to.id], path: &to.path, ..Reachable::default() };
    if !policy::allows(actor, "supervision", "create", &near) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let from = issuer(actor, &to, department.is_some())?;
    check_day(tx, input.due_on)?;
    if let Some(id) = input.follows_id {
        let earlier = store::supervision(tx, id)?.filter(|row| row.to_center_id == to.id && row.to_department_id == department.as_ref().map(|d| d.id));
        earlier.ok_or_else(|| Problem::rule("/follows_id", "unknown_supervision", "没有发给同一对象的这份督办单。", "No such order to the same addressee."))?;
    }
    let (id, number) = match identity {
        Some(identity) => (identity.id, identity.number),
        None => (Id::new(), numbers::next(tx, "DC", &to.division_code)?),
    };
    let record = SupervisionRecord { matter: input.matter.clone(), ..SupervisionRecord::default() };
    let mut row = Supervision {
        id,
        number,
        from_center_id: from,
        issued_by: actor.id,
        to_center_id: to.id,
        to_department_id: department.map(|d| d.id),
        about_kind: about.as_ref().map(|a| a.kind),
        about_id: about.as_ref().map(|a| a.id),
        about_number: about.map(|a| a.number),
        reason: input.reason,
        state: State::Issued,
        follows_id: input.follows_id,
        sent_back: 0,
        extensions: 0,
        record: Private::seal(tx.vault, &record)?,
        due_at: Moment::NEVER,
        late: false,
        answered_at: None,
        closed_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    lock_about(tx, &row)?;
    check_twice(tx, &row)?;
    let rules = settings::rules(tx, &to.path)?;
    clocks::start(tx, "supervision", id, ClockKind::SupervisionSignIn, rules.supervision_sign_limit)?;
    run(tx, &row, input.due_on)?;
    row.due_at = clocks::nearest_due(tx, id)?;
    store::insert(tx, &row)?;
    publish(tx, actor, &row, "issued")?;
    tell_about(tx, actor, &row, "supervised")?;
    view(tx, actor, row)
}

fn about_of(tx: &mut Tx, actor: &Actor, kind: SupervisedKind, reference: &str) -> Result<About> {
    let found = match kind {
        SupervisedKind::Entrustment => entrustments::load_seen(tx, actor, reference).map(|m| (m.e.id, m.e.number, m.e.custodian_id)),
        SupervisedKind::FallbackTicket => tickets::load_seen(tx, actor, reference).map(|t| (t.row.id, t.row.number, t.row.center_id)),
    };
    match found {
        Ok((id, number, responsible)) => Ok(About { kind, id, number, responsible }),
        Err(Error::Refused(_)) => {
            if let Some(about) = matter_below(tx, actor, kind, reference)? {
                return Ok(about);
            }
            Err(Problem::rule("/about/reference", "unknown_record", "没有这件，或者不在您的可见范围内。", "No record that you see.").into())
        }
        Err(other) => Err(other),
    }
}

/// A matter whose center is the caller's to supervise: an order tells no more of it than its number.
fn matter_below(tx: &mut Tx, actor: &Actor, kind: SupervisedKind, reference: &str) -> Result<Option<About>> {
    let found = if kind == SupervisedKind::Entrustment { entrustments::by_reference(tx, reference)? } else { None };
    let Some(e) = found else { return Ok(None) };
    let center = organization::load(tx, e.custodian_id)?;
    let near = Reachable { centers: vec![center.id], path: &center.path, ..Reachable::default() };
    let reaches = policy::allows(actor, "supervision", "create", &near);
    Ok(reaches.then_some(About { kind, id: e.id, number: e.number, responsible: e.custodian_id }))
}

/// The center, and the department where one is named: with an account, or nobody could sign in.
fn addressee(tx: &mut Tx, input: &NewSupervision, about: Option<&About>) -> Result<(Center, Option<Department>)> {
    let department = match input.department_id {
        None => None,
        Some(id) => {
            let unknown = || Problem::rule("/department_id", "unknown_department", "没有这个部门。", "No such department.");
            let department = organization::department(tx, id)?.ok_or_else(unknown)?;
            if accounts::held(tx, Role::DepartmentHandler, &[id.to_string()])?.is_empty() {
                let zh = "该部门没有开通经办账号，不能签收督办单。";
                return Err(Problem::rule("/department_id", "department_without_account", zh, "The department has no account.").into());
            }
            Some(department)
        }
    };
    let center = match (&input.center, &department, about) {
        (Some(reference), ..) => {
            let unknown = || Problem::rule("/center", "unknown_center", "没有这个服务中心。", "No such center.");
            organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?
        }
        (None, Some(department), _) => organization::load(tx, department.center_id)?,
        (None, None, Some(about)) => organization::load(tx, about.responsible)?,
        (None, None, None) => {
            return Err(Problem::rule("/center", "required", "请指明督办的中心或部门。", "Name the center or the department.").into());
        }
    };
    if department.as_ref().is_some_and(|d| d.center_id != center.id) {
        return Err(Problem::rule("/department_id", "elsewhere", "该部门不属于所填的中心。", "Not a department of that center.").into());
    }
    Ok((center, department))
}

/// In whose name: the node at or above the addressee at which the caller holds the office. Nobody supervises themselves.
fn issuer(actor: &Actor, to: &Center, department: bool) -> Result<Id> {
    if actor.is_system() {
        return Ok(to.id);
    }
    let own = |role: Role, node: &str| role == Role::CenterManager && node == to.id.as_str() && !department;
    let above = [Role::Inspector, Role::ReformOffice, Role::CenterManager]
        .into_iter()
        .flat_map(|role| actor.nodes(role).filter(move |node| !own(role, node)))
        .find(|node| to.lineage().any(|at| at == *node));
    let zh = "不能督办本中心；请督办所辖中心或部门。";
    let node = above.ok_or_else(|| Problem::rule("/center", "own_center", zh, "Nobody supervises their own center."))?;
    node.parse().map_err(|_| Error::Corrupt("a role held at no center".into()))
}

/// One order at a time to one addressee about one record.
fn check_twice(tx: &mut Tx, row: &Supervision) -> Result<()> {
    let Some(about) = row.about_id else { return Ok(()) };
    let same = |other: &Supervision| other.to_center_id == row.to_center_id && other.to_department_id == row.to_department_id;
    if store::open_about(tx, about)?.iter().any(same) {
        let zh = "已就本件向该对象发出督办单，尚未办结。";
        return Err(Problem::new(ErrorCode::Conflict, Text::new(zh, "An order about this record is open.")).into());
    }
    Ok(())
}
