//! Reading what is usually withheld, audited; and what happened with a consultation.

use serde::Serialize;

use super::{
    input::ConsultationReveal,
    load::{self, KIND, Told},
    machine::ConsultationAction,
    narrative,
    views::{ConsultationView, Reader, knows, render},
};
use crate::{
    access::Sight,
    applicants::{self, Applicant},
    auth::Actor,
    db::{Result, Tx, audit},
    entrustments::TimelineEntry,
    events::{Audience, store as log},
    kernel::{Code as _, Id, ListQuery, Page, Target},
};

/// A consultation in full.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RevealedConsultation {
    /// Of the consultation.
    pub id: Id,
    /// Whom to call; absent where nobody is known, or a confidential asker is not this caller's to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_name: Option<String>,
    /// Their telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_phone: Option<String>,
    /// Their record, where they are registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applicant: Option<Applicant>,
    /// The consultation with what was said of it.
    pub consultation: ConsultationView,
    /// Version of the consultation.
    pub version: i64,
}

crate::versioned!(RevealedConsultation, "consultation");

/// Shows personal data in full, audited with its reason; a confidential asker to the counter and to who answers alone.
pub fn reveal(tx: &mut Tx, actor: &Actor, target: &Target, input: &ConsultationReveal) -> Result<RevealedConsultation> {
    let loaded = load::load_for(tx, actor, ConsultationAction::Reveal, target)?;
    let entry = audit::Entry {
        actor_id: actor.id.map(|id| id.to_string()).unwrap_or_default(),
        action: "reveal",
        record_kind: KIND,
        record_id: loaded.row.id,
        reason: &input.reason,
        request_id: &actor.request_id,
    };
    audit::record(tx, &entry)?;
    load::tell(tx, actor, &loaded.row, Told::new("revealed", Audience::Staff, serde_json::json!({})))?;
    let row = &loaded.row;
    let shown = !row.confidential || knows(actor, row);
    let record = match row.applicant_id.filter(|_| shown) {
        Some(id) => applicants::store::applicant(tx, id)?,
        None => None,
    };
    let reader = Reader { masked: false, words: true, ..Reader::of(actor, row, Sight::CLEAR) };
    let consultation = render(tx, actor, &loaded, reader)?;
    Ok(RevealedConsultation {
        id: row.id,
        contact_name: consultation.contact_name.clone(),
        contact_phone: consultation.contact_phone.clone(),
        applicant: record.map(|row| applicants::show(tx, &row, Sight::CLEAR)).transpose()?,
        version: row.version,
        consultation,
    })
}

/// What happened with a consultation, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let loaded = load::load_seen(tx, actor, reference)?;
    let reader = Reader::of(actor, &loaded.row, loaded.sight);
    let staff = actor.applicant_id.is_none() && actor.kind != "client";
    let audiences = if staff { Audience::ALL } else { &[Audience::Public, Audience::Applicant] };
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let events = log::timeline(tx, loaded.row.id, audiences, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let reads = reader.words && (!loaded.row.confidential || reader.knows);
    let entry = |e: log::Event| -> Result<TimelineEntry> {
        let words = e.words.filter(|_| reads).map(|w| w.open(tx.vault)).transpose()?;
        let text = narrative::tell(&e.kind, &e.params.get().unwrap_or_default());
        Ok(TimelineEntry { id: e.id, text, words, kind: e.kind, actor: e.actor_label, at: e.occurred_at })
    };
    let rows = events.into_iter().map(entry).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(rows, q.limit, tx.vault, |e: &TimelineEntry| q.cursor_of(String::new(), e.id.to_string())))
}
