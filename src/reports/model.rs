//! A monthly report as it is answered.

use serde::Serialize;

use crate::{
    kernel::{Id, Moment},
    tickets::TicketRegister,
};

/// How many of one kind, in the month and in the one before.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportCount {
    /// A code, or the id of a center or department.
    pub key: String,
    /// In Chinese.
    pub label: String,
    /// In the month.
    pub count: i64,
    /// In the month before.
    pub before: i64,
}

/// What happened to tickets; each counts once, at each of its departments.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportFigure {
    /// In the month.
    pub total: i64,
    /// In the month before.
    pub before: i64,
    /// By category.
    pub by_category: Vec<ReportCount>,
    /// By tier; `none` is not classified yet.
    pub by_tier: Vec<ReportCount>,
    /// By department that it concerns.
    pub by_department: Vec<ReportCount>,
    /// By center.
    pub by_center: Vec<ReportCount>,
}

/// What the applicants said when they were asked about the result.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportSatisfaction {
    /// Satisfied.
    pub satisfied: i64,
    /// Dissatisfied.
    pub dissatisfied: i64,
    /// Not reached.
    pub unreachable: i64,
    /// 满意率 in percent: satisfied ÷ (satisfied + dissatisfied); absent where nobody answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 92.31)]
    pub rate: Option<f64>,
    /// The same of the month before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 90.0)]
    pub rate_before: Option<f64>,
}

/// A sheet whose deadline had passed while the department had it, named.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportSheet {
    /// Identity.
    pub id: Id,
    /// Number.
    #[schema(example = "JB-320623-20261122-000001-427")]
    pub number: String,
    /// Of which ticket.
    #[schema(example = "DD-320623-20261122-000001-427")]
    pub ticket_number: String,
    /// Whose.
    pub department: String,
    /// Its deadline.
    pub due_at: Moment,
    /// When it was replied to after all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<Moment>,
    /// State, in Chinese.
    pub state_label: String,
}

/// A rung of the overdue ladder whose time came in the month, named.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportRung {
    /// Identity.
    pub id: Id,
    /// Number.
    #[schema(example = "JB-320623-20261122-000001-427-1")]
    pub number: String,
    /// Which, in Chinese.
    pub rung_label: String,
    /// State, in Chinese.
    pub state_label: String,
    /// Whose.
    pub department: String,
    /// When its time came.
    pub due_at: Moment,
}

/// A precedent that was published in the month.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportPrecedent {
    /// Identity.
    pub id: Id,
    /// Number.
    pub number: String,
    /// Title.
    pub title: String,
    /// When.
    pub published_at: Moment,
}

/// The report of a month.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TicketReport {
    /// Which month.
    #[schema(example = "2026-03")]
    pub month: String,
    /// Until when things had happened that are counted: the end of the month, or now.
    pub until: Moment,
    /// Registered.
    pub opened: ReportFigure,
    /// Struck from the register 销号.
    pub cleared: ReportFigure,
    /// Put on the register unresolved 挂账.
    pub upheld: ReportFigure,
    /// Opened again: after a dissatisfied answer, a return visit, an objection, or by hand.
    pub reopened: ReportFigure,
    /// A limit of the ticket, or of one of its sheets, was missed.
    pub overdue: ReportFigure,
    /// What was registered up to the end of the month, as it stands now: the register in figures.
    pub register: TicketRegister,
    /// What the applicants said.
    pub satisfaction: ReportSatisfaction,
    /// Sheets that are, or were in the month, past their deadline; at most 200, most overdue first.
    pub overdue_sheets: Vec<ReportSheet>,
    /// Rungs of the overdue ladder; at most 200.
    pub rungs: Vec<ReportRung>,
    /// Precedents published; at most 200.
    pub precedents: Vec<ReportPrecedent>,
}
