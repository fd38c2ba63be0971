//! Events of consultations in plain Chinese.

use serde_json::Value;

use crate::{clocks::ClockKind, kernel::Code as _};

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let count = |key: &str| params.get(key).and_then(Value::as_i64).unwrap_or_default();
    let clock = || ClockKind::parse(text("clock")).map_or("时限", ClockKind::label);
    match kind.strip_prefix("consultation.").unwrap_or(kind) {
        "taken_in" => format!("{}收到{}咨询（{}）：{}。", text("center"), text("channel"), text("number"), text("theme")),
        "answered" => format!("{}已答复。", text("center")),
        "closed" if params.get("by_time").and_then(Value::as_bool) == Some(true) => "答复后未再提出疑问，咨询自动办结。".into(),
        "closed" => "咨询已办结。".into(),
        "reopened" => format!("再次咨询（第{}轮）。", count("round")),
        "withdrawn" => "咨询已撤回。".into(),
        "assigned" => "已安排答复人。".into(),
        "noted" => "添加了备注。".into(),
        "offered" => format!("{}请{}答复。", text("from"), text("to")),
        "moved" => format!("由{}继续为您答复。", text("to")),
        "returned" => format!("{}退回（第{}次）。", text("by"), count("returns")),
        "recalled" => format!("收回了对{}的转办。", text("to")),
        "designated" => format!("由{}为您答复。", text("to")),
        "handed_over" if text("kind") == "entrustment" => format!("已转为代办帮办件（{}）。", text("number")),
        "handed_over" => format!("已登记为“办不成事”反映（{}）。", text("number")),
        "drafted_article" => format!("据此起草了知识条目（{}）。", text("number")),
        "asker_withheld" => "咨询人信息改为保密。".into(),
        "revealed" => "查看了完整信息。".into(),
        "clock.warning" => format!("{}将到。", clock()),
        "clock.breach" => format!("已超{}。", clock()),
        "clock.recomputed" => format!("放假安排变化，{}已重新计算。", clock()),
        other => other.to_owned(),
    }
}
