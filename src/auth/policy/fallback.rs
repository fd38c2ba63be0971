//! What could not be done anywhere: tickets, sheets of departments, batches, return visits, cases.

use super::{
    Reach::{All, Assigned, Center, Department, Own, Subtree},
    Rule, masked, rule,
};
use crate::auth::Role::{Agent, Applicant, CenterManager, Clerk, CompanyAgent, DepartmentHandler, Inspector, ReformOffice, SystemAdmin};

/// What the reform office does with cases.
const PRECEDENT_ACTS: &[&str] = &["read", "create", "edit", "submit", "send_back", "publish", "withdraw", "promote", "settle_promotion", "cite"];
/// What is done with an assignment sheet by the leader in charge, at the center or at the reform office.
const SHEET_LEADER_ACTS: &[&str] = &["read", "create", "edit", "issue", "grant_extension", "refuse_extension", "confirm", "send_back", "cancel"];
/// What those who ask do with a fallback ticket of their own.
const CALLER_ACTS: &[&str] = &["read", "create", "object", "withdraw", "feedback_satisfied", "feedback_dissatisfied"];
/// What the counter does with the tickets of its center.
const TICKET_DESK: &[&str] = &[
    "read",
    "count",
    "create",
    "edit",
    "triage",
    "settle",
    "ask_feedback",
    "feedback_satisfied",
    "feedback_dissatisfied",
    "record_attempt",
    "propose_inadmissible",
    "confirm_inadmissible",
    "refuse_inadmissible",
    "object",
    "merge",
    "withdraw",
    "reveal",
];
/// What the leader of the center does.
const TICKET_MANAGER: &[&str] =
    &["read", "count", "triage", "uphold", "reopen", "propose_inadmissible", "confirm_inadmissible", "refuse_inadmissible", "merge", "reveal"];
/// What the reform office does: it convenes, leads what failed twice, and decides (DOMAIN §6).
const TICKET_REFORM: &[&str] = &[
    "read",
    "count",
    "edit",
    "triage",
    "coordinate",
    "record_coordination",
    "ask_feedback",
    "feedback_satisfied",
    "feedback_dissatisfied",
    "record_attempt",
    "uphold",
    "review",
    "reopen",
    "confirm_inadmissible",
    "refuse_inadmissible",
    "uphold_objection",
    "dismiss_objection",
    "merge",
    "reveal",
];

/// The table.
pub const TABLE: &[Rule] = &[
    rule(Applicant, "fallback_ticket", Own, CALLER_ACTS),
    rule(CompanyAgent, "fallback_ticket", Own, CALLER_ACTS),
    rule(Clerk, "fallback_ticket", Center, TICKET_DESK),
    // Whoever met the applicant first follows it, wherever it is handled.
    masked(Clerk, "fallback_ticket", Assigned, &["read"]),
    rule(Agent, "fallback_ticket", Center, &["create"]),
    rule(
        Agent,
        "fallback_ticket",
        Assigned,
        &["read", "edit", "settle", "ask_feedback", "feedback_satisfied", "feedback_dissatisfied", "record_attempt", "withdraw", "reveal"],
    ),
    masked(CenterManager, "fallback_ticket", Center, TICKET_MANAGER),
    masked(CenterManager, "fallback_ticket", Subtree, &["read", "count"]),
    // A center of few has its second person above it.
    rule(CenterManager, "fallback_ticket", Subtree, &["confirm_inadmissible", "refuse_inadmissible"]),
    // A department sees what it has a sheet of.
    rule(DepartmentHandler, "fallback_ticket", Department, &["read"]),
    masked(Inspector, "fallback_ticket", Subtree, &["read", "count", "create"]),
    rule(ReformOffice, "fallback_ticket", Subtree, TICKET_REFORM),
    // The center draws a sheet up, a leader signs it, the department answers for itself; who hands back too often has it determined.
    rule(Clerk, "assignment_sheet", Center, &["read", "create", "edit", "confirm", "send_back"]),
    rule(CenterManager, "assignment_sheet", Center, SHEET_LEADER_ACTS),
    rule(ReformOffice, "assignment_sheet", Subtree, SHEET_LEADER_ACTS),
    rule(ReformOffice, "assignment_sheet", Subtree, &["determine"]),
    // Who handles the ticket reads what departments do about it.
    rule(Agent, "assignment_sheet", Assigned, &["read"]),
    rule(DepartmentHandler, "assignment_sheet", Department, &["read", "sign_in", "return", "request_extension", "progress", "reply"]),
    masked(CenterManager, "assignment_sheet", Subtree, &["read"]),
    masked(Inspector, "assignment_sheet", Subtree, &["read"]),
    // Nothing of a rung is an applicant's; accountability is the competent body's, whose document the reform office brings.
    rule(Inspector, "ladder_rung", Subtree, &["read", "confirm", "reject", "lift"]),
    rule(ReformOffice, "ladder_rung", Subtree, &["read", "lift", "confirm_accountability", "reject_accountability", "lift_accountability"]),
    rule(DepartmentHandler, "ladder_rung", Department, &["read"]),
    rule(Clerk, "ladder_rung", Center, &["read"]),
    rule(CenterManager, "ladder_rung", Subtree, &["read"]),
    rule(CenterManager, "ladder_rung", Center, &["read"]),
    rule(DepartmentHandler, "department_standing", Department, &["read"]),
    rule(Clerk, "department_standing", Center, &["read"]),
    rule(CenterManager, "department_standing", Subtree, &["read"]),
    rule(Inspector, "department_standing", Subtree, &["read"]),
    rule(ReformOffice, "department_standing", Subtree, &["read"]),
    // The reform office submits to the government, and calls again.
    rule(ReformOffice, "ticket_batch", Subtree, &["read", "create", "edit", "add", "remove", "submit", "decide", "cancel"]),
    rule(CenterManager, "ticket_batch", Center, &["read"]),
    masked(CenterManager, "ticket_batch", Subtree, &["read"]),
    masked(Inspector, "ticket_batch", Subtree, &["read"]),
    rule(ReformOffice, "return_visit", Subtree, &["read", "create", "record", "record_attempt", "drop"]),
    rule(Clerk, "return_visit", Center, &["read", "create", "record", "record_attempt"]),
    masked(CenterManager, "return_visit", Center, &["read", "create", "drop"]),
    masked(CenterManager, "return_visit", Subtree, &["read", "create"]),
    masked(Inspector, "return_visit", Subtree, &["read", "create"]),
    // A center writes cases; the reform office reviews and publishes them. Everybody reads what is published.
    rule(Clerk, "precedent", Center, &["read", "create", "edit", "submit", "cite"]),
    rule(Agent, "precedent", Center, &["read", "cite"]),
    rule(CenterManager, "precedent", Center, &["read", "create", "edit", "submit", "cite"]),
    rule(CenterManager, "precedent", Subtree, &["read"]),
    rule(ReformOffice, "precedent", Subtree, PRECEDENT_ACTS),
    rule(DepartmentHandler, "precedent", Department, &["cite"]),
    rule(SystemAdmin, "precedent", All, &["settle_promotion"]),
];
