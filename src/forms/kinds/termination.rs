//! 代办事项终止委托单: an entrustment ends before its result.

use chrono::NaiveDate;

use super::{Head, Matter, Paper, choice, grid, heading, pair, papers, paragraph, sealer, sheet, signer, wide};
use crate::forms::printing::{Block, Sheet, Style, date};

/// What a termination adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Termination {
    /// Label of the listed reason, such as 申请人主动要求.
    pub reason: String,
    /// The facts.
    pub facts: String,
    /// Who asked for it.
    pub asked_by: String,
    /// From when.
    pub effective_on: NaiveDate,
    /// What had been done.
    pub progress: String,
    /// What is handed back.
    pub papers: Vec<Paper>,
    /// Whether only the center signs, the sheet having been delivered instead.
    pub one_sided: bool,
}

/// 代办事项终止委托单.
pub fn termination(head: &Head, matter: &Matter, form: &Termination) -> Sheet {
    let mut sheet = sheet("termination", Style::Form, "代办事项终止委托单", head, "本单一式两份，申请人、代办中心各执一份。");
    let more = vec![
        wide("终止原因", &choice(&["不具备办结条件", "申请人主动要求"], &form.reason)),
        wide("具体情况", &form.facts),
        pair(("提出方", &form.asked_by), ("终止日期", &date(form.effective_on))),
        wide("已经办理", &form.progress),
    ];
    sheet.blocks.push(grid(matter, more));
    sheet.blocks.push(heading("退还的资料"));
    sheet.blocks.push(papers(&form.papers));
    let effect = "委托终止后，代办中心不再代理办理本事项；已经向行政审批部门提交的申请，由申请人自行继续办理或者撤回。终止前代办中心已经办理的行为有效。条件具备后可以重新委托，服务仍然免费。";
    let one_sided = "申请人未能到场签字，本单依照规定送达，以送达回证为证。";
    sheet.blocks.push(paragraph(if form.one_sided { format!("{effect}{one_sided}") } else { effect.into() }));
    let center = sealer("center", "代办中心", "已说明终止原因，上列资料已经退还。");
    let applicant = signer("applicant", "申请人", "已了解终止原因，上列资料已经收回。");
    let manager = sealer("manager", "代办中心负责人", "同意单方终止。");
    sheet.blocks.push(Block::Signatures { parties: vec![center, if form.one_sided { manager } else { applicant }] });
    sheet
}
