//! What every operation shares with others of its kind: who may call it, its headers, the problems it may answer.

use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder, Type,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    security::SecurityRequirement,
};

use crate::kernel::ErrorCode;

/// How an operation departs from what its path and its method say of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Asks by `POST` and changes nothing.
    Question,
    /// Its effect is its answer, such as a reveal: never tried, and never kept with a key.
    InEarnest,
    /// Does the same when it is done twice: takes no key.
    Repeatable,
    /// Takes a key though nobody signs in for it.
    Keyed,
    /// Stands in the hands of the applicant: whoever is signed in as staff is refused.
    OwnHands,
    /// Without sign-in, and refused in some states.
    Refusable,
    /// Without a body, and its parameters may make no sense together.
    Senseless,
    /// Public, but never kept by the caller.
    Live,
    /// Outside the API's path, but kept by the caller.
    Kept,
}

const MANNERS: &[(Manner, &[&str])] = &[
    (Manner::Question, &["search", "find_applicants", "compose_bundle", "resolve_routing", "try_hotline_mapping"]),
    (
        Manner::InEarnest,
        &[
            "reveal_entrustment",
            "reveal_consultation",
            "reveal_fallback_ticket",
            "reveal_hotline_caller",
            "make_signing_link",
            "create_client",
            "rotate_client_secret",
            "create_webhook",
            "rotate_webhook_secret",
        ],
    ),
    (Manner::Repeatable, &["upload_part", "advance_sandbox_clock", "reset_sandbox"]),
    (Manner::Keyed, &["rate_by_link", "rate_at_device"]),
    (
        Manner::OwnHands,
        &[
            "rate_by_link",
            "rate_by_code",
            "sign_by_link",
            "feedback_by_link",
            "get_evaluation_link_by_progress",
            "request_evaluation_code",
            "claim_by_rating_poster",
        ],
    ),
    (Manner::Refusable, &["upload_part", "get_signing_link", "sign_by_link", "request_evaluation_code", "rate_by_code"]),
    (Manner::Senseless, &["start_sign_in", "finish_sign_in"]),
    (
        Manner::Live,
        &[
            "get_evaluation_link",
            "get_evaluation_link_by_progress",
            "get_fallback_progress",
            "get_evaluation_link_qr_code",
            "get_rating_poster_qr_code",
            "list_device_ratings",
        ],
    ),
    (Manner::Kept, &["get_jwks", "get_authorization_server_metadata", "explain_problem", "list_sign_in_providers"]),
];

/// Adds to an operation what it shares with others of its path and method.
pub(super) fn share(path: &str, method: &str, operation: &mut Operation) {
    let id = operation.operation_id.clone().unwrap_or_default();
    let is = |manner: Manner| MANNERS.iter().any(|(m, ids)| *m == manner && ids.contains(&id.as_str()));
    let open = operation.security.is_some();
    if !open {
        let none: [&str; 0] = [];
        operation.security = Some(vec![SecurityRequirement::new("bearerAuth", none), SecurityRequirement::new("oauth2", none)]);
    }
    let by_device = operation.security.as_ref().is_some_and(|all| all.iter().any(|one| *one == SecurityRequirement::new("deviceToken", [""; 0])));
    let api = path.starts_with("/api/v1");
    let shape = Shape {
        api,
        open,
        by_device,
        with_id: path.contains('{'),
        with_body: operation.request_body.is_some(),
        bulk: operation.responses.responses.contains_key("207"),
        // Questions and one-time links take no key: nothing is made, or the state guards them.
        command: api
            && (!open || is(Manner::Keyed))
            && matches!(method, "POST" | "PUT" | "DELETE")
            && ![Manner::Question, Manner::InEarnest, Manner::Repeatable].into_iter().any(is),
        cached: open && method == "GET" && (api || is(Manner::Kept)) && !is(Manner::Live),
    };
    parameters(&shape, method, operation);
    answers(&shape, operation);
    let mut statuses = shape.statuses(method);
    let more = [(Manner::OwnHands, &[403][..]), (Manner::Refusable, &[409]), (Manner::Senseless, &[422]), (Manner::InEarnest, &[409, 412])];
    more.into_iter().filter(|(manner, _)| is(*manner)).for_each(|(_, of)| statuses.extend(of));
    if path == "/readyz" {
        statuses.push(503);
    }
    for status in statuses {
        let refused = || RefOr::Ref(Ref::from_response_name(response_name(status)));
        operation.responses.responses.entry(status.to_string()).or_insert_with(refused);
    }
}

/// What is known of an operation by its path, its method and its manner.
struct Shape {
    api: bool,
    open: bool,
    by_device: bool,
    with_id: bool,
    with_body: bool,
    bulk: bool,
    command: bool,
    cached: bool,
}

impl Shape {
    fn versioned(&self) -> bool {
        self.command && self.with_id && !self.open
    }

    /// With which problems it may answer.
    fn statuses(&self, method: &str) -> Vec<u16> {
        let rules: [(bool, &[u16]); 9] = [
            (true, &[429, 500]),
            (self.api || self.with_id, &[400]),
            (self.api, &[503]),
            (!self.open, &[401, 403]),
            (self.by_device, &[401, 404]),
            (self.with_id, &[404]),
            (self.with_body, &[408, 413, 415, 422]),
            (self.command, &[409]),
            // All or nothing: the first refusal is the answer.
            (self.bulk, &[404, 412]),
        ];
        let conditional = [(self.versioned(), &[412][..]), (self.command && method != "POST", &[428])];
        rules.into_iter().chain(conditional).filter(|(holds, _)| *holds).flat_map(|(_, of)| of.iter().copied()).collect()
    }
}

fn parameters(shape: &Shape, method: &str, operation: &mut Operation) {
    let mut add = |parameter: Parameter| operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
    if shape.command && method != "DELETE" {
        add(query_flag());
        add(text_header("Idempotency-Key", "幂等键：同一键重试得到同一答复", false));
    }
    if shape.versioned() {
        add(text_header("If-Match", "最近一次读取到的 ETag", method != "POST"));
    }
    if shape.cached {
        add(text_header("If-None-Match", "最近一次读取到的 ETag：没有变化时答复 304", false));
    }
}

fn answers(shape: &Shape, operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    if shape.command
        && let Some(made) = responses.get("201").or_else(|| responses.get("207")).cloned()
    {
        // With `dry_run` nothing is done.
        responses.insert("200".into(), made);
    }
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response {
            if shape.command && status.starts_with('2') {
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
    if shape.cached {
        responses.insert("304".into(), ResponseBuilder::new().description("没有变化").build().into());
    }
}

pub(super) fn response_name(status: u16) -> String {
    format!("Problem{status}")
}

pub(super) fn problem_response(status: u16) -> RefOr<utoipa::openapi::Response> {
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
