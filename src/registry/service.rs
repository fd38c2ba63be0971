//! An applicant's record: who finds it, who reads it, what may be corrected.

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    access::Sight,
    applicants::{self, Applicant, ApplicantFlag, ApplicantKind, ApplicantRow, Contact, ContactInput, FormerName, IdType},
    auth::{Actor, Scope, policy},
    db::{Json, Private, Result, Sealed, Tx, audit, dialect},
    entrustments,
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, phone, text},
};

/// An applicant as the registry shows them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ApplicantRecord {
    /// Identity.
    pub id: Id,
    /// Who it is.
    pub applicant: Applicant,
    /// Whom to call.
    pub contacts: Vec<Contact>,
    /// Names borne before, oldest first.
    pub former_names: Vec<FormerName>,
    /// The record that goes on for this one: a duplicate that was merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<Id>,
    /// Personal data is masked for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When entered.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ApplicantRecord);

/// What is done with an applicant's record.
pub const ACTIONS: [&str; 4] = ["edit", "empower", "rename", "merge"];

/// How a caller sees an applicant: their own in clear; others as they see the matters of theirs.
pub fn sight(tx: &mut Tx, actor: &Actor, applicant: Id) -> Result<Option<Sight>> {
    if actor.applicant_id == Some(applicant) {
        return Ok(Some(Sight::CLEAR));
    }
    if !policy::may(actor, "applicant", "read") {
        return Ok(None);
    }
    match Scope::of(actor, "entrustment") {
        Scope::System => Ok(Some(Sight::CLEAR)),
        Scope::Subjects(reasons) => {
            let subjects: Vec<String> = reasons.iter().map(|(s, _)| s.clone()).collect();
            let seen = entrustments::store::reasons_to_see(tx, applicant, &subjects)?;
            let masked = seen.iter().map(|(subject, masked)| *masked || reasons.iter().any(|(s, rule)| s == subject && *rule)).min();
            Ok(masked.map(Sight::masked))
        }
    }
}

/// Merging and renaming are decided by a manager, who sees masked; everything else takes a clear view.
fn is_clear_enough(action: &str, sight: Sight) -> bool {
    matches!(action, "merge" | "rename") || !sight.masked
}

/// What a caller may do: correcting and empowering take a clear view, merging the manager's word.
fn allowed(actor: &Actor, row: &ApplicantRow, sight: Sight) -> Vec<String> {
    let fits = |action: &str| row.merged_into.is_none() && is_clear_enough(action, sight);
    ACTIONS.into_iter().filter(|a| fits(a) && policy::may(actor, "applicant", a)).map(str::to_owned).collect()
}

/// Renders a record.
pub fn render(tx: &Tx, actor: &Actor, row: &ApplicantRow, sight: Sight) -> Result<ApplicantRecord> {
    let mut contacts = row.contacts.as_ref().map(|c| c.open(tx.vault)).transpose()?.unwrap_or_default();
    if sight.masked {
        contacts.iter_mut().for_each(|c| *c = Contact { name: tx.masking.name(&c.name), phone: tx.masking.phone(&c.phone) });
    }
    let mut former_names = row.former_names.as_ref().map(|f| f.open(tx.vault)).transpose()?.unwrap_or_default();
    if sight.masked {
        let person = row.kind == ApplicantKind::NaturalPerson.code();
        former_names.iter_mut().for_each(|f| {
            f.evidence.clear();
            if person {
                f.name = tx.masking.name(&f.name);
            }
        });
    }
    Ok(ApplicantRecord {
        former_names,
        id: row.id,
        applicant: applicants::show(tx, row, sight)?,
        contacts,
        merged_into: row.merged_into,
        masked: sight.masked,
        allowed_actions: allowed(actor, row, sight),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// An applicant that the caller sees, with how.
pub fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(ApplicantRow, Sight)> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = applicants::store::applicant(tx, id)?.ok_or_else(Problem::not_found)?;
    // A merged record has no matters any more: it is seen as the one that goes on.
    let seen = sight(tx, actor, row.merged_into.unwrap_or(row.id))?.ok_or_else(Problem::not_found)?;
    Ok((row, seen))
}

/// An applicant for an action: locked, seen (404), allowed (403), in the version asked for (412), and not merged (409).
pub fn load_for(tx: &mut Tx, actor: &Actor, action: &str, target: &Target) -> Result<(ApplicantRow, Sight)> {
    let id = target.id().ok_or_else(Problem::not_found)?;
    dialect::lock_root(tx.conn, "applicants", id.as_str())?;
    let (row, sight) = load_seen(tx, actor, id.as_str())?;
    if !policy::may(actor, "applicant", action) || !is_clear_enough(action, sight) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    if row.merged_into.is_some() {
        let problem =
            Problem::new(ErrorCode::StateConflict, crate::kernel::Text::new("该登记已并入另一申请人，请在那里办理。", "Merged into another applicant."));
        return Err(Problem { allowed_actions: Some(Vec::new()), ..problem }.into());
    }
    Ok((row, sight))
}

/// One record.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ApplicantRecord> {
    let (row, sight) = load_seen(tx, actor, reference)?;
    render(tx, actor, &row, sight)
}

/// Whom to look for; a number of identity never stands in an address, so the question is asked by `POST`.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "q": "91320623MADEM0001N" }))]
pub struct ApplicantQuestion {
    /// A credit code or citizen id, an exact name, or a telephone.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "91320623MADEM0001N")]
    pub q: String,
}

/// Who was found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ApplicantsFound {
    /// Newest first, at most 50.
    pub items: Vec<ApplicantRecord>,
}

/// Finds by identity, exact name or telephone, among those whom the caller sees in clear: who sees masked must not
/// confirm a person by asking.
pub fn find(tx: &mut Tx, actor: &Actor, question: &ApplicantQuestion) -> Result<ApplicantsFound> {
    if !policy::may(actor, "applicant", "find") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let asked = question.q.trim();
    let mut ids: Vec<Id> = Vec::new();
    for kind in [IdType::CreditCode, IdType::CitizenId] {
        let mark = applicants::identity_mark(tx, kind, &asked.to_ascii_uppercase());
        // By the identity that was merged, too, one finds the record that goes on.
        ids.extend(applicants::store::by_mark(tx, &mark)?.map(|row| row.merged_into.unwrap_or(row.id)));
    }
    let mark = applicants::name_mark(tx, &text::fold(asked));
    ids.extend(applicants::store::ids_by_name(tx, &mark, 50)?);
    if phone::check(asked).is_ok()
        && let Scope::Subjects(reasons) = Scope::of(actor, "entrustment")
    {
        let clear: Vec<String> = reasons.into_iter().filter(|(_, masked)| !masked).map(|(s, _)| s).collect();
        let mark = applicants::phone_mark(tx, asked);
        ids.extend(entrustments::store::applicants_by_phone(tx, &mark, &clear)?);
    }
    ids.sort();
    ids.dedup();
    ids.reverse();
    let mut items = Vec::new();
    for row in applicants::store::applicants_by_id(tx, &ids)? {
        if let Some(sight) = sight(tx, actor, row.id)?.filter(|s| !s.masked) {
            items.push(render(tx, actor, &row, sight)?);
        }
    }
    items.sort_by_key(|r| std::cmp::Reverse(r.id));
    items.truncate(50);
    Ok(ApplicantsFound { items })
}

/// What of a record may be corrected; its identity is what it was entered under.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "division_code": "320623000000", "address": "如东县掘港街道", "flags": ["micro_small_medium"], "contacts": [{ "name": "联系人甲", "phone": "13900000001" }] }))]
pub struct ApplicantEdit {
    /// 12 digits: where it is seated.
    #[serde(default)]
    #[validate(custom(function = crate::kernel::validators::division))]
    #[schema(pattern = "^(1[1-9]|[2-7][0-9]|8[0-2])[0-9]{10}$", example = "320623000000")]
    pub division_code: Option<String>,
    /// Address.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    pub address: Option<String>,
    /// What makes it special.
    #[serde(default)]
    #[validate(length(max = 7))]
    #[schema(max_items = 7)]
    pub flags: Vec<ApplicantFlag>,
    /// Whom to call.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub contacts: Vec<ContactInput>,
}

/// Corrects a record: what is sent is all there is from now on.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &ApplicantEdit) -> Result<ApplicantRecord> {
    let (mut row, sight) = load_for(tx, actor, "edit", target)?;
    let flags: Vec<String> = input.flags.iter().map(|f| f.code().to_owned()).collect();
    if actor.applicant_id.is_some() && row.flags.get()? != flags {
        // What qualifies for agency is for the staff to check.
        return Err(Problem::rule(
            "/flags",
            "staff_only",
            "特殊类别由工作人员核实后登记，请照原样提交。",
            "The staff verifies the flags: send them as they are.",
        )
        .into());
    }
    let contacts: Vec<Contact> = input.contacts.iter().map(|c| Contact { name: c.name.clone(), phone: c.phone.clone() }).collect();
    row.division_code.clone_from(&input.division_code);
    row.address = input.address.as_ref().map(|a| Sealed::seal(tx.vault, a)).transpose()?;
    row.flags = Json::new(&flags)?;
    row.contacts = Some(Private::seal(tx.vault, &contacts)?);
    save(tx, &mut row)?;
    render(tx, actor, &row, sight)
}

/// Another name for the same identity: a company that was renamed, a name that was mistyped.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameInput {
    /// The name from now on.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "如东新港装备制造有限公司")]
    pub name: String,
    /// What proves it, such as the number of the registration notice; audited.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "准予变更登记通知书〔2026〕第 118 号")]
    pub evidence: String,
}

/// Renames: lists and searches keep the name that a matter was taken in under.
pub fn rename(tx: &mut Tx, actor: &Actor, target: &Target, input: &RenameInput) -> Result<ApplicantRecord> {
    let (mut row, sight) = load_for(tx, actor, "rename", target)?;
    let name = text::fold(&input.name);
    let old = match &row.person_name {
        Some(name) => name.open(tx.vault)?,
        None => row.name.clone(),
    };
    if text::fold(&old) == name {
        return Err(Problem::rule("/name", "same_name", "与现名称相同。", "The name it bears.").into());
    }
    let mut former = row.former_names.as_ref().map(|f| f.open(tx.vault)).transpose()?.unwrap_or_default();
    former.push(FormerName { name: old, until: tx.now, evidence: input.evidence.clone() });
    row.former_names = Some(Private::seal(tx.vault, &former)?);
    match &mut row.person_name {
        Some(sealed) => *sealed = Sealed::seal(tx.vault, &input.name)?,
        None => row.name.clone_from(&input.name),
    }
    row.name_mark = applicants::name_mark(tx, &name);
    save(tx, &mut row)?;
    let entry = audit::Entry {
        actor_id: actor.id.map(|id| id.to_string()).unwrap_or_default(),
        action: "rename",
        record_kind: "applicant",
        record_id: row.id,
        reason: &input.evidence,
        request_id: &actor.request_id,
    };
    audit::record(tx, &entry)?;
    render(tx, actor, &row, sight)
}

/// Saves a record as its next version.
pub fn save(tx: &mut Tx, row: &mut ApplicantRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now;
    if applicants::store::save_applicant(tx, row)? { Ok(()) } else { Err(Problem::of(ErrorCode::Stale).into()) }
}
