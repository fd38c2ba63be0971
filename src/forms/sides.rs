//! Who stands on which side of a form: where somebody signs, and in whose name it is issued.

use super::{
    drawing::{Origin, Unit},
    machine::{FormAction as Action, FormKind, Side, Signing, side_of, signing},
    reading::Seen,
    store::{Form, Owner},
};
use crate::{
    auth::{
        Actor, Reachable, Role,
        policy::{self},
    },
    db::{Error, Result, Tx},
    entrustments::Entrustment,
    kernel::{Code as _, Id},
};

/// What is known of a form beside its row, to say who may do what with it.
pub struct Sides {
    owners: Vec<Owner>,
    /// The agents who act for a center in this matter.
    agents: Vec<(Id, Id)>,
}

impl Sides {
    /// Of a form that was issued.
    pub fn of(tx: &mut Tx, row: &Form, e: &Entrustment) -> Result<Self> {
        let mut owners = row.owners.get()?;
        if owners.is_empty() {
            owners.push(Owner::center("issuer", row.center_id));
        }
        let about = (row.about_id != e.id).then_some(row.about_id);
        // What it is about may have been recalled by now: then nobody's agent is left in it.
        let origin = match Origin::find(tx, e, row.kind, about) {
            Ok(origin) => origin,
            Err(Error::Refused(_)) => Origin::Matter,
            Err(other) => return Err(other),
        };
        let mut agents = agents(&origin, e);
        agents.extend(former(&owners, e));
        Ok(Self { owners, agents })
    }

    fn owner(&self, place: &str) -> Option<&Owner> {
        self.owners.iter().find(|o| o.place == place)
    }

    /// The unit that a place belongs to, where it is not the applicant's.
    pub fn unit(&self, kind: FormKind, place: &str) -> Option<&Owner> {
        match side_of(kind, place)? {
            Side::Issuer | Side::Manager | Side::Decider => self.owner("issuer"),
            Side::Receiver | Side::Addressee | Side::Party => self.owner(place),
            Side::Applicant | Side::Witness => None,
        }
    }

    fn near(&self, owner: &Owner) -> Vec<Reachable<'static>> {
        near(owner, &self.agents)
    }

    /// Whether the caller works for the unit that issues the form, and may do this there.
    pub fn issues(&self, actor: &Actor, kind: FormKind, action: &str) -> bool {
        self.owner("issuer").is_some_and(|owner| issues(actor, kind, action, &self.near(owner)))
    }

    /// How the caller signs a place; none: it is another side's.
    pub fn signs(&self, actor: &Actor, e: &Entrustment, kind: FormKind, place: &str) -> Option<Signing> {
        let side = side_of(kind, place)?;
        let issuer = self.issues(actor, kind, Action::Sign.code());
        let own = match side {
            Side::Applicant => actor.applicant_id == Some(e.applicant_id) && policy::allows(actor, "form", "sign", &applicant(e)),
            Side::Issuer | Side::Decider => issuer,
            Side::Manager => issuer && self.owner("issuer").is_some_and(|o| actor.nodes(Role::CenterManager).any(|n| n == o.center_id.as_str())),
            Side::Receiver | Side::Addressee | Side::Party => {
                self.owner(place).is_some_and(|o| actor.applicant_id.is_none() && allows(actor, "form", "sign", &self.near(o)))
            }
            Side::Witness => false,
        };
        let mut standing = Vec::with_capacity(2);
        standing.extend(own.then_some(side));
        standing.extend(issuer.then_some(Side::Issuer));
        signing(&standing, side)
    }
}

/// The agents who act for a center: the custodian's, and those of what the form is about.
fn agents(origin: &Origin, e: &Entrustment) -> Vec<(Id, Id)> {
    let mut all = origin.agents();
    all.extend(e.assignee_id.map(|id| (e.custodian_id, id)));
    all
}

/// The agents who acted for centers that the matter has left.
fn former(owners: &[Owner], e: &Entrustment) -> Vec<(Id, Id)> {
    owners.iter().filter(|o| o.center_id != e.custodian_id).filter_map(|o| Some((o.center_id, o.agent?))).collect()
}

fn applicant(e: &Entrustment) -> Reachable<'static> {
    Reachable { applicant: Some(e.applicant_id), ..Reachable::default() }
}

/// How far a unit is from a caller: once for each agent who acts for it.
fn near(owner: &Owner, agents: &[(Id, Id)]) -> Vec<Reachable<'static>> {
    let center = owner.center_id;
    let plain = Reachable {
        centers: if owner.department_id.is_none() && !owner.authority { vec![center] } else { Vec::new() },
        departments: owner.department_id.into_iter().collect(),
        authority: owner.authority.then_some(center),
        ..Reachable::default()
    };
    let of = agents.iter().filter(|(at, _)| *at == center).map(|(_, agent)| Reachable { assignee: Some(*agent), ..plain.clone() });
    of.chain([plain.clone()]).collect()
}

fn allows(actor: &Actor, resource: &str, action: &str, near: &[Reachable]) -> bool {
    near.iter().any(|on| policy::allows(actor, resource, action, on))
}

/// Whether the caller works for a unit that issued a form, or whose place stands on it: it is theirs too, wherever the
/// matter is by now.
pub fn concerned(actor: &Actor, owners: &[Owner], e: &Entrustment) -> bool {
    actor.applicant_id.is_none() && owners.iter().any(|o| allows(actor, "form", "sign", &near(o, &former(owners, e))))
}

/// In the name of who decides acts who may decide (DOMAIN §5); else the table of roles says who does what at the issuer.
fn issues(actor: &Actor, kind: FormKind, action: &str, near: &[Reachable]) -> bool {
    let decides = kind != FormKind::ArbitrationDecision || allows(actor, "arbitration", "decide", near);
    actor.applicant_id.is_none() && decides && allows(actor, "form", action, near)
}

/// Whether the caller may issue a form of this kind for the unit whose it is.
pub fn may_issue(actor: &Actor, seen: &Seen, kind: FormKind, origin: &Origin, unit: &Unit) -> bool {
    let owner = Owner { authority: unit.authority, ..Owner::center("issuer", unit.center_id) };
    issues(actor, kind, "issue", &near(&owner, &agents(origin, &seen.e)))
}
