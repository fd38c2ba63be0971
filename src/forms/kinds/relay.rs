//! 转办单, 资料交接清单 and 联办函: the papers of the relay between centers.

use chrono::NaiveDate;

use super::{Head, Matter, Paper, grid, heading, open, pair, papers, paragraph, seal, sealer, sheet, wide};
use crate::forms::printing::{Block, Column, Sheet, Style, date, or_dash};

/// What a transfer adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Transfer {
    /// Who hands over.
    pub from_center: String,
    /// Who is asked to take over.
    pub to_center: String,
    /// Why, naming the rule.
    pub reason: String,
    /// How it stands: what is done, what is not.
    pub progress: String,
    /// How and when the applicant agreed.
    pub consent: String,
    /// Until when the receiver answers. What it answers is no part of the slip: it is told in the receipt.
    pub answer_by: NaiveDate,
    /// What is left of the applicant's time, such as 7个工作日.
    pub days_left: String,
}

/// The answer of whoever was asked.
#[derive(Clone, Debug, Default)]
pub enum Answer {
    /// None yet.
    #[default]
    Open,
    /// Taken over, on this day.
    Taken(NaiveDate),
    /// Not taken over: on this day, for this reason.
    Refused(NaiveDate, String),
    /// The time to answer is over.
    Overdue,
    /// Taken back before it was answered.
    Recalled,
    /// Taken over on this day, and called off later.
    Ended(NaiveDate),
    /// Imposed by this decision: nobody is asked.
    Imposed(String),
}

/// The two answers to an offer and to a request.
const TAKE: (&str, &str) = ("同意接收", "退回");
const CARRY: (&str, &str) = ("同意联办", "不能承办");

impl Answer {
    /// What the receiver's box of a transfer slip says.
    pub fn of_transfer(&self) -> String {
        self.statement(TAKE)
    }

    /// What the box of whoever was asked to carry steps says.
    pub fn of_letter(&self) -> String {
        self.statement(CARRY)
    }

    fn statement(&self, (yes, no): (&str, &str)) -> String {
        match self {
            Self::Open => format!("□ {yes}　　□ {no}，理由："),
            Self::Taken(day) => format!("☑ {yes}（{}答复）　　□ {no}", date(*day)),
            Self::Refused(day, _) => format!("□ {yes}　　☑ {no}（{}答复），理由见上", date(*day)),
            Self::Overdue => format!("□ {yes}　　□ {no}　　逾期未答复。"),
            Self::Recalled => "答复之前已经撤回。".into(),
            Self::Ended(day) => format!("☑ {yes}（{}答复）　　□ {no}　　之后已经取消。", date(*day)),
            Self::Imposed(_) => "本函已经收到。".into(),
        }
    }

    /// Why it was refused, above the box: no reason is too long for it.
    pub fn told(&self) -> Vec<Block> {
        let Self::Refused(day, why) = self else { return Vec::new() };
        vec![heading(&format!("不接受的理由（{}答复）", date(*day))), paragraph(or_dash(why))]
    }
}

/// 转办单.
pub fn transfer(head: &Head, matter: &Matter, form: &Transfer) -> Sheet {
    let mut sheet = sheet("transfer", Style::Form, "政务服务代办帮办转办单", head, "本单一式三份，转出单位、转入单位各执一份，送申请人一份。");
    let more = vec![
        pair(("转出单位", &form.from_center), ("转入单位", &form.to_center)),
        wide("转办理由和依据", &form.reason),
        wide("办理进展", &form.progress),
        wide("申请人意见", &form.consent),
        pair(("答复期限", &date(form.answer_by)), ("剩余时限", &form.days_left)),
    ];
    sheet.blocks.push(grid(matter, more));
    sheet.blocks.push(paragraph("转入单位应当在答复期限内接收或者说明理由退回。接收前办件仍由转出单位负责；接收之时起由转入单位负责，办件的时限连续计算，不因转办重新起算或者暂停，资料凭交接清单一并移交。申请人无需另行申请，也无需到其他窗口重新提交资料。"));
    let parties = vec![sealer("sender", "转出单位", "办件情况和资料属实。"), sealer("receiver", "转入单位回执", &Answer::Open.of_transfer())];
    sheet.blocks.push(Block::Signatures { parties });
    sheet
}

/// What the list adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct HandOver {
    /// Why papers change hands, such as 转办.
    pub occasion: String,
    /// Who gives.
    pub giver: String,
    /// Who takes.
    pub taker: String,
    /// Where.
    pub place: String,
    /// What.
    pub papers: Vec<Paper>,
}

/// 资料交接清单.
pub fn hand_over_list(head: &Head, matter: &Matter, form: &HandOver) -> Sheet {
    let mut sheet = sheet("hand_over_list", Style::Form, "资料交接清单", head, "本清单一式两份，移交人、接收人各执一份。");
    let more = vec![pair(("移交方", &form.giver), ("接收方", &form.taker)), wide("交接事由", &form.occasion), open("交接地点", &form.place)];
    sheet.blocks.push(grid(matter, more));
    sheet.blocks.push(heading(&format!("交接资料（共{}项{}份）", form.papers.len(), form.papers.iter().map(|p| p.count).sum::<u32>())));
    sheet.blocks.push(papers(&form.papers));
    let parties = vec![sealer("giver", "移交人", "上列资料已经移交。"), sealer("taker", "接收人", &Arrival::Open.statement())];
    sheet.blocks.push(Block::Signatures { parties });
    sheet
}

/// What arrived of a list.
#[derive(Clone, Debug, Default)]
pub enum Arrival {
    /// Nothing was taken over yet.
    #[default]
    Open,
    /// Taken over on this day, without a word on what arrived.
    Unchecked(NaiveDate),
    /// Checked on this day, with what differs.
    Checked(NaiveDate, Vec<Difference>),
    /// Nothing was handed over.
    Fallen,
}

/// A row of a list of which more or less arrived, or a paper that is on no row.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Number of the row; none: it is not on the list.
    pub row: Option<u32>,
    /// The paper.
    pub name: String,
    /// What it is.
    pub form: String,
    /// How many were sent.
    pub sent: u32,
    /// How many arrived.
    pub received: u32,
    /// What is noted of it.
    pub note: String,
}

impl Difference {
    fn told(&self) -> String {
        let what = match (self.row, self.received.abs_diff(self.sent), self.received < self.sent) {
            (None, ..) => "清单以外收到".to_owned(),
            (_, 0, _) => String::new(),
            (_, n, true) => format!("缺{n}份"),
            (_, n, false) => format!("多{n}份"),
        };
        [what.as_str(), self.note.as_str()].iter().filter(|t| !t.is_empty()).copied().collect::<Vec<_>>().join("；")
    }
}

impl Arrival {
    /// What the taker's box says.
    pub fn statement(&self) -> String {
        match self {
            Self::Open => "□ 已核对，与清单一致　　□ 有差异，见接收核对".into(),
            Self::Unchecked(day) => format!("□ 已核对，与清单一致　　□ 有差异　　（{}接收，没有登记核对结果）", date(*day)),
            Self::Checked(day, none) if none.is_empty() => format!("☑ 已核对，与清单一致（{}接收）　　□ 有差异", date(*day)),
            Self::Checked(day, some) => format!("□ 已核对，与清单一致　　☑ 有差异{}项，见接收核对（{}接收）", some.len(), date(*day)),
            Self::Fallen => "转办未成立，资料没有移交。".into(),
        }
    }

    /// The differences, row by row.
    pub fn told(&self) -> Vec<Block> {
        let Self::Checked(_, differences) = self else { return Vec::new() };
        if differences.is_empty() {
            return Vec::new();
        }
        let columns = vec![
            Column::short("清单\n序号", 9),
            Column::words("资料名称", 39),
            Column::short("形式", 12),
            Column::short("移交\n份数", 9),
            Column::short("接收\n份数", 9),
            Column::words("差异", 22),
        ];
        let row = |d: &Difference| {
            let number = d.row.map_or_else(|| "—".to_owned(), |n| n.to_string());
            vec![number, d.name.clone(), or_dash(&d.form).into(), d.sent.to_string(), d.received.to_string(), or_dash(&d.told()).into()]
        };
        vec![heading("接收核对"), Block::Table { columns, rows: differences.iter().map(row).collect() }]
    }
}

/// A step that another unit is asked to carry.
#[derive(Clone, Debug, Default)]
pub struct Leg {
    /// The step of the plan.
    pub step: String,
    /// Who decides it.
    pub unit: String,
    /// What is asked.
    pub request: String,
    /// Until when the answer is expected, in words.
    pub answer_by: String,
    /// Until when it is done, in words.
    pub due: String,
}

/// What the letter adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct JointRequest {
    /// The center or department that is asked.
    pub to: String,
    /// Why, naming the rule.
    pub reason: String,
    /// What is asked of whom.
    pub legs: Vec<Leg>,
    /// Until when the answer is expected; none where nobody is asked.
    pub answer_by: Option<NaiveDate>,
    /// What it had come to when the letter was drawn up; the receipt at its end is left blank all the same.
    pub answer: Answer,
    /// What comes with the letter.
    pub attachments: Vec<String>,
}

/// 联办函.
pub fn joint_request(head: &Head, matter: &Matter, form: &JointRequest) -> Sheet {
    let title = format!("关于联合办理“{}”的函", or_dash(&matter.item_title));
    let mut sheet = sheet("joint_request", Style::Letter, &title, head, "本函一式两份，主送单位、发函单位各存一份。");
    sheet.blocks.push(Block::Addressee { text: format!("{}：", or_dash(&form.to)) });
    let asked = match &form.answer {
        Answer::Imposed(case) => format!("根据指定办理决定（{case}），由贵单位联合办理，办理环节和要求附后。"),
        _ => "现提请贵单位联合办理，办理环节和要求附后。".to_owned(),
    };
    sheet.blocks.push(paragraph(format!("我中心受理了下列代办帮办件。{}{asked}", sentence(&form.reason))));
    sheet.blocks.push(grid(matter, Vec::new()));
    let columns = vec![
        Column::short("序号", 8),
        Column::words("办理环节", 23),
        Column::words("审批部门", 18),
        Column::words("协同内容", 19),
        Column::short("答复时限", 16),
        Column::short("完成时限", 16),
    ];
    let row = |(i, l): (usize, &Leg)| vec![(i + 1).to_string(), l.step.clone(), or_dash(&l.unit).into(), l.request.clone(), l.answer_by.clone(), l.due.clone()];
    sheet.blocks.push(Block::Table { columns, rows: form.legs.iter().enumerate().map(row).collect() });
    let by = form.answer_by.map(|day| format!("请于{}前函复是否同意；", date(day))).unwrap_or_default();
    let ours = "联办期间办件仍由我中心负责，与申请人的联系由我中心承担。";
    sheet.blocks.push(paragraph(match &form.answer {
        Answer::Taken(day) => format!("贵单位已于{}函复同意联办。{ours}", date(*day)),
        Answer::Imposed(_) => format!("联合办理自决定作出之时起开始，不得退回，无须另行函复。{ours}"),
        _ => format!("{by}不能承办的，请说明理由。{ours}"),
    }));
    sheet.blocks.push(paragraph(format!("联系人：{}；联系方式：{}。", or_dash(&matter.handler), or_dash(&head.complaint_phone))));
    match form.attachments.as_slice() {
        [] => {}
        [only] => sheet.blocks.push(paragraph(format!("附件：{only}"))),
        // Rows of a table are not torn between pages.
        several => {
            let columns = vec![Column::short("附件", 10), Column::words("名称", 90)];
            let row = |(i, name): (usize, &String)| vec![(i + 1).to_string(), name.clone()];
            sheet.blocks.push(Block::Table { columns, rows: several.iter().enumerate().map(row).collect() });
        }
    }
    sheet.blocks.push(seal(head));
    let (title, blank) = match &form.answer {
        imposed @ Answer::Imposed(_) => ("主送单位签收", imposed.of_letter()),
        _ => ("主送单位回执", Answer::Open.of_letter()),
    };
    sheet.blocks.push(Block::Signatures { parties: vec![sealer("receiver", title, &blank)] });
    sheet
}

/// A clause that ends in a full stop, or nothing.
fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches(['。', '，', '；']);
    if text.is_empty() { String::new() } else { format!("{text}。") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn clauses_end_once() {
        assert_eq!(super::sentence("涉及市级审批。"), "涉及市级审批。");
        assert_eq!(super::sentence("涉及市级审批，"), "涉及市级审批。");
        assert_eq!(super::sentence(" "), "");
    }
}
