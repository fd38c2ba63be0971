//! Making a ledger: page by page through the very list that its orderer sees, each page in a transaction of its own.

use std::{fs::File, io::Read as _};

use bytes::Bytes;

use super::{
    api::kinds::{self, Ledger},
    columns::{Cell, Column},
    service,
    store::{Export, Ordered},
    writing::{Book, LedgerForm},
};
use crate::{
    auth::{self, Caller},
    blobs::Blobs,
    db::{Db, Error},
    kernel::{Cursor, ErrorCode, Id, ListQuery, Moment, Problem, Text},
};

/// Records read at a time.
const PAGE: usize = 500;
/// Pages after which progress is told.
const TOLD: u32 = 10;
/// The largest file, of bytes.
const LARGEST: u64 = 2 * 1024 * 1024 * 1024;
/// Bytes that go to the store at a time.
const CHUNK: usize = 256 * 1024;

/// A ledger that is being made for somebody.
pub struct Making {
    /// Which.
    pub ledger: &'static Ledger,
    /// In which form.
    pub form: LedgerForm,
    /// What of it.
    pub query: ListQuery,
    /// For whom.
    pub caller: Caller,
    /// In which request.
    pub request_id: String,
    /// No more rows than these.
    pub most: u32,
}

fn broken(e: impl std::fmt::Display) -> Error {
    Error::Corrupt(format!("ledger: {e}"))
}

impl Making {
    /// Writes all of it; `tell` hears now and then how many rows there are, and says whether to go on. Answers the file and
    /// its rows, or nothing when it was called off.
    pub async fn run(self, db: &Db, mut tell: impl AsyncFnMut(u32) -> Result<bool, Error>) -> Result<Option<(File, u32)>, Error> {
        let Self { ledger, form, mut query, caller, request_id, most } = self;
        query.limit = PAGE;
        let most = most.min(form.most_rows());
        let mut book = Book::begin(form, ledger.title, ledger.columns).map_err(broken)?;
        let mut pages: u32 = 0;
        let by = loop {
            let (caller, request_id) = (caller.clone(), request_id.clone());
            let read = move |tx: &mut crate::db::Tx| {
                // Whoever loses a role in the meantime sees nothing more.
                let actor = auth::actor(tx, &caller, &request_id)?;
                let page = (ledger.page)(tx, &actor, &query)?;
                for record in &page.items {
                    let cells: Vec<Cell> = book.columns().iter().map(|c: &Column| c.cell(record, tx.masking)).collect();
                    book.row(&cells).map_err(broken)?;
                }
                query.cursor = page.next_cursor.map(|text| Cursor::decode(tx.vault, &text)).transpose()?;
                Ok((book, query, page.has_more, (tx.now, actor.label)))
            };
            let (filled, asked, more, by) = db.read(read).await?;
            (book, query) = (filled, asked);
            pages += 1;
            if book.rows() > most {
                let text = Text::new(format!("结果超过 {most} 行，请缩小筛选范围。"), format!("More than {most} rows: narrow the filters."));
                return Err(Problem::new(ErrorCode::TooLarge, text).into());
            }
            if !more || query.cursor.is_none() {
                break by;
            }
            if pages.is_multiple_of(TOLD) && !tell(book.rows()).await? {
                return Ok(None);
            }
        };
        let rows = book.rows();
        let notes = notes(ledger, rows, by);
        let file = tokio::task::spawn_blocking(move || book.finish(&notes.iter().map(|(n, v)| (*n, v.clone())).collect::<Vec<_>>())).await.map_err(broken)?;
        Ok(Some((file.map_err(broken)?, rows)))
    }
}

fn notes(ledger: &Ledger, rows: u32, (at, by): (Moment, String)) -> Vec<(&'static str, String)> {
    vec![
        ("台账", ledger.title.to_owned()),
        ("行数", rows.to_string()),
        ("导出时间", at.rfc3339().get(..16).unwrap_or_default().replace('T', " ")),
        ("导出人岗位", by),
        ("说明", "个人姓名、电话和地址已脱敏；时间为北京时间。".to_owned()),
    ]
}

/// The bytes of a file, piece by piece.
pub fn pieces(file: File) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> {
    futures_util::stream::try_unfold(file, |mut file| async move {
        let read = move || {
            let mut piece = vec![0; CHUNK];
            let n = file.read(&mut piece)?;
            piece.truncate(n);
            Ok::<_, std::io::Error>((piece, file))
        };
        let (piece, file) = tokio::task::spawn_blocking(read).await.map_err(std::io::Error::other)??;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
    })
}

/// Makes what is ordered and lets go what is over; answers how much was done.
pub async fn run_due(db: &Db, blobs: &Blobs) -> Result<usize, Error> {
    let mut done = 0;
    loop {
        let keys = db.commit(service::expire).await?;
        if keys.is_empty() {
            break;
        }
        for key in keys {
            if let Err(e) = blobs.delete(&key).await {
                tracing::warn!(error = %e, %key, "file not removed");
            }
        }
        done += 1;
    }
    while let Some((export, ordered)) = db.commit(service::begin).await? {
        done += 1;
        let id = export.id;
        if let Err(e) = make(db, blobs, export, ordered).await {
            let code = match &e {
                Error::Refused(problem) => problem.code,
                _ => ErrorCode::Internal,
            };
            if code == ErrorCode::Internal {
                tracing::warn!(error = %e, export = %id, "export not made");
            }
            db.commit(move |tx| service::fail(tx, id, code)).await?;
        }
    }
    Ok(done)
}

async fn make(db: &Db, blobs: &Blobs, export: Export, ordered: Ordered) -> Result<(), Error> {
    let (id, file_id) = (export.id, export.attachment_id.ok_or_else(Problem::not_found)?);
    let ledger = kinds::find(&export.ledger).ok_or_else(Problem::not_found)?;
    let making = Making {
        ledger,
        form: export.form,
        query: (ledger.query)(&ordered.filter)?,
        caller: Caller { kind: ordered.kind, id: export.requested_by, session: None, client: ordered.client, level: None, generation: None },
        request_id: ordered.request_id,
        most: u32::MAX,
    };
    let tell = async |rows: u32| db.commit(move |tx| service::progress(tx, id, rows)).await;
    let Some((file, rows)) = making.run(db, tell).await? else { return Ok(()) };
    if !db.commit(move |tx| service::progress(tx, id, rows)).await? {
        return Ok(());
    }
    let written = blobs.write(&file_id.to_string(), LARGEST, pieces(file)).await.map_err(broken)?;
    finished(db, id, rows, file_id, written).await
}

async fn finished(db: &Db, id: Id, rows: u32, file: Id, written: crate::blobs::Written) -> Result<(), Error> {
    db.commit(move |tx| service::finish(tx, id, rows, file, &written)).await.map(|_| ())
}
