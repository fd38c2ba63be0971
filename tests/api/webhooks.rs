//! Webhooks against a real receiver: signed, in order for each record, until they are taken; and nobody in another's way.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD as B64};
use chrono::TimeDelta;
use jieli::{kernel::Id, outbound::Outbound, webhooks::Sender};
use serde_json::{Value, json};

use crate::support::{Caller, TestApp, accepted_matter, helped_matter, on_both_engines, started_matter, text};

on_both_engines!(
    deliveries_are_signed_and_in_order,
    a_bad_record_holds_back_itself_alone,
    a_receiver_down_for_a_day_gets_everything,
    what_is_dead_waits_for_a_person,
    nothing_but_failure_pauses,
    slow_ones_delay_nobody,
    gone_redirected_and_asked_to_wait,
    secrets_are_rotated,
    two_servers_send_each_once,
    replayed_from_a_place,
    who_may_subscribe,
    addresses_inside_are_refused,
);

const CITY: &str = "320600000000";

/// What a receiver was sent.
#[derive(Clone, Debug)]
pub struct Got {
    id: String,
    at: String,
    signature: String,
    text: String,
    event: Value,
    when: Instant,
}

impl Got {
    pub fn record(&self) -> &str {
        text(&self.event["data"]["record_id"])
    }

    pub fn kind(&self) -> &str {
        text(&self.event["type"]).trim_start_matches("cn.jieli.")
    }

    /// As the standard says: the id, the time and the body, under the secret without its prefix.
    fn is_signed(&self, secret: &str) -> bool {
        let key = B64.decode(secret.trim_start_matches("whsec_")).expect("base64");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), format!("{}.{}.{}", self.id, self.at, self.text).as_bytes());
        self.signature.split(' ').any(|s| s == format!("v1,{}", B64.encode(tag)))
    }
}

/// Status, more headers, and how long it takes.
pub type Reply = (u16, &'static str, Duration);
type Rule = dyn Fn(&Got) -> Reply + Send + Sync;

/// Listens on a port of this machine, and answers by a rule that may change.
pub struct Receiver {
    pub url: String,
    got: Arc<Mutex<Vec<Got>>>,
    rule: Arc<Mutex<Arc<Rule>>>,
}

const AT_ONCE: Duration = Duration::ZERO;

impl Receiver {
    pub fn new(rule: impl Fn(&Got) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("address"));
        let first: Arc<Rule> = Arc::new(rule);
        let receiver = Self { url, got: Arc::default(), rule: Arc::new(Mutex::new(first)) };
        let (got, rule) = (receiver.got.clone(), receiver.rule.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (got, rule) = (got.clone(), rule.clone());
                std::thread::spawn(move || answer(stream, &got, &rule));
            }
        });
        receiver
    }

    pub fn now(&self, rule: impl Fn(&Got) -> Reply + Send + Sync + 'static) {
        *self.rule.lock().expect("rule") = Arc::new(rule);
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().expect("got").clone()
    }

    pub fn forget(&self) {
        self.got.lock().expect("got").clear();
    }
}

fn answer(mut stream: std::net::TcpStream, got: &Mutex<Vec<Got>>, rule: &Mutex<Arc<Rule>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("stream"));
    let mut head: HashMap<String, String> = HashMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            head.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let mut body = vec![0; head.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).expect("a body");
    let of = |name: &str| head.get(name).cloned().unwrap_or_default();
    let text = String::from_utf8(body).expect("UTF-8");
    assert_eq!(of("content-type"), "application/cloudevents+json; charset=utf-8");
    let event = serde_json::from_str(&text).expect("JSON");
    let one = Got { id: of("webhook-id"), at: of("webhook-timestamp"), signature: of("webhook-signature"), text, event, when: Instant::now() };
    let rule = rule.lock().expect("rule").clone();
    let (status, more, delay) = rule(&one);
    std::thread::sleep(delay);
    got.lock().expect("got").push(one);
    stream.write_all(format!("HTTP/1.1 {status} x\r\n{more}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).ok();
}

pub fn fine(_: &Got) -> Reply {
    (200, "", AT_ONCE)
}

pub fn down(_: &Got) -> Reply {
    (503, "", AT_ONCE)
}

pub fn sender() -> Sender {
    let outbound = Outbound::new(&["127.0.0.0/8".to_owned()]).expect("a client");
    Sender::new(outbound, "https://jieli.example")
}

/// Events get their positions, and are made deliveries of.
pub async fn spread(app: &TestApp) {
    while app.db.commit(|tx| jieli::events::store::sequence(tx, 500)).await.expect("positions") > 0 {}
    while app.db.commit(jieli::webhooks::follow).await.expect("followed") > 0 {}
}

pub async fn send(app: &TestApp) -> usize {
    sender().drain(&app.db).await.expect("sent")
}

pub fn later(app: &TestApp, hours: i64) {
    app.db.clock().advance(TimeDelta::hours(hours));
}

/// A subscription of the deployment to what happens to matters: its path, and its secret.
pub async fn subscribed(app: &TestApp, url: &str) -> (String, String) {
    let new = json!({ "url": url, "description": "测试", "filters": { "types": ["entrustment.*"], "center": CITY } });
    let hook = app.as_user("sys_admin").post("/webhooks", new).await.created();
    (format!("/webhooks/{}", text(&hook["id"])), text(&hook["secret"]).to_owned())
}

pub async fn state(app: &TestApp, at: &str) -> Value {
    app.as_user("sys_admin").get(at).await.ok()
}

async fn items(app: &TestApp, at: &str, state: &str) -> Vec<Value> {
    let page = app.as_user("sys_admin").get(&format!("{at}/deliveries?limit=200{state}")).await.ok();
    page["items"].as_array().expect("items").clone()
}

/// Of each record its kinds in the order in which they came.
pub fn stories(got: &[Got]) -> HashMap<String, Vec<String>> {
    let mut all: HashMap<String, Vec<String>> = HashMap::new();
    for one in got {
        all.entry(one.record().to_owned()).or_default().push(one.kind().to_owned());
    }
    all
}

/// Its sequence numbers rise for each record.
pub fn in_order(got: &[Got]) -> bool {
    let mut last: HashMap<&str, &str> = HashMap::new();
    got.iter().all(|g| {
        let now = text(&g.event["sequence"]);
        last.insert(g.record(), now).is_none_or(|before| before < now)
    })
}

async fn deliveries_are_signed_and_in_order(app: TestApp) {
    helped_matter(&app).await;
    spread(&app).await;
    let receiver = Receiver::new(fine);
    let (at, secret) = subscribed(&app, &receiver.url).await;
    assert_eq!(state(&app, &at).await["secret"], Value::Null, "shown once");
    let (one, two) = (helped_matter(&app).await, started_matter(&app).await);
    spread(&app).await;
    send(&app).await;
    let got = receiver.got();
    let told = stories(&got);
    assert_eq!(told.len(), 2, "not what was before: {told:?}");
    let begun = ["entrustment.submitted", "entrustment.accepted"];
    assert!(told[&one].starts_with(&begun.map(str::to_owned)) && told[&one].last().is_some_and(|k| k == "entrustment.helped"), "{told:?}");
    assert!(told[&two].last().is_some_and(|k| k == "entrustment.started") && in_order(&got));
    for g in &got {
        assert!(g.is_signed(&secret) && !g.is_signed("whsec_AAAA"), "signed");
        assert!((jieli::kernel::Moment::system().utc().timestamp() - g.at.parse::<i64>().expect("seconds")).abs() < 60);
        assert_eq!((&g.event["id"], &g.event["specversion"], &g.event["source"]), (&json!(g.id), &json!("1.0"), &json!("https://jieli.example")));
        assert_eq!((&g.event["subject"], &g.event["datacontenttype"]), (&json!(format!("entrustment/{}", g.record())), &json!("application/json")));
        assert!(!g.text.contains("联系人") && !g.text.contains("13900005678") && !g.text.contains("柜台"), "{}", g.text);
    }
    let sent = items(&app, &at, "&state=sent").await;
    assert_eq!(sent.len(), got.len());
    assert!(sent.iter().all(|d| d["last_status"] == 200 && d["attempts"] == 1 && d["duration_ms"].is_i64() && d["sent_at"].is_string()));
    assert_eq!(send(&app).await, 0, "each once");
    // A test of the subscription itself takes the same way.
    app.as_user("sys_admin").post(&format!("{at}/ping"), json!({})).await.ok();
    spread(&app).await;
    send(&app).await;
    let ping = receiver.got().last().expect("a ping").clone();
    assert!(ping.kind() == "webhook.pinged" && ping.is_signed(&secret) && at.ends_with(ping.record()));
    let seen = state(&app, &at).await;
    assert_eq!((&seen["waiting"], &seen["dead"], &seen["behind"], &seen["failures"]), (&json!(0), &json!(0), &json!(0), &json!(0)));
}

async fn a_bad_record_holds_back_itself_alone(app: TestApp) {
    let receiver = Receiver::new(fine);
    let (at, _) = subscribed(&app, &receiver.url).await;
    let (bad, good) = (started_matter(&app).await, started_matter(&app).await);
    let wrong = bad.clone();
    receiver.now(move |g| if g.record() == wrong { (500, "", AT_ONCE) } else { fine(g) });
    spread(&app).await;
    send(&app).await;
    let told = stories(&receiver.got());
    assert_eq!((told[&bad].len(), told[&bad][0].as_str()), (1, "entrustment.submitted"), "those after it wait: {told:?}");
    assert!(told[&good].last().is_some_and(|k| k == "entrustment.started"));
    let waiting = items(&app, &at, "&state=waiting").await;
    assert_eq!((waiting.len(), &waiting[0]["last_status"], &waiting[0]["last_error"]), (1, &json!(500), &json!("refused")));
    assert!(waiting[0]["next_at"].is_string() && items(&app, &at, "&state=queued").await.len() >= 2);
    assert_eq!(send(&app).await, 0, "not before its time");
    receiver.now(fine);
    app.db.clock().advance(TimeDelta::seconds(7));
    send(&app).await;
    let all = receiver.got();
    let taken: Vec<Got> = all.into_iter().filter(|g| g.record() == bad).skip(1).collect();
    assert!(in_order(&taken) && taken.last().is_some_and(|g| g.kind() == "entrustment.started"));
    assert_eq!((state(&app, &at).await["waiting"].clone(), items(&app, &at, "&state=queued").await.len()), (json!(0), 0));
}

async fn a_receiver_down_for_a_day_gets_everything(app: TestApp) {
    let receiver = Receiver::new(down);
    let (at, secret) = subscribed(&app, &receiver.url).await;
    let mut matters = Vec::new();
    for _ in 0..8 {
        matters.push(helped_matter(&app).await);
    }
    spread(&app).await;
    let tried = send(&app).await;
    assert!((5..=8).contains(&tried), "one delivery at a time once it is down: {tried}");
    for _ in 0..25 {
        later(&app, 1);
        assert!(send(&app).await <= 2, "left alone while it is down");
    }
    assert_eq!((state(&app, &at).await["state"].clone(), items(&app, &at, "&state=dead").await.len()), (json!("active"), 0));
    receiver.now(fine);
    receiver.forget();
    later(&app, 16);
    // The rest between two tries, as the circuit closes.
    for _ in 0..3 {
        send(&app).await;
        app.db.clock().advance(TimeDelta::minutes(10));
    }
    let got = receiver.got();
    let told = stories(&got);
    let ids: std::collections::BTreeSet<&str> = got.iter().map(|g| g.id.as_str()).collect();
    assert!(in_order(&got) && ids.len() == got.len() && got.iter().all(|g| g.is_signed(&secret)), "each once, in order");
    for id in &matters {
        assert_eq!((told[id].first().map(String::as_str), told[id].last().map(String::as_str)), (Some("entrustment.submitted"), Some("entrustment.helped")));
    }
    assert_eq!(items(&app, &at, "&state=sent").await.len(), items(&app, &at, "").await.len());
}

async fn what_is_dead_waits_for_a_person(app: TestApp) {
    let receiver = Receiver::new(fine);
    let (at, _) = subscribed(&app, &receiver.url).await;
    let bad = started_matter(&app).await;
    let wrong = bad.clone();
    receiver.now(move |g| if g.record() == wrong { (422, "", AT_ONCE) } else { fine(g) });
    spread(&app).await;
    send(&app).await;
    for _ in 0..9 {
        later(&app, 10);
        // Others are well, so the subscription goes on.
        accepted_matter(&app, "assisted").await;
        spread(&app).await;
        send(&app).await;
    }
    let dead = items(&app, &at, "&state=dead").await;
    assert_eq!((dead.len(), &dead[0]["record_id"], &dead[0]["allowed_actions"]), (1, &json!(bad), &json!(["replay", "skip"])));
    assert_eq!(state(&app, &at).await["state"], "active");
    receiver.now(fine);
    receiver.forget();
    later(&app, 24);
    send(&app).await;
    assert!(receiver.got().iter().all(|g| g.record() != bad), "order is kept until somebody has looked");
    let admin = app.as_user("sys_admin");
    admin.post(&format!("{at}/replay"), json!({ "dead": true, "after": 0 })).await.expect(422);
    let again = admin.post(&format!("{at}/replay"), json!({ "dead": true })).await.ok();
    assert_eq!((&again["queued"], &again["dead"]), (&json!(1), &json!(0)));
    send(&app).await;
    let got: Vec<Got> = receiver.got().into_iter().filter(|g| g.record() == bad).collect();
    assert!(in_order(&got) && got.first().is_some_and(|g| g.kind() == "entrustment.submitted") && got.len() >= 3);
    // Another, which is skipped; and one that does not hold back what comes after it.
    let (other, bold) = (started_matter(&app).await, started_matter(&app).await);
    let wrong = [other.clone(), bold.clone()];
    receiver.now(move |g| if wrong.iter().any(|w| g.record() == w) && g.kind() == "entrustment.submitted" { (422, "", AT_ONCE) } else { fine(g) });
    spread(&app).await;
    send(&app).await;
    let waiting = items(&app, &at, "&state=waiting").await;
    let of = |id: &str| waiting.iter().find(|d| d["record_id"] == json!(id)).map(|d| text(&d["id"]).to_owned()).expect("it waits");
    let skipped = admin.post(&format!("/webhook-deliveries/{}/skip", of(&other)), json!({})).await.ok();
    assert_eq!(skipped["state"], "skipped");
    admin.post(&format!("/webhook-deliveries/{}/skip", of(&other)), json!({})).await.expect(409);
    receiver.forget();
    send(&app).await;
    let told = stories(&receiver.got());
    assert!(told[&other][0] == "entrustment.accepted" && !told.contains_key(&bold), "{told:?}");
    for _ in 0..9 {
        later(&app, 10);
        accepted_matter(&app, "assisted").await;
        spread(&app).await;
        send(&app).await;
    }
    assert_eq!(items(&app, &at, "&state=dead").await.len(), 1);
    let hook = state(&app, &at).await;
    let edit = json!({ "url": receiver.url, "filters": { "types": ["entrustment.*"], "center": CITY }, "after_dead": "go_on" });
    let version = format!("\"{}\"", hook["version"]);
    admin.put_with(&at, &[("if-match", &version)], edit).await.ok();
    send(&app).await;
    assert!(stories(&receiver.got())[&bold].last().is_some_and(|k| k == "entrustment.started"));
}

async fn nothing_but_failure_pauses(app: TestApp) {
    let receiver = Receiver::new(down);
    let (at, _) = subscribed(&app, &receiver.url).await;
    let matter = started_matter(&app).await;
    spread(&app).await;
    send(&app).await;
    for _ in 0..7 {
        later(&app, 10);
        send(&app).await;
    }
    let paused = state(&app, &at).await;
    assert_eq!((&paused["state"], &paused["reason"], &paused["dead"]), (&json!("paused"), &json!("failing"), &json!(0)), "before anything is dead");
    let stop = app.as_user("sys_admin").get(&format!("/events?record={}&types=webhook.paused", at.rsplit('/').next().unwrap_or_default())).await;
    spread(&app).await;
    assert_eq!(stop.ok()["items"], json!([]), "it has no position yet");
    let told = app.as_user("sys_admin").get("/events?types=webhook.paused").await.ok();
    assert_eq!(told["items"][0]["data"]["params"], json!({ "state": "paused", "reason_code": "failing" }));
    receiver.forget();
    later(&app, 100);
    assert_eq!((send(&app).await, receiver.got().len()), (0, 0));
    receiver.now(fine);
    let on = app.as_user("sys_admin").post(&format!("{at}/resume"), json!({})).await.ok();
    assert_eq!((&on["state"], on.get("reason")), (&json!("active"), None));
    send(&app).await;
    assert!(stories(&receiver.got())[&matter].len() >= 3 && in_order(&receiver.got()));
    app.as_user("sys_admin").post(&format!("{at}/resume"), json!({})).await.expect(409);
}

async fn slow_ones_delay_nobody(app: TestApp) {
    let slow = Receiver::new(|_| (200, "", Duration::from_secs(3)));
    let fast = Receiver::new(fine);
    subscribed(&app, &slow.url).await;
    subscribed(&app, &fast.url).await;
    for _ in 0..6 {
        started_matter(&app).await;
    }
    spread(&app).await;
    let (sender, began) = (sender(), Instant::now());
    let wanted = usize::try_from(app.count("SELECT COUNT(*) AS value FROM webhook_deliveries").await).expect("a number") / 2;
    while fast.got().len() < wanted {
        assert!(began.elapsed() < Duration::from_secs(20), "{} of {wanted}", fast.got().len());
        sender.start(&app.db).await.expect("started");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let first_slow = began + Duration::from_secs(3);
    assert!(fast.got().iter().filter(|g| g.when < first_slow).count() * 2 > wanted, "most of it before the slow one has answered once");
    assert!(slow.got().len() <= 4 * 7, "four at a time, then one: {}", slow.got().len());
}

async fn gone_redirected_and_asked_to_wait(app: TestApp) {
    let target = Receiver::new(fine);
    let location: &'static str = Box::leak(format!("location: {}\r\n", target.url).into_boxed_str());
    let redirecting = Receiver::new(move |_| (307, location, AT_ONCE));
    let asking = Receiver::new(|_| (429, "retry-after: 7200\r\n", AT_ONCE));
    let gone = Receiver::new(|_| (410, "", AT_ONCE));
    let (redirected, _) = subscribed(&app, &redirecting.url).await;
    let (asked, _) = subscribed(&app, &asking.url).await;
    let (ended, _) = subscribed(&app, &gone.url).await;
    accepted_matter(&app, "assisted").await;
    spread(&app).await;
    send(&app).await;
    assert!(target.got().is_empty(), "a redirect is not followed");
    assert_eq!(
        (&items(&app, &redirected, "&state=waiting").await[0]["last_status"], &items(&app, &redirected, "&state=waiting").await[0]["last_error"]),
        (&json!(307), &json!("redirect"))
    );
    let hook = state(&app, &ended).await;
    assert_eq!((&hook["state"], &hook["reason"], gone.got().len()), (&json!("disabled"), &json!("gone"), 1));
    app.db.clock().advance(TimeDelta::minutes(110));
    send(&app).await;
    assert_eq!((asking.got().len(), gone.got().len()), (1, 1), "who asks for two hours has them");
    app.db.clock().advance(TimeDelta::minutes(15));
    send(&app).await;
    assert_eq!(asking.got().len(), 2);
    let _ = asked;
}

async fn secrets_are_rotated(app: TestApp) {
    let receiver = Receiver::new(fine);
    let (at, old) = subscribed(&app, &receiver.url).await;
    app.as_user("sys_admin").post(&format!("{at}/rotate-secret"), json!({})).await.expect(403);
    let turned = app.as_user("sec_admin").post(&format!("{at}/rotate-secret"), json!({ "overlap_hours": 24 })).await.ok();
    let new = text(&turned["secret"]).to_owned();
    assert!(new.starts_with("whsec_") && new != old && turned["previous_secret_until"].is_string());
    accepted_matter(&app, "assisted").await;
    spread(&app).await;
    send(&app).await;
    let got = receiver.got();
    assert!(!got.is_empty() && got.iter().all(|g| g.is_signed(&old) && g.is_signed(&new) && g.signature.split(' ').count() == 2));
    receiver.forget();
    later(&app, 25);
    accepted_matter(&app, "assisted").await;
    spread(&app).await;
    send(&app).await;
    assert!(!receiver.got().is_empty() && receiver.got().iter().all(|g| g.is_signed(&new) && !g.is_signed(&old)));
    assert_eq!(state(&app, &at).await.get("previous_secret_until"), None);
}

async fn two_servers_send_each_once(app: TestApp) {
    let receiver = Receiver::new(|_| (200, "", Duration::from_millis(5)));
    subscribed(&app, &receiver.url).await;
    for _ in 0..6 {
        helped_matter(&app).await;
    }
    spread(&app).await;
    let (one, two) = (sender(), sender());
    let (a, b) = futures_util::future::join(one.drain(&app.db), two.drain(&app.db)).await;
    let tries = a.expect("sent") + b.expect("sent");
    let rest = send(&app).await;
    let got = receiver.got();
    let ids: std::collections::BTreeSet<&str> = got.iter().map(|g| g.id.as_str()).collect();
    assert_eq!((ids.len(), tries + rest), (got.len(), got.len()), "each once");
    assert!(in_order(&got) && got.len() >= 24, "{}", got.len());
}

async fn replayed_from_a_place(app: TestApp) {
    let receiver = Receiver::new(fine);
    let (at, _) = subscribed(&app, &receiver.url).await;
    let first = helped_matter(&app).await;
    spread(&app).await;
    send(&app).await;
    let before = receiver.got();
    receiver.forget();
    let middle: i64 = text(&before[1].event["sequence"]).parse().expect("a number");
    let again = app.as_user("sys_admin").post(&format!("{at}/replay"), json!({ "after": middle })).await.ok();
    assert_eq!(again["after"], middle);
    let second = started_matter(&app).await;
    spread(&app).await;
    send(&app).await;
    let got = receiver.got();
    let told = stories(&got);
    assert_eq!(told[&first].len(), before.len() - 2, "what came after it, and no more");
    assert!(in_order(&got) && told[&second].len() >= 3);
    assert_eq!(got.iter().find(|g| g.record() == first).map(|g| &g.id), Some(&before[2].id), "under the same id");
    // By time: what is since then. And one alone.
    receiver.forget();
    app.as_user("sys_admin").post(&format!("{at}/replay"), json!({ "since": "2026-03-01T00:00:00+08:00" })).await.ok();
    spread(&app).await;
    send(&app).await;
    assert_eq!(receiver.got().len(), before.len() + told[&second].len());
    receiver.forget();
    let one = items(&app, &at, "&state=sent").await[0].clone();
    app.as_user("sys_admin").post(&format!("/webhook-deliveries/{}/replay", text(&one["id"])), json!({})).await.ok();
    send(&app).await;
    assert_eq!((receiver.got().len(), receiver.got()[0].id.as_str()), (1, text(&one["event_id"])));
}

/// A machine client with a token.
pub async fn client<'a>(app: &'a TestApp, name: &'static str, kind: &'static str) -> Caller<'a> {
    app.new_client(name, kind, None).await.1
}

async fn who_may_subscribe(app: TestApp) {
    spread(&app).await;
    let receiver = Receiver::new(fine);
    let new = json!({ "url": receiver.url });
    for login in ["rd_clerk", "rd_manager", "city_reform", "ent_rudong", "aud_admin", "sec_admin"] {
        app.as_user(login).post("/webhooks", new.clone()).await.expect(403);
    }
    let admin = app.as_user("sys_admin");
    assert_eq!(admin.post("/webhooks", new.clone()).await.expect(422).body["errors"][0]["pointer"], "/filters/center", "of which center?");
    let (portal, other) = (client(&app, "portal-a", "portal").await, client(&app, "12345-b", "hotline").await);
    let hook = portal.post("/webhooks", new.clone()).await.created();
    let at = format!("/webhooks/{}", text(&hook["id"]));
    assert_eq!((&hook["client_id"], portal.get("/webhooks").await.ok()["items"].as_array().map(Vec::len)), (&json!("portal-a"), Some(1)));
    assert_eq!(other.get("/webhooks").await.ok()["items"], json!([]));
    for refused in [other.get(&at).await, other.post(&format!("{at}/pause"), json!({})).await, other.get(&format!("{at}/deliveries")).await] {
        refused.expect(404);
    }
    app.as_user("rd_clerk").get(&at).await.expect(403);
    let mut foreign = new.clone();
    foreign["client_id"] = json!("12345-b");
    portal.post("/webhooks", foreign.clone()).await.expect(422);
    assert_eq!(admin.post("/webhooks", foreign).await.created()["client_id"], "12345-b");
    for (bad, pointer) in [
        (json!({ "types": ["entrust"] }), "/filters/types/0"),
        (json!({ "types": ["*", "matter.*"] }), "/filters/types/1"),
        (json!({ "center": "000000000000" }), "/filters/center"),
        (json!({ "record": { "kind": "matter", "id": Id::new() } }), "/filters/record/kind"),
    ] {
        let wrong = json!({ "url": receiver.url, "filters": bad });
        assert_eq!(portal.post("/webhooks", wrong).await.expect(422).body["errors"][0]["pointer"], pointer);
    }
    // A client is told of what it made, and of nothing else: here a service that it has opened for rating.
    started_matter(&app).await;
    let occasion = json!({ "service_no": "B-001", "kind": "consultation", "center": "320623000000" });
    portal.post("/service-occasions", occasion).await.created();
    spread(&app).await;
    send(&app).await;
    let kinds: Vec<String> = receiver.got().iter().map(|g| g.kind().to_owned()).collect();
    assert!(kinds.contains(&"evaluation.opened".to_owned()) && kinds.iter().all(|k| k.starts_with("evaluation.") || k.starts_with("webhook.")), "{kinds:?}");
    // Whose client is no longer served is told nothing more.
    let rotated = portal.post(&format!("{at}/rotate-secret"), json!({})).await.ok();
    assert!(text(&rotated["secret"]).starts_with("whsec_"));
    let version = format!("\"{}\"", portal.get(&at).await.ok()["version"]);
    let request = portal.request(actix_web::http::Method::DELETE, &at).insert_header(("if-match", version));
    app.send(request).await.expect(204);
    portal.get(&at).await.expect(404);
}

async fn addresses_inside_are_refused(app: TestApp) {
    let admin = app.as_user("sys_admin");
    let new = |url: &str| json!({ "url": url, "filters": { "center": CITY } });
    for url in [
        "http://10.0.0.1/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "http://8.8.8.8/x",
        "ftp://example.org/x",
        "https://a@example.org/",
    ] {
        let refused = admin.post("/webhooks", new(url)).await.expect(422);
        assert_eq!(refused.body["errors"][0]["pointer"], "/url", "{url}");
    }
    let push = |url: &str| json!({ "name": "平台", "center": CITY, "push": { "url": url, "app_id": "a", "secret": "a-secret-of-the-platform" } });
    let refused = admin.post("/reporting-targets", push("http://192.168.1.1/x")).await.expect(422);
    assert_eq!((&refused.body["errors"][0]["pointer"], &refused.body["errors"][0]["code"]), (&json!("/push/url"), &json!("address_refused")));
    // What was allowed when it was set is looked at again when it is asked.
    let receiver = Receiver::new(fine);
    let (at, _) = subscribed(&app, &receiver.url).await;
    accepted_matter(&app, "assisted").await;
    spread(&app).await;
    let strict = Sender::new(Outbound::new(&[]).expect("a client"), "https://jieli.example");
    assert!(strict.drain(&app.db).await.expect("tried") > 0 && receiver.got().is_empty());
    assert_eq!(items(&app, &at, "&state=waiting").await[0]["last_error"], "address_refused");
}
