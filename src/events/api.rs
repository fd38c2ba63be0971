//! The feed over HTTP: pulled, or live.

use std::time::Duration;

use actix_web::get;
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    cloud::{self, CloudEvent},
    feed::{self, Asked, Pattern},
    kinds,
    seeing::Seer,
    store,
};
use crate::{
    auth::Actor,
    db::{self, Tx},
    http::{Answer, Ask, Next, Params, Resume},
    kernel::Problem,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(stream).service(pull);
}

/// Events on a page, unless a limit says otherwise.
const PAGE: usize = 100;
/// The longest that a question waits for an answer.
const LONGEST_WAIT: u64 = 20;

/// What of the feed is wanted.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedParams {
    /// 从此位置之后（不含）；上一次答复的 next_after，不填从头读起；latest 从现在读起。
    #[serde(default)]
    #[param(required = false, max_length = 19, pattern = "^([0-9]{1,18}|latest)$", example = "0")]
    after: Option<String>,
    /// 事件类型，逗号分隔；可用 entrustment.* 表示一类。
    #[serde(default)]
    #[param(required = false, min_length = 3, max_length = 1000, example = "entrustment.accepted,transfer.*")]
    types: Option<String>,
    /// 记录的种类，例如 entrustment。
    #[serde(default)]
    #[param(required = false, min_length = 1, max_length = 40)]
    record_kind: Option<String>,
    /// 只要这一条记录的事件。
    #[serde(default)]
    #[param(required = false, max_length = 36, format = "uuid")]
    record: Option<String>,
    /// 只要该中心及其下级的记录：id 或 12 位区划代码。
    #[serde(default)]
    #[param(required = false, max_length = 36)]
    center: Option<String>,
    /// 每页条数，1 到 200，默认 100。
    #[serde(default)]
    #[param(required = false, max_length = 3, pattern = "^[0-9]{1,3}$")]
    limit: Option<String>,
    /// 没有新事件时最多等待的秒数，0 到 20（长轮询）。
    #[serde(default)]
    #[param(required = false, max_length = 2, pattern = "^[0-9]{1,2}$")]
    wait: Option<String>,
}

/// A part of the feed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EventFeed {
    /// In the order of their positions.
    pub items: Vec<CloudEvent>,
    /// Send it as `after` next time, also where nothing was found.
    pub next_after: i64,
    /// Whether more stands behind it already: ask again at once.
    pub has_more: bool,
}

fn wrong(name: &str, zh: &'static str, en: &'static str) -> Problem {
    Problem::parameter(name, "invalid_value", zh, en)
}

impl FeedParams {
    fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.as_deref().map_or(Ok(PAGE), str::parse);
        limit.ok().filter(|n| (1..=200).contains(n)).ok_or_else(|| wrong("limit", "limit 应为 1 到 200 的整数。", "limit must be 1 to 200."))
    }

    fn wait(&self) -> Result<Duration, Problem> {
        let wait = self.wait.as_deref().map_or(Ok(0), str::parse::<u64>);
        let seconds = wait.ok().filter(|n| *n <= LONGEST_WAIT).ok_or_else(|| wrong("wait", "wait 应为 0 到 20 的整数。", "wait must be 0 to 20."))?;
        Ok(Duration::from_secs(seconds))
    }

    fn asked(&self, tx: &mut Tx) -> db::Result<Asked> {
        let unknown = |text: &str| {
            let zh = format!("没有“{text}”这类事件；全部类型见 /asyncapi.json。");
            Problem::parameter("types", "unknown_type", zh, "No such kind of event; see /asyncapi.json.")
        };
        let types = self.types.as_deref().unwrap_or_default().split(',').filter(|t| !t.trim().is_empty());
        let types = types.map(|t| Pattern::known(t.trim()).ok_or_else(|| unknown(t.trim()))).collect::<Result<Vec<Pattern>, _>>();
        let record = self.record.as_deref().map(str::parse).transpose().map_err(|_| wrong("record", "应为记录的 id。", "A record id."));
        let center = match &self.center {
            None => Ok(None),
            Some(reference) => store::center(tx, reference)?.map(Some).ok_or_else(|| wrong("center", "没有这个服务中心。", "No such center.")),
        };
        let known = self.record_kind.as_deref().is_none_or(kinds::is_record);
        let unknown = || Problem::parameter("record_kind", "unknown_record_kind", "没有这种记录。", "No such kind of record.");
        let what = Problem::together(types, known.then_some(()).ok_or_else(unknown));
        let ((types, ()), ((record, center), limit)) = Problem::together(what, Problem::together(Problem::together(record, center), self.limit()))?;
        Ok(Asked { after: 0, types, record_kind: self.record_kind.clone(), record, center, limit })
    }

    /// Where to begin.
    fn after(&self) -> Result<Option<i64>, Problem> {
        let bad = || wrong("after", "应为上一次答复的 next_after，或 latest。", "next_after of the answer before, or latest.");
        match self.after.as_deref() {
            None => Ok(Some(0)),
            Some("latest") => Ok(None),
            Some(text) => text.parse().ok().filter(|n| *n >= 0).map(Some).ok_or_else(bad),
        }
    }
}

/// `-1` stands for the newest position, so that a place is one number.
const LATEST: i64 = -1;

fn look(tx: &mut Tx, actor: &Actor, params: &FeedParams, source: &str, at: i64) -> db::Result<(Vec<(i64, CloudEvent)>, feed::Batch)> {
    let after = if at == LATEST { store::last_position(tx)? } else { store::given(tx, at)? };
    let asked = Asked { after, ..params.asked(tx)? };
    let mut batch = feed::walk(tx, &Seer::Actor(Box::new(actor.clone())), &asked)?;
    let events = std::mem::take(&mut batch.events);
    let told = events.iter().map(|e| Ok((e.position.unwrap_or(0), cloud::cloud(e, source)?))).collect::<db::Result<_>>()?;
    Ok((told, batch))
}

/// 拉取事件（pull events）
///
/// 按位置先后读取本人可见记录的事件（CloudEvents 1.0）：下一次以 next_after 作为 after，即不重不漏；wait 为没有新事件时等待的秒数。事件只含代码和记录 id，不含个人信息；详情以本人权限查询该记录。看不到其记录的事件不列出。
#[utoipa::path(tag = "events", operation_id = "pull_events", params(FeedParams), responses((status = 200, description = "一段事件", body = EventFeed)))]
#[get("/events")]
async fn pull(ask: Ask, params: Params<FeedParams>) -> Answer {
    let Params(params) = params;
    let (from, wait) = Problem::together(params.after(), params.wait())?;
    let from = from.unwrap_or(LATEST);
    let source = ask.config().public_url.clone();
    ask.awaited(wait, from, move |tx, actor, at| {
        let (told, batch) = look(tx, actor, &params, &source, at)?;
        let enough = !told.is_empty() || batch.more;
        let items = told.into_iter().map(|(_, e)| e).collect();
        Ok((EventFeed { items, next_after: batch.next, has_more: batch.more }, batch.next, enough))
    })
    .await
}

/// 实时事件（live events）
///
/// 以 Server-Sent Events 持续推送本人可见记录的事件；每条的 id 为其位置，断线后浏览器以 Last-Event-ID 续读，不重不漏。令牌到期或十分钟后断开，请以新令牌重连。
/// 文档页面里的“执行”等不到结果；命令行用 `curl -N`（不缓冲）。
#[utoipa::path(tag = "events", operation_id = "stream_events", params(FeedParams, ("Last-Event-ID" = Option<String>, Header, description = "上一条事件的 id，优先于 after", max_length = 18, pattern = "^[0-9]{1,18}$")),
    responses((status = 200, description = "持续的事件流", body = String, content_type = "text/event-stream")))]
#[get("/events/stream")]
async fn stream(ask: Ask, resume: Resume, params: Params<FeedParams>) -> Answer {
    let Params(params) = params;
    // A stream always waits; what makes no sense is refused all the same.
    params.wait()?;
    let from = resume.after.or(params.after()?).unwrap_or(LATEST);
    let source = ask.config().public_url.clone();
    ask.following(from, &resume, move |tx, actor, at| {
        let (told, batch) = look(tx, actor, &params, &source, at)?;
        let pieces = told.into_iter().map(|(at, e)| Ok((at, serde_json::to_string(&e)?))).collect::<db::Result<_>>()?;
        Ok(Next { pieces, at: batch.next, more: batch.more })
    })
    .await
}
