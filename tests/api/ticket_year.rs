//! A year of fallback tickets in time travel: several servers on one database, restarts, workers that stop. Every warning,
//! breach, rung, weekly triage, quarterly review and return visit is raised once, and within a minute of its time, or of the
//! restart where nobody was there. The full size takes minutes: `make torture`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{Datelike as _, Days, TimeDelta, Weekday};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use futures_util::future::join_all;
use jieli::{
    auth::Actor,
    clocks::{self, local},
    db::{Db, Options, Tx, dialect},
    kernel::{Id, Limit, Masking, Moment, Target},
    sheets, tickets, worker,
};
use serde_json::{Value, json};

use crate::support::{MONDAY, TestApp, fresh_postgres, moment, text, vault};

#[actix_web::test]
async fn sqlite_sixty() {
    year(TestApp::sqlite().await, 60).await;
}

#[actix_web::test]
async fn postgres_sixty() {
    year(TestApp::postgres().await, 60).await;
}

#[actix_web::test]
#[ignore = "takes minutes: make torture"]
async fn sqlite_ten_thousand() {
    year(TestApp::sqlite().await, 10_000).await;
}

#[actix_web::test]
#[ignore = "takes minutes: make torture"]
async fn postgres_ten_thousand() {
    year(TestApp::on_postgres(&fresh_postgres().await).await, 10_000).await;
}

const SERVERS: usize = 3;
const CENTER: &str = "320623000000";
/// All servers are down from the first until the second: over a night, a weekend, a holiday, and for twenty days.
const OUTAGES: [(&str, &str); 5] = [
    ("2026-03-10T16:30:00+08:00", "2026-03-11T08:10:00+08:00"),
    ("2026-04-03T11:00:00+08:00", "2026-04-07T09:00:00+08:00"),
    ("2026-06-12T16:59:59+08:00", "2026-06-12T17:03:00+08:00"),
    ("2026-09-30T12:00:00+08:00", "2026-10-20T10:00:00+08:00"),
    ("2026-12-31T16:00:00+08:00", "2027-01-05T09:00:00+08:00"),
];

/// The same numbers every time.
struct Dice(u64);
impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("an input")
}

fn system() -> Actor {
    Actor::system("test")
}

/// What becomes of the n-th ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Registered, to be classified within the week.
    Waits,
    /// Charged to a department that is late, or in time.
    Charged,
    /// On the register unresolved.
    Upheld,
    /// Cleared on the spot: a share is called again.
    Cleared,
}

fn fate(n: usize) -> Fate {
    match n % 10 {
        0..=2 => Fate::Waits,
        3..=5 => Fate::Charged,
        6 => Fate::Upheld,
        _ => Fate::Cleared,
    }
}

/// A ticket with what it needs to stand where its fate has it; answers its lead sheet, where it is charged.
fn enter(tx: &mut Tx, n: usize, department: Id) -> jieli::db::Result<Option<Id>> {
    let mut body = json!({ "center": CENTER, "channel": "window", "contact": { "name": "反映人甲", "phone": format!("139{n:08}") },
        "content": { "title": "新业态备案无处受理", "situation": "多部门均答复不属其职责", "category": "no_lead_unit" } });
    let fate = fate(n);
    if matches!(fate, Fate::Cleared | Fate::Upheld) {
        body["settlement"] = json!({ "settlement": "协调窗口当场受理" });
    }
    if fate == Fate::Cleared {
        body["feedback"] = json!({ "satisfied": true, "way": "counter", "signature": { "method": "handwritten", "evidence": "反馈单" } });
    }
    let (actor, at) = (system(), tickets::register_as(tx, &system(), &read(body), None)?.row.id);
    match fate {
        Fate::Waits | Fate::Cleared => {}
        Fate::Upheld => {
            let bar = json!({ "reason": "lawful_bar", "explanation": "依法不能办理", "basis": "有关法律", "told_at": tx.now, "told_by": "counter" });
            tickets::uphold(tx, &actor, &Target::any(at), &read(bar))?;
        }
        Fate::Charged => {
            tickets::triage(tx, &actor, &Target::any(at), &read(json!({ "tier": "difficult" })))?;
            tickets::coordinate(tx, &actor, &Target::any(at), &read(json!({ "held_at": tx.now, "departments": [department] })))?;
            tickets::record_coordination(tx, &actor, &Target::any(at), &read(json!({ "outcome": "由该部门牵头" })))?;
            let part = json!({ "lead": { "department_id": department, "matter": "依法办理", "limit": { "value": 3 + n % 8, "unit": "working_day" } } });
            let sheet: Id = text(&serde_json::to_value(sheets::draft(tx, &actor, &Target::any(at), &read(part))?)?["id"]).parse().expect("an id");
            sheets::issue(tx, &actor, &Target::any(sheet), &read(json!({})))?;
            return Ok(Some(sheet));
        }
    }
    Ok(None)
}

/// The department takes a sheet in and answers.
fn answer(tx: &mut Tx, sheet: Id) -> jieli::db::Result<()> {
    let responsible = json!({ "responsible": { "name": "审批科负责人" } });
    sheets::sign_in(tx, &system(), &Target::any(sheet), &read(responsible))?;
    sheets::reply(tx, &system(), &Target::any(sheet), &read(json!({ "result": "solved", "report": "已办结" })))?;
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct IdRow {
    #[diesel(sql_type = Text)]
    id: Id,
}

async fn ids(db: &Db, sql: &'static str) -> Vec<Id> {
    let rows: Vec<IdRow> = db.read(move |tx| Ok(diesel::RunQueryDsl::load(diesel::sql_query(sql), tx.conn)?)).await.expect("query");
    rows.into_iter().map(|row| row.id).collect()
}

/// When something is due next.
async fn next_due(db: &Db) -> Moment {
    #[derive(diesel::QueryableByName)]
    struct Next {
        #[diesel(sql_type = Nullable<Timestamp>)]
        at: Option<Moment>,
    }
    let sql = "SELECT MIN(next_at) AS at FROM clocks UNION ALL SELECT MIN(rung_at) AS at FROM assignment_sheets";
    let rows: Vec<Next> = db.read(move |tx| Ok(diesel::RunQueryDsl::load(diesel::sql_query(sql), tx.conn)?)).await.expect("query");
    rows.into_iter().filter_map(|row| row.at).min().unwrap_or(Moment::NEVER)
}

/// Several servers on the database of `app`, which share its clock.
fn servers(app: &TestApp) -> Vec<Db> {
    let options = || Options { pool_size: 2, wait: Duration::from_secs(20), masking: Masking::default() };
    (0..SERVERS).map(|_| Db::open(app.db.engine().clone(), &options(), vault(), Arc::clone(app.db.clock())).expect("a server")).collect()
}

/// Whoever is alive works until nothing is left to do.
async fn work(alive: &[(usize, &Db)]) {
    loop {
        let done = join_all(alive.iter().map(|(n, db)| async move { worker::tick(db, ["a", "b", "c"][*n]).await.expect("worker") })).await;
        if done.iter().sum::<usize>() == 0 {
            return;
        }
    }
}

/// What somebody does at a moment.
#[derive(Clone, Copy)]
enum Act {
    Register(usize),
    Answer(Id),
    /// The weekly triage, on Fridays.
    Triage,
    /// The reform office reviews half of what the quarter reminds it of.
    Review,
}

#[expect(clippy::too_many_lines, reason = "a year has many parts")]
async fn year(app: TestApp, total: usize) {
    let began = Instant::now();
    let all = app.stranger().get(&format!("/centers/{CENTER}/departments")).await.ok();
    let department: Id = text(&all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true).expect("a department")["id"]).parse().expect("id");
    let start = moment(MONDAY);
    let end = start.plus(TimeDelta::days(364));
    let outages: Vec<(Moment, Moment)> = OUTAGES.iter().map(|(from, to)| (moment(from), moment(to))).collect();
    let mut dice = Dice(42);
    // Four times a day something comes in.
    let mut slots: Vec<Moment> = Vec::new();
    let mut plan: BTreeMap<Moment, Vec<Act>> = BTreeMap::new();
    let first = start.local_date();
    for day in (1..330).filter_map(|n| first.checked_add_days(Days::new(n))) {
        if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            continue;
        }
        slots.extend(["09:40", "11:15", "14:20", "16:45"].map(|time| moment(&format!("{day}T{time}:00+08:00"))));
        if day.weekday() == Weekday::Fri {
            plan.entry(moment(&format!("{day}T15:00:00+08:00"))).or_default().push(Act::Triage);
            plan.entry(moment(&format!("{day}T15:10:00+08:00"))).or_default().push(Act::Review);
        }
    }
    for n in 0..total {
        plan.entry(slots[n * slots.len() / total]).or_default().push(Act::Register(n));
    }

    let mut fleet = servers(&app);
    let (mut steps, mut restarts, mut slowest) = (0, 0, Duration::ZERO);
    let mut now = start;
    loop {
        let planned = plan.keys().next().copied().unwrap_or(Moment::NEVER);
        let next = next_due(&app.db).await.min(planned).max(now);
        if next > end {
            break;
        }
        let down = outages.iter().find(|(from, to)| next >= *from && next < *to);
        now = down.map_or(next, |(_, to)| *to);
        if down.is_some() {
            // Every server is gone, and others start.
            fleet = servers(&app);
            restarts += 1;
        }
        app.db.clock().set(now.plus(TimeDelta::seconds(20)));
        // Of the workers some have stopped.
        let alive: Vec<(usize, &Db)> = fleet.iter().enumerate().filter(|(n, _)| *n == steps % SERVERS || dice.roll(2) == 0).collect();
        let asked = Instant::now();
        if restarts == 2 && total > 1_000 {
            // One has died with its leases in its hands: they are free after a quarter of a minute.
            restarts += 1;
            let dead = |tx: &mut Tx| {
                let now = Moment::system();
                ["clocks", "ladder"].iter().try_for_each(|job| {
                    dialect::take_lease(tx.conn, job, "dead", now.plus(TimeDelta::days(1)), now.plus(TimeDelta::seconds(15))).map(|taken| assert!(taken))
                })
            };
            app.db.commit(dead).await.expect("leases");
            work(&alive).await;
            tokio::time::sleep(Duration::from_secs(16)).await;
        }
        work(&alive).await;
        slowest = slowest.max(asked.elapsed());
        steps += 1;
        // What is planned until now happens on one of the servers.
        let later = plan.split_off(&now.plus(TimeDelta::seconds(1)));
        let due: Vec<Act> = std::mem::replace(&mut plan, later).into_values().flatten().collect();
        let door = alive[0].1;
        let new: Vec<usize> = due.iter().filter_map(|act| if let Act::Register(n) = act { Some(*n) } else { None }).collect();
        if !new.is_empty() {
            let entered = new.clone();
            let sheets =
                door.commit(move |tx| entered.iter().map(|n| enter(tx, *n, department)).collect::<jieli::db::Result<Vec<_>>>()).await.expect("registered");
            for sheet in sheets.into_iter().flatten() {
                // A third is answered in time, a third between the rungs, a third not in this year.
                let days = match dice.roll(3) {
                    0 => 1,
                    1 => 8 + i64::try_from(dice.roll(10)).unwrap_or(0),
                    _ => continue,
                };
                let at = local(now.utc()).date() + TimeDelta::days(days);
                plan.entry(moment(&format!("{at}T10:30:00+08:00"))).or_default().push(Act::Answer(sheet));
            }
        }
        for act in due {
            match act {
                Act::Register(_) => {}
                Act::Answer(sheet) => door.commit(move |tx| answer(tx, sheet)).await.expect("answered"),
                Act::Triage => {
                    // Who is late shows: what came in this week's second half is left for the next.
                    let waiting = ids(door, "SELECT id FROM fallback_tickets WHERE state = 'registered' ORDER BY id").await;
                    for some in waiting[..waiting.len() / 2].chunks(50).map(<[Id]>::to_vec) {
                        let tier = || read(json!({ "tier": "general" }));
                        let act = move |tx: &mut Tx| some.iter().try_for_each(|id| tickets::triage(tx, &system(), &Target::any(*id), &tier()).map(|_| ()));
                        door.commit(act).await.expect("classified");
                    }
                }
                Act::Review => {
                    let sql =
                        "SELECT record_id AS id FROM clocks WHERE kind = 'ticket_review' AND state = 'running' AND warned_at IS NOT NULL ORDER BY record_id";
                    let reminded: Vec<Id> = ids(door, sql).await.into_iter().step_by(2).collect();
                    for some in reminded.chunks(50).map(<[Id]>::to_vec) {
                        let reason = || read(json!({ "reason": "仍不具备条件，继续挂账" }));
                        let act = move |tx: &mut Tx| some.iter().try_for_each(|id| tickets::review(tx, &system(), &Target::any(*id), &reason()).map(|_| ()));
                        door.commit(act).await.expect("reviewed");
                    }
                }
            }
        }
    }
    app.db.clock().set(end);
    let lived = began.elapsed();
    let told = once_and_in_time(&app.db, start, end, &outages).await;
    println!(
        "{}: {total} tickets, {steps} steps, {restarts} restarts in {:.1} s (slowest step {slowest:.1?}), checked in {:.1?}: {told}",
        if app.file().is_empty() { "postgres" } else { "sqlite" },
        lived.as_secs_f32(),
        began.elapsed() - lived,
    );
}

#[derive(diesel::QueryableByName)]
struct ClockRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    record_kind: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamp)]
    due_at: Moment,
    #[diesel(sql_type = Timestamp)]
    warn_at: Moment,
    #[diesel(sql_type = Nullable<Timestamp>)]
    stopped_at: Option<Moment>,
}

#[derive(diesel::QueryableByName)]
struct EventRow {
    #[diesel(sql_type = Text)]
    record_kind: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    params: String,
    #[diesel(sql_type = Timestamp)]
    occurred_at: Moment,
}

#[derive(diesel::QueryableByName)]
struct RungRow {
    #[diesel(sql_type = Text)]
    sheet_id: String,
    #[diesel(sql_type = Text)]
    rung: String,
    #[diesel(sql_type = Timestamp)]
    due_at: Moment,
    #[diesel(sql_type = Timestamp)]
    created_at: Moment,
}

#[derive(diesel::QueryableByName)]
struct SheetRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Timestamp)]
    due_at: Moment,
    #[diesel(sql_type = Nullable<Timestamp>)]
    replied_at: Option<Moment>,
    #[diesel(sql_type = BigInt)]
    rungs: i64,
}

/// Looks at every clock, every sheet and every event of the year.
async fn once_and_in_time(db: &Db, start: Moment, end: Moment, outages: &[(Moment, Moment)]) -> String {
    let minute = TimeDelta::seconds(60);
    // The first moment at which somebody was there.
    let there = |at: Moment| outages.iter().find(|(from, to)| at >= *from && at < *to).map_or(at, |(_, to)| *to);
    let (clocks, events, rungs, sheets) = db
        .read(|tx| {
            let clocks: Vec<ClockRow> = diesel::RunQueryDsl::load(
                diesel::sql_query(
                    "SELECT id, record_kind, kind, due_at, warn_at, stopped_at, started_at FROM clocks WHERE record_kind IN ('fallback_ticket', 'assignment_sheet', 'return_visit')",
                ),
                tx.conn,
            )?;
            let events: Vec<EventRow> = diesel::RunQueryDsl::load(
                diesel::sql_query("SELECT record_kind, kind, params, occurred_at FROM events WHERE kind IN ('clock.warning', 'clock.breach', 'ladder_rung.proposed')"),
                tx.conn,
            )?;
            let rungs: Vec<RungRow> =
                diesel::RunQueryDsl::load(diesel::sql_query("SELECT sheet_id, rung, due_at, created_at FROM ladder_rungs ORDER BY id"), tx.conn)?;
            let sheets: Vec<SheetRow> = diesel::RunQueryDsl::load(
                diesel::sql_query("SELECT id, due_at, replied_at, CAST(rungs AS BIGINT) AS rungs FROM assignment_sheets WHERE issued_at IS NOT NULL"),
                tx.conn,
            )?;
            Ok((clocks, events, rungs, sheets))
        })
        .await
        .expect("rows");
    let mut raised: HashMap<(String, String), Vec<&EventRow>> = HashMap::new();
    for event in &events {
        let params: Value = serde_json::from_str(&event.params).expect("params");
        raised.entry((text(&params["clock_id"]).to_owned(), event.kind.clone())).or_default().push(event);
    }
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for clock in clocks.iter().filter(|c| c.warn_at > start) {
        let until = clock.stopped_at.unwrap_or(end).min(end);
        for (kind, at) in [("clock.warning", clock.warn_at), ("clock.breach", clock.due_at)] {
            let told = raised.get(&(clock.id.clone(), kind.to_owned())).map(Vec::as_slice).unwrap_or_default();
            let due = there(at) < until;
            let n = usize::from(due);
            assert_eq!(told.len(), n, "{kind} of {} {} due {at:?} stopped {:?}", clock.kind, clock.id, clock.stopped_at);
            for event in told {
                assert_eq!(event.record_kind, clock.record_kind, "{}", clock.kind);
                assert!(event.occurred_at >= at && event.occurred_at <= there(at).plus(minute), "{} due {at:?} told {:?}", clock.kind, event.occurred_at);
            }
            let count = counts.entry(clock.kind.clone()).or_default();
            if kind == "clock.warning" { count.0 += n } else { count.1 += n }
        }
    }
    // Each sheet climbs by itself: the rungs whose time came while the department had it, each once and in order.
    let days = [0, 5, 10];
    let mut climbed = 0;
    for sheet in &sheets {
        let own: Vec<&RungRow> = rungs.iter().filter(|r| r.sheet_id == sheet.id).collect();
        assert_eq!(i64::try_from(own.len()).expect("few"), sheet.rungs);
        let due = sheet.due_at;
        let times = db
            .read(move |tx| {
                let calendar = clocks::calendar(tx, due)?;
                Ok(days.map(|n| if n == 0 { due } else { Moment::from(calendar.deadline(due.utc(), Limit::working_days(n), &[]).due) }))
            })
            .await
            .expect("calendar");
        let until = sheet.replied_at.unwrap_or(end).min(end);
        let expected: Vec<(&str, Moment)> = ["listing", "naming", "accountability"].into_iter().zip(times).filter(|(_, at)| there(*at) < until).collect();
        let found: Vec<(&str, Moment)> = own.iter().map(|r| (r.rung.as_str(), r.due_at)).collect();
        assert_eq!(found, expected, "{}", sheet.id);
        for rung in own {
            assert!(rung.created_at <= there(rung.due_at).plus(minute), "{} due {:?} proposed {:?}", rung.rung, rung.due_at, rung.created_at);
        }
        climbed += found.len();
    }
    let proposed = events.iter().filter(|e| e.kind == "ladder_rung.proposed").count();
    assert_eq!((proposed, rungs.len()), (climbed, climbed));
    for kind in ["ticket_triage", "ticket_settle", "ticket_review", "return_visit", "sheet", "sheet_sign_in"] {
        assert!(counts.get(kind).is_some_and(|(warned, breached)| *warned > 0 && *breached > 0), "{kind} in {counts:?}");
    }
    format!("{climbed} rungs on {} sheets; warnings and breaches {counts:?}", sheets.len())
}
