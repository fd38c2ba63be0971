//! What a project is, and what is sent for it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    applicants::ApplicantInput,
    clocks::Pause,
    db::code_enum,
    kernel::{Id, Moment},
};

code_enum! {
    /// What makes a project matter; a project may be several of them.
    ProjectKind in "project-kinds" {
        ProvincialKey "provincial_key" "省重点",
        MunicipalKey "municipal_key" "市重点",
        Livelihood "livelihood" "民生工程",
        EncouragedIndustry "encouraged_industry" "产业鼓励",
        MajorAttracted "major_attracted" "重大招商引资",
        ForeignInvested "foreign_invested" "外商投资",
        Other "other" "其他",
    }
}
code_enum! {
    /// By which stages a city counts.
    StageScheme in "project-stage-schemes" {
        Five "five" "五阶段",
        NationalFour "national_four" "国家四阶段",
    }
}
code_enum! {
    /// A stage of a project.
    ProjectStage in "project-stages" {
        Initiation "initiation" "立项",
        LandSupply "land_supply" "供地",
        PlanningApproval "planning_approval" "规划报建",
        LandUsePlanning "land_use_planning" "立项用地规划许可",
        EngineeringPermit "engineering_permit" "工程建设许可",
        ConstructionPermit "construction_permit" "施工许可",
        FinalAcceptance "final_acceptance" "竣工验收",
    }
}
code_enum! {
    /// How far a stage is.
    StageState in "project-stage-states" {
        Planned "planned" "未开始",
        Preparing "preparing" "准备中",
        Running "running" "进行中",
        Done "done" "已完成",
    }
}
code_enum! {
    /// How a project stands to its cap.
    WarningLevel in "project-warnings" {
        None "none" "正常",
        Warning "warning" "预警",
        Exceeded "exceeded" "超期",
    }
}

impl StageScheme {
    /// Its stages in order.
    pub fn stages(self) -> &'static [ProjectStage] {
        use ProjectStage as S;
        match self {
            Self::Five => &[S::Initiation, S::LandSupply, S::PlanningApproval, S::ConstructionPermit, S::FinalAcceptance],
            Self::NationalFour => &[S::LandUsePlanning, S::EngineeringPermit, S::ConstructionPermit, S::FinalAcceptance],
        }
    }
}

/// What people wrote, and what was done along the way: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectDetails {
    /// Where it is built.
    pub site: String,
    /// The unit that supports the investor 帮扶单位.
    pub supporting_unit: Option<String>,
    /// Milestones of the investor's contract.
    pub milestones: Vec<ProjectMilestone>,
    /// First planned day of the works.
    pub planned_start: Option<NaiveDate>,
    /// Last planned day of the works.
    pub planned_finish: Option<NaiveDate>,
    /// Stages that are done.
    pub done: Vec<StageDone>,
    /// When the project as a whole stood still, oldest first.
    pub suspensions: Vec<Pause>,
    /// Why it last stood still.
    pub suspended_for: Option<String>,
    /// Why the cap was last changed.
    pub cap_reason: Option<String>,
    /// Why it was cancelled.
    pub cancelled_for: Option<String>,
    /// When it was completed or cancelled.
    pub ended_at: Option<Moment>,
}

/// A stage that is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StageDone {
    /// Which.
    pub stage: ProjectStage,
    /// On which day.
    pub on: NaiveDate,
    /// Why out of order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A milestone of the investor's contract 合同节点.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectMilestone {
    /// What.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "一期厂房开工")]
    pub name: String,
    /// By when.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    #[schema(example = "2026-12-31")]
    pub due_on: NaiveDate,
}

/// What a project is.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "code": "2026-320623-38-03-512345", "name": "海上风电装备制造基地", "kinds": ["municipal_key", "encouraged_industry"],
    "investment": 120_000, "site": "如东县洋口港经济开发区（演示地址）", "supporting_unit": "如东县发展和改革委员会",
    "milestones": [{ "name": "一期厂房开工", "due_on": "2026-12-31" }], "planned_start": "2026-10-01", "planned_finish": "2028-06-30" }))]
pub struct ProjectContent {
    /// National project code 项目代码, or a local one.
    #[serde(default)]
    #[validate(custom(function = crate::kernel::validators::project_code))]
    #[schema(min_length = 1, max_length = 50, example = "2026-320623-38-03-512345")]
    pub code: Option<String>,
    /// Name.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200)]
    pub name: String,
    /// What makes it matter.
    #[validate(length(min = 1, max = 7))]
    #[schema(min_items = 1, max_items = 7)]
    pub kinds: Vec<ProjectKind>,
    /// Investment in 10,000 yuan.
    #[serde(default)]
    #[validate(range(min = 1, max = 1_000_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub investment: Option<i64>,
    /// Where it is built.
    #[serde(default)]
    #[validate(length(max = 300))]
    #[schema(max_length = 300)]
    pub site: String,
    /// 12 digits: the division it is built in; absent: the center's.
    #[serde(default)]
    #[validate(custom(function = crate::kernel::validators::division))]
    #[schema(pattern = "^(1[1-9]|[2-7][0-9]|8[0-2])[0-9]{10}$", example = "320623000000")]
    pub division_code: Option<String>,
    /// The unit that supports the investor 帮扶单位.
    #[serde(default)]
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub supporting_unit: Option<String>,
    /// Milestones of the investor's contract.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub milestones: Vec<ProjectMilestone>,
    /// First planned day of the works.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub planned_start: Option<NaiveDate>,
    /// Last planned day of the works.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub planned_finish: Option<NaiveDate>,
}

/// A project as it is opened.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// Center that serves it: id or 12-digit division code; absent: the caller's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub center: Option<String>,
    /// Investor, by id.
    #[serde(default)]
    pub applicant_id: Option<Id>,
    /// Investor, where the id is not known: found by its identity, or entered.
    #[serde(default)]
    #[validate(nested)]
    pub applicant: Option<ApplicantInput>,
    /// By which stages; absent: five.
    #[serde(default)]
    pub scheme: Option<StageScheme>,
    /// What it is.
    #[validate(nested)]
    pub content: ProjectContent,
}

/// Who manages a project.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagerInput {
    /// A project manager 项目服务经理 of the center or of one above it.
    pub manager_id: Id,
}

/// How many working days, and why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapInput {
    /// Working days for all stages together.
    #[validate(range(min = 1, max = 2000))]
    #[schema(minimum = 1, maximum = 2000, example = 100)]
    pub cap_days: u32,
    /// Why.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "市级重点项目压缩审批时限")]
    pub reason: String,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectReason {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "投资方调整建设方案")]
    pub reason: String,
}
