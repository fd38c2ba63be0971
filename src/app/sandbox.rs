//! A sandbox for integrators: seeded data, and a clock that they move themselves. Everywhere else these doors do not exist.

use std::time::Duration;

use actix_web::{get, post, web};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::policy,
    db::{self, Tx},
    http::{Answer, Ask, Body, Command, State},
    kernel::{ErrorCode, Limit, Moment, Problem, Text, Unit},
    notices::Courier,
    worker,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(fetch).service(advance).service(reset);
}

/// How far the clock goes in one step.
const LONGEST_DAYS: i64 = 366;

/// How long whoever moves the clock waits for messages: a gateway that is silent is not waited for.
const MESSAGES: Duration = Duration::from_secs(3);

/// The sandbox.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SandboxView {
    /// Business time now.
    pub now: Moment,
    /// System time now: tokens and rate limits keep to it.
    pub system_time: Moment,
}

/// How far the clock is moved: by hours or natural days, or to a moment that lies ahead.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "advance": { "value": 1, "unit": "natural_day" } }))]
pub struct SandboxClockInput {
    /// By so much: hours or natural days.
    #[serde(default)]
    pub advance: Option<Limit>,
    /// To this moment.
    #[serde(default)]
    pub to: Option<Moment>,
}

/// What the moved clock brought about.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SandboxMoved {
    /// Business time now.
    pub now: Moment,
    /// Work that the worker did meanwhile: limits warned of and broken, expiries, messages.
    pub done: usize,
}

fn permitted(actor: &crate::auth::Actor, action: &str) -> db::Result<()> {
    if policy::may(actor, "sandbox", action) { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden).into()) }
}

fn only_here(state: &State) -> Result<(), Problem> {
    if state.config.sandbox { Ok(()) } else { Err(Problem::not_found()) }
}

/// 沙箱（sandbox）
///
/// 沙箱的业务时间。只在沙箱中可用，其他环境答复 404。
#[utoipa::path(tag = "operations", operation_id = "get_sandbox", responses((status = 200, description = "沙箱", body = SandboxView), (status = 404, description = "不是沙箱", body = crate::http::ProblemDocument, content_type = "application/problem+json")))]
#[get("/sandbox")]
async fn fetch(ask: Ask, state: web::Data<State>) -> Answer {
    only_here(&state)?;
    ask.view(|tx: &mut Tx, actor, _| {
        permitted(actor, "read")?;
        Ok(SandboxView { now: tx.now, system_time: Moment::system() })
    })
    .await
}

/// 拨快时钟（advance clock）
///
/// 把业务时间拨快（只能向前，每次最多 366 天），随即运行到期提醒、超时、转办失效、消息等后台作业。令牌和限流按系统时间。只在沙箱中可用，其他环境答复 404。
#[utoipa::path(tag = "operations", operation_id = "advance_sandbox_clock", request_body = SandboxClockInput, responses((status = 200, description = "拨快之后", body = SandboxMoved), (status = 404, description = "不是沙箱", body = crate::http::ProblemDocument, content_type = "application/problem+json")))]
#[post("/sandbox/clock")]
async fn advance(command: Command, state: web::Data<State>, courier: web::Data<Courier>, body: Body<SandboxClockInput>) -> Answer {
    only_here(&state)?;
    let command = command.in_earnest()?.admit(|actor| policy::may(actor, "sandbox", "advance")).await?;
    drop(command);
    let now = state.db.clock().now();
    let to = target(now, &body.value)?;
    state.db.clock().set(to);
    let offset = (to.utc() - Moment::system().utc()).num_microseconds().unwrap_or(0);
    state.db.commit(move |tx| db::keep_epoch(tx, EPOCH, offset)).await.map_err(db::Error::into_problem)?;
    // Twice: what the first round raises gets its positions, and is followed in the second.
    let mut done = 0;
    for _ in 0..2 {
        done += worker::tick(&state.db, "sandbox").await.map_err(db::Error::into_problem)?;
        done += courier.drain(&state.db, MESSAGES).await.map_err(db::Error::into_problem)?;
    }
    Ok(actix_web::HttpResponse::Ok().json(SandboxMoved { now: state.db.clock().now(), done }))
}

/// The sandbox begins anew.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SandboxReset {
    /// Always `resetting`: the server is back within a minute, with the demo as it was loaded.
    #[schema(example = "resetting")]
    pub state: String,
}

/// Tells the server to end, so that whoever started it begins anew.
static ANEW: tokio::sync::Notify = tokio::sync::Notify::const_new();
static ASKED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Waits until somebody wants the sandbox to begin anew.
pub async fn asked_anew() {
    ANEW.notified().await;
}

/// Whether the server ended because somebody wants it to begin anew; asked once.
pub fn begins_anew() -> bool {
    ASKED.swap(false, std::sync::atomic::Ordering::SeqCst)
}

/// 重置沙箱（reset）
///
/// 清空沙箱并重新载入演示数据，时钟回到当前时间；服务约一分钟内恢复，原有令牌失效。只用于内嵌数据库的沙箱，其他环境答复 404。
#[utoipa::path(tag = "operations", operation_id = "reset_sandbox", request_body = crate::http::Empty, responses((status = 200, description = "正在重置", body = SandboxReset), (status = 404, description = "不是沙箱", body = crate::http::ProblemDocument, content_type = "application/problem+json")))]
#[post("/sandbox/reset")]
async fn reset(command: Command, state: web::Data<State>, _body: Body<crate::http::Empty>) -> Answer {
    only_here(&state)?;
    let command = command.in_earnest()?.admit(|actor| policy::may(actor, "sandbox", "reset")).await?;
    drop(command);
    if !matches!(state.db.engine(), db::Engine::Sqlite(_)) {
        let text = Text::new("只有内嵌数据库的沙箱可以重置。", "Only a sandbox on an embedded database can be reset.");
        return Err(Problem::new(ErrorCode::RuleViolation, text));
    }
    // Once for each beginning: what is asked while the server ends would end the next one.
    if !ASKED.swap(true, std::sync::atomic::Ordering::SeqCst) {
        ANEW.notify_one();
    }
    Ok(actix_web::HttpResponse::Ok().json(SandboxReset { state: "resetting".into() }))
}

fn target(now: Moment, input: &SandboxClockInput) -> Result<Moment, Problem> {
    let by = match (&input.advance, input.to) {
        (Some(Limit { value, unit: Unit::Hour }), None) => now.plus(TimeDelta::hours(i64::from(*value))),
        (Some(Limit { value, unit: Unit::NaturalDay }), None) => now.plus(TimeDelta::days(i64::from(*value))),
        (None, Some(to)) => to,
        (Some(_), None) => return Err(Problem::rule("/advance/unit", "unit", "沙箱时钟按小时（hour）或自然日（natural_day）拨动。", "hour or natural_day.")),
        _ => return Err(Problem::rule("/advance", "one_of", "advance 和 to 填一项。", "Either advance or to.")),
    };
    if by < now || (by.utc() - now.utc()).num_days() > LONGEST_DAYS {
        let text = Text::new("时钟只能向前拨，每次最多 366 天。", "Forward only, at most 366 days at once.");
        return Err(Problem::new(ErrorCode::RuleViolation, text));
    }
    Ok(by)
}

/// Under this name the moved clock outlives a restart.
const EPOCH: &str = "sandbox_clock";

/// Sets the clock as it stood when the sandbox was stopped.
pub async fn wind(db: &db::Db) -> Result<(), db::Error> {
    if let Some(offset) = db.read(|tx| db::epoch(tx, EPOCH)).await? {
        db.clock().set(Moment::system().plus(TimeDelta::microseconds(offset)));
    }
    Ok(())
}
