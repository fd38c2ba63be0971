//! How another platform's words about a person become an identity: names of fields as JSON pointers, codes as tables.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use validator::Validate;

use super::asserted::{AssertedAgent, AssertedApplicant, Identity, Unbelievable};
use crate::{applicants::ApplicantKind, kernel::Code as _};

/// Where each part of an identity stands in the other platform's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimMapping {
    /// The kind of applicant, as a JSON pointer; absent: everybody is a natural person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "/userType")]
    pub kind: Option<String>,
    /// Their codes of kinds, and ours.
    #[serde(default)]
    #[validate(length(max = 20))]
    pub kinds: BTreeMap<String, ApplicantKind>,
    /// A person's name.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "/name")]
    pub name: String,
    /// A person's identity number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "/idCardNo")]
    pub id_number: String,
    /// An organisation's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "/corpName")]
    pub organization_name: Option<String>,
    /// An organisation's credit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "/creditCode")]
    pub credit_code: Option<String>,
    /// Who is logged in for an organisation acts for it under a mandate; else as the organisation.
    #[serde(default)]
    pub by_agent: bool,
    /// Telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "/mobile")]
    pub phone: Option<String>,
    /// How sure it is who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "/authLevel")]
    pub level: Option<String>,
    /// Their codes of levels, and ours (1 to 3).
    #[serde(default)]
    #[validate(length(max = 20))]
    pub levels: BTreeMap<String, u8>,
    /// Where nothing is said of it.
    #[validate(range(min = 1, max = 3))]
    #[schema(minimum = 1, maximum = 3, example = 1)]
    pub usual_level: u8,
}

impl Default for ClaimMapping {
    fn default() -> Self {
        Self {
            kind: None,
            kinds: BTreeMap::new(),
            name: "/name".into(),
            id_number: "/id_number".into(),
            organization_name: None,
            credit_code: None,
            by_agent: false,
            phone: Some("/phone_number".into()),
            level: None,
            levels: BTreeMap::new(),
            usual_level: 1,
        }
    }
}

/// Text or number at a pointer.
pub fn at(said: &Value, pointer: &str) -> Option<String> {
    match said.pointer(pointer)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

impl ClaimMapping {
    /// Who somebody is by what the platform says.
    pub fn identity(&self, said: &Value) -> Result<Identity, Unbelievable> {
        let part = |pointer: &Option<String>| pointer.as_ref().and_then(|p| at(said, p));
        let kind = match part(&self.kind) {
            None if self.kind.is_none() => ApplicantKind::NaturalPerson,
            None => return Err(Unbelievable::of("登录平台没有给出用户类型。")),
            Some(code) => {
                let known = self.kinds.get(&code).copied().or_else(|| ApplicantKind::parse(&code));
                known.ok_or(Unbelievable::of("登录平台给出的用户类型没有对照。"))?
            }
        };
        let level = match part(&self.level) {
            None => self.usual_level,
            // A code without a meaning is worth no more than nothing said.
            Some(code) => self.levels.get(&code).copied().unwrap_or(1),
        };
        let person = (at(said, &self.name), at(said, &self.id_number));
        let (applicant, agent) = if kind == ApplicantKind::NaturalPerson {
            let (Some(name), Some(id_number)) = person else { return Err(Unbelievable::of("登录平台没有给出姓名或证件号码。")) };
            (AssertedApplicant { kind, name, id_type: None, id_number, division_code: None }, None)
        } else {
            let named = (part(&self.organization_name), part(&self.credit_code));
            let (Some(name), Some(id_number)) = named else {
                return Err(Unbelievable::of("登录平台没有给出单位名称或统一社会信用代码。"));
            };
            let agent = match (self.by_agent, person) {
                (true, (Some(name), Some(id_number))) => Some(AssertedAgent { name, id_number }),
                (true, _) => return Err(Unbelievable::of("登录平台没有给出经办人。")),
                (false, _) => None,
            };
            (AssertedApplicant { kind, name, id_type: None, id_number, division_code: None }, agent)
        };
        Identity { applicant, agent, level, phone: part(&self.phone) }.checked()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn their_words_become_ours() {
        let mapping = ClaimMapping {
            kind: Some("/data/type".into()),
            kinds: [("1".to_owned(), ApplicantKind::NaturalPerson), ("2".to_owned(), ApplicantKind::Enterprise)].into(),
            name: "/data/xm".into(),
            id_number: "/data/sfzh".into(),
            organization_name: Some("/data/qymc".into()),
            credit_code: Some("/data/tyshxydm".into()),
            by_agent: true,
            phone: Some("/data/sj".into()),
            level: Some("/data/rz".into()),
            levels: [("L2".to_owned(), 2), ("L3".to_owned(), 3)].into(),
            usual_level: 1,
        };
        let person = json!({ "data": { "type": 1, "xm": "演示自然人一号", "sfzh": "320601199001010011", "rz": "L3", "sj": "13900000003" } });
        let said = mapping.identity(&person).expect("a person");
        assert_eq!((said.level, said.applicant.kind, said.agent.is_none()), (3, ApplicantKind::NaturalPerson, true));
        let firm =
            json!({ "data": { "type": 2, "xm": "经办人甲", "sfzh": "320601199001010011", "qymc": "甲公司", "tyshxydm": "91110000600037341L", "rz": "??" } });
        let said = mapping.identity(&firm).expect("a firm");
        assert_eq!((said.level, said.agent.map(|a| a.name).as_deref()), (1, Some("经办人甲")));
        assert!(mapping.identity(&json!({ "data": { "type": 9 } })).is_err());
        assert!(mapping.identity(&json!({})).is_err());
    }
}
