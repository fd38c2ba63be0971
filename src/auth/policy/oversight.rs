//! Supervision, figures, bulletins, assessments, and lists that are taken along.

use super::{
    Reach::{All, Assigned, Center, Department, Subtree},
    Rule, rule,
};
use crate::auth::Role::{Agent, CenterManager, Clerk, DepartmentHandler, Inspector, ProjectManager, ReformOffice};

/// Whoever sets how is assessed below.
const SCHEME_ACTS: &[&str] = &["read", "create", "edit", "publish"];
/// Whoever assesses what stands below.
const ASSESSOR: &[&str] = &["read", "create", "compute", "enter", "publish", "decide", "freeze", "correct", "confirm", "withdraw"];
/// What is done with an own export.
const EXPORT_ACTS: &[&str] = &["read", "create", "cancel"];
/// What is done with a month of figures.
const PERIOD_ACTS: &[&str] = &["read", "freeze", "propose", "approve", "refuse", "leave_out"];
/// Whoever composes a bulletin.
const BULLETIN_WORK: &[&str] = &["read", "create", "edit", "recompose", "submit", "discard"];
/// Whoever reviews what another has composed.
const BULLETIN_REVIEW: &[&str] = &["send_back", "publish", "withdraw"];
/// What is done with an order by whoever gave it.
const SUPERVISOR: &[&str] = &["extend", "confirm", "send_back", "withdraw"];

/// The table.
pub const TABLE: &[Rule] = &[
    // Who is above orders; who is ordered answers; whoever ordered judges the answer.
    rule(Inspector, "supervision", Subtree, &["read", "create"]),
    rule(Inspector, "supervision", Assigned, SUPERVISOR),
    rule(ReformOffice, "supervision", Subtree, &["read", "create"]),
    rule(ReformOffice, "supervision", Assigned, SUPERVISOR),
    rule(CenterManager, "supervision", Subtree, &["read", "create"]),
    rule(CenterManager, "supervision", Center, &["sign_in", "progress", "answer", "extend", "confirm", "send_back", "withdraw"]),
    rule(Clerk, "supervision", Center, &["read", "progress"]),
    rule(DepartmentHandler, "supervision", Department, &["read", "sign_in", "progress", "answer"]),
    rule(Inspector, "supervision_wall", Subtree, &["read"]),
    rule(ReformOffice, "supervision_wall", Subtree, &["read"]),
    rule(CenterManager, "supervision_wall", Subtree, &["read"]),
    rule(Clerk, "supervision_wall", Center, &["read"]),
    rule(Clerk, "statistics", Center, &["read_center"]),
    rule(DepartmentHandler, "statistics", Department, &["read_department"]),
    rule(CenterManager, "statistics", Subtree, &["read"]),
    rule(Inspector, "statistics", Subtree, &["read"]),
    rule(ReformOffice, "statistics", Subtree, &["read"]),
    // A month is frozen from the top of the tree; what changes afterwards is entered by two people.
    rule(ReformOffice, "statistics_period", Subtree, PERIOD_ACTS),
    rule(Inspector, "statistics_period", Subtree, PERIOD_ACTS),
    rule(CenterManager, "statistics_period", Subtree, &["read", "propose"]),
    // Whoever supervises composes a bulletin; another reviews it; everybody at or below the center reads what is published.
    rule(Inspector, "bulletin", Subtree, BULLETIN_WORK),
    rule(ReformOffice, "bulletin", Subtree, BULLETIN_WORK),
    rule(ReformOffice, "bulletin", Subtree, BULLETIN_REVIEW),
    rule(CenterManager, "bulletin", Center, BULLETIN_WORK),
    rule(CenterManager, "bulletin", Center, BULLETIN_REVIEW),
    rule(CenterManager, "bulletin", Subtree, &["read"]),
    rule(Clerk, "bulletin", All, &["read_published"]),
    rule(Agent, "bulletin", All, &["read_published"]),
    rule(CenterManager, "bulletin", All, &["read_published"]),
    rule(ProjectManager, "bulletin", All, &["read_published"]),
    rule(DepartmentHandler, "bulletin", All, &["read_published"]),
    rule(Inspector, "bulletin", All, &["read_published"]),
    rule(ReformOffice, "bulletin", All, &["read_published"]),
    // The counter counts its own center, a department what is its own, whoever leads or inspects all that is below.
    rule(CenterManager, "assessment_scheme", Subtree, SCHEME_ACTS),
    rule(Inspector, "assessment_scheme", Subtree, &["read"]),
    rule(ReformOffice, "assessment_scheme", Subtree, SCHEME_ACTS),
    rule(CenterManager, "assessment", Subtree, ASSESSOR),
    rule(Inspector, "assessment", Subtree, ASSESSOR),
    rule(ReformOffice, "assessment", Subtree, ASSESSOR),
    // Who is assessed: the leader of that very center, the department, the person.
    rule(CenterManager, "assessment", Center, &["read", "object"]),
    rule(DepartmentHandler, "assessment", Department, &["read", "object"]),
    rule(Agent, "assessment", Assigned, &["read", "object"]),
    // Who reads a list takes it along as a ledger; an export is its orderer's alone.
    rule(Clerk, "export", Assigned, EXPORT_ACTS),
    rule(Agent, "export", Assigned, EXPORT_ACTS),
    rule(CenterManager, "export", Assigned, EXPORT_ACTS),
    rule(DepartmentHandler, "export", Assigned, EXPORT_ACTS),
    rule(ProjectManager, "export", Assigned, EXPORT_ACTS),
    rule(Inspector, "export", Assigned, EXPORT_ACTS),
    rule(ReformOffice, "export", Assigned, EXPORT_ACTS),
];
