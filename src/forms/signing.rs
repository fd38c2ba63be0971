//! Signing forms: staff with their account, applicants with theirs or by a one-time link whose code belongs to the exact
//! text. Under an agreement, a completion or a termination the signature is that of the matter itself.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    machine::{FormAction as Action, FormKind, FormState as State, Refusal, permits},
    service::{FormView, load_for, save, sheet_of, signatures, view},
    store::{self, Form, FormRecord, FormSignature},
};
use crate::{
    applicants,
    auth::{Actor, Grant, Role},
    db::{Result, Tx, dialect},
    entrustments::{self, AgreementSignature, SignInput, SignatureInput, TerminationSignature, vocabulary::SignMethod},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Purpose, Target, Text},
    organization,
};

/// Days that a link may be used.
const LINK_DAYS: i64 = 3;
/// Wrong codes before a link is dead.
const TRIES: u32 = 5;

/// A signature under a form.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "place": "center" }))]
pub struct FormSignInput {
    /// Which place of the form, from its `places`; absent: the applicant's own, or the center's.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "center")]
    pub place: Option<String>,
    /// How; absent: with the account. Staff record an applicant's signature in another way, with evidence.
    #[serde(default)]
    #[validate(nested)]
    pub signature: Option<SignatureInput>,
    /// The hash of the text that was read; refused when it is another.
    #[serde(default)]
    #[validate(length(equal = 64))]
    #[schema(min_length = 64, max_length = 64)]
    pub document_hash: Option<String>,
    /// Under a termination, for the center: the papers are back with the applicant.
    #[serde(default)]
    pub papers_returned: bool,
}

fn is_applicants(place: &str) -> bool {
    matches!(place, "applicant" | "recipient")
}

/// Places of the unit that issues the form.
fn is_issuers(place: &str) -> bool {
    matches!(place, "issuer" | "center" | "manager" | "sender" | "giver" | "deliverer")
}

/// Signs a form.
pub fn sign(tx: &mut Tx, actor: &Actor, target: &Target, input: &FormSignInput) -> Result<FormView> {
    let (mut row, loaded) = load_for(tx, actor, Action::Sign, target)?;
    if input.document_hash.as_ref().is_some_and(|h| *h != row.hash) {
        return Err(changed().into());
    }
    let own = actor.applicant_id == Some(loaded.e.applicant_id);
    let sheet = sheet_of(tx, &row)?;
    let places: Vec<&str> = sheet.places().collect();
    let usual = |p: &&&str| is_applicants(p) == own;
    let place = match &input.place {
        Some(named) => places.iter().find(|p| *p == named),
        None => places.iter().find(usual),
    };
    let place = (*place.ok_or_else(|| Problem::rule("/place", "unknown_place", "文书上没有这个签署处。", "No such place on the form."))?).to_owned();
    if own && !is_applicants(&place) {
        return Err(Problem::rule("/place", "not_yours", "该处由经办单位签署。", "Not the applicant's place.").into());
    }
    let record = row.record.open(tx.vault)?;
    if signatures(tx, &row, &record)?.iter().any(|s| s.place == place) {
        return Err(Refusal::PlaceTaken.into());
    }
    let online = SignatureInput { method: SignMethod::Online, evidence: String::new() };
    let how = input.signature.clone().unwrap_or(online);
    if !own && is_applicants(&place) && (how.method == SignMethod::Online || how.evidence.trim().chars().count() < 2) {
        let zh = "代为登记申请人签字的，须选择线下方式并写明凭据。";
        return Err(Problem::rule("/signature/evidence", "evidence_required", zh, "Recorded with evidence.").into());
    }
    // Nobody signs in another unit's name: only who works at the issuer, and only at the issuer's own places.
    if !own && !is_applicants(&place) && (actor.center_id != Some(row.center_id) || !is_issuers(&place)) {
        return Err(Problem::rule("/place", "not_yours", "该处由出具单位或对方单位本单位的人员签署。", "Another unit's place.").into());
    }
    bind(tx, actor, &row, &record, &place, &how, input.papers_returned)?;
    let who = match (is_applicants(&place), own) {
        (true, _) => applicant_name(tx, &row)?,
        (false, _) => format!("{}　{}", organization::load(tx, row.center_id)?.name, actor.label),
    };
    let label = if actor.kind == "link" { "一次性链接验证码".to_owned() } else { how.method.label().to_owned() };
    put(tx, actor, &mut row, record, FormSignature { place, who, how: label, evidence: how.evidence, at: tx.now, by: actor.id })?;
    view(tx, actor, row, &loaded)
}

fn changed() -> Problem {
    Problem::rule("/document_hash", "text_changed", "文书内容与所读的不一致，请重新阅读。", "Not the text that was read.")
}

fn applicant_name(tx: &mut Tx, row: &Form) -> Result<String> {
    let e = entrustments::store::entrustment(tx, row.entrustment_id)?.ok_or_else(Problem::not_found)?;
    let applicant = applicants::store::applicant(tx, e.applicant_id)?.ok_or_else(Problem::not_found)?;
    Ok(applicants::show(tx, &applicant, crate::access::Sight::CLEAR)?.name)
}

fn put(tx: &mut Tx, actor: &Actor, row: &mut Form, mut record: FormRecord, signature: FormSignature) -> Result<()> {
    record.signatures.push(signature);
    record.link_until = None;
    row.state = State::Signed;
    save(tx, actor, row, &record, "signed")
}

/// Under a form that binds, the matter is signed: by the same act, in the same transaction.
fn bind(tx: &mut Tx, actor: &Actor, row: &Form, record: &FormRecord, place: &str, how: &SignatureInput, papers_returned: bool) -> Result<()> {
    if !row.kind.binds() {
        return Ok(());
    }
    let matter = Target::any(row.entrustment_id);
    match (row.kind, is_applicants(place)) {
        (FormKind::Agreement, true) => {
            let input = AgreementSignature { signature: how.clone(), text_hash: record.text_hash.clone() };
            entrustments::sign_agreement(tx, actor, &matter, &input)?;
        }
        (FormKind::Completion, true) => {
            stands(tx, row, record)?;
            entrustments::sign_completion(tx, actor, &matter, &SignInput { signature: how.clone() })?;
        }
        (FormKind::Termination, by_applicant) if place != "manager" => {
            stands(tx, row, record)?;
            let input = TerminationSignature { applicant_signature: by_applicant.then(|| how.clone()), papers_returned };
            entrustments::sign_termination(tx, actor, &matter, &input)?;
        }
        _ => {}
    }
    Ok(())
}

/// The completion or termination that the form carries is still the present one.
fn stands(tx: &mut Tx, row: &Form, record: &FormRecord) -> Result<()> {
    let details = entrustments::load_seen(tx, &Actor::system("forms"), row.entrustment_id.as_str())?.details;
    let present = match row.kind {
        FormKind::Completion => details.completion.map(|c| c.at),
        _ => details.termination.map(|t| t.requested_at),
    };
    if present == record.carries { Ok(()) } else { Err(changed().into()) }
}

/// A link by which the applicant reads and signs a form, once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SigningLink {
    /// The form.
    pub id: Id,
    /// Path of the link.
    #[schema(example = "/api/v1/signing-links/0193f2f4-7c00-7000-8000-000000000001.1.mark")]
    pub link: String,
    /// Six digits that belong to this very text and link: told to the applicant apart from the link, by phone or message.
    #[schema(example = "204816")]
    pub code: String,
    /// The telephone it is told to, masked.
    pub phone: String,
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

/// Makes a link; the one before no longer works.
pub fn link(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<SigningLink> {
    let (mut row, _) = load_for(tx, actor, Action::Link, target)?;
    let sheet = sheet_of(tx, &row)?;
    let mut record = row.record.open(tx.vault)?;
    let signed = signatures(tx, &row, &record)?;
    if !sheet.places().any(|p| is_applicants(p) && signed.iter().all(|s| s.place != p)) {
        return Err(Refusal::PlaceTaken.into());
    }
    record.link_round += 1;
    record.failures = 0;
    let until = tx.now.plus(TimeDelta::days(LINK_DAYS));
    record.link_until = Some(until);
    let phone = phone_of(tx, &row)?;
    let (link, code) = (token(tx, &row, record.link_round), code_of(tx, &row, record.link_round, &phone));
    save(tx, actor, &mut row, &record, "link_sent")?;
    Ok(SigningLink {
        id: row.id,
        link: format!("/api/v1/signing-links/{link}"),
        code,
        phone: tx.masking.phone(&phone),
        expires_at: until,
        version: row.version,
    })
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
    /// It was signed by this link.
    pub signed: bool,
    /// Until when it may be signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
}

fn by_token(tx: &mut Tx, text: &str) -> Result<(Form, FormRecord)> {
    let mut parts = text.splitn(3, '.');
    let (Some(id), Some(round), Some(mark)) = (parts.next(), parts.next(), parts.next()) else { return Err(Problem::not_found().into()) };
    let id: Id = id.parse().map_err(|_| Problem::not_found())?;
    if !tx.vault.matches(Purpose::Link, &format!("form:{id}:{round}"), mark) {
        return Err(Problem::not_found().into());
    }
    let row = store::form(tx, id)?.ok_or_else(Problem::not_found)?;
    let record = row.record.open(tx.vault)?;
    if record.link_round.to_string() != round {
        return Err(Problem::not_found().into());
    }
    Ok((row, record))
}

fn link_view(tx: &mut Tx, row: &Form, record: &FormRecord) -> Result<SigningView> {
    let signed = record.signatures.iter().any(|s| s.how == "一次性链接验证码");
    Ok(SigningView {
        number: row.number.clone(),
        kind: row.kind,
        kind_label: row.kind.label().into(),
        sheet: serde_json::from_str(&row.sheet.open(tx.vault)?)?,
        document_hash: row.hash.clone(),
        signed,
        expires_at: record.link_until,
    })
}

/// What a link shows while it may be used.
pub fn by_link(tx: &mut Tx, text: &str) -> Result<SigningView> {
    let (row, record) = by_token(tx, text)?;
    if record.link_until.is_none_or(|until| until < tx.now) {
        return Err(Problem::not_found().into());
    }
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

/// Signs by link; the link is used up. Five wrong codes use it up too.
pub fn sign_by_link(tx: &mut Tx, text: &str, request_id: &str, input: &LinkSignInput) -> Result<Tried> {
    let (found, _) = by_token(tx, text)?;
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "forms", found.id.as_str())?;
    let (mut row, mut record) = by_token(tx, text)?;
    if record.link_until.is_none_or(|until| until < tx.now) {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("链接已经使用或者过期，请联系代办中心重新发送。", "Used, or over.")).into());
    }
    permits(row.state, Action::Sign)?;
    let phone = phone_of(tx, &row)?;
    let e = entrustments::store::entrustment(tx, row.entrustment_id)?.ok_or_else(Problem::not_found)?;
    let grants = vec![Grant { role: Role::Applicant, node: e.applicant_id.to_string() }];
    let actor = Actor { kind: "link", applicant_id: Some(e.applicant_id), grants, label: "申请人".into(), ..Actor::system(request_id) };
    if input.code != code_of(tx, &row, record.link_round, &phone) {
        record.failures += 1;
        if record.failures >= TRIES {
            record.link_until = None;
        }
        save(tx, &actor, &mut row, &record, "code_refused")?;
        return Ok(Tried::Wrong(Problem::rule("/code", "wrong_code", "验证码不正确；连续五次错误后链接失效。", "Not the code.")));
    }
    if input.document_hash != row.hash {
        return Err(changed().into());
    }
    let asked = FormSignInput { place: None, signature: None, document_hash: None, papers_returned: false };
    sign(tx, &actor, &Target::any(row.id), &asked)?;
    let row = store::form(tx, row.id)?.ok_or_else(Problem::not_found)?;
    let record = row.record.open(tx.vault)?;
    Ok(Tried::Signed(link_view(tx, &row, &record)?))
}
