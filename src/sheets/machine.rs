//! The states of an assignment sheet and of a rung of the overdue ladder, as tables. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of an assignment sheet.
    SheetState in "sheet-states" {
        Drafted "drafted" "待签发",
        Issued "issued" "已交办",
        SignedIn "signed_in" "已签收",
        ExtensionRequested "extension_requested" "申请延期",
        Replied "replied" "已办复",
        Confirmed "confirmed" "已确认",
        Returned "returned" "已退回",
        Cancelled "cancelled" "已撤销",
    }
}

impl SheetState {
    /// With the department: its limit runs, and the ladder with it.
    pub fn is_with_department(self) -> bool {
        matches!(self, Self::Issued | Self::SignedIn | Self::ExtensionRequested)
    }

    /// Something is still to be done.
    pub fn is_open(self) -> bool {
        self.is_with_department() || matches!(self, Self::Drafted | Self::Replied)
    }
}

code_enum! {
    /// What can be done with an assignment sheet.
    SheetAction in "sheet-actions" {
        Edit "edit" "修改",
        Issue "issue" "签发",
        SignIn "sign_in" "签收",
        Return "return" "退回",
        RequestExtension "request_extension" "申请延期",
        GrantExtension "grant_extension" "同意延期",
        RefuseExtension "refuse_extension" "不同意延期",
        Progress "progress" "记录进展",
        Reply "reply" "办复",
        Confirm "confirm" "确认",
        SendBack "send_back" "退回重办",
        Cancel "cancel" "撤销",
    }
}

code_enum! {
    /// State of a rung of the overdue ladder.
    RungState in "ladder-rung-states" {
        Proposed "proposed" "待确认",
        Confirmed "confirmed" "已确认",
        Rejected "rejected" "不予采用",
        Lifted "lifted" "已解除",
    }
}

code_enum! {
    /// What can be done with a rung.
    RungAction in "ladder-rung-actions" {
        Confirm "confirm" "确认",
        Reject "reject" "不予采用",
        Lift "lift" "解除",
    }
}

use RungAction as Act;
use RungState as R;
use SheetAction as A;
use SheetState as S;

/// The table of sheets.
pub const SHEETS: &[(A, &[S], S)] = &[
    (A::Edit, &[S::Drafted], S::Drafted),
    (A::Issue, &[S::Drafted], S::Issued),
    (A::SignIn, &[S::Issued], S::SignedIn),
    (A::Return, &[S::Issued, S::SignedIn], S::Returned),
    (A::RequestExtension, &[S::SignedIn], S::ExtensionRequested),
    (A::GrantExtension, &[S::ExtensionRequested], S::SignedIn),
    (A::RefuseExtension, &[S::ExtensionRequested], S::SignedIn),
    (A::Progress, &[S::SignedIn], S::SignedIn),
    (A::Progress, &[S::ExtensionRequested], S::ExtensionRequested),
    (A::Reply, &[S::SignedIn, S::ExtensionRequested], S::Replied),
    (A::Confirm, &[S::Replied], S::Confirmed),
    (A::SendBack, &[S::Replied], S::SignedIn),
    (A::Cancel, &[S::Drafted, S::Issued, S::SignedIn, S::ExtensionRequested, S::Replied], S::Cancelled),
];

/// The table of rungs.
pub const RUNGS: &[(Act, &[R], R)] =
    &[(Act::Confirm, &[R::Proposed], R::Confirmed), (Act::Reject, &[R::Proposed], R::Rejected), (Act::Lift, &[R::Confirmed], R::Lifted)];

/// What the table's guards know of a sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// It is the lead department's.
    pub lead: bool,
    /// The department was determined by the reform office.
    pub binding: bool,
    /// Who asks has drawn it up.
    pub own_draft: bool,
    /// The lead's sheet is still a draft.
    pub lead_drafted: bool,
    /// Sheets of assisting departments that are still to be issued or replied to.
    pub assisting_open: bool,
    /// Sheets of assisting departments that wait for the center's confirmation.
    pub assisting_replied: bool,
    /// No further extension is granted.
    pub extended: bool,
    /// The ticket has ended: what hangs on it falls.
    pub ticket_ended: bool,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not from this state.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    Sheet(A, S),
    /// Not from this state.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    Rung(Act, R),
    /// 挂牌警示、点名通报，直至问责.
    #[error("the rung below is not decided")]
    BelowWaits,
    /// Two persons.
    #[error("who drew it up does not sign it")]
    OwnDraft,
    /// In order.
    #[error("the lead's sheet is not issued yet")]
    LeadDrafted,
    /// The reform office has decided.
    #[error("the department was determined: its sheet cannot be returned")]
    Binding,
    /// All parts belong to one answer.
    #[error("an assisting department has not replied yet")]
    AssistingOpen,
    /// First theirs.
    #[error("an assisting department's reply is not confirmed yet")]
    AssistingReplied,
    /// Once.
    #[error("no further extension")]
    Extended,
    /// It is returned, replied to, or falls with its ticket.
    #[error("a lead's sheet that is issued is not cancelled")]
    LeadIssued,
    /// Returned as often as the rules permit.
    #[error("returned too often: only the reform office determines who handles it")]
    ReturnedTooOften,
    /// The departments may still be asked.
    #[error("not returned often enough to be determined")]
    NotReturned,
    /// One at a time.
    #[error("the ticket has an open lead sheet")]
    LeadThere,
    /// After two failed rounds the reform office says what departments do.
    #[error("the reform office leads the ticket: it draws the sheets up")]
    ReformDraws,
    /// Until then the center does.
    #[error("the center of the ticket draws its sheets up")]
    CenterDraws,
    /// Nobody to assist.
    #[error("the ticket has no open lead sheet")]
    NoLead,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::Sheet(action, state) => format!("交办单当前为“{}”，不能{}。", state.label(), action.label()),
            Self::Rung(action, state) => format!("该级警示当前为“{}”，不能{}。", state.label(), action.label()),
            Self::BelowWaits => "逾期警示逐级确认：前一级警示尚待确认或驳回。".into(),
            Self::OwnDraft => "交办单由主管领导签发，拟单人不能签发自己拟的单。".into(),
            Self::LeadDrafted => "牵头部门的交办单尚未签发，请先签发牵头交办单，协办单随之一并签发。".into(),
            Self::Binding => "承办部门由改革办指定，不能退回；确有困难的可以申请延期。".into(),
            Self::AssistingOpen => "还有协办部门没有办复，牵头部门暂不能办复。".into(),
            Self::AssistingReplied => "协办部门的办复尚未全部确认，请先确认协办单。".into(),
            Self::Extended => "延期次数已用完，不能再申请延期。".into(),
            Self::LeadIssued => "牵头交办单签发后不能撤销：承办部门可以退回，反映人撤回或工单合并时随之撤销。".into(),
            Self::ReturnedTooOften => "退回次数已达上限，只能由改革办指定承办部门。".into(),
            Self::NotReturned => "退回次数未达上限，请直接拟交办单交办。".into(),
            Self::LeadThere => "已有办理中的牵头交办单，只能增加协办部门。".into(),
            Self::ReformDraws => "该件由改革办牵头办理，交办单由改革办拟。".into(),
            Self::CenterDraws => "该件由服务中心办理，交办单由中心拟。".into(),
            Self::NoLead => "没有办理中的牵头交办单，请写明牵头部门。".into(),
        }
    }
}

/// The state of a sheet after an action.
pub fn decide(state: S, facts: &Facts, action: A) -> Result<S, Refusal> {
    let row = SHEETS.iter().find(|(a, from, _)| *a == action && from.contains(&state)).ok_or(Refusal::Sheet(action, state))?;
    let refusal = match action {
        A::Issue if facts.own_draft => Some(Refusal::OwnDraft),
        A::Issue if !facts.lead && facts.lead_drafted => Some(Refusal::LeadDrafted),
        A::Return if facts.binding => Some(Refusal::Binding),
        A::RequestExtension if facts.extended => Some(Refusal::Extended),
        A::Reply if facts.lead && facts.assisting_open => Some(Refusal::AssistingOpen),
        A::Confirm if facts.lead && (facts.assisting_open || facts.assisting_replied) => Some(Refusal::AssistingReplied),
        A::Cancel if state == S::Replied && !facts.ticket_ended => Some(Refusal::Sheet(action, state)),
        A::Cancel if facts.lead && state != S::Drafted && !facts.ticket_ended => Some(Refusal::LeadIssued),
        _ => None,
    };
    refusal.map_or(Ok(row.2), Err)
}

/// The state of a rung after an action; one rung after the other: the one below is decided first.
pub fn settle(state: R, below_waits: bool, action: Act) -> Result<R, Refusal> {
    if action == Act::Confirm && state == R::Proposed && below_waits {
        return Err(Refusal::BelowWaits);
    }
    let row = RUNGS.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    row.map(|(_, _, to)| *to).ok_or(Refusal::Rung(action, state))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAD: Facts = Facts {
        lead: true,
        binding: false,
        own_draft: false,
        lead_drafted: false,
        assisting_open: false,
        assisting_replied: false,
        extended: false,
        ticket_ended: false,
    };

    #[test]
    fn what_has_ended_stays_ended() {
        for state in [S::Confirmed, S::Returned, S::Cancelled] {
            assert!(!state.is_open() && A::ALL.iter().all(|a| decide(state, &LEAD, *a).is_err()), "{state:?}");
        }
        for state in [R::Rejected, R::Lifted] {
            assert!(Act::ALL.iter().all(|a| settle(state, false, *a).is_err()), "{state:?}");
        }
        assert!(settle(R::Proposed, false, Act::Lift).is_err(), "what does not hold is not lifted");
        assert!(settle(R::Proposed, true, Act::Confirm).is_err() && settle(R::Proposed, true, Act::Reject).is_ok(), "one rung after the other");
    }

    #[test]
    fn guards() {
        let assisting = Facts { lead: false, ..LEAD };
        assert!(decide(S::Drafted, &Facts { own_draft: true, ..LEAD }, A::Issue).is_err(), "two persons");
        assert!(decide(S::Drafted, &Facts { lead_drafted: true, ..assisting }, A::Issue).is_err());
        assert!(decide(S::SignedIn, &Facts { binding: true, ..LEAD }, A::Return).is_err());
        assert!(decide(S::SignedIn, &Facts { assisting_open: true, ..LEAD }, A::Reply).is_err());
        assert!(decide(S::SignedIn, &Facts { assisting_replied: true, ..LEAD }, A::Reply).is_ok());
        assert!(decide(S::Replied, &Facts { assisting_replied: true, ..LEAD }, A::Confirm).is_err());
        assert!(decide(S::SignedIn, &Facts { extended: true, ..LEAD }, A::RequestExtension).is_err());
        assert!(decide(S::Issued, &LEAD, A::Cancel).is_err() && decide(S::Issued, &assisting, A::Cancel).is_ok());
        assert!(decide(S::Issued, &Facts { ticket_ended: true, ..LEAD }, A::Cancel).is_ok());
        assert!(decide(S::ExtensionRequested, &LEAD, A::Return).is_err() && decide(S::Issued, &LEAD, A::Reply).is_err());
    }

    /// The whole table, for a lead's and an assisting department's sheet without anything in the way.
    #[test]
    fn table() {
        let mut lines = Vec::new();
        for state in S::ALL {
            let to = |lead: bool| {
                let next = |a: &A| decide(*state, &Facts { lead, ..LEAD }, *a).ok().map(|to| format!("{}→{}", a.code(), to.code()));
                A::ALL.iter().filter_map(next).collect::<Vec<_>>().join(" ")
            };
            lines.push(format!("{} lead: {} | assisting: {}", state.code(), to(true), to(false)));
        }
        insta::assert_snapshot!(lines.join("\n"));
    }
}
