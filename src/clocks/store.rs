//! SQL of calendar years and clocks.

use diesel::prelude::*;

use super::{Pause, Unit, YearRule};
use crate::{
    db::{
        Json, Result, Tx,
        schema::{calendar_years, centers, clocks},
    },
    kernel::{Id, Moment},
};

/// One running limit.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = clocks, treat_none_as_default_value = false)]
pub struct ClockRow {
    /// Identity.
    pub id: Id,
    /// Kind of record.
    pub record_kind: String,
    /// Record.
    pub record_id: Id,
    /// What it measures.
    pub kind: super::ClockKind,
    /// How long.
    pub limit_value: i32,
    /// In what.
    pub limit_unit: String,
    /// `running`, `paused`, `stopped`.
    pub state: String,
    /// From.
    pub started_at: Moment,
    /// Until.
    pub due_at: Moment,
    /// Warn at.
    pub warn_at: Moment,
    /// When the sweep must look at it next; never, when paused or stopped or raised.
    pub next_at: Moment,
    /// Reaches into a year without an announced calendar.
    pub provisional: bool,
    /// Intervals that do not count.
    pub pauses: Json<Vec<Pause>>,
    /// Warning raised at.
    pub warned_at: Option<Moment>,
    /// Breach raised at.
    pub breached_at: Option<Moment>,
    /// Stopped at.
    pub stopped_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// The center that must act, or that of the department.
    pub center_id: Option<Id>,
    /// The department that must act.
    pub department_id: Option<Id>,
}

/// Running limits of one kind, by whom they are charged to.
#[derive(Clone, Debug, Queryable)]
pub struct ChargedClocks {
    /// What they measure.
    pub kind: super::ClockKind,
    /// The center.
    pub center_id: Id,
    /// The department.
    pub department_id: Option<Id>,
    /// All of them.
    pub running: i64,
    /// Past their warning and not past their end.
    pub near: i64,
    /// Past their end.
    pub broken: i64,
}

/// The running limits charged at or below a path, counted; without those of these kinds.
pub fn charged(tx: &mut Tx, path: &str, without: &[super::ClockKind]) -> Result<Vec<ChargedClocks>> {
    use diesel::{
        dsl::{count_star, sql},
        sql_types::{BigInt, Timestamp},
    };
    let now = tx.now;
    let below = centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id.nullable());
    let near = sql::<BigInt>("CAST(SUM(CASE WHEN warn_at <= ")
        .bind::<Timestamp, _>(now)
        .sql(" AND due_at > ")
        .bind::<Timestamp, _>(now)
        .sql(" THEN 1 ELSE 0 END) AS BIGINT)");
    let broken = sql::<BigInt>("CAST(SUM(CASE WHEN due_at <= ").bind::<Timestamp, _>(now).sql(" THEN 1 ELSE 0 END) AS BIGINT)");
    Ok(clocks::table
        .filter(clocks::state.eq("running"))
        .filter(clocks::center_id.eq_any(below))
        .filter(clocks::kind.ne_all(without.to_vec()))
        .group_by((clocks::kind, clocks::center_id, clocks::department_id))
        .select((clocks::kind, clocks::center_id.assume_not_null(), clocks::department_id, count_star(), near, broken))
        .load(tx.conn)?)
}

/// The limits of a department in a period.
#[derive(Clone, Debug, Queryable)]
pub struct DepartmentLimits {
    /// Which department.
    pub department_id: Id,
    /// Ended in the period, in time.
    pub kept: i64,
    /// Ended in the period, late.
    pub missed: i64,
    /// Not ended at its end, and past theirs.
    pub late: i64,
}

/// The limits charged to departments at or below a path: those that ended within `from`..`to`, and those that were late at its end.
pub fn of_departments(tx: &mut Tx, path: &str, (from, to): (Moment, Moment), without: &[super::ClockKind]) -> Result<Vec<DepartmentLimits>> {
    use diesel::{
        dsl::sql,
        sql_types::{BigInt, Timestamp},
    };
    let end = to.min(tx.now);
    let below = centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id.nullable());
    let sum = || sql::<BigInt>("CAST(COALESCE(SUM(CASE WHEN ");
    let kept = sum().sql("stopped_at < ").bind::<Timestamp, _>(to).sql(" AND stopped_at <= due_at THEN 1 ELSE 0 END), 0) AS BIGINT)");
    let missed = sum().sql("stopped_at < ").bind::<Timestamp, _>(to).sql(" AND stopped_at > due_at THEN 1 ELSE 0 END), 0) AS BIGINT)");
    let late = sum()
        .sql("(stopped_at IS NULL OR stopped_at >= ")
        .bind::<Timestamp, _>(to)
        .sql(") AND due_at <= ")
        .bind::<Timestamp, _>(end)
        .sql(" AND state <> 'paused' THEN 1 ELSE 0 END), 0) AS BIGINT)");
    Ok(clocks::table
        .filter(clocks::department_id.is_not_null())
        .filter(clocks::center_id.eq_any(below))
        .filter(clocks::kind.ne_all(without.to_vec()))
        .filter(clocks::started_at.lt(to))
        .filter(clocks::stopped_at.is_null().or(clocks::stopped_at.ge(from)))
        .group_by(clocks::department_id)
        .select((clocks::department_id.assume_not_null(), kept, missed, late))
        .load(tx.conn)?)
}

/// A limit of a kind that stood past its end at a moment.
#[derive(Clone, Debug, Queryable)]
pub struct LateClock {
    /// Whose.
    pub record_id: Id,
    /// The center that must act, or that of the department.
    pub center_id: Id,
    /// The department that must act.
    pub department_id: Option<Id>,
    /// Its end.
    pub due_at: Moment,
    /// When it was done after all.
    pub stopped_at: Option<Moment>,
}

/// The limits of a kind charged at or below a path that stood past their end at a moment: the longest past first.
pub fn late_at(tx: &mut Tx, path: &str, kind: super::ClockKind, at: Moment, limit: i64) -> Result<Vec<LateClock>> {
    let below = centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id.nullable());
    Ok(clocks::table
        .filter(clocks::kind.eq(kind))
        .filter(clocks::breached_at.is_not_null())
        .filter(clocks::due_at.lt(at))
        .filter(clocks::state.ne("paused"))
        .filter(clocks::stopped_at.is_null().or(clocks::stopped_at.ge(at)))
        .filter(clocks::center_id.eq_any(below))
        .order((clocks::due_at.asc(), clocks::id.asc()))
        .limit(limit)
        .select((clocks::record_id, clocks::center_id.assume_not_null(), clocks::department_id, clocks::due_at, clocks::stopped_at))
        .load(tx.conn)?)
}

/// A limit that stood past its end at a moment, whatever it measures.
#[derive(Clone, Debug, Queryable)]
pub struct LateLimit {
    /// What it measures.
    pub kind: super::ClockKind,
    /// Kind of record.
    pub record_kind: String,
    /// Whose, and until when.
    pub late: LateClock,
}

/// The limits charged at or below a path that stood past their end at a moment, without those of these kinds: the longest past
/// first.
pub fn late_without(tx: &mut Tx, path: &str, without: &[super::ClockKind], at: Moment, limit: i64) -> Result<Vec<LateLimit>> {
    use clocks as c;
    let below = centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id.nullable());
    Ok(c::table
        .filter(c::kind.ne_all(without.to_vec()))
        .filter(c::breached_at.is_not_null())
        .filter(c::due_at.lt(at))
        .filter(c::state.ne("paused"))
        .filter(c::stopped_at.is_null().or(c::stopped_at.ge(at)))
        .filter(c::center_id.eq_any(below))
        .order((c::due_at.asc(), c::id.asc()))
        .limit(limit)
        .select((c::kind, c::record_kind, (c::record_id, c::center_id.assume_not_null(), c::department_id, c::due_at, c::stopped_at)))
        .load(tx.conn)?)
}

/// A running limit of the staff.
#[derive(Clone, Debug, Queryable)]
pub struct RunningClock {
    /// Identity.
    pub id: Id,
    /// Kind of record.
    pub record_kind: String,
    /// Whose.
    pub record_id: Id,
    /// What it measures.
    pub kind: super::ClockKind,
    /// The center that must act, or that of the department.
    pub center_id: Id,
    /// The department that must act.
    pub department_id: Option<Id>,
    /// When it warns.
    pub warn_at: Moment,
    /// Until when.
    pub due_at: Moment,
}

/// Which running limits.
#[derive(Clone, Debug)]
pub struct Running<'a> {
    /// Charged at or below this path.
    pub path: &'a str,
    /// To these departments, where any is named.
    pub departments: Vec<Id>,
    /// Of these kinds, where any is named.
    pub kinds: Vec<super::ClockKind>,
    /// Past their end, or not.
    pub broken: Option<bool>,
    /// Past their warning, or not.
    pub near: Option<bool>,
    /// After this end and id.
    pub after: Option<(Moment, Id)>,
    /// At most.
    pub limit: i64,
}

/// Running limits, nearest end first; without those of these kinds.
pub fn running(tx: &mut Tx, asked: &Running, without: &[super::ClockKind]) -> Result<Vec<RunningClock>> {
    use clocks as c;
    let now = tx.now;
    let below =
        centers::table.filter(centers::path.ge(asked.path.to_owned())).filter(centers::path.lt(format!("{}~", asked.path))).select(centers::id.nullable());
    let columns = (c::id, c::record_kind, c::record_id, c::kind, c::center_id.assume_not_null(), c::department_id, c::warn_at, c::due_at);
    let mut q = c::table
        .filter(c::state.eq("running"))
        .filter(c::center_id.eq_any(below))
        .filter(c::kind.ne_all(without.to_vec()))
        .order((c::due_at.asc(), c::id.asc()))
        .limit(asked.limit)
        .select(columns)
        .into_boxed();
    if !asked.departments.is_empty() {
        q = q.filter(c::department_id.eq_any(asked.departments.iter().copied().map(Some).collect::<Vec<_>>()));
    }
    if !asked.kinds.is_empty() {
        q = q.filter(c::kind.eq_any(asked.kinds.clone()));
    }
    q = match asked.broken {
        Some(true) => q.filter(c::due_at.le(now)),
        Some(false) => q.filter(c::due_at.gt(now)),
        None => q,
    };
    q = match asked.near {
        Some(true) => q.filter(c::warn_at.le(now)),
        Some(false) => q.filter(c::warn_at.gt(now)),
        None => q,
    };
    if let Some((due, id)) = asked.after {
        q = q.filter(c::due_at.ge(due)).filter(c::due_at.gt(due).or(c::id.gt(id)));
    }
    Ok(q.load(tx.conn)?)
}

/// Which open clocks of a record.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// All of them.
    Every,
    /// Those of a kind.
    Kind(super::ClockKind),
    /// One.
    One(Id),
}

/// Charges open clocks of a record.
pub fn charge(tx: &mut Tx, record: Id, which: Which, center: Id, department: Option<Id>) -> Result<()> {
    let open = clocks::table.filter(clocks::record_id.eq(record)).filter(clocks::state.ne("stopped"));
    let to = (clocks::center_id.eq(Some(center)), clocks::department_id.eq(department));
    match which {
        Which::Every => diesel::update(open).set(to).execute(tx.conn)?,
        Which::Kind(kind) => diesel::update(open.filter(clocks::kind.eq(kind))).set(to).execute(tx.conn)?,
        Which::One(id) => diesel::update(open.filter(clocks::id.eq(id))).set(to).execute(tx.conn)?,
    };
    Ok(())
}

impl ClockRow {
    /// The limit.
    pub fn limit(&self) -> super::Limit {
        super::Limit { value: u32::try_from(self.limit_value).unwrap_or(0), unit: Unit::parse(&self.limit_unit).unwrap_or(Unit::WorkingDay) }
    }
}

/// The calendar rules from a year on.
pub fn years(tx: &mut Tx, from: i32, to: i32) -> Result<Vec<(i32, Json<YearRule>)>> {
    Ok(calendar_years::table.filter(calendar_years::year.between(from, to)).select((calendar_years::year, calendar_years::rule)).load(tx.conn)?)
}

/// A changed year whose open clocks are still to be recomputed.
#[derive(Clone, Debug, Queryable)]
pub struct Recompute {
    /// Year.
    pub year: i32,
    /// When its rule was loaded: a newer rule starts the walk anew.
    pub loaded_at: Moment,
    /// After which record to go on; empty at the start.
    pub after: Option<String>,
}

/// The next year to walk through.
pub fn recompute_pending(tx: &mut Tx) -> Result<Option<Recompute>> {
    let columns = (calendar_years::year, calendar_years::loaded_at, calendar_years::recompute_after);
    Ok(calendar_years::table
        .filter(calendar_years::recompute_after.is_not_null())
        .order(calendar_years::year.asc())
        .select(columns)
        .first(tx.conn)
        .optional()?)
}

/// Marks how far the walk came (`None` = done), unless a newer rule was loaded meanwhile.
pub fn recompute_reached(tx: &mut Tx, seen: &Recompute, after: Option<Id>) -> Result<()> {
    diesel::update(calendar_years::table.find(seen.year).filter(calendar_years::loaded_at.eq(seen.loaded_at)))
        .set(calendar_years::recompute_after.eq(after.map(|id| id.to_string())))
        .execute(tx.conn)?;
    Ok(())
}

/// Sets a year's rule; says whether that changed anything. Its open clocks are then to be recomputed.
pub fn put_year(tx: &mut Tx, year: i32, rule: &YearRule, source: &str) -> Result<bool> {
    let rule = Json::new(rule)?;
    // Real time, not business time: it tells one loading from the next.
    let at = Moment::system();
    let old: Option<Json<YearRule>> = calendar_years::table.find(year).select(calendar_years::rule).first(tx.conn).optional()?;
    match old {
        Some(old) if old.get()? == rule.get()? => return Ok(false),
        Some(_) => {
            diesel::update(calendar_years::table.find(year))
                .set((
                    calendar_years::rule.eq(rule),
                    calendar_years::source.eq(source),
                    calendar_years::loaded_at.eq(at),
                    calendar_years::recompute_after.eq(""),
                ))
                .execute(tx.conn)?;
        }
        None => {
            diesel::insert_into(calendar_years::table)
                .values((
                    calendar_years::year.eq(year),
                    calendar_years::rule.eq(rule),
                    calendar_years::source.eq(source),
                    calendar_years::loaded_at.eq(at),
                    calendar_years::recompute_after.eq(""),
                ))
                .execute(tx.conn)?;
        }
    }
    Ok(true)
}

/// A new clock.
pub fn insert(tx: &mut Tx, row: &ClockRow) -> Result<()> {
    diesel::insert_into(clocks::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a clock from the version read; `false` when another was first.
pub fn save(tx: &mut Tx, row: &ClockRow) -> Result<bool> {
    let changed = diesel::update(clocks::table.filter(clocks::id.eq(row.id)).filter(clocks::version.eq(row.version)))
        .set((
            clocks::state.eq(row.state.clone()),
            clocks::limit_value.eq(row.limit_value),
            clocks::due_at.eq(row.due_at),
            clocks::warn_at.eq(row.warn_at),
            clocks::next_at.eq(row.next_at),
            clocks::provisional.eq(row.provisional),
            clocks::pauses.eq(row.pauses.clone()),
            clocks::warned_at.eq(row.warned_at),
            clocks::breached_at.eq(row.breached_at),
            clocks::stopped_at.eq(row.stopped_at),
            clocks::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// All clocks of a record.
pub fn of_record(tx: &mut Tx, record: Id) -> Result<Vec<ClockRow>> {
    Ok(clocks::table.filter(clocks::record_id.eq(record)).order(clocks::id.asc()).select(ClockRow::as_select()).load(tx.conn)?)
}

/// The clocks of these kinds on these records, in one query.
pub fn of_kinds(tx: &mut Tx, records: &[Id], kinds: &[super::ClockKind]) -> Result<Vec<ClockRow>> {
    let rows = clocks::table.filter(clocks::record_id.eq_any(records.to_vec())).filter(clocks::kind.eq_any(kinds.to_vec()));
    Ok(rows.order(clocks::id.asc()).select(ClockRow::as_select()).load(tx.conn)?)
}

/// One clock.
pub fn find(tx: &mut Tx, id: Id) -> Result<Option<ClockRow>> {
    Ok(clocks::table.filter(clocks::id.eq(id)).select(ClockRow::as_select()).first(tx.conn).optional()?)
}

/// Clocks whose warning or breach has come.
pub fn due(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<ClockRow>> {
    Ok(clocks::table
        .filter(clocks::next_at.le(now))
        .order((clocks::next_at.asc(), clocks::id.asc()))
        .limit(limit)
        .select(ClockRow::as_select())
        .load(tx.conn)?)
}

/// Records with an open clock that ends at `from` or later, in order of their ids: kind and id, each once.
pub fn reaching(tx: &mut Tx, from: Moment, after: &str, limit: i64) -> Result<Vec<(String, Id)>> {
    let columns = (clocks::record_kind, clocks::record_id);
    Ok(clocks::table
        .filter(clocks::state.ne("stopped"))
        .filter(clocks::due_at.ge(from))
        .filter(clocks::record_id.gt(after))
        .order(clocks::record_id.asc())
        .limit(limit)
        .select(columns)
        .distinct()
        .load(tx.conn)?)
}

/// Those of these records that have an open clock of one of these kinds.
pub fn with_open(tx: &mut Tx, records: &[Id], kinds: &[super::ClockKind]) -> Result<Vec<Id>> {
    Ok(clocks::table
        .filter(clocks::record_id.eq_any(records.to_vec()))
        .filter(clocks::kind.eq_any(kinds.to_vec()))
        .filter(clocks::state.ne("stopped"))
        .select(clocks::record_id)
        .distinct()
        .load(tx.conn)?)
}
