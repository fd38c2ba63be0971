//! Every vocabulary with its Chinese labels and national-standard codes.

use actix_web::get;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    applicants,
    attachments::store::AttachmentState,
    auth::Role,
    bulletins,
    catalogue::model as items,
    clocks::{ClockKind, ClockState},
    duty,
    entrustments::{self, vocabulary as matters},
    evaluations::{model as evaluations_model, store as evaluations},
    events::Audience,
    forms, hotline,
    http::{Answer, Public},
    indicators::{Axis, Better, Indicator, PUBLIC},
    kernel::{Code, Problem},
    ledgers, meetings,
    organization::{AccountStatus, CenterLevel, GrantState},
    precedents, projects, reminders,
    routing::{self, arbitration::machine as arbitration, joint::machine as joint, transfers::machine as transfers},
    sheets, statistics, supervision, tickets, visits,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(fetch);
}

/// One code.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub struct DictionaryEntry {
    /// Code in this API.
    #[schema(example = "very_satisfied")]
    pub code: String,
    /// In Chinese.
    #[schema(example = "非常满意")]
    pub label: String,
    /// National-standard code, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1")]
    pub standard: Option<String>,
    /// Of an indicator: what it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<IndicatorDefinition>,
}

/// What an indicator counts and how.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub struct IndicatorDefinition {
    /// In words, with what is left out.
    pub definition: String,
    /// Of a rate, what stands above the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<String>,
    /// Of a rate, what stands below the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<String>,
    /// 件, 人次, % …
    #[schema(example = "%")]
    pub unit: String,
    /// Which way it should go.
    pub direction: Better,
    /// In Chinese.
    #[schema(example = "越高越好")]
    pub direction_label: String,
    /// The rule it follows.
    pub source: String,
    /// What it can be filtered by and broken down by, beside center, level and period.
    pub dimensions: Vec<Axis>,
    /// What is always told beside it.
    pub beside: Vec<Indicator>,
    /// Published for everybody.
    pub public: bool,
}

impl IndicatorDefinition {
    fn of(indicator: Indicator) -> Self {
        let d = indicator.definition();
        Self {
            definition: d.definition.into(),
            numerator: d.denominator.map(|_| d.numerator.into()),
            denominator: d.denominator.map(str::to_owned),
            unit: d.unit.into(),
            direction: d.better,
            direction_label: d.better.label().into(),
            source: d.source.into(),
            dimensions: d.knows.to_vec(),
            beside: d.beside.to_vec(),
            public: PUBLIC.contains(&indicator),
        }
    }
}

/// A vocabulary.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub struct Dictionary {
    /// Name.
    #[schema(example = "grades")]
    pub name: String,
    /// Codes in the order of the standard.
    pub items: Vec<DictionaryEntry>,
}

fn dictionary<C: Code>() -> Dictionary {
    let entry = |v: &C| DictionaryEntry { code: v.code().into(), label: v.label().into(), standard: v.standard().map(str::to_owned), definition: None };
    Dictionary { name: C::DICTIONARY.into(), items: C::ALL.iter().map(entry).collect() }
}

/// The indicators, each with its definition: no figure is told that is not here.
fn indicators() -> Dictionary {
    let mut all = dictionary::<Indicator>();
    all.items.iter_mut().zip(Indicator::ALL).for_each(|(entry, indicator)| entry.definition = Some(IndicatorDefinition::of(*indicator)));
    all
}

/// All vocabularies.
pub fn all() -> Vec<Dictionary> {
    vec![
        dictionary::<Role>(),
        dictionary::<hotline::machine::OrderState>(),
        dictionary::<hotline::machine::OrderAction>(),
        dictionary::<hotline::machine::HotlineAppealState>(),
        dictionary::<hotline::model::OrderType>(),
        dictionary::<hotline::model::Disposal>(),
        dictionary::<hotline::model::Urgency>(),
        dictionary::<hotline::model::Secrecy>(),
        dictionary::<hotline::model::OrderChannel>(),
        dictionary::<hotline::model::OpenedKind>(),
        dictionary::<hotline::model::ReplyKind>(),
        dictionary::<hotline::Scale>(),
        dictionary::<AttachmentState>(),
        dictionary::<Audience>(),
        dictionary::<CenterLevel>(),
        dictionary::<ClockKind>(),
        dictionary::<ClockState>(),
        dictionary::<AccountStatus>(),
        dictionary::<crate::auth::clients::ClientKind>(),
        dictionary::<crate::auth::clients::ClientScope>(),
        dictionary::<crate::clients::ClientState>(),
        dictionary::<crate::identity::providers::ProviderKind>(),
        dictionary::<crate::identity::providers::ProviderStatus>(),
        dictionary::<crate::identity::providers::AskBy>(),
        dictionary::<crate::notices::NoticeKind>(),
        dictionary::<crate::notices::NoticeParameter>(),
        dictionary::<crate::notices::NoticeChannel>(),
        dictionary::<crate::notices::NoticeState>(),
        dictionary::<crate::notices::TemplateStatus>(),
        dictionary::<GrantState>(),
        dictionary::<items::ItemState>(),
        dictionary::<items::ReviewState>(),
        dictionary::<matters::AgreementState>(),
        dictionary::<items::ItemType>(),
        dictionary::<items::ExerciseLevel>(),
        dictionary::<items::HandlingType>(),
        dictionary::<items::Mode>(),
        dictionary::<items::HandlingForm>(),
        dictionary::<items::InterArea>(),
        dictionary::<items::ServiceObject>(),
        dictionary::<items::Necessity>(),
        dictionary::<items::MaterialForm>(),
        dictionary::<items::MaterialSource>(),
        dictionary::<items::ResultKind>(),
        dictionary::<items::Badge>(),
        dictionary::<items::OnlineDepth>(),
        dictionary::<applicants::ApplicantKind>(),
        dictionary::<applicants::IdType>(),
        dictionary::<applicants::ApplicantFlag>(),
        dictionary::<applicants::MandateState>(),
        dictionary::<matters::Priority>(),
        dictionary::<matters::LinkKind>(),
        dictionary::<crate::catalogue::templates::TemplateState>(),
        dictionary::<duty::CourseKind>(),
        dictionary::<duty::CourseResult>(),
        dictionary::<matters::PartState>(),
        dictionary::<forms::FormKind>(),
        dictionary::<forms::FormState>(),
        dictionary::<forms::DeliveryWay>(),
        dictionary::<forms::machine::FormAction>(),
        dictionary::<ledgers::machine::ExportState>(),
        dictionary::<ledgers::machine::ExportAction>(),
        dictionary::<ledgers::LedgerForm>(),
        dictionary::<supervision::machine::SupervisionState>(),
        dictionary::<supervision::machine::SupervisionAction>(),
        dictionary::<supervision::machine::SupervisionReason>(),
        dictionary::<supervision::machine::SupervisedKind>(),
        dictionary::<statistics::periods::machine::PeriodState>(),
        dictionary::<statistics::periods::machine::AdjustmentState>(),
        dictionary::<statistics::periods::machine::AdjustmentAction>(),
        dictionary::<crate::worklist::LimitStanding>(),
        dictionary::<crate::comments::ProblemTag>(),
        dictionary::<crate::comments::CommentSource>(),
        dictionary::<crate::webhooks::WebhookState>(),
        dictionary::<crate::webhooks::PauseReason>(),
        dictionary::<crate::webhooks::DeliveryState>(),
        dictionary::<crate::webhooks::AfterDead>(),
        dictionary::<crate::reporting::ReportSource>(),
        dictionary::<crate::reporting::ReportFormat>(),
        dictionary::<crate::reporting::ReportTime>(),
        dictionary::<crate::reporting::TargetState>(),
        dictionary::<crate::reporting::BatchKind>(),
        dictionary::<crate::reporting::ReportBatchState>(),
        dictionary::<bulletins::machine::BulletinState>(),
        dictionary::<bulletins::machine::BulletinAction>(),
        dictionary::<tickets::machine::TicketDoor>(),
        dictionary::<reminders::machine::ReminderState>(),
        dictionary::<reminders::machine::ReminderAction>(),
        dictionary::<reminders::machine::ReminderAbout>(),
        dictionary::<visits::VisitReason>(),
        dictionary::<visits::machine::VisitState>(),
        dictionary::<visits::machine::VisitAction>(),
        dictionary::<projects::machine::ProjectState>(),
        dictionary::<projects::machine::ProjectAction>(),
        dictionary::<projects::ProjectKind>(),
        dictionary::<projects::StageScheme>(),
        dictionary::<projects::ProjectStage>(),
        dictionary::<projects::StageState>(),
        dictionary::<projects::WarningLevel>(),
        dictionary::<meetings::MeetingKind>(),
        dictionary::<meetings::PartyKind>(),
        dictionary::<meetings::InviteeResponse>(),
        dictionary::<meetings::machine::MeetingState>(),
        dictionary::<meetings::machine::MeetingAction>(),
        dictionary::<meetings::machine::ResolutionState>(),
        dictionary::<meetings::machine::ResolutionAction>(),
        dictionary::<crate::batches::machine::BatchState>(),
        dictionary::<crate::batches::machine::BatchAction>(),
        dictionary::<crate::return_visits::machine::ReturnVisitState>(),
        dictionary::<crate::return_visits::machine::ReturnVisitAction>(),
        dictionary::<crate::return_visits::machine::ReturnVisitReason>(),
        dictionary::<crate::follow_ups::machine::FollowUpState>(),
        dictionary::<crate::follow_ups::machine::FollowUpAction>(),
        dictionary::<crate::follow_ups::machine::FollowUpVerdict>(),
        dictionary::<crate::follow_ups::machine::FollowUpMeasure>(),
        dictionary::<crate::follow_ups::machine::AppealState>(),
        dictionary::<crate::follow_ups::AppealGround>(),
        dictionary::<crate::assessments::machine::AssessmentState>(),
        dictionary::<crate::assessments::machine::AssessmentAction>(),
        dictionary::<crate::assessments::machine::AssessedKind>(),
        dictionary::<crate::assessments::machine::AssessmentGrade>(),
        dictionary::<crate::assessments::machine::ObjectionState>(),
        dictionary::<crate::assessments::machine::EntryKind>(),
        dictionary::<crate::assessments::machine::EntryState>(),
        dictionary::<crate::assessments::machine::SchemeState>(),
        dictionary::<crate::assessments::AssessmentPeriod>(),
        dictionary::<crate::statistics::FigureSide>(),
        dictionary::<sheets::SheetRole>(),
        dictionary::<sheets::SheetResult>(),
        dictionary::<sheets::LadderRung>(),
        dictionary::<sheets::machine::SheetState>(),
        dictionary::<sheets::machine::SheetAction>(),
        dictionary::<sheets::machine::RungState>(),
        dictionary::<sheets::machine::RungAction>(),
        dictionary::<precedents::machine::PrecedentState>(),
        dictionary::<precedents::machine::PrecedentAction>(),
        dictionary::<crate::deidentify::PersonalKind>(),
        dictionary::<precedents::PromotionKind>(),
        dictionary::<precedents::PromotionState>(),
        dictionary::<crate::consultations::machine::ConsultationState>(),
        dictionary::<crate::consultations::machine::ConsultationAction>(),
        dictionary::<crate::consultations::ConsultationChannel>(),
        dictionary::<crate::consultations::ConsultationTheme>(),
        dictionary::<crate::consultations::TransferStanding>(),
        dictionary::<crate::knowledge::machine::ArticleState>(),
        dictionary::<crate::knowledge::machine::ArticleAction>(),
        dictionary::<crate::knowledge::ArticleKind>(),
        dictionary::<crate::knowledge::ArticleVisibility>(),
        dictionary::<crate::knowledge::ArticleSourceKind>(),
        dictionary::<crate::knowledge::FeedbackKind>(),
        dictionary::<crate::knowledge::FeedbackState>(),
        dictionary::<tickets::machine::TicketState>(),
        dictionary::<tickets::machine::TicketAction>(),
        dictionary::<tickets::machine::TicketTier>(),
        dictionary::<tickets::TicketCategory>(),
        dictionary::<tickets::TicketChannel>(),
        dictionary::<tickets::FeedbackWay>(),
        dictionary::<tickets::ContactPurpose>(),
        dictionary::<tickets::ContactOutcome>(),
        dictionary::<tickets::InadmissibleReason>(),
        dictionary::<tickets::UpholdReason>(),
        dictionary::<matters::HandOutWay>(),
        dictionary::<matters::HandOutState>(),
        dictionary::<matters::HandOutAct>(),
        dictionary::<entrustments::State>(),
        dictionary::<entrustments::Action>(),
        dictionary::<matters::StepState>(),
        dictionary::<matters::StepAct>(),
        dictionary::<matters::Channel>(),
        dictionary::<matters::Outcome>(),
        dictionary::<matters::RejectReason>(),
        dictionary::<matters::SuspendReason>(),
        dictionary::<matters::TerminateReason>(),
        dictionary::<matters::SignMethod>(),
        dictionary::<matters::MaterialState>(),
        dictionary::<matters::MaterialAct>(),
        dictionary::<matters::CustodyCause>(),
        dictionary::<matters::HelpKind>(),
        dictionary::<matters::StepCarrier>(),
        dictionary::<matters::ExtensionState>(),
        dictionary::<transfers::TransferState>(),
        dictionary::<transfers::TransferAction>(),
        dictionary::<routing::Relation>(),
        dictionary::<routing::rules::RoutingRuleKind>(),
        dictionary::<joint::JointState>(),
        dictionary::<joint::JointAction>(),
        dictionary::<arbitration::ArbitrationState>(),
        dictionary::<arbitration::ArbitrationAction>(),
        dictionary::<arbitration::ArbitrationCause>(),
        dictionary::<arbitration::Authority>(),
        dictionary::<arbitration::DecisionKind>(),
        dictionary::<crate::worklist::Bucket>(),
        dictionary::<crate::appointments::WindowKind>(),
        dictionary::<crate::appointments::WindowStatus>(),
        dictionary::<crate::appointments::BookingChannel>(),
        dictionary::<crate::appointments::machine::AppointmentState>(),
        dictionary::<crate::appointments::machine::AppointmentAction>(),
        dictionary::<crate::organization::AbsenceKind>(),
        dictionary::<crate::organization::AbsenceState>(),
        dictionary::<evaluations::EvaluationState>(),
        dictionary::<evaluations::Grade>(),
        dictionary::<evaluations::RatingChannel>(),
        dictionary::<evaluations::Dimension>(),
        dictionary::<evaluations_model::RatedKind>(),
        dictionary::<evaluations_model::RatedObject>(),
        dictionary::<evaluations_model::RatingTag>(),
        dictionary::<evaluations_model::Suspicion>(),
        dictionary::<crate::evaluations::occasions::OccasionKind>(),
        dictionary::<crate::evaluations::devices::DeviceState>(),
        indicators(),
        dictionary::<Better>(),
        dictionary::<Axis>(),
        dictionary::<crate::statistics::CenterScope>(),
        dictionary::<crate::statistics::Interval>(),
    ]
}

/// Names of the vocabularies.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Dictionaries {
    /// Names.
    items: Vec<String>,
}

/// 代码表目录（dictionaries）
///
/// 公开。列出全部代码表的名称。
#[utoipa::path(tag = "public", operation_id = "list_dictionaries", security(()), responses((status = 200, description = "名称", body = Dictionaries)))]
#[get("/dictionaries")]
async fn list(public: Public) -> Answer {
    public.fetch(3600, |_, _| Ok(Dictionaries { items: all().into_iter().map(|d| d.name).collect() })).await
}

/// 代码表（dictionary）
///
/// 公开。代码、中文名称和国家标准代码。
#[utoipa::path(tag = "public", operation_id = "get_dictionary", security(()), params(("id" = String, Path, description = "代码表名称", max_length = 100, example = "grades")), responses((status = 200, description = "代码表", body = Dictionary)))]
#[get("/dictionaries/{id}")]
async fn fetch(public: Public) -> Answer {
    public.fetch(3600, |_, id| Ok(all().into_iter().find(|d| d.name == id).ok_or_else(Problem::not_found)?)).await
}
