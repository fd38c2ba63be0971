//! Who should handle a matter, and why: said in words before anything is done (text 000).

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    applicants,
    auth::{Actor, policy},
    catalogue::{self, model::ExerciseLevel},
    db::{Result, Tx, code_enum},
    entrustments::Loaded,
    kernel::{ErrorCode, Problem},
    organization::{self, Center, CenterBrief},
};

code_enum! {
    /// What to do with the matter.
    Relation in "relations" {
        Keep "keep" "由本中心办理",
        TransferDown "transfer_down" "转办下级中心",
        TransferSideways "transfer_sideways" "转办同级中心",
        JointUpward "joint_upward" "提请上级中心联办",
    }
}

/// A question to the resolver.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveInput {
    /// Item: id or code.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "GS-320623-0001")]
    pub item: String,
    /// Where the applicant is seated, 12 digits; decides for items that are graded by division.
    #[serde(default)]
    #[validate(custom(function = crate::kernel::validators::division))]
    #[schema(pattern = "^(1[1-9]|[2-7][0-9]|8[0-2])[0-9]{10}$", example = "320623000000")]
    pub applicant_division: Option<String>,
    /// The present custodian: id or division code; absent: the caller's own center.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "320600000000")]
    pub custodian: Option<String>,
}

/// The resolver's answer.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Explanation {
    /// What to do.
    pub relation: Relation,
    /// Name of the rule.
    #[schema(example = "item_division")]
    pub rule: String,
    /// Why, in words.
    #[schema(example = "“供水报装”属如东县县级事项，按“属下级事项转办”的规则，由如东县政务服务中心承办。")]
    pub explanation: String,
}

/// The resolver's answer with the center it names.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Resolution {
    /// Who should handle it.
    pub handler: CenterBrief,
    /// What to do and why.
    #[serde(flatten)]
    pub why: Explanation,
}

/// Answers a question.
pub fn resolve(tx: &mut Tx, actor: &Actor, input: &ResolveInput) -> Result<Resolution> {
    if !policy::may(actor, "routing", "resolve") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let unknown = |at: &str| Problem::rule(at, "unknown_center", "没有这个服务中心。", "No such center.");
    let custodian = match (&input.custodian, actor.center_id) {
        (Some(reference), _) => organization::store::center_by_reference(tx, reference)?.ok_or_else(|| unknown("/custodian"))?,
        (None, Some(own)) => organization::load(tx, own)?,
        (None, None) => return Err(Problem::rule("/custodian", "required", "请指明现责任中心。", "Name the custodian.").into()),
    };
    let item =
        catalogue::published(tx, &input.item)?.ok_or_else(|| Problem::rule("/item", "unknown_item", "没有这个已发布的事项。", "No such published item."))?;
    let (handler, why) = decide(tx, &item, input.applicant_division.as_deref(), &custodian)?;
    Ok(Resolution { handler: CenterBrief::from(&handler), why })
}

/// The rules applied to a matter as it stands.
pub fn resolve_for(tx: &mut Tx, seen: &Loaded) -> Result<(Center, Explanation)> {
    let content = catalogue::published_version(tx, seen.e.item_id, seen.e.item_version)?;
    let applicant = applicants::store::applicant(tx, seen.e.applicant_id)?.and_then(|a| a.division_code);
    let item =
        catalogue::Published { id: seen.e.item_id, code: String::new(), division_code: seen.e.division_code.clone(), number: seen.e.item_version, content };
    decide(tx, &item, applicant.as_deref(), &seen.custodian)
}

/// The rules, in order: a graded item belongs to the applicant's division, any other to its own; what is below is
/// transferred down, what is above is asked of the upper center, what is beside belongs to the other side.
pub fn decide(tx: &mut Tx, item: &catalogue::Published, applicant: Option<&str>, custodian: &Center) -> Result<(Center, Explanation)> {
    let graded = item.content.exercise_level == ExerciseLevel::Graded;
    let (division, rule) = match applicant {
        Some(seat) if graded => (seat, "graded_by_applicant_division"),
        _ => (item.division_code.as_str(), "item_division"),
    };
    let Some(handler) = organization::center_of_division(tx, division)? else {
        let why = Explanation {
            relation: Relation::Keep,
            rule: "no_center_for_division".into(),
            explanation: format!("系统中没有区划 {division} 的服务中心，暂由{}继续负责。", custodian.name),
        };
        return Ok((custodian.clone(), why));
    };
    let relation = if handler.id == custodian.id {
        Relation::Keep
    } else if custodian.contains(&handler) {
        Relation::TransferDown
    } else if handler.contains(custodian) {
        Relation::JointUpward
    } else {
        Relation::TransferSideways
    };
    let level = crate::kernel::Code::label(handler.level);
    let name = &item.content.name;
    let owner = if rule == "item_division" {
        format!("“{name}”属{}{level}事项", handler.division_name)
    } else {
        format!("“{name}”按申请人所在区划分级管理，申请人属{}", handler.division_name)
    };
    let explanation = match relation {
        Relation::Keep => format!("{owner}，由{}直接办理。", handler.name),
        Relation::TransferDown => format!("{owner}，按“属下级事项转办”的规则，由{}转交{}承办。", custodian.name, handler.name),
        Relation::TransferSideways => format!("{owner}，不在{}的区划内，由{}承办。", custodian.name, handler.name),
        Relation::JointUpward => format!("{owner}，按“属上级事项提请联办”的规则，由{}提请{}联合办理，责任中心不变。", custodian.name, handler.name),
    };
    Ok((handler, Explanation { relation, rule: rule.into(), explanation }))
}
