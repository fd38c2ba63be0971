//! Every kind of event, with its Chinese title: what can be subscribed to, and what the AsyncAPI document lists.

/// What happens to one kind of record.
pub struct Kinds {
    /// `entrustment`, `transfer`, …; `clock` stands for the limits of any record.
    pub record: &'static str,
    /// In Chinese.
    pub title: &'static str,
    /// What may happen, and its title.
    pub verbs: &'static [(&'static str, &'static str)],
}

const fn of(record: &'static str, title: &'static str, verbs: &'static [(&'static str, &'static str)]) -> Kinds {
    Kinds { record, title, verbs }
}

/// All of them. A kind that is recorded and not listed here fails in debug builds.
#[rustfmt::skip]
pub const KINDS: &[Kinds] = &[
    of("entrustment", "代办帮办件", &[
        ("submitted", "已提交申请"), ("from_consultation", "由咨询转来"), ("accepted", "已受理"), ("rejected", "不予受理"), ("one_time_notice", "已一次性告知"), ("resubmitted", "已补正"),
        ("materials_promised", "材料已提交或承诺后补"), ("materials_complete", "材料已补齐"), ("reminded", "已提醒补正"), ("lapsed", "逾期未补正失效"), ("withdrawn", "已撤回"),
        ("assigned", "已安排专员"), ("noted", "工作人员备注"), ("marked", "已标注优先"), ("agent_named", "变更经办人"), ("linked", "已关联"), ("unlinked", "已解除关联"),
        ("split", "已拆分"), ("applicant_merged", "申请人重复登记合并"), ("mode_changed", "调整帮办方式"), ("agreement_drafted", "委托协议已拟定"),
        ("agreement_signed", "委托协议已签订"), ("started", "开始帮办"), ("planned", "办理计划已制定"), ("plan_revised", "办理计划已调整"), ("step_recorded", "步骤有进展"),
        ("progressed", "报告进展"), ("helped", "提供帮办"), ("fee_recorded", "登记法定费用"), ("fee_paid", "登记已缴费"), ("material_submitted", "材料已提交"),
        ("material_accepted", "材料已核验"), ("material_rejected", "材料需更换"), ("material_deferred", "材料容缺后补"), ("material_returned", "原件已退还"),
        ("extension_requested", "申请延期"), ("extension_granted", "延期获批"), ("extension_refused", "延期未获批"), ("suspended", "已中止"), ("resumed", "恢复办理"),
        ("transfer_offered", "提请转办"), ("transfer_returned", "转办退回"), ("transfer_recalled", "转办撤回"), ("transfer_expired", "转办逾期未答复"),
        ("custody_moved", "已接力转办"), ("papers_missing", "交接缺件"), ("joint_requested", "提请联办"), ("joint_imposed", "指定联办"), ("joint_accepted", "接受联办"),
        ("joint_declined", "未接受联办"), ("joint_expired", "联办逾期未答复"), ("joint_assigned", "联办已安排经办人"), ("joint_progressed", "联办进展"),
        ("joint_materials_asked", "联办需补材料"), ("joint_materials_supplied", "联办已补材料"), ("joint_step_recorded", "联办步骤有进展"),
        ("joint_handed_back", "联办交回"), ("joint_completed", "联办完成"), ("joint_cancelled", "联办取消"), ("joint_extended", "联办延期"),
        ("joint_suspended", "联办暂停"), ("joint_resumed", "联办恢复"), ("joint_followed", "联办跟随转办"), ("arbitration_opened", "提请指定办理"),
        ("arbitrated", "已指定办理"), ("no_competent_unit", "认定暂无主管单位"), ("fallback_opened", "转入兜底"), ("urged", "已催办"), ("reminder_answered", "催办已答复"),
        ("project_attached", "纳入项目"), ("project_detached", "移出项目"), ("meeting_convened", "召集会议"), ("meeting_rescheduled", "会议改期"),
        ("meeting_cancelled", "会议取消"), ("meeting_withdrawn", "移出会议"), ("meeting_concluded", "会议结束"), ("resolution_made", "形成决议"),
        ("resolution_carried_out", "决议已落实"), ("resolution_confirmed", "决议已确认"), ("resolution_sent_back", "决议发回"), ("resolution_extended", "决议延期"),
        ("resolution_cancelled", "决议取消"), ("resolution_escalated", "决议逾期上报"), ("supervised", "已督办"), ("supervision_answered", "督办已反馈"),
        ("supervision_closed", "督办办结"), ("supervision_withdrawn", "督办撤回"), ("completed", "已办结待签收"), ("completion_refused", "未签收"),
        ("unclaimed", "送达未签收"), ("closed", "已签收办结"), ("visited", "回访申请人"), ("reopened", "重新办理"), ("hand_out_arranged", "约定结果送达"), ("handed_out", "结果已送达"),
        ("termination_requested", "提出终止"), ("termination_cancelled", "终止取消"), ("termination_signed", "终止签字"), ("terminated", "已终止"),
        ("revealed", "查看完整信息"),
    ]),
    of("transfer", "转办", &[
        ("offered", "已提请"), ("accepted", "已接收"), ("returned", "已退回"), ("recalled", "已撤回"), ("expired", "逾期未答复"), ("ended", "随指定办理终结"),
    ]),
    of("joint_handling", "联办", &[
        ("requested", "已提请"), ("imposed", "已指定"), ("accepted", "已接受"), ("declined", "未接受"), ("expired", "逾期未答复"), ("assigned", "已安排经办人"),
        ("progressed", "有进展"), ("materials_asked", "需补材料"), ("materials_supplied", "已补材料"), ("step_recorded", "步骤有进展"), ("handed_back", "已交回"),
        ("completed", "已完成"), ("cancelled", "已取消"), ("extended", "已延期"), ("suspended", "已暂停"), ("resumed", "已恢复"), ("followed", "跟随转办"),
    ]),
    of("arbitration", "指定办理", &[
        ("opened", "已提请"), ("joined", "合并提请"), ("case_stated", "已陈述意见"), ("decided", "已决定"), ("escalated", "上报决定"), ("review_asked", "申请复核"),
        ("no_competent_unit", "认定暂无主管单位"), ("moot", "无须再决定"),
    ]),
    of("reminder", "催办", &[
        ("sent", "已催办"), ("answered", "已答复"), ("recorded", "已登记"), ("withdrawn", "已撤回"), ("lapsed", "已失效"),
    ]),
    of("supervision", "督办", &[
        ("issued", "已发出"), ("signed_in", "已签收"), ("progressed", "有进展"), ("extended", "已延期"), ("answered", "已反馈"), ("closed", "已办结"),
        ("sent_back", "发回重办"), ("withdrawn", "已撤回"),
    ]),
    of("form", "文书", &[
        ("issued", "已出具"), ("signed", "已签署"), ("voided", "已作废"), ("link_sent", "已发签署链接"), ("code_refused", "签署验证码错误"), ("received", "已签收"),
        ("delivered", "已送达"), ("recorded", "已登记"),
    ]),
    of("appointment", "预约", &[
        ("booked", "已预约"), ("rescheduled", "已改约"), ("cancelled", "已取消"), ("displaced", "因窗口调整取消"), ("arrived", "已到场"), ("served", "已办理"),
        ("missed", "未到场"), ("reminder", "到期提醒"),
    ]),
    of("home_visit", "上门服务", &[
        ("requested", "已申请"), ("arranged", "已安排"), ("prepared", "已准备"), ("visited", "已上门"), ("recorded", "已登记"), ("completed", "已办结"),
        ("not_met", "未遇"), ("declined", "不予安排"), ("cancelled", "已取消"),
    ]),
    of("project", "投资建设项目", &[
        ("opened", "已登记"), ("edited", "已修改"), ("manager_assigned", "已安排服务经理"), ("attached", "纳入办件"), ("detached", "移出办件"),
        ("stage_completed", "阶段完成"), ("suspended", "已中止"), ("resumed", "恢复推进"), ("completed", "已完成"), ("cancelled", "已取消"), ("warning", "用时预警"),
        ("cap_exceeded", "用时超限"), ("cap_changed", "调整时限"), ("meeting_convened", "召集会议"), ("meeting_rescheduled", "会议改期"),
        ("meeting_cancelled", "会议取消"), ("meeting_withdrawn", "移出会议"), ("meeting_concluded", "会议结束"), ("resolution_made", "形成决议"),
        ("resolution_carried_out", "决议已落实"), ("resolution_confirmed", "决议已确认"), ("resolution_sent_back", "决议发回"), ("resolution_extended", "决议延期"),
        ("resolution_cancelled", "决议取消"), ("resolution_escalated", "决议逾期上报"),
    ]),
    of("meeting", "会议", &[
        ("convened", "已召集"), ("edited", "已修改"), ("rescheduled", "已改期"), ("responded", "已回执"), ("minuted", "已记纪要"), ("concluded", "已结束"),
        ("cancelled", "已取消"),
    ]),
    of("resolution", "会议决议", &[
        ("made", "已形成"), ("carried_out", "已落实"), ("confirmed", "已确认"), ("sent_back", "已发回"), ("extended", "已延期"), ("cancelled", "已取消"),
        ("escalated", "逾期上报"), ("instructed", "已批示"),
    ]),
    of("fallback_ticket", "“办不成事”反映", &[
        ("registered", "已登记"), ("edited", "已修改"), ("triaged", "已分类"), ("settled", "当场协调"), ("coordinating", "召开协调会"), ("coordinated", "协调会有结果"),
        ("batched", "列入提请批次"), ("unbatched", "移出提请批次"), ("submitted", "已提交政府"), ("decided", "政府已决定"), ("assigned", "已交办"), ("signed_in", "已签收"),
        ("returned", "交办退回"), ("replied", "已办复"), ("sent_back", "办复发回"), ("due_moved", "时限调整"), ("feedback_asked", "征求意见"),
        ("feedback_satisfied", "反馈满意"), ("feedback_dissatisfied", "反馈不满意"), ("cleared", "已销号"), ("attempted", "联系未果"), ("upheld", "已挂账"),
        ("reviewed", "已复核"), ("reopened", "重新办理"), ("reopened_after_visit", "回访后重新办理"), ("visited", "已回访"), ("inadmissible_proposed", "提出不予受理"),
        ("inadmissible", "不予受理"), ("inadmissible_refused", "未同意不予受理"), ("objected", "提出异议"), ("objection_upheld", "异议成立"),
        ("objection_dismissed", "异议不成立"), ("merged", "已合并"), ("absorbed", "并入他件"), ("withdrawn", "已撤回"), ("caller_withdrawn", "一位申请人撤回"),
        ("precedent_drawn", "形成案例"), ("revealed", "查看完整信息"), ("meeting_convened", "召集会议"), ("meeting_rescheduled", "会议改期"),
        ("meeting_cancelled", "会议取消"), ("meeting_withdrawn", "移出会议"), ("meeting_concluded", "会议结束"), ("resolution_made", "形成决议"),
        ("resolution_carried_out", "决议已落实"), ("resolution_confirmed", "决议已确认"), ("resolution_sent_back", "决议发回"), ("resolution_extended", "决议延期"),
        ("resolution_cancelled", "决议取消"), ("resolution_escalated", "决议逾期上报"), ("supervised", "已督办"), ("supervision_answered", "督办已反馈"),
        ("supervision_closed", "督办办结"), ("supervision_withdrawn", "督办撤回"), ("noted", "工作人员备注"),
        ("caller_withheld", "申请人改为保密"),
    ]),
    of("assignment_sheet", "交办单", &[
        ("drafted", "已拟稿"), ("edited", "已修改"), ("issued", "已签发"), ("signed_in", "已签收"), ("returned", "已退回"), ("determined", "确定承办"),
        ("extension_requested", "申请延期"), ("extension_granted", "延期获批"), ("extension_refused", "延期未获批"), ("progressed", "有进展"), ("replied", "已办复"),
        ("confirmed", "办复确认"), ("sent_back", "办复发回"), ("cancelled", "已撤销"),
    ]),
    of("ladder_rung", "逾期提级", &[
        ("proposed", "已提出"), ("confirmed", "已确认"), ("rejected", "未确认"), ("lifted", "已解除"),
    ]),
    of("ticket_batch", "提请批次", &[
        ("opened", "已建立"), ("edited", "已修改"), ("added", "列入"), ("removed", "移出"), ("submitted", "已提交"), ("decided", "已决定"), ("cancelled", "已取消"),
    ]),
    of("return_visit", "回访", &[
        ("planned", "已安排"), ("tried", "未接通"), ("visited", "已回访"), ("unreachable", "无法接通"), ("dropped", "不再回访"),
    ]),
    of("precedent", "案例", &[
        ("drafted", "已起草"), ("edited", "已修改"), ("submitted", "已提交审核"), ("sent_back", "已退回"), ("published", "已公布"), ("withdrawn", "已撤下"),
        ("cited", "被引用"), ("promoted", "建议纳入事项"), ("promotion_adopted", "建议已采纳"), ("promotion_declined", "建议未采纳"),
    ]),
    of("evaluation", "评价", &[
        ("opened", "已邀请评价"), ("code_requested", "申请验证码"), ("rated", "已评价"), ("defaulted", "默认评价"), ("expired", "逾期未评"), ("reminded", "提醒评价"),
        ("held", "重新办理，暂缓评价"), ("reopened", "重新邀请评价"), ("excluded", "经申诉不计入"), ("recorded", "已登记"),
    ]),
    of("rating_device", "评价器", &[
        ("registered", "已登记"), ("presented", "已推送评价"), ("revoked", "已停用"),
    ]),
    of("follow_up", "差评整改", &[
        ("opened", "已转整改"), ("assigned", "已安排"), ("tried", "联系未果"), ("verified", "已核实"), ("unverifiable", "无法核实"), ("complex", "认定复杂"),
        ("planned", "已定措施"), ("fixed", "已整改"), ("explained", "已说明"), ("told", "已告知"), ("told_again", "再次告知"), ("closed_untold", "无从反馈，已办结"), ("rated_again", "再次评价"),
        ("not_rated_again", "未再评价"), ("reviewed_above", "上级复核"), ("sent_back", "发回整改"), ("concluded", "已办结"), ("appealed", "提出申诉"),
        ("appeal_upheld", "申诉成立"), ("appeal_refused", "申诉不成立"),
    ]),
    of("open_comment", "公开评议", &[
        ("tagged", "已归类"), ("recorded", "已登记"), ("corrected", "已更正"), ("withdrawn", "已撤回"),
    ]),
    of("bulletin", "通报", &[
        ("composed", "已生成"), ("edited", "已修改"), ("recomposed", "重新生成"), ("submitted", "已提交审核"), ("sent_back", "已退回"), ("published", "已发布"),
        ("withdrawn", "已撤回"), ("discarded", "已作废"),
    ]),
    of("statistics_period", "统计月份", &[
        ("freezing", "正在固化"), ("frozen", "已固化"),
    ]),
    of("statistics_adjustment", "统计调整", &[
        ("noticed", "待处理"), ("proposed", "拟调整"), ("entered", "已调整"), ("left_out", "不调整"), ("gone", "差异已消失"),
    ]),
    of("assessment", "考评", &[
        ("created", "已建立"), ("computed", "已计分"), ("recomputed", "重新计分"), ("entered", "加减分"), ("published", "已公布"), ("objected", "提出异议"),
        ("objection_upheld", "异议成立"), ("objection_refused", "异议不成立"), ("freezing", "正在固化"), ("frozen", "已固化"), ("correction_proposed", "提出更正"),
        ("corrected", "已更正"), ("correction_refused", "更正未批准"), ("withdrawn", "已撤回"),
    ]),
    of("reporting_target", "评价上报对象", &[
        ("created", "已建立"), ("edit", "已修改"), ("pause", "已暂停"), ("resume", "已恢复"),
    ]),
    of("reporting_batch", "评价上报批次", &[
        ("made", "已生成"), ("retry", "重新推送"), ("drop", "不再推送"),
    ]),
    of("service_item", "事项", &[
        ("created", "已建立"), ("edited", "已修改"), ("submitted", "已提交审核"), ("returned", "已退回"), ("scheduled", "定时公布"), ("published", "已公布"),
        ("withdrawn", "已下架"),
    ]),
    of("course", "培训", &[
        ("entered", "已登记"), ("changed", "已修改"), ("recorded", "已记成绩"),
    ]),
    of("consultation", "咨询", &[
        ("taken_in", "已收到"), ("answered", "已答复"), ("closed", "已办结"), ("reopened", "再次咨询"), ("withdrawn", "已撤回"), ("assigned", "已安排答复人"),
        ("noted", "添加备注"), ("offered", "请他处答复"), ("moved", "转由他处答复"), ("returned", "已退回"), ("recalled", "收回转办"), ("designated", "指定答复"),
        ("handed_over", "转为办件或反映"), ("drafted_article", "据此起草知识条目"), ("revealed", "查看完整信息"),
        ("asker_withheld", "咨询人改为保密"),
    ]),
    of("knowledge_article", "知识条目", &[
        ("drafted", "已起草"), ("edited", "已修改"), ("submitted", "已提交审核"), ("sent_back", "已退回"), ("published", "已发布"), ("withdrawn", "已撤下"),
        ("expired", "有效期满"), ("feedback_given", "收到使用反馈"), ("feedback_answered", "答复使用反馈"),
    ]),
    of("hotline_order", "热线工单", &[
        ("received", "已接收"), ("amended", "补充登记"), ("dispatched", "已派单"), ("redispatched", "重新派单"), ("signed", "已签收"), ("classified", "已分类"),
        ("opened", "已转入办理"), ("return_requested", "申请退单"), ("return_denied", "退单未获批"), ("extension_requested", "申请延期"), ("extension_granted", "延期获批"),
        ("extension_denied", "延期未获批"), ("suspended", "已挂起"), ("resumed", "恢复办理"), ("assigned", "已安排承办人"), ("sub_assigned", "分派承办单位"),
        ("sub_answered", "承办单位已答复"), ("taken_up", "已领取"), ("passed", "审核通过"), ("sent_back", "审核退回"), ("replied_interim", "阶段性答复"), ("replied", "已答复"), ("archived", "已归档"),
        ("urged", "已催办"), ("supervised", "已督办"), ("appended", "补充诉求"), ("revoked", "已撤单"), ("merged", "已合并"), ("absorbed", "并入本单"),
        ("appealed", "提出申诉"), ("appeal_approved", "申诉已同意"), ("appeal_refused", "申诉未获同意"), ("revealed", "查看完整信息"), ("visited", "已回访"), ("rehandled", "重新办理"),
        ("record_ended", "转入的办理已结束"), ("target_ended", "所并入的工单有变化"),
    ]),
    of("webhook", "事件订阅", &[
        ("created", "已建立"), ("edited", "已修改"), ("paused", "已暂停"), ("resumed", "已恢复"), ("disabled", "接收方已撤销"), ("secret_rotated", "更换密钥"),
        ("pinged", "连通测试"), ("replayed", "重新投递"),
    ]),
    of("clock", "时限", &[
        ("warning", "即将到期"), ("breach", "已超期"), ("recomputed", "重新计算"),
    ]),
];

/// The title of a kind such as `entrustment.accepted`; `None`: there is no such kind.
pub fn title(kind: &str) -> Option<String> {
    let (record, verb) = kind.split_once('.')?;
    let kinds = KINDS.iter().find(|k| k.record == record)?;
    let (_, title) = kinds.verbs.iter().find(|(v, _)| *v == verb)?;
    Some(format!("{}：{title}", kinds.title))
}

/// Whether events are told of such a record.
pub fn is_record(kind: &str) -> bool {
    // The limits of a record are told as its own.
    kind != "clock" && KINDS.iter().any(|k| k.record == kind)
}

/// Every kind with its title, in the order of the table.
pub fn all() -> impl Iterator<Item = (String, String)> {
    KINDS.iter().flat_map(|k| k.verbs.iter().map(|(verb, title)| (format!("{}.{verb}", k.record), format!("{}：{title}", k.title))))
}
