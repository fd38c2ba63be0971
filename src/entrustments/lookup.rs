//! Finding: search, reveal, and public progress.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    listing::briefs,
    load::{Told, load_for},
    machine::Action,
    store::{self, Entrustment},
    story::{self, ProgressView},
    views::{self, EntrustmentBrief},
};
use crate::{
    access, applicants,
    auth::{Actor, Scope, policy},
    db::{Db, Outcome, Result, Tx, audit, dialect},
    events::Audience,
    kernel::{ErrorCode, Id, Moment, Problem, Purpose, Target, phone, text},
};

/// Those of these matters that the caller may see.
pub fn seen(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<EntrustmentBrief>> {
    let ids = access::seen(tx, &Scope::of(actor, "entrustment"), ids)?;
    briefs(tx, &ids)
}

/// Open matters by the version of the item that they were opened under.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OpenMatters {
    /// The newest version first.
    pub items: Vec<OpenUnderVersion>,
}

/// Open matters under one version.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OpenUnderVersion {
    /// Number of the version.
    pub item_version: i64,
    /// How many.
    pub open: i64,
}

/// Which open matters a new version of an item does not touch: each keeps the version it was opened under.
pub fn open_matters(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<OpenMatters> {
    if !policy::may(actor, "service_item", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let item = crate::catalogue::store::item_by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    let items = store::open_by_version(tx, item.id)?.into_iter().map(|(item_version, open)| OpenUnderVersion { item_version, open }).collect();
    Ok(OpenMatters { items })
}

/// What to look for.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchInput {
    /// A number, a phone, a name, or words of an item or organisation.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "供水")]
    pub q: String,
}

/// Finds by number, phone, exact name of the applicant or of whom to call, or text, among what the caller sees.
pub fn search(tx: &mut Tx, actor: &Actor, input: &SearchInput) -> Result<Vec<EntrustmentBrief>> {
    let scope = Scope::of(actor, "entrustment");
    let clear: Vec<String> = match &scope {
        Scope::System => Vec::new(),
        Scope::Subjects(reasons) => reasons.iter().filter(|(_, masked)| !masked).map(|(subject, _)| subject.clone()).collect(),
    };
    let asked = input.q.trim();
    let mut ids: Vec<Id> = store::entrustment_by_number(tx, asked)?.map(|e| e.id).into_iter().collect();
    if phone::check(asked).is_ok() {
        let mark = applicants::phone_mark(tx, asked);
        ids.extend(store::ids_by_phone(tx, &mark, &clear)?);
    }
    let mark = applicants::name_mark(tx, &text::fold(asked));
    ids.extend(store::ids_by_applicant_name(tx, &mark, &clear)?);
    ids.extend(store::ids_by_contact(tx, &mark, &clear)?);
    ids.extend(access::matching(tx, &scope, "entrustment", asked, None)?);
    let mut seen: Vec<Id> = Vec::new();
    for id in ids {
        if seen.len() < 50 && !seen.contains(&id) && access::sight(tx, &scope, id)?.is_some() {
            seen.push(id);
        }
    }
    briefs(tx, &seen)
}

/// Why personal data is needed in full.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealInput {
    /// In words; it is kept in the audit log.
    #[validate(length(min = 4, max = 300))]
    #[schema(min_length = 4, max_length = 300, example = "电话联系申请人补正材料")]
    pub reason: String,
}

/// Personal data in full.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Revealed {
    /// Of the applicant.
    pub applicant: applicants::Applicant,
    /// Whom to call.
    pub contact: views::ContactView,
    /// The matter with what was said of it: reasons, notes, difficulties, papers.
    pub matter: views::EntrustmentView,
    /// Of the entrustment.
    pub id: Id,
    /// Version of the entrustment.
    pub version: i64,
}

crate::versioned!(Revealed, "entrustment");

/// Shows personal data in full, audited with its reason.
pub fn reveal(tx: &mut Tx, actor: &Actor, target: &Target, input: &RevealInput) -> Result<Revealed> {
    let mut loaded = load_for(tx, actor, Action::Reveal, target)?;
    audit::record(
        tx,
        &audit::Entry {
            actor_id: actor.id.map(|id| id.to_string()).unwrap_or_default(),
            action: "reveal",
            record_kind: "entrustment",
            record_id: loaded.e.id,
            reason: &input.reason,
            request_id: &actor.request_id,
        },
    )?;
    let told = Told::new("revealed", Audience::Staff, serde_json::json!({}));
    super::load::tell(tx, actor, &loaded.e, told)?;
    let clear = access::Sight::CLEAR;
    let row = applicants::store::applicant(tx, loaded.e.applicant_id)?.ok_or_else(Problem::not_found)?;
    let contact = views::ContactView { name: loaded.e.contact_name.open(tx.vault)?, phone: loaded.e.contact_phone.open(tx.vault)? };
    let (id, version) = (loaded.e.id, loaded.e.version);
    loaded.sight = clear;
    Ok(Revealed { applicant: applicants::show(tx, &row, clear)?, contact, matter: views::render(tx, actor, loaded)?, id, version })
}

/// Failed public look-ups of one number in an hour before it is closed to guessing.
const GUESSES: i64 = 5;

/// Public progress by number and the last four digits of the phone. A wrong number and wrong digits answer alike.
pub async fn progress(db: &Db, number: String, last4: String) -> Result<ProgressView> {
    proved(db, number, last4, story::progress_view).await
}

/// Shows something of a matter to who proves by its number and the last four digits of the phone to be its applicant.
pub async fn proved<T, F>(db: &Db, number: String, last4: String, mut show: F) -> Result<T>
where
    T: Send + 'static,
    F: FnMut(&mut Tx, &Entrustment) -> Result<T> + Send + 'static,
{
    let shown = move |tx: &mut Tx, number: &str, last4: &str| -> Result<Option<T>> {
        let Some(e) = store::entrustment_by_number(tx, number)? else { return Ok(None) };
        let right = phone::last4(&e.contact_phone.open(tx.vault)?).is_some_and(|digits| digits == last4);
        if right { show(tx, &e).map(Some) } else { Ok(None) }
    };
    guarded(db, number, last4, shown).await
}

/// Shows what `show` finds for a number and the last four digits of a phone; a wrong number and wrong digits answer alike, and
/// few guesses close a number for the hour.
pub async fn guarded<T, F>(db: &Db, number: String, last4: String, mut show: F) -> Result<T>
where
    T: Send + 'static,
    F: FnMut(&mut Tx, &str, &str) -> Result<Option<T>> + Send + 'static,
{
    if last4.len() != 4 || !last4.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem::parameter("phone_last4", "format", "应为联系电话的后四位数字。", "The last four digits of the phone.").into());
    }
    let hour = Moment::system().utc().timestamp() / 3600;
    let found = db
        .write(move |tx| {
            let number = number.to_ascii_uppercase();
            let mark = tx.vault.mark(Purpose::Index, &format!("progress:{number}"));
            // Counted before it is compared, so that a burst of guesses cannot outrun the count; a right one is not kept.
            if dialect::count_failure(tx.conn, &mark, hour)? > GUESSES {
                return Err(Problem { retry_after: Some(3600), ..Problem::of(ErrorCode::TooManyRequests) }.into());
            }
            Ok(match show(tx, &number, &last4)? {
                Some(shown) => Outcome::Rollback(Some(shown)),
                None => Outcome::Commit(None),
            })
        })
        .await?;
    found.ok_or_else(|| Problem::not_found().into())
}
