//! Use cases of bulletins.

use serde_json::{Value, json};

use super::{
    composing::{self, Period},
    machine::{BulletinAction as Action, BulletinState as State, Facts, decide},
    model::{BulletinNote, BulletinPublication, BulletinReason, BulletinRecord, BulletinWords, NewBulletin},
    store::{self, Bulletin},
    views::{self, BulletinView},
};
use crate::{
    auth::{Actor, Role, policy},
    db::{Error, Json, Private, Result, Tx, dialect, numbers},
    deidentify::{self, Known},
    entrustments::Identity,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Month, Problem, Target, Text},
    organization::{self, Center},
};

/// The longest period, in months.
const LONGEST: i32 = 12;
/// The most that may be said of one bulletin.
const MOST_NOTES: usize = 200;

/// A bulletin with what is needed to decide about it.
pub(super) struct Loaded {
    /// The row.
    pub row: Bulletin,
    /// What people wrote.
    pub record: BulletinRecord,
    /// What it says in figures and names.
    pub body: composing::BulletinBody,
    /// Its center.
    pub center: Center,
}

impl Loaded {
    pub(super) fn of(tx: &mut Tx, row: Bulletin) -> Result<Self> {
        let center = organization::load(tx, row.center_id)?;
        Ok(Self { record: row.record.open(tx.vault)?, body: row.body.get()?, center, row })
    }

    fn facts(&self, actor: &Actor) -> Facts {
        Facts { own: actor.id.is_some_and(|id| self.record.worked_by.contains(&id)), counted: self.body.complete }
    }

    fn may(&self, actor: &Actor, action: &str) -> bool {
        policy::allows(actor, "bulletin", action, &organization::custodian_reachable(&self.center))
    }

    /// Whoever works on bulletins here sees all of them; everybody at or below the center sees what is published.
    pub(super) fn is_seen(&self, tx: &mut Tx, actor: &Actor) -> Result<bool> {
        Ok(self.may(actor, "read") || (self.row.state == State::Published && views::hears_of(tx, actor)?.contains(&self.row.center_id)))
    }

    /// Exactly what this caller may do now.
    pub(super) fn allowed(&self, actor: &Actor) -> Vec<String> {
        let may = |a: &&Action| decide(self.row.state, self.facts(actor), **a).is_ok() && self.may(actor, a.code());
        Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
    }
}

/// By id or number.
pub(super) fn by_reference(tx: &mut Tx, reference: &str) -> Result<Bulletin> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::bulletin(tx, id)?,
        Err(_) => store::bulletin_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// A bulletin for an action: locked, seen (404), allowed (403), in the version asked for (412), in a state that permits it
/// (409); changed by `edit`, noted, saved and told.
fn change(
    tx: &mut Tx,
    actor: &Actor,
    target: &Target,
    (action, words): (Action, &str),
    edit: impl FnOnce(&mut Tx, &mut Loaded) -> Result<Value>,
) -> Result<BulletinView> {
    let id = by_reference(tx, &target.reference)?.id;
    dialect::lock_root(tx.conn, "bulletins", id.as_str())?;
    let row = store::bulletin(tx, id)?.ok_or_else(Problem::not_found)?;
    let mut loaded = Loaded::of(tx, row)?;
    if !loaded.is_seen(tx, actor)? {
        return Err(Problem::not_found().into());
    }
    if !loaded.may(actor, action.code()) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(loaded.row.version)?;
    loaded.row.state = decide(loaded.row.state, loaded.facts(actor), action)
        .map_err(|refusal| Problem { allowed_actions: Some(loaded.allowed(actor)), ..Problem::from(refusal) })?;
    if loaded.record.notes.len() >= MOST_NOTES {
        return Err(Problem::new(ErrorCode::RuleViolation, Text::new("一份通报最多记录 200 次修改。", "At most 200 notes.")).into());
    }
    loaded.record.notes.push(BulletinNote { act: action, act_label: action.label().into(), words: words.to_owned(), by: actor.id, at: tx.now });
    if !action.is_review() && action != Action::Withdraw {
        worked(&mut loaded.record, actor);
    }
    let params = edit(tx, &mut loaded)?;
    loaded.row.record = Private::seal(tx.vault, &loaded.record)?;
    loaded.row.is_public = loaded.record.words.is_public;
    loaded.row.version += 1;
    loaded.row.updated_at = tx.now;
    if !store::save(tx, &loaded.row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    tell(tx, actor, &loaded.row, told(action), params)?;
    Ok(views::whole(actor, loaded))
}

fn worked(record: &mut BulletinRecord, actor: &Actor) {
    record.worked_by.extend(actor.id.filter(|id| !record.worked_by.contains(id)));
}

fn told(action: Action) -> &'static str {
    match action {
        Action::Edit => "edited",
        Action::Recompose => "recomposed",
        Action::Submit => "submitted",
        Action::SendBack => "sent_back",
        Action::Publish => "published",
        Action::Withdraw => "withdrawn",
        Action::Discard => "discarded",
    }
}

fn tell(tx: &mut Tx, actor: &Actor, row: &Bulletin, kind: &str, mut params: Value) -> Result<()> {
    params["number"] = json!(row.number);
    let kind = format!("bulletin.{kind}");
    let event = NewEvent { record_kind: "bulletin", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)
}

/// Whole months that are over.
fn period(tx: &Tx, input: &NewBulletin) -> Result<Period, Problem> {
    let month = |at: &str, text: &str| Month::over(text, tx.now.local_date()).map_err(|[code, zh, en]| Problem::rule(at, code, zh, en));
    let (first, last) = (month("/from", &input.from)?, month("/to", &input.to)?);
    if !(0..LONGEST).contains(&last.since(first)) {
        return Err(Problem::rule("/to", "range", "止月应不早于起月，最多十二个月。", "Not before from, at most twelve months."));
    }
    Ok(Period { first, last })
}

/// As people say it.
fn label(input: &NewBulletin) -> String {
    let say = |text: &str| Month::read(text).map(Month::label).unwrap_or_default();
    if input.from == input.to { say(&input.from) } else { format!("{}至{}", say(&input.from), say(&input.to)) }
}

/// Composes the bulletin of a period.
pub fn compose(tx: &mut Tx, actor: &Actor, input: &NewBulletin) -> Result<BulletinView> {
    compose_as(tx, actor, input, None)
}

/// A bulletin under a given identity, where one is given.
pub fn compose_as(tx: &mut Tx, actor: &Actor, input: &NewBulletin, identity: Option<Identity>) -> Result<BulletinView> {
    if !policy::may(actor, "bulletin", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let unknown = || Problem::rule("/center", "unknown_center", "没有这个服务中心。", "No such center.");
    let center = match &input.center {
        Some(reference) => organization::store::center_by_reference(tx, reference)?.ok_or_else(unknown)?,
        None => {
            let offices = [Role::Inspector, Role::ReformOffice, Role::CenterManager];
            let node = offices.into_iter().flat_map(|role| actor.nodes(role)).next().and_then(|node| node.parse::<Id>().ok());
            organization::load(tx, node.ok_or_else(unknown)?)?
        }
    };
    if !policy::allows(actor, "bulletin", "create", &organization::custodian_reachable(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let period = period(tx, input)?;
    dialect::lock_name(tx.conn, &format!("bulletin:{}:{}:{}", center.id, input.from, input.to))?;
    if let Some(there) = store::standing(tx, center.id, &input.from, &input.to)? {
        let zh = format!("该期间的通报已有 {}（{}）；请修改，或作废、撤回后重新起草。", there.number, there.state.label());
        return Err(Problem::new(ErrorCode::Conflict, Text::new(zh, "There is a bulletin of this period.")).into());
    }
    let body = composing::compose(tx, &center, period)?;
    let (id, number) = match identity {
        Some(identity) => (identity.id, identity.number),
        None => (Id::new(), numbers::next(tx, "TB", &center.division_code)?),
    };
    let title = input.title.clone().unwrap_or_else(|| format!("{}{}代办帮办工作情况通报", center.name, label(input)));
    let mut record = BulletinRecord { words: BulletinWords { title, ..BulletinWords::default() }, ..BulletinRecord::default() };
    worked(&mut record, actor);
    let row = Bulletin {
        id,
        number,
        center_id: center.id,
        first_month: input.from.clone(),
        last_month: input.to.clone(),
        state: State::Draft,
        is_public: false,
        body: Json::new(&body)?,
        record: Private::seal(tx.vault, &record)?,
        document_no: None,
        published_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    tell(tx, actor, &row, "composed", json!({ "period": label(input) }))?;
    Ok(views::whole(actor, Loaded { row, record, body, center }))
}

/// Changes what it says in words.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &BulletinWords) -> Result<BulletinView> {
    change(tx, actor, target, (Action::Edit, ""), |_, loaded| {
        loaded.record.words = input.clone();
        Ok(json!({}))
    })
}

/// Composes figures and names anew.
pub fn recompose(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<BulletinView> {
    change(tx, actor, target, (Action::Recompose, ""), |tx, loaded| {
        let corrupt = || Error::Corrupt("a bulletin of no month".into());
        let month = |text: &str| Month::read(text).ok_or_else(corrupt);
        let period = Period { first: month(&loaded.row.first_month)?, last: month(&loaded.row.last_month)? };
        loaded.body = composing::compose(tx, &loaded.center, period)?;
        loaded.row.body = Json::new(&loaded.body)?;
        Ok(json!({}))
    })
}

/// It is to be reviewed.
pub fn submit(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<BulletinView> {
    change(tx, actor, target, (Action::Submit, ""), |_, loaded| {
        public_words(loaded)?;
        Ok(json!({}))
    })
}

/// What everybody will read names nobody.
fn public_words(loaded: &Loaded) -> Result<(), Problem> {
    let words = &loaded.record.words;
    if !words.is_public {
        return Ok(());
    }
    let found = |text: &str| deidentify::check(text, &Known::default()).into_iter().next();
    for (at, text) in [("/title", &words.title), ("/overview", &words.overview)] {
        if let Some(finding) = found(text) {
            let zh = format!("公开的文字中疑有个人信息“{}”（{}），请删改，或不公开。", finding.words, finding.kind.label());
            return Err(Problem::rule(at, "personal_data", zh, "What everybody may read names nobody."));
        }
    }
    Ok(())
}

/// It goes back to whoever wrote it.
pub fn send_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &BulletinReason) -> Result<BulletinView> {
    change(tx, actor, target, (Action::SendBack, &input.words), |_, _| Ok(json!({})))
}

/// It goes out.
pub fn publish(tx: &mut Tx, actor: &Actor, target: &Target, input: &BulletinPublication) -> Result<BulletinView> {
    change(tx, actor, target, (Action::Publish, ""), |tx, loaded| {
        let document_no = input.document_no.clone().unwrap_or_else(|| loaded.row.number.clone());
        loaded.row.published_at = Some(tx.now);
        loaded.row.document_no = Some(document_no.clone());
        Ok(json!({ "document_no": document_no }))
    })
}

/// It was wrong: it stays on record, and nobody below reads it any more.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target, input: &BulletinReason) -> Result<BulletinView> {
    change(tx, actor, target, (Action::Withdraw, &input.words), |_, _| Ok(json!({})))
}

/// The draft is given up.
pub fn discard(tx: &mut Tx, actor: &Actor, target: &Target, input: &BulletinReason) -> Result<BulletinView> {
    change(tx, actor, target, (Action::Discard, &input.words), |_, _| Ok(json!({})))
}
