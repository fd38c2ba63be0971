//! Making codes, and rating by them.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::store::{self, CodeMessage, CodeRow};
use crate::{
    auth::Actor,
    db::{Db, Private, Result, Tx},
    evaluations::{
        links::{LinkView, proved},
        load::{Holder, by_known_number, is_withheld, lock, phone, publish},
        machine::{Refusal, Step},
        model::RatingChannel,
        rating::{RatingInput, applicant, rate_row, within},
    },
    kernel::{ErrorCode, Id, Moment, Problem, Purpose, Text, random_bytes, sha256_hex},
};

/// Minutes for which a code is good.
const MINUTES: i64 = 10;
/// Wrong codes that end one.
const TRIES: i32 = 5;
/// Seconds between two codes.
const PAUSE: i64 = 60;

/// Who asks for a code.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// The last four digits of the telephone that was left.
    #[validate(length(equal = 4))]
    #[schema(min_length = 4, max_length = 4, pattern = "^[0-9]{4}$", example = "1234")]
    pub phone_last4: String,
}

/// A code is on its way.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CodeSent {
    /// To which telephone, masked.
    #[schema(example = "139****1234")]
    pub sent_to: String,
    /// It is good until.
    pub expires_at: Moment,
}

/// A rating with the code that was sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "code": "123456", "rating": { "grade": "satisfied" } }))]
pub struct CodeRating {
    /// Six digits.
    #[validate(length(equal = 6))]
    #[schema(min_length = 6, max_length = 6, pattern = "^[0-9]{6}$", example = "123456")]
    pub code: String,
    /// The rating.
    #[validate(nested)]
    pub rating: RatingInput,
}

/// The code on the slip of an occasion: nothing is stored, and only this server can make it.
pub fn receipt_code(tx: &Tx, occasion: Id) -> String {
    let mark = sha256_hex(tx.vault.mark(Purpose::Link, &format!("occasion_receipt:{occasion}")).as_bytes());
    six(mark.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0))
}

fn six(n: u32) -> String {
    format!("{:06}", n % 1_000_000)
}

fn mark_of(tx: &Tx, evaluation: Id, code: &str) -> String {
    tx.vault.mark(Purpose::Link, &format!("evaluation_code:{evaluation}:{code}"))
}

/// Makes a code for who proves to be the one who was served; the message waits to be sent.
pub async fn request(db: &Db, number: String, last4: String) -> Result<CodeSent> {
    let id = proved(db, number, last4, |tx, row| {
        row.decide(Step::Rate, tx.now)?;
        // To whoever knows the number, it is the first that somebody rated who gave no name.
        if is_withheld(tx, row)? { Err(Problem::from(Refusal::Rated).into()) } else { Ok(row.id) }
    })
    .await?;
    db.commit(move |tx| make(tx, id)).await
}

fn make(tx: &mut Tx, id: Id) -> Result<CodeSent> {
    let row = lock(tx, id)?;
    let phone = phone(tx, &row)?.filter(|p| p.len() == 11 && p.starts_with('1'));
    let no_mobile = || Problem::new(ErrorCode::RuleViolation, Text::new("留下的不是手机号码，不能接收短信验证码。", "Not a mobile telephone."));
    let phone = phone.ok_or_else(no_mobile)?;
    let known = store::code(tx, id)?;
    if let Some(last) = &known {
        let since = (tx.now.utc() - last.made_at.utc()).num_seconds();
        if since < PAUSE {
            let wait = u32::try_from(PAUSE - since.max(0)).unwrap_or(60);
            return Err(Problem { retry_after: Some(wait), ..Problem::of(ErrorCode::TooManyRequests) }.into());
        }
    }
    let code = six(u32::from_be_bytes(random_bytes::<4>()));
    let text = format!("您正在评价“{}”（{}），验证码{code}，{MINUTES}分钟内有效。", row.title, row.number);
    let sent_to = tx.masking.phone(&phone);
    let expires_at = tx.now.plus(TimeDelta::minutes(MINUTES));
    let message = Private::seal(tx.vault, &CodeMessage { phone, text, code: code.clone() })?;
    let new = CodeRow { evaluation_id: id, code_mark: mark_of(tx, id, &code), tries: 0, message, sent_at: None, made_at: tx.now, expires_at };
    store::put(tx, &new, known.is_some())?;
    publish(tx, &Actor::system("evaluations"), &row, "evaluation.code_requested", json!({ "number": row.number }))?;
    Ok(CodeSent { sent_to, expires_at })
}

/// Rates by a code. A wrong one is counted, and an unknown number answers like a wrong code.
pub fn rate(tx: &mut Tx, number: &str, request_id: &str, input: &CodeRating) -> Result<Result<LinkView, Problem>> {
    let wrong = || Ok(Err(Problem::rule("/code", "wrong_code", "验证码不正确或者已失效，请重新获取。", "A wrong code, or no longer good.")));
    let Some(found) = by_known_number(tx, &number.to_ascii_uppercase())? else { return wrong() };
    let row = lock(tx, found.id)?;
    let Some(mut code) = store::code(tx, row.id)? else { return wrong() };
    if code.tries >= TRIES || code.expires_at < tx.now {
        return wrong();
    }
    if !tx.vault.matches(Purpose::Link, &format!("evaluation_code:{}:{}", row.id, input.code), &code.code_mark) {
        code.tries += 1;
        store::put(tx, &code, true)?;
        return wrong();
    }
    let rated = rate_row(tx, &applicant(request_id), row, &input.rating, RatingChannel::Sms, None, Holder::Served).map_err(|e| within(e, "/rating"))?;
    store::forget(tx, rated.id)?;
    LinkView::of(tx, rated, Holder::Served).map(Ok)
}
