//! What is printed of a center's register: the 记录表 of a period, the list for the weekly 分类, the 月报.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use serde::Deserialize;
use validator::Validate;

use super::{
    drawing::{Drawn, mark, record_row},
    service::issue_of,
    subject::register_of,
    veils::Veils,
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    forms::{
        kinds::{self, Head, MonthlyReport, RegisterRecord, ReportTable, TriageRow},
        machine::{About, FormKind as K, Refusal},
        printing::{Sheet, date},
        views::FormView,
    },
    kernel::{Code as _, ErrorCode, Id, Moment, Month, Problem, Target, page::moment_or_date},
    organization::Center,
    reports::{self, Part, ReportFigure, TicketReport},
    sheets,
    tickets::{
        self,
        machine::TicketState as State,
        store::{Counted, counted},
    },
};

/// Tickets on one 记录表; more are told in several.
const MOST: i64 = 200;

/// A form of a center's register to issue.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "triage_list" }))]
pub struct RegisterFormInput {
    /// Which form.
    pub kind: K,
    /// Of a monthly report: the month; absent: the last one that is over.
    #[serde(default)]
    #[validate(length(equal = 7))]
    #[schema(min_length = 7, max_length = 7, pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])$", example = "2026-01")]
    pub month: Option<String>,
    /// Of a record: the first day of registration; absent: the first of this month.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub from: Option<NaiveDate>,
    /// Of a record: the last day of registration; absent: today.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub to: Option<NaiveDate>,
}

/// What time a form tells of.
#[derive(Clone, Debug, Default)]
pub struct Period {
    month: Option<String>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

/// Issues a form of a center's register.
pub fn issue(tx: &mut Tx, actor: &Actor, target: &Target, input: &RegisterFormInput) -> Result<FormView> {
    let dates = input.from.is_some() || input.to.is_some();
    let misplaced = [(input.month.is_some() && input.kind != K::MonthlyReport, "/month"), (dates && input.kind != K::RegisterRecord, "/from")];
    if let Some((_, at)) = misplaced.iter().find(|(is, _)| *is) {
        return Err(Problem::rule(at, "not_applicable", "此种文书没有这一项。", "Not of this form.").into());
    }
    let period = Period { month: input.month.clone(), from: input.from, to: input.to };
    issue_of(tx, actor, About::Register, target, input.kind, &period)
}

/// Draws a form up of what its issuer reads of the register.
pub fn draw(tx: &mut Tx, actor: &Actor, center: &Center, kind: K, period: &Period, head: &Head) -> Result<Drawn> {
    let subject = register_of(actor, center).ok_or_else(|| Problem::of(ErrorCode::Forbidden))?;
    let mut veils = Veils::default();
    let (series, sheet) = match kind {
        K::RegisterRecord => record(tx, &subject, period, head, &mut veils)?,
        K::TriageList => ("triage".to_owned(), triage(tx, &subject, head, &mut veils)?),
        K::MonthlyReport => monthly(tx, center, &subject, period, head)?,
        _ => return Err(Refusal::NotDue(kind).into()),
    };
    // What is told, without the number and the day of this very form.
    let told = serde_json::to_string(&sheet.blocks)?;
    let act = format!("{series}:{subject}#{}", mark(&[&told]));
    Ok(Drawn { subject, ..Drawn::new(sheet, act, veils) })
}

fn start(day: NaiveDate) -> Moment {
    moment_or_date(&day.to_string()).unwrap_or(Moment::NEVER)
}

fn record(tx: &mut Tx, subject: &str, period: &Period, head: &Head, veils: &mut Veils) -> Result<(String, Sheet)> {
    let today = tx.now.local_date();
    let first = chrono::Datelike::with_day(&today, 1).unwrap_or(today);
    let (from, to) = (period.from.unwrap_or(first), period.to.unwrap_or(today));
    if to < from {
        return Err(Problem::rule("/to", "before_from", "止日不能早于起日。", "Before it begins.").into());
    }
    let subjects = [subject.to_owned()];
    let made = (start(from), start(to.checked_add_days(Days::new(1)).unwrap_or(to)));
    let all = counted(tx, &Counted { subjects: &subjects, made }, State::ALL, MOST + 1)?;
    if i64::try_from(all.len()).is_ok_and(|n| n > MOST) {
        let zh = format!("该期间登记的问题超过{MOST}件，请分段出具。");
        return Err(Problem::rule("/from", "too_many", zh, "Too many for one form.").into());
    }
    let ids: Vec<Id> = all.iter().map(|t| t.id).collect();
    let mut departments: HashMap<Id, Vec<Id>> = HashMap::new();
    tickets::store::departments(tx, &ids)?.into_iter().for_each(|d| departments.entry(d.ticket_id).or_default().push(d.department_id));
    let mut charged: HashMap<Id, Vec<sheets::store::Sheet>> = HashMap::new();
    sheets::store::of_tickets(tx, &ids)?.into_iter().for_each(|s| charged.entry(s.ticket_id).or_default().push(s));
    let mut rows = Vec::with_capacity(all.len());
    for t in &all {
        let none = Vec::new();
        let (of, sheets) = (departments.remove(&t.id).unwrap_or_default(), charged.get(&t.id));
        rows.push(record_row(tx, t, &of, sheets.unwrap_or(&none), veils)?);
    }
    let form = RegisterRecord { whole: true, of: format!("{}至{}", date(from), date(to)), rows };
    Ok((format!("record:{from}:{to}"), kinds::register_record(head, &form)))
}

fn triage(tx: &mut Tx, subject: &str, head: &Head, veils: &mut Veils) -> Result<Sheet> {
    let subjects = [subject.to_owned()];
    let made = (chrono::DateTime::UNIX_EPOCH.into(), Moment::NEVER);
    let waits = counted(tx, &Counted { subjects: &subjects, made }, &[State::Registered, State::Reopened], MOST)?;
    let mut rows = Vec::with_capacity(waits.len());
    for t in &waits {
        let (d, own) = (t.details.open(tx.vault)?, Some(t.id));
        let registered = t.registered_on.parse().map_or_else(|_| t.registered_on.clone(), date);
        let due = t.due_at.known().map(|at| format!("\n应于{}前分类", date(at.local_date()))).unwrap_or_default();
        let again = if t.state == State::Reopened { format!("\n第{}轮", t.round) } else { String::new() };
        rows.push(TriageRow {
            number: format!("{}\n{}", t.number, t.channel.label()),
            time: format!("{registered}{due}{again}{}", if t.urgent { "\n【紧急】" } else { "" }),
            category: t.category.label().into(),
            problem: {
                let (title, situation) = (tickets::for_others(tx, t, &d.title)?, tickets::for_others(tx, t, &d.situation)?);
                format!("{}\n{}", veils.words(own, &title), veils.words(own, &situation))
            },
            before: t.tier.map(|tier| tier.label().to_owned()).unwrap_or_default(),
        });
    }
    Ok(kinds::triage_list(head, &rows))
}

fn monthly(tx: &mut Tx, center: &Center, subject: &str, period: &Period, head: &Head) -> Result<(String, Sheet)> {
    let today = tx.now.local_date();
    let wrong = || Problem::rule("/month", "format", "应为已经开始的月份，例如 2026-03。", "A month that has begun.");
    let last = Some(Month::of(today).plus(-1));
    let month = period.month.as_deref().map_or(last, Month::read).filter(|m| m.first() <= today).ok_or_else(wrong)?;
    let subjects = [subject.to_owned()];
    let report = reports::report(tx, month, Part { subjects: &subjects, center: None })?;
    let below = subject.starts_with("tree:");
    let form = MonthlyReport {
        month: month.label(),
        of: if below { format!("{}及所属各中心", center.name) } else { center.name.clone() },
        summary: summary(&report),
        tables: tables(&report),
    };
    Ok((format!("report:{month}"), kinds::monthly_report(head, &form)))
}

fn day(at: Moment) -> String {
    date(at.local_date())
}

fn summary(r: &TicketReport) -> Vec<String> {
    let stands = &r.register;
    let rate = |rate: Option<f64>| rate.map_or_else(|| "—".to_owned(), |rate| format!("{rate}%"));
    let until = day(r.until);
    vec![
        format!(
            "截至{until}，累计登记{}件，在办{}件，挂账{}件，已销号{}件，销号率{}；目前超期{}件。",
            stands.registered,
            stands.open,
            stands.upheld,
            stands.cleared,
            rate(stands.clearance_rate),
            stands.overdue
        ),
        format!(
            "申请人反馈满意{}次、不满意{}次、联系未果{}次，满意率{}（上月{}）。",
            r.satisfaction.satisfied,
            r.satisfaction.dissatisfied,
            r.satisfaction.unreachable,
            rate(r.satisfaction.rate),
            rate(r.satisfaction.rate_before)
        ),
    ]
}

/// The figures of the report, in the order of its columns.
fn figures(r: &TicketReport) -> [(&'static str, &ReportFigure); 5] {
    [("登记", &r.opened), ("销号", &r.cleared), ("挂账", &r.upheld), ("重新办理", &r.reopened), ("超期", &r.overdue)]
}

/// One table of all figures by one mark: the month, and in brackets the month before.
fn by(r: &TicketReport, heading: &str, first: &str, of: fn(&ReportFigure) -> &[reports::ReportCount]) -> ReportTable {
    let mut keys: Vec<(&str, &str)> = Vec::new();
    for (_, figure) in figures(r) {
        for c in of(figure) {
            if !keys.iter().any(|(key, _)| *key == c.key) {
                keys.push((&c.key, &c.label));
            }
        }
    }
    let cell = |figure: &ReportFigure, key: &str| of(figure).iter().find(|c| c.key == key).map_or((0, 0), |c| (c.count, c.before));
    let shown = |(now, before): (i64, i64)| format!("{now}（{before}）");
    let row = |(key, label): &(&str, &str)| {
        let mut cells = vec![(*label).to_owned()];
        cells.extend(figures(r).iter().map(|(_, figure)| shown(cell(figure, key))));
        cells
    };
    let mut rows: Vec<Vec<String>> = keys.iter().map(row).collect();
    let mut total = vec!["合计（件）".to_owned()];
    total.extend(figures(r).iter().map(|(_, figure)| shown((figure.total, figure.before))));
    // A ticket counts at each of its departments: there is no sum of those.
    if first != "涉及部门" {
        rows.push(total);
    }
    let columns = [(first.to_owned(), 35)].into_iter().chain(figures(r).iter().map(|(name, _)| ((*name).to_owned(), 13))).collect();
    ReportTable { heading: heading.into(), columns, rows }
}

fn tables(r: &TicketReport) -> Vec<ReportTable> {
    let columns = |all: &[(&str, u16)]| all.iter().map(|(title, width)| ((*title).to_owned(), *width)).collect();
    let sheet = |s: &reports::ReportSheet| {
        vec![s.department.clone(), s.number.clone(), day(s.due_at), s.replied_at.map_or_else(|| s.state_label.clone(), |at| format!("{}办复", day(at)))]
    };
    let rung = |g: &reports::ReportRung| vec![g.department.clone(), g.number.clone(), g.rung_label.clone(), day(g.due_at), g.state_label.clone()];
    let case = |p: &reports::ReportPrecedent| vec![p.title.clone(), p.number.clone(), day(p.published_at)];
    vec![
        by(r, "一、按问题类别（括号内为上月）", "问题类别", |f| &f.by_category),
        by(r, "二、按分级", "分级", |f| &f.by_tier),
        by(r, "三、按中心", "中心", |f| &f.by_center),
        by(r, "四、按涉及部门（一件涉及几个部门的，各计一次）", "涉及部门", |f| &f.by_department),
        ReportTable {
            heading: "五、超期的交办单".into(),
            columns: columns(&[("承办部门", 32), ("交办单编号", 32), ("完成时限", 18), ("办理情况", 18)]),
            rows: r.overdue_sheets.iter().map(sheet).collect(),
        },
        ReportTable {
            heading: "六、逾期警示".into(),
            columns: columns(&[("承办部门", 28), ("编号", 30), ("级别", 13), ("时间", 17), ("状态", 12)]),
            rows: r.rungs.iter().map(rung).collect(),
        },
        ReportTable {
            heading: "七、发布的案例".into(),
            columns: columns(&[("案例", 50), ("编号", 30), ("发布时间", 20)]),
            rows: r.precedents.iter().map(case).collect(),
        },
    ]
}
