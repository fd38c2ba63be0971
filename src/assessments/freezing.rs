//! Freezing: the records behind each figure are kept, a few hundred in one write, so that what is frozen can show them later
//! whatever becomes of them.

use serde_json::json;

use super::{
    computing::question,
    machine::AssessmentState,
    service::{content_of, save},
    store::{self, Assessment, KeptRecord},
};
use crate::{
    auth::Actor,
    db::{Result, Tx, dialect},
    kernel::{Code as _, Id, Moment},
    organization,
    statistics::{self, FigureSide},
};

/// So many records, and so many figures, in one write.
const RECORDS: usize = 400;
const FIGURES: usize = 40;

/// Whether records are to be kept.
pub fn anything_freezing(tx: &mut Tx) -> Result<bool> {
    Ok(store::first_in(tx, AssessmentState::Freezing)?.is_some())
}

/// Where the keeping stands: which number of which line of whom, and after which record.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Place {
    subject: usize,
    line: usize,
    below: bool,
    after: Option<Id>,
}

/// Keeps the next records.
pub fn freeze_some(tx: &mut Tx) -> Result<usize> {
    let Some(id) = store::first_in(tx, AssessmentState::Freezing)? else { return Ok(0) };
    dialect::lock_root(tx.conn, "assessments", id.as_str())?;
    let Some(row) = store::assessment(tx, id)?.filter(|row| row.state == AssessmentState::Freezing) else { return Ok(0) };
    let worker = Actor::system("worker");
    let content = content_of(tx, &row)?;
    let center = organization::load(tx, row.center_id)?;
    let subjects = store::subjects(tx, id)?;
    let mut at: Place = serde_json::from_str(&row.kept).unwrap_or_default();
    let (mut records, mut figures) = (0, 0);
    while records < RECORDS && figures < FIGURES {
        let Some(subject) = subjects.get(at.subject) else {
            let now: Moment = tx.now;
            save(tx, &worker, Assessment { state: AssessmentState::Frozen, frozen_at: Some(now), kept: String::new(), ..row }, "frozen", json!({}))?;
            return Ok(records.max(1));
        };
        let Some(line) = content.lines.get(at.line) else {
            at = Place { subject: at.subject + 1, ..Place::default() };
            continue;
        };
        let side = if at.below { FigureSide::Denominator } else { FigureSide::Numerator };
        let next = if at.below && line.indicator.definition().under.is_empty() {
            None
        } else {
            let q = question(tx, &row, &center, subject)?;
            let (found, next) = statistics::behind(tx, &worker, &q, (line.indicator, side), at.after, RECORDS - records)?;
            let mut kept = Vec::with_capacity(found.len());
            for kind in statistics::TRACED {
                let ids: Vec<Id> = found.iter().filter(|b| b.kind == kind).map(|b| b.record).collect();
                let told = if ids.is_empty() { std::collections::BTreeMap::new() } else { statistics::told(tx, &worker, kind, &ids)? };
                kept.extend(found.iter().filter(|b| b.kind == kind).map(|b| KeptRecord {
                    subject_row: subject.id,
                    line: line.code.clone(),
                    side: side.code().to_owned(),
                    record_id: b.record,
                    kind: kind.to_owned(),
                    number: told.get(&b.record).map(|t| t.number.clone()).unwrap_or_default(),
                    count: b.count,
                }));
            }
            store::keep(tx, &kept)?;
            records += kept.len();
            next
        };
        figures += 1;
        at = match (next, at.below) {
            (Some(after), _) => Place { after: Some(after), ..at },
            (None, false) => Place { below: true, after: None, ..at },
            (None, true) => Place { line: at.line + 1, below: false, after: None, ..at },
        };
    }
    store::keep_until(tx, id, &serde_json::to_string(&at)?)?;
    Ok(records.max(1))
}
