//! Which operations take `Idempotency-Key`, and what a second request under the same key answers.

use std::sync::LazyLock;

use serde_json::Value;

use super::Reply;

type Templates = Vec<Vec<String>>;

/// The templates of paths whose `POST` takes a key, and of the others, which may look like one that does.
static POSTS: LazyLock<(Templates, Templates)> = LazyLock::new(|| {
    let takes = |op: &Value| op["parameters"].as_array().is_some_and(|ps| ps.iter().any(|p| p["name"] == "Idempotency-Key"));
    let document: Value = serde_json::from_str(&jieli::app::to_json(&jieli::app::document())).expect("the document");
    let paths = document["paths"].as_object().expect("paths").iter();
    let posts = paths.filter_map(|(path, item)| Some((segments(path), item.get("post")?)));
    let (keyed, plain): (Vec<_>, Vec<_>) = posts.partition(|(_, op)| takes(op));
    let templates = |all: Vec<(Vec<String>, &Value)>| all.into_iter().map(|(path, _)| path).collect();
    (templates(keyed), templates(plain))
});

fn segments(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

fn fits(template: &[String], path: &[String]) -> bool {
    template.len() == path.len() && template.iter().zip(path).all(|(t, p)| t.starts_with('{') || t == p)
}

/// Whether a `POST` there takes a key; what is only tried is kept with none.
pub fn keyed(path: &str) -> bool {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = segments(&if path.starts_with("/api") { path.to_owned() } else { format!("/api/v1{path}") });
    let (keyed, plain) = &*POSTS;
    !query.contains("dry_run") && !plain.iter().any(|t| fits(t, &path)) && keyed.iter().any(|t| fits(t, &path))
}

/// The second answer is the first, unless the act took the record out of the caller's sight: then it says so.
#[track_caller]
pub fn same(path: &str, first: &Reply, second: &Reply) {
    if second.status == 404 {
        assert!(second.text.contains("已经成功"), "{path}: {}", second.text);
        return;
    }
    assert_eq!((first.status, &first.body), (second.status, &second.body), "{path}: the same key, another answer");
    assert_eq!(second.header("idempotency-replayed"), "true", "{path}");
    for name in ["location", "etag"] {
        assert_eq!(first.header(name), second.header(name), "{path}: {name}");
    }
}
