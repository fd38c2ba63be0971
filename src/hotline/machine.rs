//! The states of a hotline order, as a table. Absent = refused. The hotline decides return, extension, review and archive;
//! the center signs, requests and replies (DOMAIN §8).

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a hotline order.
    OrderState in "hotline-order-states" {
        Received "received" "已接收",
        Dispatched "dispatched" "已派单",
        Signed "signed" "已签收",
        Handling "handling" "办理中",
        Replied "replied" "已回复",
        HotlineReview "hotline_review" "热线审核",
        ReturnVisit "return_visit" "回访中",
        Archived "archived" "已归档",
        ReturnRequested "return_requested" "申请退单",
        ExtensionRequested "extension_requested" "申请延期",
        Suspended "suspended" "已挂起",
        Merged "merged" "已并单",
        Revoked "revoked" "已撤单",
    }
}

code_enum! {
    /// What can be done with a hotline order.
    OrderAction in "hotline-order-actions" {
        Dispatch "dispatch" "分派",
        Sign "sign" "签收",
        RequestReturn "request_return" "申请退单",
        Redispatch "redispatch" "改派",
        DenyReturn "deny_return" "不同意退单",
        Open "open" "开件",
        AssignSub "assign_sub" "派发二级单位",
        AnswerSub "answer_sub" "二级单位办结",
        Assign "assign" "指定经办人",
        ReplyInterim "reply_interim" "阶段性回复",
        RequestExtension "request_extension" "申请延期",
        GrantExtension "grant_extension" "同意延期",
        DenyExtension "deny_extension" "不同意延期",
        Suspend "suspend" "挂起",
        Resume "resume" "恢复办理",
        ReplyFinal "reply_final" "办结回复",
        TakeUp "take_up" "开始审核",
        Pass "pass" "审核通过",
        SendBack "send_back" "审核退回",
        RecordVisit "record_visit" "登记回访",
        Rehandle "rehandle" "重办",
        Archive "archive" "归档",
        Urge "urge" "催办",
        Supervise "supervise" "督办",
        Amend "amend" "补充内容",
        Append "append" "追加情况",
        Merge "merge" "并单",
        Revoke "revoke" "撤单",
        Appeal "appeal" "申请剔除",
        ApproveAppeal "approve_appeal" "同意剔除",
        RefuseAppeal "refuse_appeal" "不同意剔除",
        Reveal "reveal" "查看诉求人信息",
    }
}

code_enum! {
    /// Whether an order is left out of the three rates.
    HotlineAppealState in "hotline-appeal-states" {
        None "none" "未申请",
        Open "open" "待审核",
        Approved "approved" "已剔除",
        Refused "refused" "不予剔除",
    }
}

use OrderAction as A;
use OrderState as S;

impl OrderState {
    /// The hotline has done with it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Archived | Self::Merged | Self::Revoked)
    }

    /// Something is to be done by the center.
    pub fn is_with_center(self) -> bool {
        matches!(self, Self::Received | Self::Dispatched | Self::Signed | Self::Handling | Self::ReturnRequested | Self::ExtensionRequested)
    }
}

impl OrderAction {
    /// What the hotline decides: the client whose order it is; where it was taken in by hand, whoever inspects.
    pub fn is_hotlines(self) -> bool {
        matches!(
            self,
            A::Redispatch
                | A::DenyReturn
                | A::GrantExtension
                | A::DenyExtension
                | A::Suspend
                | A::Resume
                | A::TakeUp
                | A::Pass
                | A::SendBack
                | A::RecordVisit
                | A::Rehandle
                | A::Archive
                | A::Urge
                | A::Supervise
                | A::Amend
                | A::Append
                | A::Merge
                | A::Revoke
                | A::ApproveAppeal
                | A::RefuseAppeal
        )
    }
}

const WITH_CENTER: &[S] = &[S::Received, S::Dispatched, S::Signed, S::Handling];
const OPEN: &[S] = &[S::Received, S::Dispatched, S::Signed, S::Handling, S::ReturnRequested, S::ExtensionRequested, S::Suspended, S::Replied, S::HotlineReview];

/// Where an action leads: to a state, back to the one before, or nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// This state.
    State(S),
    /// The one that the request or the suspension began in.
    Held,
    /// It stays.
    Same,
}

/// The table.
pub const TABLE: &[(A, &[S], To)] = &[
    (A::Dispatch, &[S::Received], To::State(S::Dispatched)),
    (A::Sign, &[S::Dispatched], To::State(S::Signed)),
    (A::RequestReturn, &[S::Dispatched, S::Signed], To::State(S::ReturnRequested)),
    (A::Redispatch, &[S::ReturnRequested], To::State(S::Dispatched)),
    (A::DenyReturn, &[S::ReturnRequested], To::Held),
    (A::Open, &[S::Signed, S::Handling], To::State(S::Handling)),
    (A::AssignSub, &[S::Signed, S::Handling], To::State(S::Handling)),
    (A::AnswerSub, &[S::Handling, S::ExtensionRequested], To::Same),
    (A::Assign, WITH_CENTER, To::Same),
    (A::ReplyInterim, &[S::Signed, S::Handling], To::State(S::Handling)),
    (A::RequestExtension, &[S::Signed, S::Handling], To::State(S::ExtensionRequested)),
    (A::GrantExtension, &[S::ExtensionRequested], To::Held),
    (A::DenyExtension, &[S::ExtensionRequested], To::Held),
    (A::Suspend, &[S::Signed, S::Handling], To::State(S::Suspended)),
    (A::Resume, &[S::Suspended], To::Held),
    (A::ReplyFinal, &[S::Signed, S::Handling, S::ExtensionRequested], To::State(S::Replied)),
    (A::TakeUp, &[S::Replied], To::State(S::HotlineReview)),
    (A::Pass, &[S::Replied, S::HotlineReview], To::State(S::ReturnVisit)),
    (A::SendBack, &[S::Replied, S::HotlineReview], To::State(S::Handling)),
    // Before the final reply only where a ticket that it opened waits for its caller's word.
    (A::RecordVisit, &[S::ReturnVisit, S::Handling, S::ExtensionRequested], To::Same),
    (A::Rehandle, &[S::ReturnVisit, S::Archived], To::State(S::Handling)),
    (A::Archive, &[S::Replied, S::HotlineReview, S::ReturnVisit], To::State(S::Archived)),
    (A::Urge, &[S::Received, S::Dispatched, S::Signed, S::Handling, S::ReturnRequested, S::ExtensionRequested, S::Suspended], To::Same),
    (A::Supervise, OPEN, To::Same),
    (A::Amend, &[S::Received, S::Dispatched, S::Signed, S::Handling, S::ReturnRequested, S::ExtensionRequested, S::Suspended], To::Same),
    (A::Append, OPEN, To::Same),
    (A::Append, &[S::ReturnVisit], To::Same),
    (A::Merge, &[S::Received, S::Dispatched, S::Signed, S::Handling, S::Suspended], To::State(S::Merged)),
    (A::Revoke, OPEN, To::State(S::Revoked)),
    (A::Appeal, &[S::ReturnVisit, S::Archived], To::Same),
    (A::ApproveAppeal, &[S::ReturnVisit, S::Archived], To::Same),
    (A::RefuseAppeal, &[S::ReturnVisit, S::Archived], To::Same),
    (A::Reveal, S::ALL_STATES, To::Same),
];

impl OrderState {
    const ALL_STATES: &'static [Self] = <Self as crate::kernel::Code>::ALL;
}

/// What the table's guards know of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Where a request or a suspension goes back to.
    pub held: Option<S>,
    /// A record that it opened has not ended.
    pub opened: bool,
    /// A ticket that it opened waits for its caller's word.
    pub ticket_asks: bool,
    /// The time in which it may be handed back is over.
    pub return_late: bool,
    /// It was handed back as often as it may be.
    pub returned_too_often: bool,
    /// Too near to its deadline to ask for more time.
    pub extension_late: bool,
    /// A second-level unit has not answered.
    pub subs_open: bool,
    /// It must be visited, and was not in this round.
    pub visit_due: bool,
    /// The return visit of this round is recorded.
    pub visited: bool,
    /// The appeal.
    pub appeal: Option<HotlineAppealState>,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not from this state.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(A, S),
    /// First what was opened.
    #[error("a record that it opened has not ended")]
    Opened,
    /// What was opened stays with who opened it.
    #[error("it has opened a record that has not ended: it is not handed back")]
    OpenedNotReturned,
    /// One working day.
    #[error("the time to hand it back is over")]
    ReturnLate,
    /// The hotline's own division decides.
    #[error("handed back as often as it may be")]
    ReturnedTooOften,
    /// At least one working day before.
    #[error("too late to ask for more time")]
    ExtensionLate,
    /// All parts.
    #[error("a second-level unit has not answered")]
    SubsOpen,
    /// Nobody was asked.
    #[error("the caller was not visited yet")]
    NotVisited,
    /// Nobody waits for an answer.
    #[error("visited after the review only")]
    NotAsked,
    /// Only what was assessed.
    #[error("there is no result of a return visit to appeal against")]
    NothingAssessed,
    /// Once.
    #[error("the appeal was decided, or waits to be")]
    Appealed,
    /// None.
    #[error("there is no appeal")]
    NoAppeal,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::State(A::Sign, S::Received) => "工单尚未分派，不能签收；请先由接收中心分派（dispatch）给承办单位。".into(),
            Self::State(A::Amend, state) => {
                format!("工单当前为“{}”，不能补充内容；此时只能更正为保密或匿名，其他内容须与已登记的相同。", state.label())
            }
            Self::State(action, state) => format!("工单当前为“{}”，不能{}。", state.label(), action.label()),
            Self::Opened => "工单开出的记录尚未办结（“办不成事”反映须已销号），暂不能办结回复，可先作阶段性回复。".into(),
            Self::OpenedNotReturned => "工单已开件且尚未办结，不能退单；确不属本单位的，请在所开的记录中转办或申请指定办理。".into(),
            Self::ReturnLate => "已超过可以申请退单的时限，请继续办理或申请延期。".into(),
            Self::ReturnedTooOften => "该工单的退单次数已达上限，请继续办理。".into(),
            Self::ExtensionLate => "申请延期应不晚于到期前规定的工作日，现已不能申请。".into(),
            Self::SubsOpen => "还有二级单位没有办结，暂不能办结回复。".into(),
            Self::NotVisited => "该工单需要回访，请先登记回访结果。".into(),
            Self::NotAsked => "办结回复并审核通过后再登记回访；只有所开的反映问题正在征求反馈时，可以提前回访。".into(),
            Self::NothingAssessed => "本轮还没有计入考核的回访结果，无需申请剔除。".into(),
            Self::Appealed => "已申请过剔除。".into(),
            Self::NoAppeal => "没有待审核的剔除申请。".into(),
        }
    }
}

/// The state of an order after an action.
pub fn decide(state: S, facts: &Facts, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state)).ok_or(Refusal::State(action, state))?;
    let refusal = match action {
        A::RequestReturn if facts.opened => Some(Refusal::OpenedNotReturned),
        A::RequestReturn if facts.returned_too_often => Some(Refusal::ReturnedTooOften),
        A::RequestReturn if facts.return_late => Some(Refusal::ReturnLate),
        A::RequestExtension if facts.extension_late => Some(Refusal::ExtensionLate),
        A::ReplyFinal if facts.opened => Some(Refusal::Opened),
        A::ReplyFinal if facts.subs_open => Some(Refusal::SubsOpen),
        A::RecordVisit if state != S::ReturnVisit && !facts.ticket_asks => Some(Refusal::NotAsked),
        A::Archive if facts.visit_due => Some(Refusal::NotVisited),
        A::Appeal if !facts.visited => Some(Refusal::NothingAssessed),
        A::Appeal if facts.appeal.is_some_and(|a| a != HotlineAppealState::None) => Some(Refusal::Appealed),
        A::ApproveAppeal | A::RefuseAppeal if facts.appeal != Some(HotlineAppealState::Open) => Some(Refusal::NoAppeal),
        _ => None,
    };
    match (refusal, row.2) {
        (Some(refusal), _) => Err(refusal),
        (None, To::State(to)) => Ok(to),
        (None, To::Held) => Ok(facts.held.unwrap_or(S::Handling)),
        (None, To::Same) => Ok(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards() {
        let free = Facts::default();
        assert!(decide(S::Handling, &Facts { opened: true, ..free }, A::ReplyFinal).is_err(), "what it opened ends first");
        assert!(decide(S::Handling, &Facts { opened: true, ..free }, A::ReplyInterim).is_ok());
        assert!(decide(S::Signed, &Facts { opened: true, ..free }, A::RequestReturn).is_err());
        assert!(decide(S::Signed, &Facts { return_late: true, ..free }, A::RequestReturn).is_err());
        assert!(decide(S::Handling, &Facts { extension_late: true, ..free }, A::RequestExtension).is_err());
        assert!(decide(S::Handling, &free, A::RecordVisit).is_err() && decide(S::Handling, &Facts { ticket_asks: true, ..free }, A::RecordVisit).is_ok());
        assert!(decide(S::ReturnVisit, &Facts { visit_due: true, ..free }, A::Archive).is_err());
        assert!(decide(S::ReturnVisit, &free, A::Appeal).is_err() && decide(S::Archived, &Facts { visited: true, ..free }, A::Appeal).is_ok());
        assert_eq!(decide(S::Suspended, &Facts { held: Some(S::Signed), ..free }, A::Resume).ok(), Some(S::Signed));
        assert!(A::ALL.iter().filter(|a| **a != A::Reveal).all(|a| decide(S::Merged, &free, *a).is_err() && decide(S::Revoked, &free, *a).is_err()));
    }

    /// The whole table, for an order without anything in the way.
    #[test]
    fn table() {
        let facts = Facts { visited: true, ticket_asks: true, held: Some(S::Handling), ..Facts::default() };
        let mut lines = Vec::new();
        for state in S::ALL {
            let next = |a: &A| decide(*state, &facts, *a).ok().map(|to| format!("{}→{}", a.code(), to.code()));
            lines.push(format!("{}: {}", state.code(), A::ALL.iter().filter(|a| **a != A::Reveal).filter_map(next).collect::<Vec<_>>().join(" ")));
        }
        insta::assert_snapshot!(lines.join("\n"));
    }
}
