//! Subscriptions: made, changed, stopped, tried, replayed.

use chrono::TimeDelta;

use super::{
    following::{promote, requeue, seer, tell},
    machine::{self, WebhookAction as Action, WebhookState},
    model::{AfterDead, DeliveryState as State, NewWebhook, PauseReason, ReplayWebhook, RotateSecret, Sealed, WebhookEdit, WebhookFilters},
    signing,
    store::{self, Delivery, Webhook},
    views::{self, WebhookDeliveryView, WebhookReplayed, WebhookView},
};
use crate::{
    access::{self, Placement},
    auth::{
        self, Actor, Reachable,
        policy::{self, subject},
    },
    db::{Error, Json, Private, Result, Tx, dialect},
    events::{feed::Pattern, kinds, store as log},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text},
    organization,
};

/// Subscriptions of one owner.
const MOST: i64 = 50;
/// Dead deliveries that one call sends again.
const AT_ONCE: i64 = 1_000;

pub(super) fn may(actor: &Actor, row: &Webhook, action: &str) -> bool {
    policy::allows(actor, "webhook", action, &Reachable { client: row.client_id, ..Reachable::default() })
}

/// A subscription that the caller may do this with: 404 where it is none of theirs, 403 where they may only look.
pub(super) fn load(tx: &mut Tx, actor: &Actor, reference: &str, action: &str) -> Result<Webhook> {
    if !policy::may(actor, "webhook", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::webhook(tx, id)?.filter(|row| may(actor, row, "read")).ok_or_else(Problem::not_found)?;
    if may(actor, &row, action) { Ok(row) } else { Err(Problem::of(ErrorCode::Forbidden).into()) }
}

/// Its client sees it, and its events.
pub(super) fn place(tx: &mut Tx, row: &Webhook) -> Result<()> {
    let subjects = row.client_id.map(|id| (subject::user(id.as_str()), false)).into_iter().collect();
    access::place(tx, &Placement { kind: "webhook", record: row.id, state: row.state.code(), due_at: Moment::NEVER, updated_at: row.updated_at, subjects })
}

/// Filters that name what there is; answers the center that they name.
fn checked(tx: &mut Tx, filters: &WebhookFilters) -> Result<(WebhookFilters, Option<Id>)> {
    for (at, text) in filters.types.iter().enumerate() {
        if Pattern::known(text).is_none() {
            let zh = format!("没有“{text}”这类事件；全部类型见 /asyncapi.json。");
            return Err(Problem::rule(&format!("/filters/types/{at}"), "unknown_type", zh, "No such kind of event; see /asyncapi.json.").into());
        }
    }
    if filters.record.as_ref().is_some_and(|r| !kinds::is_record(&r.kind)) {
        return Err(Problem::rule("/filters/record/kind", "unknown_record_kind", "没有这种记录。", "No such kind of record.").into());
    }
    let Some(reference) = &filters.center else { return Ok((filters.clone(), None)) };
    let unknown = || Problem::rule("/filters/center", "unknown_center", "没有这个服务中心。", "No such center.");
    let center = organization::store::center_by_reference(tx, reference)?.ok_or_else(unknown)?;
    Ok((WebhookFilters { center: Some(center.id.to_string()), ..filters.clone() }, Some(center.id)))
}

/// Whose it becomes: the calling client's, or what an administrator says.
fn owner(tx: &mut Tx, actor: &Actor, input: &NewWebhook) -> Result<Option<Id>> {
    let wrong = |zh: &'static str, en: &'static str| Problem::rule("/client_id", "unknown_client", zh, en);
    match (&input.client_id, actor.kind) {
        (None, "client") => Ok(actor.id),
        (Some(_), "client") => Err(wrong("客户端只能为自己订阅，请不要填写。", "A client subscribes for itself.").into()),
        (None, _) if input.filters.center.is_none() => {
            Err(Problem::rule("/filters/center", "required", "不属于客户端的订阅须指明服务中心。", "Without a client a center is needed.").into())
        }
        (None, _) => Ok(None),
        (Some(name), _) => {
            let client = auth::store::client(tx, name)?.filter(|c| c.status == "active" && c.kind != "first_party");
            Ok(Some(client.ok_or_else(|| wrong("没有这个客户端。", "No such client."))?.id))
        }
    }
}

/// A new subscription: it is told of what happens from now on.
pub fn create(tx: &mut Tx, actor: &Actor, input: &NewWebhook) -> Result<WebhookView> {
    create_as(tx, actor, input, None)
}

/// The same under a given id, where one is given.
pub fn create_as(tx: &mut Tx, actor: &Actor, input: &NewWebhook, id: Option<Id>) -> Result<WebhookView> {
    if !policy::may(actor, "webhook", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let client_id = owner(tx, actor, input)?;
    let (filters, center_id) = checked(tx, &input.filters)?;
    if store::count(tx, client_id)? >= MOST {
        return Err(Problem::rule("/url", "too_many", format!("最多 {MOST} 个订阅。"), format!("At most {MOST} subscriptions.")).into());
    }
    let sealed = Sealed { url: input.url.clone(), description: input.description.clone(), current: signing::secret(), ..Sealed::default() };
    let row = Webhook {
        id: id.unwrap_or_default(),
        client_id,
        center_id,
        filters: Json::new(&filters)?,
        sealed: Private::seal(tx.vault, &sealed)?,
        state: WebhookState::Active,
        reason: None,
        after_dead: input.after_dead.unwrap_or(AfterDead::Wait),
        position: log::last_position(tx)?,
        replay_to: 0,
        failures: 0,
        failing_since: None,
        resume_at: tx.now,
        last_ms: 0,
        trouble: 0,
        last_success_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    place(tx, &row)?;
    tell(tx, actor, &row, "created")?;
    let view = views::webhook(tx, actor, row)?;
    Ok(WebhookView { secret: Some(sealed.current), ..view })
}

/// A subscription, locked, with the action decided.
fn locked(tx: &mut Tx, actor: &Actor, target: &Target, action: Action) -> Result<Webhook> {
    let found = load(tx, actor, &target.reference, action.code())?;
    dialect::lock_root(tx.conn, "webhooks", found.id.as_str())?;
    let mut row = store::webhook(tx, found.id)?.ok_or_else(Problem::not_found)?;
    target.check(row.version)?;
    let refused = match machine::decide(row.state, action) {
        // It would be stopped again with the next event.
        Ok(_) if action == Action::Resume && seer(tx, &row)?.is_none() => {
            let text = Text::new("所属客户端已停用：请先启用客户端，再恢复订阅。", "Its client is disabled: enable the client first.");
            Problem::new(ErrorCode::StateConflict, text)
        }
        Ok(to) => {
            row.state = to;
            return Ok(row);
        }
        Err(refusal) => Problem::from(refusal),
    };
    let allowed = views::allowed(tx, actor, &row)?;
    Err(Problem { allowed_actions: Some(allowed), ..refused }.into())
}

fn saved(tx: &mut Tx, actor: &Actor, mut row: Webhook, kind: &str) -> Result<WebhookView> {
    row.version += 1;
    row.updated_at = tx.now;
    store::save(tx, &row)?;
    place(tx, &row)?;
    tell(tx, actor, &row, kind)?;
    views::webhook(tx, actor, row)
}

/// Another address, other filters: what is queued goes to the new address, if it is still wanted.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &WebhookEdit) -> Result<WebhookView> {
    let mut row = locked(tx, actor, target, Action::Edit)?;
    let (filters, center_id) = checked(tx, &input.filters)?;
    if row.client_id.is_none() && center_id.is_none() {
        let zh = "不属于客户端的订阅须指明服务中心。";
        return Err(Problem::rule("/filters/center", "required", zh, "Without a client a center is needed.").into());
    }
    let goes_on = input.after_dead == Some(AfterDead::GoOn) && row.after_dead == AfterDead::Wait;
    let old = row.sealed.open(tx.vault)?;
    if old.url != input.url {
        // Another receiver: it is asked at once how it is.
        row.resume_at = tx.now;
        row.last_ms = 0;
    }
    let sealed = Sealed { url: input.url.clone(), description: input.description.clone(), ..old };
    row.sealed = Private::seal(tx.vault, &sealed)?;
    row.filters = Json::new(&filters)?;
    row.center_id = center_id;
    row.after_dead = input.after_dead.unwrap_or(row.after_dead);
    if goes_on {
        for dead in store::dead(tx, row.id, AT_ONCE)? {
            promote(tx, &row, dead.record_id)?;
        }
    }
    saved(tx, actor, row, "edited")
}

/// Nothing is sent any more; what happens meanwhile is sent when it goes on.
pub fn pause(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<WebhookView> {
    let mut row = locked(tx, actor, target, Action::Pause)?;
    row.reason = Some(PauseReason::Asked);
    saved(tx, actor, row, "paused")
}

/// It goes on where it stood.
pub fn resume(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<WebhookView> {
    let mut row = locked(tx, actor, target, Action::Resume)?;
    row.reason = None;
    row.failures = 0;
    row.failing_since = None;
    row.resume_at = tx.now;
    row.last_ms = 0;
    row.trouble = 0;
    store::begin_anew(tx, row.id)?;
    saved(tx, actor, row, "resumed")
}

/// Sends a test: an event of the subscription itself, the same way as all others; a receiver that rests is asked at once.
pub fn ping(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<WebhookView> {
    let mut row = locked(tx, actor, target, Action::Ping)?;
    row.resume_at = row.resume_at.min(tx.now);
    store::save(tx, &row)?;
    tell(tx, actor, &row, "pinged")?;
    views::webhook(tx, actor, row)
}

/// A new secret, shown now and never again; the old one signs beside it for a while.
pub fn rotate(tx: &mut Tx, actor: &Actor, target: &Target, input: &RotateSecret) -> Result<WebhookView> {
    let mut row = locked(tx, actor, target, Action::RotateSecret)?;
    let old = row.sealed.open(tx.vault)?;
    let sealed = Sealed {
        url: old.url,
        description: old.description,
        current: signing::secret(),
        previous: (input.overlap_hours > 0).then_some(old.current),
        previous_until: (input.overlap_hours > 0).then(|| tx.now.plus(TimeDelta::hours(input.overlap_hours))),
    };
    row.sealed = Private::seal(tx.vault, &sealed)?;
    let view = saved(tx, actor, row, "secret_rotated")?;
    Ok(WebhookView { secret: Some(sealed.current), ..view })
}

/// Sends again: what is dead, or everything from a place on.
pub fn replay(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReplayWebhook) -> Result<WebhookReplayed> {
    let mut row = locked(tx, actor, target, Action::Replay)?;
    let from = match (input.dead, input.after, input.since) {
        (true, None, None) => None,
        (false, Some(after), None) => Some(after),
        (false, None, Some(since)) => Some(log::position_before(tx, since)?),
        _ => {
            let zh = "请在 dead、after、since 中指明一项。";
            return Err(Problem::rule("/dead", "one_of", zh, "One of dead, after and since.").into());
        }
    };
    let queued = match from {
        None => {
            let dead = store::dead(tx, row.id, AT_ONCE)?;
            let queued = dead.len();
            for delivery in dead {
                requeue(tx, &row, delivery)?;
            }
            Some(queued)
        }
        Some(from) => {
            // The follower passes once more; nothing ahead of it is sent until it has.
            row.replay_to = row.replay_to.max(row.position);
            row.position = row.position.min(from);
            None
        }
    };
    row.resume_at = tx.now;
    let from = from.map(|f| f.min(row.replay_to));
    let left = store::count_of(tx, row.id, State::Dead)?;
    let webhook = saved(tx, actor, row, "replayed")?;
    Ok(WebhookReplayed { webhook, queued, after: from, dead: left })
}

/// It is no longer told of anything.
pub fn remove(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<()> {
    let row = locked(tx, actor, target, Action::Remove)?;
    let nobody = Placement { kind: "webhook", record: row.id, state: row.state.code(), due_at: Moment::NEVER, updated_at: tx.now, subjects: Vec::new() };
    access::place(tx, &nobody)?;
    store::remove(tx, row.id)
}

fn of_delivery(tx: &mut Tx, actor: &Actor, target: &Target, action: Action) -> Result<(Webhook, Delivery)> {
    if !policy::may(actor, "webhook", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let id: Id = target.reference.parse().map_err(|_| Problem::not_found())?;
    let found = store::delivery(tx, id)?.ok_or_else(Problem::not_found)?;
    let row = locked(tx, actor, &Target::any(found.webhook_id), action)?;
    let delivery = store::delivery(tx, id)?.ok_or_else(Problem::not_found)?;
    target.check(delivery.version)?;
    Ok((row, delivery))
}

fn conflict(actor: &Actor, row: &Webhook, delivery: &Delivery) -> Error {
    let zh = format!("该次投递当前为“{}”，不能这样处理。", delivery.state.label());
    let text = Text::new(zh, "The state forbids it.");
    Problem { allowed_actions: Some(views::allowed_of(actor, row, delivery)), ..Problem::new(ErrorCode::StateConflict, text) }.into()
}

/// One delivery is sent again.
pub fn replay_one(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<WebhookDeliveryView> {
    let (row, delivery) = of_delivery(tx, actor, target, Action::Replay)?;
    if !views::allowed_of(actor, &row, &delivery).contains(&"replay".to_owned()) {
        return Err(conflict(actor, &row, &delivery));
    }
    let id = delivery.id;
    requeue(tx, &row, delivery)?;
    views::fetch_delivery(tx, actor, id.as_str())
}

/// One delivery is left out; those behind it go on.
pub fn skip_one(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<WebhookDeliveryView> {
    let (row, mut delivery) = of_delivery(tx, actor, target, Action::Skip)?;
    if !views::allowed_of(actor, &row, &delivery).contains(&"skip".to_owned()) {
        return Err(conflict(actor, &row, &delivery));
    }
    delivery.state = State::Skipped;
    if !store::save_delivery(tx, &mut delivery)? {
        return Err(Error::Contended);
    }
    promote(tx, &row, delivery.record_id)?;
    views::fetch_delivery(tx, actor, delivery.id.as_str())
}
