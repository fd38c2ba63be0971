//! 帮办代办申请表 and 收件凭证: what is asked for, and what was taken in.

use chrono::NaiveDate;

use super::{Head, Matter, Paper, choice, grid, heading, pair, papers, sealer, sheet, signer, wide};
use crate::forms::printing::{Block, Sheet, Style, date};

/// What the application adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Application {
    /// How it came, such as 大厅窗口.
    pub channel: String,
    /// Kind of applicant, such as 企业法人.
    pub applicant_kind: String,
    /// Address of the applicant, as far as it may be shown.
    pub address: String,
    /// What help is asked for.
    pub request: String,
    /// Why agency is open to the applicant; empty where only assistance is asked for.
    pub eligibility: String,
    /// How results are to be delivered.
    pub delivery: String,
    /// Papers that were handed in with it.
    pub papers: Vec<Paper>,
    /// Who took it in, and when.
    pub taken_in: TakenIn,
}

/// Who took something in from the applicant, and when.
#[derive(Clone, Debug, Default)]
pub struct TakenIn {
    /// Each center with its day, oldest first.
    pub by: Vec<(String, NaiveDate)>,
    /// All of it was another center than the one that issues the sheet, or some of it.
    pub elsewhere: bool,
}

impl TakenIn {
    fn told(&self) -> String {
        self.by.iter().map(|(center, day)| format!("{center}（{}）", date(*day))).collect::<Vec<_>>().join("；")
    }
}

/// 帮办代办申请表.
pub fn application(head: &Head, matter: &Matter, form: &Application) -> Sheet {
    let mut sheet = sheet("application", Style::Form, "帮办代办申请表", head, "本表一式两份，申请人、代办中心各执一份。");
    let more = vec![
        wide("服务方式", &choice(&["全程代办", "部分代办", "帮办（协办）"], &matter.mode)),
        pair(("申请人类型", &form.applicant_kind), ("申请渠道", &form.channel)),
        wide("联系地址", &form.address),
        wide("申请内容", &form.request),
        wide("代办资格", &form.eligibility),
        wide("结果领取", &form.delivery),
        wide("收件单位", &form.taken_in.told()),
    ];
    // The mode is ticked instead of told.
    sheet.blocks.push(grid(&Matter { mode: String::new(), ..matter.clone() }, more));
    if !form.papers.is_empty() {
        sheet.blocks.push(heading("随表提交的资料"));
        sheet.blocks.push(papers(&form.papers));
    }
    let applicant =
        "已听取代办帮办服务流程的说明，自愿提出申请；所提供的材料真实、准确、合法，并对此承担相应的法律责任；知悉法律、法规规定的费用由申请人按规定自行缴纳。";
    let center = if form.taken_in.elsewhere {
        "本件由上列单位收件，现由本中心承接；本表据办件记录出具。"
    } else {
        "已说明代办帮办服务流程，核实申请人身份和相关资料。"
    };
    sheet.blocks.push(Block::Signatures { parties: vec![signer("applicant", "申请人", applicant), sealer("center", "代办中心", center)] });
    sheet
}

/// What the receipt adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// What was taken in.
    pub papers: Vec<Paper>,
    /// By when the center says whether it accepts; or that it has.
    pub answer: String,
    /// How to ask for progress.
    pub inquiry: String,
    /// Who took the papers in, and when.
    pub taken_in: TakenIn,
}

/// 收件凭证.
pub fn receipt(head: &Head, matter: &Matter, form: &Receipt) -> Sheet {
    let mut sheet = sheet("receipt", Style::Form, "收件凭证", head, "本凭证一式两份，申请人、代办中心各执一份。");
    let bare = form.papers.is_empty();
    let taker = if bare { head.issuer.clone() } else { form.taken_in.told() };
    let more = vec![wide("收件单位", &taker), wide("是否接受委托", &form.answer), wide("进度查询", &form.inquiry)];
    sheet.blocks.push(grid(matter, more));
    if !bare {
        sheet.blocks.push(heading("收到下列资料"));
        sheet.blocks.push(papers(&form.papers));
    }
    let what = if bare { "委托申请，尚未收取资料" } else { "上列资料" };
    sheet.blocks.push(super::paragraph(format!("本凭证仅证明代办中心收到{what}，不表示行政审批部门已经受理；行政审批部门的受理以其出具的受理通知书为准。")));
    let (title, statement) = if bare {
        ("收件人", "委托申请已经收到，未收取资料。")
    } else if form.taken_in.elsewhere {
        ("承接单位", "上列资料由上列收件单位收取，本中心承接后据办件记录出具本凭证。")
    } else {
        ("收件人", "上列资料已核对收到。")
    };
    let parties =
        vec![sealer("center", title, statement), signer("applicant", "交件人", if bare { "已领取本凭证。" } else { "上列资料由本人提交，已领取本凭证。" })];
    sheet.blocks.push(Block::Signatures { parties });
    sheet
}
