//! 代办计划与申报进度计划: which approvals, in which order, by when.

use chrono::NaiveDate;

use super::{Head, Matter, grid, paragraph, sealer, sheet, signer, wide};
use crate::forms::printing::{Block, Column, Sheet, Style, date, or_dash};

/// One approval.
#[derive(Clone, Debug, Default)]
pub struct PlanStep {
    /// Its name.
    pub name: String,
    /// Who decides.
    pub department: String,
    /// After which steps, such as 1、2.
    pub after: String,
    /// Statutory limit, such as 20工作日.
    pub statutory: String,
    /// Promised limit.
    pub promised: String,
    /// Planned filing.
    pub planned_start: Option<NaiveDate>,
    /// Planned result.
    pub planned_finish: Option<NaiveDate>,
    /// Actual result, or how it stands.
    pub actual: String,
}

/// What the plan adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Which version of the plan.
    pub version: u32,
    /// 帮扶单位.
    pub supporting_unit: String,
    /// Milestones of the investor's contract.
    pub milestones: String,
    /// The approvals.
    pub steps: Vec<PlanStep>,
    /// What the applicant has to prepare, by when.
    pub preparation: String,
}

/// 代办计划与申报进度计划.
pub fn plan(head: &Head, matter: &Matter, form: &Plan) -> Sheet {
    let mut sheet = sheet("plan", Style::Form, "代办计划与申报进度计划", head, "本计划一式两份，申请人、代办中心各执一份。");
    if form.version > 1 {
        sheet.subtitle = Some(format!("（第{}次修订）", form.version - 1));
    }
    let more = vec![wide("帮扶单位", &form.supporting_unit), wide("合同约定的建设节点", &form.milestones), wide("申请人须准备", &form.preparation)];
    sheet.blocks.push(grid(matter, more));
    let columns = vec![
        Column::short("序号", 8),
        Column::words("审批事项", 23),
        Column::words("承办部门", 16),
        Column::short("前置", 8),
        Column::short("法定\n时限", 10),
        Column::short("承诺\n时限", 10),
        Column::short("计划申报", 14),
        Column::short("计划办结", 14),
        Column::short("实际\n进度", 11),
    ];
    let day = |d: Option<NaiveDate>| d.map_or_else(|| "—".to_owned(), date);
    let row = |(i, s): (usize, &PlanStep)| {
        let [after, statutory, promised] = [&s.after, &s.statutory, &s.promised].map(|w| or_dash(w).to_owned());
        vec![
            (i + 1).to_string(),
            s.name.clone(),
            or_dash(&s.department).into(),
            after,
            statutory,
            promised,
            day(s.planned_start),
            day(s.planned_finish),
            or_dash(&s.actual).into(),
        ]
    };
    sheet.blocks.push(Block::Table { columns, rows: form.steps.iter().enumerate().map(row).collect() });
    sheet.blocks.push(paragraph("法定时限和承诺时限自行政审批部门受理之日起计算，补正材料和特别程序的时间依法另计。计划因审批部门要求或者申请人情况变化需要调整的，由代办人员与申请人协商修订。"));
    let parties =
        vec![signer("applicant", "申请人", "同意按本计划准备材料和申报。"), sealer("center", "代办中心", &format!("制定日期：{}", date(head.issued_on)))];
    sheet.blocks.push(Block::Signatures { parties });
    sheet
}
