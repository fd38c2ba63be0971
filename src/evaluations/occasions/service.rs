//! Opening an occasion and its evaluation, in one transaction.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    store::{self, Occasion, OccasionKind},
    views::{OccasionView, render},
};
use crate::{
    access::Sight,
    applicants::{self, ApplicantInput, ContactInput},
    auth::{Actor, Reachable, policy, store as accounts},
    catalogue,
    db::{Error, Result, Sealed, Tx, numbers},
    entrustments::Identity,
    evaluations::{
        model::RatedKind,
        opening::{self, Served},
        store::window,
    },
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Purpose, Text},
    organization::{self, Center},
};

/// A service that was given once.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "service_no": "A001-20260302", "kind": "counter", "contact": { "name": "联系人甲", "phone": "13900001234" } }))]
pub struct NewOccasion {
    /// Number of the calling system for this service, such as a ticket of the queue; one service, one rating.
    #[validate(length(min = 1, max = 64), custom(function = crate::kernel::validators::code))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$", example = "A001-20260302")]
    pub service_no: String,
    /// What kind of service.
    pub kind: OccasionKind,
    /// The center that served: id or 12-digit code; absent: the caller's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "320623000000")]
    pub center: Option<String>,
    /// The department that served; without a center, that of its own division.
    #[serde(default)]
    pub department_id: Option<Id>,
    /// At which window.
    #[serde(default)]
    pub window_id: Option<Id>,
    /// Who served; absent: the caller, where they are staff of the center; of a client nobody.
    #[serde(default)]
    pub staff_id: Option<Id>,
    /// About which item: id or code.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub item: Option<String>,
    /// When; absent: now. At most 30 days back.
    #[serde(default)]
    pub served_at: Option<Moment>,
    /// Who was served, where they have shown who they are; absent: anonymous.
    #[serde(default)]
    #[validate(nested)]
    pub applicant: Option<OccasionApplicant>,
    /// Whom to ask; needed for a rating by text message or telephone.
    #[serde(default)]
    #[validate(nested)]
    pub contact: Option<ContactInput>,
}

/// Who was served, by an identity that was shown.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OccasionApplicant {
    /// Kind.
    pub kind: applicants::ApplicantKind,
    /// Name.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "南通示例新材料有限公司")]
    pub name: String,
    /// What identifies it.
    pub id_type: applicants::IdType,
    /// The number.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "91320600MATE5T017G")]
    pub id_number: String,
}

/// Days back that a service may be entered.
const LATE: i64 = 30;

/// Opens an occasion and its evaluation; answers whether it is new.
pub fn open(tx: &mut Tx, actor: &Actor, input: &NewOccasion) -> Result<(OccasionView, bool)> {
    open_as(tx, actor, input, None)
}

/// [`open`] under a given identity.
pub fn open_as(tx: &mut Tx, actor: &Actor, input: &NewOccasion, identity: Option<Identity>) -> Result<(OccasionView, bool)> {
    if !policy::may(actor, store::KIND, "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let client = actor.id.filter(|_| actor.kind == "client");
    let center = center_of(tx, actor, input)?;
    let near = Reachable { centers: vec![center.id], path: &center.path, client, ..Reachable::default() };
    if !policy::allows(actor, store::KIND, "create", &near) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    // A client numbers for itself; at counters the center does.
    let source_by = client.unwrap_or(center.id);
    let digest = tx.vault.mark(Purpose::Index, &format!("occasion:{}", serde_json::to_string(input)?));
    if let Some(there) = store::by_source(tx, source_by, &input.service_no)? {
        return again(tx, actor, there, &digest).map(|known| (known, false));
    }
    let row = enter(tx, actor, input, &center, (source_by, digest.clone()), identity)?;
    match tx.savepoint(|tx| store::insert(tx, &row)) {
        Ok(()) => {}
        Err(e) if e.is_unique() => {
            // Somebody else was first with this number.
            let there = store::by_source(tx, source_by, &input.service_no)?.ok_or(Error::Contended)?;
            return again(tx, actor, there, &digest).map(|known| (known, false));
        }
        Err(e) => return Err(e),
    }
    let served = Served {
        kind: RatedKind::ServiceOccasion,
        id: row.id,
        number: row.number.clone(),
        title: row.title.clone(),
        center_id: row.center_id,
        staff_id: row.staff_id,
        window_id: row.window_id,
        applicant_id: row.applicant_id,
        phone: input.contact.as_ref().map(|c| c.phone.clone()),
    };
    opening::open_for(tx, actor, &served)?;
    render(tx, actor, row, Sight::CLEAR, true).map(|new| (new, true))
}

/// A service of which a higher room keeps a record: it is rated once, under the record's own number.
pub struct ServedRecord {
    /// What kind of service.
    pub kind: OccasionKind,
    /// Under whose numbers: a center that never changes for the record.
    pub source_by: Id,
    /// Number of the record.
    pub service_no: String,
    /// The center that served.
    pub center: Center,
    /// At which window.
    pub window_id: Option<Id>,
    /// Who served; nobody is rated where they are not of the center.
    pub staff_id: Option<Id>,
    /// About which item, and its name.
    pub item: Option<(Id, String)>,
    /// When.
    pub served_at: Moment,
    /// Who was served, where they are registered.
    pub applicant_id: Option<Id>,
    /// Their name.
    pub name: Option<Sealed>,
    /// Their telephone.
    pub phone: Option<Sealed>,
    /// The client that it came from.
    pub client_id: Option<Id>,
}

/// Opens the occasion of a record and its evaluation, unless it was opened before; the room has checked who may.
pub fn open_of_record(tx: &mut Tx, actor: &Actor, served: ServedRecord) -> Result<()> {
    if store::by_source(tx, served.source_by, &served.service_no)?.is_some() {
        return Ok(());
    }
    let here = |u: &accounts::User| u.status == "active" && u.center_id == Some(served.center.id);
    let staff_id = match served.staff_id {
        Some(id) => accounts::user(tx, id)?.filter(here).map(|u| u.id),
        None => None,
    };
    let phone = served.phone.as_ref().map(|s| s.open(tx.vault)).transpose()?;
    let row = Occasion {
        id: Id::new(),
        number: numbers::next(tx, "FW", &served.center.division_code)?,
        source_by: served.source_by,
        digest: record_mark(tx, &served.service_no),
        service_no: served.service_no,
        kind: served.kind,
        center_id: served.center.id,
        department_id: None,
        window_id: served.window_id,
        staff_id,
        item_id: served.item.as_ref().map(|(id, _)| *id),
        title: served.item.map_or_else(|| served.kind.label().to_owned(), |(_, name)| name),
        served_at: served.served_at,
        applicant_id: served.applicant_id,
        name: served.name,
        phone: served.phone,
        client_id: served.client_id,
        recorded_by: actor.id.filter(|_| actor.kind == "user" && actor.applicant_id.is_none()),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    let served = Served {
        kind: RatedKind::ServiceOccasion,
        id: row.id,
        number: row.number,
        title: row.title,
        center_id: row.center_id,
        staff_id: row.staff_id,
        window_id: row.window_id,
        applicant_id: row.applicant_id,
        phone,
    };
    opening::open_for(tx, actor, &served)?;
    Ok(())
}

/// What an occasion of a record carries in place of what was sent: nobody who sends one can make it.
fn record_mark(tx: &Tx, number: &str) -> String {
    tx.vault.mark(Purpose::Index, &format!("occasion of record:{number}"))
}

/// The number under which people know what was served, where a record of a higher room stands behind an occasion.
pub fn number_of_record(tx: &mut Tx, id: Id) -> Result<Option<String>> {
    let row = store::occasion(tx, id)?;
    Ok(row.filter(|row| row.digest == record_mark(tx, &row.service_no)).map(|row| row.service_no))
}

/// The occasion of a record of a higher room, by the record's own number.
pub fn of_own_number(tx: &mut Tx, number: &str) -> Result<Option<Occasion>> {
    let own = record_mark(tx, number);
    Ok(store::by_service_no(tx, number)?.into_iter().find(|row| row.digest == own))
}

/// Whoever was served by a record wants to stay unknown: its occasion forgets them.
pub fn forget_contact(tx: &mut Tx, number: &str) -> Result<()> {
    of_own_number(tx, number)?.map_or(Ok(()), |row| store::forget_contact(tx, row.id))
}

/// The same number again: the same content replays, other content is refused.
fn again(tx: &mut Tx, actor: &Actor, there: Occasion, digest: &str) -> Result<OccasionView> {
    if there.digest == digest {
        return render(tx, actor, there, Sight::CLEAR, true);
    }
    let zh = "该服务编号已登记过另一内容；一次服务只评价一次。";
    let mut problem = Problem::new(ErrorCode::Conflict, Text::new(zh, "This service number was used with other content."));
    problem.allowed_actions = Some(Vec::new());
    Err(problem.into())
}

fn center_of(tx: &mut Tx, actor: &Actor, input: &NewOccasion) -> Result<Center> {
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    let department = match input.department_id {
        Some(id) => {
            let wrong = || Problem::rule("/department_id", "unknown_department", "没有这个部门。", "No such department.");
            Some(organization::department(tx, id)?.ok_or_else(wrong)?)
        }
        None => None,
    };
    let center = match (&input.center, &department, actor.center_id.filter(|_| actor.kind == "user")) {
        (Some(reference), ..) => organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?,
        (None, _, Some(own)) => organization::load(tx, own)?,
        (None, Some(department), None) => organization::load(tx, department.center_id)?,
        (None, None, None) => return Err(unknown().into()),
    };
    if let Some(department) = &department {
        let at = organization::load(tx, department.center_id)?;
        if at.lineage().next() != center.lineage().next() {
            return Err(Problem::rule("/department_id", "other_city", "该部门不在这个中心所在的城市。", "A department of another city.").into());
        }
    }
    // A client that belongs to a center serves there and below.
    if actor.kind == "client"
        && let Some(home) = actor.center_id
        && !organization::load(tx, home)?.contains(&center)
    {
        return Err(unknown().into());
    }
    Ok(center)
}

fn enter(tx: &mut Tx, actor: &Actor, input: &NewOccasion, center: &Center, source: (Id, String), identity: Option<Identity>) -> Result<Occasion> {
    let served_at = input.served_at.unwrap_or(tx.now);
    if served_at > tx.now || served_at < tx.now.plus(chrono::TimeDelta::days(-LATE)) {
        let zh = format!("服务时间应在此前 {LATE} 天之内。");
        return Err(Problem::rule("/served_at", "out_of_range", zh, "Within the last 30 days.").into());
    }
    if let Some(id) = input.window_id
        && window(tx, id)?.is_none_or(|(at, _)| at != center.id)
    {
        return Err(Problem::rule("/window_id", "unknown_window", "该中心没有这个窗口。", "No such window at this center.").into());
    }
    let own = actor.id.filter(|_| actor.kind == "user" && actor.center_id == Some(center.id));
    let staff_id = input.staff_id.or(own);
    if let Some(id) = input.staff_id {
        let here = accounts::user(tx, id)?.filter(|u| u.status == "active" && u.applicant_id.is_none() && u.center_id == Some(center.id));
        if here.is_none() {
            return Err(Problem::rule("/staff_id", "not_staff_here", "须是该中心在岗的工作人员。", "Not staff there.").into());
        }
    }
    let item = match &input.item {
        Some(reference) => {
            let unknown = || Problem::rule("/item", "unknown_item", "没有这个事项。", "No such item.");
            Some(catalogue::store::item_by_reference(tx, reference)?.ok_or_else(unknown)?)
        }
        None => None,
    };
    let applicant = match &input.applicant {
        Some(a) => {
            let given = ApplicantInput {
                kind: a.kind,
                name: a.name.clone(),
                id_type: a.id_type,
                id_number: a.id_number.clone(),
                division_code: None,
                address: None,
                flags: Vec::new(),
            };
            Some(applicants::find_or_enter(tx, &given)?.id)
        }
        None => None,
    };
    let Identity { id, number } = match identity {
        Some(identity) => identity,
        None => Identity { id: Id::new(), number: numbers::next(tx, "FW", &center.division_code)? },
    };
    Ok(Occasion {
        id,
        number,
        source_by: source.0,
        service_no: input.service_no.clone(),
        digest: source.1,
        kind: input.kind,
        center_id: center.id,
        department_id: input.department_id,
        window_id: input.window_id,
        staff_id,
        item_id: item.as_ref().map(|i| i.id),
        title: item.map_or_else(|| input.kind.label().to_owned(), |i| i.name),
        served_at,
        applicant_id: applicant,
        name: input.contact.as_ref().map(|c| Sealed::seal(tx.vault, &c.name)).transpose()?,
        phone: input.contact.as_ref().map(|c| Sealed::seal(tx.vault, &c.phone)).transpose()?,
        client_id: actor.id.filter(|_| actor.kind == "client"),
        recorded_by: actor.id.filter(|_| actor.kind == "user"),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    })
}
