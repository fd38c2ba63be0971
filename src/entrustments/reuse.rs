//! What the applicant gave before is not asked for again: accepted materials of earlier matters are taken over.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    load::{Loaded, load_seen},
    model::MaterialState,
    recorded::MaterialRecord,
    standing, store,
};
use crate::{
    attachments,
    auth::Actor,
    db::{Result, Tx},
    kernel::{ErrorCode, Id, Moment, Problem},
};

/// A material that was accepted in an earlier matter.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReuseInput {
    /// The earlier matter of the same applicant.
    pub entrustment_id: Id,
    /// Code of the material there.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "M1")]
    pub material: String,
    /// The applicant agrees; said by staff who take it over for them.
    #[serde(default)]
    pub applicant_consent: bool,
}

/// What can be taken over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReusableMaterials {
    /// For each material that is still asked for: what was accepted before under the same name, newest first.
    pub items: Vec<ReusableMaterial>,
}

/// A material that can be taken over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReusableMaterial {
    /// Code of the material of this matter that it would serve.
    pub code: String,
    /// Name.
    pub name: String,
    /// The earlier matter.
    pub entrustment_id: Id,
    /// Its number.
    pub number: String,
    /// Code of the material there.
    pub material: String,
    /// When it was handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Moment>,
    /// How many files it has.
    pub attachments: usize,
}

/// Earlier matters that are looked through.
const LOOKED_AT: i64 = 30;

/// What the applicant of a matter gave before, for whoever sees the matter in clear.
pub fn candidates(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ReusableMaterials> {
    let loaded = load_seen(tx, actor, reference)?;
    if loaded.sight.masked || loaded.sight.narrow {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mut items = Vec::new();
    for earlier in store::newest_of_applicant(tx, loaded.e.applicant_id, LOOKED_AT)?.into_iter().filter(|e| e.id != loaded.e.id) {
        let files = attachments::of_record(tx, earlier.id, true)?;
        for (row, record) in standing::checklist(tx, earlier.id)?.materials.into_iter().filter(|(row, _)| row.state == MaterialState::Accepted) {
            let wanted = loaded.checklist.materials.iter().filter(|(own, _)| own.name == row.name && own.state != MaterialState::Accepted);
            items.extend(wanted.map(|(own, _)| ReusableMaterial {
                code: own.code.clone(),
                name: own.name.clone(),
                entrustment_id: earlier.id,
                number: earlier.number.clone(),
                material: row.code.clone(),
                submitted_at: record.submitted_at,
                attachments: files.iter().filter(|f| f.label.as_ref() == Some(&row.code)).count(),
            }));
        }
    }
    items.sort_by(|a, b| (&a.code, b.submitted_at).cmp(&(&b.code, a.submitted_at)));
    Ok(ReusableMaterials { items })
}

/// Takes a material over: its files become this matter's too, and it is checked like any other.
pub fn take_over(tx: &mut Tx, actor: &Actor, loaded: &Loaded, code: &str, record: &mut MaterialRecord, from: &ReuseInput) -> Result<()> {
    let refuse = |at: &str, why: &'static str, zh: &'static str, en: &'static str| Err(Problem::rule(&format!("/reuse/{at}"), why, zh, en).into());
    if loaded.side(actor) != "applicant" && !from.applicant_consent {
        return refuse("applicant_consent", "consent_required", "沿用以前的材料须经申请人同意。", "The applicant must agree.");
    }
    let earlier = store::entrustment(tx, from.entrustment_id)?.filter(|e| e.applicant_id == loaded.e.applicant_id && e.id != loaded.e.id);
    let Some(earlier) = earlier else {
        return refuse("entrustment_id", "unknown_entrustment", "该申请人没有这一件。", "The applicant has no such matter.");
    };
    let given = standing::checklist(tx, earlier.id)?.materials.into_iter().find(|(row, _)| row.code == from.material && row.state == MaterialState::Accepted);
    let Some((row, _)) = given else {
        return refuse("material", "not_accepted", "那一件没有这项已核验的材料。", "No such accepted material there.");
    };
    attachments::share(tx, earlier.id, &row.code, loaded.e.id, code)?;
    record.note = format!("沿用 {} 已核验的“{}”", earlier.number, row.name);
    record.submitted_at = Some(tx.now);
    (record.original, record.copies, record.returned) = (false, 0, None);
    record.reason.clear();
    Ok(())
}
