//! What waits at a tablet, what the counter shows on it, and rating there.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    service::{DeviceView, by_token, load_for, save, view},
    store::Device,
};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    evaluations::{
        links::LinkView,
        load::{Holder, load_seen, lock},
        machine::Step,
        model::RatingChannel,
        occasions::store as occasions,
        rating::{RatingInput, rate_row, within},
        store::{self as evaluations, Evaluation},
    },
    kernel::{Moment, Problem, Target},
    organization,
};

/// What is shown on a tablet.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "evaluation": "DB-320623-20260105-000001-101" }))]
pub struct Presentation {
    /// The evaluation: its id, or the number of the matter, ticket or service.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub evaluation: String,
}

/// How long whoever stands before the tablet may take.
const SHOWN_MINUTES: i64 = 10;

/// Shows an evaluation on a tablet of its center, to whoever has just been served there: a matter that was signed at the counter
/// is rated at the counter.
pub fn present(tx: &mut Tx, actor: &Actor, target: &Target, input: &Presentation) -> Result<DeviceView> {
    let (mut device, center) = load_for(tx, actor, target, "present")?;
    let unknown = || Problem::rule("/evaluation", "unknown_evaluation", "本中心没有这个编号的评价。", "No such evaluation at this center.");
    let row = match load_seen(tx, actor, &input.evaluation) {
        Err(Error::Refused(_)) => return Err(unknown().into()),
        found => found?.0,
    };
    if row.center_id != device.center_id {
        return Err(unknown().into());
    }
    row.decide(Step::Rate, tx.now)?;
    device.presented_id = Some(row.id);
    device.presented_until = Some(tx.now.plus(TimeDelta::minutes(SHOWN_MINUTES)));
    save(tx, actor, &mut device, &center, "rating_device.presented")?;
    Ok(view(tx, actor, &center, device, None))
}

/// What the counter shows on a tablet now, if it can still be rated.
fn presented(tx: &mut Tx, device: &Device) -> Result<Option<Evaluation>> {
    let now = tx.now;
    let Some(id) = device.presented_id.filter(|_| device.presented_until.is_some_and(|until| until > now)) else { return Ok(None) };
    Ok(evaluations::evaluation(tx, id)?.filter(|row| row.is_open(now)))
}

/// A service that waits for its rating: nothing of whom it was for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WaitingService {
    /// Number of the service.
    #[schema(example = "A101-20260105")]
    pub service_no: String,
    /// Name of the item, or the kind of service.
    pub title: String,
    /// Whether the person can be rated too.
    pub rates_staff: bool,
    /// When it was given.
    pub served_at: Moment,
    /// It can be rated until.
    pub due_at: Moment,
    /// The counter shows it to whoever stands there.
    pub is_presented: bool,
}

/// What waits where a tablet stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WaitingServices {
    /// The center.
    pub center: String,
    /// The window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// Newest first.
    pub items: Vec<WaitingService>,
}

/// How many a tablet shows.
const SHOWN: usize = 20;

/// Whether a service is one that a tablet rates.
fn stands_at(device: &Device, occasion: &occasions::Occasion) -> bool {
    occasion.center_id == device.center_id && (device.window_id.is_none() || occasion.window_id.is_none() || occasion.window_id == device.window_id)
}

/// What waits where a tablet stands, newest first.
pub fn waiting(tx: &mut Tx, token: &str) -> Result<WaitingServices> {
    let device = by_token(tx, token)?;
    let now = tx.now;
    let rows = evaluations::waiting_at(tx, device.center_id, now, 200)?;
    let known = occasions::occasions_by_id(tx, &rows.iter().map(|row| row.record_id).collect::<Vec<_>>())?;
    let shown = rows.iter().filter_map(|row| known.iter().find(|o| o.id == row.record_id && stands_at(&device, o)).map(|o| (row, o)));
    let presented = presented(tx, &device)?;
    let first = presented.as_ref().map(|row| WaitingService {
        service_no: row.number.clone(),
        title: row.title.clone(),
        rates_staff: row.staff_id.is_some(),
        served_at: row.created_at,
        due_at: row.due_at,
        is_presented: true,
    });
    let others = shown.filter(|(row, _)| presented.as_ref().is_none_or(|p| p.id != row.id)).take(SHOWN).map(|(row, o)| WaitingService {
        service_no: o.service_no.clone(),
        title: o.title.clone(),
        rates_staff: row.staff_id.is_some(),
        served_at: o.served_at,
        due_at: row.due_at,
        is_presented: false,
    });
    let items = first.into_iter().chain(others).collect();
    let window = device.window_id.map(|id| evaluations::window(tx, id)).transpose()?.flatten().map(|(_, name)| name);
    Ok(WaitingServices { center: organization::load(tx, device.center_id)?.name, window, items })
}

/// A rating at a tablet.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "service_no": "A101-20260105", "rating": { "grade": "satisfied" } }))]
pub struct DeviceRating {
    /// Number of the service.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "A101-20260105")]
    pub service_no: String,
    /// The rating.
    #[validate(nested)]
    pub rating: RatingInput,
}

/// Rates at a tablet what was served where it stands, or what the counter shows on it.
pub fn rate(tx: &mut Tx, token: &str, request_id: &str, input: &DeviceRating) -> Result<LinkView> {
    let device = by_token(tx, token)?;
    let id = match presented(tx, &device)?.filter(|row| row.number == input.service_no) {
        Some(row) => row.id,
        None => {
            let here = occasions::at_center(tx, device.center_id, &input.service_no)?.into_iter().find(|o| stands_at(&device, o));
            let occasion = here.ok_or_else(Problem::not_found)?;
            evaluations::of_record(tx, occasion.id)?.ok_or_else(Problem::not_found)?.id
        }
    };
    let row = lock(tx, id)?;
    let actor = Actor { label: "大厅平板".into(), kind: "link", id: Some(device.id), ..Actor::system(request_id) };
    let row = rate_row(tx, &actor, row, &input.rating, RatingChannel::Tablet, None, Holder::Served).map_err(|e| within(e, "/rating"))?;
    LinkView::of(tx, row, Holder::Served)
}
