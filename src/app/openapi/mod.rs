//! Assembles the OpenAPI document from what is mounted, and adds what every operation shares: security, tags, errors.

mod finishing;
mod sharing;

use actix_web::App;
use utoipa::openapi::{
    InfoBuilder, LicenseBuilder, OpenApi, PathItem, RefOr, ServerBuilder,
    path::Operation,
    schema::Schema,
    security::{ApiKey, ApiKeyValue, ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityScheme},
    tag::TagBuilder,
};
use utoipa_actix_web::AppExt as _;

pub use self::finishing::to_json;
use self::sharing::{problem_response, response_name, share};
use crate::{
    config::Config,
    http::{ProblemDocument, shown::fields_parameter},
    kernel::ErrorCode,
};

const TAGS: &[(&str, &str)] = &[
    ("public", "公开查询：进度、评价链接、日历、代码表"),
    ("identity", "登录与令牌"),
    ("people", "人员与授权"),
    ("clients", "客户端与认证源：登记、批准、密钥、限额、用量"),
    ("centers", "服务中心"),
    ("catalogue", "事项目录与办事指南"),
    ("attachments", "附件：上传、断点续传、下载"),
    ("applicants", "申请人登记：查找、联系人、授权委托、合并重复"),
    ("entrustments", "代办帮办件：从收件到签收"),
    ("routing", "接力：判定、转办、联办、指定办理、催办"),
    ("forms", "文书：出具、签署、打印、校验"),
    ("appointments", "预约：窗口、时段、到场"),
    ("projects", "投资和建设项目：阶段、用时与预警"),
    ("assessments", "考评：考评办法、得分与计算过程、异议与复核、冻结"),
    ("supervision", "督办与监督：督办单、时限监督墙、部门履职情况、通报"),
    ("fallback", "“办不成事”反映（兜底）：登记、分类、协调、反馈与销号"),
    ("consultations", "咨询导办：登记、答复、转办、转为办件与评价"),
    ("hotline", "12345热线：工单的接收、签收、办理、回复、回访与代码映射"),
    ("knowledge", "知识库：条目、审核发布、检索与边输边查、反馈"),
    ("meetings", "会议：联席会议、并联审批会、前期辅导会及其决议"),
    ("precedents", "案例：公开查询、起草、审核公布、引用、纳入事项目录"),
    ("evaluations", "好差评"),
    ("statistics", "统计：口径、总览、趋势、分列、接力流向、图表、公开数据"),
    ("notices", "通知：我的消息、偏好、模板、发送记录"),
    ("ledgers", "台账：把任一列表导出为表格"),
    ("events", "事件：拉取、实时、订阅推送（CloudEvents、Standard Webhooks、AsyncAPI）"),
    ("operations", "运行维护"),
];

/// The document, from the code.
pub fn document() -> OpenApi {
    let (_, mut api) = App::new().into_utoipa_app().configure(super::mount).split_for_parts();
    api.info = InfoBuilder::new()
        .title("jieli API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "接力：政务服务代办帮办开放后端。全部操作以 JSON 提交和答复；错误为 application/problem+json，逐项指出不正确的字段。\n\n\
             写操作可带 Idempotency-Key 安全重试，可带 If-Match 防止覆盖他人的修改，可加 ?dry_run=true 试运行。",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    api.servers = Some(vec![ServerBuilder::new().url("/").description(Some("提供本文档的服务（local or production）")).build()]);
    api.tags = Some(TAGS.iter().map(|(name, doc)| TagBuilder::new().name(*name).description(Some(*doc)).build()).collect());
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("bearerAuth", SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("at+jwt").build()));
    let device = ApiKey::Header(ApiKeyValue::new("X-Device-Token"));
    components.add_security_scheme("deviceToken", SecurityScheme::ApiKey(device));
    let flows = [
        Flow::Password(Password::with_refresh_url("/oauth2/token", Scopes::new(), "/oauth2/token")),
        Flow::ClientCredentials(ClientCredentials::new("/oauth2/token", Scopes::new())),
    ];
    components.add_security_scheme("oauth2", SecurityScheme::OAuth2(OAuth2::new(flows)));
    let (name, schema) = (<ProblemDocument as utoipa::ToSchema>::name(), <ProblemDocument as utoipa::PartialSchema>::schema());
    components.schemas.insert(name.into_owned(), schema);
    let mut inner = Vec::new();
    <ProblemDocument as utoipa::ToSchema>::schemas(&mut inner);
    components.schemas.extend(inner);
    for code in ErrorCode::ALL {
        components.responses.insert(response_name(code.status()), problem_response(code.status()));
    }
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            if method == "GET" && answers_records(operation, components) {
                operation.parameters.get_or_insert_default().push(RefOr::T(fields_parameter()));
            }
            share(path, method, operation);
        }
    }
    api
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [("GET", item.get.as_mut()), ("PUT", item.put.as_mut()), ("POST", item.post.as_mut()), ("DELETE", item.delete.as_mut())]
        .into_iter()
        .filter_map(|(m, o)| o.map(|o| (m, o)))
}

/// The methods of a path.
pub fn methods(item: &PathItem) -> Vec<String> {
    [("GET", item.get.is_some()), ("PUT", item.put.is_some()), ("POST", item.post.is_some()), ("DELETE", item.delete.is_some())]
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(m, _)| m.to_owned())
        .collect()
}

/// Whether an operation answers a record or a list of them: both take `fields`.
fn answers_records(operation: &Operation, components: &utoipa::openapi::Components) -> bool {
    let Some(RefOr::T(ok)) = operation.responses.responses.get("200") else { return false };
    let Some(RefOr::T(content)) = ok.content.get("application/json") else { return false };
    let Some(RefOr::Ref(schema)) = &content.schema else { return false };
    let name = schema.ref_location.rsplit('/').next().unwrap_or_default();
    name.starts_with("Page_") || components.schemas.get(name).is_some_and(|schema| versioned(schema, components))
}

/// Whether a schema, or a part that it is made of, has a version.
fn versioned(schema: &RefOr<Schema>, components: &utoipa::openapi::Components) -> bool {
    match schema {
        RefOr::Ref(part) => part.ref_location.rsplit('/').next().and_then(|name| components.schemas.get(name)).is_some_and(|s| versioned(s, components)),
        RefOr::T(Schema::Object(o)) => o.properties.contains_key("version"),
        RefOr::T(Schema::AllOf(all)) => all.items.iter().any(|part| versioned(part, components)),
        RefOr::T(_) => false,
    }
}

/// The document as a server serves it: a demo lists its accounts.
pub fn served(mut api: OpenApi, config: &Config) -> OpenApi {
    if !config.accounts.is_empty() {
        let text = api.info.description.get_or_insert_default();
        text.push_str("\n\n**演示账号**（口令均为 `jieli-demo-2026`，点 Authorize 用 oauth2 password 登录）：\n\n");
        for (login, title) in &config.accounts {
            text.push_str(&format!("- `{login}` {title}\n"));
        }
    }
    api
}

/// The day of examples that must lie ahead; a demo shows the next working day instead.
const EXAMPLE_DAY: &str = "2026-12-01T";

/// The document with examples that lie ahead.
pub fn dated(text: &str, day: chrono::NaiveDate) -> String {
    text.replace(EXAMPLE_DAY, &format!("{day}T"))
}
