//! The agreement 代办委托协议: drafted by the center that acts, signed by the applicant, superseded when custody moves.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    facts::{Signature, SignatureInput},
    load::{Loaded, Told, load_for, save},
    machine::Action,
    model::{AgreementState, SignMethod},
    store::{self, AgreementRow},
    views::{EntrustmentView, view},
};
use crate::{
    access::Sight,
    applicants,
    auth::Actor,
    catalogue::published_version,
    clocks::{self, ClockKind},
    db::{Private, Result, Sealed, Tx},
    events::Audience,
    kernel::{Code as _, Id, Moment, Problem, Target, label_of, sha256_hex},
    organization,
};

/// An agreement as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AgreementView {
    /// `drafted`, `signed` or `superseded`.
    pub state: String,
    /// In Chinese.
    pub state_label: String,
    /// The exact text; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// SHA-256 of the text: what is signed can never change.
    pub text_hash: String,
    /// When.
    pub drafted_at: Moment,
    /// When signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Moment>,
    /// How signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

impl AgreementView {
    /// Of a row.
    pub fn of(tx: &Tx, row: &AgreementRow, sight: Sight) -> Result<Self> {
        let mut signature = row.signature.as_ref().map(|s| s.open(tx.vault)).transpose()?;
        if !sight.words {
            signature.iter_mut().for_each(|s| s.evidence.clear());
        }
        Ok(Self {
            state: row.state.clone(),
            state_label: label_of::<AgreementState>(&row.state),
            text: if sight.masked { None } else { Some(row.text.open(tx.vault)?) },
            text_hash: row.text_hash.clone(),
            drafted_at: row.drafted_at,
            signed_at: row.signed_at,
            signature,
        })
    }
}

/// A draft as it is sent.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreementInput {
    /// What the center may do.
    #[serde(default)]
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "代为准备、报送申请材料，领取办理结果")]
    pub scope: Option<String>,
    /// What it may not do.
    #[serde(default)]
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "不代缴费用，不代作承诺")]
    pub excluded: Option<String>,
}

/// The text of the agreement; its clauses follow the texts of Taishan (text 002) and Jiangxi (text 004).
fn text(tx: &mut Tx, loaded: &Loaded, input: &AgreementInput) -> Result<String> {
    let applicant = applicants::store::applicant(tx, loaded.e.applicant_id)?.ok_or_else(Problem::not_found)?;
    let shown = applicants::show(tx, &applicant, Sight::CLEAR)?;
    let scope = input.scope.as_deref().unwrap_or("协助准备和核对申请材料，代为报送申请、跟踪审批进度、领取办理结果");
    // Partial agency is as wide as the steps that were chosen.
    let steps = match loaded.details.steps.as_slice() {
        [] => String::new(),
        chosen => {
            let template = published_version(tx, loaded.e.item_id, loaded.e.item_version)?.template;
            let names: Vec<&str> = template.iter().filter(|t| chosen.contains(&t.code)).map(|t| t.name.as_str()).collect();
            format!("仅限下列环节：{}；其余环节由甲方自行办理。", names.join("、"))
        }
    };
    let excluded = input.excluded.as_deref().unwrap_or("不代缴法定费用，不代申请人作出承诺，不代行审批部门职权");
    let (title, mode, feedback) = (&loaded.e.title, loaded.e.mode.label(), loaded.rules.feedback_limit);
    let clauses = [
        format!("委托事项：{title}（{mode}）。{steps}"),
        format!("委托权限：{scope}。"),
        format!("不在委托范围：{excluded}。"),
        "期限：自签订之日起至本件办结或终止之日止；甲方可以随时书面或在线撤销委托，撤销前乙方已经办理的行为有效。".into(),
        "如实告知：甲方保证所提供材料真实、合法、完整，并按审批部门的要求及时补充；依法须由甲方本人到场或签字的，由甲方本人办理。".into(),
        "免费：代办服务全程免费；法定费用由甲方按标准自行缴纳，乙方不代收代垫。".into(),
        format!("乙方义务：一次性告知条件、材料和时限，制定计划，全程跟踪，至少每{feedback}反馈一次；需要延期的，说明理由；办结后移交结果和原件。"),
        "代办不包办、服务不揽责：代办不改变甲方与审批部门之间的法律关系，不替代审批部门的审查和决定，乙方不对审批结果作出承诺。".into(),
        "个人信息：甲方同意乙方和承办部门仅为办理本件收集、核验和使用甲方信息；乙方负保密义务，甲方可以查询、更正和撤回同意。".into(),
        "转办和联办：应由其他中心办理的，经甲方同意可以转办并签订变更协议；需要上级中心或部门协同的，由乙方联系，甲方无须另行申请。".into(),
        "终止：不具备办结条件或甲方主动要求的，双方签字终止，注明原因并退还材料。".into(),
    ];
    // After custody has moved, the agreement is carried on: it names whoever signed it, and whoever takes it over.
    let signed = store::agreements(tx, loaded.e.id)?.into_iter().find(|a| a.signed_at.is_some() && a.center_id != loaded.custodian.id);
    let (title, parties) = match signed {
        Some(a) => {
            ("代办委托变更协议", format!("原乙方（代办机构）：{}\n乙方（承接方）：{}", organization::load(tx, a.center_id)?.name, loaded.custodian.name))
        }
        None => ("代办委托协议", format!("乙方（代办机构）：{}", loaded.custodian.name)),
    };
    let head = format!("{title}\n编号：{}\n甲方（委托人）：{}（{}）\n{parties}\n", loaded.e.number, shown.name, shown.id_number);
    let numbered = NUMERALS.iter().zip(&clauses).map(|(n, clause)| format!("{n}、{clause}\n"));
    Ok(head + &numbered.collect::<String>())
}

/// How clauses are counted.
const NUMERALS: [&str; 12] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];

/// Drafts the agreement; a new draft replaces one that is not signed.
pub fn draft(tx: &mut Tx, actor: &Actor, target: &Target, input: &AgreementInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::DraftAgreement, target)?;
    loaded.decide(actor, Action::DraftAgreement)?;
    supersede(tx, loaded.e.id)?;
    let text = text(tx, &loaded, input)?;
    let row = AgreementRow {
        id: Id::new(),
        entrustment_id: loaded.e.id,
        center_id: loaded.e.custodian_id,
        text_hash: sha256_hex(text.as_bytes()),
        text: Sealed::seal(tx.vault, &text)?,
        state: "drafted".into(),
        signature: None,
        drafted_at: tx.now,
        signed_at: None,
    };
    store::insert_agreement(tx, &row)?;
    clocks::stop(tx, loaded.e.id, &[ClockKind::SignAgreement])?;
    clocks::start(tx, "entrustment", loaded.e.id, ClockKind::SignAgreement, loaded.rules.sign_limit)?;
    loaded.e.agreement_state = "drafted".into();
    save(tx, actor, &mut loaded, Told::new("agreement_drafted", Audience::Applicant, json!({ "text_hash": row.text_hash })))?;
    view(tx, actor, loaded)
}

/// A signed agreement no longer binds when another center takes over, or a new draft is made.
pub fn supersede(tx: &mut Tx, entrustment: Id) -> Result<()> {
    if let Some(mut old) = store::agreement(tx, entrustment)?.filter(|a| a.state != "superseded") {
        old.state = "superseded".into();
        store::save_agreement(tx, &old)?;
    }
    Ok(())
}

/// A signature of the agreement.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "signature": { "method": "online" } }))]
pub struct AgreementSignature {
    /// How.
    #[validate(nested)]
    pub signature: SignatureInput,
    /// The hash of the text that was read; refused when the text has changed since.
    #[serde(default)]
    #[validate(length(equal = 64))]
    #[schema(min_length = 64, max_length = 64)]
    pub text_hash: Option<String>,
}

/// The applicant's signature, their own or recorded by staff with what proves it.
pub fn signature(tx: &Tx, actor: &Actor, applicant: Id, input: &SignatureInput, at: &str) -> Result<Signature, Problem> {
    actor.sure_to_sign()?;
    let own = actor.applicant_id == Some(applicant);
    if own && input.method != SignMethod::Online {
        return Err(Problem::rule(&format!("{at}/method"), "own_signature", "申请人本人登录时只能在线确认。", "A signed-in applicant signs online."));
    }
    if !own && (input.method == SignMethod::Online || input.evidence.trim().chars().count() < 2) {
        return Err(Problem::rule(
            &format!("{at}/evidence"),
            "evidence_required",
            "工作人员代为登记签字的，须选择线下方式并写明凭据。",
            "Staff record offline signatures with evidence.",
        ));
    }
    Ok(Signature { method: input.method, evidence: input.evidence.clone(), at: tx.now, recorded_by: actor.id })
}

/// Signs the agreement: agency begins.
pub fn sign(tx: &mut Tx, actor: &Actor, target: &Target, input: &AgreementSignature) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::SignAgreement, target)?;
    let next = loaded.decide(actor, Action::SignAgreement)?;
    let mut row = store::agreement(tx, loaded.e.id)?.filter(|a| a.state == "drafted").ok_or_else(Problem::not_found)?;
    if input.text_hash.as_ref().is_some_and(|h| *h != row.text_hash) {
        return Err(Problem::rule("/text_hash", "text_changed", "协议文本已更新，请重新阅读后签订。", "The text has changed: read it again.").into());
    }
    let signed = signature(tx, actor, loaded.e.applicant_id, &input.signature, "/signature")?;
    row.signature = Some(Private::seal(tx.vault, &signed)?);
    row.state = "signed".into();
    row.signed_at = Some(tx.now);
    store::save_agreement(tx, &row)?;
    clocks::stop(tx, loaded.e.id, &[ClockKind::SignAgreement])?;
    loaded.e.agreement_state = "signed".into();
    loaded.e.state = next;
    save(tx, actor, &mut loaded, Told::new("agreement_signed", Audience::Public, json!({ "text_hash": row.text_hash })))?;
    view(tx, actor, loaded)
}
