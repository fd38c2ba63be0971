//! SQL of figures: their own tables, and what is read of the records that are counted.

use std::{collections::BTreeMap, fmt::Write as _};

use diesel::{prelude::*, sql_query, sql_types};

use super::cells::Slot;
use crate::{
    catalogue::ItemContent,
    clocks::{ClockKind, store::ClockRow},
    db::{
        Json, Result, Tx, dialect,
        schema::{
            assignment_sheets, clocks, course_records, courses, custody, evaluations, events, fallback_tickets, follow_ups, hotline_orders, joint_handlings,
            matter_links, return_visits, service_item_versions, service_occasions, stat_facts, stat_keys, stat_progress, stat_rollups, ticket_callers,
            ticket_contacts, transfers,
        },
    },
    duty::store::CourseRecord,
    entrustments::{store::CustodyRow, vocabulary::LinkKind},
    follow_ups::FollowUp,
    insert_many,
    kernel::{Id, Moment},
    routing::{joint::store::JointHandling, transfers::machine::TransferState},
    sheets::store::Sheet,
    tickets::TicketContact,
};

/// Numbers of values: number, kind, value.
pub fn keys(tx: &mut Tx, values: &[String]) -> Result<Vec<(i32, String, String)>> {
    let rows = stat_keys::table.filter(stat_keys::value.eq_any(values.to_vec()));
    Ok(rows.select((stat_keys::id, stat_keys::kind, stat_keys::value)).load(tx.conn)?)
}

/// All numbers of a kind.
pub fn keys_of_kind(tx: &mut Tx, kind: &str) -> Result<Vec<(i32, String)>> {
    Ok(stat_keys::table.filter(stat_keys::kind.eq(kind)).select((stat_keys::id, stat_keys::value)).load(tx.conn)?)
}

/// Values of numbers.
pub fn values(tx: &mut Tx, ids: &[i32]) -> Result<Vec<(i32, String)>> {
    Ok(stat_keys::table.filter(stat_keys::id.eq_any(ids.to_vec())).select((stat_keys::id, stat_keys::value)).load(tx.conn)?)
}

/// Gives a value the next number; under the lock of the progress.
pub fn new_key(tx: &mut Tx, kind: &str, value: &str) -> Result<i32> {
    let last: Option<i32> = stat_keys::table.select(diesel::dsl::max(stat_keys::id)).first(tx.conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(stat_keys::table).values((stat_keys::id.eq(id), stat_keys::kind.eq(kind), stat_keys::value.eq(value))).execute(tx.conn)?;
    Ok(id)
}

/// How far the events are counted, and whether everything is being counted anew.
pub fn progress(tx: &mut Tx) -> Result<(i64, bool)> {
    Ok(stat_progress::table.find("events").select((stat_progress::position, stat_progress::rebuilding)).first(tx.conn)?)
}

/// One who counts at a time.
pub fn lock(tx: &mut Tx) -> Result<()> {
    dialect::lock_root(tx.conn, "stat_progress", "events")
}

/// Notes how far.
pub fn advance(tx: &mut Tx, position: i64, rebuilding: bool) -> Result<()> {
    let row = stat_progress::table.find("events");
    diesel::update(row).set((stat_progress::position.eq(position), stat_progress::rebuilding.eq(rebuilding))).execute(tx.conn)?;
    Ok(())
}

/// When the first event happened that is not counted yet.
pub fn first_uncounted(tx: &mut Tx, position: i64) -> Result<Option<Moment>> {
    let placed = events::table.filter(events::position.gt(position)).order(events::position.asc()).select(events::occurred_at);
    if let Some(at) = placed.first(tx.conn).optional()? {
        return Ok(Some(at));
    }
    Ok(events::table.filter(events::position.is_null()).order(events::id.asc()).select(events::occurred_at).first(tx.conn).optional()?)
}

/// What records last contributed.
pub fn facts(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, String)>> {
    Ok(stat_facts::table.filter(stat_facts::record_id.eq_any(ids.to_vec())).select((stat_facts::record_id, stat_facts::body)).load(tx.conn)?)
}

/// What records last contributed, each with its kind.
pub fn facts_with_kinds(tx: &mut Tx, ids: &[Id]) -> Result<BTreeMap<Id, (String, String)>> {
    let rows = stat_facts::table.filter(stat_facts::record_id.eq_any(ids.to_vec()));
    let rows: Vec<(Id, String, String)> = rows.select((stat_facts::record_id, stat_facts::kind, stat_facts::body)).load(tx.conn)?;
    Ok(rows.into_iter().map(|(id, kind, body)| (id, (kind, body))).collect())
}

/// What records of a kind last contributed, in order of their ids.
pub fn facts_after(tx: &mut Tx, kind: &str, after: &str, limit: i64) -> Result<Vec<(Id, String)>> {
    let rows = stat_facts::table.filter(stat_facts::kind.eq(kind)).filter(stat_facts::record_id.gt(after)).order(stat_facts::record_id.asc()).limit(limit);
    Ok(rows.select((stat_facts::record_id, stat_facts::body)).load(tx.conn)?)
}

/// Keeps what records contribute now.
pub fn put_facts(tx: &mut Tx, kind: &str, ids: &[Id], rows: &[(Id, String)]) -> Result<()> {
    diesel::delete(stat_facts::table.filter(stat_facts::record_id.eq_any(ids.to_vec()))).execute(tx.conn)?;
    let rows: Vec<_> =
        rows.iter().map(|(id, body)| (stat_facts::record_id.eq(*id), stat_facts::kind.eq(kind.to_owned()), stat_facts::body.eq(body.clone()))).collect();
    insert_many!(tx.conn, stat_facts::table, &rows[..]);
    Ok(())
}

/// Adds to the rollups; a row that comes to nought goes. All of it are numbers of this program.
pub fn add(tx: &mut Tx, rows: &BTreeMap<Slot, i64>) -> Result<()> {
    let rows: Vec<(&Slot, &i64)> = rows.iter().filter(|(_, n)| **n != 0).collect();
    if rows.is_empty() {
        return Ok(());
    }
    for chunk in rows.chunks(200) {
        let mut sql = String::from("INSERT INTO stat_rollups (slice, node, measure, period, level, item, channel, mode, department, n) VALUES ");
        for (at, (s, n)) in chunk.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let _ = write!(
                sql,
                "{comma}({}, {}, {}, {}, {}, {}, {}, {}, {}, {n})",
                s.slice, s.node, s.measure, s.period, s.level, s.item, s.channel, s.mode, s.department
            );
        }
        sql.push_str(" ON CONFLICT (slice, node, measure, period, level, item, channel, mode, department) DO UPDATE SET n = stat_rollups.n + excluded.n");
        tx.conn.execute_batch(&sql)?;
    }
    // Written out: with a parameter neither engine would use the index of what is nought.
    tx.conn.execute_batch("DELETE FROM stat_rollups WHERE n = 0")?;
    Ok(())
}

/// Forgets all that was counted.
pub fn forget(tx: &mut Tx) -> Result<()> {
    for table in ["stat_rollups", "stat_facts", "stat_traces"] {
        dialect::empty(tx.conn, table)?;
    }
    Ok(())
}

/// Which parts of the rollups: slice, measure.
pub fn parts(tx: &mut Tx) -> Result<Vec<(i32, i32)>> {
    Ok(stat_rollups::table.select((stat_rollups::slice, stat_rollups::measure)).distinct().load(tx.conn)?)
}

/// What a slice of the rollups is read as: its columns in the table's order, and how many.
type Sliced = (i32, i32, i32, i32, i32, i32, i32, i64);

/// All rows of a part.
pub fn part(tx: &mut Tx, slice: i32, measure: i32) -> Result<Vec<(Slot, i64)>> {
    use stat_rollups as r;
    let rows: Vec<Sliced> = r::table
        .filter(r::slice.eq(slice))
        .filter(r::measure.eq(measure))
        .select((r::node, r::period, r::level, r::item, r::channel, r::mode, r::department, r::n))
        .load(tx.conn)?;
    let slot = |(node, period, level, item, channel, mode, department, n)| (Slot { slice, node, measure, period, level, item, channel, mode, department }, n);
    Ok(rows.into_iter().map(slot).collect())
}

/// What is summed.
#[derive(Clone, Debug, Default)]
pub struct Summed {
    /// Which cut.
    pub slice: i32,
    /// Whose.
    pub nodes: Vec<i32>,
    /// Which measures.
    pub measures: Vec<i32>,
    /// From this day or month.
    pub from: i32,
    /// Before this one.
    pub to: i32,
    /// Values that columns must have.
    pub only: Vec<(&'static str, Vec<i32>)>,
    /// Told apart by this column.
    pub by: Option<&'static str>,
    /// Told apart by period.
    pub periods: bool,
}

/// A sum.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Sum {
    /// Of what.
    #[diesel(sql_type = sql_types::Integer)]
    pub measure: i32,
    /// When; 0 where it was not asked.
    #[diesel(sql_type = sql_types::Integer)]
    pub period: i32,
    /// Value of the column asked by; 0 where none was.
    #[diesel(sql_type = sql_types::Integer)]
    pub part: i32,
    /// How many.
    #[diesel(sql_type = sql_types::BigInt)]
    pub n: i64,
}

/// Sums along the primary key: slice, node, measure, period. All of it are numbers and names of this program.
pub fn sum(tx: &mut Tx, of: &Summed) -> Result<Vec<Sum>> {
    if of.nodes.is_empty() || of.measures.is_empty() || of.from >= of.to || of.only.iter().any(|(_, values)| values.is_empty()) {
        return Ok(Vec::new());
    }
    let list = |values: &[i32]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (period, part) = (if of.periods { "period" } else { "0" }, of.by.unwrap_or("0"));
    let only: String = of.only.iter().map(|(column, values)| format!(" AND {column} IN ({})", list(values))).collect();
    let groups: String = [of.periods.then_some("period"), of.by].into_iter().flatten().map(|column| format!(", {column}")).collect();
    let sql = format!(
        "SELECT measure, {period} AS period, {part} AS part, CAST(SUM(n) AS BIGINT) AS n FROM stat_rollups \
         WHERE slice = {} AND node IN ({}) AND measure IN ({}) AND period >= {} AND period < {}{only} GROUP BY measure{groups}",
        of.slice,
        list(&of.nodes),
        list(&of.measures),
        of.from,
        of.to
    );
    Ok(sql_query(sql).load(tx.conn)?)
}

/// Of which root of a kind the records of another are: the matter, ticket or occasion of an evaluation, of a follow-up too, the matter of a joint
/// handling or a transfer, the ticket of a sheet or a return visit.
pub fn roots(tx: &mut Tx, root: &str, kind: &str, ids: &[Id]) -> Result<Vec<Id>> {
    let ids = ids.to_vec();
    Ok(match kind {
        "evaluation" => {
            let rows = evaluations::table.filter(evaluations::id.eq_any(ids)).filter(evaluations::record_kind.eq(root));
            rows.select(evaluations::record_id).load(tx.conn)?
        }
        "joint_handling" => joint_handlings::table.filter(joint_handlings::id.eq_any(ids)).select(joint_handlings::entrustment_id).load(tx.conn)?,
        "assignment_sheet" => assignment_sheets::table.filter(assignment_sheets::id.eq_any(ids)).select(assignment_sheets::ticket_id).load(tx.conn)?,
        "transfer" => transfers::table.filter(transfers::id.eq_any(ids)).select(transfers::entrustment_id).load(tx.conn)?,
        "follow_up" => {
            let rated: Vec<Id> = follow_ups::table.filter(follow_ups::id.eq_any(ids)).select(follow_ups::evaluation_id).load(tx.conn)?;
            let rows = evaluations::table.filter(evaluations::id.eq_any(rated)).filter(evaluations::record_kind.eq(root));
            rows.select(evaluations::record_id).load(tx.conn)?
        }
        "return_visit" => {
            let rows = return_visits::table.filter(return_visits::id.eq_any(ids)).filter(return_visits::ticket_id.is_not_null());
            rows.select(return_visits::ticket_id.assume_not_null()).load(tx.conn)?
        }
        _ => ids,
    })
}

/// Ids of matters, tickets, occasions or courses, in order.
pub fn ids_after(tx: &mut Tx, kind: &str, after: &str, limit: i64) -> Result<Vec<Id>> {
    use crate::db::schema::entrustments as e;
    use fallback_tickets as t;
    use hotline_orders as h;
    use service_occasions as o;
    Ok(match kind {
        "entrustment" => e::table.filter(e::id.gt(after)).order(e::id.asc()).limit(limit).select(e::id).load(tx.conn)?,
        "service_occasion" => o::table.filter(o::id.gt(after)).order(o::id.asc()).limit(limit).select(o::id).load(tx.conn)?,
        "consultation" => {
            use crate::db::schema::consultations as c;
            c::table.filter(c::id.gt(after)).order(c::id.asc()).limit(limit).select(c::id).load(tx.conn)?
        }
        "hotline_order" => h::table.filter(h::id.gt(after)).order(h::id.asc()).limit(limit).select(h::id).load(tx.conn)?,
        "course" => courses::table.filter(courses::id.gt(after)).order(courses::id.asc()).limit(limit).select(courses::id).load(tx.conn)?,
        _ => t::table.filter(t::id.gt(after)).order(t::id.asc()).limit(limit).select(t::id).load(tx.conn)?,
    })
}

/// How many matters, tickets, occasions or courses there are.
pub fn how_many(tx: &mut Tx, kind: &str) -> Result<i64> {
    use crate::db::schema::entrustments as e;
    Ok(match kind {
        "entrustment" => e::table.count().get_result(tx.conn)?,
        "service_occasion" => service_occasions::table.count().get_result(tx.conn)?,
        "consultation" => crate::db::schema::consultations::table.count().get_result(tx.conn)?,
        "hotline_order" => hotline_orders::table.count().get_result(tx.conn)?,
        "course" => courses::table.count().get_result(tx.conn)?,
        _ => fallback_tickets::table.count().get_result(tx.conn)?,
    })
}

/// Custody of these matters, each in order.
pub fn custody_of(tx: &mut Tx, ids: &[Id]) -> Result<Vec<CustodyRow>> {
    let rows = custody::table.filter(custody::entrustment_id.eq_any(ids.to_vec())).order((custody::entrustment_id.asc(), custody::sequence.asc()));
    Ok(rows.select(CustodyRow::as_select()).load(tx.conn)?)
}

/// Limits of these kinds.
pub fn limits_of(tx: &mut Tx, ids: &[Id], kinds: &[ClockKind]) -> Result<Vec<ClockRow>> {
    let rows = clocks::table.filter(clocks::record_id.eq_any(ids.to_vec())).filter(clocks::kind.eq_any(kinds.to_vec()));
    Ok(rows.order(clocks::id.asc()).select(ClockRow::as_select()).load(tx.conn)?)
}

/// Joint handlings of these matters.
pub fn legs_of(tx: &mut Tx, ids: &[Id]) -> Result<Vec<JointHandling>> {
    let rows = joint_handlings::table.filter(joint_handlings::entrustment_id.eq_any(ids.to_vec())).order(joint_handlings::id.asc());
    Ok(rows.select(JointHandling::as_select()).load(tx.conn)?)
}

/// An offer: of which matter, from which center, when, and what became of it.
type Offer = (Id, Id, Moment, TransferState);

/// Offers to hand these matters over.
pub fn transfers_of(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Offer>> {
    let rows = transfers::table.filter(transfers::entrustment_id.eq_any(ids.to_vec())).order(transfers::id.asc());
    Ok(rows.select((transfers::entrustment_id, transfers::from_center_id, transfers::created_at, transfers::state)).load(tx.conn)?)
}

/// Follow-ups of bad grades of these records, each with its record.
pub fn follow_ups_of(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, FollowUp)>> {
    let rated = evaluations::table.filter(evaluations::record_id.eq_any(ids.to_vec())).filter(evaluations::follow_up_id.is_not_null());
    let rated: Vec<(Id, Id)> = rated.select((evaluations::id, evaluations::record_id)).load(tx.conn)?;
    if rated.is_empty() {
        return Ok(Vec::new());
    }
    let rows = follow_ups::table.filter(follow_ups::evaluation_id.eq_any(rated.iter().map(|r| r.0).collect::<Vec<_>>()));
    let rows: Vec<FollowUp> = rows.order(follow_ups::id.asc()).select(FollowUp::as_select()).load(tx.conn)?;
    Ok(rows.into_iter().filter_map(|f| Some((rated.iter().find(|r| r.0 == f.evaluation_id)?.1, f))).collect())
}

/// Who took part in these courses.
pub fn course_records_of(tx: &mut Tx, ids: &[Id]) -> Result<Vec<CourseRecord>> {
    let rows = course_records::table.filter(course_records::course_id.eq_any(ids.to_vec()));
    Ok(rows.order((course_records::course_id.asc(), course_records::user_id.asc())).select(CourseRecord::as_select()).load(tx.conn)?)
}

/// Those of these matters that were split from others.
pub fn split_off(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Id>> {
    let rows = matter_links::table.filter(matter_links::to_id.eq_any(ids.to_vec())).filter(matter_links::kind.eq(LinkKind::Split));
    Ok(rows.select(matter_links::to_id).load(tx.conn)?)
}

/// The content of a version of an item.
pub fn version(tx: &mut Tx, item: Id, number: i64) -> Result<Option<Json<ItemContent>>> {
    use service_item_versions as v;
    Ok(v::table.filter(v::item_id.eq(item)).filter(v::number.eq(number)).select(v::content).first(tx.conn).optional()?)
}

/// Where and since when callers asked first.
pub fn callers_from(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, Moment)>> {
    let rows = ticket_callers::table.filter(ticket_callers::origin_id.eq_any(ids.to_vec())).order(ticket_callers::id.asc());
    Ok(rows.select((ticket_callers::origin_id, ticket_callers::since)).load(tx.conn)?)
}

/// How callers of these tickets were asked, oldest first.
pub fn contacts_of(tx: &mut Tx, ids: &[Id]) -> Result<Vec<TicketContact>> {
    let rows = ticket_contacts::table.filter(ticket_contacts::ticket_id.eq_any(ids.to_vec())).order(ticket_contacts::id.asc());
    Ok(rows.select(TicketContact::as_select()).load(tx.conn)?)
}

/// The sheets of these tickets.
pub fn sheets_of(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Sheet>> {
    let rows = assignment_sheets::table.filter(assignment_sheets::ticket_id.eq_any(ids.to_vec())).order(assignment_sheets::id.asc());
    Ok(rows.select(Sheet::as_select()).load(tx.conn)?)
}

/// Departments of this name, wherever they are.
pub fn departments_called(tx: &mut Tx, name: &str) -> Result<Vec<Id>> {
    use crate::db::schema::departments as d;
    Ok(d::table.filter(d::name.eq(name)).order(d::id.asc()).limit(5000).select(d::id).load(tx.conn)?)
}
