//! What the center does with an order: signs it in, hands it back, asks for more time, gives parts to others, replies. And what
//! the hotline answers.

use serde_json::json;

use super::{
    input::{
        BulkSign, DispatchInput, ExtensionRequest, HotlineAppealInput, HotlineAssignInput, HotlineMergeInput, Opinion, OrderReason, ReplyInput, ReturnRequest,
        SubAnswer, SubInput,
    },
    load::{self, KIND, Loaded, Told, change},
    machine::{HotlineAppealState, OrderAction as Action, OrderState as State},
    mapping,
    model::{Appeal, Asked, HotlineNoted, Reply, ReplyKind, SubOrder},
    opening, rated, store,
};
use crate::{
    attachments,
    auth::{Actor, store as accounts},
    clocks::{self, ClockKind},
    db::{Result, Tx, audit, dialect},
    entrustments::bulk,
    kernel::{Changed, Code as _, ErrorCode, Id, Part, Problem, Target, Text},
    organization::{self, Center},
};

pub(super) fn noted(tx: &Tx, actor: &Actor, words: &str) -> HotlineNoted {
    HotlineNoted { words: words.to_owned(), at: tx.now, by: person(actor) }
}

fn person(actor: &Actor) -> Option<Id> {
    actor.id.filter(|_| actor.kind == "user")
}

/// The center of a dispatch: named as ours, or by the hotline's unit; at or below the one that the hotline hands in at.
fn to_center(tx: &mut Tx, loaded: &Loaded, input: &DispatchInput) -> Result<(Center, Option<Id>)> {
    let (_, codes) = mapping::in_force(tx, loaded.row.client_id)?;
    let by_unit = input.handling_unit.as_deref();
    let unit = by_unit.map(|code| codes.units.iter().find(|u| u.code == code).map_or_else(|| (code.to_owned(), None), |u| (u.center.clone(), u.department_id)));
    let at = if input.center.is_some() { "/center" } else { "/handling_unit" };
    let unknown =
        || Problem::rule(at, "unknown_center", "没有这个在用的服务中心，或不在工单接收中心及其下级范围内。", "No such center at or below the home center.");
    let (reference, department) = match (&input.center, unit) {
        (Some(center), _) => (center.clone(), None),
        (None, Some(unit)) => unit,
        (None, None) => return Err(Problem::rule("/center", "required", "请指明承办的中心或单位。", "Name the center or unit.").into()),
    };
    let home = organization::load(tx, loaded.row.home_center_id)?;
    let center = organization::store::center_by_reference(tx, &reference)?.filter(|c| c.status == "active" && home.contains(c)).ok_or_else(unknown)?;
    let department = input.department_id.or(department);
    if let Some(id) = department {
        department_of(tx, id, &center, "/department_id")?;
    }
    Ok((center, department))
}

/// A department of the center's city.
fn department_of(tx: &mut Tx, id: Id, center: &Center, at: &str) -> Result<organization::Department> {
    let unknown = || Problem::rule(at, "unknown_department", "本市没有这个部门。", "No such department here.");
    let department = organization::department(tx, id)?.ok_or_else(unknown)?;
    if organization::load(tx, department.center_id)?.lineage().next() != center.lineage().next() {
        return Err(unknown().into());
    }
    Ok(department)
}

/// The order is another center's from now on; its limit to sign in begins.
pub(super) fn go_to(tx: &mut Tx, loaded: &mut Loaded, (center, department): (Center, Option<Id>), reason: &str) -> Result<()> {
    loaded.row.center_id = center.id;
    loaded.row.department_id = department;
    loaded.row.assignee_id = None;
    loaded.row.signed_at = None;
    loaded.details.dispatched_at = Some(tx.now);
    reason.clone_into(&mut loaded.details.dispatch_reason);
    loaded.details.unmapped.retain(|f| f != "handling_unit");
    loaded.row.unmapped = !loaded.details.unmapped.is_empty();
    loaded.rules = crate::settings::rules(tx, &center.path)?;
    loaded.center = center;
    clocks::stop(tx, loaded.row.id, &[ClockKind::HotlineSign])?;
    clocks::start(tx, KIND, loaded.row.id, ClockKind::HotlineSign, loaded.rules.hotline_sign_limit)?;
    Ok(())
}

/// Who looks after the hotline's intake says who handles it.
pub fn dispatch(tx: &mut Tx, actor: &Actor, target: &Target, input: &DispatchInput) -> Result<Loaded> {
    change(tx, actor, target, Action::Dispatch, |tx, loaded| {
        let to = to_center(tx, loaded, input)?;
        let name = to.0.name.clone();
        go_to(tx, loaded, to, &input.reason)?;
        Ok(Told::new("dispatched", json!({ "center": name })).public().saying(&input.reason))
    })
}

/// The center takes it in; what the rules say is opened.
pub fn sign(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<Loaded> {
    let mut loaded = load::load_for(tx, actor, target, Action::Sign)?;
    loaded.decide(actor, Action::Sign)?;
    signed(tx, actor, &mut loaded)?;
    Ok(loaded)
}

/// Signed in as it arrives: the hotline's configuration says so, or whoever filed it chose the center.
pub(super) fn sign_at_once(tx: &mut Tx, loaded: &mut Loaded) -> Result<()> {
    signed(tx, &Actor::system("hotline"), loaded)
}

fn signed(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded) -> Result<()> {
    clocks::stop(tx, loaded.row.id, &[ClockKind::HotlineSign])?;
    loaded.row.signed_at = Some(tx.now);
    loaded.row.first_responder_id = loaded.row.first_responder_id.or(person(actor));
    loaded.step(State::Signed);
    let center = loaded.center.name.clone();
    loaded.save(tx, actor, Told::new("signed", json!({ "center": center })).public())?;
    // What was opened in an earlier round, or at another center, goes on.
    if loaded.links.is_empty() {
        let opened = opening::by_rules(tx, actor, loaded)?;
        let why = loaded.details.why.clone();
        match opened {
            Some(told) => {
                loaded.step(State::Handling);
                loaded.save(tx, actor, told)?;
            }
            None => loaded.save(tx, actor, Told::new("classified", json!({ "why": why })))?,
        }
    }
    Ok(())
}

/// Many at once, each for itself or all together.
pub fn sign_many(tx: &mut Tx, actor: &Actor, input: &BulkSign) -> Result<Vec<Part>> {
    let references: Vec<String> = input.items.iter().map(|item| item.id.clone()).collect();
    let mut done = Vec::new();
    bulk::in_parts(tx, input.atomic, &references, "", |tx, at| {
        let item = input.items.get(at).ok_or_else(Problem::not_found)?;
        let target = Target { reference: item.id.clone(), expected: item.version.map(|v| vec![v]) };
        let row = sign(tx, actor, &target)?.row;
        if done.contains(&row.id) {
            return Err(Problem::rule(&format!("/items/{at}/id"), "repeated", "同一件只能出现一次。", "No order twice.").into());
        }
        done.push(row.id);
        Ok(Changed { version: row.version, state: row.state.code().to_owned(), created: None })
    })
}

/// The center says that it is not its own.
pub fn request_return(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReturnRequest) -> Result<Loaded> {
    change(tx, actor, target, Action::RequestReturn, |tx, loaded| {
        let (reason, suggested_unit) = (input.reason.clone(), input.suggested_unit.clone());
        loaded.details.returns.push(Asked {
            reason,
            suggested_unit: suggested_unit.clone(),
            days: None,
            at: tx.now,
            by: person(actor),
            granted: None,
            answer: String::new(),
            answered_at: None,
        });
        Ok(Told::new("return_requested", json!({ "suggested_unit": suggested_unit, "returns": loaded.row.returns + 1 })).saying(&input.reason))
    })
}

fn answer(asked: Option<&mut Asked>, granted: bool, words: &str, at: crate::kernel::Moment) -> u32 {
    asked.map_or(0, |asked| {
        asked.granted = Some(granted);
        asked.answer = words.to_owned();
        asked.answered_at = Some(at);
        asked.days.unwrap_or(0)
    })
}

/// The hotline takes it back and gives it to another.
pub fn redispatch(tx: &mut Tx, actor: &Actor, target: &Target, input: &DispatchInput) -> Result<Loaded> {
    change(tx, actor, target, Action::Redispatch, |tx, loaded| {
        let to = to_center(tx, loaded, input)?;
        let (name, now) = (to.0.name.clone(), tx.now);
        answer(loaded.details.returns.last_mut(), true, &input.reason, now);
        loaded.row.returns += 1;
        go_to(tx, loaded, to, &input.reason)?;
        Ok(Told::new("redispatched", json!({ "center": name })).public().saying(&input.reason))
    })
}

/// The hotline leaves it where it is.
pub fn deny_return(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason) -> Result<Loaded> {
    change(tx, actor, target, Action::DenyReturn, |tx, loaded| {
        let now = tx.now;
        answer(loaded.details.returns.last_mut(), false, &input.reason, now);
        // A hotline that says no means it: it is asked no second time.
        loaded.row.returns += 1;
        Ok(Told::new("return_denied", json!({})).saying(&input.reason))
    })
}

/// The center asks for more time.
pub fn request_extension(tx: &mut Tx, actor: &Actor, target: &Target, input: &ExtensionRequest) -> Result<Loaded> {
    change(tx, actor, target, Action::RequestExtension, |tx, loaded| {
        loaded.details.extensions.push(Asked {
            reason: input.reason.clone(),
            suggested_unit: String::new(),
            days: Some(input.days),
            at: tx.now,
            by: person(actor),
            granted: None,
            answer: String::new(),
            answered_at: None,
        });
        Ok(Told::new("extension_requested", json!({ "days": input.days })).saying(&input.reason))
    })
}

/// The hotline gives more time.
pub fn grant_extension(tx: &mut Tx, actor: &Actor, target: &Target, input: &Opinion) -> Result<Loaded> {
    change(tx, actor, target, Action::GrantExtension, |tx, loaded| {
        let now = tx.now;
        let days = answer(loaded.details.extensions.last_mut(), true, &input.opinion, now);
        let due = clocks::extend(tx, loaded.row.id, ClockKind::Hotline, days)?;
        loaded.row.extensions += 1;
        Ok(Told::new("extension_granted", json!({ "days": days, "due_at": due })).saying(&input.opinion))
    })
}

/// The hotline gives none.
pub fn deny_extension(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason) -> Result<Loaded> {
    change(tx, actor, target, Action::DenyExtension, |tx, loaded| {
        let now = tx.now;
        answer(loaded.details.extensions.last_mut(), false, &input.reason, now);
        Ok(Told::new("extension_denied", json!({})).saying(&input.reason))
    })
}

/// The hotline has it rest: its limits pause.
pub fn suspend(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason) -> Result<Loaded> {
    change(tx, actor, target, Action::Suspend, |tx, loaded| {
        loaded.details.suspension = Some(noted(tx, actor, &input.reason));
        clocks::pause(tx, loaded.row.id, &[ClockKind::Hotline, ClockKind::HotlineSub])?;
        Ok(Told::new("suspended", json!({})).public().saying(&input.reason))
    })
}

/// It goes on.
pub fn resume(tx: &mut Tx, actor: &Actor, target: &Target, input: &Opinion) -> Result<Loaded> {
    change(tx, actor, target, Action::Resume, |tx, loaded| {
        clocks::resume(tx, loaded.row.id, &[ClockKind::Hotline, ClockKind::HotlineSub])?;
        Ok(Told::new("resumed", json!({})).public().saying(&input.opinion))
    })
}

/// Who handles it in person.
pub fn assign(tx: &mut Tx, actor: &Actor, target: &Target, input: &HotlineAssignInput) -> Result<Loaded> {
    change(tx, actor, target, Action::Assign, |tx, loaded| {
        let here = accounts::user(tx, input.assignee_id)?;
        let here = here.filter(|u| u.status == "active" && u.applicant_id.is_none() && u.center_id == Some(loaded.center.id));
        let staff = here.ok_or_else(|| Problem::rule("/assignee_id", "not_staff_here", "须是该中心在岗的工作人员。", "Not staff there."))?;
        loaded.row.assignee_id = Some(staff.id);
        Ok(Told::new("assigned", json!({ "post": staff.title })))
    })
}

/// A second-level unit 二级单位 gets a part, with a deadline of its own.
pub fn assign_sub(tx: &mut Tx, actor: &Actor, target: &Target, input: &SubInput) -> Result<Loaded> {
    change(tx, actor, target, Action::AssignSub, |tx, loaded| {
        let department = department_of(tx, input.department_id, &loaded.center, "/department_id")?;
        if loaded.details.subs.len() >= 20 {
            return Err(Problem::rule("/department_id", "too_many", "一件工单最多派发 20 个二级单位。", "At most 20.").into());
        }
        if loaded.details.subs.iter().any(|s| s.department_id == department.id && s.report.is_none()) {
            return Err(Problem::rule("/department_id", "duplicate", "该单位已有未办结的派单。", "It has one already.").into());
        }
        if !(1..=3650).contains(&input.limit.value) {
            return Err(Problem::rule("/limit/value", "out_of_range", "时限应为 1 到 3650。", "1 to 3650.").into());
        }
        let (clock_id, due_at) = clocks::start_named(tx, KIND, loaded.row.id, ClockKind::HotlineSub, input.limit)?;
        let sub = SubOrder { id: Id::new(), department_id: department.id, matter: input.matter.clone(), due_at, clock_id, at: tx.now, report: None };
        loaded.details.subs.push(sub);
        loaded.facts.subs_open = true;
        Ok(Told::new("sub_assigned", json!({ "department": department.name, "due_at": due_at })))
    })
}

/// The second-level unit, or the center for it, says what was done.
pub fn answer_sub(tx: &mut Tx, actor: &Actor, target: &Target, input: &SubAnswer) -> Result<Loaded> {
    change(tx, actor, target, Action::AnswerSub, |tx, loaded| {
        let note = noted(tx, actor, &input.report);
        let own: Vec<String> = actor.nodes(crate::auth::Role::DepartmentHandler).map(str::to_owned).collect();
        let center = loaded.center.id;
        let at_center = [crate::auth::Role::Clerk, crate::auth::Role::CenterManager].into_iter().any(|r| actor.nodes(r).any(|n| n == center.as_str()));
        let unknown = || Problem::rule("/sub_order_id", "unknown_sub_order", "没有这件派单，或已办结。", "No such open sub-order.");
        let mine = |s: &&mut SubOrder| {
            s.id == input.sub_order_id && s.report.is_none() && (at_center || actor.is_system() || own.iter().any(|n| n == s.department_id.as_str()))
        };
        let sub = loaded.details.subs.iter_mut().find(mine).ok_or_else(unknown)?;
        sub.report = Some(note);
        let (clock, department) = (sub.clock_id, sub.department_id);
        clocks::stop_one(tx, clock)?;
        let name = organization::department(tx, department)?.map(|d| d.name).unwrap_or_default();
        Ok(Told::new("sub_answered", json!({ "department": name })).saying(&input.report))
    })
}

/// The center replies: interim, as often as there is news; finally, once what it opened has ended.
pub fn reply(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReplyInput) -> Result<Loaded> {
    let last = input.kind == ReplyKind::Final;
    let action = if last { Action::ReplyFinal } else { Action::ReplyInterim };
    change(tx, actor, target, action, |tx, loaded| {
        attachments::bind(tx, actor, &input.attachments, KIND, loaded.row.id, "reply", "/attachments")?;
        if loaded.details.replies.len() >= 200 {
            return Err(Problem::rule("/reply", "too_many", "一件工单最多回复 200 次。", "At most 200 replies.").into());
        }
        let reply = Reply { kind: input.kind, words: input.reply.clone(), solved: input.solved, round: loaded.row.round, at: tx.now, by: person(actor) };
        loaded.details.replies.push(reply);
        if last {
            loaded.row.replied_at = Some(tx.now);
            // Whoever has replied needs no more time: a request that nobody has answered falls.
            loaded.details.extensions.retain(|asked| asked.granted.is_some());
            clocks::stop(tx, loaded.row.id, &[ClockKind::Hotline, ClockKind::HotlineSub])?;
        }
        let kind = if last { "replied" } else { "replied_interim" };
        Ok(Told::new(kind, json!({ "solved": input.solved })).public().saying(&input.reply))
    })
}

/// The hotline begins to look at the reply.
pub fn take_up(tx: &mut Tx, actor: &Actor, target: &Target, input: &Opinion) -> Result<Loaded> {
    change(tx, actor, target, Action::TakeUp, |_, _| Ok(Told::new("taken_up", json!({})).saying(&input.opinion)))
}

/// The reply is good: the caller is called back.
pub fn pass(tx: &mut Tx, actor: &Actor, target: &Target, input: &Opinion) -> Result<Loaded> {
    let loaded = change(tx, actor, target, Action::Pass, |tx, loaded| {
        loaded.details.review = Some(noted(tx, actor, &input.opinion));
        Ok(Told::new("passed", json!({})).saying(&input.opinion))
    })?;
    rated::on_accepted(tx, actor, &loaded)?;
    Ok(loaded)
}

/// The reply is not good enough: the limit runs on, and what the hotline took to look at it does not count.
pub fn send_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason) -> Result<Loaded> {
    change(tx, actor, target, Action::SendBack, |tx, loaded| {
        loaded.details.review = Some(noted(tx, actor, &input.reason));
        loaded.row.replied_at = None;
        clocks::reopen(tx, loaded.row.id, ClockKind::Hotline)?;
        Ok(Told::new("sent_back", json!({})).saying(&input.reason))
    })
}

/// The hotline has done with it.
pub fn archive(tx: &mut Tx, actor: &Actor, target: &Target, input: &Opinion) -> Result<Loaded> {
    let loaded = change(tx, actor, target, Action::Archive, |_, _| Ok(Told::new("archived", json!({})).public().saying(&input.opinion)))?;
    rated::on_accepted(tx, actor, &loaded)?;
    Ok(loaded)
}

/// The hotline presses.
pub fn urge(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason) -> Result<Loaded> {
    change(tx, actor, target, Action::Urge, |tx, loaded| {
        let note = noted(tx, actor, &input.reason);
        loaded.details.urges.push(note);
        loaded.row.urged += 1;
        Ok(Told::new("urged", json!({ "times": loaded.row.urged })).saying(&input.reason))
    })
}

/// The hotline supervises it.
pub fn supervise(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason) -> Result<Loaded> {
    change(tx, actor, target, Action::Supervise, |tx, loaded| {
        let note = noted(tx, actor, &input.reason);
        loaded.details.supervisions.push(note);
        loaded.row.supervised = true;
        Ok(Told::new("supervised", json!({})).saying(&input.reason))
    })
}

/// What the caller added.
pub fn append(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason) -> Result<Loaded> {
    change(tx, actor, target, Action::Append, |tx, loaded| {
        let note = noted(tx, actor, &input.reason);
        loaded.details.appended.push(note);
        Ok(Told::new("appended", json!({})).public().saying(&input.reason))
    })
}

/// The hotline takes it back altogether.
pub fn revoke(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason) -> Result<Loaded> {
    change(tx, actor, target, Action::Revoke, |_, loaded| {
        loaded.details.end_reason.clone_from(&input.reason);
        Ok(Told::new("revoked", json!({})).public().saying(&input.reason))
    })
}

/// Several callers about one matter: this order goes on as the other, whose center answers both.
pub fn merge(tx: &mut Tx, actor: &Actor, target: &Target, input: &HotlineMergeInput) -> Result<Loaded> {
    let refuse = |code, zh, en| Problem::rule("/into", code, zh, en);
    let unknown = || refuse("unknown_order", "没有这件工单，或者不在您的可见范围内。", "No order that you see.");
    let own = load::by_reference(tx, actor, &target.reference)?.ok_or_else(Problem::not_found)?.id;
    load::load_seen(tx, actor, own.as_str())?;
    let other = load::by_reference(tx, actor, &input.into)?.ok_or_else(unknown)?.id;
    // Both are locked, in one order for everybody.
    let mut both = [own, other];
    both.sort();
    for id in both {
        dialect::lock_root(tx.conn, "hotline_orders", id.as_str())?;
    }
    let stays = load::load_seen(tx, actor, other.as_str()).map_err(|_| unknown())?;
    if stays.row.id == own || stays.row.state.is_final() || stays.row.source_by != store::order(tx, own)?.ok_or_else(Problem::not_found)?.source_by {
        return Err(refuse("not_open", "请指明同一热线正在办理的另一件工单。", "Name another open order of the same hotline.").into());
    }
    let mut stays = stays;
    let gone = change(tx, actor, target, Action::Merge, |_, loaded| {
        if !loaded.links.is_empty() && loaded.facts.opened {
            return Err(refuse("opened", "该工单已开件且尚未办结，请并入另一件后再处理，或先办结所开的记录。", "It has opened a record that is open.").into());
        }
        loaded.row.merged_into_id = Some(other);
        loaded.details.end_reason.clone_from(&input.reason);
        Ok(Told::new("merged", json!({ "into": stays.row.number })).public().saying(&input.reason))
    })?;
    stays.save(tx, actor, Told::new("absorbed", json!({ "from": gone.row.number })))?;
    Ok(gone)
}

/// The center asks to be left out of the assessment 剔除.
pub fn appeal(tx: &mut Tx, actor: &Actor, target: &Target, input: &HotlineAppealInput) -> Result<Loaded> {
    change(tx, actor, target, Action::Appeal, |tx, loaded| {
        loaded.row.appeal = HotlineAppealState::Open;
        loaded.details.appeal = Some(Appeal { reason: input.reason.clone(), basis: input.basis.clone(), at: tx.now, decision: None });
        Ok(Told::new("appealed", json!({})).saying(&input.reason))
    })
}

/// The hotline decides an appeal.
pub fn decide_appeal(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason, approved: bool) -> Result<Loaded> {
    let action = if approved { Action::ApproveAppeal } else { Action::RefuseAppeal };
    change(tx, actor, target, action, |tx, loaded| {
        loaded.row.appeal = if approved { HotlineAppealState::Approved } else { HotlineAppealState::Refused };
        let note = noted(tx, actor, &input.reason);
        if let Some(appeal) = &mut loaded.details.appeal {
            appeal.decision = Some(note);
        }
        let kind = if approved { "appeal_approved" } else { "appeal_refused" };
        Ok(Told::new(kind, json!({})).saying(&input.reason))
    })
}

/// Shows the caller in full, audited with its reason.
pub fn reveal(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason) -> Result<Loaded> {
    let mut loaded = load::load_for(tx, actor, target, Action::Reveal)?;
    if loaded.row.secrecy == super::model::Secrecy::Strict && !leads(actor, &loaded) {
        let zh = "内容保密的工单，来电人由承办中心负责人查看。";
        return Err(Problem::new(ErrorCode::Forbidden, Text::new(zh, "Of a strict order the leader of the center looks the caller up.")).into());
    }
    let entry = audit::Entry {
        actor_id: actor.id.map(|id| id.to_string()).unwrap_or_default(),
        action: "reveal",
        record_kind: KIND,
        record_id: loaded.row.id,
        reason: &input.reason,
        request_id: &actor.request_id,
    };
    audit::record(tx, &entry)?;
    load::tell(tx, actor, &loaded.row, Told::new("revealed", json!({})))?;
    loaded.sight = crate::access::Sight::CLEAR;
    Ok(loaded)
}

/// What is strictly secret is the center's leader's to see.
fn leads(actor: &Actor, loaded: &Loaded) -> bool {
    actor.is_system() || actor.nodes(crate::auth::Role::CenterManager).any(|n| n == loaded.center.id.as_str())
}
