//! The states of an entrustment and of its steps, as tables (DOMAIN §4). Absent = refused. Pure: no IO, no time.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, counted, problem::Refuse},
};

code_enum! {
    /// State of an entrustment.
    State in "entrustment-states" {
        Submitted "submitted" "已提交",
        CorrectionRequired "correction_required" "待补正",
        Accepted "accepted" "已受理",
        InProgress "in_progress" "办理中",
        Suspended "suspended" "已中止",
        Completed "completed" "已办结待签收",
        Unclaimed "unclaimed" "待领取",
        Closed "closed" "已签收办结",
        Rejected "rejected" "不予受理",
        Withdrawn "withdrawn" "已撤回",
        Lapsed "lapsed" "逾期未补正",
        Terminating "terminating" "终止确认中",
        Terminated "terminated" "已终止",
    }
}

code_enum! {
    /// What can be done with an entrustment.
    Action in "entrustment-actions" {
        Accept "accept" "受理",
        OneTimeNotice "one_time_notice" "一次性告知",
        Resubmit "resubmit" "补正后重新提交",
        Remind "remind" "催补",
        Lapse "lapse" "逾期失效",
        Reject "reject" "不予受理",
        Withdraw "withdraw" "撤回",
        ChangeMode "change_mode" "改变帮办方式",
        Assign "assign" "指派专员",
        SubmitMaterial "submit_material" "提交材料",
        ReviewMaterial "review_material" "核验材料",
        ReturnOriginal "return_original" "退还原件",
        DraftAgreement "draft_agreement" "拟制协议",
        SignAgreement "sign_agreement" "签订协议",
        Start "start" "开始帮办",
        Plan "plan" "制定计划",
        RecordStep "record_step" "登记步骤",
        DecideStep "decide_step" "登记审批",
        RecordHelp "record_help" "登记帮办内容",
        RecordFee "record_fee" "登记费用",
        RequestExtension "request_extension" "申请延期",
        GrantExtension "grant_extension" "批准延期",
        RefuseExtension "refuse_extension" "不批准延期",
        Progress "progress" "报告进展",
        Suspend "suspend" "中止",
        Resume "resume" "续办",
        Complete "complete" "办结",
        SignCompletion "sign_completion" "签收",
        RefuseCompletion "refuse_completion" "拒绝签收",
        MarkUnclaimed "mark_unclaimed" "登记无人领取",
        RequestTermination "request_termination" "申请终止",
        CancelTermination "cancel_termination" "取消终止",
        SignTermination "sign_termination" "签字终止",
        TerminateUnilaterally "terminate_unilaterally" "单方终止",
        Reopen "reopen" "重新办理",
        Transfer "transfer" "转办",
        RequestJoint "request_joint" "提请联办",
        AskArbitration "ask_arbitration" "申请指定办理",
        NameAgent "name_agent" "变更经办人",
        Note "note" "备注",
        Mark "mark" "标注",
        Link "link" "关联",
        Split "split" "拆分",
        ArrangeHandOut "arrange_hand_out" "约定出件",
        RecordHandOut "record_hand_out" "登记出件",
        Reveal "reveal" "查看完整信息",
    }
}

/// Where an action leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Into this state.
    Into(State),
    /// The state stays.
    Stay,
    /// Back to the state before termination was asked for.
    Back,
}

use Action as A;
use State::{
    Accepted, Closed, Completed, CorrectionRequired, InProgress, Lapsed, Rejected, Submitted, Suspended, Terminated, Terminating, Unclaimed, Withdrawn,
};
use To::{Back, Into, Stay};

/// Before a matter has ended.
const OPEN: &[State] = &[Submitted, CorrectionRequired, Accepted, InProgress, Suspended];

/// Until the applicant has signed for the end.
const SERVED: &[State] = &[Submitted, CorrectionRequired, Accepted, InProgress, Suspended, Completed, Unclaimed, Terminating];

/// The table.
pub const TABLE: &[(Action, &[State], To)] = &[
    (A::Accept, &[Submitted], Into(Accepted)),
    (A::OneTimeNotice, &[Submitted], Into(CorrectionRequired)),
    (A::OneTimeNotice, &[Accepted, InProgress], Stay),
    (A::Resubmit, &[CorrectionRequired], Into(Submitted)),
    (A::Remind, &[CorrectionRequired], Stay),
    (A::Lapse, &[CorrectionRequired], Into(Lapsed)),
    (A::Reject, &[Submitted], Into(Rejected)),
    (A::Withdraw, &[Submitted, CorrectionRequired, Accepted], Into(Withdrawn)),
    (A::ChangeMode, &[Submitted, CorrectionRequired, Accepted], Stay),
    (A::Assign, OPEN, Stay),
    (A::SubmitMaterial, OPEN, Stay),
    (A::ReviewMaterial, OPEN, Stay),
    (A::ReturnOriginal, State::ALL, Stay),
    (A::DraftAgreement, &[Accepted, InProgress], Stay),
    (A::SignAgreement, &[Accepted], Into(InProgress)),
    (A::SignAgreement, &[InProgress], Stay),
    (A::Start, &[Accepted], Into(InProgress)),
    (A::Plan, &[Accepted, InProgress], Stay),
    (A::RecordStep, &[InProgress], Stay),
    (A::DecideStep, &[InProgress, Suspended], Stay),
    (A::RecordHelp, &[Accepted, InProgress], Stay),
    (A::RecordFee, &[Accepted, InProgress, Suspended], Stay),
    (A::RequestExtension, &[InProgress], Stay),
    (A::GrantExtension, &[InProgress], Stay),
    (A::RefuseExtension, &[InProgress], Stay),
    (A::Progress, &[InProgress], Stay),
    (A::Suspend, &[InProgress], Into(Suspended)),
    (A::Resume, &[Suspended], Into(InProgress)),
    (A::Complete, &[InProgress], Into(Completed)),
    (A::SignCompletion, &[Completed, Unclaimed], Into(Closed)),
    (A::RefuseCompletion, &[Completed], Into(InProgress)),
    (A::MarkUnclaimed, &[Completed], Into(Unclaimed)),
    (A::RequestTermination, &[Accepted, InProgress, Suspended], Into(Terminating)),
    (A::CancelTermination, &[Terminating], Back),
    (A::SignTermination, &[Terminating], Into(Terminated)),
    (A::TerminateUnilaterally, &[Terminating], Into(Terminated)),
    (A::Reopen, &[Closed], Into(InProgress)),
    (A::Transfer, OPEN, Stay),
    (A::RequestJoint, &[InProgress], Stay),
    (A::AskArbitration, OPEN, Stay),
    (A::NameAgent, SERVED, Stay),
    (A::Note, State::ALL, Stay),
    (A::Mark, State::ALL, Stay),
    (A::Link, State::ALL, Stay),
    (A::Split, &[Submitted, Accepted, InProgress], Stay),
    (A::ArrangeHandOut, &[Accepted, InProgress, Suspended, Completed, Unclaimed], Stay),
    (A::RecordHandOut, &[Completed, Unclaimed, Closed], Stay),
    (A::Reveal, State::ALL, Stay),
];

impl State {
    /// Nothing more happens by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Closed | Rejected | Withdrawn | Lapsed | Terminated)
    }
}

/// What the table's guards need to know beside the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Full or partial agency: needs a signed agreement.
    pub agency: bool,
    /// An agreement is drafted and waits for signature.
    pub agreement_drafted: bool,
    /// The agreement with the present custodian is signed.
    pub agreement_signed: bool,
    /// A transfer is offered and not answered.
    pub transfer_open: bool,
    /// Open joint handlings.
    pub open_legs: u32,
    /// Accepted transfers so far.
    pub hand_overs: u32,
    /// How many the city allows.
    pub max_hand_overs: u32,
    /// An arbitration waits for its decision.
    pub arbitration_open: bool,
    /// Arbitration has decided about this matter.
    pub arbitrated: bool,
    /// Some step can be given to another center or department.
    pub steps_free: bool,
    /// Returned or unanswered offers so far.
    pub returns: u32,
    /// How many the city allows before only arbitration decides.
    pub max_returns: u32,
    /// Reminders sent for missing material.
    pub reminders: u32,
    /// How many must be sent before the matter lapses.
    pub reminders_needed: u32,
    /// What the newest notice named is still missing.
    pub notice_unmet: bool,
    /// The limit for supplying it has passed.
    pub supply_over: bool,
    /// A one-time notice was given in this phase (before, or after acceptance).
    pub notice_given: bool,
    /// Steps that are under way, or could still be filed.
    pub steps_open: u32,
    /// Some step can be recorded.
    pub steps_recordable: bool,
    /// An extension waits for the manager's word.
    pub extension_asked: bool,
    /// Extensions granted so far.
    pub extensions: u32,
    /// How many the city allows.
    pub max_extensions: u32,
    /// The promised limit runs: there is something to extend.
    pub promise_running: bool,
    /// Some material can be handed in.
    pub materials_submittable: bool,
    /// Some material can be verified, rejected or deferred.
    pub materials_reviewable: bool,
    /// An original is with the center.
    pub originals_held: bool,
    /// It is handed in under a mandate that does not hold.
    pub mandate_void: bool,
    /// Agency is asked for by who does not qualify.
    pub ineligible: bool,
    /// Centers of the custodian's level carry no matters.
    pub level_without_agency: bool,
    /// The results are on their way, or received.
    pub handing_out: bool,
    /// A way to hand them out is arranged, and not at its end.
    pub hand_out_open: bool,
    /// Help was given, a step was filed, or the applicant carried the steps.
    pub something_done: bool,
}

/// Why the table refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not from this state.
    #[error("{} is not possible in state {}", .action.code(), .state.code())]
    NotNow {
        /// Asked.
        action: Action,
        /// Present.
        state: State,
    },
    /// An assisted matter has no agreement; agency has no bare start.
    #[error("{} does not fit this mode", .0.code())]
    WrongMode(Action),
    /// The agreement must be drafted first.
    #[error("no agreement is drafted")]
    NoDraft,
    /// The agreement is signed already.
    #[error("the agreement is signed")]
    AlreadySigned,
    /// Agency needs the agreement first.
    #[error("the agreement with the present center is not signed")]
    AgreementMissing,
    /// One open transfer at a time, and no end under it.
    #[error("a transfer is open")]
    TransferOpen,
    /// Joint handlings must end first.
    #[error("{} open", counted(*.0, "joint handling"))]
    LegsOpen(u32),
    /// Only arbitration moves custody further.
    #[error("already handed over {}", counted(*.0, "time"))]
    HandedOverEnough(u32),
    /// The decision comes first.
    #[error("an arbitration is open")]
    ArbitrationOpen,
    /// What was decided binds (DOMAIN §5).
    #[error("arbitration has decided")]
    Arbitrated,
    /// No planned step is left to give.
    #[error("no planned step is free")]
    NoFreeStep,
    /// Everything missing must be told at once.
    #[error("the one-time notice was given")]
    NoticeGiven,
    /// Only arbitration decides after so many returns.
    #[error("returned {}", counted(*.0, "time"))]
    ReturnedEnough(u32),
    /// Reminders come before lapsing.
    #[error("{sent} of {needed} reminders sent")]
    TooFewReminders {
        /// So far.
        sent: u32,
        /// By the city's rules.
        needed: u32,
    },
    /// Lapsing waits for the end of the limit.
    #[error("the limit for supplying runs")]
    SupplyRunning,
    /// What was asked for is there: no lapsing.
    #[error("what the notice named was supplied")]
    Supplied,
    /// What was asked for is not there: no resubmitting.
    #[error("what the notice named is missing")]
    StillMissing,
    /// One request at a time.
    #[error("an extension waits for its answer")]
    ExtensionAsked,
    /// Nothing waits for an answer.
    #[error("no extension was asked for")]
    NoExtension,
    /// The city's limit.
    #[error("extended {}", counted(*.0, "time"))]
    ExtendedEnough(u32),
    /// No promised limit runs.
    #[error("no promised limit runs")]
    NoPromise,
    /// No step waits for anything.
    #[error("no step can be recorded")]
    NoStep,
    /// No material waits for this.
    #[error("no material for {}", .0.code())]
    NoMaterial(Action),
    /// Only who asked for termination takes the request back.
    #[error("the other side asked for termination")]
    OtherSide,
    /// One signature each.
    #[error("this side has signed")]
    SignedAlready,
    /// The applicant has signed: nobody records another signature over it.
    #[error("the applicant has signed")]
    ApplicantSigned,
    /// Steps must end before the matter does.
    #[error("{} open", counted(*.0, "step"))]
    StepsOpen(u32),
    /// A matter that nobody did anything for has no outcome.
    #[error("nothing is recorded as done")]
    NothingDone,
    /// Another mandate, or the applicant in person, comes first.
    #[error("the mandate does not hold")]
    MandateVoid,
    /// They are on their way.
    #[error("the results are on their way")]
    HandedOut,
    /// First it is arranged how.
    #[error("no hand-out waits")]
    NoHandOut,
    /// Assistance is offered instead.
    #[error("does not qualify for agency")]
    NotEligible,
    /// It is handed on to whose it is.
    #[error("centers of this level carry no matters")]
    LevelWithoutAgency,
    /// Who acts by an account of their own stays within their mandate.
    #[error("out of the caller's mandate")]
    OutOfMandate,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::NotNow { action, state } => format!("当前为“{}”，不能{}。", state.label(), action.label()),
            Self::WrongMode(Action::Start) => "代办件须先签订委托协议，不能直接开始。".into(),
            Self::WrongMode(Action::RecordHelp) => "代办件由专员全程办理，无须登记帮办内容。".into(),
            Self::WrongMode(_) => "帮办件不需要委托协议，请直接开始帮办。".into(),
            Self::NoDraft => "请先拟制委托协议。".into(),
            Self::AlreadySigned => "委托协议已经签订。".into(),
            Self::AgreementMissing => "与现承办中心的委托协议尚未签订，不能以代办人身份办理。".into(),
            Self::TransferOpen => "转办尚未答复，请等待接收方答复或先撤回转办。".into(),
            Self::LegsOpen(n) => format!("还有 {n} 个联办未结束，不能办结。"),
            Self::HandedOverEnough(n) => format!("本件已转办 {n} 次，只能由指定办理确定承办中心。"),
            Self::ArbitrationOpen => "指定办理尚未作出决定，请等待决定。".into(),
            Self::Arbitrated => "本件已经指定办理，承办中心只能由指定办理的决定（复核）改变。".into(),
            Self::NoFreeStep => "计划中没有可以提请联办的步骤，请先制定计划。".into(),
            Self::NoticeGiven => "一次性告知书已经发出，不能再次告知。".into(),
            Self::ReturnedEnough(n) => format!("转办已被退回或逾期未答 {n} 次，只能由指定办理确定承办中心。"),
            Self::TooFewReminders { sent, needed } => format!("须催补 {needed} 次后才能作逾期处理，目前已催补 {sent} 次。"),
            Self::SupplyRunning => "补正时限尚未届满。".into(),
            Self::Supplied => "所告知的材料已经补齐，不能作逾期处理。".into(),
            Self::StillMissing => "一次性告知的材料尚未补齐，请先提交所缺材料。".into(),
            Self::ExtensionAsked => "延期申请尚未答复。".into(),
            Self::NoExtension => "没有待答复的延期申请。".into(),
            Self::ExtendedEnough(n) => format!("已延期 {n} 次，不能再延。"),
            Self::NoPromise => "承诺时限尚未开始或者已经停止，无须延期。".into(),
            Self::NoStep => "没有可以登记的步骤，请先制定计划。".into(),
            Self::NoMaterial(action) => format!("没有可以{}的材料。", action.label()),
            Self::OtherSide => "终止由对方提出，只能由提出方取消。".into(),
            Self::SignedAlready => "本方已经签字，请等待对方签字。".into(),
            Self::ApplicantSigned => "申请人已经签字，不能另行登记。".into(),
            Self::NothingDone => "还没有登记任何帮办内容或步骤，不能办结。".into(),
            Self::MandateVoid => "经办人的授权委托已撤销或到期，请先变更经办人或改由申请人本人办理。".into(),
            Self::HandedOut => "结果已经寄出或领取，不能另行约定。".into(),
            Self::NoHandOut => "没有待登记的出件，请先约定出件方式。".into(),
            Self::NotEligible => "申请人不符合本地代办对象的条件，请改为帮办后受理。".into(),
            Self::LevelWithoutAgency => "本中心所在层级不设代办，不能受理；请转交承办中心（转办时 to 填 auto）。".into(),
            Self::OutOfMandate => "不在您的授权委托范围或有效期内。".into(),
            Self::StepsOpen(n) => format!("还有 {n} 个步骤未办结。"),
        }
    }
}

/// Whether an action is possible, without its payload: what a front end is offered, and what the server checks first.
pub fn permits(state: State, facts: &Facts, action: Action) -> Result<To, Refusal> {
    let to = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state)).map(|(_, _, to)| *to).ok_or(Refusal::NotNow { action, state })?;
    let amending = state == InProgress && facts.agency && !facts.agreement_signed;
    match action {
        A::ArrangeHandOut if facts.handing_out => Err(Refusal::HandedOut),
        A::RecordHandOut if !facts.hand_out_open => Err(Refusal::NoHandOut),
        A::Accept if facts.level_without_agency => Err(Refusal::LevelWithoutAgency),
        A::Accept if facts.ineligible => Err(Refusal::NotEligible),
        A::Accept | A::SignAgreement | A::Start | A::RecordStep | A::Complete | A::SignCompletion if facts.mandate_void => Err(Refusal::MandateVoid),
        A::Start if facts.agency => Err(Refusal::WrongMode(action)),
        A::DraftAgreement | A::SignAgreement if !facts.agency => Err(Refusal::WrongMode(action)),
        A::DraftAgreement | A::SignAgreement if facts.agreement_signed => Err(Refusal::AlreadySigned),
        A::SignAgreement if !facts.agreement_drafted => Err(Refusal::NoDraft),
        A::RecordStep | A::Complete | A::Plan if amending => Err(Refusal::AgreementMissing),
        A::Complete | A::Reject | A::Lapse | A::Transfer | A::RequestTermination | A::AskArbitration if facts.transfer_open => Err(Refusal::TransferOpen),
        A::Complete if facts.open_legs > 0 => Err(Refusal::LegsOpen(facts.open_legs)),
        A::Complete if facts.steps_open > 0 => Err(Refusal::StepsOpen(facts.steps_open)),
        A::Complete if !facts.something_done => Err(Refusal::NothingDone),
        A::Transfer | A::AskArbitration if facts.arbitration_open => Err(Refusal::ArbitrationOpen),
        A::Transfer | A::AskArbitration if facts.arbitrated => Err(Refusal::Arbitrated),
        A::RequestJoint if amending => Err(Refusal::AgreementMissing),
        A::RequestJoint if !facts.steps_free => Err(Refusal::NoFreeStep),
        A::Transfer if facts.hand_overs >= facts.max_hand_overs => Err(Refusal::HandedOverEnough(facts.hand_overs)),
        A::Transfer if facts.returns >= facts.max_returns => Err(Refusal::ReturnedEnough(facts.returns)),
        A::OneTimeNotice if facts.notice_given => Err(Refusal::NoticeGiven),
        A::Resubmit if facts.notice_unmet => Err(Refusal::StillMissing),
        A::Lapse if facts.reminders < facts.reminders_needed => Err(Refusal::TooFewReminders { sent: facts.reminders, needed: facts.reminders_needed }),
        A::Lapse if !facts.supply_over => Err(Refusal::SupplyRunning),
        A::Lapse if !facts.notice_unmet => Err(Refusal::Supplied),
        A::RecordHelp if facts.agency => Err(Refusal::WrongMode(action)),
        A::RequestExtension if facts.extension_asked => Err(Refusal::ExtensionAsked),
        A::RequestExtension if facts.extensions >= facts.max_extensions => Err(Refusal::ExtendedEnough(facts.extensions)),
        A::RequestExtension | A::GrantExtension if !facts.promise_running => Err(Refusal::NoPromise),
        A::GrantExtension | A::RefuseExtension if !facts.extension_asked => Err(Refusal::NoExtension),
        A::RecordStep if !facts.steps_recordable => Err(Refusal::NoStep),
        A::SubmitMaterial if !facts.materials_submittable => Err(Refusal::NoMaterial(action)),
        A::ReturnOriginal if !facts.originals_held => Err(Refusal::NoMaterial(action)),
        A::ReviewMaterial if !facts.materials_reviewable => Err(Refusal::NoMaterial(action)),
        _ => Ok(to),
    }
}

/// The state after an action; `held` is the state before termination was asked for.
pub fn decide(state: State, held: Option<State>, facts: &Facts, action: Action) -> Result<State, Refusal> {
    Ok(match permits(state, facts, action)? {
        To::Into(next) => next,
        To::Stay => state,
        To::Back => held.unwrap_or(InProgress),
    })
}

code_enum! {
    /// State of a step: the authority's side of the matter.
    StepState in "step-states" {
        Planned "planned" "待申报",
        Filed "filed" "已申报",
        CorrectionAsked "correction_asked" "部门要求补正",
        DeptAccepted "dept_accepted" "部门已受理",
        SpecialProcedure "special_procedure" "特别程序中",
        NotAccepted "not_accepted" "部门不予受理",
        Granted "granted" "准予",
        Refused "refused" "不予许可",
        ResultReceived "result_received" "已领取结果",
    }
}

code_enum! {
    /// What is recorded of a step.
    StepAct in "step-acts" {
        File "file" "申报",
        AskCorrection "ask_correction" "登记补正要求",
        Accept "accept" "登记部门受理",
        NotAccept "not_accept" "登记不予受理",
        EnterSpecial "enter_special" "进入特别程序",
        LeaveSpecial "leave_special" "特别程序结束",
        Grant "grant" "登记准予",
        Refuse "refuse" "登记不予许可",
        ReceiveResult "receive_result" "领取结果",
        HandBack "hand_back" "退回申报",
        Extend "extend" "延长审批时限",
    }
}

impl StepAct {
    /// The authority's own word; the agent files and fetches.
    pub fn is_departments(self) -> bool {
        !matches!(self, Self::File | Self::ReceiveResult)
    }
}

use StepState as S;

/// The table of a step.
pub const STEP_TABLE: &[(StepAct, &[StepState], StepState)] = &[
    // What was not accepted may be filed again.
    (StepAct::File, &[S::Planned, S::CorrectionAsked, S::NotAccepted], S::Filed),
    (StepAct::AskCorrection, &[S::Filed], S::CorrectionAsked),
    (StepAct::Accept, &[S::Filed], S::DeptAccepted),
    (StepAct::NotAccept, &[S::Filed], S::NotAccepted),
    (StepAct::HandBack, &[S::Filed], S::Planned),
    (StepAct::Extend, &[S::DeptAccepted], S::DeptAccepted),
    (StepAct::EnterSpecial, &[S::DeptAccepted], S::SpecialProcedure),
    (StepAct::LeaveSpecial, &[S::SpecialProcedure], S::DeptAccepted),
    (StepAct::Grant, &[S::DeptAccepted], S::Granted),
    (StepAct::Refuse, &[S::DeptAccepted], S::Refused),
    (StepAct::ReceiveResult, &[S::Granted, S::Refused], S::ResultReceived),
];

impl StepState {
    /// The authority has spoken.
    pub fn has_ended(self) -> bool {
        matches!(self, S::NotAccepted | S::Granted | S::Refused | S::ResultReceived)
    }

    /// The authority has it.
    pub fn is_under_way(self) -> bool {
        !self.has_ended() && self != S::Planned
    }
}

/// The state of a step after an act.
pub fn decide_step(state: StepState, act: StepAct) -> Option<StepState> {
    STEP_TABLE.iter().find(|(a, from, _)| *a == act && from.contains(&state)).map(|(_, _, to)| *to)
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
