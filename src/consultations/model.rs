//! What a consultation is, and what people wrote of it.

use serde::{Deserialize, Serialize};

use crate::{
    db::code_enum,
    kernel::{Id, Moment},
};

code_enum! {
    /// How a question came in.
    ConsultationChannel in "consultation-channels" {
        OnSite "on_site" "现场",
        Phone "phone" "电话",
        Online "online" "网上",
        Hotline "hotline" "12345热线",
    }
}
code_enum! {
    /// What a question is about.
    ConsultationTheme in "consultation-themes" {
        Procedure "procedure" "办理流程",
        Materials "materials" "申请材料",
        Eligibility "eligibility" "申请条件",
        PlaceAndTime "place_and_time" "办理地点和时间",
        Fees "fees" "收费标准",
        Progress "progress" "办理进度",
        Result "result" "结果领取",
        Policy "policy" "政策解读",
        OnlineUse "online_use" "网上操作",
        Other "other" "其他",
    }
}
code_enum! {
    /// How an offer of a consultation stands.
    TransferStanding in "consultation-transfer-states" {
        Offered "offered" "待接收",
        Accepted "accepted" "已接收",
        Returned "returned" "已退回",
        Recalled "recalled" "已收回",
        Designated "designated" "上级指定",
    }
}

/// An article of the knowledge base that an answer rests on, in the version that was cited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CitedArticle {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "ZS-320600-20260105-000001-101")]
    pub number: String,
    /// In which version.
    pub version: i64,
    /// Title.
    pub title: String,
}

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// In words.
    pub answer: String,
    /// Articles that it rests on.
    #[serde(default)]
    pub articles: Vec<CitedArticle>,
    /// Of which center.
    pub center_id: Id,
    /// Who.
    pub by: Option<Id>,
    /// When.
    pub at: Moment,
}

/// A round that did not do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskedRound {
    /// What was asked.
    pub question: String,
    /// What was answered.
    pub answer: Option<Answer>,
    /// When it was asked again.
    pub until: Moment,
}

/// What people wrote: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsultationDetails {
    /// In a few words.
    pub subject: String,
    /// The question, as it stands now.
    pub question: String,
    /// The answer of this round.
    pub answer: Option<Answer>,
    /// Rounds before this one.
    pub rounds: Vec<AskedRound>,
    /// Why it was withdrawn.
    pub withdrawal: Option<String>,
    /// What proves it, where staff withdrew for the asker.
    pub withdrawal_evidence: Option<String>,
}

/// What was said with an offer: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TransferWords {
    /// Why it is offered.
    pub reason: String,
    /// Why the center should have it, as the rules say.
    pub why: String,
    /// Why it came back.
    pub return_reason: String,
}
