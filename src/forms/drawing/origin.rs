//! What a form is drawn up from beside the matter; who issues it, and whose its places are.

use crate::{
    db::{Result, Tx},
    entrustments::Entrustment,
    forms::{
        machine::{About, FormKind as K, Refusal},
        store::Owner,
    },
    kernel::{Id, Problem},
    organization::Center,
    reminders::store::{self as reminders, Reminder, ReminderRecord},
    routing::{
        arbitration::{
            machine::Authority,
            store::{self as arbitrations, Arbitration, ArbitrationRecord},
        },
        joint::{
            machine::JointState,
            store::{self as joints, JointHandling, JointRecord},
        },
        transfers::{
            machine::TransferState,
            store::{self as transfers, Transfer, TransferRecord},
        },
    },
};

/// Where it comes from.
pub enum Origin {
    /// The matter alone.
    Matter,
    /// A transfer.
    Transfer(Box<(Transfer, TransferRecord)>),
    /// A joint handling.
    Joint(Box<(JointHandling, JointRecord)>),
    /// A decided arbitration.
    Arbitration(Box<(Arbitration, ArbitrationRecord)>),
    /// A reminder.
    Reminder(Box<(Reminder, ReminderRecord)>),
}

/// Who issues a form.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    /// The center.
    pub center_id: Id,
    /// Its reform office.
    pub authority: bool,
}

impl Unit {
    /// As people call it.
    pub fn name(&self, center: &Center) -> String {
        if self.authority { format!("{}改革办", center.division_name) } else { center.name.clone() }
    }
}

/// The states in which a transfer did not come about. Anybody verifies a form: not a word of who did not want it (DOMAIN §5).
const TRANSFER_FALLS: &[(TransferState, &str)] =
    &[(TransferState::Returned, NO_TRANSFER), (TransferState::Recalled, NO_TRANSFER), (TransferState::Expired, NO_TRANSFER)];
const NO_TRANSFER: &str = "转办未成立，本件仍由转出单位办理";

/// The same of a joint handling.
const JOINT_FALLS: &[(JointState, &str)] =
    &[(JointState::Declined, NO_JOINT), (JointState::Expired, NO_JOINT), (JointState::Cancelled, "联办已经取消，本件仍由发函单位办理")];
const NO_JOINT: &str = "联办未成立，本件仍由发函单位办理";

/// Why what forms about this transfer say does not stand; none: it does.
pub fn transfer_fallen(row: &Transfer) -> Option<&'static str> {
    TRANSFER_FALLS.iter().find(|(state, _)| *state == row.state).map(|(_, why)| *why)
}

/// The same of a joint handling.
pub fn joint_fallen(row: &JointHandling) -> Option<&'static str> {
    JOINT_FALLS.iter().find(|(state, _)| *state == row.state).map(|(_, why)| *why)
}

/// Why what a form is about does not stand.
pub fn fallen(tx: &mut Tx, kind: K, about: Id) -> Result<Option<&'static str>> {
    Ok(match kind.about() {
        About::Transfer => transfers::transfer(tx, about)?.as_ref().and_then(transfer_fallen),
        About::JointHandling => joints::joint_handling(tx, about)?.as_ref().and_then(joint_fallen),
        _ => None,
    })
}

/// The one that is named, which must be of this matter; unnamed, the newest that stands.
fn chosen<T>(rows: Vec<T>, about: Option<Id>, id: fn(&T) -> Id, fallen: fn(&T) -> Option<&'static str>, kind: K) -> Result<T> {
    let found = match about {
        Some(wanted) => rows.into_iter().find(|row| id(row) == wanted),
        None => rows.into_iter().filter(|row| fallen(row).is_none()).max_by_key(id),
    };
    if let Some(why) = found.as_ref().and_then(fallen) {
        return Err(Refusal::Fallen(kind, why).into());
    }
    match (found, about) {
        (Some(row), _) => Ok(row),
        (None, Some(_)) => Err(elsewhere().into()),
        (None, None) => Err(Refusal::NotDue(kind).into()),
    }
}

fn elsewhere() -> Problem {
    Problem::rule("/about", "not_of_this_matter", "本件没有这项记录，或者还不能出具。", "Nothing of this id, or not ready.")
}

impl Origin {
    /// What a form of this kind is about: the record that is named, or the newest.
    pub fn find(tx: &mut Tx, e: &Entrustment, kind: K, about: Option<Id>) -> Result<Self> {
        match kind.about() {
            // There is one matter: naming anything else would be passed over in silence.
            About::Matter => match about {
                Some(other) if other != e.id => Err(elsewhere().into()),
                _ => Ok(Self::Matter),
            },
            About::Transfer => {
                let row = chosen(transfers::of_matter(tx, e.id)?, about, |t| t.id, transfer_fallen, kind)?;
                let record = row.record.open(tx.vault)?;
                Ok(Self::Transfer(Box::new((row, record))))
            }
            About::JointHandling => {
                let row = chosen(joints::of_matter(tx, e.id)?, about, |j| j.id, joint_fallen, kind)?;
                let record = row.record.open(tx.vault)?;
                Ok(Self::Joint(Box::new((row, record))))
            }
            About::Arbitration => {
                let mut decided = Vec::new();
                for row in arbitrations::of_matter(tx, e.id)? {
                    let record = row.record.open(tx.vault)?;
                    decided.extend((!record.decisions.is_empty()).then_some((row, record)));
                }
                Ok(Self::Arbitration(Box::new(chosen(decided, about, |(a, _)| a.id, |_| None, kind)?)))
            }
            // Forms of fallback tickets hang on no matter.
            About::Ticket | About::Sheet | About::Batch | About::Register => Err(Refusal::NotDue(kind).into()),
            About::Reminder => {
                let row = chosen(reminders::of_matter(tx, e.id)?, about, |r| r.id, |_| None, kind)?;
                let record = row.record.open(tx.vault)?;
                Ok(Self::Reminder(Box::new((row, record))))
            }
        }
    }

    /// Its id; none: the matter itself.
    pub fn id(&self) -> Option<Id> {
        match self {
            Self::Matter => None,
            Self::Transfer(of) => Some(of.0.id),
            Self::Joint(of) => Some(of.0.id),
            Self::Arbitration(of) => Some(of.0.id),
            Self::Reminder(of) => Some(of.0.id),
        }
    }

    /// What a form about it stands for; an arbitration may be decided twice.
    pub fn act(&self) -> Option<String> {
        match self {
            Self::Arbitration(of) => of.1.decisions.last().map(|d| format!("{}:{}", of.0.id, d.at.rfc3339())),
            other => other.id().map(|id| id.to_string()),
        }
    }

    /// Who issues the form: the sender of a transfer, even after it was accepted; who asks for a joint handling; who decides;
    /// who urges; of all others, the custodian.
    pub fn issuer(&self, e: &Entrustment) -> Unit {
        let center = |center_id: Id| Unit { center_id, authority: false };
        match self {
            Self::Matter => center(e.custodian_id),
            Self::Transfer(of) => center(of.0.from_center_id),
            Self::Joint(of) => center(of.0.from_center_id),
            Self::Arbitration(of) => Unit { center_id: of.0.decider_id, authority: of.0.authority == Authority::ReformOffice },
            Self::Reminder(of) => center(of.0.from_center_id),
        }
    }

    /// The center that carried the matter when a transfer was offered; of all others, the custodian.
    pub fn carrier(&self) -> Option<Id> {
        if let Self::Transfer(of) = self { Some(of.0.from_center_id) } else { None }
    }

    /// Whose name stands as handler.
    pub fn handler(&self, assignee: Option<Id>) -> Option<Id> {
        if let Self::Transfer(of) = self { of.1.offered_by } else { assignee }
    }

    /// The agents who act for a center in this: who offered, and who carries a leg.
    pub fn agents(&self) -> Vec<(Id, Id)> {
        match self {
            Self::Transfer(of) => of.1.offered_by.map(|id| (of.0.from_center_id, id)).into_iter().collect(),
            Self::Joint(of) => of.0.assignee_id.map(|id| (of.0.to_center_id, id)).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The center or department that a decision binds and that was no side of it: it gets a copy too.
    pub fn bound(&self) -> Result<Option<(Id, Option<Id>)>> {
        let Self::Arbitration(of) = self else { return Ok(None) };
        let named = of.1.decisions.last().map(|d| (d.center_id, d.department_id));
        let parties = of.0.parties.get()?;
        Ok(named.filter(|(center, department)| !parties.iter().any(|p| (p.center_id, p.department_id) == (*center, *department))))
    }

    /// Whose the places of a form are: the issuer's, and those of the other sides.
    pub fn owners(&self, kind: K, e: &Entrustment) -> Result<Vec<Owner>> {
        let unit = self.issuer(e);
        let owner = |place: &str, center_id: Id, department_id: Option<Id>| Owner { department_id, ..Owner::center(place, center_id) };
        let agent = e.assignee_id.filter(|_| unit.center_id == e.custodian_id && !unit.authority);
        let mut all = vec![Owner { authority: unit.authority, agent, ..owner("issuer", unit.center_id, None) }];
        match self {
            Self::Matter => {}
            Self::Transfer(of) => all.push(owner(if kind == K::Transfer { "receiver" } else { "taker" }, of.0.to_center_id, None)),
            Self::Joint(of) => all.push(owner("receiver", of.0.to_center_id, of.0.department_id)),
            Self::Arbitration(of) => {
                let parties = of.0.parties.get()?;
                let sides = parties.iter().map(|p| (p.center_id, p.department_id)).chain(self.bound()?);
                all.extend(sides.enumerate().map(|(i, (center, department))| owner(&format!("recipient_{}", i + 1), center, department)));
            }
            Self::Reminder(of) => {
                all.extend(["recipient", "reply"].map(|place| owner(place, of.0.to_center_id, of.0.to_department_id)));
            }
        }
        Ok(all)
    }
}
