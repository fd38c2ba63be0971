//! Events of return visits in plain Chinese.

use serde_json::Value;

use crate::{clocks::ClockKind, kernel::Code as _};

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let clock = || ClockKind::parse(text("clock")).map_or("时限", ClockKind::label);
    match kind {
        "return_visit.planned" => format!("安排回访{}的申请人。", text("ticket")),
        "return_visit.visited" => format!("回访结果：{}。", text("outcome")),
        "return_visit.tried" => "联系未果。".into(),
        "return_visit.unreachable" => "三次联系未果，回访结束。".into(),
        "return_visit.dropped" => "不再回访。".into(),
        "clock.warning" => format!("{}将到。", clock()),
        "clock.breach" => format!("已超{}。", clock()),
        "clock.recomputed" => format!("放假安排变化，{}已重新计算。", clock()),
        other => other.to_owned(),
    }
}
