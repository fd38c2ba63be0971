//! Setting and reading the rules of the relay.

use serde::Serialize;

use super::{
    RoutingRule, RoutingRuleKind as Kind, RoutingRuleSet, RuleBook, Standing,
    store::{self, RuleSetRow},
};
use crate::{
    auth::{Actor, policy},
    db::{Json, Result, Tx},
    kernel::{ErrorCode, FieldError, Id, Moment, Problem, Target},
    organization::{self, Center, CenterBrief},
};

/// A version of the rules.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RoutingRulesView {
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
    /// The rules.
    pub rules: Vec<RoutingRule>,
    /// Post of whoever has set it.
    pub created_by: String,
    /// When.
    pub created_at: Moment,
}

crate::versioned!(RoutingRulesView);

/// The rules of the relay at a center.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RoutingRules {
    /// What holds today: the center's own and those of every center above, nearest first.
    pub in_force: Vec<RoutingRulesView>,
    /// The versions that this center itself has set, newest first.
    pub versions: Vec<RoutingRulesView>,
}

fn view(row: RuleSetRow, center: &Center, in_force: &[Id]) -> Result<RoutingRulesView> {
    Ok(RoutingRulesView {
        in_force: in_force.contains(&row.id),
        id: row.id,
        center: CenterBrief::from(center),
        version: row.number,
        rules: row.rules.get()?.rules,
        effective_on: row.effective_on,
        created_by: row.created_by,
        created_at: row.created_at,
    })
}

/// The newest begun version of each of these centers, in their order.
fn standing(tx: &mut Tx, centers: &[Id]) -> Result<Vec<RuleSetRow>> {
    let today = tx.now.local_date().to_string();
    let rows = store::rule_sets(tx, centers, Some(&today))?;
    let newest = |center: &Id| rows.iter().filter(|r| r.center_id == *center).max_by_key(|r| (r.effective_on.clone(), r.number)).cloned();
    Ok(centers.iter().filter_map(newest).collect())
}

fn lineage(center: &Center) -> Vec<Id> {
    let mut up: Vec<Id> = center.lineage().filter_map(|id| id.parse().ok()).collect();
    up.reverse();
    up
}

/// What holds for an item of one center that another has now: the rules along both lineages, the item's own first.
pub fn in_force(tx: &mut Tx, home: Option<&Center>, custodian: &Center) -> Result<RuleBook> {
    let mut centers: Vec<Id> = home.map(lineage).unwrap_or_default();
    centers.extend(lineage(custodian));
    let mut seen = std::collections::HashSet::new();
    centers.retain(|id| seen.insert(*id));
    let mut sets = Vec::new();
    for row in standing(tx, &centers)? {
        sets.push((row.center_id, row.number, stand(tx, row.rules.get()?)?));
    }
    Ok(RuleBook { sets })
}

/// Rules with their handlers found; one whose center is closed rests.
pub(super) fn stand(tx: &mut Tx, set: RoutingRuleSet) -> Result<Vec<Standing>> {
    let mut rules = Vec::new();
    for rule in set.rules {
        if let Some(center) = organization::store::center_by_reference(tx, &rule.handler)?.filter(|c| c.status == "active") {
            rules.push(Standing { rule, handler: center.id, handler_division: center.division_code });
        }
    }
    Ok(rules)
}

pub(super) fn center_named(tx: &mut Tx, reference: &str) -> Result<Center> {
    Ok(organization::store::center_by_reference(tx, reference)?.ok_or_else(Problem::not_found)?)
}

/// The rules of a center, for everybody.
pub fn of_center(tx: &mut Tx, reference: &str) -> Result<RoutingRules> {
    let center = center_named(tx, reference)?;
    let rows = standing(tx, &lineage(&center))?;
    let holding: Vec<Id> = rows.iter().map(|r| r.id).collect();
    let mut in_force = Vec::new();
    for row in rows {
        let at = organization::load(tx, row.center_id)?;
        in_force.push(view(row, &at, &holding)?);
    }
    let versions = store::rule_sets(tx, &[center.id], None)?.into_iter().map(|row| view(row, &center, &holding)).collect::<Result<_>>()?;
    Ok(RoutingRules { in_force, versions })
}

/// One version.
pub fn fetch(tx: &mut Tx, reference: &str) -> Result<RoutingRulesView> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::rule_set(tx, id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    let holding: Vec<Id> = standing(tx, &[center.id])?.iter().map(|r| r.id).collect();
    view(row, &center, &holding)
}

/// Whether the caller may set the rules of a center.
pub(super) fn authorize(actor: &Actor, center: &Center) -> Result<(), Problem> {
    let may = policy::allows(actor, "routing_rules", "edit", &organization::custodian_reachable(center));
    if may { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden)) }
}

/// Sets the next version at a center.
pub fn set(tx: &mut Tx, actor: &Actor, target: &Target, set: &RoutingRuleSet) -> Result<RoutingRulesView> {
    set_as(tx, actor, Id::new(), target, set)
}

/// Sets the next version at a center, under a given id.
pub fn set_as(tx: &mut Tx, actor: &Actor, id: Id, target: &Target, set: &RoutingRuleSet) -> Result<RoutingRulesView> {
    if !policy::may(actor, "routing_rules", "edit") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let center = center_named(tx, &target.reference)?;
    authorize(actor, &center)?;
    if set.effective_on.is_some_and(|day| day < tx.now.local_date()) {
        return Err(Problem::rule("/effective_on", "past", "生效日期不能早于今日。", "Not before today.").into());
    }
    check(tx, &center, set)?;
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
    store::insert(tx, &row).map_err(|e| if e.is_unique() { crate::db::Error::Contended } else { e })?;
    let holding: Vec<Id> = standing(tx, &[center.id])?.iter().map(|r| r.id).collect();
    view(row, &center, &holding)
}

/// What the rules of a center may say: each kind what it needs, and only centers of its own.
pub(super) fn check(tx: &mut Tx, center: &Center, set: &RoutingRuleSet) -> Result<()> {
    let mut errors = Vec::new();
    for (i, rule) in set.rules.iter().enumerate() {
        let at = |field: &str| format!("/rules/{i}/{field}");
        if set.rules.iter().take(i).any(|r| r.code == rule.code) {
            errors.push(FieldError::body(&at("code"), "duplicate", "规则编号重复。", "The code is there twice."));
        }
        let digits = |d: &String| (2..=12).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit());
        if !rule.divisions.iter().all(digits) {
            errors.push(FieldError::body(&at("divisions"), "division_prefix", "应为区划代码的前 2 到 12 位数字。", "Leading digits of division codes."));
        }
        if rule.items.iter().any(|t| t.is_empty() || t.chars().count() > 100) {
            errors.push(FieldError::body(&at("items"), "length", "事项编码为 1 到 100 个字。", "1 to 100 characters each."));
        }
        match rule.kind {
            Kind::ItemOverride if rule.items.is_empty() => {
                errors.push(FieldError::body(&at("items"), "required", "事项指定承办须写明事项编码。", "Name the items."));
            }
            Kind::Devolved | Kind::Entrusted if rule.items.is_empty() && rule.levels.is_empty() => {
                errors.push(FieldError::body(&at("items"), "required", "下放、委托须写明事项编码或行使层级。", "Name the items or the levels."));
            }
            Kind::Zone if rule.divisions.is_empty() => {
                errors.push(FieldError::body(&at("divisions"), "required", "开发区规则须写明区划。", "Name the divisions."));
            }
            _ => {}
        }
        let handler = organization::store::center_by_reference(tx, &rule.handler)?;
        if !handler.is_some_and(|h| h.status == "active" && center.contains(&h)) {
            let zh = "应为本中心或者其下级的一个在用中心。";
            errors.push(FieldError::body(&at("handler"), "unknown_center", zh, "An active center at or below this one."));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, errors).into()) }
}
