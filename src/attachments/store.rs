//! SQL of attachments.

use diesel::prelude::*;

use crate::{
    db::{Json, Result, Sealed, Tx, code_enum, schema::attachments},
    kernel::{Id, Moment},
};

code_enum! {
    /// State of an attachment.
    AttachmentState in "attachment-states" {
        Uploading "uploading" "上传中",
        Stored "stored" "已上传",
    }
}

/// An attachment.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = attachments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Attachment {
    /// Identity, and the key of its bytes.
    pub id: Id,
    /// Kind of the record it belongs to; none while it belongs to its uploader alone.
    pub record_kind: Option<String>,
    /// That record.
    pub record_id: Option<Id>,
    /// Which part of the record, such as a material's code.
    pub label: Option<String>,
    /// State.
    pub state: AttachmentState,
    /// File name; it may name people.
    pub name: Sealed,
    /// By the first bytes; empty while uploading.
    pub media_type: String,
    /// Bytes: declared, then counted.
    pub size: i64,
    /// SHA-256 in hexadecimal: declared, then computed.
    pub sha256: String,
    /// Bytes of one part of a session; 0 for a single upload.
    pub part_size: i32,
    /// Numbers of the parts that have arrived.
    pub parts: Json<Vec<u32>>,
    /// Who uploads.
    pub uploaded_by: Id,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// The attachment whose bytes it shows; none: its own.
    pub bytes_of: Option<Id>,
}

/// By id.
pub fn attachment(tx: &mut Tx, id: Id) -> Result<Option<Attachment>> {
    Ok(attachments::table.filter(attachments::id.eq(id)).select(Attachment::as_select()).first(tx.conn).optional()?)
}

/// Those of a record, oldest first.
pub fn of_record(tx: &mut Tx, record: Id) -> Result<Vec<Attachment>> {
    Ok(attachments::table.filter(attachments::record_id.eq(record)).order(attachments::id.asc()).select(Attachment::as_select()).load(tx.conn)?)
}

/// Those of several records, oldest first.
pub fn of_records(tx: &mut Tx, records: &[Id]) -> Result<Vec<Attachment>> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let rows = attachments::table.filter(attachments::record_id.eq_any(records.iter().copied().map(Some).collect::<Vec<_>>()));
    Ok(rows.filter(attachments::state.eq(AttachmentState::Stored)).order(attachments::id.asc()).select(Attachment::as_select()).load(tx.conn)?)
}

/// A new attachment.
pub fn insert(tx: &mut Tx, row: &Attachment) -> Result<()> {
    diesel::insert_into(attachments::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an attachment whose version was counted up by one; `false` when another was first.
pub fn save(tx: &mut Tx, row: &Attachment) -> Result<bool> {
    let changed = diesel::update(attachments::table.filter(attachments::id.eq(row.id)).filter(attachments::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Removes the row.
pub fn remove(tx: &mut Tx, id: Id) -> Result<()> {
    diesel::delete(attachments::table.filter(attachments::id.eq(id))).execute(tx.conn)?;
    Ok(())
}

/// Those that belong to no record and have not changed since `before`.
pub fn unbound(tx: &mut Tx, before: Moment, limit: i64) -> Result<Vec<Attachment>> {
    Ok(attachments::table
        .filter(attachments::record_id.is_null())
        .filter(attachments::updated_at.lt(before))
        .order(attachments::updated_at.asc())
        .limit(limit)
        .select(Attachment::as_select())
        .load(tx.conn)?)
}
