//! The AsyncAPI document: every kind of event that is sent to subscribers, or streamed, from the list of kinds.

use serde_json::{Map, Value, json};

use crate::{
    events::{Audience, cloud::PREFIX, kinds},
    kernel::Code as _,
};

/// The document as it is checked in.
pub fn to_json() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}

fn document() -> Value {
    let (mut messages, mut listed) = (Map::new(), Map::new());
    for (kind, title) in kinds::all() {
        messages.insert(kind.clone(), message(&kind, &title));
        listed.insert(kind.clone(), json!({ "$ref": format!("#/components/messages/{kind}") }));
    }
    json!({
        "asyncapi": "3.0.0",
        "id": "urn:cn:jieli:events",
        "info": {
            "title": "jieli events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "接力（jieli）的事件：CloudEvents 1.0，JSON 结构化格式。可订阅推送（POST /api/v1/webhooks，按 Standard Webhooks 签名），\
                可拉取（GET /api/v1/events?after=），可实时读取（GET /api/v1/events/stream，Server-Sent Events）。\
                只发送订阅者可见记录的事件；同一记录的事件按先后推送，至少一次，接收方以 webhook-id（即事件 id）辨认重复。\
                事件不含个人信息和文字内容，详情以自己的权限查询该记录。",
            "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
            "tags": [{ "name": "events", "description": "事件" }],
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {
            "deployment": {
                "host": "{host}",
                "protocol": "https",
                "description": "本部署的地址。",
                "variables": { "host": { "default": "127.0.0.1:8080", "description": "主机名和端口" } },
            },
            "subscriber": {
                "host": "{host}",
                "protocol": "https",
                "description": "接收方：订阅时所填的地址。",
                "variables": { "host": { "default": "example.org", "description": "接收方的主机名" } },
            },
        },
        "channels": {
            "webhooks": {
                "address": null,
                "title": "订阅推送",
                "description": "以 POST 发到订阅所填的地址；2xx 即为收到，十五秒内未答复、3xx、4xx、5xx 稍后重试（遵守 Retry-After），410 停用订阅。",
                "servers": [{ "$ref": "#/servers/subscriber" }],
                "messages": listed.clone(),
                "bindings": { "http": { "bindingVersion": "0.3.0" } },
            },
            "stream": {
                "address": "/api/v1/events/stream",
                "title": "实时读取",
                "description": "Server-Sent Events：每条的 id 为位置，data 为事件；以 Last-Event-ID 续读。",
                "servers": [{ "$ref": "#/servers/deployment" }],
                "messages": listed,
            },
        },
        "operations": {
            "deliverEvent": {
                "action": "send",
                "title": "推送事件",
                "summary": "向订阅者推送其可见记录的事件。",
                "channel": { "$ref": "#/channels/webhooks" },
                "bindings": { "http": { "method": "POST", "bindingVersion": "0.3.0" } },
            },
            "streamEvents": {
                "action": "send",
                "title": "实时事件",
                "summary": "向已连接的读者推送其可见记录的事件。",
                "channel": { "$ref": "#/channels/stream" },
            },
        },
        "components": { "schemas": { "CloudEvent": cloud_event(), "WebhookHeaders": headers() }, "messages": messages },
    })
}

fn message(kind: &str, title: &str) -> Value {
    json!({
        "name": format!("{PREFIX}{kind}"),
        "title": title,
        "contentType": "application/cloudevents+json",
        "headers": { "$ref": "#/components/schemas/WebhookHeaders" },
        "payload": {
            "allOf": [
                { "$ref": "#/components/schemas/CloudEvent" },
                { "type": "object", "properties": { "type": { "const": format!("{PREFIX}{kind}") } } },
            ],
        },
    })
}

fn headers() -> Value {
    json!({
        "type": "object",
        "description": "Standard Webhooks 的签名头（仅推送时有）。",
        "properties": {
            "webhook-id": { "type": "string", "description": "事件 id；重发时不变" },
            "webhook-timestamp": { "type": "string", "description": "本次发送的时间，Unix 秒" },
            "webhook-signature": { "type": "string", "description": "v1,base64(HMAC-SHA256(id.timestamp.body))；更换密钥期间有两个，以空格分隔" },
        },
    })
}

fn cloud_event() -> Value {
    let audiences: Vec<&str> = Audience::ALL.iter().map(|a| a.code()).collect();
    json!({
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "sequence", "audience", "data"],
        "properties": {
            "specversion": { "const": "1.0" },
            "id": { "type": "string", "format": "uuid", "description": "事件 id" },
            "source": { "type": "string", "format": "uri-reference", "description": "本部署的地址" },
            "type": { "type": "string", "pattern": "^cn\\.jieli\\.[a-z_]+\\.[a-z_]+$" },
            "subject": { "type": "string", "description": "记录种类/记录 id" },
            "time": { "type": "string", "format": "date-time", "description": "发生时间" },
            "datacontenttype": { "const": "application/json" },
            "sequence": { "type": "string", "pattern": "^[0-9]{19}$", "description": "在事件流中的位置，可按字符串比较先后" },
            "audience": { "type": "string", "enum": audiences, "description": "面向公开、申请人还是工作人员" },
            "data": {
                "type": "object",
                "required": ["record_kind", "record_id", "record_version", "params"],
                "properties": {
                    "record_kind": { "type": "string", "description": "记录种类" },
                    "record_id": { "type": "string", "format": "uuid" },
                    "record_version": { "type": "integer", "minimum": 0, "description": "变化后的版本；0 为单纯由时间引起" },
                    "number": { "type": "string", "description": "编号" },
                    "params": { "type": "object", "description": "代码、数字、时间和其他记录的 id", "additionalProperties": { "type": ["string", "number", "boolean"] } },
                },
            },
        },
    })
}
