//! Events of tickets in plain Chinese.

use serde_json::Value;

use crate::{clocks::ClockKind, entrustments, kernel::Code as _};

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let count = |key: &str| params.get(key).and_then(Value::as_i64).unwrap_or_default();
    let day = |key: &str| text(key).get(..10).unwrap_or_default().to_owned();
    let clock = || ClockKind::parse(text("clock")).map_or("时限", ClockKind::label);
    let led = params.get("reform_office").and_then(Value::as_bool) == Some(true);
    match kind.strip_prefix("fallback_ticket.").unwrap_or(kind) {
        "registered" => format!("{}登记了您通过{}反映的问题（{}）。", text("center"), text("channel"), text("number")),
        "edited" => "修改了登记内容。".into(),
        "triaged" => format!("已分类为{}问题。", text("tier")),
        "settled" => format!("{}已当场协调。", text("center")),
        "coordinating" => format!("定于{}召开部门协调会，{}个部门参加。", day("held_at"), count("departments")),
        "coordinated" if text("due_on").is_empty() => "部门协调会已有结果。".into(),
        "coordinated" => format!("部门协调会已有结果，应于{}前解决。", text("due_on")),
        "batched" => "已列入本月提请政府研究的批次。".into(),
        "unbatched" => "移出提请批次。".into(),
        "submitted" => "已提交政府研究。".into(),
        "decided" => "政府已研究决定。".into(),
        "assigned" => format!("已交{}办理，应于{}前办复。", text("department"), day("due_at")),
        "signed_in" => format!("{}已签收。", text("department")),
        "returned" if count("assisting") > 0 => {
            format!("{}退回交办（第{}次），{}份协办交办单同时撤销。", text("department"), count("returns"), count("assisting"))
        }
        "returned" => format!("{}退回交办（第{}次）。", text("department"), count("returns")),
        "replied" => format!("{}已办复。", text("department")),
        "sent_back" => format!("办复发回{}补办。", text("department")),
        "due_moved" => format!("办理时限调整至{}。", day("due_at")),
        "feedback_asked" => "正在征求您的意见。".into(),
        "feedback_satisfied" => format!("申请人表示满意（{}）。", text("way")),
        "feedback_dissatisfied" if led => format!("申请人表示不满意（{}），转由改革办牵头继续办理。", text("way")),
        "feedback_dissatisfied" => format!("申请人表示不满意（{}），继续办理。", text("way")),
        "cleared" => "申请人满意，予以销号。".into(),
        "attempted" => format!("以{}联系申请人未果，已在{}个不同的日子联系。", text("way"), count("days")),
        "upheld" => format!("挂账：{}。", text("reason")),
        "reviewed" => format!("改革办已复核（第{}次），继续挂账。", count("reviews")),
        "reopened" => format!("重新办理（第{}轮）。", count("round")),
        "reopened_after_visit" if led => format!("回访不满意，转由改革办牵头重新办理（第{}轮）。", count("round")),
        "reopened_after_visit" => format!("回访不满意，重新办理（第{}轮）。", count("round")),
        "visited" => format!("已回访：{}。", text("outcome")),
        "inadmissible_proposed" => format!("提出不予受理：{}，待另一人确认。", text("reason")),
        "inadmissible" => format!("不予受理：{}。您可以提出一次异议。", text("reason")),
        "inadmissible_refused" => "未同意不予受理，继续办理。".into(),
        "objected" => "已对不予受理提出异议。".into(),
        "objection_upheld" => "异议成立，重新办理。".into(),
        "objection_dismissed" => "异议不成立，维持不予受理。".into(),
        "merged" => format!("与{}合并办理，您仍会被逐一征求意见。", text("into")),
        "absorbed" => format!("{}并入本件，现有{}位申请人。", text("from"), count("callers")),
        "withdrawn" => "已按您的要求撤回。".into(),
        "caller_withdrawn" => "一位申请人撤回，其余继续办理。".into(),
        "caller_withheld" => "申请人信息改为保密。".into(),
        "precedent_drawn" => format!("形成案例{}。", text("number")),
        "revealed" => "查看了完整信息。".into(),
        "clock.warning" => format!("{}将到，应于{}前完成。", clock(), day("due_at")),
        "clock.breach" => format!("已超{}。", clock()),
        "clock.recomputed" => format!("放假安排变化，{}已重新计算。", clock()),
        other => entrustments::of_meeting(other, params).unwrap_or_else(|| other.to_owned()),
    }
}
