//! The guard against malicious ratings, and against those that one gives oneself: it marks, and neither refuses nor hides. What
//! is marked counts until an appeal is upheld.

use chrono::TimeDelta;

use super::{
    load::Holder,
    model::{RatedKind, RatingChannel, Suspicion},
    store::{self, Evaluation},
};
use crate::{
    db::{Json, Result, Tx},
    kernel::{Purpose, text},
    organization, settings,
};

/// Shorter words are said by many.
const TELLING: usize = 6;

/// So many bad ratings in the same words.
const SAME: i64 = 3;

/// Looks at a rating that is about to be saved.
pub(super) fn mark(tx: &mut Tx, row: &mut Evaluation, comment: Option<&str>, holder: Holder) -> Result<()> {
    let mut found = if row.bad().is_some() { malicious(tx, row, comment)? } else { Vec::new() };
    if unproven(row) {
        found.push(Suspicion::Unproven);
    } else if holder == Holder::Number {
        // The last four digits are known to everybody who served.
        found.push(Suspicion::ByNumber);
    }
    row.suspicions = if found.is_empty() { None } else { Some(Json::new(&found)?) };
    Ok(())
}

/// Whoever holds the link of a service without a telephone may be anybody, also the one who has served.
fn unproven(row: &Evaluation) -> bool {
    let by_link = !matches!(row.channel, Some(RatingChannel::Tablet | RatingChannel::Phone | RatingChannel::Sms));
    by_link && !row.has_contact() && row.record_kind == RatedKind::ServiceOccasion
}

fn malicious(tx: &mut Tx, row: &mut Evaluation, comment: Option<&str>) -> Result<Vec<Suspicion>> {
    let center = organization::load(tx, row.center_id)?;
    let rules = settings::rules(tx, &center.path)?;
    let since = tx.now.plus(TimeDelta::days(-i64::from(rules.suspect_days)));
    let mut found = Vec::new();
    let others = store::bad_by(tx, row.phone_mark.as_deref(), row.applicant_id, since)?;
    let others = others.iter().filter(|id| **id != row.record_id).count();
    if others >= usize::try_from(rules.suspect_bad_ratings).unwrap_or(usize::MAX) {
        found.push(Suspicion::ManyBad);
    }
    let words = comment.map(text::fold).filter(|words| words.chars().count() >= TELLING);
    row.words_mark = words.map(|words| tx.vault.mark(Purpose::Index, &format!("rating_words:{words}")));
    if let Some(mark) = row.words_mark.clone()
        && store::bad_with_words(tx, &mark, since)? + 1 >= SAME
    {
        found.push(Suspicion::SameWords);
    }
    let hour = tx.now.plus(TimeDelta::hours(-1));
    if store::bad_at(tx, row.center_id, hour)? + 1 > i64::from(rules.suspect_hourly) {
        found.push(Suspicion::Flood);
    }
    Ok(found)
}
