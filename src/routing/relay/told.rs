//! The relay told: in plain words for who proves to be the applicant, and as a picture.

use std::fmt::Write as _;

use serde::Serialize;

use super::{RelayLeg, RelayView, of, parts};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    entrustments::{self, Entrustment},
    kernel::{Code as _, Moment},
    routing::{arbitration::machine::ArbitrationState, joint::machine::JointState},
};

/// The relay in plain words, for who proves to be the applicant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicRelay {
    /// Number of the matter.
    pub number: String,
    /// Who serves the applicant now, or did last.
    pub handled_by: String,
    /// One sentence for each link, for each part that others carry or carried, for what was decided, and for the end.
    #[schema(example = json!(["2026-11-23 起由南通市政务服务中心为您办理。", "2026-11-24 起由如东县政务服务中心接续办理。"]))]
    pub story: Vec<String>,
    /// One sentence for each thing that is waited for.
    #[schema(example = json!(["下一步：申请人核对结果并签收。"]))]
    pub next: Vec<String>,
    /// When the matter ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "办结（准予）")]
    pub outcome: Option<String>,
}

/// The public version.
pub fn public(tx: &mut Tx, e: &Entrustment) -> Result<PublicRelay> {
    let loaded = entrustments::load_behind(tx, e.id)?;
    let relay = of(tx, &loaded, true)?;
    let story = story(&relay, &parts::legs(tx, &loaded)?);
    let next = relay.next.iter().map(|n| match n.due_at {
        Some(due) => format!("下一步：{}{}（{}前）。", n.who, n.what, due.local_date()),
        None => format!("下一步：{}{}。", n.who, n.what),
    });
    Ok(PublicRelay { next: next.collect(), number: relay.number, handled_by: relay.custodian.name, story, ended_at: relay.ended_at, outcome: relay.outcome })
}

/// Days as people say them.
fn span(from: Moment, to: Moment) -> String {
    let (from, to) = (from.local_date(), to.local_date());
    if from == to { from.to_string() } else { format!("{from} 至 {to}") }
}

/// What was, in its order; then what is; then the end. Of a dispute only its decision is told, as the timeline does.
fn story(relay: &RelayView, all: &[RelayLeg]) -> Vec<String> {
    let mut past: Vec<(Moment, String)> = Vec::new();
    for leg in all.iter().filter(|leg| leg.state == ArbitrationState::Decided.code()) {
        if let (Some(at), Some(outcome)) = (leg.ended_at, &leg.outcome) {
            past.push((at, format!("{} 经{}协调，{outcome}。", at.local_date(), leg.with)));
        }
    }
    for link in &relay.chain.items {
        let next = if link.sequence == 1 { "" } else { "接续" };
        let text = match relay.ended_at {
            Some(end) => format!("{} 由{}{next}办理。", span(link.from, link.to.unwrap_or(end)), link.center.name),
            None if link.sequence == 1 => format!("{} 起由{}为您办理。", link.from.local_date(), link.center.name),
            None => format!("{} 起由{}接续办理。", link.from.local_date(), link.center.name),
        };
        past.push((link.from, text));
    }
    for leg in relay.legs.iter().filter(|leg| !leg.open) {
        let from = leg.answered_at.unwrap_or(leg.opened_at);
        let how = if leg.state == JointState::Completed.code() { "联合办理有关步骤，已办完" } else { "参与联合办理，已结束" };
        past.push((from, format!("{} {}{how}。", span(from, leg.ended_at.unwrap_or(from)), leg.with)));
    }
    past.sort_by_key(|(at, _)| *at);
    let present = relay.open.iter().map(|leg| match leg.resting {
        true => format!("{}的联合办理随本件暂停。", leg.with),
        false => format!("{}正在联合办理有关步骤。", leg.with),
    });
    let end = relay.ended_at.zip(relay.outcome.as_ref()).map(|(at, outcome)| format!("本件已于 {} {outcome}。", at.local_date()));
    past.into_iter().map(|(_, text)| text).chain(present).chain(end).collect()
}

/// A picture of the relay, to be drawn by Mermaid.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RelayDiagram {
    /// Text of a Mermaid flowchart.
    #[schema(example = "flowchart LR\n  c1[\"南通市政务服务中心\"] -->|转办| c2[\"如东县政务服务中心\"]")]
    pub mermaid: String,
}

/// The picture: the chain as a line, to its end; what is open beside the custodian, and what is over beside whoever was.
pub fn diagram(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<RelayDiagram> {
    let loaded = entrustments::load_seen(tx, actor, reference)?;
    let relay = of(tx, &loaded, actor.applicant_id.is_some())?;
    Ok(RelayDiagram { mermaid: draw(&relay) })
}

fn draw(relay: &RelayView) -> String {
    let mut text = String::from("flowchart LR\n");
    let mut last = 0;
    for link in &relay.chain.items {
        let n = link.sequence;
        let days = match link.to.or(relay.ended_at) {
            Some(to) => span(link.from, to),
            None => format!("{} 至今", link.from.local_date()),
        };
        let _ = writeln!(text, "  c{n}[\"{}<br/>{days}\"]", safe(&link.center.name));
        if last > 0 {
            let _ = writeln!(text, "  c{last} -->|{}| c{n}", link.cause_label);
        }
        last = n;
    }
    if let (Some(at), Some(outcome)) = (relay.ended_at, &relay.outcome) {
        let _ = writeln!(text, "  z([\"{}<br/>{}\"])", safe(outcome), at.local_date());
        let _ = writeln!(text, "  c{last} ==> z");
    }
    let mut over = Vec::new();
    for (i, leg) in relay.legs.iter().enumerate() {
        let label = if leg.steps.is_empty() { leg.kind_label.clone() } else { format!("{} {}", leg.kind_label, leg.steps.join(" ")) };
        let days = leg.ended_at.map(|to| format!("<br/>{}", span(leg.opened_at, to))).unwrap_or_default();
        let outcome = leg.outcome.iter().filter(|_| !leg.open).map(|o| format!("<br/>{}", safe(o))).collect::<String>();
        let _ = writeln!(text, "  o{i}(\"{}<br/>{}{outcome}{days}\")", safe(&leg.with), leg.state_label);
        // Dotted while it is open; a thin line without an arrow when it is over, with a cross when nothing came of it.
        let line = match (leg.open, leg.came_to_something()) {
            (true, _) => "-.->",
            (false, true) => "---",
            (false, false) => "--x",
        };
        let _ = writeln!(text, "  c{} {line}|{}| o{i}", if leg.open { last } else { custodian_at(relay, leg.opened_at) }, safe(&label));
        if !leg.open {
            over.push(format!("o{i}"));
        }
    }
    if !over.is_empty() {
        let _ = writeln!(text, "  classDef over fill:#f5f5f5,stroke:#bbb,color:#777");
        let _ = writeln!(text, "  class {} over", over.join(","));
    }
    let _ = writeln!(text, "  style c{last} stroke-width:3px");
    text
}

/// The link of the chain at a moment.
fn custodian_at(relay: &RelayView, at: Moment) -> i32 {
    relay.chain.items.iter().filter(|link| link.from <= at).map(|link| link.sequence).max().unwrap_or(1)
}

/// Text inside a label: what would end it, or be markup, is taken out.
fn safe(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '"' | '|' | '<' | '>' | '#' | ';' | '\n')).collect()
}
