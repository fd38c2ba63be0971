//! The document is the one that is checked in, and says everything that clients need.

use std::collections::BTreeSet;

use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(&jieli::app::to_json(&jieli::app::document())).expect("JSON")
}

#[test]
fn checked_in_document_is_up_to_date() {
    let path = format!("{}/openapi/openapi.json", env!("CARGO_MANIFEST_DIR"));
    let present = std::fs::read_to_string(path).expect("openapi/openapi.json");
    assert!(present == jieli::app::to_json(&jieli::app::document()), "openapi/openapi.json is out of date: run `make openapi`");
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
