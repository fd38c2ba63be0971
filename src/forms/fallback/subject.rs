//! What a form hangs on that is about no matter.

use crate::{
    auth::{Actor, Reachable, Role, Scope, policy},
    batches::{self, Batch, machine::BatchState as B},
    db::{Result, Tx, dialect},
    forms::machine::{About, FormKind as K},
    kernel::{Id, Problem},
    organization::{self, Center},
    sheets::{self, machine::SheetState as S, store::Sheet},
    tickets::{self, Opened, machine::TicketState as T},
};

/// What a form hangs on.
pub enum Of {
    /// A fallback ticket.
    Ticket(Box<Opened>),
    /// An assignment sheet, with its ticket.
    Sheet(Box<(Sheet, Opened)>),
    /// A batch, with the center of its reform office.
    Batch(Box<(Batch, Center)>),
    /// The register of a center.
    Register(Box<Center>),
}

/// The states of a ticket in which a form makes no sense; one that was merged has no callers left.
const TICKETS: &[(K, &[T])] = &[(K::TicketApplication, &[T::Merged]), (K::TicketRecord, &[])];

/// The states of a sheet: only what a leader has signed is a 交办单.
const SHEETS: &[(K, &[S])] =
    &[(K::AssignmentSheet, &[S::Issued, S::SignedIn, S::ExtensionRequested, S::Replied, S::Confirmed]), (K::AssignmentReply, &[S::Replied, S::Confirmed])];

/// The states of a batch.
const BATCHES: &[(K, &[B])] = &[(K::BatchList, &[B::Collecting, B::Submitted, B::Decided])];

impl Of {
    /// By id or number.
    pub fn find(tx: &mut Tx, about: About, reference: &str) -> Result<Self> {
        let id = reference.parse::<Id>().ok();
        let number = reference.to_ascii_uppercase();
        Ok(match about {
            About::Ticket => {
                let row = tickets::by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
                Self::Ticket(Box::new(tickets::load_behind(tx, row.id)?))
            }
            About::Sheet => {
                let found = match id {
                    Some(id) => sheets::store::sheet(tx, id)?,
                    None => sheets::store::sheet_by_number(tx, &number)?,
                };
                let row = found.ok_or_else(Problem::not_found)?;
                let ticket = tickets::load_behind(tx, row.ticket_id)?;
                Self::Sheet(Box::new((row, ticket)))
            }
            About::Batch => {
                let found = match id {
                    Some(id) => batches::store::batch(tx, id)?,
                    None => batches::store::batch_by_number(tx, &number)?,
                };
                let row = found.ok_or_else(Problem::not_found)?;
                let center = organization::load(tx, row.center_id)?;
                Self::Batch(Box::new((row, center)))
            }
            _ => Self::Register(Box::new(organization::store::center_by_reference(tx, reference)?.ok_or_else(Problem::not_found)?)),
        })
    }

    /// Which kind of thing it is.
    pub fn about(&self) -> About {
        match self {
            Self::Ticket(_) => About::Ticket,
            Self::Sheet(_) => About::Sheet,
            Self::Batch(_) => About::Batch,
            Self::Register(_) => About::Register,
        }
    }

    /// Its id.
    pub fn id(&self) -> Id {
        match self {
            Self::Ticket(of) => of.row.id,
            Self::Sheet(of) => of.0.id,
            Self::Batch(of) => of.0.id,
            Self::Register(of) => of.id,
        }
    }

    /// With what its forms are listed: those of a sheet with its ticket's.
    pub fn root(&self) -> Id {
        self.ticket().map_or(self.id(), |ticket| ticket.row.id)
    }

    /// The ticket, of a form that is about one.
    pub fn ticket(&self) -> Option<&Opened> {
        match self {
            Self::Ticket(of) => Some(of),
            Self::Sheet(of) => Some(&of.1),
            Self::Batch(_) | Self::Register(_) => None,
        }
    }

    /// In whose name a form is issued: that center, or its reform office.
    pub fn center(&self) -> &Center {
        match self {
            Self::Ticket(of) => &of.center,
            Self::Sheet(of) => &of.1.center,
            Self::Batch(of) => &of.1,
            Self::Register(of) => of,
        }
    }

    /// As it stands on the form.
    pub fn issuer(&self) -> String {
        match self {
            Self::Batch(of) => format!("{}改革办", of.1.division_name),
            _ => self.center().name.clone(),
        }
    }

    /// Its number, as far as it has one.
    pub fn number(&self) -> &str {
        match self {
            Self::Ticket(of) => &of.row.number,
            Self::Sheet(of) => &of.0.number,
            Self::Batch(of) => &of.0.number,
            Self::Register(of) => &of.division_code,
        }
    }

    /// The version that whoever issues a form has read.
    pub fn version(&self) -> i64 {
        match self {
            Self::Ticket(of) => of.row.version,
            Self::Sheet(of) => of.0.version,
            Self::Batch(of) => of.0.version,
            Self::Register(of) => of.version,
        }
    }

    /// Locks what its forms are listed with, as everything does that changes one of them.
    pub fn lock(&self, tx: &mut Tx) -> Result<()> {
        let table = match self {
            Self::Ticket(_) | Self::Sheet(_) => "fallback_tickets",
            Self::Batch(_) => "ticket_batches",
            Self::Register(_) => "centers",
        };
        dialect::lock_root(tx.conn, table, self.root().as_str())
    }

    /// Whether a form of this kind is about such a thing, and makes sense in its state.
    pub fn due(&self, kind: K) -> bool {
        match self {
            Self::Ticket(of) => TICKETS.iter().any(|(k, never)| *k == kind && !never.contains(&of.row.state)),
            Self::Sheet(of) => SHEETS.iter().any(|(k, states)| *k == kind && states.contains(&of.0.state)),
            Self::Batch(of) => BATCHES.iter().any(|(k, states)| *k == kind && states.contains(&of.0.state)),
            Self::Register(_) => kind.about() == About::Register,
        }
    }

    /// How far it is from the staff that issue its forms: the center and who handles the ticket there, and the reform office
    /// above; of a batch, the reform office alone.
    fn near(&self, actor: &Actor) -> Reachable<'_> {
        let center = self.center();
        let authority = actor.nodes(Role::ReformOffice).find(|n| center.lineage().any(|p| p == *n)).and_then(|n| n.parse().ok());
        match self {
            Self::Batch(_) => Reachable { authority, ..Reachable::default() },
            _ => Reachable {
                authority,
                centers: vec![center.id],
                path: &center.path,
                assignee: self.ticket().and_then(|t| t.row.handler_id),
                ..Reachable::default()
            },
        }
    }

    /// Whether the caller works for the issuer, and may do this with a form there.
    pub fn staff(&self, actor: &Actor, verb: &str) -> bool {
        actor.applicant_id.is_none() && policy::allows(actor, "form", verb, &self.near(actor))
    }

    /// Whether the caller answers for the issuer.
    pub fn leads(&self, actor: &Actor) -> bool {
        let center = self.center();
        let at = |role: Role, of: &str| actor.nodes(role).any(|n| n == of);
        at(Role::CenterManager, center.id.as_str()) || center.lineage().any(|node| at(Role::ReformOffice, node))
    }
}

/// Which part of the register at a center somebody reads whole: everything below it, or the center's own; none: neither.
pub fn register_of(actor: &Actor, center: &Center) -> Option<String> {
    use policy::subject::{center as own, tree};
    if !policy::may(actor, "fallback_ticket", "count") {
        return None;
    }
    let (below, here) = (tree(center.id.as_str()), own(center.id.as_str()));
    match Scope::of(actor, "fallback_ticket") {
        Scope::System => Some(below),
        Scope::Subjects(reasons) => {
            let has = |subject: &str| reasons.iter().any(|(s, _)| s == subject);
            if center.lineage().any(|node| has(&tree(node))) { Some(below) } else { has(&here).then_some(here) }
        }
    }
}

/// Whether somebody reads what was drawn from this part of the register.
pub fn reads_register(actor: &Actor, center: &Center, subject: &str) -> bool {
    let whole = policy::subject::tree(center.id.as_str());
    register_of(actor, center).is_some_and(|own| own == whole || own == subject)
}
