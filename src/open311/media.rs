//! Pictures that clients send along with a form: kept as files of the order.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use futures_util::stream;

use super::{
    reading,
    wire::{Fault, Fields, Upload},
};
use crate::{
    attachments,
    blobs::{Blobs, Written},
    db::{Db, Error, Result, Tx},
    hotline::KIND,
    kernel::Id,
};

/// So many at once; together they fit into one form.
const MOST: usize = 5;

/// A picture whose row waits for it.
#[derive(Clone)]
struct Arrived {
    id: Id,
    written: Written,
    media_type: &'static str,
}

/// What came with a form.
#[derive(Clone, Default)]
pub struct Media {
    arrived: Vec<Arrived>,
    kept: Arc<AtomicBool>,
}

impl Media {
    /// Checks them, and writes the bytes; whoever has no key is refused by what comes next.
    pub async fn take(db: &Db, blobs: &Blobs, fields: &Fields, uploads: Vec<Upload>) -> std::result::Result<Self, Fault> {
        if uploads.is_empty() || fields.get("api_key").is_none() {
            return Ok(Self::default());
        }
        if uploads.len() > MOST {
            return Err(Fault::new(400, format!("一次最多 {MOST} 个文件（at most {MOST} files）")));
        }
        let mut typed = Vec::new();
        for upload in uploads {
            let media_type = attachments::media_type(&upload.content, &upload.name)
                .ok_or_else(|| Fault::new(400, format!("不接受这种文件，或内容与扩展名不符：{}（this type of file is not taken）", upload.name)))?;
            typed.push((upload, media_type));
        }
        let (names, again): (Vec<String>, Fields) = (typed.iter().map(|(u, _)| u.name.clone()).collect(), fields.clone());
        let reserved = db.commit(move |tx| match reading::client(tx, &again)? {
            Ok(Some(client)) => names.iter().map(|name| attachments::reserve(tx, client.id, name)).collect::<Result<Vec<Id>>>().map(Ok),
            Ok(None) => Ok(Ok(Vec::new())),
            Err(fault) => Ok(Err(fault)),
        });
        let ids = reserved.await.map_err(super::api::failed)??;
        let mut media = Self::default();
        for (id, (upload, media_type)) in ids.into_iter().zip(typed) {
            let most = upload.content.len() as u64;
            let source = stream::once(async move { Ok::<_, std::convert::Infallible>(Bytes::from(upload.content)) });
            let written = blobs.write(id.as_str(), most, source).await.map_err(|e| {
                tracing::error!(error = %e, "file store");
                Fault::new(503, "文件暂时不能保存，请稍后重试（try again）")
            })?;
            media.arrived.push(Arrived { id, written, media_type });
        }
        Ok(media)
    }

    /// Which files.
    pub fn ids(&self) -> Vec<Id> {
        self.arrived.iter().map(|file| file.id).collect()
    }

    /// They are the order's, in the transaction that takes it in.
    pub fn keep(&self, tx: &mut Tx, order: Id) -> Result<()> {
        for file in &self.arrived {
            attachments::keep(tx, file.id, &file.written, file.media_type, (KIND, order))?;
        }
        let kept = self.kept.clone();
        tx.on_commit(move || kept.store(true, Ordering::Relaxed));
        Ok(())
    }

    /// After the transaction: what was refused, or was there already, leaves no bytes behind.
    pub async fn settle(self, blobs: &Blobs) {
        if !self.kept.load(Ordering::Relaxed) {
            for file in self.arrived {
                let _ = blobs.delete(file.id.as_str()).await;
            }
        }
    }
}

/// The pictures that a client sent with its own orders: the first of each, behind a link that opens it for some minutes.
pub fn links(tx: &mut Tx, orders: &[Id], client: Id) -> Result<HashMap<Id, String>> {
    let mut found = HashMap::new();
    for row in attachments::store::of_records(tx, orders)? {
        if let Some(order) = row.record_id.filter(|id| row.uploaded_by == client && !found.contains_key(id)) {
            let link = attachments::download(tx, row.id)?.ok_or_else(|| Error::Corrupt("a kept file is stored".into()));
            found.insert(order, link?);
        }
    }
    Ok(found)
}
