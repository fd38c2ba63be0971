//! One-time links: the applicant reads a form and signs it with a code that staff tell in person. No message goes to a
//! telephone yet, so that the signature says who told the code, and proves no more than that.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    fallback,
    machine::{FormAction as Action, FormKind, FormState as State, Refusal},
    receipts,
    service::{load_for, save, sheet_of},
    signing::{FormSignInput, changed, linkable, sign},
    store::{self, Form, FormRecord},
    views::ReceiptView,
};
use crate::{
    auth::{Actor, Grant, Role},
    db::{Result, Tx, dialect},
    entrustments::{self, Entrustment},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Purpose, Target, Text},
};

/// Days that a link may be used.
const LINK_DAYS: i64 = 3;
/// Days that it shows what was signed by it.
const READ_DAYS: i64 = 7;
/// Wrong codes before a link is dead.
const TRIES: u32 = 5;

/// The applicant, by link.
pub(super) fn link_actor(request_id: &str, e: &Entrustment) -> Actor {
    let grants = vec![Grant { role: Role::Applicant, node: e.applicant_id.to_string() }];
    Actor { kind: "link", applicant_id: Some(e.applicant_id), grants, label: "申请人".into(), ..Actor::system(request_id) }
}

/// The link has done its work.
pub(super) fn used(now: Moment, record: &mut FormRecord) {
    record.link_signed_at = Some(now);
    record.link_read_until = Some(now.plus(TimeDelta::days(READ_DAYS)));
}

/// A link by which the applicant reads and signs a form, once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SigningLink {
    /// The form.
    pub id: Id,
    /// Path of the link.
    #[schema(example = "/api/v1/signing-links/0193f2f4-7c00-7000-8000-000000000001.1.mark")]
    pub link: String,
    /// Six digits that belong to this very text and link. Answered this once, to whoever sends the link, who tells them to the
    /// applicant in person; the form says so.
    #[schema(example = "204816")]
    pub code: String,
    /// The contact's telephone, masked.
    pub phone: String,
    /// Who tells the code: the post that stands beside the signature.
    pub code_told_by: String,
    /// Until when.
    pub expires_at: Moment,
    /// Version of the form, as in `ETag`.
    pub version: i64,
}

crate::versioned!(SigningLink);

fn token(tx: &Tx, row: &Form, round: u32) -> String {
    format!("{}.{round}.{}", row.id, tx.vault.mark(Purpose::Link, &format!("form:{}:{round}", row.id)))
}

/// The code of a link: bound to the text by its hash, to the link and to the telephone.
fn code_of(tx: &Tx, row: &Form, round: u32, phone: &str) -> String {
    let mark = tx.vault.mark(Purpose::Link, &format!("sign:{}:{round}:{}:{phone}", row.id, row.hash));
    let number = mark.bytes().fold(0u64, |n, b| n.wrapping_mul(257).wrapping_add(u64::from(b)));
    format!("{:06}", number % 1_000_000)
}

fn phone_of(tx: &mut Tx, row: &Form) -> Result<String> {
    let e = entrustments::store::entrustment(tx, row.entrustment_id)?.ok_or_else(Problem::not_found)?;
    e.contact_phone.open(tx.vault)
}

/// Makes a link; the one before no longer works. Whoever makes it is told the code, and answers for it.
pub fn link(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<SigningLink> {
    let (mut row, seen, sides) = load_for(tx, actor, Action::Link, target)?;
    if !linkable(tx, &row, &seen.e, &sides)? {
        return Err(Refusal::NotToBeSigned.into());
    }
    let record = row.record.open(tx.vault)?;
    let phone = phone_of(tx, &row)?;
    send(tx, actor, &mut row, record, &phone)
}

/// Makes a link to a telephone.
pub(super) fn send(tx: &mut Tx, actor: &Actor, row: &mut Form, mut record: FormRecord, phone: &str) -> Result<SigningLink> {
    record.link_round += 1;
    record.failures = 0;
    let until = tx.now.plus(TimeDelta::days(LINK_DAYS));
    record.link_until = Some(until);
    record.code_told = Some((actor.label.clone(), actor.id));
    let (link, code) = (token(tx, row, record.link_round), code_of(tx, row, record.link_round, phone));
    save(tx, actor, row, &record, "link_sent")?;
    Ok(SigningLink {
        id: row.id,
        link: format!("/api/v1/signing-links/{link}"),
        code,
        phone: tx.masking.phone(phone),
        code_told_by: actor.label.clone(),
        expires_at: until,
        version: row.version,
    })
}

/// A link that somebody has yet to be sent.
#[derive(Clone, Debug)]
pub struct OpenLink {
    /// To the contact of this matter.
    pub entrustment_id: Id,
    /// Path of the link.
    pub path: String,
    /// Document number.
    pub number: String,
    /// Good until.
    pub until: Moment,
}

/// The present link of a form of a matter, while it may be used. The code is told in person, and goes by no message.
pub fn open_link(tx: &mut Tx, form: Id) -> Result<Option<OpenLink>> {
    let Some(row) = store::form(tx, form)? else { return Ok(None) };
    let record = row.record.open(tx.vault)?;
    let open = record.link_signed_at.is_none() && row.state != State::Voided && !row.kind.about().is_fallback();
    let until = record.link_until.filter(|until| open && *until > tx.now);
    Ok(until.map(|until| OpenLink {
        entrustment_id: row.entrustment_id,
        path: format!("/api/v1/signing-links/{}", token(tx, &row, record.link_round)),
        number: row.number.clone(),
        until,
    }))
}

/// What the holder of a link reads: the exact text, and its hash.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SigningView {
    /// Document number.
    pub number: String,
    /// Which form.
    pub kind: FormKind,
    /// In Chinese.
    pub kind_label: String,
    /// The text as data.
    pub sheet: serde_json::Value,
    /// SHA-256 of the text, as printed on the form.
    pub document_hash: String,
    /// What is told beside the signatures, as the record stands now; no part of the hashed text.
    pub receipts: Vec<ReceiptView>,
    /// It was signed by this link.
    pub signed: bool,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Moment>,
    /// Until when it may be signed, or, once it is, read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
}

/// The form of a link that is open, or was used a short while ago. What was replaced, is over or void is refused alike,
/// whether it is read or signed.
pub(super) fn by_token(tx: &mut Tx, text: &str) -> Result<(Form, FormRecord)> {
    let mut parts = text.splitn(3, '.');
    let (Some(id), Some(round), Some(mark)) = (parts.next(), parts.next(), parts.next()) else { return Err(Problem::not_found().into()) };
    let id: Id = id.parse().map_err(|_| Problem::not_found())?;
    if !tx.vault.matches(Purpose::Link, &format!("form:{id}:{round}"), mark) {
        return Err(Problem::not_found().into());
    }
    let row = store::form(tx, id)?.ok_or_else(Problem::not_found)?;
    let record = row.record.open(tx.vault)?;
    let until = if record.link_signed_at.is_some() { record.link_read_until } else { record.link_until };
    if record.link_round.to_string() != round || row.state == State::Voided || until.is_none_or(|until| until < tx.now) {
        let text =
            Text::new("链接已经失效：已过期、已被新的链接代替，或者文书已由其他方式签署、已作废。请联系代办中心。", "Over, replaced, or no longer needed.");
        return Err(Problem::new(ErrorCode::StateConflict, text).into());
    }
    Ok((row, record))
}

pub(super) fn link_view(tx: &mut Tx, row: &Form, record: &FormRecord) -> Result<SigningView> {
    let told = match entrustments::store::entrustment(tx, row.entrustment_id)? {
        Some(e) => receipts::of(tx, row, record, &e, &sheet_of(tx, row)?)?,
        None => Vec::new(),
    };
    Ok(SigningView {
        receipts: ReceiptView::all(told)?,
        number: row.number.clone(),
        kind: row.kind,
        kind_label: row.kind.label().into(),
        sheet: if row.kind.about().is_fallback() { fallback::link_sheet(tx, row, record)? } else { serde_json::from_str(&row.sheet.open(tx.vault)?)? },
        document_hash: row.hash.clone(),
        signed: record.link_signed_at.is_some(),
        signed_at: record.link_signed_at,
        expires_at: record.link_read_until.or(record.link_until),
    })
}

/// What a link shows while it may be used, and for some days after it was.
pub fn by_link(tx: &mut Tx, text: &str) -> Result<SigningView> {
    let (row, record) = by_token(tx, text)?;
    link_view(tx, &row, &record)
}

/// A signature by link.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSignInput {
    /// The six digits that the center told the applicant.
    #[validate(length(equal = 6))]
    #[schema(min_length = 6, max_length = 6, pattern = "^[0-9]{6}$", example = "204816")]
    pub code: String,
    /// The hash of the text that was read.
    #[validate(length(equal = 64))]
    #[schema(min_length = 64, max_length = 64)]
    pub document_hash: String,
}

/// What a try by link came to: a wrong code is counted, and that must be kept.
pub enum Tried {
    /// Signed.
    Signed(SigningView),
    /// Not this code.
    Wrong(Problem),
}

/// What is said to a wrong code, which is counted; none: it is the right one.
pub(super) fn refused(tx: &mut Tx, actor: &Actor, row: &mut Form, mut record: FormRecord, phone: &str, code: &str) -> Result<Option<Problem>> {
    if code == code_of(tx, row, record.link_round, phone) {
        return Ok(None);
    }
    record.failures += 1;
    if record.failures >= TRIES {
        record.link_until = None;
    }
    save(tx, actor, row, &record, "code_refused")?;
    Ok(Some(Problem::rule("/code", "wrong_code", "验证码不正确；连续五次错误后链接失效。", "Not the code.")))
}

/// Signs by link; the link is used up. Five wrong codes use it up too.
pub fn sign_by_link(tx: &mut Tx, text: &str, request_id: &str, input: &LinkSignInput) -> Result<Tried> {
    let (found, _) = by_token(tx, text)?;
    if found.kind.about().is_fallback() {
        return fallback::sign_by_link(tx, text, request_id, input);
    }
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "forms", found.id.as_str())?;
    let (mut row, record) = by_token(tx, text)?;
    if record.link_signed_at.is_some() {
        return Err(Refusal::PlaceTaken.into());
    }
    let phone = phone_of(tx, &row)?;
    let e = entrustments::store::entrustment(tx, row.entrustment_id)?.ok_or_else(Problem::not_found)?;
    let actor = link_actor(request_id, &e);
    if let Some(wrong) = refused(tx, &actor, &mut row, record, &phone, &input.code)? {
        return Ok(Tried::Wrong(wrong));
    }
    if input.document_hash != row.hash {
        return Err(changed().into());
    }
    let asked = FormSignInput::default();
    sign(tx, &actor, &Target::any(row.id), &asked)?;
    let row = store::form(tx, row.id)?.ok_or_else(Problem::not_found)?;
    let record = row.record.open(tx.vault)?;
    Ok(Tried::Signed(link_view(tx, &row, &record)?))
}
