//! 一次性告知书 and 容缺受理通知书: what is missing, how to supply it, until when.

use chrono::NaiveDate;

use super::{Head, Matter, grid, heading, paragraph, recipient, sealed_and_received, sheet, signer, wide};
use crate::forms::printing::{Block, Column, Sheet, Style, date, or_dash};

/// Something that is missing or wrong.
#[derive(Clone, Debug, Default)]
pub struct MissingPaper {
    /// Its name.
    pub name: String,
    /// What is wrong with it, such as 未提交.
    pub fault: String,
    /// How to supply it.
    pub how: String,
    /// What rule asks for it.
    pub basis: String,
}

/// What the notice adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct OneTimeNotice {
    /// The complete list.
    pub missing: Vec<MissingPaper>,
    /// Until when.
    pub until: NaiveDate,
    /// Where and how to hand it in.
    pub channels: String,
    /// Whom to ask.
    pub inquiry: String,
}

/// 一次性告知书.
pub fn one_time_notice(head: &Head, matter: &Matter, form: &OneTimeNotice) -> Sheet {
    let mut sheet = sheet("one_time_notice", Style::Form, "一次性告知书", head, "本告知书一式两份，申请人、代办中心各执一份。");
    sheet.blocks.push(Block::Addressee { text: format!("{}：", or_dash(&matter.applicant_name)) });
    sheet.blocks.push(paragraph(format!("经核对，您（贵单位）办理下列事项的资料尚有{}项需要补充或者更正。现将全部内容一次性告知如下。", form.missing.len())));
    sheet.blocks.push(grid(
        matter,
        vec![wide("补正期限", &format!("请于{}前补齐", date(form.until))), wide("提交方式", &form.channels), wide("咨询方式", &form.inquiry)],
    ));
    sheet.blocks.push(heading("需要补充或者更正的全部内容"));
    let columns = vec![
        Column::short("序号", 7),
        Column::words("材料名称", 30),
        Column::words("存在问题", 21),
        Column::words("补正方法和要求", 27),
        Column::words("依据", 15),
    ];
    let row = |(i, m): (usize, &MissingPaper)| vec![(i + 1).to_string(), m.name.clone(), m.fault.clone(), m.how.clone(), or_dash(&m.basis).into()];
    sheet.blocks.push(Block::Table { columns, rows: form.missing.iter().enumerate().map(row).collect() });
    sheet.blocks.push(paragraph("按照上列内容补齐后即可继续办理，代办中心不再另行要求补充其他材料；因法律法规调整或者您（贵单位）的情况发生变化的除外。逾期未补齐且经两次提醒仍未提交的，本次委托自行失效，可以重新申请。"));
    sheet.blocks.push(sealed_and_received(head, recipient()));
    sheet
}

/// A paper that is supplied later.
#[derive(Clone, Debug, Default)]
pub struct Deferred {
    /// Its name.
    pub name: String,
    /// Why it cannot be supplied now.
    pub reason: String,
    /// Until when.
    pub due: NaiveDate,
}

/// What the notice adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Deferral {
    /// What is supplied later.
    pub papers: Vec<Deferred>,
    /// What the applicant promises; a default where empty.
    pub promise: String,
    /// What follows where it is not kept; a default where empty.
    pub consequence: String,
}

/// 容缺受理通知书.
pub fn deferral_notice(head: &Head, matter: &Matter, form: &Deferral) -> Sheet {
    let mut sheet = sheet("deferral_notice", Style::Form, "容缺受理通知书", head, "本通知书一式两份，申请人、代办中心各执一份。");
    sheet.blocks.push(Block::Addressee { text: format!("{}：", or_dash(&matter.applicant_name)) });
    sheet.blocks.push(paragraph("您（贵单位）办理下列事项的主要材料齐全，下表所列材料符合容缺条件。根据您（贵单位）的承诺，先行收件办理，请按期补交。"));
    let promise = if form.promise.is_empty() {
        "承诺在下列期限内补交材料，并保证补交的材料真实、合法、有效，与已经提交的材料内容一致。"
    } else {
        &form.promise
    };
    let consequence = if form.consequence.is_empty() {
        "逾期未补交或者补交的材料不符合要求的，代办中心停止代办并退回资料，由此造成的延误由申请人承担；行政审批部门已经受理的，由其依法处理。"
    } else {
        &form.consequence
    };
    sheet.blocks.push(grid(matter, vec![wide("申请人承诺", promise), wide("逾期后果", consequence)]));
    sheet.blocks.push(heading("容缺材料"));
    let columns = vec![Column::short("序号", 8), Column::words("材料名称", 42), Column::words("容缺原因", 30), Column::short("补交期限", 20)];
    let row = |(i, d): (usize, &Deferred)| vec![(i + 1).to_string(), d.name.clone(), or_dash(&d.reason).into(), date(d.due)];
    sheet.blocks.push(Block::Table { columns, rows: form.papers.iter().enumerate().map(row).collect() });
    sheet.blocks.push(paragraph("容缺办理期间，行政审批部门的法定时限和承诺时限仍以其受理之日起算；容缺材料补齐前，不领取办理结果。"));
    let applicant = signer("applicant", "承诺人（申请人）", "已经知悉容缺材料、补交期限和逾期后果，作出上述承诺，并收到本通知书。");
    sheet.blocks.push(sealed_and_received(head, applicant));
    sheet
}
