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
    /// Until when the receiver answers.
    pub answer_by: NaiveDate,
    /// What is left of the applicant's time, such as 7个工作日.
    pub days_left: String,
    /// What the receiver answered, where it has.
    pub answer: Answer,
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
    /// Imposed by this decision: nobody is asked.
    Imposed(String),
}

impl Answer {
    /// What the box of the answering side says; `yes` and `no` are the two answers.
    fn statement(&self, yes: &str, no: &str) -> String {
        match self {
            Self::Open => format!("□ {yes}　　□ {no}，理由："),
            Self::Taken(day) => format!("☑ {yes}（{}）　　□ {no}", date(*day)),
            Self::Refused(day, why) => format!("□ {yes}　　☑ {no}（{}），理由：{}", date(*day), or_dash(why)),
            Self::Overdue => "逾期未答复。".into(),
            Self::Recalled => "未答复即已撤回。".into(),
            Self::Imposed(_) => "本函已经收到。".into(),
        }
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
    let outcome = form.answer.statement("同意接收", "退回");
    let parties = vec![sealer("sender", "转出单位", "办件情况和资料属实。"), sealer("receiver", "转入单位", &outcome)];
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
    let parties = vec![sealer("giver", "移交人", "上列资料已经当面移交。"), sealer("taker", "接收人", "上列资料已经核对，与清单一致。")];
    sheet.blocks.push(Block::Signatures { parties });
    sheet
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
    /// What it came to.
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
    sheet.blocks.push(paragraph(match &form.answer {
        Answer::Open => format!("{by}不能承办的，请说明理由。联办期间办件仍由我中心负责，与申请人的联系由我中心承担。"),
        Answer::Taken(day) => format!("贵单位已于{}函复同意联办。联办期间办件仍由我中心负责，与申请人的联系由我中心承担。", date(*day)),
        Answer::Refused(day, why) => format!("贵单位已于{}函复不能承办，理由：{}", date(*day), sentence(or_dash(why))),
        Answer::Overdue => "贵单位逾期未函复，由指定办理确定承办单位。".into(),
        Answer::Recalled => "贵单位函复之前，本函所提联办已经取消。".into(),
        Answer::Imposed(_) => "联合办理自决定作出之时起开始，不得退回，无须另行函复。联办期间办件仍由我中心负责，与申请人的联系由我中心承担。".into(),
    }));
    sheet.blocks.push(paragraph(format!("联系人：{}；联系方式：{}。", or_dash(&matter.handler), or_dash(&head.complaint_phone))));
    match form.attachments.as_slice() {
        [] => {}
        [only] => sheet.blocks.push(paragraph(format!("附件：{only}"))),
        several => {
            let list: Vec<String> =
                several.iter().enumerate().map(|(i, name)| format!("{}{}．{name}", if i == 0 { "附件：" } else { "　　　" }, i + 1)).collect();
            sheet.blocks.push(paragraph(list.join("\n")));
        }
    }
    sheet.blocks.push(seal(head));
    let title = if matches!(form.answer, Answer::Imposed(_)) { "主送单位签收" } else { "主送单位回执" };
    sheet.blocks.push(Block::Signatures { parties: vec![sealer("receiver", title, &form.answer.statement("同意联办", "不能承办"))] });
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
