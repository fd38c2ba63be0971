//! Rating: by the applicant, by a link, at a tablet, by a code, or told by telephone and recorded by somebody else than the
//! one who is rated.

use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    links::LinkView,
    load::{Holder, by_token, load_locked, lock, publish, reachable},
    machine::Step,
    model::{Dimension, Grade, ObjectRating, RatedObject, Rating, RatingChannel, RatingTag, Recorded},
    opening::ON_ENDED,
    store::{self, Evaluation},
    suspicion,
    views::{EvaluationView, render},
};
use crate::{
    auth::{Actor, policy},
    clocks::{self, ClockKind},
    db::{Json, Result, Tx},
    entrustments,
    kernel::{ErrorCode, Id, Moment, Problem, Target},
};

/// A rating.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingInput {
    /// Grade: of 机构, and of the whole.
    pub grade: Grade,
    /// What it is about.
    #[serde(default)]
    #[validate(length(max = 15))]
    #[schema(max_items = 15)]
    pub dimensions: Vec<Dimension>,
    /// Grades of single objects, each at most once.
    #[serde(default)]
    #[validate(length(max = 3))]
    #[schema(max_items = 3)]
    pub objects: Vec<ObjectRating>,
    /// In chosen words.
    #[serde(default)]
    #[validate(length(max = 16))]
    #[schema(max_items = 16)]
    pub tags: Vec<RatingTag>,
    /// In words of their own: up to five, of 1 to 20 characters each.
    #[serde(default)]
    #[validate(length(max = 5))]
    #[schema(max_items = 5)]
    pub own_tags: Vec<String>,
    /// In words.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000, example = "一次都没有跑，很方便")]
    pub comment: Option<String>,
    /// How it comes in.
    #[serde(default)]
    pub channel: Option<RatingChannel>,
    /// Named, or anonymous; who left no contact is not named.
    #[serde(default)]
    pub is_named: bool,
}

/// A rating that was given by telephone.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "rating": { "grade": "satisfied" }, "called": "申请人本人", "called_at": "2026-03-02T09:00:00+08:00", "recording_no": "LY-20260302-01" }))]
pub struct RecordedRating {
    /// What was said.
    #[validate(nested)]
    pub rating: RatingInput,
    /// Who was spoken to.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "申请人本人")]
    pub called: String,
    /// When; absent: now.
    #[serde(default)]
    pub called_at: Option<Moment>,
    /// Number of the recording.
    #[serde(default)]
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "LY-20260302-01")]
    pub recording_no: Option<String>,
}

impl RatingInput {
    /// Rules across the fields: each object once, each dimension with its own object.
    fn check(&self, row: &Evaluation, given: RatingChannel) -> Result<(), Problem> {
        if self.channel == Some(RatingChannel::SystemDefault) {
            return Err(Problem::rule("/channel", "not_active", "系统默认不是主动评价。", "A default is no active rating."));
        }
        // How it came in is known of those: nobody claims them.
        let known = |channel| channel != given && matches!(channel, RatingChannel::Tablet | RatingChannel::Phone | RatingChannel::Sms);
        if self.channel.is_some_and(known) {
            let zh = "大厅平板、电话、短信由相应的途径登记，不能自行填写。";
            return Err(Problem::rule("/channel", "not_yours", zh, "Told by the way it comes in."));
        }
        for (at, rated) in self.objects.iter().enumerate() {
            let refuse = |field: &str, code, zh, en| Err(Problem::rule(&format!("/objects/{at}/{field}"), code, zh, en));
            if self.objects.iter().take(at).any(|earlier| earlier.object == rated.object) {
                return refuse("object", "duplicate", "同一对象只评一次。", "Each object at most once.");
            }
            if rated.object == RatedObject::Institution && rated.grade != self.grade {
                return refuse("grade", "differs", "机构的等级就是总体等级。", "The grade of the institution is that of the whole.");
            }
            if rated.object == RatedObject::Staff && row.staff_id.is_none() {
                return refuse("object", "nobody", "这次服务没有登记工作人员。", "Nobody is known who served.");
            }
            if let Some(d) = rated.dimensions.iter().position(|d| d.object() != rated.object) {
                return refuse(&format!("dimensions/{d}"), "other_object", "这一维度不属于所评的对象。", "A dimension of another object.");
            }
            if rated.dimensions.len() > 15 || rated.tags.len() > 16 {
                return refuse("tags", "too_many", "维度或标签过多。", "Too many.");
            }
        }
        for (at, tag) in self.own_tags.iter().enumerate() {
            if !(1..=20).contains(&tag.trim().chars().count()) || tag.chars().any(char::is_control) {
                return Err(Problem::rule(&format!("/own_tags/{at}"), "length", "自填标签应为 1 到 20 个字。", "1 to 20 characters."));
            }
        }
        Ok(())
    }

    fn of(&self, object: RatedObject) -> Option<Grade> {
        self.objects.iter().find(|rated| rated.object == object).map(|rated| rated.grade)
    }
}

/// Takes a rating in, however it came.
pub(super) fn rate_row(
    tx: &mut Tx,
    actor: &Actor,
    mut row: Evaluation,
    input: &RatingInput,
    channel: RatingChannel,
    recorded: Option<&Recorded>,
    holder: Holder,
) -> Result<Evaluation> {
    let next = row.decide(Step::Rate, tx.now).map_err(|refusal| Problem { allowed_actions: Some(Vec::new()), ..refusal.into() })?;
    input.check(&row, channel)?;
    let own_tags = if input.own_tags.is_empty() { None } else { Some(serde_json::to_string(&input.own_tags)?) };
    let recorded = recorded.map(serde_json::to_string).transpose()?;
    let seal = |tx: &Tx, words: Option<&String>| words.map(|words| tx.vault.seal(words)).transpose();
    let rating = Rating {
        dimensions: input.dimensions.clone(),
        comment: seal(tx, input.comment.as_ref())?,
        objects: input.objects.clone(),
        tags: input.tags.clone(),
        own_tags: seal(tx, own_tags.as_ref())?,
        recorded: seal(tx, recorded.as_ref())?,
    };
    row.state = next.state();
    row.grade = Some(input.grade);
    row.platform_grade = input.of(RatedObject::Platform);
    row.staff_grade = input.of(RatedObject::Staff);
    row.channel = Some(channel);
    // Who left nothing by which they can be asked gave no name, nor did who only knows the number.
    row.is_named = input.is_named && row.has_contact() && holder == Holder::Served;
    row.rating = Some(Json::new(&rating)?);
    row.rated_at = Some(tx.now);
    row.remind_at = Moment::NEVER;
    let bad = row.bad();
    if bad.is_some() && row.round == 1 {
        row.follow_up_id = Some(Id::new());
    }
    suspicion::mark(tx, &mut row, input.comment.as_deref(), holder)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    clocks::stop(tx, row.id, &[ClockKind::Evaluation])?;
    row.entrustment_id.map_or(Ok(()), |id| entrustments::see_off(tx, id))?;
    publish(tx, actor, &row, "evaluation.rated", json!({ "grade": input.grade, "bad": bad.is_some(), "channel": channel }))?;
    ON_ENDED.get().map_or(Ok(()), |hook| hook(tx, actor, &row))?;
    Ok(row)
}

/// Rates as the signed-in applicant.
pub fn rate(tx: &mut Tx, actor: &Actor, target: &Target, input: &RatingInput) -> Result<EvaluationView> {
    let (row, sight) = load_locked(tx, actor, &target.reference)?;
    if !policy::allows(actor, "evaluation", "rate", &reachable(actor, &row)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    let row = rate_row(tx, actor, row, input, input.channel.unwrap_or(RatingChannel::Mobile), None, Holder::Served)?;
    render(tx, actor, row, sight)
}

/// Whether a caller may record what was told by telephone: never of themselves.
pub(super) fn may_record(actor: &Actor, row: &Evaluation) -> bool {
    let rated = actor.id.is_some() && actor.id == row.staff_id;
    !rated && policy::allows(actor, "evaluation", "record", &reachable(actor, row))
}

/// Nobody is called who left no telephone; a hotline has the caller's own.
pub(super) fn can_be_called(actor: &Actor, row: &Evaluation) -> bool {
    actor.kind == "client" || row.phone.is_some() || row.entrustment_id.is_some()
}

/// Records a rating that was given by telephone: staff of the center, or the hotline whose occasion it is.
pub fn record(tx: &mut Tx, actor: &Actor, target: &Target, input: &RecordedRating) -> Result<EvaluationView> {
    let (row, sight) = load_locked(tx, actor, &target.reference)?;
    if !may_record(actor, &row) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    if input.rating.channel.is_some_and(|channel| channel != RatingChannel::Phone) {
        return Err(Problem::rule("/rating/channel", "channel", "电话登记的评价，渠道为电话。", "Recorded ratings come by telephone.").into());
    }
    let called_at = input.called_at.unwrap_or(tx.now);
    if called_at > tx.now || called_at < row.created_at {
        return Err(Problem::rule("/called_at", "out_of_range", "通话时间应在邀请评价之后、现在之前。", "Between the invitation and now.").into());
    }
    if !can_be_called(actor, &row) {
        let zh = "没有留联系电话，不能登记电话评价；请申请人通过链接、二维码或大厅平板评价。";
        return Err(Problem::rule("/called", "no_telephone", zh, "There is no telephone to call.").into());
    }
    let recorded = Recorded { called: input.called.clone(), called_at, recording_no: input.recording_no.clone(), by: actor.id };
    let row = rate_row(tx, actor, row, &input.rating, RatingChannel::Phone, Some(&recorded), Holder::Served).map_err(|e| within(e, "/rating"))?;
    render(tx, actor, row, sight)
}

/// Says where in a body a wrong rating stands.
pub(super) fn within(e: crate::db::Error, at: &str) -> crate::db::Error {
    match e {
        crate::db::Error::Refused(problem) => {
            let mut problem = *problem;
            for error in &mut problem.errors {
                if let crate::kernel::problem::Place::Pointer(p) = &mut error.at {
                    *p = format!("{at}{p}");
                }
            }
            problem.into()
        }
        other => other,
    }
}

/// Whoever rates without an account.
pub(super) fn applicant(request_id: &str) -> Actor {
    Actor { label: "申请人".into(), kind: "link", ..Actor::system(request_id) }
}

/// Rates by link; the link is used up.
pub fn rate_by_link(tx: &mut Tx, text: &str, request_id: &str, input: &RatingInput) -> Result<LinkView> {
    let (row, holder) = by_token(tx, text)?;
    let row = lock(tx, row.id)?;
    let row = rate_row(tx, &applicant(request_id), row, input, input.channel.unwrap_or(RatingChannel::Mobile), None, holder)?;
    // Whoever has just rated knows what.
    LinkView::of(tx, row, Holder::Served)
}
