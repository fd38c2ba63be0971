//! A file that comes in a form, and one that goes out.

use std::collections::HashMap;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use futures_util::TryStreamExt as _;

use crate::kernel::{ErrorCode, Problem, Text, sha256_hex};

/// The largest file that is taken whole.
const LARGEST: usize = 20 * 1024 * 1024;

/// The longest text beside it.
const LONGEST_FIELD: usize = 100_000;

/// A form with one file, read whole.
pub struct FormFile {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its SHA-256.
    pub digest: String,
    /// The other fields.
    pub fields: HashMap<String, String>,
}

impl FormFile {
    /// Reads `file` and the named fields; anything else is refused.
    pub async fn read(mut form: Multipart, names: &[&str]) -> Result<Self, Problem> {
        let (mut file, mut fields) = (None, HashMap::new());
        while let Some(field) = form.try_next().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" && file.is_none() {
                file = Some(whole(field, LARGEST).await?);
            } else if names.contains(&name.as_str()) && !fields.contains_key(&name) {
                let value = String::from_utf8(whole(field, LONGEST_FIELD).await?)
                    .map_err(|_| Problem::parameter(&name, "format", "应为 UTF-8 文本。", "Must be UTF-8 text."))?;
                fields.insert(name, value);
            } else {
                let (zh, en) = (format!("不认识或重复的表单字段 {name}。"), format!("Unknown or repeated field {name}."));
                return Err(Problem::parameter(&name, "unknown_field", zh, en));
            }
        }
        let bytes = file.ok_or_else(|| Problem::parameter("file", "required", "请选择要上传的文件。", "The form has no file."))?;
        Ok(Self { digest: sha256_hex(&bytes), bytes, fields })
    }
}

async fn whole(mut field: Field, most: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.try_next().await.map_err(broken)? {
        if bytes.len() + chunk.len() > most {
            return Err(Problem::of(ErrorCode::TooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A form that did not arrive as one.
pub fn broken(e: MultipartError) -> Problem {
    match e {
        MultipartError::ContentTypeMissing | MultipartError::ContentTypeIncompatible => Problem::of(ErrorCode::UnsupportedMedia),
        other => {
            tracing::debug!(error = %other, "form");
            Problem::new(ErrorCode::InvalidRequest, Text::new("表单没有完整到达或者格式不正确。", "The form did not arrive whole or is malformed."))
        }
    }
}

/// A file to be saved under a name.
pub struct Download<'a> {
    /// Its name, which may be Chinese (RFC 6266 `filename*`).
    pub name: &'a str,
    /// Its type.
    pub media: &'a str,
}

impl Download<'_> {
    /// An answer that lacks only the bytes.
    pub fn answer(&self) -> HttpResponseBuilder {
        let encoded = percent_encoding::utf8_percent_encode(self.name, percent_encoding::NON_ALPHANUMERIC);
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CONTENT_TYPE, self.media));
        response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{encoded}")));
        response.insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        response
    }
}
