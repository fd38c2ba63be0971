//! Who takes part: centers, departments and people of one city; how they are named, found and shown.

use serde::Serialize;

use super::model::{Party, PartyInput, PartyKind};
use crate::{
    auth::{
        Actor, Reachable, Role,
        policy::{self, subject},
        store as accounts,
    },
    db::{Result, Tx},
    kernel::{Code as _, FieldError, Id},
    organization::{self, Center, CenterBrief, Department},
};

/// Roles in which one is invited in person, owns a resolution, or is the leader in charge.
const STAFF: [Role; 7] = [Role::Clerk, Role::Agent, Role::CenterManager, Role::DepartmentHandler, Role::ProjectManager, Role::Inspector, Role::ReformOffice];
/// Roles in which one chairs a meeting of one's center.
const CHAIRS: [Role; 4] = [Role::Clerk, Role::Agent, Role::CenterManager, Role::ReformOffice];

/// A party as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ParticipantView {
    /// Which kind.
    pub kind: PartyKind,
    /// In Chinese.
    pub kind_label: String,
    /// Identity.
    pub id: Id,
    /// Name; an applicant is not named.
    #[schema(example = "南通市政务服务中心")]
    pub name: String,
}

/// How far what is a party's is from a caller. A person is invited for who they are: their roles count wherever held.
fn reach(actor: &Actor, party: &Party) -> Reachable<'static> {
    match party.kind {
        PartyKind::Center => Reachable { centers: vec![party.id], ..Reachable::default() },
        PartyKind::Department => Reachable { departments: vec![party.id], ..Reachable::default() },
        PartyKind::Applicant => Reachable { applicant: Some(party.id), ..Reachable::default() },
        PartyKind::User if actor.answers_for(party.id) => {
            let nodes = actor.grants.iter().filter_map(|g| g.node.parse().ok()).collect();
            Reachable { assignee: Some(party.id), centers: nodes, ..Reachable::default() }
        }
        PartyKind::User => Reachable::default(),
    }
}

/// Whether the caller may do this for a party.
pub fn speaks_for(actor: &Actor, resource: &str, action: &str, party: &Party) -> bool {
    policy::allows(actor, resource, action, &reach(actor, party))
}

/// The subject that sees what a party takes part in. The applicant reads when and where, and nothing that is written.
pub fn subject_of(party: &Party) -> (String, bool) {
    let id = party.id.as_str();
    match party.kind {
        PartyKind::Center => (subject::center(id), false),
        PartyKind::Department => (subject::department(id), false),
        PartyKind::User => (subject::user(id), false),
        PartyKind::Applicant => (subject::applicant(id), true),
    }
}

fn same_city(a: &Center, b: &Center) -> bool {
    a.lineage().next() == b.lineage().next()
}

/// Whether a person of the city has a part in its work.
pub fn is_staff(tx: &mut Tx, home: &Center, id: Id) -> Result<bool> {
    let Some(own) = accounts::user(tx, id)?.filter(|u| u.status == "active" && u.applicant_id.is_none()).and_then(|u| u.center_id) else {
        return Ok(false);
    };
    let posted = accounts::active_grants(tx, id)?.iter().any(|g| STAFF.contains(&g.role));
    Ok(posted && same_city(&organization::load(tx, own)?, home))
}

/// Whether a person may chair a meeting of a center.
pub fn may_chair(tx: &mut Tx, center: &Center, id: Id) -> Result<bool> {
    let active = accounts::user(tx, id)?.is_some_and(|u| u.status == "active");
    Ok(active && accounts::active_grants(tx, id)?.iter().any(|g| CHAIRS.contains(&g.role) && g.node == center.id.as_str()))
}

/// The party that an input names: of the same city, and able to answer. What is wrong joins the faults.
pub fn named(tx: &mut Tx, home: &Center, input: &PartyInput, at: &str, faults: &mut Vec<FieldError>) -> Result<Option<Party>> {
    let at = format!("{at}/id");
    let mut fault = |code, zh, en| faults.push(FieldError::body(&at, code, zh, en));
    let id: Option<Id> = input.id.parse().ok();
    let found = match (input.kind, id) {
        (PartyKind::Center, _) => {
            let center = organization::store::center_by_reference(tx, &input.id)?.filter(|c| c.status == "active" && same_city(c, home));
            if center.is_none() {
                fault("unknown_center", "本市没有这个在用的服务中心。", "No such active center in this city.");
            }
            center.map(|c| c.id)
        }
        (PartyKind::Department, Some(id)) => {
            let here = match organization::department(tx, id)? {
                Some(department) => same_city(&organization::load(tx, department.center_id)?, home),
                None => false,
            };
            let staffed = here && !accounts::held(tx, Role::DepartmentHandler, &[id.to_string()])?.is_empty();
            match (here, staffed) {
                (false, _) => fault("unknown_department", "本市没有这个部门。", "No such department in this city."),
                (_, false) => {
                    fault("department_without_account", "该部门没有开通经办账号，请邀请其所在的中心。", "The department has no account: name its center.")
                }
                _ => {}
            }
            staffed.then_some(id)
        }
        (PartyKind::User, Some(id)) => {
            let staff = is_staff(tx, home, id)?;
            if !staff {
                fault("unknown_user", "本市没有这位在岗人员。", "No such active staff in this city.");
            }
            staff.then_some(id)
        }
        (PartyKind::Applicant, Some(id)) => Some(id),
        (_, None) => {
            fault("format", "应为记录的 id。", "A record id.");
            None
        }
    };
    Ok(found.map(|id| Party { kind: input.kind, id }))
}

/// Names of parties, read once for many.
pub struct Names {
    centers: Vec<CenterBrief>,
    departments: Vec<Department>,
    people: Vec<(Id, String)>,
}

impl Names {
    /// Of these parties.
    pub fn of(tx: &mut Tx, parties: &[Party]) -> Result<Self> {
        let ids = |kind: PartyKind| -> Vec<Id> { parties.iter().filter(|p| p.kind == kind).map(|p| p.id).collect() };
        Ok(Self {
            centers: organization::briefs(tx, &ids(PartyKind::Center))?,
            departments: organization::store::departments_by_id(tx, &ids(PartyKind::Department))?,
            people: organization::names_of(tx, &ids(PartyKind::User))?,
        })
    }

    /// A center, named.
    pub fn center(&self, id: Id) -> Result<CenterBrief> {
        self.centers.iter().find(|c| c.id == id).cloned().ok_or_else(|| crate::db::Error::Corrupt("center gone".into()))
    }

    /// A person's name.
    pub fn person(&self, id: Id) -> String {
        self.people.iter().find(|(p, _)| *p == id).map(|(_, name)| name.clone()).unwrap_or_default()
    }

    /// A party as it is answered.
    pub fn view(&self, party: &Party) -> ParticipantView {
        let name = match party.kind {
            PartyKind::Center => self.centers.iter().find(|c| c.id == party.id).map(|c| c.name.clone()).unwrap_or_default(),
            PartyKind::Department => self.departments.iter().find(|d| d.id == party.id).map(|d| d.name.clone()).unwrap_or_default(),
            PartyKind::User => self.person(party.id),
            PartyKind::Applicant => party.kind.label().to_owned(),
        };
        ParticipantView { kind: party.kind, kind_label: party.kind.label().into(), id: party.id, name }
    }
}

/// What an event calls a party: no person by name.
pub fn public_name(tx: &mut Tx, party: &Party) -> Result<String> {
    Ok(match party.kind {
        PartyKind::User => "指定人员".to_owned(),
        _ => Names::of(tx, std::slice::from_ref(party))?.view(party).name,
    })
}
