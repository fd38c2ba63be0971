//! Who may ask for agency: rules as data, in versions, in force at a center and below it until a nearer center has its own.
//! Assistance is for everybody; without rules, so is agency (DOMAIN §3).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    model::Mode,
    store::{self, RuleSetRow},
};
use crate::{
    applicants::{ApplicantFlag, ApplicantKind},
    auth::{Actor, policy},
    db::{Json, Result, Tx},
    kernel::{Code as _, ErrorCode, FieldError, Id, Moment, Problem, Target},
    organization::{self, Center, CenterBrief},
};

/// One way to qualify: every criterion that is given must be met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EligibilityRule {
    /// Unique within the set.
    #[validate(length(min = 1, max = 20), custom(function = crate::kernel::validators::code))]
    #[schema(min_length = 1, max_length = 20, pattern = "^[A-Za-z0-9_-]+$", example = "sme")]
    pub code: String,
    /// Whom it is for, in words.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "中小微企业")]
    pub label: String,
    /// For which kinds of agency; empty: for both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 2))]
    #[schema(max_items = 2)]
    pub modes: Vec<Mode>,
    /// The applicant is one of these kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 6))]
    #[schema(max_items = 6)]
    pub kinds: Vec<ApplicantKind>,
    /// The applicant has one of these flags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 7))]
    #[schema(max_items = 7)]
    pub flags: Vec<ApplicantFlag>,
    /// The item has one of these themes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub themes: Vec<String>,
    /// The item is one of these codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 200))]
    #[schema(max_items = 200)]
    pub items: Vec<String>,
    /// The applicant is seated in one of these divisions: the leading 2 to 12 digits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub divisions: Vec<String>,
}

/// A set of rules as it is sent and kept; who meets one of them qualifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "basis": "全市代办帮办服务办法", "effective_on": "2026-12-07", "rules": [{ "code": "sme", "label": "中小微企业", "flags": ["micro_small_medium"] }] }))]
pub struct RuleSet {
    /// The text it rests on.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200)]
    pub basis: String,
    /// First day; absent: today.
    #[serde(default, deserialize_with = "crate::kernel::date::optional", skip_serializing_if = "Option::is_none")]
    pub effective_on: Option<NaiveDate>,
    /// The rules; none: everybody qualifies.
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub rules: Vec<EligibilityRule>,
}

/// A version of the rules.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RuleSetView {
    /// Identity.
    pub id: Id,
    /// The center that has set it.
    pub center: CenterBrief,
    /// Number of the version at this center.
    pub version: i64,
    /// First day.
    pub effective_on: String,
    /// It is what holds today.
    pub in_force: bool,
    /// The text it rests on.
    pub basis: String,
    /// The rules.
    pub rules: Vec<EligibilityRule>,
    /// Post of whoever has set it.
    pub created_by: String,
    /// When.
    pub created_at: Moment,
}

crate::versioned!(RuleSetView);

/// The rules of a center.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Eligibility {
    /// What holds today, the center's own or the nearest above; absent: agency is for everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force: Option<RuleSetView>,
    /// The versions that this center itself has set, newest first.
    pub versions: Vec<RuleSetView>,
}

fn view(row: RuleSetRow, center: &Center, in_force: Option<Id>) -> Result<RuleSetView> {
    let RuleSet { basis, rules, .. } = row.rules.get()?;
    Ok(RuleSetView {
        in_force: in_force == Some(row.id),
        id: row.id,
        center: CenterBrief::from(center),
        version: row.number,
        effective_on: row.effective_on,
        basis,
        rules,
        created_by: row.created_by,
        created_at: row.created_at,
    })
}

/// What holds at a center today: the newest version of the nearest center that has one.
fn in_force(tx: &mut Tx, center: &Center) -> Result<Option<RuleSetRow>> {
    let lineage: Vec<Id> = center.lineage().filter_map(|id| id.parse().ok()).collect();
    let today = tx.now.local_date().to_string();
    let rows = store::rule_sets(tx, &lineage, Some(&today))?;
    let depth = |row: &RuleSetRow| lineage.iter().position(|id| *id == row.center_id);
    Ok(rows.into_iter().max_by(|a, b| (depth(a), &a.effective_on, a.number).cmp(&(depth(b), &b.effective_on, b.number))))
}

fn center_named(tx: &mut Tx, reference: &str) -> Result<Center> {
    Ok(organization::store::center_by_reference(tx, reference)?.ok_or_else(Problem::not_found)?)
}

/// The rules of a center, for everybody.
pub fn of_center(tx: &mut Tx, reference: &str) -> Result<Eligibility> {
    let center = center_named(tx, reference)?;
    let holds = in_force(tx, &center)?;
    let holds_id = holds.as_ref().map(|row| row.id);
    let versions = store::rule_sets(tx, &[center.id], None)?.into_iter().map(|row| view(row, &center, holds_id)).collect::<Result<_>>()?;
    let in_force = match holds {
        Some(row) if row.center_id == center.id => Some(view(row, &center, holds_id)?),
        Some(row) => {
            let above = organization::load(tx, row.center_id)?;
            Some(view(row, &above, holds_id)?)
        }
        None => None,
    };
    Ok(Eligibility { in_force, versions })
}

/// One version.
pub fn fetch(tx: &mut Tx, reference: &str) -> Result<RuleSetView> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::rule_set(tx, id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    let holds = in_force(tx, &center)?.map(|row| row.id);
    view(row, &center, holds)
}

/// Sets the next version at a center.
pub fn set(tx: &mut Tx, actor: &Actor, target: &Target, set: &RuleSet) -> Result<RuleSetView> {
    set_as(tx, actor, Id::new(), target, set)
}

/// Sets the next version at a center, under a given id.
pub fn set_as(tx: &mut Tx, actor: &Actor, id: Id, target: &Target, set: &RuleSet) -> Result<RuleSetView> {
    if !policy::may(actor, "eligibility", "edit") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let center = center_named(tx, &target.reference)?;
    if !policy::allows(actor, "eligibility", "edit", &organization::custodian_reachable(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    check(tx, set)?;
    let last = store::rule_sets(tx, &[center.id], None)?.iter().map(|row| row.number).max().unwrap_or(0);
    let row = RuleSetRow {
        id,
        center_id: center.id,
        number: last + 1,
        effective_on: set.effective_on.unwrap_or_else(|| tx.now.local_date()).to_string(),
        rules: Json::new(set)?,
        created_by: actor.label.clone(),
        created_at: tx.now,
    };
    // Two at the same instant: the second is tried again, as the version after.
    store::insert_rule_set(tx, &row).map_err(|e| if e.is_unique() { crate::db::Error::Contended } else { e })?;
    let holds = in_force(tx, &center)?.map(|row| row.id);
    view(row, &center, holds)
}

fn check(tx: &Tx, set: &RuleSet) -> Result<(), Problem> {
    let mut errors = Vec::new();
    if set.effective_on.is_some_and(|day| day < tx.now.local_date()) {
        errors.push(FieldError::body("/effective_on", "past", "生效日期不能早于今日。", "Not before today."));
    }
    for (i, rule) in set.rules.iter().enumerate() {
        let at = |field: &str| format!("/rules/{i}/{field}");
        if set.rules.iter().take(i).any(|r| r.code == rule.code) {
            errors.push(FieldError::body(&at("code"), "duplicate", "规则编号重复。", "The code is there twice."));
        }
        if rule.modes.contains(&Mode::Assisted) {
            errors.push(FieldError::body(&at("modes"), "assisted", "帮办不设条件，规则只用于代办。", "Assistance has no conditions."));
        }
        let digits = |d: &String| (2..=12).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit());
        if !rule.divisions.iter().all(digits) {
            errors.push(FieldError::body(&at("divisions"), "division_prefix", "应为区划代码的前 2 到 12 位数字。", "Leading digits of division codes."));
        }
        if rule.themes.iter().chain(&rule.items).any(|t| t.is_empty() || t.chars().count() > 60) {
            errors.push(FieldError::body(&at("items"), "length", "主题和事项编码各为 1 到 60 个字。", "1 to 60 characters each."));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, errors)) }
}

/// Who asks for what, as far as the rules look.
pub struct Case<'a> {
    /// The kind of help.
    pub mode: Mode,
    /// Code of the item.
    pub item: &'a str,
    /// Its theme.
    pub theme: &'a str,
    /// Kind of applicant.
    pub kind: &'a str,
    /// Their flags.
    pub flags: &'a [String],
    /// Where they are seated.
    pub division: Option<&'a str>,
}

/// A rule, and which of its criteria are met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RuleJudged {
    /// Code of the rule.
    pub code: String,
    /// Whom it is for.
    pub label: String,
    /// All of its criteria are met.
    pub met: bool,
    /// Each criterion.
    pub criteria: Vec<CriterionJudged>,
}

/// A criterion, and whether it is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CriterionJudged {
    /// What is asked for, in words.
    pub what: String,
    /// Whether it is so.
    pub met: bool,
}

/// Whether somebody qualifies, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Judgement {
    /// Qualifies.
    pub eligible: bool,
    /// In words.
    pub explanation: String,
    /// The center whose rules were asked; absent: no rules are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center_id: Option<Id>,
    /// Number of their version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_version: Option<i64>,
    /// The text they rest on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// Each rule.
    pub rules: Vec<RuleJudged>,
}

/// Judges a case by the rules that hold at a center today.
pub fn judge(tx: &mut Tx, center: &Center, case: &Case) -> Result<Judgement> {
    let open =
        |explanation: &str| Judgement { eligible: true, explanation: explanation.into(), center_id: None, rules_version: None, basis: None, rules: Vec::new() };
    if case.mode == Mode::Assisted {
        return Ok(open("帮办对所有申请人开放。"));
    }
    let Some(row) = in_force(tx, center)? else { return Ok(open("本地没有限定代办对象。")) };
    let set = row.rules.get()?;
    let rules: Vec<RuleJudged> = set.rules.iter().filter(|r| r.modes.is_empty() || r.modes.contains(&case.mode)).map(|r| weigh(r, case)).collect();
    let eligible = rules.is_empty() || rules.iter().any(|r| r.met);
    let labels = |met: bool| rules.iter().filter(|r| r.met || !met).map(|r| r.label.as_str()).collect::<Vec<_>>().join("、");
    let explanation = match (eligible, rules.is_empty()) {
        (true, true) => format!("依据《{}》，不限定代办对象。", set.basis),
        (true, false) => format!("依据《{}》，属于{}，可以申请{}。", set.basis, labels(true), case.mode.label()),
        (false, _) => format!("依据《{}》，{}的对象为{}；目前均不符合，可以改为帮办。", set.basis, case.mode.label(), labels(false)),
    };
    Ok(Judgement { eligible, explanation, center_id: Some(row.center_id), rules_version: Some(row.number), basis: Some(set.basis), rules })
}

fn weigh(rule: &EligibilityRule, case: &Case) -> RuleJudged {
    let mut criteria = Vec::new();
    let mut ask = |asked: bool, what: String, met: bool| {
        if asked {
            criteria.push(CriterionJudged { what, met });
        }
    };
    let labels = |all: Vec<&str>| all.join("、");
    ask(
        !rule.kinds.is_empty(),
        format!("申请人为{}", labels(rule.kinds.iter().map(|k| k.label()).collect())),
        rule.kinds.iter().any(|k| k.code() == case.kind),
    );
    ask(
        !rule.flags.is_empty(),
        format!("申请人属于{}", labels(rule.flags.iter().map(|f| f.label()).collect())),
        rule.flags.iter().any(|f| case.flags.iter().any(|own| own == f.code())),
    );
    ask(!rule.themes.is_empty(), format!("事项主题为{}", rule.themes.join("、")), rule.themes.iter().any(|t| t == case.theme));
    ask(!rule.items.is_empty(), format!("事项为{}", rule.items.join("、")), rule.items.iter().any(|i| i == case.item));
    ask(
        !rule.divisions.is_empty(),
        format!("申请人所在区划为{}", rule.divisions.join("、")),
        case.division.is_some_and(|own| rule.divisions.iter().any(|d| own.starts_with(d.as_str()))),
    );
    RuleJudged { code: rule.code.clone(), label: rule.label.clone(), met: criteria.iter().all(|c| c.met), criteria }
}

/// Whether somebody would qualify.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "center": "320623000000", "item": "GS-320623-0001", "mode": "full_agency", "kind": "enterprise", "flags": ["micro_small_medium"] }))]
pub struct EligibilityQuestion {
    /// The center that is asked: id or 12-digit division code.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub center: String,
    /// Item: id or code.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub item: String,
    /// The kind of help.
    pub mode: Mode,
    /// Kind of applicant.
    pub kind: ApplicantKind,
    /// Their flags.
    #[serde(default)]
    #[validate(length(max = 7))]
    #[schema(max_items = 7)]
    pub flags: Vec<ApplicantFlag>,
    /// 12 digits: where they are seated.
    #[serde(default)]
    #[validate(custom(function = crate::kernel::validators::division))]
    #[schema(pattern = "^(1[1-9]|[2-7][0-9]|8[0-2])[0-9]{10}$")]
    pub division_code: Option<String>,
}

/// Answers whether somebody would qualify, for everybody.
pub fn ask(tx: &mut Tx, q: &EligibilityQuestion) -> Result<Judgement> {
    let unknown = |at: &str, zh: &'static str| Problem::rule(at, "unknown", zh, "No such record.");
    let center = organization::store::center_by_reference(tx, &q.center)?.ok_or_else(|| unknown("/center", "没有这个服务中心。"))?;
    let item = store::item_by_reference(tx, &q.item)?.filter(|i| i.published.is_some()).ok_or_else(|| unknown("/item", "没有这个已发布的事项。"))?;
    let flags: Vec<String> = q.flags.iter().map(|f| f.code().to_owned()).collect();
    let case = Case { mode: q.mode, item: &item.code, theme: &item.theme, kind: q.kind.code(), flags: &flags, division: q.division_code.as_deref() };
    judge(tx, &center, &case)
}
