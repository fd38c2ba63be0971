//! From a figure back to its records: which they are, and how much each contributes, so that all of them together are the figure.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    cells::{self, Cell, Keys, Places, day_number, day_of},
    facts::is_of_ratings,
    model::StatisticsAsked,
    question::{Question, filtered},
    store,
    traces::{self, Bits, Walk},
};
use crate::{
    access,
    auth::{Actor, Scope},
    db::{Result, Tx, code_enum},
    duty, entrustments,
    evaluations::{occasions::store as occasions, store as evaluations},
    hotline,
    indicators::{Indicator, Measure, Term},
    kernel::{Code as _, Cursor, Id, Problem},
    organization::{self, CenterBrief},
    tickets,
};

code_enum! {
    /// Which number of a figure is traced.
    FigureSide in "figure-sides" {
        Numerator "numerator" "分子（计数指标即其数）",
        Denominator "denominator" "分母",
    }
}

filtered! {
    /// Which figure is traced.
    TraceParams {
        /// 指标代码
        #[param(inline, example = "received_matters")]
        indicator: Indicator,
        /// 分子（缺省）或分母
        #[serde(default)]
        #[param(inline)]
        side: Option<FigureSide>,
        /// 工作人员 id：只追溯计入本人的；不与中心、层级、部门同用
        #[serde(default)]
        #[param(max_length = 100)]
        staff: Option<String>,
        /// 每页条数（1–200，缺省 50）
        #[serde(default)]
        #[param(value_type = Option<u16>, example = 50)]
        limit: Option<String>,
        /// 上一页的 next_cursor
        #[serde(default)]
        #[param(max_length = 2000)]
        cursor: Option<String>,
    }
}

/// A page of the records behind a figure.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TracedPage {
    /// What was asked.
    pub asked: StatisticsAsked,
    /// Which figure.
    pub indicator: Indicator,
    /// Which number of it.
    pub side: FigureSide,
    /// The records, oldest first.
    pub items: Vec<TracedRecord>,
    /// Whether more may follow: a page may hold less than it could.
    pub has_more: bool,
    /// Send it as `cursor` to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A record behind a figure.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TracedRecord {
    /// `entrustment`, `fallback_ticket`, `service_occasion`, `course`, `consultation` or `hotline_order`.
    #[schema(example = "entrustment")]
    pub kind: String,
    /// In Chinese.
    #[schema(example = "代办件")]
    pub kind_label: String,
    /// Its number.
    pub number: String,
    /// Identity; absent where the caller may not see the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// In a few words; absent where the caller may not see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How much of the figure it is.
    #[schema(example = 1)]
    pub count: i64,
    /// What that is made of.
    pub parts: Vec<TracedPart>,
}

/// What a record contributes to a figure on a day.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TracedPart {
    /// What happened.
    #[schema(example = "承诺时限内办结")]
    pub name: String,
    /// When.
    #[schema(example = "2026-03-02")]
    pub day: NaiveDate,
    /// For which center.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center: Option<CenterBrief>,
    /// How much; less than nought where it is taken away.
    #[schema(example = 1)]
    pub count: i64,
}

/// A record behind a figure, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Which.
    pub record: Id,
    /// Kind of record.
    pub kind: String,
    /// How much of the figure it is.
    pub count: i64,
    parts: Vec<(Cell, i64)>,
}

/// The terms of a number of a figure.
fn terms(indicator: Indicator, side: FigureSide) -> &'static [Term] {
    let definition = indicator.definition();
    match side {
        FigureSide::Numerator => definition.over,
        FigureSide::Denominator => definition.under,
    }
}

/// How much a contribution is of a number; none where it is not of it.
fn weight(terms: &[Term], cell: &Cell, walk: &Walk) -> i64 {
    let happened = (walk.from..walk.to).contains(&cell.day);
    terms
        .iter()
        .map(|term| match term {
            Term::Plus(m) if m.id() == cell.measure && happened => 1,
            Term::Less(m) if m.id() == cell.measure && happened => -1,
            Term::Standing(begun, _) if begun.id() == cell.measure && cell.day < walk.end => 1,
            Term::Standing(_, ended) if ended.id() == cell.measure && cell.day < walk.end => -1,
            _ => 0,
        })
        .sum()
}

const BATCH: usize = 250;
/// A page looks at so many candidates at most: 20 batches.
const WALKED: usize = 5_000;

/// The records behind a number that are listed to a caller, after one of them, at most `limit`, and after which one to go on,
/// if there may be more. That one is never a withheld one, and whether there are more is said of those that are listed.
pub fn behind(tx: &mut Tx, actor: &Actor, q: &Question, figure: (Indicator, FigureSide), after: Option<Id>, limit: usize) -> Result<(Vec<Behind>, Option<Id>)> {
    let terms = terms(figure.0, figure.1);
    let Some(node) = q.node(tx)? else { return Ok((Vec::new(), None)) };
    let flows = terms.iter().filter_map(|t| if let Term::Plus(m) | Term::Less(m) = t { Some(m.id()) } else { None });
    let stocks = terms.iter().flat_map(|t| if let Term::Standing(begun, ended) = t { vec![begun.id(), ended.id()] } else { Vec::new() });
    let walk = Walk {
        node,
        own: q.own,
        from: day_number(q.from),
        to: day_number(q.to),
        flows: Bits::of(flows),
        end: day_number(q.to.min(tx.now.local_date())),
        stocks: Bits::of(stocks),
    };
    let (mut keys, mut places) = (Keys::new(false), Places::default());
    let mut found: Vec<Behind> = Vec::new();
    let (mut at, mut open, mut walked) = (after, after, 0);
    loop {
        let ids = traces::candidates(tx, &walk, at, BATCH)?;
        let facts: BTreeMap<Id, (String, String)> = store::facts_with_kinds(tx, &ids)?;
        let hidden = withheld(tx, actor, figure.0, &ids)?;
        at = ids.last().copied().or(at);
        for id in ids.iter().filter(|id| !hidden.contains(id)) {
            if walked >= WALKED {
                return Ok((found, open));
            }
            (open, walked) = (Some(*id), walked + 1);
            let Some((kind, body)) = facts.get(id) else { continue };
            let cells = cells::read(body);
            places.learn(tx, &mut keys, cells.keys())?;
            let here = |cell: &Cell| if q.own { cell.center == node } else { places.nodes(cell.center).any(|n| n == node) };
            let meant = |cell: &Cell| {
                here(cell)
                    && q.level.is_none_or(|level| places.level(cell.center) == super::facts::rank(level))
                    && q.only.iter().all(|(column, values)| values.contains(&column_of(cell, column)))
            };
            let parts: Vec<(Cell, i64)> =
                cells.iter().filter(|(cell, _)| meant(cell)).map(|(cell, n)| (*cell, weight(terms, cell, &walk) * n)).filter(|(_, n)| *n != 0).collect();
            let count = parts.iter().map(|part| part.1).sum();
            // What began and has ended again does not stand at the end.
            if count != 0 {
                if found.len() == limit {
                    let last = found.last().map(|row| row.record);
                    return Ok((found, last));
                }
                found.push(Behind { record: *id, kind: kind.clone(), count, parts });
            }
        }
        if ids.len() < BATCH {
            return Ok((found, None));
        }
    }
}

fn column_of(cell: &Cell, column: &str) -> i32 {
    match column {
        "item" => cell.item,
        "channel" => cell.channel,
        "mode" => cell.mode,
        _ => cell.department,
    }
}

/// Those of the records behind a figure of ratings that are not listed to a caller: what somebody rated of them who gave no name
/// they know within figures, and the records that make up a rate would tell it.
pub fn withheld(tx: &mut Tx, actor: &Actor, indicator: Indicator, records: &[Id]) -> Result<HashSet<Id>> {
    let Some(own) = actor.id.filter(|_| is_of_ratings(indicator)) else { return Ok(HashSet::new()) };
    let mut rated = evaluations::first_of(tx, records)?;
    rated.retain(|row| row.staff_id == Some(own) && row.is_anonymous());
    let ids: Vec<Id> = rated.iter().map(|row| row.id).collect();
    // Who leads the center, or stands at its counter, sees it as that.
    let seen = access::seen(tx, &Scope::of(actor, "evaluation"), &ids)?;
    Ok(rated.into_iter().filter(|row| !seen.contains(&row.id)).map(|row| row.record_id).collect())
}

/// A page of them, as the caller may see them.
pub fn page(tx: &mut Tx, actor: &Actor, params: &TraceParams) -> Result<TracedPage> {
    let wrong = || Problem::parameter("limit", "range", "应为 1 到 200 的整数。", "From 1 to 200.");
    let limit = params.limit.as_ref().map_or(Ok(50), |text| text.parse().ok().filter(|n| (1..=200).contains(n)).ok_or_else(wrong))?;
    let q = match &params.staff {
        Some(person) => Question::of_person(tx, actor, &params.filters(), person)?,
        None => Question::of(tx, actor, &params.filters())?,
    };
    q.admit(params.indicator, None)?;
    let side = params.side.unwrap_or(FigureSide::Numerator);
    if terms(params.indicator, side).is_empty() {
        return Err(Problem::parameter("side", "no_denominator", "计数指标没有分母。", "A count has no denominator.").into());
    }
    // A cursor belongs to one question.
    let of = format!("{} {} {} {:?} {} {} {} {:?} {:?}", params.indicator.code(), side.code(), q.center.id, q.person, q.own, q.from, q.to, q.level, q.only);
    let after = match &params.cursor {
        Some(text) => {
            let other = || Problem::parameter("cursor", "invalid_cursor", "游标属于另一个查询。", "A cursor of another question.");
            let cursor = Cursor::decode(tx.vault, text)?;
            Some(cursor.id.parse::<Id>().ok().filter(|_| cursor.of == of).ok_or_else(other)?)
        }
        None => None,
    };
    let (found, next) = behind(tx, actor, &q, (params.indicator, side), after, limit)?;
    let next_cursor = next.map(|id| Cursor { key: String::new(), id: id.to_string(), of }.encode(tx.vault));
    Ok(TracedPage { asked: q.told(tx)?, indicator: params.indicator, side, items: shown(tx, actor, found)?, has_more: next_cursor.is_some(), next_cursor })
}

/// Kinds of records that figures lead back to.
pub const TRACED: [&str; 6] = ["entrustment", "fallback_ticket", "service_occasion", "course", "consultation", "hotline_order"];

/// In Chinese.
pub fn kind_label(kind: &str) -> &'static str {
    match kind {
        "entrustment" => "代办件",
        "fallback_ticket" => "“办不成事”反映",
        "service_occasion" => "服务事件",
        "course" => "培训",
        "consultation" => "咨询",
        "hotline_order" => "热线工单",
        _ => "记录",
    }
}

/// What is told of a record: its number, its title where the caller sees it, and whether they see it.
pub struct Told {
    /// Its number.
    pub number: String,
    /// Where it is seen.
    pub title: Option<String>,
    /// Whether it is seen at all.
    pub seen: bool,
}

/// What is told of these records to a caller.
pub fn told(tx: &mut Tx, actor: &Actor, kind: &str, ids: &[Id]) -> Result<BTreeMap<Id, Told>> {
    let mut all = BTreeMap::new();
    match kind {
        "entrustment" => {
            let sights = access::sights(tx, &Scope::of(actor, "entrustment"), ids)?;
            for e in entrustments::store::entrustments_by_id(tx, ids)? {
                let seen = sights.contains_key(&e.id);
                all.insert(e.id, Told { number: e.number, title: Some(e.title).filter(|_| seen), seen });
            }
        }
        "fallback_ticket" => {
            let sights = access::sights(tx, &Scope::of(actor, "fallback_ticket"), ids)?;
            for row in tickets::store::tickets_by_id(tx, ids)? {
                let sight = sights.get(&row.id);
                let title = if sight.is_some_and(|s| s.words) { Some(tickets::title_of(tx, actor, &row)?) } else { None };
                all.insert(row.id, Told { number: row.number, title, seen: sight.is_some() });
            }
        }
        "service_occasion" => {
            let sights = access::sights(tx, &Scope::of(actor, "service_occasion"), ids)?;
            for row in occasions::occasions_by_id(tx, ids)? {
                let sight = sights.get(&row.id);
                all.insert(row.id, Told { number: row.number, title: Some(row.title).filter(|_| sight.is_some_and(|s| s.words)), seen: sight.is_some() });
            }
        }
        "consultation" => {
            let sights = access::sights(tx, &Scope::of(actor, "consultation"), ids)?;
            for row in crate::consultations::store::consultations_by_id(tx, ids)? {
                let sight = sights.get(&row.id);
                let title = if sight.is_some_and(|s| s.words) { Some(crate::consultations::title_of(tx, &row)?) } else { None };
                all.insert(row.id, Told { number: row.number, title, seen: sight.is_some() });
            }
        }
        "hotline_order" => {
            let sights = access::sights(tx, &Scope::of(actor, "hotline_order"), ids)?;
            for row in hotline::store::orders_by_id(tx, ids)? {
                let seen = sights.contains_key(&row.id);
                all.insert(row.id, Told { number: row.number, title: Some(row.external_number).filter(|_| seen), seen });
            }
        }
        // A course has no number, and is no secret of the staff.
        "course" => {
            let courses = duty::store::courses_by_id(tx, ids)?;
            all.extend(courses.into_iter().map(|c| (c.id, Told { number: c.id.to_string(), title: Some(c.title), seen: true })));
        }
        _ => {}
    }
    Ok(all)
}

fn shown(tx: &mut Tx, actor: &Actor, found: Vec<Behind>) -> Result<Vec<TracedRecord>> {
    let mut known: BTreeMap<Id, Told> = BTreeMap::new();
    let mut kinds: Vec<&str> = found.iter().map(|row| row.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let ids: Vec<Id> = found.iter().filter(|row| row.kind == kind).map(|row| row.record).collect();
        known.extend(told(tx, actor, kind, &ids)?);
    }
    let mut numbers: Vec<i32> = found.iter().flat_map(|row| row.parts.iter().map(|part| part.0.center)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let centers: Vec<(i32, Id)> = store::values(tx, &numbers)?.into_iter().filter_map(|(number, value)| Some((number, value.parse().ok()?))).collect();
    let briefs = organization::briefs(tx, &centers.iter().map(|c| c.1).collect::<Vec<_>>())?;
    let center = |number: i32| {
        let id = centers.iter().find(|c| c.0 == number)?.1;
        briefs.iter().find(|brief| brief.id == id).cloned()
    };
    let name = |id: i32| Measure::ALL.iter().find(|m| m.id() == id).map_or_else(String::new, |m| m.label().to_owned());
    let record = |row: Behind| {
        let told = known.remove(&row.record).unwrap_or(Told { number: String::new(), title: None, seen: false });
        let part = |(cell, count): &(Cell, i64)| TracedPart { name: name(cell.measure), day: day_of(cell.day), center: center(cell.center), count: *count };
        TracedRecord {
            kind_label: kind_label(&row.kind).into(),
            kind: row.kind,
            number: told.number,
            id: Some(row.record).filter(|_| told.seen),
            title: told.title,
            count: row.count,
            parts: row.parts.iter().map(part).collect(),
        }
    };
    Ok(found.into_iter().map(record).collect())
}
