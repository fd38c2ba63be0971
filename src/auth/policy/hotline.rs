//! Hotline orders, consultations, and the knowledge that answers them.

use super::{
    Reach::{All, Assigned, Center, Client, Department, Own, Subtree},
    Rule, masked, rule,
};
use crate::auth::Role::{
    Agent, Applicant, CenterManager, Clerk, CompanyAgent, DepartmentHandler, Hotline, Inspector, Portal, ProjectManager, ReformOffice, SystemAdmin,
};

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

/// The table.
pub const TABLE: &[Rule] = &[
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
];
