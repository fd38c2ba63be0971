//! The catalogue, organization, people, clients, and what is set up for all.

use super::{
    Reach::{All, Center, Client, Subtree},
    Rule, rule,
};
use crate::auth::Role::{Agent, AuditAdmin, CenterManager, Clerk, Hotline, Inspector, Portal, ReformOffice, SecurityAdmin, SystemAdmin};

/// What is done with a subscription to events by whoever set it up.
const WEBHOOK_ACTS: &[&str] = &["read", "create", "edit", "remove", "pause", "resume", "ping", "replay", "skip"];

/// The table.
pub const TABLE: &[Rule] = &[
    rule(SystemAdmin, "service_item", All, &["read", "create", "edit", "publish", "withdraw", "import"]),
    rule(CenterManager, "service_item", Subtree, &["read", "create", "edit"]),
    rule(ReformOffice, "service_item", Subtree, &["read", "create", "edit", "publish", "withdraw"]),
    rule(SystemAdmin, "process_template", All, &["edit"]),
    rule(ReformOffice, "process_template", Subtree, &["edit"]),
    rule(CenterManager, "process_template", Subtree, &["edit"]),
    rule(SystemAdmin, "eligibility", All, &["edit"]),
    rule(ReformOffice, "eligibility", Subtree, &["edit"]),
    rule(CenterManager, "eligibility", Subtree, &["edit"]),
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
    rule(SystemAdmin, "grant", All, &["read", "propose"]),
    rule(CenterManager, "grant", Subtree, &["read", "propose"]),
    rule(SecurityAdmin, "grant", All, &["read", "approve", "refuse", "revoke"]),
    rule(AuditAdmin, "grant", All, &["read"]),
    // A client, or a provider of identities, takes two people: one proposes, another approves; secrets are the second one's.
    rule(SystemAdmin, "client", All, &["read", "create", "edit", "disable"]),
    rule(SecurityAdmin, "client", All, &["read", "approve", "refuse", "disable", "enable", "rotate_secret"]),
    rule(AuditAdmin, "client", All, &["read"]),
    rule(SystemAdmin, "identity_provider", All, &["read", "create", "edit", "disable"]),
    rule(SecurityAdmin, "identity_provider", All, &["read", "approve", "refuse", "disable", "enable"]),
    rule(AuditAdmin, "identity_provider", All, &["read"]),
    // A client subscribes for itself; secrets are the security administrator's.
    rule(Portal, "webhook", Client, WEBHOOK_ACTS),
    rule(Portal, "webhook", Client, &["rotate_secret"]),
    rule(Hotline, "webhook", Client, WEBHOOK_ACTS),
    rule(Hotline, "webhook", Client, &["rotate_secret"]),
    rule(SystemAdmin, "webhook", All, WEBHOOK_ACTS),
    rule(SecurityAdmin, "webhook", All, &["read", "rotate_secret"]),
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
    rule(Clerk, "search", All, &["search"]),
    rule(Agent, "search", All, &["search"]),
    rule(CenterManager, "search", All, &["search"]),
    rule(Inspector, "search", All, &["search"]),
    rule(ReformOffice, "search", All, &["search"]),
];
