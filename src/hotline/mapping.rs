//! What a hotline's codes mean here: numbered versions that never change. A code that is not known is kept as it came,
//! read as the default, and flagged; nothing is refused for it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    classify::Rule,
    machine::OrderState,
    model::{Disposal, OrderChannel, OrderType, RawCodes, Secrecy, Urgency},
    store::{self, Mapping},
};
use crate::{
    auth::{self, Actor, Reachable, policy},
    db::{Error, Json, Result, Tx, code_enum},
    evaluations::store::Grade,
    kernel::{Code, ErrorCode, FieldError, Id, Limit, ListQuery, Moment, Page, Problem},
    organization::{self, Center},
};

code_enum! {
    /// Which end of a hotline's scale of 1 to 5 is the good one.
    Scale in "hotline-satisfaction-scales" {
        FiveIsBest "five_is_best" "5 为非常满意",
        OneIsBest "one_is_best" "1 为非常满意",
    }
}

/// A code of the hotline and what it means here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineCode)]
pub struct CodeMap {
    /// The hotline's.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60)]
    pub code: String,
    /// Ours.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub to: String,
}

/// A unit of the hotline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineUnit)]
pub struct UnitMap {
    /// The hotline's code.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60)]
    pub code: String,
    /// The center: id or 12-digit code.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "320623000000")]
    pub center: String,
    /// The department that handles it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
}

/// How a state is called at the hotline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineStateOut)]
pub struct StateOut {
    /// Ours.
    pub state: OrderState,
    /// Theirs.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "04")]
    pub code: String,
    /// Their name for it.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    pub name: String,
}

/// Days by urgency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineUrgencyLimit)]
pub struct UrgencyLimit {
    /// Of which urgency.
    pub urgency: Urgency,
    /// How long.
    pub limit: Limit,
}

/// The codes of a hotline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = HotlineMappingContent, example = json!({ "types": [{ "code": "01", "to": "consultation" }, { "code": "02", "to": "help" }],
    "categories": [{ "code": "zwfw-01", "to": "政务服务" }], "urgencies": [{ "code": "2", "to": "urgent" }],
    "units": [{ "code": "RD001", "center": "320623000000" }], "states": [{ "state": "signed", "code": "20", "name": "已签收" }],
    "satisfaction_scale": "five_is_best",
    "rules": [{ "name": "办不成事", "keywords": ["无此事项", "办不成"], "open": "fallback_ticket", "ticket_category": "missing_from_system" }] }))]
pub struct MappingContent {
    /// Kinds of order.
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub types: Vec<CodeMap>,
    /// Categories; ours are names.
    #[validate(length(max = 2000), nested)]
    #[schema(max_items = 2000)]
    pub categories: Vec<CodeMap>,
    /// Urgencies.
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub urgencies: Vec<CodeMap>,
    /// Secrecy levels.
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub secrecies: Vec<CodeMap>,
    /// Channels.
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub channels: Vec<CodeMap>,
    /// Disposals.
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub disposals: Vec<CodeMap>,
    /// Handling units.
    #[validate(length(max = 3000), nested)]
    #[schema(max_items = 3000)]
    pub units: Vec<UnitMap>,
    /// States, as they are told to the hotline.
    #[validate(length(max = 13), nested)]
    #[schema(max_items = 13)]
    pub states: Vec<StateOut>,
    /// Which end of their scale is the good one; absent: 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub satisfaction_scale: Option<Scale>,
    /// How long, by urgency, where the hotline sends no deadline.
    #[validate(length(max = 3), nested)]
    #[schema(max_items = 3)]
    pub limits: Vec<UrgencyLimit>,
    /// What orders open; the first that fits.
    #[validate(length(max = 200), nested)]
    #[schema(max_items = 200)]
    pub rules: Vec<Rule>,
    /// Orders are signed in as they arrive.
    pub auto_sign: bool,
}

/// An order's codes, read.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// Kind.
    pub order_type: OrderType,
    /// Category, by our name.
    pub category: String,
    /// Urgency.
    pub urgency: Urgency,
    /// Secrecy.
    pub secrecy: Secrecy,
    /// Channel.
    pub channel: OrderChannel,
    /// Disposal.
    pub disposal: Disposal,
    /// The unit's center, by reference, and its department.
    pub unit: Option<(String, Option<Id>)>,
    /// Fields whose code is not known.
    pub unmapped: Vec<String>,
}

/// A code by the table; where the table does not have it, by our own codes.
fn read<C: Code>(table: &[CodeMap], sent: Option<&str>, default: C, field: &'static str, unmapped: &mut Vec<String>) -> C {
    let Some(sent) = sent.map(str::trim).filter(|s| !s.is_empty()) else { return default };
    let told = table.iter().find(|m| m.code == sent).map_or(sent, |m| m.to.as_str());
    let by_label = || C::ALL.iter().copied().find(|v| v.label() == told);
    C::parse(told).or_else(by_label).unwrap_or_else(|| {
        unmapped.push(field.to_owned());
        default
    })
}

impl MappingContent {
    /// Reads the codes of an order.
    pub fn read(&self, raw: &RawCodes) -> Mapped {
        let mut unmapped = Vec::new();
        let order_type = read(&self.types, Some(&raw.order_type), OrderType::Other, "order_type", &mut unmapped);
        let urgency = read(&self.urgencies, raw.urgency.as_deref(), Urgency::Normal, "urgency", &mut unmapped);
        // What cannot be read is kept from too many rather than from too few.
        let secrecy = read(&self.secrecies, raw.secrecy.as_deref(), Secrecy::Normal, "secrecy", &mut unmapped);
        let secrecy = if unmapped.iter().any(|f| f == "secrecy") { Secrecy::Confidential } else { secrecy };
        let channel = read(&self.channels, raw.channel.as_deref(), OrderChannel::Phone, "channel", &mut unmapped);
        let disposal = read(&self.disposals, raw.disposal.as_deref(), Disposal::Transferred, "disposal", &mut unmapped);
        let category = match self.categories.iter().find(|m| m.code == raw.category) {
            Some(known) => known.to.clone(),
            None => {
                if !raw.category.is_empty() && !self.categories.is_empty() {
                    unmapped.push("category_code".into());
                }
                if raw.category_name.is_empty() { raw.category.clone() } else { raw.category_name.clone() }
            }
        };
        let unit = raw.handling_unit.as_deref().filter(|u| !u.is_empty());
        let unit = unit.map(|code| match self.units.iter().find(|u| u.code == code) {
            Some(known) => (known.center.clone(), known.department_id),
            None => (code.to_owned(), None),
        });
        Mapped { order_type, category, urgency, secrecy, channel, disposal, unit, unmapped }
    }

    /// A grade of the hotline's scale, or by its own name.
    pub fn grade(&self, sent: &str) -> Option<Grade> {
        if let Some(named) = Grade::parse(sent) {
            return Some(named);
        }
        let n: usize = sent.trim().parse().ok().filter(|n| (1..=5).contains(n))?;
        let at = if self.satisfaction_scale == Some(Scale::OneIsBest) { n - 1 } else { 5 - n };
        Grade::ALL.get(at).copied()
    }

    /// How a state is called at the hotline.
    pub fn out(&self, state: OrderState) -> (String, String) {
        match self.states.iter().find(|s| s.state == state) {
            Some(told) => (told.code.clone(), if told.name.is_empty() { state.label().to_owned() } else { told.name.clone() }),
            None => (state.code().to_owned(), state.label().to_owned()),
        }
    }
}

/// A version of a hotline's codes.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHotlineMapping)]
pub struct NewMapping {
    /// The hotline: its OAuth client id.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "hotline-nantong")]
    pub client: String,
    /// The codes.
    #[validate(nested)]
    pub content: MappingContent,
    /// What is new.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub note: String,
}

/// A version as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineMapping)]
pub struct MappingView {
    /// Identity.
    pub id: Id,
    /// The hotline: its OAuth client id.
    pub client: String,
    /// 1, 2, 3 …
    pub number: i32,
    /// Orders are read by it now.
    pub in_force: bool,
    /// The codes.
    pub content: MappingContent,
    /// What is new.
    pub note: String,
    /// Version of the record: 1.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When made.
    pub updated_at: Moment,
}

crate::versioned!(MappingView);

/// The center whose client it is: who may set its codes follows from it.
fn home(tx: &mut Tx, client: &auth::store::Client) -> Result<Option<Center>> {
    client.center_id.map(|id| organization::load(tx, id)).transpose()
}

fn near<'a>(center: Option<&'a Center>, client: Id) -> Reachable<'a> {
    Reachable { centers: center.iter().map(|c| c.id).collect(), path: center.map_or("", |c| c.path.as_str()), client: Some(client), ..Reachable::default() }
}

fn view(tx: &mut Tx, row: Mapping, client: &str) -> Result<MappingView> {
    let newest = store::newest_mapping(tx, row.client_id)?.is_some_and(|n| n.number == row.number);
    Ok(MappingView {
        id: row.id,
        client: client.to_owned(),
        number: row.number,
        in_force: newest,
        content: row.content.get()?,
        note: row.note,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// Makes the next version of a hotline's codes; it holds at once, for what is handed in from now on.
pub fn create(tx: &mut Tx, actor: &Actor, input: &NewMapping) -> Result<MappingView> {
    create_as(tx, actor, input, Id::new())
}

/// `create` under a given id.
pub fn create_as(tx: &mut Tx, actor: &Actor, input: &NewMapping, id: Id) -> Result<MappingView> {
    if !policy::may(actor, "hotline_mapping", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let unknown = || Problem::rule("/client", "unknown_client", "没有这个热线客户端。", "No such hotline client.");
    let client = auth::store::client(tx, &input.client)?.filter(|c| c.kind == "hotline" || c.kind == "portal").ok_or_else(unknown)?;
    let center = home(tx, &client)?;
    if !policy::allows(actor, "hotline_mapping", "create", &near(center.as_ref(), client.id)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    check(tx, &input.content, center.as_ref())?;
    let number = store::newest_mapping(tx, client.id)?.map_or(0, |m| m.number) + 1;
    let row = Mapping {
        id,
        client_id: client.id,
        number,
        content: Json::new(&input.content)?,
        note: input.note.clone(),
        made_by: actor.id,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    // Two at the same instant: the later one is the next version.
    tx.savepoint(|tx| store::insert_mapping(tx, &row)).map_err(|e| if e.is_unique() { Error::Contended } else { e })?;
    view(tx, row, &client.client_id)
}

/// What a table says must be there: our own codes, centers in use, departments of their city. All that is wrong is told at once.
fn check(tx: &mut Tx, content: &MappingContent, home: Option<&Center>) -> Result<()> {
    let mut wrong = Vec::new();
    codes::<OrderType>(&content.types, "types", &mut wrong);
    codes::<Urgency>(&content.urgencies, "urgencies", &mut wrong);
    codes::<Secrecy>(&content.secrecies, "secrecies", &mut wrong);
    codes::<OrderChannel>(&content.channels, "channels", &mut wrong);
    codes::<Disposal>(&content.disposals, "disposals", &mut wrong);
    let once = |at: &str, sent: Vec<&str>, wrong: &mut Vec<FieldError>| {
        let mut seen = HashSet::new();
        let twice = sent.into_iter().enumerate().filter(|(_, code)| !seen.insert(*code));
        wrong.extend(twice.map(|(i, _)| FieldError::body(&format!("/content/{at}/{i}/code"), "duplicate", "代码重复。", "Named twice.")));
    };
    let tables = [
        ("types", &content.types),
        ("categories", &content.categories),
        ("urgencies", &content.urgencies),
        ("secrecies", &content.secrecies),
        ("channels", &content.channels),
        ("disposals", &content.disposals),
    ];
    for (name, table) in tables {
        once(name, table.iter().map(|m| m.code.as_str()).collect(), &mut wrong);
    }
    once("units", content.units.iter().map(|u| u.code.as_str()).collect(), &mut wrong);
    for (i, unit) in content.units.iter().enumerate() {
        if let Some((field, zh)) = unit_fault(tx, unit, home)? {
            wrong.push(FieldError::body(&format!("/content/units/{i}/{field}"), "unknown", zh, "Not there."));
        }
    }
    for (i, rule) in content.rules.iter().enumerate() {
        if let Err(problem) = rule.check(&format!("/content/rules/{i}")) {
            wrong.extend(problem.errors);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, wrong).into()) }
}

/// Codes of a table that lead to none of ours.
fn codes<C: Code>(table: &[CodeMap], at: &str, wrong: &mut Vec<FieldError>) {
    let known: Vec<String> = C::ALL.iter().map(|c| format!("{}（{}）", c.code(), c.label())).collect();
    let unknown = table.iter().enumerate().filter(|(_, m)| C::parse(&m.to).is_none());
    wrong.extend(unknown.map(|(i, _)| {
        let zh = format!("可用的取值：{}。", known.join("、"));
        FieldError::body(&format!("/content/{at}/{i}/to"), "unknown_code", zh, "No such code of ours.")
    }));
}

/// What is wrong with a unit, and in which field.
fn unit_fault(tx: &mut Tx, unit: &UnitMap, home: Option<&Center>) -> Result<Option<(&'static str, &'static str)>> {
    let center = organization::store::center_by_reference(tx, &unit.center)?.filter(|c| c.status == "active");
    let Some(center) = center else { return Ok(Some(("center", "没有这个在用的服务中心。"))) };
    if home.is_some_and(|home| !home.contains(&center)) {
        return Ok(Some(("center", "不在该热线所属中心及其下级范围内。")));
    }
    let Some(id) = unit.department_id else { return Ok(None) };
    let Some(department) = organization::department(tx, id)? else { return Ok(Some(("department_id", "没有这个部门。"))) };
    let there = organization::load(tx, department.center_id)?.lineage().next() == center.lineage().next();
    Ok((!there).then_some(("department_id", "该部门不在这个中心所在的城市。")))
}

/// The codes by which a client's orders are read now; none set: our own.
pub fn in_force(tx: &mut Tx, client: Option<Id>) -> Result<(Option<i32>, MappingContent)> {
    let newest = client.map(|id| store::newest_mapping(tx, id)).transpose()?.flatten();
    Ok(match newest {
        Some(row) => (Some(row.number), row.content.get()?),
        None => (None, MappingContent::default()),
    })
}

/// A version, to who may read it.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<MappingView> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::mapping(tx, id)?.ok_or_else(Problem::not_found)?;
    let client = auth::store::client_by_id(tx, row.client_id)?.ok_or_else(Problem::not_found)?;
    let center = home(tx, &client)?;
    if !policy::allows(actor, "hotline_mapping", "read", &near(center.as_ref(), client.id)) {
        return Err(Problem::not_found().into());
    }
    view(tx, row, &client.client_id)
}

/// The versions that the caller may read, newest first.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<MappingView>> {
    if !policy::may(actor, "hotline_mapping", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let mut shown = Vec::new();
    let mut at: Option<Id> = after;
    // Few versions of few clients: a walk finds a page soon.
    for _ in 0..20 {
        let rows = store::mappings(tx, at, 100)?;
        let Some(last) = rows.last().map(|r| r.id) else { break };
        at = Some(last);
        for row in rows {
            let Some(client) = auth::store::client_by_id(tx, row.client_id)? else { continue };
            let center = home(tx, &client)?;
            if policy::allows(actor, "hotline_mapping", "read", &near(center.as_ref(), client.id)) && q.one("client").is_none_or(|c| c == client.client_id) {
                shown.push(view(tx, row, &client.client_id)?);
            }
        }
        if shown.len() > q.limit {
            break;
        }
    }
    Ok(Page::cut(shown, q.limit, tx.vault, |m: &MappingView| q.cursor_of(String::new(), m.id.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_and_what_is_not_known_is_flagged() {
        let map = |code: &str, to: &str| CodeMap { code: code.into(), to: to.into() };
        let content = MappingContent {
            types: vec![map("01", "consultation")],
            urgencies: vec![map("9", "very_urgent")],
            categories: vec![map("a", "政务服务")],
            satisfaction_scale: Some(Scale::OneIsBest),
            ..MappingContent::default()
        };
        let raw = RawCodes { order_type: "01".into(), category: "a".into(), urgency: Some("9".into()), ..RawCodes::default() };
        let read = content.read(&raw);
        assert_eq!((read.order_type, read.urgency, read.category.as_str(), read.unmapped.len()), (OrderType::Consultation, Urgency::VeryUrgent, "政务服务", 0));
        let odd = RawCodes { order_type: "77".into(), category: "zz".into(), secrecy: Some("?".into()), ..RawCodes::default() };
        let read = content.read(&odd);
        assert_eq!((read.order_type, read.secrecy), (OrderType::Other, Secrecy::Confidential), "the default, and rather too secret");
        assert_eq!(read.unmapped, ["order_type", "secrecy", "category_code"]);
        assert_eq!(content.read(&RawCodes { order_type: "投诉".into(), ..RawCodes::default() }).order_type, OrderType::Complaint, "by our own label");
        assert_eq!((content.grade("1"), content.grade("5")), (Some(Grade::VerySatisfied), Some(Grade::VeryDissatisfied)));
        let usual = MappingContent::default();
        assert_eq!((usual.grade("5"), usual.grade("2"), usual.grade("0")), (Some(Grade::VerySatisfied), Some(Grade::Dissatisfied), None));
        assert_eq!(usual.grade("satisfied"), Some(Grade::Satisfied));
    }
}
