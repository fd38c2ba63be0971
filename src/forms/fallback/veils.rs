//! What of a form is hidden from whom: of each ticket what its own view hides from that reader.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::subject::{Of, reads_register};
use crate::{
    access::{self, Sight},
    auth::{Actor, Scope},
    db::{Result, Tx},
    forms::{
        machine::FormKind as K,
        masking::Veil,
        reading::Copy,
        store::{Form, FormRecord},
    },
    kernel::{Id, Masking},
    tickets::{self, Reads},
};

/// What is kept beside a form: whose its places are, what stands in it that not everybody reads, and which register it tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Who signs `applicant_1`, `applicant_2` …
    pub callers: Vec<Id>,
    /// What is hidden from some.
    pub veiled: Vec<Veiled>,
    /// The subject of the access table whose tickets it tells; empty for what is about one record.
    pub subject: String,
    /// Which caller the open link was made for.
    pub link_for: Option<Id>,
}

/// A text that stands in a form and that not everybody reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Veiled {
    /// As it stands there.
    pub text: String,
    /// What it is.
    pub what: What,
    /// Of which ticket; none: of what the form is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Id>,
    /// Of which caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Id>,
    /// That caller's record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicant: Option<Id>,
    /// That caller is confidential.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confidential: bool,
}

/// Kinds of what is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A person's name.
    Name,
    /// A telephone.
    Phone,
    /// An identity number, masked already.
    IdNumber,
    /// What people wrote.
    Words,
    /// What was achieved: everybody who asks reads that too.
    Told,
}

/// Collects what is hidden while a sheet is drawn up; each answers the text as it is to stand there.
#[derive(Default)]
pub struct Veils(pub Vec<Veiled>);

impl Veils {
    fn add(&mut self, ticket: Option<Id>, what: What, text: &str) -> String {
        // One character is nothing that could be found in a text.
        if text.chars().count() > 1 {
            self.0.push(Veiled { text: text.to_owned(), what, ticket, caller: None, applicant: None, confidential: false });
        }
        text.to_owned()
    }

    /// What people wrote.
    pub fn words(&mut self, ticket: Option<Id>, text: &str) -> String {
        self.add(ticket, What::Words, text)
    }

    /// What was achieved.
    pub fn told(&mut self, ticket: Option<Id>, text: &str) -> String {
        self.add(ticket, What::Told, text)
    }

    /// A name or telephone of the staff.
    pub fn person(&mut self, what: What, text: &str) -> String {
        self.add(None, what, text)
    }

    /// What belongs to a caller.
    pub fn caller(&mut self, ticket: Id, caller: &tickets::TicketCaller, what: What, text: &str) -> String {
        if text.chars().count() > 1 {
            let (caller, applicant, confidential) = (Some(caller.id), caller.applicant_id, caller.confidential);
            self.0.push(Veiled { text: text.to_owned(), what, ticket: Some(ticket), caller, applicant, confidential });
        }
        text.to_owned()
    }
}

/// Somebody's own part in a ticket.
#[derive(Clone, Copy, Debug)]
enum Own {
    /// With an account.
    Applicant(Id),
    /// By a link.
    Caller(Id),
}

/// How far somebody reads a form.
pub struct Reading {
    record: Reads,
    tickets: HashMap<Id, Reads>,
    own: Option<Own>,
}

/// Those who ask read what they asked and what came back.
fn is_theirs(kind: K) -> bool {
    matches!(kind, K::TicketApplication | K::AssignmentReply)
}

impl Reading {
    /// Of a form as the caller reads it; none: they do not.
    pub fn of(tx: &mut Tx, actor: &Actor, of: &Of, kind: K, kept: &Kept) -> Result<Option<Self>> {
        let mut ids: Vec<Id> = kept.veiled.iter().filter_map(|v| v.ticket).chain(of.ticket().map(|t| t.row.id)).collect();
        ids.sort();
        ids.dedup();
        let tickets = tickets::reads(tx, actor, &ids)?;
        let ticket = of.ticket().and_then(|t| tickets.get(&t.row.id).copied());
        let of_sight = |sight: Sight| Reads { words: sight.words, masked: sight.masked, knows: false };
        let record = match of {
            _ if actor.applicant_id.is_some() => ticket.filter(|_| is_theirs(kind)),
            Of::Ticket(_) => ticket,
            Of::Sheet(_) | Of::Batch(_) => {
                let resource = of.about().record_kind().unwrap_or_default();
                access::sight(tx, &Scope::of(actor, resource), of.id())?.map(of_sight)
            }
            Of::Register(center) => reads_register(actor, center, &kept.subject).then_some(Reads { words: true, masked: false, knows: false }),
        };
        let own = actor.applicant_id.map(Own::Applicant);
        Ok(record.map(|record| Self { record, tickets, own }))
    }

    /// Of who holds a link: themselves, and what they wrote where the ticket is the one they registered.
    pub fn by_link(of: &Of, caller: &tickets::TicketCaller) -> Self {
        let words = of.ticket().is_some_and(|t| caller.origin_id == t.row.id);
        let record = Reads { words, masked: false, knows: false };
        Self { record, tickets: of.ticket().map(|t| (t.row.id, record)).into_iter().collect(), own: Some(Own::Caller(caller.id)) }
    }

    /// What stands in the place of a text; none: the text itself.
    fn hides(&self, v: &Veiled, masking: &Masking) -> Option<String> {
        let reads = match v.ticket {
            None => self.record,
            Some(id) => self.tickets.get(&id).copied().unwrap_or(Reads { words: false, masked: true, knows: false }),
        };
        match v.what {
            What::Words => return (!reads.words).then(|| "（不予显示）".into()),
            What::Told => return (!reads.words && self.own.is_none()).then(|| "（不予显示）".into()),
            What::Name | What::Phone | What::IdNumber => {}
        }
        if v.caller.is_some() {
            match self.own {
                Some(Own::Applicant(id)) if v.applicant == Some(id) => return None,
                Some(Own::Caller(id)) if v.caller == Some(id) => return None,
                Some(_) => return Some("（其他申请人）".into()),
                None if v.confidential && !reads.knows => return Some("（保密）".into()),
                None => {}
            }
        }
        reads.masked.then(|| match v.what {
            What::Name => masking.name(&v.text),
            What::Phone if !v.text.contains('*') => masking.phone(&v.text),
            // They stand there masked.
            _ => v.text.clone(),
        })
    }

    /// The original, or the copy that this reader gets; and whether it is the latter.
    pub fn copy(&self, tx: &Tx, row: &Form, record: &FormRecord) -> Result<(Copy, bool)> {
        let mut sheet: serde_json::Value = serde_json::from_str(&row.sheet.open(tx.vault)?)?;
        let mut signatures = record.signatures.clone();
        let hidden: Vec<(&str, String)> =
            record.fallback.veiled.iter().filter_map(|v| Some((v.text.as_str(), self.hides(v, tx.masking)?))).filter(|(text, shown)| text != shown).collect();
        let mut masked = self.record.masked;
        if masked || !hidden.is_empty() {
            let veil = Veil::over(tx.masking, hidden, tx.now.local_date());
            let before = (sheet.clone(), signatures.iter().map(|s| s.who.clone()).collect::<Vec<_>>());
            veil.sheet(&mut sheet);
            signatures.iter_mut().for_each(|s| veil.signature(s));
            // Who has not signed yet does not make it a masked copy.
            masked |= before.0 != sheet || signatures.iter().zip(&before.1).any(|(s, who)| s.who != *who);
        }
        // Why it fell names nobody; why somebody voided it is their words.
        let void_reason = if record.fell || self.record.words { record.void_reason.clone() } else { String::new() };
        Ok((Copy { sheet, signatures, void_reason }, masked))
    }
}
