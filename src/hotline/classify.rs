//! What an order opens: rules as data, the first that fits, told in words. Pure.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::model::{OpenedKind, OrderType};
use crate::{
    catalogue::Mode,
    kernel::{Code as _, Problem},
    tickets::TicketCategory,
};

/// When something is opened, and what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = HotlineRule)]
pub struct Rule {
    /// What people call it.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// Of these kinds; none named: of any.
    #[validate(length(max = 7))]
    #[schema(max_items = 7)]
    pub order_types: Vec<OrderType>,
    /// Of these categories, by our name or the hotline's code; none named: of any.
    #[validate(length(max = 200))]
    #[schema(max_items = 200)]
    pub categories: Vec<String>,
    /// With one of these words in title or content; none named: with any.
    #[validate(length(max = 100))]
    #[schema(max_items = 100)]
    pub keywords: Vec<String>,
    /// Filed under one of these Open311 services; none named: however it came.
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub service_codes: Vec<String>,
    /// What it opens; absent: nothing, a person looks at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenedKind>,
    /// Of a ticket: what kind of difficulty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_category: Option<TicketCategory>,
    /// Of a matter: the item, where the order names none.
    #[validate(length(max = 100))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub item: Option<String>,
    /// Of a matter: how it is helped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

impl Rule {
    /// A rule that could never do what it says.
    pub fn check(&self, at: &str) -> Result<(), Problem> {
        if self.order_types.is_empty() && self.categories.is_empty() && self.keywords.is_empty() && self.service_codes.is_empty() {
            return Err(Problem::rule(
                at,
                "no_condition",
                "规则没有任何条件，会适用于每一件工单；请写明类型、分类、关键词或服务之一。",
                "Without a condition it fits every order.",
            ));
        }
        if self.keywords.iter().any(|k| k.trim().is_empty() || k.chars().count() > 60) {
            return Err(Problem::rule(&format!("{at}/keywords"), "length", "关键词应为 1 到 60 个字。", "1 to 60 characters each."));
        }
        if self.ticket_category.is_some() && self.open != Some(OpenedKind::FallbackTicket) {
            return Err(Problem::rule(&format!("{at}/ticket_category"), "ticket_only", "只有开“办不成事”反映时填写类别。", "Of a fallback ticket only."));
        }
        Ok(())
    }
}

/// What the rules look at.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// Kind.
    pub order_type: OrderType,
    /// Category by our name, and the hotline's code.
    pub category: [&'a str; 2],
    /// Title and content.
    pub words: [&'a str; 2],
    /// Open311 service.
    pub service_code: Option<&'a str>,
}

/// What is to be opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What; none: a person looks at it.
    pub open: Option<OpenedKind>,
    /// Of a ticket.
    pub ticket_category: Option<TicketCategory>,
    /// Of a matter.
    pub item: Option<String>,
    /// Of a matter.
    pub mode: Option<Mode>,
    /// Which rule, in words.
    pub why: String,
}

/// The first rule that fits; else what the kind of the order says by itself.
pub fn classify(rules: &[Rule], told: &Told) -> Verdict {
    for (i, rule) in rules.iter().enumerate() {
        if let Some(because) = fits(rule, told) {
            let what = rule.open.map_or("由人工判断", OpenedKind::label);
            let because = if because.is_empty() { String::new() } else { format!("（{}）", because.join("，")) };
            let why = format!("第 {} 条规则“{}”{because}：{what}", i + 1, rule.name);
            return Verdict { open: rule.open, ticket_category: rule.ticket_category, item: rule.item.clone(), mode: rule.mode, why };
        }
    }
    let none = |open: Option<OpenedKind>, why: String| Verdict { open, ticket_category: None, item: None, mode: None, why };
    if let Some(code) = told.service_code {
        let category = code.strip_prefix("fallback_").and_then(TicketCategory::parse);
        let open = match code {
            "consultation" => Some(OpenedKind::Consultation),
            "assisted" => Some(OpenedKind::Entrustment),
            _ => category.map(|_| OpenedKind::FallbackTicket),
        };
        let why = format!("没有配置的规则适用；按 Open311 服务“{code}”：{}", open.map_or("由人工判断", OpenedKind::label));
        return Verdict { ticket_category: category, ..none(open, why) };
    }
    match told.order_type {
        OrderType::Consultation => none(Some(OpenedKind::Consultation), "没有配置的规则适用；咨询类工单按导办咨询办理".into()),
        other => none(None, format!("没有配置的规则适用；{}类工单由人工判断是否开件", other.label())),
    }
}

/// Why a rule fits; none where it does not.
fn fits(rule: &Rule, told: &Told) -> Option<Vec<String>> {
    let mut because = Vec::new();
    if !rule.order_types.is_empty() {
        if !rule.order_types.contains(&told.order_type) {
            return None;
        }
        because.push(format!("类型为{}", told.order_type.label()));
    }
    if !rule.categories.is_empty() {
        let found = rule.categories.iter().find(|c| told.category.contains(&c.as_str()))?;
        because.push(format!("分类为{found}"));
    }
    if !rule.service_codes.is_empty() {
        let code = told.service_code?;
        rule.service_codes.iter().find(|c| *c == code)?;
        because.push(format!("服务为{code}"));
    }
    if !rule.keywords.is_empty() {
        let found = rule.keywords.iter().find(|k| told.words.iter().any(|w| w.contains(k.as_str())))?;
        because.push(format!("含有“{found}”"));
    }
    Some(because)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_and_why() {
        let rules = [
            Rule { name: "甲".into(), order_types: vec![OrderType::Complaint], open: None, ..Rule::default() },
            Rule { name: "乙".into(), keywords: vec!["办不成".into()], open: Some(OpenedKind::FallbackTicket), ..Rule::default() },
            Rule { name: "丙".into(), categories: vec!["c1".into()], open: Some(OpenedKind::Entrustment), ..Rule::default() },
        ];
        let told = |order_type, words| Told { order_type, category: ["政务服务", "c1"], words: [words, ""], service_code: None };
        assert_eq!(classify(&rules, &told(OrderType::Complaint, "办不成")).open, None, "the first wins");
        let second = classify(&rules, &told(OrderType::Help, "总是办不成"));
        assert_eq!((second.open, second.why.contains("第 2 条") && second.why.contains("办不成")), (Some(OpenedKind::FallbackTicket), true));
        assert_eq!(classify(&rules, &told(OrderType::Help, "别的")).open, Some(OpenedKind::Entrustment));
        assert_eq!(classify(&[], &told(OrderType::Consultation, "")).open, Some(OpenedKind::Consultation));
        let filed = Told { service_code: Some("fallback_no_lead_unit"), ..told(OrderType::Help, "") };
        assert_eq!(classify(&[], &filed).ticket_category, Some(TicketCategory::NoLeadUnit));
    }
}
