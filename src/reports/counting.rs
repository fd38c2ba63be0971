//! The figures of a month, beside those of the one before.

use std::collections::BTreeMap;

use super::{
    model::{ReportCount, ReportFigure, ReportPrecedent, ReportRung, ReportSatisfaction, ReportSheet, TicketReport},
    store::{self, Asked, Set, Tallies},
};
use crate::{
    clocks::midnight,
    db::{Result, Tx},
    kernel::{Code, Id, Moment, Month, Problem},
    organization,
    sheets::{self, rung_number},
    tickets::{self, ContactOutcome, TicketCategory, machine::TicketTier, store::Counted},
};

/// What is named is named up to so many.
const MOST: i64 = 200;

/// Its first moment, and that of the next.
fn within(month: Month) -> (Moment, Moment) {
    (midnight(month.first()), midnight(month.end()))
}

/// Which part of the register: what some subjects see, or of that what is one center's.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Subjects of the access table.
    pub subjects: &'a [String],
    /// One center.
    pub center: Option<Id>,
}

/// The report of a month.
pub fn report(tx: &mut Tx, month: Month, part: Part) -> Result<TicketReport> {
    let now = Asked { subjects: part.subjects, within: within(month) };
    let then = Asked { subjects: part.subjects, within: within(month.plus(-1)) };
    let mut figure = |set: Set| -> Result<ReportFigure> {
        let (this, last) = (store::tally(tx, &now, set)?, store::tally(tx, &then, set)?);
        compared(tx, part, &this, &last)
    };
    let opened = figure(Set::Opened)?;
    let cleared = figure(Set::Happened(&["fallback_ticket.cleared"]))?;
    let upheld = figure(Set::Happened(&["fallback_ticket.upheld"]))?;
    let again = ["feedback_dissatisfied", "reopened", "reopened_after_visit", "objection_upheld"].map(|kind| format!("fallback_ticket.{kind}"));
    let reopened = figure(Set::Happened(&again.each_ref().map(String::as_str)))?;
    let overdue = figure(Set::Overdue)?;
    let counted = Counted { subjects: part.subjects, made: (chrono::DateTime::UNIX_EPOCH.into(), now.within.1) };
    let register = tickets::figures(tx, &counted, part.center)?;
    let (said, before) = (answers(tx, &now, part.center)?, answers(tx, &then, part.center)?);
    let [satisfied, dissatisfied, unreachable] = said;
    let satisfaction = ReportSatisfaction { satisfied, dissatisfied, unreachable, rate: rate(said), rate_before: rate(before) };
    Ok(TicketReport {
        month: month.to_string(),
        until: now.within.1.min(tx.now),
        opened,
        cleared,
        upheld,
        reopened,
        overdue,
        register,
        satisfaction,
        overdue_sheets: overdue_sheets(tx, &now, part.center)?,
        rungs: rungs(tx, &now, part.center)?,
        precedents: precedents(tx, &now, part.center)?,
    })
}

/// By key: in the month, and in the one before.
type Counts<K> = BTreeMap<K, (i64, i64)>;

fn compared(tx: &mut Tx, part: Part, this: &Tallies, last: &Tallies) -> Result<ReportFigure> {
    let here = |id: Id| part.center.is_none_or(|center| center == id);
    let (mut categories, mut tiers) = (vec![(0_i64, 0_i64); TicketCategory::ALL.len()], vec![(0_i64, 0_i64); TicketTier::ALL.len() + 1]);
    let (mut total, mut centers, mut departments) = ((0, 0), Counts::<Id>::new(), Counts::<Id>::new());
    for (now, (rows, concerned)) in [(true, this), (false, last)] {
        let add = |to: &mut (i64, i64), n: i64| if now { to.0 += n } else { to.1 += n };
        for (category, tier, center, n) in rows.iter().filter(|r| here(r.2)) {
            add(&mut total, *n);
            add(centers.entry(*center).or_default(), *n);
            let at = TicketCategory::ALL.iter().position(|c| c == category);
            at.and_then(|at| categories.get_mut(at)).into_iter().for_each(|to| add(to, *n));
            let at = tier.map_or(TicketTier::ALL.len(), |tier| TicketTier::ALL.iter().position(|t| *t == tier).unwrap_or_default());
            tiers.get_mut(at).into_iter().for_each(|to| add(to, *n));
        }
        concerned.iter().filter(|r| here(r.0)).for_each(|(_, department, n)| add(departments.entry(*department).or_default(), *n));
    }
    let count = |key: &str, label: &str, of: &(i64, i64)| ReportCount { key: key.into(), label: label.into(), count: of.0, before: of.1 };
    let by_category = TicketCategory::ALL.iter().zip(&categories).map(|(c, of)| count(c.code(), c.label(), of)).collect();
    let coded = TicketTier::ALL.iter().map(|t| (t.code(), t.label())).chain([("none", "未分类")]);
    let by_tier = coded.zip(&tiers).map(|((code, label), of)| count(code, label, of)).collect();
    let named = organization::briefs(tx, &centers.keys().copied().collect::<Vec<_>>())?;
    let center = |id: &Id| named.iter().find(|c| c.id == *id).map(|c| c.name.clone()).unwrap_or_default();
    let by_center = largest_first(centers.iter().map(|(id, of)| count(id.as_str(), &center(id), of)).collect());
    let named = organization::store::departments_by_id(tx, &departments.keys().copied().collect::<Vec<_>>())?;
    let department = |id: &Id| named.iter().find(|d| d.id == *id).map(|d| d.name.clone()).unwrap_or_default();
    let by_department = largest_first(departments.iter().map(|(id, of)| count(id.as_str(), &department(id), of)).collect());
    Ok(ReportFigure { total: total.0, before: total.1, by_category, by_tier, by_department, by_center })
}

fn largest_first(mut counts: Vec<ReportCount>) -> Vec<ReportCount> {
    counts.sort_by(|a, b| (b.count, b.before, &a.key).cmp(&(a.count, a.before, &b.key)));
    counts
}

/// Satisfied, dissatisfied, not reached.
fn answers(tx: &mut Tx, asked: &Asked, center: Option<Id>) -> Result<[i64; 3]> {
    let rows = store::said(tx, asked)?;
    let of = |outcome: ContactOutcome| rows.iter().filter(|r| r.1 == outcome && center.is_none_or(|center| center == r.0)).map(|r| r.2).sum();
    Ok([of(ContactOutcome::Satisfied), of(ContactOutcome::Dissatisfied), of(ContactOutcome::Unreachable)])
}

#[expect(clippy::cast_precision_loss, reason = "counts of answers")]
fn rate([satisfied, dissatisfied, _]: [i64; 3]) -> Option<f64> {
    let all = satisfied + dissatisfied;
    (all > 0).then(|| (satisfied as f64 * 10_000.0 / all as f64).round() / 100.0)
}

fn overdue_sheets(tx: &mut Tx, asked: &Asked, center: Option<Id>) -> Result<Vec<ReportSheet>> {
    let before = (asked.within.0, asked.within.1.min(tx.now));
    let rows = store::overdue_sheets(tx, &Asked { within: before, ..*asked }, center, MOST)?;
    let tickets = tickets::store::tickets_by_id(tx, &rows.iter().map(|r| r.ticket_id).collect::<Vec<_>>())?;
    let departments = organization::store::departments_by_id(tx, &rows.iter().map(|r| r.department_id).collect::<Vec<_>>())?;
    let shown = rows.into_iter().map(|row| ReportSheet {
        id: row.id,
        ticket_number: tickets.iter().find(|t| t.id == row.ticket_id).map(|t| t.number.clone()).unwrap_or_default(),
        department: departments.iter().find(|d| d.id == row.department_id).map(|d| d.name.clone()).unwrap_or_default(),
        due_at: row.due_at,
        replied_at: row.replied_at,
        state_label: row.state.label().into(),
        number: row.number,
    });
    Ok(shown.collect())
}

fn rungs(tx: &mut Tx, asked: &Asked, center: Option<Id>) -> Result<Vec<ReportRung>> {
    let rows = store::rungs(tx, asked, center, MOST)?;
    let sheets = sheets::store::sheets_by_id(tx, &rows.iter().map(|r| r.sheet_id).collect::<Vec<_>>())?;
    let departments = organization::store::departments_by_id(tx, &rows.iter().map(|r| r.department_id).collect::<Vec<_>>())?;
    let shown = rows.into_iter().map(|row| ReportRung {
        id: row.id,
        number: sheets.iter().find(|s| s.id == row.sheet_id).map(|s| rung_number(&s.number, row.rung)).unwrap_or_default(),
        rung_label: row.rung.label().into(),
        state_label: row.state.label().into(),
        department: departments.iter().find(|d| d.id == row.department_id).map(|d| d.name.clone()).unwrap_or_default(),
        due_at: row.due_at,
    });
    Ok(shown.collect())
}

fn precedents(tx: &mut Tx, asked: &Asked, center: Option<Id>) -> Result<Vec<ReportPrecedent>> {
    let rows = store::published(tx, asked, center, MOST)?;
    let shown = rows.into_iter().filter_map(|(id, number, content, at)| {
        let (content, published_at) = (content?, at?);
        Some(content.get().map(|content| ReportPrecedent { id, number, title: content.title, published_at }))
    });
    shown.collect()
}

/// What is said of a month that cannot be read.
pub fn no_month(name: &'static str) -> Problem {
    Problem::parameter(name, "format", "应为已经开始的月份，例如 2026-03。", "A month that has begun, such as 2026-03.")
}
