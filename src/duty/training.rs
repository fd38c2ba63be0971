//! Training courses, who took part, and how they did.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    rota::center_seen,
    store::{self, Course, CourseRecord},
};
use crate::{
    auth::Actor,
    db::{Result, Tx, code_enum, dialect},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target},
    organization::team,
};

code_enum! {
    /// How it is taught.
    CourseKind in "course-kinds" {
        Lecture "lecture" "集中授课",
        Mentoring "mentoring" "师傅传帮带",
        Shadowing "shadowing" "轮岗跟班",
        Online "online" "线上学习",
        Contest "contest" "业务竞赛",
    }
}

code_enum! {
    /// How somebody did.
    CourseResult in "course-results" {
        Enrolled "enrolled" "已报名",
        Passed "passed" "合格",
        Failed "failed" "不合格",
        Missed "missed" "缺席",
    }
}

/// A course as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "title": "帮办代办业务培训", "kind": "lecture", "hours": 16, "from": "2026-12-07", "to": "2026-12-08", "note": "企业开办和建设项目" }))]
pub struct CourseInput {
    /// Title.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub title: String,
    /// How it is taught.
    pub kind: CourseKind,
    /// Hours of teaching.
    #[validate(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000)]
    pub hours: i32,
    /// First day.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    pub from: NaiveDate,
    /// Last day.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    pub to: NaiveDate,
    /// In words.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub note: String,
}

/// A course as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CourseView {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub center_id: Id,
    /// Title.
    pub title: String,
    /// How it is taught.
    pub kind: CourseKind,
    /// In Chinese.
    pub kind_label: String,
    /// Hours of teaching.
    pub hours: i32,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// In words.
    pub note: String,
    /// Who took part, and how they did; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<TrainingResultView>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When entered.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(CourseView);

/// How somebody did.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrainingResultView {
    /// Who.
    pub user_id: Id,
    /// How.
    pub result: CourseResult,
    /// In Chinese.
    pub result_label: String,
    /// Score of 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i32>,
}

/// What somebody was trained in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrainingView {
    /// The course.
    pub course: CourseView,
    /// How they did.
    pub result: CourseResult,
    /// In Chinese.
    pub result_label: String,
    /// Score of 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i32>,
}

/// How people did.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainingRecords {
    /// One for each person; of others nothing changes.
    #[validate(length(min = 1, max = 200), nested)]
    #[schema(min_items = 1, max_items = 200)]
    pub records: Vec<TrainingRecord>,
}

/// How somebody did.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainingRecord {
    /// Who: staff of the center or of one below it.
    pub user_id: Id,
    /// How.
    pub result: CourseResult,
    /// Score of 100.
    #[serde(default)]
    #[validate(range(min = 0, max = 100))]
    #[schema(minimum = 0, maximum = 100)]
    pub score: Option<i32>,
}

fn view(c: Course, records: Option<Vec<CourseRecord>>) -> CourseView {
    let record = |r: CourseRecord| TrainingResultView { user_id: r.user_id, result: r.result, result_label: r.result.label().into(), score: r.score };
    CourseView {
        id: c.id,
        center_id: c.center_id,
        title: c.title,
        kind: c.kind,
        kind_label: c.kind.label().into(),
        hours: c.hours,
        from: c.from_on,
        to: c.to_on,
        note: c.note,
        records: records.map(|all| all.into_iter().map(record).collect()),
        version: c.version,
        created_at: c.created_at,
        updated_at: c.updated_at,
    }
}

/// The courses of a center.
pub fn list(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<CourseView>> {
    let center = center_seen(tx, actor, reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::courses(tx, center.id, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    Ok(Page::cut(rows, q.limit, tx.vault, |c| q.cursor_of(String::new(), c.id.to_string())).map(|c| view(c, None)))
}

fn load(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Course, crate::organization::Center)> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let course = store::course(tx, id)?.ok_or_else(Problem::not_found)?;
    let center = center_seen(tx, actor, course.center_id.as_str()).map_err(|_| Problem::not_found())?;
    Ok((course, center))
}

fn whole(tx: &mut Tx, course: Course) -> Result<CourseView> {
    let records = store::records(tx, course.id)?;
    Ok(view(course, Some(records)))
}

/// One course, with who took part.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<CourseView> {
    let (course, _) = load(tx, actor, reference)?;
    whole(tx, course)
}

fn check(input: &CourseInput) -> Result<(), Problem> {
    if input.to < input.from || (input.to - input.from).num_days() > 366 {
        return Err(Problem::rule("/to", "out_of_range", "结束日期应在开始日期之后一年以内。", "Within a year of the start."));
    }
    Ok(())
}

/// Enters a course.
pub fn create(tx: &mut Tx, actor: &Actor, target: &Target, input: &CourseInput) -> Result<CourseView> {
    let center = center_seen(tx, actor, &target.reference)?;
    team::admit_edit(actor, &center)?;
    check(input)?;
    let row = Course {
        id: Id::new(),
        center_id: center.id,
        title: input.title.clone(),
        kind: input.kind,
        hours: input.hours,
        from_on: input.from.to_string(),
        to_on: input.to.to_string(),
        note: input.note.clone(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_course(tx, &row)?;
    tell(tx, actor, &row, "course.entered")?;
    whole(tx, row)
}

/// Figures of training follow the events.
fn tell(tx: &mut Tx, actor: &Actor, row: &Course, kind: &str) -> Result<()> {
    let event = NewEvent { record_kind: "course", record_id: row.id, version: row.version, kind, audience: Audience::Staff, params: json!({}), words: None };
    events::record(tx, actor, event)
}

fn save(tx: &mut Tx, actor: &Actor, mut course: Course, kind: &str) -> Result<CourseView> {
    course.version += 1;
    course.updated_at = tx.now;
    if !store::save_course(tx, &course)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    tell(tx, actor, &course, kind)?;
    whole(tx, course)
}

/// Edits a course.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &CourseInput) -> Result<CourseView> {
    let (mut course, center) = load(tx, actor, &target.reference)?;
    team::admit_edit(actor, &center)?;
    target.check(course.version)?;
    check(input)?;
    course.title.clone_from(&input.title);
    course.kind = input.kind;
    course.hours = input.hours;
    (course.from_on, course.to_on) = (input.from.to_string(), input.to.to_string());
    course.note.clone_from(&input.note);
    save(tx, actor, course, "course.changed")
}

/// Records who took part and how they did.
pub fn record(tx: &mut Tx, actor: &Actor, target: &Target, input: &TrainingRecords) -> Result<CourseView> {
    if let Some(id) = target.id() {
        dialect::lock_root(tx.conn, "courses", id.as_str())?;
    }
    let (course, center) = load(tx, actor, &target.reference)?;
    team::admit_edit(actor, &center)?;
    target.check(course.version)?;
    let mut rows: Vec<CourseRecord> = Vec::new();
    for (i, r) in input.records.iter().enumerate() {
        if rows.iter().any(|row| row.user_id == r.user_id) || !team::is_staff_below(tx, r.user_id, &center)? {
            let zh = "须是本中心或下级中心的人员，且不重复。";
            return Err(Problem::rule(&format!("/records/{i}/user_id"), "not_staff_here", zh, "Staff here or below, each once.").into());
        }
        rows.push(CourseRecord { course_id: course.id, user_id: r.user_id, result: r.result, score: r.score, updated_at: tx.now });
    }
    store::put_records(tx, course.id, &rows)?;
    save(tx, actor, course, "course.recorded")
}

/// What somebody was trained in, newest first.
pub fn of_person(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TrainingView>> {
    let user = team::seen(tx, actor, reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::records_of(tx, user, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let ids: Vec<Id> = rows.iter().map(|r| r.course_id).collect();
    let courses = store::courses_by_id(tx, &ids)?;
    let page = Page::cut(rows, q.limit, tx.vault, |r| q.cursor_of(String::new(), r.course_id.to_string()));
    let training = |r: CourseRecord| {
        let course = courses.iter().find(|c| c.id == r.course_id)?.clone();
        Some(TrainingView { course: view(course, None), result: r.result, result_label: r.result.label().into(), score: r.score })
    };
    Ok(page.with(|items| items.into_iter().filter_map(training).collect()))
}
