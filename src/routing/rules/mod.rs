//! Rules of the relay that a place sets itself: items handed to a center, powers that were handed down (下放) or entrusted
//! (委托), and development zones that stand beside the divisions. Data, in versions, in force below the center that set them.

pub mod api;
mod dry_run;
mod service;
mod store;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    catalogue::{Published, model::ExerciseLevel},
    db::code_enum,
    kernel::Id,
};

pub use service::{in_force, of_center, set, set_as};

code_enum! {
    /// What a rule of the relay says.
    RoutingRuleKind in "routing-rule-kinds" {
        ItemOverride "item_override" "事项指定承办",
        Devolved "devolved" "下放",
        Entrusted "entrusted" "委托",
        Zone "zone" "开发区（统计区划）",
    }
}

/// One rule. What is given must be met; the first that is met, from the nearest center up, holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutingRule {
    /// Unique within the set.
    #[validate(length(min = 1, max = 20), custom(function = crate::kernel::validators::code))]
    #[schema(min_length = 1, max_length = 20, pattern = "^[A-Za-z0-9_-]+$", example = "zone-671")]
    pub code: String,
    /// What it says.
    pub kind: RoutingRuleKind,
    /// The text it rests on, such as a document's number.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "关于向开发区下放审批权限的通知")]
    pub basis: String,
    /// The item is one of these codes. Needed by `item_override`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 500))]
    #[schema(max_items = 500, example = json!([]))]
    pub items: Vec<String>,
    /// The item is exercised at one of these levels. `devolved` and `entrusted` need this or items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 7))]
    #[schema(max_items = 7, example = json!([]))]
    pub levels: Vec<ExerciseLevel>,
    /// Leading 2 to 12 digits: of the applicant's seat; for a `zone`, of the division that decides. Absent for powers handed
    /// down: the division of the center they were given to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 50))]
    #[schema(max_items = 50, example = json!(["320671"]))]
    pub divisions: Vec<String>,
    /// Who handles it: id or division code of a center at or below the one that sets the rule.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "320671000000")]
    pub handler: String,
}

/// A set of rules as it is sent and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "effective_on": "2026-12-07", "rules": [{ "code": "zone-671", "kind": "zone", "basis": "开发区管理体制方案", "divisions": ["320671"], "handler": "320671000000" }] }))]
pub struct RoutingRuleSet {
    /// First day; absent: today.
    #[serde(default, deserialize_with = "crate::kernel::date::optional", skip_serializing_if = "Option::is_none")]
    pub effective_on: Option<NaiveDate>,
    /// The rules, in order.
    #[validate(length(max = 200), nested)]
    #[schema(max_items = 200)]
    pub rules: Vec<RoutingRule>,
}

/// The rules that hold for a question, nearest center first.
pub struct RuleBook {
    /// Center, number of its version, rules with the division of their handler.
    pub(super) sets: Vec<(Id, i64, Vec<Standing>)>,
}

/// A rule with the division code of its handler.
pub(super) struct Standing {
    pub rule: RoutingRule,
    pub handler: Id,
    pub handler_division: String,
}

/// Who asks for what, as far as the rules look.
pub(super) struct Question<'a> {
    pub item: &'a Published,
    /// Where the applicant is seated.
    pub applicant: Option<&'a str>,
}

impl RuleBook {
    /// The first rule of these kinds that is met.
    pub(super) fn find(&self, kinds: &[RoutingRuleKind], met: impl Fn(&Standing) -> bool) -> Option<&Standing> {
        self.sets.iter().flat_map(|(_, _, rules)| rules).find(|s| kinds.contains(&s.rule.kind) && met(s))
    }
}

impl Standing {
    /// Whether a power over the item lies with the handler.
    pub(super) fn gives(&self, q: &Question) -> bool {
        let rule = &self.rule;
        let named = rule.items.is_empty() || rule.items.contains(&q.item.code);
        let level = rule.levels.is_empty() || rule.levels.contains(&q.item.content.exercise_level);
        named && level && self.reaches(q.applicant)
    }

    fn reaches(&self, applicant: Option<&str>) -> bool {
        match (self.rule.kind, self.rule.divisions.is_empty()) {
            (RoutingRuleKind::ItemOverride, true) => true,
            (_, true) => applicant.is_some_and(|seat| seat.starts_with(significant(&self.handler_division))),
            (_, false) => applicant.is_some_and(|seat| self.covers(seat)),
        }
    }

    /// Whether a division is one of those named.
    pub(super) fn covers(&self, division: &str) -> bool {
        self.rule.divisions.iter().any(|d| division.starts_with(d.as_str()))
    }
}

/// The digits that a division and everything in it begin with.
pub(super) fn significant(division: &str) -> &str {
    let end = match division.as_bytes() {
        [.., b'0', b'0', b'0', b'0', b'0', b'0', b'0', b'0', b'0', b'0'] => 2,
        [.., b'0', b'0', b'0', b'0', b'0', b'0', b'0', b'0'] => 4,
        [.., b'0', b'0', b'0', b'0', b'0', b'0'] => 6,
        [.., b'0', b'0', b'0'] => 9,
        _ => 12,
    };
    division.get(..end).unwrap_or(division)
}

#[cfg(test)]
mod tests {
    use super::significant;

    #[test]
    fn a_division_begins_with_what_is_not_zero() {
        for (code, digits) in
            [("320000000000", "32"), ("320600000000", "3206"), ("320623000000", "320623"), ("320623001000", "320623001"), ("320623001002", "320623001002")]
        {
            assert_eq!(significant(code), digits);
        }
    }
}
