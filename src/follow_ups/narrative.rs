//! Events of follow-ups in plain Chinese. The applicant reads them too: nothing of an appeal's reasons.

use serde_json::Value;

use crate::{clocks::ClockKind, evaluations::store::Grade, kernel::Code as _};

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let clock = || ClockKind::parse(text("clock")).map_or("时限", ClockKind::label);
    let grade = || Grade::parse(text("grade")).map_or("", Grade::label);
    match kind {
        "follow_up.opened" => format!("收到“{}”评价，开始核实整改。", grade()),
        "follow_up.assigned" => "指定了承办人。".into(),
        "follow_up.tried" => "联系申请人未果。".into(),
        "follow_up.verified" => "已向申请人核实。".into(),
        "follow_up.unverifiable" => "未能联系到申请人核实。".into(),
        "follow_up.complex" => "情况复杂，整改时限延长。".into(),
        "follow_up.planned" => format!("限期整改，至{}。", text("due_on")),
        "follow_up.fixed" => "已整改。".into(),
        "follow_up.explained" => "已作说明。".into(),
        "follow_up.closed_untold" => "没有留联系方式，无从反馈，整改后办结。".into(),
        "follow_up.told" if params.get("again").is_some() => "已反馈申请人，重新办结后请再次评价。".into(),
        "follow_up.told" => "已反馈申请人，请再次评价。".into(),
        "follow_up.told_again" => "已反馈申请人，整改办结。".into(),
        "follow_up.appealed" => format!("提出申诉，由{}复核。", text("decider")),
        "follow_up.appeal_upheld" => "申诉成立，评价保留、不计入统计，整改结束。".into(),
        "follow_up.appeal_refused" => "申诉不成立，继续整改。".into(),
        "follow_up.rated_again" if params.get("grade").is_none() => "已再次评价。".into(),
        "follow_up.rated_again" => format!("二次评价为“{}”。", grade()),
        "follow_up.not_rated_again" if params.get("fallen").is_some() => "所评的件已并入他件，不再二次评价，整改办结。".into(),
        "follow_up.not_rated_again" => "二次评价期限已过，整改办结。".into(),
        "follow_up.reviewed_above" => format!("二次评价仍为差评，由{}复核。", text("decider")),
        "follow_up.concluded" => "上级复核办结。".into(),
        "follow_up.sent_back" => "上级退回重新整改。".into(),
        "clock.warning" => format!("{}将到。", clock()),
        "clock.breach" => format!("已超{}。", clock()),
        "clock.recomputed" => format!("放假安排变化，{}已重新计算。", clock()),
        other => other.to_owned(),
    }
}
