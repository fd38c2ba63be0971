//! The forms. Each is a pure function from plain values to a sheet; the words are fixed here, the facts come in.

mod agreement;
mod arbitration_decision;
mod completion;
mod fallback;
mod intake;
mod notices;
mod plan;
mod relay;
mod supervision;
mod suspension;
mod termination;

use chrono::NaiveDate;

pub use agreement::{Agreement, Amendment, Change, agreement, amendment};
pub use arbitration_decision::{ArbitrationDecision, Ruling, Side, arbitration_decision};
pub use completion::{Completion, Delivered, Delivery, DeliveryReceipt, completion, delivery_receipt};
pub use fallback::{
    Asking, AssignmentSheet, BatchList, BatchRow, MonthlyReport, RecordRow, RegisterRecord, Replied, ReportTable, TicketApplication, TriageRow,
    assignment_sheet, batch_list, monthly_report, register_record, ticket_application, triage_list,
};
pub use intake::{Application, Receipt, TakenIn, application, receipt};
pub use notices::{Deferral, Deferred, MissingPaper, OneTimeNotice, deferral_notice, one_time_notice};
pub use plan::{Plan, PlanStep, plan};
pub use relay::{Answer, Arrival, Difference, HandOver, JointRequest, Leg, Transfer, hand_over_list, joint_request, transfer};
pub use supervision::{Supervision, supervision};
pub use suspension::{Extension, Resumption, Suspension, extension, resumption, suspension};
pub use termination::{End, Originals, Termination, termination};

use crate::forms::printing::{Block, Cell, Column, Entry, Mark, Party, Sheet, Style, date, or_dash};

/// What no form of a center may be taken for.
pub const NO_DECISION: &str =
    "本单为政务服务代办帮办服务文书，不是行政决定，不改变申请人与行政审批部门之间的法律关系；代办帮办自愿、免费，代办不包办、服务不揽责。";

/// The telephone of the government in every city; where a center or an item names none.
pub const HOTLINE: &str = "12345";

/// Who issues a form, under which number, when.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Name of the center or office.
    pub issuer: String,
    /// 文号.
    pub document_number: String,
    /// 成文日期.
    pub issued_on: NaiveDate,
    /// 监督投诉电话.
    pub complaint_phone: String,
    /// Copies, such as 本单一式三份，…; each form has a default for an empty one.
    pub copies: String,
}

/// The matter a form is about.
#[derive(Clone, Debug, Default)]
pub struct Matter {
    /// 办件编号.
    pub number: String,
    /// 事项名称.
    pub item_title: String,
    /// 事项编码.
    pub item_code: String,
    /// 服务方式, such as 全程代办.
    pub mode: String,
    /// Name of the person or organisation.
    pub applicant_name: String,
    /// Citizen ID, masked, or the unified social credit code.
    pub applicant_number: String,
    /// Contact and telephone, masked.
    pub contact: String,
    /// Whoever acts for the applicant, masked; may be empty.
    pub agent: String,
    /// 承办人.
    pub handler: String,
    /// The center that has custody.
    pub center: String,
    /// 受理时间; unknown before acceptance.
    pub accepted_on: Option<NaiveDate>,
}

/// A paper that is taken, handed over or handed back.
#[derive(Clone, Debug, Default)]
pub struct Paper {
    /// Its name.
    pub name: String,
    /// 原件 or 复印件, paper or electronic.
    pub form: String,
    /// How many.
    pub count: u32,
    /// What is noted of it.
    pub note: String,
}

/// An empty sheet of a kind.
fn sheet(kind: &str, style: Style, title: &str, head: &Head, copies: &str) -> Sheet {
    Sheet {
        kind: kind.into(),
        style,
        title: title.into(),
        subtitle: None,
        issuer: head.issuer.clone(),
        document_number: head.document_number.clone(),
        dates: vec![Entry::new("日期", date(head.issued_on))],
        blocks: Vec::new(),
        complaint_phone: head.complaint_phone.clone(),
        copies: if head.copies.is_empty() { copies.into() } else { head.copies.clone() },
        statement: NO_DECISION.into(),
    }
}

/// Widths of the four columns of most grids: label, value, label, value.
const FOUR: [u16; 4] = [16, 34, 16, 34];

/// Two labelled values in a row.
fn pair(left: (&str, &str), right: (&str, &str)) -> Vec<Cell> {
    [left, right].into_iter().flat_map(|(label, value)| [Cell::label(label), Cell::value(or_dash(value))]).collect()
}

/// One labelled value over the whole row.
fn wide(label: &str, value: &str) -> Vec<Cell> {
    vec![Cell::label(label), Cell::value(or_dash(value)).across(3)]
}

/// One labelled value over the whole row, to be written in by hand where it is not known.
fn open(label: &str, value: &str) -> Vec<Cell> {
    vec![Cell::label(label), Cell::value(value).across(3)]
}

/// Who asks for what, and who carries it: the rows every form begins with.
fn matter_rows(matter: &Matter) -> Vec<Vec<Cell>> {
    let accepted = matter.accepted_on.map(date).unwrap_or_else(|| "尚未受理".into());
    let mut rows = vec![
        // Numbers and codes are longer than half a row: it would tear them.
        wide("办件编号", &matter.number),
        pair(("申请人", &matter.applicant_name), ("证件号码", &matter.applicant_number)),
        pair(("经办人", &matter.agent), ("联系方式", &matter.contact)),
        wide("事项名称", &matter.item_title),
        wide("事项编码", &matter.item_code),
        pair(("承办中心", &matter.center), ("承办人", &matter.handler)),
    ];
    rows.push(if matter.mode.is_empty() { wide("受理时间", &accepted) } else { pair(("服务方式", &matter.mode), ("受理时间", &accepted)) });
    rows
}

/// The matter and what a form adds to it, as one grid.
fn grid(matter: &Matter, more: Vec<Vec<Cell>>) -> Block {
    let mut rows = matter_rows(matter);
    rows.extend(more);
    Block::Grid { columns: FOUR.to_vec(), rows }
}

/// A party that signs with its hand.
fn signer(place: &str, title: &str, statement: &str) -> Party {
    Party { place: place.into(), title: title.into(), statement: statement.into(), marks: vec![Mark::Sign, Mark::Date], dated: None }
}

/// A party that signs and seals.
fn sealer(place: &str, title: &str, statement: &str) -> Party {
    Party { marks: vec![Mark::Sign, Mark::Seal, Mark::Date], ..signer(place, title, statement) }
}

/// The issuer's seal beside the slip on which whoever gets the form signs for it.
fn sealed_and_received(head: &Head, recipient: Party) -> Block {
    let issuer = Party { marks: vec![Mark::Seal, Mark::Date], dated: Some(date(head.issued_on)), ..signer("issuer", &head.issuer, "") };
    Block::Signatures { parties: vec![issuer, recipient] }
}

/// The slip for an applicant.
fn recipient() -> Party {
    signer("recipient", "签收", "本单已经收到，内容已经知悉。")
}

/// 落款 of the issuer.
fn seal(head: &Head) -> Block {
    Block::Seal { place: "issuer".into(), issuer: head.issuer.clone(), date: date(head.issued_on) }
}

/// A heading.
fn heading(text: &str) -> Block {
    Block::Heading { text: text.into() }
}

/// A paragraph.
fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph { text: text.into() }
}

/// Papers as a table.
fn papers(papers: &[Paper]) -> Block {
    let columns = vec![Column::short("序号", 8), Column::words("资料名称", 50), Column::short("形式", 16), Column::short("份数", 9), Column::words("备注", 25)];
    let row = |(i, p): (usize, &Paper)| vec![(i + 1).to_string(), p.name.clone(), or_dash(&p.form).into(), p.count.to_string(), p.note.clone()];
    Block::Table { columns, rows: papers.iter().enumerate().map(row).collect() }
}

/// A list of boxes one of which is ticked.
fn choice(options: &[&str], chosen: &str) -> String {
    let known = options.contains(&chosen);
    let mut text = options.iter().map(|o| format!("{}{o}", if *o == chosen { '☑' } else { '□' })).collect::<Vec<_>>().join("　");
    if !known && !chosen.is_empty() {
        text.push_str(&format!("　☑其他：{chosen}"));
    }
    text
}
