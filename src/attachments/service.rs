//! Use cases over attachments. The row comes before its bytes, so that nothing lies in the store that no row knows.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    kinds,
    store::{self, Attachment, AttachmentState},
};
use crate::{
    access,
    auth::{Actor, Scope, policy},
    blobs::Written,
    db::{Json, Result, Sealed, Tx, dialect},
    events::covering::{self, Over},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Purpose, Target, Text},
};

/// Bytes of a single upload.
pub const SINGLE: u64 = 20 * 1024 * 1024;
/// Bytes of an upload in parts.
pub const WHOLE: u64 = 500 * 1024 * 1024;
/// Bytes of each part but the last.
pub const PART: u64 = 5 * 1024 * 1024;
/// Seconds for which a link opens the file.
const LINK_SECONDS: i64 = 300;

/// An attachment as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AttachmentView {
    /// Identity.
    pub id: Id,
    /// File name; absent where the record is seen masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "营业执照.pdf")]
    pub name: Option<String>,
    /// State.
    pub state: AttachmentState,
    /// In Chinese.
    pub state_label: String,
    /// By the first bytes.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false, example = "application/pdf")]
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 in hexadecimal.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub sha256: String,
    /// Kind of the record it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_kind: Option<String>,
    /// That record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_id: Option<Id>,
    /// Which part of the record, such as a material's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Bytes of each part but the last, for an upload in parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_size: Option<i32>,
    /// Parts that have arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<u32>>,
    /// Opens the file for five minutes; only for who sees it in clear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When.
    pub created_at: Moment,
}

crate::versioned!(AttachmentView);

/// How the names of a record's files stand for who asks for one of them: set by `app`.
pub static NAMES: OnceLock<NamesHook> = OnceLock::new();
/// See [`NAMES`]: who asks, and the kind of the record and which; none: as for everybody.
pub type NamesHook = fn(&mut Tx, &Actor, &str, Id) -> Result<Option<Over>>;

fn view(tx: &Tx, row: &Attachment, masked: bool) -> Result<AttachmentView> {
    view_as(tx, row, masked, &str::to_owned)
}

/// A name that tells whom the record keeps secret is covered, and not told by the download, either.
fn view_as(tx: &Tx, row: &Attachment, masked: bool, over: &dyn Fn(&str) -> String) -> Result<AttachmentView> {
    let told = row.name.open(tx.vault)?;
    let name = over(&told);
    let named = name == told;
    let in_parts = row.part_size > 0 && row.state == AttachmentState::Uploading;
    Ok(AttachmentView {
        id: row.id,
        name: (!masked).then_some(name),
        state: row.state,
        state_label: row.state.label().into(),
        media_type: row.media_type.clone(),
        size: row.size,
        sha256: row.sha256.clone(),
        record_kind: row.record_kind.clone(),
        record_id: row.record_id,
        label: row.label.clone(),
        part_size: in_parts.then_some(row.part_size),
        parts: if in_parts { Some(row.parts.get()?) } else { None },
        download: (row.state == AttachmentState::Stored && !masked).then(|| link(tx, row.id, named)),
        version: row.version,
        created_at: row.created_at,
    })
}

/// The link of a file: signed, and good for a few minutes of real time.
fn link(tx: &Tx, id: Id, named: bool) -> String {
    let until = Moment::system().utc().timestamp() + LINK_SECONDS;
    format!("/api/v1/files/{id}.{until}.{}", tx.vault.mark(Purpose::Link, &signed(id.as_str(), &until.to_string(), named)))
}

/// What a link's mark stands for: the file, with its name or without.
fn signed(id: &str, until: &str, named: bool) -> String {
    format!("file:{id}:{until}{}", if named { "" } else { ":unnamed" })
}

/// The file behind a link; gone when the link is made up or has expired.
pub fn by_link(tx: &mut Tx, token: &str) -> Result<(Attachment, String)> {
    let mut parts = token.splitn(3, '.');
    let (Some(id), Some(until), Some(mark)) = (parts.next(), parts.next(), parts.next()) else { return Err(Problem::not_found().into()) };
    let named = tx.vault.matches(Purpose::Link, &signed(id, until, true), mark);
    let good = named || tx.vault.matches(Purpose::Link, &signed(id, until, false), mark);
    let fresh = until.parse::<i64>().is_ok_and(|until| until >= Moment::system().utc().timestamp());
    let id: Id = id.parse().map_err(|_| Problem::not_found())?;
    let row = store::attachment(tx, id)?.filter(|row| good && fresh && row.state == AttachmentState::Stored).ok_or_else(Problem::not_found)?;
    let name = row.name.open(tx.vault)?;
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).filter(|e| e.len() <= 5 && e.bytes().all(|b| b.is_ascii_alphanumeric()));
    let unnamed = || ending.map_or_else(|| "附件".to_owned(), |ending| format!("附件.{ending}"));
    let name = if named { name.clone() } else { unnamed() };
    Ok((row, name))
}

fn uploader(actor: &Actor) -> Result<Id, Problem> {
    if !policy::may(actor, "attachment", "create") {
        return Err(Problem::of(ErrorCode::Forbidden));
    }
    actor.id.ok_or_else(|| Problem::of(ErrorCode::Forbidden))
}

fn new_row(tx: &Tx, by: Id, name: &str, size: u64, sha256: &str, part_size: u64) -> Result<Attachment> {
    Ok(Attachment {
        id: Id::new(),
        record_kind: None,
        record_id: None,
        label: None,
        state: AttachmentState::Uploading,
        name: Sealed::seal(tx.vault, name)?,
        media_type: String::new(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        sha256: sha256.to_owned(),
        part_size: i32::try_from(part_size).unwrap_or(0),
        parts: Json::new(&Vec::new())?,
        uploaded_by: by,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        bytes_of: None,
    })
}

/// Begins a single upload: the row is there before the bytes.
pub fn begin(tx: &mut Tx, actor: &Actor, name: &str) -> Result<Id> {
    reserve(tx, uploader(actor)?, name)
}

/// A row for bytes that the house itself will write for somebody; what is not kept in time is forgotten as any upload.
pub fn reserve(tx: &mut Tx, by: Id, name: &str) -> Result<Id> {
    let row = new_row(tx, by, name, 0, "", 0)?;
    store::insert(tx, &row)?;
    Ok(row.id)
}

/// What was reserved is written, and belongs to a record from now on.
pub fn keep(tx: &mut Tx, id: Id, written: &Written, media_type: &str, (kind, record): (&'static str, Id)) -> Result<()> {
    let mut row = store::attachment(tx, id)?.filter(|row| row.state == AttachmentState::Uploading).ok_or_else(Problem::not_found)?;
    row.state = AttachmentState::Stored;
    row.media_type = media_type.into();
    row.size = i64::try_from(written.size).unwrap_or(i64::MAX);
    row.sha256.clone_from(&written.sha256);
    (row.record_kind, row.record_id) = (Some(kind.into()), Some(record));
    update(tx, &mut row)
}

/// Takes a kept file away; answers the keys of its bytes, to be removed after the commit.
pub fn let_go(tx: &mut Tx, id: Id) -> Result<Vec<String>> {
    let Some(row) = store::attachment(tx, id)? else { return Ok(Vec::new()) };
    store::remove(tx, row.id)?;
    Ok(keys_of(&row))
}

/// The link of a stored file, for who may open it.
pub fn download(tx: &mut Tx, id: Id) -> Result<Option<String>> {
    Ok(store::attachment(tx, id)?.filter(|row| row.state == AttachmentState::Stored).map(|row| link(tx, row.id, true)))
}

/// An upload in parts, declared.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionInput {
    /// File name with its ending.
    #[validate(length(min = 3, max = 200))]
    #[schema(min_length = 3, max_length = 200, example = "施工图纸.pdf")]
    pub name: String,
    /// Bytes of the whole file, at most 500 MB.
    #[validate(range(min = 1, max = 524_288_000))]
    #[schema(minimum = 1, maximum = 524_288_000, example = 12_582_912)]
    pub size: u64,
    /// SHA-256 of the whole file in lower-case hexadecimal.
    #[validate(length(equal = 64), custom(function = hexadecimal))]
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$", example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub sha256: String,
}

fn hexadecimal(value: &str) -> Result<(), validator::ValidationError> {
    if value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(())
    } else {
        Err(validator::ValidationError::new("hexadecimal").with_message("应为 64 位小写十六进制。|64 lower-case hexadecimal digits.".into()))
    }
}

/// Begins an upload in parts; what has arrived can be asked for and sent on after a break.
pub fn open_session(tx: &mut Tx, actor: &Actor, input: &SessionInput) -> Result<AttachmentView> {
    let row = new_row(tx, uploader(actor)?, &input.name, input.size, &input.sha256, PART)?;
    store::insert(tx, &row)?;
    view(tx, &row, false)
}

/// A session of the caller's own.
pub fn session(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Attachment> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    dialect::lock_root(tx.conn, "attachments", id.as_str())?;
    let row = store::attachment(tx, id)?.filter(|row| Some(row.uploaded_by) == actor.id).ok_or_else(Problem::not_found)?;
    if row.state == AttachmentState::Uploading && row.part_size > 0 {
        return Ok(row);
    }
    Err(Problem::new(ErrorCode::StateConflict, Text::new("该附件不在分片上传中。", "No upload in parts is under way.")).into())
}

/// How many parts a session has.
pub fn parts_of(row: &Attachment) -> u32 {
    let (size, part) = (u64::try_from(row.size).unwrap_or(0), u64::try_from(row.part_size).unwrap_or(1).max(1));
    u32::try_from(size.div_ceil(part)).unwrap_or(u32::MAX)
}

/// How long part `n` (from 1) must be.
pub fn length_of(row: &Attachment, n: u32) -> u64 {
    let (size, part) = (u64::try_from(row.size).unwrap_or(0), u64::try_from(row.part_size).unwrap_or(0));
    size.saturating_sub(part * u64::from(n - 1)).min(part)
}

/// Notes that a part has arrived; the same part again changes nothing.
pub fn part_arrived(tx: &mut Tx, actor: &Actor, reference: &str, n: u32) -> Result<AttachmentView> {
    let mut row = session(tx, actor, reference)?;
    let mut parts = row.parts.get()?;
    if !parts.contains(&n) {
        parts.push(n);
        parts.sort_unstable();
        row.parts = Json::new(&parts)?;
        update(tx, &mut row)?;
    }
    view(tx, &row, false)
}

/// The parts of a session that still have to come.
pub fn missing_parts(row: &Attachment) -> Result<Vec<u32>> {
    let arrived = row.parts.get()?;
    Ok((1..=parts_of(row)).filter(|n| !arrived.contains(n)).collect())
}

fn update(tx: &mut Tx, row: &mut Attachment) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now;
    if store::save(tx, row)? { Ok(()) } else { Err(Problem::of(ErrorCode::Stale).into()) }
}

/// The bytes are there: checks them against what was declared, and their type against what is taken in.
pub fn stored(tx: &mut Tx, actor: &Actor, id: Id, written: &Written, declared: Option<&str>) -> Result<AttachmentView> {
    dialect::lock_root(tx.conn, "attachments", id.as_str())?;
    let mut row = store::attachment(tx, id)?.filter(|row| Some(row.uploaded_by) == actor.id).ok_or_else(Problem::not_found)?;
    if row.state != AttachmentState::Uploading {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("附件已上传完成。", "The upload is complete.")).into());
    }
    let size = i64::try_from(written.size).unwrap_or(i64::MAX);
    let promised = if row.part_size > 0 { Some(row.sha256.as_str()) } else { declared };
    if written.size == 0 {
        return Err(Problem::rule("/file", "empty", "文件是空的。", "The file is empty.").into());
    }
    if promised.is_some_and(|sha256| sha256 != written.sha256) || (row.part_size > 0 && row.size != size) {
        return Err(Problem::rule("/sha256", "digest_mismatch", "收到的内容与申报的大小或 SHA-256 不一致，请重新上传。", "Size or digest differs.").into());
    }
    let name = row.name.open(tx.vault)?;
    let media_type = kinds::media_type(&written.head, &name).ok_or_else(|| {
        let zh = "不接受这种文件，或内容与扩展名不符；可上传 PDF、OFD、图片、Word、Excel、录音和 MP4 录像。";
        Problem::rule("/file", "file_type", zh, "This type is not taken, or the name does not fit the content.")
    })?;
    row.state = AttachmentState::Stored;
    row.media_type = media_type.into();
    row.size = size;
    row.sha256.clone_from(&written.sha256);
    update(tx, &mut row)?;
    view(tx, &row, false)
}

/// An attachment, to its uploader and to who sees its record; the name only where the record is seen in clear.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<AttachmentView> {
    let (row, masked) = visible(tx, actor, reference)?;
    let (Some(kind), Some(record)) = (&row.record_kind, row.record_id) else { return view(tx, &row, masked) };
    let own = NAMES.get().map_or(Ok(None), |hook| hook(tx, actor, kind, record))?;
    let over = if own.is_some() { own } else { covering::of(tx, kind, record)? };
    over.map_or_else(|| view(tx, &row, masked), |over| view_as(tx, &row, masked, &*over))
}

fn visible(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Attachment, bool)> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::attachment(tx, id)?.ok_or_else(Problem::not_found)?;
    let masked = match (&row.record_kind, row.record_id) {
        (Some(kind), Some(record)) => access::sight(tx, &Scope::of(actor, kind), record)?.ok_or_else(Problem::not_found)?.masked,
        _ if Some(row.uploaded_by) == actor.id => false,
        _ => return Err(Problem::not_found().into()),
    };
    Ok((row, masked))
}

/// Removes an attachment that belongs to no record yet; answers its id, under which the bytes lie.
pub fn discard(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<Attachment> {
    let id = target.id().ok_or_else(Problem::not_found)?;
    dialect::lock_root(tx.conn, "attachments", id.as_str())?;
    let (row, _) = visible(tx, actor, &target.reference)?;
    target.check(row.version)?;
    if row.record_id.is_some() {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("附件已归入办件，不能删除。", "It belongs to a record.")).into());
    }
    store::remove(tx, row.id)?;
    Ok(row)
}

/// Gives uploads of the caller's own to a record: from now on they are seen by whoever sees it.
pub fn bind(tx: &mut Tx, actor: &Actor, ids: &[Id], kind: &'static str, record: Id, label: &str, at: &str) -> Result<()> {
    for (i, id) in ids.iter().enumerate() {
        let refuse = |zh: &'static str| Problem::rule(&format!("{at}/{i}"), "attachment", zh, "No stored upload of yours that is still free.");
        dialect::lock_root(tx.conn, "attachments", id.as_str())?;
        let found = store::attachment(tx, *id)?.filter(|row| Some(row.uploaded_by) == actor.id);
        let mut row = found.ok_or_else(|| refuse("没有这个附件，或不是您上传的。"))?;
        if row.state != AttachmentState::Stored || row.record_id.is_some() {
            return Err(refuse("附件尚未上传完成，或已归入其他办件。").into());
        }
        row.record_kind = Some(kind.into());
        row.record_id = Some(record);
        row.label = Some(label.to_owned());
        update(tx, &mut row)?;
    }
    Ok(())
}

/// The files of one record become another's too: new rows over the same bytes, which a bound file never loses.
pub fn share(tx: &mut Tx, from: Id, from_label: &str, to: Id, label: &str) -> Result<()> {
    let files = store::of_record(tx, from)?;
    for row in files.into_iter().filter(|row| row.label.as_deref() == Some(from_label) && row.state == AttachmentState::Stored) {
        let shared = Attachment {
            id: Id::new(),
            bytes_of: Some(row.bytes_of.unwrap_or(row.id)),
            record_id: Some(to),
            label: Some(label.to_owned()),
            version: 1,
            created_at: tx.now,
            updated_at: tx.now,
            ..row
        };
        store::insert(tx, &shared)?;
    }
    Ok(())
}

/// The attachments of a record, as its caller sees it.
pub fn of_record(tx: &mut Tx, record: Id, masked: bool) -> Result<Vec<AttachmentView>> {
    let rows = store::of_record(tx, record)?;
    let kind = rows.first().and_then(|row| row.record_kind.clone());
    let over = kind.map(|kind| covering::of(tx, &kind, record)).transpose()?.flatten();
    rows.iter().map(|row| over.as_ref().map_or_else(|| view(tx, row, masked), |over| view_as(tx, row, masked, &**over))).collect()
}

/// [`of_record`], with names as this caller may read them.
pub fn of_record_as(tx: &mut Tx, record: Id, masked: bool, over: &dyn Fn(&str) -> String) -> Result<Vec<AttachmentView>> {
    store::of_record(tx, record)?.iter().map(|row| view_as(tx, row, masked, over)).collect()
}

/// Forgets uploads that were given to no record for two days; answers the keys of their bytes, to be removed after the
/// commit.
pub fn forget(tx: &mut Tx, batch: i64) -> Result<Vec<String>> {
    let before = tx.now.plus(chrono::TimeDelta::hours(-48));
    let mut keys = Vec::new();
    for row in store::unbound(tx, before, batch)? {
        keys.extend(keys_of(&row));
        store::remove(tx, row.id)?;
    }
    Ok(keys)
}

/// Every key under which bytes of an attachment may lie.
pub fn keys_of(row: &Attachment) -> Vec<String> {
    let parts = if row.part_size > 0 { parts_of(row) } else { 0 };
    std::iter::once(row.id.to_string()).chain((1..=parts).map(|n| part_key(row.id, n))).collect()
}

/// Where a part lies until the whole is put together.
pub fn part_key(id: Id, n: u32) -> String {
    format!("parts/{id}/{n}")
}
