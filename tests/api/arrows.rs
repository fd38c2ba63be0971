//! The house's arrows: a room uses only what lies below it (docs/architecture.md).

use std::{collections::BTreeSet, fs, path::Path};

use syn::visit::Visit;

/// Ranks; an arrow points only to a lower one, or stays in its room.
const RANKS: &[(&str, u8)] = &[
    ("kernel", 0),
    ("db", 0),
    ("config", 0),
    ("blobs", 0),
    ("usage", 1),
    ("deidentify", 1),
    ("auth", 1),
    ("events", 1),
    ("access", 1),
    ("settings", 1),
    ("clocks", 1),
    ("outbound", 1),
    ("webhooks", 3),
    ("applicants", 2),
    ("organization", 2),
    ("attachments", 2),
    ("catalogue", 3),
    ("duty", 3),
    ("identity", 3),
    ("clients", 3),
    ("entrustments", 4),
    ("routing", 5),
    ("appointments", 5),
    ("visits", 5),
    ("projects", 5),
    ("precedents", 6),
    ("tickets", 5),
    ("batches", 6),
    ("return_visits", 6),
    ("reminders", 6),
    ("supervision", 6),
    ("evaluations", 5),
    ("follow_ups", 6),
    ("meetings", 6),
    ("sheets", 6),
    ("indicators", 6),
    ("charts", 6),
    ("consultations", 6),
    ("hotline", 7),
    ("knowledge", 7),
    ("open311", 8),
    ("registry", 8),
    ("statistics", 8),
    ("reports", 8),
    ("comments", 8),
    ("ledgers", 9),
    ("forms", 9),
    ("bulletins", 9),
    ("reporting", 9),
    ("assessments", 9),
    ("worklist", 10),
    ("documents", 10),
    ("notices", 10),
    ("worker", 11),
    ("app", 11),
    ("cli", 11),
];

/// Of the rooms that put everything together.
const TOP: u8 = 11;

fn rank(room: &str) -> u8 {
    RANKS.iter().find(|(name, _)| *name == room).map_or_else(|| panic!("{room} has no rank: add it to RANKS"), |(_, r)| *r)
}

struct Uses(BTreeSet<String>);

impl Visit<'_> for Uses {
    fn visit_use_tree(&mut self, tree: &syn::UseTree) {
        if let syn::UseTree::Path(path) = tree {
            let head = path.ident.to_string();
            if head == "crate" {
                match &*path.tree {
                    syn::UseTree::Group(group) => group.items.iter().for_each(|t| self.take(t)),
                    other => self.take(other),
                }
            } else {
                self.0.insert(format!("::{head}"));
            }
        }
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        match names.as_slice() {
            [first, second, ..] if first == "crate" => {
                self.0.insert(second.clone());
            }
            [first, _, ..] => {
                self.0.insert(format!("::{first}"));
            }
            _ => {}
        }
        syn::visit::visit_path(self, path);
    }
}

impl Uses {
    fn take(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(p) => {
                self.0.insert(p.ident.to_string());
            }
            syn::UseTree::Name(n) => {
                self.0.insert(n.ident.to_string());
            }
            _ => {}
        }
    }
}

fn sources(dir: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).expect("src") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path.display().to_string());
        }
    }
}

#[test]
fn every_arrow_points_down() {
    let root = format!("{}/src/", env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(Path::new(&root), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&root).expect("below src").to_owned();
        let room = inside.split(['/', '.']).next().unwrap_or_default();
        if matches!(inside.as_str(), "main.rs" | "lib.rs") || inside.ends_with("_tests.rs") {
            continue;
        }
        let syntax = syn::parse_file(&fs::read_to_string(&file).expect("source")).expect("Rust");
        let mut uses = Uses(BTreeSet::new());
        uses.visit_file(&syntax);
        let name = inside.rsplit('/').next().unwrap_or_default();
        let is_api = inside.contains("/api/") || name == "api.rs" || name.ends_with("_api.rs");
        for used in &uses.0 {
            let up = !used.starts_with("::")
                && used != room
                && !matches!(used.as_str(), "http" | "insert_many" | "versioned")
                && room != "http"
                && rank(used) >= rank(room)
                && rank(used) > 0;
            if up && !(rank(room) == TOP && rank(used) == TOP) && !(rank(room) == 1 && rank(used) == 1) {
                wrong.push(format!("{inside}: uses {used}, which is not below {room}"));
            }
            if used == "http" && !is_api && rank_of_http_users(room) {
                wrong.push(format!("{inside}: only api rooms use http"));
            }
            if room == "http"
                && !used.starts_with("::")
                && !matches!(used.as_str(), "kernel" | "db" | "blobs" | "auth" | "access" | "config" | "outbound" | "usage" | "http")
            {
                wrong.push(format!("{inside}: http knows no domain, but uses {used}"));
            }
            // Row types say how they are stored; the kernel's two column types do too.
            let rows = matches!(name, "store.rs" | "model.rs" | "filling.rs")
                || inside.starts_with("db/")
                || matches!(inside.as_str(), "kernel/id.rs" | "kernel/moment.rs");
            if used == "::diesel" && !rows {
                wrong.push(format!("{inside}: diesel outside db, store and row types"));
            }
            let web = is_api || room == "http" || room == "app" || inside == "main.rs";
            if used == "::actix_web" && !web {
                wrong.push(format!("{inside}: actix_web outside http, api and app"));
            }
            if name == "machine.rs" && matches!(used.as_str(), "::std" | "::tokio" | "::diesel" | "http" | "clocks" | "access" | "events") {
                wrong.push(format!("{inside}: a machine is pure, but uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rank_of_http_users(room: &str) -> bool {
    room != "http" && rank(room) < TOP
}

/// Rank 1 rooms lean on each other in one direction only.
#[test]
fn no_circle_in_rank_one() {
    let allowed =
        [("access", "auth"), ("auth", "settings"), ("events", "auth"), ("events", "access"), ("clocks", "auth"), ("clocks", "events"), ("clocks", "settings")];
    let root = format!("{}/src/", env!("CARGO_MANIFEST_DIR"));
    for room in ["auth", "events", "access", "settings", "clocks"] {
        let mut files = Vec::new();
        sources(Path::new(&format!("{root}{room}")), &mut files);
        for file in files.iter().filter(|f| !f.ends_with("_tests.rs")) {
            let mut uses = Uses(BTreeSet::new());
            uses.visit_file(&syn::parse_file(&fs::read_to_string(file).expect("source")).expect("Rust"));
            for used in uses.0.iter().filter(|u| u.as_str() != room && RANKS.iter().any(|(n, r)| n == u && *r == 1)) {
                assert!(allowed.contains(&(room, used.as_str())), "{file}: {room} uses {used}");
            }
        }
    }
}
