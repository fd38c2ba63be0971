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
    db::{Error, Json, Private, Result, Sealed, Tx, schema},
    insert_many,
    kernel::{Code as _, Id, Moment},
    organization::{self, Center},
};

/// What the batches share.
pub struct BulkPlan {
    centers: Vec<Center>,
    item: Published,
    applicant: Id,
    applicant_name: String,
    contact_name: Sealed,
    contact_phone: Sealed,
    phone_mark: String,
    facts: Private<Details>,
    stamp: String,
}

impl BulkPlan {
    /// Prepares over these centers.
    pub fn new(tx: &mut Tx, centers: Vec<Center>) -> Result<Self> {
        let item = catalogue::published(tx, "GS-320623-0001")?.ok_or_else(|| Error::Corrupt("the demo item is missing".into()))?;
        let input = ApplicantInput {
            kind: ApplicantKind::Enterprise,
            name: "南通批量演示有限公司".into(),
            id_type: IdType::CreditCode,
            id_number: "91320600MATE5T017G".into(),
            division_code: Some("320600000000".into()),
            address: None,
            flags: Vec::new(),
        };
        let applicant = applicants::find_or_enter(tx, &input)?;
        Ok(Self {
            centers,
            item,
            applicant: applicant.id,
            applicant_name: applicant.name,
            contact_name: Sealed::seal(tx.vault, "联系人")?,
            contact_phone: Sealed::seal(tx.vault, "13900009999")?,
            phone_mark: applicants::phone_mark(tx, "13900009999"),
            facts: Private::seal(tx.vault, &Details::default())?,
            // Random: filling twice makes other numbers.
            stamp: hex::encode(crate::kernel::random_bytes::<4>()),
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

/// Adds the matters of a range.
pub fn fill(tx: &mut Tx, plan: &BulkPlan, range: Range<u64>) -> Result<()> {
    let mut matters = Vec::new();
    let mut chain = Vec::new();
    for n in range {
        let index = usize::try_from(n.wrapping_mul(2_654_435_761) % plan.centers.len().max(1) as u64).unwrap_or(0);
        let Some(center) = plan.centers.get(index) else { continue };
        let state = state_of(n);
        let ended = state.is_final();
        let e = Entrustment {
            id: Id::new(),
            number: format!("DB-{}-{}-{n:08}", center.division_code.get(..6).unwrap_or_default(), plan.stamp),
            mode: Mode::Assisted,
            state,
            channel: Channel::Window,
            title: plan.item.content.name.clone(),
            item_id: plan.item.id,
            item_version: plan.item.number,
            division_code: plan.item.division_code.clone(),
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
            received_on: tx.now.local_date().to_string(),
            version: 1,
            created_at: tx.now,
            updated_at: tx.now,
            closed_at: ended.then_some(tx.now),
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
            from_at: tx.now,
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
    Ok(())
}
