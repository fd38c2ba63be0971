//! Answering an invitation, recording what was said and resolved, and confirming the minutes: from then on they bind.

use super::{
    agenda,
    calling::{Called, load_for, save},
    machine::MeetingAction as Action,
    model::{Draft, Invitee, InviteeResponse, MeetingAnswer, MinutesInput, PartyKind, ResolutionInput},
    parties, resolving,
    views::MeetingView,
};
use crate::{
    attachments,
    auth::Actor,
    db::{Result, Tx},
    entrustments::Identity,
    kernel::{ErrorCode, FieldError, Id, Problem, Target, Unit},
};

/// An invitee answers; an answer can be changed until the meeting begins.
pub fn respond(tx: &mut Tx, actor: &Actor, target: &Target, input: &MeetingAnswer) -> Result<MeetingView> {
    let mut called = load_for(tx, actor, Action::Respond, target)?;
    match input.response {
        InviteeResponse::Pending => {
            return Err(Problem::rule("/response", "invalid_value", "请答复参加（accepted）或不参加（declined）。", "Accepted or declined.").into());
        }
        InviteeResponse::Declined if input.reason.trim().is_empty() => {
            return Err(Problem::rule("/reason", "required", "不参加的，请说明理由。", "Say why not.").into());
        }
        _ => {}
    }
    let asked = |i: &&mut Invitee| input.invitee_id.is_none_or(|id| i.party.id == id) && parties::speaks_for(actor, "meeting", "respond", &i.party);
    let mut own: Vec<&mut Invitee> = called.details.invitees.iter_mut().filter(asked).collect();
    let invitee = match own.as_mut_slice() {
        [one] => one,
        [] => return Err(Problem::rule("/invitee_id", "not_yours", "您不能代该受邀方答复。", "Not yours to answer for.").into()),
        _ => return Err(Problem::rule("/invitee_id", "required", "您可代多个受邀方答复，请指明是哪一个。", "Say for which invitee.").into()),
    };
    invitee.response = input.response;
    invitee.reason.clone_from(&input.reason);
    invitee.substitute.clone_from(&input.substitute);
    invitee.responded_at = Some(tx.now);
    save(tx, actor, called, "responded", "")
}

/// Records the minutes, or corrects them.
pub fn record_minutes(tx: &mut Tx, actor: &Actor, target: &Target, input: &MinutesInput) -> Result<MeetingView> {
    let mut called = load_for(tx, actor, Action::RecordMinutes, target)?;
    let mut faults = Vec::new();
    let invited = |id: &Id| called.details.invitees.iter().any(|invitee| invitee.party.id == *id);
    for (i, _) in input.attended.iter().enumerate().filter(|(_, id)| !invited(id)) {
        faults.push(FieldError::body(&format!("/attended/{i}"), "not_invited", "该对象不在受邀之列。", "Not invited."));
    }
    let mut drafts = Vec::with_capacity(input.resolutions.len());
    for (i, resolution) in input.resolutions.iter().enumerate() {
        drafts.extend(draft(tx, &called, resolution, &format!("/resolutions/{i}"), &mut faults)?);
    }
    if !faults.is_empty() {
        return Err(Problem::fields(ErrorCode::RuleViolation, faults).into());
    }
    attachments::bind(tx, actor, &input.attachments, "meeting", called.row.id, "minutes", "/attachments")?;
    for invitee in &mut called.details.invitees {
        invitee.attended = Some(input.attended.contains(&invitee.party.id));
    }
    called.details.minutes.clone_from(&input.minutes);
    called.details.resolutions = drafts;
    save(tx, actor, called, "minuted", "")
}

/// A resolution as the minutes note it; what is wrong joins the faults.
fn draft(tx: &mut Tx, called: &Called, input: &ResolutionInput, at: &str, faults: &mut Vec<FieldError>) -> Result<Option<Draft>> {
    let wrong = faults.len();
    let owner = parties::named(tx, &called.center, &input.owner, &format!("{at}/owner"), faults)?;
    let mut fault = |name: &str, code, zh, en| faults.push(FieldError::body(&format!("{at}/{name}"), code, zh, en));
    if input.owner.kind == PartyKind::Applicant {
        fault("owner", "not_an_owner", "决议由中心、部门或工作人员落实。", "Centers, departments and staff carry resolutions out.");
    }
    if usize::try_from(input.agenda).unwrap_or(0) > called.details.agenda.len() {
        fault("agenda", "unknown_entry", "议程上没有这一项。", "No such entry of the agenda.");
    }
    match (input.limit, input.due_on) {
        (Some(_), Some(_)) | (None, None) => fault("limit", "limit_or_day", "时限（limit）和完成日期（due_on）须填且只填一项。", "Either a limit or a day."),
        (Some(limit), None) => {
            let most = if matches!(limit.unit, Unit::Hour | Unit::WorkingHour) { 2_400 } else { 365 };
            if !(1..=most).contains(&limit.value) {
                fault("limit", "out_of_range", "时限应在一年以内，且至少为 1。", "At least one, and within a year.");
            }
        }
        (None, Some(day)) => {
            let days = (day - tx.now.local_date()).num_days();
            if !(1..=366).contains(&days) {
                fault("due_on", "out_of_range", "完成日期应晚于今天，且在一年以内。", "After today, and within a year.");
            }
        }
    }
    let content = input.content.clone();
    Ok(owner.filter(|_| faults.len() == wrong).map(|owner| Draft { agenda: input.agenda, owner, content, limit: input.limit, due_on: input.due_on }))
}

/// Confirms the minutes: they are frozen, and what they resolve binds.
pub fn conclude(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<MeetingView> {
    conclude_as(tx, actor, target, &[])
}

/// Confirms the minutes; its resolutions bear given identities, where some are given.
pub fn conclude_as(tx: &mut Tx, actor: &Actor, target: &Target, identities: &[Identity]) -> Result<MeetingView> {
    let called = load_for(tx, actor, Action::Conclude, target)?;
    agenda::tell(tx, actor, &called, &called.about(), "meeting_concluded")?;
    for (i, draft) in called.details.resolutions.iter().enumerate() {
        resolving::make(tx, actor, &called, draft, identities.get(i))?;
    }
    save(tx, actor, called, "concluded", "")
}
