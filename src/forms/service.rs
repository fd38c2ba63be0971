//! Issuing forms, reading them, verifying them by their code.

use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    drawing::{Origin, Record, Source},
    hooks,
    machine::{self, FormAction as Action, FormKind, FormState as State, Refusal, permits, timely},
    printing::{self, Printed, Sheet, Signed},
    reading::{self, Copy, Seen},
    receipts,
    sides::{Sides, may_issue},
    signing,
    store::{self, Form, FormRecord, FormSignature},
    views::{FormView, MatterForms, render, view},
};
use crate::{
    auth::Actor,
    db::{Error, Json, Private, Result, Sealed, Tx, dialect, numbers},
    entrustments::{Entrustment, Identity},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Problem, Target, sha256_hex},
    organization,
};

/// A form to issue.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "plan" }))]
pub struct IssueInput {
    /// Which form.
    pub kind: FormKind,
    /// Of a form about one of several transfers, joint handlings, arbitrations or reminders: which; absent: the newest. A form
    /// about the matter itself takes none but the matter's own id.
    #[serde(default)]
    pub about: Option<Id>,
}

/// A form for an action: the matter and the form locked, read, allowed (403), in its version (412), in a state for it (409).
pub(super) fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<(Form, Seen, Sides)> {
    let (found, _) = reading::load(tx, actor, &target.reference)?;
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "forms", found.id.as_str())?;
    let (row, seen) = reading::load(tx, actor, found.id.as_str())?;
    let sides = Sides::of(tx, &row, &seen.e)?;
    let may = match action {
        Action::Sign => places(tx, &row)?.iter().any(|place| sides.signs(actor, &seen.e, row.kind, place).is_some()),
        Action::Link => seen.whole && sides.issues(actor, row.kind, action.code()),
        Action::Void => sides.issues(actor, row.kind, action.code()),
    };
    if !may {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    if let Err(refusal) = permits(row.state, action) {
        let allowed = Some(allowed(tx, actor, &row, &seen, &sides)?.0);
        return Err(Problem { allowed_actions: allowed, ..Problem::from(refusal) }.into());
    }
    Ok((row, seen, sides))
}

/// Exactly what the caller may do, and which places they sign.
pub(super) fn allowed(tx: &mut Tx, actor: &Actor, row: &Form, seen: &Seen, sides: &Sides) -> Result<(Vec<String>, Vec<String>)> {
    let open = signing::open_places(tx, actor, row, &seen.e, sides)?;
    let mut allowed = Vec::new();
    for action in Action::ALL.iter().filter(|a| permits(row.state, **a).is_ok()) {
        let may = match action {
            Action::Sign => !open.is_empty(),
            Action::Link => seen.whole && sides.issues(actor, row.kind, action.code()) && signing::linkable(tx, row, &seen.e, sides)?,
            Action::Void => sides.issues(actor, row.kind, action.code()),
        };
        if may {
            allowed.push(action.code().to_owned());
        }
    }
    Ok((allowed, open.into_iter().map(|(place, _)| place).collect()))
}

/// Issues a form: drawn up from the record as it stands, and frozen.
pub fn issue(tx: &mut Tx, actor: &Actor, target: &Target, input: &IssueInput) -> Result<FormView> {
    let seen = Seen::by_reference(tx, actor, &target.reference)?;
    dialect::lock_root(tx.conn, "entrustments", seen.e.id.as_str())?;
    let seen = Seen::by_reference(tx, actor, seen.e.id.as_str())?;
    let origin = match Origin::find(tx, &seen.e, input.kind, input.about) {
        Ok(origin) => origin,
        // What is wrong with it is for those who could issue something here.
        Err(refusal) => {
            let unit = Origin::Matter.issuer(&seen.e);
            let may = seen.whole && may_issue(actor, &seen, FormKind::Plan, &Origin::Matter, &unit);
            return Err(if may { refusal } else { seen.refusal().into() });
        }
    };
    let about = match origin.id() {
        Some(id) => reading::reads_about(tx, actor, input.kind.about(), id)?,
        None => None,
    };
    if !seen.whole && !about.is_some_and(|sight| sight.words) {
        return Err(if about.is_some() { Problem::of(ErrorCode::Forbidden) } else { seen.refusal() }.into());
    }
    if !may_issue(actor, &seen, input.kind, &origin, &origin.issuer(&seen.e)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(seen.e.version)?;
    if !timely(input.kind, seen.e.state) {
        return Err(Refusal::Untimely(input.kind, seen.e.state).into());
    }
    let record = Record::of(tx, &seen.e)?;
    let row = put_down(tx, actor, &seen.e, &record, Issue { kind: input.kind, origin: &origin, identity: None })?;
    view(tx, actor, row, &seen)
}

/// A form to be put down.
pub(super) struct Issue<'a> {
    /// Which form.
    pub kind: FormKind,
    /// What it is about beside the matter.
    pub origin: &'a Origin,
    /// Under which identity, where one is given.
    pub identity: Option<Identity>,
}

/// Issues a form under a given identity, where one is given: command line and demo.
pub fn issue_as(tx: &mut Tx, actor: &Actor, e: &Entrustment, input: &IssueInput, identity: Option<Identity>) -> Result<Form> {
    let origin = Origin::find(tx, e, input.kind, input.about)?;
    let record = Record::of(tx, e)?;
    put_down(tx, actor, e, &record, Issue { kind: input.kind, origin: &origin, identity })
}

/// Draws a form up and freezes it. One act has one valid form.
pub(super) fn put_down(tx: &mut Tx, actor: &Actor, e: &Entrustment, record: &Record, issue: Issue) -> Result<Form> {
    let Issue { kind, origin, identity } = issue;
    if let Some(act) = record.act(kind, origin)
        && let Some(there) = store::of_act(tx, e.id, kind, &act)?
    {
        return Err(Refusal::Issued(kind, there.number).into());
    }
    let id = identity.as_ref().map_or_else(Id::new, |i| i.id);
    let given = identity.is_some();
    let unit = origin.issuer(e);
    let center = organization::load(tx, unit.center_id)?;
    let number = match identity {
        Some(identity) => identity.number,
        None => numbers::next(tx, "WS", &center.division_code)?,
    };
    if let (FormKind::Plan, Some(act)) = (kind, record.act(kind, origin)) {
        // One valid plan: the one that is made.
        hooks::set_aside(tx, actor, e, kind, Some(&act), hooks::PLAN_MADE_ANEW)?;
    }
    let source = Source::of(tx, record, origin, &unit, &number)?;
    let code = code(if given { sha256_hex(number.as_bytes()).into_bytes() } else { crate::kernel::random_bytes::<12>().to_vec() });
    let drawn = source.draw(tx, kind)?;
    let canonical = drawn.sheet.canonical();
    let mut of = FormRecord { issued_by: actor.label.clone(), personal: record.personal(), ..FormRecord::default() };
    if let Some(s) = hooks::signed_before(record, kind) {
        let who = record.view.applicant.name.clone();
        let how = s.method.label().to_owned();
        let place = "applicant".to_owned();
        of.signatures.push(FormSignature { place, who, how, evidence: s.evidence, at: s.at, by: s.recorded_by, code_told_by: None, statement: None });
    }
    let places: Vec<String> = drawn.sheet.places().map(str::to_owned).collect();
    let row = Form {
        id,
        number,
        kind,
        entrustment_id: e.id,
        about_id: origin.id().unwrap_or(e.id),
        center_id: center.id,
        state: machine::signed(kind, &places, |place| of.has(place)),
        code,
        hash: sha256_hex(&canonical),
        sheet: Sealed::seal(tx.vault, &String::from_utf8_lossy(&canonical))?,
        record: Private::seal(tx.vault, &of)?,
        issued_on: tx.now.local_date().to_string(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        act: drawn.act,
        owners: Json::new(&origin.owners(kind, e)?)?,
    };
    store::insert(tx, &row)?;
    tell(tx, actor, &row, "issued")?;
    Ok(row)
}

/// Letters and digits that are not mistaken for one another.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Twelve of them: sixty random bits, but for a given identity.
pub(super) fn code(bytes: Vec<u8>) -> String {
    let letters = bytes.iter().take(12).map(|b| char::from(*ALPHABET.get(usize::from(b % 32)).unwrap_or(&b'2')));
    grouped(letters)
}

/// In groups of four.
fn grouped(letters: impl Iterator<Item = char>) -> String {
    letters.collect::<Vec<_>>().chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// A code as people type it: with dashes or blanks, or without, in capitals or not.
pub(super) fn typed(code: &str) -> String {
    grouped(code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).take(20))
}

pub(super) fn tell(tx: &mut Tx, actor: &Actor, row: &Form, kind: &str) -> Result<()> {
    let kind = format!("form.{kind}");
    let mut params = json!({ "number": row.number, "form": row.kind, "document_hash": row.hash });
    params[row.kind.about().root()] = json!(row.entrustment_id);
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
    let (mut row, seen, _) = load_for(tx, actor, Action::Void, target)?;
    row.state = State::Voided;
    let record = FormRecord { void_reason: input.reason.clone(), fell: false, link_until: None, ..row.record.open(tx.vault)? };
    save(tx, actor, &mut row, &record, "voided")?;
    view(tx, actor, row, &seen)
}

pub(super) fn sheet_of(tx: &Tx, row: &Form) -> Result<Sheet> {
    Ok(serde_json::from_str(&row.sheet.open(tx.vault)?)?)
}

/// The places of a form.
pub(super) fn places(tx: &Tx, row: &Form) -> Result<Vec<String>> {
    Ok(sheet_of(tx, row)?.places().map(str::to_owned).collect())
}

/// Who issued it, as it stands on the form.
pub(super) fn issuer(tx: &Tx, row: &Form) -> Result<String> {
    Ok(sheet_of(tx, row)?.issuer)
}

/// One form.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<FormView> {
    let (row, seen) = reading::load(tx, actor, reference)?;
    view(tx, actor, row, &seen)
}

/// The forms of a matter that the caller reads, and what they can issue now.
pub fn of_matter(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<MatterForms> {
    let seen = Seen::by_reference(tx, actor, reference)?;
    let rows = reading::of_matter(tx, actor, &seen)?;
    let available = available(tx, actor, &seen)?;
    let centers = organization::briefs(tx, &rows.iter().map(|f| f.center_id).collect::<Vec<_>>())?;
    let named = |id: Id| centers.iter().find(|c| c.id == id).cloned().ok_or_else(|| Error::Corrupt("center gone".into()));
    let items = rows.into_iter().map(|row| {
        let center = named(row.center_id)?;
        Ok(render(tx, row, seen.masked, center)?.0)
    });
    let items = items.collect::<Result<Vec<_>>>()?;
    Ok(MatterForms { available, items })
}

/// What the caller can issue now. Nothing is drawn up for it: the record says what each form would stand for.
fn available(tx: &mut Tx, actor: &Actor, seen: &Seen) -> Result<Vec<FormKind>> {
    if actor.applicant_id.is_some() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    let mut known: Option<(Record, Vec<(FormKind, String)>)> = None;
    for kind in FormKind::ALL.iter().copied().filter(|kind| timely(*kind, seen.e.state)) {
        let origin = match Origin::find(tx, &seen.e, kind, None) {
            Ok(origin) => origin,
            Err(Error::Refused(_)) => continue,
            Err(other) => return Err(other),
        };
        let reads = seen.whole
            || match origin.id() {
                Some(id) => reading::reads_about(tx, actor, kind.about(), id)?.is_some_and(|s| s.words),
                None => false,
            };
        if !reads || !may_issue(actor, seen, kind, &origin, &origin.issuer(&seen.e)) {
            continue;
        }
        let (record, issued) = match &known {
            Some(known) => known,
            None => known.insert((Record::of(tx, &seen.e)?, store::acts(tx, seen.e.id)?)),
        };
        let due = record.act(kind, &origin).is_some_and(|act| !issued.iter().any(|(k, a)| *k == kind && *a == act));
        all.extend(due.then_some(kind));
    }
    Ok(all)
}

/// The form as PDF, with the name of its file; `public` is where the verification is answered.
pub fn pdf(tx: &mut Tx, actor: &Actor, reference: &str, public: &str) -> Result<(String, Vec<u8>)> {
    let (row, seen) = reading::load(tx, actor, reference)?;
    let record = row.record.open(tx.vault)?;
    let mut copy = reading::copy(tx, &row, &record, seen.masked)?;
    let told = reading::receipts(tx, &row, &record, &seen)?;
    let sheet = receipts::filled(serde_json::from_value::<Sheet>(copy.sheet)?, &told, &copy.signatures);
    copy.sheet = serde_json::to_value(sheet)?;
    print(&row, copy, record.fell, seen.masked, public)
}

/// A copy of a form as PDF, with the name of its file; `fell`: it is void because what it stands for did not come about.
pub(super) fn print(row: &Form, copy: Copy, fell: bool, masked: bool, public: &str) -> Result<(String, Vec<u8>)> {
    let Copy { sheet, signatures, void_reason } = copy;
    let sheet: Sheet = serde_json::from_value(sheet)?;
    let sheet = if fell { sheet.marked(&format!("本文书已作废：{void_reason}。")) } else { sheet };
    let places: Vec<&str> = sheet.places().collect();
    let signed = signatures.iter().filter(|s| places.contains(&s.place.as_str())).map(|s| Signed {
        place: s.place.clone(),
        who: s.who.clone(),
        when: printing::date(s.at.local_date()),
        how: s.how.clone(),
    });
    let voided = row.state == State::Voided;
    let void = if fell { format!("已作废：{void_reason}") } else { "已作废".to_owned() };
    let marks: Vec<&str> = [(masked, "脱敏件"), (voided, void.as_str())].iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
    let printed = Printed {
        verification_code: row.code.clone(),
        verify_address: format!("{}/api/v1/forms/verify/{}", public.trim_end_matches('/'), row.code),
        document_hash: row.hash.clone(),
        signatures: signed.collect(),
        page_label: marks.join("　"),
        stamp: if voided {
            "作废".into()
        } else if masked {
            "脱敏件".into()
        } else {
            String::new()
        },
        masked,
    };
    let document = printing::render(&sheet, &printed).map_err(|e| Error::Corrupt(e.to_string()))?;
    let copy = if masked { "-脱敏件" } else { "" };
    Ok((format!("{}-{}{copy}.pdf", row.kind.label(), row.number), document.pdf))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_read_as_people_type_it() {
        for text in ["7k3m-q2xd-9tbf", "7K3MQ2XD9TBF", " 7K3M q2xd 9TBF ", "7K3M－Q2XD－9TBF"] {
            assert_eq!(super::typed(text), "7K3M-Q2XD-9TBF");
        }
    }
}
