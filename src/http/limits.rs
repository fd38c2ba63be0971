//! How often a caller may ask: a token bucket per caller, told in `RateLimit` headers.

use std::{num::NonZeroU32, sync::Arc};

use actix_web::{
    HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use crate::kernel::{ErrorCode, Problem};

type Keyed = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// The buckets of this process.
pub struct Limits {
    buckets: Arc<Keyed>,
    per_minute: u32,
    trusted_proxies: usize,
}

impl Limits {
    /// `per_minute` requests for each caller; the client address stands `trusted_proxies` hops from the right.
    pub fn new(per_minute: u32, trusted_proxies: usize) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        let buckets = RateLimiter::keyed(quota).with_middleware::<StateInformationMiddleware>();
        Self { buckets: Arc::new(buckets), per_minute, trusted_proxies }
    }

    /// The policy, for `RateLimit-Policy`.
    pub fn policy(&self) -> String {
        format!("\"default\";q={};w=60", self.per_minute)
    }

    /// What is left, for `RateLimit`; `t` is when all of it is back.
    pub fn left(&self, remaining: u32) -> String {
        let used = u64::from(self.per_minute.saturating_sub(remaining));
        format!("\"default\";r={remaining};t={}", (used * 60).div_ceil(u64::from(self.per_minute.max(1))))
    }

    /// Forgets callers that have been quiet.
    pub fn forget(&self) {
        self.buckets.retain_recent();
    }

    /// The verified subject if there is one, else the client's address: a made-up token must not open a fresh bucket.
    /// Only hops added by our own proxies are believed.
    fn key(&self, request: &HttpRequest) -> String {
        if let Some(caller) = super::command::bearer(request) {
            return caller.id.to_string();
        }
        let peer = || request.peer_addr().map(|a| a.ip().to_string()).unwrap_or_default();
        if self.trusted_proxies == 0 {
            return peer();
        }
        let hops = request.headers().get_all("x-forwarded-for").filter_map(|v| v.to_str().ok()).collect::<Vec<_>>().join(",");
        hops.rsplit(',').nth(self.trusted_proxies - 1).map(|h| h.trim().to_owned()).filter(|h| !h.is_empty()).unwrap_or_else(peer)
    }
}

/// The middleware.
pub async fn limit<B: MessageBody + 'static>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    let Some(limits) = request.app_data::<web::Data<Limits>>().cloned() else { return next.call(request).await };
    // Preflights and health checks have no caller of their own.
    if request.method() == Method::OPTIONS || matches!(request.path(), "/livez" | "/readyz" | "/metrics") {
        return next.call(request).await;
    }
    let key = limits.key(request.request());
    match limits.buckets.check_key(&key) {
        Err(until) => {
            let seconds = until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            let retry_after = u32::try_from(seconds).ok();
            Err(Problem { retry_after, ..Problem::of(ErrorCode::TooManyRequests) }.into())
        }
        Ok(state) => {
            let remaining = state.remaining_burst_capacity();
            let mut response = next.call(request).await?;
            let headers = response.headers_mut();
            let mut set = |name: &'static str, value: String| {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            };
            set("ratelimit-policy", limits.policy());
            set("ratelimit", limits.left(remaining));
            Ok(response)
        }
    }
}
