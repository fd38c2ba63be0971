//! What stands around everything else: a tag of its own for every encoding of an answer, and words for a browser that is turned away.

use actix_cors::CorsError;
use actix_web::{
    Error,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderValue},
    },
    middleware::Next,
};

use super::{
    edge::{Trace, dress, request_id},
    problem::{Asked, render},
};
use crate::kernel::Problem;

/// The encodings that answers are compressed in.
const ENCODINGS: &[&str] = &["gzip", "br", "zstd", "deflate"];

/// A strong tag names bytes: what was compressed has another one than what was not (RFC 9110 §8.8.3.3).
pub async fn tag_encoded<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers();
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    let tag = text(header::CONTENT_ENCODING).filter(|e| ENCODINGS.contains(e)).zip(text(header::ETAG));
    let tagged = tag.and_then(|(encoding, tag)| HeaderValue::from_str(&format!("{}-{encoding}\"", tag.strip_suffix('"')?)).ok());
    if let Some(tag) = tagged {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// What stands in a tag, whatever its answer was encoded in: `3` of `3-gzip`.
pub(super) fn unencoded(inside: &str) -> &str {
    ENCODINGS.iter().find_map(|e| inside.strip_suffix(e)?.strip_suffix('-')).unwrap_or(inside)
}

/// A browser that asks before it sends, and is turned away, is told why as everybody is.
pub async fn turn_away<B: MessageBody + 'static>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    if request.method() != Method::OPTIONS {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    }
    let (id, trace) = (request_id(&request), Trace::of(&request));
    let asked = Asked::of(request.request(), &id);
    let response = next.call(request).await?;
    let Some(problem) = response.response().error().and_then(|e| e.as_error::<CorsError>()).map(why) else {
        return Ok(response.map_into_left_body());
    };
    let mut document = render(&problem, &asked);
    dress(&mut document, &id, &trace);
    Ok(response.into_response(document).map_into_right_body())
}

fn why(e: &CorsError) -> Problem {
    let (name, code, zh) = match e {
        CorsError::OriginNotAllowed | CorsError::MissingOrigin => ("Origin", "origin_not_allowed", "该来源未列入允许跨域调用的来源，请联系运维人员。"),
        CorsError::HeadersNotAllowed | CorsError::BadRequestHeaders => {
            ("Access-Control-Request-Headers", "headers_not_allowed", "请求头不正确，或者不允许跨域发送。")
        }
        _ => ("Access-Control-Request-Method", "method_not_allowed", "缺少请求方法，或者不允许跨域使用该方法。"),
    };
    Problem::parameter(name, code, zh, e.to_string())
}

#[cfg(test)]
mod tests {
    use super::unencoded;

    #[test]
    fn the_tag_of_what_was_encoded() {
        for (sent, plain) in [("3-gzip", "3"), ("3", "3"), ("a-b-br", "a-b"), ("gzip", "gzip")] {
            assert_eq!(unencoded(sent), plain);
        }
    }
}
