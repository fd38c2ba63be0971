//! What somebody is told in the app, and what they want to be told otherwise.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    kinds::{NoticeKind, NoticeParameter},
    model::{NoticeChannel, NoticeWords, fill},
    store::{self, Notice, Reader},
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target},
};

/// A message to whoever asks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MessageView {
    /// Identity.
    pub id: Id,
    /// What it is about.
    pub kind: NoticeKind,
    /// In Chinese.
    pub kind_label: String,
    /// Above it.
    #[schema(example = "办结待签收")]
    pub title: String,
    /// What it says.
    pub text: String,
    /// A link that belongs to it, as a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Of which kind of record.
    #[schema(example = "entrustment")]
    pub record_kind: String,
    /// Of which record.
    pub record_id: Id,
    /// It was read.
    pub is_read: bool,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Moment>,
    /// When it came.
    pub created_at: Moment,
    /// Version, as in `ETag`.
    pub version: i64,
}

crate::versioned!(MessageView);

/// How many messages were marked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MessagesRead {
    /// So many.
    pub read: usize,
}

/// What somebody wants.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "sms": true, "wechat": false }))]
pub struct NoticePreferenceInput {
    /// Text messages.
    pub sms: bool,
    /// WeChat.
    pub wechat: bool,
}

/// What somebody wants. Messages in the app always come, and so does what they have asked for themselves (codes, links to sign).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NoticePreferences {
    /// Text messages.
    pub sms: bool,
    /// WeChat.
    pub wechat: bool,
}

/// Whose messages: an applicant's own or their company's, or a colleague's.
fn reader(actor: &Actor) -> Result<Reader> {
    match (actor.kind, actor.applicant_id, actor.id) {
        ("user", Some(applicant), _) => Ok(Reader::Applicant(applicant)),
        ("user", None, Some(user)) => Ok(Reader::User(user)),
        _ => Err(Problem::of(ErrorCode::Forbidden).into()),
    }
}

fn key(of: Reader) -> String {
    match of {
        Reader::Applicant(id) => format!("applicant:{id}"),
        Reader::User(id) => format!("user:{id}"),
    }
}

fn view(tx: &Tx, row: Notice) -> Result<MessageView> {
    let words: NoticeWords = row.words.open(tx.vault)?;
    let mut said = words.params.clone();
    // The app opens `link` itself: nobody can follow a path in the words.
    if let Some(link) = said.get_mut(&NoticeParameter::Link) {
        "请点开本消息所附链接".clone_into(link);
    }
    Ok(MessageView {
        id: row.id,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        title: fill(&words.title, &said),
        text: fill(&words.text, &said),
        link: words.params.get(&NoticeParameter::Link).cloned(),
        record_kind: row.record_kind,
        record_id: row.record_id,
        is_read: row.read_at.is_some(),
        read_at: row.read_at,
        created_at: row.created_at,
        version: row.version,
    })
}

/// A page of my messages, newest first.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<MessageView>> {
    let of = reader(actor)?;
    let unread = q.one("unread").map(|v| v == "true");
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::messages(tx, of, unread, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    Page::cut(rows, q.limit, tx.vault, |n| q.cursor_of(String::new(), n.id.to_string())).try_map(|n| view(tx, n))
}

/// I have read it; a second time changes nothing.
pub fn read(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<MessageView> {
    let of = reader(actor)?;
    let id = target.id().ok_or_else(Problem::not_found)?;
    let mine = |n: &Notice| match of {
        Reader::Applicant(id) => n.applicant_id == Some(id),
        Reader::User(id) => n.user_id == Some(id),
    };
    let mut row = store::notice(tx, id)?.filter(|n| n.channel == NoticeChannel::InApp && mine(n)).ok_or_else(Problem::not_found)?;
    target.check(row.version)?;
    if row.read_at.is_none() {
        row.read_at = Some(tx.now);
        row.version += 1;
        row.updated_at = tx.now;
        if !store::save(tx, &row)? {
            return Err(Problem::of(ErrorCode::Stale).into());
        }
    }
    view(tx, row)
}

/// I have read all of them.
pub fn read_all(tx: &mut Tx, actor: &Actor) -> Result<MessagesRead> {
    let of = reader(actor)?;
    Ok(MessagesRead { read: store::read_all(tx, of)? })
}

/// What I want.
pub fn preferences(tx: &mut Tx, actor: &Actor) -> Result<NoticePreferences> {
    let of = reader(actor)?;
    let closed = store::opt_outs(tx, &[key(of)])?;
    Ok(NoticePreferences { sms: !closed.contains(&NoticeChannel::Sms), wechat: !closed.contains(&NoticeChannel::Wechat) })
}

/// Says what I want.
pub fn prefer(tx: &mut Tx, actor: &Actor, input: &NoticePreferenceInput) -> Result<NoticePreferences> {
    let key = key(reader(actor)?);
    store::opt_out(tx, &key, NoticeChannel::Sms, !input.sms)?;
    store::opt_out(tx, &key, NoticeChannel::Wechat, !input.wechat)?;
    preferences(tx, actor)
}
