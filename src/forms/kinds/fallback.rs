//! Forms of fallback tickets “办不成事”: 申请单, 交办单 as it is issued and as it comes back, 记录表, 特别疑难问题清单, and what is
//! printed of a register: 汇总记录表, 每周分类清单, 月报.

use super::{FOUR, Head, pair, paragraph, seal, sealer, sheet, signer, wide};
use crate::forms::printing::{Block, Cell, Column, Entry, Party, Sheet, Style, or_dash};

/// What no form of a fallback window may be taken for.
const NO_DECISION: &str = "本单为“办不成事”反映（兜底）窗口的工作文书，不是行政决定，不改变申请人与行政机关之间的法律关系；反映问题不收取任何费用。";

/// What is said between units.
const INTERNAL: &str = "本单为“办不成事”反映问题的内部工作文书，不是行政决定，不对申请人的权利义务产生影响；群众不满意的，不予销号。";

/// Boxes that stand beside each other.
const ABREAST: usize = 3;

/// Somebody who asks.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// The place where they sign.
    pub place: String,
    /// Name.
    pub name: String,
    /// Identity number, masked; empty where they have no record.
    pub id_number: String,
    /// Telephone, masked.
    pub phone: String,
}

/// 申请单.
#[derive(Clone, Debug, Default)]
pub struct TicketApplication {
    /// Number of the ticket.
    pub number: String,
    /// When registered.
    pub registered: String,
    /// How it came in.
    pub channel: String,
    /// What kind of difficulty.
    pub category: String,
    /// Those who ask.
    pub callers: Vec<Asking>,
    /// In a few words.
    pub title: String,
    /// 基本情况.
    pub situation: String,
    /// 诉求.
    pub request: String,
    /// Departments that it concerns.
    pub departments: String,
    /// Number of the matter that it is about.
    pub matter: String,
    /// Who takes it in.
    pub center: String,
}

/// Boxes in rows, none of them too narrow.
fn boxes(blocks: &mut Vec<Block>, parties: Vec<Party>) {
    let each = parties.len().div_ceil(parties.len().div_ceil(ABREAST).max(1)).max(1);
    let mut parties = parties.into_iter().peekable();
    while parties.peek().is_some() {
        blocks.push(Block::Signatures { parties: parties.by_ref().take(each).collect() });
    }
}

fn one_of(i: usize, all: usize, title: &str) -> String {
    if all > 1 { format!("{title}{}", i + 1) } else { title.to_owned() }
}

fn table(columns: Vec<Column>, rows: Vec<Vec<String>>) -> Block {
    Block::Table { columns, rows }
}

/// 申请单.
pub fn ticket_application(head: &Head, form: &TicketApplication) -> Sheet {
    let title = "“办不成事”反映（兜底）问题申请单";
    let mut sheet = sheet("ticket_application", Style::Form, title, head, "本单一式两份，申请人、受理中心各执一份。");
    sheet.statement = NO_DECISION.into();
    let mut rows = vec![wide("反映编号", &form.number), pair(("登记时间", &form.registered), ("反映渠道", &form.channel))];
    for (i, caller) in form.callers.iter().enumerate() {
        let label = one_of(i, form.callers.len(), "申请人");
        rows.push(pair((&label, &caller.name), ("联系电话", &caller.phone)));
        if !caller.id_number.is_empty() {
            rows.push(wide("证件号码", &caller.id_number));
        }
    }
    rows.extend([
        wide("问题类别", &form.category),
        wide("反映事项", &form.title),
        wide("基本情况", &form.situation),
        wide("诉求", &form.request),
        wide("涉及部门", &form.departments),
    ]);
    if !form.matter.is_empty() {
        rows.push(wide("关联办件", &form.matter));
    }
    rows.push(wide("受理中心", &form.center));
    sheet.blocks.push(Block::Grid { columns: FOUR.to_vec(), rows });
    sheet.blocks.push(paragraph("受理中心对反映的问题集中登记，每周分类：一般问题由中心当场协调；疑难复杂问题由改革办召集部门协调、限时解决；特别疑难问题每月提请政府研究。办理结果征求申请人意见，申请人不满意的，不予销号。"));
    let stated = "所反映的情况属实；同意为办理所反映的问题联系本人。";
    let all = form.callers.len();
    boxes(&mut sheet.blocks, form.callers.iter().enumerate().map(|(i, c)| signer(&c.place, &one_of(i, all, "申请人"), stated)).collect());
    sheet.blocks.push(Block::Signatures { parties: vec![sealer("center", "受理中心", "已登记，已告知申请人办理流程和反映编号。")] });
    sheet
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Replied {
    /// What was achieved, such as 已解决, and when.
    pub result: String,
    /// 完成情况.
    pub report: String,
    /// What the applicants say to it, so far; on the sheet of an assisting department, where that stands.
    pub opinions: Vec<String>,
    /// Where the applicants sign; empty on the sheet of an assisting department.
    pub callers: Vec<String>,
}

/// 交办单.
#[derive(Clone, Debug, Default)]
pub struct AssignmentSheet {
    /// Number of the sheet.
    pub number: String,
    /// Number of the ticket.
    pub ticket: String,
    /// When it was issued.
    pub issued: String,
    /// The department that leads.
    pub lead: String,
    /// Those that assist.
    pub assisting: Vec<String>,
    /// To whom this very sheet goes, where that is an assisting one.
    pub assists: Option<String>,
    /// Complete until.
    pub due: String,
    /// Who answers for it; empty until the department signs it in.
    pub responsible: String,
    /// 交办事项.
    pub matter: String,
    /// Why this department was determined.
    pub determination: String,
    /// What came back; none on the sheet as it was issued.
    pub replied: Option<Replied>,
}

/// 交办单, in the order of the text: 编号, 交办时间, 承办部门, 完成时限, 责任人, 交办事项, 主管领导(签字), 完成情况, 责任人(签字),
/// 申请人意见反馈, 申请人(签字). As it is issued, what comes back is left open to be written in by hand.
pub fn assignment_sheet(head: &Head, form: &AssignmentSheet) -> Sheet {
    let kind = if form.replied.is_some() { "assignment_reply" } else { "assignment_sheet" };
    let mut sheet = sheet(kind, Style::Form, "“办不成事”反映问题交办单", head, "本单一式三份，交办单位、承办部门各执一份，办结后存档一份。");
    sheet.statement = INTERNAL.into();
    sheet.subtitle = form.replied.as_ref().map(|_| "（办复）".into());
    let mut charged = format!("牵头：{}", or_dash(&form.lead));
    if !form.assisting.is_empty() {
        charged.push_str(&format!("\n协办：{}", form.assisting.join("、")));
    }
    if let Some(own) = &form.assists {
        charged.push_str(&format!("\n本单承办：{own}（协办）"));
    }
    let mut rows = vec![
        wide("交办单编号", &form.number),
        wide("反映编号", &form.ticket),
        wide("交办时间", &form.issued),
        wide("承办部门", &charged),
        wide("完成时限", &form.due),
        vec![Cell::label("责任人"), Cell::value(if form.responsible.is_empty() { "　" } else { &form.responsible }).across(3)],
        wide("交办事项", &form.matter),
    ];
    if !form.determination.is_empty() {
        rows.push(wide("指定承办理由", &form.determination));
    }
    let blocks = &mut sheet.blocks;
    blocks.push(Block::Grid { columns: FOUR.to_vec(), rows });
    blocks.push(Block::Signatures { parties: vec![signer("leader", "主管领导（签字）", "（交办单位盖章）")] });
    // Room to write, down to what is printed at its foot.
    let tall = |label: &str, foot: &str| vec![Cell::label(label), Cell::value(format!("\n\n\n{foot}")).across(3)];
    let Some(replied) = &form.replied else {
        let (signed, said) = ("　　　　年　　月　　日", "□满意　　□不满意");
        let rows = vec![tall("完成情况", "（可以另附页）"), tall("责任人（签字）", signed), tall("申请人意见反馈", said), tall("申请人（签字）", signed)];
        blocks.push(Block::Grid { columns: FOUR.to_vec(), rows });
        return sheet;
    };
    blocks.push(Block::Grid { columns: FOUR.to_vec(), rows: vec![wide("完成情况", &format!("{}\n{}", replied.result, replied.report))] });
    blocks.push(Block::Signatures { parties: vec![signer("responsible", "责任人（签字）", "")] });
    let said = if replied.opinions.is_empty() { "□满意　　□不满意".to_owned() } else { replied.opinions.join("\n") };
    blocks.push(Block::Grid { columns: FOUR.to_vec(), rows: vec![wide("申请人意见反馈", &said)] });
    let all = replied.callers.len();
    let sign = |(i, place): (usize, &String)| signer(place, &one_of(i, all, "申请人（签字）"), "");
    boxes(blocks, replied.callers.iter().enumerate().map(sign).collect());
    if all > 0 {
        blocks.push(Block::Note {
            text: "申请人在本单签字，仅表示所载意见为本人所述；是否销号以登记的申请人反馈为准。".into()
        });
    }
    sheet
}

/// A row of a 记录表.
#[derive(Clone, Debug, Default)]
pub struct RecordRow {
    /// Number and time.
    pub time: String,
    /// 涉及部门.
    pub departments: String,
    /// 基本情况.
    pub situation: String,
    /// 受理过程.
    pub course: String,
    /// 处理结果.
    pub result: String,
}

/// 记录表, of a ticket or of a period.
#[derive(Clone, Debug, Default)]
pub struct RegisterRecord {
    /// Of one ticket, or of the register.
    pub whole: bool,
    /// Of what, such as a period.
    pub of: String,
    /// In order.
    pub rows: Vec<RecordRow>,
}

/// 记录表: 序号, 时间, 涉及部门, 基本情况, 受理过程, 处理结果.
pub fn register_record(head: &Head, form: &RegisterRecord) -> Sheet {
    let kind = if form.whole { "register_record" } else { "ticket_record" };
    let mut sheet = sheet(kind, Style::Form, "“办不成事”反映问题记录表", head, "本表由登记单位存档。");
    sheet.statement = INTERNAL.into();
    sheet.dates.insert(0, Entry::new(if form.whole { "登记期间" } else { "反映编号" }, &form.of));
    let columns = vec![
        Column::short("序号", 8),
        Column::words("时间", 18),
        Column::words("涉及部门", 14),
        Column::words("基本情况", 23),
        Column::words("受理过程", 20),
        Column::words("处理结果", 17),
    ];
    let row = |(i, r): (usize, &RecordRow)| {
        let mut cells = vec![(i + 1).to_string()];
        cells.extend([&r.time, &r.departments, &r.situation, &r.course, &r.result].map(|text| or_dash(text).to_owned()));
        cells
    };
    sheet.blocks.push(table(columns, form.rows.iter().enumerate().map(row).collect()));
    sheet.blocks.push(signed(head));
    sheet
}

/// Who keeps the register, and who answers for it.
fn signed(head: &Head) -> Block {
    Block::Signatures { parties: vec![signer("recorder", "填表人", ""), sealer("manager", &format!("{}负责人", head.issuer), "")] }
}

/// A ticket of a batch.
#[derive(Clone, Debug, Default)]
pub struct BatchRow {
    /// Number and category.
    pub number: String,
    /// Departments that it concerns.
    pub departments: String,
    /// In a few words, what happened and what is asked.
    pub problem: String,
    /// What was decided, with the day.
    pub decision: String,
}

/// 特别疑难问题清单, as it goes to the government and, once decided, as it came back.
#[derive(Clone, Debug, Default)]
pub struct BatchList {
    /// Number of the batch.
    pub number: String,
    /// For which month, such as 2026年12月.
    pub month: String,
    /// Which government.
    pub government: String,
    /// What is asked of it.
    pub summary: String,
    /// Number of the document by which it was submitted.
    pub document_no: String,
    /// Number of the minutes or the decision.
    pub decision_no: String,
    /// Its tickets.
    pub rows: Vec<BatchRow>,
    /// Something was decided.
    pub decided: bool,
}

/// 特别疑难问题清单.
pub fn batch_list(head: &Head, form: &BatchList) -> Sheet {
    let title = if form.decided { "特别疑难问题清单和研究决定" } else { "特别疑难问题清单" };
    let mut sheet = sheet("batch_list", Style::Form, title, head, "本清单报送政府一份，改革办存档一份。");
    sheet.statement = INTERNAL.into();
    sheet.subtitle = Some(format!("（{}）", form.month));
    sheet.blocks.push(Block::Addressee { text: format!("{}：", form.government) });
    sheet.blocks.push(paragraph(format!("下列“办不成事”反映问题经分类为特别疑难，现提请研究（批次{}，共{}件）。", form.number, form.rows.len())));
    if !form.summary.is_empty() {
        sheet.blocks.push(paragraph(&form.summary));
    }
    let documents = [("报送文号", &form.document_no), ("研究决定文号", &form.decision_no)];
    let documents: Vec<String> = documents.iter().filter(|(_, no)| !no.is_empty()).map(|(label, no)| format!("{label}：{no}")).collect();
    if !documents.is_empty() {
        sheet.blocks.push(paragraph(format!("{}。", documents.join("；"))));
    }
    let columns = vec![
        Column::short("序号", 7),
        Column::words("编号和类别", 20),
        Column::words("涉及部门", 15),
        Column::words("基本情况和诉求", 34),
        Column::words(if form.decided { "研究决定" } else { "研究意见" }, 24),
    ];
    let row = |(i, r): (usize, &BatchRow)| {
        vec![(i + 1).to_string(), r.number.clone(), or_dash(&r.departments).into(), or_dash(&r.problem).into(), r.decision.clone()]
    };
    sheet.blocks.push(table(columns, form.rows.iter().enumerate().map(row).collect()));
    sheet.blocks.push(seal(head));
    sheet
}

/// A ticket that waits to be classified.
#[derive(Clone, Debug, Default)]
pub struct TriageRow {
    /// Number, and how it came in.
    pub number: String,
    /// When registered, and until when it is to be classified.
    pub time: String,
    /// What kind of difficulty.
    pub category: String,
    /// In a few words, what happened.
    pub problem: String,
    /// What was classified before, where it was reopened.
    pub before: String,
}

/// 每周分类清单: what waits, with room for what the meeting says.
pub fn triage_list(head: &Head, rows: &[TriageRow]) -> Sheet {
    let mut sheet = sheet("triage_list", Style::Form, "“办不成事”反映问题每周分类清单", head, "本清单供每周分类使用，分类后由登记单位存档。");
    sheet.statement = INTERNAL.into();
    sheet.blocks.push(paragraph(format!("截至本单日期，待分类的反映问题共{}件。", rows.len())));
    let columns = vec![
        Column::short("序号", 7),
        Column::words("编号和渠道", 21),
        Column::words("登记和分类时限", 17),
        Column::words("反映的问题", 35),
        Column::words("分级", 20),
    ];
    let row = |(i, r): (usize, &TriageRow)| {
        let before = if r.before.is_empty() { String::new() } else { format!("\n（原{}）", r.before) };
        let tier = format!("□一般\n□疑难复杂\n□特别疑难{before}");
        vec![(i + 1).to_string(), r.number.clone(), r.time.clone(), format!("【{}】{}", r.category, r.problem), tier]
    };
    sheet.blocks.push(table(columns, rows.iter().enumerate().map(row).collect()));
    sheet.blocks.push(signed(head));
    sheet
}

/// Figures under a heading.
#[derive(Clone, Debug, Default)]
pub struct ReportTable {
    /// What is counted by what.
    pub heading: String,
    /// Titles of the columns with their widths; the first holds words.
    pub columns: Vec<(String, u16)>,
    /// As many values as columns.
    pub rows: Vec<Vec<String>>,
}

/// 月报.
#[derive(Clone, Debug, Default)]
pub struct MonthlyReport {
    /// Such as 2026年3月.
    pub month: String,
    /// Whose register.
    pub of: String,
    /// What the month was like, in sentences.
    pub summary: Vec<String>,
    /// The figures.
    pub tables: Vec<ReportTable>,
}

/// 月报.
pub fn monthly_report(head: &Head, form: &MonthlyReport) -> Sheet {
    let mut sheet = sheet("monthly_report", Style::Form, "“办不成事”反映问题月报", head, "本月报报送改革办，填报单位存档一份。");
    sheet.statement = INTERNAL.into();
    sheet.subtitle = Some(format!("（{}）", form.month));
    sheet.blocks.push(paragraph(format!("统计范围：{}。", form.of)));
    sheet.blocks.extend(form.summary.iter().map(paragraph));
    for figures in &form.tables {
        sheet.blocks.push(super::heading(&figures.heading));
        let column = |(i, (title, width)): (usize, &(String, u16))| if i == 0 { Column::words(title, *width) } else { Column::short(title, *width) };
        sheet.blocks.push(table(figures.columns.iter().enumerate().map(column).collect(), figures.rows.clone()));
    }
    sheet.blocks.push(signed(head));
    sheet
}
