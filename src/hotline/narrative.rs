//! Events of hotline orders in plain Chinese.

use serde_json::Value;

use crate::{clocks::ClockKind, kernel::Code as _};

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let day = |key: &str| text(key).get(..10).unwrap_or_default().to_owned();
    let number = |key: &str| params.get(key).and_then(Value::as_i64).unwrap_or_default();
    let clock = || ClockKind::parse(text("clock")).map_or("时限", ClockKind::label);
    let yes = |key: &str| params.get(key).and_then(Value::as_bool);
    match kind {
        "hotline_order.received" if yes("dispatched") == Some(true) => format!("接收热线工单{}，由{}办理。", text("external_number"), text("center")),
        "hotline_order.received" => format!("接收热线工单{}，待分派。", text("external_number")),
        "hotline_order.amended" => "热线更新了工单内容。".into(),
        "hotline_order.dispatched" => format!("分派至{}。", text("center")),
        "hotline_order.signed" => format!("{}已签收。", text("center")),
        "hotline_order.classified" => format!("分类：{}。", text("why")),
        "hotline_order.opened" => format!("开出记录{}（{}）。", text("record_number"), text("why")),
        "hotline_order.record_ended" => format!("所开的记录{}状态已变化。", text("record_number")),
        "hotline_order.return_requested" => "承办中心申请退单，待热线审核。".into(),
        "hotline_order.redispatched" => format!("热线同意退单，改派至{}。", text("center")),
        "hotline_order.return_denied" => "热线不同意退单。".into(),
        "hotline_order.extension_requested" => format!("承办中心申请延期 {} 天，待热线审核。", number("days")),
        "hotline_order.extension_granted" => format!("热线同意延期，于{}前办结。", day("due_at")),
        "hotline_order.extension_denied" => "热线不同意延期。".into(),
        "hotline_order.suspended" => "热线将工单挂起。".into(),
        "hotline_order.resumed" => "工单恢复办理。".into(),
        "hotline_order.assigned" => format!("指定{}经办。", text("post")),
        "hotline_order.sub_assigned" => format!("派发{}，于{}前办结。", text("department"), day("due_at")),
        "hotline_order.sub_answered" => format!("{}已办结。", text("department")),
        "hotline_order.replied_interim" => "承办中心作了阶段性回复。".into(),
        "hotline_order.replied" => "承办中心已办结回复。".into(),
        "hotline_order.taken_up" => "热线开始审核。".into(),
        "hotline_order.passed" => "热线审核通过，待回访。".into(),
        "hotline_order.sent_back" => "热线审核未通过，退回继续办理。".into(),
        "hotline_order.visited" if yes("contacted") == Some(false) => "热线回访，未联系上诉求人。".into(),
        "hotline_order.visited" => {
            let said = |key: &str, yes_words: &str, no_words: &str| match yes(key) {
                Some(true) => yes_words.to_owned(),
                Some(false) => no_words.to_owned(),
                None => String::new(),
            };
            format!("热线回访：{}{}。", said("resolved", "已解决，", "未解决，"), said("satisfied", "满意", "不满意"))
        }
        "hotline_order.rehandled" => format!("重办，进入第 {} 轮办理。", number("to_round")),
        "hotline_order.archived" => "热线已归档。".into(),
        "hotline_order.urged" => format!("热线第 {} 次催办。", number("times")),
        "hotline_order.supervised" => "热线督办。".into(),
        "hotline_order.appended" => "诉求人追加了情况。".into(),
        "hotline_order.merged" => format!("并入工单{}。", text("into")),
        "hotline_order.absorbed" => format!("工单{}并入。", text("from")),
        "hotline_order.target_ended" if yes("open") == Some(true) => format!("所并入的工单{}重新办理。", text("into")),
        "hotline_order.target_ended" => format!("所并入的工单{}已办结。", text("into")),
        "hotline_order.revoked" => "热线撤单。".into(),
        "hotline_order.appealed" => "承办中心申请剔除考核。".into(),
        "hotline_order.appeal_approved" => "热线同意剔除考核。".into(),
        "hotline_order.appeal_refused" => "热线不同意剔除考核。".into(),
        "hotline_order.revealed" => "查看了诉求人信息。".into(),
        "clock.warning" => format!("{}将到，应于{}前完成。", clock(), day("due_at")),
        "clock.breach" => format!("已超{}。", clock()),
        "clock.recomputed" => format!("放假安排变化，{}已重新计算。", clock()),
        other => other.to_owned(),
    }
}
