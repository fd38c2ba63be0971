//! Finding: lists through the access table, search, reveal, and public progress.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    applicants,
    load::{Told, load_for},
    machine::{Action, State},
    store::{self, Entrustment},
    views::{self, EntrustmentBrief, ProgressView},
};
use crate::{
    access::{self, Order},
    auth::{Actor, Scope, policy},
    db::{Db, Outcome, Result, Tx, audit, dialect},
    events::Audience,
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Purpose, Target, phone, text},
};

/// A page of what the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<EntrustmentBrief>> {
    if !policy::may(actor, "entrustment", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let scope = Scope::of(actor, "entrustment");
    if let Some(words) = &q.q {
        q.plain_search()?;
        return found_by_text(tx, &scope, q, words);
    }
    let page = access::page(tx, &scope, "entrustment", q, states(q, Order::of(q)))?;
    let ids: Vec<Id> = page.items.iter().map(|(e, _)| e.record).collect();
    let items = briefs(tx, &ids)?;
    Ok(page.with(|_| items))
}

/// Those of these matters that the caller may see.
pub fn seen(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<EntrustmentBrief>> {
    let ids = access::seen(tx, &Scope::of(actor, "entrustment"), ids)?;
    briefs(tx, &ids)
}

/// The states to walk. Orders by deadline have an index per state only.
fn states(q: &ListQuery, order: Order) -> Vec<String> {
    let mut states = q.all("state");
    states.sort();
    states.dedup();
    let open = q.one("open").map(|v| v == "true");
    if states.is_empty() && (open.is_some() || matches!(order, Order::DueFirst | Order::DueLast)) {
        states = State::ALL.iter().map(|s| s.code().to_owned()).collect();
    }
    if let Some(open) = open {
        states.retain(|s| State::parse(s).is_some_and(|s| s.is_final() != open));
        if states.is_empty() {
            // Asked for an ended state among the open ones: nothing, not everything.
            states.push("none".into());
        }
    }
    states
}

/// Briefs in the order of `ids`, in one query.
fn briefs(tx: &mut Tx, ids: &[Id]) -> Result<Vec<EntrustmentBrief>> {
    let mut rows = store::entrustments_by_id(tx, ids)?;
    rows.sort_by_key(|e| ids.iter().position(|id| *id == e.id));
    views::briefs_of(tx, rows)
}

fn found_by_text(tx: &mut Tx, scope: &Scope, q: &ListQuery, words: &str) -> Result<Page<EntrustmentBrief>> {
    let states = states(q, Order::Newest);
    let mut before = q.cursor.as_ref().map(|c| c.id.clone());
    let mut rows: Vec<EntrustmentBrief> = Vec::new();
    let mut more = true;
    // A state is looked at after the match, so a batch may fill less than a page; after enough batches the page is
    // given as it is, and the next one goes on behind the last match.
    for _ in 0..20 {
        let ids = text_matches(tx, scope, words, before.as_deref())?;
        before = ids.last().map(Id::to_string).or(before);
        let full = ids.len() == usize::try_from(BATCH).unwrap_or(usize::MAX);
        rows.extend(briefs(tx, &ids)?.into_iter().filter(|e| states.is_empty() || states.iter().any(|s| s == e.state.code())));
        more = full;
        if rows.len() > q.limit || !full {
            break;
        }
    }
    if more && rows.len() <= q.limit {
        let cursor = before.map(|last| q.cursor_of(String::new(), last).encode(tx.vault));
        return Ok(Page { items: rows, has_more: true, next_cursor: cursor, as_of: None, count: None });
    }
    Ok(Page::cut(rows, q.limit, tx.vault, |e| q.cursor_of(String::new(), e.id.to_string())))
}

const BATCH: i64 = 300;

fn text_matches(tx: &mut Tx, scope: &Scope, words: &str, before: Option<&str>) -> Result<Vec<Id>> {
    let tokens: Vec<String> = text::query_tokens(words).iter().map(|t| text::encode_token(t)).collect();
    let folded: Vec<String> = text::fold(words).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
    let subjects: Option<Vec<String>> = match scope {
        Scope::System => None,
        Scope::Subjects(reasons) => Some(reasons.iter().map(|(s, _)| s.clone()).collect()),
    };
    let query = dialect::Match { kind: "entrustment", tokens: &tokens, words: &folded, subjects: subjects.as_deref(), limit: BATCH, before };
    Ok(dialect::search(tx.conn, &query)?.iter().filter_map(|id| id.parse().ok()).collect())
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

/// What was found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SearchResult {
    /// Matters, newest first, at most 50.
    pub entrustments: Vec<EntrustmentBrief>,
}

/// Finds by number, phone, exact name, or text, among what the caller sees.
pub fn search(tx: &mut Tx, actor: &Actor, input: &SearchInput) -> Result<SearchResult> {
    if !policy::may(actor, "search", "search") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
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
    ids.extend(text_matches(tx, &scope, asked, None)?);
    let mut seen: Vec<Id> = Vec::new();
    for id in ids {
        if seen.len() < 50 && !seen.contains(&id) && access::sight(tx, &scope, id)?.is_some() {
            seen.push(id);
        }
    }
    Ok(SearchResult { entrustments: briefs(tx, &seen)? })
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
    /// Of the entrustment.
    pub id: Id,
    /// Version of the entrustment.
    pub version: i64,
}

crate::versioned!(Revealed, "entrustment");

/// Shows personal data in full, audited with its reason.
pub fn reveal(tx: &mut Tx, actor: &Actor, target: &Target, input: &RevealInput) -> Result<Revealed> {
    let loaded = load_for(tx, actor, Action::Reveal, target)?;
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
    let row = store::applicant(tx, loaded.e.applicant_id)?.ok_or_else(Problem::not_found)?;
    let contact = views::ContactView { name: loaded.e.contact_name.open(tx.vault)?, phone: loaded.e.contact_phone.open(tx.vault)? };
    Ok(Revealed { applicant: applicants::show(tx, &row, clear)?, contact, id: loaded.e.id, version: loaded.e.version })
}

/// Failed public look-ups of one number in an hour before it is closed to guessing.
const GUESSES: i64 = 5;

/// Public progress by number and the last four digits of the phone. A wrong number and wrong digits answer alike.
pub async fn progress(db: &Db, number: String, last4: String) -> Result<ProgressView> {
    proved(db, number, last4, views::progress_view).await
}

/// Shows something of a matter to who proves by its number and the last four digits of the phone to be its applicant.
pub async fn proved<T, F>(db: &Db, number: String, last4: String, mut show: F) -> Result<T>
where
    T: Send + 'static,
    F: FnMut(&mut Tx, &Entrustment) -> Result<T> + Send + 'static,
{
    if last4.len() != 4 || !last4.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem::parameter("phone_last4", "format", "应为联系电话的后四位数字。", "The last four digits of the phone.").into());
    }
    let hour = Moment::system().utc().timestamp() / 3600;
    let found = db
        .write(move |tx| {
            let mark = tx.vault.mark(Purpose::Index, &format!("progress:{}", number.to_ascii_uppercase()));
            // Counted before it is compared, so that a burst of guesses cannot outrun the count; a right one is not kept.
            if dialect::count_failure(tx.conn, &mark, hour)? > GUESSES {
                return Err(Problem { retry_after: Some(3600), ..Problem::of(ErrorCode::TooManyRequests) }.into());
            }
            let Some(e) = store::entrustment_by_number(tx, &number.to_ascii_uppercase())? else { return Ok(Outcome::Commit(None)) };
            let right = phone::last4(&e.contact_phone.open(tx.vault)?).is_some_and(|digits| digits == last4);
            Ok(if right { Outcome::Rollback(Some(show(tx, &e)?)) } else { Outcome::Commit(None) })
        })
        .await?;
    found.ok_or_else(|| Problem::not_found().into())
}
