//! How messages are told to staff: masked, and without what opens something.

use serde::Serialize;

use super::{
    kinds::NoticeKind,
    model::{NoticeChannel, NoticeState, NoticeWords, fill},
    store::Notice,
};
use crate::{
    db::{Result, Tx},
    kernel::{Code as _, Id, Moment},
};

/// One message to one person through one channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NoticeLogEntry {
    /// Identity.
    pub id: Id,
    /// What it is about.
    pub kind: NoticeKind,
    /// In Chinese.
    pub kind_label: String,
    /// How it goes.
    pub channel: NoticeChannel,
    /// In Chinese.
    pub channel_label: String,
    /// State.
    pub state: NoticeState,
    /// In Chinese.
    pub state_label: String,
    /// To whom, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "联***")]
    pub recipient_name: Option<String>,
    /// Their telephone, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "139****0001")]
    pub recipient_phone: Option<String>,
    /// Above it.
    pub title: String,
    /// What it says; absent where it holds a code or a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The center that answers for the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center_id: Option<Id>,
    /// Of which kind of record.
    #[schema(example = "entrustment")]
    pub record_kind: String,
    /// Of which record.
    pub record_id: Id,
    /// Goes at once.
    pub urgent: bool,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Moment>,
    /// Why it did not go: `opted_out`, `no_gateway`, `expired`, or what the gateway answered: a status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Moment>,
    /// When it was read in the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Moment>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(NoticeLogEntry);

pub(super) fn view(tx: &Tx, row: Notice, allowed_actions: Option<Vec<String>>) -> Result<NoticeLogEntry> {
    let words: NoticeWords = row.words.open(tx.vault)?;
    Ok(NoticeLogEntry {
        id: row.id,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        channel: row.channel,
        channel_label: row.channel.label().into(),
        state: row.state,
        state_label: row.state.label().into(),
        recipient_name: Some(tx.masking.name(&words.name)).filter(|n| !n.is_empty()),
        recipient_phone: Some(tx.masking.phone(&words.phone)).filter(|_| !words.phone.is_empty()),
        title: fill(&words.title, &words.params),
        text: Some(fill(&words.text, &words.params)).filter(|_| !row.kind.is_secret()),
        center_id: row.center_id,
        record_kind: row.record_kind,
        record_id: row.record_id,
        urgent: row.urgent,
        attempts: row.attempts,
        next_at: row.next_at.known(),
        last_error: row.last_error,
        sent_at: row.sent_at,
        read_at: row.read_at,
        allowed_actions,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
