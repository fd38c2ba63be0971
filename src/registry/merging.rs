//! Duplicates made one: matters, mandates, accounts and visits go over to the record that stays.

use serde::Deserialize;
use validator::Validate;

use super::service::{self, ApplicantRecord};
use crate::{
    access,
    applicants::{self, Contact},
    appointments,
    auth::{Actor, policy::subject, store as accounts},
    db::{Json, Private, Result, Tx, audit, dialect},
    entrustments, evaluations, follow_ups,
    kernel::{Id, Problem, Target},
    meetings, projects, tickets, visits,
};

/// Into whose record a duplicate goes.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeInput {
    /// The record that stays.
    pub into: Id,
    /// Why they are the same; kept in the audit log.
    #[validate(length(min = 4, max = 300))]
    #[schema(min_length = 4, max_length = 300, example = "同一申请人先后以护照和身份证登记")]
    pub reason: String,
}

/// More would take longer than a write may.
const MOST_MATTERS: i64 = 300;

/// Merges the record in the path into another; answers the one that stays.
pub fn merge(tx: &mut Tx, actor: &Actor, target: &Target, input: &MergeInput) -> Result<ApplicantRecord> {
    let unknown = |_| Problem::rule("/into", "unknown_applicant", "没有这个申请人，或者您看不到它。", "No such applicant that you can see.");
    // Both are locked, in one order for everybody.
    let own = target.id().ok_or_else(Problem::not_found)?;
    for id in [own.min(input.into), own.max(input.into)] {
        dialect::lock_root(tx.conn, "applicants", id.as_str())?;
    }
    let (mut gone, _) = service::load_for(tx, actor, "merge", target)?;
    let (mut stays, sight) = service::load_seen(tx, actor, input.into.as_str()).map_err(unknown)?;
    let refuse = |code, zh, en| Err(Problem::rule("/into", code, zh, en).into());
    if gone.id == stays.id || stays.merged_into.is_some() {
        return refuse("not_another", "请指明另一个仍有效的申请人登记。", "Name another record that is in use.");
    }
    if gone.kind != stays.kind {
        return refuse("other_kind", "两个登记的申请人类型不同，不能合并。", "Of another kind.");
    }
    if gone.id_type == stays.id_type {
        return refuse("other_identity", "两个登记的证件类型相同而号码不同，不是同一申请人。", "Two numbers of one type are two applicants.");
    }
    let matters = entrustments::store::ids_of_applicant(tx, gone.id, MOST_MATTERS + 1)?;
    if i64::try_from(matters.len()).unwrap_or(i64::MAX) > MOST_MATTERS {
        return refuse("too_many", "该登记的办件过多，请先把办件较少的登记并入它。", "Too many matters: merge the smaller record into it.");
    }
    for id in matters {
        entrustments::change_applicant(tx, actor, id, &stays)?;
    }
    applicants::store::repoint(tx, gone.id, stays.id)?;
    applicants::store::move_mandates(tx, gone.id, stays.id)?;
    accounts::move_accounts(tx, gone.id, stays.id)?;
    appointments::store::move_applicant(tx, gone.id, stays.id)?;
    evaluations::store::move_applicant(tx, gone.id, stays.id)?;
    evaluations::occasions::store::move_applicant(tx, gone.id, stays.id)?;
    follow_ups::store::move_applicant(tx, gone.id, stays.id)?;
    visits::store::move_applicant(tx, gone.id, stays.id)?;
    projects::store::move_applicant(tx, gone.id, stays.id)?;
    meetings::store::move_applicant(tx, gone.id, stays.id)?;
    tickets::store::move_applicant(tx, gone.id, stays.id)?;
    crate::consultations::store::move_applicant(tx, gone.id, stays.id)?;
    // Transfers, visits, projects, meetings and evaluations: what the one saw, the other sees.
    access::store::rename(tx, &subject::applicant(gone.id.as_str()), &subject::applicant(stays.id.as_str()))?;
    join(tx, &gone, &mut stays)?;
    gone.merged_into = Some(stays.id);
    service::save(tx, &mut gone)?;
    service::save(tx, &mut stays)?;
    record(tx, actor, gone.id, &input.reason)?;
    service::render(tx, actor, &stays, sight)
}

/// Flags and contacts of both; what the staying record does not know, it learns.
fn join(tx: &Tx, gone: &applicants::ApplicantRow, stays: &mut applicants::ApplicantRow) -> Result<()> {
    let mut flags = stays.flags.get()?;
    flags.extend(gone.flags.get()?);
    flags.sort();
    flags.dedup();
    stays.flags = Json::new(&flags)?;
    let mut contacts: Vec<Contact> = Vec::new();
    for kept in [&stays.contacts, &gone.contacts].into_iter().flatten() {
        contacts.extend(kept.open(tx.vault)?.into_iter().filter(|c| !contacts.contains(c)).collect::<Vec<_>>());
    }
    stays.contacts = Some(Private::seal(tx.vault, &contacts)?);
    stays.division_code = stays.division_code.take().or_else(|| gone.division_code.clone());
    stays.address = stays.address.take().or_else(|| gone.address.clone());
    Ok(())
}

fn record(tx: &mut Tx, actor: &Actor, gone: Id, reason: &str) -> Result<()> {
    let entry = audit::Entry {
        actor_id: actor.id.map(|id| id.to_string()).unwrap_or_default(),
        action: "merge",
        record_kind: "applicant",
        record_id: gone,
        reason,
        request_id: &actor.request_id,
    };
    audit::record(tx, &entry)
}
