//! Comments that came otherwise than with a rating: from a letter box, by mail, in the media 综合点评, by an inspection 督查. They are
//! recorded, corrected and withdrawn by hand, and stay outside every rate.

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use serde_json::json;

use super::{
    indexing,
    listing::{CommentView, by_reference, view},
    model::{CommentCorrection, CommentReason, CommentSource, CommentTags, NewComment},
    service,
    store::{self, OpenComment},
    tagging,
};
use crate::{
    access,
    auth::{Actor, Reachable, Role, Scope, policy},
    catalogue,
    db::{Json, Result, Tx, dialect, numbers},
    deidentify::{self, Known},
    entrustments::Identity,
    evaluations::model::Grade,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text, text},
    organization::{self, Center},
};

/// So many days back something is recorded.
const LATE: u64 = 1_100;

/// What the caller may do with a recorded comment: its recorders correct and withdraw it.
pub(super) fn allowed(actor: &Actor, row: &OpenComment) -> Vec<String> {
    let may = |action: &&&str| row.withdrawn_at.is_none() && permits(actor, row, action);
    ["correct", "withdraw"].iter().filter(may).map(|action| (*action).to_owned()).collect()
}

fn permits(actor: &Actor, row: &OpenComment, action: &str) -> bool {
    let by = Reachable { authority: row.recorded_center_id, ..Reachable::default() };
    row.source != CommentSource::Rating && policy::allows(actor, "open_comment", action, &by)
}

/// A withdrawn comment is changed no more.
pub(super) fn standing(row: &OpenComment) -> Result<()> {
    match row.withdrawn_at {
        None => Ok(()),
        Some(_) => Err(Problem::new(ErrorCode::StateConflict, Text::new("这条评论已撤回。", "This comment was withdrawn.")).into()),
    }
}

/// Records a comment.
pub fn record(tx: &mut Tx, actor: &Actor, input: &NewComment) -> Result<CommentView> {
    record_as(tx, actor, input, None)
}

/// `record` under a given identity.
pub fn record_as(tx: &mut Tx, actor: &Actor, input: &NewComment, identity: Option<Identity>) -> Result<CommentView> {
    if !policy::may(actor, "open_comment", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    if input.source == CommentSource::Rating {
        let zh = "随评价写下的评论由系统收录，不在此登记。";
        return Err(Problem::rule("/source", "source", zh, "What comes with a rating is not recorded by hand.").into());
    }
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    let center = match (&input.center, actor.center_id) {
        (Some(reference), _) => organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?,
        (None, Some(own)) => organization::load(tx, own)?,
        (None, None) => return Err(unknown().into()),
    };
    if !policy::allows(actor, "open_comment", "create", &organization::custodian_reachable(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let inspects = [Role::Inspector, Role::ReformOffice, Role::CenterManager].into_iter().any(|role| actor.is(role));
    if input.source == CommentSource::Inspection && !inspects && !actor.is_system() {
        let zh = "督查意见由督查人员、改革办或中心负责人登记。";
        return Err(Problem::rule("/source", "not_yours", zh, "Inspections are recorded by who inspects.").into());
    }
    let received = received(tx, input.received_on)?;
    let (department, item) = about(tx, &center, (input.department_id, input.item.as_deref()))?;
    if let Some(tags) = &input.about {
        service::impersonal(tags)?;
    }
    let words = cleaned(&input.text);
    let tags = input.about.clone().unwrap_or_else(|| by_words(&words, input.grade));
    let Identity { id, number } = match identity {
        Some(identity) => identity,
        None => Identity { id: Id::new(), number: numbers::next(tx, "DP", &center.division_code)? },
    };
    let row = OpenComment {
        id,
        evaluation_id: None,
        number,
        title: item.as_ref().map_or_else(|| input.source.label().to_owned(), |(_, name)| name.clone()),
        center_id: center.id,
        item_id: item.map(|(id, _)| id),
        grade: input.grade,
        text: words,
        tags: Json::new(&tags)?,
        tagged_by: actor.id.filter(|_| input.about.is_some()),
        rated_at: received,
        withheld_from: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        source: input.source,
        department_id: department,
        recorded_by: actor.id,
        recorded_center_id: Some(recorder(actor, &center)),
        withdrawn_at: None,
        withdrawn_why: None,
    };
    store::insert(tx, &row)?;
    indexing::place(tx, &row)?;
    indexing::index(tx, &row, &tags)?;
    tell(tx, actor, &row, "recorded", None)?;
    view(tx, actor, row)
}

/// What was recorded wrongly is put right; the source and the center stay.
pub fn correct(tx: &mut Tx, actor: &Actor, target: &Target, input: &CommentCorrection) -> Result<CommentView> {
    let mut row = load_for(tx, actor, target, "correct")?;
    let center = organization::load(tx, row.center_id)?;
    row.rated_at = received(tx, input.received_on)?;
    let (department, item) = about(tx, &center, (input.department_id, input.item.as_deref()))?;
    row.department_id = department;
    row.title = item.as_ref().map_or_else(|| row.source.label().to_owned(), |(_, name)| name.clone());
    row.item_id = item.map(|(id, _)| id);
    row.text = cleaned(&input.text);
    row.grade = input.grade;
    if row.tagged_by.is_none() {
        row.tags = Json::new(&by_words(&row.text, row.grade))?;
    }
    save(tx, actor, row, "corrected", &input.reason)
}

/// What was recorded by mistake is found and counted no more.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target, input: &CommentReason) -> Result<CommentView> {
    let mut row = load_for(tx, actor, target, "withdraw")?;
    row.withdrawn_at = Some(tx.now);
    row.withdrawn_why = Some(cleaned(&input.reason));
    save(tx, actor, row, "withdrawn", &input.reason)
}

/// A recorded comment, locked and seen (404), allowed (403), in the version asked for (412), not withdrawn (409).
fn load_for(tx: &mut Tx, actor: &Actor, target: &Target, action: &str) -> Result<OpenComment> {
    let id = by_reference(tx, &target.reference)?.id;
    dialect::lock_root(tx.conn, "open_comments", id.as_str())?;
    let row = store::comment(tx, id)?.ok_or_else(Problem::not_found)?;
    let seen = access::sight(tx, &Scope::of(actor, "open_comment"), id)?.is_some() && !super::listing::withheld(actor, &row);
    if !seen {
        return Err(Problem::not_found().into());
    }
    if !permits(actor, &row, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    standing(&row)?;
    Ok(row)
}

fn save(tx: &mut Tx, actor: &Actor, mut row: OpenComment, kind: &str, reason: &str) -> Result<CommentView> {
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    let tags = row.tags.get()?;
    indexing::place(tx, &row)?;
    indexing::index(tx, &row, &tags)?;
    tell(tx, actor, &row, kind, Some(reason))?;
    view(tx, actor, row)
}

fn tell(tx: &mut Tx, actor: &Actor, row: &OpenComment, kind: &str, words: Option<&str>) -> Result<()> {
    let params = json!({ "source": row.source });
    let kind = format!("open_comment.{kind}");
    let event = NewEvent { record_kind: "open_comment", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words };
    events::record(tx, actor, event)
}

/// Without personal data, as what comes with a rating.
fn cleaned(words: &str) -> String {
    deidentify::clean(words.trim(), &Known::default()).0
}

/// Without a good grade nothing says that kind words are meant so.
fn by_words(words: &str, grade: Option<Grade>) -> CommentTags {
    CommentTags { tags: tagging::tags_of(&text::fold(words), grade.is_none_or(Grade::is_bad)), labels: Vec::new() }
}

/// Whose record it is: of the center that it is about where the caller works there, else of the caller's own.
fn recorder(actor: &Actor, center: &Center) -> Id {
    let works =
        |at: Id| [Role::Clerk, Role::CenterManager, Role::Inspector, Role::ReformOffice].into_iter().any(|role| actor.nodes(role).any(|n| n == at.as_str()));
    actor.center_id.filter(|own| !works(center.id) && works(*own)).unwrap_or(center.id)
}

/// The beginning of the day, in China, on which it came.
fn received(tx: &Tx, on: NaiveDate) -> Result<Moment> {
    let today = tx.now.local_date();
    if on > today || on < today - Days::new(LATE) {
        let zh = "收到日期应在今日之前、三年之内。";
        return Err(Problem::rule("/received_on", "out_of_range", zh, "Not after today, within three years.").into());
    }
    Ok(Moment::from(on.and_time(NaiveTime::MIN).and_utc()).plus(TimeDelta::hours(-8)))
}

type About = (Option<Id>, Option<(Id, String)>);

/// The department, of the center's city, and the item with its name.
fn about(tx: &mut Tx, center: &Center, (department, item): (Option<Id>, Option<&str>)) -> Result<About> {
    if let Some(id) = department {
        let wrong = || Problem::rule("/department_id", "unknown_department", "这个中心所在的城市没有该部门。", "No such department in the center's city.");
        let department = organization::department(tx, id)?.ok_or_else(wrong)?;
        let at = organization::load(tx, department.center_id)?;
        if at.lineage().next() != center.lineage().next() {
            return Err(wrong().into());
        }
    }
    let item = match item {
        None => None,
        Some(reference) => {
            let unknown = || Problem::rule("/item", "unknown_item", "没有这个事项。", "No such item.");
            Some(catalogue::store::item_by_reference(tx, reference)?.ok_or_else(unknown)?)
        }
    };
    Ok((department, item.map(|i| (i.id, i.name))))
}
