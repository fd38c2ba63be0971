//! 代办事项办结单 and 送达回证: what came of it, and the proof that it arrived.

use chrono::NaiveDate;

use super::{FOUR, Head, Matter, Paper, choice, grid, heading, open, pair, papers, paragraph, sealer, sheet, signer, wide};
use crate::{
    forms::{
        machine::DeliveryWay,
        printing::{Block, Column, Mark, Party, Sheet, Style, date},
    },
    kernel::Code as _,
};

/// What completion adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Completion {
    /// One of 准予, 部分准予, 不予, 不予受理.
    pub outcome: String,
    /// The result: its name and number.
    pub result: String,
    /// When the result was received.
    pub finished_on: NaiveDate,
    /// How long it took, such as 6个工作日.
    pub duration: String,
    /// What was done, in short.
    pub summary: String,
    /// Statutory fees the applicant paid.
    pub fees: String,
    /// Results and originals handed back.
    pub papers: Vec<Paper>,
    /// Where the applicant had signed for it before this was drawn up: when and how. Nobody signs it once more.
    pub signed: String,
}

/// 代办事项办结单.
pub fn completion(head: &Head, matter: &Matter, form: &Completion) -> Sheet {
    let mut sheet = sheet("completion", Style::Form, "代办事项办结单", head, "本单一式两份，申请人、代办中心各执一份。");
    let more = vec![
        wide("办理结果", &choice(&["准予", "部分准予", "不予", "不予受理"], &form.outcome)),
        wide("结果文书", &form.result),
        pair(("办结日期", &date(form.finished_on)), ("办理用时", &form.duration)),
        wide("办理情况", &form.summary),
        wide("法定费用", if form.fees.is_empty() { "无" } else { &form.fees }),
    ];
    let signed = (!form.signed.is_empty()).then(|| wide("申请人签收", &form.signed));
    sheet.blocks.push(grid(matter, more.into_iter().chain(signed).collect()));
    sheet.blocks.push(heading("移交的结果和原始资料"));
    sheet.blocks.push(papers(&form.papers));
    sheet.blocks.push(paragraph("办理结果由行政审批部门作出。对结果有异议的，请按照行政审批部门文书中载明的途径办理；对代办服务有意见的，可以拨打监督投诉电话。代办服务不收取任何费用，请对本次服务作出评价。"));
    let applicant = "已收到上列结果和原始资料，确认本次代办服务结束。";
    let mut parties = vec![sealer("center", "代办中心", "上列结果和原始资料已经移交。")];
    parties.extend(form.signed.is_empty().then(|| signer("applicant", "申请人", applicant)));
    sheet.blocks.push(Block::Signatures { parties });
    sheet
}

/// A document that is delivered.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: String,
    /// How many.
    pub count: u32,
}

/// What a proof of delivery adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct DeliveryReceipt {
    /// What is delivered.
    pub documents: Vec<Delivered>,
    /// To whom.
    pub recipient: String,
    /// Where.
    pub address: String,
}

/// How it was delivered: told beside the signatures, since it is known only then.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    /// One of 直接送达, 邮寄送达, 电子送达, 留置送达; empty while it is not known.
    pub way: String,
    /// Tracking number or electronic receipt.
    pub tracking: String,
    /// When it was delivered or sent.
    pub on: Option<NaiveDate>,
    /// Who took it in the recipient's place and why, or why it was not taken.
    pub remark: String,
}

impl Delivery {
    /// Somebody may sign for it.
    pub fn known(&self) -> bool {
        !self.way.is_empty() && self.on.is_some()
    }

    /// The rows of the sheet that are filled in, or left open to be written in by hand.
    pub fn told(&self) -> Vec<Block> {
        let rows = vec![
            wide("送达方式", &choice(&DeliveryWay::ALL.iter().map(|way| way.label()).collect::<Vec<_>>(), &self.way)),
            open("送达日期", &self.on.map(date).unwrap_or_default()),
            open("邮件或者回执号", &self.tracking),
            open("代收或者未收的说明", &self.remark),
        ];
        vec![heading("送达情况"), Block::Grid { columns: FOUR.to_vec(), rows }]
    }

    /// What the recipient's box says.
    pub fn statement(&self) -> String {
        match self.on {
            Some(day) if self.way == DeliveryWay::Left.label() => format!("上列文书已于{}留置送达，受送达人未签收。", date(day)),
            Some(day) if self.known() => format!("上列文书已经收到（{}，{}）。", self.way, date(day)),
            _ => "上列文书已经收到。".into(),
        }
    }
}

/// 送达回证.
pub fn delivery_receipt(head: &Head, matter: &Matter, form: &DeliveryReceipt) -> Sheet {
    let mut sheet = sheet("delivery_receipt", Style::Form, "送达回证", head, "本回证一份，签收后由代办中心存档。");
    let more = vec![wide("受送达人", &form.recipient), open("送达地址", &form.address)];
    sheet.blocks.push(grid(matter, more));
    let columns = vec![Column::short("序号", 8), Column::words("送达文书", 50), Column::words("文号", 32), Column::short("份数", 10)];
    let row = |(i, d): (usize, &Delivered)| vec![(i + 1).to_string(), d.name.clone(), d.number.clone(), d.count.to_string()];
    sheet.blocks.push(Block::Table { columns, rows: form.documents.iter().enumerate().map(row).collect() });
    let witness = Party { marks: vec![Mark::Sign, Mark::Date], ..signer("witness", "见证人", "留置或者代收时签字。") };
    let parties = vec![signer("recipient", "受送达人", &Delivery::default().statement()), sealer("deliverer", "送达人", ""), witness];
    sheet.blocks.push(Block::Signatures { parties });
    sheet
}
