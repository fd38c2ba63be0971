//! The catalogue as a table: imported from workbooks and CSV over HTTP, exported in the same shape.

use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::support::{TestApp, on_both_engines, text};

on_both_engines!(a_workbook_with_faults, what_goes_out_comes_in_unchanged, columns_that_are_missing_change_nothing);

const HEAD: [&str; 9] = ["实施编码", "行政区划代码", "事项名称", "实施部门", "事项类型", "行使层级", "法定时限", "承诺时限", "申请材料"];

/// A workbook of so many rows; every tenth has a fault of its own kind. Division codes stand as numbers, as people type them.
fn workbook(rows: u32) -> (Vec<u8>, Vec<u64>) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (c, header) in (0u16..).zip(HEAD) {
        sheet.write(0, c, header).expect("header");
    }
    let mut faults = Vec::new();
    for r in 1..=rows {
        sheet.write(r, 0, format!("T-{r}")).expect("cell");
        sheet.write(r, 1, 320_623_000_000_f64).expect("cell");
        sheet.write(r, 2, format!("供水接入第{r}项")).expect("cell");
        sheet.write(r, 3, "如东县水务局").expect("cell");
        sheet.write(r, 4, "公共服务").expect("cell");
        sheet.write(r, 5, "县级").expect("cell");
        sheet.write(r, 6, "20个工作日").expect("cell");
        sheet.write(r, 7, "10工作日").expect("cell");
        sheet.write(r, 8, "营业执照||必要|原件\n申请表").expect("cell");
        if r % 10 == 0 {
            faults.push(u64::from(r) + 1);
            match (r / 10) % 6 {
                0 => sheet.write(r, 4, "不存在的类型"),
                1 => sheet.write(r, 7, "99工作日"),
                2 => sheet.write(r, 0, "T-1"),
                3 => sheet.write(r, 6, "很快"),
                4 => sheet.write(r, 2, "短"),
                _ => sheet.write(r, 1, "32062300000X"),
            }
            .expect("fault");
        }
    }
    (book.save_to_buffer().expect("workbook"), faults)
}

async fn a_workbook_with_faults(app: TestApp) {
    let admin = app.as_user("sys_admin");
    let (file, faults) = workbook(120);
    let lines = |report: &Value| report["bad"].as_array().expect("bad").iter().filter_map(|b| b["line"].as_u64()).collect::<Vec<_>>();
    // Only who may import, and nobody learns more.
    app.as_user("rd_manager").upload("/service-items/import", &[], "a.xlsx", &file, None).await.expect(403);
    app.stranger().upload("/service-items/import", &[], "a.xlsx", &file, None).await.expect(401);
    // Tried: a report, and nothing else.
    let dry = admin.upload("/service-items/import?dry_run=true", &[], "a.xlsx", &file, None).await.ok();
    assert_eq!((&dry["created"], lines(&dry)), (&json!(108), faults.clone()), "{dry}");
    app.stranger().get("/service-items/T-1").await.expect(404);
    // All or nothing.
    let refused = admin.upload("/service-items/import", &[], "a.xlsx", &file, None).await.expect(422);
    let named: Vec<&str> = refused.body["errors"].as_array().expect("errors").iter().map(|e| text(&e["pointer"])).collect();
    assert_eq!(named, faults.iter().map(|l| format!("/file/{l}")).collect::<Vec<_>>());
    assert!(text(&refused.body["errors"][0]["detail"]).starts_with("第 11 行："), "{}", refused.text);
    app.stranger().get("/service-items/T-1").await.expect(404);
    // The good rows, with a key: twice is once.
    let body = |app: &TestApp| {
        let mut body = Vec::new();
        body.extend(b"--XX\r\nContent-Disposition: form-data; name=\"skip_bad\"\r\n\r\ntrue\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\n");
        body.extend(&file);
        body.extend(b"\r\n--XX--\r\n");
        let token = app.as_user("sys_admin").token.unwrap_or_default();
        actix_web::test::TestRequest::post()
            .uri("/api/v1/service-items/import")
            .insert_header(("authorization", format!("Bearer {token}")))
            .insert_header(("content-type", "multipart/form-data; boundary=XX"))
            .insert_header(("idempotency-key", "import-1"))
            .set_payload(body)
    };
    let taken = app.send(body(&app)).await.ok();
    assert_eq!((&taken["created"], lines(&taken)), (&json!(108), faults));
    assert_eq!(app.send(body(&app)).await.header("idempotency-replayed"), "true");
    let guide = app.stranger().get("/service-items/T-2").await.ok();
    assert_eq!(guide["content"]["promised_limit"], json!({ "value": 10, "unit": "working_day" }));
    assert_eq!((&guide["content"]["materials"][0]["original"], &guide["content"]["materials"][1]["code"]), (&json!(true), &json!("M2")));
    // Staff find it by two characters.
    let found = app.stranger().get("/service-items?q=供水接入&limit=1").await.ok();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    // Long cells are not echoed, Windows line ends count as one, many faults are counted and the first thousand named.
    let mut csv = "实施编码,行政区划代码,事项名称,实施部门,事项类型,行使层级\r\n".to_owned();
    for _ in 0..1_200 {
        csv.push_str(&format!("{},320623000000,供水,如东县水务局,公共服务,县级\r\n", "长".repeat(300)));
    }
    let dry = admin.upload("/service-items/import?dry_run=true", &[], "a.csv", csv.as_bytes(), None).await.ok();
    assert_eq!((&dry["failed"], dry["bad"].as_array().map(Vec::len), &dry["bad"][0]["line"]), (&json!(1_200), Some(1_000), &json!(2)));
    assert!(text(&dry["bad"][0]["reason"]).chars().count() <= 160);
    // A workbook that unpacks to far more than it weighs.
    let bomb = {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (c, header) in (0u16..).zip(HEAD) {
            sheet.write(0, c, header).expect("header");
        }
        for r in 1..=4_000u32 {
            sheet.write(r, 2, "长".repeat(10_000)).expect("cell");
        }
        book.save_to_buffer().expect("workbook")
    };
    assert!(bomb.len() < 1_000_000);
    let refused = admin.upload("/service-items/import", &[], "a.xlsx", &bomb, None).await.expect(422);
    assert!(text(&refused.body["detail"]).contains("展开后过大"), "{}", refused.text);
    // What is no table is told as such.
    for (name, bytes) in [("a.xlsx", b"PK\x03\x04 no workbook".as_slice()), ("a.csv", b"\xff\xfe\x00"), ("empty.csv", b"")] {
        let refused = admin.upload("/service-items/import", &[], name, bytes, None).await;
        assert_eq!(refused.problem(422), "rule_violation", "{name}");
    }
}

async fn what_goes_out_comes_in_unchanged(app: TestApp) {
    let admin = app.as_user("sys_admin");
    // Whatever stands in a cell: separators, lines, what would be a formula, quotes.
    let mut draft = admin.get("/service-items/GS-320623-0001/draft").await.ok();
    let mut content = draft["content"].take();
    content["conditions"] = json!(["=1+1", "含|竖线与\\反斜杠", "'引号", "第一行\n第二行", "-减号"]);
    content["fees"] = json!([{ "name": "-费", "standard": "=A1|1", "basis": "依据\n二", "reduction": "免" }]);
    content["theme"] = json!("@主题");
    let tag = draft["version"].to_string();
    admin.put_with("/service-items/GS-320623-0001", &[("if-match", &format!("\"{tag}\""))], json!({ "content": content })).await.ok();
    app.as_user("city_manager").post("/service-items/GS-320623-0001/submit", json!({})).await.ok();
    admin.post("/service-items/GS-320623-0001/publish", json!({})).await.ok();
    let before = app.stranger().get("/service-items/GS-320623-0001").await.ok();
    for format in ["csv", "xlsx"] {
        let request = admin.request(actix_web::http::Method::GET, &format!("/service-items/export?format={format}"));
        let file = app.bytes(request).await;
        assert!(format == "xlsx" || file.starts_with("\u{feff}".as_bytes()));
        let csv = String::from_utf8_lossy(&file).into_owned();
        assert!(format == "xlsx" || !csv.contains(",=") && !csv.contains(",@"), "no cell is a formula");
        let report = admin.upload("/service-items/import", &[], &format!("a.{format}"), &file, None).await.ok();
        assert_eq!((&report["created"], &report["updated"], &report["bad"]), (&json!(0), &json!(0), &json!([])), "{format}");
        assert!(report["unchanged"].as_u64().is_some_and(|n| n > 1_000), "{report}");
    }
    assert_eq!(app.stranger().get("/service-items/GS-320623-0001").await.ok(), before);
    app.as_user("rd_clerk").get("/service-items/export?format=csv").await.expect(403);
    admin.get("/service-items/export?format=pdf").await.expect(400);
}

async fn columns_that_are_missing_change_nothing(app: TestApp) {
    let admin = app.as_user("sys_admin");
    let before = app.stranger().get("/service-items/GS-320623-0001").await.ok();
    let table = "实施编码,行政区划代码,事项名称,实施部门,事项类型,行使层级\nGS-320623-0001,320623000000,供水报装（新名）,如东县供水服务单位,公共服务,县级\n";
    let report = admin.upload("/service-items/import", &[], "a.csv", table.as_bytes(), None).await.ok();
    assert_eq!(report["updated"], 1);
    let after = app.stranger().get("/service-items/GS-320623-0001").await.ok();
    assert_eq!(after["content"]["name"], "供水报装（新名）");
    for kept in ["materials", "template", "process", "promised_limit", "places"] {
        assert_eq!(after["content"][kept], before["content"][kept], "{kept}");
    }
}
