//! 督办单.

use crate::{
    auth::Actor,
    clocks::ClockKind,
    db::{Error, Result, Tx},
    forms::printing::{self, Block, Cell, Entry, Mark, Party, Printed, Sheet, Style, date, or_dash},
    kernel::Code as _,
    organization,
    supervision::{self, SupervisionState as State, SupervisionView},
};

/// A supervision order as PDF, with the name of its file.
pub fn order(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(String, Vec<u8>)> {
    let view = supervision::fetch(tx, actor, reference)?;
    let from = organization::load(tx, view.from_center_id)?;
    let phone = if from.phone.is_empty() { crate::forms::kinds::HOTLINE.to_owned() } else { from.phone.clone() };
    let sheet = drawn(&view, &from.name, phone);
    let stamp = if view.state == State::Withdrawn { "已撤销".into() } else { String::new() };
    let printed = printing::render(&sheet, &Printed { stamp, ..Printed::default() }).map_err(|e| Error::Corrupt(e.to_string()))?;
    Ok((format!("督办单 {}.pdf", view.number), printed.pdf))
}

fn drawn(view: &SupervisionView, issuer: &str, complaint_phone: String) -> Sheet {
    let pair = |left: (&str, String), right: (&str, String)| {
        vec![Cell::label(left.0), Cell::value(or_dash(&left.1)), Cell::label(right.0), Cell::value(or_dash(&right.1))]
    };
    let wide = |label: &str, value: &str| vec![Cell::label(label), Cell::value(or_dash(value)).across(3)];
    // Until when it is to be carried out, whatever else runs: its signing in has a limit too. What has ended keeps the one that
    // it had last.
    let last = view.clocks.iter().flatten().filter(|c| c.kind == ClockKind::Supervision).map(|c| c.due_at).max();
    let due = last.map(|at| date(at.local_date())).unwrap_or_default();
    let mut rows = vec![
        wide("督办编号", &view.number),
        pair(("被督办单位", view.to.clone()), ("责任人", view.responsible.clone().unwrap_or_default())),
        pair(("督办原因", view.reason_label.clone()), ("当前状态", view.state_label.clone())),
        pair(("督办时间", date(view.created_at.local_date())), ("办理期限", due)),
        wide("所督办件", view.about_number.as_deref().unwrap_or_default()),
        wide("督办事项及要求", &view.matter),
    ];
    if let Some(answer) = &view.answer {
        rows.push(wide("查明情况", &answer.findings));
        rows.push(wide("整改措施", &answer.measures));
        rows.push(wide("证明材料", &answer.evidence));
        rows.push(pair(("反馈时间", date(answer.at.local_date())), ("是否逾期", if view.late { "逾期".into() } else { "按期".into() })));
    }
    let party = |place: &str, title: &str, statement: &str, on: Option<String>| Party {
        place: place.into(),
        title: title.into(),
        statement: statement.into(),
        marks: vec![Mark::Sign, Mark::Seal, Mark::Date],
        dated: on,
    };
    let notes: Vec<String> = view.notes.iter().flatten().map(|n| format!("{}　{}：{}", date(n.at.local_date()), n.act.label(), n.words)).collect();
    let mut blocks = vec![Block::Grid { columns: vec![16, 34, 16, 34], rows }];
    if !notes.is_empty() {
        blocks.push(Block::Heading { text: "办理经过".into() });
        blocks.push(Block::List { articles: false, items: notes });
    }
    blocks.push(Block::Signatures {
        parties: vec![
            party("issuer", issuer, "", Some(date(view.created_at.local_date()))),
            party("recipient", "被督办单位签收", "请在期限内落实并书面反馈。", None),
        ],
    });
    Sheet {
        kind: "supervision_order".into(),
        style: Style::Form,
        title: "督办单".into(),
        subtitle: None,
        issuer: issuer.into(),
        document_number: view.number.clone(),
        dates: vec![Entry::new("日期", date(view.created_at.local_date()))],
        blocks,
        complaint_phone,
        copies: "本单一式两份，签发单位、被督办单位各存一份。".into(),
        statement: "本单为政务服务代办帮办的内部督办文书，不是行政决定，不对申请人的权利义务产生影响。".into(),
    }
}
