//! The states of a fallback ticket, as a table (DOMAIN §6). Absent = refused.
//!
//! One line leads to `cleared`: a satisfied answer of the last caller that had not given one in this round.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a fallback ticket.
    TicketState in "fallback-ticket-states" {
        Registered "registered" "已登记",
        Triaged "triaged" "已分类",
        SettledOnSpot "settled_on_spot" "当场已协调",
        InCoordination "in_coordination" "部门协调中",
        Batched "batched" "已列入提请批次",
        Submitted "submitted" "已提交政府",
        Decided "decided" "政府已研究",
        Assigned "assigned" "已交办",
        SignedIn "signed_in" "已签收",
        Replied "replied" "已办复",
        AwaitingFeedback "awaiting_feedback" "待申请人反馈",
        Reopened "reopened" "重新办理",
        Cleared "cleared" "已销号",
        UpheldUnresolved "upheld_unresolved" "挂账",
        Inadmissible "inadmissible" "不予受理",
        Objected "objected" "异议处理中",
        Merged "merged" "已合并",
        Withdrawn "withdrawn" "已撤回",
    }
}

code_enum! {
    /// What can be done with a fallback ticket.
    TicketAction in "fallback-ticket-actions" {
        Edit "edit" "修改",
        Triage "triage" "分类",
        Settle "settle" "当场协调",
        Coordinate "coordinate" "召开部门协调会",
        RecordCoordination "record_coordination" "登记协调结果",
        Batch "batch" "列入提请批次",
        Unbatch "unbatch" "移出提请批次",
        Submit "submit" "提交政府",
        Decide "decide" "登记政府研究结果",
        Assign "assign" "交办",
        SignIn "sign_in" "签收",
        Return "return" "退回交办",
        Reply "reply" "办复",
        SendBack "send_back" "发回补办",
        AskFeedback "ask_feedback" "征求反馈",
        FeedbackSatisfied "feedback_satisfied" "反馈满意",
        FeedbackDissatisfied "feedback_dissatisfied" "反馈不满意",
        RecordAttempt "record_attempt" "登记联系未果",
        Uphold "uphold" "挂账",
        Review "review" "季度复核",
        Reopen "reopen" "重新办理",
        ReopenAfterVisit "reopen_after_visit" "回访后重新办理",
        ProposeInadmissible "propose_inadmissible" "提出不予受理",
        ConfirmInadmissible "confirm_inadmissible" "确认不予受理",
        RefuseInadmissible "refuse_inadmissible" "不同意不予受理",
        Object "object" "提出异议",
        UpholdObjection "uphold_objection" "异议成立",
        DismissObjection "dismiss_objection" "异议不成立",
        Merge "merge" "合并",
        Withdraw "withdraw" "撤回",
        Reveal "reveal" "查看完整信息",
    }
}

code_enum! {
    /// What is done about a ticket at the doors of other rooms; a code is the last part of the path.
    TicketDoor in "fallback-ticket-doors" {
        Sheets "sheets" "拟制交办单",
        Determine "determine" "确定承办部门",
        Precedent "precedent" "起草典型案例",
        Citations "citations" "引用典型案例",
    }
}

code_enum! {
    /// How hard it is to resolve.
    TicketTier in "fallback-ticket-tiers" {
        General "general" "一般",
        Difficult "difficult" "疑难复杂",
        Exceptional "exceptional" "特别疑难",
    }
}

use TicketAction as A;
use TicketState as S;
use TicketTier as T;

/// Open, and not on the register only: it can be withdrawn, and others can be merged into it.
const OPEN: &[S] = &[
    S::Registered,
    S::Triaged,
    S::SettledOnSpot,
    S::InCoordination,
    S::Batched,
    S::Submitted,
    S::Decided,
    S::Assigned,
    S::SignedIn,
    S::Replied,
    S::AwaitingFeedback,
    S::Reopened,
];

impl S {
    /// Is being handled: it can be withdrawn, and others can be merged into it.
    pub fn is_open(self) -> bool {
        OPEN.contains(&self)
    }

    /// Nothing more is done with it unless it is reopened. What is upheld stays on the register, and is not final.
    pub fn is_final(self) -> bool {
        matches!(self, S::Cleared | S::Inadmissible | S::Merged | S::Withdrawn)
    }

    /// The applicant's answer is, or comes next.
    pub fn is_to_ask(self) -> bool {
        matches!(self, S::SettledOnSpot | S::Replied | S::AwaitingFeedback)
    }
}

/// The table; without a new state the ticket stays in its own.
pub const TABLE: &[(A, &[S], Option<S>)] = &[
    (A::Edit, &[S::Registered, S::Triaged, S::Reopened], None),
    (A::Triage, &[S::Registered, S::Triaged, S::Reopened], Some(S::Triaged)),
    (A::Settle, &[S::Triaged], Some(S::SettledOnSpot)),
    (A::Coordinate, &[S::Triaged], Some(S::InCoordination)),
    (A::RecordCoordination, &[S::InCoordination], None),
    (A::Batch, &[S::Triaged], Some(S::Batched)),
    (A::Unbatch, &[S::Batched], Some(S::Triaged)),
    (A::Submit, &[S::Batched], Some(S::Submitted)),
    (A::Decide, &[S::Submitted], Some(S::Decided)),
    (A::Assign, &[S::Triaged, S::InCoordination, S::Decided], Some(S::Assigned)),
    (A::SignIn, &[S::Assigned], Some(S::SignedIn)),
    (A::Return, &[S::Assigned, S::SignedIn], Some(S::Triaged)),
    (A::Reply, &[S::SignedIn], Some(S::Replied)),
    (A::SendBack, &[S::Replied], Some(S::SignedIn)),
    (A::AskFeedback, &[S::SettledOnSpot, S::Replied], Some(S::AwaitingFeedback)),
    (A::FeedbackSatisfied, &[S::AwaitingFeedback], Some(S::Cleared)),
    (A::FeedbackDissatisfied, &[S::AwaitingFeedback], Some(S::Reopened)),
    (A::RecordAttempt, &[S::AwaitingFeedback], None),
    (A::Uphold, &[S::AwaitingFeedback], Some(S::UpheldUnresolved)),
    (A::Review, &[S::UpheldUnresolved], None),
    (A::Reopen, &[S::UpheldUnresolved], Some(S::Reopened)),
    (A::ReopenAfterVisit, &[S::Cleared], Some(S::Reopened)),
    (A::ProposeInadmissible, &[S::Registered, S::Triaged], None),
    (A::ConfirmInadmissible, &[S::Registered, S::Triaged], Some(S::Inadmissible)),
    (A::RefuseInadmissible, &[S::Registered, S::Triaged], None),
    (A::Object, &[S::Inadmissible], Some(S::Objected)),
    (A::UpholdObjection, &[S::Objected], Some(S::Reopened)),
    (A::DismissObjection, &[S::Objected], Some(S::Inadmissible)),
    (A::Merge, &[S::Registered, S::Triaged, S::Reopened, S::InCoordination], Some(S::Merged)),
    (A::Withdraw, OPEN, Some(S::Withdrawn)),
    (A::Reveal, <S as crate::kernel::Code>::ALL, None),
];

/// What the guards know beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// How hard it is.
    pub tier: Option<T>,
    /// Two rounds failed: the reform office leads.
    pub reform_led: bool,
    /// The caller is of the reform office.
    pub reform_office: bool,
    /// A coordination meeting has said what is to be done.
    pub coordinated: bool,
    /// The government has decided.
    pub decided: bool,
    /// Somebody proposes not to take it in.
    pub proposed: bool,
    /// It is the caller.
    pub own_proposal: bool,
    /// An objection was made before.
    pub objected: bool,
    /// A department has a sheet of it, or has replied and the center has not confirmed that.
    pub sheets_open: bool,
    /// Every caller but the one who speaks has said in this round to be satisfied; of one who withdrew nothing is asked.
    pub others_satisfied: bool,
    /// Every caller has withdrawn but the one who withdraws.
    pub others_withdrawn: bool,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(A, S),
    /// It belongs to another tier.
    #[error("{} is not for this tier", .0.code())]
    Tier(A),
    /// Two rounds failed.
    #[error("the reform office leads it")]
    ReformLed,
    /// Nothing was coordinated, and nothing decided.
    #[error("neither coordinated nor decided")]
    NotCoordinated,
    /// Nobody proposes it.
    #[error("nobody proposes it")]
    NotProposed,
    /// Somebody proposes it already.
    #[error("proposed already")]
    Proposed,
    /// Who proposes does not confirm.
    #[error("another person confirms")]
    OwnProposal,
    /// First the departments' answers are confirmed.
    #[error("a sheet is open, or its reply is not confirmed")]
    SheetsOpen,
    /// One objection.
    #[error("objected once already")]
    ObjectedOnce,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("该反映问题当前为“{}”，不能{}。", state.label(), action.label()),
            Self::Tier(action) => format!("该反映问题的分级不适用“{}”。", action.label()),
            Self::ReformLed => "申请人两轮不满意，改由改革办牵头办理。".into(),
            Self::NotCoordinated => "疑难复杂的须先登记部门协调结果，特别疑难的须先有政府研究结果，再行交办。".into(),
            Self::NotProposed => "没有待确认的不予受理意见。".into(),
            Self::Proposed => "已有待确认的不予受理意见。".into(),
            Self::OwnProposal => "不予受理须由提出人以外的另一人确认。".into(),
            Self::SheetsOpen => "还有交办单没有办结：请先确认办复（撤销未签发的交办单），确认后自动征求申请人意见。".into(),
            Self::ObjectedOnce => "异议只能提出一次，本次不予受理为最终结果。".into(),
        }
    }
}

/// The state after an action.
pub fn decide(state: S, facts: &Facts, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    let to = row.map(|(_, _, to)| to.unwrap_or(state)).ok_or(Refusal::State(action, state))?;
    match action {
        A::Triage if facts.reform_led && !facts.reform_office => Err(Refusal::ReformLed),
        A::Settle if facts.tier != Some(T::General) => Err(Refusal::Tier(action)),
        A::Coordinate if facts.tier != Some(T::Difficult) => Err(Refusal::Tier(action)),
        A::Batch if facts.tier != Some(T::Exceptional) => Err(Refusal::Tier(action)),
        A::Assign if !may_assign(facts) => Err(Refusal::NotCoordinated),
        A::ProposeInadmissible if facts.proposed => Err(Refusal::Proposed),
        A::ConfirmInadmissible | A::RefuseInadmissible if !facts.proposed => Err(Refusal::NotProposed),
        A::ConfirmInadmissible if facts.own_proposal => Err(Refusal::OwnProposal),
        A::AskFeedback if facts.sheets_open => Err(Refusal::SheetsOpen),
        A::Object if facts.objected => Err(Refusal::ObjectedOnce),
        A::FeedbackSatisfied if !facts.others_satisfied => Ok(state),
        A::Withdraw if !facts.others_withdrawn => Ok(state),
        _ => Ok(to),
    }
}

/// Departments are charged with what was coordinated, or decided: the exceptional only with what was decided.
fn may_assign(facts: &Facts) -> bool {
    facts.decided || (facts.coordinated && facts.tier != Some(T::Exceptional))
}

/// Whether a tier may be given: none is lower than before once the applicant was not satisfied, and none is general once
/// that happened twice.
pub fn tier_fits(before: Option<T>, dissatisfied: u32, wanted: T) -> bool {
    let floor = if dissatisfied >= REFORM_AFTER { before.max(Some(T::Difficult)) } else { before };
    dissatisfied == 0 || Some(wanted) >= floor
}

/// After so many dissatisfied rounds the reform office leads.
pub const REFORM_AFTER: u32 = 2;
/// A caller is unreachable after attempts on so many days.
pub const ATTEMPT_DAYS: usize = 3;

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
