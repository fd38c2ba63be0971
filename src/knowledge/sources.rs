//! What an article is drawn from: a published precedent, a question that was hard to answer, the questions of an item's guide. The
//! draft is a beginning, without whom its source names; it is reviewed as any other.

use serde::Serialize;
use serde_json::json;

use super::{
    model::{ArticleContent, ArticleKind, ArticleSource, ArticleSourceKind, ArticleVisibility},
    service::{self, Drawn, KIND},
    store::{self, Article},
    views::{self, ArticleView},
};
use crate::{
    applicants,
    auth::{Actor, policy},
    catalogue,
    consultations::{self, machine::ConsultationState},
    db::{Error, Result, Tx},
    deidentify::{Known, KnownPerson, clean},
    events::{self, Audience, NewEvent},
    kernel::{ErrorCode, Id, Problem, Target, Text},
    organization::{self, Center},
    precedents,
};

const ASKER: &str = "咨询人";
/// What is left for whoever writes on.
const OPEN: &str = "（待补充）";

/// Whom the source of an article names: they are not named in it.
pub(super) fn known(tx: &mut Tx, row: &Article) -> Result<Known> {
    let mut known = Known::default();
    let Some(id) = row.consultation_id else { return Ok(known) };
    let Some(asked) = consultations::store::consultation(tx, id)? else { return Ok(known) };
    if let Some(name) = &asked.name {
        known.persons.push(KnownPerson { name: name.open(tx.vault)?, stands_for: ASKER });
    }
    if let Some(phone) = &asked.phone {
        known.numbers.push(phone.open(tx.vault)?);
    }
    if let Some(applicant) = asked.applicant_id.map(|id| applicants::store::applicant(tx, id)).transpose()?.flatten() {
        let shown = applicants::show(tx, &applicant, crate::access::Sight::CLEAR)?;
        known.numbers.push(shown.id_number);
        if applicant.person_name.is_some() {
            known.persons.push(KnownPerson { name: shown.name, stands_for: ASKER });
        } else {
            known.organizations.push(shown.name);
        }
    }
    Ok(known)
}

fn may_draw(actor: &Actor, center: &Center) -> Result<()> {
    if !policy::allows(actor, KIND, "create", &organization::custodian_reachable(center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    Ok(())
}

/// The center that draws: the caller's own, where they may write there, else the source's.
fn drawing_center(tx: &mut Tx, actor: &Actor, source: Center) -> Result<Center> {
    let own = actor.center_id.map(|id| organization::load(tx, id)).transpose()?;
    let may = |c: &Center| policy::allows(actor, KIND, "create", &organization::custodian_reachable(c));
    Ok(if may(&source) { source } else { own.filter(may).unwrap_or(source) })
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn twice(number: &str) -> Error {
    let zh = format!("已据此起草知识条目（{number}）。");
    Problem::new(ErrorCode::Conflict, Text::new(zh, "An article was drawn from it already.")).into()
}

/// Draws an article from a consultation: its question, and its answer where there is one.
pub fn from_consultation(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ArticleView> {
    let asked = consultations::load_seen(tx, actor, &target.reference)?;
    may_draw(actor, &asked.center)?;
    if !asked.sight.words {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    if asked.row.confidential {
        let zh = "咨询人要求保密，不据此起草知识条目；内容有普遍意义的，请另行起草。";
        return Err(Problem::new(ErrorCode::Forbidden, Text::new(zh, "It was asked in confidence.")).into());
    }
    crate::db::dialect::lock_root(tx.conn, "consultations", asked.row.id.as_str())?;
    target.check(asked.row.version)?;
    if asked.row.state == ConsultationState::Withdrawn {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("已撤回的咨询不形成知识条目。", "It was withdrawn.")).into());
    }
    if let Some(there) = store::of_consultation(tx, asked.row.id)?.first() {
        return Err(twice(&there.number));
    }
    let items: Vec<String> = published(tx, &asked.row.items.get()?)?;
    let mut drawn = Drawn { consultation: Some(asked.row.id), owner: actor.id, ..Drawn::default_of(ArticleKind::Faq) };
    let probe = Article { consultation_id: Some(asked.row.id), ..probe(tx, &asked.center)? };
    let known = known(tx, &probe)?;
    let without = |text: &str| clean(text, &known).0;
    let answer = asked.details.answer.as_ref().map_or_else(|| OPEN.to_owned(), |a| without(&a.answer));
    drawn.content = ArticleContent {
        title: cut(&without(&asked.details.subject), 100),
        question: cut(&without(&asked.details.question), 500),
        body: answer,
        items,
        sources: vec![ArticleSource { kind: ArticleSourceKind::Consultation, name: "咨询".into(), number: asked.row.number.clone(), url: None }],
        ..drawn.content
    };
    let row = service::enter(tx, actor, &asked.center, drawn, None)?;
    let params = json!({ "number": row.number, "article_id": row.id });
    let event = NewEvent {
        record_kind: "consultation",
        record_id: asked.row.id,
        version: asked.row.version,
        kind: "consultation.drafted_article",
        audience: Audience::Staff,
        params,
        words: None,
    };
    events::record(tx, actor, event)?;
    views::view(tx, actor, row.id)
}

/// A row that is asked for whom its source names before it is made.
fn probe(tx: &Tx, center: &Center) -> Result<Article> {
    use crate::{db::Private, kernel::Moment, knowledge::machine::ArticleState};
    let never = Moment::NEVER;
    Ok(Article {
        id: Id::new(),
        number: String::new(),
        kind: ArticleKind::Faq,
        center_id: center.id,
        path: String::new(),
        department_id: None,
        owner_id: None,
        state: ArticleState::Draft,
        live: false,
        visibility: ArticleVisibility::Staff,
        title: String::new(),
        summary: String::new(),
        draft: None,
        published: None,
        published_version: None,
        published_at: None,
        valid_from: String::new(),
        valid_until: String::new(),
        precedent_id: None,
        consultation_id: None,
        item_id: None,
        record: Private::seal(tx.vault, &super::model::ArticleRecord::default())?,
        uses: 0,
        useful: 0,
        open_feedback: 0,
        version: 0,
        created_at: never,
        updated_at: never,
    })
}

/// Those of these items that are published.
fn published(tx: &mut Tx, ids: &[Id]) -> Result<Vec<String>> {
    let rows = catalogue::store::items_by_id(tx, ids)?;
    Ok(rows.into_iter().filter(|i| i.state == "published").map(|i| i.id.to_string()).collect())
}

/// Draws an article from a published precedent.
pub fn from_precedent(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ArticleView> {
    let gone = || Problem::not_found();
    let found = match target.reference.parse::<Id>() {
        Ok(id) => precedents::store::precedent(tx, id)?,
        Err(_) => precedents::store::precedent_by_number(tx, &target.reference.to_ascii_uppercase())?,
    };
    let row = found.filter(|p| p.public).ok_or_else(gone)?;
    let source = organization::load(tx, row.center_id)?;
    let center = drawing_center(tx, actor, source)?;
    may_draw(actor, &center)?;
    target.check(row.version)?;
    if let Some(there) = store::of_precedent(tx, row.id)?.iter().find(|a| a.center_id == center.id) {
        return Err(twice(&there.number));
    }
    let said = row.published.as_ref().map(crate::db::Json::get).transpose()?.ok_or_else(gone)?;
    let basis = match said.basis.is_empty() {
        true => String::new(),
        false => format!("\n\n## 依据\n\n{}", said.basis.iter().map(|b| format!("- {b}")).collect::<Vec<_>>().join("\n")),
    };
    let body = format!("{}\n\n## 处理过程\n\n{}\n\n## 结果\n\n{}{basis}", said.advice, said.handling, said.result);
    let items = published(tx, &said.items.iter().filter_map(|id| id.parse().ok()).collect::<Vec<Id>>())?;
    let drawn = Drawn { precedent: Some(row.id), owner: actor.id, ..Drawn::default_of(ArticleKind::Precedent) };
    let content = ArticleContent {
        title: said.title,
        question: cut(&said.problem, 500),
        summary: cut(&said.advice, 300),
        body: cut(&body, 20_000),
        keywords: said.keywords,
        items,
        sources: vec![ArticleSource { kind: ArticleSourceKind::Precedent, name: "案例".into(), number: row.number.clone(), url: None }],
        visibility: ArticleVisibility::Public,
        ..drawn.content
    };
    let made = service::enter(tx, actor, &center, Drawn { content, ..drawn }, None)?;
    views::view(tx, actor, made.id)
}

/// The drafts that were drawn from an item's guide.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DrawnArticles {
    /// Of the item.
    pub id: Id,
    /// Drafts, in the order of the guide.
    pub items: Vec<ArticleView>,
    /// Questions of the guide that an article was drawn from before.
    pub known: usize,
    /// Version of the item's guide.
    pub version: i64,
}

crate::versioned!(DrawnArticles);

/// Draws an article from each question of an item's guide that has none yet.
pub fn from_item(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<DrawnArticles> {
    let item = catalogue::published(tx, &target.reference)?.ok_or_else(Problem::not_found)?;
    let home = organization::center_of_division(tx, &item.division_code)?.ok_or_else(Problem::not_found)?;
    let center = drawing_center(tx, actor, home)?;
    may_draw(actor, &center)?;
    let there = store::of_item_guide(tx, item.id, center.id)?;
    let mut asked: Vec<String> = Vec::new();
    for row in &there {
        let draft = row.draft.as_ref().map(|d| d.open(tx.vault)).transpose()?;
        let live = row.published.as_ref().map(crate::db::Json::get).transpose()?;
        asked.extend(draft.into_iter().chain(live).map(|c| c.question));
    }
    let (mut made, mut known) = (Vec::new(), 0);
    for faq in &item.content.faq {
        if asked.contains(&faq.question) {
            known += 1;
            continue;
        }
        let drawn = Drawn { item: Some(item.id), owner: actor.id, ..Drawn::default_of(ArticleKind::Faq) };
        let content = ArticleContent {
            title: cut(&format!("{}：{}", item.content.name, faq.question), 100),
            question: faq.question.clone(),
            summary: cut(&faq.answer, 300),
            body: faq.answer.clone(),
            keywords: vec![cut(&item.content.name, 20)],
            items: vec![item.id.to_string()],
            sources: vec![ArticleSource { kind: ArticleSourceKind::Guide, name: cut(&item.content.name, 200), number: cut(&item.code, 100), url: None }],
            visibility: ArticleVisibility::Public,
            ..drawn.content
        };
        let row = service::enter(tx, actor, &center, Drawn { content, ..drawn }, None)?;
        made.push(views::view(tx, actor, row.id)?);
    }
    Ok(DrawnArticles { id: item.id, items: made, known, version: item.number })
}
