//! Events of bulletins in plain Chinese.

use serde_json::Value;

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    match kind {
        "bulletin.composed" => format!("起草{}通报。", text("period")),
        "bulletin.edited" => "修改了文字。".into(),
        "bulletin.recomposed" => "重新取数。".into(),
        "bulletin.submitted" => "送审。".into(),
        "bulletin.sent_back" => "审核退回修改。".into(),
        "bulletin.published" => format!("审核发布，文号{}。", text("document_no")),
        "bulletin.withdrawn" => "撤回。".into(),
        "bulletin.discarded" => "作废。".into(),
        other => other.to_owned(),
    }
}
