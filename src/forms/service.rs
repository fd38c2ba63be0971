//! Issuing forms, reading them, verifying them by their code.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    drawing::{Source, draw},
    machine::{FormAction as Action, FormKind, FormState as State, permits},
    printing::{self, Printed, Sheet, Signed},
    store::{self, Form, FormRecord, FormSignature},
};
use crate::{
    auth::{
        Actor, Reachable,
        policy::{self},
    },
    db::{Private, Result, Sealed, Tx, dialect, numbers},
    entrustments::{self, Entrustment, Identity, Loaded},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, label_of, sha256_hex},
    organization::{self, CenterBrief},
};

/// A form to issue.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "plan" }))]
pub struct IssueInput {
    /// Which form.
    pub kind: FormKind,
    /// Of a form about one of several transfers, joint handlings, arbitrations or reminders: which; absent: the newest.
    #[serde(default)]
    pub about: Option<Id>,
}

/// A form as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FormView {
    /// Identity.
    pub id: Id,
    /// Document number 文号.
    #[schema(example = "WS-320623-20260105-000001-101")]
    pub number: String,
    /// Which form.
    pub kind: FormKind,
    /// In Chinese.
    pub kind_label: String,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// Of which matter.
    pub entrustment_id: Id,
    /// What it was drawn up from: the matter, a transfer, a joint handling …
    pub about_id: Id,
    /// Issuer.
    pub center: CenterBrief,
    /// When issued, `YYYY-MM-DD`.
    pub issued_on: String,
    /// What anybody verifies it by.
    #[schema(example = "7K3M-Q2XD-9TBF")]
    pub verification_code: String,
    /// SHA-256 of the text; printed on the form, and what is signed.
    pub document_hash: String,
    /// The text as data; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<serde_json::Value>,
    /// Places to be signed or sealed.
    pub places: Vec<String>,
    /// Who has signed.
    pub signatures: Vec<SignatureView>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When issued.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

// Forms have no visibility of their own, it is that of their matter: a replay is the same caller's.
crate::versioned!(FormView);

/// A signature under a form.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SignatureView {
    /// Which place.
    pub place: String,
    /// Who: a center, a post, or the applicant.
    pub who: String,
    /// How.
    pub how: String,
    /// When.
    pub at: Moment,
}

/// What can be issued now, and what was.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MatterForms {
    /// Kinds that the record holds something for.
    pub available: Vec<FormKind>,
    /// Issued, newest first.
    pub items: Vec<FormView>,
}

/// What the code confirms: no personal data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FormVerification {
    /// The form was issued here, and stands.
    pub valid: bool,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// Which form.
    pub kind: FormKind,
    /// In Chinese.
    pub kind_label: String,
    /// Document number.
    pub number: String,
    /// Issuer.
    pub issuer: String,
    /// When issued.
    pub issued_on: String,
    /// Number of the matter.
    pub entrustment_number: String,
    /// Name of the item.
    pub title: String,
    /// The applicant, masked.
    pub applicant: String,
    /// SHA-256 of the text; must be the one printed.
    pub document_hash: String,
    /// The hash that was asked about is this one; where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash_matches: Option<bool>,
    /// Who has signed, without names.
    pub signatures: Vec<SignatureView>,
}

/// What is known of a caller near a form.
pub(super) fn near<'a>(e: &Entrustment, path: &'a str) -> Reachable<'a> {
    Reachable { applicant: Some(e.applicant_id), assignee: e.assignee_id, centers: vec![e.custodian_id], path, ..Reachable::default() }
}

/// A matter whose forms the caller may read: seen, and with what was written of it; who sees a part of it has no forms.
fn readable(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Loaded> {
    let loaded = entrustments::load_seen(tx, actor, reference)?;
    if !loaded.sight.words || loaded.sight.narrow || !policy::allows(actor, "form", "read", &near(&loaded.e, &loaded.custodian.path)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    Ok(loaded)
}

fn shown_to(actor: &Actor, kind: FormKind) -> bool {
    actor.applicant_id.is_none() || !kind.internal()
}

/// A form that the caller may read, with its matter.
pub(super) fn load(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Form, Loaded)> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::form(tx, id)?,
        Err(_) => store::form_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    let row = found.filter(|f| shown_to(actor, f.kind)).ok_or_else(Problem::not_found)?;
    let loaded = readable(tx, actor, row.entrustment_id.as_str())?;
    Ok((row, loaded))
}

/// A form for an action: the matter and the form locked, read, allowed (403), in its version (412), in a state for it (409).
pub(super) fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<(Form, Loaded)> {
    let (found, _) = load(tx, actor, &target.reference)?;
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "forms", found.id.as_str())?;
    let (row, loaded) = load(tx, actor, found.id.as_str())?;
    if !policy::allows(actor, "form", action.code(), &near(&loaded.e, &loaded.custodian.path)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    permits(row.state, action).map_err(|refusal| Problem { allowed_actions: Some(allowed(actor, &row, &loaded)), ..Problem::from(refusal) })?;
    Ok((row, loaded))
}

fn allowed(actor: &Actor, row: &Form, loaded: &Loaded) -> Vec<String> {
    let near = near(&loaded.e, &loaded.custodian.path);
    let may = |a: &&Action| permits(row.state, **a).is_ok() && policy::allows(actor, "form", a.code(), &near);
    Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
}

/// Issues a form: drawn up from the record as it stands, and frozen.
pub fn issue(tx: &mut Tx, actor: &Actor, target: &Target, input: &IssueInput) -> Result<FormView> {
    let loaded = readable(tx, actor, &target.reference)?;
    dialect::lock_root(tx.conn, "entrustments", loaded.e.id.as_str())?;
    let loaded = readable(tx, actor, loaded.e.id.as_str())?;
    if !policy::allows(actor, "form", "issue", &near(&loaded.e, &loaded.custodian.path)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(loaded.e.version)?;
    let row = issue_as(tx, actor, &loaded.e, input, None)?;
    view(tx, actor, row, &loaded)
}

/// Issues a form under a given identity, where one is given.
pub fn issue_as(tx: &mut Tx, actor: &Actor, e: &Entrustment, input: &IssueInput, identity: Option<Identity>) -> Result<Form> {
    let id = identity.as_ref().map_or_else(Id::new, |i| i.id);
    let given = identity.is_some();
    let center = organization::load(tx, e.custodian_id)?;
    let number = match identity {
        Some(identity) => identity.number,
        None => numbers::next(tx, "WS", &center.division_code)?,
    };
    let source = Source::of(tx, e, &number)?;
    let code = code(if given { sha256_hex(number.as_bytes()).into_bytes() } else { crate::kernel::random_bytes::<12>().to_vec() });
    let drawn = draw(tx, &source, input.kind, input.about)?;
    let canonical = drawn.sheet.canonical();
    let row = Form {
        id,
        number,
        kind: input.kind,
        entrustment_id: e.id,
        about_id: drawn.about,
        center_id: center.id,
        state: State::Issued,
        code,
        hash: sha256_hex(&canonical),
        sheet: Sealed::seal(tx.vault, &String::from_utf8_lossy(&canonical))?,
        record: Private::seal(
            tx.vault,
            &FormRecord { issued_by: actor.label.clone(), text_hash: drawn.text_hash, carries: drawn.carries, ..FormRecord::default() },
        )?,
        issued_on: tx.now.local_date().to_string(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    tell(tx, actor, &row, "issued")?;
    Ok(row)
}

/// What was just told of a matter has its form: in the transaction of the act, so that neither is there without the other.
pub fn on_told(tx: &mut Tx, actor: &Actor, e: &Entrustment, told: &str) -> Result<()> {
    let kind = match told {
        "one_time_notice" => FormKind::OneTimeNotice,
        "suspended" => FormKind::Suspension,
        "resumed" => FormKind::Resumption,
        "extension_granted" => FormKind::Extension,
        "completed" => FormKind::Completion,
        _ => return Ok(()),
    };
    issue_as(tx, actor, e, &IssueInput { kind, about: None }, None).map(|_| ())
}

/// Twelve letters and digits that are not mistaken for one another: sixty random bits, but for a given identity.
fn code(bytes: Vec<u8>) -> String {
    const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let letters: Vec<char> = bytes.iter().take(12).map(|b| char::from(*ALPHABET.get(usize::from(b % 32)).unwrap_or(&b'2'))).collect();
    letters.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

pub(super) fn tell(tx: &mut Tx, actor: &Actor, row: &Form, kind: &str) -> Result<()> {
    let kind = format!("form.{kind}");
    let params = json!({ "number": row.number, "form": row.kind, "entrustment_id": row.entrustment_id, "document_hash": row.hash });
    let event = NewEvent { record_kind: "form", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)
}

/// Saves what belongs to a form; its text is never touched.
pub(super) fn save(tx: &mut Tx, actor: &Actor, row: &mut Form, record: &FormRecord, kind: &str) -> Result<()> {
    row.record = Private::seal(tx.vault, record)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    tell(tx, actor, row, kind)
}

/// Why a form is void.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidInput {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "期限填写有误，重新出具")]
    pub reason: String,
}

/// Voids a form that nobody has signed.
pub fn void(tx: &mut Tx, actor: &Actor, target: &Target, input: &VoidInput) -> Result<FormView> {
    let (mut row, loaded) = load_for(tx, actor, Action::Void, target)?;
    row.state = State::Voided;
    let record = FormRecord { void_reason: input.reason.clone(), link_until: None, ..row.record.open(tx.vault)? };
    save(tx, actor, &mut row, &record, "voided")?;
    view(tx, actor, row, &loaded)
}

pub(super) fn sheet_of(tx: &Tx, row: &Form) -> Result<Sheet> {
    Ok(serde_json::from_str(&row.sheet.open(tx.vault)?)?)
}

/// Who signed the form itself, and who signed the same text or act in the matter's own record.
pub(super) fn signatures(tx: &mut Tx, row: &Form, record: &FormRecord) -> Result<Vec<FormSignature>> {
    let mut all = record.signatures.clone();
    let taken = |all: &[FormSignature], place: &str| all.iter().any(|s| s.place == place);
    let mut found: Vec<(&str, entrustments::Signature)> = Vec::new();
    if let Some(hash) = &record.text_hash {
        let signed = entrustments::store::agreements(tx, row.entrustment_id)?.into_iter().find(|a| a.text_hash == *hash).and_then(|a| a.signature);
        found.extend(signed.map(|s| s.open(tx.vault)).transpose()?.map(|s| ("applicant", s)));
    }
    if let Some(at) = record.carries {
        let details = entrustments::load_seen(tx, &Actor::system("forms"), row.entrustment_id.as_str())?.details;
        match row.kind {
            FormKind::Completion => {
                let mut all = details.completion.into_iter().chain(details.earlier_completions);
                found.extend(all.find(|c| c.at == at).and_then(|c| c.signature).map(|s| ("applicant", s)));
            }
            _ => {
                if let Some(t) = details.termination.filter(|t| t.requested_at == at) {
                    found.extend(t.applicant_signature.map(|s| ("applicant", s)));
                    found.extend(t.center_signature.map(|s| ("center", s)));
                }
            }
        }
    }
    for (place, s) in found {
        if !taken(&all, place) {
            let who = if place == "applicant" { "申请人" } else { "代办中心" };
            all.push(FormSignature { place: place.into(), who: who.into(), how: s.method.label().into(), evidence: s.evidence, at: s.at, by: s.recorded_by });
        }
    }
    Ok(all)
}

fn shown(signatures: &[FormSignature]) -> Vec<SignatureView> {
    signatures.iter().map(|s| SignatureView { place: s.place.clone(), who: s.who.clone(), how: s.how.clone(), at: s.at }).collect()
}

pub(super) fn view(tx: &mut Tx, actor: &Actor, row: Form, loaded: &Loaded) -> Result<FormView> {
    let allowed = allowed(actor, &row, loaded);
    let sheet = serde_json::from_str(&row.sheet.open(tx.vault)?)?;
    Ok(FormView { allowed_actions: Some(allowed), sheet: Some(sheet), ..render(tx, row)? })
}

fn render(tx: &mut Tx, row: Form) -> Result<FormView> {
    let record = row.record.open(tx.vault)?;
    let signatures = signatures(tx, &row, &record)?;
    let places = sheet_of(tx, &row)?.places().map(str::to_owned).collect();
    Ok(FormView {
        id: row.id,
        number: row.number,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        state: row.state,
        state_label: row.state.label().into(),
        entrustment_id: row.entrustment_id,
        about_id: row.about_id,
        center: organization::brief(tx, row.center_id)?,
        issued_on: row.issued_on,
        verification_code: row.code,
        document_hash: row.hash,
        sheet: None,
        places,
        signatures: shown(&signatures),
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// One form.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<FormView> {
    let (row, loaded) = load(tx, actor, reference)?;
    view(tx, actor, row, &loaded)
}

/// The forms of a matter, and what can be issued now.
pub fn of_matter(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<MatterForms> {
    let loaded = readable(tx, actor, reference)?;
    let mut available = Vec::new();
    if policy::allows(actor, "form", "issue", &near(&loaded.e, &loaded.custodian.path)) {
        let source = Source::of(tx, &loaded.e, "")?;
        for kind in FormKind::ALL {
            match draw(tx, &source, *kind, None) {
                Ok(_) => available.push(*kind),
                Err(crate::db::Error::Refused(_)) => {}
                Err(other) => return Err(other),
            }
        }
    }
    let rows = store::of_matter(tx, loaded.e.id)?.into_iter().filter(|f| shown_to(actor, f.kind));
    let items = rows.collect::<Vec<_>>().into_iter().map(|row| render(tx, row)).collect::<Result<Vec<_>>>()?;
    Ok(MatterForms { available, items })
}

/// The form as PDF, with the name of its file; `public` is where the verification is answered.
pub fn pdf(tx: &mut Tx, actor: &Actor, reference: &str, public: &str) -> Result<(String, Vec<u8>)> {
    let (row, _) = load(tx, actor, reference)?;
    let record = row.record.open(tx.vault)?;
    let signatures = signatures(tx, &row, &record)?;
    let sheet = sheet_of(tx, &row)?;
    let places: Vec<&str> = sheet.places().collect();
    let signed = signatures.iter().filter(|s| places.contains(&s.place.as_str())).map(|s| Signed {
        place: s.place.clone(),
        who: s.who.clone(),
        when: s.at.local_date().format("%Y-%m-%d").to_string(),
        how: s.how.clone(),
    });
    let printed = Printed {
        verification_code: row.code.clone(),
        verify_address: format!("{}/api/v1/forms/verify/{}", public.trim_end_matches('/'), row.code),
        document_hash: row.hash.clone(),
        signatures: signed.collect(),
        page_label: if row.state == State::Voided { "已作废".into() } else { String::new() },
    };
    let document = printing::render(&sheet, &printed).map_err(|e| crate::db::Error::Corrupt(e.to_string()))?;
    if !document.missing.is_empty() {
        tracing::warn!(form = %row.id, characters = document.missing.len(), "the font lacks characters of a form");
    }
    Ok((format!("{}-{}.pdf", row.kind.label(), row.number), document.pdf))
}

/// What a code confirms, for everybody; `hash` is the one that the reader has before them.
pub fn verify(tx: &mut Tx, code: &str, hash: Option<&str>) -> Result<FormVerification> {
    let row = store::form_by_code(tx, &code.trim().to_ascii_uppercase())?.ok_or_else(Problem::not_found)?;
    let e = entrustments::store::entrustment(tx, row.entrustment_id)?.ok_or_else(Problem::not_found)?;
    let record = row.record.open(tx.vault)?;
    let applicant = crate::applicants::store::applicant(tx, e.applicant_id)?.ok_or_else(Problem::not_found)?;
    let signatures = signatures(tx, &row, &record)?;
    let anonymous = |s: FormSignature| SignatureView { who: label_of_place(&s.place), place: s.place, how: s.how, at: s.at };
    Ok(FormVerification {
        valid: row.state != State::Voided,
        state: row.state,
        state_label: row.state.label().into(),
        kind: row.kind,
        kind_label: label_of::<FormKind>(row.kind.code()),
        issuer: organization::load(tx, row.center_id)?.name,
        issued_on: row.issued_on,
        number: row.number,
        entrustment_number: e.number,
        title: e.title,
        applicant: crate::applicants::show(tx, &applicant, crate::access::Sight::masked(true))?.name,
        hash_matches: hash.map(|h| h.trim().eq_ignore_ascii_case(&row.hash)),
        document_hash: row.hash,
        signatures: signatures.into_iter().map(anonymous).collect(),
    })
}

/// Who signs at a place, without a name.
fn label_of_place(place: &str) -> String {
    match place {
        "applicant" | "recipient" => "申请人或收件人",
        _ => "经办单位",
    }
    .into()
}
