//! Links by which whoever was served rates without an account, and their pictures.

use qrcode::{EcLevel, QrCode};
use serde::Serialize;

use super::{
    load::{Holder, by_known_number, by_token, is_withheld, link_for, phone},
    model::{EvaluationState, Grade, RatedKind},
    store::{self, Evaluation},
};
use crate::{
    config::Config,
    db::{Db, Error, Result, Tx},
    entrustments,
    kernel::{self, Code as _, Moment, Problem},
    organization,
};

/// What a link shows: no personal data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkView {
    /// Number of what is rated.
    pub number: String,
    /// Name of the item, or what kind of service it was.
    pub title: String,
    /// What is rated.
    pub record_kind: RatedKind,
    /// Rated center.
    pub center: String,
    /// The window where it was served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// Whether the person can be rated too.
    pub rates_staff: bool,
    /// State.
    pub state: EvaluationState,
    /// In Chinese.
    pub state_label: String,
    /// Grade, once rated: for who was served, not for everybody who knows the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// Open until; absent while it is handled again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
}

impl LinkView {
    pub(super) fn of(tx: &mut Tx, row: Evaluation, holder: Holder) -> Result<Self> {
        let center = organization::load(tx, row.center_id)?.name;
        let window = row.window_id.map(|id| store::window(tx, id)).transpose()?.flatten().map(|(_, name)| name);
        let state_label = if row.is_held() { "正在重新办理，办结后请评价" } else { row.state.label() };
        Ok(Self {
            number: row.number,
            title: row.title,
            record_kind: row.record_kind,
            center,
            window,
            rates_staff: row.staff_id.is_some(),
            state: row.state,
            state_label: state_label.into(),
            grade: row.grade.filter(|_| holder == Holder::Served),
            due_at: row.due_at.known(),
        })
    }
}

/// Where something is rated.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EvaluationLink {
    /// Path of the single-use link.
    #[schema(example = "/api/v1/evaluation-links/0193f2f4-7c00-7000-8000-000000000001.mark")]
    pub link: String,
    /// Open until.
    pub due_at: Moment,
}

/// The link of an evaluation that can be rated now, as far as its holder was proved. That there is a second one tells that the
/// first was bad: of somebody who gave no name, whoever knows the number is not told of it.
pub(super) fn link_of(tx: &mut Tx, row: &Evaluation, holder: Holder) -> Result<EvaluationLink> {
    if !row.is_open(tx.now) || (holder == Holder::Number && is_withheld(tx, row)?) {
        return Err(Problem::not_found().into());
    }
    Ok(EvaluationLink { link: link_for(tx, row.id, holder), due_at: row.due_at })
}

/// What the holder of a link rates.
pub fn by_link(tx: &mut Tx, text: &str) -> Result<LinkView> {
    let (row, holder) = by_token(tx, text)?;
    LinkView::of(tx, row, holder)
}

/// Shows something of what is rated to who proves by its number and the last four digits of the phone to be the one who was
/// served. What cannot be rated yet is no wrong guess.
pub(super) async fn proved<T, F>(db: &Db, number: String, last4: String, mut show: F) -> Result<T>
where
    T: Send + 'static,
    F: FnMut(&mut Tx, &Evaluation) -> Result<T> + Send + 'static,
{
    let found = move |tx: &mut Tx, number: &str, last4: &str| -> Result<Option<T>> {
        let right = |phone: Option<String>| phone.and_then(|p| kernel::phone::last4(&p)).is_some_and(|digits| digits == last4);
        if let Some(row) = by_known_number(tx, number)? {
            let phone = phone(tx, &row)?;
            return if right(phone) { show(tx, &row).map(Some) } else { Ok(None) };
        }
        let Some(e) = entrustments::store::entrustment_by_number(tx, number)? else { return Ok(None) };
        let phone = e.contact_phone.open(tx.vault)?;
        if right(Some(phone)) { Err(Problem::not_found().into()) } else { Ok(None) }
    };
    entrustments::guarded(db, number, last4, found).await
}

/// The link, for who has no account: what is rated by it is looked at twice.
pub async fn by_progress(db: &Db, number: String, last4: String) -> Result<EvaluationLink> {
    proved(db, number, last4, |tx, row| link_of(tx, row, Holder::Number)).await
}

/// The picture of an address, as SVG.
pub(super) fn picture(address: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(address, EcLevel::M).map_err(|e| Error::Corrupt(format!("no picture of {address}: {e}")))?;
    let (width, quiet) = (code.width(), 4);
    let side = width + 2 * quiet;
    let mut path = String::new();
    for (at, _) in code.to_colors().into_iter().enumerate().filter(|(_, c)| *c == qrcode::Color::Dark) {
        path.push_str(&format!("M{} {}h1v1h-1z", at % width + quiet, at / width + quiet));
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>"
    ))
}

/// The picture of a link that is known.
pub fn link_picture(tx: &mut Tx, text: &str, config: &Config) -> Result<String> {
    by_token(tx, text)?;
    picture(&config.pages.address(&config.public_url, &format!("/api/v1/evaluation-links/{text}")))
}
