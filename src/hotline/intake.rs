//! Taking in: what a hotline hands over, once for each client, external number and round. The same again is the same order,
//! newer content amends it, anything else is refused.

use serde_json::json;

use super::{
    acting,
    input::NewOrder,
    load::{self, KIND, Loaded, Told},
    machine::{Facts, HotlineAppealState, OrderAction as Action, OrderState as State},
    mapping::{self, Mapped, MappingContent},
    model::{OfSelf, OrderDetails, RawCodes},
    store::{self, Intake, Order},
    visiting, withheld,
};
use crate::{
    access::Sight,
    applicants, attachments,
    auth::{Actor, Reachable, policy},
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect, numbers},
    entrustments::{Identity, bulk},
    kernel::{Changed, Code as _, Created, ErrorCode, FieldError, Id, Limit, Moment, Part, Problem, Purpose, Text, Unit, phone, text},
    organization::{self, Center},
    settings,
};

/// What became of an order that was handed in.
pub struct Taken {
    /// Which.
    pub id: Id,
    /// It was not there before.
    pub new: bool,
}

/// How it came.
#[derive(Clone, Debug, Default)]
pub struct Via {
    /// The Open311 service that it was filed under: whoever files there chose the center, so that it is signed in as it comes.
    pub service_code: Option<String>,
    /// The same number twice makes one, whatever it says.
    pub first_wins: bool,
    /// Under a given identity, in the demo.
    pub identity: Option<Identity>,
}

/// Takes an order in.
pub fn take_in(tx: &mut Tx, actor: &Actor, input: &NewOrder, via: &Via) -> Result<Taken> {
    if !policy::may(actor, KIND, "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let client = actor.id.filter(|_| actor.kind == "client");
    let home = home_of(tx, actor, input)?;
    let near = Reachable { centers: vec![home.id], path: &home.path, client, ..Reachable::default() };
    if !policy::allows(actor, KIND, "create", &near) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let source_by = client.unwrap_or(home.id);
    let digest = digest(tx, input)?;
    let mut known = store::intakes(tx, source_by, &input.external_number)?;
    if known.is_empty() {
        // Two rounds of a number that nobody knows yet are no two orders.
        dialect::lock_name(tx.conn, &format!("hotline:{source_by}:{}", input.external_number))?;
        known = store::intakes(tx, source_by, &input.external_number)?;
    }
    if let Some(there) = known.iter().find(|i| i.round == input.round) {
        return again(tx, actor, there.clone(), input, &digest, via);
    }
    match known.last() {
        Some(newest) if newest.round > input.round => {
            let zh = format!("该工单已办到第 {} 轮，不能再交办未登记过的第 {} 轮。", newest.round, input.round);
            return Err(Problem::new(ErrorCode::Conflict, Text::new(zh, "A later round of this number is known already.")).into());
        }
        Some(newest) => return handled_again(tx, actor, newest.order_id, input, digest),
        None => sensible(tx, input)?,
    }
    let id = via.identity.as_ref().map_or_else(Id::new, |i| i.id);
    let intake = Intake {
        id: Id::new(),
        source_by,
        external_number: input.external_number.clone(),
        round: input.round,
        order_id: id,
        digest: digest.clone(),
        content_at: input.content_at.unwrap_or(tx.now),
        created_at: tx.now,
    };
    match tx.savepoint(|tx| store::insert_intake(tx, &intake)) {
        Ok(()) => {}
        Err(e) if e.is_unique() => {
            // Somebody else was first with this number: theirs is the order.
            let there = store::intake(tx, source_by, &input.external_number, input.round)?.ok_or(Error::Contended)?;
            return again(tx, actor, there, input, &digest, via);
        }
        Err(e) => return Err(e),
    }
    enter(tx, actor, input, &home, (id, source_by, client), via)?;
    Ok(Taken { id, new: true })
}

/// Many, each for itself, in the order in which they were sent.
pub fn take_in_many(tx: &mut Tx, actor: &Actor, rows: &[std::result::Result<NewOrder, Problem>], references: &[String]) -> Result<Vec<Part>> {
    bulk::in_parts(tx, false, references, "", |tx, at| {
        let input = match rows.get(at) {
            Some(Ok(input)) => input,
            Some(Err(problem)) => return Err(problem.clone().into()),
            None => return Err(Problem::not_found().into()),
        };
        let taken = take_in(tx, actor, input, &Via::default())?;
        let row = store::order(tx, taken.id)?.ok_or(Error::Contended)?;
        let created = Some(Created { id: row.id, number: row.number, taken_in: taken.new });
        Ok(Changed { version: row.version, state: row.state.code().to_owned(), created })
    })
}

/// The content: when it was sent is no part of it.
fn digest(tx: &Tx, input: &NewOrder) -> Result<String> {
    let content = NewOrder { content_at: None, ..input.clone() };
    Ok(tx.vault.mark(Purpose::Index, &format!("hotline:{}", serde_json::to_string(&content)?)))
}

/// What cannot be, whatever the hotline's codes are: told all at once.
fn sensible(tx: &Tx, input: &NewOrder) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    let mut refuse = |at: &str, code: &'static str, zh: &'static str, en: &'static str| wrong.push(FieldError::body(at, code, zh, en));
    // Clocks differ a little.
    let soon = tx.now.plus(chrono::TimeDelta::minutes(5));
    if input.content_at.is_some_and(|at| at > soon) {
        refuse("/content_at", "future", "内容更新时间不能晚于现在；此后的更正都要比它更新。", "Not later than now.");
    }
    if input.called_at.is_some_and(|at| at > soon) {
        refuse("/called_at", "future", "来电时间不能晚于现在。", "Not later than now.");
    }
    if input.limit.is_some_and(|limit| !(1..=3650).contains(&limit.value)) {
        refuse("/limit/value", "out_of_range", "时限应为 1 到 3650。", "1 to 3650.");
    }
    if input.latitude.is_some() != input.longitude.is_some() {
        let at = if input.latitude.is_some() { "/longitude" } else { "/latitude" };
        refuse(at, "required", "经度和纬度须同时填写。", "Latitude and longitude go together.");
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, wrong)) }
}

/// A deadline that is given anew has not passed: without one the center's own rules say how long.
fn ahead(tx: &Tx, input: &NewOrder) -> Result<(), Problem> {
    match input.deadline_at {
        Some(at) if at <= tx.now => {
            let zh = "办理期限已过；请填写今后的期限，没有的不填，按规则计算。";
            Err(Problem::rule("/deadline_at", "past", zh, "The deadline has passed: name a later one, or none."))
        }
        _ => Ok(()),
    }
}

/// Where the hotline hands in: a client's own center or one below it, a person's own.
fn home_of(tx: &mut Tx, actor: &Actor, input: &NewOrder) -> Result<Center> {
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    let outside = || Problem::rule("/center", "outside", "该服务中心不在热线所属中心及其下级范围内。", "The center is not the hotline's own, nor below it.");
    let own = actor.center_id.map(|id| organization::load(tx, id)).transpose()?;
    match &input.center {
        Some(reference) => {
            let center = organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?;
            if actor.kind == "client" && own.as_ref().is_some_and(|own| !own.contains(&center)) {
                return Err(outside().into());
            }
            Ok(center)
        }
        None => Ok(own.ok_or_else(unknown)?),
    }
}

/// The same number and round again: the same content replays, newer content amends, anything else is refused.
fn again(tx: &mut Tx, actor: &Actor, there: Intake, input: &NewOrder, digest: &str, via: &Via) -> Result<Taken> {
    let known = Taken { id: there.order_id, new: false };
    if there.digest == digest || via.first_wins {
        return Ok(known);
    }
    dialect::lock_root(tx.conn, "hotline_orders", there.order_id.as_str())?;
    // Whoever waited for the lock looks again.
    let there = store::intake(tx, there.source_by, &there.external_number, there.round)?.ok_or(Error::Contended)?;
    if there.digest == digest {
        return Ok(known);
    }
    let mut loaded = load::load_locked(tx, there.order_id)?;
    // Whoever called may want to be kept secret at any time: in whichever round this was registered, and however it crosses
    // with other content, for nothing takes it back.
    let withholds = only_withholds(tx, &loaded, input)?;
    let now = loaded.row.round;
    let Some(content_at) = input.content_at.filter(|at| withholds || (*at > there.content_at && now == there.round)) else {
        let (zh, en) = if now == there.round {
            let zh = "该工单编号和轮次已登记过另一内容；内容有更新的，请带上更新后的 content_at 重新发送。".to_owned();
            (zh, "Known with other content; newer content carries a newer content_at.".to_owned())
        } else {
            let zh = format!("工单已办到第{now}轮；内容有更新的，请写明 round 为 {now}，并带上更新后的 content_at 重新发送。");
            (zh, format!("It is in round {now}: newer content names it, with a newer content_at."))
        };
        let mut problem = Problem::new(ErrorCode::Conflict, Text::new(zh, en));
        problem.allowed_actions = Some(loaded.allowed(actor));
        return Err(problem.into());
    };
    sensible(tx, input)?;
    if !withholds {
        loaded.decide(actor, Action::Amend)?;
    }
    let to = amend(tx, actor, &mut loaded, input)?;
    let more = fresh(tx, &loaded, &input.attachments)?;
    attachments::bind(tx, actor, &more, KIND, loaded.row.id, "amended", "/attachments")?;
    store::save_intake(tx, &Intake { digest: digest.to_owned(), content_at: content_at.max(there.content_at), ..there })?;
    let unmapped = loaded.details.unmapped.clone();
    loaded.save(tx, actor, Told::new("amended", json!({ "unmapped": unmapped })))?;
    if let Some(to) = to {
        let next = loaded.decide(actor, Action::Dispatch)?;
        let name = to.0.name.clone();
        acting::go_to(tx, &mut loaded, to, "")?;
        loaded.step(next);
        loaded.save(tx, actor, Told::new("dispatched", json!({ "center": name })).public())?;
        if mapping::in_force(tx, loaded.row.client_id)?.1.auto_sign {
            acting::sign_at_once(tx, &mut loaded)?;
        }
    }
    Ok(known)
}

/// Whether nothing changes but that the caller is kept from more readers: more secret, or anonymous.
fn only_withholds(tx: &mut Tx, loaded: &Loaded, input: &NewOrder) -> Result<bool> {
    let (row, d) = (&loaded.row, &loaded.details);
    let secrecy = mapping::in_force(tx, row.client_id)?.1.read(&raw(input)).secrecy;
    let mut with = d.clone();
    words(&mut with, input, &d.unmapped);
    with.raw.secrecy.clone_from(&d.raw.secrecy);
    with.hidden.clone_from(&d.hidden);
    (with.name, with.phone, with.id_number) = (d.name.clone(), d.phone.clone(), d.id_number.clone());
    let told = |given: &Option<String>, known: fn(&OfSelf) -> &String| {
        given.as_ref().is_none_or(|given| given.is_empty() || d.hidden.iter().chain([&d.of_self()]).any(|of| known(of) == given))
    };
    let caller = &input.caller;
    let same = serde_json::to_value(&with).ok() == serde_json::to_value(d).ok()
        && told(&caller.name, |o| &o.name)
        && told(&caller.phone, |o| &o.phone)
        && told(&caller.id_number, |o| &o.id_number)
        && (input.deadline_at.is_none() || input.deadline_at == d.deadline_at)
        && input.needs_return_visit == row.needs_visit
        && (row.supervised || !input.supervised)
        && input.attachments.is_empty();
    let kept = secrecy.keeps() >= row.secrecy.keeps() && (caller.anonymous || !row.anonymous);
    Ok(same && kept && (secrecy != row.secrecy || caller.anonymous != row.anonymous))
}

/// Of the files named, those that are not the order's already.
fn fresh(tx: &mut Tx, loaded: &Loaded, ids: &[Id]) -> Result<Vec<Id>> {
    let own: Vec<Id> = attachments::store::of_record(tx, loaded.row.id)?.into_iter().map(|a| a.id).collect();
    Ok(ids.iter().copied().filter(|id| !own.contains(id)).collect())
}

/// A later round of an order that is here: it is handled again.
fn handled_again(tx: &mut Tx, actor: &Actor, id: Id, input: &NewOrder, digest: String) -> Result<Taken> {
    let mut loaded = load::load_locked(tx, id)?;
    if let Some(there) = store::intake(tx, loaded.row.source_by, &input.external_number, input.round)? {
        return again(tx, actor, there, input, &digest, &Via::default());
    }
    if input.round != loaded.row.round + 1 {
        let zh = format!("该工单当前为第 {} 轮，重办应为第 {} 轮。", loaded.row.round, loaded.row.round + 1);
        return Err(Problem::rule("/round", "round", zh, "Rounds follow one another.").into());
    }
    sensible(tx, input)?;
    let next = loaded.decide(actor, Action::Rehandle)?;
    // It is in nobody's hands but those that it was in.
    amend(tx, actor, &mut loaded, input)?;
    visiting::begin_round(tx, &mut loaded, &digest, input.content_at)?;
    loaded.step(next);
    let round = loaded.row.round;
    loaded.save(tx, actor, Told::new("rehandled", json!({ "to_round": round })).public())?;
    Ok(Taken { id, new: false })
}

/// The codes as sent.
fn raw(input: &NewOrder) -> RawCodes {
    RawCodes {
        order_type: input.order_type.clone(),
        category: input.category_code.clone(),
        category_name: input.category_name.clone(),
        urgency: input.urgency.clone(),
        secrecy: input.secrecy.clone(),
        channel: input.channel.clone(),
        disposal: input.disposal.clone(),
        handling_unit: input.handling_unit.clone(),
    }
}

/// How long it may take: until the hotline's deadline, in whole hours; or what is said for its urgency.
fn limit_of(tx: &Tx, input: &NewOrder, mapped: &Mapped, codes: &MappingContent, usual: Limit) -> Limit {
    if let Some(until) = input.deadline_at {
        let hours = (until.utc() - tx.now.utc()).num_hours().clamp(1, 24 * 365);
        return Limit { value: u32::try_from(hours).unwrap_or(1), unit: Unit::Hour };
    }
    let by_urgency = codes.limits.iter().find(|l| l.urgency == mapped.urgency).map(|l| l.limit);
    input.limit.filter(|l| (1..=3650).contains(&l.value)).or(by_urgency).unwrap_or(usual)
}

/// What people said, without what was done since.
fn words(details: &mut OrderDetails, input: &NewOrder, unmapped: &[String]) {
    let caller = &input.caller;
    let said = |text: &Option<String>| text.clone().filter(|_| !caller.anonymous).unwrap_or_default();
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let (before, now) = (
        details.of_self(),
        OfSelf { name: given(&caller.name), phone: given(&caller.phone), id_number: given(&caller.id_number), address: input.address.clone() },
    );
    details.hide(before);
    details.hide(now);
    details.title.clone_from(&input.title);
    details.content.clone_from(&input.content);
    details.subject.clone_from(&input.subject);
    details.address.clone_from(&input.address);
    (details.latitude, details.longitude) = (input.latitude, input.longitude);
    details.name = said(&caller.name);
    // An anonymous caller may still be called back by the hotline.
    details.phone = caller.phone.clone().unwrap_or_default();
    details.id_number = said(&caller.id_number);
    details.raw = raw(input);
    details.unmapped = unmapped.to_vec();
    details.old_number.clone_from(&input.old_number);
    details.item.clone_from(&input.item);
    details.called_at = input.called_at;
    details.files.clone_from(&input.files);
}

/// Puts the blind indexes right.
fn mark(tx: &Tx, row: &mut Order, details: &OrderDetails) {
    row.phone_mark = Some(&details.phone).filter(|p| phone::check(p).is_ok()).map(|p| applicants::phone_mark(tx, p));
    row.name_mark = Some(details.name.trim()).filter(|n| !n.is_empty()).map(|n| applicants::name_mark(tx, &text::fold(n)));
}

/// Newer content; where it goes, if that is known only now.
fn amend(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, input: &NewOrder) -> Result<Option<(Center, Option<Id>)>> {
    let (before, shown) = (loaded.details.clone(), loaded.row.secrecy);
    let was_withheld = loaded.row.withheld();
    let (number, codes) = mapping::in_force(tx, loaded.row.client_id)?;
    let mut mapped = codes.read(&raw(input));
    let home = organization::load(tx, loaded.row.home_center_id)?;
    let mut to = unit(tx, &home, &mut mapped)?;
    if loaded.row.state != State::Received {
        moves_nobody(loaded, input, to.as_ref())?;
        mapped.unmapped.retain(|f| f != "handling_unit");
        to = None;
    }
    words(&mut loaded.details, input, &mapped.unmapped);
    if input.deadline_at.is_some() && input.deadline_at != loaded.details.deadline_at {
        ahead(tx, input)?;
        let usual = loaded.rules.hotline_limit;
        let limit = limit_of(tx, input, &mapped, &codes, usual);
        loaded.details.deadline_at = input.deadline_at;
        loaded.details.limit = Some(limit);
        if loaded.row.state.is_with_center() {
            clocks::stop(tx, loaded.row.id, &[ClockKind::Hotline])?;
            clocks::start(tx, KIND, loaded.row.id, ClockKind::Hotline, limit)?;
        }
    }
    let row = &mut loaded.row;
    row.mapping_number = number;
    row.order_type = mapped.order_type;
    row.category.clone_from(&mapped.category);
    row.urgency = mapped.urgency;
    row.secrecy = mapped.secrecy;
    row.channel = mapped.channel;
    row.disposal = mapped.disposal;
    row.unmapped = !loaded.details.unmapped.is_empty();
    row.anonymous = input.caller.anonymous;
    row.supervised |= input.supervised;
    row.needs_visit = input.needs_return_visit;
    mark(tx, row, &loaded.details);
    // Whoever is to be kept from more readers than before, or is better known, is kept from what the order has opened, too.
    if loaded.row.withheld() && (!was_withheld || shown != loaded.row.secrecy || before.hidden != loaded.details.hidden) {
        withheld::reach(tx, actor, loaded, &before)?;
    }
    Ok(to)
}

/// Once it was dispatched, it goes elsewhere when the hotline takes it back, and not by an amendment: what would not be done is
/// refused. The unit as it was sent before, or the one that has it, changes nothing.
fn moves_nobody(loaded: &Loaded, input: &NewOrder, to: Option<&(Center, Option<Id>)>) -> Result<(), Problem> {
    let there = |(center, department): &(Center, Option<Id>)| center.id == loaded.center.id && department.is_none_or(|d| loaded.row.department_id == Some(d));
    let named = input.handling_unit.as_deref().unwrap_or_default();
    if named.is_empty() || loaded.details.raw.handling_unit.as_deref() == Some(named) || to.is_some_and(there) {
        return Ok(());
    }
    let next = match loaded.row.state {
        State::ReturnRequested => "承办中心已申请退单，请由热线改派（redispatch）",
        _ => "请由承办中心申请退单，再由热线改派（redispatch）",
    };
    let zh = format!("工单已分派给{}，不能用更正或重办改变承办单位；{next}。", loaded.center.name);
    Err(Problem::rule("/handling_unit", "dispatched", zh, "It was dispatched: it goes elsewhere after a return request, by redispatch."))
}

/// Where it goes: the unit's center at or below the one that it was handed in at; else it waits there to be dispatched.
fn unit(tx: &mut Tx, home: &Center, mapped: &mut Mapped) -> Result<Option<(Center, Option<Id>)>> {
    let Some((reference, department)) = mapped.unit.clone() else { return Ok(None) };
    let center = organization::store::center_by_reference(tx, &reference)?.filter(|c| c.status == "active" && home.contains(c));
    if center.is_none() {
        mapped.unmapped.push("handling_unit".into());
    }
    Ok(center.map(|c| (c, department)))
}

fn enter(tx: &mut Tx, actor: &Actor, input: &NewOrder, home: &Center, (id, source_by, client): (Id, Id, Option<Id>), via: &Via) -> Result<()> {
    ahead(tx, input)?;
    let (mapping_number, codes) = mapping::in_force(tx, client)?;
    let mut mapped = codes.read(&raw(input));
    let to = unit(tx, home, &mut mapped)?;
    let filed = via.service_code.is_some();
    // By hand, and by who files with a center, it is at that center; from a hotline without a unit it waits to be dispatched.
    let to = to.or_else(|| (client.is_none() || filed).then(|| (home.clone(), None)));
    let (center, department_id) = to.clone().unwrap_or_else(|| (home.clone(), None));
    let rules = settings::rules(tx, &center.path)?;
    let limit = limit_of(tx, input, &mapped, &codes, rules.hotline_limit);
    let number = match &via.identity {
        Some(identity) => identity.number.clone(),
        None => numbers::next(tx, "RX", &home.division_code)?,
    };
    let mut details = OrderDetails { limit: Some(limit), deadline_at: input.deadline_at, ..OrderDetails::default() };
    words(&mut details, input, &mapped.unmapped);
    details.dispatched_at = to.as_ref().map(|_| tx.now);
    let mut row = Order {
        id,
        number,
        client_id: client,
        source_by,
        external_number: input.external_number.clone(),
        home_center_id: home.id,
        center_id: center.id,
        department_id,
        mapping_number,
        order_type: mapped.order_type,
        category: mapped.category.clone(),
        urgency: mapped.urgency,
        secrecy: mapped.secrecy,
        channel: mapped.channel,
        disposal: mapped.disposal,
        state: if to.is_some() { State::Dispatched } else { State::Received },
        held_state: None,
        round: input.round,
        unmapped: !mapped.unmapped.is_empty(),
        anonymous: input.caller.anonymous,
        supervised: input.supervised,
        needs_visit: input.needs_return_visit,
        returns: 0,
        extensions: 0,
        urged: 0,
        merged_into_id: None,
        assignee_id: None,
        first_responder_id: None,
        appeal: HotlineAppealState::None,
        contacted: None,
        responded: None,
        resolved: None,
        first_resolved: None,
        hotline_grade: None,
        department_grade: None,
        visited_at: None,
        phone_mark: None,
        name_mark: None,
        service_code: via.service_code.clone(),
        received_on: tx.now.local_date().to_string(),
        details: Private::seal(tx.vault, &details)?,
        due_at: Moment::NEVER,
        signed_at: None,
        replied_at: None,
        version: 0,
        created_at: tx.now,
        updated_at: tx.now,
    };
    mark(tx, &mut row, &details);
    clocks::start(tx, KIND, id, ClockKind::HotlineSign, rules.hotline_sign_limit)?;
    row.due_at = clocks::start(tx, KIND, id, ClockKind::Hotline, limit)?;
    store::insert(tx, &row)?;
    attachments::bind(tx, actor, &input.attachments, KIND, id, "order", "/attachments")?;
    // Nothing is decided of what has just come: its facts are looked at when something is.
    let mut loaded = Loaded { row, details, center: center.clone(), rules, links: Vec::new(), facts: Facts::default(), sight: Sight::CLEAR };
    let params = json!({ "order_type": mapped.order_type, "urgency": mapped.urgency, "center": center.name, "unmapped": mapped.unmapped,
        "dispatched": to.is_some(), "due_at": loaded.row.due_at.known() });
    loaded.save(tx, actor, Told::new("received", params).public())?;
    if to.is_some() && (filed || codes.auto_sign) {
        acting::sign_at_once(tx, &mut loaded)?;
    }
    Ok(())
}
