//! How a rating is written for another platform: which fields, under which names, in which codes. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use validator::Validate;

use crate::{
    applicants::ApplicantKind,
    db::code_enum,
    evaluations::model::{Dimension, Grade, RatingChannel},
    kernel::{Code, ErrorCode, FieldError, Moment, Problem, segment},
};

code_enum! {
    /// In what form batches are written.
    ReportFormat in "reporting-formats" {
        Csv "csv" "CSV 文件",
        Json "json" "JSON",
    }
}

code_enum! {
    /// How moments are written.
    ReportTime in "reporting-times" {
        DateTime "datetime" "yyyy-MM-dd HH:mm:ss（北京时间）",
        Rfc3339 "rfc3339" "RFC 3339",
    }
}

code_enum! {
    /// What a field holds.
    ReportSource in "reporting-sources" {
        RatingId "rating_id" "评价标识",
        RecordNumber "record_number" "办件编号",
        Round "round" "评价次数",
        ItemCode "item_code" "事项编码",
        ItemName "item_name" "事项名称",
        CenterName "center_name" "被评价机构名称",
        DivisionCode "division_code" "被评价机构区划代码",
        ApplicantKind "applicant_kind" "服务对象类型",
        ApplicantName "applicant_name" "评价人（脱敏）",
        IsNamed "is_named" "是否实名",
        Grade "grade" "满意度",
        Channel "channel" "评价渠道",
        Dimensions "dimensions" "评价维度",
        Comment "comment" "文字评价（已去除个人信息）",
        RatedAt "rated_at" "评价时间",
        EndedAt "ended_at" "邀请评价时间",
        IsDefault "is_default" "是否系统默认",
        IsExcluded "is_excluded" "是否经申诉剔除",
        Literal "literal" "固定值",
    }
}

/// A field of the other platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportField {
    /// Its name there.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "satisfaction")]
    pub name: String,
    /// What it holds.
    pub source: ReportSource,
    /// Of a fixed value: which.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[validate(length(max = 200))]
    #[schema(max_length = 200, required = false, example = "")]
    pub value: String,
}

/// Codes of the other platform, by ours.
pub type Codes = BTreeMap<String, String>;

/// How a flag is usually written.
const FLAGS: [(&str, &str); 2] = [("yes", "1"), ("no", "0")];

/// The longest of them.
const LONGEST_CODE: usize = 60;

/// As the document writes them.
fn codes() -> Object {
    let code = ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST_CODE));
    let own = ObjectBuilder::new().schema_type(Type::String).max_length(Some(40));
    ObjectBuilder::new().property_names(Some(own)).additional_properties(Some(code)).build()
}

/// How ratings are written for a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportMapping {
    /// Form of the files; what is pushed is JSON.
    pub format: ReportFormat,
    /// How moments are written.
    pub times: ReportTime,
    /// The fields, in order.
    #[validate(length(min = 1, max = 60), nested)]
    #[schema(min_items = 1, max_items = 60)]
    pub fields: Vec<ReportField>,
    /// Code of each grade; the interface counts 5 = 非常满意 … 1 = 非常不满意.
    #[schema(schema_with = codes)]
    pub grades: Codes,
    /// Code of each channel.
    #[schema(schema_with = codes)]
    pub channels: Codes,
    /// Code of each dimension, its own; those without one are left out.
    #[serde(default)]
    #[schema(schema_with = codes)]
    pub dimensions: Codes,
    /// Code of each kind of applicant; one without goes out under ours.
    #[serde(default)]
    #[schema(schema_with = codes)]
    pub applicant_kinds: Codes,
    /// Code of divisions that the other platform names otherwise, by ours; the rest go out as they are.
    #[serde(default)]
    #[schema(schema_with = codes)]
    pub divisions: Codes,
    /// How `yes` and `no` are written, each otherwise; without, 1 and 0.
    #[serde(default)]
    #[schema(schema_with = codes)]
    pub flags: Codes,
    /// Default ratings go along, marked; else they stay here.
    #[serde(default)]
    pub with_defaults: bool,
}

impl Default for ReportMapping {
    /// Names as they are usual between provincial platforms; the platform's own document decides.
    fn default() -> Self {
        use ReportSource as S;
        let names = [
            ("evaluateId", S::RatingId),
            ("projectNo", S::RecordNumber),
            ("serviceNumber", S::Round),
            ("taskCode", S::ItemCode),
            ("taskName", S::ItemName),
            ("proDepart", S::CenterName),
            ("areaCode", S::DivisionCode),
            ("userProp", S::ApplicantKind),
            ("userName", S::ApplicantName),
            ("isRealName", S::IsNamed),
            ("satisfaction", S::Grade),
            ("pf", S::Channel),
            ("evalDetail", S::Dimensions),
            ("writingEvaluation", S::Comment),
            ("assessTime", S::RatedAt),
            ("isInvalid", S::IsExcluded),
        ];
        let fields = names.map(|(name, source)| ReportField { name: name.into(), source, value: String::new() }).into();
        // GB/T 39046 counts from 1 = 非常满意; the interface the other way round.
        let turned = |g: &Grade| (g.code().to_owned(), g.standard().and_then(|n| n.parse::<i32>().ok()).map_or_else(String::new, |n| (6 - n).to_string()));
        let counted = |all: &[&str]| all.iter().zip(1..).map(|(code, n)| ((*code).to_owned(), n.to_string())).collect();
        let codes = |all: Vec<&'static str>| -> Codes { counted(&all) };
        Self {
            format: ReportFormat::Csv,
            times: ReportTime::DateTime,
            fields,
            grades: Grade::ALL.iter().map(turned).collect(),
            channels: codes(RatingChannel::ALL.iter().map(|c| c.code()).collect()),
            dimensions: codes(Dimension::ALL.iter().map(|d| d.code()).collect()),
            applicant_kinds: ApplicantKind::ALL.iter().filter_map(|k| Some((k.code().to_owned(), k.standard()?.to_owned()))).collect(),
            divisions: Codes::new(),
            flags: FLAGS.iter().map(|(own, usual)| ((*own).to_owned(), (*usual).to_owned())).collect(),
            with_defaults: false,
        }
    }
}

/// A rating, before it is written.
#[derive(Clone, Debug)]
pub struct Rated {
    /// Its id.
    pub id: String,
    /// Number of what was rated.
    pub number: String,
    /// 1, or 2 after a follow-up.
    pub round: i32,
    /// Code of the item.
    pub item_code: String,
    /// Name of the item.
    pub item_name: String,
    /// Rated center.
    pub center_name: String,
    /// Its division.
    pub division_code: String,
    /// Kind of the applicant.
    pub applicant_kind: String,
    /// Masked.
    pub applicant_name: String,
    /// Named, or anonymous.
    pub is_named: bool,
    /// Grade.
    pub grade: Grade,
    /// How it came in.
    pub channel: RatingChannel,
    /// What it is about.
    pub dimensions: Vec<Dimension>,
    /// Without personal data.
    pub comment: String,
    /// When.
    pub rated_at: Moment,
    /// When it was asked for.
    pub ended_at: Moment,
    /// A default.
    pub is_default: bool,
    /// Excluded by an appeal.
    pub is_excluded: bool,
}

/// A division as it is coded here.
fn division(code: &str) -> bool {
    code.len() == 12 && code.bytes().all(|b| b.is_ascii_digit())
}

impl ReportMapping {
    /// All that is wrong with it.
    pub fn check(&self) -> Result<(), Problem> {
        let mut errors = Vec::new();
        let mut wrong = |at: String, zh: String| errors.push(FieldError::body(&at, "mapping", zh, "The mapping does not hold."));
        for (at, field) in self.fields.iter().enumerate() {
            if self.fields.iter().take(at).any(|other| other.name == field.name) {
                wrong(format!("/mapping/fields/{at}/name"), format!("字段名 {} 重复。", field.name));
            }
            if (field.source == ReportSource::Literal) == field.value.is_empty() {
                wrong(format!("/mapping/fields/{at}/value"), "固定值须填写 value，其他来源不填。".into());
            }
        }
        let mut table = |name: &str, codes: &Codes, known: Vec<&str>, all: bool| {
            for code in known.iter().filter(|code| all && codes.get(**code).is_none_or(String::is_empty)) {
                wrong(format!("/mapping/{name}/{code}"), format!("缺少 {code} 的对应代码。"));
            }
            for (code, theirs) in codes {
                let at = format!("/mapping/{name}/{}", segment(code));
                if !known.contains(&code.as_str()) {
                    wrong(at, "没有这个代码。".into());
                } else if theirs.chars().count() > LONGEST_CODE {
                    wrong(at, format!("代码最多 {LONGEST_CODE} 个字。"));
                }
            }
        };
        table("grades", &self.grades, Grade::ALL.iter().map(|g| g.code()).collect(), true);
        table("channels", &self.channels, RatingChannel::ALL.iter().map(|c| c.code()).collect(), true);
        table("dimensions", &self.dimensions, Dimension::ALL.iter().map(|d| d.code()).collect(), false);
        table("applicant_kinds", &self.applicant_kinds, ApplicantKind::ALL.iter().map(|k| k.code()).collect(), false);
        table("flags", &self.flags, FLAGS.iter().map(|f| f.0).collect(), false);
        table("divisions", &self.divisions, self.divisions.keys().map(String::as_str).filter(|own| division(own)).collect(), false);
        // Several of our channels, kinds or divisions may be one there; these would be taken for one another.
        let mut apart = |name: &str, mut codes: Vec<&str>, zh: &str| {
            codes.sort_unstable();
            if codes.windows(2).any(|w| w.first() == w.last()) {
                wrong(format!("/mapping/{name}"), zh.into());
            }
        };
        apart("grades", self.grades.values().map(String::as_str).collect(), "五个等级的代码应各不相同。");
        apart("dimensions", self.dimensions.values().map(String::as_str).filter(|code| !code.is_empty()).collect(), "各评价维度的代码应各不相同。");
        apart("flags", FLAGS.iter().map(|flag| self.flag(*flag)).collect(), "“是”“否”的代码应不同；未填写的为 1、0。");
        if errors.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, errors)) }
    }

    fn flag(&self, (own, usual): (&str, &'static str)) -> &str {
        self.flags.get(own).map_or(usual, String::as_str)
    }

    /// A rating as the other platform reads it.
    pub fn row(&self, of: &Rated) -> Map<String, Value> {
        let code = |codes: &Codes, own: &str| codes.get(own).cloned().unwrap_or_default();
        let time = |at: Moment| match self.times {
            ReportTime::DateTime => at.rfc3339().get(..19).unwrap_or_default().replace('T', " "),
            ReportTime::Rfc3339 => at.rfc3339(),
        };
        // What has no code there goes out under its own.
        let mapped = |codes: &Codes, own: &str| json!(codes.get(own).filter(|c| !c.is_empty()).map_or(own, String::as_str));
        let flag = |yes: bool| json!(self.flag(if yes { FLAGS[0] } else { FLAGS[1] }));
        let value = |field: &ReportField| match field.source {
            ReportSource::RatingId => json!(of.id),
            ReportSource::RecordNumber => json!(of.number),
            ReportSource::Round => json!(of.round.to_string()),
            ReportSource::ItemCode => json!(of.item_code),
            ReportSource::ItemName => json!(of.item_name),
            ReportSource::CenterName => json!(of.center_name),
            ReportSource::DivisionCode => mapped(&self.divisions, &of.division_code),
            ReportSource::ApplicantKind => mapped(&self.applicant_kinds, &of.applicant_kind),
            ReportSource::ApplicantName => json!(if of.is_named { of.applicant_name.as_str() } else { "" }),
            ReportSource::IsNamed => flag(of.is_named),
            ReportSource::Grade => json!(code(&self.grades, of.grade.code())),
            ReportSource::Channel => json!(code(&self.channels, of.channel.code())),
            ReportSource::Dimensions => {
                json!(of.dimensions.iter().map(|d| code(&self.dimensions, d.code())).filter(|c| !c.is_empty()).collect::<Vec<_>>().join(","))
            }
            ReportSource::Comment => json!(of.comment),
            ReportSource::RatedAt => json!(time(of.rated_at)),
            ReportSource::EndedAt => json!(time(of.ended_at)),
            ReportSource::IsDefault => flag(of.is_default),
            ReportSource::IsExcluded => flag(of.is_excluded),
            ReportSource::Literal => json!(field.value),
        };
        self.fields.iter().map(|field| (field.name.clone(), value(field))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interface_counts_down_from_five() {
        let mapping = ReportMapping::default();
        assert!(mapping.check().is_ok());
        let codes: Vec<&str> = Grade::ALL.iter().map(|g| mapping.grades[g.code()].as_str()).collect();
        assert_eq!(codes, ["5", "4", "3", "2", "1"]);
    }

    #[test]
    fn what_is_told_apart_has_codes_of_its_own() {
        let with = |yes: &str, no: Option<&str>| ReportMapping {
            flags: [("yes", Some(yes)), ("no", no)].into_iter().filter_map(|(own, code)| Some((own.to_owned(), code?.to_owned()))).collect(),
            ..ReportMapping::default()
        };
        assert!(with("Y", Some("N")).check().is_ok() && with("Y", None).check().is_ok());
        for mapping in [with("1", Some("1")), with("0", None), with("", Some("")), with("Y", Some("Y"))] {
            assert!(format!("{:?}", mapping.check().expect_err("the same")).contains("/mapping/flags"), "{:?}", mapping.flags);
        }
        let mut mapping = ReportMapping::default();
        mapping.channels.values_mut().for_each(|code| *code = "9".into());
        assert!(mapping.check().is_ok(), "several channels may be one there");
        mapping.dimensions.values_mut().for_each(|code| *code = "9".into());
        assert!(format!("{:?}", mapping.check().expect_err("the same")).contains("/mapping/dimensions"));
    }

    #[test]
    fn every_wrong_entry_is_named() {
        let mut mapping = ReportMapping::default();
        mapping.grades.remove("satisfied");
        mapping.channels.insert("pigeon".into(), "9".into());
        mapping.applicant_kinds.insert("ghost".into(), "99".into());
        mapping.divisions.insert("3206".into(), "1".into());
        mapping.flags.insert("maybe".into(), "2".into());
        mapping.fields.push(ReportField { name: "pf".into(), source: ReportSource::Literal, value: String::new() });
        let problem = mapping.check().expect_err("wrong");
        let told = format!("{problem:?}");
        for at in [
            "/mapping/applicant_kinds/ghost",
            "/mapping/divisions/3206",
            "/mapping/flags/maybe",
            "/mapping/grades/satisfied",
            "/mapping/channels/pigeon",
            "/mapping/fields/16/name",
            "/mapping/fields/16/value",
        ] {
            assert!(told.contains(at), "{at} in {told}");
        }
    }
}
