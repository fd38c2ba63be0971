//! Signing these forms: staff of the issuer, and each of those who ask, with their account, by a link, or on paper. It moves no
//! ticket: that somebody is satisfied is said elsewhere.

use super::{
    service::{copy_by_link, load_for, subject_of, view},
    subject::Of,
};
use crate::{
    auth::{Actor, Grant, Reachable, Role, policy},
    db::{Result, Tx, dialect},
    entrustments::{SignatureInput, vocabulary::SignMethod},
    forms::{
        links::{self, SigningLink, Tried},
        machine::{FormAction as Action, FormKind, Refusal, Side, Signing, side_of, signed, signing},
        service::{places, save, sheet_of},
        signing::{BY_LINK, FormSignInput, another, changed},
        store::{self, Form, FormRecord, FormSignature},
        views::FormView,
    },
    kernel::{Problem, Target},
    tickets::TicketCaller,
};

/// Whether a place is that of somebody who asks.
pub(super) fn is_caller(kind: FormKind, place: &str) -> bool {
    side_of(kind, place) == Some(Side::Applicant)
}

/// Who signs a place of those who ask.
fn caller_of<'a>(of: &'a Of, record: &FormRecord, place: &str) -> Option<&'a TicketCaller> {
    let n: usize = place.strip_prefix("applicant_")?.parse().ok()?;
    let id = record.fallback.callers.get(n.checked_sub(1)?)?;
    of.ticket()?.callers.iter().find(|c| c.id == *id)
}

/// How the caller signs a place; none: it is another's.
fn signs(actor: &Actor, row: &Form, of: &Of, record: &FormRecord, place: &str) -> Option<Signing> {
    let side = side_of(row.kind, place)?;
    let issuer = of.staff(actor, "sign");
    let own = match side {
        Side::Issuer => issuer,
        Side::Manager => issuer && of.leads(actor),
        Side::Applicant => caller_of(of, record, place).is_some_and(|c| {
            let by_account = actor.applicant_id.is_some() && actor.applicant_id == c.applicant_id;
            let by_link = actor.kind == "link" && actor.id == Some(c.id);
            let near = Reachable { applicant: actor.applicant_id, ..Reachable::default() };
            by_link || (by_account && policy::allows(actor, "form", "sign", &near))
        }),
        _ => false,
    };
    let mut standing = Vec::with_capacity(2);
    standing.extend(own.then_some(side));
    standing.extend(issuer.then_some(Side::Issuer));
    signing(&standing, side)
}

/// Whether any place of the form is the caller's, signed or not.
pub(super) fn signs_any(tx: &mut Tx, actor: &Actor, row: &Form, of: &Of) -> Result<bool> {
    let record = row.record.open(tx.vault)?;
    Ok(sheet_of(tx, row)?.places().any(|place| signs(actor, row, of, &record, place).is_some()))
}

/// The places that the caller signs now, their own first.
pub(super) fn open_places(tx: &mut Tx, actor: &Actor, row: &Form, of: &Of) -> Result<Vec<(String, Signing)>> {
    let record = row.record.open(tx.vault)?;
    let sheet = sheet_of(tx, row)?;
    let free = sheet.places().filter(|place| record.signatures.iter().all(|s| s.place != *place));
    let mut open: Vec<(String, Signing)> = free.filter_map(|place| Some((place.to_owned(), signs(actor, row, of, &record, place)?))).collect();
    open.sort_by_key(|(_, how)| *how == Signing::Recorded);
    Ok(open)
}

/// Signs a form.
pub fn sign(tx: &mut Tx, actor: &Actor, target: &Target, input: &FormSignInput) -> Result<FormView> {
    let (mut row, of, reading) = load_for(tx, actor, Action::Sign, target)?;
    put(tx, actor, &mut row, &of, input)?;
    view(tx, actor, row, &of, &reading)
}

fn put(tx: &mut Tx, actor: &Actor, row: &mut Form, of: &Of, input: &FormSignInput) -> Result<()> {
    if input.document_hash.as_ref().is_some_and(|h| *h != row.hash) {
        return Err(changed().into());
    }
    let mut record = row.record.open(tx.vault)?;
    let sheet = sheet_of(tx, row)?;
    let taken = |place: &str| record.signatures.iter().any(|s| s.place == place);
    let own = |place: &&str| signs(actor, row, of, &record, place) == Some(Signing::Own);
    let place = match &input.place {
        Some(named) => {
            let place = sheet.places().find(|p| p == named);
            place.ok_or_else(|| Problem::rule("/place", "unknown_place", "文书上没有这个签署处。", "No such place on the form."))?
        }
        None => sheet.places().filter(own).find(|p| !taken(p)).or_else(|| sheet.places().find(|p| own(p))).ok_or_else(another)?,
    };
    let how = signs(actor, row, of, &record, place).ok_or_else(another)?;
    if taken(place) {
        return Err(Refusal::PlaceTaken.into());
    }
    let by = input.signature.clone().unwrap_or(SignatureInput { method: SignMethod::Online, evidence: String::new() });
    if how == Signing::Recorded && (by.method == SignMethod::Online || by.evidence.trim().chars().count() < 2) {
        let zh = "代为登记签字的，须选择线下方式并写明凭据。";
        return Err(Problem::rule("/signature/evidence", "evidence_required", zh, "Recorded with evidence.").into());
    }
    let linked = actor.kind == "link";
    let who = match caller_of(of, &record, place) {
        Some(caller) => caller.name.open(tx.vault)?,
        None => format!("{}　{}", sheet.issuer, actor.label),
    };
    let signature = FormSignature {
        place: place.to_owned(),
        who,
        how: if linked { BY_LINK.to_owned() } else { crate::kernel::Code::label(by.method).to_owned() },
        evidence: by.evidence,
        at: tx.now,
        by: actor.id.filter(|_| !linked),
        code_told_by: record.code_told.as_ref().filter(|_| linked).map(|(post, _)| post.clone()),
        statement: None,
    };
    // A link serves the one caller for whom it was made.
    if caller_of(of, &record, place).is_some_and(|c| record.fallback.link_for == Some(c.id)) {
        record.link_until = None;
        if linked {
            links::used(tx.now, &mut record);
        }
    }
    record.signatures.push(signature);
    row.state = signed(row.kind, &places(tx, row)?, |place| record.signatures.iter().any(|s| s.place == place));
    save(tx, actor, row, &record, "signed")
}

/// Makes a link for one of those who ask: of the place that is named, else of the first that is open.
pub fn link(tx: &mut Tx, actor: &Actor, target: &Target, place: Option<&str>) -> Result<SigningLink> {
    let (mut row, of, _) = load_for(tx, actor, Action::Link, target)?;
    let mut record = row.record.open(tx.vault)?;
    let sheet = sheet_of(tx, &row)?;
    if let Some(named) = place.filter(|named| !is_caller(row.kind, named) || !sheet.places().any(|p| p == *named)) {
        let zh = format!("“{named}”不是申请人的签署处。");
        return Err(Problem::rule("/place", "unknown_place", zh, "No place of an applicant.").into());
    }
    let open = |p: &&str| is_caller(row.kind, p) && record.signatures.iter().all(|s| s.place != **p) && place.is_none_or(|named| named == *p);
    let place = sheet.places().find(open).ok_or(Refusal::PlaceTaken)?;
    let caller = caller_of(&of, &record, place).cloned().ok_or_else(Problem::not_found)?;
    record.fallback.link_for = Some(caller.id);
    record.link_signed_at = None;
    let phone = caller.phone.open(tx.vault)?;
    links::send(tx, actor, &mut row, record, &phone)
}

/// What the holder of a link reads: others who ask are not in it.
pub fn link_sheet(tx: &mut Tx, row: &Form, record: &FormRecord) -> Result<serde_json::Value> {
    Ok(copy_by_link(tx, row, record)?.sheet)
}

/// Signs by link, once `token` was read: the code is checked, and the hash of what was read.
pub fn sign_by_link(tx: &mut Tx, token: &str, request_id: &str, input: &links::LinkSignInput) -> Result<Tried> {
    let (found, _) = links::by_token(tx, token)?;
    subject_of(tx, &found)?.lock(tx)?;
    dialect::lock_root(tx.conn, "forms", found.id.as_str())?;
    let (mut row, record) = links::by_token(tx, token)?;
    if record.link_signed_at.is_some() {
        return Err(Refusal::PlaceTaken.into());
    }
    let of = subject_of(tx, &row)?;
    let at = record.fallback.link_for.and_then(|id| record.fallback.callers.iter().position(|c| *c == id)).ok_or_else(Problem::not_found)?;
    let place = format!("applicant_{}", at + 1);
    let caller = caller_of(&of, &record, &place).cloned().ok_or_else(Problem::not_found)?;
    let actor = link_actor(request_id, &caller);
    let phone = caller.phone.open(tx.vault)?;
    if let Some(wrong) = links::refused(tx, &actor, &mut row, record, &phone, &input.code)? {
        return Ok(Tried::Wrong(wrong));
    }
    if input.document_hash != row.hash {
        return Err(changed().into());
    }
    let asked = FormSignInput { place: Some(place), ..FormSignInput::default() };
    put(tx, &actor, &mut row, &of, &asked)?;
    let row = store::form(tx, row.id)?.ok_or_else(Problem::not_found)?;
    let record = row.record.open(tx.vault)?;
    Ok(Tried::Signed(links::link_view(tx, &row, &record)?))
}

/// Somebody who asks, by link.
fn link_actor(request_id: &str, caller: &TicketCaller) -> Actor {
    let grants = caller.applicant_id.map(|id| Grant { role: Role::Applicant, node: id.to_string() }).into_iter().collect();
    Actor { kind: "link", id: Some(caller.id), applicant_id: caller.applicant_id, grants, label: "申请人".into(), ..Actor::system(request_id) }
}
