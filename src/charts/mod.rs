//! Charts as SVG, for reports and bulletins: drawn here, of plain numbers and words; knows no record and no database.
//!
//! Text stays text, in whatever Chinese font the reader has; every chart has a title and a description that says it in words;
//! what differs by colour differs by pattern or by label too.

mod sankey;
mod svg;
mod trend;

pub use sankey::{Flow, sankey};
pub use trend::{Series, Trend, trend};
