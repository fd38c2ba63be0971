//! The ledgers there are: each is a list, told again as a table. Who may read the list may export it, and nothing else.

use serde::Serialize;
use serde_json::Value;

use super::super::columns::{Column, Holds};
use crate::{
    appointments,
    auth::Actor,
    comments,
    db::{Result, Tx},
    entrustments, evaluations, follow_ups, hotline,
    http::{Expands, List, ListKind, shown::Shown},
    kernel::{ListQuery, Page, Problem},
    projects, reminders, return_visits,
    routing::{joint, transfers},
    sheets, supervision, tickets, visits,
};

/// A ledger.
pub struct Ledger {
    /// Code.
    pub code: &'static str,
    /// Title, and name of its file.
    pub title: &'static str,
    /// The resource of the policy table that its list reads.
    pub resource: &'static str,
    /// The list that it tells: where its filters are documented.
    pub list: &'static str,
    /// Reads the filters of a query string.
    pub query: fn(&str) -> std::result::Result<ListQuery, Problem>,
    /// A page of its records, as JSON.
    pub page: fn(&mut Tx, &Actor, &ListQuery) -> Result<Page<Value>>,
    /// Its columns.
    pub columns: &'static [Column],
}

/// The ledger of a code.
pub fn find(code: &str) -> Option<&'static Ledger> {
    LEDGERS.iter().find(|ledger| ledger.code == code)
}

fn query<K: ListKind>(text: &str) -> std::result::Result<ListQuery, Problem> {
    List::<K>::whole(text)
}

/// A page as JSON, with what `names` lead to beside the ids.
fn told<T: Serialize, R: Expands>(tx: &mut Tx, actor: &Actor, page: Page<T>, names: &[&str]) -> Result<Page<Value>> {
    let mut page = page.try_map(serde_json::to_value)?;
    Shown::expanding(names).apply(tx, actor, &mut page.items, R::RELATIONS)?;
    Ok(page)
}

const fn text(header: &'static str, at: &'static str, width: f64) -> Column {
    Column::new(header, at, width)
}

const fn time(header: &'static str, at: &'static str) -> Column {
    Column::new(header, at, 17.0).of(Holds::Time)
}

/// All of them.
pub static LEDGERS: &[Ledger] = &[
    Ledger {
        code: "entrustments",
        title: "帮办代办台账",
        resource: "entrustment",
        list: "/api/v1/entrustments",
        query: query::<entrustments::api::Entrustments>,
        page: |tx, actor, q| {
            let page = entrustments::list(tx, actor, q)?;
            told::<_, entrustments::api::InList>(tx, actor, page, &["item", "custodian", "assignee"])
        },
        columns: &[
            text("办件编号", "/number", 30.0),
            text("事项名称", "/title", 46.0),
            text("事项编码", "/item/code", 34.0),
            text("申请人", "/applicant_name", 30.0),
            text("状态", "/state_label", 12.0),
            text("帮办方式", "/mode_label", 12.0),
            text("收件渠道", "/channel_label", 14.0),
            text("区划代码", "/division_code", 14.0),
            text("责任中心", "/custodian/name", 30.0),
            text("承办专员岗位", "/assignee/title", 18.0),
            time("收件时间", "/created_at"),
            time("时限", "/due_at"),
            time("更新时间", "/updated_at"),
        ],
    },
    Ledger {
        code: "hotline_orders",
        title: "热线工单台账",
        resource: "hotline_order",
        list: "/api/v1/hotline/orders",
        query: query::<hotline::api::Orders>,
        page: |tx, actor, q| {
            let page = hotline::list(tx, actor, q)?;
            told::<_, hotline::api::OfOrder>(tx, actor, page, &[])
        },
        columns: &[
            text("工单编号", "/number", 30.0),
            text("热线编号", "/external_number", 24.0),
            text("类型", "/order_type_label", 10.0),
            text("分类", "/category", 20.0),
            text("紧急程度", "/urgency_label", 10.0),
            text("来电渠道", "/channel_label", 12.0),
            text("处置方式", "/disposal_label", 10.0),
            text("承办中心", "/center/name", 30.0),
            text("状态", "/state_label", 12.0),
            text("轮次", "/round", 8.0).of(Holds::Number),
            text("退单次数", "/return_count", 10.0).of(Holds::Number),
            text("延期次数", "/extension_count", 10.0).of(Holds::Number),
            text("催办次数", "/reminder_count", 10.0).of(Holds::Number),
            text("督办", "/supervised", 8.0).of(Holds::Flag),
            text("响应", "/responded", 8.0).of(Holds::Flag),
            text("解决", "/resolved", 8.0).of(Holds::Flag),
            text("对承办单位满意度", "/department_satisfaction_label", 18.0),
            text("对热线满意度", "/hotline_satisfaction_label", 16.0),
            time("接收时间", "/created_at"),
            time("时限", "/due_at"),
            time("签收时间", "/signed_at"),
            time("办结回复时间", "/replied_at"),
        ],
    },
    Ledger {
        code: "transfers",
        title: "转办台账",
        resource: "transfer",
        list: "/api/v1/transfers",
        query: query::<transfers::api::Transfers>,
        page: |tx, actor, q| {
            let page = transfers::list(tx, actor, q)?;
            told::<_, transfers::api::OfTransfer>(tx, actor, page, &["entrustment"])
        },
        columns: &[
            text("转办编号", "/number", 30.0),
            text("办件编号", "/entrustment/number", 30.0),
            text("事项名称", "/entrustment/title", 46.0),
            text("状态", "/state_label", 12.0),
            text("转出中心", "/from/name", 30.0),
            text("接收中心", "/to/name", 30.0),
            text("转办理由", "/reason", 40.0),
            text("退回理由", "/return_reason", 40.0),
            text("移交材料件数", "/papers", 14.0).of(Holds::Count),
            text("申请人同意", "/applicant_consent", 12.0).of(Holds::Flag),
            time("转办时间", "/created_at"),
            time("答复时限", "/due_at"),
            time("答复时间", "/answered_at"),
        ],
    },
    Ledger {
        code: "joint_handlings",
        title: "联办台账",
        resource: "joint_handling",
        list: "/api/v1/joint-handlings",
        query: query::<joint::api::JointHandlings>,
        page: |tx, actor, q| {
            let page = joint::list(tx, actor, q)?;
            told::<_, joint::api::OfJoint>(tx, actor, page, &["entrustment"])
        },
        columns: &[
            text("联办编号", "/number", 30.0),
            text("办件编号", "/entrustment/number", 30.0),
            text("事项名称", "/entrustment/title", 46.0),
            text("状态", "/state_label", 12.0),
            text("发起中心", "/from/name", 30.0),
            text("联办中心", "/to/name", 30.0),
            text("联办部门", "/department", 26.0),
            text("承担步骤", "/steps", 20.0),
            text("办结期限", "/due_on", 12.0).of(Holds::Day),
            time("发起时间", "/created_at"),
            time("答复时间", "/answered_at"),
            time("了结时间", "/ended_at"),
        ],
    },
    Ledger {
        code: "evaluations",
        title: "好差评台账",
        resource: "evaluation",
        list: "/api/v1/evaluations",
        query: query::<evaluations::api::Evaluations>,
        page: |tx, actor, q| {
            let page = evaluations::list(tx, actor, q)?;
            told::<_, evaluations::api::OfEvaluation>(tx, actor, page, &["center", "staff"])
        },
        columns: &[
            text("办件编号", "/number", 30.0),
            text("事项名称", "/title", 46.0),
            text("被评价中心", "/center/name", 30.0),
            text("被评价人岗位", "/staff/title", 18.0),
            text("轮次", "/round", 8.0).of(Holds::Number),
            text("状态", "/state_label", 12.0),
            text("等级", "/grade_label", 12.0),
            text("评价的是", "/record_kind_label", 16.0),
            text("评价渠道", "/channel_label", 12.0),
            text("系统默认", "/is_default", 10.0).of(Holds::Flag),
            text("申诉剔除", "/is_excluded", 10.0).of(Holds::Flag),
            text("实名", "/is_named", 8.0).of(Holds::Flag),
            time("评价时间", "/rated_at"),
            time("评价期限", "/due_at"),
        ],
    },
    Ledger {
        code: "service_occasions",
        title: "服务事件台账",
        resource: "service_occasion",
        list: "/api/v1/service-occasions",
        query: query::<evaluations::occasions::api::Occasions>,
        page: |tx, actor, q| {
            let page = evaluations::occasions::list(tx, actor, q)?;
            told::<_, evaluations::occasions::api::OfOccasion>(tx, actor, page, &["center", "staff"])
        },
        columns: &[
            text("编号", "/number", 30.0),
            text("服务编号", "/service_no", 24.0),
            text("服务类型", "/kind_label", 12.0),
            text("事项名称", "/title", 46.0),
            text("服务中心", "/center/name", 30.0),
            text("服务人员岗位", "/staff/title", 18.0),
            text("匿名", "/is_anonymous", 8.0).of(Holds::Flag),
            text("联系人", "/contact_name", 12.0).of(Holds::Person),
            text("联系电话", "/contact_phone", 16.0).of(Holds::Phone),
            text("评价状态", "/evaluation_state_label", 12.0),
            time("服务时间", "/served_at"),
            time("评价期限", "/due_at"),
            time("登记时间", "/created_at"),
        ],
    },
    // What was said with a bad grade is for who follows it up: the register as a table has none of it.
    Ledger {
        code: "follow_ups",
        title: "差评整改台账",
        resource: "follow_up",
        list: "/api/v1/follow-ups",
        query: query::<follow_ups::api::FollowUps>,
        page: |tx, actor, q| Ok(follow_ups::list(tx, actor, q)?.try_map(serde_json::to_value)?),
        columns: &[
            text("整改编号", "/number", 30.0),
            text("所评件编号", "/record_number", 30.0),
            text("事项名称", "/title", 46.0),
            text("被评价中心", "/center/name", 30.0),
            text("等级", "/grade_label", 12.0),
            text("实名", "/is_named", 8.0).of(Holds::Flag),
            text("状态", "/state_label", 14.0),
            text("核实结果", "/verdict_label", 12.0),
            text("处理方式", "/measure_label", 12.0),
            text("复杂", "/is_complex", 8.0).of(Holds::Flag),
            text("联系次数", "/attempts", 10.0).of(Holds::Number),
            text("逾期", "/overdue", 8.0).of(Holds::Flag),
            time("发起时间", "/created_at"),
            time("时限", "/due_at"),
            time("了结时间", "/closed_at"),
        ],
    },
    Ledger {
        code: "open_comments",
        title: "开放评论台账",
        resource: "open_comment",
        list: "/api/v1/open-comments",
        query: query::<comments::api::Comments>,
        page: |tx, actor, q| Ok(comments::list(tx, actor, q)?.try_map(serde_json::to_value)?),
        columns: &[
            text("所评件编号", "/number", 30.0),
            text("来源", "/source_label", 12.0),
            text("事项名称", "/title", 46.0),
            text("被评价中心", "/center/name", 30.0),
            text("等级", "/grade_label", 12.0),
            text("评论（已去除个人信息）", "/text", 60.0),
            text("问题标签", "/tag_labels", 30.0),
            text("本地标签", "/labels", 20.0),
            text("人工标注", "/is_reviewed", 10.0).of(Holds::Flag),
            time("评价时间", "/rated_at"),
        ],
    },
    Ledger {
        code: "supervisions",
        title: "督办台账",
        resource: "supervision",
        list: "/api/v1/supervisions",
        query: query::<supervision::api::Supervisions>,
        page: |tx, actor, q| Ok(supervision::list(tx, actor, q)?.try_map(serde_json::to_value)?),
        columns: &[
            text("督办编号", "/number", 30.0),
            text("被督办单位", "/to", 30.0),
            text("督办原因", "/reason_label", 18.0),
            text("督办事项", "/matter", 46.0),
            text("所督办件", "/about_number", 30.0),
            text("状态", "/state_label", 12.0),
            text("退回次数", "/sent_back", 10.0).of(Holds::Number),
            text("延期次数", "/extensions", 10.0).of(Holds::Number),
            text("逾期", "/late", 8.0).of(Holds::Flag),
            time("发出时间", "/created_at"),
            time("时限", "/due_at"),
            time("反馈时间", "/answered_at"),
            time("办结时间", "/closed_at"),
        ],
    },
    Ledger {
        code: "reminders",
        title: "催办台账",
        resource: "reminder",
        list: "/api/v1/reminders",
        query: query::<reminders::api::Reminders>,
        page: |tx, actor, q| {
            let page = reminders::list(tx, actor, q)?;
            told::<_, reminders::api::OfReminder>(tx, actor, page, &["entrustment"])
        },
        columns: &[
            text("催办编号", "/number", 30.0),
            text("办件编号", "/entrustment/number", 30.0),
            text("催办对象", "/about_label", 14.0),
            text("催办事由", "/subject", 40.0),
            text("被催办方", "/to", 30.0),
            text("状态", "/state_label", 12.0),
            text("逾期", "/overdue", 8.0).of(Holds::Flag),
            time("催办时间", "/created_at"),
            time("答复时限", "/due_at"),
            time("答复时间", "/answered_at"),
        ],
    },
    Ledger {
        code: "appointments",
        title: "预约台账",
        resource: "appointment",
        list: "/api/v1/appointments",
        query: query::<appointments::api::Appointments>,
        page: |tx, actor, q| {
            let page = appointments::list(tx, actor, q)?;
            told::<_, appointments::api::OfAppointment>(tx, actor, page, &["center"])
        },
        columns: &[
            text("预约编号", "/number", 30.0),
            text("中心", "/center/name", 30.0),
            text("窗口", "/window_name", 20.0),
            text("状态", "/state_label", 12.0),
            text("渠道", "/channel_label", 14.0),
            text("联系人", "/contact_name", 12.0).of(Holds::Person),
            text("联系电话", "/contact_phone", 16.0).of(Holds::Phone),
            time("开始", "/start"),
            time("结束", "/end"),
        ],
    },
    Ledger {
        code: "home_visits",
        title: "上门服务台账",
        resource: "home_visit",
        list: "/api/v1/home-visits",
        query: query::<visits::api::Visits>,
        page: |tx, actor, q| {
            let page = visits::list(tx, actor, q)?;
            told::<_, visits::api::OfVisit>(tx, actor, page, &["center"])
        },
        columns: &[
            text("编号", "/number", 30.0),
            text("中心", "/center/name", 30.0),
            text("状态", "/state_label", 12.0),
            text("服务对象", "/reason_label", 24.0),
            text("联系人", "/contact_name", 12.0).of(Holds::Person),
            text("联系电话", "/contact_phone", 16.0).of(Holds::Phone),
            text("地址", "/address", 30.0).of(Holds::Address),
            time("约定开始", "/start"),
            time("约定结束", "/end"),
            time("上门时间", "/visited_at"),
        ],
    },
    // What was asked and answered may name somebody: the ledger has none of it.
    Ledger {
        code: "consultations",
        title: "咨询导办台账",
        resource: "consultation",
        list: "/api/v1/consultations",
        query: query::<crate::consultations::api::Consultations>,
        page: |tx, actor, q| {
            let page = crate::consultations::list(tx, actor, q)?;
            told::<_, crate::consultations::api::OfConsultation>(tx, actor, page, &["center"])
        },
        columns: &[
            text("编号", "/number", 30.0),
            text("收到日期", "/received_on", 12.0).of(Holds::Day),
            text("答复中心", "/center/name", 30.0),
            text("渠道", "/channel_label", 12.0),
            text("主题", "/theme_label", 16.0),
            text("状态", "/state_label", 12.0),
            text("联系人", "/contact_name", 12.0).of(Holds::Person),
            text("联系电话", "/contact_phone", 16.0).of(Holds::Phone),
            text("轮次", "/round", 8.0).of(Holds::Number),
            text("转办次数", "/hand_overs", 10.0).of(Holds::Number),
            text("转出编号", "/records/0/number", 30.0),
            text("逾期", "/overdue", 8.0).of(Holds::Flag),
            time("答复时限", "/due_at"),
            time("答复时间", "/answered_at"),
            time("办结时间", "/ended_at"),
        ],
    },
    // What people wrote of a ticket or a sheet may name somebody: the register as a table has none of it.
    Ledger {
        code: "fallback_tickets",
        title: "“办不成事”反映清单",
        resource: "fallback_ticket",
        list: "/api/v1/fallback-tickets",
        query: query::<tickets::api::Tickets>,
        page: |tx, actor, q| {
            let page = tickets::list(tx, actor, q)?;
            told::<_, tickets::api::OfTicket>(tx, actor, page, &["center", "entrustment"])
        },
        columns: &[
            text("编号", "/number", 30.0),
            text("登记日期", "/registered_on", 12.0).of(Holds::Day),
            text("受理中心", "/center/name", 30.0),
            text("渠道", "/channel_label", 14.0),
            text("类别", "/category_label", 40.0),
            text("分级", "/tier_label", 12.0),
            text("涉及部门", "/departments", 40.0),
            text("关联办件", "/entrustment/number", 30.0),
            text("状态", "/state_label", 16.0),
            text("紧急", "/urgent", 8.0).of(Holds::Flag),
            text("反映人数", "/callers_total", 10.0).of(Holds::Number),
            text("办理轮次", "/round", 10.0).of(Holds::Number),
            text("不满意次数", "/dissatisfied", 12.0).of(Holds::Number),
            text("退回次数", "/returns", 10.0).of(Holds::Number),
            text("改革办牵头", "/reform_led", 12.0).of(Holds::Flag),
            text("逾期", "/overdue", 8.0).of(Holds::Flag),
            time("分类时间", "/triaged_at"),
            time("当前时限", "/due_at"),
            time("销号时间", "/cleared_at"),
        ],
    },
    Ledger {
        code: "assignment_sheets",
        title: "交办单台账",
        resource: "assignment_sheet",
        list: "/api/v1/assignment-sheets",
        query: query::<sheets::api::Sheets>,
        page: |tx, actor, q| Ok(sheets::list(tx, actor, q)?.try_map(serde_json::to_value)?),
        columns: &[
            text("交办单编号", "/number", 30.0),
            text("反映问题编号", "/ticket_number", 30.0),
            text("牵头或协办", "/role_label", 12.0),
            text("承办部门", "/department/name", 30.0),
            text("交办中心", "/center/name", 30.0),
            text("状态", "/state_label", 14.0),
            text("不得退回", "/binding", 10.0).of(Holds::Flag),
            time("交办时间", "/issued_at"),
            time("签收时间", "/signed_in_at"),
            time("完成时限", "/due_at"),
            time("办复时间", "/replied_at"),
            text("办理结果", "/result_label", 16.0),
            text("逾期", "/overdue", 8.0).of(Holds::Flag),
            text("逾期办复", "/late", 10.0).of(Holds::Flag),
            text("逾期警示级数", "/rungs", 14.0).of(Holds::Count),
        ],
    },
    // What the caller said when they were called again is not the table's either.
    Ledger {
        code: "return_visits",
        title: "回访台账",
        resource: "return_visit",
        list: "/api/v1/return-visits",
        query: query::<return_visits::api::ReturnVisits>,
        page: |tx, actor, q| Ok(return_visits::list(tx, actor, q)?.try_map(serde_json::to_value)?),
        columns: &[
            text("回访编号", "/number", 30.0),
            text("反映问题编号", "/ticket_number", 30.0),
            text("办件编号", "/entrustment_number", 30.0),
            text("事项或问题", "/title", 46.0),
            text("中心", "/center/name", 30.0),
            text("回访缘由", "/reason_label", 14.0),
            text("轮次", "/round", 8.0).of(Holds::Number),
            text("状态", "/state_label", 12.0),
            text("联系人", "/name", 12.0).of(Holds::Person),
            text("联系电话", "/phone", 16.0).of(Holds::Phone),
            text("联系未果次数", "/attempts", 14.0).of(Holds::Number),
            text("响应", "/responded", 8.0).of(Holds::Flag),
            text("解决", "/resolved", 8.0).of(Holds::Flag),
            text("满意", "/satisfied", 8.0).of(Holds::Flag),
            time("回访期限", "/due_at"),
            time("回访时间", "/visited_at"),
        ],
    },
    Ledger {
        code: "projects",
        title: "项目台账",
        resource: "project",
        list: "/api/v1/projects",
        query: query::<projects::api::Projects>,
        page: |tx, actor, q| {
            let page = projects::list(tx, actor, q)?;
            told::<_, projects::api::OfProject>(tx, actor, page, &["center"])
        },
        columns: &[
            text("项目编号", "/number", 30.0),
            text("项目代码", "/code", 30.0),
            text("项目名称", "/name", 46.0),
            text("状态", "/state_label", 12.0),
            text("当前阶段", "/stage_label", 20.0),
            text("牵头中心", "/center/name", 30.0),
            text("投资额（万元）", "/investment", 16.0).of(Holds::Number),
            text("已用工作日", "/used_days", 12.0).of(Holds::Number),
            text("总时限（工作日）", "/cap_days", 16.0).of(Holds::Number),
            text("预计用时（工作日）", "/forecast_days", 18.0).of(Holds::Number),
            text("预警", "/warning_label", 12.0),
            time("立项时间", "/created_at"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sheet_names_fit() {
        for (at, ledger) in LEDGERS.iter().enumerate() {
            assert!(LEDGERS.iter().skip(at + 1).all(|other| other.code != ledger.code), "{}", ledger.code);
            assert!(ledger.title.chars().count() <= 31, "{}", ledger.title);
            assert!((ledger.query)("").is_ok() && (ledger.query)("nonsense=1").is_err(), "{}", ledger.code);
        }
    }
}
