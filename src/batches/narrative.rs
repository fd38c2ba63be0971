//! Events of batches in plain Chinese.

use serde_json::Value;

use crate::{clocks::ClockKind, kernel::Code as _};

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let count = params.get("tickets").and_then(Value::as_u64).unwrap_or_default();
    let clock = || ClockKind::parse(text("clock")).map_or("时限", ClockKind::label);
    match kind {
        "ticket_batch.opened" => format!("建立{}月提请批次。", text("month")),
        "ticket_batch.edited" => "修改了提请内容。".into(),
        "ticket_batch.added" => format!("列入问题，共 {count} 件。"),
        "ticket_batch.removed" => format!("移出{}，共 {count} 件。", text("ticket")),
        "ticket_batch.submitted" => format!("以{}提交政府研究，共 {count} 件。", text("document_no")),
        "ticket_batch.decided" if count == 0 => format!("{}登记研究结果，各件均已研究。", text("document_no")),
        "ticket_batch.decided" => format!("{}登记研究结果，尚有 {count} 件待研究。", text("document_no")),
        "ticket_batch.cancelled" => "批次取消。".into(),
        "clock.warning" => format!("{}将到。", clock()),
        "clock.breach" => format!("已超{}。", clock()),
        "clock.recomputed" => format!("放假安排变化，{}已重新计算。", clock()),
        other => other.to_owned(),
    }
}
