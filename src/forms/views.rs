//! How forms are answered.

use serde::Serialize;

use super::{
    drawing::unit_name,
    machine::{FormKind, FormState as State, Side, side_of},
    printing,
    reading::{self, Copy, Seen},
    receipts::Receipt,
    service::{allowed, issuer, places, typed},
    sides::Sides,
    store::{self, Form, FormSignature},
};
use crate::{
    applicants,
    auth::Actor,
    db::{Result, Tx},
    entrustments,
    kernel::{Code as _, Id, Moment, Problem, label_of},
    organization::{self, CenterBrief},
};

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
    /// Of which matter; absent where it hangs on none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_id: Option<Id>,
    /// What it was drawn up from: the matter, a transfer, a joint handling, a fallback ticket, an assignment sheet, a batch, a
    /// center …
    pub about_id: Id,
    /// The center that issued it, or whose reform office did.
    pub center: CenterBrief,
    /// When issued, `YYYY-MM-DD`.
    pub issued_on: String,
    /// What anybody verifies it by; with or without dashes, in capitals or not.
    #[schema(example = "7K3M-Q2XD-9TBF")]
    pub verification_code: String,
    /// SHA-256 of the text; printed on the form, and what is signed. Of the original, also where a masked copy is shown.
    pub document_hash: String,
    /// The text as data; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<serde_json::Value>,
    /// The text and the PDF are a masked copy 脱敏件: the caller sees the matter masked.
    pub masked: bool,
    /// Characters that the font of the PDF lacks, printed as 〓: to be written in by hand. Single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_characters: Option<Vec<String>>,
    /// Places to be signed or sealed.
    pub places: Vec<String>,
    /// Those that this caller signs now, their own first; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_places: Option<Vec<String>>,
    /// Who has signed.
    pub signatures: Vec<SignatureView>,
    /// What is told beside the signatures, as the record stands now; no part of the hashed text. Single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipts: Option<Vec<ReceiptView>>,
    /// Why it is void.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub void_reason: String,
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

/// What is told at a place of a form after it was issued.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReceiptView {
    /// Which place.
    pub place: String,
    /// What its box says now.
    #[schema(example = "☑ 同意接收（2026年3月2日答复）　　□ 退回")]
    pub statement: String,
    /// What stands above the boxes: blocks as those of the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub above: Vec<serde_json::Value>,
    /// There is something to sign for.
    pub known: bool,
}

/// A signature under a form.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SignatureView {
    /// Which place.
    pub place: String,
    /// Who: a center, a post, or the applicant.
    pub who: String,
    /// How.
    pub how: String,
    /// By link: the post of the staff member who told the applicant the code. No message proves the telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_told_by: Option<String>,
    /// What the place said when it was signed, where that was no part of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// When.
    pub at: Moment,
}

/// A signature as anybody may know of it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct VerifiedSignature {
    /// On which side.
    #[schema(example = "接收方")]
    pub side: String,
    /// The unit on that side; absent for applicants and witnesses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "如东县政务服务中心")]
    pub unit: Option<String>,
    /// How.
    pub how: String,
    /// By link: the post of the staff member who told the applicant the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_told_by: Option<String>,
    /// When.
    pub at: Moment,
}

/// What can be issued now, and what was.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MatterForms {
    /// Kinds that this caller can issue now: the record holds something for them, and it has no valid form yet.
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
    /// Number of the matter, ticket, assignment sheet or batch.
    pub entrustment_number: String,
    /// Name of the item; of a fallback ticket its category.
    pub title: String,
    /// The applicant, masked; of a fallback ticket how many ask.
    pub applicant: String,
    /// SHA-256 of the text; must be the one printed.
    pub document_hash: String,
    /// The hash that was asked about is this one; where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash_matches: Option<bool>,
    /// Why it does not stand any more, where it fell with what it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "转办未成立，本件仍由转出单位办理")]
    pub void_reason: Option<String>,
    /// Who has signed, without names.
    pub signatures: Vec<VerifiedSignature>,
    /// Sides that have not signed yet.
    pub unsigned: Vec<String>,
}

pub(super) fn shown(s: FormSignature) -> SignatureView {
    SignatureView { place: s.place, who: s.who, how: s.how, code_told_by: s.code_told_by, statement: s.statement, at: s.at }
}

impl ReceiptView {
    /// As they are answered.
    pub fn all(receipts: Vec<Receipt>) -> Result<Vec<Self>> {
        let one = |r: Receipt| {
            let above = r.above.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
            Ok(Self { place: r.place.into(), statement: r.statement, above, known: r.known })
        };
        receipts.into_iter().map(one).collect()
    }
}

/// One form as its caller sees it.
pub fn view(tx: &mut Tx, actor: &Actor, row: Form, seen: &Seen) -> Result<FormView> {
    let sides = Sides::of(tx, &row, &seen.e)?;
    let (allowed, own) = allowed(tx, actor, &row, seen, &sides)?;
    let center = organization::brief(tx, row.center_id)?;
    let record = row.record.open(tx.vault)?;
    let told = reading::receipts(tx, &row, &record, seen)?;
    let (view, sheet) = render(tx, row, seen.masked, center)?;
    let missing = printing::missing(&sheet.to_string()).into_iter().map(String::from).collect();
    Ok(FormView {
        allowed_actions: Some(allowed),
        own_places: Some(own),
        sheet: Some(sheet),
        missing_characters: Some(missing),
        receipts: Some(ReceiptView::all(told)?),
        ..view
    })
}

/// With its text, in clear or masked.
pub fn render(tx: &Tx, row: Form, masked: bool, center: CenterBrief) -> Result<(FormView, serde_json::Value)> {
    let record = row.record.open(tx.vault)?;
    let places = places(tx, &row)?;
    let copy = reading::copy(tx, &row, &record, masked)?;
    Ok(whole(row, places, copy, masked, center))
}

/// A form with a copy of it.
pub fn whole(row: Form, places: Vec<String>, copy: Copy, masked: bool, center: CenterBrief) -> (FormView, serde_json::Value) {
    let Copy { sheet, signatures, void_reason } = copy;
    let view = FormView {
        id: row.id,
        number: row.number,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        state: row.state,
        state_label: row.state.label().into(),
        entrustment_id: (!row.kind.about().is_fallback()).then_some(row.entrustment_id),
        about_id: row.about_id,
        center,
        issued_on: row.issued_on,
        verification_code: row.code,
        document_hash: row.hash,
        sheet: None,
        masked,
        missing_characters: None,
        places,
        own_places: None,
        signatures: signatures.into_iter().map(shown).collect(),
        receipts: None,
        void_reason,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    (view, sheet)
}

/// What a code confirms, for everybody; `hash` is the one that the reader has before them.
pub fn verify(tx: &mut Tx, code: &str, hash: Option<&str>) -> Result<FormVerification> {
    let row = store::form_by_code(tx, &typed(code))?.ok_or_else(Problem::not_found)?;
    if row.kind.about().is_fallback() {
        return super::fallback::verify(tx, row, hash);
    }
    let e = entrustments::store::entrustment(tx, row.entrustment_id)?.ok_or_else(Problem::not_found)?;
    let record = row.record.open(tx.vault)?;
    let applicant = applicants::store::applicant(tx, e.applicant_id)?.ok_or_else(Problem::not_found)?;
    let places = places(tx, &row)?;
    let sides = Sides::of(tx, &row, &e)?;
    let label = |place: &str| side_of(row.kind, place).map_or("签署方", Side::label);
    let mut signatures = Vec::with_capacity(record.signatures.len());
    for s in &record.signatures {
        let unit = match side_of(row.kind, &s.place) {
            Some(Side::Issuer | Side::Manager | Side::Decider) => Some(issuer(tx, &row)?),
            _ => sides.unit(row.kind, &s.place).map(|owner| unit_name(tx, owner.center_id, owner.department_id)).transpose()?,
        };
        let side = label(&s.place).to_owned();
        signatures.push(VerifiedSignature { side, unit, how: s.how.clone(), code_told_by: s.code_told_by.clone(), at: s.at });
    }
    let open = |place: &&String| side_of(row.kind, place) != Some(Side::Witness) && record.signatures.iter().all(|s| s.place != **place);
    let unsigned = places.iter().filter(open).map(|place| label(place).to_owned()).collect();
    Ok(FormVerification {
        valid: row.state != State::Voided,
        state: row.state,
        state_label: row.state.label().into(),
        kind: row.kind,
        kind_label: label_of::<FormKind>(row.kind.code()),
        issuer: issuer(tx, &row)?,
        issued_on: row.issued_on,
        number: row.number,
        entrustment_number: e.number,
        title: e.title,
        applicant: applicants::show(tx, &applicant, crate::access::Sight::masked(true))?.name,
        hash_matches: hash.map(|h| h.trim().eq_ignore_ascii_case(&row.hash)),
        document_hash: row.hash,
        void_reason: Some(record.void_reason).filter(|_| record.fell),
        signatures,
        unsigned,
    })
}
