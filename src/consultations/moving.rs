//! Consultations move as matters do (DOMAIN §5): by an offer that the other center accepts or returns, few times, and else by the
//! word of a center above.

use serde_json::json;

use super::{
    input::{ConsultationAcceptance, ConsultationReason, ConsultationTransfer},
    load::{KIND, Opened, Told, change, restart},
    machine::ConsultationAction as Action,
    model::{TransferStanding as Standing, TransferWords},
    service::known_staff,
    store::{self, Offer},
    views::{self, ConsultationView},
};
use crate::{
    auth::Actor,
    catalogue,
    db::{Private, Result, Tx},
    events::{Audience, covering},
    kernel::{Id, Problem, Target},
    organization::{self, Center},
    routing, settings,
};

/// The center that is named, or the one that the rules name for the item.
fn center_named(tx: &mut Tx, c: &Opened, to: &str) -> Result<(Center, String)> {
    let refuse = |code, zh: &'static str, en: &'static str| Problem::rule("/to", code, zh, en);
    let (center, why) = if to == "auto" {
        let unnamed = || refuse("no_item", "咨询没有注明已发布的事项，请指明中心。", "Without a published item, name the center.");
        let id = c.row.item_id.ok_or_else(unnamed)?;
        let item = catalogue::published(tx, id.as_str())?.ok_or_else(unnamed)?;
        let seat = match c.row.applicant_id {
            Some(id) => crate::applicants::store::applicant(tx, id)?.and_then(|a| a.division_code),
            None => None,
        };
        let (center, why) = routing::who_handles(tx, &item, seat.as_deref(), &c.center)?;
        (center, why.explanation)
    } else {
        let found = organization::store::center_by_reference(tx, to)?.filter(|found| found.status == "active");
        (found.ok_or_else(|| refuse("unknown_center", "没有这个在用的服务中心。", "No such center in use."))?, String::new())
    };
    if center.id == c.center.id {
        return Err(refuse("same_center", "该咨询已由该中心负责。", "The center answers already.").into());
    }
    if center.lineage().next() != c.center.lineage().next() {
        return Err(refuse("other_city", "只能转给本市的服务中心。", "Only within the city.").into());
    }
    Ok((center, why))
}

/// Offers it to another center; who answers does not change until it accepts.
pub fn transfer(tx: &mut Tx, actor: &Actor, target: &Target, input: &ConsultationTransfer) -> Result<ConsultationView> {
    let loaded = change(tx, actor, target, Action::Transfer, |tx, c| {
        let (to, why) = center_named(tx, c, &input.to)?;
        if c.offers.iter().any(|o| o.to_center_id == to.id && o.state == Standing::Returned) {
            let zh = "该中心已退回过本咨询，请直接答复，或由上级中心指定答复中心。";
            return Err(Problem::rule("/to", "returned_before", zh, "That center returned it before.").into());
        }
        let words = TransferWords { reason: input.reason.clone(), why, return_reason: String::new() };
        insert(tx, actor, c, &to, Standing::Offered, words)?;
        c.row.offered_to_id = Some(to.id);
        let params = json!({ "from": c.center.name, "to": to.name });
        c.offered = Some(to);
        Ok(Told::new("offered", Audience::Staff, params).saying(&input.reason))
    })?;
    views::view(tx, actor, loaded.row.id)
}

fn insert(tx: &mut Tx, actor: &Actor, c: &mut Opened, to: &Center, state: Standing, mut words: TransferWords) -> Result<()> {
    covering::details(tx, KIND, c.row.id, &mut words)?;
    let row = Offer {
        id: Id::new(),
        consultation_id: c.row.id,
        from_center_id: c.center.id,
        to_center_id: to.id,
        state,
        words: Private::seal(tx.vault, &words)?,
        offered_by: actor.id.filter(|_| actor.kind == "user"),
        created_at: tx.now,
        answered_at: (state == Standing::Designated).then_some(tx.now),
    };
    store::insert_offer(tx, &row)?;
    c.offers.push(row);
    Ok(())
}

/// The open offer is answered.
fn settle(tx: &mut Tx, c: &mut Opened, state: Standing, return_reason: &str) -> Result<()> {
    let now = tx.now;
    c.row.offered_to_id = None;
    c.offered = None;
    let Some(offer) = c.offers.iter_mut().find(|o| o.state == Standing::Offered) else { return Ok(()) };
    let mut words = offer.words.open(tx.vault)?;
    words.return_reason = covering::words(tx, KIND, c.row.id, return_reason)?;
    offer.words = Private::seal(tx.vault, &words)?;
    offer.state = state;
    offer.answered_at = Some(now);
    let row = offer.clone();
    store::save_offer(tx, &row)
}

/// What was offered is answered where it is, withdrawn, or decided above: the offer falls.
pub(super) fn fall(tx: &mut Tx, c: &mut Opened) -> Result<()> {
    settle(tx, c, Standing::Recalled, "")
}

fn move_to(tx: &mut Tx, c: &mut Opened, to: Center, assignee: Option<Id>) -> Result<()> {
    c.row.center_id = to.id;
    c.row.assignee_id = assignee;
    c.rules = settings::rules(tx, &to.path)?;
    c.center = to;
    restart(tx, &c.row)
}

/// Accepts: from now on this center answers, within its own limit.
pub fn accept(tx: &mut Tx, actor: &Actor, target: &Target, input: &ConsultationAcceptance) -> Result<ConsultationView> {
    let loaded = change(tx, actor, target, Action::AcceptTransfer, |tx, c| {
        let to = c.offered.clone().ok_or_else(Problem::not_found)?;
        let assignee = input.assignee_id.map(|id| known_staff(tx, id, Some(to.id), "/assignee_id")).transpose()?;
        let params = json!({ "from": c.center.name, "to": to.name });
        settle(tx, c, Standing::Accepted, "")?;
        c.row.hand_overs += 1;
        move_to(tx, c, to, assignee)?;
        Ok(Told::new("moved", Audience::Applicant, params))
    })?;
    views::view(tx, actor, loaded.row.id)
}

/// Returns: who answers never changed.
pub fn give_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &ConsultationReason) -> Result<ConsultationView> {
    let loaded = change(tx, actor, target, Action::ReturnTransfer, |tx, c| {
        let to = c.offered.as_ref().map(|o| o.name.clone()).unwrap_or_default();
        settle(tx, c, Standing::Returned, &input.reason)?;
        c.row.returns += 1;
        Ok(Told::new("returned", Audience::Staff, json!({ "by": to, "returns": c.row.returns })).saying(&input.reason))
    })?;
    // Who has returned it may not see it any more.
    views::after(tx, actor, &loaded)
}

/// The sender takes the offer back.
pub fn recall(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ConsultationView> {
    let loaded = change(tx, actor, target, Action::RecallTransfer, |tx, c| {
        let to = c.offered.as_ref().map(|o| o.name.clone()).unwrap_or_default();
        settle(tx, c, Standing::Recalled, "")?;
        Ok(Told::new("recalled", Audience::Staff, json!({ "to": to })))
    })?;
    views::view(tx, actor, loaded.row.id)
}

/// Whoever leads a center above says who answers; it binds at once and is not counted against the centers.
pub fn designate(tx: &mut Tx, actor: &Actor, target: &Target, input: &ConsultationTransfer) -> Result<ConsultationView> {
    let loaded = change(tx, actor, target, Action::Designate, |tx, c| {
        let (to, why) = center_named(tx, c, &input.to)?;
        fall(tx, c)?;
        let words = TransferWords { reason: input.reason.clone(), why, return_reason: String::new() };
        insert(tx, actor, c, &to, Standing::Designated, words)?;
        let params = json!({ "from": c.center.name, "to": to.name });
        move_to(tx, c, to, None)?;
        Ok(Told::new("designated", Audience::Applicant, params).saying(&input.reason))
    })?;
    views::after(tx, actor, &loaded)
}
