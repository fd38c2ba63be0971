//! Subscriptions and deliveries, and what is sent for them.

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    db::code_enum,
    events::{Audience, Event, feed::Pattern},
    kernel::{Id, Moment},
};

code_enum! {
    /// Why a subscription does not run.
    PauseReason in "webhook-pause-reasons" {
        Asked "asked" "人工暂停",
        Failing "failing" "长时间全部投递失败，自动暂停",
        Gone "gone" "接收方答复 410，自动停用",
        Owner "owner_disabled" "所属客户端已停用",
    }
}

code_enum! {
    /// State of a delivery.
    DeliveryState in "webhook-delivery-states" {
        Queued "queued" "排在同一记录的前一事件之后",
        Waiting "waiting" "待投递",
        Sent "sent" "已送达",
        Dead "dead" "多次失败，待处理",
        Skipped "skipped" "已跳过",
    }
}

code_enum! {
    /// What becomes of a record's later events when one could not be delivered.
    AfterDead in "webhook-after-dead" {
        Wait "wait" "等待处理，保持次序",
        GoOn "go_on" "继续投递后面的事件",
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRecord {
    /// Its kind.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "entrustment")]
    pub kind: String,
    /// Its id.
    pub id: Id,
}

/// Which events are told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookFilters {
    /// Kinds such as `entrustment.accepted`, or all of a sort: `entrustment.*`. None: all.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50, required = false, example = json!(["entrustment.*", "transfer.accepted"]))]
    pub types: Vec<String>,
    /// Records at or below this center: id or division code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, required = false, example = "320623000000")]
    pub center: Option<String>,
    /// One record alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub record: Option<WebhookRecord>,
    /// For whom the events are meant; none: all that the owner may read.
    #[serde(default)]
    #[validate(length(max = 3))]
    #[schema(max_items = 3, required = false)]
    pub audiences: Vec<Audience>,
}

impl WebhookFilters {
    /// Whether an event is taken, whoever may read it.
    pub fn take(&self, event: &Event) -> bool {
        let of_kind = self.types.is_empty() || self.types.iter().any(|t| Pattern::parse(t).is_some_and(|p| p.takes(&event.kind)));
        let of_record = self.record.as_ref().is_none_or(|r| r.id == event.record_id && r.kind == event.record_kind);
        of_kind && of_record && (self.audiences.is_empty() || self.audiences.contains(&event.audience))
    }
}

/// A new subscription.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "https://example.org/jieli", "description": "门户进度推送", "filters": { "types": ["entrustment.*"] } }))]
pub struct NewWebhook {
    /// Where events are sent: `https`.
    #[validate(length(min = 8, max = 500))]
    #[schema(min_length = 8, max_length = 500)]
    pub url: String,
    /// What it is for.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200, required = false)]
    pub description: String,
    /// Which events.
    #[serde(default)]
    #[validate(nested)]
    pub filters: WebhookFilters,
    /// What becomes of a record's later events when one could not be delivered.
    #[serde(default)]
    pub after_dead: Option<AfterDead>,
    /// Set up by an administrator: for this client (its OAuth id). Absent: for the deployment, of the center that the filters name.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, required = false)]
    pub client_id: Option<String>,
}

/// A subscription as it is edited.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "https://example.org/jieli/v2", "description": "门户进度推送", "filters": { "types": ["entrustment.*"] } }))]
pub struct WebhookEdit {
    /// Where events are sent.
    #[validate(length(min = 8, max = 500))]
    #[schema(min_length = 8, max_length = 500)]
    pub url: String,
    /// What it is for.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200, required = false)]
    pub description: String,
    /// Which events.
    #[serde(default)]
    #[validate(nested)]
    pub filters: WebhookFilters,
    /// What becomes of a record's later events when one could not be delivered.
    #[serde(default)]
    pub after_dead: Option<AfterDead>,
}

/// How long the old secret signs beside the new one.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "overlap_hours": 24 }))]
pub struct RotateSecret {
    /// Hours, 0 to 168.
    #[serde(default = "a_day")]
    #[validate(range(min = 0, max = 168))]
    #[schema(minimum = 0, maximum = 168, required = false)]
    pub overlap_hours: i64,
}

fn a_day() -> i64 {
    24
}

/// What is sent again.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "dead": true }))]
pub struct ReplayWebhook {
    /// All that could not be delivered.
    #[serde(default)]
    pub dead: bool,
    /// Everything after this position.
    #[serde(default)]
    #[validate(range(min = 0))]
    #[schema(minimum = 0, required = false)]
    pub after: Option<i64>,
    /// Everything that happened since.
    #[serde(default)]
    pub since: Option<Moment>,
}

/// What of a subscription is kept sealed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sealed {
    /// Where to.
    pub url: String,
    /// What for.
    pub description: String,
    /// The secret that signs: `whsec_…`.
    pub current: String,
    /// The one before, as long as it still signs.
    pub previous: Option<String>,
    /// Until when.
    pub previous_until: Option<Moment>,
}

impl Sealed {
    /// Those that sign at a moment, the current one first.
    pub fn signing(&self, now: Moment) -> Vec<&str> {
        let previous = self.previous.as_deref().filter(|_| self.previous_until.is_some_and(|until| now < until));
        std::iter::once(self.current.as_str()).chain(previous).collect()
    }
}
