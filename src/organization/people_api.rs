//! People and grants.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    api::CENTER,
    grants::{self, GrantView, NewGrant},
    people::{self, Colleague, NewPerson, PersonView},
};
use crate::{
    auth::{
        passwords::{Cost, hash_async},
        policy,
    },
    http::{Answer, Ask, Body, Command, Empty, Expand, Expands, Expansion, Filter, FilterKind, List, ListKind, Relation, named, shape::knows},
    kernel::{ErrorCode, Page, Problem},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(me).service(list).service(fetch).service(create).service(disable).service(unlock);
    cfg.service(list_grants).service(fetch_grant).service(propose).service(approve).service(refuse).service(revoke);
}

/// People, where a record leads to one.
pub static PERSON: Expansion = Expansion {
    schema: "Colleague",
    show: |tx, actor, ids| named(people::colleagues(tx, actor, ids)?, |p| p.id.to_string()),
    knows: knows::<Colleague>,
    relations: &[Relation { name: "center", key: "/center_id", target: &CENTER }],
};

/// What a person leads to.
pub struct OfPerson;
impl Expands for OfPerson {
    const RELATIONS: &'static [Relation] = PERSON.relations;
}

/// What a grant leads to.
pub struct OfGrant;
impl Expands for OfGrant {
    const RELATIONS: &'static [Relation] = &[Relation { name: "user", key: "/user_id", target: &PERSON }];
}

/// The list of people.
pub struct People;
impl ListKind for People {
    const FILTERS: &'static [Filter] = &[Filter { name: "center_id", kind: FilterKind::Id, doc: "所在中心" }];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// The list of grants.
pub struct Grants;
impl ListKind for Grants {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| vec!["proposed", "active", "refused", "revoked"]), doc: "状态" },
        Filter { name: "user_id", kind: FilterKind::Id, doc: "人员" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// 我的账号（me）
///
/// 当前登录人的账号和岗位；由门户代表的申请人另有实名等级（assurance_level）和签署所需的等级（signing_level）。
#[utoipa::path(tag = "identity", operation_id = "get_me", params(Expand<OfPerson>), responses((status = 200, description = "本人", body = PersonView)))]
#[get("/me")]
async fn me(ask: Ask) -> Answer {
    ask.expanding::<OfPerson>()
        .get(|tx, actor, _| match (actor.kind, actor.id) {
            ("user", Some(id)) => people::myself(tx, actor, id),
            _ => Err(Problem::of(ErrorCode::Forbidden).into()),
        })
        .await
}

/// 查询人员（users）
///
/// 在本人可见的中心范围内列出工作人员。
#[utoipa::path(tag = "people", operation_id = "list_users", params(List<People>, Expand<OfPerson>), responses((status = 200, description = "一页人员", body = Page<PersonView>)))]
#[get("/users")]
async fn list(ask: Ask, asked: List<People>) -> Answer {
    ask.expanding::<OfPerson>()
        .list(asked.query, |tx, actor, q| {
            let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
            let rows = people::people(tx, actor, &q.ids("center_id"), after, i64::try_from(q.limit + 1).unwrap_or(201))?;
            Ok(Page::cut(rows, q.limit, tx.vault, |p| q.cursor_of(String::new(), p.id.to_string())))
        })
        .await
}

/// 查看人员（user）
///
/// 一名工作人员及其现有岗位。
#[utoipa::path(tag = "people", operation_id = "get_user", params(("id" = String, Path, description = "人员 id", max_length = 100), Expand<OfPerson>), responses((status = 200, description = "人员", body = PersonView)))]
#[get("/users/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfPerson>().get(people::person).await
}

/// 新增人员（create user）
///
/// 新建账号，不带任何岗位；岗位由 grants 提出并经另一人批准。
#[utoipa::path(tag = "people", operation_id = "create_user", request_body = NewPerson, responses((status = 201, description = "新人员", body = PersonView)))]
#[post("/users")]
async fn create(command: Command, body: Body<NewPerson>) -> Answer {
    let command = command.admit(|actor| policy::may(actor, "person", "create")).await?;
    let config = command.config();
    let cost = Cost { memory: config.argon2_memory_kib, passes: config.argon2_passes };
    let hash = hash_async(body.value.password.clone(), cost).await;
    command.create("/api/v1/users", body, move |tx, actor, _, new| people::add_person(tx, actor, new, &hash)).await
}

/// 停用账号（disable user）
///
/// 立即生效：会话终止，令牌失效。
#[utoipa::path(tag = "people", operation_id = "disable_user", params(("id" = String, Path, description = "人员 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "人员", body = PersonView)))]
#[post("/users/{id}/disable")]
async fn disable(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| people::disable(tx, actor, target)).await
}

/// 解锁账号（unlock user）
///
/// 由安全管理员解除口令锁定或恢复停用的账号。
#[utoipa::path(tag = "people", operation_id = "unlock_user", params(("id" = String, Path, description = "人员 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "人员", body = PersonView)))]
#[post("/users/{id}/unlock")]
async fn unlock(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| people::unlock(tx, actor, target)).await
}

/// 查询授权（grants）
///
/// 列出岗位授权及其状态。
#[utoipa::path(tag = "people", operation_id = "list_grants", params(List<Grants>, Expand<OfGrant>), responses((status = 200, description = "一页授权", body = Page<GrantView>)))]
#[get("/grants")]
async fn list_grants(ask: Ask, asked: List<Grants>) -> Answer {
    ask.expanding::<OfGrant>()
        .list(asked.query, |tx, actor, q| {
            let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
            let user = q.ids("user_id").first().copied();
            let rows = grants::grants(tx, actor, &q.all("state"), user, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
            Ok(Page::cut(rows, q.limit, tx.vault, |g| q.cursor_of(String::new(), g.id.to_string())))
        })
        .await
}

/// 查看授权（grant）
///
/// 一项岗位授权。
#[utoipa::path(tag = "people", operation_id = "get_grant", params(("id" = String, Path, description = "授权 id", max_length = 100), Expand<OfGrant>), responses((status = 200, description = "授权", body = GrantView)))]
#[get("/grants/{id}")]
async fn fetch_grant(ask: Ask) -> Answer {
    ask.expanding::<OfGrant>().get(grants::one_grant).await
}

/// 提出授权（propose grant）
///
/// 为人员提出岗位授权；须由另一名安全管理员批准后生效。
#[utoipa::path(tag = "people", operation_id = "propose_grant", request_body = NewGrant, responses((status = 201, description = "待批准的授权", body = GrantView)))]
#[post("/grants")]
async fn propose(command: Command, body: Body<NewGrant>) -> Answer {
    command.create("/api/v1/grants", body, |tx, actor, _, new| grants::propose(tx, actor, new)).await
}

/// 批准授权（approve grant）
///
/// 批准人不得是提出人或被授权人。
#[utoipa::path(tag = "people", operation_id = "approve_grant", params(("id" = String, Path, description = "授权 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "授权", body = GrantView)))]
#[post("/grants/{id}/approve")]
async fn approve(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| grants::decide(tx, actor, target, "approve")).await
}

/// 否决授权（refuse grant）
///
/// 否决尚未批准的授权。
#[utoipa::path(tag = "people", operation_id = "refuse_grant", params(("id" = String, Path, description = "授权 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "授权", body = GrantView)))]
#[post("/grants/{id}/refuse")]
async fn refuse(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| grants::decide(tx, actor, target, "refuse")).await
}

/// 撤销授权（revoke grant）
///
/// 立即收回已生效的岗位。
#[utoipa::path(tag = "people", operation_id = "revoke_grant", params(("id" = String, Path, description = "授权 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "授权", body = GrantView)))]
#[post("/grants/{id}/revoke")]
async fn revoke(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| grants::decide(tx, actor, target, "revoke")).await
}
