//! The demo's portal: a client whose secret and key are published, a provider that knows invented people, a client and a provider
//! that wait for approval, and what the city says when a matter is done.

use super::demo::fixed;
use crate::{
    auth::{Actor, Grant, Role, store as accounts},
    clients::{self, NewClient},
    config::Config,
    db::{self, Tx},
    identity::{providers, store as identities},
    notices,
};

const JWKS: &str = include_str!("../../data/demo/portal-jwks.json");
/// The demo portal's secret, which is no secret.
pub(super) const SECRET: &str = "jieli-demo-portal-2026";

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> db::Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// The system administrator of the demo, who proposes.
fn administrator() -> Actor {
    let grants = vec![Grant { role: Role::SystemAdmin, node: "system".into() }];
    Actor { kind: "user", id: Some(fixed("user", "sys_admin")), grants, label: "系统管理员".into(), ..Actor::system("demo") }
}

fn portal(root: &str, jwks: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({
        "client_id": "demo-portal", "kind": "portal", "center": root,
        "settings": {
            "name": "演示门户", "description": "演示用：密钥和签名私钥均已公开（data/demo/portal-key.pem）", "jwks": jwks,
            "redirect_uris": ["http://127.0.0.1:5173/signed-in", "http://localhost:5173/signed-in"], "per_minute": 6000, "per_day": 1_000_000,
        },
    })
}

fn province() -> serde_json::Value {
    serde_json::json!({
        "name": "province", "kind": "ticket",
        "settings": {
            "title": "省统一身份认证（示例配置）", "app_id": "jieli", "secret": "a-secret-of-the-platform",
            "ticket": {
                "login_url": "https://sso.example.gov.cn/login?appmark=jieli", "callback_parameter": "gotoUrl", "ticket_parameter": "ticket",
                "token": { "url": "https://sso.example.gov.cn/api/token", "by": "post_json",
                           "fields": { "ticket": "{ticket}", "appId": "{app_id}", "timestamp": "{timestamp}", "nonce": "{nonce}", "sign": "{sign}" } },
                "token_pointer": "/data/token",
                "user": { "url": "https://sso.example.gov.cn/api/user", "by": "get", "fields": { "token": "{token}" } },
                "success_pointer": "/code", "success": "200",
            },
            "mapping": {
                "kind": "/data/userType", "kinds": { "1": "natural_person", "2": "enterprise" }, "name": "/data/name", "id_number": "/data/idCardNo",
                "organization_name": "/data/corpName", "credit_code": "/data/creditCode", "by_agent": true, "phone": "/data/mobile",
                "level": "/data/authLevel", "levels": { "L1": 1, "L2": 2, "L3": 3 }, "usual_level": 1,
            },
        },
    })
}

fn fake((name, code): (&str, &str)) -> serde_json::Value {
    let person = |hint: &str, level: &str| serde_json::json!({ "hint": hint, "claims": { "type": "natural_person", "name": "演示自然人一号", "id_number": "320601199001010011", "level": level, "phone_number": "13900000003" } });
    let company = serde_json::json!({ "hint": "company", "claims": {
        "type": "enterprise", "org": name, "code": code, "level": "2" } });
    serde_json::json!({
        "name": "fake", "kind": "fake",
        "settings": {
            "title": "模拟登录（仅演示、沙箱）", "people": [person("citizen", "2"), person("citizen-basic", "1"), company],
            "mapping": { "kind": "/type", "name": "/name", "id_number": "/id_number", "organization_name": "/org", "credit_code": "/code",
                         "phone": "/phone_number", "level": "/level", "levels": { "1": 1, "2": 2, "3": 3 }, "usual_level": 1 },
        },
    })
}

/// The company that signs in by itself in Nantong's demo.
pub(super) const COMPANY: (&str, &str) = ("如东海风装备制造有限公司（演示）", "91320623MADEM0001N");

/// Loads what is not there yet, for the city of this division; `company` is who signs in by itself.
pub(super) fn load(tx: &mut Tx, root: &str, company: (&str, &str)) -> db::Result<()> {
    let (system, admin) = (Actor::system("demo"), administrator());
    let jwks: serde_json::Value = serde_json::from_str(JWKS)?;
    if accounts::client(tx, "demo-portal")?.is_none() {
        let new: NewClient = read(portal(root, &jwks))?;
        clients::create_as(tx, &system, &new, fixed("client", "demo-portal"), SECRET)?;
        for name in ["demo-mini-app", "demo-kiosk"] {
            let new = read(serde_json::json!({ "client_id": name, "kind": "portal", "center": root,
                "settings": { "name": "演示小程序（待批准）", "redirect_uris": ["https://mini.example.gov.cn/signed-in"] } }))?;
            clients::create_as(tx, &admin, &new, fixed("client", name), SECRET)?;
        }
        let old = read(serde_json::json!({ "client_id": "demo-old-portal", "kind": "portal", "settings": { "name": "演示旧门户" } }))?;
        clients::create_as(tx, &system, &old, fixed("client", "demo-old-portal"), SECRET)?;
        clients::stop(tx, fixed("client", "demo-old-portal"))?;
    }
    if identities::provider(tx, "fake")?.is_none() {
        providers::create_as(tx, &system, &read(fake(company))?, fixed("identity_provider", "fake"))?;
        providers::create_as(tx, &admin, &read(province())?, fixed("identity_provider", "province"))?;
        for (name, on) in [("city-one", true), ("city-two", false)] {
            let mut copy = province();
            copy["name"] = name.into();
            let id = fixed("identity_provider", name);
            // Who proposes does not approve; the demo has approved these.
            providers::create_as(tx, if on { &system } else { &admin }, &read(copy)?, id)?;
        }
        let mut stopped = province();
        stopped["name"] = "city-old".into();
        providers::create_as(tx, &system, &read(stopped)?, fixed("identity_provider", "city-old"))?;
        providers::disable(tx, &admin, &crate::kernel::Target::any(fixed("identity_provider", "city-old")))?;
    }
    let id = fixed("notice_template", "result_ready");
    if !notices::is_known(tx, id)? {
        let new = read(serde_json::json!({ "kind": "result_ready", "center": root,
            "content": { "title": "办结待签收", "text": "“{title}”（{number}）已由{center}办结，请在小程序中核对结果并签收，也可到就近的代办点签收。", "channels": ["in_app", "sms"] } }))?;
        notices::publish_as(tx, &system, &new, id)?;
    }
    Ok(())
}

/// Messages of a demo are written to the console.
pub(super) fn configure(config: &mut Config) {
    for gateway in [&mut config.gateways.sms, &mut config.gateways.wechat] {
        if gateway.url.is_empty() {
            gateway.url = "console".into();
        }
    }
}
