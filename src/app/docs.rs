//! Swagger UI's settings, and its page in the product's language.

use std::sync::{Arc, LazyLock};

use actix_web::{HttpResponse, http::header::ContentType};
use utoipa_swagger_ui::{Config, oauth, serve};

/// How Swagger UI shows the document.
pub fn swagger() -> Config<'static> {
    Config::with_oauth_config(["/openapi.json"], oauth::Config::new())
        .persist_authorization(true)
        .doc_expansion("none")
        .default_models_expand_depth(-1)
        .display_request_duration(true)
        .filter(true)
        .validator_url("none")
        .use_base_layout()
}

/// The library's own page, with a title and a language.
static PAGE: LazyLock<String> = LazyLock::new(|| {
    let file = serve("index.html", Arc::new(swagger())).ok().flatten();
    let page = file.map(|f| String::from_utf8_lossy(&f.bytes).into_owned()).unwrap_or_default();
    page.replace("<html lang=\"en\">", "<html lang=\"zh-CN\">").replace("<title>Swagger UI</title>", "<title>接力 jieli 接口文档</title>")
});

/// `/docs/`.
pub async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(PAGE.as_str())
}
