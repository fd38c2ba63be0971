//! Made-up ratings of made-up matters, for demos and measurements.

use super::{
    load::KIND,
    model::{EvaluationState, Grade, RatedKind, RatingChannel},
    store::{self, Evaluation},
};
use crate::{
    access,
    auth::policy::subject,
    db::{Result, Tx},
    entrustments::Entrustment,
    kernel::{Code as _, Id, Moment},
    organization,
};

/// Of those of these matters that have ended, two of five were rated, most of them well.
pub fn fill(tx: &mut Tx, matters: &[Entrustment]) -> Result<()> {
    let mut rows = Vec::new();
    for (n, e) in matters.iter().enumerate() {
        let Some(ended) = e.closed_at else { continue };
        let rated = n % 5 < 2;
        let grade = match n % 50 {
            0..=29 => Grade::VerySatisfied,
            30..=41 => Grade::Satisfied,
            42..=46 => Grade::BasicallySatisfied,
            47 | 48 => Grade::Dissatisfied,
            _ => Grade::VeryDissatisfied,
        };
        rows.push(Evaluation {
            id: Id::fixed(ended.utc(), format!("evaluation:{}", e.id).as_bytes()),
            entrustment_id: Some(e.id),
            number: e.number.clone(),
            title: e.title.clone(),
            center_id: e.custodian_id,
            staff_id: None,
            applicant_id: Some(e.applicant_id),
            state: if rated { EvaluationState::Rated } else { EvaluationState::Expired },
            grade: rated.then_some(grade),
            channel: rated.then_some(RatingChannel::Mobile),
            is_default: false,
            is_named: false,
            rating: None,
            due_at: Moment::NEVER,
            rated_at: rated.then_some(ended),
            version: 1,
            created_at: ended,
            updated_at: ended,
            round: 1,
            is_excluded: false,
            excluded_why: None,
            follow_up_id: None,
            record_kind: RatedKind::Entrustment,
            record_id: e.id,
            window_id: None,
            platform_grade: None,
            staff_grade: None,
            phone: None,
            phone_mark: None,
            words_mark: None,
            remind_at: Moment::NEVER,
            suspicions: None,
        });
    }
    store::insert_all(tx, &rows)?;
    let centers = organization::store::centers_by_id(tx, &rows.iter().map(|row| row.center_id).collect::<Vec<_>>())?;
    for row in &rows {
        let Some(center) = centers.iter().find(|c| c.id == row.center_id) else { continue };
        let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
        subjects.extend(row.applicant_id.map(|id| (subject::applicant(id.as_str()), false)));
        let state = row.state.code();
        access::place_new(tx, &access::Placement { kind: KIND, record: row.id, state, due_at: row.due_at, updated_at: row.updated_at, subjects })?;
    }
    Ok(())
}
