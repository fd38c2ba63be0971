//! What a scheme says, and what is sent.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::machine::AssessedKind;
use crate::{
    db::code_enum,
    indicators::{Axis, Better, Indicator},
    kernel::{Code as _, ErrorCode, FieldError, Id, Problem},
    organization::CenterLevel,
    statistics,
};

code_enum! {
    /// How long an assessed period is.
    AssessmentPeriod in "assessment-periods" {
        Month "month" "月",
        Quarter "quarter" "季度",
        Half "half" "半年",
        Year "year" "年",
        Custom "custom" "自定（整月）",
    }
}

/// What a scheme says: immutable once it is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lines": [
        { "code": "on_time", "indicator": "on_time_rate", "weight": 40, "rule": { "kind": "linear", "floor": 60.0, "target": 98.0 }, "minimum": 1 },
        { "code": "satisfaction", "indicator": "satisfaction_rate", "weight": 30, "rule": { "kind": "bands", "bands": [{ "at_least": 95.0, "points": 100.0 }, { "at_least": 80.0, "points": 60.0 }], "otherwise": 0.0 }, "minimum": 1 },
        { "code": "overdue", "indicator": "overdue_matters", "weight": 30, "rule": { "kind": "deduct", "per_unit": 5.0, "free": 0.0 } }
    ],
    "bonus_cap": 5, "malus_cap": 10, "grades": { "excellent": 90, "good": 80, "pass": 60 }
}))]
pub struct AssessmentSchemeContent {
    /// What is assessed; the weights sum to 100.
    #[validate(length(min = 1, max = 30), nested)]
    #[schema(min_items = 1, max_items = 30)]
    pub lines: Vec<AssessmentSchemeLine>,
    /// The most points that may be added by hand.
    #[serde(default)]
    #[validate(range(max = 20))]
    #[schema(maximum = 20)]
    pub bonus_cap: u32,
    /// The most points that may be taken away by hand.
    #[serde(default)]
    #[validate(range(max = 100))]
    #[schema(maximum = 100)]
    pub malus_cap: u32,
    /// From how many points on.
    #[serde(default)]
    pub grades: AssessmentGrades,
}

/// One line of a scheme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentSchemeLine {
    /// Names the line within the scheme: small letters, digits, `_`.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "on_time")]
    pub code: String,
    /// Which figure.
    pub indicator: Indicator,
    /// Of 100.
    #[validate(range(min = 1, max = 100))]
    #[schema(minimum = 1, maximum = 100)]
    pub weight: u32,
    /// How the figure becomes points.
    pub rule: PointRule,
    /// Of a rate: with fewer below the line it does not count, and its weight is spread over the others.
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub minimum: i64,
}

/// How a figure becomes points from 0 to 100.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = AssessmentPointRule)]
pub enum PointRule {
    /// No points at the floor or worse, all at the target or better, even steps between.
    Linear {
        /// From here on there are points.
        floor: f64,
        /// From here on there are 100.
        target: f64,
    },
    /// 100 points, less so many for each unit beyond what is free.
    Deduct {
        /// Points for each unit.
        per_unit: f64,
        /// Units that cost nothing.
        free: f64,
    },
    /// Points by bands, the highest first.
    Bands {
        /// The first whose end is reached gives the points.
        bands: Vec<Band>,
        /// Points below all bands.
        otherwise: f64,
    },
}

/// A band.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssessmentBand)]
pub struct Band {
    /// From this value on.
    pub at_least: f64,
    /// Points.
    pub points: f64,
}

/// From how many points on somebody is graded how; below all: 不合格.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentGrades {
    /// 优秀.
    #[schema(example = 90, maximum = 120)]
    pub excellent: u32,
    /// 良好.
    #[schema(example = 80, maximum = 120)]
    pub good: u32,
    /// 合格.
    #[schema(example = 60, maximum = 120)]
    pub pass: u32,
}

impl Default for AssessmentGrades {
    fn default() -> Self {
        Self { excellent: 90, good: 80, pass: 60 }
    }
}

/// A scheme as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssessmentScheme {
    /// Where it holds, and below: id or division code.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "320600000000")]
    pub center: String,
    /// Name.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "县（市、区）代办帮办工作考评办法")]
    pub name: String,
    /// Who is assessed.
    pub subject_kind: AssessedKind,
    /// Of centers: of which level.
    #[serde(default)]
    pub level: Option<CenterLevel>,
    /// What it says.
    #[validate(nested)]
    pub content: AssessmentSchemeContent,
}

/// A scheme as it is edited.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentSchemeEdit {
    /// Name.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub name: String,
    /// What its next version says.
    #[validate(nested)]
    pub content: AssessmentSchemeContent,
}

/// An assessment as it is ordered.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "center": "320600000000", "subject_kind": "center", "level": "county", "period": "month", "from": "2026-02" }))]
pub struct NewAssessment {
    /// Under which center they stand who are assessed: id or division code.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub center: String,
    /// Who is assessed.
    pub subject_kind: AssessedKind,
    /// Of centers: of which level.
    #[serde(default)]
    pub level: Option<CenterLevel>,
    /// By this scheme; absent: the one of the nearest center that has one.
    #[serde(default)]
    pub scheme_id: Option<Id>,
    /// How long.
    pub period: AssessmentPeriod,
    /// First month, `YYYY-MM`.
    #[validate(length(equal = 7))]
    #[schema(min_length = 7, max_length = 7)]
    pub from: String,
    /// Last month of a custom period, `YYYY-MM`.
    #[serde(default)]
    #[validate(length(equal = 7))]
    #[schema(min_length = 7, max_length = 7)]
    pub to: Option<String>,
}

/// Points that are added or taken away by hand, or a change of what is frozen.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "points": 2.0, "reason": "承办全市现场会", "evidence": "通政办函〔2026〕3 号" }))]
pub struct NewAssessmentEntry {
    /// Points; less than nought where they are taken away.
    #[validate(range(min = -100.0, max = 100.0))]
    #[schema(minimum = -100, maximum = 100)]
    pub points: f64,
    /// Why.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub reason: String,
    /// Number of the document that says so.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200)]
    pub evidence: String,
}

/// An objection.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "line": "on_time", "reason": "两件因系统故障误计为超期", "evidence": "故障通报 2026-07" }))]
pub struct NewAssessmentObjection {
    /// To which line of the scheme.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub line: String,
    /// Why.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub reason: String,
    /// What shows it.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub evidence: String,
}

/// What is decided about an objection.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "upheld": true, "reason": "核实属实", "document": "通政考〔2026〕2 号", "numerator": 48, "denominator": 48 }))]
pub struct AssessmentObjectionDecision {
    /// It is right.
    pub upheld: bool,
    /// Why.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub reason: String,
    /// Number of the document; needed where it is upheld.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    pub document: String,
    /// Where it is upheld: what the figure is instead…
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub numerator: Option<i64>,
    /// … of a rate, with this below the line …
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub denominator: Option<i64>,
    /// … or how many points are added to the score.
    #[serde(default)]
    #[validate(range(min = -100.0, max = 100.0))]
    #[schema(minimum = -100, maximum = 100)]
    pub points: Option<f64>,
}

/// Whether figures of an indicator are known of somebody.
pub fn is_known_of(indicator: Indicator, kind: AssessedKind) -> bool {
    match kind {
        AssessedKind::Center => true,
        AssessedKind::Department => indicator.definition().knows.contains(&Axis::Department),
        AssessedKind::Staff => statistics::is_personal(indicator),
    }
}

/// Refuses a scheme, naming every wrong field.
pub fn check(content: &AssessmentSchemeContent, kind: AssessedKind) -> Result<(), Problem> {
    let mut wrong: Vec<FieldError> = Vec::new();
    let mut say = |at: String, code: &'static str, zh: String, en: &'static str| wrong.push(FieldError::body(&at, code, zh, en));
    for (i, line) in content.lines.iter().enumerate() {
        let at = |field: &str| format!("/content/lines/{i}/{field}");
        if !line.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            say(at("code"), "format", "只用小写字母、数字和下划线。".into(), "Small letters, digits and underscores.");
        }
        if content.lines.iter().take(i).any(|other| other.code == line.code) {
            say(at("code"), "duplicate", "各项的代码不能重复。".into(), "Each line has a code of its own.");
        }
        if content.lines.iter().take(i).any(|other| other.indicator == line.indicator) {
            say(at("indicator"), "duplicate", "同一指标只列一次。".into(), "Each indicator once.");
        }
        if !is_known_of(line.indicator, kind) {
            let zh = format!("{}不能用于考评{}。", line.indicator.label(), kind.label());
            say(at("indicator"), "unknown_dimension", zh, "This figure is not known of whom is assessed.");
        }
        if let Err(zh) = check_rule(&line.rule, line.indicator.definition().better) {
            say(at("rule"), "invalid_rule", zh.into(), "Points do not follow the figure's direction.");
        }
    }
    let sum: u32 = content.lines.iter().map(|line| line.weight).sum();
    if sum != 100 {
        say("/content/lines".into(), "weights", format!("权重之和应为 100，现为 {sum}。"), "Weights sum to 100.");
    }
    let g = content.grades;
    if !(g.excellent > g.good && g.good > g.pass && g.excellent <= 120) {
        say("/content/grades".into(), "order", "优秀、良好、合格的分数线应依次降低。".into(), "Each grade below the one before.");
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, wrong)) }
}

fn check_rule(rule: &PointRule, better: Better) -> Result<(), &'static str> {
    let sane = |n: f64| n.is_finite() && (-1_000_000_000.0..=1_000_000_000.0).contains(&n);
    match rule {
        PointRule::Linear { floor, target } => match better {
            _ if !(sane(*floor) && sane(*target)) => Err("数值超出范围。"),
            Better::Higher if target <= floor => Err("越高越好的指标，满分值应高于零分值。"),
            Better::Lower if target >= floor => Err("越低越好的指标，满分值应低于零分值。"),
            Better::Neutral if (target - floor).abs() < f64::EPSILON => Err("满分值和零分值不能相同。"),
            _ => Ok(()),
        },
        PointRule::Deduct { per_unit, free } => {
            if !(sane(*per_unit) && sane(*free)) || *per_unit <= 0.0 || *free < 0.0 {
                return Err("每单位扣分应大于 0，免扣数不小于 0。");
            }
            if better == Better::Higher { Err("越高越好的指标不能按数扣分。") } else { Ok(()) }
        }
        PointRule::Bands { bands, otherwise } => {
            let all: Vec<f64> = bands.iter().map(|band| band.points).chain([*otherwise]).collect();
            if bands.is_empty() || bands.len() > 20 || bands.iter().any(|band| !sane(band.at_least)) {
                return Err("分档应为 1 到 20 档。");
            }
            if all.iter().any(|points| !(0.0..=100.0).contains(points)) {
                return Err("各档得分应为 0 到 100。");
            }
            if bands.windows(2).any(|pair| matches!(pair, [a, b] if a.at_least <= b.at_least)) {
                return Err("各档应从高到低排列。");
            }
            let falls = all.windows(2).all(|pair| matches!(pair, [a, b] if a >= b));
            let rises = all.windows(2).all(|pair| matches!(pair, [a, b] if a <= b));
            match better {
                Better::Higher if !falls => Err("越高越好的指标，档次越高得分应越高。"),
                Better::Lower if !rises => Err("越低越好的指标，档次越高得分应越低。"),
                _ => Ok(()),
            }
        }
    }
}
