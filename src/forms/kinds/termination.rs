//! 代办事项终止委托单: an entrustment ends before its result.

use chrono::NaiveDate;

use super::{Head, Matter, Paper, choice, grid, heading, pair, papers, paragraph, sealer, sheet, signer, wide};
use crate::forms::printing::{Block, Sheet, Style, date};

/// How far the end has come when the sheet is drawn up.
#[derive(Clone, Debug, Default)]
pub enum End {
    /// It waits for both signatures, and for what is still to be given back.
    #[default]
    Open,
    /// Both had signed, and the papers were back, before this was drawn up.
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
    /// What is handed back, and what is still to be.
    pub papers: Vec<Paper>,
    /// How far it has come.
    pub end: End,
}

/// 代办事项终止委托单.
pub fn termination(head: &Head, matter: &Matter, form: &Termination) -> Sheet {
    let mut sheet = sheet("termination", Style::Form, "代办事项终止委托单", head, "本单一式两份，申请人、代办中心各执一份。");
    let on = match &form.end {
        End::Open => "双方签字且原件全部退还之日".to_owned(),
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
    sheet.blocks.push(heading("退还的资料"));
    sheet.blocks.push(papers(&form.papers));
    let effect = "委托终止后，代办中心不再代理办理本事项；已经向行政审批部门提交的申请，由申请人自行继续办理或者撤回。终止前代办中心已经办理的行为有效。条件具备后可以重新委托，服务仍然免费。";
    let one_sided = "申请人未能到场签字，本单依照规定送达，以送达凭证为证。";
    sheet.blocks.push(paragraph(if matches!(form.end, End::Served { .. }) { format!("{effect}{one_sided}") } else { effect.into() }));
    let parties = match &form.end {
        End::Open => {
            vec![sealer("center", "代办中心", "已说明终止原因，上列资料全部退还。"), signer("applicant", "申请人", "已了解终止原因，上列资料已经收回。")]
        }
        End::Signed { .. } => {
            vec![sealer("issuer", "代办中心", "双方已经签署，资料已经退还，据此出具本单。"), signer("recipient", "签收", "本单已经收到。")]
        }
        End::Served { .. } => {
            vec![sealer("issuer", "代办中心", "已说明终止原因，本单已经送达。"), sealer("manager", "代办中心负责人", "同意单方终止。")]
        }
    };
    sheet.blocks.push(Block::Signatures { parties });
    sheet
}
