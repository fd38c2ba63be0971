//! 代办委托协议 and 变更协议: what an agent may do, and what is changed of it.

use chrono::NaiveDate;

use super::{Head, Matter, grid, heading, paragraph, sealer, sheet, wide};
use crate::forms::printing::{Block, Cell, Sheet, Style, date, or_dash};

/// What the agreement adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    /// What it is called here, such as 项目代办委托书; 政务服务代办委托协议 where empty.
    pub title: String,
    /// What the agent may do, each a phrase.
    pub scope: Vec<String>,
    /// What the agent may not do, each a phrase.
    pub excluded: Vec<String>,
    /// From when until when, in the words of the clause.
    pub term: String,
    /// Clauses after scope and term, without their numbers.
    pub clauses: Vec<String>,
}

fn phrases(phrases: &[String]) -> String {
    phrases.iter().enumerate().map(|(i, phrase)| format!("{}．{phrase}", i + 1)).collect::<Vec<_>>().join("\n")
}

/// 代办委托协议.
pub fn agreement(head: &Head, matter: &Matter, form: &Agreement) -> Sheet {
    let title = if form.title.is_empty() { "政务服务代办委托协议" } else { &form.title };
    let mut sheet = sheet("agreement", Style::Form, title, head, "本协议一式三份，甲方执一份，乙方执两份。");
    sheet.blocks.push(paragraph(format!("甲方（委托人）：{}\n乙方（代办机构）：{}", or_dash(&matter.applicant_name), or_dash(&matter.center))));
    sheet.blocks.push(paragraph("甲方因办理下列政务服务事项的需要，自愿委托乙方代办。双方协商一致，订立本协议，供共同遵守。"));
    let more = vec![wide("委托权限", &phrases(&form.scope)), wide("除外权限", &phrases(&form.excluded)), wide("委托期限", &form.term)];
    sheet.blocks.push(grid(matter, more));
    sheet.blocks.push(Block::List { articles: true, items: form.clauses.clone() });
    sheet.blocks.push(parties("乙方（代办机构）"));
    sheet
}

fn parties(center: &str) -> Block {
    let applicant = sealer("applicant", "甲方（委托人）", "已阅读并理解全部条款。自然人签字，单位由法定代表人或者授权人签字并加盖公章。");
    Block::Signatures { parties: vec![applicant, sealer("center", center, "")] }
}

/// One thing that is changed.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What, such as 代办机构.
    pub what: String,
    /// As it was.
    pub before: String,
    /// As it is from now on.
    pub after: String,
}

/// What the amendment adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Amendment {
    /// The agreement's own number.
    pub agreement_number: String,
    /// The center that signed it, where another carries on; empty where it is the same.
    pub former: String,
    /// When that was signed.
    pub signed_on: NaiveDate,
    /// Why it is changed.
    pub reason: String,
    /// What is changed.
    pub changes: Vec<Change>,
}

/// Nobody can write a day in before the last has signed.
const IN_FORCE: &str = "自甲乙双方均已签署之日起生效，以最后签署一方的签署日期为准";

/// 变更协议.
pub fn amendment(head: &Head, matter: &Matter, form: &Amendment) -> Sheet {
    let mut sheet = sheet("amendment", Style::Form, "政务服务代办委托变更协议", head, "本协议一式三份，甲方执一份，乙方执两份。");
    let (day, number, center) = (date(form.signed_on), or_dash(&form.agreement_number), or_dash(&matter.center));
    let carried = !form.former.is_empty();
    let party = if carried { "乙方（承接方）" } else { "乙方（代办机构）" };
    sheet.blocks.push(paragraph(if carried {
        let names = format!("甲方（委托人）：{}\n原乙方（代办机构）：{}\n{party}：{center}", or_dash(&matter.applicant_name), form.former);
        format!("{names}\n甲方与原乙方于{day}签订《政务服务代办委托协议》（编号：{number}）。本件现由{center}承接，甲方和承接方协商一致，变更如下。")
    } else {
        format!("甲乙双方就{day}签订的《政务服务代办委托协议》（编号：{number}）协商一致，变更如下。")
    }));
    sheet.blocks.push(grid(matter, vec![wide("变更原因", &form.reason), wide("生效日期", IN_FORCE)]));
    sheet.blocks.push(heading("变更内容"));
    let header = ["变更事项", "变更前", "变更后"].map(Cell::label).to_vec();
    let rows = form.changes.iter().map(|c| vec![Cell::label(&c.what), Cell::value(or_dash(&c.before)), Cell::value(or_dash(&c.after))]);
    sheet.blocks.push(Block::Grid { columns: vec![20, 40, 40], rows: std::iter::once(header).chain(rows).collect() });
    sheet.blocks.push(paragraph("原协议其他条款不变，继续有效。变更前原乙方已经办理的行为有效，已经收取的资料随委托一并移交，并填写资料交接清单。"));
    sheet.blocks.push(parties(party));
    sheet
}
