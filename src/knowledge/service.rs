//! Use cases of the knowledge base: writing, reviewing by another, publishing, withdrawing.

use serde_json::{Value, json};

use super::{
    finding::{Asker, MARK},
    machine::{ArticleAction as Action, ArticleState as State, Facts, decide},
    model::{ArticleContent, ArticleEdit, ArticleKind, ArticleReason, ArticleRecord, ArticleReview, ArticleVisibility, NewArticle},
    ranking,
    store::{self, Article, ArticleVersion},
    views::{self, ArticleView},
};
use crate::{
    access::{self, Placement},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
        store as accounts,
    },
    catalogue,
    db::{Error, Json, Private, Result, Tx, dialect, numbers},
    deidentify::{Known, check},
    entrustments::Identity,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, FieldError, Id, Moment, Problem, Target, text},
    organization::{self, Center},
};

/// Its name in the access table, in the policy and in events.
pub const KIND: &str = "knowledge_article";
/// What holds for ever.
pub(super) const EVER: &str = "9999-12-31";

/// An article with what is needed to decide about it.
pub struct Opened {
    /// The record.
    pub row: Article,
    /// What belongs to it beside its text.
    pub record: ArticleRecord,
    /// What is being worked on.
    pub draft: Option<ArticleContent>,
    /// Whose it is.
    pub center: Center,
}

impl Opened {
    fn facts(&self, actor: &Actor) -> Facts {
        Facts { live: self.row.live, own: actor.id.is_some_and(|id| self.record.authors.contains(&id)) }
    }

    fn near(&self) -> Reachable<'_> {
        let departments = self.row.department_id.into_iter().collect();
        Reachable { assignee: self.row.owner_id, departments, ..organization::custodian_reachable(&self.center) }
    }

    /// Whether this caller may do this now.
    pub fn allows(&self, actor: &Actor, action: Action) -> bool {
        decide(self.row.state, self.facts(actor), action).is_ok() && policy::allows(actor, KIND, action.code(), &self.near())
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, actor: &Actor) -> Vec<String> {
        Action::ALL.iter().filter(|a| self.allows(actor, **a)).map(|a| a.code().to_owned()).collect()
    }

    /// Whether this caller answers what is said of it.
    pub fn answers(&self, actor: &Actor) -> bool {
        policy::allows(actor, KIND, "answer_feedback", &self.near())
    }
}

/// By id or number, whoever may read it.
pub fn by_reference(tx: &mut Tx, reference: &str) -> Result<Article> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::article(tx, id)?,
        Err(_) => store::by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// An article with what is needed to decide about it.
pub fn open(tx: &mut Tx, row: Article) -> Result<Opened> {
    let draft = row.draft.as_ref().map(|d| d.open(tx.vault)).transpose()?;
    Ok(Opened { record: row.record.open(tx.vault)?, center: organization::load(tx, row.center_id)?, draft, row })
}

/// An article whose draft the caller may read.
pub fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Opened> {
    let row = by_reference(tx, reference)?;
    access::sight(tx, &Scope::of(actor, KIND), row.id)?.ok_or_else(Problem::not_found)?;
    open(tx, row)
}

/// An article that the caller keeps, or may read as it is live.
pub fn load_readable(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Opened, bool)> {
    let row = by_reference(tx, reference)?;
    let keeps = access::sight(tx, &Scope::of(actor, KIND), row.id)?.is_some();
    if !keeps && !Asker::of(tx, actor, None)?.reads(&row) {
        return Err(Problem::not_found().into());
    }
    Ok((open(tx, row)?, keeps))
}

/// An article for an action: locked, seen (404), allowed (403), in the version asked for (412), in a state that permits it (409).
fn load_for(tx: &mut Tx, actor: &Actor, target: &Target, action: Action) -> Result<(Opened, State)> {
    let id = by_reference(tx, &target.reference)?.id;
    dialect::lock_root(tx.conn, "knowledge_articles", id.as_str())?;
    let opened = match load_seen(tx, actor, id.as_str()) {
        // Who reads what is live, and may not work on it, is forbidden to.
        Err(Error::Refused(problem)) if problem.code == ErrorCode::NotFound => {
            load_readable(tx, actor, id.as_str())?;
            return Err(Problem::of(ErrorCode::Forbidden).into());
        }
        other => other?,
    };
    if !policy::allows(actor, KIND, action.code(), &opened.near()) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(opened.row.version)?;
    let next = decide(opened.row.state, opened.facts(actor), action);
    let next = next.map_err(|refusal| Problem { allowed_actions: Some(opened.allowed(actor)), ..Problem::from(refusal) })?;
    Ok((opened, next))
}

/// Who keeps an article: its center and everything above, its department, its owner. It is due on the day on which it ends.
pub(super) fn place(tx: &mut Tx, row: &Article, center: &Center) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(row.department_id.map(|id| (subject::department(id.as_str()), false)));
    subjects.extend(row.owner_id.map(|id| (subject::user(id.as_str()), false)));
    let due_at = match row.valid_until.parse::<chrono::NaiveDate>() {
        Ok(day) if row.live && row.valid_until != EVER => crate::clocks::midnight(day.succ_opt().unwrap_or(day)),
        _ => Moment::NEVER,
    };
    access::place(tx, &Placement { kind: KIND, record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// Writes an event: numbers only, for a title may name somebody until it is published.
pub(super) fn tell(tx: &mut Tx, actor: &Actor, row: &Article, kind: &str, audience: Audience, params: Value, words: Option<&str>) -> Result<()> {
    let mut params = params;
    params["number"] = json!(row.number);
    params["published_version"] = json!(row.published_version);
    let kind = format!("{KIND}.{kind}");
    let event = NewEvent { record_kind: KIND, record_id: row.id, version: row.version, kind: &kind, audience, params, words };
    events::record(tx, actor, event)
}

/// Saves a changed article with its event and who sees it.
fn save(tx: &mut Tx, actor: &Actor, mut opened: Opened, (kind, audience): (&str, Audience), words: Option<&str>) -> Result<ArticleView> {
    let row = &mut opened.row;
    row.record = Private::seal(tx.vault, &opened.record)?;
    row.draft = opened.draft.as_ref().map(|d| Private::seal(tx.vault, d)).transpose()?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    place(tx, row, &opened.center)?;
    tell(tx, actor, row, kind, audience, json!({}), words)?;
    views::whole(tx, actor, opened, true)
}

/// Writes an article.
pub fn create(tx: &mut Tx, actor: &Actor, input: &NewArticle) -> Result<ArticleView> {
    let row = create_as(tx, actor, input, None)?;
    views::view(tx, actor, row.id)
}

/// `create` under a given identity.
pub fn create_as(tx: &mut Tx, actor: &Actor, input: &NewArticle, identity: Option<Identity>) -> Result<Article> {
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    let center = match (&input.center, actor.center_id) {
        (Some(reference), _) => organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?,
        (None, Some(own)) => organization::load(tx, own)?,
        (None, None) => return Err(unknown().into()),
    };
    let department = match input.department_id {
        Some(id) => {
            let wrong = || Problem::rule("/department_id", "unknown_department", "没有这个部门。", "No such department.");
            let found = organization::department(tx, id)?.ok_or_else(wrong)?;
            if organization::load(tx, found.center_id)?.lineage().next() != center.lineage().next() {
                return Err(wrong().into());
            }
            Some(found.id)
        }
        None => None,
    };
    let near = Reachable { departments: department.into_iter().collect(), ..organization::custodian_reachable(&center) };
    if !policy::allows(actor, KIND, "create", &near) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let content = fitting(tx, &input.content)?;
    let owner = owner_of(tx, input.owner_id)?.or(actor.id.filter(|_| actor.kind == "user"));
    enter(tx, actor, &center, Drawn { kind: input.kind, content, department, owner, ..Drawn::default_of(input.kind) }, identity)
}

fn owner_of(tx: &mut Tx, id: Option<Id>) -> Result<Option<Id>> {
    let Some(id) = id else { return Ok(None) };
    let there = accounts::user(tx, id)?.filter(|u| u.status == "active" && u.applicant_id.is_none());
    there.map(|u| Some(u.id)).ok_or_else(|| Problem::rule("/owner_id", "not_staff", "须是在岗的工作人员。", "Not staff.").into())
}

/// What a new article is made of.
pub(super) struct Drawn {
    /// What kind.
    pub kind: ArticleKind,
    /// What it says.
    pub content: ArticleContent,
    /// Department.
    pub department: Option<Id>,
    /// Owner.
    pub owner: Option<Id>,
    /// From which precedent.
    pub precedent: Option<Id>,
    /// From which consultation.
    pub consultation: Option<Id>,
    /// From which item's guide.
    pub item: Option<Id>,
}

impl Drawn {
    /// From nothing.
    pub fn default_of(kind: ArticleKind) -> Self {
        let content = ArticleContent {
            title: String::new(),
            question: String::new(),
            summary: String::new(),
            body: String::new(),
            keywords: Vec::new(),
            items: Vec::new(),
            sources: Vec::new(),
            visibility: ArticleVisibility::Staff,
            valid_from: None,
            valid_until: None,
        };
        Self { kind, content, department: None, owner: None, precedent: None, consultation: None, item: None }
    }
}

/// Enters a draft; who may is the caller's to ask.
pub(super) fn enter(tx: &mut Tx, actor: &Actor, center: &Center, drawn: Drawn, identity: Option<Identity>) -> Result<Article> {
    let Identity { id, number } = match identity {
        Some(identity) => identity,
        None => Identity { id: Id::new(), number: numbers::next(tx, "ZS", &center.division_code)? },
    };
    let record = ArticleRecord { authors: actor.id.into_iter().collect(), ..ArticleRecord::default() };
    let row = Article {
        id,
        number,
        kind: drawn.kind,
        center_id: center.id,
        path: center.path.clone(),
        department_id: drawn.department,
        owner_id: drawn.owner,
        state: State::Draft,
        live: false,
        visibility: drawn.content.visibility,
        title: String::new(),
        summary: String::new(),
        valid_from: EVER.into(),
        valid_until: EVER.into(),
        draft: Some(Private::seal(tx.vault, &drawn.content)?),
        published: None,
        published_version: None,
        published_at: None,
        precedent_id: drawn.precedent,
        consultation_id: drawn.consultation,
        item_id: drawn.item,
        record: Private::seal(tx.vault, &record)?,
        uses: 0,
        useful: 0,
        open_feedback: 0,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    place(tx, &row, center)?;
    tell(tx, actor, &row, "drafted", Audience::Staff, json!({ "kind": row.kind }), None)?;
    Ok(row)
}

/// What was written, with its items as ids; an article leads to published items only, and ends after it begins.
pub(super) fn fitting(tx: &mut Tx, content: &ArticleContent) -> Result<ArticleContent> {
    let mut wrong = Vec::new();
    let mut items: Vec<String> = Vec::new();
    for (i, reference) in content.items.iter().enumerate() {
        let mut refuse = |code, zh, en| wrong.push(FieldError::body(&format!("/content/items/{i}"), code, zh, en));
        match catalogue::published(tx, reference)?.map(|item| item.id.to_string()) {
            None => refuse("unknown_item", "没有这个已发布的事项。", "No such published item."),
            Some(id) if items.contains(&id) => refuse("duplicate", "事项重复。", "Named twice."),
            Some(id) => items.push(id),
        }
    }
    if content.valid_until.is_some_and(|until| until < content.valid_from.unwrap_or(chrono::NaiveDate::MIN)) {
        wrong.push(FieldError::body("/content/valid_until", "out_of_range", "失效日期应在生效日期之后。", "It ends before it begins."));
    }
    if wrong.is_empty() { Ok(ArticleContent { items, ..content.clone() }) } else { Err(Problem::fields(ErrorCode::RuleViolation, wrong).into()) }
}

/// Changes the draft: all of it. What is published stays until the next version is.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &ArticleEdit) -> Result<ArticleView> {
    let (mut opened, next) = load_for(tx, actor, target, Action::Edit)?;
    let content = fitting(tx, &input.content)?;
    opened.row.owner_id = owner_of(tx, input.owner_id)?.or(opened.row.owner_id);
    if opened.draft.is_none() {
        // The next version has its own authors.
        opened.record.authors.clear();
    }
    opened.record.authors.extend(actor.id.filter(|id| !opened.record.authors.contains(id)));
    if !opened.row.live {
        opened.row.visibility = content.visibility;
    }
    opened.row.state = next;
    opened.draft = Some(content);
    save(tx, actor, opened, ("edited", Audience::Staff), None)
}

fn lost(id: Id) -> Error {
    Error::Corrupt(format!("article {id} has no draft"))
}

/// Hands the draft to who reviews it.
pub fn submit(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ArticleView> {
    let (mut opened, next) = load_for(tx, actor, target, Action::Submit)?;
    opened.record.authors.extend(actor.id.filter(|id| !opened.record.authors.contains(id)));
    opened.record.sent_back_for = None;
    opened.row.state = next;
    let known = super::sources::known(tx, &opened.row)?;
    refuse_personal(opened.draft.as_ref().ok_or_else(|| lost(opened.row.id))?, &known)?;
    save(tx, actor, opened, ("submitted", Audience::Staff), None)
}

/// What is certainly somebody's is taken out before anybody reads it: their numbers, and whomever its source names. A service's
/// telephone or address may stand.
fn refuse_personal(content: &ArticleContent, known: &Known) -> Result<(), Problem> {
    let of = |(at, text): (String, &str)| check(text, known).into_iter().map(move |f| (at.clone(), f)).collect::<Vec<_>>();
    let found = content.texts().into_iter().flat_map(of).filter(|(_, f)| f.known || !f.kind.doubtful());
    let told = |(at, f): (String, crate::deidentify::Finding)| {
        let zh = format!("“{}”是{}，必须删改。", f.words, f.kind.label());
        FieldError::body(&format!("/content{at}"), "personal_data", zh, format!("“{}” is personal data.", f.words))
    };
    let wrong: Vec<FieldError> = found.map(told).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, wrong)) }
}

/// The reviewer sends the draft back.
pub fn send_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &ArticleReason) -> Result<ArticleView> {
    let (mut opened, next) = load_for(tx, actor, target, Action::SendBack)?;
    opened.record.sent_back_for = Some(input.reason.clone());
    opened.row.state = next;
    save(tx, actor, opened, ("sent_back", Audience::Staff), Some(&input.reason))
}

/// The reviewer publishes the draft as the next version, which never changes.
pub fn publish(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ArticleView> {
    let (mut opened, next) = load_for(tx, actor, target, Action::Publish)?;
    let content = opened.draft.take().ok_or_else(|| lost(opened.row.id))?;
    let content = fitting(tx, &content)?;
    let today = tx.now.local_date();
    if content.valid_until.is_some_and(|until| until < today) {
        let zh = "失效日期已过，不能发布。";
        return Err(Problem::rule("/content/valid_until", "out_of_range", zh, "Its last day is over.").into());
    }
    let known = super::sources::known(tx, &opened.row)?;
    refuse_personal(&content, &known)?;
    let number = opened.row.published_version.unwrap_or(0) + 1;
    let review = ArticleReview { authors: std::mem::take(&mut opened.record.authors), reviewer: actor.id };
    let version =
        ArticleVersion { article_id: opened.row.id, number, content: Json::new(&content)?, review: Private::seal(tx.vault, &review)?, published_at: tx.now };
    store::insert_version(tx, &version)?;
    let row = &mut opened.row;
    row.published = Some(version.content);
    (row.published_version, row.published_at) = (Some(number), Some(tx.now));
    (row.live, row.state) = (true, next);
    (row.visibility, row.title, row.summary) = (content.visibility, content.title.clone(), content.summary.clone());
    row.valid_from = content.valid_from.unwrap_or(today).to_string();
    row.valid_until = content.valid_until.map_or_else(|| EVER.into(), |day| day.to_string());
    index(tx, row, &content)?;
    save(tx, actor, opened, ("published", Audience::Staff), None)
}

/// What a live article is found by.
fn index(tx: &mut Tx, row: &Article, content: &ArticleContent) -> Result<()> {
    let words: Vec<&str> = content.texts().into_iter().map(|(_, text)| text).collect();
    let body = text::fold(&format!("{} {}", row.number, words.join(" ")));
    let tokens = text::tokens(&body).iter().map(|t| text::encode_token(t)).collect::<Vec<_>>().join(" ");
    dialect::put_document(tx.conn, KIND, row.id.as_str(), &body, &format!("{MARK} {tokens}"))?;
    let items: Vec<Id> = content.items.iter().filter_map(|id| id.parse().ok()).collect();
    store::set_terms(tx, row.id, &ranking::terms(content), &items)
}

/// Nobody finds it any more; its versions stay.
pub(super) fn hide(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::drop_document(tx.conn, id.as_str())?;
    store::set_terms(tx, id, &[], &[])
}

/// Takes it out of sight; it may be published anew.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target, input: &ArticleReason) -> Result<ArticleView> {
    let (mut opened, next) = load_for(tx, actor, target, Action::Withdraw)?;
    opened.record.withdrawn_for = Some(input.reason.clone());
    (opened.row.live, opened.row.state) = (false, next);
    hide(tx, opened.row.id)?;
    save(tx, actor, opened, ("withdrawn", Audience::Staff), Some(&input.reason))
}

/// So many days before its end an article is its owner's to look at.
pub const WARN_DAYS: i64 = 15;

/// Those of these articles that wait for the caller: to review, to write on, to renew before they end, to answer what is said.
pub fn awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let mut mine = Vec::new();
    let soon = tx.now.plus(chrono::TimeDelta::days(WARN_DAYS)).local_date().to_string();
    for row in store::articles_by_id(tx, ids)? {
        let id = row.id;
        let opened = open(tx, row)?;
        let owns = opened.row.owner_id.is_some_and(|owner| actor.answers_for(owner));
        let keeps = owns || (opened.row.owner_id.is_none() && opened.answers(actor));
        let waits = match opened.row.state {
            State::InReview => opened.allows(actor, Action::Publish),
            State::SentBack => opened.record.authors.iter().any(|author| actor.answers_for(*author)),
            _ => opened.row.live && keeps && (opened.row.open_feedback > 0 || opened.row.valid_until <= soon),
        };
        if waits {
            mine.push(id);
        }
    }
    Ok(mine)
}
