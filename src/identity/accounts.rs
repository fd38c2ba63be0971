//! The account of whoever comes by way of a portal: found, or made without a password.

use super::asserted::Identity;
use crate::{
    applicants::{self, ApplicantRow, Contact, Mandate},
    auth::store::{self as accounts, User},
    db::{Private, Result, Sealed, Tx},
    kernel::{ErrorCode, Id, Moment, Problem, Text, text},
};

/// No password is ever equal to this.
const NO_PASSWORD: &str = "!";

/// The account under which somebody acts; refused where the identity is none, or nobody gave them a mandate.
pub fn account_for(tx: &mut Tx, who: &Identity) -> Result<User> {
    let mut applicant = applicants::find_or_enter(tx, &who.input())?;
    if let Some(phone) = who.phone.as_ref().filter(|_| applicant.contacts.is_none()) {
        // Whom nobody could reach so far.
        let name = who.agent.as_ref().map_or(&who.applicant.name, |a| &a.name).clone();
        applicant.contacts = Some(Private::seal(tx.vault, &vec![Contact { name, phone: phone.clone() }])?);
        applicant.version += 1;
        applicant.updated_at = tx.now;
        if !applicants::store::save_applicant(tx, &applicant)? {
            return Err(crate::db::Error::Contended);
        }
    }
    match &who.agent {
        None => own(tx, &applicant, &who.applicant.name),
        Some(agent) => {
            let mandate = mandate_of(tx, &applicant, &agent.name, &agent.id_number)?;
            under(tx, &applicant, mandate, &agent.name)
        }
    }
}

fn own(tx: &mut Tx, applicant: &ApplicantRow, name: &str) -> Result<User> {
    let login = format!("@{}", applicant.id);
    match accounts::user_by_login(tx, &login)? {
        Some(known) => usable(known),
        None => enter(tx, login, name, "申请人", applicant.id, None),
    }
}

/// The mandate in force of this very agent: the one with an account first.
fn mandate_of(tx: &mut Tx, applicant: &ApplicantRow, name: &str, number: &str) -> Result<Mandate> {
    let now = tx.now;
    let mut found = None;
    let mut why = Text::new("该单位没有授权此经办人，或授权已到期、撤销。", "No mandate in force.");
    for mandate in applicants::store::mandates(tx, applicant.id, None, 200)? {
        if !mandate.holds(now) {
            continue;
        }
        if text::fold(&mandate.agent_name.open(tx.vault)?) != text::fold(name) {
            continue;
        }
        // Without a number on the mandate nobody can be told to be its agent.
        let Some(known) = &mandate.agent_id_number else {
            why = Text::new("该经办人的授权委托没有登记证件号码（agent_id_number），请单位写明后重新授权。", "The mandate names no identity number.");
            continue;
        };
        if known.open(tx.vault)? == number && (found.is_none() || mandate.user_id.is_some()) {
            found = Some(mandate);
        }
    }
    Ok(found.ok_or_else(|| Problem::new(ErrorCode::RuleViolation, why))?)
}

fn under(tx: &mut Tx, applicant: &ApplicantRow, mut mandate: Mandate, name: &str) -> Result<User> {
    if let Some(known) = mandate.user_id.map(|id| accounts::user(tx, id)).transpose()?.flatten() {
        return usable(known);
    }
    let made = enter(tx, format!("@{}", mandate.id), name, "企业经办人", applicant.id, Some(mandate.id))?;
    mandate.user_id = Some(made.id);
    mandate.version += 1;
    mandate.updated_at = tx.now;
    if applicants::store::save_mandate(tx, &mandate)? { Ok(made) } else { Err(crate::db::Error::Contended) }
}

fn usable(user: User) -> Result<User> {
    let barred = || Problem::new(ErrorCode::RuleViolation, Text::new("该账号已停用，请联系服务中心。", "The account is disabled."));
    if user.status == "active" { Ok(user) } else { Err(barred().into()) }
}

fn enter(tx: &mut Tx, login: String, name: &str, title: &str, applicant: Id, mandate: Option<Id>) -> Result<User> {
    let now: Moment = tx.now;
    let user = User {
        id: Id::new(),
        login: login.clone(),
        password_hash: NO_PASSWORD.into(),
        display_name: Sealed::seal(tx.vault, name)?,
        title: title.into(),
        phone: None,
        employment: "none".into(),
        center_id: None,
        applicant_id: Some(applicant),
        mandate_id: mandate,
        status: "active".into(),
        failures: 0,
        locked_until: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    match tx.savepoint(|tx| accounts::insert_user(tx, &user)) {
        Ok(()) => Ok(user),
        // The same person came twice at this instant.
        Err(e) if e.is_unique() => match accounts::user_by_login(tx, &login)? {
            Some(known) => usable(known),
            None => Err(e),
        },
        Err(e) => Err(e),
    }
}
