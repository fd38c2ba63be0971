//! The storage door: bytes by key, in a local folder or in an S3-compatible store. Rows say what the bytes are.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use object_store::{GetOptions, ObjectStore, ObjectStoreExt as _, WriteMultipart, local::LocalFileSystem, path::Path};

/// Why bytes could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The store.
    #[error(transparent)]
    Store(#[from] object_store::Error),
    /// The address of the store.
    #[error("JIELI_FILES: {0}")]
    Address(String),
    /// More bytes than allowed.
    #[error("more than {0} bytes")]
    TooLarge(u64),
    /// The sender stopped.
    #[error("the upload broke off: {0}")]
    Broken(String),
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes.
    pub size: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// The first bytes, by which the type is recognised.
    pub head: Vec<u8>,
}

/// A store of bytes. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

const HEAD: usize = 8192;
/// S3 takes parts of five megabytes or more.
const CHUNK: usize = 5 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);

impl Blobs {
    /// Opens `file:PATH` (made when it is not there), or, with the feature `s3`, `s3://bucket/prefix` with the usual
    /// `AWS_…` variables (`AWS_ENDPOINT` for other stores than Amazon's).
    pub fn open(address: &str) -> Result<Self, BlobError> {
        let wrong = |e: &dyn std::fmt::Display| BlobError::Address(e.to_string());
        if let Some(path) = address.strip_prefix("file:") {
            std::fs::create_dir_all(path).map_err(|e| BlobError::Address(format!("{path}: {e}")))?;
            // An acknowledged upload survives a loss of power.
            let store = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
            return Ok(Self { store: Arc::new(store), prefix: Path::default() });
        }
        let url = address.parse().map_err(|e| wrong(&e))?;
        let options = std::env::vars().filter(|(name, _)| name.starts_with("AWS_")).map(|(name, value)| (name.to_ascii_lowercase(), value));
        let (store, prefix) = object_store::parse_url_opts(&url, options).map_err(|e| wrong(&e))?;
        Ok(Self { store: store.into(), prefix })
    }

    fn path(&self, key: &str) -> Path {
        Path::from(format!("{}/{key}", self.prefix))
    }

    /// Writes a stream of at most `most` bytes; what broke off leaves nothing.
    pub async fn write<E: std::fmt::Display>(&self, key: &str, most: u64, source: impl Stream<Item = Result<Bytes, E>>) -> Result<Written, BlobError> {
        let mut sink = WriteMultipart::new_with_chunk_size(self.store.put_multipart(&self.path(key)).await?, CHUNK);
        let mut digest = Context::new(&SHA256);
        let (mut size, mut head) = (0_u64, Vec::new());
        let mut source = std::pin::pin!(source);
        loop {
            let next = tokio::time::timeout(PATIENCE, source.next()).await;
            let failed = match next {
                Ok(None) => break,
                Ok(Some(Ok(bytes))) => {
                    size += bytes.len() as u64;
                    digest.update(&bytes);
                    let wanted = HEAD.saturating_sub(head.len());
                    head.extend_from_slice(bytes.get(..wanted.min(bytes.len())).unwrap_or_default());
                    if size <= most {
                        sink.wait_for_capacity(2).await?;
                        sink.put(bytes);
                        continue;
                    }
                    BlobError::TooLarge(most)
                }
                Ok(Some(Err(e))) => BlobError::Broken(e.to_string()),
                Err(_) => BlobError::Broken("too slow".into()),
            };
            let _ = sink.abort().await;
            return Err(failed);
        }
        sink.finish().await?;
        Ok(Written { size, sha256: hex::encode(digest.finish()), head })
    }

    /// Puts parts together, in order.
    pub async fn join(&self, key: &str, most: u64, parts: Vec<String>) -> Result<Written, BlobError> {
        let this = self.clone();
        let source = futures_util::stream::iter(parts).then(move |part| {
            let this = this.clone();
            async move { this.read(&part, None).await }
        });
        let source = source.flat_map(|part| match part {
            Ok(stream) => stream,
            Err(e) => futures_util::stream::once(async move { Err(e) }).boxed(),
        });
        self.write(key, most, source).await
    }

    /// Reads the bytes of a key, or a range of them.
    pub async fn read(&self, key: &str, range: Option<std::ops::Range<u64>>) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, BlobError> {
        let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
        let found = self.store.get_opts(&self.path(key), options).await?;
        Ok(found.into_stream().map(|chunk| chunk.map_err(BlobError::from)).boxed())
    }

    /// Removes a key; one that is not there is removed already.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.store.delete(&self.path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}
