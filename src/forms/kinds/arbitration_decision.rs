//! 指定办理决定书: who must handle a matter, or a part of it, that nobody took.

use super::{Head, Matter, grid, heading, paragraph, seal, sheet, signer};
use crate::forms::printing::{Block, Cell, Column, Party, Sheet, Style, or_dash};

/// What one side holds.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Which center or department.
    pub unit: String,
    /// What it said.
    pub opinion: String,
    /// Where it said so, such as 转办单 or 陈述.
    pub source: String,
}

/// What is decided.
#[derive(Clone, Debug)]
pub enum Ruling {
    /// Another center has custody from now on.
    Custody {
        /// Which.
        handler: String,
        /// Who had it.
        former: String,
    },
    /// Somebody carries steps beside the custodian.
    Joint {
        /// Who.
        handler: String,
        /// The custodian.
        custodian: String,
        /// Each step with its authority.
        steps: Vec<(String, String)>,
    },
    /// It stays where it is.
    Keep {
        /// The custodian.
        handler: String,
    },
}

impl Default for Ruling {
    fn default() -> Self {
        Self::Keep { handler: String::new() }
    }
}

/// What the decision adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct ArbitrationDecision {
    /// Number of the arbitration.
    pub case_number: String,
    /// What happened so far.
    pub facts: String,
    /// The sides.
    pub sides: Vec<Side>,
    /// Who is bound by it and was no side; empty where there is none.
    pub bound: String,
    /// What is decided.
    pub ruling: Ruling,
    /// What is decided besides, such as the leader's document.
    pub orders: String,
    /// Why.
    pub reason: String,
    /// The rule, in its words.
    pub rule: String,
    /// It comes after the one review: it is final.
    pub reviewed: bool,
}

/// 指定办理决定书.
pub fn arbitration_decision(head: &Head, matter: &Matter, form: &ArbitrationDecision) -> Sheet {
    let mut sheet = sheet("arbitration_decision", Style::Letter, "指定办理决定书", head, "本决定书送争议各方和被指定单位各一份，存档一份。");
    if form.reviewed {
        sheet.subtitle = Some("（复核决定）".into());
    }
    sheet.statement = "本决定书明确代办帮办办件的承办单位，属于内部指定，不是行政决定，不影响申请人的权利和义务，不改变行政审批部门的法定职责。".into();
    let bound = Some(form.bound.as_str()).filter(|bound| !bound.is_empty());
    let units: Vec<&str> = form.sides.iter().map(|s| or_dash(&s.unit)).chain(bound).collect();
    sheet.blocks.push(Block::Addressee { text: format!("{}：", units.join("、")) });
    sheet.blocks.push(paragraph(format!("下列代办帮办件由谁承办存在争议（指定办理编号：{}）。经审查，决定如下。", or_dash(&form.case_number))));
    sheet.blocks.push(grid(matter, Vec::new()));
    sheet.blocks.push(heading("一、基本事实"));
    sheet.blocks.push(paragraph(or_dash(&form.facts)));
    sheet.blocks.push(heading("二、各方意见"));
    let header = ["单位", "意见", "出处"].map(Cell::label).to_vec();
    let rows = form.sides.iter().map(|s| vec![Cell::label(or_dash(&s.unit)), Cell::value(or_dash(&s.opinion)), Cell::value(or_dash(&s.source))]);
    sheet.blocks.push(Block::Grid { columns: vec![22, 38, 40], rows: std::iter::once(header).chain(rows).collect() });
    sheet.blocks.push(heading("三、决定"));
    let (ruling, effect) = match &form.ruling {
        Ruling::Custody { handler, former } => {
            (format!("指定{}承办本件。", or_dash(handler)), format!("{}应当立即移交办件和资料，移交前继续负责。", or_dash(former)))
        }
        Ruling::Joint { handler, custodian, .. } => (
            format!("由{}对下列环节联合办理；本件仍由{}承办，与申请人的联系由其承担。", or_dash(handler), or_dash(custodian)),
            "联合办理自本决定作出之时起开始，无须另行函复。".into(),
        ),
        Ruling::Keep { handler } => (format!("本件由{}继续承办。", or_dash(handler)), String::new()),
    };
    sheet.blocks.push(paragraph(ruling));
    if let Ruling::Joint { steps, .. } = &form.ruling {
        let columns = vec![Column::short("序号", 10), Column::words("联合办理环节", 50), Column::words("审批部门", 40)];
        let row = |(i, (step, unit)): (usize, &(String, String))| vec![(i + 1).to_string(), step.clone(), or_dash(unit).into()];
        sheet.blocks.push(Block::Table { columns, rows: steps.iter().enumerate().map(row).collect() });
    }
    if !form.orders.is_empty() {
        sheet.blocks.push(paragraph(&form.orders));
    }
    sheet.blocks.push(heading("四、理由和依据"));
    sheet.blocks.push(paragraph(or_dash(&form.reason)));
    sheet.blocks.push(paragraph(format!("依据：{}", or_dash(&form.rule))));
    sheet.blocks.push(heading("五、效力"));
    let last = if form.reviewed {
        "本决定为复核决定，不再复核。"
    } else {
        "出现新的事实的，争议各方可以申请复核一次，复核期间不停止执行。"
    };
    sheet.blocks.push(paragraph(format!("本决定自作出之时起生效，被指定的单位不得退回。{effect}{last}办件的时限连续计算。")));
    sheet.blocks.push(seal(head));
    // Each side signs for its copy; three boxes fit side by side.
    let boxes: Vec<Party> = units.iter().enumerate().map(|(i, unit)| signer(&format!("recipient_{}", i + 1), "签收", unit)).collect();
    sheet.blocks.extend(boxes.chunks(3).map(|row| Block::Signatures { parties: row.to_vec() }));
    sheet
}
