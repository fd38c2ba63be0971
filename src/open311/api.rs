//! GeoReport v2 over HTTP: one resource, because the standard puts the format into the path.

use actix_web::{HttpRequest, HttpResponse, http::Method, http::StatusCode, http::header, web};

use super::{
    filing,
    media::Media,
    reading::{self, Asked},
    services, updates,
    wire::{Fault, Fields, Format, Tree},
};
use crate::{
    db::{Db, Error, Outcome, Tx},
    http::{State, edge::RequestId},
};

/// Mounts the standard's paths.
pub fn mount(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/open311/v2/{path:.*}").to(answer));
}

/// The most that a form may hold.
const BODY: usize = 8_388_608;

/// Answers whatever is asked, in the format that was asked for.
async fn answer(request: HttpRequest, body: web::Payload, state: web::Data<State>, path: web::Path<String>) -> HttpResponse {
    let accept = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let Some((name, format)) = Format::of(path.trim_end_matches('/'), accept) else {
        return write(&Fault::new(406, "格式应为 xml 或 json（the format is xml or json）").tree(), 406, Format::Xml);
    };
    let done = match body.to_bytes_limited(BODY).await {
        Ok(Ok(bytes)) => run(&request, &state, &name, bytes).await,
        Ok(Err(_)) => Err(Fault::new(400, "请求体没有完整到达（the body did not arrive whole）")),
        Err(_) => Err(Fault::new(413, "提交内容过大（payload too large）")),
    };
    match done {
        Ok((status, tree)) => write(&tree, status, format),
        Err(fault) => write(&fault.tree(), fault.code, format),
    }
}

fn write(tree: &Tree, status: u16, format: Format) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST));
    if status == 503 {
        response.insert_header((header::RETRY_AFTER, "1"));
    }
    if status == 405 {
        response.insert_header((header::ALLOW, "GET, HEAD, POST"));
    }
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type(format.content_type()).body(tree.write(format))
}

async fn run(request: &HttpRequest, state: &web::Data<State>, name: &str, body: web::Bytes) -> Result<(u16, Tree), Fault> {
    let posted = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => return Err(Fault::new(405, "不支持的请求方法（method not allowed）")),
    };
    let query = Fields::read(request.query_string())?;
    let typed = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = typed.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut uploads = Vec::new();
    let fields = match kind.as_str() {
        _ if !posted || body.is_empty() => Fields::default(),
        "multipart/form-data" => {
            let boundary = typed.split("boundary=").nth(1).map(|b| b.split(';').next().unwrap_or_default().trim().trim_matches('"'));
            let boundary = boundary.filter(|b| (1..=70).contains(&b.len())).ok_or_else(|| Fault::new(400, "表单不完整（the form is malformed）"))?;
            let (fields, files) = Fields::read_parts(&body, boundary)?;
            uploads = files;
            fields
        }
        "application/x-www-form-urlencoded" => {
            Fields::read(std::str::from_utf8(&body).map_err(|_| Fault::new(400, "请求体应为 UTF-8（the body must be UTF-8）"))?)?
        }
        _ => return Err(Fault::new(415, "请以 application/x-www-form-urlencoded 提交（send a form）")),
    };
    let fields = fields.and(query);
    let request_id = RequestId::of(request);
    let parts: Vec<String> = name.split('/').map(|p| percent_encoding::percent_decode_str(p).decode_utf8_lossy().into_owned()).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (db, base) = (&state.db, state.config.public_url.clone());
    match (posted, parts.as_slice()) {
        (false, ["discovery"]) => Ok((200, services::discovery(&state.config.public_url, "12345", state.config.demo))),
        (true, ["requests"]) => {
            let media = Media::take(db, &state.blobs, &fields, uploads).await?;
            let files = media.clone();
            let done = wrote(db, move |tx| filing::file(tx, &fields, &files, &request_id)).await;
            media.settle(&state.blobs).await;
            done
        }
        (true, ["servicerequestupdates"]) => {
            let media = Media::take(db, &state.blobs, &fields, uploads).await?;
            let files = media.clone();
            let done = wrote(db, move |tx| updates::add(tx, &fields, &files, &request_id)).await;
            media.settle(&state.blobs).await;
            done
        }
        (false, ["services"]) => {
            // They are the same everywhere; a center that is named must be there.
            let named = fields.get("jurisdiction_id").is_some();
            read(db, move |tx| if named { Ok(reading::jurisdiction(tx, &fields, None)?.map(|_| services::list())) } else { Ok(Ok(services::list())) }).await
        }
        (false, ["services", code]) => services::definition(code).map(|tree| (200, tree)),
        (false, ["requests"]) => read(db, move |tx| reading::list(tx, &fields, &base)).await,
        (false, ["requests", ids]) => {
            let ids: Vec<String> = ids.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty() && id.len() <= 100).collect();
            read(db, move |tx| reading::by_ids(tx, &ids, &fields, &base)).await
        }
        (false, ["tokens", token]) => {
            let token = (*token).to_owned();
            read(db, move |tx| reading::token(tx, &token)).await
        }
        (false, ["servicerequestupdates"]) => read(db, move |tx| updates::list(tx, &fields, &base)).await,
        (true, ["discovery" | "services" | "tokens", ..]) => Err(Fault::new(405, "不支持的请求方法（method not allowed）")),
        _ => Err(Fault::new(404, "没有找到（not found）")),
    }
}

async fn read(db: &Db, f: impl FnOnce(&mut Tx) -> Asked<Tree> + Send + 'static) -> Result<(u16, Tree), Fault> {
    db.read(f).await.map_err(failed)?.map(|tree| (200, tree))
}

/// What is refused leaves no trace.
async fn wrote(db: &Db, mut f: impl FnMut(&mut Tx) -> Asked<Tree> + Send + 'static) -> Result<(u16, Tree), Fault> {
    let done = db.write(move |tx| {
        let outcome = f(tx)?;
        tx.in_time()?;
        Ok(if outcome.is_ok() { Outcome::Commit(outcome) } else { Outcome::Rollback(outcome) })
    });
    done.await.map_err(failed)?.map(|tree| (201, tree))
}

/// A failure of the house in the standard's words.
pub(super) fn failed(e: Error) -> Fault {
    let problem = e.into_problem();
    Fault::new(problem.code.status(), format!("{}（{}）", problem.detail.zh, problem.detail.en))
}
