//! An evaluation as it is answered, and the list of them. What somebody rated who gave no name is not seen by the rated
//! person at all, and by a rated leader without its words; what makes a rating suspect is the staff's to know.

use serde::Serialize;

use super::{
    load::{KIND, link, load_seen, reachable},
    model::{Dimension, EvaluationState, Grade, ObjectRating, RatedKind, RatingChannel, RatingTag, Recorded, Suspicion},
    rating::{can_be_called, may_record},
    store::{self, Evaluation},
};
use crate::{
    access::{self, Sight},
    auth::{Actor, Role, Scope, policy},
    db::{Json, Result, Tx},
    deidentify,
    kernel::{Code as _, Id, ListQuery, Moment, Page, Sort},
};

/// An evaluation as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EvaluationView {
    /// Identity.
    pub id: Id,
    /// What is rated.
    pub record_kind: RatedKind,
    /// In Chinese.
    pub record_kind_label: String,
    /// Which.
    pub record_id: Id,
    /// Of which matter, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_id: Option<Id>,
    /// Number of what is rated.
    pub number: String,
    /// Name of the item, or what kind of service it was.
    pub title: String,
    /// Rated center.
    pub center_id: Id,
    /// Rated person; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_id: Option<Id>,
    /// The window where it was served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_id: Option<Id>,
    /// State.
    pub state: EvaluationState,
    /// In Chinese.
    pub state_label: String,
    /// Grade: of 机构, and of the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade_label: Option<String>,
    /// How it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<RatingChannel>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_label: Option<String>,
    /// What it is about.
    pub dimensions: Vec<Dimension>,
    /// Grades of single objects: a grade belongs only to the object rated.
    pub objects: Vec<ObjectRating>,
    /// In chosen words.
    pub tags: Vec<RatingTag>,
    /// In words of their own; where the comment is shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub own_tags: Vec<String>,
    /// In words; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Named, or anonymous.
    pub is_named: bool,
    /// A default rating.
    pub is_default: bool,
    /// Of a rating that was given by telephone: whom and when; for staff who read what was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    /// It may be malicious, and counts all the same; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_suspect: Option<bool>,
    /// Why; for staff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
    /// 1, or 2: the second rating after a follow-up, which never replaces the first.
    pub round: i32,
    /// An appeal was upheld: kept and shown, and left out of every rate.
    pub is_excluded: bool,
    /// Why; for staff who read what was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded_why: Option<String>,
    /// The follow-up that a bad grade opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up_id: Option<Id>,
    /// For the applicant, while open: the single-use link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Open until; absent while it is handled again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// When rated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rated_at: Option<Moment>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
}

crate::versioned!(EvaluationView, "evaluation");

/// What was said with a rating.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// In words.
    pub comment: Option<String>,
    /// In chosen words, of the whole and of its objects.
    pub tags: Vec<RatingTag>,
    /// In words of their own.
    pub own_tags: Vec<String>,
}

/// What was said with a rating; who may read it is the caller's to know.
pub fn said(tx: &mut Tx, row: &Evaluation) -> Result<Said> {
    let rating = row.rating.as_ref().map(Json::get).transpose()?.unwrap_or_default();
    let mut tags: Vec<RatingTag> = rating.tags.into_iter().chain(rating.objects.into_iter().flat_map(|o| o.tags)).collect();
    tags.sort_unstable();
    tags.dedup();
    let comment = rating.comment.map(|c| tx.vault.open(&c)).transpose()?;
    Ok(Said { comment, tags, own_tags: opened(tx, rating.own_tags.as_ref())?.unwrap_or_default() })
}

/// The comment of a rating.
pub fn comment_of(tx: &mut Tx, row: &Evaluation) -> Result<Option<String>> {
    Ok(said(tx, row)?.comment)
}

fn opened<T: serde::de::DeserializeOwned>(tx: &Tx, sealed: Option<&String>) -> Result<Option<T>> {
    sealed.map(|s| Ok(serde_json::from_str(&tx.vault.open(s)?)?)).transpose()
}

pub(super) fn render(tx: &mut Tx, actor: &Actor, row: Evaluation, sight: Sight) -> Result<EvaluationView> {
    let rating = row.rating.as_ref().map(Json::get).transpose()?.unwrap_or_default();
    let open = row.is_open(tx.now);
    let own = policy::allows(actor, "evaluation", "rate", &reachable(actor, &row));
    let staff = actor.applicant_id.is_none() && actor.kind != "client";
    // The leader follows a bad grade up; whoever else stands at the counter reads the grade.
    let reads = !sight.masked || (sight.words && actor.is(Role::CenterManager));
    // Whoever is rated reads the grade, and not the words of somebody who did not give a name.
    let rated = row.staff_id.is_some() && row.staff_id == actor.id;
    let words = reads && (row.is_named || !rated);
    // What leads to a person beyond the words is for those alone who see the record in clear.
    let masked = sight.masked;
    let shown = |text: String| if masked { deidentify::without_numbers(&text) } else { text };
    let comment = rating.comment.as_ref().filter(|_| words).map(|c| tx.vault.open(c)).transpose()?.map(shown);
    let own_tags: Vec<String> = opened(tx, rating.own_tags.as_ref().filter(|_| words))?.unwrap_or_default();
    let own_tags = own_tags.into_iter().map(shown).collect();
    let recorded = opened(tx, rating.recorded.as_ref().filter(|_| reads && staff && !rated))?;
    let why = row.excluded_why.as_ref().filter(|_| reads && staff).map(|why| why.open(tx.vault)).transpose()?;
    let suspicions = row.suspicions.as_ref().filter(|_| staff && !rated).map(Json::get).transpose()?.unwrap_or_default();
    let mut allowed_actions = Vec::new();
    if open && own {
        allowed_actions.push("rate".into());
    }
    if open && may_record(actor, &row) && can_be_called(actor, &row) {
        allowed_actions.push("record".into());
    }
    Ok(EvaluationView {
        link: (open && own).then(|| link(tx, row.id)),
        allowed_actions,
        id: row.id,
        record_kind: row.record_kind,
        record_kind_label: row.record_kind.label().into(),
        record_id: row.record_id,
        entrustment_id: row.entrustment_id,
        number: row.number,
        title: row.title,
        center_id: row.center_id,
        staff_id: row.staff_id.filter(|_| staff),
        window_id: row.window_id,
        state: row.state,
        state_label: row.state.label().into(),
        grade: row.grade,
        grade_label: row.grade.map(|g| g.label().into()),
        channel: row.channel,
        channel_label: row.channel.map(|c| c.label().into()),
        dimensions: rating.dimensions,
        objects: rating.objects,
        tags: rating.tags,
        own_tags,
        comment,
        is_named: row.is_named,
        is_default: row.is_default,
        recorded,
        is_suspect: (staff && !rated && row.state == EvaluationState::Rated).then_some(!suspicions.is_empty()),
        suspicions,
        round: row.round,
        is_excluded: row.is_excluded,
        excluded_why: why,
        follow_up_id: row.follow_up_id,
        due_at: row.due_at.known(),
        rated_at: row.rated_at,
        version: row.version,
    })
}

/// One evaluation.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<EvaluationView> {
    let (row, sight) = load_seen(tx, actor, reference)?;
    render(tx, actor, row, sight)
}

/// What is asked of evaluations beside their state and the time of their opening.
struct Asked {
    kinds: Vec<String>,
    grades: Vec<String>,
    channels: Vec<String>,
    centers: Vec<Id>,
    staff: Vec<Id>,
    flags: [Option<bool>; 4],
    rated: (Option<Moment>, Option<Moment>),
    /// Who may know whom it was and what makes it suspect.
    reader: Option<Id>,
    is_staff: bool,
}

impl Asked {
    fn of(actor: &Actor, q: &ListQuery) -> Self {
        let flag = |name: &str| q.one(name).map(|v| v == "true");
        Self {
            kinds: q.all("record_kind"),
            grades: q.all("grade"),
            channels: q.all("channel"),
            centers: q.ids("center_id"),
            staff: q.ids("staff_id"),
            flags: [flag("is_bad"), flag("is_default"), flag("is_excluded"), flag("suspect")],
            rated: q.range("rated_at"),
            reader: actor.id,
            is_staff: actor.applicant_id.is_none() && actor.kind != "client",
        }
    }

    fn any(&self) -> bool {
        let lists = [&self.kinds, &self.grades, &self.channels].iter().any(|l| !l.is_empty()) || !self.centers.is_empty() || !self.staff.is_empty();
        lists || self.flags.iter().any(Option::is_some) || self.rated != (None, None)
    }

    fn keeps(&self, row: &Evaluation) -> bool {
        let code = |asked: &[String], value: Option<&'static str>| asked.is_empty() || value.is_some_and(|v| asked.iter().any(|a| a == v));
        let [bad, default, excluded, suspect] = self.flags;
        let rated = row.staff_id.is_some() && row.staff_id == self.reader;
        let in_time = |at: Moment| self.rated.0.is_none_or(|from| at >= from) && self.rated.1.is_none_or(|to| at < to);
        code(&self.kinds, Some(row.record_kind.code()))
            && code(&self.grades, row.grade.map(|g| g.code()))
            && code(&self.channels, row.channel.map(|c| c.code()))
            && (self.centers.is_empty() || self.centers.contains(&row.center_id))
            && (self.staff.is_empty() || self.is_staff && row.staff_id.is_some_and(|id| self.staff.contains(&id)))
            && bad.is_none_or(|wanted| wanted == (row.bad().is_some() && !row.is_default))
            && default.is_none_or(|wanted| wanted == row.is_default)
            && excluded.is_none_or(|wanted| wanted == row.is_excluded)
            && suspect.is_none_or(|wanted| self.is_staff && !rated && wanted == row.suspicions.is_some())
            && (self.rated == (None, None) || row.rated_at.is_some_and(in_time))
    }

    /// Along whom the walk goes, where a filter names somebody.
    fn subjects(&self) -> Option<Scope> {
        use policy::subject;
        let along = |ids: &[Id], of: fn(&str) -> String| Some(Scope::Subjects(ids.iter().map(|id| (of(id.as_str()), false)).collect()));
        match (self.staff.as_slice(), self.centers.as_slice()) {
            ([], []) => None,
            ([], centers) => along(centers, subject::center),
            (staff, _) => {
                let both = staff.iter().flat_map(|id| [subject::user(id.as_str()), subject::rated(id.as_str())]);
                Some(Scope::Subjects(both.map(|s| (s, false)).collect()))
            }
        }
    }
}

/// A page of the evaluations that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<EvaluationView>> {
    let asked = Asked::of(actor, q);
    let mut q = q.clone();
    if q.sort.key == "rated_at" {
        // What was never rated has no place in this order.
        q.sort = Sort { key: "due_at", ..q.sort };
        q.values.retain(|(name, value)| name != "state" || value == EvaluationState::Rated.code());
        if q.all("state").is_empty() {
            q.values.push(("state".into(), EvaluationState::Rated.code().into()));
        }
    }
    let page = if asked.any() {
        let keep = |tx: &mut Tx, ids: &[Id]| -> Result<Vec<Id>> {
            Ok(store::evaluations_by_id(tx, ids)?.iter().filter(|row| asked.keeps(row)).map(|row| row.id).collect())
        };
        let sieve = access::Sieve { by: asked.subjects(), keep: &keep };
        access::sifted::<EvaluationState, _>(tx, actor, KIND, &q, sieve, store::evaluations_by_id, |row| row.id)?
    } else {
        access::listed::<EvaluationState, _>(tx, actor, KIND, &q, store::evaluations_by_id, |row| row.id)?
    };
    page.try_map(|(row, sight)| render(tx, actor, row, sight))
}
