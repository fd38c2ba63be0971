//! Events of articles in plain Chinese.

use serde_json::Value;

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let version = params.get("published_version").and_then(Value::as_i64).unwrap_or_default();
    match kind.strip_prefix("knowledge_article.").unwrap_or(kind) {
        "drafted" => "起草了知识条目。".into(),
        "edited" => "修改了草稿。".into(),
        "submitted" => "提交审核。".into(),
        "sent_back" => "审核退回修改。".into(),
        "published" => format!("审核通过，发布第{version}版。"),
        "withdrawn" => "已撤下。".into(),
        "expired" => "有效期已满，自动失效。".into(),
        "feedback_given" => format!("收到使用反馈：{}。", text("kind")),
        "feedback_answered" => "答复了使用反馈。".into(),
        other => other.to_owned(),
    }
}
