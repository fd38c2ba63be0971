//! How often a caller may ask: a token bucket per caller, told in `RateLimit` headers. A machine client has one of its own, and a
//! quota for the day; whoever acts by way of a portal is charged to both.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use actix_web::{
    HttpRequest,
    body::{BoxBody, EitherBody, MessageBody},
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

use crate::{
    auth::{Caller, FIRST_PARTY, SubjectKind},
    kernel::{ErrorCode, Moment, Problem, Text},
    usage::{ClientLimits, day_of},
};

type Keyed = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

fn keyed(per_minute: u32) -> Arc<Keyed> {
    let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
    Arc::new(RateLimiter::keyed(quota).with_middleware::<StateInformationMiddleware>())
}

/// The code of a refusal that is no problem document, such as those of the token endpoint: noted with what was asked.
pub struct AnswerCode(pub &'static str);

/// The client that a request names, where it shows no token: noted with what it asked, but never charged for it.
pub struct ByClient(pub String);

struct Known {
    limits: ClientLimits,
    day: i64,
    used: AtomicI64,
}

/// The buckets of this process.
pub struct Limits {
    buckets: Arc<Keyed>,
    per_minute: u32,
    trusted_proxies: usize,
    by_quota: RwLock<HashMap<u32, Arc<Keyed>>>,
    clients: RwLock<HashMap<String, Known>>,
}

/// One limit as it is told.
struct Told {
    name: &'static str,
    quota: u32,
    window: u32,
    left: u32,
    back_in: u64,
}

impl Told {
    fn minute(name: &'static str, quota: u32, left: u32) -> Self {
        let used = u64::from(quota.saturating_sub(left));
        Self { name, quota, window: 60, left, back_in: (used * 60).div_ceil(u64::from(quota.max(1))) }
    }
}

/// What became of a request at the door.
struct Charged {
    told: Vec<Told>,
    /// Why not, and when it may come again.
    refused: Option<TooMany>,
}

/// What is used up, and the seconds until it is there again.
enum TooMany {
    Minute(u64),
    Day(u64),
}

impl TooMany {
    fn problem(&self) -> Problem {
        let (problem, seconds) = match self {
            Self::Minute(seconds) => {
                let zh = "该客户端或该调用者每分钟的请求数已用完，请按 Retry-After 指出的秒数等待；余量见 RateLimit。";
                let en = "The client's or the caller's requests of the minute are used up: wait as Retry-After says; RateLimit tells what is left.";
                (Problem::new(ErrorCode::TooManyRequests, Text::new(zh, en)), seconds)
            }
            Self::Day(seconds) => {
                let zh = "该客户端今天的额度已用完，北京时间零点后恢复；需要更多的，请系统管理员调整额度。";
                let en = "The client's quota of the day is used up until midnight in China; an administrator may raise it.";
                (Problem::new(ErrorCode::TooManyRequests, Text::new(zh, en)), seconds)
            }
        };
        Problem { retry_after: u32::try_from(*seconds).ok(), ..problem }
    }
}

impl Charged {
    fn headers(&self) -> [(&'static str, String); 2] {
        let policy = self.told.iter().map(|t| format!("\"{}\";q={};w={}", t.name, t.quota, t.window)).collect::<Vec<_>>().join(", ");
        let left = self.told.iter().map(|t| format!("\"{}\";r={};t={}", t.name, t.left, t.back_in)).collect::<Vec<_>>().join(", ");
        [("ratelimit-policy", policy), ("ratelimit", left)]
    }

    fn bucket(&mut self, name: &'static str, quota: u32, buckets: &Keyed, key: &String) {
        match buckets.check_key(key) {
            Ok(state) => self.told.push(Told::minute(name, quota, state.remaining_burst_capacity())),
            Err(until) => {
                self.told.push(Told::minute(name, quota, 0));
                self.refused = Some(TooMany::Minute(until.wait_time_from(DefaultClock::default().now()).as_secs() + 1));
            }
        }
    }
}

impl Limits {
    /// `per_minute` requests for each caller; the client address stands `trusted_proxies` hops from the right.
    pub fn new(per_minute: u32, trusted_proxies: usize) -> Self {
        Self { buckets: keyed(per_minute), per_minute, trusted_proxies, by_quota: RwLock::default(), clients: RwLock::default() }
    }

    /// Forgets callers that have been quiet.
    pub fn forget(&self) {
        self.buckets.retain_recent();
        self.by_quota.read().unwrap_or_else(|e| e.into_inner()).values().for_each(|buckets| buckets.retain_recent());
    }

    /// What is set for machine clients now, and what they have used of it.
    pub fn set_clients(&self, all: Vec<(String, ClientLimits)>) {
        let (day, _) = day_of(Moment::system());
        let known = all.into_iter().map(|(name, limits)| (name, Known { limits, day, used: AtomicI64::new(limits.used_today) })).collect();
        *self.clients.write().unwrap_or_else(|e| e.into_inner()) = known;
    }

    /// Whether there is such a client: a made-up one is not counted.
    pub fn knows(&self, client: &str) -> bool {
        self.clients.read().unwrap_or_else(|e| e.into_inner()).contains_key(client)
    }

    fn of_quota(&self, per_minute: u32) -> Arc<Keyed> {
        if let Some(buckets) = self.by_quota.read().unwrap_or_else(|e| e.into_inner()).get(&per_minute) {
            return buckets.clone();
        }
        self.by_quota.write().unwrap_or_else(|e| e.into_inner()).entry(per_minute).or_insert_with(|| keyed(per_minute)).clone()
    }

    fn charge(&self, request: &HttpRequest) -> Charged {
        let mut charged = Charged { told: Vec::new(), refused: None };
        let caller = super::request::bearer(request);
        let machine = caller.as_ref().is_some_and(|c| c.kind == SubjectKind::Client);
        if !machine {
            charged.bucket("default", self.per_minute, &self.buckets, &self.key(request, caller.as_ref()));
        }
        if let Some(caller) = caller.filter(|c| machine || charged_to_client(c))
            && charged.refused.is_none()
        {
            self.charge_client(&mut charged, &caller.client);
        }
        charged
    }

    fn charge_client(&self, charged: &mut Charged, client: &str) {
        let clients = self.clients.read().unwrap_or_else(|e| e.into_inner());
        let known = clients.get(client);
        let per_minute = known.and_then(|k| k.limits.per_minute).unwrap_or(self.per_minute);
        charged.bucket("client", per_minute, &self.of_quota(per_minute), &client.to_owned());
        let Some((known, per_day)) = known.and_then(|k| k.limits.per_day.map(|d| (k, d))) else { return };
        let (day, seconds) = day_of(Moment::system());
        // What the minute refuses is not charged to the day, and told of it all the same.
        let one = i64::from(charged.refused.is_none());
        // Whatever was used before midnight is over, also before the next refresh has said so.
        let before = if known.day == day { known.used.fetch_add(one, Ordering::Relaxed) } else { 0 };
        let left = i64::from(per_day) - before - one;
        let back_in = u64::try_from(seconds).unwrap_or(0);
        charged.told.push(Told { name: "day", quota: per_day, window: 86_400, left: u32::try_from(left.max(0)).unwrap_or(0), back_in });
        if left < 0 {
            charged.refused = Some(TooMany::Day(back_in));
        }
    }

    /// The verified subject if there is one, else the client's address: a made-up token must not open a fresh bucket.
    /// Only hops added by our own proxies are believed.
    fn key(&self, request: &HttpRequest, caller: Option<&Caller>) -> String {
        if let Some(caller) = caller {
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

/// Whether what somebody asks is charged to the client that asks for them.
pub fn charged_to_client(caller: &Caller) -> bool {
    caller.kind == SubjectKind::Client || caller.client != FIRST_PARTY
}

/// The middleware.
pub async fn limit<B: MessageBody + 'static>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let limits = request.app_data::<web::Data<Limits>>().cloned();
    // Preflights and health checks have no caller of their own.
    let free = request.method() == Method::OPTIONS || matches!(request.path(), "/livez" | "/readyz" | "/metrics");
    let Some(limits) = limits.filter(|_| !free) else { return Ok(next.call(request).await?.map_into_left_body()) };
    let charged = limits.charge(request.request());
    let mut response = match &charged.refused {
        Some(why) => request.error_response(why.problem()).map_into_right_body(),
        None => next.call(request).await?.map_into_left_body(),
    };
    for (name, value) in charged.headers() {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(response)
}
