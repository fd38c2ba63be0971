//! Events in plain Chinese: the applicant reads the relay as one story, never “go to another office”.

use serde_json::Value;

use super::machine::StepAct;
use crate::{clocks::ClockKind, kernel::Code as _};

/// Who carries the matter from now on, as the staff read it.
pub fn assigned(from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from != to => format!("由{from}改派{to}办理。"),
        (_, Some(to)) => format!("指派{to}办理。"),
        _ => "已安排帮办代办专员。".into(),
    }
}

/// What was done with a step, as the applicant reads it.
fn done(act: StepAct) -> &'static str {
    match act {
        StepAct::File => "已申报",
        StepAct::AskCorrection => "部门要求补正",
        StepAct::Accept => "部门已受理",
        StepAct::NotAccept => "部门不予受理",
        StepAct::EnterSpecial => "进入特别程序",
        StepAct::LeaveSpecial => "特别程序已结束",
        StepAct::Grant => "已准予",
        StepAct::Refuse => "部门不予许可",
        StepAct::ReceiveResult => "已领取结果",
        StepAct::HandBack => "部门退回申报",
        StepAct::Extend => "部门延长了审批时限",
    }
}

/// One sentence for an event.
pub fn tell(kind: &str, params: &Value) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let clock = || ClockKind::parse(text("clock")).map_or("时限", ClockKind::label);
    let day = |key: &str| text(key).get(..10).unwrap_or_default().to_owned();
    match kind.strip_prefix("entrustment.").unwrap_or(kind) {
        "submitted" => format!("{}收到您通过{}提交的申请。", text("center"), text("channel")),
        "accepted" => format!("{}已受理。", text("center")),
        "noted" => "工作人员作了备注。".into(),
        "marked" => format!("标注为“{}”。", text("priority")),
        "agent_named" if params.get("in_person").and_then(Value::as_bool) == Some(true) => "改由申请人本人办理。".into(),
        "agent_named" => "变更了申请人的经办人。".into(),
        "linked" => format!("与另一件关联（{}）。", text("kind")),
        "unlinked" => "解除了与另一件的关联。".into(),
        "split" => format!("拆分出“{}”（{}）。", text("title"), text("number")),
        "hand_out_arranged" => format!("已约定结果送达方式：{}。", text("way")),
        "handed_out" => match text("act") {
            "寄出" => format!("结果已由{}寄出。", text("carrier")),
            "登记退回" => "寄出的结果被退回，请重新约定。".into(),
            _ => "结果已经领取。".into(),
        },
        "applicant_merged" => "申请人的重复登记已合并。".into(),
        "assigned" => "已安排帮办代办专员。".into(),
        "one_time_notice" => format!("已一次性告知需要补充的内容，请在{}前补齐。", day("due_at")),
        "resubmitted" => "补正内容已提交。".into(),
        "materials_promised" => "所缺材料已提交或已承诺后补。".into(),
        "materials_complete" => "所缺材料已经补齐。".into(),
        "reminded" => "提醒您补齐所缺材料。".into(),
        "lapsed" => "因逾期未补正，本件已失效，您可以重新申请。".into(),
        "rejected" => format!("经核对未能受理：{}。", text("reason")),
        "withdrawn" => "已按您的要求撤回。".into(),
        "mode_changed" => "帮办方式已调整。".into(),
        "agreement_drafted" => "委托协议已拟好，请您阅读并签订。".into(),
        "agreement_signed" => "委托协议已签订，开始代办。".into(),
        "started" => "开始帮办。".into(),
        "planned" => format!("办理计划已制定，共{}个步骤，预计{}前完成。", params.get("steps").and_then(Value::as_u64).unwrap_or(0), text("finish")),
        "step_recorded" => {
            let act = StepAct::parse(text("act")).map_or("", done);
            format!("{}（{}）：{act}。", text("name"), text("department"))
        }
        "material_submitted" => format!("材料“{}”已提交。", text("name")),
        "material_accepted" => format!("材料“{}”已核验。", text("name")),
        "material_rejected" => format!("材料“{}”需要更换。", text("name")),
        "material_deferred" => format!("材料“{}”容缺后补，请于{}前补交；逾期未补将影响办理。", text("name"), text("until")),
        "progressed" if params.get("blocked").and_then(Value::as_bool) == Some(true) => "报告了办理进展，目前有堵点。".into(),
        "progressed" => "报告了办理进展。".into(),
        "helped" => format!("提供了帮办：{}。", text("kinds")),
        "fee_recorded" => format!("需缴纳法定费用：{}，{}元，由您直接向{}缴纳。", text("name"), text("amount"), text("payee")),
        "fee_paid" => format!("已登记您缴纳的费用：{}。", text("name")),
        "extension_requested" => "因故申请延长办理期限。".into(),
        "extension_granted" => format!("办理期限延长，应于{}前完成。", day("due_at")),
        "extension_refused" => "延期未获批准，仍按原期限办理。".into(),
        "plan_revised" => format!("办理计划已调整，共{}个步骤，预计{}前完成。", params.get("steps").and_then(Value::as_u64).unwrap_or(0), text("finish")),
        "material_returned" => format!("材料“{}”原件已退还。", text("name")),
        "suspended" => format!("本件中止：{}，预计{}前恢复。", text("reason"), day("until")),
        "resumed" => "本件恢复办理。".into(),
        "transfer_offered" => format!("{}提请{}接续办理。", text("from"), text("to")),
        "transfer_returned" => format!("{}未接收，仍由原中心办理。", text("to")),
        "transfer_recalled" => "转办已撤回。".into(),
        "transfer_expired" => "转办逾期未答复，仍由原中心办理。".into(),
        "joint_requested" => format!("{}提请{}联合办理：{}。", text("from"), text("to"), text("steps")),
        "joint_imposed" => format!("由{}联合办理：{}。", text("to"), text("steps")),
        "joint_accepted" => format!("{}已接受联办。", text("to")),
        "joint_declined" => format!("{}未接受联办，已提请上级协调。", text("to")),
        "joint_expired" => format!("{}逾期未答复联办，已提请上级协调。", text("to")),
        "joint_assigned" => format!("{}已安排联办经办人。", text("to")),
        "joint_progressed" => format!("{}报告了联办进展。", text("to")),
        "joint_materials_asked" => format!("{}需要补充联办材料。", text("to")),
        "joint_materials_supplied" => format!("已向{}补充联办材料。", text("to")),
        "joint_handed_back" => format!("{}交回了“{}”的办理结果。", text("to"), text("step")),
        "joint_completed" => format!("{}联办完成：{}。", text("to"), text("steps")),
        "joint_cancelled" => format!("与{}的联办已取消。", text("to")),
        "joint_extended" => format!("与{}的联办延期至{}。", text("to"), day("due_at")),
        "arbitration_opened" => format!("已提请{}指定承办单位。", text("decider")),
        "arbitrated" => format!("经{}协调，{}。", text("decider"), text("outcome")),
        "urged" => format!("已就“{}”催办{}。", text("subject"), text("to")),
        "reminder_answered" => match day("expected_on").as_str() {
            "" => format!("{}答复了关于“{}”的催办。", text("by"), text("subject")),
            day => format!("{}答复了关于“{}”的催办，预计{day}前完成。", text("by"), text("subject")),
        },
        "from_consultation" => format!("由咨询（{}）转来。", text("number")),
        "fallback_opened" => format!("办理中的难题已登记为“办不成事”反映（{}）。", text("number")),
        "no_competent_unit" => format!("{}认定暂无主管单位，转入兜底处理。", text("decider")),
        "papers_missing" => format!("转办交接时有{}份材料未收到。", params.get("count").and_then(Value::as_u64).unwrap_or(0)),
        "custody_moved" => format!("本件由{}接力给{}继续为您办理，您无须再跑。", text("from"), text("to")),
        "project_attached" => format!("纳入项目{}的“{}”阶段。", text("project"), text("stage")),
        "project_detached" => format!("从项目{}的“{}”阶段移出。", text("project"), text("stage")),
        "completed" => format!("已办结：{}，请您核对结果并签收。", text("outcome")),
        "completion_refused" => "您未签收，我们将继续办理。".into(),
        "unclaimed" => "结果已送达，等待您签收。".into(),
        "closed" => "您已签收，本件办结。".into(),
        "reopened" => "本件重新办理。".into(),
        "visited" => format!("回访申请人（{}）：{}。", text("visit"), text("outcome")),
        "termination_requested" => format!("提出终止：{}。", text("reason")),
        "termination_cancelled" => "终止已取消，继续办理。".into(),
        "termination_signed" => match (text("signed"), text("recorded")) {
            ("applicant", "") => "申请人已签字确认终止，待中心退还材料并签字。".into(),
            ("applicant", how) => format!("已登记申请人签字确认终止（{how}），待中心退还材料并签字。"),
            ("center", _) => "中心已退还材料并签字，待申请人签字确认终止。".into(),
            _ => "终止确认中。".into(),
        },
        "terminated" if params.get("unilateral").is_some() => "本件由中心依规终止，文书已送达。".into(),
        "terminated" if params.get("papers_held").and_then(serde_json::Value::as_u64).is_some_and(|n| n > 0) => {
            "双方签字，本件终止；尚未退还的原件按终止单载明的期限和办法处理。".into()
        }
        "terminated" => {
            let last = match text("signed") {
                "applicant" => "申请人已签字确认终止，",
                "center" => "中心已退还材料并签字，",
                "both" => return "申请人和中心均已签字，本件终止，材料已退还。".into(),
                _ => "",
            };
            format!("{last}双方签字，本件终止，材料已退还。")
        }
        "revealed" => "查看了完整信息。".into(),
        "clock.warning" => format!("{}将到，应于{}前完成。", clock(), day("due_at")),
        "clock.breach" => format!("已超{}。", clock()),
        "clock.recomputed" => format!("放假安排变化，{}已重新计算。", clock()),
        other => of_meeting(other, params).unwrap_or_else(|| other.to_owned()),
    }
}

/// What a meeting tells the matters and projects on its agenda.
pub fn of_meeting(kind: &str, params: &Value) -> Option<String> {
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let day = |key: &str| text(key).get(..10).unwrap_or_default().to_owned();
    Some(match kind {
        "supervised" => format!("已就本件向{}发出督办单{}（{}）。", text("to"), text("number"), text("reason")),
        "supervision_answered" => format!("{}已反馈督办单{}。", text("to"), text("number")),
        "supervision_closed" => format!("督办单{}已办结。", text("number")),
        "supervision_withdrawn" => format!("督办单{}已撤销。", text("number")),
        "meeting_convened" => format!("{}召集{}（{}），定于{}召开。", text("center"), text("meeting"), text("number"), day("starts_at")),
        "meeting_rescheduled" => format!("{}（{}）改期至{}。", text("meeting"), text("number"), day("starts_at")),
        "meeting_cancelled" => format!("{}（{}）取消。", text("meeting"), text("number")),
        "meeting_withdrawn" => format!("不再列入{}（{}）的议程。", text("meeting"), text("number")),
        "meeting_concluded" => format!("{}（{}）已召开，纪要已确认。", text("meeting"), text("number")),
        "resolution_made" => format!("{}（{}）作出决议，由{}于{}前落实。", text("meeting"), text("number"), text("owner"), day("due_at")),
        "resolution_carried_out" => format!("{}报告{}（{}）的决议已落实。", text("owner"), text("meeting"), text("number")),
        "resolution_sent_back" => format!("{}（{}）的决议退回{}继续落实。", text("meeting"), text("number"), text("owner")),
        "resolution_extended" => format!("{}（{}）的决议延期至{}。", text("meeting"), text("number"), day("due_at")),
        "resolution_confirmed" => format!("{}（{}）的决议确认落实。", text("meeting"), text("number")),
        "resolution_cancelled" => format!("{}（{}）的决议撤销。", text("meeting"), text("number")),
        "resolution_escalated" => format!("{}（{}）的决议逾期未落实，已上报分管负责人。", text("meeting"), text("number")),
        _ => return None,
    })
}
