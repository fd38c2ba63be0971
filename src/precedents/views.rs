//! How precedents are answered: to everybody what is published, to their writers and reviewers the draft too.

use serde::Serialize;

use super::{
    machine::{PrecedentAction as Action, PrecedentState},
    model::PrecedentContent,
    promoting::PromotionView,
    service::Opened,
    store::{self, Precedent},
};
use crate::{
    auth::Actor,
    db::{Error, Json, Result, Tx},
    deidentify::PersonalKind,
    kernel::{Code as _, Id, Moment},
    organization,
    tickets::{TicketCategory, machine::TicketTier},
};

/// A published precedent in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PrecedentBrief {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "AL-320623-20260105-000001-101")]
    pub number: String,
    /// Title.
    pub title: String,
    /// What kind of difficulty.
    pub category: TicketCategory,
    /// In Chinese.
    pub category_label: String,
    /// How hard it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<TicketTier>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_label: Option<String>,
    /// 12 digits.
    pub division_code: String,
    /// What later cases do.
    pub advice: String,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Items that it is about.
    pub item_ids: Vec<String>,
    /// Departments that took part.
    pub departments: Vec<String>,
    /// How many tickets cite it.
    pub citations: i64,
    /// Number of the published version.
    pub published_version: i64,
    /// Since when.
    pub published_at: Moment,
}

/// A published precedent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicPrecedent {
    /// As in the list.
    #[serde(flatten)]
    pub brief: PrecedentBrief,
    /// Which center wrote it.
    pub center_id: Id,
    /// Its name.
    pub center: String,
    /// 问题.
    pub problem: String,
    /// 原因.
    pub cause: String,
    /// 处理过程.
    pub handling: String,
    /// 结果.
    pub result: String,
    /// 依据.
    pub basis: Vec<String>,
}

/// What is published of a precedent, and since when.
fn published(row: &Precedent) -> Result<(PrecedentContent, i64, Moment)> {
    let lost = || Error::Corrupt(format!("precedent {} has nothing to show", row.id));
    let content = row.published.as_ref().ok_or_else(lost)?.get()?;
    Ok((content, row.published_version.ok_or_else(lost)?, row.published_at.ok_or_else(lost)?))
}

fn brief(row: &Precedent, c: &PrecedentContent, citations: i64, version: i64, since: Moment) -> PrecedentBrief {
    PrecedentBrief {
        id: row.id,
        number: row.number.clone(),
        title: c.title.clone(),
        category: c.category,
        category_label: c.category.label().into(),
        tier: c.tier,
        tier_label: c.tier.map(|t| t.label().into()),
        division_code: row.division_code.clone(),
        advice: c.advice.clone(),
        keywords: c.keywords.clone(),
        item_ids: c.items.clone(),
        departments: c.departments.clone(),
        citations,
        published_version: version,
        published_at: since,
    }
}

/// Published precedents as a list shows them.
pub fn briefs(tx: &mut Tx, rows: &[Precedent]) -> Result<Vec<PrecedentBrief>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let counts = store::citation_counts(tx, &ids)?;
    let of = |row: &Precedent| {
        let (content, version, since) = published(row)?;
        Ok(brief(row, &content, counts.get(&row.id).copied().unwrap_or(0), version, since))
    };
    rows.iter().map(of).collect()
}

/// What everybody reads.
pub fn public(tx: &mut Tx, row: &Precedent) -> Result<PublicPrecedent> {
    let (c, version, since) = published(row)?;
    let citations = store::citation_counts(tx, &[row.id])?.get(&row.id).copied().unwrap_or(0);
    let brief = brief(row, &c, citations, version, since);
    let center = organization::load(tx, row.center_id)?.name;
    let PrecedentContent { problem, cause, handling, result, basis, .. } = c;
    Ok(PublicPrecedent { brief, center_id: row.center_id, center, problem, cause, handling, result, basis })
}

/// Words of a draft that look like personal data.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PersonalDataFinding {
    /// Which text of the content.
    #[schema(example = "/problem")]
    pub pointer: String,
    /// What it looks like.
    pub kind: PersonalKind,
    /// In Chinese.
    pub kind_label: String,
    /// The words.
    pub words: String,
    /// First character, counted from 0.
    pub start: usize,
    /// How many characters.
    pub length: usize,
    /// The reviewer may find that it is none.
    pub doubtful: bool,
}

/// A published version, for staff.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PrecedentVersionView {
    /// 1, 2, 3 …
    pub number: i64,
    /// Its title.
    pub title: String,
    /// What looked like personal data and was found to be none, with the reason.
    pub not_personal: Vec<super::model::NotPersonal>,
    /// Since when.
    pub published_at: Moment,
}

/// A precedent as its writers and reviewers see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PrecedentView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "AL-320623-20260105-000001-101")]
    pub number: String,
    /// State of what is being worked on.
    pub state: PrecedentState,
    /// In Chinese.
    pub state_label: String,
    /// A version can be read by everybody.
    pub public: bool,
    /// Which center wrote it.
    pub center_id: Id,
    /// 12 digits.
    pub division_code: String,
    /// The ticket that it was drawn from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<Id>,
    /// What is being worked on, else what is published.
    pub content: PrecedentContent,
    /// What in the draft looks like personal data; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<PersonalDataFinding>>,
    /// Why it was sent back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_back_for: Option<String>,
    /// Why it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_for: Option<String>,
    /// Number of the published version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_version: Option<i64>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
    /// Versions as they were published, newest first; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<Vec<PrecedentVersionView>>,
    /// What was proposed to the catalogue because of it; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotions: Option<Vec<PromotionView>>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(PrecedentView, "precedent");

/// A precedent in a list of its writers and reviewers.
pub fn listed(tx: &Tx, row: Precedent) -> Result<PrecedentView> {
    let record = row.record.open(tx.vault)?;
    let draft = row.draft.as_ref().map(|d| d.open(tx.vault)).transpose()?;
    let published = row.published.as_ref().map(Json::get).transpose()?;
    let content = draft.or(published).ok_or_else(|| Error::Corrupt(format!("precedent {} says nothing", row.id)))?;
    Ok(PrecedentView {
        id: row.id,
        number: row.number,
        state: row.state,
        state_label: row.state.label().into(),
        public: row.public,
        center_id: row.center_id,
        division_code: row.division_code,
        ticket_id: row.ticket_id,
        content,
        findings: None,
        sent_back_for: record.sent_back_for.filter(|_| row.state == PrecedentState::SentBack),
        withdrawn_for: record.withdrawn_for.filter(|_| row.state == PrecedentState::Withdrawn),
        published_version: row.published_version,
        published_at: row.published_at,
        versions: None,
        promotions: None,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// The whole record.
pub fn whole(tx: &mut Tx, actor: &Actor, opened: Opened) -> Result<PrecedentView> {
    let allowed = Action::ALL.iter().filter(|a| opened.allows(actor, **a)).map(|a| a.code().to_owned()).collect();
    let told = |(pointer, f): (String, crate::deidentify::Finding)| PersonalDataFinding {
        pointer,
        kind_label: f.kind.label().into(),
        doubtful: f.kind.doubtful() && !f.known,
        kind: f.kind,
        words: f.words,
        start: f.start,
        length: f.length,
    };
    let findings = opened.draft.as_ref().map(|d| d.findings(&opened.known)).unwrap_or_default().into_iter().map(told).collect();
    let mut versions = Vec::new();
    for v in store::versions(tx, opened.row.id)? {
        let not_personal = v.review.open(tx.vault)?.not_personal;
        versions.push(PrecedentVersionView { number: v.number, title: v.content.get()?.title, not_personal, published_at: v.published_at });
    }
    let promotions = super::promoting::of_precedent(tx, opened.row.id)?;
    let view = listed(tx, opened.row)?;
    Ok(PrecedentView { findings: Some(findings), versions: Some(versions), promotions: Some(promotions), allowed_actions: Some(allowed), ..view })
}
