//! What becomes of a sheet: signed by the leader, taken in or handed back by the department, extended, replied to, and
//! confirmed or sent back by the center. The lead's sheet moves its ticket in the same transaction.

use super::{
    drafting::drop_assisting,
    load::{Loaded, change},
    machine::{SheetAction as Action, SheetState as State},
    model::{Responsible, SheetExtension, SheetExtensionRequest, SheetOpinion, SheetProgress, SheetReason, SheetReply, SheetReturn, SheetSignIn, Signature},
    store,
    views::{SheetView, view},
};
use crate::{
    access::Sight,
    attachments,
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Result, Tx, dialect},
    kernel::{ErrorCode, Problem, Target, Text},
    tickets,
};

/// The leader signs; with the lead's sheet those of the assisting departments that are drawn up.
pub fn issue(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetOpinion) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::Issue, &input.opinion, |tx, sheet| sign(tx, actor, sheet))?;
    let id = loaded.row.id;
    if loaded.facts.lead {
        let drafts: Vec<_> = store::assisting(tx, id)?.into_iter().filter(|s| s.state == State::Drafted).collect();
        for row in drafts {
            dialect::lock_root(tx.conn, "assignment_sheets", row.id.as_str())?;
            let mut sheet = Loaded::of(tx, actor, row, Sight::CLEAR)?;
            sheet.apply(tx, actor, Action::Issue, &input.opinion, |tx, sheet| sign(tx, actor, sheet))?;
        }
        let assisting = store::assisting(tx, id)?.into_iter().filter(|s| s.state.is_with_department()).map(|s| s.department_id).collect();
        let to = tickets::Assigned { lead: loaded.row.department_id, assisting, due_at: loaded.row.due_at };
        tickets::assign(tx, actor, loaded.row.ticket_id, to)?;
    } else {
        tickets::show_to(tx, loaded.row.ticket_id, loaded.row.department_id)?;
    }
    view(tx, actor, id)
}

/// Signed and with the department: its limits begin.
fn sign(tx: &mut Tx, actor: &Actor, sheet: &mut Loaded) -> Result<()> {
    sheet.row.issued_at = Some(tx.now);
    sheet.details.leader = Some(Signature { by: actor.id, name: String::new(), at: tx.now });
    clocks::start(tx, "assignment_sheet", sheet.row.id, ClockKind::SheetSignIn, sheet.rules.sheet_sign_limit)?;
    match sheet.details.due_on {
        Some(day) if day <= tx.now.local_date() => {
            let zh = format!("交办单{}的完成日期已过，请先修改。", sheet.row.number);
            Err(Problem::new(ErrorCode::RuleViolation, Text::new(zh, "Its day has passed: change it first.")).into())
        }
        Some(day) => clocks::start_until(tx, "assignment_sheet", sheet.row.id, ClockKind::Sheet, day).map(|_| ()),
        None => {
            let limit = sheet.details.limit.unwrap_or(sheet.rules.sheet_limit);
            clocks::start(tx, "assignment_sheet", sheet.row.id, ClockKind::Sheet, limit).map(|_| ())
        }
    }
}

/// The department takes it in and says who answers for it.
pub fn sign_in(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetSignIn) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::SignIn, "", |tx, sheet| {
        let Responsible { name, post, phone } = input.responsible.clone();
        sheet.details.responsible = Some(Responsible { name, post, phone });
        sheet.row.signed_in_at = Some(tx.now);
        clocks::stop(tx, sheet.row.id, &[ClockKind::SheetSignIn])?;
        if sheet.facts.lead { tickets::sign_in(tx, actor, sheet.row.ticket_id).map(|_| ()) } else { Ok(()) }
    })?;
    view(tx, actor, loaded.row.id)
}

/// The department says that it is not its own.
pub fn return_(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetReturn) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::Return, &input.reason, |tx, sheet| {
        sheet.details.return_reason.clone_from(&input.reason);
        sheet.details.suggested_unit.clone_from(&input.suggested_unit);
        sheet.row.returned_at = Some(tx.now);
        clocks::stop_all(tx, sheet.row.id)?;
        if sheet.facts.lead {
            let assisting = drop_assisting(tx, actor, sheet.row.id, "牵头部门已退回交办单")?;
            tickets::return_(tx, actor, sheet.row.ticket_id, &input.reason, assisting)?;
        }
        Ok(())
    })?;
    view(tx, actor, loaded.row.id)
}

/// The department asks for more time, within what the rules give.
pub fn request_extension(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetExtensionRequest) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::RequestExtension, &input.reason, |tx, sheet| {
        let most = sheet.rules.sheet_extension_days;
        if input.days > most {
            return Err(Problem::rule(
                "/days",
                "out_of_range",
                format!("一次最多延期 {most} 天。"),
                format!("At most {}.", crate::kernel::counted(most, "day")),
            )
            .into());
        }
        let (days, reason) = (input.days, input.reason.clone());
        sheet.details.extension = Some(SheetExtension { days, reason, requested_at: tx.now, granted: None, answer: String::new() });
        clocks::start(tx, "assignment_sheet", sheet.row.id, ClockKind::SheetExtension, sheet.rules.sheet_extension_answer_limit).map(|_| ())
    })?;
    view(tx, actor, loaded.row.id)
}

/// The leader gives more time: the deadline moves, and with it what the ladder has not proposed yet.
pub fn grant_extension(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetOpinion) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::GrantExtension, &input.opinion, |tx, sheet| {
        let days = answered(sheet, true, &input.opinion);
        clocks::stop(tx, sheet.row.id, &[ClockKind::SheetExtension])?;
        let due = clocks::extend(tx, sheet.row.id, ClockKind::Sheet, days)?;
        sheet.row.extensions += 1;
        match due {
            Some(due) if sheet.facts.lead => tickets::move_due(tx, actor, sheet.row.ticket_id, due),
            _ => Ok(()),
        }
    })?;
    view(tx, actor, loaded.row.id)
}

/// The leader gives no more time.
pub fn refuse_extension(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetReason) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::RefuseExtension, &input.reason, |tx, sheet| {
        answered(sheet, false, &input.reason);
        clocks::stop(tx, sheet.row.id, &[ClockKind::SheetExtension])
    })?;
    view(tx, actor, loaded.row.id)
}

/// Notes the answer with the request; says how many days were asked for.
fn answered(sheet: &mut Loaded, granted: bool, answer: &str) -> u32 {
    sheet.details.extension.as_mut().map_or(0, |asked| {
        asked.granted = Some(granted);
        asked.answer = answer.to_owned();
        asked.days
    })
}

/// The department says how it goes.
pub fn progress(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetProgress) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::Progress, &input.note, |_, _| Ok(()))?;
    view(tx, actor, loaded.row.id)
}

/// The department replies, signed by who answers for it: its limit stops.
pub fn reply(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetReply) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::Reply, &input.report, |tx, sheet| {
        let responsible = sheet.details.responsible.as_ref().map(|r| r.name.clone()).unwrap_or_default();
        sheet.details.result = Some(input.result);
        sheet.details.report.clone_from(&input.report);
        sheet.details.signed = Some(Signature { by: actor.id, name: input.signed_by.clone().unwrap_or(responsible), at: tx.now });
        sheet.row.replied_at = Some(tx.now);
        attachments::bind(tx, actor, &input.attachments, "assignment_sheet", sheet.row.id, "完成情况", "/attachments")?;
        // Whoever has replied needs no more time: a request that nobody has answered falls.
        sheet.details.extension = sheet.details.extension.take().filter(|asked| asked.granted.is_some());
        clocks::stop(tx, sheet.row.id, &[ClockKind::Sheet, ClockKind::SheetExtension])?;
        if sheet.facts.lead { tickets::reply(tx, actor, sheet.row.ticket_id, &input.report).map(|_| ()) } else { Ok(()) }
    })?;
    view(tx, actor, loaded.row.id)
}

/// The center has checked the reply; the lead's goes to the applicants, who are asked.
pub fn confirm(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetOpinion) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::Confirm, &input.opinion, |_, _| Ok(()))?;
    if loaded.facts.lead {
        tickets::ask_feedback(tx, actor, loaded.row.ticket_id)?;
    }
    view(tx, actor, loaded.row.id)
}

/// The center sends the reply back: the limit runs on, and what the center took to look at it does not count.
pub fn send_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetReason) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::SendBack, &input.reason, |tx, sheet| {
        sheet.row.replied_at = None;
        sheet.details.signed = None;
        clocks::reopen(tx, sheet.row.id, ClockKind::Sheet)
    })?;
    if loaded.facts.lead {
        tickets::send_back(tx, actor, loaded.row.ticket_id, &input.reason, loaded.row.due_at)?;
    }
    view(tx, actor, loaded.row.id)
}
