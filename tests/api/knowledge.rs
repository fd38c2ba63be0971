//! The knowledge base: written and reviewed by two, published in versions, found while typing, inherited down the tree, cited by
//! answers, and kept right by what its users say.

use serde_json::{Value, json};

use crate::{
    evaluations::client,
    support::{Caller, TestApp, on_both_engines, text, user_id},
};

on_both_engines!(
    written_by_one_and_published_by_another,
    found_while_typing_and_ranked,
    seen_where_it_holds_by_whom_it_is_for,
    cited_by_an_answer_and_drawn_from_a_question,
    drawn_from_guides_and_precedents,
    said_to_be_wrong_and_answered,
    it_ends_and_its_owner_is_told_before,
    nobody_personal_is_published
);

const AT: &str = "/knowledge-articles";

fn content(title: &str, body: &str) -> Value {
    json!({ "title": title, "summary": "一句话的答案", "body": body, "visibility": "public" })
}

async fn draft(caller: &Caller<'_>, content: Value) -> String {
    let made = caller.post(AT, json!({ "kind": "faq", "content": content })).await.created();
    assert_eq!((&made["state"], &made["live"]), (&json!("draft"), &json!(false)), "{made}");
    format!("{AT}/{}", text(&made["number"]))
}

/// Written by 如东's counter, published by its leader.
async fn live(app: &TestApp, content: Value) -> String {
    let path = draft(&app.as_user("rd_clerk"), content).await;
    publish(app, &path).await;
    path
}

async fn publish(app: &TestApp, path: &str) {
    app.as_user("rd_clerk").post(&format!("{path}/submit"), json!({})).await.ok();
    app.as_user("rd_manager").post(&format!("{path}/publish"), json!({})).await.ok();
}

fn titles(found: &Value) -> Vec<String> {
    let whole = |parts: &Value| parts.as_array().into_iter().flatten().map(|p| text(&p["text"]).to_owned()).collect::<String>();
    found["items"].as_array().into_iter().flatten().map(|i| whole(&i["title"])).collect()
}

async fn written_by_one_and_published_by_another(app: TestApp) {
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let mut first = content("供水报装材料", "一、申请表\n二、营业执照\n三、用地证明");
    first["items"] = json!(["GS-320623-0001"]);
    let path = draft(&clerk, first.clone()).await;
    // Not the author, not before it is submitted, not another center.
    manager.post(&format!("{path}/publish"), json!({})).await.expect(409);
    let early = clerk.get(&format!("{path}/differences?from=1")).await.expect(404);
    assert!(text(&early.body["detail"]).contains("尚未发布"), "{}", early.body);
    clerk.post(&format!("{path}/submit"), json!({})).await.ok();
    clerk.post(&format!("{path}/publish"), json!({})).await.expect(403);
    app.as_user("cc_clerk").get(&path).await.expect(404);
    app.as_user("rd_agent").get(&path).await.ok();
    let waiting = manager.get("/me/worklist?kind=knowledge_article&bucket=incoming").await.ok();
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1), "{waiting}");
    assert_eq!(clerk.get("/me/worklist?kind=knowledge_article").await.ok()["items"].as_array().map(Vec::len), Some(0));
    manager.post(&format!("{path}/send-back"), json!({ "reason": "请补充依据" })).await.ok();
    assert_eq!(clerk.get(&path).await.ok()["sent_back_for"], "请补充依据");
    let one = clerk.get(&path).await;
    let etag = one.header("etag").to_owned();
    first["sources"] = json!([{ "kind": "document", "name": "规则", "number": "1 号" }]);
    clerk.put_with(&path, &[("if-match", &etag)], json!({ "content": first })).await.expect(200);
    clerk.put_with(&path, &[("if-match", &etag)], json!({ "content": first })).await.expect(412);
    publish(&app, &path).await;
    let shown = app.as_user("cc_clerk").get(&path).await.ok();
    assert_eq!((&shown["article_version"], shown.get("draft"), &shown["allowed_actions"]), (&json!(1), None, &json!([])), "{shown}");
    let changes = clerk.get(&format!("{path}/differences?from=1&to=1")).await.expect(200).body;
    assert!(changes.is_object(), "{changes}");
    assert_eq!(clerk.get(&format!("{path}/differences?from=one")).await.expect(400).body["errors"][0]["parameter"], "from");
    let of_item = app.stranger().get("/service-items/GS-320623-0001/knowledge").await;
    assert!(of_item.header("cache-control").contains("max-age=60"), "{:?}", of_item.headers);
    assert_eq!(of_item.ok()["items"][0]["title"], "供水报装材料");
    // The next version: what is published stays until it is.
    let mut second = first.clone();
    second["body"] = json!("一、申请表\n二、营业执照");
    let etag = manager.get(&path).await.header("etag").to_owned();
    manager.put_with(&path, &[("if-match", &etag)], json!({ "content": second })).await.expect(200);
    assert_eq!(app.as_user("cc_clerk").get(&path).await.ok()["content"]["body"], first["body"]);
    let differs = clerk.get(&format!("{path}/differences")).await.ok();
    assert_eq!((&differs["from"], &differs["changes"][0]["removed"]), (&json!(1), &json!(["三、用地证明"])), "{differs}");
    manager.post(&format!("{path}/submit"), json!({})).await.ok();
    // Who wrote this version does not publish it; the reform office does.
    manager.post(&format!("{path}/publish"), json!({})).await.expect(409);
    app.as_user("city_reform").post(&format!("{path}/publish"), json!({})).await.ok();
    // Without a draft the published version is what others are compared with.
    let differs = clerk.get(&format!("{path}/differences?from=1")).await.ok();
    assert_eq!((&differs["from"], &differs["to"], &differs["changes"][0]["removed"]), (&json!(1), &json!(2), &json!(["三、用地证明"])), "{differs}");
    for (asked, name) in [("from=0", "from"), ("from=-1", "from"), ("from=1&to=0", "to")] {
        let refused = clerk.get(&format!("{path}/differences?{asked}")).await.expect(400);
        assert_eq!((&refused.body["errors"][0]["parameter"], &refused.body["errors"][0]["code"]), (&json!(name), &json!("out_of_range")));
    }
    assert!(text(&clerk.get(&format!("{path}/differences?from=9")).await.expect(404).body["detail"]).contains("没有第 9 版"));
    let versions = clerk.get(&format!("{path}/versions")).await.ok();
    assert_eq!((&versions["items"][0]["number"], &versions["items"][1]["content"]["body"]), (&json!(2), &first["body"]), "{versions}");
    assert_eq!(versions["items"][0]["authors"], json!([user_id("rd_manager")]));
    app.as_user("cc_clerk").get(&format!("{path}/versions")).await.expect(404);
    let story = clerk.get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(story.contains("发布第2版") && story.contains("审核退回"), "{story}");
    manager.post(&format!("{path}/withdraw"), json!({ "reason": "规定废止" })).await.ok();
    app.as_user("cc_clerk").get(&path).await.expect(404);
    app.stranger().get(&format!("/public-knowledge/{}", path.rsplit('/').next().unwrap_or_default())).await.expect(404);
    assert!(titles(&clerk.get("/knowledge/suggest?q=供水").await.ok()).is_empty());
    assert!(titles(&clerk.get("/knowledge/search?q=供水").await.ok()).is_empty());
}

async fn found_while_typing_and_ranked(app: TestApp) {
    let mut far = content("企业开办一窗通办", "开办后可以办理供水报装。");
    far["keywords"] = json!(["开公司"]);
    live(&app, far).await;
    let mut near = content("供水报装需要哪些材料", "申请表。");
    near["keywords"] = json!(["接水", "GSBZ"]);
    near["question"] = json!("新建厂房接自来水要准备什么");
    let path = live(&app, near).await;
    live(&app, content("报装之后如何供水", "通水流程。")).await;
    let clerk = app.as_user("rd_clerk");
    let typed = |q: &'static str| {
        let clerk = app.as_user("rd_clerk");
        async move { titles(&clerk.get(&format!("/knowledge/suggest?q={q}")).await.ok()) }
    };
    assert_eq!(typed("供").await, ["供水报装需要哪些材料", "报装之后如何供水"], "a single character begins a word");
    assert_eq!(typed("供水报").await, ["供水报装需要哪些材料"]);
    assert_eq!(typed("报装").await.len(), 2);
    assert_eq!(typed("接水").await, ["供水报装需要哪些材料"]);
    assert_eq!(typed("gsb").await, ["供水报装需要哪些材料"]);
    assert_eq!(typed("厂房 接自来").await, ["供水报装需要哪些材料"]);
    assert!(typed("水务局").await.is_empty() && typed("！？").await.is_empty());
    clerk.get("/knowledge/suggest?q=").await.expect(400);
    clerk.get("/knowledge/suggest?q=供水&center=999999999999").await.expect(400);
    let row = clerk.get("/knowledge/suggest?q=供水报").await.ok()["items"][0].clone();
    assert_eq!((&row["title"][0], &row["summary"]), (&json!({ "text": "供水报", "hit": true }), &json!("一句话的答案")), "{row}");
    // Full text: what stands in the title comes first, what stands in the text is found too.
    let found = clerk.get("/knowledge/search?q=供水报装").await.ok();
    assert_eq!(titles(&found), ["供水报装需要哪些材料", "企业开办一窗通办"], "{found}");
    let excerpt = found["items"][1]["excerpt"].as_array().cloned().unwrap_or_default();
    assert!(excerpt.iter().any(|p| p["hit"] == true && p["text"] == "供水报装"), "{excerpt:?}");
    assert_eq!(titles(&clerk.get("/knowledge/search?q=供水报装&kind=policy").await.ok()).len(), 0);
    // What helped before comes before.
    live(&app, content("供水报装多久办好", "五天。")).await;
    assert_eq!(typed("供水报装").await[0], "供水报装多久办好", "of equals the newer first");
    for _ in 0..3 {
        clerk.post(&format!("{path}/uses"), json!({})).await.ok();
    }
    app.as_user("rd_agent").post(&format!("{path}/feedback"), json!({ "kind": "useful" })).await.ok();
    assert_eq!(typed("供水报装").await[0], "供水报装需要哪些材料");
    // Words are no patterns and no commands.
    for q in ["%25", "_", "'", "\"", "a%20OR%20b", "*", "供水%27)%20OR%201=1%20--"] {
        clerk.get(&format!("/knowledge/suggest?q={q}")).await.expect(200);
        clerk.get(&format!("/knowledge/search?q={q}")).await.expect(200);
    }
}

async fn seen_where_it_holds_by_whom_it_is_for(app: TestApp) {
    let with = |title: &str, visibility: &str| {
        let mut body = content(title, "内容。");
        body["visibility"] = json!(visibility);
        body
    };
    live(&app, with("如东公开口径", "public")).await;
    live(&app, with("如东热线口径", "hotline")).await;
    let inner = live(&app, with("如东内部口径", "staff")).await;
    let city = app.as_user("city_clerk");
    let made = city.post(AT, json!({ "kind": "policy", "content": with("全市内部口径", "staff") })).await.created();
    let path = format!("{AT}/{}", text(&made["id"]));
    city.post(&format!("{path}/submit"), json!({})).await.ok();
    app.as_user("city_manager").post(&format!("{path}/publish"), json!({})).await.ok();
    let sees = |caller: Caller<'_>| {
        let app = &app;
        let token = caller.token;
        async move {
            let caller = Caller { app, token };
            let mut all = titles(&caller.get("/knowledge/suggest?q=口径").await.ok());
            all.sort();
            all
        }
    };
    assert_eq!(sees(app.as_user("rd_agent")).await, ["全市内部口径", "如东公开口径", "如东内部口径", "如东热线口径"], "its own, and what it inherits");
    assert_eq!(sees(app.as_user("cc_clerk")).await, ["全市内部口径"], "not a sister's");
    assert_eq!(sees(app.as_user("city_clerk")).await.len(), 4, "all below");
    assert_eq!(sees(app.as_user("ent_rudong")).await, ["如东公开口径"]);
    assert_eq!(sees(client(&app, "hotline-k", "hotline").await).await, ["如东公开口径", "如东热线口径"]);
    assert_eq!(sees(client(&app, "portal-k", "portal").await).await, ["如东公开口径"]);
    let public = app.stranger().get("/public-knowledge-suggestions?q=口径").await;
    assert!(public.header("cache-control").contains("public"), "{:?}", public.headers);
    assert_eq!(titles(&public.ok()), ["如东公开口径"]);
    assert_eq!(titles(&app.stranger().get("/public-knowledge-search?q=口径&center=320613000000").await.ok()).len(), 0);
    assert_eq!(app.stranger().get("/public-knowledge").await.ok()["items"].as_array().map(Vec::len), Some(1));
    app.stranger().get("/knowledge/suggest?q=口径").await.expect(401);
    app.as_user("ent_rudong").get(&inner).await.expect(404);
    app.stranger().get(&format!("/public-knowledge/{}", inner.rsplit('/').next().unwrap_or_default())).await.expect(404);
    app.as_user("sys_admin").get("/knowledge/suggest?q=口径").await.expect(403);
}

async fn cited_by_an_answer_and_drawn_from_a_question(app: TestApp) {
    let path = live(&app, content("供水报装材料", "申请表。")).await;
    let number = path.rsplit('/').next().unwrap_or_default().to_owned();
    let clerk = app.as_user("rd_clerk");
    let question = json!({ "channel": "phone", "subject": "接水材料", "question": "联系人甲问：接水要什么材料？电话 13900001234", "items": ["GS-320623-0001"],
        "contact": { "name": "联系人甲", "phone": "13900001234" } });
    let asked = clerk.post("/consultations", question.clone()).await.created();
    let at = format!("/consultations/{}", text(&asked["id"]));
    let hidden = draft(&clerk, content("草稿", "未发布。")).await;
    let unknown = clerk.post(&format!("{at}/answer"), json!({ "answer": "见条目。", "articles": [hidden.rsplit('/').next()] })).await.expect(422);
    assert_eq!(unknown.body["errors"][0]["pointer"], "/articles/0");
    let done = clerk.post(&format!("{at}/answer"), json!({ "answer": "申请表即可。", "articles": [number], "close": true })).await.ok();
    assert_eq!((&done["answer"]["articles"][0]["number"], &done["answer"]["articles"][0]["version"]), (&json!(number), &json!(1)), "{done}");
    assert_eq!(clerk.get(&path).await.ok()["uses"], 1);
    assert_eq!(clerk.get(&format!("{path}/citations")).await.ok()["items"][0]["number"], asked["number"]);
    // What was hard to answer becomes a draft, without who asked.
    let open = clerk.post("/consultations", question.clone()).await.created();
    let from = format!("/consultations/{}/knowledge-draft", text(&open["number"]));
    app.as_user("cc_clerk").post(&from, json!({})).await.expect(404);
    let mut secret = question.clone();
    secret["confidential"] = json!(true);
    let secret = clerk.post("/consultations", secret).await.created();
    let refused = clerk.post(&format!("/consultations/{}/knowledge-draft", text(&secret["id"])), json!({})).await.expect(403);
    assert!(text(&refused.body["detail"]).contains("保密"), "{}", refused.body);
    let drawn = clerk.post(&from, json!({})).await.ok();
    let words = drawn["draft"].to_string();
    assert!(!words.contains("联系人甲") && !words.contains("13900001234") && words.contains("待补充"), "{words}");
    assert_eq!(drawn["consultation_id"], open["id"]);
    clerk.post(&from, json!({})).await.expect(409);
    assert!(clerk.get(&format!("/consultations/{}/timeline", text(&open["id"]))).await.ok().to_string().contains("起草了知识条目"));
}

async fn drawn_from_guides_and_precedents(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let made = clerk.post("/service-items/11320623MB010010124000131001001/knowledge-drafts", json!({})).await.ok();
    let drafts = made["items"].as_array().cloned().unwrap_or_default();
    assert!(drafts.len() >= 2 && drafts.iter().all(|d| d["draft"]["sources"][0]["kind"] == "guide"), "{made}");
    let again = clerk.post("/service-items/11320623MB010010124000131001001/knowledge-drafts", json!({})).await.ok();
    assert_eq!((again["items"].as_array().map(Vec::len), &again["known"]), (Some(0), &json!(drafts.len())));
    let case = json!({ "content": { "title": "加装电梯无牵头部门", "category": "no_lead_unit", "problem": "各窗口均不受理", "handling": "召开部门协调会",
        "result": "已办结", "advice": "由住建部门牵头", "basis": ["规则"], "keywords": ["电梯"] } });
    let case = clerk.post("/precedents", case).await.created();
    let at = format!("/precedents/{}", text(&case["number"]));
    clerk.post(&format!("{at}/knowledge-draft"), json!({})).await.expect(404);
    clerk.post(&format!("{at}/submit"), json!({})).await.ok();
    app.as_user("city_reform").post(&format!("{at}/publish"), json!({})).await.ok();
    let drawn = clerk.post(&format!("{at}/knowledge-draft"), json!({})).await.ok();
    assert_eq!((&drawn["kind"], &drawn["precedent_id"], &drawn["draft"]["summary"]), (&json!("precedent"), &case["id"], &json!("由住建部门牵头")), "{drawn}");
    clerk.post(&format!("{at}/knowledge-draft"), json!({})).await.expect(409);
    assert_eq!(app.stranger().get(&format!("{at}/knowledge")).await.ok()["items"].as_array().map(Vec::len), Some(0));
    publish(&app, &format!("{AT}/{}", text(&drawn["number"]))).await;
    assert_eq!(app.stranger().get(&format!("{at}/knowledge")).await.ok()["items"][0]["number"], drawn["number"]);
    app.as_user("ent_rudong").post(&format!("{at}/knowledge-draft"), json!({})).await.expect(403);
}

async fn said_to_be_wrong_and_answered(app: TestApp) {
    let path = live(&app, content("供水报装材料", "申请表。")).await;
    let (agent, clerk) = (app.as_user("rd_agent"), app.as_user("rd_clerk"));
    agent.post(&format!("{path}/feedback"), json!({ "kind": "wrong" })).await.expect(422);
    let said = agent.post(&format!("{path}/feedback"), json!({ "kind": "outdated", "words": "不再需要申请表原件" })).await.ok();
    agent.post(&format!("{path}/feedback"), json!({ "kind": "outdated", "words": "再说一次" })).await.expect(409);
    let applicant = app.as_user("ent_rudong");
    applicant.post(&format!("{path}/feedback"), json!({ "kind": "not_useful" })).await.ok();
    // Each reads their own, who keeps it reads all; it waits for its owner.
    assert_eq!(applicant.get(&format!("{path}/feedback")).await.ok()["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(clerk.get(&format!("{path}/feedback")).await.ok()["items"].as_array().map(Vec::len), Some(2));
    let waiting = clerk.get("/me/worklist?kind=knowledge_article").await.ok();
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1), "{waiting}");
    assert_eq!(app.as_user("rd_manager").get("/me/worklist?kind=knowledge_article").await.ok()["items"].as_array().map(Vec::len), Some(0));
    let listed = clerk.get(&format!("{AT}?open_feedback=true")).await.ok();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    let at = format!("/knowledge-feedback/{}/answer", text(&said["id"]));
    applicant.post(&at, json!({ "answer": "好的" })).await.expect(404);
    let own = agent.post(&at, json!({ "answer": "无须修改" })).await.expect(403);
    assert!(text(&own.body["detail"]).contains("他人答复"), "{}", own.body);
    let answered = clerk.post(&at, json!({ "answer": "已修改并提交审核" })).await.ok();
    assert_eq!((&answered["state"], &answered["answer"]), (&json!("answered"), &json!("已修改并提交审核")));
    clerk.post(&at, json!({ "answer": "再答" })).await.expect(409);
    assert_eq!(clerk.get("/me/worklist?kind=knowledge_article").await.ok()["items"].as_array().map(Vec::len), Some(0));
    let own = agent.get(&path).await.ok();
    assert_eq!((&own["useful"], &own["open_feedback"]), (&json!(-1), &json!(0)));
}

async fn it_ends_and_its_owner_is_told_before(app: TestApp) {
    let mut ends = content("优惠政策", "减免。");
    ends["valid_until"] = json!("2026-03-31");
    let path = live(&app, ends.clone()).await;
    let clerk = app.as_user("rd_clerk");
    assert_eq!(clerk.get("/me/worklist?kind=knowledge_article").await.ok()["items"].as_array().map(Vec::len), Some(0));
    app.set_clock("2026-03-20T10:00:00+08:00");
    assert_eq!(clerk.get("/me/worklist?kind=knowledge_article").await.ok()["items"].as_array().map(Vec::len), Some(1));
    app.set_clock("2026-03-31T20:00:00+08:00");
    app.tick().await;
    assert_eq!(titles(&clerk.get("/knowledge/suggest?q=优惠").await.ok()).len(), 1, "its last day is whole");
    app.set_clock("2026-04-01T00:30:00+08:00");
    assert!(titles(&clerk.get("/knowledge/suggest?q=优惠").await.ok()).is_empty(), "even before the worker comes");
    app.tick().await;
    let ended = clerk.get(&path).await.ok();
    assert_eq!((&ended["state"], &ended["live"]), (&json!("expired"), &json!(false)), "{ended}");
    app.as_user("cc_clerk").get(&path).await.expect(404);
    // It comes back with a new end.
    ends["valid_until"] = json!("2026-12-31");
    let etag = clerk.get(&path).await.header("etag").to_owned();
    clerk.put_with(&path, &[("if-match", &etag)], json!({ "content": ends })).await.expect(200);
    publish(&app, &path).await;
    assert_eq!(titles(&clerk.get("/knowledge/suggest?q=优惠").await.ok()).len(), 1);
    let mut never = content("倒置", "内容。");
    (never["valid_from"], never["valid_until"]) = (json!("2026-06-01"), json!("2026-05-01"));
    clerk.post(AT, json!({ "kind": "policy", "content": never })).await.expect(422);
}

async fn nobody_personal_is_published(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let path = draft(&clerk, content("办理指引", "请致电经办人手机 13900005678 办理。")).await;
    let refused = clerk.post(&format!("{path}/submit"), json!({})).await.expect(422);
    assert_eq!((&refused.body["errors"][0]["pointer"], &refused.body["errors"][0]["code"]), (&json!("/content/body"), &json!("personal_data")));
    let office = draft(&clerk, content("办理指引", "咨询电话 0513-59000001，地址：掘港街道政务服务大厅。")).await;
    clerk.post(&format!("{office}/submit"), json!({})).await.ok();
    // A draft stands nowhere in clear.
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM knowledge_articles WHERE draft LIKE '%手机%' OR title LIKE '%指引%'").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM search_docs WHERE kind = 'knowledge_article'").await, 0);
}
