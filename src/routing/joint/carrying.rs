//! The work: progress, materials asked for once, steps recorded, results handed back, the end.

use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    machine::JointAction as Action,
    service::{carrier_name, leg_of, load_for, save},
    store::{HandedBack, JointHandling, JointNote, JointRecord},
    views::{JointHandlingView, view},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Result, Tx},
    entrustments::{
        Loaded, StepAct, StepReport,
        legs::{self, LegTold},
    },
    events::Audience,
    kernel::{Problem, Target},
    routing::lines,
};

/// Notes of one joint handling in its whole life.
const MOST_NOTES: usize = 200;

/// Words.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JointWords {
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "已提交市级部门预审")]
    pub note: String,
}

/// What is told of the matter beside the joint handling.
struct Telling<'a> {
    kind: &'static str,
    audience: Audience,
    words: &'a str,
}

/// Saves the leg and tells its matter.
fn settle(tx: &mut Tx, actor: &Actor, mut row: JointHandling, record: &JointRecord, mut loaded: Loaded, telling: Telling) -> Result<JointHandlingView> {
    let params = json!({ "joint_handling_id": row.id, "to": carrier_name(tx, &row)? });
    let told = LegTold { kind: telling.kind, audience: telling.audience, params, words: telling.words };
    legs::assign_leg(tx, actor, &mut loaded, row.id, None, told)?;
    save(tx, actor, &mut row, record, &loaded, telling.kind.trim_start_matches("joint_"))?;
    view(tx, actor, row)
}

/// Reports progress to the custodian.
pub fn progress(tx: &mut Tx, actor: &Actor, target: &Target, input: &JointWords) -> Result<JointHandlingView> {
    let (mut row, loaded, next) = load_for(tx, actor, Action::Progress, target)?;
    let mut record = row.record.open(tx.vault)?;
    if record.notes.len() >= MOST_NOTES {
        return Err(Problem::rule("/note", "too_many", "一次联办最多报告 200 次进展。", "At most 200 notes.").into());
    }
    record.notes.push(JointNote { text: input.note.clone(), at: tx.now, by: actor.id });
    row.state = next;
    settle(tx, actor, row, &record, loaded, Telling { kind: "joint_progressed", audience: Audience::Staff, words: &input.note })
}

/// Asks the custodian for what is missing; meanwhile the limit rests.
pub fn ask_materials(tx: &mut Tx, actor: &Actor, target: &Target, input: &JointWords) -> Result<JointHandlingView> {
    let (mut row, loaded, next) = load_for(tx, actor, Action::AskMaterials, target)?;
    let mut record = row.record.open(tx.vault)?;
    record.asked = Some(JointNote { text: input.note.clone(), at: tx.now, by: actor.id });
    row.state = next;
    clocks::pause(tx, row.id, &[ClockKind::Joint])?;
    settle(tx, actor, row, &record, loaded, Telling { kind: "joint_materials_asked", audience: Audience::Staff, words: &input.note })
}

/// What was asked for.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JointSupply {
    /// Papers that go along.
    #[validate(length(min = 1, max = 50))]
    #[schema(min_items = 1, max_items = 50, example = json!(["授权委托书原件"]))]
    pub papers: Vec<String>,
}

/// The custodian supplies what was asked for: the limit runs on.
pub fn supply(tx: &mut Tx, actor: &Actor, target: &Target, input: &JointSupply) -> Result<JointHandlingView> {
    let (mut row, loaded, next) = load_for(tx, actor, Action::Supply, target)?;
    lines(&input.papers, "/papers")?;
    let mut record = row.record.open(tx.vault)?;
    record.papers.extend(input.papers.iter().cloned());
    row.state = next;
    clocks::resume(tx, row.id, &[ClockKind::Joint])?;
    settle(tx, actor, row, &record, loaded, Telling { kind: "joint_materials_supplied", audience: Audience::Staff, words: "" })
}

/// Records an act of a step that is carried here, in the matter's own plan.
pub fn record_step(tx: &mut Tx, actor: &Actor, target: &Target, code: &str, act: StepAct, report: &StepReport) -> Result<JointHandlingView> {
    let (mut row, mut loaded, next) = load_for(tx, actor, Action::RecordStep, target)?;
    legs::may_record(&loaded)?;
    legs::record_leg_step(tx, actor, &mut loaded, &leg_of(&row)?, code, act, report)?;
    row.state = next;
    let record = row.record.open(tx.vault)?;
    save(tx, actor, &mut row, &record, &loaded, "step_recorded")?;
    view(tx, actor, row)
}

/// The result of a step.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandBackInput {
    /// Which step: its authority has decided.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "S2")]
    pub step: String,
    /// Papers handed over.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50, example = json!(["规划许可证正本"]))]
    pub papers: Vec<String>,
    /// In words.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub note: String,
}

/// Hands the result of a step back, with its papers.
pub fn hand_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &HandBackInput) -> Result<JointHandlingView> {
    let (mut row, mut loaded, next) = load_for(tx, actor, Action::HandBack, target)?;
    lines(&input.papers, "/papers")?;
    let refuse = |code, zh, en| Problem::rule("/step", code, zh, en);
    let mut record = row.record.open(tx.vault)?;
    if !row.steps.get()?.contains(&input.step) {
        return Err(refuse("unknown_step", "该步骤不在本次联办之内。", "Not a step of this joint handling.").into());
    }
    if record.results.iter().any(|r| r.step == input.step) {
        return Err(refuse("handed_back", "该步骤的结果已经交回。", "Handed back already.").into());
    }
    let step = loaded.plan.steps.iter().find(|(s, _)| s.code == input.step).map(|(s, _)| s);
    let Some(step) = step.filter(|s| s.state.has_ended()) else {
        return Err(refuse("step_open", "该步骤尚未作出决定，不能交回结果。", "The step is not decided.").into());
    };
    let name = step.name.clone();
    record.results.push(HandedBack { step: input.step.clone(), papers: input.papers.clone(), note: input.note.clone(), at: tx.now, by: actor.id });
    row.state = next;
    let params = json!({ "joint_handling_id": row.id, "to": carrier_name(tx, &row)?, "step": name });
    legs::assign_leg(tx, actor, &mut loaded, row.id, None, LegTold { kind: "joint_handed_back", audience: Audience::Applicant, params, words: &input.note })?;
    save(tx, actor, &mut row, &record, &loaded, "handed_back")?;
    view(tx, actor, row)
}

/// Completes: every result is back.
pub fn complete(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<JointHandlingView> {
    let (mut row, mut loaded, next) = load_for(tx, actor, Action::Complete, target)?;
    let mut record = row.record.open(tx.vault)?;
    record.ended_at = Some(tx.now);
    row.state = next;
    let params = json!({ "joint_handling_id": row.id, "to": carrier_name(tx, &row)?, "steps": names(&loaded, &row)? });
    legs::close_leg(tx, actor, &mut loaded, row.id, LegTold { kind: "joint_completed", audience: Audience::Public, params, words: "" })?;
    save(tx, actor, &mut row, &record, &loaded, "completed")?;
    view(tx, actor, row)
}

fn names(loaded: &Loaded, row: &JointHandling) -> Result<String> {
    let codes = row.steps.get()?;
    let names: Vec<&str> = loaded.plan.steps.iter().filter(|(s, _)| codes.contains(&s.code)).map(|(s, _)| s.name.as_str()).collect();
    Ok(names.join("、"))
}

/// More time.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JointExtension {
    /// Working or natural days, as its limit counts; the city sets the most.
    #[validate(range(min = 1, max = 365))]
    #[schema(minimum = 1, maximum = 365, example = 3)]
    pub days: u32,
    /// Why.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "专家评审改期")]
    pub reason: String,
}

/// The custodian gives more time, once.
pub fn extend(tx: &mut Tx, actor: &Actor, target: &Target, input: &JointExtension) -> Result<JointHandlingView> {
    let (mut row, mut loaded, next) = load_for(tx, actor, Action::Extend, target)?;
    let longest = loaded.rules.extension_days;
    if input.days > longest {
        let zh = format!("一次延期最长 {longest} 日。");
        return Err(Problem::rule("/days", "too_long", zh, format!("At most {}.", crate::kernel::counted(longest, "day"))).into());
    }
    let mut record = row.record.open(tx.vault)?;
    let due = clocks::extend(tx, row.id, ClockKind::Joint, input.days)?;
    record.extended = true;
    record.extension_reason.clone_from(&input.reason);
    row.state = next;
    let params = json!({ "joint_handling_id": row.id, "to": carrier_name(tx, &row)?, "due_at": due });
    let told = LegTold { kind: "joint_extended", audience: Audience::Staff, params, words: &input.reason };
    legs::assign_leg(tx, actor, &mut loaded, row.id, None, told)?;
    save(tx, actor, &mut row, &record, &loaded, "extended")?;
    view(tx, actor, row)
}

/// Why it is taken back.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JointCancel {
    /// In words; who carries it reads it.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "该步骤改由本中心办理")]
    pub reason: String,
}

/// The custodian takes the steps back.
pub fn cancel(tx: &mut Tx, actor: &Actor, target: &Target, input: &JointCancel) -> Result<JointHandlingView> {
    let (mut row, mut loaded, next) = load_for(tx, actor, Action::Cancel, target)?;
    let mut record = row.record.open(tx.vault)?;
    record.cancel_reason.clone_from(&input.reason);
    record.ended_at = Some(tx.now);
    row.state = next;
    let params = json!({ "joint_handling_id": row.id, "to": carrier_name(tx, &row)? });
    legs::close_leg(tx, actor, &mut loaded, row.id, LegTold { kind: "joint_cancelled", audience: Audience::Staff, params, words: &input.reason })?;
    save(tx, actor, &mut row, &record, &loaded, "cancelled")?;
    view(tx, actor, row)
}
