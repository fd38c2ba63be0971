use super::{ErrorCode, Id, Problem};

/// The record a request addresses: its id or number, and the versions the caller will accept (`If-Match`).
#[derive(Clone, Debug)]
pub struct Target {
    /// A UUID or a number that people read.
    pub reference: String,
    /// `None`: any version.
    pub expected: Option<Vec<i64>>,
}

impl Target {
    /// Addresses a record in whatever version it is.
    pub fn any(id: Id) -> Self {
        Self { reference: id.to_string(), expected: None }
    }

    /// The reference as an id, if it is one.
    pub fn id(&self) -> Option<Id> {
        self.reference.parse().ok()
    }

    /// Refuses a stale precondition (412).
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        match &self.expected {
            Some(versions) if !versions.contains(&version) => Err(Problem::of(ErrorCode::Stale)),
            _ => Ok(()),
        }
    }
}
