//! What a decision does: it moves custody or imposes a joint handling at once, and binds (DOMAIN §5).

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    arbitration::{
        self, ArbitrationView,
        machine::{ArbitrationAction, ArbitrationState, DecisionKind},
        store::{Arbitration, Decision},
    },
    joint::{self, Imposed},
    resolver::no_agency,
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Private, Result, Tx},
    entrustments::{self, HandOver, Loaded, Moved},
    kernel::{ErrorCode, Id, Problem, Target, Text},
    organization::{self, Center},
};

/// A decision.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "custody", "to": "320613000000", "reason": "项目用地在崇川区，由崇川区承办" }))]
pub struct DecisionInput {
    /// `custody` names the center that has custody from now on, `joint` who carries steps beside the custodian, `keep`
    /// leaves the matter where it is.
    pub kind: DecisionKind,
    /// With `custody` and `joint`: the center, by id or division code.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "320613000000")]
    pub to: Option<String>,
    /// With `joint`: a department, instead of a center.
    #[serde(default)]
    pub department_id: Option<Id>,
    /// With `joint`: codes of the steps.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub steps: Vec<String>,
    /// Why; it is part of the written decision 指定办理决定书.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000, example = "项目用地在崇川区，由崇川区承办")]
    pub reason: String,
    /// Number of the document; needed where the leader in charge has decided.
    #[serde(default)]
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "通政服指〔2026〕3号")]
    pub document_no: Option<String>,
}

/// What higher rooms do in the transaction in which a decision is made: set by `app`.
pub static ON_DECIDED: OnceLock<DecidedHook> = OnceLock::new();

/// What is done then.
pub type DecidedHook = fn(&mut Tx, &Actor, &Arbitration) -> Result<()>;

/// Decides: the record, the custody or the joint handling, and the story in one transaction.
pub fn decide(tx: &mut Tx, actor: &Actor, target: &Target, input: &DecisionInput) -> Result<ArbitrationView> {
    let (mut row, mut loaded, next) = arbitration::load_for(tx, actor, ArbitrationAction::Decide, target)?;
    if row.state == ArbitrationState::EscalatedToLeader && input.document_no.is_none() {
        let zh = "已提请分管领导的，须写明其决定的文号。";
        return Err(Problem::rule("/document_no", "required", zh, "The leader's decision has a number.").into());
    }
    let (center, department) = named(tx, &loaded, input)?;
    row.state = next;
    clocks::stop(tx, row.id, &[ClockKind::Arbitration])?;
    let decision = Decision {
        kind: input.kind,
        center_id: center.id,
        department_id: department.as_ref().map(|(id, _)| *id),
        steps: input.steps.clone(),
        reason: input.reason.clone(),
        document_no: input.document_no.clone(),
        at: tx.now,
        by: actor.id,
    };
    let mut record = row.record.open(tx.vault)?;
    record.decisions.push(decision);
    row.record = Private::seal(tx.vault, &record)?;
    let name = department.as_ref().map_or(center.name.as_str(), |(_, name)| name.as_str());
    let outcome = input.kind.outcome(name);
    let decider = arbitration::decider_name(tx, &row)?;
    let params = json!({ "arbitration_id": row.id, "number": row.number, "decider": decider, "outcome": outcome, "kind": input.kind });
    entrustments::close_arbitration(tx, actor, &mut loaded, true, params)?;
    joint::supersede(tx, actor, &mut loaded, row.id, &input.steps)?;
    carry_out(tx, actor, &row, &mut loaded, input, center, department)?;
    arbitration::save(tx, actor, &mut row, &loaded, "arbitration.decided")?;
    ON_DECIDED.get().map_or(Ok(()), |hook| hook(tx, actor, &row))?;
    arbitration::view(tx, actor, row)
}

/// Who is named: a center in use of the same city, or a department of it.
fn named(tx: &mut Tx, loaded: &Loaded, input: &DecisionInput) -> Result<(Center, Option<(Id, String)>)> {
    let refuse = |at: &str, code, zh: &'static str, en: &'static str| Problem::rule(at, code, zh, en);
    let here = |c: &Center| c.status == "active" && c.lineage().next() == loaded.custodian.lineage().next();
    match (input.kind, &input.to, input.department_id) {
        (DecisionKind::Keep, None, None) if input.steps.is_empty() => Ok((loaded.custodian.clone(), None)),
        (DecisionKind::Keep, ..) => Err(refuse("/to", "keep_names_nobody", "维持现承办中心的，不填其他单位和步骤。", "Names nobody and no steps.").into()),
        (DecisionKind::Custody, Some(to), None) if input.steps.is_empty() => {
            let center = organization::store::center_by_reference(tx, to)?.filter(here);
            let center = center.ok_or_else(|| refuse("/to", "unknown_center", "本市没有这个在用的服务中心。", "No such active center in this city."))?;
            if center.id == loaded.custodian.id {
                return Err(refuse("/to", "same_center", "该中心就是现承办中心，请选择 keep。", "It has custody: decide keep.").into());
            }
            if let Some(zh) = no_agency(tx, loaded, &center)? {
                return Err(Problem::rule("/to", "level_without_agency", zh, "Centers of this level carry no matters.").into());
            }
            Ok((center, None))
        }
        (DecisionKind::Custody, ..) => Err(refuse("/to", "one_center", "指定承办须写明一个中心（to）。", "Name one center.").into()),
        (DecisionKind::Joint, ..) if input.steps.is_empty() => Err(refuse("/steps", "required", "指定联办须写明步骤。", "Name the steps.").into()),
        (DecisionKind::Joint, Some(to), None) => {
            let center = organization::store::center_by_reference(tx, to)?.filter(|c| here(c) && c.id != loaded.custodian.id);
            Ok((center.ok_or_else(|| refuse("/to", "unknown_center", "本市没有这个可以联办的服务中心。", "No such center."))?, None))
        }
        (DecisionKind::Joint, None, Some(id)) => {
            let unknown = || refuse("/department_id", "unknown_department", "本市没有这个部门。", "No such department here.");
            let department = organization::department(tx, id)?.ok_or_else(unknown)?;
            let center = organization::load(tx, department.center_id)?;
            if !here(&center) {
                return Err(unknown().into());
            }
            Ok((center, Some((department.id, department.name))))
        }
        (DecisionKind::Joint, ..) => Err(refuse("/to", "center_or_department", "中心和部门须填且只填一项。", "Either a center or a department.").into()),
    }
}

fn carry_out(
    tx: &mut Tx,
    actor: &Actor,
    row: &Arbitration,
    loaded: &mut Loaded,
    input: &DecisionInput,
    center: Center,
    department: Option<(Id, String)>,
) -> Result<()> {
    let refuse = |zh: String, en: &'static str| Problem { allowed_actions: None, ..Problem::new(ErrorCode::StateConflict, Text::new(zh, en)) };
    match input.kind {
        DecisionKind::Keep => Ok(()),
        DecisionKind::Custody => {
            let most = loaded.rules.custody_decisions;
            if loaded.details.custody_decisions >= most {
                return Err(refuse(format!("指定办理已改变承办中心 {most} 次，不能再改变。"), "Custody was decided often enough.").into());
            }
            if !entrustments::movable(loaded.e.state) {
                return Err(refuse("本件已办结待签收或正在终止，承办中心不再改变。".into(), "Custody no longer moves.").into());
            }
            entrustments::hand_over(tx, actor, loaded, HandOver { by: Moved::Arbitration(row.id), to: center, assignee: None })?;
            joint::follow(tx, actor, loaded)
        }
        DecisionKind::Joint => {
            if loaded.e.state != entrustments::State::InProgress {
                return Err(refuse("本件不在办理中，不能指定联办。".into(), "The matter is not in progress.").into());
            }
            joint::impose(tx, actor, loaded, Imposed { arbitration: row.id, center, department, steps: &input.steps, reason: &input.reason })
        }
    }
}
