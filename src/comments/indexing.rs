//! A rating with words becomes an open comment, in its own transaction.

use super::{
    model::{CommentSource, CommentTags},
    store::{self, OpenComment},
    tagging,
};
use crate::{
    access::{self, Placement},
    applicants,
    auth::policy::subject,
    db::{Json, Result, Tx, dialect},
    deidentify::{self, Known, KnownPerson},
    entrustments,
    evaluations::{self, Evaluation, model::RatedKind, occasions},
    kernel::{Code as _, Id, Moment, text},
    organization, tickets,
};

/// An evaluation was rated: what was said, in words of one's own or in chosen ones, is kept without whom it names.
pub fn on_rated(tx: &mut Tx, rated: &Evaluation) -> Result<()> {
    let (Some(grade), Some(rated_at)) = (rated.grade, rated.rated_at) else { return Ok(()) };
    let said = evaluations::said(tx, rated)?;
    let known = known(tx, rated)?;
    let words = said.comment.as_deref().map(str::trim).filter(|words| !words.is_empty());
    let clean = words.map(|words| deidentify::clean(words, &known).0);
    // A word of one's own that names somebody is none to be counted by.
    let own = said.own_tags.into_iter().filter(|tag| deidentify::check(tag, &known).is_empty());
    let labels: Vec<String> = own.filter(|tag| (2..=12).contains(&tag.chars().count())).take(5).collect();
    if clean.is_none() && labels.is_empty() && said.tags.is_empty() {
        return Ok(());
    }
    let mut tags = tagging::tags_of(&text::fold(clean.as_deref().unwrap_or_default()), grade.is_bad());
    tags.extend(said.tags.iter().copied().map(tagging::of_chosen));
    tags.sort_unstable();
    tags.dedup();
    let tags = CommentTags { tags, labels };
    let chosen = || said.tags.iter().map(|t| t.label()).chain(tags.labels.iter().map(String::as_str)).collect::<Vec<_>>().join("、");
    let row = OpenComment {
        id: Id::new(),
        evaluation_id: Some(rated.id),
        number: rated.number.clone(),
        title: rated.title.clone(),
        center_id: rated.center_id,
        item_id: item_of(tx, rated)?,
        grade: Some(grade),
        text: clean.unwrap_or_else(chosen),
        tags: Json::new(&tags)?,
        tagged_by: None,
        rated_at,
        withheld_from: rated.staff_id.filter(|_| !rated.is_named),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        source: CommentSource::Rating,
        department_id: None,
        recorded_by: None,
        recorded_center_id: None,
        withdrawn_at: None,
        withdrawn_why: None,
    };
    store::insert(tx, &row)?;
    place(tx, &row)?;
    index(tx, &row, &tags)
}

/// About which item it is.
fn item_of(tx: &mut Tx, rated: &Evaluation) -> Result<Option<Id>> {
    Ok(match rated.record_kind {
        RatedKind::Entrustment => entrustments::store::entrustments_by_id(tx, &[rated.record_id])?.first().map(|e| e.item_id),
        RatedKind::FallbackTicket => tickets::store::tickets_by_id(tx, &[rated.record_id])?.first().and_then(|t| t.item_id),
        RatedKind::ServiceOccasion => occasions::store::occasions_by_id(tx, &[rated.record_id])?.first().and_then(|o| o.item_id),
    })
}

/// Whom the comment may name: who rated, and who was rated.
fn known(tx: &mut Tx, rated: &Evaluation) -> Result<Known> {
    let mut known = Known::default();
    let applicant = rated.applicant_id.map(|id| applicants::store::applicant(tx, id)).transpose()?.flatten();
    if let Some(applicant) = applicant {
        match applicant.person_name {
            Some(name) => known.persons.push(KnownPerson { name: name.open(tx.vault)?, stands_for: "申请人" }),
            None => known.organizations.push(applicant.name),
        }
    }
    let contact = match rated.record_kind {
        RatedKind::Entrustment => entrustments::store::entrustments_by_id(tx, &[rated.record_id])?.pop().map(|e| e.contact_name),
        RatedKind::ServiceOccasion => occasions::store::occasions_by_id(tx, &[rated.record_id])?.pop().and_then(|o| o.name),
        RatedKind::FallbackTicket => None,
    };
    if let Some(name) = contact {
        known.persons.push(KnownPerson { name: name.open(tx.vault)?, stands_for: "申请人" });
    }
    if let Some(staff) = rated.staff_id {
        known.persons.push(KnownPerson { name: organization::name_of(tx, staff)?, stands_for: "工作人员" });
    }
    Ok(known)
}

/// Who finds a comment: the center that it is about and whatever is above it; and the center that recorded it.
pub(super) fn place(tx: &mut Tx, row: &OpenComment) -> Result<()> {
    let center = organization::load(tx, row.center_id)?;
    let recorder = row.recorded_center_id.map(|id| subject::authority(id.as_str()));
    let subjects = organization::subjects_of(&center).into_iter().chain(recorder).map(|s| (s, false)).collect();
    let state = row.grade.map_or("ungraded", |grade| grade.code());
    access::place(tx, &Placement { kind: "open_comment", record: row.id, state, due_at: Moment::NEVER, updated_at: row.updated_at, subjects })
}

/// By what a comment is found and counted: nothing, once it is withdrawn.
pub(super) fn index(tx: &mut Tx, row: &OpenComment, tags: &CommentTags) -> Result<()> {
    if row.withdrawn_at.is_some() {
        store::set_tags(tx, row, &[])?;
        return dialect::drop_document(tx.conn, row.id.as_str());
    }
    let mut names: Vec<String> = tags.tags.iter().map(|t| t.code().to_owned()).collect();
    names.extend(tags.labels.iter().cloned());
    names.sort();
    names.dedup();
    store::set_tags(tx, row, &names)?;
    let body = text::fold(&format!("{} {}", row.text, tags.labels.join(" ")));
    let tokens: Vec<String> = text::tokens(&body).iter().map(|t| text::encode_token(t)).collect();
    dialect::put_document(tx.conn, "open_comment", row.id.as_str(), &body, &tokens.join(" "))
}
