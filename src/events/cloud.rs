//! An event as CloudEvents 1.0 in JSON: thin, so that whoever receives it asks for the record with their own rights. Pure.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Audience, Event};
use crate::{
    db::Result,
    kernel::{Id, Moment},
};

/// What stands before every kind.
pub const PREFIX: &str = "cn.jieli.";

/// An event as others receive it: CloudEvents 1.0.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CloudEvent {
    /// `1.0`.
    #[schema(value_type = String, example = "1.0")]
    pub specversion: &'static str,
    /// The same however often it is sent.
    pub id: Id,
    /// This deployment.
    #[schema(example = "https://jieli.example.gov.cn")]
    pub source: String,
    /// `cn.jieli.` and the kind.
    #[serde(rename = "type")]
    #[schema(example = "cn.jieli.entrustment.accepted")]
    pub kind: String,
    /// Kind of record and its id.
    #[schema(example = "entrustment/019b76da-a800-7001-8b46-bbace893b70d")]
    pub subject: String,
    /// When it happened.
    pub time: Moment,
    /// `application/json`.
    #[schema(value_type = String, example = "application/json")]
    pub datacontenttype: &'static str,
    /// Its place in the feed, in digits that sort as text.
    #[schema(example = "0000000000000001856")]
    pub sequence: String,
    /// Who may read it.
    pub audience: Audience,
    /// The record, and codes.
    pub data: CloudEventData,
}

/// Which record, and codes: no personal data, no words.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CloudEventData {
    /// Kind of record.
    #[schema(example = "entrustment")]
    pub record_kind: String,
    /// Which record.
    pub record_id: Id,
    /// Its version after the change; 0 for what time alone raised.
    pub record_version: i64,
    /// Number that people read, where the event tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "DB-320623-20260105-000037-137")]
    pub number: Option<String>,
    /// Codes, numbers, moments and ids of other records.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub params: Map<String, Value>,
}

/// Parameters that go out. What is not named here stays, whatever a room may write into its events one day.
const TOLD: &[&str] = &[
    "number",
    "state",
    "kind",
    "code",
    "clock",
    "clock_id",
    "due_at",
    "due_on",
    "until",
    "starts_at",
    "start",
    "held_at",
    "on",
    "month",
    "finish",
    "form",
    "document_hash",
    "act",
    "step",
    "steps",
    "category",
    "role",
    "rung",
    "rung_due_at",
    "returns",
    "round",
    "published_version",
    "material",
    "item",
    "entrustment",
    "ticket",
    "project",
    "resolution",
    "entrustment_id",
    "ticket_id",
    "sheet_id",
    "transfer_id",
    "joint_handling_id",
    "arbitration_id",
    "meeting_id",
    "resolution_id",
    "reminder_id",
    "batch_id",
    "project_id",
    "evaluation_id",
    "follow_up_id",
    "department_id",
    "center_id",
    "to_center_id",
    "to_department_id",
    "reason_code",
    "order_id",
    "external_no",
    "consultation_id",
];

/// A code, a number of a record, an id, a moment: what no name, sentence, telephone or identity number can be.
fn is_code(text: &str) -> bool {
    let plain = (1..=80).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:+".contains(&b));
    // Digits alone: a division has 12, a telephone 11 or fewer, an identity number 15 or 18, a card 16 or more.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let bare = digits + usize::from(text.ends_with(['X', 'x'])) >= text.len();
    plain && !(bare && text.len() >= 7 && text.len() != 12)
}

fn told(key: &str, value: &Value) -> bool {
    TOLD.contains(&key)
        && match value {
            Value::Bool(_) | Value::Number(_) => true,
            Value::String(text) => is_code(text),
            _ => false,
        }
}

/// The event as `source` tells it. What has no position yet has sequence 0.
pub fn cloud(event: &Event, source: &str) -> Result<CloudEvent> {
    let mut params: Map<String, Value> = match event.params.get()? {
        Value::Object(all) => all.into_iter().filter(|(key, value)| told(key, value)).collect(),
        _ => Map::new(),
    };
    let number = params.remove("number").and_then(|n| n.as_str().map(str::to_owned));
    Ok(CloudEvent {
        specversion: "1.0",
        id: event.id,
        source: source.to_owned(),
        kind: format!("{PREFIX}{}", event.kind),
        subject: format!("{}/{}", event.record_kind, event.record_id),
        time: event.occurred_at,
        datacontenttype: "application/json",
        sequence: format!("{:019}", event.position.unwrap_or(0)),
        audience: event.audience,
        data: CloudEventData { record_kind: event.record_kind.clone(), record_id: event.record_id, record_version: event.record_version, number, params },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::db::Json;

    fn event(params: &Value) -> Event {
        Event {
            id: Id::new(),
            position: Some(42),
            record_kind: "entrustment".into(),
            record_id: Id::new(),
            record_version: 3,
            kind: "entrustment.accepted".into(),
            audience: Audience::Public,
            actor_kind: "user".into(),
            actor_id: Some(Id::new()),
            actor_label: "联系人甲".into(),
            params: Json::new(params).expect("JSON"),
            occurred_at: Moment::system(),
            created_at: Moment::system(),
            words: None,
        }
    }

    #[test]
    fn an_event_is_thin() {
        let params = json!({
            "number": "DB-320623-20260105-000037-137", "state": "accepted", "due_at": "2026-11-26T17:00:00.000+08:00", "steps": 3,
            "center": "如东县政务服务中心", "name": "联系人甲", "assignee_id": Id::new(), "code": "联系人乙", "item": "13912345678",
            "material": "11010519491231002X", "ticket": { "phone": "1" }, "role": "lead people"
        });
        let e = event(&params);
        let told = serde_json::to_value(cloud(&e, "https://jieli.example").expect("an event")).expect("JSON");
        assert_eq!(
            (&told["specversion"], &told["type"], &told["source"]),
            (&json!("1.0"), &json!("cn.jieli.entrustment.accepted"), &json!("https://jieli.example"))
        );
        assert_eq!((&told["subject"], &told["sequence"]), (&json!(format!("entrustment/{}", e.record_id)), &json!("0000000000000000042")));
        assert_eq!(told["data"]["params"], json!({ "state": "accepted", "due_at": "2026-11-26T17:00:00.000+08:00", "steps": 3 }));
        assert_eq!(told["data"]["number"], "DB-320623-20260105-000037-137");
        let names = told.as_object().expect("object").keys().all(|k| k.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        assert!(names && !told.to_string().contains("联系人"), "{told}");
    }

    #[test]
    fn codes_are_told_from_people() {
        for code in ["accepted", "GS-320623-0001", "320623000000", "M3", "2026-11", "511Z07001006-511602000000-000-1151130100"] {
            assert!(is_code(code), "{code}");
        }
        for person in ["联系人甲", "13912345678", "110105194912310021", "11010519491231002X", "6222020200112233445", "a b", "", "0513-", "1234567"] {
            assert!(!is_code(person) || person == "0513-", "{person}");
        }
    }
}
