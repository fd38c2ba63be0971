//! The one table of error codes, and the problem that carries one to the caller.

use std::borrow::Cow;

/// A sentence in both languages. Chinese is what people read by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Chinese.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Text {
    /// A pair of sentences.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The sentence in the asked language.
    pub fn pick(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }
}

/// One invalid field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// A JSON pointer into the body, or the name of a query, path or header parameter.
    pub at: Place,
    /// A stable code, such as `required` or `credit_code_check_digit`.
    pub code: Cow<'static, str>,
    /// What is wrong and how to put it right.
    pub detail: Text,
}

/// A name as a JSON pointer writes it (RFC 6901 §3).
pub fn segment(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Where an invalid field stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// JSON pointer into the body.
    Pointer(String),
    /// Name of a parameter or header.
    Parameter(String),
}

macro_rules! error_codes {
    ($( $name:ident $code:literal $status:literal $zh:literal $en:literal $help_zh:literal $help_en:literal; )*) => {
        /// Every error the API can answer with. A code never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode { $( #[doc = $en] $name, )* }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &'static [ErrorCode] = &[ $( ErrorCode::$name, )* ];

            /// The stable code; also the last part of the problem's `type`.
            pub fn code(self) -> &'static str { match self { $( Self::$name => $code, )* } }
            /// The HTTP status.
            pub fn status(self) -> u16 { match self { $( Self::$name => $status, )* } }
            /// The title.
            pub fn title(self) -> Text { match self { $( Self::$name => Text::new($zh, $en), )* } }
            /// What to do about it.
            pub fn help(self) -> Text { match self { $( Self::$name => Text::new($help_zh, $help_en), )* } }
        }
    };
}

error_codes! {
    InvalidRequest "invalid_request" 400 "请求格式不正确" "Malformed request" "请按 errors 中逐项指出的位置修改后重新提交。" "Correct each place listed in errors and send again.";
    Unauthenticated "unauthenticated" 401 "未登录或登录已失效" "Not authenticated" "请到 /oauth2/token 取得访问令牌，并放在 Authorization: Bearer 请求头中。" "Get an access token at /oauth2/token and send it as Authorization: Bearer.";
    Forbidden "forbidden" 403 "无权进行此操作" "Not allowed" "您的岗位不能进行此操作；请联系有权限的人员。" "You may see this record, but your role may not do this.";
    AssuranceTooLow "assurance_too_low" 403 "实名等级不够" "Assurance level too low" "请引导申请人提高实名等级（required_level）后重新登录，再作此操作。" "Let the applicant reach required_level, sign in again, and repeat.";
    NotFound "not_found" 404 "没有找到" "Not found" "记录不存在，或者不在您的可见范围内。" "There is no such record, or it is not yours to see.";
    MethodNotAllowed "method_not_allowed" 405 "不支持的请求方法" "Method not allowed" "请使用 Allow 响应头列出的方法。" "Use one of the methods in the Allow header.";
    NotAcceptable "not_acceptable" 406 "无法按要求的格式答复" "Not acceptable" "本接口以 JSON 答复，请在 Accept 中允许 application/json。" "This API answers in JSON; allow application/json in Accept.";
    RequestTimeout "request_timeout" 408 "请求超时" "Request timeout" "请求体发送过慢，请重试。" "The body came too slowly; try again.";
    StateConflict "state_conflict" 409 "当前状态不能进行此操作" "The state forbids this" "请刷新记录，按 allowed_actions 列出的操作继续。" "Reload the record and go on with one of allowed_actions.";
    Conflict "conflict" 409 "与已有记录冲突" "Conflict with another record" "同样的记录已存在，请核对后再提交。" "Such a record exists already.";
    InProgress "idempotency_in_progress" 409 "相同请求正在处理" "The same request is in progress" "请稍候重试，重试会得到同一结果。" "Retry shortly; you will get the same answer.";
    Stale "stale_version" 412 "记录已被他人更新" "The record has changed" "请重新读取记录，用新的 ETag 再提交。" "Read the record again and send its new ETag.";
    TooLarge "payload_too_large" 413 "提交内容过大" "Payload too large" "请压缩或拆分后再提交。" "Send less at once.";
    UnsupportedMedia "unsupported_media_type" 415 "不支持的内容类型" "Unsupported media type" "请使用接口文档列出的 Content-Type。" "Use a Content-Type that the API document lists.";
    RuleViolation "rule_violation" 422 "不符合办理规则" "Against a rule" "请按 detail 和 errors 的说明补正。" "Put right what detail and errors name.";
    IdempotencyMismatch "idempotency_mismatch" 422 "幂等键已用于另一请求" "Idempotency-Key was used for another request" "请为新请求使用新的 Idempotency-Key。" "Use a new Idempotency-Key for a new request.";
    PreconditionRequired "precondition_required" 428 "缺少版本条件" "If-Match is required" "请在 If-Match 中带上最近一次读取到的 ETag。" "Send the ETag you last read in If-Match.";
    TooManyRequests "too_many_requests" 429 "请求过于频繁" "Too many requests" "请按 Retry-After 指出的秒数等待。" "Wait as Retry-After says.";
    Internal "internal" 500 "系统内部错误" "Internal error" "请记下 request_id 联系管理员。" "Tell the operator the request_id.";
    Unavailable "unavailable" 503 "系统繁忙" "Unavailable" "请按 Retry-After 稍后重试，未收到成功答复的操作没有生效。" "Retry after Retry-After; what was not acknowledged has no effect.";
    OauthInvalidRequest "oauth_invalid_request" 400 "令牌请求不正确" "Invalid token request" "请核对 grant_type 及其参数。" "Check grant_type and its parameters.";
}

/// A refusal on its way to the caller (RFC 9457).
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which error.
    pub code: ErrorCode,
    /// Says to a person what to do.
    pub detail: Text,
    /// Every invalid field.
    pub errors: Vec<FieldError>,
    /// On 409: what may be done instead.
    pub allowed_actions: Option<Vec<String>>,
    /// On 429 and 503, in seconds.
    pub retry_after: Option<u32>,
    /// On 405: the methods that exist.
    pub allow: Option<String>,
    /// Where it is not sure enough who the applicant is: the level that it takes.
    pub required_level: Option<u8>,
}

/// Fields that one answer names.
const MOST_FIELDS: usize = 100;

impl Problem {
    /// A problem with the code's own help as detail.
    pub fn of(code: ErrorCode) -> Self {
        Self::new(code, code.help())
    }

    /// A problem with its own detail.
    pub fn new(code: ErrorCode, detail: Text) -> Self {
        let retry_after = matches!(code, ErrorCode::Unavailable | ErrorCode::InProgress | ErrorCode::TooManyRequests).then_some(1);
        Self { code, detail, errors: Vec::new(), allowed_actions: None, retry_after, allow: None, required_level: None }
    }

    /// Invalid fields (400 for shape, 422 for rules).
    pub fn fields(code: ErrorCode, mut errors: Vec<FieldError>) -> Self {
        // Whoever sends thousands of wrong fields learns the first of them.
        errors.truncate(MOST_FIELDS);
        // Several wrong fields are told apart by their names; of one, its own words say enough.
        let told = |e: &FieldError, en: bool| match &e.at {
            Place::Pointer(name) | Place::Parameter(name) if errors.len() > 1 => {
                format!("{}{}{}", name.trim_start_matches('/'), if en { ": " } else { "：" }, e.detail.pick(en))
            }
            _ => e.detail.pick(en).to_owned(),
        };
        let list = |en: bool| errors.iter().map(|e| told(e, en)).collect::<Vec<_>>().join(if en { " " } else { "" });
        let detail = Text::new(list(false), list(true));
        Self { errors, ..Self::new(code, detail) }
    }

    /// One field of the body that breaks a rule.
    pub fn rule(pointer: &str, code: &'static str, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::fields(ErrorCode::RuleViolation, vec![FieldError::body(pointer, code, zh, en)])
    }

    /// The same, said of another field.
    pub fn at(mut self, pointer: &str) -> Self {
        self.errors.iter_mut().for_each(|e| e.at = Place::Pointer(pointer.to_owned()));
        self
    }

    /// One parameter of the wrong shape.
    pub fn parameter(name: &str, code: &'static str, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        let at = Place::Parameter(name.to_owned());
        Self::fields(ErrorCode::InvalidRequest, vec![FieldError { at, code: code.into(), detail: Text::new(zh, en) }])
    }

    /// Two questions about one request: refused with all that is wrong with either.
    pub fn together<A, B>(one: Result<A, Self>, other: Result<B, Self>) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(a), Ok(b)) => Ok((a, b)),
            (Err(a), Err(b)) if a.code == b.code => Err(Self::fields(a.code, a.errors.into_iter().chain(b.errors).collect())),
            (Err(problem), _) | (_, Err(problem)) => Err(problem),
        }
    }

    /// Nothing here, or nothing to be seen: the two answer alike.
    pub fn not_found() -> Self {
        Self::of(ErrorCode::NotFound)
    }

    /// What staff record in the name of somebody else needs what proves it.
    pub fn recorded_without_evidence() -> Self {
        Self::rule("/evidence", "evidence_required", "工作人员代为登记的，须写明凭据。", "Staff record this with evidence.")
    }

    /// No device that is registered and in use.
    pub fn unknown_device() -> Self {
        let zh = "设备令牌缺失、不正确或者已停用；请在 X-Device-Token 请求头中发送登记设备时取得的令牌。";
        Self::new(ErrorCode::Unauthenticated, Text::new(zh, "Send the token of a registered device in X-Device-Token."))
    }
}

impl FieldError {
    /// An invalid field of the body.
    pub fn body(pointer: &str, code: &'static str, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { at: Place::Pointer(pointer.to_owned()), code: code.into(), detail: Text::new(zh, en) }
    }
}

/// A domain's refusal: a `thiserror` enum that names its code and speaks Chinese to people, English to developers.
pub trait Refuse: std::error::Error {
    /// Which entry of the table.
    fn code(&self) -> ErrorCode;
    /// The Chinese sentence; the English one is the error's `Display`.
    fn zh(&self) -> String;
    /// Where in the body the trouble stands, if at one place.
    fn pointer(&self) -> Option<&'static str> {
        None
    }
}

impl<E: Refuse> From<E> for Problem {
    fn from(e: E) -> Self {
        let detail = Text::new(e.zh(), e.to_string());
        let errors =
            e.pointer().map(|p| FieldError { at: Place::Pointer(p.to_owned()), code: e.code().code().into(), detail: detail.clone() }).into_iter().collect();
        Self { errors, ..Self::new(e.code(), detail) }
    }
}

/// So many of something, in English: one step, two steps.
pub fn counted(n: impl Into<u64>, one: &str) -> String {
    let n = n.into();
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}
