//! Handing out 出件: one counter gives out what the back office has made, at an appointed time, by express or online.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    handout_machine::{HandOutAct, HandOutState, decide_hand_out},
    load::{Told, load_for, save},
    machine::Action,
    model::HandOutWay,
    views::{EntrustmentView, view},
};
use crate::{
    access::Sight,
    auth::Actor,
    db::{Result, Tx},
    events::Audience,
    kernel::{Code as _, ErrorCode, Id, Masking, Moment, Problem, Target, Text},
};

/// How the results reach the applicant, and how far that is.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandOut {
    /// The way.
    pub way: HandOutWay,
    /// In Chinese.
    pub way_label: String,
    /// How far.
    pub state: HandOutState,
    /// In Chinese.
    pub state_label: String,
    /// Who receives them; masked where the view is.
    pub recipient: String,
    /// Their telephone; masked where the view is.
    pub phone: String,
    /// By express: where to; masked where the view is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// At the counter: when they come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pick_up_at: Option<Moment>,
    /// By express: who carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// By express: number to follow it by; absent where the view is masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_no: Option<String>,
    /// Receipt of whoever took them, or why they came back; absent where the view is masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was arranged.
    pub arranged_at: Moment,
    /// When they were sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Moment>,
    /// When they were received, or came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Moment>,
    /// Who of the staff did the last of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

impl HandOut {
    /// As a caller sees it.
    pub fn shown(self, masking: &Masking, sight: Sight) -> Self {
        if !sight.masked {
            return self;
        }
        Self {
            recipient: masking.name(&self.recipient),
            phone: masking.phone(&self.phone),
            address: self.address.map(|a| masking.address(&a)),
            tracking_no: None,
            note: None,
            ..self
        }
    }
}

/// How the results shall reach the applicant.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "way": "express", "recipient": "联系人甲", "phone": "13900001234", "address": "如东县掘港街道人民路 1 号" }))]
pub struct HandOutInput {
    /// The way.
    pub way: HandOutWay,
    /// Who receives them.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub recipient: String,
    /// Their telephone.
    #[validate(custom(function = crate::kernel::validators::telephone))]
    #[schema(
        min_length = 5,
        max_length = 40,
        pattern = r"^(1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-?[0-9]{7,8}(-[0-9]{1,6})?|(1[0-9]|95|96)[0-9]{3}|[48]00-?[0-9]{3}-?[0-9]{4})$"
    )]
    pub phone: String,
    /// By express: where to.
    #[serde(default)]
    #[validate(length(min = 4, max = 200))]
    #[schema(min_length = 4, max_length = 200)]
    pub address: Option<String>,
    /// At the counter: when they come.
    #[serde(default)]
    pub pick_up_at: Option<Moment>,
}

/// Arranges how the results reach the applicant; until they are on their way it may be arranged anew.
pub fn arrange(tx: &mut Tx, actor: &Actor, target: &Target, input: &HandOutInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::ArrangeHandOut, target)?;
    loaded.decide(actor, Action::ArrangeHandOut)?;
    let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en).into());
    match (input.way, &input.address, input.pick_up_at) {
        (HandOutWay::Express, None, _) => return refuse("/address", "required", "快递送达须填写地址。", "Express needs an address."),
        (HandOutWay::Counter | HandOutWay::Electronic, Some(_), _) => {
            return refuse("/address", "express_only", "只有快递送达需要地址。", "Only express has an address.");
        }
        (HandOutWay::Express | HandOutWay::Electronic, _, Some(_)) => {
            return refuse("/pick_up_at", "counter_only", "只有窗口领取需要约定时间。", "Only the counter has a time.");
        }
        (_, _, Some(at)) if at <= tx.now => return refuse("/pick_up_at", "past", "领取时间应在将来。", "The time has to lie ahead."),
        _ => {}
    }
    loaded.details.hand_out = Some(HandOut {
        way: input.way,
        way_label: input.way.label().into(),
        state: HandOutState::Arranged,
        state_label: HandOutState::Arranged.label().into(),
        recipient: input.recipient.clone(),
        phone: input.phone.clone(),
        address: input.address.clone(),
        pick_up_at: input.pick_up_at,
        carrier: None,
        tracking_no: None,
        note: None,
        arranged_at: tx.now,
        sent_at: None,
        done_at: None,
        by: None,
    });
    loaded.e.hand_out_state = Some(HandOutState::Arranged);
    save(tx, actor, &mut loaded, Told::new("hand_out_arranged", Audience::Applicant, json!({ "way": input.way.label() })))?;
    view(tx, actor, loaded)
}

/// What was done to hand the results out.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "act": "hand_out", "note": "领取签收单 0001 号" }))]
pub struct HandOutReport {
    /// What.
    pub act: HandOutAct,
    /// With `send`: who carries.
    #[serde(default)]
    #[validate(length(min = 2, max = 40))]
    #[schema(min_length = 2, max_length = 40, example = "中国邮政 EMS")]
    pub carrier: Option<String>,
    /// With `send`: number to follow it by.
    #[serde(default)]
    #[validate(length(min = 4, max = 60))]
    #[schema(min_length = 4, max_length = 60)]
    pub tracking_no: Option<String>,
    /// With `hand_out` and `deliver`: the receipt; with `come_back`: why.
    #[serde(default)]
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200)]
    pub note: Option<String>,
}

/// Records a step of the hand-out.
pub fn record(tx: &mut Tx, actor: &Actor, target: &Target, input: &HandOutReport) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::RecordHandOut, target)?;
    loaded.decide(actor, Action::RecordHandOut)?;
    let Some(mut out) = loaded.details.hand_out.take() else { return Err(Problem::of(ErrorCode::StateConflict).into()) };
    let Some(next) = decide_hand_out(out.way, out.state, input.act) else {
        let zh = format!("{}、{}，不能{}。", out.way.label(), out.state.label(), input.act.label());
        return Err(loaded.refused(actor, Problem::new(ErrorCode::StateConflict, Text::new(zh, "The hand-out's state forbids this."))).into());
    };
    let needed = |value: &Option<String>, at: &str, zh: &'static str| value.clone().ok_or_else(|| Problem::rule(at, "required", zh, "Required."));
    if input.act == HandOutAct::Send {
        out.carrier = Some(needed(&input.carrier, "/carrier", "寄出须写明承运单位。")?);
        out.tracking_no = Some(needed(&input.tracking_no, "/tracking_no", "寄出须写明运单号。")?);
        out.sent_at = Some(tx.now);
    } else {
        out.note = Some(needed(&input.note, "/note", "须写明签收凭据或退回原因。")?);
        out.done_at = Some(tx.now);
    }
    out.state = next;
    out.state_label = next.label().into();
    out.by = actor.id;
    loaded.e.hand_out_state = Some(next);
    let params = json!({ "act": input.act.label(), "carrier": out.carrier });
    loaded.details.hand_out = Some(out);
    save(tx, actor, &mut loaded, Told::new("handed_out", Audience::Public, params))?;
    view(tx, actor, loaded)
}
