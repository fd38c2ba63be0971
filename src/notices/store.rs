//! SQL of templates, messages and opt-outs.

use diesel::prelude::*;

use super::{
    kinds::NoticeKind,
    model::{NoticeChannel, NoticeContent, NoticeState, NoticeWords, TemplateStatus},
};
use crate::{
    db::{
        Json, Private, Result, Tx,
        schema::{notice_opt_outs, notice_progress, notice_templates, notices},
    },
    kernel::{Id, Moment},
};

/// A version of a template.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = notice_templates, treat_none_as_default_value = false)]
pub struct Template {
    /// Identity.
    pub id: Id,
    /// What it is about.
    pub kind: NoticeKind,
    /// Where it holds, and below; absent: everywhere.
    pub center_id: Option<Id>,
    /// The same as text: `*` for everywhere.
    pub node: String,
    /// Number of the version.
    pub number: i32,
    /// State.
    pub status: TemplateStatus,
    /// What is said.
    pub content: Json<NoticeContent>,
    /// Who published it.
    pub author: Option<Id>,
    /// Version of the row.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// One message to one person through one channel.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = notices, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Notice {
    /// Identity.
    pub id: Id,
    /// The event, or what else it comes of.
    pub source: String,
    /// What it is about.
    pub kind: NoticeKind,
    /// How it goes.
    pub channel: NoticeChannel,
    /// State.
    pub state: NoticeState,
    /// To whom: a keyed hash of the telephone, or the id of the applicant or person.
    pub recipient: String,
    /// The applicant.
    pub applicant_id: Option<Id>,
    /// The colleague.
    pub user_id: Option<Id>,
    /// The center that answers for the record.
    pub center_id: Option<Id>,
    /// Of which kind of record.
    pub record_kind: String,
    /// Of which record.
    pub record_id: Id,
    /// What it says.
    pub words: Private<NoticeWords>,
    /// Goes at once.
    pub urgent: bool,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next.
    pub next_at: Moment,
    /// Then it is of no use any more.
    pub expires_at: Moment,
    /// Why it did not go.
    pub last_error: Option<String>,
    /// When it went.
    pub sent_at: Option<Moment>,
    /// When it was read in the app.
    pub read_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// How far the events are told.
pub fn position(tx: &mut Tx) -> Result<i64> {
    let at: Option<i64> = notice_progress::table.find(1).select(notice_progress::position).first(tx.conn).optional()?;
    Ok(at.unwrap_or(0))
}

/// Notes how far.
pub fn advance(tx: &mut Tx, to: i64) -> Result<()> {
    diesel::update(notice_progress::table.find(1)).set(notice_progress::position.eq(to)).execute(tx.conn)?;
    Ok(())
}

/// The versions at some nodes, the newest of each first.
pub fn templates(tx: &mut Tx, kind: Option<NoticeKind>, nodes: &[String]) -> Result<Vec<Template>> {
    let mut q = notice_templates::table.filter(notice_templates::node.eq_any(nodes.to_vec())).select(Template::as_select()).into_boxed();
    if let Some(kind) = kind {
        q = q.filter(notice_templates::kind.eq(kind));
    }
    Ok(q.order(notice_templates::number.desc()).load(tx.conn)?)
}

/// One version.
pub fn template(tx: &mut Tx, id: Id) -> Result<Option<Template>> {
    Ok(notice_templates::table.find(id).select(Template::as_select()).first(tx.conn).optional()?)
}

/// A new version.
pub fn insert_template(tx: &mut Tx, row: &Template) -> Result<()> {
    diesel::insert_into(notice_templates::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Turns a version off, from the version read.
pub fn save_status(tx: &mut Tx, row: &Template) -> Result<bool> {
    let old = notice_templates::table.filter(notice_templates::id.eq(row.id)).filter(notice_templates::version.eq(row.version - 1));
    let set = (notice_templates::status.eq(row.status), notice_templates::version.eq(row.version), notice_templates::updated_at.eq(row.updated_at));
    Ok(diesel::update(old).set(set).execute(tx.conn)? == 1)
}

/// A new message; `false` when it was made before.
pub fn insert(tx: &mut Tx, row: &Notice) -> Result<bool> {
    match tx.savepoint(|tx| Ok(diesel::insert_into(notices::table).values(row.clone()).execute(tx.conn)?)) {
        Ok(_) => Ok(true),
        Err(e) if e.is_unique() => Ok(false),
        Err(e) => Err(e),
    }
}

/// One message.
pub fn notice(tx: &mut Tx, id: Id) -> Result<Option<Notice>> {
    Ok(notices::table.find(id).select(Notice::as_select()).first(tx.conn).optional()?)
}

/// Saves a message whose version was counted up by one; `false` when another was first.
pub fn save(tx: &mut Tx, row: &Notice) -> Result<bool> {
    Ok(diesel::update(notices::table.filter(notices::id.eq(row.id)).filter(notices::version.eq(row.version - 1))).set(row.clone()).execute(tx.conn)? == 1)
}

/// What is to be sent through a channel now, the longest due first.
pub fn due(tx: &mut Tx, channel: NoticeChannel, urgent: bool, limit: i64) -> Result<Vec<Notice>> {
    let now = tx.now;
    let q = notices::table.filter(notices::state.eq(NoticeState::Waiting)).filter(notices::channel.eq(channel)).filter(notices::urgent.eq(urgent));
    let q = q.filter(notices::next_at.le(now)).order((notices::next_at.asc(), notices::id.asc()));
    Ok(q.limit(limit).select(Notice::as_select()).load(tx.conn)?)
}

/// Whether something is to be sent through a channel now.
pub fn any_due(tx: &mut Tx, channel: NoticeChannel) -> Result<bool> {
    Ok(!due(tx, channel, true, 1)?.is_empty() || !due(tx, channel, false, 1)?.is_empty())
}

/// Whose messages in the app.
#[derive(Clone, Copy, Debug)]
pub enum Reader {
    /// An applicant's.
    Applicant(Id),
    /// A colleague's.
    User(Id),
}

/// Somebody's messages in the app, newest first.
pub fn messages(tx: &mut Tx, of: Reader, unread: Option<bool>, after: Option<Id>, limit: i64) -> Result<Vec<Notice>> {
    let mut q = notices::table.filter(notices::channel.eq(NoticeChannel::InApp)).select(Notice::as_select()).into_boxed();
    q = match of {
        Reader::Applicant(id) => q.filter(notices::applicant_id.eq(id)),
        Reader::User(id) => q.filter(notices::user_id.eq(id)),
    };
    match unread {
        Some(true) => q = q.filter(notices::read_at.is_null()),
        Some(false) => q = q.filter(notices::read_at.is_not_null()),
        None => {}
    }
    if let Some(id) = after {
        q = q.filter(notices::id.lt(id));
    }
    Ok(q.order(notices::id.desc()).limit(limit).load(tx.conn)?)
}

/// Marks all of somebody's messages read; answers how many.
pub fn read_all(tx: &mut Tx, of: Reader) -> Result<usize> {
    let now = tx.now;
    let mut done = 0;
    while let rows = messages(tx, of, Some(true), None, 500)?
        && !rows.is_empty()
    {
        let ids: Vec<Id> = rows.iter().map(|n| n.id).collect();
        let set = (notices::read_at.eq(Some(now)), notices::version.eq(notices::version + 1), notices::updated_at.eq(now));
        done += diesel::update(notices::table.filter(notices::id.eq_any(ids))).set(set).execute(tx.conn)?;
    }
    Ok(done)
}

/// What a list of messages is asked by.
#[derive(Debug, Default)]
pub struct Asked {
    /// At these centers; `None`: everywhere.
    pub centers: Option<Vec<Id>>,
    /// In these states.
    pub states: Vec<NoticeState>,
    /// Through these channels.
    pub channels: Vec<NoticeChannel>,
    /// Of these kinds.
    pub kinds: Vec<NoticeKind>,
    /// About this record.
    pub record: Option<Id>,
}

/// Messages, newest first.
pub fn list(tx: &mut Tx, asked: &Asked, after: Option<Id>, limit: i64) -> Result<Vec<Notice>> {
    let mut q = notices::table.select(Notice::as_select()).order(notices::id.desc()).limit(limit).into_boxed();
    if let Some(centers) = &asked.centers {
        q = q.filter(notices::center_id.eq_any(centers.iter().copied().map(Some).collect::<Vec<_>>()));
    }
    if !asked.states.is_empty() {
        q = q.filter(notices::state.eq_any(asked.states.clone()));
    }
    if !asked.channels.is_empty() {
        q = q.filter(notices::channel.eq_any(asked.channels.clone()));
    }
    if !asked.kinds.is_empty() {
        q = q.filter(notices::kind.eq_any(asked.kinds.clone()));
    }
    if let Some(record) = asked.record {
        q = q.filter(notices::record_id.eq(record));
    }
    if let Some(id) = after {
        q = q.filter(notices::id.lt(id));
    }
    Ok(q.load(tx.conn)?)
}

/// The channels through which one of these wants nothing.
pub fn opt_outs(tx: &mut Tx, recipients: &[String]) -> Result<Vec<NoticeChannel>> {
    let q = notice_opt_outs::table.filter(notice_opt_outs::recipient.eq_any(recipients.to_vec()));
    let codes: Vec<String> = q.select(notice_opt_outs::channel).load(tx.conn)?;
    Ok(codes.iter().filter_map(|c| crate::kernel::Code::parse(c)).collect())
}

/// Somebody wants nothing through a channel, or wants it again.
pub fn opt_out(tx: &mut Tx, recipient: &str, channel: NoticeChannel, out: bool) -> Result<()> {
    let code = crate::kernel::Code::code(channel);
    let known = notice_opt_outs::table.filter(notice_opt_outs::recipient.eq(recipient.to_owned())).filter(notice_opt_outs::channel.eq(code));
    diesel::delete(known).execute(tx.conn)?;
    if out {
        let row = (notice_opt_outs::recipient.eq(recipient.to_owned()), notice_opt_outs::channel.eq(code), notice_opt_outs::created_at.eq(tx.now));
        diesel::insert_into(notice_opt_outs::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}
