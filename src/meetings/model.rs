//! What a meeting is, and what is sent for it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::machine::ResolutionAction;
use crate::{
    db::code_enum,
    kernel::{Id, Limit, Moment},
};

code_enum! {
    /// What kind of meeting.
    MeetingKind in "meeting-kinds" {
        JointConference "joint_conference" "联席会议",
        ParallelApproval "parallel_approval" "并联审批会",
        EarlyGuidance "early_guidance" "前期辅导会",
    }
}

code_enum! {
    /// Who is invited, or owns a resolution.
    PartyKind in "party-kinds" {
        Center "center" "服务中心",
        Department "department" "承办部门",
        User "user" "个人",
        Applicant "applicant" "申请人",
    }
}

code_enum! {
    /// What an invitee has answered.
    InviteeResponse in "invitee-responses" {
        Pending "pending" "待答复",
        Accepted "accepted" "参加",
        Declined "declined" "不参加",
    }
}

/// A center, a department, a person or the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Which kind.
    pub kind: PartyKind,
    /// Whose id.
    pub id: Id,
}

/// Who is invited, and what they said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invitee {
    /// Who.
    pub party: Party,
    /// Answer.
    pub response: InviteeResponse,
    /// Why not.
    #[serde(default)]
    pub reason: String,
    /// Who comes instead.
    #[serde(default)]
    pub substitute: String,
    /// When answered.
    #[serde(default)]
    pub responded_at: Option<Moment>,
    /// Whether they came; known with the minutes.
    #[serde(default)]
    pub attended: Option<bool>,
}

impl Invitee {
    /// Asked, and not answered yet.
    pub fn asked(party: Party) -> Self {
        Self { party, response: InviteeResponse::Pending, reason: String::new(), substitute: String::new(), responded_at: None, attended: None }
    }
}

/// One entry of the agenda.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AgendaEntry {
    /// What is spoken about.
    pub topic: String,
    /// About which matter.
    #[serde(default)]
    pub entrustment_id: Option<Id>,
    /// About which project.
    #[serde(default)]
    pub project_id: Option<Id>,
    /// About which ticket.
    #[serde(default)]
    pub ticket_id: Option<Id>,
    /// About which steps of its plan.
    #[serde(default)]
    pub steps: Vec<String>,
}

/// A resolution that the minutes note; it binds when they are confirmed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Draft {
    /// Place of its agenda entry, from 1.
    pub agenda: i32,
    /// Who carries it out.
    pub owner: Party,
    /// What shall be done.
    pub content: String,
    /// How long.
    #[serde(default)]
    pub limit: Option<Limit>,
    /// Until which day.
    #[serde(default)]
    pub due_on: Option<NaiveDate>,
}

/// What people wrote of a meeting: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MeetingDetails {
    /// Title.
    pub title: String,
    /// Where.
    pub place: String,
    /// What else invitees should know.
    pub note: String,
    /// Who is invited.
    pub invitees: Vec<Invitee>,
    /// In order.
    pub agenda: Vec<AgendaEntry>,
    /// What was said.
    pub minutes: String,
    /// What was resolved.
    pub resolutions: Vec<Draft>,
    /// Why it was called off.
    pub cancel_reason: String,
    /// Who called it.
    pub called_by: Option<Id>,
}

/// What people wrote of a resolution: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResolutionDetails {
    /// What shall be done.
    pub content: String,
    /// What was said since, oldest first: reports, send-backs, extensions, instructions.
    pub notes: Vec<ResolutionNote>,
    /// When it was last reported as carried out.
    pub carried_out_at: Option<Moment>,
}

/// What was said of a resolution with an act.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResolutionNote {
    /// With which act.
    pub act: ResolutionAction,
    /// In Chinese.
    pub act_label: String,
    /// In words.
    pub text: String,
    /// When.
    pub at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// A center, a department or a person, as they are named in a request.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "center", "id": "320600000000" }))]
pub struct PartyInput {
    /// Which kind; the applicant is invited to an early guidance only, and owns no resolution.
    pub kind: PartyKind,
    /// Id; of a center also its 12-digit division code.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub id: String,
}

/// An entry of the agenda as it is sent.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgendaInput {
    /// What is spoken about: no personal data, all who are invited read it.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "供水管线迁改与施工许可并联办理")]
    pub topic: String,
    /// About which matter: id or number; only one that the caller sees.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "DB-320623-20260105-000045-145")]
    pub entrustment: Option<String>,
    /// About which project: id or number; only one that the caller sees.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "XM-320623-20260105-000001-101")]
    pub project: Option<String>,
    /// About which fallback ticket: id or number; only one that the caller sees, at a joint conference. What the departments
    /// coordinate is the reform office's to call.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "DD-320623-20260303-000001-427")]
    pub fallback_ticket: Option<String>,
    /// About which steps of its plan.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = codes))]
    #[schema(max_items = 50, example = json!(["A1"]))]
    pub steps: Vec<String>,
}

/// A meeting as it is called.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingInput {
    /// What kind.
    pub kind: MeetingKind,
    /// Title: no personal data.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "供水报装并联审批会")]
    pub title: String,
    /// Center that calls it: id or 12-digit division code; absent: the caller's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub center: Option<String>,
    /// Where.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "政务服务中心三楼会议室")]
    pub place: String,
    /// From.
    pub starts_at: Moment,
    /// Until.
    pub ends_at: Moment,
    /// Who chairs it: holds a post at the center; absent: the caller.
    #[serde(default)]
    pub host_id: Option<Id>,
    /// The leader in charge, to whom goes what is not carried out; absent: the center's managers.
    #[serde(default)]
    pub leader_id: Option<Id>,
    /// What else invitees should know.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub note: String,
    /// Who is invited.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub invitees: Vec<PartyInput>,
    /// In order.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub agenda: Vec<AgendaInput>,
}

/// A meeting's editable particulars, all of them; its time is moved by rescheduling.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingEdit {
    /// Title: no personal data.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "供水报装并联审批会")]
    pub title: String,
    /// Where.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "政务服务中心三楼会议室")]
    pub place: String,
    /// Who chairs it; absent: as before.
    #[serde(default)]
    pub host_id: Option<Id>,
    /// The leader in charge; absent: the center's managers.
    #[serde(default)]
    pub leader_id: Option<Id>,
    /// What else invitees should know.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub note: String,
    /// Who is invited; who was invited before keeps their answer.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub invitees: Vec<PartyInput>,
    /// In order.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub agenda: Vec<AgendaInput>,
}

impl From<&MeetingInput> for MeetingEdit {
    fn from(input: &MeetingInput) -> Self {
        Self {
            title: input.title.clone(),
            place: input.place.clone(),
            host_id: input.host_id,
            leader_id: input.leader_id,
            note: input.note.clone(),
            invitees: input.invitees.clone(),
            agenda: input.agenda.clone(),
        }
    }
}

/// Another time.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingReschedule {
    /// From.
    pub starts_at: Moment,
    /// Until.
    pub ends_at: Moment,
    /// Where; absent: as before.
    #[serde(default)]
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200)]
    pub place: Option<String>,
    /// Why.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "主要承办部门时间冲突")]
    pub reason: String,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingReason {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "有关事项已协调一致，无须开会")]
    pub reason: String,
}

/// An invitee's answer.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingAnswer {
    /// For which invitee; needed only of who answers for several.
    #[serde(default)]
    pub invitee_id: Option<Id>,
    /// `accepted` or `declined`.
    pub response: InviteeResponse,
    /// Why not; needed to decline.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub reason: String,
    /// Who comes instead.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_length = 100, example = "审批科负责人")]
    pub substitute: String,
}

/// What shall be done, by whom and until when.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolutionInput {
    /// Place of its agenda entry, from 1.
    #[validate(range(min = 1, max = 50))]
    #[schema(minimum = 1, maximum = 50, example = 1)]
    pub agenda: i32,
    /// Who carries it out.
    #[validate(nested)]
    pub owner: PartyInput,
    /// What.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "五个工作日内完成管线迁改方案审查")]
    pub content: String,
    /// How long, from the confirmation of the minutes: this or `due_on`.
    #[serde(default)]
    pub limit: Option<Limit>,
    /// Until which day.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub due_on: Option<NaiveDate>,
}

/// Minutes, who came, and what was resolved; sent again, they replace what was recorded.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MinutesInput {
    /// What was said.
    #[validate(length(min = 2, max = 20000))]
    #[schema(min_length = 2, max_length = 20_000, example = "会议听取了各部门意见，明确了办理顺序和时限。")]
    pub minutes: String,
    /// Ids of the invitees who came, themselves or by a substitute.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub attended: Vec<Id>,
    /// What was resolved.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub resolutions: Vec<ResolutionInput>,
    /// Files that the caller has uploaded; they stay with the meeting.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachments: Vec<Id>,
}

/// What was done.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolutionReport {
    /// In words.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000, example = "已完成管线迁改方案审查并出具意见")]
    pub report: String,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolutionReason {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "审查意见未覆盖二期管线")]
    pub reason: String,
}

/// More time.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolutionExtension {
    /// Working or natural days, as its limit counts.
    #[validate(range(min = 1, max = 365))]
    #[schema(minimum = 1, maximum = 365, example = 3)]
    pub days: u32,
    /// Why.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "专家评审改期")]
    pub reason: String,
}

/// What the leader in charge orders 批示.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolutionInstruction {
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "请主要负责人牵头，两日内落实")]
    pub instruction: String,
}

fn codes(steps: &[String]) -> Result<(), ValidationError> {
    if steps.iter().all(|s| (1..=20).contains(&s.chars().count())) {
        Ok(())
    } else {
        Err(ValidationError::new("length").with_message("每个步骤编号应为 1 到 20 个字。|1 to 20 characters each.".into()))
    }
}
