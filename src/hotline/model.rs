//! What a hotline order is, and what people wrote of it.

use serde::{Deserialize, Serialize};

use crate::{
    db::code_enum,
    evaluations::store::Grade,
    kernel::{Id, Limit, Moment},
};

code_enum! {
    /// What kind of order.
    OrderType in "hotline-order-types" {
        Consultation "consultation" "咨询",
        Help "help" "求助",
        Complaint "complaint" "投诉",
        Report "report" "举报",
        Suggestion "suggestion" "建议",
        Praise "praise" "表扬",
        Other "other" "其他",
    }
}
code_enum! {
    /// How it is disposed of.
    Disposal in "hotline-disposals" {
        Direct "direct" "直办",
        Transferred "transferred" "转办",
    }
}
code_enum! {
    /// How much it presses.
    Urgency in "hotline-urgencies" {
        Normal "normal" "普通",
        Urgent "urgent" "紧急",
        VeryUrgent "very_urgent" "特急",
    }
}
code_enum! {
    /// Who reads the caller's name and telephone.
    Secrecy in "hotline-secrecies" {
        Normal "normal" "普通",
        Confidential "confidential" "诉求人信息保密",
        Strict "strict" "诉求人信息和内容保密",
    }
}
impl Secrecy {
    /// How much is kept: the more, the higher.
    pub fn keeps(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::Confidential => 1,
            Self::Strict => 2,
        }
    }
}
code_enum! {
    /// How the caller reached the hotline.
    OrderChannel in "hotline-channels" {
        Phone "phone" "电话",
        Wechat "wechat" "微信",
        App "app" "移动端",
        Web "web" "网站",
        Sms "sms" "短信",
        Letter "letter" "信件",
        Platform "platform" "上级或其他平台转来",
        Visit "visit" "来访",
        Other "other" "其他",
    }
}
code_enum! {
    /// What an order opens.
    OpenedKind in "hotline-opened-kinds" {
        Consultation "consultation" "导办咨询",
        Entrustment "entrustment" "帮办代办件",
        FallbackTicket "fallback_ticket" "“办不成事”反映",
    }
}
code_enum! {
    /// Whether a reply is the last of its round.
    ReplyKind in "hotline-reply-kinds" {
        Interim "interim" "阶段性回复",
        Final "final" "办结回复",
    }
}

/// The codes as they were sent: kept whatever they mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = HotlineRawCodes)]
pub struct RawCodes {
    /// Kind of order.
    pub order_type: String,
    /// Category.
    pub category: String,
    /// Its name.
    pub category_name: String,
    /// Urgency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
    /// Secrecy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrecy: Option<String>,
    /// Channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Disposal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposal: Option<String>,
    /// Handling unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handling_unit: Option<String>,
}

/// Something said, by whom and when.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = HotlineNote)]
pub struct HotlineNoted {
    /// In words.
    pub words: String,
    /// When.
    pub at: Moment,
    /// Who; absent: the hotline's system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

impl HotlineNoted {
    /// In other words.
    pub fn retold(&self, said: &dyn Fn(&str) -> String) -> Self {
        Self { words: said(&self.words), ..self.clone() }
    }
}

/// A request to the hotline, and its answer.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = HotlineRequest)]
pub struct Asked {
    /// Why.
    pub reason: String,
    /// Which unit it belongs to instead.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suggested_unit: String,
    /// So many days more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// When asked.
    pub at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    /// Whether it was given; absent: not answered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<bool>,
    /// What was answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
    /// When answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Moment>,
}

impl Asked {
    /// In other words.
    pub fn retold(&self, said: &dyn Fn(&str) -> String) -> Self {
        Self { reason: said(&self.reason), suggested_unit: said(&self.suggested_unit), answer: said(&self.answer), ..self.clone() }
    }
}

/// A reply of the center.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = HotlineReply)]
pub struct Reply {
    /// Interim or final.
    pub kind: ReplyKind,
    /// In words.
    pub words: String,
    /// How far: solved, partly solved, lawfully barred, explained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved: Option<bool>,
    /// Round.
    pub round: i32,
    /// When.
    pub at: Moment,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// What came of a return visit.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = HotlineVisit)]
pub struct Visited {
    /// Round.
    pub round: i32,
    /// The caller was reached.
    pub contacted: bool,
    /// 响应: the unit had got in touch with the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responded: Option<bool>,
    /// 解决.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<bool>,
    /// With the hotline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hotline_satisfaction: Option<Grade>,
    /// With the department that handled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_satisfaction: Option<Grade>,
    /// What they said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub opinion: String,
    /// Number of the recording.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub recording_number: String,
    /// When.
    pub at: Moment,
}

/// What a second-level unit 二级单位 was given.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = HotlineSubOrder)]
pub struct SubOrder {
    /// Identity.
    pub id: Id,
    /// Which department.
    pub department_id: Id,
    /// What it does.
    pub matter: String,
    /// Until.
    pub due_at: Moment,
    /// Its clock.
    pub clock_id: Id,
    /// When given.
    pub at: Moment,
    /// What it answered; absent: not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<HotlineNoted>,
}

/// An appeal to be left out of the assessment 剔除.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = HotlineAppeal)]
pub struct Appeal {
    /// Why.
    pub reason: String,
    /// On what it rests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub basis: String,
    /// When.
    pub at: Moment,
    /// What was decided, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<HotlineNoted>,
}

impl Appeal {
    /// In other words.
    pub fn retold(&self, said: &dyn Fn(&str) -> String) -> Self {
        let decision = self.decision.as_ref().map(|d| d.retold(said));
        Self { reason: said(&self.reason), basis: said(&self.basis), decision, ..self.clone() }
    }
}

/// A file that lies at the hotline.
#[derive(Clone, Debug, Serialize, Deserialize, validator::Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineFile)]
pub struct FileLink {
    /// Its name.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "现场照片.jpg")]
    pub name: String,
    /// Where it lies.
    #[validate(length(min = 8, max = 1000), url, custom(function = on_the_web))]
    #[schema(min_length = 8, max_length = 1000, pattern = "^https?://", example = "https://12345.example.cn/files/1")]
    pub url: String,
}

/// Whoever opens a file's address opens a page of the web, and runs nothing.
fn on_the_web(url: &str) -> Result<(), validator::ValidationError> {
    let url = url.to_ascii_lowercase();
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(());
    }
    Err(validator::ValidationError::new("url").with_message("应为 http 或 https 地址。|An http or https address.".into()))
}

/// What a caller told of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfSelf {
    /// Name.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// Identity number.
    pub id_number: String,
    /// Where.
    pub address: String,
}

/// What people wrote, and what was done along the way: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderDetails {
    /// In a few words.
    pub title: String,
    /// What the caller said.
    pub content: String,
    /// About whom.
    pub subject: String,
    /// Where.
    pub address: String,
    /// Of the place.
    pub latitude: Option<f64>,
    /// Of the place.
    pub longitude: Option<f64>,
    /// Who called.
    pub name: String,
    /// Their telephone.
    pub phone: String,
    /// Their identity number, where they gave it.
    pub id_number: String,
    /// What the caller has told of themselves, an anonymous one too, now and before: shown to nobody, and covered in what was
    /// written.
    pub hidden: Vec<OfSelf>,
    /// As sent.
    pub raw: RawCodes,
    /// Fields whose code is not in the mapping.
    pub unmapped: Vec<String>,
    /// The deadline as the hotline gave it.
    pub deadline_at: Option<Moment>,
    /// How long the round has.
    pub limit: Option<Limit>,
    /// Number of an order before this one.
    pub old_number: Option<String>,
    /// About which item.
    pub item: Option<String>,
    /// When the caller called.
    pub called_at: Option<Moment>,
    /// Files at the hotline.
    pub files: Vec<FileLink>,
    /// By which rule it opened what, or why none.
    pub why: String,
    /// When it came to the present center.
    pub dispatched_at: Option<Moment>,
    /// Requests to hand it back.
    pub returns: Vec<Asked>,
    /// Requests for more time.
    pub extensions: Vec<Asked>,
    /// Replies.
    pub replies: Vec<Reply>,
    /// Return visits.
    pub visits: Vec<Visited>,
    /// Reminders of the hotline.
    pub urges: Vec<HotlineNoted>,
    /// Its supervision orders.
    pub supervisions: Vec<HotlineNoted>,
    /// What the caller added.
    pub appended: Vec<HotlineNoted>,
    /// Why it was suspended, last.
    pub suspension: Option<HotlineNoted>,
    /// What the review said, last.
    pub review: Option<HotlineNoted>,
    /// Second-level units.
    pub subs: Vec<SubOrder>,
    /// The appeal.
    pub appeal: Option<Appeal>,
    /// Why it ended without an answer.
    pub end_reason: String,
    /// Why its first dispatch, or a redispatch, went where it went.
    pub dispatch_reason: String,
    /// Whether it has ended for its caller, as it was last told.
    pub ended: Option<bool>,
}

impl OrderDetails {
    /// What the caller told of themselves, as it is kept now.
    pub fn of_self(&self) -> OfSelf {
        OfSelf { name: self.name.clone(), phone: self.phone.clone(), id_number: self.id_number.clone(), address: self.address.clone() }
    }

    /// Remembers what is to be covered.
    pub fn hide(&mut self, told: OfSelf) {
        if told != OfSelf::default() && !self.hidden.contains(&told) {
            self.hidden.push(told);
        }
    }
}
