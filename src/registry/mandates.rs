//! Mandates 授权委托, given and taken back.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::service;
use crate::{
    access::Sight,
    applicants::{self, Mandate, MandateState, MandateWords},
    auth::{Actor, Role, policy, store as accounts},
    catalogue,
    db::{Error, Json, Private, Result, Sealed, Tx, dialect},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text, citizen_id},
};

/// A mandate as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MandateView {
    /// Identity.
    pub id: Id,
    /// For whom.
    pub applicant_id: Id,
    /// Name of the agent; masked where the view is.
    pub agent_name: String,
    /// Identity number of the agent; masked where the view is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id_number: Option<String>,
    /// Telephone of the agent; masked where the view is.
    pub agent_phone: String,
    /// Items it is for; empty: all.
    pub item_ids: Vec<String>,
    /// First day.
    pub valid_from: String,
    /// Last day; absent: until it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// State.
    pub state: MandateState,
    /// In Chinese.
    pub state_label: String,
    /// It can be acted under today.
    pub holds: bool,
    /// On what paper it stands; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Why it was revoked; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation: Option<String>,
    /// An account acts under it.
    pub has_account: bool,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When given.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(MandateView);

/// A mandate as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "agent_name": "经办人甲", "agent_phone": "13900000011", "valid_from": "2026-01-05", "valid_until": "2027-12-31", "evidence": "授权委托书 2026-001" }))]
pub struct MandateInput {
    /// Name of the agent.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub agent_name: String,
    /// Citizen id of the agent.
    #[serde(default)]
    #[validate(length(equal = 18))]
    #[schema(min_length = 18, max_length = 18)]
    pub agent_id_number: Option<String>,
    /// Telephone of the agent.
    #[validate(custom(function = crate::kernel::validators::telephone))]
    #[schema(
        min_length = 5,
        max_length = 40,
        pattern = r"^(1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-?[0-9]{7,8}(-[0-9]{1,6})?|(1[0-9]|95|96)[0-9]{3}|[48]00-?[0-9]{3}-?[0-9]{4})$"
    )]
    pub agent_phone: String,
    /// Items it is for, by id or code; empty: all.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub items: Vec<String>,
    /// First day; absent: today.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub valid_from: Option<NaiveDate>,
    /// Last day; absent: until it is revoked.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub valid_until: Option<NaiveDate>,
    /// On what paper it stands.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200)]
    pub evidence: String,
    /// Login of an account that shall act under it: one that is nobody else's.
    #[serde(default)]
    #[validate(length(min = 3, max = 40))]
    #[schema(min_length = 3, max_length = 40)]
    pub login: Option<String>,
}

fn view(tx: &Tx, actor: &Actor, m: &Mandate, sight: Sight) -> Result<MandateView> {
    let words = m.words.open(tx.vault)?;
    let (name, phone) = (m.agent_name.open(tx.vault)?, m.agent_phone.open(tx.vault)?);
    let number = m.agent_id_number.as_ref().map(|n| n.open(tx.vault)).transpose()?;
    // Who acts under a mandate reads their own, and not the other agents'.
    let masked = sight.masked || (actor.is(Role::CompanyAgent) && m.user_id != actor.id);
    let told = |text: String| Some(text).filter(|t| !masked && !t.is_empty());
    let open = m.state == MandateState::Active && !masked && policy::may(actor, "applicant", "revoke_mandate");
    Ok(MandateView {
        id: m.id,
        applicant_id: m.applicant_id,
        agent_name: if masked { tx.masking.name(&name) } else { name },
        agent_id_number: number.map(|n| if masked { tx.masking.id_number(&n) } else { n }),
        agent_phone: if masked { tx.masking.phone(&phone) } else { phone },
        item_ids: m.items.get()?,
        valid_from: m.valid_from.clone(),
        valid_until: m.valid_until.clone(),
        state: m.state,
        state_label: m.state.label().into(),
        holds: m.holds(tx.now),
        evidence: told(words.evidence),
        revocation: told(words.revocation),
        has_account: m.user_id.is_some(),
        allowed_actions: if open { vec!["revoke".into()] } else { Vec::new() },
        version: m.version,
        created_at: m.created_at,
        updated_at: m.updated_at,
    })
}

/// Gives a mandate.
pub fn give(tx: &mut Tx, actor: &Actor, target: &Target, input: &MandateInput) -> Result<MandateView> {
    let (row, sight) = service::load_for(tx, actor, "empower", &Target { expected: None, ..target.clone() })?;
    let mandate = empower(tx, actor, row.id, Id::new(), input)?;
    view(tx, actor, &mandate, sight)
}

/// Enters a mandate of an applicant under a given id.
pub fn empower(tx: &mut Tx, actor: &Actor, applicant: Id, id: Id, input: &MandateInput) -> Result<Mandate> {
    let today = tx.now.local_date();
    let from = input.valid_from.unwrap_or(today);
    if input.valid_until.is_some_and(|until| until < from || until < today) {
        return Err(Problem::rule("/valid_until", "out_of_range", "截止日期应在起始日期和今日之后。", "Not before its first day, nor past.").into());
    }
    if input.agent_id_number.as_ref().is_some_and(|n| citizen_id::check(n, today).is_err()) {
        return Err(Problem::rule("/agent_id_number", "citizen_id", "身份证号码不正确，请核对。", "Not a citizen id.").into());
    }
    let mut items = Vec::new();
    for (i, reference) in input.items.iter().enumerate() {
        let unknown = || Problem::rule(&format!("/items/{i}"), "unknown_item", "没有这个已发布的事项。", "No such published item.");
        items.push(catalogue::published(tx, reference)?.ok_or_else(unknown)?.id.to_string());
    }
    if input.login.is_some() && from > today {
        return Err(Problem::rule("/valid_from", "not_yet", "以账号行事的授权委托应自今日起生效。", "An account acts from today on.").into());
    }
    let user_id = input.login.as_deref().map(|login| account(tx, login)).transpose()?;
    let mandate = Mandate {
        id,
        applicant_id: applicant,
        agent_name: Sealed::seal(tx.vault, &input.agent_name)?,
        agent_id_number: input.agent_id_number.as_ref().map(|n| Sealed::seal(tx.vault, n)).transpose()?,
        agent_phone: Sealed::seal(tx.vault, &input.agent_phone)?,
        items: Json::new(&items)?,
        valid_from: from.to_string(),
        valid_until: input.valid_until.map(|d| d.to_string()),
        state: MandateState::Active,
        words: Private::seal(tx.vault, &MandateWords { evidence: input.evidence.clone(), ..MandateWords::default() })?,
        user_id,
        center_id: actor.center_id,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    applicants::store::insert_mandate(tx, &mandate)?;
    if let Some(mut user) = user_id.map(|id| accounts::user(tx, id)).transpose()?.flatten() {
        user.applicant_id = Some(applicant);
        user.mandate_id = Some(id);
        if !accounts::save_user(tx, &user)? {
            return Err(Error::Contended);
        }
    }
    Ok(mandate)
}

/// An account that is neither the staff's nor anybody's already.
fn account(tx: &mut Tx, login: &str) -> Result<Id> {
    let refuse = || Problem::rule("/login", "account_not_free", "没有这个账号，或者它已属于工作人员或其他申请人。", "No such account, or not a free one.");
    let user = accounts::user_by_login(tx, login)?.filter(|u| u.applicant_id.is_none() && u.center_id.is_none()).ok_or_else(refuse)?;
    if accounts::active_grants(tx, user.id)?.iter().any(|g| !matches!(g.role, Role::Applicant | Role::CompanyAgent)) {
        return Err(refuse().into());
    }
    Ok(user.id)
}

/// The mandates of an applicant.
pub fn list(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<MandateView>> {
    let (row, sight) = service::load_seen(tx, actor, reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = applicants::store::mandates(tx, row.id, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let views = rows.iter().map(|m| view(tx, actor, m, sight)).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(views, q.limit, tx.vault, |m| q.cursor_of(String::new(), m.id.to_string())))
}

fn load(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Mandate, Sight)> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let mandate = applicants::store::mandate(tx, id)?.ok_or_else(Problem::not_found)?;
    let sight = service::sight(tx, actor, mandate.applicant_id)?.ok_or_else(Problem::not_found)?;
    Ok((mandate, sight))
}

/// One mandate.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<MandateView> {
    let (mandate, sight) = load(tx, actor, reference)?;
    view(tx, actor, &mandate, sight)
}

/// Why a mandate is taken back.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationInput {
    /// In words.
    #[validate(length(min = 2, max = 300))]
    #[schema(min_length = 2, max_length = 300, example = "经办人离职")]
    pub reason: String,
}

/// Takes a mandate back: from this moment on nothing is done under it.
pub fn revoke(tx: &mut Tx, actor: &Actor, target: &Target, input: &RevocationInput) -> Result<MandateView> {
    if let Some(id) = target.id() {
        dialect::lock_root(tx.conn, "mandates", id.as_str())?;
    }
    let (mut mandate, sight) = load(tx, actor, &target.reference)?;
    if sight.masked || !policy::may(actor, "applicant", "revoke_mandate") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(mandate.version)?;
    if mandate.state != MandateState::Active {
        let zh = format!("授权委托{}，不能撤销。", mandate.state.label());
        let problem = Problem::new(ErrorCode::StateConflict, Text::new(zh, "The mandate does not hold any more."));
        return Err(Problem { allowed_actions: Some(Vec::new()), ..problem }.into());
    }
    let words = MandateWords { revocation: input.reason.clone(), ..mandate.words.open(tx.vault)? };
    mandate.words = Private::seal(tx.vault, &words)?;
    if !applicants::mandates::end(tx, &mut mandate, MandateState::Revoked)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    view(tx, actor, &mandate, sight)
}
