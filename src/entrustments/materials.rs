//! The checklist, and the one-time notice that completes it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    load::{Loaded, Told, load_for, save, tell},
    machine::{Action, State},
    model::{MaterialAct, MaterialState},
    recorded::{MaterialRecord, MissingItem, Returned},
    reuse::{self, ReuseInput},
    standing,
    store::{self, MaterialRow, NoticeRow},
    views::{EntrustmentView, view},
};
use crate::{
    access::Sight,
    attachments::{self, AttachmentView},
    auth::Actor,
    catalogue::{ItemContent, MaterialSpec, Necessity, published_version},
    clocks::{self, ClockKind},
    db::{Private, Result, Tx},
    events::Audience,
    kernel::{Code as _, ErrorCode, FieldError, Id, Moment, Problem, Target, Text},
};

/// A material as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct MaterialView {
    /// Unique within the checklist.
    #[schema(example = "M1")]
    pub code: String,
    /// Name.
    pub name: String,
    /// State.
    pub state: MaterialState,
    /// In Chinese.
    pub state_label: String,
    /// Must it be there?
    pub required: bool,
    /// May be promised.
    pub deferrable: bool,
    /// As the item asks for it: original or copy, form, copies, source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<MaterialSpec>,
    /// An original was handed in.
    pub original: bool,
    /// How many copies were handed in.
    pub copies: u32,
    /// The original went back to the applicant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    /// What was handed in.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub note: String,
    /// Why it was rejected, or what is missing.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub reason: String,
    /// How to supply it, as the one-time notice said.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub how: String,
    /// Promised by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deferred_until: Option<NaiveDate>,
    /// When handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Moment>,
    /// Files handed in.
    pub attachments: Vec<AttachmentView>,
}

impl MaterialView {
    /// Of a row and its record.
    pub fn of(row: MaterialRow, mut r: MaterialRecord, sight: Sight, files: &[AttachmentView]) -> Self {
        if !sight.words {
            r.note.clear();
            r.reason.clear();
            r.how.clear();
            r.returned.iter_mut().for_each(|back| back.receipt.clear());
        }
        Self {
            attachments: files.iter().filter(|f| f.label.as_ref() == Some(&row.code)).cloned().collect(),
            code: row.code,
            name: row.name,
            state: row.state,
            state_label: row.state.label().into(),
            required: r.spec.as_ref().is_none_or(|s| s.necessity == Necessity::Required),
            deferrable: r.spec.as_ref().is_some_and(|s| s.deferrable),
            spec: r.spec,
            original: r.original,
            copies: r.copies,
            returned: r.returned,
            note: r.note,
            reason: r.reason,
            how: r.how,
            deferred_until: r.deferred_until,
            submitted_at: r.submitted_at,
        }
    }
}

/// A material handed in with the application.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaterialInput {
    /// Code in the item's checklist.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "M1")]
    pub code: String,
    /// What is handed in.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub note: String,
    /// An original is handed in, to be given back.
    #[serde(default)]
    pub original: bool,
    /// How many copies.
    #[serde(default)]
    #[validate(range(max = 100))]
    #[schema(maximum = 100)]
    pub copies: u32,
    /// Files that were uploaded for it.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachments: Vec<Id>,
}

/// Opens the checklist of an item; what came with the application is marked submitted.
pub fn open_checklist(tx: &mut Tx, actor: &Actor, entrustment: Id, content: &ItemContent, given: &[MaterialInput]) -> Result<()> {
    let unknown: Vec<FieldError> = given
        .iter()
        .enumerate()
        .filter(|(i, g)| !content.materials.iter().any(|m| m.code == g.code) || given.iter().take(*i).any(|e| e.code == g.code))
        .map(|(i, _)| {
            FieldError::body(
                &format!("/materials/{i}/code"),
                "unknown_material",
                "材料编号不在该事项的清单内或重复。",
                "Not in the item's checklist, or given twice.",
            )
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Problem::fields(ErrorCode::RuleViolation, unknown).into());
    }
    let mut rows = Vec::new();
    for (i, spec) in content.materials.iter().enumerate() {
        let handed = given.iter().find(|g| g.code == spec.code);
        let record = MaterialRecord {
            spec: Some(spec.clone()),
            note: handed.map(|g| g.note.clone()).unwrap_or_default(),
            submitted_at: handed.map(|_| tx.now),
            original: handed.is_some_and(|g| g.original),
            copies: handed.map_or(0, |g| g.copies),
            ..MaterialRecord::default()
        };
        rows.push(MaterialRow {
            id: Id::new(),
            entrustment_id: entrustment,
            code: spec.code.clone(),
            sequence: i32::try_from(i).unwrap_or(0),
            state: if handed.is_some() { MaterialState::Submitted } else { MaterialState::Missing },
            name: spec.name.clone(),
            record: Private::seal(tx.vault, &record)?,
            updated_at: tx.now,
        });
    }
    for (i, g) in given.iter().enumerate() {
        attachments::bind(tx, actor, &g.attachments, "entrustment", entrustment, &g.code, &format!("/materials/{i}/attachments"))?;
    }
    store::insert_materials(tx, &rows)
}

/// What is recorded of a material.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "note": "营业执照复印件 1 份，加盖公章" }))]
pub struct MaterialReport {
    /// With `submit`: what is handed in.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500, example = "营业执照复印件 1 份，加盖公章")]
    pub note: Option<String>,
    /// With `submit`: files that were uploaded for it.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachments: Vec<Id>,
    /// With `submit`: an original is handed in, to be given back.
    #[serde(default)]
    pub original: bool,
    /// With `submit`: how many copies.
    #[serde(default)]
    #[validate(range(max = 100))]
    #[schema(maximum = 100)]
    pub copies: u32,
    /// With `submit`: what was accepted in an earlier matter, instead of files.
    #[serde(default)]
    #[validate(nested)]
    pub reuse: Option<ReuseInput>,
    /// With `return`: number of the receipt that the applicant signed.
    #[serde(default)]
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "退件签收单 0007")]
    pub receipt: Option<String>,
    /// With `reject`: why. With `defer`: what was promised, and why it is late.
    #[serde(default)]
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: Option<String>,
    /// With `defer`: promised by.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub until: Option<NaiveDate>,
}

/// Submits, verifies, rejects or defers a material.
pub fn report(tx: &mut Tx, actor: &Actor, target: &Target, code: &str, act: MaterialAct, body: &MaterialReport) -> Result<EntrustmentView> {
    let action = match act {
        MaterialAct::Submit => Action::SubmitMaterial,
        MaterialAct::Return => Action::ReturnOriginal,
        _ => Action::ReviewMaterial,
    };
    let mut loaded = load_for(tx, actor, action, target)?;
    let (mut row, mut record) = loaded.checklist.materials.iter().find(|(m, _)| m.code == code).cloned().ok_or_else(Problem::not_found)?;
    loaded.decide(actor, action)?;
    row.state = next_state(row.state, act).map_err(|p| loaded.refused(actor, p))?;
    // Whatever happens to a deferred material ends its own clock.
    if let Some(clock) = record.deferral_clock.take() {
        clocks::stop_one(tx, clock)?;
    }
    match act {
        MaterialAct::Submit if body.reuse.is_some() => {
            if let Some(from) = &body.reuse {
                reuse::take_over(tx, actor, &loaded, code, &mut record, from)?;
            }
        }
        MaterialAct::Submit => {
            record.note = body.note.clone().unwrap_or_default();
            record.submitted_at = Some(tx.now);
            record.original = body.original;
            record.copies = body.copies;
            record.returned = None;
            record.reason.clear();
            attachments::bind(tx, actor, &body.attachments, "entrustment", loaded.e.id, code, "/attachments")?;
        }
        MaterialAct::Accept => record.reason.clear(),
        MaterialAct::Reject => {
            record.reason = body.reason.clone().ok_or_else(|| Problem::rule("/reason", "required", "退回材料须说明原因。", "Say why."))?;
        }
        MaterialAct::Defer => {
            defer(tx, &loaded, &mut record, body.until)?;
            record.reason = body.reason.clone().unwrap_or_default();
        }
        MaterialAct::Return => give_back(actor, tx.now, &mut record, body.receipt.as_deref()).map_err(|p| loaded.refused(actor, p))?,
    }
    row.record = Private::seal(tx.vault, &record)?;
    row.updated_at = tx.now;
    store::save_material(tx, &row)?;
    let settled = settle_supply(tx, loaded.e.id)?;
    let kind = match act {
        MaterialAct::Submit => "material_submitted",
        MaterialAct::Accept => "material_accepted",
        MaterialAct::Reject => "material_rejected",
        MaterialAct::Defer => "material_deferred",
        MaterialAct::Return => "material_returned",
    };
    let params = json!({ "material": row.code, "name": row.name, "until": record.deferred_until.filter(|_| act == MaterialAct::Defer) });
    save(tx, actor, &mut loaded, Told::new(kind, Audience::Applicant, params).saying(&record.reason))?;
    if let Some(kind) = settled {
        tell(tx, actor, &loaded.e, Told::new(kind, Audience::Public, json!({})))?;
    }
    view(tx, actor, loaded)
}

fn next_state(from: MaterialState, act: MaterialAct) -> Result<MaterialState, Problem> {
    use MaterialState::{Accepted, Deferred, Missing, Rejected, Submitted};
    match (act, from) {
        (MaterialAct::Submit, Missing | Rejected | Deferred | Submitted) => Ok(Submitted),
        (MaterialAct::Accept, Submitted) => Ok(Accepted),
        (MaterialAct::Reject, Submitted | Accepted) => Ok(Rejected),
        (MaterialAct::Defer, Missing | Rejected | Deferred) => Ok(Deferred),
        (MaterialAct::Return, _) => Ok(from),
        _ => {
            let zh = format!("材料当前为“{}”，不能{}。", from.label(), act.label());
            Err(Problem::new(ErrorCode::StateConflict, Text::new(zh, "The material's state forbids this.")))
        }
    }
}

/// An original goes back against a receipt, once.
fn give_back(actor: &Actor, now: Moment, record: &mut MaterialRecord, receipt: Option<&str>) -> Result<(), Problem> {
    if !record.original || record.returned.is_some() {
        let zh = if record.original { "原件已经退还。" } else { "没有收取该材料的原件。" };
        return Err(Problem::new(ErrorCode::StateConflict, Text::new(zh, "There is no original to give back.")));
    }
    let receipt = receipt.ok_or_else(|| Problem::rule("/receipt", "required", "退还原件须写明签收单号。", "Name the receipt."))?;
    record.returned = Some(Returned { receipt: receipt.to_owned(), at: now, by: actor.id });
    Ok(())
}

/// 容缺受理: only for materials that may be, and no later than the item's promised limit.
fn defer(tx: &mut Tx, loaded: &Loaded, record: &mut MaterialRecord, until: Option<NaiveDate>) -> Result<()> {
    let until = until.ok_or_else(|| Problem::rule("/until", "required", "容缺后补须写明补交日期。", "Say by when."))?;
    if !record.spec.as_ref().is_some_and(|s| s.deferrable) {
        return Err(Problem::rule("/until", "not_deferrable", "该材料不可容缺。", "This material cannot be deferred.").into());
    }
    let content = published_version(tx, loaded.e.item_id, loaded.e.item_version)?;
    let limit = content.promised_limit.unwrap_or(loaded.rules.default_promise);
    let latest = Moment::from(clocks::calendar(tx, tx.now)?.deadline(tx.now.utc(), limit, &[]).due).local_date();
    if until <= tx.now.local_date() || until > latest {
        let zh = format!("补交日期应在明日至 {latest} 之间（不晚于承诺办结时限）。");
        return Err(Problem::rule("/until", "out_of_range", zh, format!("Between tomorrow and {latest}.")).into());
    }
    record.deferral_clock = Some(clocks::start_until(tx, "entrustment", loaded.e.id, ClockKind::Deferral, until)?);
    record.deferred_until = Some(until);
    Ok(())
}

/// After a suspension: the promised days are those of the clocks that stood still.
pub(super) fn follow_clocks(tx: &mut Tx, loaded: &mut Loaded) -> Result<()> {
    let clocks = clocks::of_record(tx, loaded.e.id)?;
    for (row, record) in &mut loaded.checklist.materials {
        let Some(clock) = record.deferral_clock.and_then(|id| clocks.iter().find(|c| c.id == id)) else { continue };
        record.deferred_until = Some(clock.due_at.local_date());
        row.record = Private::seal(tx.vault, record)?;
        store::save_material(tx, row)?;
    }
    Ok(())
}

/// The supply clock ends with the last material that the notice named: handed in, or promised. Says whether it just did.
fn settle_supply(tx: &mut Tx, id: Id) -> Result<Option<&'static str>> {
    let waiting = clocks::of_record(tx, id)?.iter().any(|c| c.kind == ClockKind::Supply && c.state != "stopped");
    let checklist = standing::checklist(tx, id)?;
    if !waiting || checklist.notice_unmet(tx, id)? {
        return Ok(None);
    }
    clocks::stop(tx, id, &[ClockKind::Supply])?;
    Ok(Some(if checklist.promises().next().is_some() { "materials_promised" } else { "materials_complete" }))
}

/// The complete list.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneTimeNotice {
    /// Everything that is missing, at once.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub items: Vec<MissingItem>,
}

/// A notice as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct NoticeView {
    /// The complete list.
    pub items: Vec<MissingItem>,
    /// Until when.
    pub due_at: Moment,
    /// When.
    pub issued_at: Moment,
}

impl NoticeView {
    /// Of a row.
    pub fn of(tx: &Tx, row: &NoticeRow, sight: Sight) -> Result<Self> {
        let mut items = row.items.open(tx.vault)?;
        if !sight.words {
            // What is missing is told in free words.
            items.iter_mut().for_each(|i| (i.what, i.how) = (String::new(), String::new()));
        }
        Ok(Self { items, due_at: row.due_at, issued_at: row.issued_at })
    }
}

/// Marks what a notice names in the checklist; what is not on it is added. Answers the items, each with its code.
fn mark_missing(tx: &mut Tx, entrustment: Id, asked: &[MissingItem]) -> Result<Vec<MissingItem>> {
    let rows = store::materials(tx, entrustment)?;
    let mut named: Vec<&String> = Vec::new();
    let mut items = Vec::with_capacity(asked.len());
    let mut added = Vec::new();
    for (i, item) in asked.iter().enumerate() {
        let refuse = |code: &'static str, zh: &'static str, en: &'static str| Problem::rule(&format!("/items/{i}/code"), code, zh, en);
        let Some(code) = &item.code else {
            let (row, code) = extra(tx, entrustment, rows.len() + added.len(), item)?;
            added.push(row);
            items.push(MissingItem { code: Some(code), ..item.clone() });
            continue;
        };
        if named.contains(&code) {
            return Err(refuse("duplicate", "同一材料只能告知一次。", "Named twice.").into());
        }
        named.push(code);
        let Some(mut row) = rows.iter().find(|m| m.code == *code).cloned() else {
            return Err(refuse("unknown_material", "材料编号不在本件清单内。", "Not in this matter's checklist.").into());
        };
        let mut record = row.record.open(tx.vault)?;
        if let Some(clock) = record.deferral_clock.take() {
            clocks::stop_one(tx, clock)?;
        }
        record.reason.clone_from(&item.what);
        record.how.clone_from(&item.how);
        row.state = if row.state == MaterialState::Missing { MaterialState::Missing } else { MaterialState::Rejected };
        row.record = Private::seal(tx.vault, &record)?;
        row.updated_at = tx.now;
        store::save_material(tx, &row)?;
        items.push(item.clone());
    }
    store::insert_materials(tx, &added)?;
    Ok(items)
}

/// An entry for what is missing and on no checklist, such as a signature: it is handed in and verified like the others.
fn extra(tx: &Tx, entrustment: Id, place: usize, item: &MissingItem) -> Result<(MaterialRow, String)> {
    let code = format!("N{}", place + 1);
    let record = MaterialRecord { reason: item.what.clone(), how: item.how.clone(), ..MaterialRecord::default() };
    let row = MaterialRow {
        id: Id::new(),
        entrustment_id: entrustment,
        name: format!("补充材料 {code}"),
        code: code.clone(),
        sequence: i32::try_from(place).unwrap_or(i32::MAX),
        state: MaterialState::Missing,
        record: Private::seal(tx.vault, &record)?,
        updated_at: tx.now,
    };
    Ok((row, code))
}

/// Tells all that is missing, once: materials, clock, record and timeline in one transaction.
pub fn one_time_notice(tx: &mut Tx, actor: &Actor, target: &Target, notice: &OneTimeNotice) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::OneTimeNotice, target)?;
    let next = loaded.decide(actor, Action::OneTimeNotice)?;
    let items = mark_missing(tx, loaded.e.id, &notice.items)?;
    let limit = loaded.rules.supply_limit;
    clocks::stop(tx, loaded.e.id, &[ClockKind::Supply])?;
    let due_at = clocks::start(tx, "entrustment", loaded.e.id, ClockKind::Supply, limit)?;
    if next == State::CorrectionRequired {
        clocks::stop(tx, loaded.e.id, &[ClockKind::Accept])?;
        loaded.details.notices_before += 1;
    } else {
        loaded.details.notices_after += 1;
    }
    let issued_by = actor.id.map_or_else(|| actor.request_id.clone(), |id| id.to_string());
    let row = NoticeRow {
        id: Id::new(),
        entrustment_id: loaded.e.id,
        center_id: loaded.e.custodian_id,
        items: Private::seal(tx.vault, &items)?,
        due_at,
        issued_by,
        issued_at: tx.now,
    };
    store::insert_notice(tx, &row)?;
    loaded.e.state = next;
    let params = json!({ "count": notice.items.len(), "due_at": due_at });
    save(tx, actor, &mut loaded, Told::new("one_time_notice", Audience::Public, params))?;
    view(tx, actor, loaded)
}
