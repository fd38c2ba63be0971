//! Identity providers as records: proposed by one administrator, approved by another, with their secrets sealed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use validator::Validate;

use super::{
    mapping::ClaimMapping,
    store::{self, Provider},
};
use crate::{
    auth::{Actor, policy},
    db::{Error, Private, Result, Tx, audit, code_enum},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text},
};

code_enum! {
    /// How a provider is talked to.
    ProviderKind in "identity-provider-kinds" {
        Oidc "oidc" "OpenID Connect 授权码",
        Ticket "ticket" "票据换令牌（省级统一身份认证）",
        Fake "fake" "模拟登录（仅演示、沙箱）",
    }
}

code_enum! {
    /// State of a provider.
    ProviderStatus in "identity-provider-states" {
        Proposed "proposed" "待批准",
        Active "active" "启用",
        Disabled "disabled" "停用",
    }
}

code_enum! {
    /// How a platform is asked.
    AskBy in "identity-request-methods" {
        Get "get" "GET 查询参数",
        PostForm "post_form" "POST 表单",
        PostJson "post_json" "POST JSON",
    }
}

/// One question to a platform. Values may hold `{ticket}`, `{token}`, `{app_id}`, `{secret}`, `{timestamp}`, `{nonce}`, and
/// `{sign}`: HMAC-SHA256 of app id, timestamp and nonce, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformQuestion {
    /// Where.
    #[validate(length(min = 8, max = 500), custom(function = crate::kernel::validators::web_address))]
    #[schema(min_length = 8, max_length = 500, example = "https://sso.example.gov.cn/token")]
    pub url: String,
    /// How.
    pub by: AskBy,
    /// What is sent.
    #[serde(default)]
    #[validate(length(max = 20))]
    pub fields: BTreeMap<String, String>,
    /// Headers.
    #[serde(default)]
    #[validate(length(max = 10))]
    pub header_fields: BTreeMap<String, String>,
}

/// A platform that sends people back with a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketPlatform {
    /// Where people sign in.
    #[validate(length(min = 8, max = 500), custom(function = crate::kernel::validators::web_address))]
    #[schema(min_length = 8, max_length = 500, example = "https://sso.example.gov.cn/login?appmark=jieli")]
    pub login_url: String,
    /// The parameter in which it is told where to send them back.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "gotoUrl")]
    pub callback_parameter: String,
    /// The parameter in which the ticket comes.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "ticket")]
    pub ticket_parameter: String,
    /// The ticket becomes a token.
    #[validate(nested)]
    pub token: PlatformQuestion,
    /// Where the token stands in the answer.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "/data/token")]
    pub token_pointer: String,
    /// The token tells who it is.
    #[validate(nested)]
    pub user: PlatformQuestion,
    /// Where success is told, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "/code")]
    pub success_pointer: Option<String>,
    /// What success is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "200")]
    pub success: Option<String>,
}

/// An OpenID provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenIdPlatform {
    /// Its issuer: what it can do is read at `/.well-known/openid-configuration`.
    #[validate(length(min = 8, max = 500), custom(function = crate::kernel::validators::web_address))]
    #[schema(min_length = 8, max_length = 500, example = "https://id.example.gov.cn")]
    pub issuer: String,
    /// Scopes beside `openid`.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(max_items = 10)]
    pub scopes: Vec<String>,
    /// Also ask at the userinfo endpoint.
    #[serde(default)]
    pub userinfo: bool,
    /// Its ID tokens may be exchanged by portals: those that were issued to `app_id`, under which we are registered there.
    #[serde(default)]
    pub exchangeable: bool,
}

/// Somebody whom the fake provider knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FakePerson {
    /// Chosen by `login_hint`.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "citizen")]
    pub hint: String,
    /// What is said of them.
    pub claims: Value,
}

/// What a provider is set to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderSettings {
    /// Shown to people.
    pub title: String,
    /// Who we are there.
    pub app_id: String,
    /// Proves it.
    pub secret: String,
    /// An OpenID provider.
    pub openid: Option<OpenIdPlatform>,
    /// A platform with tickets.
    pub ticket: Option<TicketPlatform>,
    /// Whom the fake one knows.
    pub people: Vec<FakePerson>,
    /// How its words become an identity.
    pub mapping: ClaimMapping,
}

/// A provider as it is proposed or edited.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderEdit {
    /// Shown to people.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "省统一身份认证")]
    pub title: String,
    /// Who we are there.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200, example = "jieli")]
    pub app_id: String,
    /// Proves it; never shown again. Absent when it is edited: it stays.
    #[serde(default)]
    #[validate(length(min = 8, max = 500))]
    #[schema(min_length = 8, max_length = 500, example = "a-secret-of-the-platform")]
    pub secret: Option<String>,
    /// Of kind `oidc`.
    #[serde(default)]
    #[validate(nested)]
    pub openid: Option<OpenIdPlatform>,
    /// Of kind `ticket`.
    #[serde(default)]
    #[validate(nested)]
    pub ticket: Option<TicketPlatform>,
    /// Of kind `fake`.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub people: Vec<FakePerson>,
    /// How its words become an identity.
    #[serde(default)]
    #[validate(nested)]
    pub mapping: Option<ClaimMapping>,
}

impl ProviderEdit {
    /// The addresses that are asked, and where they stand.
    pub fn asked(&self, under: &str) -> Vec<(String, &str)> {
        let issuer = self.openid.iter().map(|o| ("openid/issuer", o.issuer.as_str()));
        let questions = self.ticket.iter().flat_map(|t| [("ticket/token/url", t.token.url.as_str()), ("ticket/user/url", t.user.url.as_str())]);
        issuer.chain(questions).map(|(at, url)| (format!("{under}/{at}"), url)).collect()
    }
}

/// A new provider.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProvider {
    /// Its name in addresses: lower-case letters, digits and hyphens.
    #[validate(length(min = 2, max = 40), custom(function = slug))]
    #[schema(min_length = 2, max_length = 40, pattern = "^[a-z][a-z0-9-]+$", example = "province")]
    pub name: String,
    /// How it is talked to.
    pub kind: ProviderKind,
    /// The rest.
    #[validate(nested)]
    pub settings: ProviderEdit,
}

fn slug(text: &str) -> Result<(), validator::ValidationError> {
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if first && text != "providers" && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        Ok(())
    } else {
        Err(validator::ValidationError::new("slug").with_message("只能用小写字母、数字和连字符，以字母开头。|Lower-case letters, digits and hyphens.".into()))
    }
}

/// A provider, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProviderView {
    /// Identity.
    pub id: Id,
    /// Its name in addresses.
    #[schema(example = "province")]
    pub name: String,
    /// How it is talked to.
    pub kind: ProviderKind,
    /// In Chinese.
    pub kind_label: String,
    /// State.
    pub state: ProviderStatus,
    /// In Chinese.
    pub state_label: String,
    /// Another person has yet to approve what is shown here.
    pub has_pending: bool,
    /// Shown to people.
    pub title: String,
    /// Who we are there.
    pub app_id: String,
    /// Whether a secret is kept.
    pub has_secret: bool,
    /// Of kind `oidc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenIdPlatform>,
    /// Of kind `ticket`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketPlatform>,
    /// Of kind `fake`.
    pub people: Vec<FakePerson>,
    /// How its words become an identity.
    pub mapping: ClaimMapping,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ProviderView);

/// The providers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Providers {
    /// By name.
    pub items: Vec<ProviderView>,
}

/// A provider as whoever signs in sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProviderBrief {
    /// Its name in addresses.
    #[schema(example = "province")]
    pub name: String,
    /// Shown to people.
    #[schema(example = "省统一身份认证")]
    pub title: String,
}

/// What may be done with it now, by whom the table lets.
fn acts(actor: &Actor, row: &Provider) -> Vec<String> {
    let fits = |act: &str| match act {
        // Who proposed does not approve.
        "approve" => row.pending.is_some() && actor.id.is_some() && actor.id != row.proposed_by,
        "refuse" => row.pending.is_some(),
        "disable" => row.status == ProviderStatus::Active,
        "enable" => row.status == ProviderStatus::Disabled && (row.approved_by.is_some() || row.proposed_by.is_none()),
        _ => true,
    };
    ["edit", "approve", "refuse", "disable", "enable"]
        .into_iter()
        .filter(|a| fits(a) && policy::may(actor, "identity_provider", a))
        .map(str::to_owned)
        .collect()
}

fn view(tx: &Tx, actor: &Actor, row: Provider) -> Result<ProviderView> {
    let allowed_actions = acts(actor, &row);
    let has_pending = row.pending.is_some();
    // Whoever decides sees what they decide about.
    let s = row.pending.as_ref().unwrap_or(&row.settings).open(tx.vault)?;
    Ok(ProviderView {
        id: row.id,
        name: row.name,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        state: row.status,
        state_label: row.status.label().into(),
        has_pending,
        title: s.title,
        app_id: s.app_id,
        has_secret: !s.secret.is_empty(),
        openid: s.openid,
        ticket: s.ticket,
        people: s.people,
        mapping: s.mapping,
        allowed_actions,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn permitted(actor: &Actor, action: &str) -> Result<()> {
    if policy::may(actor, "identity_provider", action) { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden).into()) }
}

fn note(tx: &mut Tx, actor: &Actor, action: &str, id: Id) -> Result<()> {
    let actor_id = actor.id.map_or_else(|| actor.request_id.clone(), |id| id.to_string());
    audit::record(tx, &audit::Entry { actor_id, action, record_kind: "identity_provider", record_id: id, reason: "", request_id: &actor.request_id })
}

/// All of them.
pub fn list(tx: &mut Tx, actor: &Actor) -> Result<Providers> {
    permitted(actor, "read")?;
    let items = store::providers(tx)?.into_iter().map(|row| view(tx, actor, row)).collect::<Result<_>>()?;
    Ok(Providers { items })
}

/// One of them.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ProviderView> {
    permitted(actor, "read")?;
    let row = store::provider(tx, reference)?.ok_or_else(Problem::not_found)?;
    view(tx, actor, row)
}

/// Those through which people can sign in; the fake one only where nobody is real.
pub fn open_to_people(tx: &mut Tx, with_fake: bool) -> Result<Vec<ProviderBrief>> {
    let rows = store::providers(tx)?.into_iter().filter(|p| p.status == ProviderStatus::Active && (with_fake || p.kind != ProviderKind::Fake));
    rows.map(|p| Ok(ProviderBrief { name: p.name, title: p.settings.open(tx.vault)?.title })).collect()
}

fn settings_of(kind: ProviderKind, edit: &ProviderEdit, known: Option<&ProviderSettings>) -> Result<ProviderSettings, Problem> {
    let missing = |pointer: &str| Problem::rule(pointer, "required", "该类型的认证源须填写此项。", "Needed for this kind.");
    match kind {
        ProviderKind::Oidc if edit.openid.is_none() => return Err(missing("/settings/openid")),
        ProviderKind::Ticket if edit.ticket.is_none() => return Err(missing("/settings/ticket")),
        ProviderKind::Fake if edit.people.is_empty() => return Err(missing("/settings/people")),
        _ => {}
    }
    if edit.mapping.as_ref().is_some_and(|m| m.levels.values().any(|l| !(1..=3).contains(l))) {
        return Err(Problem::rule("/settings/mapping/levels", "range", "实名等级应为 1 到 3。", "Levels are 1 to 3."));
    }
    let secret = edit.secret.clone().or_else(|| known.map(|k| k.secret.clone())).unwrap_or_default();
    if kind == ProviderKind::Oidc && (edit.app_id.is_empty() || secret.is_empty()) {
        return Err(missing("/settings/secret"));
    }
    Ok(ProviderSettings {
        title: edit.title.clone(),
        app_id: edit.app_id.clone(),
        secret,
        openid: edit.openid.clone().filter(|_| kind == ProviderKind::Oidc),
        ticket: edit.ticket.clone().filter(|_| kind == ProviderKind::Ticket),
        people: if kind == ProviderKind::Fake { edit.people.clone() } else { Vec::new() },
        mapping: edit.mapping.clone().unwrap_or_default(),
    })
}

/// Proposes a provider: it waits for another person.
pub fn create(tx: &mut Tx, actor: &Actor, new: &NewProvider) -> Result<ProviderView> {
    create_as(tx, actor, new, Id::new())
}

/// [`create`] under a given id.
pub fn create_as(tx: &mut Tx, actor: &Actor, new: &NewProvider, id: Id) -> Result<ProviderView> {
    permitted(actor, "create")?;
    let settings = settings_of(new.kind, &new.settings, None)?;
    let sealed = Private::seal(tx.vault, &settings)?;
    let row = Provider {
        id,
        name: new.name.clone(),
        kind: new.kind,
        // What the demo makes holds at once, audited as its own.
        status: if actor.is_system() { ProviderStatus::Active } else { ProviderStatus::Proposed },
        settings: sealed.clone(),
        pending: Some(sealed).filter(|_| !actor.is_system()),
        proposed_by: actor.id,
        approved_by: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_provider(tx, &row).map_err(|e| {
        let taken = || Problem::new(ErrorCode::Conflict, Text::new("已有同名的认证源。", "The name is taken."));
        if e.is_unique() { taken().into() } else { e }
    })?;
    note(tx, actor, "propose", row.id)?;
    view(tx, actor, row)
}

fn changed(tx: &mut Tx, actor: &Actor, target: &Target, action: &'static str, edit: impl FnOnce(&Tx, &mut Provider) -> Result<()>) -> Result<ProviderView> {
    permitted(actor, "read")?;
    let mut row = store::provider(tx, &target.reference)?.ok_or_else(Problem::not_found)?;
    permitted(actor, action)?;
    target.check(row.version)?;
    let allowed = acts(actor, &row);
    if !allowed.iter().any(|a| a == action) {
        if action == "approve" && row.pending.is_some() {
            return Err(Problem::new(ErrorCode::Forbidden, Text::new("须由提出人以外的人批准。", "Somebody else must approve.")).into());
        }
        return Err(Problem { allowed_actions: Some(allowed), ..Problem::of(ErrorCode::StateConflict) }.into());
    }
    edit(tx, &mut row)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save_provider(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    note(tx, actor, action, row.id)?;
    view(tx, actor, row)
}

/// Proposes a change: what holds goes on holding until another person approves.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &ProviderEdit) -> Result<ProviderView> {
    let me = actor.id;
    changed(tx, actor, target, "edit", |tx, row| {
        let known = row.pending.as_ref().unwrap_or(&row.settings).open(tx.vault)?;
        row.pending = Some(Private::seal(tx.vault, &settings_of(row.kind, input, Some(&known))?)?);
        row.proposed_by = me;
        Ok(())
    })
}

/// What was proposed holds from now on.
pub fn approve(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ProviderView> {
    let me = actor.id;
    changed(tx, actor, target, "approve", |_, row| {
        row.settings = row.pending.take().ok_or(Error::Contended)?;
        row.approved_by = me;
        if row.status == ProviderStatus::Proposed {
            row.status = ProviderStatus::Active;
        }
        Ok(())
    })
}

/// What was proposed is dropped.
pub fn refuse(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ProviderView> {
    changed(tx, actor, target, "refuse", |_, row| {
        row.pending = None;
        if row.status == ProviderStatus::Proposed {
            row.status = ProviderStatus::Disabled;
        }
        Ok(())
    })
}

/// Nobody comes through it any more.
pub fn disable(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ProviderView> {
    changed(tx, actor, target, "disable", |_, row| {
        row.status = ProviderStatus::Disabled;
        Ok(())
    })
}

/// It is used again, as it was approved.
pub fn enable(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ProviderView> {
    changed(tx, actor, target, "enable", |_, row| {
        row.status = ProviderStatus::Active;
        Ok(())
    })
}
