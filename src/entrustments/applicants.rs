//! Applicants: who asks. Identity numbers are validated, sealed, and matched by blind index.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::store::{self, ApplicantRow};
use crate::{
    access::Sight,
    auth::store as accounts,
    db::{Error, Json, Result, Sealed, Tx, code_enum},
    kernel::{Code as _, ErrorCode, FieldError, Id, Problem, Purpose, citizen_id, credit_code, phone, text},
};

code_enum! {
    /// Kind of applicant (GB/T 39046 A.4).
    ApplicantKind in "applicant-kinds" {
        NaturalPerson "natural_person" "自然人" = "10",
        Enterprise "enterprise" "企业法人" = "20",
        PublicInstitution "public_institution" "事业法人" = "30",
        SocialOrganization "social_organization" "社会组织法人" = "40",
        GovernmentAgency "government_agency" "行政机关" = "50",
        OtherOrganization "other_organization" "其他组织" = "90",
    }
}
code_enum! {
    /// What identifies an applicant.
    IdType in "id-types" {
        CreditCode "credit_code" "统一社会信用代码",
        CitizenId "citizen_id" "居民身份证",
        Passport "passport" "护照",
        OtherId "other" "其他证件",
    }
}
code_enum! {
    /// What makes an applicant special.
    ApplicantFlag in "applicant-flags" {
        MicroSmallMedium "micro_small_medium" "中小微企业",
        ForeignInvested "foreign_invested" "外商投资",
        MajorInvestment "major_investment" "重大招商引资",
        KeyProject "key_project" "省市重点",
        Livelihood "livelihood" "民生工程",
        EncouragedIndustry "encouraged_industry" "产业鼓励",
        ElderlyDisabled "elderly_disabled" "老弱病残孤",
    }
}

/// An applicant as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicantInput {
    /// Kind.
    pub kind: ApplicantKind,
    /// Name.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "南通示例新材料有限公司")]
    pub name: String,
    /// What identifies it: `credit_code` for organisations, `citizen_id` and others for persons.
    pub id_type: IdType,
    /// The number; checked against GB 32100-2015 or GB 11643-1999.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "91320600MATE5T017G")]
    pub id_number: String,
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
}

/// Whom to call.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactInput {
    /// Name.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "联系人甲")]
    pub name: String,
    /// Telephone; its last four digits open the public progress.
    #[validate(custom(function = crate::kernel::validators::telephone))]
    #[schema(
        min_length = 5,
        max_length = 40,
        pattern = r"^(1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-?[0-9]{7,8}(-[0-9]{1,6})?|(1[0-9]|95|96)[0-9]{3}|[48]00-?[0-9]{3}-?[0-9]{4})$",
        example = "13900001234"
    )]
    pub phone: String,
}

/// An applicant as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Applicant {
    /// Identity.
    pub id: Id,
    /// Kind.
    pub kind: String,
    /// In Chinese.
    pub kind_label: String,
    /// Name; a person's is masked where the view is.
    pub name: String,
    /// What identifies it.
    pub id_type: String,
    /// The number; masked for persons where the view is.
    pub id_number: String,
    /// 12 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_code: Option<String>,
    /// Address; masked where the view is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What makes it special.
    pub flags: Vec<String>,
}

/// Shows an applicant as far as the view allows. Organisations' names and credit codes are public.
pub fn show(tx: &Tx, row: &ApplicantRow, sight: Sight) -> Result<Applicant> {
    let person = row.person_name.as_ref().map(|n| n.open(tx.vault)).transpose()?;
    let number = row.id_number.open(tx.vault)?;
    let address = row.address.as_ref().map(|a| a.open(tx.vault)).transpose()?;
    let name = match person {
        Some(name) if sight.masked => tx.masking.name(&name),
        Some(name) => name,
        None => row.name.clone(),
    };
    let hide_number = sight.masked && row.id_type != IdType::CreditCode.code();
    Ok(Applicant {
        id: row.id,
        kind: row.kind.clone(),
        kind_label: ApplicantKind::parse(&row.kind).map_or("", ApplicantKind::label).into(),
        name,
        id_type: row.id_type.clone(),
        id_number: if hide_number { tx.masking.id_number(&number) } else { number },
        division_code: row.division_code.clone(),
        address: address.map(|a| if sight.masked { tx.masking.address(&a) } else { a }),
        flags: row.flags.get()?,
    })
}

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
    check(tx, input)?;
    let name = text::fold(&input.name);
    let name_mark = name_mark(tx, &name);
    // Only the two national numbers are unique by themselves; others count together with the name.
    let identity = match input.id_type {
        IdType::CreditCode | IdType::CitizenId => format!("{}:{}", input.id_type.code(), input.id_number),
        IdType::Passport | IdType::OtherId => format!("{}:{}:{}:{name}", input.id_type.code(), input.id_number, input.kind.code()),
    };
    let id_mark = tx.vault.mark(Purpose::Index, &identity);
    if let Some(found) = store::applicant_by_mark(tx, &id_mark)? {
        let found = same_person(found, input, &name_mark)?;
        return renew(tx, found, input);
    }
    let person = input.kind == ApplicantKind::NaturalPerson;
    let row = ApplicantRow {
        id: Id::new(),
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
    };
    match tx.savepoint(|tx| store::insert_applicant(tx, &row)) {
        Ok(()) => Ok(row),
        // Another counter entered the same applicant at this instant.
        Err(e) if e.is_unique() => match store::applicant_by_mark(tx, &id_mark)? {
            Some(found) => same_person(found, input, &name_mark),
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

/// Blind index of a folded name.
pub fn name_mark(tx: &Tx, folded: &str) -> String {
    tx.vault.mark(Purpose::Index, &format!("name:{folded}"))
}

/// Blind index of a phone.
pub fn phone_mark(tx: &Tx, number: &str) -> String {
    tx.vault.mark(Purpose::Index, &format!("phone:{}", phone::normalize(number)))
}

/// Enters an applicant and makes a person's account theirs: command line and demo.
pub fn link_account(tx: &mut Tx, user: Id, input: &ApplicantInput) -> Result<Id> {
    let row = find_or_enter(tx, input)?;
    let mut account = accounts::user(tx, user)?.ok_or_else(Problem::not_found)?;
    account.applicant_id = Some(row.id);
    accounts::save_user(tx, &account)?;
    Ok(row.id)
}
