//! A rating with words becomes an open comment, in its own transaction.

use super::{
    model::CommentTags,
    store::{self, OpenComment},
    tagging,
};
use crate::{
    access::{self, Placement},
    applicants,
    db::{Json, Result, Tx, dialect},
    entrustments,
    evaluations::{self, store::Evaluation},
    kernel::{Code as _, Id, Moment, text},
    organization,
    precedents::deidentify::{self, Known, KnownPerson},
};

/// An evaluation was rated: what was written is kept without whom it names.
pub fn on_rated(tx: &mut Tx, rated: &Evaluation) -> Result<()> {
    let (Some(grade), Some(rated_at)) = (rated.grade, rated.rated_at) else { return Ok(()) };
    let Some(words) = evaluations::comment_of(tx, rated)?.filter(|words| !words.trim().is_empty()) else { return Ok(()) };
    let known = known(tx, rated)?;
    let (clean, _) = deidentify::clean(words.trim(), &known);
    let item_id = entrustments::store::entrustments_by_id(tx, &[rated.entrustment_id])?.first().map(|e| e.item_id);
    let tags = CommentTags { tags: tagging::tags_of(&text::fold(&clean), grade.is_bad()), labels: Vec::new() };
    let row = OpenComment {
        id: Id::new(),
        evaluation_id: rated.id,
        number: rated.number.clone(),
        title: rated.title.clone(),
        center_id: rated.center_id,
        item_id,
        grade,
        text: clean,
        tags: Json::new(&tags)?,
        tagged_by: None,
        rated_at,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    place(tx, &row)?;
    index(tx, &row, &tags)
}

/// Whom the comment may name: who rated, and who was rated.
fn known(tx: &mut Tx, rated: &Evaluation) -> Result<Known> {
    let mut known = Known::default();
    if let Some(applicant) = applicants::store::applicant(tx, rated.applicant_id)? {
        match applicant.person_name {
            Some(name) => known.persons.push(KnownPerson { name: name.open(tx.vault)?, stands_for: "申请人" }),
            None => known.organizations.push(applicant.name),
        }
    }
    if let Some(staff) = rated.staff_id {
        known.persons.push(KnownPerson { name: organization::name_of(tx, staff)?, stands_for: "工作人员" });
    }
    Ok(known)
}

/// Who finds a comment: the rated center and whatever is above it.
pub(super) fn place(tx: &mut Tx, row: &OpenComment) -> Result<()> {
    let center = organization::load(tx, row.center_id)?;
    let subjects = organization::subjects_of(&center).into_iter().map(|s| (s, false)).collect();
    let state = row.grade.code();
    access::place(tx, &Placement { kind: "open_comment", record: row.id, state, due_at: Moment::NEVER, updated_at: row.updated_at, subjects })
}

/// By what a comment is found and counted.
pub(super) fn index(tx: &mut Tx, row: &OpenComment, tags: &CommentTags) -> Result<()> {
    let mut names: Vec<String> = tags.tags.iter().map(|t| t.code().to_owned()).collect();
    names.extend(tags.labels.iter().cloned());
    names.sort();
    names.dedup();
    store::set_tags(tx, row, &names)?;
    let body = text::fold(&format!("{} {}", row.text, tags.labels.join(" ")));
    let tokens: Vec<String> = text::tokens(&body).iter().map(|t| text::encode_token(t)).collect();
    dialect::put_document(tx.conn, "open_comment", row.id.as_str(), &body, &tokens.join(" "))
}
