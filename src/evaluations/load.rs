//! An evaluation found, seen, told; the token of its link.

use serde_json::Value;

use super::{
    model::{EvaluationState, RatedKind},
    occasions::{self, store as served},
    store::{self, Evaluation},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{Actor, Reachable, Scope, policy::subject},
    db::{Result, Tx, dialect},
    entrustments,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, Id, Moment, Problem, Purpose},
    organization,
};

/// Its name in the access table, in the policy and in events.
pub(super) const KIND: &str = "evaluation";

/// Records what happened, and who sees it from now on.
pub(super) fn publish(tx: &mut Tx, actor: &Actor, row: &Evaluation, kind: &str, params: Value) -> Result<()> {
    let event = NewEvent { record_kind: KIND, record_id: row.id, version: row.version, kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    place(tx, row)
}

/// Who sees an evaluation: the rated center and what is above it, the rated person (only what they were told by name), the
/// applicant, and the client that opened it. An occasion is seen with its first evaluation, in that one's state, also by who
/// served: it is their work, and shows no grade.
pub(super) fn place(tx: &mut Tx, row: &Evaluation) -> Result<()> {
    let center = organization::load(tx, row.center_id)?;
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(&center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(row.applicant_id.map(|id| (subject::applicant(id.as_str()), false)));
    let occasion = match row.record_kind {
        RatedKind::ServiceOccasion => served::occasion(tx, row.record_id)?,
        _ => None,
    };
    subjects.extend(occasion.as_ref().and_then(|o| o.client_id).map(|id| (subject::user(id.as_str()), false)));
    // What is rated is listed in the order of its rating.
    let due_at = match row.state {
        EvaluationState::Open => row.due_at,
        EvaluationState::Rated => row.rated_at.unwrap_or(Moment::NEVER),
        EvaluationState::Expired => Moment::NEVER,
    };
    if let Some(occasion) = occasion.filter(|_| row.round == 1) {
        let (kind, mut subjects) = (served::KIND, subjects.clone());
        subjects.extend(row.staff_id.map(|id| (subject::user(id.as_str()), false)));
        access::place(tx, &Placement { kind, record: occasion.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })?;
    }
    if let Some(rated) = row.staff_id {
        let of = if is_withheld(tx, row)? { subject::rated } else { subject::user };
        subjects.push((of(rated.as_str()), false));
    }
    access::place(tx, &Placement { kind: KIND, record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// Whether the rated person does not see it: somebody gave no name, or it follows a bad grade of somebody who gave none.
pub(super) fn is_withheld(tx: &mut Tx, row: &Evaluation) -> Result<bool> {
    let first = if row.round > 1 { store::first_of(tx, &[row.record_id])?.pop() } else { None };
    Ok(row.is_anonymous() || first.is_some_and(|first| first.is_anonymous()))
}

/// How far an evaluation is from a caller who sees it.
pub(super) fn reachable(actor: &Actor, row: &Evaluation) -> Reachable<'static> {
    // A client sees only what it opened itself.
    let client = actor.id.filter(|_| actor.kind == "client");
    Reachable { applicant: row.applicant_id, assignee: row.staff_id, centers: vec![row.center_id], client, ..Reachable::default() }
}

/// Who holds a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// Whoever was served: it was sent to their telephone or account, or handed to them.
    Served,
    /// Whoever knows the number and the last four digits of the telephone, as everybody does who served.
    Number,
}

impl Holder {
    fn marked(self, id: Id) -> String {
        match self {
            Self::Served => format!("evaluation:{id}"),
            Self::Number => format!("evaluation_by_number:{id}"),
        }
    }
}

/// The path of an evaluation's link. Of its token nothing is stored, and only this server can make it; rating uses up those of
/// every holder.
pub(super) fn link(tx: &Tx, id: Id) -> String {
    link_for(tx, id, Holder::Served)
}

/// The same, for somebody who has not proved as much.
pub(super) fn link_for(tx: &Tx, id: Id, holder: Holder) -> String {
    format!("/api/v1/evaluation-links/{id}.{}", tx.vault.mark(Purpose::Link, &holder.marked(id)))
}

pub(super) fn by_token(tx: &mut Tx, text: &str) -> Result<(Evaluation, Holder)> {
    let (id, mark) = text.split_once('.').ok_or_else(Problem::not_found)?;
    let id: Id = id.parse().map_err(|_| Problem::not_found())?;
    let holds = |holder: &Holder| tx.vault.matches(Purpose::Link, &holder.marked(id), mark);
    let holder = [Holder::Served, Holder::Number].into_iter().find(holds).ok_or_else(Problem::not_found)?;
    Ok((store::evaluation(tx, id)?.ok_or_else(Problem::not_found)?, holder))
}

/// By id, by the number of what is rated, or by the service number of an occasion that the caller sees.
fn by_reference(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Evaluation> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::evaluation(tx, id)?,
        Err(_) => store::by_number(tx, &reference.to_ascii_uppercase())?,
    };
    if let Some(row) = found {
        return Ok(row);
    }
    let scope = Scope::of(actor, KIND);
    for occasion in served::by_service_no(tx, reference)? {
        if let Some(row) = store::of_record(tx, occasion.id)?
            && access::sight(tx, &scope, row.id)?.is_some()
        {
            return Ok(row);
        }
    }
    Err(Problem::not_found().into())
}

/// By the number that whoever was served knows: of what is rated, or of the record that an occasion was opened for.
pub(super) fn by_known_number(tx: &mut Tx, number: &str) -> Result<Option<Evaluation>> {
    if let Some(row) = store::by_number(tx, number)? {
        return Ok(Some(row));
    }
    let occasion = occasions::of_own_number(tx, number)?;
    occasion.map_or(Ok(None), |o| store::of_record(tx, o.id))
}

/// An evaluation that the caller sees.
pub(super) fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Evaluation, Sight)> {
    let row = by_reference(tx, actor, reference)?;
    let sight = access::sight(tx, &Scope::of(actor, KIND), row.id)?.ok_or_else(Problem::not_found)?;
    Ok((row, sight))
}

/// The same, locked first.
pub(super) fn load_locked(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Evaluation, Sight)> {
    let id = by_reference(tx, actor, reference)?.id;
    lock(tx, id)?;
    load_seen(tx, actor, id.as_str())
}

/// An evaluation by id, locked: after its matter, whose sight a rating changes, and whose end opens it.
pub(super) fn lock(tx: &mut Tx, id: Id) -> Result<Evaluation> {
    let matter = store::evaluation(tx, id)?.ok_or_else(Problem::not_found)?.entrustment_id;
    matter.map_or(Ok(()), |matter| dialect::lock_root(tx.conn, "entrustments", matter.as_str()))?;
    dialect::lock_root(tx.conn, "evaluations", id.as_str())?;
    Ok(store::evaluation(tx, id)?.ok_or_else(Problem::not_found)?)
}

/// Whom to ask: the telephone kept with the evaluation, or that of the matter's contact.
pub(super) fn phone(tx: &mut Tx, row: &Evaluation) -> Result<Option<String>> {
    if let Some(phone) = &row.phone {
        return Ok(Some(phone.open(tx.vault)?));
    }
    let Some(id) = row.entrustment_id else { return Ok(None) };
    let matter = entrustments::store::entrustment(tx, id)?;
    matter.map(|e| e.contact_phone.open(tx.vault)).transpose()
}

/// An evaluation, whom to ask for it, and the path of its link: for whoever sends it.
pub fn reach(tx: &mut Tx, id: Id) -> Result<Option<(Evaluation, Option<String>, String)>> {
    let Some(row) = store::evaluation(tx, id)? else { return Ok(None) };
    let phone = phone(tx, &row)?;
    let link = link(tx, row.id);
    Ok(Some((row, phone, link)))
}

/// Whether an evaluation still waits to be rated.
pub fn is_waiting(tx: &mut Tx, id: Id) -> Result<bool> {
    Ok(store::evaluation(tx, id)?.is_some_and(|row| row.is_open(tx.now)))
}
