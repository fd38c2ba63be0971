//! What is counted and how (DOMAIN §11): every figure that a statistic answers is an indicator of the table here, with its
//! definition, numerator and denominator. A figure without a definition cannot exist: the table is one exhaustive `match`.
//!
//! A measure is what records contribute to (`statistics/facts.rs`); an indicator is made of measures.

mod measures;
mod table;

pub use measures::Measure;
pub use table::{Axis, Better, Definition, Indicator, PUBLIC, Term};
