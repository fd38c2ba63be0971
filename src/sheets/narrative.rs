//! Events of sheets and rungs in plain Chinese.

use serde_json::Value;

use crate::{clocks::ClockKind, kernel::Code as _};

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let day = |key: &str| text(key).get(..10).unwrap_or_default().to_owned();
    let clock = || ClockKind::parse(text("clock")).map_or("时限", ClockKind::label);
    let department = text("department");
    match kind {
        "assignment_sheet.drafted" => format!("拟定交办单{}，承办部门为{department}，待主管领导签发。", text("number")),
        "assignment_sheet.determined" => format!("改革办指定由{department}承办，拟定交办单{}，不能退回。", text("number")),
        "assignment_sheet.edited" => "修改了交办单。".into(),
        "assignment_sheet.issued" => format!("主管领导签发，交办{department}，于{}前完成。", day("due_at")),
        "assignment_sheet.signed_in" => format!("{department}已签收，确定了责任人。"),
        "assignment_sheet.returned" => format!("{department}退回交办单。"),
        "assignment_sheet.extension_requested" => format!("{department}申请延期。"),
        "assignment_sheet.extension_granted" => format!("同意延期，于{}前完成。", day("due_at")),
        "assignment_sheet.extension_refused" => format!("不同意延期，仍于{}前完成。", day("due_at")),
        "assignment_sheet.progressed" => format!("{department}记录了办理进展。"),
        "assignment_sheet.replied" => format!("{department}已办复，待中心确认。"),
        "assignment_sheet.confirmed" => "中心确认了办复结果。".into(),
        "assignment_sheet.sent_back" => format!("中心退回{department}重办。"),
        "assignment_sheet.cancelled" => "交办单撤销。".into(),
        "ladder_rung.proposed" => format!("{department}逾期未办复，应予{}，待确认。", text("rung_label")),
        "ladder_rung.confirmed" => format!("对{department}{}。", text("rung_label")),
        "ladder_rung.rejected" => format!("不予{}。", text("rung_label")),
        "ladder_rung.lifted" => format!("解除对{department}的{}。", text("rung_label")),
        "clock.warning" => format!("{}将到，应于{}前完成。", clock(), day("due_at")),
        "clock.breach" => format!("已超{}。", clock()),
        "clock.recomputed" => format!("放假安排变化，{}已重新计算。", clock()),
        other => other.to_owned(),
    }
}
