//! Events of assessments in plain Chinese.

use serde_json::Value;

use crate::{clocks::ClockKind, kernel::Code as _};

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let number = || params.get("subjects").and_then(Value::as_i64).unwrap_or_default();
    let clock = || params.get("clock").and_then(Value::as_str).and_then(ClockKind::parse).map_or("时限", ClockKind::label);
    match kind {
        "assessment.created" => format!("发起考评，考评对象 {} 个。", number()),
        "assessment.recomputed" => "重新计算。".into(),
        "assessment.computed" => "计算完成，待公示。".into(),
        "assessment.entered" => "登记加减分。".into(),
        "assessment.published" => "公示，考评对象可以提出异议。".into(),
        "assessment.objected" => "收到异议。".into(),
        "assessment.objection_upheld" => "异议成立，已登记调整。".into(),
        "assessment.objection_refused" => "异议不成立。".into(),
        "assessment.freezing" => "公示结束，开始归档各项数字的明细。".into(),
        "assessment.frozen" => "考评结果冻结。".into(),
        "assessment.correction_proposed" => "提出冻结后的更正，待另一人确认。".into(),
        "assessment.corrected" => "更正经另一人确认；冻结的结果不变，更正另列。".into(),
        "assessment.withdrawn" => "考评撤销。".into(),
        "clock.warning" => format!("{}将到。", clock()),
        "clock.breach" => format!("已超{}。", clock()),
        "clock.recomputed" => format!("放假安排变化，{}已重新计算。", clock()),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_told_in_words() {
        let params = serde_json::json!({ "clock": ClockKind::ObjectionDecision });
        for kind in ["clock.warning", "clock.breach", "clock.recomputed"] {
            let told = tell(kind, &params);
            assert!(told.contains(ClockKind::ObjectionDecision.label()) && !told.contains("clock"), "{told}");
        }
    }
}
