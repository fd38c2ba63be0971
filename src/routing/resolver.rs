//! Who should handle a matter, and why: said in words before anything is done (text 000).

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    applicants,
    auth::{Actor, policy},
    catalogue::{self, Published, model::ExerciseLevel},
    db::{Result, Tx, code_enum},
    entrustments::Loaded,
    kernel::{Code as _, ErrorCode, Id, Problem},
    organization::{self, Center, CenterBrief},
    routing::rules::{self, Question, RoutingRuleKind, RuleBook},
    settings,
};

code_enum! {
    /// What to do with the matter.
    Relation in "relations" {
        Keep "keep" "由本中心办理",
        TransferDown "transfer_down" "转办下级中心",
        TransferSideways "transfer_sideways" "转办同级中心",
        JointUpward "joint_upward" "提请上级中心联办",
        TransferUp "transfer_up" "转交上级中心",
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Explanation {
    /// What to do.
    pub relation: Relation,
    /// Name of the rule.
    #[schema(example = "item_division")]
    pub rule: String,
    /// Why, in words.
    #[schema(example = "“供水报装”属如东县县级事项，按“属下级事项转办”的规则，由如东县政务服务中心承办。")]
    pub explanation: String,
    /// The centers from the custodian to the handler along the tree, by name: handed over in one go, however many levels
    /// lie between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["南通市政务服务中心", "如东县政务服务中心"]))]
    pub chain: Vec<String>,
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
    let item = catalogue::Published {
        id: seen.e.item_id,
        code: catalogue::code_of(tx, seen.e.item_id)?,
        division_code: seen.e.division_code.clone(),
        number: seen.e.item_version,
        content,
    };
    decide(tx, &item, applicant.as_deref(), &seen.custodian)
}

/// By the rules that hold for the item and the custodian.
pub fn decide(tx: &mut Tx, item: &Published, applicant: Option<&str>, custodian: &Center) -> Result<(Center, Explanation)> {
    let at = home(tx, item)?;
    let book = rules::in_force(tx, at.as_ref(), custodian)?;
    decide_by(tx, &book, item, applicant, custodian)
}

/// The center of the division whose item it is.
pub(super) fn home(tx: &mut Tx, item: &Published) -> Result<Option<Center>> {
    organization::center_of_division(tx, &item.division_code)
}

/// By given rules: first what a place has set (an item handed to a center, a power handed down or entrusted), then the item's
/// own level and division, where a zone may stand in for a division. What is below is transferred down, what is above is asked
/// of the upper center, or given to it where this level carries nothing; what is beside belongs to the other side.
pub(super) fn decide_by(tx: &mut Tx, book: &RuleBook, item: &Published, applicant: Option<&str>, custodian: &Center) -> Result<(Center, Explanation)> {
    let owner = owner(tx, book, &Question { item, applicant })?;
    let Some(center) = owner.center else {
        let zh = format!("系统中没有区划 {} 的服务中心，暂由{}继续负责。", owner.division, custodian.name);
        return Ok((custodian.clone(), Explanation { relation: Relation::Keep, rule: "no_center_for_division".into(), explanation: zh, chain: Vec::new() }));
    };
    let (handler, instead) = carrying(tx, center)?;
    let relation = if handler.id == custodian.id {
        Relation::Keep
    } else if custodian.contains(&handler) {
        Relation::TransferDown
    } else if !handler.contains(custodian) {
        Relation::TransferSideways
    } else if carries(tx, custodian)? {
        Relation::JointUpward
    } else {
        Relation::TransferUp
    };
    let Owner { words, rule, .. } = owner;
    let words = format!("{words}{instead}");
    let (from, to) = (&custodian.name, &handler.name);
    let explanation = match relation {
        Relation::Keep => format!("{words}，由{to}直接办理。"),
        Relation::TransferDown => format!("{words}，按“属下级事项转办”的规则，由{from}转交{to}承办。"),
        Relation::TransferSideways => format!("{words}，不在{from}的区划内，由{to}承办。"),
        Relation::JointUpward => format!("{words}，按“属上级事项提请联办”的规则，由{from}提请{to}联合办理，责任中心不变。"),
        Relation::TransferUp => format!("{words}，{from}所在层级不设代办，由{from}直接转交{to}承办。"),
    };
    let chain = chain(tx, custodian, &handler)?;
    Ok((handler, Explanation { relation, rule: rule.into(), explanation, chain }))
}

/// Whose it is by the rules, before anybody asks who carries it.
struct Owner {
    center: Option<Center>,
    division: String,
    rule: &'static str,
    words: String,
}

fn owner(tx: &mut Tx, book: &RuleBook, q: &Question) -> Result<Owner> {
    use RoutingRuleKind::{Devolved, Entrusted, ItemOverride, Zone};
    let name = &q.item.content.name;
    for kinds in [&[ItemOverride][..], &[Devolved, Entrusted][..]] {
        if let Some(found) = book.find(kinds, |s| s.gives(q)) {
            let center = organization::load(tx, found.handler)?;
            let (rule, how) = match found.rule.kind {
                Devolved => ("devolved", format!("已下放{}", center.division_name)),
                Entrusted => ("entrusted", format!("已委托{}", center.division_name)),
                _ => ("item_override", format!("指定由{}承办", center.name)),
            };
            let words = format!("依据《{}》，“{name}”{how}", found.rule.basis);
            return Ok(Owner { division: center.division_code.clone(), center: Some(center), rule, words });
        }
    }
    let (division, rule) = by_level(tx, q)?;
    if let Some(zone) = book.find(&[Zone], |s| s.covers(&division)) {
        let center = organization::load(tx, zone.handler)?;
        let words = format!("“{name}”由区划 {division} 承办，该区划为开发区等统计区划，依据《{}》归口{}", zone.rule.basis, center.name);
        return Ok(Owner { center: Some(center), division, rule: "zone", words });
    }
    let center = organization::center_of_division(tx, &division)?;
    let words = center.as_ref().map(|c| {
        let (place, level) = (&c.division_name, c.level.label());
        match rule {
            "graded_by_applicant_division" => format!("“{name}”按申请人所在区划分级管理，申请人属{place}"),
            "item_level_below" => format!("“{name}”由{}行使，申请人属{place}", q.item.content.exercise_level.label()),
            "item_level_above" => format!("“{name}”由{}行使，属{place}", q.item.content.exercise_level.label()),
            _ => format!("“{name}”属{place}{level}事项"),
        }
    });
    Ok(Owner { center, division, rule, words: words.unwrap_or_default() })
}

/// The division that decides: a graded item belongs to the applicant's, one exercised below its catalogue to the applicant's
/// town or village, one exercised above to the center there is above; any other to its own.
fn by_level(tx: &mut Tx, q: &Question) -> Result<(String, &'static str)> {
    let own = (q.item.division_code.clone(), "item_division");
    let level = q.item.content.exercise_level;
    if level == ExerciseLevel::Graded {
        return Ok(q.applicant.map_or(own, |seat| (seat.to_owned(), "graded_by_applicant_division")));
    }
    let Some(home) = home(tx, q.item)? else { return Ok(own) };
    // The national codes of levels count downwards: 1 national … 6 village.
    let (Some(exercised), Some(here)) = (level.standard(), home.level.standard()) else { return Ok(own) };
    let within = |seat: &&str| seat.starts_with(rules::significant(&home.division_code));
    if exercised > here {
        let digits = if level == ExerciseLevel::Town { 9 } else { 12 };
        let cut = |seat: &str| format!("{:0<12}", seat.get(..digits).unwrap_or(seat));
        return Ok(q.applicant.filter(within).filter(|_| level != ExerciseLevel::County).map_or(own, |seat| (cut(seat), "item_level_below")));
    }
    if exercised < here {
        let above: Vec<Id> = home.lineage().filter_map(|id| id.parse().ok()).collect();
        let found = organization::store::centers_by_id(tx, &above)?.into_iter().find(|c| c.level.standard() == level.standard());
        return Ok(found.map_or(own, |c| (c.division_code, "item_level_above")));
    }
    Ok(own)
}

/// Whether a center's level carries matters in its city.
fn carries(tx: &mut Tx, center: &Center) -> Result<bool> {
    Ok(settings::rules(tx, &center.path)?.carries(center.level.code()))
}

/// Why a center does not take a matter over, whoever gives it: its level carries none. What the resolver says instead is said
/// with it.
pub(super) fn no_agency(tx: &mut Tx, seen: &Loaded, to: &Center) -> Result<Option<String>> {
    if carries(tx, to)? {
        return Ok(None);
    }
    let (resolved, why) = resolve_for(tx, seen)?;
    Ok((resolved.id != to.id).then(|| format!("{}所在层级不设代办，不能承办本件。{}", to.name, why.explanation)))
}

/// The center, or the nearest above whose level carries matters; and a word about it.
fn carrying(tx: &mut Tx, center: Center) -> Result<(Center, String)> {
    let mut at = center.clone();
    while !carries(tx, &at)? {
        let Some(parent) = at.parent_id else { return Ok((center, String::new())) };
        at = organization::load(tx, parent)?;
    }
    let word = if at.id == center.id { String::new() } else { format!("，{}所在层级不设代办", center.division_name) };
    Ok((at, word))
}

/// The centers from one to another along the tree, by name, both ends included; none where it stays.
fn chain(tx: &mut Tx, from: &Center, to: &Center) -> Result<Vec<String>> {
    if from.id == to.id {
        return Ok(Vec::new());
    }
    let (up, down): (Vec<&str>, Vec<&str>) = (from.lineage().collect(), to.lineage().collect());
    let shared = up.iter().zip(&down).take_while(|(a, b)| a == b).count();
    let turn = shared.saturating_sub(1);
    let path = up.iter().skip(turn).rev().chain(down.iter().skip(if shared == 0 { 0 } else { turn + 1 }));
    let ids: Vec<Id> = path.filter_map(|id| id.parse().ok()).collect();
    let centers = organization::store::centers_by_id(tx, &ids)?;
    Ok(ids.iter().filter_map(|id| centers.iter().find(|c| c.id == *id)).map(|c| c.name.clone()).collect())
}
