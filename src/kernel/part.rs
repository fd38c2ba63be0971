use super::{Id, Problem};

/// What became of one record of a bulk action.
#[derive(Debug)]
pub struct Part {
    /// The record, as it was named.
    pub reference: String,
    /// What it became, or why not.
    pub result: Result<Changed, Problem>,
}

/// A record after an action.
#[derive(Debug)]
pub struct Changed {
    /// Its new version.
    pub version: i64,
    /// Its state's code.
    pub state: String,
    /// The record that was made about it, where one was.
    pub created: Option<Created>,
}

/// A record that an action on another has made.
#[derive(Debug)]
pub struct Created {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// The record that was named is itself new: this row of the request has made it.
    pub taken_in: bool,
}
