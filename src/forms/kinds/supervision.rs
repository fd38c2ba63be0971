//! 督办单: a formal order to catch up.

use chrono::NaiveDate;

use super::{Head, Matter, grid, pair, paragraph, sealed_and_received, sealer, sheet, wide};
use crate::forms::printing::{Block, Sheet, Style, date};

/// What an order adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Supervision {
    /// To whom.
    pub to: String,
    /// Who answers for it there.
    pub responsible: String,
    /// Which limit is overdue, such as 提交申报.
    pub limit: String,
    /// When it was due.
    pub was_due: NaiveDate,
    /// By how much it is overdue, such as 3个工作日.
    pub overdue: String,
    /// What happened.
    pub facts: String,
    /// What is to be done.
    pub order: String,
    /// Until when.
    pub due: NaiveDate,
    /// Which reminder or order this is.
    pub round: u32,
}

/// 督办单.
pub fn supervision(head: &Head, matter: &Matter, form: &Supervision) -> Sheet {
    let mut sheet = sheet("supervision", Style::Form, "督办单", head, "本单一式两份，签发单位、被督办单位各存一份。");
    if form.round > 1 {
        sheet.subtitle = Some(format!("（第{}次督办）", form.round));
    }
    sheet.statement = "本单为政务服务代办帮办的内部督办文书，不是行政决定，不对申请人的权利义务产生影响。".into();
    let more = vec![
        pair(("被督办单位", &form.to), ("责任人", &form.responsible)),
        pair(("超期环节", &form.limit), ("原定期限", &date(form.was_due))),
        pair(("已超时间", &form.overdue), ("限期完成", &date(form.due))),
        wide("督办事由", &form.facts),
        wide("督办要求", &form.order),
    ];
    sheet.blocks.push(grid(matter, more));
    sheet.blocks.push(paragraph("请在限期内完成并书面报告办理情况、超期原因和整改措施。仍未按期完成的，依照规定挂牌警示、点名通报、提请问责。"));
    sheet.blocks.push(sealed_and_received(head, sealer("recipient", "被督办单位签收", "")));
    let reply = sealer("reply", "办理情况报告", "（办理结果、超期原因、整改措施，可以另附页）");
    sheet.blocks.push(Block::Signatures { parties: vec![reply] });
    sheet
}
