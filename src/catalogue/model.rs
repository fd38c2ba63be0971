//! What an item says. Sources: GB/T 39046 and 国办函〔2016〕108号 for the elements of a guide.

use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use crate::{
    clocks::{Limit, Unit},
    db::code_enum,
    kernel::{credit_code, phone},
};

code_enum! {
    /// State of an item.
    ItemState in "item-states" {
        Draft "draft" "草稿",
        Published "published" "已发布",
        Withdrawn "withdrawn" "已撤回",
    }
}
code_enum! {
    /// Where the review of a draft stands.
    ReviewState in "review-states" {
        Submitted "submitted" "待审核",
        Returned "returned" "已退回",
    }
}
code_enum! {
    /// Kind of item.
    ItemType in "item-types" {
        AdministrativeLicense "administrative_license" "行政许可" = "01",
        AdministrativePenalty "administrative_penalty" "行政处罚" = "02",
        AdministrativeCoercion "administrative_coercion" "行政强制" = "03",
        AdministrativeLevy "administrative_levy" "行政征收" = "04",
        AdministrativePayment "administrative_payment" "行政给付" = "05",
        AdministrativeInspection "administrative_inspection" "行政检查" = "06",
        AdministrativeConfirmation "administrative_confirmation" "行政确认" = "07",
        AdministrativeReward "administrative_reward" "行政奖励" = "08",
        AdministrativeAdjudication "administrative_adjudication" "行政裁决" = "09",
        OtherAdministrativePower "other_administrative_power" "其他行政权力" = "10",
        PublicService "public_service" "公共服务" = "20",
    }
}
code_enum! {
    /// Level at which an item is exercised.
    ExerciseLevel in "exercise-levels" {
        National "national" "国家级" = "1",
        Province "province" "省级" = "2",
        City "city" "市级" = "3",
        County "county" "县级" = "4",
        Town "town" "镇（乡、街道）级" = "5",
        Village "village" "村（社区）级" = "6",
        Graded "graded" "分级管理" = "7",
    }
}
code_enum! {
    /// 即办件 or 承诺件.
    HandlingType in "handling-types" {
        Immediate "immediate" "即办件" = "1",
        Promised "promised" "承诺件" = "2",
        Other "other" "其他" = "9",
    }
}
code_enum! {
    /// How a matter is helped.
    Mode in "modes" {
        FullAgency "full_agency" "全程代办",
        PartialAgency "partial_agency" "部分代办",
        Assisted "assisted" "帮办（协办）",
    }
}
code_enum! {
    /// Where an item can be applied for.
    HandlingForm in "handling-forms" {
        Window "window" "窗口",
        Web "web" "电脑端",
        Mobile "mobile" "移动端",
        Express "express" "快递",
        Other "other" "其他",
    }
}
code_enum! {
    /// Scope across areas.
    InterArea in "inter-areas" {
        Nationwide "nationwide" "全国通办",
        CrossProvince "cross_province" "跨省通办",
        CrossCity "cross_city" "跨市通办",
        CrossCounty "cross_county" "跨县通办",
    }
}
code_enum! {
    /// Whom an item serves (GB/T 39046 A.4).
    ServiceObject in "service-objects" {
        NaturalPerson "natural_person" "自然人" = "10",
        Enterprise "enterprise" "企业法人" = "20",
        PublicInstitution "public_institution" "事业法人" = "30",
        SocialOrganization "social_organization" "社会组织法人" = "40",
        GovernmentAgency "government_agency" "行政机关" = "50",
        OtherOrganization "other_organization" "其他组织" = "90",
    }
}
code_enum! {
    /// Whether a material must be there.
    Necessity in "necessities" {
        Required "required" "必要",
        Optional "optional" "非必要",
        Conditional "conditional" "容缺或视情形",
    }
}
code_enum! {
    /// In what form a material comes.
    MaterialForm in "material-forms" {
        Paper "paper" "纸质",
        Electronic "electronic" "电子",
        Both "both" "纸质或电子",
    }
}
code_enum! {
    /// Where a material comes from.
    MaterialSource in "material-sources" {
        Applicant "applicant" "申请人自备",
        Government "government" "政府部门核发",
        Other "other" "其他",
    }
}
code_enum! {
    /// What comes out.
    ResultKind in "result-kinds" {
        Certificate "certificate" "证照",
        Approval "approval" "批文",
        Report "report" "报告",
        Other "other" "其他",
    }
}
code_enum! {
    /// Marks on an item.
    Badge in "badges" {
        Immediate "immediate" "马上办",
        Online "online" "网上办",
        Nearby "nearby" "就近办",
        OneVisit "one_visit" "一次办",
    }
}
code_enum! {
    /// How far an item can be done online.
    OnlineDepth in "online-depths" {
        Consult "consult" "网上咨询",
        Apply "apply" "网上申请",
        Prereview "prereview" "网上预审",
        Full "full" "全程网办",
    }
}

/// A material that an item asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaterialSpec {
    /// Unique within the item.
    #[validate(length(min = 1, max = 20), custom(function = crate::kernel::validators::code))]
    #[schema(min_length = 1, max_length = 20, pattern = "^[A-Za-z0-9_-]+$", example = "M1")]
    pub code: String,
    /// Name.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "营业执照")]
    pub name: String,
    /// Must it be there?
    pub necessity: Necessity,
    /// Original (else a copy).
    pub original: bool,
    /// Paper or electronic.
    pub form: MaterialForm,
    /// How many.
    #[validate(range(min = 1, max = 50))]
    #[schema(minimum = 1, maximum = 50)]
    pub copies: u32,
    /// From whom.
    pub source: MaterialSource,
    /// When it is accepted.
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub acceptance_standard: String,
    /// May be supplied later against a promise (容缺受理).
    pub deferrable: bool,
    /// Remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub note: Option<String>,
    /// Where the blank form 空白表格 is: an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500, example = "https://example.gov.cn/forms/blank.docx")]
    pub blank_form: Option<String>,
    /// Where a filled sample 样表 is: an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500, example = "https://example.gov.cn/forms/sample.pdf")]
    pub sample: Option<String>,
}

/// A statutory fee; jieli shows it and never collects it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// Name.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Standard.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub standard: String,
    /// Legal basis.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub basis: String,
    /// Reductions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub reduction: Option<String>,
}

/// What the applicant receives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultSpec {
    /// Kind.
    pub kind: ResultKind,
    /// Name.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Where a sample 结果样本 is: an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500, example = "https://example.gov.cn/results/licence.png")]
    pub sample: Option<String>,
}

/// Where to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Hall.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Address.
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    pub address: String,
    /// Opening hours.
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    pub hours: String,
}

/// A question that people ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Faq {
    /// Question.
    #[validate(length(min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300)]
    pub question: String,
    /// Answer.
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub answer: String,
}

/// A step of the ready-made plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepTemplate {
    /// Unique within the plan.
    #[validate(length(min = 1, max = 20), custom(function = crate::kernel::validators::code))]
    #[schema(min_length = 1, max_length = 20, pattern = "^[A-Za-z0-9_-]+$", example = "S1")]
    pub code: String,
    /// What is done.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// By whom.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub department: String,
    /// In what time.
    pub limit: Limit,
    /// Codes of the steps before.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = lines))]
    #[schema(max_items = 50)]
    pub depends_on: Vec<String>,
    /// Codes of the materials it needs.
    #[serde(default)]
    #[validate(length(max = 100), custom(function = lines))]
    #[schema(max_items = 100)]
    pub materials: Vec<String>,
}

/// The whole guide 办事指南 of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemContent {
    /// Name; real ones reach 110 characters.
    #[validate(length(min = 2, max = 300))]
    #[schema(min_length = 2, max_length = 300, example = "供水报装")]
    pub name: String,
    /// Kind.
    pub item_type: ItemType,
    /// Level.
    pub exercise_level: ExerciseLevel,
    /// 即办件 or 承诺件.
    pub handling_type: HandlingType,
    /// The authority.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "如东县市场监督管理局")]
    pub department: String,
    /// Its unified social credit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = credit))]
    #[schema(pattern = "^[0-9A-HJ-NPQRTUWXY]{18}$", example = "11320623MB01001012")]
    pub department_code: Option<String>,
    /// Theme.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[validate(length(max = 60))]
    #[schema(max_length = 60, example = "公用事业")]
    pub theme: String,
    /// Whom it serves.
    #[serde(default)]
    #[validate(length(max = 6))]
    #[schema(max_items = 6)]
    pub service_objects: Vec<ServiceObject>,
    /// How it may be helped.
    #[serde(default)]
    #[validate(length(max = 3))]
    #[schema(max_items = 3)]
    pub modes: Vec<Mode>,
    /// Where it can be applied for.
    #[serde(default)]
    #[validate(length(max = 5))]
    #[schema(max_items = 5)]
    pub handling_forms: Vec<HandlingForm>,
    /// Across which areas.
    #[serde(default)]
    #[validate(length(max = 4))]
    #[schema(max_items = 4)]
    pub inter_area: Vec<InterArea>,
    /// Legal basis.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = lines))]
    #[schema(max_items = 50)]
    pub legal_basis: Vec<String>,
    /// Conditions.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = lines))]
    #[schema(max_items = 50)]
    pub conditions: Vec<String>,
    /// Process.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = lines))]
    #[schema(max_items = 50)]
    pub process: Vec<String>,
    /// 法定办结时限.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statutory_limit: Option<Limit>,
    /// 承诺办结时限, no longer than the statutory one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_limit: Option<Limit>,
    /// Checklist.
    #[serde(default)]
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub materials: Vec<MaterialSpec>,
    /// Fees.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub fees: Vec<Fee>,
    /// Result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub result: Option<ResultSpec>,
    /// Places.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub places: Vec<Place>,
    /// Consultation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = telephone))]
    #[schema(max_length = 40, example = "0513-59000001")]
    pub consultation_phone: Option<String>,
    /// Complaints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = telephone))]
    #[schema(max_length = 40, example = "0513-12345")]
    pub complaint_phone: Option<String>,
    /// Times the applicant must come in person; 0 = 一次不跑.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(max = 20))]
    #[schema(maximum = 20)]
    pub visits: Option<u32>,
    /// Why the applicant must come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 300))]
    #[schema(max_length = 300)]
    pub visit_reason: Option<String>,
    /// Marks.
    #[serde(default)]
    #[validate(length(max = 4))]
    #[schema(max_items = 4)]
    pub badges: Vec<Badge>,
    /// How far online.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online_depth: Option<OnlineDepth>,
    /// Can be booked.
    #[serde(default)]
    pub booking: bool,
    /// Results by express.
    #[serde(default)]
    pub express: bool,
    /// At a terminal.
    #[serde(default)]
    pub self_service: bool,
    /// Fees on the spot.
    #[serde(default)]
    pub on_site_payment: bool,
    /// FAQ.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub faq: Vec<Faq>,
    /// 一件事: the codes of the items it is made of; empty: it is an item by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 30))]
    #[schema(max_items = 30)]
    pub bundle: Vec<String>,
    /// The ready-made plan: a DAG of steps.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub template: Vec<StepTemplate>,
}

fn message(code: &'static str, text: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(text.into())
}

fn lines(values: &[String]) -> Result<(), ValidationError> {
    if values.iter().all(|v| v.chars().count() <= 20_000) {
        Ok(())
    } else {
        Err(message("length", "每项最多 20000 个字。|At most 20000 characters each."))
    }
}

fn credit(value: &str) -> Result<(), ValidationError> {
    credit_code::check(value).map_err(|_| message("credit_code", "统一社会信用代码不正确。|Not a unified social credit code."))
}

fn telephone(value: &str) -> Result<(), ValidationError> {
    // Catalogues print extensions of the hotline such as 0513-12345.
    let hotline = value.strip_suffix("12345").is_some_and(|area| area.trim_end_matches('-').len() <= 4);
    if hotline || phone::check(value).is_ok() { Ok(()) } else { Err(message("phone", "电话号码格式不正确。|Not a telephone number.")) }
}

/// How many natural days a limit stands for at least, to compare limits of different units.
pub fn natural_days(limit: Limit) -> f64 {
    let n = f64::from(limit.value);
    match limit.unit {
        Unit::Hour => n / 24.0,
        Unit::WorkingHour => n / 8.0,
        Unit::NaturalDay => n,
        Unit::WorkingDay => n * 7.0 / 5.0,
    }
}
