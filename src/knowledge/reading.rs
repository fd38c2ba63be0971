//! The list of who keeps articles, versions and what changed between them, and what happened with an article.

use serde::Serialize;

use super::{
    machine::ArticleState,
    model::{ArticleContent, ArticleKind},
    narrative,
    service::{self, KIND},
    store::{self, Article},
    views::{self, ArticleView},
};
use crate::{
    access,
    auth::Actor,
    consultations,
    db::{Result, Tx},
    entrustments::TimelineEntry,
    events::{Audience, store as log},
    kernel::{Code, ErrorCode, Id, ListQuery, Moment, Page, Problem, Text},
};

/// Articles of all states, for who writes, reviews and keeps them.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ArticleView>> {
    let kinds: Vec<ArticleKind> = q.all("kind").iter().filter_map(|k| ArticleKind::parse(k)).collect();
    let (owners, centers, feedback) = (q.ids("owner_id"), q.ids("center_id"), q.one("open_feedback").map(|v| v == "true"));
    let plain = kinds.is_empty() && owners.is_empty() && centers.is_empty() && feedback.is_none();
    let id = |row: &Article| row.id;
    let page = if plain {
        access::listed::<ArticleState, _>(tx, actor, KIND, q, store::articles_by_id, id)?
    } else {
        let keep = |tx: &mut Tx, ids: &[Id]| -> Result<Vec<Id>> {
            let kept = store::articles_by_id(tx, ids)?.into_iter().filter(|row| {
                (kinds.is_empty() || kinds.contains(&row.kind))
                    && (owners.is_empty() || row.owner_id.is_some_and(|id| owners.contains(&id)))
                    && (centers.is_empty() || centers.contains(&row.center_id))
                    && feedback.is_none_or(|wanted| wanted == (row.open_feedback > 0))
            });
            Ok(kept.map(|row| row.id).collect())
        };
        let sieve = access::Sieve { by: None, keep: &keep };
        access::sifted::<ArticleState, _>(tx, actor, KIND, q, sieve, store::articles_by_id, id)?
    };
    page.try_map(|(row, _)| views::listed(tx, actor, row))
}

/// A published version.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ArticleVersionView {
    /// Number, from 1.
    pub number: i64,
    /// What it says.
    pub content: ArticleContent,
    /// Who wrote it.
    pub authors: Vec<Id>,
    /// Who published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<Id>,
    /// When.
    pub published_at: Moment,
    /// What changed since the version before.
    pub changes: Vec<ArticleChange>,
}

/// What changed in one part of an article.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ArticleChange {
    /// Which part.
    #[schema(example = "body")]
    pub field: String,
    /// Lines that are there no longer.
    pub removed: Vec<String>,
    /// Lines that are new.
    pub added: Vec<String>,
}

/// The versions of an article.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ArticleVersions {
    /// Newest first, each with what changed in it.
    pub items: Vec<ArticleVersionView>,
}

/// What changed from one text to another, line by line within each part.
pub(super) fn changes(before: &ArticleContent, after: &ArticleContent) -> Vec<ArticleChange> {
    let parts = |c: &ArticleContent| -> Vec<(&'static str, Vec<String>)> {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let sources = c.sources.iter().map(|s| format!("{} {} {}", s.name, s.number, s.url.as_deref().unwrap_or_default()).trim().to_owned());
        let days = [("生效", c.valid_from), ("失效", c.valid_until)].into_iter().filter_map(|(name, day)| Some(format!("{name} {}", day?)));
        vec![
            ("title", lines(&c.title)),
            ("question", lines(&c.question)),
            ("summary", lines(&c.summary)),
            ("body", lines(&c.body)),
            ("keywords", c.keywords.clone()),
            ("items", c.items.clone()),
            ("sources", sources.collect()),
            ("visibility", vec![c.visibility.label().to_owned()]),
            ("validity", days.collect()),
        ]
    };
    let missing = |from: &[String], than: &[String]| {
        // Each line is matched once, so that a line that stands twice is told once.
        let mut left: Vec<&String> = than.iter().collect();
        let mut gone = Vec::new();
        for line in from {
            match left.iter().position(|l| *l == line) {
                Some(at) => drop(left.swap_remove(at)),
                None => gone.push(line.clone()),
            }
        }
        gone
    };
    let told = parts(before).into_iter().zip(parts(after)).filter(|(a, b)| a.1 != b.1);
    told.map(|((field, a), (_, b))| ArticleChange { field: field.to_owned(), removed: missing(&a, &b), added: missing(&b, &a) }).collect()
}

/// The versions of an article, to who keeps it.
pub fn versions(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ArticleVersions> {
    let opened = service::load_seen(tx, actor, reference)?;
    let rows = store::versions(tx, opened.row.id)?;
    let contents = rows.iter().map(|row| row.content.get()).collect::<Result<Vec<_>>>()?;
    let mut items = Vec::new();
    for (i, (row, content)) in rows.iter().zip(&contents).enumerate() {
        let review = row.review.open(tx.vault)?;
        let changes = contents.get(i + 1).map(|before| changes(before, content)).unwrap_or_default();
        let (authors, reviewer) = (review.authors, review.reviewer);
        items.push(ArticleVersionView { number: row.number, content: content.clone(), authors, reviewer, published_at: row.published_at, changes });
    }
    Ok(ArticleVersions { items })
}

/// What the draft changes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ArticleDifferences {
    /// From this version; absent: from nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// To that one; absent: to the draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Part by part.
    pub changes: Vec<ArticleChange>,
}

/// What changed between two versions, or from a version to the draft; to who keeps it.
pub fn differences(tx: &mut Tx, actor: &Actor, reference: &str, from: Option<i64>, to: Option<i64>) -> Result<ArticleDifferences> {
    for (name, number) in [("from", from), ("to", to)] {
        if number.is_some_and(|n| n < 1) {
            return Err(Problem::parameter(name, "out_of_range", "版本号从 1 开始。", "Versions are numbered from 1.").into());
        }
    }
    let opened = service::load_seen(tx, actor, reference)?;
    let (id, published) = (opened.row.id, opened.row.published_version);
    let from = from.or(published);
    // Without a draft, what is published is where it leads.
    let to = to.or(published.filter(|_| opened.draft.is_none()));
    let mut of = |number: i64| -> Result<ArticleContent> {
        let missing = || {
            let zh = format!("该条目没有第 {number} 版{}。", if published.is_none() { "（尚未发布）" } else { "" });
            Problem::new(ErrorCode::NotFound, Text::new(zh, format!("There is no version {number} of it.")))
        };
        store::version(tx, id, number)?.ok_or_else(missing)?.content.get()
    };
    // Before its first version there was nothing.
    let before = from.map(&mut of).transpose()?.unwrap_or_else(|| service::Drawn::default_of(opened.row.kind).content);
    let after = match to.map(&mut of).transpose()? {
        Some(content) => content,
        // Neither published nor being written: nothing is going to change.
        None => opened.draft.unwrap_or_else(|| before.clone()),
    };
    Ok(ArticleDifferences { from, to, changes: changes(&before, &after) })
}

/// What happened with an article, oldest first; to who keeps it.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let opened = service::load_seen(tx, actor, reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let events = log::timeline(tx, opened.row.id, Audience::ALL, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let entry = |e: log::Event| -> Result<TimelineEntry> {
        let words = e.words.map(|w| w.open(tx.vault)).transpose()?;
        let text = narrative::tell(&e.kind, &e.params.get().unwrap_or_default());
        Ok(TimelineEntry { id: e.id, text, words, kind: e.kind, actor: e.actor_label, at: e.occurred_at })
    };
    let rows = events.into_iter().map(entry).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(rows, q.limit, tx.vault, |e: &TimelineEntry| q.cursor_of(String::new(), e.id.to_string())))
}

/// The consultations that cite an article.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ArticleCitations {
    /// Newest first, of those that the caller sees, at most a hundred.
    pub items: Vec<CitingConsultation>,
}

/// A consultation that cites an article.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CitingConsultation {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
}

/// The consultations that cite an article, of those that the caller sees.
pub fn citations(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ArticleCitations> {
    let opened = service::load_seen(tx, actor, reference)?;
    let ids = store::cited_by(tx, opened.row.id, 500)?;
    let seen = access::seen(tx, &crate::auth::Scope::of(actor, "consultation"), &ids)?;
    let rows = consultations::store::consultations_by_id(tx, &seen)?;
    let one = |id: &Id| rows.iter().find(|row| row.id == *id).map(|row| CitingConsultation { id: row.id, number: row.number.clone() });
    Ok(ArticleCitations { items: ids.iter().filter_map(one).take(100).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{ArticleVisibility, service::Drawn};

    #[test]
    fn what_changed_is_told_line_by_line() {
        let base = ArticleContent { title: "供水报装".into(), body: "一\n二\n三".into(), ..Drawn::default_of(ArticleKind::Faq).content };
        let next = ArticleContent { body: "一\n三\n四".into(), visibility: ArticleVisibility::Public, ..base.clone() };
        let told = changes(&base, &next);
        assert_eq!(told.iter().map(|c| c.field.as_str()).collect::<Vec<_>>(), ["body", "visibility"]);
        assert_eq!((&told[0].removed, &told[0].added), (&vec!["二".to_owned()], &vec!["四".to_owned()]));
        assert!(changes(&base, &base).is_empty());
    }
}
