//! The problems that many comments have in common 共性问题.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    listing::{self, CommentView},
    model::CommentSource,
    store,
    tagging::ProblemTag,
};
use crate::{
    auth::Actor,
    catalogue,
    db::{Result, Tx},
    kernel::{Code as _, Id, Problem},
    organization::{self, CenterBrief},
};

/// So many are told.
const MOST: usize = 50;
/// Comments that are shown of each.
const SAMPLES: i64 = 3;
/// Centers and items that are named of each.
const NAMED: usize = 5;
/// The longest period, in days.
const LONGEST: i64 = 1_100;

/// Of which center and period.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CommonProblemParams {
    /// 服务中心 id 或 12 位区划代码；不填为本人所在中心
    #[serde(default)]
    #[param(max_length = 36, example = "320600000000")]
    pub center: Option<String>,
    /// 日期，起（含）；缺省为本季度第一天
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    #[param(example = "2026-01-01")]
    pub from: Option<NaiveDate>,
    /// 日期，止（不含）；缺省为明日
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    #[param(example = "2027-01-01")]
    pub to: Option<NaiveDate>,
    /// 至少出现几次才算共性问题（1–1000，缺省 2）
    #[serde(default)]
    #[param(value_type = Option<u16>, example = 1)]
    pub least: Option<String>,
}

/// How often somewhere, or about something.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CommonProblemPlace {
    /// Center or item.
    pub id: Id,
    /// Its name.
    #[schema(example = "如东县政务服务中心")]
    pub name: String,
    /// How often.
    pub count: i64,
}

/// A problem that comments have in common.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CommonProblem {
    /// Tag of the common vocabulary, or a word of the centers' own.
    #[schema(example = "waiting")]
    pub tag: String,
    /// In Chinese.
    #[schema(example = "等候时间长")]
    pub label: String,
    /// How many comments.
    pub comments: i64,
    /// Of these, rated with a bad grade.
    pub bad: i64,
    /// Of these, recorded from letter boxes, the mail, the media and inspections.
    pub recorded: i64,
    /// In the period before, that was as long.
    pub before: i64,
    /// At how many centers.
    pub centers: i64,
    /// About how many items.
    pub items: i64,
    /// Where most often.
    pub top_centers: Vec<CommonProblemPlace>,
    /// About what most often.
    pub top_items: Vec<CommonProblemPlace>,
    /// The newest comments.
    pub samples: Vec<CommentView>,
}

/// The problems of a period.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CommonProblems {
    /// Of which center with all below it.
    pub center: CenterBrief,
    /// From this day.
    pub from: NaiveDate,
    /// Before this day.
    pub to: NaiveDate,
    /// Most with a bad grade first, then most often; praise is none.
    pub items: Vec<CommonProblem>,
}

#[derive(Default)]
struct Counted {
    comments: i64,
    bad: i64,
    recorded: i64,
    before: i64,
    centers: BTreeMap<Id, i64>,
    items: BTreeMap<Id, i64>,
}

/// The problems that the comments of a period have in common.
pub fn problems(tx: &mut Tx, actor: &Actor, asked: &CommonProblemParams) -> Result<CommonProblems> {
    let center = organization::asked(tx, actor, "open_comment", asked.center.as_deref())?;
    let wrong = || Problem::parameter("least", "range", "应为 1 到 1000 的整数。", "From 1 to 1000.");
    let least: i64 = asked.least.as_ref().map_or(Ok(2), |text| text.parse().ok().filter(|n| (1..=1000).contains(n)).ok_or_else(wrong))?;
    let today = tx.now.local_date();
    let to = asked.to.unwrap_or(today + chrono::Days::new(1));
    let quarter = NaiveDate::from_ymd_opt(to.year(), to.month0() / 3 * 3 + 1, 1).unwrap_or(to);
    let from = asked.from.unwrap_or(quarter);
    let days = (to - from).num_days();
    if !(1..=LONGEST).contains(&days) {
        return Err(Problem::parameter("to", "range", "止日（不含）应晚于起日，且在三年之内。", "After from, within three years.").into());
    }
    let before = from - chrono::Days::new(days.unsigned_abs());
    let mut all: BTreeMap<String, Counted> = BTreeMap::new();
    for row in store::counted(tx, &center.path, &from.to_string(), &to.to_string())? {
        let counted = all.entry(row.tag).or_default();
        counted.comments += row.count;
        counted.bad += if row.is_bad { row.count } else { 0 };
        counted.recorded += if row.source == CommentSource::Rating { 0 } else { row.count };
        *counted.centers.entry(row.center_id).or_default() += row.count;
        row.item_id.into_iter().for_each(|id| *counted.items.entry(id).or_default() += row.count);
    }
    for row in store::counted(tx, &center.path, &before.to_string(), &from.to_string())? {
        all.entry(row.tag).or_default().before += row.count;
    }
    let mut told: Vec<(String, Counted)> = all.into_iter().filter(|(tag, c)| c.comments >= least && tag != ProblemTag::Praise.code()).collect();
    told.sort_by(|(a, x), (b, y)| (y.bad, y.comments, a).cmp(&(x.bad, x.comments, b)));
    told.truncate(MOST);
    let named = Names::of(tx, &told)?;
    let mut items = Vec::with_capacity(told.len());
    for (tag, counted) in told {
        let mut rows = store::samples(tx, &center.path, (&from.to_string(), &to.to_string()), &tag, SAMPLES)?;
        rows.retain(|row| !listing::withheld(actor, row));
        items.push(CommonProblem {
            label: ProblemTag::parse(&tag).map_or_else(|| tag.clone(), |t| t.label().into()),
            comments: counted.comments,
            bad: counted.bad,
            recorded: counted.recorded,
            before: counted.before,
            centers: i64::try_from(counted.centers.len()).unwrap_or(0),
            items: i64::try_from(counted.items.len()).unwrap_or(0),
            top_centers: top(&counted.centers, &named.centers),
            top_items: top(&counted.items, &named.items),
            samples: listing::many(tx, rows)?,
            tag,
        });
    }
    Ok(CommonProblems { center: CenterBrief::from(&center), from, to, items })
}

struct Names {
    centers: BTreeMap<Id, String>,
    items: BTreeMap<Id, String>,
}

impl Names {
    /// Of all that will be named, in two questions.
    fn of(tx: &mut Tx, told: &[(String, Counted)]) -> Result<Self> {
        let ids = |of: fn(&Counted) -> &BTreeMap<Id, i64>| -> Vec<Id> {
            told.iter().flat_map(|(_, c)| ranked(of(c)).into_iter().map(|(id, _)| id)).collect::<BTreeSet<Id>>().into_iter().collect()
        };
        let (centers, items) = (ids(|c| &c.centers), ids(|c| &c.items));
        Ok(Self {
            centers: organization::briefs(tx, &centers)?.into_iter().map(|c| (c.id, c.name)).collect(),
            items: catalogue::store::items_by_id(tx, &items)?.into_iter().map(|i| (i.id, i.name)).collect(),
        })
    }
}

fn ranked(counts: &BTreeMap<Id, i64>) -> Vec<(Id, i64)> {
    let mut all: Vec<(Id, i64)> = counts.iter().map(|(id, n)| (*id, *n)).collect();
    all.sort_by_key(|(id, n)| (std::cmp::Reverse(*n), *id));
    all.truncate(NAMED);
    all
}

fn top(counts: &BTreeMap<Id, i64>, names: &BTreeMap<Id, String>) -> Vec<CommonProblemPlace> {
    ranked(counts).into_iter().filter_map(|(id, count)| Some(CommonProblemPlace { name: names.get(&id)?.clone(), id, count })).collect()
}
