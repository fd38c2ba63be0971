//! 指定办理决定书: who must handle a matter that was handed back.

use super::{Head, Matter, grid, heading, paragraph, seal, sheet, signer};
use crate::forms::printing::{Block, Cell, Party, Sheet, Style, or_dash};

/// What one side holds.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Which center or department.
    pub unit: String,
    /// What it holds.
    pub opinion: String,
    /// On what it relies.
    pub basis: String,
}

/// What the decision adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct ArbitrationDecision {
    /// What happened so far.
    pub facts: String,
    /// The sides.
    pub sides: Vec<Side>,
    /// Who handles it from now on.
    pub handler: String,
    /// What is decided besides, such as until when papers are handed over.
    pub orders: String,
    /// Why.
    pub reason: String,
    /// By which rule.
    pub rule: String,
}

/// 指定办理决定书.
pub fn arbitration_decision(head: &Head, matter: &Matter, form: &ArbitrationDecision) -> Sheet {
    let mut sheet = sheet("arbitration_decision", Style::Letter, "指定办理决定书", head, "本决定书送争议各方各一份，送申请人一份，存档一份。");
    sheet.statement = "本决定书明确代办帮办办件的承办单位，属于内部指定，不是行政决定，不影响申请人的权利和义务，不改变行政审批部门的法定职责。".into();
    let units: Vec<&str> = form.sides.iter().map(|s| or_dash(&s.unit)).collect();
    sheet.blocks.push(Block::Addressee { text: format!("{}：", units.join("、")) });
    sheet.blocks.push(paragraph("你们对下列代办帮办件由谁承办存在争议。经审查，决定如下。"));
    sheet.blocks.push(grid(matter, Vec::new()));
    sheet.blocks.push(heading("一、基本事实"));
    sheet.blocks.push(paragraph(or_dash(&form.facts)));
    sheet.blocks.push(heading("二、各方意见"));
    let header = ["单位", "意见", "依据"].map(Cell::label).to_vec();
    let rows = form.sides.iter().map(|s| vec![Cell::label(or_dash(&s.unit)), Cell::value(or_dash(&s.opinion)), Cell::value(or_dash(&s.basis))]);
    sheet.blocks.push(Block::Grid { columns: vec![24, 46, 30], rows: std::iter::once(header).chain(rows).collect() });
    sheet.blocks.push(heading("三、决定"));
    sheet.blocks.push(paragraph(format!("指定{}承办本件。", or_dash(&form.handler))));
    if !form.orders.is_empty() {
        sheet.blocks.push(paragraph(&form.orders));
    }
    sheet.blocks.push(heading("四、理由和依据"));
    sheet.blocks.push(paragraph(or_dash(&form.reason)));
    sheet.blocks.push(paragraph(format!("依据：{}", or_dash(&form.rule))));
    sheet.blocks.push(heading("五、效力"));
    sheet.blocks.push(paragraph("本决定自送达之时起生效，被指定的单位不得退回；原承办中心应当立即移交办件和资料，移交前继续负责。出现新的事实的，争议各方可以申请复核一次，复核期间不停止执行。办件的时限连续计算。"));
    sheet.blocks.push(seal(head));
    // Each side signs for its copy; three boxes fit side by side.
    let boxes: Vec<Party> = form.sides.iter().enumerate().map(|(i, side)| signer(&format!("recipient_{}", i + 1), "签收", or_dash(&side.unit))).collect();
    sheet.blocks.extend(boxes.chunks(3).map(|row| Block::Signatures { parties: row.to_vec() }));
    sheet
}
