//! Ratings, what follows from bad ones, and what people wrote.

use super::{
    Reach::{All, Assigned, Authority, Center, Client, Own, Subtree},
    Rule, masked, rule,
};
use crate::auth::Role::{Agent, Applicant, CenterManager, Clerk, CompanyAgent, Hotline, Inspector, Portal, ReformOffice, SystemAdmin};

/// What is done with a follow-up of a bad grade by whoever handles it; nobody does it about themselves.
const FOLLOW_UP_ACTS: &[&str] = &["read", "record_attempt", "verify", "plan_fix", "fix", "explain", "tell"];
/// What is decided about a follow-up above the rated center.
const FOLLOW_UP_DECISIONS: &[&str] = &["read", "decide_appeal", "conclude", "send_back"];

/// The table.
pub const TABLE: &[Rule] = &[
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
];
