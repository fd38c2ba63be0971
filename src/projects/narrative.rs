//! Events of projects in plain Chinese.

use serde_json::Value;

use crate::entrustments;

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let days = |key: &str| params.get(key).and_then(Value::as_i64).unwrap_or_default();
    match kind.strip_prefix("project.").unwrap_or(kind) {
        "opened" => format!("{}登记了项目。", text("center")),
        "edited" => "修改了项目信息。".into(),
        "manager_assigned" => "已安排项目服务经理。".into(),
        "attached" => format!("办件{}纳入“{}”阶段。", text("entrustment"), text("stage")),
        "detached" => format!("办件{}从“{}”阶段移出。", text("entrustment"), text("stage")),
        "stage_completed" => format!("“{}”阶段于{}完成。", text("stage"), text("on")),
        "cap_changed" => format!("审批总时限由{}个工作日调整为{}个工作日。", days("from"), days("to")),
        "suspended" => "项目中止，期间不计时。".into(),
        "resumed" => "项目恢复推进。".into(),
        "completed" => format!("项目各阶段全部完成，审批用时{}个工作日（总时限{}个工作日）。", days("used"), days("cap")),
        "cancelled" => "项目取消。".into(),
        "warning" => format!("审批时限预警：已用{}个工作日，预计共需{}个，总时限{}个。", days("used"), days("forecast"), days("cap")),
        "cap_exceeded" => format!("已超过审批总时限：已用{}个工作日，总时限{}个。", days("used"), days("cap")),
        other => entrustments::of_meeting(other, params).unwrap_or_else(|| other.to_owned()),
    }
}
