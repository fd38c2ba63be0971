//! An occasion as it is answered, with how its evaluation stands.

use serde::Serialize;

use super::store::{self, KIND, Occasion, OccasionKind};
use crate::{
    access::{self, Sight},
    auth::{Actor, Scope, policy::subject},
    db::{Error, Result, Tx},
    evaluations::{
        codes::receipt_code,
        load::link,
        model::EvaluationState,
        store::{self as evaluations, Evaluation},
    },
    kernel::{Code as _, Id, ListQuery, Moment, Page, Problem},
};

/// A service occasion as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OccasionView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "FW-320623-20260105-000001-101")]
    pub number: String,
    /// Number of whoever served.
    #[schema(example = "A001-20260302")]
    pub service_no: String,
    /// What kind of service.
    pub kind: OccasionKind,
    /// In Chinese.
    pub kind_label: String,
    /// Name of the item, or the kind.
    pub title: String,
    /// The center that served.
    pub center_id: Id,
    /// The department that served there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
    /// At which window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_id: Option<Id>,
    /// Who served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_id: Option<Id>,
    /// About which item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<Id>,
    /// When.
    pub served_at: Moment,
    /// Nobody is known who was served.
    pub is_anonymous: bool,
    /// Whom to ask; masked where the view is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_name: Option<String>,
    /// Their telephone; masked where the view is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_phone: Option<String>,
    /// Its evaluation.
    pub evaluation_id: Id,
    /// How that stands.
    pub evaluation_state: EvaluationState,
    /// In Chinese.
    pub evaluation_state_label: String,
    /// It can be rated until.
    pub due_at: Moment,
    /// For whoever opened it and is not rated by it, in the answer to that: the single-use link for the one who was served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Beside it: the code for the slip, by which the poster at the center leads to the rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_code: Option<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
}

crate::versioned!(OccasionView, "service_occasion");

/// Whether somebody is handed the link and the code, to hand them on: never whoever is rated by them. Who was served has the
/// tablet, the text message and the poster all the same.
fn handed(actor: &Actor, rated: &Evaluation, tx: &Tx) -> bool {
    rated.is_open(tx.now) && (rated.staff_id.is_none() || rated.staff_id != actor.id)
}

fn shown(tx: &Tx, row: Occasion, rated: &Evaluation, sight: Sight, handed: bool) -> Result<OccasionView> {
    let name = row.name.as_ref().map(|s| s.open(tx.vault)).transpose()?;
    let phone = row.phone.as_ref().map(|s| s.open(tx.vault)).transpose()?;
    Ok(OccasionView {
        id: row.id,
        number: row.number,
        service_no: row.service_no,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        title: row.title,
        center_id: row.center_id,
        department_id: row.department_id,
        window_id: row.window_id,
        staff_id: row.staff_id,
        item_id: row.item_id,
        served_at: row.served_at,
        is_anonymous: row.applicant_id.is_none() && phone.is_none(),
        contact_name: name.map(|n| if sight.masked { tx.masking.name(&n) } else { n }),
        contact_phone: phone.map(|p| if sight.masked { tx.masking.phone(&p) } else { p }),
        evaluation_id: rated.id,
        evaluation_state: rated.state,
        evaluation_state_label: rated.state.label().into(),
        due_at: rated.due_at,
        link: handed.then(|| link(tx, rated.id)),
        receipt_code: handed.then(|| receipt_code(tx, row.id)),
        version: row.version,
        created_at: row.created_at,
    })
}

/// One occasion; whoever opens it is given the link.
pub(super) fn render(tx: &mut Tx, actor: &Actor, row: Occasion, sight: Sight, opener: bool) -> Result<OccasionView> {
    let rated = evaluations::first_of(tx, &[row.id])?.pop().ok_or_else(|| Error::Corrupt("an occasion without its evaluation".into()))?;
    let handed = opener && handed(actor, &rated, tx);
    shown(tx, row, &rated, sight, handed)
}

/// How a record of a higher room is rated.
pub struct RecordRating {
    /// Its evaluation.
    pub evaluation_id: Id,
    /// While it is open, and for who is not rated by it: the single-use link.
    pub link: Option<String>,
    /// Beside it: the code for the slip.
    pub receipt_code: Option<String>,
}

/// How the record with this number is rated, once it was served.
pub fn of_record(tx: &mut Tx, actor: &Actor, source_by: Id, service_no: &str) -> Result<Option<RecordRating>> {
    let Some(row) = store::by_source(tx, source_by, service_no)? else { return Ok(None) };
    let Some(rated) = evaluations::first_of(tx, &[row.id])?.pop() else { return Ok(None) };
    let handed = handed(actor, &rated, tx);
    Ok(Some(RecordRating { evaluation_id: rated.id, link: handed.then(|| link(tx, rated.id)), receipt_code: handed.then(|| receipt_code(tx, row.id)) }))
}

/// By id, number, or service number.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<OccasionView> {
    let scope = Scope::of(actor, KIND);
    let found = match reference.parse::<Id>() {
        Ok(id) => store::occasion(tx, id)?.into_iter().collect(),
        Err(_) => match store::by_number(tx, &reference.to_ascii_uppercase())? {
            Some(row) => vec![row],
            None => store::by_service_no(tx, reference)?,
        },
    };
    for row in found {
        if let Some(sight) = access::sight(tx, &scope, row.id)? {
            return render(tx, actor, row, sight, false);
        }
    }
    Err(Problem::not_found().into())
}

/// The occasions that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<OccasionView>> {
    let (kinds, centers, staff, served) = (q.all("kind"), q.ids("center_id"), q.ids("staff_id"), q.range("served_at"));
    let plain = kinds.is_empty() && centers.is_empty() && staff.is_empty() && served == (None, None);
    let id = |row: &Occasion| row.id;
    let page = if plain {
        access::listed::<EvaluationState, _>(tx, actor, KIND, q, store::occasions_by_id, id)?
    } else {
        let keep = |tx: &mut Tx, ids: &[Id]| -> Result<Vec<Id>> {
            let kept = store::occasions_by_id(tx, ids)?.into_iter().filter(|row| {
                (kinds.is_empty() || kinds.iter().any(|k| k == row.kind.code()))
                    && (centers.is_empty() || centers.contains(&row.center_id))
                    && (staff.is_empty() || row.staff_id.is_some_and(|id| staff.contains(&id)))
                    && served.0.is_none_or(|from| row.served_at >= from)
                    && served.1.is_none_or(|to| row.served_at < to)
            });
            Ok(kept.map(|row| row.id).collect())
        };
        let along = |ids: &[Id], of: fn(&str) -> String| Some(Scope::Subjects(ids.iter().map(|id| (of(id.as_str()), false)).collect()));
        let by = match (staff.as_slice(), centers.as_slice()) {
            ([], []) => None,
            ([], centers) => along(centers, subject::center),
            (staff, _) => along(staff, subject::user),
        };
        access::sifted::<EvaluationState, _>(tx, actor, KIND, q, access::Sieve { by, keep: &keep }, store::occasions_by_id, id)?
    };
    let rated = evaluations::first_of(tx, &page.items.iter().map(|(row, _)| row.id).collect::<Vec<_>>())?;
    page.try_map(|(row, sight): (Occasion, Sight)| {
        let gone = || Error::Corrupt("an occasion without its evaluation".into());
        let own = rated.iter().find(|e| e.record_id == row.id).ok_or_else(gone)?;
        shown(tx, row, own, sight, false)
    })
}
