//! Computing who is assessed, a few at a time: by the worker, so that no write is long however many there are.

use chrono::NaiveDate;
use serde_json::json;

use super::{
    deriving::derive,
    machine::{AssessedKind, AssessmentState},
    model::AssessmentSchemeContent,
    scoring::{self, LineFigure},
    service::{content_of, save},
    store::{self, Assessment, Subject, UNRANKED},
};
use crate::{
    auth::Actor,
    db::{Json, Result, Tx, dialect},
    indicators::Indicator,
    kernel::Id,
    organization::{self, Center},
    statistics::{self, About, Question},
};

/// So many in one write.
const BATCH: i64 = 20;

/// Whether an assessment is to be computed; not while the figures are written anew.
pub fn anything_pending(tx: &mut Tx) -> Result<bool> {
    Ok(store::first_in(tx, AssessmentState::Computing)?.is_some() && !statistics::is_rebuilding(tx)?)
}

/// Computes the next few.
pub fn compute_some(tx: &mut Tx) -> Result<usize> {
    let Some(id) = store::first_in(tx, AssessmentState::Computing)? else { return Ok(0) };
    dialect::lock_root(tx.conn, "assessments", id.as_str())?;
    let Some(row) = store::assessment(tx, id)?.filter(|row| row.state == AssessmentState::Computing) else { return Ok(0) };
    if statistics::is_rebuilding(tx)? {
        return Ok(0);
    }
    let content = content_of(tx, &row)?;
    let center = organization::load(tx, row.center_id)?;
    let next = store::pending(tx, id, BATCH)?;
    for subject in &next {
        let figures = figures(tx, &row, &center, subject, &content)?;
        let subject = Subject { pending: false, figures: Json::new(&figures)?, updated_at: tx.now, ..subject.clone() };
        store::save_subject(tx, &subject)?;
    }
    if store::pending(tx, id, 1)?.is_empty() {
        rank(tx, &row, &content)?;
        let as_of = statistics::as_of(tx)?;
        let done = Assessment { state: AssessmentState::Computed, as_of: Some(as_of), ..row };
        save(tx, &Actor::system("worker"), done, "computed", json!({}))?;
    }
    Ok(next.len().max(1))
}

/// What is asked of somebody who is assessed.
pub fn question(tx: &mut Tx, row: &Assessment, center: &Center, subject: &Subject) -> Result<Question> {
    let day = |text: &str| text.parse::<NaiveDate>().map_err(|e| crate::db::Error::Corrupt(e.to_string()));
    let period = (day(&row.from_on)?, day(&row.to_on)?);
    let (at, about) = match row.subject_kind {
        AssessedKind::Center => (organization::load(tx, subject.subject_id)?, About::Tree(false)),
        AssessedKind::Department => (center.clone(), About::Department(subject.subject_id)),
        AssessedKind::Staff => (organization::load(tx, subject.center_id)?, About::Person(subject.subject_id)),
    };
    Question::about(tx, at, about, period)
}

fn figures(tx: &mut Tx, row: &Assessment, center: &Center, subject: &Subject, content: &AssessmentSchemeContent) -> Result<Vec<LineFigure>> {
    let q = question(tx, row, center, subject)?;
    let indicators: Vec<Indicator> = content.lines.iter().map(|line| line.indicator).collect();
    let all = statistics::total(tx, &q, &indicators)?;
    let of = |(line, figure): (&super::model::AssessmentSchemeLine, &statistics::StatisticsFigure)| LineFigure {
        line: line.code.clone(),
        numerator: figure.numerator.unwrap_or(0),
        denominator: figure.denominator,
    };
    Ok(content.lines.iter().zip(&all).map(of).collect())
}

/// Scores everybody by figures and entries, and ranks them.
pub fn rank(tx: &mut Tx, row: &Assessment, content: &AssessmentSchemeContent) -> Result<()> {
    let all = store::subjects(tx, row.id)?;
    let entries = store::entries_of(tx, row.id)?;
    let mut scored = Vec::with_capacity(all.len());
    for subject in all {
        let own: Vec<_> = entries.iter().filter(|e| e.subject_row == subject.id).cloned().collect();
        let derived = derive(content, &subject.figures.get()?, &own, false);
        scored.push((subject, derived.score, derived.total, derived.grade));
    }
    let ranks = scoring::ranks(&scored.iter().map(|s| s.2).collect::<Vec<_>>());
    for ((subject, score, total, grade), rank) in scored.into_iter().zip(ranks) {
        let rank = rank.unwrap_or(UNRANKED);
        if (subject.score, subject.total, subject.grade, subject.rank) != (score, total, grade, rank) {
            store::save_subject(tx, &Subject { score, total, grade, rank, updated_at: tx.now, ..subject })?;
        }
    }
    Ok(())
}

/// Who is assessed.
pub fn subjects_of(tx: &mut Tx, row: &Assessment, center: &Center, level: Option<organization::CenterLevel>) -> Result<Vec<Subject>> {
    let nothing = Json::new(&Vec::new())?;
    let new = |subject_id: Id, center_id: Id, name: String| Subject {
        id: Id::new(),
        assessment_id: row.id,
        subject_id,
        center_id,
        name,
        pending: true,
        figures: nothing.clone(),
        score: None,
        total: None,
        rank: UNRANKED,
        grade: None,
        updated_at: row.created_at,
    };
    let below = organization::store::subtree(tx, &center.path)?;
    let mut found: Vec<(String, Subject)> = Vec::new();
    match row.subject_kind {
        AssessedKind::Center => {
            for ids in below.chunks(500) {
                let rows = organization::store::centers_by_id(tx, ids)?.into_iter().filter(|c| Some(c.level) == level && c.status == "active");
                found.extend(rows.map(|c| (c.division_code.clone(), new(c.id, c.id, c.name))));
            }
        }
        AssessedKind::Department => {
            let rows = organization::store::departments(tx, center.id, None, 500)?;
            found.extend(rows.into_iter().map(|d| (d.name.clone(), new(d.id, d.center_id, d.name))));
        }
        AssessedKind::Staff => {
            for ids in below.chunks(500) {
                let nodes: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let mut agents = Vec::new();
                for node in crate::auth::store::held(tx, crate::auth::Role::Agent, &nodes)? {
                    agents.extend(crate::auth::store::holders(tx, crate::auth::Role::Agent, node.as_str())?);
                }
                let people = crate::auth::store::users_by_id(tx, &agents)?.into_iter().filter(|u| u.status == "active");
                for user in people {
                    let Some(home) = user.center_id.filter(|home| below.contains(home)) else { continue };
                    if found.iter().all(|(_, known)| known.subject_id != user.id) {
                        found.push((user.id.to_string(), new(user.id, home, String::new())));
                    }
                }
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found.into_iter().map(|f| f.1).collect())
}
