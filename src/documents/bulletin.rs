//! 通报.

use crate::{
    auth::Actor,
    bulletins::{self, BulletinState as State, BulletinView, NamedOverdue},
    db::{Error, Result, Tx},
    forms::printing::{self, Block, Column, Entry, Printed, Sheet, Style, date},
    organization,
    statistics::StatisticsFigure,
};

/// A bulletin as PDF, with the name of its file.
pub fn bulletin(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(String, Vec<u8>)> {
    let view = bulletins::fetch(tx, actor, reference)?;
    let center = organization::load(tx, view.brief.center.id)?;
    let phone = if center.phone.is_empty() { crate::forms::kinds::HOTLINE.to_owned() } else { center.phone };
    let sheet = drawn(&view, phone);
    let stamp = match view.brief.state {
        State::Published => String::new(),
        State::Withdrawn => "已撤回".into(),
        State::Draft | State::Submitted | State::Discarded => "草稿".into(),
    };
    let printed = printing::render(&sheet, &Printed { stamp, ..Printed::default() }).map_err(|e| Error::Corrupt(e.to_string()))?;
    Ok((format!("{}.pdf", view.words.title), printed.pdf))
}

/// 95.83%（46/48）, or a count with its unit.
fn shown(f: &StatisticsFigure) -> String {
    match (f.rate, f.numerator, f.denominator) {
        (Some(rate), Some(over), Some(under)) => format!("{rate:.2}{}（{over}/{under}）", f.unit),
        (None, _, Some(_)) | (_, None, _) => "—".into(),
        (_, Some(n), None) => n.to_string(),
    }
}

fn heading(text: &str) -> Block {
    Block::Heading { text: text.into() }
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph { text: text.into() }
}

fn table(columns: Vec<Column>, rows: Vec<Vec<String>>) -> Block {
    if rows.is_empty() { paragraph("无。") } else { Block::Table { columns, rows } }
}

fn named(rows: &[NamedOverdue]) -> Block {
    let columns =
        vec![Column::short("编号", 30), Column::words("事项", 24), Column::words("责任单位", 22), Column::short("期限", 12), Column::short("超期天数", 12)];
    let row = |o: &NamedOverdue| {
        let late = if o.done_at.is_some() { format!("{}（已办）", o.days_late) } else { o.days_late.to_string() };
        vec![o.number.clone(), o.title.clone(), o.responsible.clone(), o.due_at.local_date().to_string(), late]
    };
    table(columns, rows.iter().map(row).collect())
}

/// The same, with what was to be done by then.
fn limits(rows: &[NamedOverdue]) -> Block {
    let columns = vec![
        Column::short("编号", 30),
        Column::words("时限", 16),
        Column::words("事项", 18),
        Column::words("责任单位", 14),
        Column::short("期限", 12),
        Column::short("超期天数", 10),
    ];
    let row = |o: &NamedOverdue| {
        let late = if o.done_at.is_some() { format!("{}（已办）", o.days_late) } else { o.days_late.to_string() };
        let limit = o.limit_label.clone().unwrap_or_default();
        vec![o.number.clone(), limit, o.title.clone(), o.responsible.clone(), o.due_at.local_date().to_string(), late]
    };
    table(columns, rows.iter().map(row).collect())
}

fn drawn(view: &BulletinView, complaint_phone: String) -> Sheet {
    let (brief, words, body) = (&view.brief, &view.words, &view.body);
    let mut blocks = Vec::new();
    if !words.overview.is_empty() {
        blocks.extend([heading("一、总体情况"), paragraph(&words.overview)]);
    }
    let figures = body.figures.iter().map(|f| vec![f.now.name.clone(), f.now.unit.clone(), shown(&f.now), shown(&f.before)]).collect();
    let columns = vec![Column::words("指标", 34), Column::short("单位", 10), Column::short("本期", 28), Column::short("上期", 28)];
    blocks.extend([heading("二、主要指标"), table(columns, figures)]);
    let mut columns = vec![Column::words("中心", 26)];
    columns.extend(body.centers.first().iter().flat_map(|c| &c.figures).map(|f| Column::short(&f.name, 12)));
    let centers = body.centers.iter().map(|c| std::iter::once(c.name.clone()).chain(c.figures.iter().map(shown)).collect()).collect();
    blocks.extend([heading("三、各中心情况"), table(columns, centers)]);
    let columns = vec![
        Column::words("部门", 34),
        Column::short("按期", 10),
        Column::short("超期完成", 12),
        Column::short("超期未完成", 13),
        Column::short("按时率", 13),
        Column::short("督办（逾期）", 18),
    ];
    let departments = body.departments.iter().map(|d| {
        let rate = d.on_time_rate.map_or_else(|| "—".into(), |r| format!("{r:.2}%"));
        let orders = format!("{}（{}）", d.orders.issued, d.orders.late);
        vec![d.name.clone(), d.limits.kept.to_string(), d.limits.missed.to_string(), d.limits.late.to_string(), rate, orders]
    });
    blocks.extend([heading("四、部门履职情况"), table(columns, departments.collect())]);
    blocks.extend([heading("五、期末超期的代办件"), named(&body.overdue_matters)]);
    blocks.extend([heading("六、期末超期的交办单"), named(&body.overdue_sheets)]);
    blocks.extend([heading("七、期末超过的其他时限"), limits(&body.overdue_limits)]);
    let columns =
        vec![Column::short("编号", 32), Column::words("被督办单位", 28), Column::words("原因", 18), Column::short("状态", 12), Column::short("逾期", 10)];
    let orders = body
        .orders
        .iter()
        .map(|o| vec![o.number.clone(), o.to.clone(), o.reason_label.clone(), o.state_label.clone(), if o.late { "是" } else { "否" }.to_owned()]);
    blocks.extend([heading("八、督办情况"), table(columns, orders.collect())]);
    for (title, text) in [("九、存在问题", &words.problems), ("十、工作要求", &words.requirements)] {
        if !text.is_empty() {
            blocks.extend([heading(title), paragraph(text)]);
        }
    }
    let on = date(brief.published_at.unwrap_or(body.composed_at).local_date());
    blocks.push(Block::Note { text: format!("数字截至{}，口径见“统计指标”字典。", date(body.as_of.local_date())) });
    blocks.push(Block::Seal { place: "issuer".into(), issuer: brief.center.name.clone(), date: on.clone() });
    Sheet {
        kind: "bulletin".into(),
        style: Style::Form,
        title: words.title.clone(),
        subtitle: None,
        issuer: brief.center.name.clone(),
        document_number: brief.document_no.clone().unwrap_or_else(|| brief.number.clone()),
        dates: vec![Entry::new("日期", on)],
        blocks,
        complaint_phone,
        copies: "发所辖各中心、各进驻部门。".into(),
        statement: "本通报为政务服务代办帮办的内部工作文书，不是行政决定。".into(),
    }
}
