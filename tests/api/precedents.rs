//! Cases that guide later ones: drawn from tickets, freed of personal data, reviewed by another, published, cited, promoted.

use serde_json::{Value, json};

use crate::support::{Caller, TestApp, on_both_engines, text};

on_both_engines!(
    a_ticket_becomes_a_case_without_its_people,
    a_case_is_written_reviewed_and_withdrawn,
    personal_data_is_refused_on_every_path,
    everybody_reads_and_finds_what_is_published,
    tickets_cite_and_find_cases,
    a_case_goes_on_to_the_catalogue,
);

const CALLER: &str = "钱小梅";
const PHONE: &str = "13911112222";
const ID: &str = "440781198506151231";
const RELATIVE: &str = "周大勇";

fn contact() -> Value {
    json!({ "name": CALLER, "phone": PHONE })
}

/// A ticket of 如东 whose words name people in every way, settled and cleared on the spot.
async fn cleared(clerk: &Caller<'_>) -> String {
    let situation = "钱小梅（身份证 4407 8119 8506 1512 31，电话139-1111-2222）与丈夫周大勇住在城中街道人民路12号3幢501室，房屋竣工多年，开发企业注销，无法办理不动产登记。钱 小 梅称微信号：qianxm_85。";
    let body = json!({
        "channel": "window", "contact": contact(),
        "applicant": { "kind": "natural_person", "name": CALLER, "id_type": "citizen_id", "id_number": ID, "division_code": "320623000000" },
        "content": { "title": "钱女士的房屋无法办理不动产登记", "situation": situation, "request": "请钱某能办证，联系小梅本人", "category": "historical_issue" },
        "settlement": { "settlement": "协调不动产登记窗口为小梅容缺受理，周大勇代收，车牌苏F12345可入场" },
        "feedback": { "satisfied": true, "way": "counter", "signature": { "method": "handwritten", "evidence": "签字表 1" } }
    });
    let ticket = clerk.post("/fallback-tickets", body).await.created();
    assert_eq!(ticket["state"], "cleared", "{ticket}");
    text(&ticket["id"]).to_owned()
}

pub fn content() -> Value {
    json!({
        "title": "商住楼加装电梯无牵头部门", "category": "no_lead_unit", "tier": "difficult",
        "problem": "商住混合楼加装电梯，规划、住建窗口均答复不属于本部门受理。", "cause": "机构调整后没有明确牵头部门。",
        "handling": "改革办召开部门协调会，明确由住房和城乡建设局牵头。", "result": "十个工作日内办结，申请人满意。",
        "basis": ["既有住宅加装电梯有关规定"], "advice": "由住房和城乡建设局牵头受理，并联征求意见。", "keywords": ["加装电梯"],
        "items": ["GS-320623-0001"], "departments": ["如东县住房和城乡建设局"]
    })
}

async fn published(app: &TestApp, content: Value) -> String {
    let clerk = app.as_user("rd_clerk");
    let draft = clerk.post("/precedents", json!({ "content": content })).await.created();
    let path = format!("/precedents/{}", text(&draft["id"]));
    clerk.post(&format!("{path}/submit"), json!({})).await.ok();
    app.as_user("city_reform").post(&format!("{path}/publish"), json!({})).await.ok();
    path
}

fn without_people(told: &str) {
    let bare: String = told.chars().filter(|c| c.is_alphanumeric()).collect();
    for gone in [CALLER, "小梅", "钱女士", "钱某", RELATIVE, PHONE, "1111222", ID, "qianxm", "12号3幢", "F12345"] {
        assert!(!bare.contains(gone), "{gone} in {told}");
    }
}

async fn a_ticket_becomes_a_case_without_its_people(app: TestApp) {
    let (clerk, reform) = (app.as_user("rd_clerk"), app.as_user("city_reform"));
    let ticket = cleared(&clerk).await;
    let draw = format!("/fallback-tickets/{ticket}/precedent");
    // An open ticket makes none, nor does a stranger to it.
    let open = json!({ "channel": "window", "contact": contact(), "content": { "title": "无处受理", "situation": "多个窗口不受理", "request": "请明确", "category": "other" } });
    let open = clerk.post("/fallback-tickets", open).await.created();
    assert_eq!(clerk.post(&format!("/fallback-tickets/{}/precedent", text(&open["id"])), json!({})).await.problem(409), "state_conflict");
    app.as_user("cc_clerk").post(&draw, json!({})).await.expect(404);
    assert_eq!(app.as_user("city_inspector").post(&draw, json!({})).await.problem(403), "forbidden");
    let racing = futures_util::future::join_all((0..4).map(|_| clerk.post(&draw, json!({})))).await;
    let mut statuses: Vec<u16> = racing.iter().map(|r| r.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    let draft = racing.into_iter().find(|r| r.status == 201).expect("one").body;
    assert_eq!((&draft["ticket_id"], &draft["state"], &draft["findings"]), (&json!(ticket), &json!("draft"), &json!([])));
    without_people(&draft["content"].to_string());
    assert!(text(&draft["content"]["problem"]).contains("无法办理不动产登记") && text(&draft["content"]["result"]).contains("容缺受理"));
    let seen = clerk.get(&format!("/fallback-tickets/{ticket}")).await.ok();
    assert_eq!(seen["precedent_id"], draft["id"], "linked both ways");
    // Written into again, the names that the ticket knows are found, and cannot be explained away.
    let path = format!("/precedents/{}", text(&draft["id"]));
    let mut named = draft["content"].clone();
    named["advice"] = json!("参照小梅的办法办理，电话１３９ １１１１ ２２２２");
    named["keywords"] = json!(["钱小梅"]);
    named["handling"] = json!("窗口先行容缺受理，十日内补证");
    let edited = clerk.put_with(&path, &[("if-match", "\"1\"")], json!({ "content": named })).await.ok();
    let found: Vec<(&str, &str, bool)> =
        edited["findings"].as_array().expect("findings").iter().map(|f| (text(&f["pointer"]), text(&f["words"]), f["doubtful"] == true)).collect();
    assert_eq!(found, [("/advice", "小梅", true), ("/advice", "１３９ １１１１ ２２２２", false), ("/keywords/0", CALLER, false)]);
    let at = |refused: &crate::support::Reply| -> Vec<String> {
        refused.body["errors"].as_array().expect("errors").iter().map(|e| text(&e["pointer"]).to_owned()).collect()
    };
    // A given name alone may be a word, for the reviewer to judge; a whole name and a telephone may not, and are not handed in.
    let refused = clerk.post(&format!("{path}/submit"), json!({})).await.expect(422);
    assert_eq!(at(&refused), ["/content/advice", "/content/keywords/0"]);
    assert!(refused.text.contains(CALLER));
    named["advice"] = json!("参照小梅的办法办理");
    named["keywords"] = draft["content"]["keywords"].clone();
    clerk.put_with(&path, &[("if-match", "\"2\"")], json!({ "content": named })).await.ok();
    clerk.post(&format!("{path}/submit"), json!({})).await.ok();
    assert_eq!(at(&reform.post(&format!("{path}/publish"), json!({})).await.expect(422)), ["/content/advice"]);
    reform.post(&format!("{path}/send-back"), json!({ "reason": "仍有个人信息" })).await.ok();
    // What was left to be written is written before it is handed in.
    clerk.put_with(&path, &[("if-match", "\"5\"")], json!({ "content": draft["content"] })).await.ok();
    assert_eq!(at(&clerk.post(&format!("{path}/submit"), json!({})).await.expect(422)), ["/content/handling", "/content/advice"]);
    named["advice"] = json!("遇同类情况按容缺受理办理");
    clerk.put_with(&path, &[("if-match", "\"6\"")], json!({ "content": named })).await.ok();
    clerk.post(&format!("{path}/submit"), json!({})).await.ok();
    reform.post(&format!("{path}/publish"), json!({})).await.ok();
    // Nowhere that anybody reads is anybody named.
    let stranger = app.stranger();
    for place in [path.as_str(), "/precedents", "/precedents?q=不动产登记", "/precedents?category=historical_issue"] {
        let told = stranger.get(place).await.expect(200);
        assert!(told.text.contains("不动产登记"), "{place}: {}", told.text);
        without_people(&told.text);
    }
    for words in [CALLER, RELATIVE, PHONE, "小梅"] {
        assert_eq!(stranger.get(&format!("/precedents?q={words}")).await.ok()["items"], json!([]));
    }
    without_people(&reform.get(&format!("{path}/timeline")).await.expect(200).text);
    for table in [
        "SELECT count(*) AS value FROM events WHERE params LIKE '%小梅%' OR params LIKE '%周大勇%' OR params LIKE '%1391111%'",
        "SELECT count(*) AS value FROM search_docs WHERE kind = 'precedent' AND (body LIKE '%小梅%' OR body LIKE '%周大勇%' OR body LIKE '%1391111%')",
        "SELECT count(*) AS value FROM precedents WHERE published LIKE '%小梅%' OR draft LIKE '%小梅%'",
        "SELECT count(*) AS value FROM precedent_versions WHERE content LIKE '%小梅%' OR content LIKE '%周大勇%'",
    ] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
}

async fn a_case_is_written_reviewed_and_withdrawn(app: TestApp) {
    let (clerk, reform, manager) = (app.as_user("rd_clerk"), app.as_user("city_reform"), app.as_user("rd_manager"));
    let new = json!({ "content": content() });
    for (who, status) in [("ent_rudong", 403), ("rd_agent", 403), ("city_inspector", 403), ("sys_admin", 403)] {
        app.as_user(who).post("/precedents", new.clone()).await.expect(status);
    }
    app.stranger().post("/precedents", new.clone()).await.expect(401);
    let mut wrong = new.clone();
    wrong["content"]["items"] = json!(["没有", "GS-320623-0001", "GS-320623-0001"]);
    let refused = clerk.post("/precedents", wrong).await.expect(422);
    let at: Vec<&str> = refused.body["errors"].as_array().expect("errors").iter().map(|e| text(&e["pointer"])).collect();
    assert_eq!(at, ["/content/items/0", "/content/items/2"]);
    clerk.post("/precedents?dry_run=true", new.clone()).await.expect(200);
    let key = [("idempotency-key", "precedent-1")];
    let draft = clerk.post_with("/precedents", &key, new.clone()).await.expect(201);
    assert_eq!(clerk.post_with("/precedents", &key, new.clone()).await.header("idempotency-replayed"), "true");
    let draft = draft.body;
    assert_eq!((&draft["allowed_actions"], draft["version"].as_i64()), (&json!(["edit", "submit"]), Some(1)));
    let path = format!("/precedents/{}", text(&draft["number"]));
    // A draft is nobody else's.
    app.stranger().get(&path).await.expect(404);
    app.as_user("cc_clerk").get(&format!("{path}/draft")).await.expect(404);
    assert_eq!(clerk.put_with(&path, &[], new.clone()).await.problem(428), "precondition_required");
    assert_eq!(clerk.put_with(&path, &[("if-match", "\"9\"")], new.clone()).await.problem(412), "stale_version");
    let not_yet = reform.post(&format!("{path}/publish"), json!({})).await.expect(409);
    assert_eq!(not_yet.body["allowed_actions"], json!(["edit", "submit"]));
    clerk.post(&format!("{path}/submit"), json!({})).await.ok();
    assert_eq!(clerk.post(&format!("{path}/publish"), json!({})).await.problem(403), "forbidden");
    assert_eq!(manager.post(&format!("{path}/publish"), json!({})).await.problem(403), "forbidden");
    let back = reform.post(&format!("{path}/send-back"), json!({ "reason": "请写明时限" })).await.ok();
    assert_eq!((&back["state"], &back["sent_back_for"]), (&json!("sent_back"), &json!("请写明时限")));
    clerk.post(&format!("{path}/submit"), json!({})).await.ok();
    let first = reform.post(&format!("{path}/publish"), json!({})).await.ok();
    assert_eq!((&first["state"], &first["published_version"], &first["public"]), (&json!("published"), &json!(1), &json!(true)));
    // The next version: what everybody reads stays until it is published.
    let mut next = content();
    next["advice"] = json!("由住房和城乡建设局牵头，五个工作日内并联征求意见。");
    let etag = format!("\"{}\"", first["version"]);
    let edited = manager.put_with(&path, &[("if-match", &etag)], json!({ "content": next })).await.ok();
    assert_eq!((&edited["state"], &edited["public"]), (&json!("draft"), &json!(true)));
    assert_eq!(app.stranger().get(&path).await.ok()["advice"], content()["advice"]);
    clerk.post(&format!("{path}/submit"), json!({})).await.ok();
    let second = reform.post(&format!("{path}/publish"), json!({})).await.ok();
    assert_eq!((&second["published_version"], second["versions"].as_array().map(Vec::len)), (&json!(2), Some(2)));
    assert_eq!(app.stranger().get(&path).await.ok()["published_version"], 2);
    // Who wrote it does not judge it.
    let own = reform.post("/precedents", json!({ "center": "320600000000", "content": content() })).await.created();
    let own = format!("/precedents/{}", text(&own["id"]));
    let submitted = reform.post(&format!("{own}/submit"), json!({})).await.ok();
    assert_eq!(submitted["allowed_actions"], json!([]));
    assert_eq!(reform.post(&format!("{own}/publish"), json!({})).await.problem(409), "state_conflict");
    // Withdrawn, it is gone for everybody but its writers; and may come again.
    assert_eq!(clerk.post(&format!("{path}/withdraw"), json!({ "reason": "政策调整" })).await.problem(403), "forbidden");
    let gone = reform.post(&format!("{path}/withdraw"), json!({ "reason": "政策调整" })).await.ok();
    assert_eq!((&gone["state"], &gone["withdrawn_for"]), (&json!("withdrawn"), &json!("政策调整")));
    app.stranger().get(&path).await.expect(404);
    assert_eq!(app.stranger().get("/precedents?q=加装电梯").await.ok()["items"], json!([]));
    assert_eq!(app.stranger().get("/precedents?item_id=019b76da-a800-7000-8000-000000000000").await.ok()["items"], json!([]));
    assert_eq!(reform.post(&format!("{path}/withdraw"), json!({ "reason": "政策调整" })).await.problem(409), "state_conflict");
    let kinds: Vec<String> = clerk.get(&format!("{path}/timeline")).await.ok()["items"]
        .as_array()
        .expect("events")
        .iter()
        .map(|e| text(&e["kind"]).trim_start_matches("precedent.").to_owned())
        .collect();
    assert_eq!(kinds, ["drafted", "submitted", "sent_back", "submitted", "published", "edited", "submitted", "published", "withdrawn"]);
    let listed = clerk.get("/precedents/drafts?state=withdrawn&fields=number,state").await.ok();
    assert_eq!(listed["items"], json!([{ "number": draft["number"], "state": "withdrawn" }]));
    assert_eq!(app.as_user("ent_rudong").get("/precedents/drafts").await.problem(403), "forbidden");
}

async fn personal_data_is_refused_on_every_path(app: TestApp) {
    let (clerk, reform) = (app.as_user("rd_clerk"), app.as_user("city_reform"));
    let mut plain = content();
    plain["items"] = json!([]);
    let draft = clerk.post("/precedents", json!({ "content": plain.clone() })).await.created();
    let path = format!("/precedents/{}", text(&draft["id"]));
    let mut version = 1;
    for (field, words) in [
        ("/title", "关于王小明女士的案例"),
        ("/problem", "申请人赵敏反映，手机号 138 1234 5678"),
        ("/cause", "法定代表人：于洋"),
        ("/handling", "统一社会信用代码91320600MATE5T017G"),
        ("/result", "户主住人民路12号2幢301室"),
        ("/advice", "可加微信：abc12345"),
        ("/basis/0", "身份证320601199001010011"),
        ("/keywords/0", "13812345678"),
        ("/departments/0", "南通某某建材有限公司"),
    ] {
        let mut named = plain.clone();
        *named.pointer_mut(field).expect("field") = json!(words);
        let tag = format!("\"{version}\"");
        clerk.put_with(&path, &[("if-match", &tag)], json!({ "content": named })).await.ok();
        // What is certain is not even handed in; what is doubtful is for the reviewer to refuse.
        let submitted = clerk.post(&format!("{path}/submit"), json!({})).await;
        let (refused, more) = if submitted.status == 200 {
            let refused = reform.post(&format!("{path}/publish"), json!({})).await;
            reform.post(&format!("{path}/publish?dry_run=true"), json!({})).await.expect(422);
            reform.post(&format!("{path}/send-back"), json!({ "reason": "请删去个人信息" })).await.ok();
            (refused, 3)
        } else {
            (submitted, 1)
        };
        let refused = refused.expect(422);
        assert_eq!(refused.body["errors"][0]["code"], "personal_data");
        assert_eq!(refused.body["errors"][0]["pointer"], format!("/content{field}"), "{}", refused.text);
        version += more;
    }
    app.stranger().get(&path).await.expect(404);
    // What is none is said to be none, with the reason; what a check digit tells cannot be.
    let mut road = plain.clone();
    road["problem"] = json!("王府路沿线店铺，由市民陈述登记在高新名下，地址和平路88号；电话0513-84512345。");
    let tag = format!("\"{version}\"");
    let edited = clerk.put_with(&path, &[("if-match", &tag)], json!({ "content": road })).await.ok();
    let findings = edited["findings"].as_array().expect("findings").clone();
    assert!(findings.iter().all(|f| f["doubtful"] == true), "{findings:?}");
    let words: Vec<&str> = findings.iter().map(|f| text(&f["words"])).collect();
    assert!(words.contains(&"88号") && words.contains(&"0513-84512345"), "{words:?}");
    clerk.post(&format!("{path}/submit"), json!({})).await.ok();
    let refused = reform.post(&format!("{path}/publish"), json!({ "not_personal": [{ "words": "88号", "reason": "办公地址" }] })).await.expect(422);
    assert_eq!(refused.body["errors"].as_array().map(Vec::len), Some(words.len() - 1));
    let marks: Vec<Value> = words.iter().map(|w| json!({ "words": w, "reason": "单位公开信息" })).collect();
    let done = reform.post(&format!("{path}/publish"), json!({ "not_personal": marks })).await.ok();
    assert_eq!(done["versions"][0]["not_personal"][0]["reason"], "单位公开信息");
    let told = app.stranger().get(&path).await.expect(200);
    assert!(!told.text.contains("not_personal") && !told.text.contains("单位公开信息"));
}

async fn everybody_reads_and_finds_what_is_published(app: TestApp) {
    let path = published(&app, content()).await;
    let mut second = content();
    second["title"] = json!("无人机起降点备案无对应办理渠道");
    second["category"] = json!("emerging_field");
    second["keywords"] = json!(["无人机"]);
    second["items"] = json!([]);
    second["departments"] = json!(["如东县发展和改革委员会"]);
    published(&app, second).await;
    let stranger = app.stranger();
    let one = stranger.get(&path).await.expect(200);
    assert_eq!(one.header("cache-control"), "public, max-age=60");
    let known = stranger.request(actix_web::http::Method::GET, &path).insert_header(("if-none-match", one.header("etag")));
    assert_eq!(app.send(known).await.status, 304);
    assert_eq!((&one.body["citations"], &one.body["category_label"]), (&json!(0), &json!("改革创新、机构调整致无牵头单位")));
    let item = text(&one.body["item_ids"][0]).to_owned();
    for (query, titles) in [
        ("", vec!["无人机起降点备案无对应办理渠道", "商住楼加装电梯无牵头部门"]),
        ("?sort=created_at", vec!["商住楼加装电梯无牵头部门", "无人机起降点备案无对应办理渠道"]),
        ("?q=商住楼", vec!["商住楼加装电梯无牵头部门"]),
        ("?q=无人机 备案", vec!["无人机起降点备案无对应办理渠道"]),
        ("?category=emerging_field", vec!["无人机起降点备案无对应办理渠道"]),
        ("?department=如东县住房和城乡建设局", vec!["商住楼加装电梯无牵头部门"]),
        (&format!("?item_id={item}"), vec!["商住楼加装电梯无牵头部门"]),
        ("?tier=general", vec![]),
        ("?division_code=320623000000&tier=difficult&category=no_lead_unit", vec!["商住楼加装电梯无牵头部门"]),
    ] {
        let page = stranger.get(&format!("/precedents{query}")).await.ok();
        let found: Vec<&str> = page["items"].as_array().expect("items").iter().map(|p| text(&p["title"])).collect();
        assert_eq!(found, titles, "{query}");
    }
    let page = stranger.get("/precedents?limit=1").await.ok();
    let rest = stranger.get(&format!("/precedents?limit=1&cursor={}", text(&page["next_cursor"]))).await.ok();
    assert_eq!((text(&rest["items"][0]["title"]), &rest["has_more"]), ("商住楼加装电梯无牵头部门", &json!(false)));
    for bad in ["?category=nothing", "?q=a", "?state=draft", "?item_id=1"] {
        stranger.get(&format!("/precedents{bad}")).await.expect(400);
    }
    stranger.get("/precedents/AL-320623-20260101-000000-000").await.expect(404);
}

async fn tickets_cite_and_find_cases(app: TestApp) {
    let path = published(&app, content()).await;
    let number = app.stranger().get(&path).await.ok()["number"].clone();
    let clerk = app.as_user("rd_clerk");
    let body = json!({ "channel": "window", "contact": contact(), "content": { "title": "商住楼想加装电梯", "situation": "规划、住建窗口均答复不属于本部门受理",
        "request": "请明确牵头部门", "category": "no_lead_unit" } });
    let ticket = clerk.post("/fallback-tickets", body).await.created();
    let on = format!("/fallback-tickets/{}", text(&ticket["id"]));
    let fitting = clerk.get(&format!("{on}/precedents")).await.ok();
    assert_eq!(fitting["items"][0]["precedent"]["number"], number);
    assert_eq!(fitting["items"][0]["reasons"], json!(["同类问题", "关键词：加装电梯", "用语相近"]));
    app.as_user("cc_clerk").get(&format!("{on}/precedents")).await.expect(404);
    let cite = json!({ "precedent": number, "helped": "参照由住建部门牵头" });
    app.as_user("cc_clerk").post(&format!("{on}/citations"), cite.clone()).await.expect(404);
    assert_eq!(app.as_user("city_inspector").post(&format!("{on}/citations"), cite.clone()).await.problem(403), "forbidden");
    let unknown = clerk.post(&format!("{on}/citations"), json!({ "precedent": "AL-1", "helped": "参照" })).await.expect(422);
    assert_eq!(unknown.body["errors"][0]["pointer"], "/precedent");
    clerk.post(&format!("{on}/citations"), cite.clone()).await.ok();
    assert_eq!(clerk.post(&format!("{on}/citations"), cite).await.problem(409), "conflict");
    assert_eq!(app.stranger().get(&path).await.ok()["citations"], 1);
    assert_eq!(clerk.get(&format!("{on}/citations")).await.ok()["items"][0]["helped"], "参照由住建部门牵头");
    let citing = clerk.get(&format!("{path}/citations")).await.ok();
    assert_eq!((&citing["items"][0]["ticket"], &citing["items"][0]["helped"]), (&ticket["number"], &json!("参照由住建部门牵头")));
    // Who does not see the ticket counts it, and no more.
    assert_eq!(app.as_user("cc_clerk").get(&format!("{path}/citations")).await.ok()["items"], json!([]));
    let masked = app.as_user("city_inspector").get(&format!("{path}/citations")).await.ok();
    assert_eq!((masked["items"].as_array().map(Vec::len), masked["items"][0].get("helped")), (Some(1), None));
    assert_eq!(app.as_user("ent_rudong").get(&format!("{path}/citations")).await.problem(403), "forbidden");
}

async fn a_case_goes_on_to_the_catalogue(app: TestApp) {
    let path = published(&app, content()).await;
    let (clerk, reform, admin) = (app.as_user("rd_clerk"), app.as_user("city_reform"), app.as_user("sys_admin"));
    let change = json!({ "item": "GS-320623-0001", "proposal": "在办事指南中增加说明" });
    assert_eq!(clerk.post(&format!("{path}/promote"), change.clone()).await.problem(403), "forbidden");
    let promoted = reform.post(&format!("{path}/promote"), change.clone()).await.ok();
    assert_eq!((&promoted["promotions"][0]["state"], &promoted["promotions"][0]["item"]), (&json!("proposed"), &json!("GS-320623-0001")));
    // The item leads back; its draft waits for another to publish it.
    let draft = admin.get("/service-items/GS-320623-0001/draft").await.ok();
    assert_eq!((&draft["review"]["precedent"], &draft["review"]["state"]), (&promoted["number"], &json!("submitted")));
    let faq = draft["draft"]["faq"].as_array().and_then(|f| f.last()).expect("faq").clone();
    assert!(text(&faq["question"]).contains("加装电梯") && text(&faq["answer"]).contains(text(&promoted["number"])));
    assert_eq!(reform.post(&format!("{path}/promote"), change.clone()).await.problem(409), "state_conflict");
    assert_eq!(reform.post("/service-items/GS-320623-0001/publish", json!({})).await.problem(409), "state_conflict");
    admin.post("/service-items/GS-320623-0001/publish", json!({})).await.ok();
    let told = reform.get(&format!("{path}/draft")).await.ok();
    assert_eq!(told["promotions"][0]["state"], "adopted");
    assert_eq!(reform.post(&format!("{path}/promote"), change).await.problem(409), "state_conflict");
    assert_eq!(reform.post(&format!("{path}/promote"), json!({ "item": "没有", "proposal": "修改" })).await.expect(422).body["errors"][0]["pointer"], "/item");
    // A new item is a proposal of its own.
    let proposed = reform.post(&format!("{path}/promote"), json!({ "proposal": "增设事项" })).await.ok();
    let proposal = format!("/precedent-promotions/{}", text(&proposed["promotions"][0]["id"]));
    assert_eq!(clerk.get("/precedent-promotions").await.problem(403), "forbidden");
    let open = admin.get("/precedent-promotions?state=proposed").await.ok();
    assert_eq!((open["items"].as_array().map(Vec::len), &open["items"][0]["proposal"]), (Some(1), &json!("增设事项")));
    assert_eq!(clerk.post(&format!("{proposal}/settle"), json!({ "reason": "已编列" })).await.problem(403), "forbidden");
    let settled = admin.post(&format!("{proposal}/settle"), json!({ "item": "GS-320623-0002", "reason": "已编列" })).await;
    let settled = if settled.status == 422 {
        admin.post(&format!("{proposal}/settle"), json!({ "item": "GS-320623-0001", "reason": "已编列" })).await
    } else {
        settled
    };
    assert_eq!(settled.ok()["state"], "adopted");
    assert_eq!(admin.post(&format!("{proposal}/settle"), json!({ "reason": "不再增设" })).await.problem(409), "state_conflict");
    // What is withdrawn is proposed no more.
    reform.post(&format!("{path}/withdraw"), json!({ "reason": "政策调整" })).await.ok();
    assert_eq!(reform.post(&format!("{path}/promote"), json!({ "proposal": "增设事项" })).await.problem(409), "state_conflict");
}
