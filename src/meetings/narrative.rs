//! Events of meetings and resolutions in plain Chinese.

use serde_json::Value;

use crate::{clocks::ClockKind, kernel::Code as _};

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let day = |key: &str| text(key).get(..10).unwrap_or_default().to_owned();
    let clock = || ClockKind::parse(text("clock")).map_or("时限", ClockKind::label);
    match kind {
        "meeting.convened" => format!("{}召集{}，定于{}召开。", text("center"), text("meeting"), day("starts_at")),
        "meeting.edited" => "调整了会议安排。".into(),
        "meeting.rescheduled" => format!("会议改期至{}，请受邀各方重新答复。", day("starts_at")),
        "meeting.cancelled" => "会议取消。".into(),
        "meeting.responded" => "受邀方作了答复。".into(),
        "meeting.minuted" => "记录了会议纪要。".into(),
        "meeting.concluded" => "会议纪要已确认，决议生效。".into(),
        "resolution.made" => format!("作出决议{}，由{}于{}前落实。", text("resolution"), text("owner"), day("due_at")),
        "resolution.carried_out" => format!("{}报告决议{}已落实。", text("owner"), text("resolution")),
        "resolution.confirmed" => format!("决议{}确认落实。", text("resolution")),
        "resolution.sent_back" => format!("决议{}退回{}继续落实。", text("resolution"), text("owner")),
        "resolution.extended" => format!("决议{}延期至{}。", text("resolution"), day("due_at")),
        "resolution.cancelled" => format!("决议{}撤销。", text("resolution")),
        "resolution.escalated" => format!("决议{}逾期未落实，已上报分管负责人。", text("resolution")),
        "resolution.instructed" => format!("分管负责人对决议{}作了批示。", text("resolution")),
        "clock.warning" => format!("{}将到，应于{}前完成。", clock(), day("due_at")),
        "clock.breach" => format!("已超{}。", clock()),
        "clock.recomputed" => format!("放假安排变化，{}已重新计算。", clock()),
        other => other.to_owned(),
    }
}
