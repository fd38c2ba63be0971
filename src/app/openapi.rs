//! Assembles the OpenAPI document from what is mounted, and adds what every operation shares: security, tags, errors.

use actix_web::App;
use serde_json::{Value, json};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Required, ResponseBuilder, ServerBuilder, Type,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    schema::Schema,
    security::{ApiKey, ApiKeyValue, ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};
use utoipa_actix_web::AppExt as _;

use crate::{
    config::Config,
    http::{ProblemDocument, shape::without_null, shown::fields_parameter},
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

/// For each operation: who calls it, with which path and body, on the demo's data as it stands. A test plays them all.
const EXAMPLES: &str = include_str!("../../openapi/examples.json");

fn exemplify(document: &mut Value) {
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let Some(paths) = document.pointer_mut("/paths").and_then(Value::as_object_mut) else { return };
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(example) = examples.get(&id) else { continue };
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let given = if name == "If-Match" { example.get("if_match") } else { example.pointer(&format!("/path/{name}")) };
            if let (Some(value), Some(parameter)) = (given, parameter.as_object_mut()) {
                parameter.insert("example".into(), value.clone());
            }
        }
        let who = example.get("as").and_then(Value::as_str).unwrap_or_default();
        let content = operation.pointer_mut("/requestBody/content/application~1json").and_then(Value::as_object_mut);
        if let (Some(content), Some(body)) = (content, example.get("body")) {
            match example.get("more").and_then(Value::as_object) {
                None => content.insert("example".into(), body.clone()),
                Some(more) => {
                    let own = std::iter::once((format!("示例（{who}）"), body.clone()));
                    let all = own.chain(more.clone()).map(|(name, value)| (name, serde_json::json!({ "value": value })));
                    content.insert("examples".into(), Value::Object(all.collect()))
                }
            };
        }
        let operation_is_form = operation.pointer("/requestBody/content/multipart~1form-data").is_some();
        if !who.is_empty()
            && let Some(Value::String(text)) = operation.get_mut("description")
        {
            let ready = if operation_is_form { "选择文件后执行" } else { "示例可直接执行" };
            text.push_str(&format!("\n\n演示：以 `{who}` 登录，{ready}。"));
        }
    }
}

fn response_name(status: u16) -> String {
    format!("Problem{status}")
}

fn problem_response(status: u16) -> RefOr<utoipa::openapi::Response> {
    let titles: Vec<String> = ErrorCode::ALL.iter().filter(|c| c.status() == status).map(|c| format!("{}（{}）", c.title().zh, c.code())).collect();
    let example = ErrorCode::ALL.iter().find(|c| c.status() == status).map(|c| {
        serde_json::json!({
            "type": format!("/problems/{}", c.code()), "title": c.title().zh, "status": status, "detail": c.help().zh,
            "instance": "/api/v1/entrustments", "code": c.code(), "request_id": "0193f2f4-7c00-7000-8000-00000000000a",
        })
    });
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDocument"))).example(example).build();
    let mut response = ResponseBuilder::new().description(titles.join("；")).content("application/problem+json", content);
    for (name, doc) in common_headers() {
        response = response.header(name, header(doc));
    }
    if matches!(status, 429 | 503) {
        response = response.header("Retry-After", header("多少秒后重试"));
    }
    response.build().into()
}

fn common_headers() -> [(&'static str, &'static str); 3] {
    [
        ("Access-Control-Allow-Origin", "允许的来源（按配置）"),
        ("RateLimit", "剩余次数（draft-ietf-httpapi-ratelimit-headers）"),
        ("RateLimit-Policy", "限流规则"),
    ]
}

fn header(doc: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String).build())).description(Some(doc)).build()
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

fn share(path: &str, method: &str, operation: &mut Operation) {
    let open = operation.security.is_some();
    if !open {
        let none: [&str; 0] = [];
        operation.security = Some(vec![SecurityRequirement::new("bearerAuth", none), SecurityRequirement::new("oauth2", none)]);
    }
    let api = path.starts_with("/api/v1");
    let with_body = operation.request_body.is_some();
    let with_id = path.contains('{');
    // Questions and one-time links take no key: nothing is made, or the state guards them.
    let command = api
        && (!open || matches!(operation.operation_id.as_deref(), Some("rate_by_link" | "rate_at_device")))
        && matches!(method, "POST" | "PUT" | "DELETE")
        && !matches!(
            operation.operation_id.as_deref(),
            Some(
                "search"
                    | "find_applicants"
                    | "compose_bundle"
                    | "resolve_routing"
                    | "try_hotline_mapping"
                    | "reveal_entrustment"
                    | "reveal_consultation"
                    | "reveal_fallback_ticket"
                    | "reveal_hotline_caller"
                    | "make_signing_link"
                    | "upload_part"
                    | "create_client"
                    | "rotate_client_secret"
                    | "advance_sandbox_clock"
                    | "reset_sandbox"
            )
        );
    if operation.operation_id.as_deref() == Some("upload_part") {
        operation.responses.responses.insert("409".into(), RefOr::Ref(Ref::from_response_name(response_name(409))));
    }
    let reveals = operation.operation_id.as_deref().is_some_and(|id| id.starts_with("reveal_"));
    let with_effect = reveals || matches!(operation.operation_id.as_deref(), Some("make_signing_link" | "create_client" | "rotate_client_secret"));
    let mut add = |parameter: Parameter| operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
    let removal = method == "DELETE";
    if command {
        if !removal {
            add(query_flag());
            add(text_header("Idempotency-Key", "幂等键：同一键重试得到同一答复", false));
        }
        if with_id && !open {
            add(text_header("If-Match", "最近一次读取到的 ETag", method != "POST"));
        }
    }
    let mut statuses: Vec<u16> = vec![429, 500];
    if api || with_id {
        statuses.push(400);
    }
    if api {
        statuses.push(503);
    }
    let by_device = operation.security.as_ref().is_some_and(|all| all.iter().any(|one| *one == SecurityRequirement::new("deviceToken", [""; 0])));
    if !open {
        statuses.extend([401, 403]);
    }
    if by_device {
        statuses.push(401);
    }
    // A link is the applicant's; whoever is signed in as staff is refused.
    let by_own_hands = [
        "rate_by_link",
        "rate_by_code",
        "sign_by_link",
        "feedback_by_link",
        "get_evaluation_link_by_progress",
        "request_evaluation_code",
        "claim_by_rating_poster",
    ];
    if operation.operation_id.as_deref().is_some_and(|id| by_own_hands.contains(&id)) {
        statuses.push(403);
    }
    if with_id || by_device {
        statuses.push(404);
    }
    if with_body {
        statuses.extend([408, 413, 415, 422]);
    }
    if command {
        statuses.push(409);
    }
    if operation.responses.responses.contains_key("207") {
        // All or nothing: the first refusal is the answer.
        statuses.extend([404, 412]);
    }
    if matches!(operation.operation_id.as_deref(), Some("get_signing_link" | "sign_by_link" | "request_evaluation_code" | "rate_by_code")) {
        statuses.push(409);
    }
    if matches!(operation.operation_id.as_deref(), Some("start_sign_in" | "finish_sign_in")) {
        statuses.push(422);
    }
    if with_effect {
        statuses.extend([409, 412]);
    }
    if command && let Some(made) = operation.responses.responses.get("201").or_else(|| operation.responses.responses.get("207")).cloned() {
        // With `dry_run` nothing is done.
        operation.responses.responses.insert("200".into(), made);
    }
    if command && with_id && !open {
        statuses.push(412);
    }
    if command && method != "POST" {
        statuses.push(428);
    }
    if path == "/readyz" {
        statuses.push(503);
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            if command && status.starts_with('2') {
                response.headers.insert("ETag".into(), RefOr::T(header("记录的版本，用于 If-Match")));
                response.headers.insert("Idempotency-Replayed".into(), RefOr::T(header("true 表示重放了首次的答复")));
            }
            if status == "201" {
                response.headers.insert("Location".into(), RefOr::T(header("新记录的地址")));
            }
            for (name, doc) in common_headers() {
                response.headers.insert(name.into(), RefOr::T(header(doc)));
            }
        }
    }
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let cached =
        open && method == "GET" && (api || matches!(id, "get_jwks" | "get_authorization_server_metadata" | "explain_problem" | "list_sign_in_providers"));
    if cached
        && !matches!(
            id,
            "get_evaluation_link"
                | "get_evaluation_link_by_progress"
                | "get_fallback_progress"
                | "get_evaluation_link_qr_code"
                | "get_rating_poster_qr_code"
                | "list_device_ratings"
        )
    {
        operation.parameters.get_or_insert_default().push(RefOr::T(text_header("If-None-Match", "最近一次读取到的 ETag：没有变化时答复 304", false)));
        operation.responses.responses.insert("304".into(), ResponseBuilder::new().description("没有变化").build().into());
    }
    for status in statuses {
        let name = status.to_string();
        operation.responses.responses.entry(name).or_insert_with(|| RefOr::Ref(Ref::from_response_name(response_name(status))));
    }
}

fn query_flag() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(false.into())).build();
    ParameterBuilder::new()
        .name("dry_run")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some("试运行：校验并鉴权，不产生任何变化"))
        .schema(Some(schema))
        .build()
}

fn text_header(name: &str, doc: &str, required: bool) -> Parameter {
    let (pattern, max, example) = if name == "If-None-Match" {
        // A list and `*` are allowed too (RFC 9110 §13.1.2); what cannot be read is no match.
        ("^[ -~]{1,1000}$", 1000, "\"1\"")
    } else if name == "If-Match" {
        ("^\"[0-9]{1,18}\"$", 20, "\"1\"")
    } else {
        ("^[!-~]{1,255}$", 255, "3f1c5a52-0a11-4a3e-9c39-000000000001")
    };
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).max_length(Some(max)).examples([example]).build();
    let required = if required { Required::True } else { Required::False };
    ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(required).description(Some(doc)).schema(Some(schema)).build()
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

/// What is no JSON is bytes and not a list of numbers: clients upload and save it as it is.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Object(content)) = fields.get_mut("content") {
                for (_, media) in content.iter_mut().filter(|(name, _)| !name.contains("json")) {
                    if let Some(schema) = media.get_mut("schema").filter(|s| s.get("type").and_then(Value::as_str) == Some("array")) {
                        *schema = json!({ "type": "string", "format": "binary", "maxLength": 1_073_741_824 });
                    }
                }
            }
            // What stands where a field is left out is nothing, and no value of the field.
            if fields.contains_key("type") && fields.get("default").is_some_and(|d| d.is_null() || d == "") {
                fields.remove("default");
            }
            fields.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Pretty JSON with a final newline, with a bound on whatever the types leave open: a client may size its buffers by it.
pub fn to_json(api: &OpenApi) -> String {
    let mut value = serde_json::to_value(api).unwrap_or_default();
    bound(&mut value);
    tidy(&mut value);
    if let Some(server) = value.pointer_mut("/servers/0").and_then(Value::as_object_mut) {
        server.insert("x-internal".into(), Value::Bool(false));
    }
    if let Some(schemes) = value.pointer_mut("/components/securitySchemes").and_then(Value::as_object_mut) {
        let docs = [
            ("bearerAuth", "访问令牌 at+jwt（RFC9068），EdDSA 签名，按 RFC8725 校验，15 分钟有效。"),
            ("deviceToken", "大厅平板的令牌：登记设备时显示一次，停用后失效。"),
            ("oauth2", "在 /oauth2/token 取得令牌（RFC6749、RFC8725）：人员用 password，机器客户端用 client_credentials，续期用 refresh_token。"),
        ];
        for (name, doc) in docs {
            if let Some(scheme) = schemes.get_mut(name).and_then(Value::as_object_mut) {
                scheme.insert("description".into(), doc.into());
            }
        }
        if let Some(flow) = schemes.get_mut("oauth2").and_then(|s| s.pointer_mut("/flows/clientCredentials")).and_then(Value::as_object_mut) {
            flow.insert("refreshUrl".into(), "/oauth2/token".into());
        }
    }
    without_null(&mut value);
    exemplify(&mut value);
    prune(&mut value);
    relax_bodies(&mut value);
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// A body of which nothing is required may be left out.
fn relax_bodies(value: &mut Value) {
    let schemas = value.pointer("/components/schemas").cloned().unwrap_or_default();
    let Some(paths) = value.pointer_mut("/paths").and_then(Value::as_object_mut) else { return };
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        let reference = operation.pointer("/requestBody/content/application~1json/schema/$ref").and_then(Value::as_str);
        let name = reference.and_then(|r| r.rsplit('/').next()).unwrap_or_default().to_owned();
        let needs = schemas.get(&name).is_some_and(|s| s.get("required").is_some());
        if !needs && let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) {
            body.insert("required".into(), Value::Bool(name.is_empty()));
        }
    }
}

/// Drops components that nothing refers to; what only they referred to goes with them.
fn prune(value: &mut Value) {
    loop {
        let mut used = std::collections::BTreeSet::new();
        refs(value, &mut used);
        let mut dropped = false;
        for kind in ["schemas", "responses"] {
            if let Some(map) = value.pointer_mut(&format!("/components/{kind}")).and_then(Value::as_object_mut) {
                let before = map.len();
                map.retain(|name, _| used.contains(&format!("#/components/{kind}/{name}")));
                dropped |= map.len() < before;
            }
        }
        if !dropped {
            return;
        }
    }
}

fn refs(value: &Value, used: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|v| refs(v, used)),
        Value::Object(map) => {
            used.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|v| refs(v, used));
        }
        _ => {}
    }
}

fn bound(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(bound),
        Value::Object(map) => {
            // A stream has no end that could be told: the largest number stands for it.
            if let Some(schema) = map.get_mut("text/event-stream").and_then(|content| content.get_mut("schema")) {
                schema["maxLength"] = 9_007_199_254_740_991_i64.into();
            }
            map.iter_mut().filter(|(key, _)| !matches!(key.as_str(), "example" | "examples" | "enum")).for_each(|(_, v)| bound(v));
            let is = |name: &str| match map.get("type") {
                Some(Value::String(t)) => t == name,
                Some(Value::Array(types)) => types.iter().any(|t| t == name),
                _ => false,
            };
            let (text, list, number) = (is("string"), is("array"), is("integer"));
            let named = map.contains_key("enum") || map.contains_key("const");
            if text && !named {
                let longest = match map.get("format").and_then(Value::as_str) {
                    Some("uuid") => 36,
                    Some("date") => 10,
                    Some("date-time") => 40,
                    _ => 20_000,
                };
                map.entry("maxLength").or_insert(longest.into());
            }
            if list {
                map.entry("maxItems").or_insert(1_000.into());
            }
            if number {
                let wide = map.entry("format").or_insert("int64".into()) == "int64";
                map.entry("minimum").or_insert(0.into());
                map.entry("maximum").or_insert(if wide { 9_007_199_254_740_991_i64.into() } else { i32::MAX.into() });
            }
        }
        _ => {}
    }
}
