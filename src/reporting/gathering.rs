//! Gathers what is reported of many ratings at once, a question per table.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::mapping::{Rated, ReportMapping};
use crate::{
    applicants, catalogue, comments,
    db::{Json, Result, Tx},
    entrustments,
    evaluations::{
        model::{EvaluationState, RatedKind},
        occasions, store,
    },
    kernel::Id,
    organization,
};

/// The rows of those of these ratings that lie at or below a path, in the order asked.
pub fn rows(tx: &mut Tx, mapping: &ReportMapping, path: &str, ids: &[Id]) -> Result<Vec<Map<String, Value>>> {
    let mut all = store::evaluations_by_id(tx, ids)?;
    all.sort_by_key(|e| ids.iter().position(|id| *id == e.id));
    let centers: HashMap<Id, organization::Center> =
        organization::store::centers_by_id(tx, &all.iter().map(|e| e.center_id).collect::<Vec<_>>())?.into_iter().map(|c| (c.id, c)).collect();
    all.retain(|e| {
        let here = centers.get(&e.center_id).is_some_and(|c| c.path.starts_with(path));
        // What nobody rated is reported only where defaults go along.
        let told = (e.state == EvaluationState::Rated && !e.is_default) || (mapping.with_defaults && e.is_default);
        here && told
    });
    let of = |kind: RatedKind| -> Vec<Id> { all.iter().filter(|e| e.record_kind == kind).map(|e| e.record_id).collect() };
    let (matters, occasions) = (of(RatedKind::Entrustment), of(RatedKind::ServiceOccasion));
    let mut items: HashMap<Id, Id> = entrustments::store::entrustments_by_id(tx, &matters)?.into_iter().map(|e| (e.id, e.item_id)).collect();
    let occasions = occasions::store::occasions_by_id(tx, &occasions)?;
    items.extend(occasions.iter().filter_map(|o| Some((o.id, o.item_id?))));
    let codes: HashMap<Id, String> =
        catalogue::store::items_by_id(tx, &items.values().copied().collect::<Vec<_>>())?.into_iter().map(|i| (i.id, i.code)).collect();
    let people = applicants::store::applicants_by_id(tx, &all.iter().filter_map(|e| e.applicant_id).collect::<Vec<_>>())?;
    let words: HashMap<Id, String> = comments::store::of_evaluations(tx, &all.iter().map(|e| e.id).collect::<Vec<_>>())?
        .into_iter()
        .filter_map(|c| Some((c.evaluation_id?, c.text)))
        .collect();
    let mut rows = Vec::with_capacity(all.len());
    for e in all {
        let (Some(grade), Some(channel), Some(center)) = (e.grade, e.channel, centers.get(&e.center_id)) else { continue };
        let applicant = people.iter().find(|a| Some(a.id) == e.applicant_id);
        let name = match applicant {
            Some(a) => match &a.person_name {
                Some(name) => tx.masking.name(&name.open(tx.vault)?),
                None => a.name.clone(),
            },
            // Whoever was served on the spot left a name there, or none.
            None => match occasions.iter().find(|o| o.id == e.record_id).and_then(|o| o.name.as_ref()) {
                Some(name) => tx.masking.name(&name.open(tx.vault)?),
                None => String::new(),
            },
        };
        let rated = Rated {
            id: e.id.to_string(),
            round: e.round,
            item_code: items.get(&e.record_id).and_then(|id| codes.get(id)).cloned().unwrap_or_default(),
            center_name: center.name.clone(),
            division_code: center.division_code.clone(),
            applicant_kind: applicant.map(|a| a.kind.clone()).unwrap_or_default(),
            // A telephone alone is no name.
            is_named: e.is_named && !name.is_empty(),
            applicant_name: name,
            grade,
            channel,
            dimensions: e.rating.as_ref().map(Json::get).transpose()?.unwrap_or_default().dimensions,
            comment: words.get(&e.id).cloned().unwrap_or_default(),
            rated_at: e.rated_at.unwrap_or(e.updated_at),
            ended_at: e.created_at,
            is_default: e.is_default,
            is_excluded: e.is_excluded,
            item_name: e.title,
            number: e.number,
        };
        rows.push(mapping.row(&rated));
    }
    Ok(rows)
}
