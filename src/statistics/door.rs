//! Figures for the rooms above, which have asked who may see them.

use chrono::NaiveDate;

use super::{keeping, model::StatisticsFigure, question::Question, store, totals};
use crate::{
    db::{Result, Tx},
    indicators::Indicator,
    kernel::Moment,
    organization::Center,
};

/// The figures of a center, alone or with all below it, from a day to before another.
pub fn of_center(tx: &mut Tx, center: &Center, own: bool, (from, to): (NaiveDate, NaiveDate), indicators: &[Indicator]) -> Result<Vec<StatisticsFigure>> {
    let q = Question { center: center.clone(), own, level: None, person: None, from, to, only: Vec::new(), dimensions: Vec::new() };
    totals::total(tx, &q, indicators)
}

/// Until when everything is counted, and whether it is whole: not while the figures are being made anew.
pub fn counted(tx: &mut Tx) -> Result<(Moment, bool)> {
    Ok((keeping::as_of(tx)?, !store::progress(tx)?.1))
}
