//! What is done with a form, whatever it hangs on: a matter, or a fallback ticket and what belongs to it.

use serde::Deserialize;
use validator::Validate;

use super::{
    fallback,
    links::{self, SigningLink},
    machine::{Side, side_of},
    service::{self, VoidInput},
    signing::{self, FormSignInput},
    store,
    views::FormView,
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    kernel::{Id, Problem, Target},
};

/// For whom a link is.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct SigningLinkInput {
    /// Which place of an applicant; absent: the first that is not signed.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "applicant_1")]
    pub place: Option<String>,
}

/// One form.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<FormView> {
    if fallback::is_one(tx, reference)? { fallback::fetch(tx, actor, reference) } else { service::fetch(tx, actor, reference) }
}

/// The form as PDF, with the name of its file.
pub fn pdf(tx: &mut Tx, actor: &Actor, reference: &str, public: &str) -> Result<(String, Vec<u8>)> {
    if fallback::is_one(tx, reference)? { fallback::pdf(tx, actor, reference, public) } else { service::pdf(tx, actor, reference, public) }
}

/// Signs a form.
pub fn sign(tx: &mut Tx, actor: &Actor, target: &Target, input: &FormSignInput) -> Result<FormView> {
    if fallback::is_one(tx, &target.reference)? { fallback::sign(tx, actor, target, input) } else { signing::sign(tx, actor, target, input) }
}

/// Voids a form that nobody has signed.
pub fn void(tx: &mut Tx, actor: &Actor, target: &Target, input: &VoidInput) -> Result<FormView> {
    if fallback::is_one(tx, &target.reference)? { fallback::void(tx, actor, target, input) } else { service::void(tx, actor, target, input) }
}

/// Makes a link by which an applicant signs.
pub fn link(tx: &mut Tx, actor: &Actor, target: &Target, input: &SigningLinkInput) -> Result<SigningLink> {
    if fallback::is_one(tx, &target.reference)? {
        return fallback::link(tx, actor, target, input.place.as_deref());
    }
    let Some(place) = &input.place else { return links::link(tx, actor, target) };
    let form = match target.reference.parse::<Id>() {
        Ok(id) => store::form(tx, id)?,
        Err(_) => store::form_by_number(tx, &target.reference.to_ascii_uppercase())?,
    };
    if form.is_some_and(|f| side_of(f.kind, place) != Some(Side::Applicant)) {
        let zh = format!("“{place}”不是申请人的签署处。");
        return Err(Problem::rule("/place", "unknown_place", zh, "No place of an applicant.").into());
    }
    links::link(tx, actor, target)
}
