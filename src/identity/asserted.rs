//! What another party says of somebody: who they are, for whom they act, and how sure that is.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    applicants::{ApplicantInput, ApplicantKind, IdType},
    kernel::{Code, division_code::DivisionCode, phone},
    outbound::Fault,
};

/// An applicant as a portal or provider names them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AssertedApplicant {
    /// Kind.
    pub kind: ApplicantKind,
    /// Name.
    pub name: String,
    /// What identifies them; absent: the credit code of an organisation, the citizen's id of a person.
    #[serde(default)]
    pub id_type: Option<IdType>,
    /// The number.
    pub id_number: String,
    /// 12 digits.
    #[serde(default)]
    pub division_code: Option<String>,
}

/// Who acts for an organisation under a mandate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AssertedAgent {
    /// Name.
    pub name: String,
    /// Identity number.
    pub id_number: String,
}

/// Somebody who was authenticated elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// For whom is acted.
    pub applicant: AssertedApplicant,
    /// Who acts, where it is not the applicant.
    #[serde(default)]
    pub agent: Option<AssertedAgent>,
    /// How sure it is, 1 to 3.
    pub level: u8,
    /// Telephone, where it is known.
    #[serde(default)]
    pub phone: Option<String>,
}

/// Why an assertion is not believed: told to the integrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbelievable {
    /// In Chinese.
    pub why: &'static str,
    /// Whoever was to say so did not answer: it may be tried again.
    pub later: bool,
}

impl Unbelievable {
    /// It is not so.
    pub fn of(why: &'static str) -> Self {
        Self { why, later: false }
    }

    /// Nobody could say.
    pub fn later(why: &'static str) -> Self {
        Self { why, later: true }
    }

    /// What went wrong when another platform was asked: no answer, or one that is none.
    pub fn unanswered(fault: &Fault, otherwise: &'static str) -> Self {
        match fault {
            Fault::Status(status) if *status < 500 && *status != 429 => Self::of(otherwise),
            Fault::Denied => Self::of(otherwise),
            _ => Self::later("登录平台没有答复，请稍后再试。"),
        }
    }
}

/// The codes of a dictionary with their labels, for whoever wrote another.
fn all_of<T: Code>(field: &str) -> String {
    let codes: Vec<String> = T::ALL.iter().map(|v| format!("{}（{}）", v.code(), v.label())).collect();
    format!("断言中的 applicant.{field} 应为{}之一。", codes.join("、"))
}

/// What is wrong with an applicant that could not be read.
fn misread(applicant: &Value) -> &'static str {
    static KIND: LazyLock<String> = LazyLock::new(|| all_of::<ApplicantKind>("kind"));
    static ID_TYPE: LazyLock<String> = LazyLock::new(|| all_of::<IdType>("id_type"));
    let unknown = |field: &str, known: fn(&str) -> bool| applicant.get(field).and_then(Value::as_str).is_some_and(|code| !known(code));
    if unknown("kind", |code| ApplicantKind::parse(code).is_some()) {
        &KIND
    } else if unknown("id_type", |code| IdType::parse(code).is_some()) {
        &ID_TYPE
    } else {
        "断言中的 applicant 应含 kind、name、id_number，均为文字。"
    }
}

impl Identity {
    /// Reads what a portal has signed: `applicant`, `agent`, `acr`, `phone_number`.
    pub fn of_claims(claims: &Value) -> Result<Self, Unbelievable> {
        let applicant = claims.get("applicant").cloned().ok_or(Unbelievable::of("断言中缺少 applicant。"))?;
        let applicant: AssertedApplicant = serde_json::from_value(applicant.clone()).map_err(|_| Unbelievable::of(misread(&applicant)))?;
        let agent = claims.get("agent").filter(|a| !a.is_null()).cloned().map(serde_json::from_value).transpose();
        let agent = agent.map_err(|_| Unbelievable::of("断言中的 agent 应含 name、id_number。"))?;
        let level = claims
            .get("acr")
            .and_then(Value::as_str)
            .and_then(|l| ["1", "2", "3"].iter().zip(1..).find(|(known, _)| **known == l))
            .map(|(_, level)| level)
            .ok_or(Unbelievable::of("断言中的 acr 应为实名等级 \"1\"、\"2\" 或 \"3\"。"))?;
        let phone = claims.get("phone_number").and_then(Value::as_str).map(str::to_owned);
        Self { applicant, agent, level, phone }.checked()
    }

    /// Bounds what was said; identity numbers are checked where the applicant is looked for.
    pub fn checked(mut self) -> Result<Self, Unbelievable> {
        let short = |text: &str, most: usize| (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if !(1..=3).contains(&self.level) {
            return Err(Unbelievable::of("实名等级应为 1 到 3。"));
        }
        if !short(&self.applicant.name, 200) || !short(&self.applicant.id_number, 40) {
            return Err(Unbelievable::of("申请人的名称或证件号码为空或过长。"));
        }
        if self.agent.as_ref().is_some_and(|a| !short(&a.name, 40) || !short(&a.id_number, 40)) {
            return Err(Unbelievable::of("经办人的姓名或证件号码为空或过长。"));
        }
        if self.agent.is_some() && self.applicant.kind == ApplicantKind::NaturalPerson {
            return Err(Unbelievable::of("只有单位可由经办人代为办理。"));
        }
        // What is no division or no telephone is left out: a portal's address book is no reason to turn somebody away.
        self.applicant.division_code = self.applicant.division_code.filter(|code| DivisionCode::parse(code).is_ok());
        self.phone = self.phone.map(|p| phone::normalize(&p)).filter(|p| p.len() == 11 && p.starts_with('1') && p.bytes().all(|b| b.is_ascii_digit()));
        Ok(self)
    }

    /// The applicant as the registry takes them.
    pub fn input(&self) -> ApplicantInput {
        let usual = if self.applicant.kind == ApplicantKind::NaturalPerson { IdType::CitizenId } else { IdType::CreditCode };
        ApplicantInput {
            kind: self.applicant.kind,
            name: self.applicant.name.clone(),
            id_type: self.applicant.id_type.unwrap_or(usual),
            id_number: self.applicant.id_number.clone(),
            division_code: self.applicant.division_code.clone(),
            address: None,
            flags: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_a_portal_signs() {
        let person = json!({ "kind": "natural_person", "name": "演示自然人一号", "id_number": "320601199001010011", "division_code": "no" });
        let said = Identity::of_claims(&json!({ "acr": "2", "applicant": person, "phone_number": "139 0000 0003" })).expect("believed");
        assert_eq!((said.level, said.input().id_type, said.applicant.division_code.as_deref()), (2, IdType::CitizenId, None));
        assert_eq!(said.phone.as_deref(), Some("13900000003"));
        let agent = json!({ "name": "经办人甲", "id_number": "320601199001010011" });
        assert!(Identity::of_claims(&json!({ "acr": "2", "applicant": person, "agent": agent })).is_err(), "a person acts in person");
        for acr in [json!("0"), json!("4"), json!("+3"), json!("03"), json!("high"), json!(2)] {
            assert!(Identity::of_claims(&json!({ "acr": acr, "applicant": person })).is_err(), "{acr}");
        }
        assert!(Identity::of_claims(&json!({ "acr": "2" })).is_err());
        // Whoever writes another code is told which there are.
        let refused = |edit: fn(&mut Value)| {
            let mut other = person.clone();
            edit(&mut other);
            Identity::of_claims(&json!({ "acr": "2", "applicant": other })).expect_err("not believed").why
        };
        assert!(refused(|p| p["kind"] = json!("person")).contains("natural_person（自然人）"));
        assert!(refused(|p| p["id_type"] = json!("id_card")).contains("citizen_id"));
        assert!(refused(|p| p["id_number"] = json!(1)).contains("id_number"));
    }
}
