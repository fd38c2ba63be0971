//! The fixed picture of a center or a window. It opens nothing by itself: whoever scans it says which service, and proves by the
//! last four digits of the telephone or by the code on the slip that it was theirs.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    codes::receipt_code,
    links::{EvaluationLink, link_of, picture},
    load::{Holder, phone},
    occasions::store as occasions,
    store,
};
use crate::{
    config::Config,
    db::{Db, Outcome, Result, Tx, dialect},
    kernel::{self, ErrorCode, Id, Moment, Problem, Purpose},
    organization,
};

/// What the picture of a center or a window leads to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PosterView {
    /// The center.
    pub center: String,
    /// The window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// How to go on.
    pub hint: String,
}

/// Which service, and what proves it: one of the two.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PosterClaim {
    /// Number of the service, as on the slip.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "A101-20260105")]
    pub service_no: String,
    /// The last four digits of the telephone that was left.
    #[serde(default)]
    #[validate(length(equal = 4))]
    #[schema(min_length = 4, max_length = 4, pattern = "^[0-9]{4}$", example = "1234")]
    pub phone_last4: Option<String>,
    /// The six digits on the slip.
    #[serde(default)]
    #[validate(length(equal = 6))]
    #[schema(min_length = 6, max_length = 6, pattern = "^[0-9]{6}$")]
    pub receipt_code: Option<String>,
}

/// Wrong claims of one number in an hour.
const GUESSES: i64 = 5;

/// The center and the window of a picture.
fn place_of(tx: &mut Tx, reference: &str) -> Result<(organization::Center, Option<(Id, String)>)> {
    if let Ok(id) = reference.parse::<Id>()
        && let Some((center, name)) = store::window(tx, id)?
    {
        return Ok((organization::load(tx, center)?, Some((id, name))));
    }
    let center = organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active");
    Ok((center.ok_or_else(Problem::not_found)?, None))
}

/// Where a picture leads.
pub fn view(tx: &mut Tx, reference: &str) -> Result<PosterView> {
    let (center, window) = place_of(tx, reference)?;
    let hint = "请输入服务编号，以及所留电话的后四位或者小票上的六位评价码。".into();
    Ok(PosterView { center: center.name, window: window.map(|w| w.1), hint })
}

/// The picture, to be printed.
pub fn poster_picture(tx: &mut Tx, reference: &str, config: &Config) -> Result<String> {
    let (center, window) = place_of(tx, reference)?;
    let id = window.map_or(center.id, |w| w.0);
    picture(&config.pages.address(&config.public_url, &format!("/api/v1/rating-posters/{id}")))
}

/// The link of the service that is claimed; a wrong number and a wrong proof answer alike, and few of them close a number for
/// the hour.
pub async fn claim(db: &Db, reference: String, input: PosterClaim) -> Result<EvaluationLink> {
    if input.phone_last4.is_some() == input.receipt_code.is_some() {
        let zh = "请填写所留电话的后四位，或者小票上的六位评价码，二者填一。";
        return Err(Problem::rule("/phone_last4", "one_of", zh, "One of phone_last4 and receipt_code.").into());
    }
    let hour = Moment::system().utc().timestamp() / 3600;
    let found = db
        .write(move |tx| {
            let (center, window) = place_of(tx, &reference)?;
            let mark = tx.vault.mark(Purpose::Index, &format!("poster:{}:{}", center.id, input.service_no));
            // Counted before it is compared; a right one is not kept.
            if dialect::count_failure(tx.conn, &mark, hour)? > GUESSES {
                return Err(Problem { retry_after: Some(3600), ..Problem::of(ErrorCode::TooManyRequests) }.into());
            }
            Ok(match claimed(tx, center.id, window.map(|w| w.0), &input)? {
                Some(link) => Outcome::Rollback(Some(link)),
                None => Outcome::Commit(None),
            })
        })
        .await?;
    found.ok_or_else(|| Problem::not_found().into())
}

fn claimed(tx: &mut Tx, center: Id, window: Option<Id>, input: &PosterClaim) -> Result<Option<EvaluationLink>> {
    for occasion in occasions::at_center(tx, center, &input.service_no)? {
        if window.is_some_and(|w| occasion.window_id.is_some_and(|at| at != w)) {
            continue;
        }
        let Some(row) = store::of_record(tx, occasion.id)? else { continue };
        let by_slip = input.receipt_code.as_ref().is_some_and(|code| *code == receipt_code(tx, occasion.id));
        let digits = phone(tx, &row)?.and_then(|p| kernel::phone::last4(&p));
        let by_phone = input.phone_last4.is_some() && input.phone_last4 == digits;
        if by_slip || by_phone {
            // The slip was handed to whoever was served.
            return link_of(tx, &row, if by_slip { Holder::Served } else { Holder::Number }).map(Some);
        }
    }
    Ok(None)
}
