//! What is told, and how it is put where a place has not said it otherwise.

use super::model::{NoticeChannel, NoticeContent};
use crate::{db::code_enum, kernel::Code as _};

code_enum! {
    /// What a notice is about.
    NoticeKind in "notice-kinds" {
        MatterReceived "matter_received" "收到申请",
        MatterAccepted "matter_accepted" "已受理",
        MatterRejected "matter_rejected" "未受理",
        CorrectionNeeded "correction_needed" "一次性告知",
        CorrectionReminder "correction_reminder" "催补材料",
        AgreementReady "agreement_ready" "协议待签",
        CustodyMoved "custody_moved" "接力办理",
        FeePayable "fee_payable" "缴费提示",
        MatterSuspended "matter_suspended" "中止办理",
        MatterResumed "matter_resumed" "恢复办理",
        ResultReady "result_ready" "办结待签收",
        MatterClosed "matter_closed" "已办结",
        MatterLapsed "matter_lapsed" "逾期未补正",
        TerminationToSign "termination_to_sign" "终止待签字",
        MatterTerminated "matter_terminated" "已终止",
        MatterWithdrawn "matter_withdrawn" "申请已撤回",
        ConsultationReceived "consultation_received" "咨询已登记",
        ConsultationAnswered "consultation_answered" "咨询已答复",
        ConsultationWithdrawn "consultation_withdrawn" "咨询已撤回",
        AppointmentBooked "appointment_booked" "预约成功",
        AppointmentMoved "appointment_moved" "预约已改期",
        AppointmentReminder "appointment_reminder" "预约提醒",
        AppointmentCancelled "appointment_cancelled" "预约已取消",
        VisitArranged "visit_arranged" "上门已安排",
        VisitCancelled "visit_cancelled" "上门已取消",
        SigningLink "signing_link" "签署链接",
        RatingOpen "rating_open" "请您评价",
        RatingAgain "rating_again" "请您再次评价",
        RatingReminder "rating_reminder" "评价提醒",
        RatingCode "rating_code" "评价验证码",
        TicketRegistered "ticket_registered" "反映已登记",
        TicketFeedback "ticket_feedback" "征求反馈",
        TicketCleared "ticket_cleared" "反映已销号",
        TicketMerged "ticket_merged" "反映合并办理",
        TicketUpheld "ticket_upheld" "反映已挂账",
        TicketInadmissible "ticket_inadmissible" "反映不予受理",
        TicketObjection "ticket_objection" "异议有结论",
        TicketWithdrawn "ticket_withdrawn" "反映已撤回",
        MatterAssigned "matter_assigned" "新分派的件",
        HotlineOrderReceived "hotline_order_received" "新派热线工单",
        HotlineOrderAssigned "hotline_order_assigned" "指定经办的热线工单",
        HotlineOrderNews "hotline_order_news" "热线工单有新情况",
        WebhookStopped "webhook_stopped" "事件推送已停",
    }
}

code_enum! {
    /// What a text may name, in braces.
    NoticeParameter in "notice-parameters" {
        Number "number" "编号",
        Title "title" "事项",
        Center "center" "中心",
        Due "due" "期限",
        Time "time" "时间",
        Link "link" "链接",
        Code "code" "验证码",
        Detail "detail" "事由",
    }
}

impl NoticeKind {
    /// The event of which it tells.
    pub fn of_event(kind: &str) -> Option<Self> {
        Some(match kind {
            "entrustment.submitted" => Self::MatterReceived,
            "entrustment.accepted" => Self::MatterAccepted,
            "entrustment.rejected" => Self::MatterRejected,
            "entrustment.one_time_notice" => Self::CorrectionNeeded,
            "entrustment.reminded" => Self::CorrectionReminder,
            "entrustment.agreement_drafted" => Self::AgreementReady,
            "entrustment.custody_moved" => Self::CustodyMoved,
            "entrustment.fee_recorded" => Self::FeePayable,
            "entrustment.suspended" => Self::MatterSuspended,
            "entrustment.resumed" | "entrustment.termination_cancelled" => Self::MatterResumed,
            "entrustment.completed" => Self::ResultReady,
            "entrustment.closed" => Self::MatterClosed,
            "entrustment.lapsed" => Self::MatterLapsed,
            "entrustment.termination_requested" => Self::TerminationToSign,
            "entrustment.terminated" => Self::MatterTerminated,
            "entrustment.withdrawn" => Self::MatterWithdrawn,
            "consultation.taken_in" => Self::ConsultationReceived,
            "consultation.answered" => Self::ConsultationAnswered,
            "consultation.withdrawn" => Self::ConsultationWithdrawn,
            "appointment.booked" => Self::AppointmentBooked,
            "appointment.rescheduled" => Self::AppointmentMoved,
            "appointment.reminder" => Self::AppointmentReminder,
            "appointment.cancelled" | "appointment.displaced" => Self::AppointmentCancelled,
            "home_visit.arranged" => Self::VisitArranged,
            "home_visit.cancelled" | "home_visit.declined" => Self::VisitCancelled,
            "entrustment.assigned" => Self::MatterAssigned,
            "form.link_sent" => Self::SigningLink,
            "evaluation.opened" | "evaluation.reopened" => Self::RatingOpen,
            "evaluation.reminded" => Self::RatingReminder,
            "fallback_ticket.registered" => Self::TicketRegistered,
            "fallback_ticket.feedback_asked" => Self::TicketFeedback,
            "fallback_ticket.cleared" => Self::TicketCleared,
            "fallback_ticket.merged" => Self::TicketMerged,
            "fallback_ticket.upheld" => Self::TicketUpheld,
            "fallback_ticket.inadmissible" => Self::TicketInadmissible,
            "fallback_ticket.objection_upheld" | "fallback_ticket.objection_dismissed" => Self::TicketObjection,
            "fallback_ticket.withdrawn" | "fallback_ticket.caller_withdrawn" => Self::TicketWithdrawn,
            "hotline_order.received" | "hotline_order.dispatched" | "hotline_order.redispatched" => Self::HotlineOrderReceived,
            "hotline_order.assigned" => Self::HotlineOrderAssigned,
            "hotline_order.urged"
            | "hotline_order.supervised"
            | "hotline_order.appended"
            | "hotline_order.return_denied"
            | "hotline_order.extension_granted"
            | "hotline_order.extension_denied"
            | "hotline_order.suspended"
            | "hotline_order.resumed"
            | "hotline_order.sent_back"
            | "hotline_order.rehandled"
            | "hotline_order.revoked" => Self::HotlineOrderNews,
            "webhook.paused" | "webhook.disabled" => Self::WebhookStopped,
            _ => return None,
        })
    }

    /// Goes at once, also at night: somebody waits for it.
    pub fn is_urgent(self) -> bool {
        matches!(self, Self::RatingCode | Self::SigningLink)
    }

    /// Holds what opens something: staff do not read it.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::RatingCode | Self::SigningLink | Self::RatingOpen | Self::RatingAgain | Self::RatingReminder)
    }

    /// What its text may name.
    pub fn parameters(self) -> &'static [NoticeParameter] {
        use NoticeParameter as P;
        match self {
            Self::RatingCode => &[P::Number, P::Title, P::Code, P::Due],
            Self::SigningLink | Self::RatingOpen | Self::RatingAgain | Self::RatingReminder => &[P::Number, P::Title, P::Center, P::Link, P::Due],
            Self::WebhookStopped => &[P::Title, P::Detail],
            Self::AppointmentBooked | Self::AppointmentMoved | Self::AppointmentReminder | Self::AppointmentCancelled | Self::VisitArranged => {
                &[P::Number, P::Title, P::Center, P::Detail, P::Time]
            }
            Self::CorrectionNeeded | Self::CorrectionReminder | Self::ResultReady => &[P::Number, P::Title, P::Center, P::Detail, P::Due],
            _ => &[P::Number, P::Title, P::Center, P::Detail],
        }
    }

    /// How it is put unless a place says it otherwise.
    pub fn usual(self) -> NoticeContent {
        let text = match self {
            Self::MatterReceived => "{center}已收到您的“{title}”申请，编号{number}，可凭编号和手机尾号查询进度。",
            Self::MatterAccepted => "您的“{title}”（{number}）已由{center}受理，全程免费帮办代办。",
            Self::MatterRejected => "您的“{title}”（{number}）未能受理。{detail}如有疑问请联系{center}。",
            Self::CorrectionNeeded => "您的“{title}”（{number}）还需补充内容，请在{due}前一次补齐，详见办件进度。",
            Self::CorrectionReminder => "提醒您：“{title}”（{number}）仍有材料待补，请尽快补齐。",
            Self::AgreementReady => "“{title}”（{number}）的委托协议已拟好，请阅读并签订。代办不收取任何费用。",
            Self::CustodyMoved => "“{title}”（{number}）现由{center}接力办理，您无须另行跑动。",
            Self::FeePayable => "“{title}”（{number}）有法定费用待您直接缴纳。{detail}",
            Self::MatterSuspended => "“{title}”（{number}）暂时中止办理。{detail}",
            Self::MatterResumed => "“{title}”（{number}）已恢复办理。",
            Self::ResultReady => "“{title}”（{number}）已办结，请核对结果并签收。",
            Self::MatterClosed => "“{title}”（{number}）已签收办结，感谢您的配合。",
            Self::MatterLapsed => "“{title}”（{number}）逾期未补正，本次申请已失效。如仍需办理，可重新申请。",
            Self::TerminationToSign => "“{title}”（{number}）已提出终止。{detail}请核对后签字，有疑问请联系{center}。",
            Self::MatterTerminated => "“{title}”（{number}）的委托已终止。{detail}如仍需办理，可重新申请。",
            Self::MatterWithdrawn => "“{title}”（{number}）已撤回。不是您本人意愿的，请联系{center}。",
            Self::ConsultationReceived => "{center}已登记您的咨询，编号{number}，答复后告知您。",
            Self::ConsultationAnswered => "{center}已答复您的咨询（{number}），请查看；仍有疑问的，可再次咨询。",
            Self::AppointmentBooked => "您已预约{center}“{title}”，时间{time}，编号{number}，请按时到场；不能前来的请提前取消。",
            Self::ConsultationWithdrawn => "您的咨询（{number}）已撤回。不是您本人意愿的，请联系{center}。",
            Self::AppointmentMoved => "您预约的{center}“{title}”（{number}）已改到{time}，请按时到场；不能前来的请提前取消。",
            Self::AppointmentReminder => "提醒您：您预约了{time}到{center}“{title}”（{number}），不能前来的请提前取消。",
            Self::AppointmentCancelled => "您预约的{time}{center}“{title}”（{number}）已取消。{detail}",
            Self::VisitArranged => "{center}将于{time}上门服务（{number}），请保持电话畅通。",
            Self::VisitCancelled => "您申请的上门服务（{number}）{detail}，有疑问请联系{center}。",
            Self::SigningLink => "“{title}”（{number}）有文书请您阅读签署：{link}，签署码由工作人员当面或电话告知，请勿转发。",
            Self::RatingOpen => "“{title}”（{number}）已结束，请为{center}的服务评价：{link}",
            Self::RatingAgain => "您对“{title}”（{number}）的评价已整改回复，请为{center}的整改再评价一次：{link}",
            Self::RatingReminder => "“{title}”（{number}）的评价将于{due}截止：{link}",
            Self::RatingCode => "您正在评价“{title}”（{number}），验证码{code}，{due}前有效，请勿告诉他人。",
            Self::TicketRegistered => "您反映的问题已登记（{number}），由{center}办理。",
            Self::TicketFeedback => "您反映的问题（{number}）已有办理结果，请告诉我们是否满意。",
            Self::TicketCleared => "您反映的问题（{number}）已按您的反馈销号，感谢您的监督。",
            Self::TicketMerged => "您反映的问题（{number}）已与{detail}合并办理，仍会征求您本人的意见。",
            Self::TicketUpheld => "您反映的问题（{number}）目前不能解决，已挂账。{detail}{center}将定期复核，具备条件时重新办理。",
            Self::TicketInadmissible => "您反映的问题（{number}）不予受理。{detail}有异议的，可以向{center}提出一次。",
            Self::TicketObjection => "您就不予受理（{number}）提出的异议{detail}。",
            Self::TicketWithdrawn => "您反映的问题（{number}）已撤回。不是您本人意愿的，请联系{center}。",
            Self::MatterAssigned => "“{title}”（{number}）已分派给您办理。",
            Self::HotlineOrderReceived => "{center}收到{title}，编号{number}，请及时签收。",
            Self::HotlineOrderAssigned => "{title}（{number}）已指定由您经办。",
            Self::HotlineOrderNews => "{title}（{number}）：{detail}",
            Self::WebhookStopped => "事件推送“{title}”已自动停止。{detail}请与接收方核对后恢复；其间的事件恢复后补送。",
        };
        let channels = match self {
            Self::MatterAssigned | Self::HotlineOrderReceived | Self::HotlineOrderAssigned | Self::HotlineOrderNews | Self::WebhookStopped => {
                vec![NoticeChannel::InApp]
            }
            Self::RatingCode | Self::SigningLink => vec![NoticeChannel::Sms],
            _ => vec![NoticeChannel::InApp, NoticeChannel::Sms],
        };
        NoticeContent { title: self.label().into(), text: text.into(), channels, sms_template: None, wechat_template: None }
    }
}
