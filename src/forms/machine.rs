//! The kinds of forms and what each needs, as a table; and the states of a form.

use crate::{
    db::code_enum,
    entrustments::State as Matter,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// Which form.
    FormKind in "form-kinds" {
        Application "application" "帮办代办申请表",
        Receipt "receipt" "收件凭证",
        Agreement "agreement" "代办委托协议",
        Amendment "amendment" "变更协议",
        Plan "plan" "代办计划与申报进度计划",
        OneTimeNotice "one_time_notice" "一次性告知书",
        DeferralNotice "deferral_notice" "容缺受理通知书",
        Transfer "transfer" "转办单",
        HandOverList "hand_over_list" "资料交接清单",
        JointRequest "joint_request" "联办函",
        ArbitrationDecision "arbitration_decision" "指定办理决定书",
        Suspension "suspension" "中止单",
        Resumption "resumption" "续办单",
        Extension "extension" "延期告知书",
        DeliveryReceipt "delivery_receipt" "送达回证",
        Completion "completion" "代办事项办结单",
        Termination "termination" "代办事项终止委托单",
        Supervision "supervision" "督办单",
        TicketApplication "ticket_application" "“办不成事”反映（兜底）问题申请单",
        TicketRecord "ticket_record" "“办不成事”反映问题记录表",
        AssignmentSheet "assignment_sheet" "交办单",
        AssignmentReply "assignment_reply" "交办单（办复）",
        BatchList "batch_list" "特别疑难问题清单",
        RegisterRecord "register_record" "“办不成事”反映问题记录表（汇总）",
        TriageList "triage_list" "“办不成事”反映问题每周分类清单",
        MonthlyReport "monthly_report" "“办不成事”反映问题月报",
    }
}

code_enum! {
    /// State of a form.
    FormState in "form-states" {
        Issued "issued" "有效",
        PartlySigned "partly_signed" "部分签署",
        Signed "signed" "已签署",
        Voided "voided" "已作废",
    }
}

code_enum! {
    /// How a document is delivered.
    DeliveryWay in "delivery-ways" {
        Direct "direct" "直接送达",
        Post "post" "邮寄送达",
        Electronic "electronic" "电子送达",
        Left "left" "留置送达",
    }
}

code_enum! {
    /// What can be done with a form.
    FormAction in "form-actions" {
        Sign "sign" "签署",
        Link "link" "发送签署链接",
        Void "void" "作废",
    }
}

use FormAction as A;
use FormKind as K;
use FormState as S;
use Side::{Addressee, Applicant, Decider, Issuer, Manager, Party, Receiver, Witness};
use Signing::{Own, Recorded};

/// The table. Nobody voids what somebody has signed: it falls only with the act that it stands for ([`falls`]). A second party
/// signs after the first, and a witness also when all others have.
pub const TABLE: &[(FormAction, &[FormState])] =
    &[(A::Sign, &[S::Issued, S::PartlySigned, S::Signed]), (A::Link, &[S::Issued, S::PartlySigned, S::Signed]), (A::Void, &[S::Issued])];

/// What its signatures make of a form: it is signed when every place is that somebody has to sign. A witness is there only
/// where one was needed.
pub fn signed<'a>(kind: FormKind, places: impl IntoIterator<Item = &'a String>, by: impl Fn(&str) -> bool) -> FormState {
    let (mut some, mut open) = (false, false);
    for place in places {
        let signed = by(place);
        some |= signed;
        open |= !signed && side_of(kind, place) != Some(Witness);
    }
    match (some, open) {
        (true, false) => S::Signed,
        (true, true) => S::PartlySigned,
        (false, _) => S::Issued,
    }
}

/// Whether a form falls when what it says did not come about: nobody shall take it for valid, whoever has signed it.
pub fn falls(state: FormState) -> bool {
    state != S::Voided
}

/// Who stands behind a place of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Staff of the center that issues it.
    Issuer,
    /// The manager of the center that issues it.
    Manager,
    /// The center that a matter, or its papers, go to.
    Receiver,
    /// The center or department that a letter or an order is addressed to.
    Addressee,
    /// Who decides an arbitration, and so issues its decision.
    Decider,
    /// A side of an arbitration: each has a numbered place of its own.
    Party,
    /// The applicant.
    Applicant,
    /// Whoever was there.
    Witness,
}

impl Side {
    /// What it is called where nobody shall be named.
    pub fn label(self) -> &'static str {
        match self {
            Issuer => "出具方",
            Manager => "出具方负责人",
            Receiver => "接收方",
            Addressee => "主送方",
            Decider => "决定方",
            Party => "争议方",
            Applicant => "申请人",
            Witness => "见证人",
        }
    }
}

/// How a place is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// With an account of one's own, or the applicant's link.
    Own,
    /// Signed on paper; staff record it, with evidence.
    Recorded,
}

/// Whose each place of each kind is. A place that ends in `_` stands for as many as there are parties.
pub const PLACES: &[(FormKind, &[(&str, Side)])] = &[
    (K::Application, &[("applicant", Applicant), ("center", Issuer)]),
    (K::Receipt, &[("center", Issuer), ("applicant", Applicant)]),
    (K::Agreement, &[("applicant", Applicant), ("center", Issuer)]),
    (K::Amendment, &[("applicant", Applicant), ("center", Issuer)]),
    (K::Plan, &[("applicant", Applicant), ("center", Issuer)]),
    (K::OneTimeNotice, &[("issuer", Issuer), ("recipient", Applicant)]),
    (K::DeferralNotice, &[("issuer", Issuer), ("applicant", Applicant)]),
    (K::Transfer, &[("sender", Issuer), ("receiver", Receiver)]),
    (K::HandOverList, &[("giver", Issuer), ("taker", Receiver)]),
    (K::JointRequest, &[("issuer", Issuer), ("receiver", Addressee)]),
    (K::ArbitrationDecision, &[("issuer", Decider), ("recipient_", Party)]),
    (K::Suspension, &[("issuer", Issuer), ("recipient", Applicant)]),
    (K::Resumption, &[("issuer", Issuer), ("recipient", Applicant)]),
    (K::Extension, &[("issuer", Issuer), ("recipient", Applicant)]),
    (K::DeliveryReceipt, &[("recipient", Applicant), ("deliverer", Issuer), ("witness", Witness)]),
    (K::Completion, &[("center", Issuer), ("applicant", Applicant)]),
    // Signed by both while it is still open; sealed and received where it is drawn up after the end.
    (K::Termination, &[("center", Issuer), ("applicant", Applicant), ("issuer", Issuer), ("recipient", Applicant), ("manager", Manager)]),
    (K::Supervision, &[("issuer", Issuer), ("recipient", Addressee), ("reply", Addressee)]),
    (K::TicketApplication, &[("applicant_", Applicant), ("center", Issuer)]),
    (K::TicketRecord, &[("recorder", Issuer), ("manager", Manager)]),
    // Whoever signs the sheet, or the reply to it, has signed the form.
    (K::AssignmentSheet, &[("leader", Manager)]),
    (K::AssignmentReply, &[("leader", Manager), ("responsible", Addressee), ("applicant_", Applicant)]),
    (K::BatchList, &[("issuer", Issuer)]),
    (K::RegisterRecord, &[("recorder", Issuer), ("manager", Manager)]),
    (K::TriageList, &[("recorder", Issuer), ("manager", Manager)]),
    (K::MonthlyReport, &[("recorder", Issuer), ("manager", Manager)]),
];

/// Who signs whose place. Nobody signs for another side: an applicant's paper signature is recorded, not given.
pub const SIGNS: &[(Side, Side, Signing)] = &[
    (Issuer, Issuer, Own),
    (Manager, Manager, Own),
    (Receiver, Receiver, Own),
    (Addressee, Addressee, Own),
    (Decider, Decider, Own),
    (Party, Party, Own),
    (Applicant, Applicant, Own),
    (Issuer, Applicant, Recorded),
    (Issuer, Witness, Recorded),
];

/// Whose a place is.
pub fn side_of(kind: FormKind, place: &str) -> Option<Side> {
    let (_, places) = PLACES.iter().find(|(k, _)| *k == kind)?;
    let named = |name: &str| if name.ends_with('_') { place.strip_prefix(name).is_some_and(|n| n.parse::<usize>().is_ok()) } else { place == name };
    places.iter().find(|(name, _)| named(name)).map(|(_, side)| *side)
}

/// How somebody who stands on these sides signs a place of that side; none: they do not.
pub fn signing(standing: &[Side], place: Side) -> Option<Signing> {
    let of = |how: Signing| SIGNS.iter().any(|(who, whose, by)| *whose == place && *by == how && standing.contains(who));
    [Own, Recorded].into_iter().find(|how| of(*how))
}

/// Places that wait until something is answered or recorded, with what is missing: nobody signs a blank.
pub const WAITS: &[(FormKind, &[&str], &str)] = &[
    (K::Transfer, &["receiver"], "转入单位尚未答复，接收之后才能签署回执。"),
    (K::HandOverList, &["taker"], "转入单位尚未接收本件，接收之后才能签收资料。"),
    (K::JointRequest, &["receiver"], "主送单位尚未函复，同意之后才能签署回执。"),
    (K::DeliveryReceipt, &["recipient", "witness"], "尚未登记送达方式和日期，不能签署空白的回证；请先登记出件，或者由送达人签署时写明。"),
];

/// The states of a matter in which a form still makes sense.
pub const TIMES: &[(FormKind, &[Matter])] = &[
    (K::Application, SERVED),
    (K::Receipt, SERVED),
    (K::Agreement, ACCEPTED),
    (K::Amendment, ACCEPTED),
    (K::Plan, ACCEPTED),
    (K::OneTimeNotice, SERVED),
    (K::DeferralNotice, SERVED),
    (K::Transfer, OPEN),
    (K::HandOverList, OPEN),
    (K::JointRequest, OPEN),
    (K::ArbitrationDecision, OPEN),
    (K::Suspension, &[Matter::Suspended]),
    (K::Resumption, ACCEPTED),
    (K::Extension, ACCEPTED),
    (K::DeliveryReceipt, RESULT),
    (K::Completion, RESULT),
    (K::Termination, &[Matter::Terminating, Matter::Terminated]),
    (K::Supervision, OPEN),
];

const ACCEPTED: &[Matter] = &[Matter::Accepted, Matter::InProgress, Matter::Suspended];
const SERVED: &[Matter] = &[Matter::Submitted, Matter::CorrectionRequired, Matter::Accepted, Matter::InProgress, Matter::Suspended];
const RESULT: &[Matter] = &[Matter::Completed, Matter::Unclaimed, Matter::Closed];
const OPEN: &[Matter] = &[
    Matter::Submitted,
    Matter::CorrectionRequired,
    Matter::Accepted,
    Matter::InProgress,
    Matter::Suspended,
    Matter::Completed,
    Matter::Unclaimed,
    Matter::Terminating,
];

/// The states in which what a form says is over, but on record: it is still drawn up, as a copy 补制件 with its own date.
pub const COPIES: &[(FormKind, &[Matter])] = &[(K::Application, PAST), (K::Receipt, PAST), (K::Agreement, ENDING), (K::Amendment, ENDING), (K::Plan, ENDING)];

const ENDING: &[Matter] = &[Matter::Completed, Matter::Unclaimed, Matter::Closed, Matter::Terminating, Matter::Terminated];
const PAST: &[Matter] =
    &[Matter::Completed, Matter::Unclaimed, Matter::Closed, Matter::Terminating, Matter::Terminated, Matter::Rejected, Matter::Withdrawn, Matter::Lapsed];

fn within(table: &[(FormKind, &[Matter])], kind: FormKind, state: Matter) -> bool {
    table.iter().any(|(k, states)| *k == kind && states.contains(&state))
}

/// Whether a form of this kind makes sense while the matter is in this state.
pub fn timely(kind: FormKind, state: Matter) -> bool {
    within(TIMES, kind, state) || late(kind, state)
}

/// Whether it is drawn up after its time: a copy.
pub fn late(kind: FormKind, state: Matter) -> bool {
    within(COPIES, kind, state)
}

/// Why the record holds nothing that a form of this kind could say.
const LACKS: &[(FormKind, &str)] = &[
    (K::Agreement, "本件没有拟定代办委托协议"),
    (K::Amendment, "本件没有对已签协议的变更：原协议签订之后须另行拟定"),
    (K::Plan, "本件没有制定代办计划"),
    (K::OneTimeNotice, "本件没有作出一次性告知"),
    (K::DeferralNotice, "本件没有容缺的材料"),
    (K::Transfer, "本件没有待答复或者已接收的转办"),
    (K::HandOverList, "本件没有待答复或者已接收的转办"),
    (K::JointRequest, "本件没有待答复、进行中或者已完成的联办"),
    (K::ArbitrationDecision, "本件没有已经作出的指定办理决定"),
    (K::Suspension, "本件没有中止"),
    (K::Resumption, "本件没有续办"),
    (K::Extension, "本件没有准予的延期"),
    (K::DeliveryReceipt, "本件没有登记可以送达的结果文书"),
    (K::Completion, "本件没有办结"),
    (K::Termination, "本件没有提出终止"),
    (K::Supervision, "本件没有催办"),
];

/// What a form is drawn up from, beside the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The matter alone.
    Matter,
    /// A transfer.
    Transfer,
    /// A joint handling.
    JointHandling,
    /// A decided arbitration.
    Arbitration,
    /// A reminder.
    Reminder,
    /// A fallback ticket, and no matter.
    Ticket,
    /// An assignment sheet of one.
    Sheet,
    /// A batch of them.
    Batch,
    /// The register of a center.
    Register,
}

impl About {
    /// The kind of that record; none: the matter itself.
    pub fn record_kind(self) -> Option<&'static str> {
        match self {
            Self::Matter => None,
            Self::Transfer => Some("transfer"),
            Self::JointHandling => Some("joint_handling"),
            Self::Arbitration => Some("arbitration"),
            Self::Reminder => Some("reminder"),
            Self::Ticket => Some("fallback_ticket"),
            Self::Sheet => Some("assignment_sheet"),
            Self::Batch => Some("ticket_batch"),
            Self::Register => Some("center"),
        }
    }

    /// It hangs on no matter.
    pub fn is_fallback(self) -> bool {
        matches!(self, Self::Ticket | Self::Sheet | Self::Batch | Self::Register)
    }

    /// What its forms are listed with.
    pub fn root(self) -> &'static str {
        match self {
            Self::Ticket | Self::Sheet => "ticket_id",
            Self::Batch => "batch_id",
            Self::Register => "center_id",
            _ => "entrustment_id",
        }
    }
}

impl FormKind {
    /// What it is drawn up from.
    pub fn about(self) -> About {
        match self {
            K::Transfer | K::HandOverList => About::Transfer,
            K::JointRequest => About::JointHandling,
            K::ArbitrationDecision => About::Arbitration,
            K::Supervision => About::Reminder,
            K::TicketApplication | K::TicketRecord => About::Ticket,
            K::AssignmentSheet | K::AssignmentReply => About::Sheet,
            K::BatchList => About::Batch,
            K::RegisterRecord | K::TriageList | K::MonthlyReport => About::Register,
            _ => About::Matter,
        }
    }

    /// Between units of the administration: no applicant reads it. Of a transfer slip the applicant has a copy.
    pub fn internal(self) -> bool {
        self.about() != About::Matter && self != K::Transfer
    }

    /// Whether signing this place is signing the matter: the agreement, the result, the end.
    pub fn binds(self, place: &str) -> bool {
        matches!(self, K::Agreement | K::Amendment | K::Completion | K::Termination) && matches!(place, "applicant" | "center")
    }
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .action.code(), .state.code())]
    State {
        /// Asked.
        action: FormAction,
        /// Present.
        state: FormState,
    },
    /// The record does not hold yet what the form says.
    #[error("the matter has nothing that a {} could say", .0.code())]
    NotDue(FormKind),
    /// Not in this state of the matter.
    #[error("no {} while the matter is {}", .0.code(), .1.code())]
    Untimely(FormKind, Matter),
    /// What it would say did not come about, or holds no more.
    #[error("what a {} would say does not stand", .0.code())]
    Fallen(FormKind, &'static str),
    /// A signed agreement is amended, and not made afresh by another center.
    #[error("an agreement is signed: it is amended")]
    Amend,
    /// Nobody signs a blank.
    #[error("what a {} says here is not known yet", .0.code())]
    Waits(FormKind),
    /// Somebody has signed this place.
    #[error("this place is signed")]
    PlaceTaken,
    /// The agreement, completion or termination that it carries is no longer the present one, or waits for nobody's signature.
    #[error("what it carries is not to be signed now")]
    NotToBeSigned,
    /// One act has one valid form.
    #[error("{} was issued as {}", .0.code(), .1)]
    Issued(FormKind, String),
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }
    fn zh(&self) -> String {
        match self {
            Self::State { action, state } => format!("文书当前为“{}”，不能{}。", state.label(), action.label()),
            Self::NotDue(kind) => {
                let why = LACKS.iter().find(|(k, _)| k == kind).map_or("本件没有相应的记录", |(_, why)| *why);
                format!("{why}，不能出具“{}”。", kind.label())
            }
            Self::Untimely(kind, state) => {
                let states = TIMES.iter().chain(COPIES).filter(|(k, _)| k == kind).flat_map(|(_, states)| states.iter());
                let labels: Vec<&str> = states.map(|s| s.label()).collect();
                format!("本件当前为“{}”；“{}”只在下列状态出具：{}。", state.label(), kind.label(), labels.join("、"))
            }
            Self::Fallen(kind, why) => format!("{why}，不能出具“{}”。", kind.label()),
            Self::Amend => "本件已签有代办委托协议，承接的中心不重新订立，须拟定并出具“变更协议”。".into(),
            Self::Waits(kind) => WAITS.iter().find(|(k, ..)| k == kind).map_or("该处尚不能签署。", |(_, _, why)| *why).into(),
            Self::PlaceTaken => "该处已经签署，签署后不能更改。".into(),
            Self::NotToBeSigned => "文书所载的协议、办结或者终止已有变化，或者目前不需要该处签署。".into(),
            Self::Issued(kind, number) => format!("“{}”已经出具（文号 {number}），可以直接打印；作废后才能重新出具。", kind.label()),
        }
    }
}

/// Whether an action is possible in a state.
pub fn permits(state: FormState, action: FormAction) -> Result<(), Refusal> {
    let row = TABLE.iter().find(|(a, from)| *a == action && from.contains(&state));
    row.map(|_| ()).ok_or(Refusal::State { action, state })
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
