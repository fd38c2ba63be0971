//! What staff note along the way: help given with an assisted matter, and fees that the applicant owes an authority.

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use validator::{Validate, ValidationError};

use super::{
    facts::{FeeDue, Help},
    load::{Told, load_for, save},
    machine::Action,
    model::HelpKind,
    views::{EntrustmentView, view},
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    events::Audience,
    kernel::{Code as _, Problem, Target},
};

/// Help that was given.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kinds": ["fill_form", "upload_files"], "note": "协助填写用水报装申请表并上传" }))]
pub struct HelpInput {
    /// What kinds.
    #[validate(length(min = 1, max = 8))]
    #[schema(min_items = 1, max_items = 8)]
    pub kinds: Vec<HelpKind>,
    /// In words.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub note: String,
}

/// Records help given at the counter or from afar.
pub fn help(tx: &mut Tx, actor: &Actor, target: &Target, input: &HelpInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::RecordHelp, target)?;
    loaded.decide(actor, Action::RecordHelp)?;
    for kind in &input.kinds {
        loaded.details.helped.push(Help { kind: *kind, note: input.note.clone(), at: tx.now, by: actor.id });
    }
    let kinds: Vec<&str> = input.kinds.iter().map(|k| k.label()).collect();
    let params = json!({ "kinds": kinds.join("、") });
    save(tx, actor, &mut loaded, Told::new("helped", Audience::Applicant, params).saying(&input.note))?;
    view(tx, actor, loaded)
}

/// A statutory fee, or the payment of one told before.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "不动产登记费", "amount": "550.00", "basis": "发改价格规〔2016〕2559号", "payee": "如东县自然资源和规划局" }))]
pub struct FeeInput {
    /// Of a fee told before, to correct it or to record its payment; absent: a new fee.
    #[serde(default)]
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "F1")]
    pub code: Option<String>,
    /// Name.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub name: String,
    /// In yuan, with at most two decimals.
    #[validate(custom(function = yuan))]
    #[schema(pattern = "^[0-9]{1,12}(\\.[0-9]{1,2})?$", max_length = 15, example = "550.00")]
    pub amount: String,
    /// Standard and legal basis.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub basis: String,
    /// The authority it is paid to: the center never collects.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub payee: String,
    /// To be paid by.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub due_on: Option<NaiveDate>,
    /// Number of the voucher, when the applicant has paid.
    #[serde(default)]
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub voucher: Option<String>,
}

fn yuan(text: &str) -> Result<(), ValidationError> {
    let (whole, cents) = text.split_once('.').map_or((text, None), |(w, c)| (w, Some(c)));
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if digits(whole, 12) && cents.is_none_or(|c| digits(c, 2)) {
        Ok(())
    } else {
        Err(ValidationError::new("yuan").with_message("应为金额（元），最多两位小数。|An amount in yuan with at most two decimals.".into()))
    }
}

/// Tells a fee, or records its payment.
pub fn fee(tx: &mut Tx, actor: &Actor, target: &Target, input: &FeeInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::RecordFee, target)?;
    loaded.decide(actor, Action::RecordFee)?;
    let fees = &mut loaded.details.fees;
    let told = match &input.code {
        Some(code) => {
            let unknown = || Problem::rule("/code", "unknown_fee", "本件没有这项费用。", "No such fee.");
            Some(fees.iter().position(|f| f.code == *code).ok_or_else(unknown)?)
        }
        None if fees.len() >= 50 => return Err(Problem::rule("/code", "too_many", "一件最多登记 50 项费用。", "At most 50 fees.").into()),
        None => None,
    };
    let before = told.and_then(|at| fees.get(at));
    let fee = FeeDue {
        code: before.map_or_else(|| format!("F{}", fees.len() + 1), |f| f.code.clone()),
        name: input.name.clone(),
        amount: input.amount.clone(),
        basis: input.basis.clone(),
        payee: input.payee.clone(),
        due_on: input.due_on.or(before.and_then(|f| f.due_on)),
        voucher: input.voucher.clone(),
        at: before.map_or(tx.now, |f| f.at),
        paid_at: input.voucher.as_ref().map(|_| before.and_then(|f| f.paid_at).unwrap_or(tx.now)),
    };
    match told.and_then(|at| fees.get_mut(at)) {
        Some(slot) => *slot = fee,
        None => fees.push(fee),
    }
    let kind = if input.voucher.is_some() { "fee_paid" } else { "fee_recorded" };
    let params = json!({ "name": input.name, "amount": input.amount, "payee": input.payee });
    save(tx, actor, &mut loaded, Told::new(kind, Audience::Applicant, params))?;
    view(tx, actor, loaded)
}
