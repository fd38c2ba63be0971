//! Uploads in one piece or in parts, and downloads by a short link.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use actix_multipart::{Field, Multipart};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::{StatusCode, header},
    post, put, web,
};
use futures_util::{StreamExt as _, TryStreamExt as _};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    AttachmentView,
    service::{self, PART, SINGLE, SessionInput, WHOLE},
    store::Attachment,
};
use crate::{
    auth::Actor,
    blobs::{BlobError, Written},
    db::{self, Error, Tx},
    http::{Answer, Ask, Body, Command, Empty, Named, State, Who, broken},
    kernel::{ErrorCode, FieldError, Id, Problem, Text},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(upload).service(open).service(fetch).service(part).service(complete).service(discard).service(download);
}

/// A file in a form.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "describes the form")]
pub struct UploadForm {
    /// The file, at most 20 MB.
    #[schema(format = "binary", max_length = 20_971_520)]
    file: String,
    /// SHA-256 of the file: 64 lower-case hexadecimal digits; a file that arrives otherwise is refused. Empty: not compared.
    // No pattern: Swagger UI would fill an optional field with digits of its own that fit.
    #[schema(max_length = 64, example = "")]
    sha256: Option<String>,
}

fn failed(e: BlobError) -> Problem {
    match e {
        BlobError::TooLarge(_) => Problem::of(ErrorCode::TooLarge),
        BlobError::Broken(why) => {
            tracing::debug!(%why, "upload broke off");
            Problem::new(ErrorCode::InvalidRequest, Text::new("文件没有完整到达。", "The file did not arrive whole."))
        }
        other => {
            tracing::error!(error = %other, "file store");
            Problem::of(ErrorCode::Unavailable)
        }
    }
}

/// 上传附件（upload）
///
/// multipart/form-data 一次一个文件，最大 20 MB；类型按内容识别。上传后把 id 交给材料提交等操作，两天内未使用的自动删除。
#[utoipa::path(tag = "attachments", operation_id = "upload_attachment", request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, description = "附件", body = AttachmentView)))]
#[post("/attachments")]
async fn upload(command: Command, state: web::Data<State>, form: Multipart) -> Answer {
    let received = Received::of(&command, &state, form).await?;
    let body = Body { value: (), digest: received.digest() };
    let keep = received.clone();
    let answer = command.create("/api/v1/attachments", body, move |tx, actor, _, ()| keep.keep(tx, actor)).await;
    received.settle(&state).await;
    answer
}

/// A file that has arrived and whose row waits for it.
#[derive(Clone)]
pub struct Received {
    /// Identity of the attachment.
    pub id: Id,
    written: Written,
    declared: Option<String>,
    kept: Arc<AtomicBool>,
}

impl Received {
    /// Takes one file out of a form.
    pub async fn of(command: &Command, state: &State, mut form: Multipart) -> Result<Self, Problem> {
        let (mut file, mut declared) = (None, None);
        while let Some(field) = form.try_next().await.map_err(broken)? {
            match field.name().unwrap_or_default() {
                "file" if file.is_none() => file = Some(take(command.actor(), state, field).await?),
                "sha256" if declared.is_none() => declared = Some(digest(field).await?),
                other => {
                    return Err(Problem::parameter(
                        other,
                        "unknown_field",
                        format!("不认识或重复的表单字段 {other}。"),
                        format!("Unknown or repeated field {other}."),
                    ));
                }
            }
        }
        let (id, written) = file.ok_or_else(|| Problem::parameter("file", "required", "缺少文件（file）。", "The field file is missing."))?;
        Ok(Self { id, written, declared: declared.filter(|d| !d.is_empty()), kept: Arc::default() })
    }

    /// The digest of the file stands for the body: the same key with another file is refused.
    pub fn digest(&self) -> String {
        self.written.sha256.clone()
    }

    /// Makes it an attachment, in the transaction that uses it.
    pub fn keep(&self, tx: &mut Tx, actor: &Actor) -> db::Result<AttachmentView> {
        let view = service::stored(tx, actor, self.id, &self.written, self.declared.as_deref())?;
        let kept = self.kept.clone();
        tx.on_commit(move || kept.store(true, Ordering::Relaxed));
        Ok(view)
    }

    /// After the transaction: what was refused, tried only, or answered already leaves no bytes behind.
    pub async fn settle(self, state: &State) {
        if !self.kept.load(Ordering::Relaxed) {
            let _ = state.blobs.delete(self.id.as_str()).await;
        }
    }
}

/// The row first, then the bytes.
async fn take(who: Who, state: &State, field: Field) -> Result<(Id, Written), Problem> {
    let given = field.content_disposition().and_then(|d| d.get_filename()).unwrap_or_default();
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    if !(3..=200).contains(&name.chars().count()) || name.contains('\0') {
        return Err(Problem::parameter("file", "file_name", "文件名应为 3 到 200 个字，带扩展名。", "A file name of 3 to 200 characters."));
    }
    let begin = move |tx: &mut Tx| {
        let actor = who.load(tx)?;
        service::begin(tx, &actor, &name)
    };
    let id = state.db.commit(begin).await.map_err(Error::into_problem)?;
    let written = state.blobs.write(id.as_str(), SINGLE, field.map(|chunk| chunk.map_err(|e| e.to_string()))).await.map_err(failed)?;
    Ok((id, written))
}

async fn digest(mut field: Field) -> Result<String, Problem> {
    let mut text = Vec::new();
    while let Some(chunk) = field.try_next().await.map_err(broken)? {
        text.extend_from_slice(&chunk);
        if text.len() > 64 {
            break;
        }
    }
    match String::from_utf8(text) {
        Ok(text) if text.is_empty() => Ok(text),
        Ok(text) if text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) => Ok(text),
        _ => Err(Problem::fields(
            ErrorCode::InvalidRequest,
            vec![FieldError::body("/sha256", "format", "应为 64 位小写十六进制。", "64 lower-case hexadecimal digits.")],
        )),
    }
}

/// 开始分片上传（upload session）
///
/// 申报文件名、大小和 SHA-256；按 part_size 分片 PUT，可断点续传，最后 complete。最大 500 MB。
#[utoipa::path(tag = "attachments", operation_id = "open_upload", request_body = SessionInput, responses((status = 201, description = "附件", body = AttachmentView)))]
#[post("/attachments/sessions")]
async fn open(command: Command, body: Body<SessionInput>) -> Answer {
    command.create("/api/v1/attachments", body, |tx, actor, _, input| service::open_session(tx, actor, input)).await
}

/// 查看附件（attachment）
///
/// 附件的信息；download 是五分钟内有效的下载链接。分片上传中的附件列出已到达的分片。
#[utoipa::path(tag = "attachments", operation_id = "get_attachment", params(("id" = String, Path, description = "附件 id", max_length = 100)), responses((status = 200, description = "附件", body = AttachmentView)))]
#[get("/attachments/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(service::fetch).await
}

/// 上传分片（part）
///
/// 第 n 片（从 1 起）的内容，application/octet-stream；同一片可以重传。
#[utoipa::path(tag = "attachments", operation_id = "upload_part", params(("id" = String, Path, description = "附件 id", max_length = 100), ("n" = u32, Path, description = "第几片，从 1 起", minimum = 1, maximum = 100, example = 1)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, description = "附件", body = AttachmentView)))]
#[put("/attachments/{id}/parts/{n}")]
async fn part(ask: Ask, state: web::Data<State>, path: web::Path<(String, String)>, payload: web::Payload) -> Answer {
    let (reference, n) = path.into_inner();
    let n: u32 = n.parse().map_err(|_| Problem::not_found())?;
    let actor = ask.actor();
    let (again, named) = (actor.clone(), reference.clone());
    let find = move |tx: &mut Tx| {
        let actor = again.load(tx)?;
        service::session(tx, &actor, &named)
    };
    let row = state.db.commit(find).await.map_err(Error::into_problem)?;
    if !(1..=service::parts_of(&row)).contains(&n) {
        return Err(Problem::not_found());
    }
    let wanted = service::length_of(&row, n);
    let key = service::part_key(row.id, n);
    let written = state.blobs.write(&key, PART, payload.map(|chunk| chunk.map_err(|e| e.to_string()))).await.map_err(failed)?;
    if written.size != wanted {
        let _ = state.blobs.delete(&key).await;
        let zh = format!("第 {n} 片应为 {wanted} 字节，收到 {} 字节。", written.size);
        return Err(Problem::rule("", "part_size", zh, format!("Part {n} must have {wanted} bytes.")));
    }
    let note = move |tx: &mut Tx| {
        let actor = actor.load(tx)?;
        service::part_arrived(tx, &actor, &reference, n)
    };
    let view = state.db.commit(note).await.map_err(Error::into_problem)?;
    Ok(HttpResponse::Ok().json(view))
}

/// 完成分片上传（complete upload）
///
/// 合并分片，核对大小、SHA-256 和类型；不一致的须重新上传。
#[utoipa::path(tag = "attachments", operation_id = "complete_upload", params(("id" = String, Path, description = "附件 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "附件", body = AttachmentView)))]
#[post("/attachments/{id}/complete")]
async fn complete(command: Command, state: web::Data<State>, Named(reference): Named, body: Body<Empty>) -> Answer {
    let (actor, named) = (command.actor(), reference.clone());
    let row: Option<Attachment> = state
        .db
        .commit(move |tx| {
            let caller = actor.load(tx)?;
            let row = match service::session(tx, &caller, &named) {
                Ok(row) => row,
                // Complete already: the key may still replay its answer.
                Err(Error::Refused(p)) if p.code == ErrorCode::StateConflict => return Ok(None),
                Err(e) => return Err(e),
            };
            let missing = service::missing_parts(&row)?;
            if missing.is_empty() {
                return Ok(Some(row));
            }
            let list: Vec<String> = missing.iter().take(20).map(ToString::to_string).collect();
            Err(Problem::rule("", "parts_missing", format!("还缺第 {} 片。", list.join("、")), "Parts are missing.").into())
        })
        .await
        .map_err(Error::into_problem)?;
    let written = match &row {
        None => None,
        Some(row) => {
            let keys = (1..=service::parts_of(row)).map(|n| service::part_key(row.id, n)).collect();
            Some(state.blobs.join(row.id.as_str(), WHOLE, keys).await.map_err(failed)?)
        }
    };
    let answer = command
        .act(body, move |tx, actor, target, _| {
            let id = target.id().ok_or_else(Problem::not_found)?;
            let written = written.clone().unwrap_or(Written { size: 0, sha256: String::new(), head: Vec::new() });
            service::stored(tx, actor, id, &written, None)
        })
        .await;
    if let (Ok(response), Some(row)) = (&answer, &row)
        && response.status() == StatusCode::OK
    {
        for key in service::keys_of(row).into_iter().filter(|key| key != row.id.as_str()) {
            let _ = state.blobs.delete(&key).await;
        }
    }
    answer
}

/// 删除附件（discard）
///
/// 尚未归入办件的附件，由上传人删除。须带 If-Match。
#[utoipa::path(tag = "attachments", operation_id = "discard_attachment", params(("id" = String, Path, description = "附件 id", max_length = 100)), responses((status = 204, description = "已删除")))]
#[delete("/attachments/{id}")]
async fn discard(command: Command, state: web::Data<State>) -> Answer {
    let keys = command.conditional()?.remove(|tx, actor, target| service::discard(tx, actor, target).map(|row| service::keys_of(&row))).await?;
    for key in keys {
        let _ = state.blobs.delete(&key).await;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// 下载（download）
///
/// 凭 download 链接下载，支持 Range；链接五分钟内有效。
#[utoipa::path(tag = "attachments", operation_id = "download_file", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 200)),
    responses((status = 200, description = "文件", body = Vec<u8>, content_type = "application/octet-stream"), (status = 206, description = "文件的一段", body = Vec<u8>, content_type = "application/octet-stream"), (status = 416, description = "请求的范围不在文件内")))]
#[get("/files/{id}")]
async fn download(request: HttpRequest, state: web::Data<State>, path: web::Path<String>) -> Answer {
    let token = path.into_inner();
    let (row, name) = state.db.read(move |tx| service::by_link(tx, &token)).await.map_err(Error::into_problem)?;
    let size = u64::try_from(row.size).unwrap_or(0);
    let asked = request.headers().get(header::RANGE).and_then(|v| v.to_str().ok());
    let range = match asked.map(|text| http_range::HttpRange::parse(text, size)) {
        None => None,
        // Several ranges are answered with the whole, as RFC 9110 allows.
        Some(Ok(ranges)) => (ranges.len() == 1).then(|| ranges.first().map(|r| r.start..r.start + r.length)).flatten(),
        Some(Err(_)) => {
            return Ok(HttpResponse::RangeNotSatisfiable().insert_header((header::CONTENT_RANGE, format!("bytes */{size}"))).finish());
        }
    };
    let bytes = state.blobs.read(row.bytes_of.unwrap_or(row.id).as_str(), range.clone()).await.map_err(failed)?;
    let mut response = if range.is_some() { HttpResponse::PartialContent() } else { HttpResponse::Ok() };
    if let Some(range) = &range {
        response.insert_header((header::CONTENT_RANGE, format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1))));
    }
    let encoded = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC).to_string();
    response
        .insert_header((header::CONTENT_TYPE, row.media_type))
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::ETAG, format!("\"{}\"", row.sha256)))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{encoded}")))
        .insert_header((header::CONTENT_LENGTH, range.map_or(size, |r| r.end - r.start)));
    Ok(response.streaming(bytes.map_err(|e| actix_web::error::ErrorInternalServerError(e.to_string()))))
}
