//! Signing forms: each side its own places, applicants with their account or by a one-time link whose code belongs to the
//! exact text. Under an agreement, a completion or a termination the signature is that of the matter itself.

use serde::Deserialize;
use validator::Validate;

use super::{
    drawing::{Origin, Record, unit_name},
    links::link_actor,
    machine::{self, FormAction as Action, FormKind, Refusal, Side, Signing, side_of},
    reading::Seen,
    receipts,
    service::{issuer, load_for, places, save, sheet_of},
    sides::Sides,
    store::{self, Arrived, Delivered, Form, FormRecord, FormSignature},
    views::{FormView, view},
};
use crate::{
    applicants,
    auth::Actor,
    db::{Result, Tx},
    entrustments::{self, AgreementSignature, Entrustment, HeldPaper, SignInput, SignatureInput, TerminationSignature, vocabulary::SignMethod},
    kernel::{Code as _, Problem, Target},
};

/// A signature under a form.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "place": "center" }))]
pub struct FormSignInput {
    /// Which place of the form, from its `places`; absent: the caller's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "center")]
    pub place: Option<String>,
    /// How; absent: with the account. Staff record the paper signature of an applicant or witness, with evidence.
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
    /// Under a termination, for the center: every original that is not back, with the day by which it goes back or with what
    /// became of it.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub papers_held: Vec<HeldPaper>,
    /// Under a hand-over list, for the taker: the rows of which more or less arrived; empty: all as listed. Needed where the
    /// acceptance did not say what arrived.
    #[serde(default)]
    #[validate(length(max = 200), nested)]
    #[schema(max_items = 200)]
    pub arrived: Option<Vec<Arrived>>,
    /// Under a delivery receipt, for the deliverer: how it was delivered. Needed where nothing was handed out on record.
    #[serde(default)]
    #[validate(nested)]
    pub delivered: Option<Delivered>,
}

/// How a signature by link stands on the form. Nobody may read it as the proof of a telephone.
pub(super) const BY_LINK: &str = "一次性链接，验证码由工作人员当面告知";

/// The places that the caller signs now, their own first: not signed, and where that signs the matter, to be signed now.
pub(super) fn open_places(tx: &mut Tx, actor: &Actor, row: &Form, e: &Entrustment, sides: &Sides) -> Result<Vec<(String, Signing)>> {
    let record = row.record.open(tx.vault)?;
    let told = receipts::of(tx, row, &record, e, &sheet_of(tx, row)?)?;
    let mut open = Vec::new();
    for place in places(tx, row)? {
        if let Some(how) = sides.signs(actor, e, row.kind, &place)
            && !record.has(&place)
            && receipts::known(row.kind, &place, &told)
            && (!row.kind.binds(&place) || binds_now(tx, actor, row, e, &place)?)
        {
            open.push((place, how));
        }
    }
    open.sort_by_key(|(_, how)| *how == Signing::Recorded);
    Ok(open)
}

/// Whether the applicant could sign now, by link.
pub(super) fn linkable(tx: &mut Tx, row: &Form, e: &Entrustment, sides: &Sides) -> Result<bool> {
    let applicant = link_actor("forms", e);
    Ok(!open_places(tx, &applicant, row, e, sides)?.is_empty())
}

/// Whether what the form carries is still the matter's present agreement, completion or termination, and the matter lets
/// the caller sign it.
fn binds_now(tx: &mut Tx, actor: &Actor, row: &Form, e: &Entrustment, place: &str) -> Result<bool> {
    if Record::of(tx, e)?.act(row.kind, &Origin::Matter).as_deref() != Some(row.act.as_str()) {
        return Ok(false);
    }
    let act = match (row.kind, place) {
        (FormKind::Agreement | FormKind::Amendment, "applicant") => entrustments::Action::SignAgreement,
        (FormKind::Completion, "applicant") => entrustments::Action::SignCompletion,
        (FormKind::Termination, _) => entrustments::Action::SignTermination,
        _ => return Ok(true),
    };
    let loaded = entrustments::load_seen(tx, actor, e.id.as_str())?;
    let t = loaded.details.termination.as_ref().filter(|_| row.kind == FormKind::Termination);
    // Signed on the matter before its form was drawn up.
    let signed = t.is_some_and(|t| if place == "center" { t.center_signature.is_some() } else { t.applicant_signature.is_some() });
    Ok(!signed && loaded.allowed_actions(actor).iter().any(|a| a == act.code()))
}

/// Signs a form.
pub fn sign(tx: &mut Tx, actor: &Actor, target: &Target, input: &FormSignInput) -> Result<FormView> {
    let (mut row, seen, sides) = load_for(tx, actor, Action::Sign, target)?;
    if input.document_hash.as_ref().is_some_and(|h| *h != row.hash) {
        return Err(changed().into());
    }
    let own = |place: &&String| sides.signs(actor, &seen.e, row.kind, place) == Some(Signing::Own);
    let all = places(tx, &row)?;
    let mut record = row.record.open(tx.vault)?;
    let taken = |place: &str| record.has(place);
    let place = match &input.place {
        Some(named) => {
            let place = all.iter().find(|p| *p == named);
            place.ok_or_else(|| Problem::rule("/place", "unknown_place", "文书上没有这个签署处。", "No such place on the form."))?
        }
        // One's own: the first that is not signed, or the one that is.
        None => all.iter().filter(own).find(|p| !taken(p)).or_else(|| all.iter().find(own)).ok_or_else(another)?,
    };
    let Some(how) = sides.signs(actor, &seen.e, row.kind, place) else { return Err(another().into()) };
    if taken(place) {
        return Err(Refusal::PlaceTaken.into());
    }
    let online = SignatureInput { method: SignMethod::Online, evidence: String::new() };
    let by = input.signature.clone().unwrap_or(online);
    if how == Signing::Recorded && (by.method == SignMethod::Online || by.evidence.trim().chars().count() < 2) {
        let zh = "代为登记签字的，须选择线下方式并写明凭据。";
        return Err(Problem::rule("/signature/evidence", "evidence_required", zh, "Recorded with evidence.").into());
    }
    say(tx, &row, &seen.e, place, input, &mut record)?;
    let told = receipts::of(tx, &row, &record, &seen.e, &sheet_of(tx, &row)?)?;
    if !receipts::known(row.kind, place, &told) {
        return Err(Refusal::Waits(row.kind).into());
    }
    let linked = actor.kind == "link";
    let signature = FormSignature {
        place: place.clone(),
        who: who(tx, actor, &row, &sides, place)?,
        how: if linked { BY_LINK.to_owned() } else { by.method.label().to_owned() },
        evidence: by.evidence.clone(),
        at: tx.now,
        by: actor.id,
        code_told_by: record.code_told.as_ref().filter(|_| linked).map(|(post, _)| post.clone()),
        statement: told.iter().find(|r| r.place == place).map(|r| r.statement.clone()),
    };
    put(tx, actor, &mut row, &all, record, signature)?;
    // The matter is signed by the same act: what it tells the form finds the place signed.
    bind(tx, actor, &row, place, &by, input)?;
    let row = store::form(tx, row.id)?.ok_or_else(Problem::not_found)?;
    let seen = Seen::of(tx, actor, seen.e)?;
    view(tx, actor, row, &seen)
}

/// What only whoever signs can say: what arrived of a list, how a document was delivered.
fn say(tx: &mut Tx, row: &Form, e: &Entrustment, place: &str, input: &FormSignInput, record: &mut FormRecord) -> Result<()> {
    let taker = row.kind == FormKind::HandOverList && place == "taker";
    let deliverer = row.kind == FormKind::DeliveryReceipt && place == "deliverer";
    let strange = |at: &str| Problem::rule(at, "not_here", "该处签署不填此项。", "Not said at this place.");
    match (&input.arrived, taker) {
        (Some(_), false) => return Err(strange("/arrived").into()),
        (Some(arrived), true) => {
            if let Some(i) = receipts::stray(&sheet_of(tx, row)?, arrived) {
                let zh = "清单上没有这个序号，或者重复。";
                return Err(Problem::rule(&format!("/arrived/{i}/row"), "unknown_row", zh, "No such row, or twice.").into());
            }
            record.arrived = Some(arrived.clone());
        }
        (None, true) if receipts::unchecked(tx, row, record)? => {
            let zh = "接收时没有登记收到了哪些资料：请逐项填写与清单不符的份数（arrived），完全一致的填空表。";
            return Err(Problem::rule("/arrived", "required", zh, "Say what arrived; an empty list where all did.").into());
        }
        (None, _) => {}
    }
    match (&input.delivered, deliverer) {
        (Some(_), false) => Err(strange("/delivered").into()),
        (Some(said), true) if said.on > tx.now.local_date() => {
            Err(Problem::rule("/delivered/on", "future", "送达日期不能晚于今天。", "Not in the future.").into())
        }
        (Some(said), true) => {
            record.delivered = Some(said.clone());
            Ok(())
        }
        (None, true) if !receipts::delivered(tx, e, record)? => {
            let zh = "没有出件记录：送达人签署时须写明送达方式和日期（delivered）。";
            Err(Problem::rule("/delivered", "required", zh, "Say how and when it was delivered.").into())
        }
        (None, _) => Ok(()),
    }
}

pub(super) fn another() -> Problem {
    Problem::rule("/place", "not_yours", "该处由另一方签署：出具单位、对方单位和申请人各签各处。", "Another side's place.")
}

pub(super) fn changed() -> Problem {
    Problem::rule("/document_hash", "text_changed", "文书内容与所读的不一致，请重新阅读。", "Not the text that was read.")
}

/// Who signs, as it stands on the form: the applicant by name; a unit with the post of whoever signed for it.
fn who(tx: &mut Tx, actor: &Actor, row: &Form, sides: &Sides, place: &str) -> Result<String> {
    let unit = match side_of(row.kind, place) {
        Some(Side::Applicant) => return applicant_name(tx, row),
        Some(Side::Witness) => return Ok("见证人".into()),
        Some(Side::Issuer | Side::Manager | Side::Decider) => issuer(tx, row)?,
        _ => match sides.unit(row.kind, place) {
            Some(owner) => unit_name(tx, owner.center_id, owner.department_id)?,
            None => String::new(),
        },
    };
    Ok(format!("{unit}　{}", actor.label))
}

pub(super) fn applicant_name(tx: &mut Tx, row: &Form) -> Result<String> {
    let e = entrustments::store::entrustment(tx, row.entrustment_id)?.ok_or_else(Problem::not_found)?;
    let applicant = applicants::store::applicant(tx, e.applicant_id)?.ok_or_else(Problem::not_found)?;
    Ok(applicants::show(tx, &applicant, crate::access::Sight::CLEAR)?.name)
}

fn put(tx: &mut Tx, actor: &Actor, row: &mut Form, places: &[String], mut record: FormRecord, signature: FormSignature) -> Result<()> {
    if side_of(row.kind, &signature.place) == Some(Side::Applicant) {
        // Its purpose is served; by the link itself, it still shows for some days what was signed.
        record.link_until = None;
        if actor.kind == "link" {
            super::links::used(tx.now, &mut record);
        }
    }
    record.signatures.push(signature);
    row.state = machine::signed(row.kind, places, |place| record.has(place));
    save(tx, actor, row, &record, "signed")
}

/// Under a form that binds, the matter is signed: by the same act, in the same transaction.
fn bind(tx: &mut Tx, actor: &Actor, row: &Form, place: &str, how: &SignatureInput, asked: &FormSignInput) -> Result<()> {
    if !row.kind.binds(place) {
        return Ok(());
    }
    let e = entrustments::store::entrustment(tx, row.entrustment_id)?.ok_or_else(Problem::not_found)?;
    let record = Record::of(tx, &e)?;
    if record.act(row.kind, &Origin::Matter).as_deref() != Some(row.act.as_str()) {
        // The applicant has read another text; staff learn that theirs is out of date.
        return Err(if place == "applicant" { changed().into() } else { Refusal::NotToBeSigned.into() });
    }
    let matter = Target::any(e.id);
    match (row.kind, place) {
        (FormKind::Agreement | FormKind::Amendment, "applicant") => {
            let input = AgreementSignature { signature: how.clone(), text_hash: Some(row.act.clone()) };
            entrustments::sign_agreement(tx, actor, &matter, &input)?;
        }
        (FormKind::Completion, "applicant") => {
            entrustments::sign_completion(tx, actor, &matter, &SignInput { signature: how.clone() })?;
        }
        (FormKind::Termination, _) => {
            let theirs = (place == "applicant").then(|| how.clone());
            let center = theirs.is_none();
            let papers_held = if center { asked.papers_held.clone() } else { Vec::new() };
            let input = TerminationSignature { papers_returned: asked.papers_returned && center, papers_held, applicant_signature: theirs };
            entrustments::sign_termination(tx, actor, &matter, &input)?;
        }
        _ => {}
    }
    Ok(())
}
