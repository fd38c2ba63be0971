//! Whose application it is: identity numbers are validated, sealed, and matched by blind index.

use super::{
    model::{ApplicantInput, ApplicantKind, IdType},
    store::{self, ApplicantRow},
};
use crate::{
    auth::store as accounts,
    db::{Error, Json, Result, Sealed, Tx, dialect},
    kernel::{Code as _, ErrorCode, FieldError, Id, Problem, Purpose, citizen_id, credit_code, phone, text},
};

fn check(tx: &Tx, input: &ApplicantInput) -> Result<(), Problem> {
    let person = input.kind == ApplicantKind::NaturalPerson;
    let refuse = |code: &'static str, zh: &'static str, en: &'static str| {
        Err(Problem::fields(ErrorCode::RuleViolation, vec![FieldError::body("/applicant/id_number", code, zh, en)]))
    };
    match (person, input.id_type) {
        (false, IdType::CreditCode) => match credit_code::check(&input.id_number) {
            Ok(()) => Ok(()),
            Err(credit_code::CreditCodeError::CheckDigit) => {
                refuse("credit_code_check_digit", "统一社会信用代码的校验位不正确，请核对。", "The credit code's check digit is wrong.")
            }
            Err(_) => {
                refuse("credit_code", "统一社会信用代码应为 18 位大写字母和数字（不含 I、O、Z、S、V）。", "A credit code has 18 characters of its alphabet.")
            }
        },
        (true, IdType::CitizenId) => match citizen_id::check(&input.id_number, tx.now.local_date()) {
            Ok(_) => Ok(()),
            Err(citizen_id::CitizenIdError::CheckDigit) => {
                refuse("citizen_id_check_digit", "身份证号码的校验位不正确，请核对。", "The citizen id's check digit is wrong.")
            }
            Err(citizen_id::CitizenIdError::BirthDate) => {
                refuse("citizen_id_birth_date", "身份证号码中的出生日期不存在或在将来。", "The birth date does not exist or is not past.")
            }
            Err(_) => refuse("citizen_id", "身份证号码应为 18 位，末位可为大写 X。", "A citizen id has 18 characters."),
        },
        (true, IdType::Passport | IdType::OtherId) | (false, IdType::OtherId) => Ok(()),
        _ => Err(Problem::rule(
            "/applicant/id_type",
            "id_type",
            "自然人用身份证或其他个人证件，单位用统一社会信用代码。",
            "Persons have personal ids, organisations a credit code.",
        )),
    }
}

/// The applicant of this identity: found, or entered for the first time. A known number under another name is refused
/// and tells nothing of what is stored.
pub fn find_or_enter(tx: &mut Tx, input: &ApplicantInput) -> Result<ApplicantRow> {
    find_or_enter_as(tx, Id::new(), input)
}

/// [`find_or_enter`] under a given id, where it is entered.
pub fn find_or_enter_as(tx: &mut Tx, id: Id, input: &ApplicantInput) -> Result<ApplicantRow> {
    check(tx, input)?;
    let name = text::fold(&input.name);
    let name_mark = name_mark(tx, &name);
    // Only the two national numbers are unique by themselves; others count together with the name.
    let identity = match input.id_type {
        IdType::CreditCode | IdType::CitizenId => format!("{}:{}", input.id_type.code(), input.id_number),
        IdType::Passport | IdType::OtherId => format!("{}:{}:{}:{name}", input.id_type.code(), input.id_number, input.kind.code()),
    };
    let id_mark = tx.vault.mark(Purpose::Index, &identity);
    if let Some(found) = store::by_mark(tx, &id_mark)? {
        // A merge of this record ends first, or begins after this matter is there.
        dialect::lock_root(tx.conn, "applicants", found.id.as_str())?;
        let found = store::applicant(tx, found.id)?.unwrap_or(found);
        let found = same_person(found, input, &name_mark)?;
        let found = survivor(tx, found)?;
        return renew(tx, found, input);
    }
    let person = input.kind == ApplicantKind::NaturalPerson;
    let row = ApplicantRow {
        id,
        kind: input.kind.code().into(),
        name: if person { String::new() } else { input.name.clone() },
        person_name: if person { Some(Sealed::seal(tx.vault, &input.name)?) } else { None },
        name_mark: name_mark.clone(),
        id_type: input.id_type.code().into(),
        id_number: Sealed::seal(tx.vault, &input.id_number)?,
        id_mark: id_mark.clone(),
        division_code: input.division_code.clone(),
        address: input.address.as_ref().map(|a| Sealed::seal(tx.vault, a)).transpose()?,
        flags: Json::new(&input.flags.iter().map(|f| f.code().to_owned()).collect())?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        contacts: None,
        merged_into: None,
        former_names: None,
    };
    match tx.savepoint(|tx| store::insert_applicant(tx, &row)) {
        Ok(()) => Ok(row),
        // Another counter entered the same applicant at this instant.
        Err(e) if e.is_unique() => match store::by_mark(tx, &id_mark)? {
            Some(found) => same_person(found, input, &name_mark).and_then(|found| survivor(tx, found)),
            None => Err(e),
        },
        Err(e) => Err(e),
    }
}

fn same_person(found: ApplicantRow, input: &ApplicantInput, name_mark: &str) -> Result<ApplicantRow> {
    if found.kind == input.kind.code() && found.name_mark == name_mark {
        return Ok(found);
    }
    Err(Problem::rule(
        "/applicant/name",
        "identity_mismatch",
        "该证件号码已登记在另一名称或类型之下，请核对。",
        "The number is registered under another name or kind.",
    )
    .into())
}

/// The record that goes on for a merged one.
pub fn survivor(tx: &mut Tx, found: ApplicantRow) -> Result<ApplicantRow> {
    match found.merged_into {
        Some(into) => store::applicant(tx, into)?.ok_or_else(|| Error::Corrupt("merged into nothing".into())),
        None => Ok(found),
    }
}

/// What a known applicant says anew of their seat and address holds from now on.
fn renew(tx: &mut Tx, mut row: ApplicantRow, input: &ApplicantInput) -> Result<ApplicantRow> {
    let address = row.address.as_ref().map(|a| a.open(tx.vault)).transpose()?;
    let moved = input.division_code.is_some() && input.division_code != row.division_code;
    let readdressed = input.address.is_some() && input.address != address;
    let mut flags: Vec<String> = row.flags.get()?;
    let added: Vec<String> = input.flags.iter().map(|f| f.code().to_owned()).filter(|f| !flags.contains(f)).collect();
    if !moved && !readdressed && added.is_empty() {
        return Ok(row);
    }
    if moved {
        row.division_code.clone_from(&input.division_code);
    }
    if let Some(address) = input.address.as_ref().filter(|_| readdressed) {
        row.address = Some(Sealed::seal(tx.vault, address)?);
    }
    flags.extend(added);
    row.flags = Json::new(&flags)?;
    row.version += 1;
    row.updated_at = tx.now;
    // Two counters at the same instant: the whole intake is tried again.
    if store::save_applicant(tx, &row)? { Ok(row) } else { Err(Error::Contended) }
}

/// Blind index of a national number.
pub fn identity_mark(tx: &Tx, kind: IdType, number: &str) -> String {
    tx.vault.mark(Purpose::Index, &format!("{}:{number}", kind.code()))
}

/// Blind index of a folded name.
pub fn name_mark(tx: &Tx, folded: &str) -> String {
    tx.vault.mark(Purpose::Index, &format!("name:{folded}"))
}

/// Blind index of a phone.
pub fn phone_mark(tx: &Tx, number: &str) -> String {
    tx.vault.mark(Purpose::Index, &format!("phone:{}", phone::normalize(number)))
}

/// Enters an applicant and makes a person's account theirs: command line and demo.
pub fn link_account(tx: &mut Tx, user: Id, id: Id, input: &ApplicantInput) -> Result<Id> {
    let row = find_or_enter_as(tx, id, input)?;
    let mut account = accounts::user(tx, user)?.ok_or_else(Problem::not_found)?;
    account.applicant_id = Some(row.id);
    accounts::save_user(tx, &account)?;
    Ok(row.id)
}
