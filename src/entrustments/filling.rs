//! Made-up matters by the batch: the same rows as intake writes, without its checks, for demos and measurements.

use std::ops::Range;

use diesel::prelude::*;

use super::{
    facts::Details,
    machine::State,
    model::{Channel, CustodyCause, Priority},
    store::{CustodyRow, Entrustment},
};
use crate::{
    access,
    applicants::{self, ApplicantInput, ApplicantKind, IdType},
    catalogue::{self, Mode, Published},
    db::{Error, Json, Private, Result, Sealed, Tx, numbers, schema},
    insert_many,
    kernel::{Code as _, Id, Moment},
    organization::{self, Center},
};

/// So many items of the catalogue are used.
const ITEMS: usize = 60;
/// Two years.
const SPAN_MINUTES: u64 = 730 * 24 * 60;

/// One after another.
fn pick<T: Copy>(all: &[T], n: u64) -> T {
    all[usize::try_from(n % all.len() as u64).unwrap_or(0)]
}

/// What the batches share.
pub struct BulkPlan {
    centers: Vec<Center>,
    items: Vec<Published>,
    /// How many there will be: they spread over two years.
    count: u64,
    applicant: Id,
    applicant_name: String,
    contact_name: Sealed,
    contact_phone: Sealed,
    phone_mark: String,
    facts: Private<Details>,
    stamp: String,
    numbers: numbers::Reserved,
}

impl BulkPlan {
    /// Prepares over these centers.
    pub fn new(tx: &mut Tx, centers: Vec<Center>, count: u64) -> Result<Self> {
        let codes: Vec<String> = catalogue::store::published_contents(tx, &[])?.into_iter().map(|(code, ..)| code).take(ITEMS).collect();
        let mut items = Vec::with_capacity(codes.len());
        for code in codes {
            items.extend(catalogue::published(tx, &code)?);
        }
        if items.is_empty() {
            return Err(Error::Corrupt("the demo's items are missing".into()));
        }
        let input = ApplicantInput {
            kind: ApplicantKind::Enterprise,
            name: "南通批量演示有限公司".into(),
            id_type: IdType::CreditCode,
            // Of its own: the demo enters others by their codes.
            id_number: "91320600MADEMP888X".into(),
            division_code: Some("320600000000".into()),
            address: None,
            flags: Vec::new(),
        };
        let applicant = applicants::find_or_enter(tx, &input)?;
        Ok(Self {
            centers,
            items,
            count,
            applicant: applicant.id,
            applicant_name: applicant.name,
            contact_name: Sealed::seal(tx.vault, "联系人")?,
            contact_phone: Sealed::seal(tx.vault, "13900009999")?,
            phone_mark: applicants::phone_mark(tx, "13900009999"),
            facts: Private::seal(tx.vault, &Details::default())?,
            // Random: filling twice makes other records.
            stamp: hex::encode(crate::kernel::random_bytes::<4>()),
            numbers: numbers::Reserved::new(tx, "DB", i64::try_from(count).unwrap_or(0))?,
        })
    }
}

/// Old matters are mostly closed; the newest rows all wait for the applicant's signature, so that a list by another
/// state must not walk over them.
fn state_of(n: u64) -> State {
    match n % 100 {
        0 => State::Submitted,
        1 => State::InProgress,
        2 => State::Suspended,
        3..=6 => State::Withdrawn,
        7 => State::Rejected,
        8..=30 => State::Completed,
        _ => State::Closed,
    }
}

/// Adds the matters of a range; answers them.
pub fn fill(tx: &mut Tx, plan: &BulkPlan, range: Range<u64>) -> Result<Vec<Entrustment>> {
    let mut matters = Vec::new();
    let mut chain = Vec::new();
    for n in range {
        let index = usize::try_from(n.wrapping_mul(2_654_435_761) % plan.centers.len().max(1) as u64).unwrap_or(0);
        let Some(center) = plan.centers.get(index) else { continue };
        let Some(item) = plan.items.get(usize::try_from(n.wrapping_mul(40_503) % plan.items.len().max(1) as u64).unwrap_or(0)) else { continue };
        let state = state_of(n);
        let ended = state.is_final();
        // The oldest first, the newest now; what ended took up to eight days.
        let ago = i64::try_from((plan.count - n.min(plan.count)) * SPAN_MINUTES / plan.count.max(1)).unwrap_or(0);
        let received = tx.now.plus(chrono::TimeDelta::minutes(-ago));
        let ended_at = received.plus(chrono::TimeDelta::hours(i64::try_from(n % 192).unwrap_or(0))).min(tx.now);
        let e = Entrustment {
            id: Id::fixed(received.utc(), format!("{}:{n}", plan.stamp).as_bytes()),
            number: plan.numbers.number("DB", &center.division_code, received.local_date(), i64::try_from(n).unwrap_or(0)),
            mode: pick(Mode::ALL, n / 7),
            state,
            channel: pick(Channel::ALL, n / 3),
            title: item.content.name.clone(),
            item_id: item.id,
            item_version: item.number,
            division_code: item.division_code.clone(),
            applicant_id: plan.applicant,
            applicant_name: plan.applicant_name.clone(),
            contact_name: plan.contact_name.clone(),
            contact_phone: plan.contact_phone.clone(),
            phone_mark: plan.phone_mark.clone(),
            custodian_id: center.id,
            intake_center_id: center.id,
            assignee_id: None,
            first_responder_id: None,
            due_at: if ended { Moment::NEVER } else { tx.now.plus(chrono::TimeDelta::minutes(i64::try_from(n % 100_000).unwrap_or(0))) },
            agreement_state: "none".into(),
            open_transfer_id: None,
            open_legs: 0,
            hand_overs: 0,
            reminders: 0,
            held_state: None,
            facts: plan.facts.clone(),
            received_on: received.local_date().to_string(),
            version: 1,
            created_at: received,
            updated_at: if ended { ended_at } else { received },
            closed_at: ended.then_some(ended_at),
            mandate_id: None,
            window_id: None,
            priority: Priority::Normal,
            tags: Json::new(&Vec::new())?,
            hand_out_state: None,
            contact_mark: None,
        };
        chain.push(CustodyRow {
            arbitration_id: None,
            id: Id::new(),
            entrustment_id: e.id,
            sequence: 1,
            center_id: center.id,
            cause: CustodyCause::Intake,
            transfer_id: None,
            from_at: received,
            to_at: None,
        });
        let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
        subjects.push((crate::auth::policy::subject::applicant(e.applicant_id.as_str()), false));
        let placement = access::Placement { kind: "entrustment", record: e.id, state: e.state.code(), due_at: e.due_at, updated_at: e.updated_at, subjects };
        matters.push((e, placement));
    }
    let rows: Vec<Entrustment> = matters.iter().map(|(e, _)| e.clone()).collect();
    insert_many!(tx.conn, schema::entrustments::table, &rows);
    insert_many!(tx.conn, schema::custody::table, &chain);
    for (_, placement) in &matters {
        access::place_new(tx, placement)?;
    }
    Ok(rows)
}
