//! Investment projects, meetings, and what these resolve.

use super::{
    Reach::{Assigned, AssignedBelow, Center, Department, Own, Subtree},
    Rule, masked, rule,
};
use crate::auth::Role::{Agent, Applicant, CenterManager, Clerk, CompanyAgent, DepartmentHandler, Inspector, ProjectManager, ReformOffice};

/// What is done with a meeting by who runs it.
const MEETING_ACTS: &[&str] = &["create", "edit", "reschedule", "cancel", "record_minutes"];
/// What is done with a resolution by its owner, or by the leader in charge, in person.
const RESOLUTION_ACTS: &[&str] = &["read", "carry_out", "instruct"];

/// The table.
pub const TABLE: &[Rule] = &[
    rule(Applicant, "project", Own, &["read"]),
    rule(CompanyAgent, "project", Own, &["read"]),
    rule(Clerk, "project", Center, &["read", "create", "edit", "attach", "detach"]),
    rule(Agent, "project", Center, &["read", "create", "edit", "attach", "detach", "complete_stage"]),
    rule(ProjectManager, "project", AssignedBelow, &["read", "edit", "attach", "detach", "complete_stage", "resume", "complete"]),
    rule(CenterManager, "project", Center, &["read", "create", "edit", "assign_manager", "attach", "detach", "complete_stage"]),
    rule(CenterManager, "project", Center, &["suspend", "resume", "complete", "cancel", "change_cap"]),
    masked(CenterManager, "project", Subtree, &["read"]),
    masked(Inspector, "project", Subtree, &["read"]),
    masked(ReformOffice, "project", Subtree, &["read"]),
    // The center that calls a meeting runs it; who is invited answers: at the center, for the department, or in person.
    rule(Applicant, "meeting", Own, &["read", "respond"]),
    rule(CompanyAgent, "meeting", Own, &["read", "respond"]),
    rule(Clerk, "meeting", Center, &["read", "respond"]),
    rule(Clerk, "meeting", Center, MEETING_ACTS),
    rule(Clerk, "meeting", Assigned, &["read", "respond", "conclude"]),
    rule(Agent, "meeting", Center, &["read", "respond"]),
    rule(Agent, "meeting", Assigned, MEETING_ACTS),
    rule(Agent, "meeting", Assigned, &["read", "respond", "conclude"]),
    rule(CenterManager, "meeting", Center, &["read", "respond", "conclude"]),
    rule(CenterManager, "meeting", Center, MEETING_ACTS),
    rule(CenterManager, "meeting", Assigned, &["read", "respond"]),
    rule(DepartmentHandler, "meeting", Department, &["read", "respond"]),
    rule(DepartmentHandler, "meeting", Assigned, &["read", "respond"]),
    rule(ProjectManager, "meeting", Assigned, &["read", "respond"]),
    rule(Inspector, "meeting", Assigned, &["read", "respond"]),
    // The reform office calls the departments together about tickets (DOMAIN §6).
    rule(ReformOffice, "meeting", Assigned, MEETING_ACTS),
    rule(ReformOffice, "meeting", Assigned, &["read", "respond", "conclude"]),
    masked(CenterManager, "meeting", Subtree, &["read"]),
    masked(Inspector, "meeting", Subtree, &["read"]),
    rule(Clerk, "resolution", Center, &["read", "carry_out", "confirm", "send_back"]),
    rule(Clerk, "resolution", Assigned, RESOLUTION_ACTS),
    rule(Agent, "resolution", Center, &["read", "carry_out"]),
    rule(Agent, "resolution", Assigned, RESOLUTION_ACTS),
    rule(Agent, "resolution", Assigned, &["confirm", "send_back"]),
    rule(CenterManager, "resolution", Center, &["read", "carry_out", "confirm", "send_back", "extend", "cancel", "instruct"]),
    rule(CenterManager, "resolution", Assigned, RESOLUTION_ACTS),
    rule(DepartmentHandler, "resolution", Department, &["read", "carry_out"]),
    rule(DepartmentHandler, "resolution", Assigned, RESOLUTION_ACTS),
    rule(ProjectManager, "resolution", Assigned, RESOLUTION_ACTS),
    rule(Inspector, "resolution", Assigned, RESOLUTION_ACTS),
    rule(ReformOffice, "resolution", Assigned, RESOLUTION_ACTS),
    rule(ReformOffice, "resolution", Assigned, &["confirm", "send_back"]),
    masked(CenterManager, "resolution", Subtree, &["read"]),
    masked(Inspector, "resolution", Subtree, &["read"]),
];
