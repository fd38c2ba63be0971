//! Finding articles: while somebody types, by full text with ranking, and as a list; always those that the asker may read, that
//! hold today, at the asker's center, above it (inherited), or below it.

use serde::Serialize;

use super::{
    model::{ArticleKind, ArticleVisibility},
    ranking::{TextPart, excerpt, score, typed},
    store::{self, Article, ArticleFilter},
    views::{self, ArticleBrief},
};
use crate::{
    auth::{Actor, Role, policy},
    catalogue,
    db::{Json, Result, Tx, dialect},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Page, Problem, text},
    organization::{self, Center},
    precedents,
};

/// Marks the documents of this kind among all that are searched: a word that no text has.
pub(super) const MARK: &str = "kknowledge";
/// So many of the rarest word's articles are looked at.
const WALK: i64 = 2_000;
/// So many are ranked.
const RANKED: i64 = 60;
/// So many rows while typing.
const SUGGESTED: usize = 10;
/// So many of a search.
const FOUND: usize = 50;

/// Who looks for something: what they may read, and where they stand.
#[derive(Clone, Debug)]
pub struct Asker {
    /// What they may read.
    pub visibilities: Vec<ArticleVisibility>,
    /// Where they stand; absent: everywhere.
    pub center: Option<Center>,
}

impl Asker {
    /// Whoever asks without a login, at a center or anywhere.
    pub fn public(tx: &mut Tx, center: Option<&str>) -> Result<Self> {
        Ok(Self { visibilities: vec![ArticleVisibility::Public], center: center_of(tx, center)? })
    }

    /// An actor, at their own center unless another is named.
    pub fn of(tx: &mut Tx, actor: &Actor, center: Option<&str>) -> Result<Self> {
        if !policy::may(actor, super::service::KIND, "look_up") {
            return Err(Problem::of(ErrorCode::Forbidden).into());
        }
        let outside = actor.applicant_id.is_some() || actor.is(Role::Portal);
        let visibilities = match (outside, actor.kind) {
            (true, _) => vec![ArticleVisibility::Public],
            (false, "client") => vec![ArticleVisibility::Public, ArticleVisibility::Hotline],
            (false, _) => vec![ArticleVisibility::Public, ArticleVisibility::Hotline, ArticleVisibility::Staff],
        };
        let named = center_of(tx, center)?;
        let own = actor.center_id.filter(|_| !outside && named.is_none()).map(|id| organization::load(tx, id)).transpose()?;
        Ok(Self { visibilities, center: named.or(own) })
    }

    /// Whether they may read an article that is live.
    pub fn reads(&self, row: &Article) -> bool {
        row.live && self.visibilities.contains(&row.visibility)
    }

    /// Whether an article holds today where they stand.
    pub fn finds(&self, tx: &Tx, row: &Article) -> bool {
        holds(&self.filter(tx), row)
    }

    fn filter(&self, tx: &Tx) -> ArticleFilter {
        let above = self.center.as_ref().map(|c| c.lineage().filter_map(|id| id.parse().ok()).collect()).unwrap_or_default();
        ArticleFilter {
            visibilities: self.visibilities.clone(),
            centers: above,
            below: self.center.as_ref().map(|c| c.path.clone()),
            day: tx.now.local_date().to_string(),
            ..ArticleFilter::default()
        }
    }
}

fn center_of(tx: &mut Tx, reference: Option<&str>) -> Result<Option<Center>> {
    let Some(reference) = reference else { return Ok(None) };
    let unknown = || Problem::parameter("center", "unknown_center", "没有这个服务中心。", "No such center.");
    Ok(Some(organization::store::center_by_reference(tx, reference)?.ok_or_else(unknown)?))
}

/// What the rows must fulfil, as SQL: codes, ids and a date of this program's own making, and no word of a request.
fn fits(f: &ArticleFilter) -> String {
    let quoted = |all: Vec<String>| all.iter().map(|v| format!("'{v}'")).collect::<Vec<_>>().join(", ");
    let codes = quoted(f.visibilities.iter().map(|v| v.code().to_owned()).collect());
    let mut sql = format!("a.live AND a.visibility IN ({codes}) AND a.valid_from <= '{0}' AND a.valid_until >= '{0}'", f.day);
    if !f.kinds.is_empty() {
        sql.push_str(&format!(" AND a.kind IN ({})", quoted(f.kinds.iter().map(|k| k.code().to_owned()).collect())));
    }
    if let Some(path) = &f.below {
        sql.push_str(&format!(" AND (a.center_id IN ({}) OR a.path LIKE '{path}%')", quoted(f.centers.iter().map(Id::to_string).collect())));
    }
    if !f.items.is_empty() {
        let items = quoted(f.items.iter().map(Id::to_string).collect());
        sql.push_str(&format!(" AND EXISTS (SELECT 1 FROM knowledge_items i WHERE i.article_id = a.id AND i.item_id IN ({items}))"));
    }
    sql
}

/// A short row while somebody types.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KnowledgeSuggestion {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "ZS-320600-20260105-000001-101")]
    pub number: String,
    /// What kind.
    pub kind: ArticleKind,
    /// In Chinese.
    pub kind_label: String,
    /// Title, with what was typed marked.
    pub title: Vec<TextPart>,
    /// The answer in a sentence, as it can be read out.
    pub summary: String,
    /// In which version.
    pub article_version: i64,
}

/// What is meant, nearest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KnowledgeSuggestions {
    /// At most ten.
    pub items: Vec<KnowledgeSuggestion>,
}

/// Candidates by title, keywords and question, nearest first.
fn near(tx: &mut Tx, f: &ArticleFilter, q: &str) -> Result<Vec<(i64, Article)>> {
    let typed = typed(q);
    let query = dialect::Weighed { whole: &typed.whole, begun: typed.begun.as_deref(), fits: &fits(f), walk: WALK, limit: RANKED };
    let found = dialect::weighed(tx.conn, &query)?;
    let ids: Vec<Id> = found.iter().filter_map(|(id, _)| id.parse().ok()).collect();
    let weights = store::weights(tx, &ids, &typed.whole)?;
    let weight = |id: Id| {
        let whole = weights.iter().find(|(of, _)| *of == id).map_or(0, |(_, n)| *n);
        whole.max(found.iter().find(|(of, _)| of == id.as_str()).map_or(0, |(_, n)| *n))
    };
    let mut ranked: Vec<(i64, Article)> =
        store::articles_by_id(tx, &ids)?.into_iter().map(|row| (score(weight(row.id), &row.title, q, row.uses, row.useful), row)).collect();
    ranked.sort_by_key(|(score, row)| (std::cmp::Reverse(*score), std::cmp::Reverse(row.id)));
    Ok(ranked)
}

/// The words of a question as they are marked.
fn words(q: &str) -> Vec<String> {
    text::tokens(q)
}

/// What is meant by what was typed so far.
pub fn suggest_to(tx: &mut Tx, asker: &Asker, q: &str) -> Result<KnowledgeSuggestions> {
    let f = asker.filter(tx);
    let words = words(q);
    let rows = near(tx, &f, q)?.into_iter().take(SUGGESTED).map(|(_, row)| KnowledgeSuggestion {
        id: row.id,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        title: excerpt(&row.title, &words, 100),
        summary: row.summary,
        article_version: row.published_version.unwrap_or(1),
        number: row.number,
    });
    Ok(KnowledgeSuggestions { items: rows.collect() })
}

/// What was found, with where the words stand.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KnowledgeHit {
    /// Which.
    pub article: ArticleBrief,
    /// How near: the larger the nearer.
    pub score: i64,
    /// Title, with what was looked for marked.
    pub title: Vec<TextPart>,
    /// The text around the first words that were found.
    pub excerpt: Vec<TextPart>,
}

/// What was found, nearest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KnowledgeHits {
    /// At most fifty.
    pub items: Vec<KnowledgeHit>,
    /// There are more: say it more exactly.
    pub more: bool,
}

/// What a search asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Words.
    pub q: String,
    /// Kinds.
    pub kinds: Vec<ArticleKind>,
    /// About this item.
    pub item: Option<String>,
}

/// Full text with ranking: what stands in title, keywords and question comes before what stands in the text.
pub fn search_for(tx: &mut Tx, asker: &Asker, wanted: &Wanted) -> Result<KnowledgeHits> {
    let mut f = asker.filter(tx);
    f.kinds.clone_from(&wanted.kinds);
    if let Some(item) = &wanted.item {
        let unknown = || Problem::parameter("item", "unknown_item", "没有这个事项。", "No such item.");
        f.items = vec![catalogue::store::item_by_reference(tx, item)?.ok_or_else(unknown)?.id];
    }
    let q = wanted.q.trim();
    let mut ranked = near(tx, &f, q)?;
    let mut tokens: Vec<String> = text::query_tokens(q).iter().map(|t| text::encode_token(t)).collect();
    if !tokens.is_empty() {
        tokens.insert(0, MARK.to_owned());
        let folded: Vec<String> = text::fold(q).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
        let by_text = dialect::Match { kind: super::service::KIND, tokens: &tokens, words: &folded, subjects: None, limit: 300, before: None };
        let ids: Vec<Id> = dialect::search(tx.conn, &by_text)?.iter().filter_map(|id| id.parse().ok()).collect();
        let new: Vec<Id> = ids.into_iter().filter(|id| ranked.iter().all(|(_, row)| row.id != *id)).collect();
        let rows = store::articles_by_id(tx, &new)?.into_iter().filter(|row| holds(&f, row));
        let mut rows: Vec<(i64, Article)> = rows.map(|row| (score(1, &row.title, q, row.uses, row.useful), row)).collect();
        if !f.items.is_empty() {
            let about = |row: &Article| -> Result<bool> {
                Ok(row.published.as_ref().map(Json::get).transpose()?.is_some_and(|c| f.items.iter().any(|id| c.items.iter().any(|i| i == id.as_str()))))
            };
            let kept: Vec<bool> = rows.iter().map(|(_, row)| about(row)).collect::<Result<_>>()?;
            let mut kept = kept.into_iter();
            rows.retain(|_| kept.next().unwrap_or(false));
        }
        ranked.append(&mut rows);
    }
    ranked.sort_by_key(|(score, row)| (std::cmp::Reverse(*score), std::cmp::Reverse(row.id)));
    let more = ranked.len() > FOUND;
    ranked.truncate(FOUND);
    let words = words(q);
    let mut items = Vec::new();
    for (score, row) in ranked {
        let content = row.published.as_ref().map(Json::get).transpose()?;
        let body = content.map(|c| format!("{} {}", c.summary, c.body)).unwrap_or_default();
        let (title, excerpt) = (excerpt(&row.title, &words, 100), excerpt(&body, &words, 160));
        items.push(KnowledgeHit { article: views::brief(row)?, score, title, excerpt });
    }
    Ok(KnowledgeHits { items, more })
}

/// Whether an article that was found by its text is one that is asked for.
fn holds(f: &ArticleFilter, row: &Article) -> bool {
    let near = f.below.as_ref().is_none_or(|path| f.centers.contains(&row.center_id) || row.path.starts_with(path.as_str()));
    let kind = f.kinds.is_empty() || f.kinds.contains(&row.kind);
    row.live && near && kind && f.visibilities.contains(&row.visibility) && row.valid_from <= f.day && row.valid_until >= f.day
}

/// A page of what the asker may read, newest first.
pub fn browse(tx: &mut Tx, asker: &Asker, q: &ListQuery) -> Result<Page<ArticleBrief>> {
    let kinds = q.all("kind").iter().filter_map(|k| ArticleKind::parse(k)).collect();
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let filter = ArticleFilter { kinds, items: q.ids("item_id"), after, limit: i64::try_from(q.limit + 1).unwrap_or(201), ..asker.filter(tx) };
    let rows = store::live(tx, &filter)?;
    Page::cut(rows, q.limit, tx.vault, |row| q.cursor_of(String::new(), row.id.to_string())).try_map(views::brief)
}

/// What was drawn from a precedent and is live, for everybody.
pub fn of_precedent(tx: &mut Tx, reference: &str) -> Result<PrecedentArticles> {
    let found = match reference.parse::<Id>() {
        Ok(id) => precedents::store::precedent(tx, id)?,
        Err(_) => precedents::store::precedent_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    let row = found.filter(|p| p.public).ok_or_else(Problem::not_found)?;
    let f = Asker::public(tx, None)?.filter(tx);
    let rows = store::of_precedent(tx, row.id)?.into_iter().filter(|row| holds(&f, row));
    Ok(PrecedentArticles { items: rows.map(views::brief).collect::<Result<_>>()? })
}

/// The articles that were drawn from a precedent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PrecedentArticles {
    /// Newest first.
    pub items: Vec<ArticleBrief>,
}

/// What is known about an item, for everybody.
pub fn of_item(tx: &mut Tx, reference: &str, q: &ListQuery) -> Result<Page<ArticleBrief>> {
    let item = catalogue::published(tx, reference)?.ok_or_else(Problem::not_found)?;
    let asker = Asker::public(tx, None)?;
    let kinds = q.all("kind").iter().filter_map(|k| ArticleKind::parse(k)).collect();
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let filter = ArticleFilter { kinds, items: vec![item.id], after, limit: i64::try_from(q.limit + 1).unwrap_or(201), ..asker.filter(tx) };
    let rows = store::live(tx, &filter)?;
    Page::cut(rows, q.limit, tx.vault, |row| q.cursor_of(String::new(), row.id.to_string())).try_map(views::brief)
}
