//! Issuing these forms, reading, printing, voiding and verifying them.

use serde::Deserialize;
use validator::Validate;

use super::{
    drawing::{self, Drawn, series},
    register::{self, Period},
    signing,
    subject::{Of, register_of},
    veils::{Kept, Reading},
};
use crate::{
    auth::Actor,
    db::{Json, Private, Result, Sealed, Tx, dialect, numbers},
    entrustments::Identity,
    forms::{
        kinds::{self, Head},
        machine::{About, FormAction as Action, FormKind, FormState as State, Refusal, Side, falls, permits, side_of},
        printing,
        reading::Copy,
        service::{VoidInput, code, print, save, sheet_of, tell},
        store::{self, Form, FormRecord, FormSignature, Owner},
        views::{FormVerification, FormView, MatterForms, VerifiedSignature, whole},
    },
    kernel::{Code as _, ErrorCode, Id, Problem, Target, label_of, sha256_hex},
    organization,
    sheets::store::Sheet,
};

/// A form to issue, of a fallback ticket, an assignment sheet or a batch.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "ticket_record" }))]
pub struct TicketFormInput {
    /// Which form.
    pub kind: FormKind,
}

/// Register forms in a list are the newest.
const NEWEST: usize = 60;

fn by_reference(tx: &mut Tx, reference: &str) -> Result<Option<Form>> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::form(tx, id)?,
        Err(_) => store::form_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.filter(|f| f.kind.about().is_fallback()))
}

/// Whether a form is one of these.
pub fn is_one(tx: &mut Tx, reference: &str) -> Result<bool> {
    Ok(by_reference(tx, reference)?.is_some())
}

/// What a form hangs on.
pub(super) fn subject_of(tx: &mut Tx, row: &Form) -> Result<Of> {
    Of::find(tx, row.kind.about(), row.about_id.as_str())
}

/// A form that the caller reads, with what it hangs on and how far they read it.
fn load(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Form, Of, Reading)> {
    let row = by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    let of = subject_of(tx, &row)?;
    let kept = row.record.open(tx.vault)?.fallback;
    let reading = Reading::of(tx, actor, &of, row.kind, &kept)?.ok_or_else(Problem::not_found)?;
    Ok((row, of, reading))
}

/// A form for an action: what it hangs on and itself locked, read (404), allowed (403), in its version (412), in a state for
/// it (409).
pub(super) fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<(Form, Of, Reading)> {
    let (found, of, _) = load(tx, actor, &target.reference)?;
    of.lock(tx)?;
    dialect::lock_root(tx.conn, "forms", found.id.as_str())?;
    let (row, of, reading) = load(tx, actor, found.id.as_str())?;
    let may = match action {
        Action::Sign => signing::signs_any(tx, actor, &row, &of)?,
        Action::Link | Action::Void => of.staff(actor, action.code()),
    };
    if !may {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    if let Err(refusal) = permits(row.state, action) {
        let allowed_actions = Some(allowed(tx, actor, &row, &of)?.0);
        return Err(Problem { allowed_actions, ..Problem::from(refusal) }.into());
    }
    Ok((row, of, reading))
}

/// Exactly what the caller may do, and which places they sign.
fn allowed(tx: &mut Tx, actor: &Actor, row: &Form, of: &Of) -> Result<(Vec<String>, Vec<String>)> {
    let open = signing::open_places(tx, actor, row, of)?;
    let may = |action: &&Action| {
        permits(row.state, **action).is_ok()
            && match action {
                Action::Sign => !open.is_empty(),
                Action::Link => of.staff(actor, "link") && open.iter().any(|(place, _)| signing::is_caller(row.kind, place)),
                Action::Void => of.staff(actor, "void"),
            }
    };
    let allowed = Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect();
    Ok((allowed, open.into_iter().map(|(place, _)| place).collect()))
}

fn places(tx: &Tx, row: &Form) -> Result<Vec<String>> {
    Ok(sheet_of(tx, row)?.places().map(str::to_owned).collect())
}

/// One form as its caller sees it.
pub(super) fn view(tx: &mut Tx, actor: &Actor, row: Form, of: &Of, reading: &Reading) -> Result<FormView> {
    let (allowed, own) = allowed(tx, actor, &row, of)?;
    let (view, sheet) = render(tx, row, reading)?;
    let missing = printing::missing(&sheet.to_string()).into_iter().map(String::from).collect();
    Ok(FormView { allowed_actions: Some(allowed), own_places: Some(own), sheet: Some(sheet), missing_characters: Some(missing), ..view })
}

fn render(tx: &mut Tx, row: Form, reading: &Reading) -> Result<(FormView, serde_json::Value)> {
    let record = row.record.open(tx.vault)?;
    let center = organization::brief(tx, row.center_id)?;
    let (copy, masked) = reading.copy(tx, &row, &record)?;
    let places = places(tx, &row)?;
    Ok(whole(row, places, copy, masked, center))
}

/// One form.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<FormView> {
    let (row, of, reading) = load(tx, actor, reference)?;
    view(tx, actor, row, &of, &reading)
}

/// The form as PDF, with the name of its file.
pub fn pdf(tx: &mut Tx, actor: &Actor, reference: &str, public: &str) -> Result<(String, Vec<u8>)> {
    let (row, _, reading) = load(tx, actor, reference)?;
    let record = row.record.open(tx.vault)?;
    let (copy, masked) = reading.copy(tx, &row, &record)?;
    print(&row, copy, record.fell, masked, public)
}

/// Voids a form that nobody has signed.
pub fn void(tx: &mut Tx, actor: &Actor, target: &Target, input: &VoidInput) -> Result<FormView> {
    let (mut row, of, reading) = load_for(tx, actor, Action::Void, target)?;
    set_aside(tx, actor, &mut row, &input.reason, false)?;
    view(tx, actor, row, &of, &reading)
}

fn set_aside(tx: &mut Tx, actor: &Actor, row: &mut Form, why: &str, fell: bool) -> Result<()> {
    let record = FormRecord { void_reason: why.into(), fell, link_until: None, ..row.record.open(tx.vault)? };
    row.state = State::Voided;
    save(tx, actor, row, &record, "voided")
}

/// Whether the caller sees what forms are asked for.
fn sees(tx: &mut Tx, actor: &Actor, of: &Of) -> Result<bool> {
    let of_kind = match of {
        Of::Register(center) => return Ok(register_of(actor, center).is_some()),
        Of::Ticket(_) => FormKind::TicketApplication,
        Of::Sheet(_) => FormKind::AssignmentSheet,
        Of::Batch(_) => FormKind::BatchList,
    };
    Ok(Reading::of(tx, actor, of, of_kind, &Kept::default())?.is_some())
}

/// The forms of a ticket with those of its sheets, of one sheet, of a batch, of a center's register: what the caller reads,
/// newest first, and what they can issue now.
pub fn of_record(tx: &mut Tx, actor: &Actor, about: About, reference: &str) -> Result<MatterForms> {
    let of = Of::find(tx, about, reference)?;
    if !sees(tx, actor, &of)? {
        return Err(Problem::not_found().into());
    }
    let rows = store::of_matter(tx, of.root())?.into_iter().filter(|row| about != About::Sheet || row.about_id == of.id());
    let mut items = Vec::new();
    for row in rows.take(if about == About::Register { NEWEST } else { usize::MAX }) {
        let kept = row.record.open(tx.vault)?.fallback;
        let other = if row.about_id == of.id() { None } else { Some(subject_of(tx, &row)?) };
        if let Some(reading) = Reading::of(tx, actor, other.as_ref().unwrap_or(&of), row.kind, &kept)? {
            items.push(render(tx, row, &reading)?.0);
        }
    }
    let mut available = Vec::new();
    if of.staff(actor, "issue") {
        let issued = store::acts(tx, of.root())?;
        for kind in FormKind::ALL.iter().copied().filter(|kind| of.due(*kind)) {
            let due = match drawing::act(tx, &of, kind)? {
                Some(act) => !issued.iter().any(|(k, a)| *k == kind && *a == act),
                None => about == About::Register,
            };
            available.extend(due.then_some(kind));
        }
    }
    Ok(MatterForms { available, items })
}

/// Issues a form of a ticket, a sheet or a batch: drawn up from the record as it stands, and frozen.
pub fn issue(tx: &mut Tx, actor: &Actor, about: About, target: &Target, input: &TicketFormInput) -> Result<FormView> {
    issue_of(tx, actor, about, target, input.kind, &Period::default())
}

/// The same, of a center's register.
pub(super) fn issue_of(tx: &mut Tx, actor: &Actor, about: About, target: &Target, kind: FormKind, period: &Period) -> Result<FormView> {
    let found = Of::find(tx, about, &target.reference)?;
    if !sees(tx, actor, &found)? {
        return Err(Problem::not_found().into());
    }
    if !found.staff(actor, "issue") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    if kind.about() != about {
        return Err(Problem::rule("/kind", "other_record", "这里不能出具此种文书。", "Not a form of this record.").into());
    }
    found.lock(tx)?;
    let of = Of::find(tx, about, found.id().as_str())?;
    target.check(of.version())?;
    let row = put_down(tx, actor, &of, kind, period, None)?;
    let kept = row.record.open(tx.vault)?.fallback;
    let reading = Reading::of(tx, actor, &of, row.kind, &kept)?.ok_or_else(Problem::not_found)?;
    view(tx, actor, row, &of, &reading)
}

/// Issues a form under a given identity: command line and demo.
pub fn issue_as(tx: &mut Tx, actor: &Actor, of: &Of, kind: FormKind, identity: Identity) -> Result<Form> {
    put_down(tx, actor, of, kind, &Period::default(), Some(identity))
}

/// Draws a form up and freezes it. One act has one valid form; what is drawn up anew takes the place of what it was before.
fn put_down(tx: &mut Tx, actor: &Actor, of: &Of, kind: FormKind, period: &Period, identity: Option<Identity>) -> Result<Form> {
    let center = of.center();
    let given = identity.is_some();
    let identity = match identity {
        Some(identity) => identity,
        None => Identity { id: Id::new(), number: numbers::next(tx, "WS", &center.division_code)? },
    };
    let head = Head {
        issuer: of.issuer(),
        document_number: identity.number.clone(),
        issued_on: tx.now.local_date(),
        complaint_phone: if center.phone.is_empty() { kinds::HOTLINE.into() } else { center.phone.clone() },
        copies: String::new(),
    };
    let drawn = match of {
        Of::Register(center) => register::draw(tx, actor, center, kind, period, &head)?,
        _ => drawing::draw(tx, of, kind, &head)?,
    };
    let Drawn { sheet, act, veiled, callers, signatures, subject } = drawn;
    for mut former in store::of_matter(tx, of.root())? {
        if former.kind != kind || former.about_id != of.id() || series(&former.act) != series(&act) || !falls(former.state) {
            continue;
        }
        if former.act == act {
            return Err(Refusal::Issued(kind, former.number).into());
        }
        set_aside(tx, actor, &mut former, &format!("内容已有变化，由{}代替", identity.number), true)?;
    }
    let canonical = sheet.canonical();
    let state = if signatures.is_empty() { State::Issued } else { State::Signed };
    let fallback = Kept { callers, veiled, subject, link_for: None };
    let record = FormRecord { issued_by: actor.label.clone(), signatures, fallback, ..FormRecord::default() };
    let seed = if given { sha256_hex(identity.number.as_bytes()).into_bytes() } else { crate::kernel::random_bytes::<12>().to_vec() };
    let owner = Owner { place: "issuer".into(), center_id: center.id, department_id: None, authority: matches!(of, Of::Batch(_)), agent: None };
    let row = Form {
        id: identity.id,
        number: identity.number,
        kind,
        entrustment_id: of.root(),
        about_id: of.id(),
        center_id: center.id,
        state,
        code: code(seed),
        hash: sha256_hex(&canonical),
        sheet: Sealed::seal(tx.vault, &String::from_utf8_lossy(&canonical))?,
        record: Private::seal(tx.vault, &record)?,
        issued_on: tx.now.local_date().to_string(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        act,
        owners: Json::new(&vec![owner])?,
    };
    store::insert(tx, &row)?;
    tell(tx, actor, &row, "issued")?;
    Ok(row)
}

/// What a sheet has told: its forms fall with what they stand for.
pub fn on_sheet(tx: &mut Tx, actor: &Actor, sheet: &Sheet, told: &str) -> Result<()> {
    use FormKind::{AssignmentReply, AssignmentSheet};
    let (kinds, why): (&[FormKind], &str) = match told {
        "returned" => (&[AssignmentSheet, AssignmentReply], "承办部门已退回交办单"),
        "cancelled" => (&[AssignmentSheet, AssignmentReply], "交办单已撤销"),
        "sent_back" => (&[AssignmentReply], "办复已退回重办"),
        _ => return Ok(()),
    };
    for mut row in store::of_matter(tx, sheet.ticket_id)? {
        if row.about_id == sheet.id && kinds.contains(&row.kind) && falls(row.state) {
            set_aside(tx, actor, &mut row, why, true)?;
        }
    }
    Ok(())
}

/// What a code confirms, for everybody: nothing that anybody wrote, and no person.
pub fn verify(tx: &mut Tx, row: Form, hash: Option<&str>) -> Result<FormVerification> {
    let of = subject_of(tx, &row)?;
    let record = row.record.open(tx.vault)?;
    let sheet = sheet_of(tx, &row)?;
    let asking = of.ticket().map_or(0, |t| t.asking().count());
    let label = |place: &str| side_of(row.kind, place).map_or("签署方", Side::label).to_owned();
    let unit = |place: &str| matches!(side_of(row.kind, place), Some(Side::Issuer | Side::Manager)).then(|| sheet.issuer.clone());
    let open = |place: &&str| record.signatures.iter().all(|s| s.place != **place);
    let unsigned = sheet.places().filter(open).map(label).collect();
    let signature = |s: &FormSignature| VerifiedSignature {
        side: label(&s.place),
        unit: unit(&s.place),
        how: s.how.clone(),
        code_told_by: s.code_told_by.clone(),
        at: s.at,
    };
    let signatures = record.signatures.iter().map(signature).collect();
    Ok(FormVerification {
        valid: row.state != State::Voided,
        state: row.state,
        state_label: row.state.label().into(),
        kind: row.kind,
        kind_label: label_of::<FormKind>(row.kind.code()),
        issuer: sheet.issuer.clone(),
        issued_on: row.issued_on,
        number: row.number,
        entrustment_number: of.number().to_owned(),
        title: of.ticket().map_or(sheet.title, |t| t.row.category.label().to_owned()),
        applicant: if asking > 0 { format!("申请人{asking}名") } else { "—".into() },
        hash_matches: hash.map(|h| h.trim().eq_ignore_ascii_case(&row.hash)),
        document_hash: row.hash,
        void_reason: Some(record.void_reason).filter(|_| record.fell),
        signatures,
        unsigned,
    })
}

/// What the holder of a link reads.
pub(super) fn copy_by_link(tx: &mut Tx, row: &Form, record: &FormRecord) -> Result<Copy> {
    let of = subject_of(tx, row)?;
    let caller = record.fallback.link_for.and_then(|id| of.ticket()?.callers.iter().find(|c| c.id == id)).cloned();
    let caller = caller.ok_or_else(Problem::not_found)?;
    Ok(Reading::by_link(&of, &caller).copy(tx, row, record)?.0)
}
