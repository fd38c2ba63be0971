//! The one table of role × resource × action. Reviewed as a table, snapshot-tested, and read by every door.

use super::{Actor, Role};
use crate::kernel::Id;

/// How far a rule reaches from the node its role is held at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The caller's own, or their company's.
    Own,
    /// Assigned to the caller.
    Assigned,
    /// Assigned to the caller, who holds the role at the center or at one above it.
    AssignedBelow,
    /// The center the role is held at has custody.
    Center,
    /// The center has custody, had it, or has it offered.
    Relay,
    /// Anywhere below the center the role is held at.
    Subtree,
    /// The department the role is held at carries a step.
    Department,
    /// The center, or the caller, carries steps of a matter in another's custody.
    Leg,
    /// The node the role is held at is the deciding authority.
    Authority,
    /// The machine client made it for a caller.
    Client,
    /// Everywhere.
    All,
}

/// One line of the table.
#[derive(Debug)]
pub struct Rule {
    /// Who.
    pub role: Role,
    /// On what.
    pub resource: &'static str,
    /// Does what; every name is an action of a machine or an operation of an `api` room.
    pub actions: &'static [&'static str],
    /// How far.
    pub reach: Reach,
    /// Personal data shown masked.
    pub masked: bool,
}

const fn rule(role: Role, resource: &'static str, reach: Reach, actions: &'static [&'static str]) -> Rule {
    Rule { role, resource, actions, reach, masked: false }
}

const fn masked(role: Role, resource: &'static str, reach: Reach, actions: &'static [&'static str]) -> Rule {
    Rule { role, resource, actions, reach, masked: true }
}

use Reach::{All, Assigned, AssignedBelow, Authority, Center, Client, Department, Leg, Own, Relay, Subtree};
use Role::{
    Agent, Applicant, AuditAdmin, CenterManager, Clerk, CompanyAgent, DepartmentHandler, Hotline, Inspector, Portal, ProjectManager, ReformOffice,
    SecurityAdmin, SystemAdmin,
};

/// Whoever sets how is assessed below.
const SCHEME_ACTS: &[&str] = &["read", "create", "edit", "publish"];
/// Whoever assesses what stands below.
const ASSESSOR: &[&str] = &["read", "create", "compute", "enter", "publish", "decide", "freeze", "correct", "confirm", "withdraw"];
/// What an applicant does with an own matter.
const APPLICANT_ACTS: &[&str] = &[
    "read",
    "create",
    "resubmit",
    "withdraw",
    "change_mode",
    "submit_material",
    "sign_agreement",
    "sign_completion",
    "refuse_completion",
    "request_termination",
    "cancel_termination",
    "sign_termination",
];
/// What the counter does for the matters in its center's custody.
const CLERK_ACTS: &[&str] = &[
    "read",
    "create",
    "accept",
    "one_time_notice",
    "resubmit",
    "remind",
    "lapse",
    "reject",
    "withdraw",
    "change_mode",
    "assign",
    "submit_material",
    "review_material",
    "return_original",
    "draft_agreement",
    "sign_agreement",
    "start",
    "record_help",
    "record_fee",
    "sign_completion",
    "refuse_completion",
    "mark_unclaimed",
    "transfer",
    "ask_arbitration",
    "reveal",
    "name_agent",
    "note",
    "mark",
    "link",
    "split",
    "arrange_hand_out",
    "record_hand_out",
];
/// What the agent does for assigned matters. Suspending is the manager's (DOMAIN §9).
const AGENT_ACTS: &[&str] = &[
    "read",
    "accept",
    "one_time_notice",
    "resubmit",
    "remind",
    "lapse",
    "change_mode",
    "submit_material",
    "review_material",
    "return_original",
    "draft_agreement",
    "sign_agreement",
    "start",
    "plan",
    "record_step",
    "record_help",
    "record_fee",
    "request_extension",
    "request_joint",
    "ask_arbitration",
    "progress",
    "resume",
    "complete",
    "sign_completion",
    "refuse_completion",
    "mark_unclaimed",
    "request_termination",
    "cancel_termination",
    "sign_termination",
    "transfer",
    "reveal",
    "name_agent",
    "note",
    "mark",
    "link",
    "split",
    "arrange_hand_out",
    "record_hand_out",
];
/// What the manager of the custodian center adds.
const MANAGER_ACTS: &[&str] = &[
    "read",
    "accept",
    "reject",
    "assign",
    "remind",
    "lapse",
    "suspend",
    "resume",
    "grant_extension",
    "refuse_extension",
    "request_termination",
    "cancel_termination",
    "sign_termination",
    "terminate_unilaterally",
    "reopen",
    "transfer",
    "request_joint",
    "ask_arbitration",
    "reveal",
    "note",
    "mark",
    "link",
];
/// What is done with the steps of a joint handling by who carries them.
const LEG_ACTS: &[&str] = &["read", "progress", "ask_materials", "record_step", "hand_back", "complete"];
const TRANSFER_SIDES: &[&str] = &["read", "accept", "return", "recall"];

/// What is done with an own export.
const EXPORT_ACTS: &[&str] = &["read", "create", "cancel"];
/// What is done with a subscription to events by whoever set it up.
const WEBHOOK_ACTS: &[&str] = &["read", "create", "edit", "remove", "pause", "resume", "ping", "replay", "skip"];
/// What is done with a meeting by who runs it.
const MEETING_ACTS: &[&str] = &["create", "edit", "reschedule", "cancel", "record_minutes"];
/// What the reform office does with cases.
const PRECEDENT_ACTS: &[&str] = &["read", "create", "edit", "submit", "send_back", "publish", "withdraw", "promote", "settle_promotion", "cite"];
/// What is done with a resolution by its owner, or by the leader in charge, in person.
const RESOLUTION_ACTS: &[&str] = &["read", "carry_out", "instruct"];

/// What is done with an assignment sheet by the leader in charge, at the center or at the reform office.
const SHEET_LEADER_ACTS: &[&str] = &["read", "create", "edit", "issue", "grant_extension", "refuse_extension", "confirm", "send_back", "cancel"];
/// What is done with a follow-up of a bad grade by whoever handles it; nobody does it about themselves.
const FOLLOW_UP_ACTS: &[&str] = &["read", "record_attempt", "verify", "plan_fix", "fix", "explain", "tell"];
/// What is decided about a follow-up above the rated center.
const FOLLOW_UP_DECISIONS: &[&str] = &["read", "decide_appeal", "conclude", "send_back"];
/// What a hotline decides about its orders: its client, or an inspector where the order was taken in by hand.
const HOTLINE_SIDE: &[&str] = &[
    "read",
    "create",
    "redispatch",
    "deny_return",
    "grant_extension",
    "deny_extension",
    "suspend",
    "resume",
    "take_up",
    "pass",
    "send_back",
    "record_visit",
    "rehandle",
    "archive",
    "urge",
    "supervise",
    "amend",
    "append",
    "merge",
    "revoke",
    "approve_appeal",
    "refuse_appeal",
];
/// What the center does with the orders that it handles.
const HOTLINE_CENTER: &[&str] = &[
    "read",
    "create",
    "dispatch",
    "sign",
    "request_return",
    "request_extension",
    "open",
    "assign",
    "assign_sub",
    "answer_sub",
    "reply_interim",
    "reply_final",
    "appeal",
    "reveal",
];
/// What those who ask do with a fallback ticket of their own.
const CALLER_ACTS: &[&str] = &["read", "create", "object", "withdraw", "feedback_satisfied", "feedback_dissatisfied"];
/// What the counter does with the tickets of its center.
const PERIOD_ACTS: &[&str] = &["read", "freeze", "propose", "approve", "refuse", "leave_out"];
const BULLETIN_WORK: &[&str] = &["read", "create", "edit", "recompose", "submit", "discard"];
const BULLETIN_REVIEW: &[&str] = &["send_back", "publish", "withdraw"];
const SUPERVISOR: &[&str] = &["extend", "confirm", "send_back", "withdraw"];
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
/// What the counter does about a question; an agent does it about their own.
const CONSULTATION_DESK: &[&str] = &[
    "read",
    "create",
    "answer",
    "close",
    "reopen",
    "withdraw",
    "assign",
    "note",
    "transfer",
    "accept_transfer",
    "return_transfer",
    "recall_transfer",
    "open_entrustment",
    "open_ticket",
    "reveal",
];
const CONSULTATION_AGENT: &[&str] =
    &["read", "answer", "close", "reopen", "withdraw", "note", "transfer", "recall_transfer", "open_entrustment", "open_ticket", "reveal"];
/// What whoever asks does about an own question.
const ASKER_ACTS: &[&str] = &["read", "create", "close", "reopen", "withdraw"];
/// Whoever writes articles, and keeps them right.
const ARTICLE_WORK: &[&str] = &["read", "create", "edit", "submit", "answer_feedback"];
/// Whoever reviews what another has written.
const ARTICLE_REVIEW: &[&str] = &["publish", "send_back", "withdraw"];
/// Whoever looks something up.
const LOOK_UP: &[&str] = &["look_up", "give_feedback"];
/// Whoever answers others with it.
const ANSWER_WITH: &[&str] = &["look_up", "use", "give_feedback"];
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
pub const POLICY: &[Rule] = &[
    rule(Applicant, "entrustment", Own, APPLICANT_ACTS),
    rule(Applicant, "entrustment", Own, &["name_agent", "arrange_hand_out"]),
    rule(CompanyAgent, "entrustment", Own, &["arrange_hand_out"]),
    rule(CompanyAgent, "entrustment", Own, APPLICANT_ACTS),
    rule(Clerk, "entrustment", Center, CLERK_ACTS),
    masked(Clerk, "entrustment", Relay, &["read"]),
    rule(Agent, "entrustment", Assigned, AGENT_ACTS),
    rule(Agent, "entrustment", Center, &["pull"]),
    rule(DepartmentHandler, "entrustment", Department, &["read", "decide_step"]),
    masked(CenterManager, "entrustment", Center, MANAGER_ACTS),
    masked(CenterManager, "entrustment", Relay, &["read"]),
    masked(CenterManager, "entrustment", Subtree, &["read", "reveal"]),
    // Who carries steps for another center reads what these need; the person in clear is the agent's alone.
    rule(Agent, "entrustment", Leg, &["read"]),
    masked(Clerk, "entrustment", Leg, &["read"]),
    masked(CenterManager, "entrustment", Leg, &["read"]),
    masked(ReformOffice, "entrustment", Authority, &["read"]),
    masked(Inspector, "entrustment", Subtree, &["read"]),
    // Whoever manages a project follows its matters.
    masked(ProjectManager, "entrustment", AssignedBelow, &["read"]),
    // How a caller sees an applicant follows from how they see the applicant's matters.
    rule(Applicant, "applicant", Own, &["read", "edit", "empower", "revoke_mandate"]),
    rule(CompanyAgent, "applicant", Own, &["read"]),
    rule(Clerk, "applicant", All, &["read", "find", "edit", "empower", "revoke_mandate"]),
    rule(Agent, "applicant", All, &["read", "find", "edit", "empower", "revoke_mandate"]),
    rule(CenterManager, "applicant", All, &["read", "find", "rename", "merge"]),
    rule(Inspector, "applicant", All, &["read"]),
    rule(Applicant, "attachment", All, &["create"]),
    rule(CompanyAgent, "attachment", All, &["create"]),
    rule(Clerk, "attachment", All, &["create"]),
    rule(Agent, "attachment", All, &["create"]),
    rule(CenterManager, "attachment", All, &["create"]),
    rule(DepartmentHandler, "attachment", All, &["create"]),
    rule(Applicant, "transfer", Own, &["read"]),
    rule(CompanyAgent, "transfer", Own, &["read"]),
    rule(Clerk, "transfer", Center, TRANSFER_SIDES),
    rule(Agent, "transfer", Assigned, &["read", "recall"]),
    rule(CenterManager, "transfer", Center, TRANSFER_SIDES),
    masked(CenterManager, "transfer", Subtree, &["read"]),
    masked(Inspector, "transfer", Subtree, &["read"]),
    rule(Applicant, "joint_handling", Own, &["read"]),
    rule(CompanyAgent, "joint_handling", Own, &["read"]),
    rule(Clerk, "joint_handling", Center, &["read", "accept", "decline", "assign"]),
    rule(Agent, "joint_handling", Assigned, LEG_ACTS),
    rule(Agent, "joint_handling", Assigned, &["supply", "extend", "cancel"]),
    rule(CenterManager, "joint_handling", Center, &["read", "accept", "decline", "assign", "extend", "cancel"]),
    rule(DepartmentHandler, "joint_handling", Department, &["accept", "decline"]),
    rule(DepartmentHandler, "joint_handling", Department, LEG_ACTS),
    masked(CenterManager, "joint_handling", Subtree, &["read"]),
    masked(Inspector, "joint_handling", Subtree, &["read"]),
    // The sides say what speaks for them; who decides is no party (DOMAIN §5).
    rule(Agent, "arbitration", Assigned, &["read", "state_case"]),
    rule(Clerk, "arbitration", Center, &["read", "state_case"]),
    rule(CenterManager, "arbitration", Center, &["read", "state_case", "review", "decide", "escalate", "no_competent_unit"]),
    rule(DepartmentHandler, "arbitration", Department, &["read", "state_case", "review"]),
    rule(ReformOffice, "arbitration", Authority, &["read", "decide", "escalate", "no_competent_unit"]),
    masked(CenterManager, "arbitration", Subtree, &["read"]),
    masked(Inspector, "arbitration", Subtree, &["read"]),
    rule(Applicant, "appointment", Own, &["read", "create", "reschedule", "cancel"]),
    rule(CompanyAgent, "appointment", Own, &["read", "create", "reschedule", "cancel"]),
    rule(Clerk, "appointment", Center, &["read", "create", "reschedule", "cancel", "arrive", "serve"]),
    rule(Agent, "appointment", Center, &["read", "arrive", "serve"]),
    // A hotline's voice system books for who calls, and sees what it has booked.
    rule(Hotline, "appointment", Client, &["read", "create", "reschedule", "cancel"]),
    masked(CenterManager, "appointment", Center, &["read"]),
    masked(CenterManager, "appointment", Subtree, &["read"]),
    masked(Inspector, "appointment", Subtree, &["read"]),
    // The hotline has its own orders; the center handles them; who inspects stands for the hotline where there is no system.
    rule(Hotline, "hotline_order", Client, HOTLINE_SIDE),
    rule(Clerk, "hotline_order", Center, HOTLINE_CENTER),
    rule(Agent, "hotline_order", Assigned, &["read", "open", "reply_interim", "reply_final"]),
    masked(CenterManager, "hotline_order", Center, HOTLINE_CENTER),
    masked(CenterManager, "hotline_order", Subtree, &["read"]),
    masked(DepartmentHandler, "hotline_order", Department, &["read", "answer_sub"]),
    masked(Inspector, "hotline_order", Subtree, HOTLINE_SIDE),
    masked(Inspector, "hotline_order", Subtree, &["dispatch"]),
    masked(ReformOffice, "hotline_order", Subtree, &["read"]),
    rule(Hotline, "hotline_mapping", Client, &["read"]),
    rule(SystemAdmin, "hotline_mapping", All, &["read", "create"]),
    rule(CenterManager, "hotline_mapping", Subtree, &["read", "create"]),
    rule(Inspector, "hotline_mapping", Subtree, &["read", "create"]),
    rule(Hotline, "attachment", All, &["create"]),
    rule(Applicant, "home_visit", Own, &["read", "create", "cancel"]),
    rule(CompanyAgent, "home_visit", Own, &["read", "create", "cancel"]),
    rule(Clerk, "home_visit", Center, &["read", "create", "arrange", "prepare", "record", "miss", "complete", "decline", "cancel"]),
    rule(Agent, "home_visit", Center, &["read", "prepare", "record", "miss", "complete"]),
    rule(CenterManager, "home_visit", Center, &["arrange", "decline"]),
    masked(CenterManager, "home_visit", Center, &["read"]),
    masked(CenterManager, "home_visit", Subtree, &["read"]),
    masked(Inspector, "home_visit", Subtree, &["read"]),
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
    rule(Applicant, "consultation", Own, ASKER_ACTS),
    rule(CompanyAgent, "consultation", Own, ASKER_ACTS),
    rule(Clerk, "consultation", Center, CONSULTATION_DESK),
    // Whoever met the asker first follows it, wherever it is answered.
    masked(Clerk, "consultation", Assigned, &["read"]),
    rule(Agent, "consultation", Center, &["create"]),
    rule(Agent, "consultation", Assigned, CONSULTATION_AGENT),
    masked(CenterManager, "consultation", Center, &["read", "assign", "note", "transfer", "accept_transfer", "return_transfer", "recall_transfer", "reveal"]),
    // Whoever leads a center above says who answers where the centers do not agree.
    masked(CenterManager, "consultation", Subtree, &["read", "designate"]),
    masked(ReformOffice, "consultation", Subtree, &["read", "designate"]),
    masked(Inspector, "consultation", Subtree, &["read"]),
    // A hotline answers what it can itself; both see what they have brought.
    rule(Hotline, "consultation", Client, &["read", "create", "close", "withdraw", "reopen"]),
    rule(Portal, "consultation", Client, &["read", "create", "close", "withdraw", "reopen"]),
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
    rule(CenterManager, "window", Subtree, &["create", "edit"]),
    rule(SystemAdmin, "window", All, &["create", "edit"]),
    rule(Applicant, "evaluation", Own, &["read", "rate"]),
    rule(CompanyAgent, "evaluation", Own, &["read", "rate"]),
    masked(Clerk, "evaluation", Center, &["read", "record"]),
    masked(Agent, "evaluation", Assigned, &["read"]),
    masked(CenterManager, "evaluation", Center, &["read", "record"]),
    masked(CenterManager, "evaluation", Subtree, &["read"]),
    masked(Inspector, "evaluation", Subtree, &["read"]),
    masked(ReformOffice, "evaluation", Subtree, &["read"]),
    // A hotline records what its own return visit heard; a portal sees what became of what it opened.
    masked(Hotline, "evaluation", Client, &["read", "record"]),
    masked(Portal, "evaluation", Client, &["read"]),
    rule(Clerk, "service_occasion", Center, &["read", "create"]),
    masked(Agent, "service_occasion", Center, &["read", "create"]),
    masked(CenterManager, "service_occasion", Center, &["read"]),
    masked(CenterManager, "service_occasion", Subtree, &["read"]),
    masked(Inspector, "service_occasion", Subtree, &["read"]),
    masked(ReformOffice, "service_occasion", Subtree, &["read"]),
    rule(Hotline, "service_occasion", Client, &["read", "create"]),
    rule(Portal, "service_occasion", Client, &["read", "create"]),
    rule(CenterManager, "rating_device", Subtree, &["read", "create", "present", "revoke"]),
    rule(Clerk, "rating_device", Center, &["read", "present"]),
    rule(Agent, "rating_device", Center, &["read", "present"]),
    rule(Inspector, "rating_device", Subtree, &["read"]),
    // The rated center follows a bad grade up; an appeal is the rated person's or the center's, and decided above it.
    rule(Applicant, "follow_up", Own, &["read"]),
    rule(CompanyAgent, "follow_up", Own, &["read"]),
    rule(Clerk, "follow_up", Assigned, FOLLOW_UP_ACTS),
    rule(Clerk, "follow_up", Assigned, &["appeal"]),
    rule(Agent, "follow_up", Assigned, FOLLOW_UP_ACTS),
    rule(Agent, "follow_up", Assigned, &["appeal"]),
    rule(CenterManager, "follow_up", Center, FOLLOW_UP_ACTS),
    rule(CenterManager, "follow_up", Center, &["assign", "mark_complex", "appeal"]),
    rule(CenterManager, "follow_up", Center, FOLLOW_UP_DECISIONS),
    masked(CenterManager, "follow_up", Subtree, &["read"]),
    // Where the leader of the center is the one who was rated, the upper center has it verified.
    rule(CenterManager, "follow_up", Subtree, &["assign", "record_attempt", "verify", "mark_complex"]),
    rule(ReformOffice, "follow_up", Authority, FOLLOW_UP_DECISIONS),
    masked(ReformOffice, "follow_up", Subtree, &["read"]),
    masked(Inspector, "follow_up", Subtree, &["read"]),
    // A center writes cases; the reform office reviews and publishes them. Everybody reads what is published.
    rule(Clerk, "precedent", Center, &["read", "create", "edit", "submit", "cite"]),
    rule(Agent, "precedent", Center, &["read", "cite"]),
    rule(CenterManager, "precedent", Center, &["read", "create", "edit", "submit", "cite"]),
    rule(CenterManager, "precedent", Subtree, &["read"]),
    rule(ReformOffice, "precedent", Subtree, PRECEDENT_ACTS),
    rule(DepartmentHandler, "precedent", Department, &["cite"]),
    rule(SystemAdmin, "precedent", All, &["settle_promotion"]),
    // A center writes what it knows, a department what is its own; another person reviews it. Everybody at work looks it up.
    rule(Clerk, "knowledge_article", Center, ARTICLE_WORK),
    rule(Agent, "knowledge_article", Center, ARTICLE_WORK),
    rule(CenterManager, "knowledge_article", Center, ARTICLE_WORK),
    rule(CenterManager, "knowledge_article", Center, ARTICLE_REVIEW),
    rule(CenterManager, "knowledge_article", Subtree, &["read"]),
    rule(DepartmentHandler, "knowledge_article", Department, ARTICLE_WORK),
    rule(ReformOffice, "knowledge_article", Subtree, ARTICLE_WORK),
    rule(ReformOffice, "knowledge_article", Subtree, ARTICLE_REVIEW),
    rule(Clerk, "knowledge_article", All, ANSWER_WITH),
    rule(Agent, "knowledge_article", All, ANSWER_WITH),
    rule(CenterManager, "knowledge_article", All, ANSWER_WITH),
    rule(DepartmentHandler, "knowledge_article", All, ANSWER_WITH),
    rule(ProjectManager, "knowledge_article", All, ANSWER_WITH),
    rule(Inspector, "knowledge_article", All, ANSWER_WITH),
    rule(ReformOffice, "knowledge_article", All, ANSWER_WITH),
    rule(Applicant, "knowledge_article", All, LOOK_UP),
    rule(CompanyAgent, "knowledge_article", All, LOOK_UP),
    rule(Hotline, "knowledge_article", All, ANSWER_WITH),
    rule(Portal, "knowledge_article", All, LOOK_UP),
    rule(SystemAdmin, "service_item", All, &["read", "create", "edit", "publish", "withdraw", "import"]),
    rule(CenterManager, "service_item", Subtree, &["read", "create", "edit"]),
    rule(ReformOffice, "service_item", Subtree, &["read", "create", "edit", "publish", "withdraw"]),
    rule(SystemAdmin, "process_template", All, &["edit"]),
    rule(ReformOffice, "process_template", Subtree, &["edit"]),
    rule(CenterManager, "process_template", Subtree, &["edit"]),
    rule(SystemAdmin, "eligibility", All, &["edit"]),
    rule(ReformOffice, "eligibility", Subtree, &["edit"]),
    rule(CenterManager, "eligibility", Subtree, &["edit"]),
    rule(Applicant, "form", Own, &["read", "sign"]),
    rule(CompanyAgent, "form", Own, &["read", "sign"]),
    rule(Clerk, "form", Center, &["read", "issue", "sign", "link"]),
    rule(Agent, "form", Assigned, &["read", "issue", "sign", "link"]),
    rule(CenterManager, "form", Center, &["read", "issue", "sign", "link", "void"]),
    // Each side signs its own places; what a center or department may read follows from the transfer, joint handling,
    // arbitration or reminder that a form is about.
    rule(DepartmentHandler, "form", Department, &["sign"]),
    rule(ReformOffice, "form", Authority, &["issue", "sign", "void"]),
    rule(Agent, "reminder", Assigned, &["read", "create", "answer", "record", "withdraw"]),
    rule(CenterManager, "reminder", Center, &["read", "create", "answer", "record", "withdraw"]),
    rule(CenterManager, "reminder", Subtree, &["read", "create"]),
    rule(Clerk, "reminder", Center, &["read", "answer"]),
    rule(DepartmentHandler, "reminder", Department, &["read", "answer"]),
    masked(ReformOffice, "reminder", Authority, &["read", "answer"]),
    masked(Inspector, "reminder", Subtree, &["read", "create"]),
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
    // What people wrote, without whom it names, is for whoever answers for the center or looks after many.
    rule(CenterManager, "open_comment", Center, &["read", "tag"]),
    rule(CenterManager, "open_comment", Subtree, &["read", "create"]),
    rule(Inspector, "open_comment", Subtree, &["read", "tag", "create"]),
    rule(ReformOffice, "open_comment", Subtree, &["read", "tag", "create"]),
    // What came otherwise than with a rating belongs to the center that recorded it.
    rule(Clerk, "open_comment", Center, &["create"]),
    rule(Clerk, "open_comment", Authority, &["read", "correct", "withdraw"]),
    rule(CenterManager, "open_comment", Authority, &["read", "correct", "withdraw"]),
    rule(Inspector, "open_comment", Authority, &["read", "correct", "withdraw"]),
    rule(ReformOffice, "open_comment", Authority, &["read", "correct", "withdraw"]),
    // Where ratings are reported to is set by the system's administrators; what was reported is looked after by the reform office.
    rule(SystemAdmin, "reporting", All, &["read", "create", "edit", "pause", "resume", "retry", "drop"]),
    rule(ReformOffice, "reporting", Subtree, &["read", "pause", "resume", "make_file", "retry", "drop"]),
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
    // Who reads a list takes it along as a ledger; an export is its orderer's alone.
    rule(Clerk, "export", Assigned, EXPORT_ACTS),
    rule(Agent, "export", Assigned, EXPORT_ACTS),
    rule(CenterManager, "export", Assigned, EXPORT_ACTS),
    rule(DepartmentHandler, "export", Assigned, EXPORT_ACTS),
    rule(ProjectManager, "export", Assigned, EXPORT_ACTS),
    rule(Inspector, "export", Assigned, EXPORT_ACTS),
    rule(ReformOffice, "export", Assigned, EXPORT_ACTS),
    // A client subscribes for itself; secrets are the security administrator's.
    rule(Portal, "webhook", Client, WEBHOOK_ACTS),
    rule(Portal, "webhook", Client, &["rotate_secret"]),
    rule(Hotline, "webhook", Client, WEBHOOK_ACTS),
    rule(Hotline, "webhook", Client, &["rotate_secret"]),
    rule(SystemAdmin, "webhook", All, WEBHOOK_ACTS),
    rule(SecurityAdmin, "webhook", All, &["read", "rotate_secret"]),
    rule(SystemAdmin, "routing_rules", All, &["edit"]),
    rule(ReformOffice, "routing_rules", Subtree, &["edit"]),
    rule(CenterManager, "routing_rules", Subtree, &["edit"]),
    rule(SystemAdmin, "center", All, &["read", "create", "edit"]),
    rule(CenterManager, "center", Subtree, &["edit"]),
    rule(SystemAdmin, "department", All, &["create", "edit"]),
    rule(CenterManager, "department", Subtree, &["create", "edit"]),
    rule(SystemAdmin, "person", All, &["read", "create", "edit", "disable"]),
    rule(SecurityAdmin, "person", All, &["read", "disable", "unlock"]),
    rule(AuditAdmin, "person", All, &["read"]),
    rule(CenterManager, "person", Subtree, &["read", "create"]),
    rule(Inspector, "person", Subtree, &["read"]),
    rule(Clerk, "person", Center, &["read"]),
    rule(Agent, "person", Center, &["read"]),
    rule(CenterManager, "team", Subtree, &["read", "edit"]),
    rule(Clerk, "team", Center, &["read"]),
    rule(Agent, "team", Center, &["read"]),
    rule(Inspector, "team", Subtree, &["read"]),
    // A client, or a provider of identities, takes two people: one proposes, another approves; secrets are the second one's.
    rule(SystemAdmin, "client", All, &["read", "create", "edit", "disable"]),
    rule(SecurityAdmin, "client", All, &["read", "approve", "refuse", "disable", "enable", "rotate_secret"]),
    rule(AuditAdmin, "client", All, &["read"]),
    rule(SystemAdmin, "identity_provider", All, &["read", "create", "edit", "disable"]),
    rule(SecurityAdmin, "identity_provider", All, &["read", "approve", "refuse", "disable", "enable"]),
    rule(AuditAdmin, "identity_provider", All, &["read"]),
    // Whoever tries things out moves the clock: only where it is a sandbox.
    rule(SystemAdmin, "sandbox", All, &["read", "advance", "reset"]),
    rule(Portal, "sandbox", All, &["read", "advance", "reset"]),
    rule(Hotline, "sandbox", All, &["read", "advance", "reset"]),
    // What is said to people is set by the place; what was sent is looked after by whoever answers for it, masked.
    rule(SystemAdmin, "notice_template", All, &["read", "publish", "withdraw"]),
    rule(CenterManager, "notice_template", Subtree, &["read", "publish", "withdraw"]),
    rule(ReformOffice, "notice_template", Subtree, &["read", "publish", "withdraw"]),
    rule(SystemAdmin, "notice", All, &["read", "retry", "drop"]),
    rule(CenterManager, "notice", Subtree, &["read", "retry", "drop", "opt_out"]),
    rule(Clerk, "notice", Center, &["read", "opt_out"]),
    rule(Inspector, "notice", Subtree, &["read"]),
    rule(SystemAdmin, "grant", All, &["read", "propose"]),
    rule(CenterManager, "grant", Subtree, &["read", "propose"]),
    rule(SecurityAdmin, "grant", All, &["read", "approve", "refuse", "revoke"]),
    rule(AuditAdmin, "grant", All, &["read"]),
    rule(Clerk, "routing", All, &["resolve"]),
    rule(Agent, "routing", All, &["resolve"]),
    rule(CenterManager, "routing", All, &["resolve"]),
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
    rule(Clerk, "statistics", Center, &["read_center"]),
    rule(DepartmentHandler, "statistics", Department, &["read_department"]),
    rule(CenterManager, "statistics", Subtree, &["read"]),
    rule(Inspector, "statistics", Subtree, &["read"]),
    rule(ReformOffice, "statistics", Subtree, &["read"]),
    rule(Clerk, "search", All, &["search"]),
    rule(Agent, "search", All, &["search"]),
    rule(CenterManager, "search", All, &["search"]),
    rule(Inspector, "search", All, &["search"]),
    rule(ReformOffice, "search", All, &["search"]),
];

/// What the table needs to know of a record to say how far it is from the caller.
#[derive(Clone, Debug, Default)]
pub struct Reachable<'a> {
    /// The applicant it belongs to.
    pub applicant: Option<Id>,
    /// The person it is assigned to.
    pub assignee: Option<Id>,
    /// The center(s) that hold it.
    pub centers: Vec<Id>,
    /// The path of the holding center in the tree: `/root/…/self/`.
    pub path: &'a str,
    /// The departments that carry a step.
    pub departments: Vec<Id>,
    /// The node whose authority decides.
    pub authority: Option<Id>,
    /// The machine client that made it.
    pub client: Option<Id>,
}

/// What is as good as a signature: whoever comes by way of a portal does it only where it is sure enough who they are.
const SIGNED: &[(&str, &[&str])] = &[
    ("entrustment", &["sign_agreement", "sign_completion", "refuse_completion", "request_termination", "cancel_termination", "sign_termination"]),
    ("entrustment", &["name_agent"]),
    ("form", &["sign"]),
    ("applicant", &["edit", "empower", "revoke_mandate"]),
    ("fallback_ticket", &["withdraw"]),
];

fn takes_signature(resource: &str, action: &str) -> bool {
    SIGNED.iter().any(|(r, actions)| *r == resource && actions.contains(&action))
}

/// Whether the table lets `actor` do `action` on a record this far away.
pub fn allows(actor: &Actor, resource: &str, action: &str, on: &Reachable) -> bool {
    if !actor.may_sign() && takes_signature(resource, action) {
        return false;
    }
    actor.is_system()
        || POLICY.iter().filter(|r| r.resource == resource && r.actions.contains(&action)).any(|r| match r.reach {
            Own => actor.is(r.role) && on.applicant.is_some() && on.applicant == actor.applicant_id,
            // The role counts at the center that holds the matter: who has left it no longer acts there.
            Assigned => on.assignee.is_some_and(|id| actor.answers_for(id)) && actor.nodes(r.role).any(|n| on.centers.iter().any(|c| c.as_str() == n)),
            AssignedBelow => on.assignee.is_some_and(|id| actor.answers_for(id)) && actor.nodes(r.role).any(|n| on.path.split('/').any(|p| p == n)),
            Center => actor.nodes(r.role).any(|n| on.centers.iter().any(|c| c.as_str() == n)),
            Subtree => actor.nodes(r.role).any(|n| on.path.split('/').any(|p| p == n)),
            All => actor.is(r.role),
            Department => actor.nodes(r.role).any(|n| on.departments.iter().any(|d| d.as_str() == n)),
            Authority => actor.nodes(r.role).any(|n| on.authority.is_some_and(|a| a.as_str() == n)),
            Client => actor.is(r.role) && on.client.is_some() && on.client == actor.id,
            Relay | Leg => false,
        })
}

/// Whether the table lets `actor` do `action` on some record of this kind, near or far.
pub fn may(actor: &Actor, resource: &str, action: &str) -> bool {
    if !actor.may_sign() && takes_signature(resource, action) {
        return false;
    }
    actor.is_system() || POLICY.iter().any(|r| r.resource == resource && r.actions.contains(&action) && actor.is(r.role))
}

/// The union of reasons for which a caller sees records of a kind: subjects of the access table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The worker and the command line see everything.
    System,
    /// Each subject, and whether its view is masked.
    Subjects(Vec<(String, bool)>),
}

impl Scope {
    /// The scope of `actor` for a kind of record.
    pub fn of(actor: &Actor, resource: &str) -> Self {
        if actor.is_system() {
            return Self::System;
        }
        let mut subjects: Vec<(String, bool)> = Vec::new();
        let rules = POLICY.iter().filter(|r| r.resource == resource && r.actions.contains(&"read") && actor.is(r.role));
        for r in rules {
            let mut add = |subject: String| match subjects.iter_mut().find(|(s, _)| *s == subject) {
                Some((_, masked)) => *masked &= r.masked,
                None => subjects.push((subject, r.masked)),
            };
            match r.reach {
                Own => actor.applicant_id.iter().for_each(|id| add(subject::applicant(id.as_str()))),
                Assigned | AssignedBelow => actor.id.iter().chain(&actor.stands_in_for).for_each(|id| add(subject::user(id.as_str()))),
                // Custody now and custody before are told apart by the access row, not by the rule.
                Center | Relay => actor.nodes(r.role).for_each(|n| add(subject::center(n))),
                Subtree => actor.nodes(r.role).for_each(|n| add(subject::tree(n))),
                Department => actor.nodes(r.role).for_each(|n| add(subject::department(n))),
                Authority => actor.nodes(r.role).for_each(|n| add(subject::authority(n))),
                Leg => {
                    actor.nodes(r.role).for_each(|n| add(subject::leg(n)));
                    // Whose own leg it is says the access row.
                    actor.id.iter().chain(&actor.stands_in_for).filter(|_| r.role == Agent).for_each(|id| add(subject::leg(id.as_str())));
                }
                Client => actor.id.iter().for_each(|id| add(subject::user(id.as_str()))),
                All => {}
            }
        }
        Self::Subjects(subjects)
    }
}

/// Names of subjects in the access table.
pub mod subject {
    /// The center itself.
    pub fn center(id: &str) -> String {
        format!("center:{id}")
    }
    /// Everything at or below a center.
    pub fn tree(id: &str) -> String {
        format!("tree:{id}")
    }
    /// A person.
    pub fn user(id: &str) -> String {
        format!("user:{id}")
    }
    /// Who was rated by somebody that gave no name: along it lists walk, and nobody sees a record by it.
    pub fn rated(id: &str) -> String {
        format!("rated:{id}")
    }
    /// An applicant.
    pub fn applicant(id: &str) -> String {
        format!("applicant:{id}")
    }
    /// A project: along it lists walk, and nobody sees a record by it.
    pub fn project(id: &str) -> String {
        format!("project:{id}")
    }
    /// A department.
    pub fn department(id: &str) -> String {
        format!("department:{id}")
    }
    /// A center, or a person, that carries steps for another center.
    pub fn leg(id: &str) -> String {
        format!("leg:{id}")
    }
    /// The deciding authority of a node.
    pub fn authority(id: &str) -> String {
        format!("authority:{id}")
    }
    /// Whether a subject is the very center that holds a record.
    pub fn is_center(subject: &str) -> bool {
        subject.starts_with("center:")
    }
    /// Whether a subject sees a part of the matter only: the steps that it carries.
    pub fn is_partial(subject: &str) -> bool {
        subject.starts_with("department:") || subject.starts_with("leg:")
    }
}
