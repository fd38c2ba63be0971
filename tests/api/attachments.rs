//! Files: in one piece, in parts, bound to what they belong to, and seen by whoever sees it.

use actix_web::{http::Method, test::TestRequest};
use serde_json::{Value, json};

use crate::support::{Reply, TestApp, on_both_engines, text, water_application};

on_both_engines!(one_piece, in_parts, belongs_to_its_matter, what_is_not_taken);

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n";

fn sha256(bytes: &[u8]) -> String {
    jieli::kernel::sha256_hex(bytes)
}

/// How many files lie in the store, parts and all.
fn files(app: &TestApp) -> usize {
    fn count(dir: &std::path::Path) -> usize {
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| if e.path().is_dir() { count(&e.path()) } else { 1 }).sum()
    }
    count(app.files.path())
}

async fn ranged(app: &TestApp, link: &str, range: &str) -> Reply {
    app.send(TestRequest::default().method(Method::GET).uri(link).insert_header(("range", range))).await
}

async fn one_piece(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let key = [("idempotency-key", "upload-1")];
    let a = company.upload("/attachments", &key, "营业执照.pdf", PDF, Some(&sha256(PDF))).await.created();
    assert_eq!((&a["state"], &a["media_type"], &a["size"]), (&json!("stored"), &json!("application/pdf"), &json!(PDF.len())));
    assert_eq!(a["sha256"], sha256(PDF));
    // The same key and file: the first answer, and no second file. Another file: refused.
    let again = company.upload("/attachments", &key, "营业执照.pdf", PDF, None).await.expect(201);
    assert_eq!((again.header("idempotency-replayed"), &again.body["id"]), ("true", &a["id"]));
    let other = b"%PDF-1.7\nother";
    assert_eq!(company.upload("/attachments", &key, "营业执照.pdf", other, None).await.problem(422), "idempotency_mismatch");
    assert_eq!(files(&app), 1);

    let path = format!("/attachments/{}", text(&a["id"]));
    let link = text(&company.get(&path).await.ok()["download"]).to_owned();
    let whole = app.stranger().get(&link).await.expect(200);
    assert_eq!((whole.text.as_bytes(), whole.header("content-type")), (PDF, "application/pdf"));
    assert!(whole.header("content-disposition").contains("filename*=UTF-8''%E8%90%A5"), "{}", whole.header("content-disposition"));
    let part = ranged(&app, &link, "bytes=1-3").await.expect(206);
    assert_eq!((part.text.as_str(), part.header("content-range")), ("PDF", format!("bytes 1-3/{}", PDF.len()).as_str()));
    assert_eq!(ranged(&app, &link, "bytes=900-").await.status, 416);
    // A made-up link opens nothing, and nobody else sees the upload.
    let forged = link.replace(text(&a["id"]), "0193f2f4-7c00-7000-8000-000000000001");
    assert_eq!(app.stranger().get(&forged).await.problem(404), "not_found");
    assert_eq!(app.as_user("ent_chongchuan").get(&path).await.problem(404), "not_found");
    assert_eq!(app.as_user("city_manager").get(&path).await.problem(404), "not_found");

    let gone = app.send(company.request(Method::DELETE, &path)).await;
    assert_eq!(gone.problem(428), "precondition_required");
    let request = company.request(Method::DELETE, &path).insert_header(("if-match", format!("\"{}\"", a["version"])));
    assert_eq!(app.send(request).await.status, 204);
    assert_eq!((files(&app), company.get(&path).await.status), (0, 404));
}

async fn in_parts(app: TestApp) {
    let agent = app.as_user("rd_agent");
    let mut file = PDF.to_vec();
    file.resize(6_000_000, b'x');
    let session = json!({ "name": "施工图纸.pdf", "size": file.len(), "sha256": sha256(&file) });
    let s = agent.post("/attachments/sessions", session.clone()).await.created();
    let (path, size) = (format!("/attachments/{}", text(&s["id"])), s["part_size"].as_u64().expect("part_size") as usize);
    let put = |n: usize, bytes: Vec<u8>| {
        let request = agent.request(Method::PUT, &format!("{path}/parts/{n}")).insert_header(("content-type", "application/octet-stream")).set_payload(bytes);
        app.send(request)
    };
    assert_eq!(put(2, file[size..].to_vec()).await.ok()["parts"], json!([2]));
    assert_eq!(agent.post(&format!("{path}/complete"), json!({})).await.problem(422), "rule_violation");
    assert_eq!(put(1, file[..10].to_vec()).await.problem(422), "rule_violation", "a part of the wrong length");
    assert_eq!(put(3, vec![0]).await.status, 404);
    // After a break: what has arrived can be asked for.
    assert_eq!(agent.get(&path).await.ok()["parts"], json!([2]));
    put(1, file[..size].to_vec()).await.ok();
    assert_eq!(put(1, file[..size].to_vec()).await.ok()["parts"], json!([1, 2]), "twice changes nothing");
    let a = agent.post(&format!("{path}/complete"), json!({})).await.ok();
    assert_eq!((&a["state"], &a["size"], files(&app)), (&json!("stored"), &json!(file.len()), 1));
    let link = text(&a["download"]).to_owned();
    assert_eq!(ranged(&app, &link, "bytes=5999990-").await.expect(206).text, "xxxxxxxxxx");
    assert_eq!(agent.post(&format!("{path}/complete"), json!({})).await.problem(409), "state_conflict");
    // Another content than declared.
    let s = agent.post("/attachments/sessions", json!({ "name": "图.pdf", "size": 9, "sha256": sha256(b"else") })).await.created();
    let path = format!("/attachments/{}", text(&s["id"]));
    let request = agent.request(Method::PUT, &format!("{path}/parts/1")).set_payload(b"%PDF-1.7\n".to_vec());
    app.send(request).await.ok();
    assert_eq!(agent.post(&format!("{path}/complete"), json!({})).await.problem(422), "rule_violation");
    assert_eq!(app.as_user("rd_agent2").get(&path).await.status, 404);
    // Nobody gave it to a record for two days.
    app.set_clock("2026-03-05T09:30:00+08:00");
    let forgotten = app.db.commit(|tx| jieli::attachments::forget(tx, 100)).await.expect("forget");
    assert!(forgotten.iter().any(|k| k.starts_with("parts/")), "{forgotten:?}");
    assert_eq!(agent.get(&path).await.status, 404);
}

async fn belongs_to_its_matter(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let file = company.upload("/attachments", &[], "申请表.pdf", PDF, None).await.created();
    let mut application = water_application();
    application["materials"] = json!([{ "code": "M1", "attachments": [file["id"]] }]);
    let e = company.post("/entrustments", application.clone()).await.created();
    assert_eq!(e["materials"][0]["attachments"][0]["name"], "申请表.pdf");
    assert_eq!(company.post("/entrustments", application).await.problem(422), "rule_violation", "a file belongs to one record");
    let path = format!("/entrustments/{}", text(&e["id"]));
    // One call uploads and submits.
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let e = company.upload(&format!("{path}/materials/M3/upload"), &[], "产权证.png", png, None).await.ok();
    let m3 = e["materials"].as_array().expect("materials").iter().find(|m| m["code"] == "M3").cloned().expect("M3");
    assert_eq!((&m3["state"], &m3["attachments"][0]["media_type"]), (&json!("submitted"), &json!("image/png")));
    let file = format!("/attachments/{}", text(&m3["attachments"][0]["id"]));
    // Who sees the matter in clear opens it; who sees it masked sees that there is something; a stranger nothing.
    let clerk = app.as_user("city_clerk").get(&file).await.ok();
    assert!(clerk["download"].is_string() && clerk["name"] == "产权证.png");
    let masked = app.as_user("city_inspector").get(&file).await.ok();
    assert_eq!((masked.get("download"), masked.get("name")), (None, None));
    assert!(!app.as_user("city_inspector").get(&path).await.text.contains("产权证.png"));
    assert_eq!(app.as_user("cc_clerk").get(&file).await.problem(404), "not_found");
    // Given to a matter, it stays.
    let request = company.request(Method::DELETE, &file).insert_header(("if-match", format!("\"{}\"", m3["attachments"][0]["version"])));
    assert_eq!(app.send(request).await.problem(409), "state_conflict");
    // Another's upload cannot be taken.
    let theirs = app.as_user("ent_chongchuan").upload("/attachments", &[], "a.pdf", PDF, None).await.created();
    let steal: Value = json!({ "attachments": [theirs["id"]] });
    assert_eq!(company.post(&format!("{path}/materials/M2/submit"), steal).await.problem(422), "rule_violation");
}

async fn what_is_not_taken(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let wrong: [(&str, &[u8]); 5] = [("a.exe", b"MZ\x90\0"), ("a.pdf", b"<html><script>"), ("a.png", PDF), ("a.pdf", b""), ("网页.html", b"<html>")];
    for (name, content) in wrong {
        let reply = clerk.upload("/attachments", &[], name, content, None).await;
        assert_eq!(reply.problem(422), "rule_violation", "{name}");
    }
    assert_eq!(clerk.upload("/attachments", &[], "a.pdf", PDF, Some(&sha256(b"other"))).await.problem(422), "rule_violation");
    assert_eq!(clerk.upload("/attachments", &[], "a.pdf", PDF, Some("ABC")).await.problem(400), "invalid_request");
    assert_eq!(clerk.upload("/attachments", &[], "x", PDF, None).await.problem(400), "invalid_request");
    assert_eq!(clerk.post("/attachments", json!({})).await.status, 415, "no form");
    assert_eq!(app.as_user("aud_admin").upload("/attachments", &[], "a.pdf", PDF, None).await.problem(403), "forbidden");
    let mut large = PDF.to_vec();
    large.resize(21 * 1024 * 1024, 0);
    assert_eq!(clerk.upload("/attachments", &[], "大.pdf", &large, None).await.problem(413), "payload_too_large");
    assert_eq!(files(&app), 0, "what was refused leaves nothing");
}
