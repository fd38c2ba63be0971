//! Events of precedents in plain Chinese.

use serde_json::Value;

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let version = params.get("published_version").and_then(Value::as_i64).unwrap_or_default();
    match kind.strip_prefix("precedent.").unwrap_or(kind) {
        "drafted" => "起草了案例。".into(),
        "edited" => "修改了案例。".into(),
        "submitted" => "提交审核。".into(),
        "sent_back" => "审核退回修改。".into(),
        "published" => format!("案例公布（第{version}版）。"),
        "withdrawn" => "案例撤下。".into(),
        "cited" => format!("反映件{}引用了本案例。", text("ticket")),
        "promoted" if text("item").is_empty() => "建议新增事项。".into(),
        "promoted" => format!("建议修改事项{}的办事指南。", text("item")),
        "promotion_adopted" => format!("建议已采纳，列为事项{}。", text("item")),
        "promotion_declined" => "建议未被采纳。".into(),
        other => other.to_owned(),
    }
}
