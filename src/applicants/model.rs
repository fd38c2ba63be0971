//! What an applicant is: kinds, identities, flags, contacts, mandates.

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{db::code_enum, kernel::Id};

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
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
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

/// Somebody to call, as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Contact {
    /// Name; masked where the view is.
    pub name: String,
    /// Telephone; masked where the view is.
    pub phone: String,
}

code_enum! {
    /// Whether a mandate holds.
    MandateState in "mandate-states" {
        Active "active" "有效",
        Revoked "revoked" "已撤销",
        Expired "expired" "已到期",
    }
}

/// What was said of a mandate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MandateWords {
    /// On what paper it stands.
    pub evidence: String,
    /// Why it was revoked.
    pub revocation: String,
}
