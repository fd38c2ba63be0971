//! Citing: the answer of a consultation rests on articles, in the version that was live then.

use super::{
    finding::Asker,
    service,
    store::{self, Article},
};
use crate::{
    auth::Actor,
    consultations::CitedArticle,
    db::{Error, Result, Tx},
    kernel::{Id, Problem},
    organization::Center,
};

/// Notes the articles that an answer rests on; each counts as used once for the consultation. Whoever answers may read them.
pub fn cite(tx: &mut Tx, actor: &Actor, consultation: Id, center: &Center, articles: &[String]) -> Result<Vec<CitedArticle>> {
    let asker = Asker { center: Some(center.clone()), ..Asker::of(tx, actor, None)? };
    let mut cited: Vec<CitedArticle> = Vec::new();
    for (i, reference) in articles.iter().enumerate() {
        let refuse = |code, zh: &'static str, en: &'static str| Error::from(Problem::rule(&format!("/articles/{i}"), code, zh, en));
        let unknown = || refuse("unknown_article", "没有这个有效的知识条目。", "No such article in force.");
        let row: Article = match service::by_reference(tx, reference) {
            Err(Error::Refused(_)) => return Err(unknown()),
            other => other?,
        };
        if !asker.reads(&row) || !asker.finds(tx, &row) {
            return Err(unknown());
        }
        if cited.iter().any(|c| c.id == row.id) {
            return Err(refuse("duplicate", "知识条目重复。", "Named twice."));
        }
        let version = row.published_version.unwrap_or(1);
        if store::cite(tx, consultation, row.id, version, actor.id)? {
            store::used(tx, row.id)?;
        }
        cited.push(CitedArticle { id: row.id, number: row.number, version, title: row.title });
    }
    Ok(cited)
}
