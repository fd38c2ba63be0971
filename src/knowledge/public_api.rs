//! What everybody reads of the knowledge base, without a login and kept by caches.

use actix_web::get;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    api::{LiveArticles, SearchParams, SuggestParams, checked},
    finding::{self, Asker, KnowledgeHits, KnowledgeSuggestions, PrecedentArticles, Wanted},
    views::{self, ArticleBrief, PublicArticle},
};
use crate::{
    http::{Answer, List, Params, Public},
    kernel::Page,
};

/// So many seconds caches keep what is public.
const KEPT: u32 = 60;

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(suggest).service(search).service(browse).service(fetch).service(of_item).service(of_precedent);
}

/// 公开知识边输边查（public type-ahead）
///
/// 公开。与 /knowledge/suggest 相同，只给出公开的条目；未指明中心的不限中心。
#[utoipa::path(tag = "public", operation_id = "suggest_public_knowledge", security(()), params(SuggestParams), responses((status = 200, description = "至多十条", body = KnowledgeSuggestions)))]
#[get("/public-knowledge-suggestions")]
async fn suggest(public: Public, params: Params<SuggestParams>) -> Answer {
    let SuggestParams { q, center } = params.0;
    checked(&q, center.as_ref(), None)?;
    let find = move |tx: &mut crate::db::Tx, _: &str| {
        let asker = Asker::public(tx, center.as_deref())?;
        finding::suggest_to(tx, &asker, &q)
    };
    public.view(KEPT, find).await
}

/// 检索公开知识（public search）
///
/// 公开。中文全文检索公开的条目，近的在前，命中的字词标出。
#[utoipa::path(tag = "public", operation_id = "search_public_knowledge", security(()), params(SearchParams), responses((status = 200, description = "至多五十条", body = KnowledgeHits)))]
#[get("/public-knowledge-search")]
async fn search(public: Public, params: Params<SearchParams>) -> Answer {
    let SearchParams { q, center, kind, item } = params.0;
    checked(&q, center.as_ref(), item.as_ref())?;
    let find = move |tx: &mut crate::db::Tx, _: &str| {
        let asker = Asker::public(tx, center.as_deref())?;
        finding::search_for(tx, &asker, &Wanted { q: q.clone(), kinds: kind.into_iter().collect(), item: item.clone() })
    };
    public.view(KEPT, find).await
}

/// 公开知识（public articles）
///
/// 公开。当前有效的公开条目，新的在前。
#[utoipa::path(tag = "public", operation_id = "list_public_knowledge", security(()), params(List<LiveArticles>), responses((status = 200, description = "一页条目", body = Page<ArticleBrief>)))]
#[get("/public-knowledge")]
async fn browse(public: Public, asked: List<LiveArticles>) -> Answer {
    let find = |tx: &mut crate::db::Tx, q: &crate::kernel::ListQuery| {
        let asker = Asker::public(tx, None)?;
        finding::browse(tx, &asker, q)
    };
    public.list(asked.query, KEPT, find).await
}

/// 查看公开知识（public article）
///
/// 公开。路径中可用 id，也可用编号。
#[utoipa::path(tag = "public", operation_id = "get_public_knowledge", security(()), params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), responses((status = 200, description = "条目", body = PublicArticle)))]
#[get("/public-knowledge/{id}")]
async fn fetch(public: Public) -> Answer {
    public.fetch(KEPT, views::public).await
}

/// 事项的知识（knowledge about an item）
///
/// 公开。与某一事项有关的公开条目，新的在前。
#[utoipa::path(tag = "public", operation_id = "list_item_knowledge", security(()), params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001"), List<LiveArticles>), responses((status = 200, description = "一页条目", body = Page<ArticleBrief>)))]
#[get("/service-items/{id}/knowledge")]
async fn of_item(public: Public, asked: List<LiveArticles>) -> Answer {
    public.list_of(asked.query, KEPT, finding::of_item).await
}

/// 案例的知识（articles drawn from a precedent）
///
/// 公开。由某一案例形成、当前有效的公开条目。
#[utoipa::path(tag = "public", operation_id = "list_precedent_knowledge", security(()), params(("id" = String, Path, description = "案例 id 或编号", max_length = 100)), responses((status = 200, description = "条目", body = PrecedentArticles)))]
#[get("/precedents/{id}/knowledge")]
async fn of_precedent(public: Public) -> Answer {
    public.fetch(KEPT, finding::of_precedent).await
}
