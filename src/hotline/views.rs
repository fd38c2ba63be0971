//! An order as it is answered, and what happened with it.

use serde::Serialize;

use super::{
    listing::Reader,
    load::{self, Loaded},
    machine::{HotlineAppealState, OrderState},
    mapping,
    model::{Appeal, Asked, Disposal, FileLink, HotlineNoted, OpenedKind, OrderChannel, OrderDetails, OrderType, RawCodes, Reply, Secrecy, Urgency, Visited},
    opening::{self, Standing},
    store::{self, Link, Order},
};
use crate::{
    attachments::{self, AttachmentView},
    auth::{Actor, Role},
    clocks::{self, ClockView},
    db::{Result, Tx},
    evaluations::store::Grade,
    kernel::{Code as _, Id, Moment},
    organization::{self, CenterBrief},
};

/// Who called.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineCaller)]
pub struct HotlineCallerView {
    /// They did not say who they are.
    pub anonymous: bool,
    /// They are not shown to this reader; who handles it may unmask them, audited.
    pub withheld: bool,
    /// Name; masked in lists, and where the view is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Telephone; as the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// A record that the order opened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineOpenedRecord)]
pub struct HotlineLinkView {
    /// Kind.
    pub kind: OpenedKind,
    /// In Chinese.
    pub kind_label: String,
    /// Which.
    pub id: Id,
    /// Its number.
    pub number: String,
    /// Its state's code; of a ticket that was merged, of the one that goes on.
    pub state: String,
    /// In Chinese.
    pub state_label: String,
    /// It has not ended; a ticket: it is not cleared.
    pub open: bool,
    /// The center that has it.
    pub center: CenterBrief,
    /// In which round it was opened.
    pub round: i32,
}

/// A part that a second-level unit has.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineSubOrderView)]
pub struct SubView {
    /// Identity.
    pub id: Id,
    /// Which department.
    pub department_id: Id,
    /// Its name.
    pub department: String,
    /// What it does.
    pub matter: String,
    /// Until.
    pub due_at: Moment,
    /// What it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<HotlineNoted>,
}

/// An order that was merged into this one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineMergedOrder)]
pub struct HotlineMerged {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// The hotline's number.
    pub external_number: String,
}

/// An order as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineOrder)]
pub struct OrderView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "RX-320600-20260105-000001-101")]
    pub number: String,
    /// The hotline's number.
    pub external_number: String,
    /// The hotline; absent: taken in by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Id>,
    /// State.
    pub state: OrderState,
    /// In Chinese.
    pub state_label: String,
    /// State in the hotline's code.
    pub external_state: String,
    /// In the hotline's words.
    pub external_state_name: String,
    /// Round of handling.
    pub round: i32,
    /// Kind.
    pub order_type: OrderType,
    /// In Chinese.
    pub order_type_label: String,
    /// Category, by our name.
    pub category: String,
    /// Urgency.
    pub urgency: Urgency,
    /// In Chinese.
    pub urgency_label: String,
    /// Secrecy.
    pub secrecy: Secrecy,
    /// In Chinese.
    pub secrecy_label: String,
    /// How the caller reached the hotline.
    pub channel: OrderChannel,
    /// In Chinese.
    pub channel_label: String,
    /// How it is disposed of.
    pub disposal: Disposal,
    /// In Chinese.
    pub disposal_label: String,
    /// A code of the hotline was not known: read as the default.
    pub unmapped: bool,
    /// Which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmapped_fields: Option<Vec<String>>,
    /// The codes as they were sent; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<RawCodes>,
    /// In a few words; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the caller said; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// About whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Where; masked where the view is, and withheld with the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// Who called.
    pub caller: HotlineCallerView,
    /// Where the hotline hands in.
    pub home_center: CenterBrief,
    /// Who handles it.
    pub center: CenterBrief,
    /// Which department of theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
    /// Who handles it in person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Id>,
    /// Whoever met it first 首问责任人.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_responder_id: Option<Id>,
    /// The hotline supervises it.
    pub supervised: bool,
    /// The hotline calls back.
    pub needs_return_visit: bool,
    /// Requests to hand it back that were answered.
    pub return_count: i32,
    /// Extensions granted.
    pub extension_count: i32,
    /// Reminders of the hotline.
    pub reminder_count: i32,
    /// Times it was handled again.
    pub rehandling_count: i32,
    /// Number of an order before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_number: Option<String>,
    /// The order that it was merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into_id: Option<Id>,
    /// What was merged into it; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_orders: Option<Vec<HotlineMerged>>,
    /// Whether it is left out of the rates.
    pub appeal: HotlineAppealState,
    /// The return visit of this round: reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacted: Option<bool>,
    /// 响应.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responded: Option<bool>,
    /// 解决.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<bool>,
    /// Satisfied with the hotline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hotline_satisfaction: Option<Grade>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hotline_satisfaction_label: Option<String>,
    /// Satisfied with the department that handled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_satisfaction: Option<Grade>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_satisfaction_label: Option<String>,
    /// Nearest deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// The deadline as the hotline gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_at: Option<Moment>,
    /// It has passed.
    pub overdue: bool,
    /// When signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Moment>,
    /// When finally replied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<Moment>,
    /// What it opened; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<Vec<HotlineLinkView>>,
    /// By which rule it opened that, or why nothing was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// Requests to hand it back, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<Vec<Asked>>,
    /// Requests for more time, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Vec<Asked>>,
    /// Replies, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<Vec<Reply>>,
    /// Return visits, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visits: Option<Vec<Visited>>,
    /// Reminders of the hotline, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urges: Option<Vec<HotlineNoted>>,
    /// Its supervision orders, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supervisions: Option<Vec<HotlineNoted>>,
    /// What the caller added, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appended: Option<Vec<HotlineNoted>>,
    /// Second-level units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_orders: Option<Vec<SubView>>,
    /// The appeal against the assessment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appeal_details: Option<Appeal>,
    /// Files at the hotline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<FileLink>>,
    /// Files here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<AttachmentView>>,
    /// Its limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Vec<ClockView>>,
    /// Personal data is masked for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When it came.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(OrderView, "hotline_order");

/// What is said of many orders at once.
pub(super) struct Beside<'a> {
    /// Centers named.
    pub centers: &'a [CenterBrief],
    /// How the hotline calls its states.
    pub codes: &'a mapping::MappingContent,
}

pub(super) fn render(tx: &Tx, row: &Order, d: &OrderDetails, reader: &Reader, beside: &Beside, single: bool) -> Result<OrderView> {
    let cover = reader.cover(d);
    let said = |text: &str| cover.over(text);
    let center = |id: Id| beside.centers.iter().find(|c| c.id == id).cloned().ok_or_else(|| crate::db::Error::Corrupt("center gone".into()));
    let (code, name) = beside.codes.out(row.state);
    let words = |text: &str| Some(text).filter(|t| reader.words && !t.is_empty()).map(said);
    let whole = |text: &str| Some(text).filter(|_| single).and_then(words);
    let full = single && reader.clear;
    let shown =
        |text: &str, mask: &dyn Fn(&str) -> String| Some(text).filter(|t| reader.caller && !t.is_empty()).map(|t| if full { t.to_owned() } else { mask(t) });
    let told = |yes: bool| yes.then_some(());
    let notes = |all: &[HotlineNoted]| all.iter().map(|n| n.retold(&said)).collect::<Vec<_>>();
    let both = told(single && reader.words);
    Ok(OrderView {
        id: row.id,
        number: row.number.clone(),
        external_number: row.external_number.clone(),
        client_id: row.client_id,
        state: row.state,
        state_label: row.state.label().into(),
        external_state: code,
        external_state_name: name,
        round: row.round,
        order_type: row.order_type,
        order_type_label: row.order_type.label().into(),
        category: row.category.clone(),
        urgency: row.urgency,
        urgency_label: row.urgency.label().into(),
        secrecy: row.secrecy,
        secrecy_label: row.secrecy.label().into(),
        channel: row.channel,
        channel_label: row.channel.label().into(),
        disposal: row.disposal,
        disposal_label: row.disposal.label().into(),
        unmapped: row.unmapped,
        unmapped_fields: told(single && row.unmapped).map(|()| d.unmapped.clone()),
        raw: told(single).map(|()| d.raw.clone()),
        title: words(&d.title),
        content: whole(&d.content),
        subject: whole(&d.subject),
        // Where may tell who.
        address: Some(&d.address).filter(|a| reader.words && reader.caller && !a.is_empty()).map(|a| if full { a.clone() } else { tx.masking.address(a) }),
        latitude: d.latitude.filter(|_| full && reader.caller),
        longitude: d.longitude.filter(|_| full && reader.caller),
        caller: HotlineCallerView {
            anonymous: row.anonymous,
            withheld: !reader.caller,
            name: shown(&d.name, &|t| tx.masking.name(t)),
            phone: shown(&d.phone, &|t| tx.masking.phone(t)),
        },
        home_center: center(row.home_center_id)?,
        center: center(row.center_id)?,
        department_id: row.department_id,
        assignee_id: row.assignee_id,
        first_responder_id: row.first_responder_id,
        supervised: row.supervised,
        needs_return_visit: row.needs_visit,
        return_count: row.returns,
        extension_count: row.extensions,
        reminder_count: row.urged,
        rehandling_count: row.round - 1,
        old_number: d.old_number.clone(),
        merged_into_id: row.merged_into_id,
        merged_orders: None,
        appeal: row.appeal,
        contacted: row.contacted,
        responded: row.responded,
        resolved: row.resolved,
        hotline_satisfaction: row.hotline_grade,
        hotline_satisfaction_label: row.hotline_grade.map(|g| g.label().into()),
        department_satisfaction: row.department_grade,
        department_satisfaction_label: row.department_grade.map(|g| g.label().into()),
        due_at: row.due_at.known(),
        deadline_at: d.deadline_at,
        overdue: row.due_at <= tx.now,
        signed_at: row.signed_at,
        replied_at: row.replied_at,
        opened: None,
        classification: told(single && !d.why.is_empty()).map(|()| d.why.clone()),
        returns: both.map(|()| d.returns.iter().map(|a| a.retold(&said)).collect()),
        extensions: both.map(|()| d.extensions.iter().map(|a| a.retold(&said)).collect()),
        replies: both.map(|()| d.replies.iter().map(|r| Reply { words: said(&r.words), ..r.clone() }).collect()),
        visits: both.map(|()| d.visits.iter().map(|v| Visited { opinion: said(&v.opinion), ..v.clone() }).collect()),
        urges: both.map(|()| notes(&d.urges)),
        supervisions: both.map(|()| notes(&d.supervisions)),
        appended: both.map(|()| notes(&d.appended)),
        sub_orders: None,
        appeal_details: both.and(d.appeal.as_ref()).map(|a| a.retold(&said)),
        files: both.map(|()| d.files.iter().map(|f| FileLink { name: said(&f.name), url: cover.over_url(&f.url) }).collect()),
        attachments: None,
        clocks: None,
        masked: !reader.clear,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn link_views(tx: &mut Tx, links: &[Link], standing: &[Standing]) -> Result<Vec<HotlineLinkView>> {
    let centers = organization::briefs(tx, &standing.iter().map(|s| s.center_id).collect::<Vec<_>>())?;
    let shown = links.iter().filter_map(|link| {
        let stands = standing.iter().find(|s| s.link == link.id)?;
        Some(HotlineLinkView {
            kind: link.kind,
            kind_label: link.kind.label().into(),
            id: link.record_id,
            number: link.record_number.clone(),
            state: stands.state.clone(),
            state_label: stands.label.clone(),
            open: stands.open,
            center: centers.iter().find(|c| c.id == stands.center_id).cloned()?,
            round: link.round,
        })
    });
    Ok(shown.collect())
}

/// The parts, to whoever reads words; and to each department its own.
fn sub_views(tx: &mut Tx, actor: &Actor, d: &OrderDetails, reader: &Reader) -> Result<Vec<SubView>> {
    let departments = organization::store::departments_by_id(tx, &d.subs.iter().map(|s| s.department_id).collect::<Vec<_>>())?;
    let name = |id: Id| departments.iter().find(|d| d.id == id).map(|d| d.name.clone()).unwrap_or_default();
    let cover = reader.cover(d);
    let said = |text: &str| cover.over(text);
    let shown = d.subs.iter().map(|s| {
        let reads = reader.words || actor.nodes(Role::DepartmentHandler).any(|n| n == s.department_id.as_str());
        SubView {
            id: s.id,
            department_id: s.department_id,
            department: name(s.department_id),
            matter: if reads { said(&s.matter) } else { String::new() },
            due_at: s.due_at,
            report: s.report.as_ref().filter(|_| reads).map(|r| r.retold(&said)),
        }
    });
    Ok(shown.collect())
}

/// What was merged into an order.
fn merged_views(tx: &mut Tx, row: &Order) -> Result<Option<Vec<HotlineMerged>>> {
    let gone = store::merged_into(tx, row.id)?;
    let shown = gone.into_iter().map(|r| HotlineMerged { id: r.id, number: r.number, external_number: r.external_number });
    Ok(Some(shown.collect()).filter(|all: &Vec<_>| !all.is_empty()))
}

/// One order, whole, as its caller sees it.
pub fn whole(tx: &mut Tx, actor: &Actor, loaded: &Loaded) -> Result<OrderView> {
    let reader = Reader::of(actor, &loaded.row, &loaded.details, loaded.sight);
    shown(tx, actor, loaded, &reader)
}

/// One order after its caller was unmasked.
pub fn revealed(tx: &mut Tx, actor: &Actor, loaded: &Loaded) -> Result<OrderView> {
    shown(tx, actor, loaded, &Reader { caller: true, clear: true, words: true })
}

/// Files here; their names are words, too.
fn files(tx: &mut Tx, loaded: &Loaded, reader: &Reader) -> Result<Vec<AttachmentView>> {
    let cover = reader.cover(&loaded.details);
    attachments::of_record_as(tx, loaded.row.id, !reader.clear, &|name| cover.over(name))
}

fn shown(tx: &mut Tx, actor: &Actor, loaded: &Loaded, reader: &Reader) -> Result<OrderView> {
    let row = &loaded.row;
    let (_, codes) = mapping::in_force(tx, row.client_id)?;
    let centers = organization::briefs(tx, &[row.center_id, row.home_center_id])?;
    let standing = opening::states(tx, &loaded.links)?;
    let view = render(tx, row, &loaded.details, reader, &Beside { centers: &centers, codes: &codes }, true)?;
    Ok(OrderView {
        opened: Some(link_views(tx, &loaded.links, &standing)?),
        sub_orders: Some(sub_views(tx, actor, &loaded.details, reader)?),
        merged_orders: merged_views(tx, row)?,
        attachments: Some(if reader.words { files(tx, loaded, reader)? } else { Vec::new() }),
        clocks: Some(clocks::of_record(tx, row.id)?),
        allowed_actions: Some(loaded.allowed(actor)),
        ..view
    })
}

/// One order after a change: the caller may have lost sight of it, and reads it as they left it.
pub fn after(tx: &mut Tx, actor: &Actor, loaded: Loaded) -> Result<OrderView> {
    let row = store::order(tx, loaded.row.id)?.ok_or_else(|| crate::db::Error::Corrupt("order gone".into()))?;
    let anew = Loaded::of(tx, row, loaded.sight)?;
    whole(tx, actor, &anew)
}

/// By id, number or the hotline's number.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<OrderView> {
    let loaded = load::load_seen(tx, actor, reference)?;
    whole(tx, actor, &loaded)
}
