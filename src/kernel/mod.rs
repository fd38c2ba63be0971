//! The ground everything stands on: identifiers, moments, value rules, text, problems. No IO.

pub mod citizen_id;
pub mod credit_code;
pub mod date;
pub mod division_code;
mod id;
pub mod item_code;
mod limit;
mod mask;
mod moment;
mod month;
pub mod page;
mod part;
pub mod phone;
pub mod problem;
pub mod project_code;
pub(crate) mod schema;
mod target;
pub mod text;
pub mod validators;
mod vault;

pub use id::Id;
pub use limit::{BusinessHours, Limit, Unit};
pub use mask::{AddressMask, Ends, Masking, NameMask};
pub use moment::{Clock, Moment};
pub use month::Month;
pub use page::{Cursor, ListQuery, Page, Readers, Sort, Versioned};
pub use part::{Changed, Created, Part};
pub use problem::{ErrorCode, FieldError, Problem, Text, counted, segment};
pub use target::Target;
pub use vault::{Purpose, Vault, VaultError, random_bytes, random_token, sha256_hex};

/// A coded vocabulary of the field: stored and sent as a lower-case English code, shown in Chinese.
pub trait Code: Sized + Copy + 'static {
    /// Name of the dictionary at `/api/v1/dictionaries/{name}`.
    const DICTIONARY: &'static str;
    /// Every value, in the order of the standard.
    const ALL: &'static [Self];
    /// The lower-case English code.
    fn code(self) -> &'static str;
    /// The Chinese label.
    fn label(self) -> &'static str;
    /// The national-standard code, where one exists.
    fn standard(self) -> Option<&'static str>;

    /// The value of a code.
    fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|v| v.code() == code)
    }
}

/// The Chinese label of a code that is kept as text.
pub fn label_of<C: Code>(code: &str) -> String {
    C::parse(code).map_or_else(|| code.to_owned(), |c| c.label().to_owned())
}

/// The moment from which the ids of demo data and fixtures count, so that documented examples work.
pub fn fixture_epoch() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default()
}
