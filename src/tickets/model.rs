//! What a fallback ticket is, and what people wrote of it.

use serde::{Deserialize, Serialize};

use crate::{
    db::code_enum,
    entrustments::Signature,
    kernel::{Id, Moment},
};

code_enum! {
    /// What kind of difficulty, exactly six (text 003).
    TicketCategory in "fallback-ticket-categories" {
        EmergingField "emerging_field" "新兴行业、新领域无对应机构或渠道",
        MissingFromSystem "missing_from_system" "未列入系统但有法律依据的遗漏事项",
        NoLeadUnit "no_lead_unit" "改革创新、机构调整致无牵头单位",
        CrossDepartmentLevel "cross_department_level" "跨部门跨层级的复杂事项",
        HistoricalIssue "historical_issue" "历史遗留及待政策处理",
        Other "other" "其他",
    }
}
code_enum! {
    /// How it came in.
    TicketChannel in "fallback-ticket-channels" {
        Window "window" "兜底窗口",
        OtherWindow "other_window" "其他窗口",
        Online "online" "线上",
        Hotline "hotline" "12345热线",
        Inspection "inspection" "督查检查",
    }
}
code_enum! {
    /// How a caller was asked.
    FeedbackWay in "feedback-ways" {
        Link "link" "短信链接",
        Online "online" "登录反馈",
        Phone "phone" "电话",
        Counter "counter" "窗口当面",
        Hotline "hotline" "热线回访",
        Visit "visit" "上门走访",
    }
}
code_enum! {
    /// What a caller was asked for.
    ContactPurpose in "contact-purposes" {
        Feedback "feedback" "办理反馈",
        ReturnVisit "return_visit" "回访",
    }
}
code_enum! {
    /// Why a round of handling ended without clearance.
    RoundEnd in "round-ends" {
        Dissatisfied "dissatisfied" "申请人不满意",
        ReturnVisit "return_visit" "回访不满意",
        Reopened "reopened" "挂账事由消除",
    }
}
code_enum! {
    /// What came of asking.
    ContactOutcome in "contact-outcomes" {
        Satisfied "satisfied" "满意",
        Dissatisfied "dissatisfied" "不满意",
        Unreachable "unreachable" "联系未果",
    }
}
code_enum! {
    /// Why a ticket is not taken in.
    InadmissibleReason in "inadmissible-reasons" {
        Litigation "litigation" "已进入诉讼程序",
        ArbitrationCase "arbitration" "已进入仲裁程序",
        Reconsideration "reconsideration" "已进入行政复议程序",
        Petition "petition" "属于信访事项",
        Discipline "discipline" "属于纪检监察事项",
        NotGovernmentService "not_government_service" "不属于政务服务",
        DecidedBefore "decided_before" "同一事项已有终结性结论",
        Other "other" "其他",
    }
}
code_enum! {
    /// Why a ticket stays on the register unresolved.
    UpholdReason in "uphold-reasons" {
        LawfulBar "lawful_bar" "依法依规不能办理，已向申请人说明",
        Unreachable "unreachable" "多次联系不上申请人",
    }
}

/// What people wrote, and what was done along the way: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TicketDetails {
    /// In a few words.
    pub title: String,
    /// 基本情况.
    pub situation: String,
    /// 诉求.
    pub request: String,
    /// Number of the consultation that came before it.
    pub consultation: Option<String>,
    /// Why it was classified so.
    pub triage: String,
    /// 当场协调: what was settled in this round.
    pub settlement: Option<Noted>,
    /// The coordination meeting of this round.
    pub coordination: Option<Coordination>,
    /// What the government decided.
    pub decision: Option<Decision>,
    /// 办复: what the departments answered in this round.
    pub outcome: Option<Noted>,
    /// Since when the callers are asked in this round.
    pub asked_at: Option<Moment>,
    /// Rounds before this one, oldest first.
    pub rounds: Vec<PastRound>,
    /// A proposal not to take it in that waits for a second person.
    pub proposal: Option<Proposal>,
    /// Why it was not taken in.
    pub inadmissible: Option<Proposal>,
    /// The objection to that.
    pub objection: Option<Objection>,
    /// Why it stays unresolved.
    pub upheld: Option<Upheld>,
    /// Quarterly reviews, oldest first.
    pub reviews: Vec<Noted>,
    /// Why it was last reopened by hand.
    pub reopening: Option<Noted>,
    /// How it was withdrawn.
    pub withdrawal: Option<Withdrawal>,
    /// Why it was merged.
    pub merge_reason: String,
    /// The arbitration that found no competent unit.
    pub arbitration: Option<TicketOrigin>,
}

/// Something said, by whom and when.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TicketNote)]
pub struct Noted {
    /// In words.
    pub words: String,
    /// When.
    pub at: Moment,
    /// Who of the staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// A coordination meeting 部门协调会.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TicketCoordination)]
pub struct Coordination {
    /// When it is, or was, held.
    pub held_at: Moment,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Until when it is to be resolved, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-12-31")]
    pub due_on: Option<String>,
}

/// What the government decided 政府研究结果.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TicketDecision)]
pub struct Decision {
    /// In words.
    pub words: String,
    /// Number of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_no: Option<String>,
    /// When.
    pub at: Moment,
}

/// A round that is over.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TicketRound)]
pub struct PastRound {
    /// 1, 2, 3 …
    pub round: i32,
    /// What was settled on the spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Noted>,
    /// What the departments answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Noted>,
    /// The coordination meeting of the round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordination: Option<Coordination>,
    /// Why it stood on the register unresolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upheld: Option<Upheld>,
    /// Why it ended.
    #[serde(default = "not_told")]
    pub ended: RoundEnd,
    /// When it ended.
    pub until: Moment,
}

/// Rounds that were kept before their end was: one way alone led out of them.
fn not_told() -> RoundEnd {
    RoundEnd::Dissatisfied
}

/// A proposal not to take a ticket in.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = InadmissibleProposal)]
pub struct Proposal {
    /// Listed reason.
    pub reason: InadmissibleReason,
    /// In words.
    pub words: String,
    /// Where to go instead.
    pub advice: String,
    /// When.
    pub at: Moment,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    /// When another person confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Moment>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<Id>,
}

/// An objection to not being taken in.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TicketObjection)]
pub struct Objection {
    /// In the applicant's words.
    pub words: String,
    /// When.
    pub at: Moment,
    /// Who of the staff recorded it; absent: the applicant in person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    /// Whether it was right; absent: not decided yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upheld: Option<bool>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Noted>,
}

/// Why a ticket stays on the register unresolved 挂账.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TicketUpheld)]
pub struct Upheld {
    /// Listed reason.
    pub reason: UpholdReason,
    /// What was explained to the applicant, or how they were looked for.
    pub explanation: String,
    /// The law that bars it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// When it was explained to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Moment>,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_by: Option<FeedbackWay>,
    /// When it was put there.
    pub at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// How a ticket was withdrawn.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TicketWithdrawal)]
pub struct Withdrawal {
    /// Why.
    pub reason: String,
    /// The applicant's signature; absent where it is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// When.
    pub at: Moment,
}

/// The arbitration that a ticket came from.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TicketOrigin {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
}

/// What a caller said, and what proves it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactWords {
    /// In words.
    pub words: String,
    /// Number of a recording, a sheet, a hotline's visit.
    pub evidence: String,
    /// Their signature.
    pub signature: Option<Signature>,
}
