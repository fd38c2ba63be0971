//! The index from a figure back to its records.
//!
//! What a record contributes is kept in one piece (`stat_facts`). To find the few records of a village among a million, each
//! record has a row here for every center that it is counted at or below, with the days between which and the measures (one bit
//! each) in which it is counted there. A walk is a range of the primary key (center, record): it reads the rows of one center,
//! skips by days and bits without leaving the index, and looks exactly at what is left. Written with the contributions, in the
//! same transaction; recounted by `verify`, written anew by `rebuild`.

mod store;

pub use store::{Bits, Walk, candidates, keep, of, of_records, orphans};
