//! 代办事项终止委托单: an entrustment ends before its result.

use chrono::NaiveDate;

use super::{Head, Matter, Paper, choice, grid, heading, pair, papers, paragraph, sealer, sheet, signer, wide};
use crate::forms::printing::{Block, Sheet, Style, date};

/// How far the end has come when the sheet is drawn up.
#[derive(Clone, Debug, Default)]
pub enum End {
    /// It waits for both signatures. What is given back meanwhile is told beside them, and no part of the sheet.
    #[default]
    Open,
    /// Both had signed before this was drawn up.
    Signed {
        /// When it took effect.
        on: NaiveDate,
        /// When and how the applicant signed.
        applicant: String,
        /// When and how the center signed.
        center: String,
    },
    /// By the center alone, and delivered.
    Served {
        /// When it took effect.
        on: NaiveDate,
        /// What proves the delivery.
        proof: String,
    },
}

/// What a termination adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Termination {
    /// Label of the listed reason, such as 申请人主动要求.
    pub reason: String,
    /// The facts.
    pub facts: String,
    /// Who asked for it.
    pub asked_by: String,
    /// What had been done.
    pub progress: String,
    /// The originals that were taken in, and how each stands when the sheet is drawn up.
    pub papers: Vec<Paper>,
    /// All of them are back.
    pub all_back: bool,
    /// How far it has come.
    pub end: End,
}

/// 代办事项终止委托单.
pub fn termination(head: &Head, matter: &Matter, form: &Termination) -> Sheet {
    let mut sheet = sheet("termination", Style::Form, "代办事项终止委托单", head, "本单一式两份，申请人、代办中心各执一份。");
    let on = match &form.end {
        End::Open => "双方签字之日".to_owned(),
        End::Signed { on, .. } | End::Served { on, .. } => date(*on),
    };
    let mut more = vec![
        wide("终止原因", &choice(&["不具备办结条件", "申请人主动要求"], &form.reason)),
        wide("具体情况", &form.facts),
        pair(("提出方", &form.asked_by), ("终止日期", &on)),
        wide("已经办理", &form.progress),
    ];
    match &form.end {
        End::Open => {}
        End::Signed { applicant, center, .. } => more.extend([wide("申请人签署", applicant), wide("代办中心签署", center)]),
        End::Served { proof, .. } => more.push(wide("送达凭证", proof)),
    }
    sheet.blocks.push(grid(matter, more));
    sheet.blocks.push(heading("收存的原件（出具本单时）"));
    sheet.blocks.push(papers(&form.papers));
    let effect = "委托终止后，代办中心不再代理办理本事项；已经向行政审批部门提交的申请，由申请人自行继续办理或者撤回。终止前代办中心已经办理的行为有效。条件具备后可以重新委托，服务仍然免费。";
    let one_sided = "申请人未能到场签字，本单依照规定送达，以送达凭证为证。";
    sheet.blocks.push(paragraph(if matches!(form.end, End::Served { .. }) { format!("{effect}{one_sided}") } else { effect.into() }));
    let parties = match &form.end {
        End::Open => {
            let [center, applicant] = Originals::default().statements();
            vec![sealer("center", "代办中心", &center), signer("applicant", "申请人", &applicant)]
        }
        End::Signed { .. } => {
            let papers = if form.all_back { "资料已经退还" } else { "尚未退还的资料见上表" };
            vec![sealer("issuer", "代办中心", &format!("双方已经签署，{papers}，据此出具本单。")), signer("recipient", "签收", "本单已经收到。")]
        }
        End::Served { .. } => {
            vec![sealer("issuer", "代办中心", "已说明终止原因，本单已经送达。"), sealer("manager", "代办中心负责人", "同意单方终止。")]
        }
    };
    sheet.blocks.push(Block::Signatures { parties });
    sheet
}

/// The originals of a matter that ends, as they stand when somebody signs or reads.
#[derive(Clone, Debug, Default)]
pub struct Originals {
    /// Each with how it stands, and whether it is back.
    pub papers: Vec<(Paper, bool)>,
    /// Nothing is known of them yet: the sheet's own words, which claim nothing.
    pub known: bool,
}

impl Originals {
    /// What the boxes of the center and of the applicant say. Nobody signs that papers are back which are not.
    pub fn statements(&self) -> [String; 2] {
        let out: Vec<&str> = self.papers.iter().filter(|(_, back)| !back).map(|(p, _)| p.name.as_str()).collect();
        let (center, applicant) = match (self.known, self.papers.is_empty(), out.as_slice()) {
            (false, ..) => ("原件的退还情况另行注明。".to_owned(), "原件的退还情况另行注明。".to_owned()),
            (true, true, _) => ("没有收存原件。".into(), "没有交存原件。".into()),
            (true, false, []) => ("收存的原件已经全部退还。".into(), "交存的原件已经全部收回。".into()),
            (true, false, out) => {
                let told = format!("尚有{}件原件没有退还：{}，退还期限和办法见上表。", out.len(), out.join("、"));
                (told.clone(), told)
            }
        };
        [format!("已说明终止原因。{center}"), format!("已了解终止原因，同意终止委托。{applicant}")]
    }

    /// How each stands.
    pub fn told(&self) -> Vec<Block> {
        if self.papers.is_empty() {
            return Vec::new();
        }
        let papers: Vec<Paper> = self.papers.iter().map(|(p, _)| p.clone()).collect();
        vec![heading("原件退还情况"), super::papers(&papers)]
    }
}
