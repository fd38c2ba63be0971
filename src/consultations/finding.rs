//! Finding consultations: among what staff see, and by an asker who proves who they are.

use serde::Serialize;

use super::{
    load::{self, KIND},
    machine::ConsultationState as State,
    narrative,
    store::{self, Consultation},
    views::{self, ConsultationView, knows},
};
use crate::{
    access::{self, Sight},
    applicants,
    auth::{Actor, Scope, policy},
    db::{Db, Result, Tx},
    entrustments,
    events::{Audience, store as log},
    kernel::{Code as _, Id, Moment, phone, text},
    organization,
};

/// So many of one name or telephone are looked at.
const CANDIDATES: i64 = 500;
const MOST: usize = 50;

/// Consultations by number, by the telephone or the exact name of who asked, or by words of their items, newest first. By what is
/// personal only those are found that are seen in clear, and a confidential asker only by who is shown them.
pub fn search(tx: &mut Tx, actor: &Actor, asked: &str) -> Result<Vec<ConsultationView>> {
    if !policy::may(actor, KIND, "read") {
        return Ok(Vec::new());
    }
    let scope = Scope::of(actor, KIND);
    let called = phone::check(asked).is_ok().then(|| applicants::phone_mark(tx, asked));
    let named = applicants::name_mark(tx, &text::fold(asked));
    let by_person = store::by_person(tx, called.as_deref(), &named, CANDIDATES)?;
    let mut others: Vec<Consultation> = store::by_number(tx, &asked.to_ascii_uppercase())?.into_iter().collect();
    let worded = access::matching(tx, &scope, KIND, asked, None)?;
    others.extend(store::consultations_by_id(tx, &worded.into_iter().take(MOST).collect::<Vec<_>>())?);
    let ids: Vec<Id> = by_person.iter().chain(&others).map(|row| row.id).collect();
    let sights = access::sights(tx, &scope, &ids)?;
    let clear = |row: &Consultation, sight: Sight| !sight.masked && (!row.confidential || knows(actor, row));
    let found = by_person.into_iter().filter(|row| sights.get(&row.id).is_some_and(|s| clear(row, *s)));
    let mut found: Vec<Consultation> = found.chain(others.into_iter().filter(|row| sights.contains_key(&row.id))).collect();
    found.sort_by_key(|row| std::cmp::Reverse(row.id));
    found.dedup_by_key(|row| row.id);
    found.truncate(MOST);
    let seen = found.into_iter().filter_map(|row| Some((sights.get(&row.id).copied()?, row))).map(|(sight, row)| (row, sight)).collect();
    views::listed(tx, actor, seen)
}

/// What an asker without an account reads: nothing personal, and not the words of the answer, which are given to them in person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsultationProgress {
    /// Number that they were given.
    pub number: String,
    /// What it is about, in Chinese.
    pub theme_label: String,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// Round of answering, from 1.
    pub round: i32,
    /// The center that answers.
    pub handled_by: String,
    /// Telephone of that center.
    pub phone: String,
    /// Answered until.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// What it was turned into, by number.
    pub records: Vec<String>,
    /// What happened in plain Chinese, oldest first.
    pub story: Vec<ConsultationStoryLine>,
}

/// One sentence of what happened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsultationStoryLine {
    /// In plain Chinese.
    pub text: String,
    /// When.
    pub at: Moment,
}

/// Public progress by the number that was given and the last four digits of the phone, with the guards that matters have.
pub async fn progress(db: &Db, number: String, last4: String) -> Result<ConsultationProgress> {
    entrustments::guarded(db, number, last4, |tx, number, last4| {
        let Some(row) = store::by_number(tx, number)? else { return Ok(None) };
        let Some(sealed) = &row.phone else { return Ok(None) };
        if phone::last4(&sealed.open(tx.vault)?).is_none_or(|digits| digits != last4) {
            return Ok(None);
        }
        let loaded = load::load_behind(tx, row.id)?;
        let center = organization::load(tx, row.center_id)?;
        let events = log::timeline(tx, row.id, &[Audience::Public, Audience::Applicant], None, 200)?;
        let line = |e: log::Event| ConsultationStoryLine { text: narrative::tell(&e.kind, &e.params.get().unwrap_or_default()), at: e.occurred_at };
        Ok(Some(ConsultationProgress {
            number: row.number.clone(),
            theme_label: row.theme.label().into(),
            state: row.state,
            state_label: row.state.label().into(),
            round: row.round,
            due_at: loaded.row.due_at.known(),
            records: store::turned(tx, &[row.id])?.into_iter().map(|t| t.number).collect(),
            story: events.into_iter().map(line).collect(),
            handled_by: center.name,
            phone: center.phone,
        }))
    })
    .await
}
