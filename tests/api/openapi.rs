//! The document is the one that is checked in, and says everything that clients need.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::TestApp;

/// Examples that lie ahead are shown as of the tests' Monday.
fn document() -> Value {
    let tuesday = "2026-03-03".parse().expect("date");
    serde_json::from_str(&jieli::app::dated(&jieli::app::to_json(&jieli::app::document()), tuesday)).expect("JSON")
}

#[test]
fn checked_in_document_is_up_to_date() {
    let path = format!("{}/openapi/openapi.json", env!("CARGO_MANIFEST_DIR"));
    let present = std::fs::read_to_string(path).expect("openapi/openapi.json");
    assert!(present == jieli::app::to_json(&jieli::app::document()), "openapi/openapi.json is out of date: run `make openapi`");
}

#[test]
fn checked_in_events_are_up_to_date() {
    let path = format!("{}/openapi/asyncapi.json", env!("CARGO_MANIFEST_DIR"));
    let present = std::fs::read_to_string(path).expect("openapi/asyncapi.json");
    assert!(present == jieli::app::asyncapi::to_json(), "openapi/asyncapi.json is out of date: run `make openapi`");
}

/// What is sent and never shown again is in the document of what is sent, and of nothing else.
#[test]
fn secrets_are_sent_and_not_shown() {
    let document = document();
    let properties = |schema: &str| document["components"]["schemas"][schema]["properties"].as_object().cloned().unwrap_or_default();
    assert!(properties("ReportPushInput").contains_key("secret") && !properties("ReportPushInput").is_empty());
    assert!(properties("ReportPush").contains_key("url") && !properties("ReportPush").contains_key("secret"));
}

/// Every operation of the document: (method, path, operation).
pub fn operations() -> Vec<(String, String, Value)> {
    let document = document();
    let paths = document["paths"].as_object().expect("paths").clone();
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("item") {
            if ["get", "put", "post", "delete", "patch"].contains(&method.as_str()) {
                all.push((method.clone(), path.clone(), operation.clone()));
            }
        }
    }
    all
}

#[test]
fn every_operation_is_whole() {
    let mut ids = BTreeSet::new();
    for (method, path, op) in operations() {
        let name = format!("{method} {path}");
        assert_ne!(method, "patch", "{name}: mini programs have no PATCH");
        let id = op["operationId"].as_str().unwrap_or_default();
        assert!(!id.is_empty() && ids.insert(id.to_owned()), "{name}: operationId {id:?}");
        for part in ["summary", "description"] {
            let text = op[part].as_str().unwrap_or_default();
            assert!(text.chars().any(|c| c > '\u{4e00}') || text.contains("RFC"), "{name}: {part} in Chinese, has {text:?}");
        }
        assert!(op["tags"].as_array().is_some_and(|t| t.len() == 1), "{name}: one tag");
        assert!(op["security"].is_array(), "{name}: declares its security");
        let responses = op["responses"].as_object().expect("responses");
        assert!(responses.contains_key("429"), "{name}: 429");
        if path.starts_with("/api/v1") {
            assert!(path.split('/').filter(|p| !p.is_empty() && !p.starts_with('{')).count() <= 5, "{name}: too deep");
            assert!(!path.ends_with('/'), "{name}: trailing slash");
        }
    }
    assert!(ids.len() > 60);
}

/// Every documented example works, one after the other in the order of the document, on the demo's data as it stands and
/// for the account that the document names.
#[actix_web::test]
async fn examples_work_as_they_stand() {
    let app = TestApp::sqlite().await;
    jieli::cli::load_demo_matters(&app.db).await.expect("matters");
    let examples: Value = serde_json::from_str(include_str!("../../openapi/examples.json")).expect("examples");
    let mut failed = Vec::new();
    let mut played = 0;
    for (method, path, op) in operations() {
        let id = op["operationId"].as_str().unwrap_or_default();
        let open = op["security"].as_array().is_some_and(Vec::is_empty) || op["security"] == serde_json::json!([{}]);
        if !path.starts_with("/api") || EXEMPT.contains(&id) {
            continue;
        }
        let who = examples[id]["as"].as_str().unwrap_or_default();
        if who.is_empty() && !open {
            failed.push(format!("{id}: who plays it?"));
            continue;
        }
        let mut uri = path.clone();
        let mut query = Vec::new();
        let mut headers = Vec::new();
        for p in op["parameters"].as_array().into_iter().flatten() {
            let (name, value) = (p["name"].as_str().unwrap_or_default(), example_of(p));
            match p["in"].as_str() {
                Some("path") => uri = uri.replace(&format!("{{{name}}}"), &value),
                Some("query") if p["required"] == true => query.push(format!("{name}={value}")),
                Some("header") if name == "If-Match" && p["required"] == true => headers.push(("if-match", value)),
                _ => {}
            }
        }
        if !query.is_empty() {
            uri = format!("{uri}?{}", query.join("&"));
        }
        let caller = match who {
            "" => app.stranger(),
            login => app.as_user(login),
        };
        let content = &op["requestBody"]["content"]["application/json"];
        let mut bodies: Vec<Value> = content["examples"].as_object().into_iter().flatten().map(|(_, e)| e["value"].clone()).collect();
        bodies.extend(content.get("example").cloned());
        if op.get("requestBody").is_some() && bodies.is_empty() {
            if op["requestBody"]["required"] == true {
                failed.push(format!("{id}: no body"));
            }
            bodies.push(serde_json::json!({}));
        }
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        for body in if method == "get" { vec![Value::Null] } else { bodies } {
            let reply = match method.as_str() {
                "get" => caller.get(&uri).await,
                "put" => caller.put_with(&uri, &headers, body).await,
                _ if body.get("applicant").is_some() => app.as_user("city_clerk").post(&uri, body).await,
                _ => caller.post(&uri, body).await,
            };
            played += 1;
            if method == "get" && reply.status == 200 {
                failed.extend(shown_as_documented(&caller, &uri, &op, &reply.body).await);
            }
            if !(200..300).contains(&reply.status) {
                failed.push(format!("{id}: {} {}", reply.status, reply.text));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(played > 60, "{played}");
}

/// `fields` and `expand` are accepted exactly where the document offers them.
async fn shown_as_documented(caller: &crate::support::Caller<'_>, uri: &str, op: &Value, body: &Value) -> Vec<String> {
    let parameters = op["parameters"].as_array().into_iter().flatten();
    let offered = |name: &str| parameters.clone().find(|p| p["name"] == name && p["in"] == "query");
    // Of an empty list nothing is known but that records have ids.
    let nothing = Value::Null;
    let shown = if body["items"].as_array().is_some_and(Vec::is_empty) { &nothing } else { body["items"].get(0).unwrap_or(body) };
    let first = shown.as_object().and_then(|o| o.keys().next().cloned()).unwrap_or_else(|| "id".into());
    let all = offered("expand").and_then(|p| p["schema"]["pattern"].as_str()).map(|p| p.trim_start_matches("^(").split(")(").next().unwrap_or_default());
    let all = all.map(|p| p.replace('|', ",").replace("\\.", ".")).unwrap_or_else(|| "center".into());
    let mut failed = Vec::new();
    for (name, value) in [("fields", first), ("expand", all)] {
        let glue = if uri.contains('?') { '&' } else { '?' };
        let reply = caller.get(&format!("{uri}{glue}{name}={value}")).await;
        if reply.status != if offered(name).is_some() { 200 } else { 400 } {
            failed.push(format!("{}: {name}={value}: {} {}", op["operationId"], reply.status, reply.text));
        }
    }
    failed
}

/// One-time links and uploads are made by the running server: no document can know them.
const EXEMPT: &[&str] = &[
    "get_evaluation_link",
    "get_evaluation_link_qr_code",
    "rate_by_link",
    // A code is in the message alone, a token in the answer that made it.
    "rate_by_code",
    "list_device_ratings",
    "rate_at_device",
    "get_signing_link",
    "get_feedback_link",
    "feedback_by_link",
    "sign_by_link",
    "upload_attachment",
    "import_service_items",
    "draw_precedent",
    "dry_run_routing_rules",
    "upload_material",
    "upload_part",
    "get_attachment",
    "complete_upload",
    "discard_attachment",
    "download_file",
    // What is counted is counted by the running server: the demo itself has no records behind its figures yet.
    "list_assessed_records",
    // Messages are made by the running server, and a sandbox is none unless it is started as one.
    "read_message",
    "get_notice",
    "retry_notice",
    "drop_notice",
    "opt_out_of_notices",
    "get_sandbox",
    "advance_sandbox_clock",
    "reset_sandbox",
    // A stream does not end.
    "watch_supervision_wall",
    "stream_events",
    // Deliveries are made by the running server.
    "get_webhook_delivery",
    "replay_webhook_delivery",
    "skip_webhook_delivery",
    // Batches wait only where a platform does not take them: the demo has none.
    "retry_reporting_batch",
    "drop_reporting_batch",
    // A difference comes of a change after its month was frozen.
    "get_statistics_adjustment",
    "propose_statistics_adjustment",
    "approve_statistics_adjustment",
    "refuse_statistics_adjustment",
    "leave_out_statistics_adjustment",
    // What is ordered is made within a second: nothing stays to be called off.
    "cancel_export",
];
fn example_of(parameter: &Value) -> String {
    let value = [&parameter["example"], &parameter["schema"]["example"], &parameter["schema"]["examples"][0]].into_iter().find(|v| !v.is_null());
    value.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).unwrap_or_default()
}

#[test]
fn names_and_codes_are_unique() {
    let mut names = BTreeSet::new();
    for dictionary in jieli::app::dictionaries::all() {
        assert!(names.insert(dictionary.name.clone()), "dictionary {} twice", dictionary.name);
        let codes: BTreeSet<_> = dictionary.items.iter().map(|i| &i.code).collect();
        assert_eq!(codes.len(), dictionary.items.len(), "{}", dictionary.name);
    }
    let codes: BTreeSet<_> = jieli::kernel::ErrorCode::ALL.iter().map(|c| c.code()).collect();
    assert_eq!(codes.len(), jieli::kernel::ErrorCode::ALL.len());
}

/// The document knows a schema by its type's name: two types of one name would be one schema, and one of them wrong.
#[test]
fn schema_names_are_unique() {
    fn walk(dir: &std::path::Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(dir).expect("src") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let file = syn::parse_file(&std::fs::read_to_string(&path).expect("source")).expect("Rust");
                for item in file.items {
                    // An enum of codes is written `Name in "dictionary" { … }` and always has a schema.
                    if let syn::Item::Macro(m) = &item
                        && m.mac.path.segments.last().is_some_and(|s| s.ident == "code_enum")
                    {
                        let tokens: Vec<String> = m.mac.tokens.clone().into_iter().map(|t| t.to_string()).collect();
                        found.extend(tokens.windows(2).filter(|w| w[1] == "in").map(|w| (w[0].clone(), path.display().to_string())));
                    }
                    let (attrs, name) = match item {
                        syn::Item::Struct(s) => (s.attrs, s.ident.to_string()),
                        syn::Item::Enum(e) => (e.attrs, e.ident.to_string()),
                        _ => continue,
                    };
                    let derives =
                        |a: &syn::Attribute| matches!(&a.meta, syn::Meta::List(l) if l.path.is_ident("derive") && l.tokens.to_string().contains("ToSchema"));
                    if attrs.iter().any(derives) {
                        found.push((name, path.display().to_string()));
                    }
                }
            }
        }
    }
    let mut found = Vec::new();
    walk(std::path::Path::new(&format!("{}/src", env!("CARGO_MANIFEST_DIR"))), &mut found);
    assert!(found.len() > 100);
    found.sort();
    let twice: Vec<_> = found.windows(2).filter(|w| w[0].0 == w[1].0).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
