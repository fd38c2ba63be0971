//! Who reads forms, and how: those of a matter with the matter, those of the relay with what they are about.

use std::collections::{HashMap, HashSet};

use super::{
    machine::{About, FormKind},
    masking::Veil,
    receipts::{self, Receipt},
    store::{self, Form, FormRecord, FormSignature},
};
use crate::{
    access::{self, Sight},
    auth::{
        Actor, Reachable, Scope,
        policy::{self},
    },
    db::{Result, Tx},
    entrustments::{self, Entrustment},
    kernel::{ErrorCode, Id, Problem},
    organization,
};

/// A matter, as far as the caller reads its forms.
pub struct Seen {
    /// The matter.
    pub e: Entrustment,
    /// All of its forms, but for what is between units where the caller is the applicant.
    pub whole: bool,
    /// It is seen at all.
    visible: bool,
    /// Persons are masked in what is read.
    pub masked: bool,
}

impl Seen {
    /// As the caller sees it now.
    pub fn of(tx: &mut Tx, actor: &Actor, e: Entrustment) -> Result<Self> {
        let custodian = organization::load(tx, e.custodian_id)?;
        let sight = access::sight(tx, &Scope::of(actor, "entrustment"), e.id)?;
        let near = Reachable {
            applicant: Some(e.applicant_id),
            assignee: e.assignee_id,
            centers: vec![e.custodian_id],
            path: &custodian.path,
            ..Reachable::default()
        };
        let whole = sight.is_some_and(|s| !s.narrow && policy::allows(actor, "form", "read", &near) && (s.words || keeps(actor, &e)));
        Ok(Self { whole, visible: sight.is_some(), masked: sight.is_none_or(|s| s.masked), e })
    }

    /// By the matter's id or number.
    pub fn by_reference(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Self> {
        let found = entrustments::by_reference(tx, reference)?;
        Self::of(tx, actor, found.ok_or_else(Problem::not_found)?)
    }

    /// Why the caller does not read what is asked for: seen and not allowed, or not seen at all.
    pub fn refusal(&self) -> Problem {
        if self.visible { Problem::of(ErrorCode::Forbidden) } else { Problem::not_found() }
    }
}

/// The assigned agent keeps a copy of what was issued, also when the matter is over and rated: masked then, as the matter is.
fn keeps(actor: &Actor, e: &Entrustment) -> bool {
    e.assignee_id.is_some_and(|id| actor.answers_for(id))
}

/// No applicant reads what is between units.
fn shown_to(actor: &Actor, kind: FormKind) -> bool {
    actor.applicant_id.is_none() || !kind.internal()
}

/// Whether the caller reads what is about this transfer, joint handling, arbitration or reminder: by its own access rows.
pub fn reads_about(tx: &mut Tx, actor: &Actor, about: About, id: Id) -> Result<Option<Sight>> {
    let Some(kind) = about.record_kind() else { return Ok(None) };
    access::sight(tx, &Scope::of(actor, kind), id)
}

/// Who issued a form or is a party to it keeps reading it, though the matter has moved on: as they see the matter now. So
/// does whom a decision binds, who was no side of the arbitration and does not see its record.
fn concerned(actor: &Actor, row: &Form, e: &Entrustment) -> Result<bool> {
    Ok(super::sides::concerned(actor, &row.owners.get()?, e))
}

/// An applicant reads what is between units only with the record it is about: an offer that was made or taken, and none that
/// somebody did not want (DOMAIN §5).
fn apart(actor: &Actor, kind: FormKind) -> bool {
    actor.applicant_id.is_some() && kind.about() != About::Matter
}

/// A form that the caller reads, with its matter.
pub fn load(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Form, Seen)> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::form(tx, id)?,
        Err(_) => store::form_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    let row = found.filter(|f| shown_to(actor, f.kind)).ok_or_else(Problem::not_found)?;
    let seen = Seen::by_reference(tx, actor, row.entrustment_id.as_str())?;
    let apart = apart(actor, row.kind);
    if seen.whole && !apart || concerned(actor, &row, &seen.e)? {
        return Ok((row, seen));
    }
    match reads_about(tx, actor, row.kind.about(), row.about_id)? {
        Some(sight) if sight.words && (seen.whole || !apart) => Ok((row, seen)),
        None if apart => Err(Problem::not_found().into()),
        Some(_) => Err(Problem::of(ErrorCode::Forbidden).into()),
        None => Err(seen.refusal().into()),
    }
}

/// The forms of a matter that the caller reads, newest first.
pub fn of_matter(tx: &mut Tx, actor: &Actor, seen: &Seen) -> Result<Vec<Form>> {
    let mut rows = store::of_matter(tx, seen.e.id)?;
    rows.retain(|f| shown_to(actor, f.kind));
    if seen.whole && actor.applicant_id.is_none() {
        return Ok(rows);
    }
    let mut readable: HashSet<Id> = HashSet::new();
    for about in [About::Transfer, About::JointHandling, About::Arbitration, About::Reminder] {
        let Some(kind) = about.record_kind() else { continue };
        let ids: Vec<Id> = rows.iter().filter(|f| f.kind.about() == about).map(|f| f.about_id).collect();
        if !ids.is_empty() {
            let sights: HashMap<Id, Sight> = access::sights(tx, &Scope::of(actor, kind), &ids)?;
            readable.extend(sights.into_iter().filter(|(_, sight)| sight.words).map(|(id, _)| id));
        }
    }
    let mut kept = Vec::new();
    for row in rows {
        let whole = seen.whole && !apart(actor, row.kind);
        let about = row.kind.about() != About::Matter && readable.contains(&row.about_id) && (seen.whole || actor.applicant_id.is_none());
        if whole || about || concerned(actor, &row, &seen.e)? {
            kept.push(row);
        }
    }
    let rows = kept;
    if rows.is_empty() && !seen.whole { Err(seen.refusal().into()) } else { Ok(rows) }
}

/// Text, signatures and record of a form, as the caller reads them.
pub struct Copy {
    /// The text as data.
    pub sheet: serde_json::Value,
    /// Who has signed.
    pub signatures: Vec<FormSignature>,
    /// Why it is void.
    pub void_reason: String,
}

/// What is told beside the signatures, as the caller reads it.
pub fn receipts(tx: &mut Tx, row: &Form, record: &FormRecord, seen: &Seen) -> Result<Vec<Receipt>> {
    let sheet = serde_json::from_str(&row.sheet.open(tx.vault)?)?;
    let mut receipts = receipts::of(tx, row, record, &seen.e, &sheet)?;
    if seen.masked {
        let veil = Veil::new(tx.masking, &record.personal, tx.now.local_date());
        for receipt in &mut receipts {
            receipt.statement = veil.text(&receipt.statement);
            let mut above = serde_json::to_value(&receipt.above)?;
            veil.sheet(&mut above);
            receipt.above = serde_json::from_value(above)?;
        }
    }
    Ok(receipts)
}

/// The original, or the masked copy of it.
pub fn copy(tx: &Tx, row: &Form, record: &FormRecord, masked: bool) -> Result<Copy> {
    let mut sheet: serde_json::Value = serde_json::from_str(&row.sheet.open(tx.vault)?)?;
    let mut signatures = record.signatures.clone();
    let mut void_reason = record.void_reason.clone();
    if masked {
        let veil = Veil::new(tx.masking, &record.personal, tx.now.local_date());
        veil.sheet(&mut sheet);
        signatures.iter_mut().for_each(|s| veil.signature(s));
        void_reason = veil.text(&void_reason);
    }
    Ok(Copy { sheet, signatures, void_reason })
}
