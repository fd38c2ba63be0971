//! What is rated, by which grades, about what, in which words.

use serde::{Deserialize, Serialize};

pub use super::machine::EvaluationState;
use crate::{
    db::code_enum,
    kernel::{Code as _, Id, Moment},
};

code_enum! {
    /// What an evaluation is of.
    RatedKind in "rated-records" {
        Entrustment "entrustment" "代办帮办件",
        FallbackTicket "fallback_ticket" "“办不成事”反映",
        ServiceOccasion "service_occasion" "现场或电话服务",
    }
}
code_enum! {
    /// The five grades. GB/T 39046 counts 1…5 from 非常满意; the 好差评 reporting interface counts 5…1: never store a number.
    Grade in "grades" {
        VerySatisfied "very_satisfied" "非常满意" = "1",
        Satisfied "satisfied" "满意" = "2",
        BasicallySatisfied "basically_satisfied" "基本满意" = "3",
        Dissatisfied "dissatisfied" "不满意" = "4",
        VeryDissatisfied "very_dissatisfied" "非常不满意" = "5",
    }
}
code_enum! {
    /// How a rating came in.
    RatingChannel in "rating-channels" {
        Pc "pc" "PC端",
        Mobile "mobile" "移动端",
        QrCode "qr_code" "二维码",
        Tablet "tablet" "大厅平板",
        OtherTerminal "other_terminal" "其他终端",
        Phone "phone" "电话",
        Sms "sms" "短信",
        SystemDefault "system_default" "系统默认",
    }
}
code_enum! {
    /// Whom or what a grade belongs to.
    RatedObject in "rated-objects" {
        Institution "institution" "机构",
        Platform "platform" "平台",
        Staff "staff" "人员",
    }
}
code_enum! {
    /// What a grade is about (text 004).
    Dimension in "dimensions" {
        Process "process" "办事流程",
        Materials "materials" "办事材料",
        Mechanism "mechanism" "服务机制",
        Efficiency "efficiency" "服务效率",
        Visits "visits" "跑动次数",
        OneDoor "one_door" "一门",
        OneWindow "one_window" "一窗",
        OneChain "one_chain" "一链",
        Charges "charges" "服务收费",
        Convenience "convenience" "便捷性",
        Stability "stability" "稳定性",
        Performance "performance" "高效性",
        Security "security" "安全性",
        Attitude "attitude" "服务态度",
        Competence "competence" "服务水平",
    }
}
code_enum! {
    /// Words that raters choose from.
    RatingTag in "rating-tags" {
        DoneAtOnce "done_at_once" "一次办好",
        KindStaff "kind_staff" "态度热情",
        ExplainedWell "explained_well" "一次告知清楚",
        Quick "quick" "办理快捷",
        FewPapers "few_papers" "材料精简",
        NoErrand "no_errand" "全程不用跑",
        EasyOnline "easy_online" "网上好用",
        ManyErrands "many_errands" "反复跑腿",
        NeedlessPapers "needless_papers" "材料多余",
        LongWait "long_wait" "等候太久",
        UnclearNotice "unclear_notice" "告知不清",
        ColdStaff "cold_staff" "态度生硬",
        PassedOn "passed_on" "推诿扯皮",
        LateDone "late_done" "超时办理",
        WrongCharges "wrong_charges" "违规收费",
        FailingSystem "failing_system" "系统不好用",
    }
}
code_enum! {
    /// Why a rating is looked at twice. It counts all the same, until an appeal is upheld.
    Suspicion in "rating-suspicions" {
        ManyBad "many_bad" "同一电话或申请人短期内对多件给出差评",
        SameWords "same_words" "多次差评的文字相同",
        Flood "flood" "同一中心一小时内差评集中",
        Unproven "unproven" "没有留联系方式，凭链接评价，无从核实本人",
        ByNumber "by_number" "凭编号和电话后四位取得的链接评价，无法核实本人",
    }
}

impl Grade {
    /// 差评.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Dissatisfied | Self::VeryDissatisfied)
    }

    /// From the best, 0, to the worst.
    pub fn rank(self) -> usize {
        Self::ALL.iter().position(|grade| *grade == self).unwrap_or(0)
    }
}

impl Dimension {
    /// Whose dimension it is.
    pub fn object(self) -> RatedObject {
        match self {
            Self::Convenience | Self::Stability | Self::Performance | Self::Security => RatedObject::Platform,
            Self::Attitude | Self::Competence => RatedObject::Staff,
            _ => RatedObject::Institution,
        }
    }
}

/// The grade of one object.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectRating {
    /// Whom or what.
    pub object: RatedObject,
    /// Grade; of 机构 the same as that of the whole.
    pub grade: Grade,
    /// What it is about; dimensions of this object.
    #[serde(default)]
    #[schema(max_items = 15)]
    pub dimensions: Vec<Dimension>,
    /// In chosen words.
    #[serde(default)]
    #[schema(max_items = 16)]
    pub tags: Vec<RatingTag>,
}

/// What was said with a grade; words that people wrote are sealed because they may name people.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rating {
    /// What it is about.
    pub dimensions: Vec<Dimension>,
    /// Sealed words.
    pub comment: Option<String>,
    /// The single objects.
    pub objects: Vec<ObjectRating>,
    /// In chosen words.
    pub tags: Vec<RatingTag>,
    /// In words of their own: a sealed list.
    pub own_tags: Option<String>,
    /// Of what staff or a hotline recorded: sealed [`Recorded`].
    pub recorded: Option<String>,
}

/// A rating that was given by telephone.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Recorded {
    /// Who was spoken to.
    pub called: String,
    /// When.
    pub called_at: Moment,
    /// Number of the recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_no: Option<String>,
    /// Who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}
