//! What a form says, read off the record: the matter as staff see it in clear, with numbers and telephones masked.

use chrono::NaiveDate;

use super::{
    kinds::{
        self, Agreement, Amendment, Application, ArbitrationDecision, Change, Completion, Deferral, Deferred, Delivered, DeliveryReceipt, Extension, HandOver,
        Head, JointRequest, Leg, Matter, MissingPaper, OneTimeNotice, Paper, Plan, PlanStep, Receipt, Resumption, Side, Supervision, Suspension, Termination,
        Transfer,
    },
    machine::{FormKind as K, Refusal},
    printing::Sheet,
};
use crate::{
    applicants,
    auth::Actor,
    catalogue,
    clocks::ClockKind,
    db::{Result, Tx},
    entrustments::{self, Entrustment, EntrustmentView, store as matters, vocabulary::Outcome},
    kernel::{Code as _, Id, Moment, Problem},
    organization::{self, Center},
    reminders,
    routing::{arbitration, joint, transfers},
};

/// A form drawn up, with what binds it to the record.
pub struct Drawn {
    pub sheet: Sheet,
    /// What it was drawn up from.
    pub about: Id,
    /// Hash of the agreement's text that it carries.
    pub text_hash: Option<String>,
    /// When the completion or termination that it carries was made.
    pub carries: Option<Moment>,
}

/// The record that forms are drawn up from.
pub struct Source {
    pub view: EntrustmentView,
    pub center: Center,
    matter: Matter,
    head: Head,
}

impl Source {
    /// Of a matter; `number` is the document's.
    pub fn of(tx: &mut Tx, e: &Entrustment, number: &str) -> Result<Self> {
        let loaded = entrustments::load_seen(tx, &Actor::system("forms"), e.id.as_str())?;
        let center = organization::load(tx, e.custodian_id)?;
        let view = entrustments::view(tx, &Actor::system("forms"), loaded)?;
        let content = catalogue::published_version(tx, view.item_id, view.item_version)?;
        let handler = match view.assignee_id {
            Some(id) => organization::name_of(tx, id)?,
            None => String::new(),
        };
        let a = &view.applicant;
        // A credit code is public; a person's number never stands in full on what others carry about.
        let number_shown = if a.id_type == applicants::IdType::CreditCode.code() { a.id_number.clone() } else { tx.masking.id_number(&a.id_number) };
        let matter = Matter {
            number: view.number.clone(),
            item_title: view.title.clone(),
            item_code: catalogue::code_of(tx, view.item_id)?,
            mode: view.mode_label.clone(),
            applicant_name: a.name.clone(),
            applicant_number: number_shown,
            contact: format!("{}　{}", tx.masking.name(&view.contact.name), tx.masking.phone(&view.contact.phone)),
            agent: String::new(),
            handler,
            center: center.name.clone(),
            accepted_on: view.acceptance.as_ref().map(|a| a.at.local_date()),
        };
        let phone = if center.phone.is_empty() { content.complaint_phone.unwrap_or_default() } else { center.phone.clone() };
        let head = Head {
            issuer: center.name.clone(),
            document_number: number.to_owned(),
            issued_on: tx.now.local_date(),
            complaint_phone: phone,
            copies: String::new(),
        };
        Ok(Self { view, center, matter, head })
    }
}

/// Draws up a form; what the record does not hold yet is refused.
pub fn draw(tx: &mut Tx, source: &Source, kind: K, about: Option<Id>) -> Result<Drawn> {
    let v = &source.view;
    let plain = |sheet: Sheet| Ok(Drawn { sheet, about: v.id, text_hash: None, carries: None });
    let (head, matter) = (&source.head, &source.matter);
    match kind {
        K::Application => plain(kinds::application(head, matter, &application(v))),
        K::Receipt => plain(kinds::receipt(head, matter, &receipt(v))),
        K::Agreement => agreement(tx, source),
        K::Amendment => amendment(tx, source),
        K::Plan => plain(kinds::plan(head, matter, &plan(v).ok_or(Refusal::NotDue(kind))?)),
        K::OneTimeNotice => plain(kinds::one_time_notice(head, matter, &notice(source).ok_or(Refusal::NotDue(kind))?)),
        K::DeferralNotice => plain(kinds::deferral_notice(head, matter, &deferral(v).ok_or(Refusal::NotDue(kind))?)),
        K::Suspension => plain(kinds::suspension(head, matter, &suspension(v).ok_or(Refusal::NotDue(kind))?)),
        K::Resumption => plain(kinds::resumption(head, matter, &resumption(tx, v)?.ok_or(Refusal::NotDue(kind))?)),
        K::Extension => plain(kinds::extension(head, matter, &extension(v).ok_or(Refusal::NotDue(kind))?)),
        K::DeliveryReceipt => plain(kinds::delivery_receipt(head, matter, &delivery(v).ok_or(Refusal::NotDue(kind))?)),
        K::Completion => {
            let (form, at) = completion(v).ok_or(Refusal::NotDue(kind))?;
            Ok(Drawn { carries: Some(at), ..plain(kinds::completion(head, matter, &form))? })
        }
        K::Termination => {
            let (form, at) = termination(v).ok_or(Refusal::NotDue(kind))?;
            Ok(Drawn { carries: Some(at), ..plain(kinds::termination(head, matter, &form))? })
        }
        K::Transfer | K::HandOverList => of_transfer(tx, source, kind, about),
        K::JointRequest => of_joint(tx, source, about),
        K::ArbitrationDecision => of_arbitration(tx, source, about),
        K::Supervision => of_reminder(tx, source, about),
    }
}

fn papers_in(v: &EntrustmentView) -> Vec<Paper> {
    let in_hand = v.materials.iter().filter(|m| m.submitted_at.is_some());
    in_hand
        .map(|m| Paper {
            name: m.name.clone(),
            form: if m.original { "原件" } else { "复印件或电子件" }.into(),
            count: m.copies.max(1),
            note: m.state_label.clone(),
        })
        .collect()
}

fn named(names: &[String], form: &str) -> Vec<Paper> {
    names.iter().map(|name| Paper { name: name.clone(), form: form.into(), count: 1, note: String::new() }).collect()
}

/// What is left of the promise, in words.
fn promise(v: &EntrustmentView) -> Option<&crate::clocks::ClockView> {
    v.clocks.iter().rfind(|c| c.kind == ClockKind::Promise && c.stopped_at.is_none())
}

fn progress(v: &EntrustmentView) -> String {
    let done: Vec<String> = v.steps.iter().filter(|s| s.filed_at.is_some()).map(|s| format!("“{}”{}", s.name, s.state_label)).collect();
    if done.is_empty() { "尚未申报。".into() } else { format!("{}。", done.join("；")) }
}

fn application(v: &EntrustmentView) -> Application {
    Application {
        channel: v.channel_label.clone(),
        applicant_kind: v.applicant.kind_label.clone(),
        address: String::new(),
        request: v.request.clone().unwrap_or_default(),
        eligibility: v.eligibility.as_ref().map(|e| e.explanation.clone()).unwrap_or_default(),
        delivery: v.hand_out.as_ref().map(|h| h.way_label.clone()).unwrap_or_default(),
        papers: papers_in(v),
    }
}

fn receipt(v: &EntrustmentView) -> Receipt {
    let accept = v.clocks.iter().rfind(|c| c.kind == ClockKind::Accept);
    Receipt { papers: papers_in(v), answer_by: accept.map(|c| c.due_at.local_date()), inquiry: "凭办件编号和联系电话后四位查询进度".into() }
}

/// The agreement's own text, clause by clause: what is printed is what was hashed when it was drafted.
fn agreement(tx: &mut Tx, source: &Source) -> Result<Drawn> {
    let row = matters::agreement(tx, source.view.id)?.filter(|a| a.state != "superseded").ok_or(Refusal::NotDue(K::Agreement))?;
    let text = row.text.open(tx.vault)?;
    let clauses: Vec<String> =
        text.lines().filter_map(|line| line.split_once('、').filter(|(n, _)| n.chars().count() <= 2)).map(|(_, c)| c.to_owned()).collect();
    let of = |mark: &str| clauses.iter().find_map(|c| c.strip_prefix(mark)).unwrap_or_default().trim_end_matches('。').to_owned();
    let form = Agreement {
        title: String::new(),
        scope: vec![of("委托权限：")],
        excluded: vec![of("不在委托范围：")],
        from: row.drafted_at.local_date(),
        until: None,
        clauses: clauses.into_iter().filter(|c| !c.starts_with("委托权限：") && !c.starts_with("不在委托范围：")).collect(),
    };
    let mut sheet = kinds::agreement(&source.head, &source.matter, &form);
    sheet.dates.push(super::printing::Entry::new("协议文本校验值", row.text_hash.clone()));
    Ok(Drawn { sheet, about: source.view.id, text_hash: Some(row.text_hash), carries: None })
}

/// After custody has moved: who acts for the applicant from now on.
fn amendment(tx: &mut Tx, source: &Source) -> Result<Drawn> {
    let rows = matters::agreements(tx, source.view.id)?;
    let (Some(now), Some(before)) = (rows.first().filter(|a| a.state != "superseded"), rows.iter().skip(1).find(|a| a.signed_at.is_some())) else {
        return Err(Refusal::NotDue(K::Amendment).into());
    };
    let former = organization::load(tx, before.center_id)?;
    let form = Amendment {
        agreement_number: source.view.number.clone(),
        signed_on: before.signed_at.unwrap_or(before.drafted_at).local_date(),
        reason: if former.id == source.center.id { "委托内容调整".into() } else { "本件责任中心变更".into() },
        changes: vec![Change { what: "代办机构".into(), before: former.name, after: source.center.name.clone() }],
        from: now.drafted_at.local_date(),
    };
    let sheet = kinds::amendment(&source.head, &source.matter, &form);
    Ok(Drawn { sheet, about: source.view.id, text_hash: Some(now.text_hash.clone()), carries: None })
}

fn plan(v: &EntrustmentView) -> Option<Plan> {
    let plan = v.plan.as_ref().filter(|_| !v.steps.is_empty())?;
    let place = |code: &String| v.steps.iter().position(|s| s.code == *code).map(|i| (i + 1).to_string());
    let day = |text: &Option<String>| text.as_deref().and_then(|d| d.parse::<NaiveDate>().ok());
    let steps = v.steps.iter().map(|s| PlanStep {
        name: s.name.clone(),
        department: s.department.clone(),
        after: s.depends_on.iter().filter_map(place).collect::<Vec<_>>().join("、"),
        statutory: String::new(),
        promised: s.limit.to_string(),
        planned_start: day(&s.planned_start),
        planned_finish: day(&s.planned_end),
        actual: s.decided_at.map_or_else(|| s.state_label.clone(), |at| at.local_date().to_string()),
    });
    let milestones = plan.milestones.iter().map(|m| format!("{}（{}）", m.milestone.name, m.milestone.due_on));
    Some(Plan {
        version: 1,
        supporting_unit: plan.supporting_unit.clone().unwrap_or_default(),
        milestones: milestones.collect::<Vec<_>>().join("；"),
        steps: steps.collect(),
        preparation: v.materials.iter().filter(|m| m.submitted_at.is_none() && m.required).map(|m| m.name.as_str()).collect::<Vec<_>>().join("、"),
    })
}

fn notice(source: &Source) -> Option<OneTimeNotice> {
    let last = source.view.notices.last()?;
    let missing = last.items.iter().map(|i| MissingPaper {
        name: source.view.materials.iter().find(|m| Some(&m.code) == i.code.as_ref()).map(|m| m.name.clone()).unwrap_or_default(),
        fault: i.what.clone(),
        how: i.how.clone(),
        basis: "事项办事指南".into(),
    });
    Some(OneTimeNotice {
        missing: missing.collect(),
        until: last.due_at.local_date(),
        channels: format!("{}窗口（{}），或者在线上传", source.center.name, source.center.address),
        inquiry: source.center.phone.clone(),
    })
}

fn deferral(v: &EntrustmentView) -> Option<Deferral> {
    let deferred = v.materials.iter().filter_map(|m| Some(Deferred { name: m.name.clone(), reason: m.note.clone(), due: m.deferred_until? }));
    let papers: Vec<Deferred> = deferred.collect();
    (!papers.is_empty()).then(|| Deferral { papers, promise: String::new(), consequence: String::new() })
}

fn suspension(v: &EntrustmentView) -> Option<Suspension> {
    let s = v.suspension.as_ref().filter(|s| s.resumed_at.is_none())?;
    Some(Suspension {
        cause: s.reason.label().into(),
        facts: s.note.clone(),
        from: s.from.local_date(),
        until: s.until.local_date(),
        days_left: promise(v).map_or_else(|| "续办后继续计算".into(), |c| format!("办理时限{}，续办后继续计算", c.limit)),
        resume_when: "中止事由消除后续办，续办日期另行告知。".into(),
        approved_by: String::new(),
    })
}

fn resumption(tx: &mut Tx, v: &EntrustmentView) -> Result<Option<Resumption>> {
    let Some((s, resumed)) = v.suspension.as_ref().and_then(|s| Some((s, s.resumed_at?))) else { return Ok(None) };
    let sheet = super::store::of_matter(tx, v.id)?.into_iter().find(|f| f.kind == K::Suspension).map(|f| f.number);
    let clock = promise(v);
    let new_due = clock.map(|c| c.due_at).or(v.due_at).unwrap_or(resumed).local_date();
    Ok(Some(Resumption {
        suspension_number: sheet.unwrap_or_default(),
        suspended_on: s.from.local_date(),
        from: resumed.local_date(),
        cause: "中止事由已经消除".into(),
        days_left: format!("至{}", super::printing::date(new_due)),
        new_due,
        next: progress(v),
    }))
}

fn extension(v: &EntrustmentView) -> Option<Extension> {
    let x = v.extension.as_ref().filter(|x| x.due_at.is_some())?;
    let clock = promise(v);
    let (old_due, new_due) = (x.was_due_at?.local_date(), x.due_at?.local_date());
    Some(Extension {
        limit: ClockKind::Promise.label().into(),
        old_due,
        new_due,
        days: clock.map_or_else(|| x.days.to_string(), |c| format!("{}{}", x.days, c.limit.unit.label_zh())),
        reason: x.reason.clone(),
        progress: progress(v),
    })
}

fn delivery(v: &EntrustmentView) -> Option<DeliveryReceipt> {
    let completion = v.completion.as_ref()?;
    let out = v.hand_out.as_ref();
    let documents = completion.results.iter().map(|name| Delivered { name: name.clone(), number: String::new(), count: 1 });
    Some(DeliveryReceipt {
        documents: documents.collect(),
        recipient: v.applicant.name.clone(),
        address: String::new(),
        way: out.map(|o| o.way_label.clone()).unwrap_or_default(),
        tracking: out.and_then(|o| o.tracking_no.clone()).unwrap_or_default(),
        sent_on: None,
        remark: completion.delivery_proof.clone().unwrap_or_default(),
    })
}

fn completion(v: &EntrustmentView) -> Option<(Completion, Moment)> {
    let c = v.completion.as_ref()?;
    let outcome = match c.outcome {
        Outcome::Granted => "准予",
        Outcome::PartlyGranted => "部分准予",
        Outcome::Refused => "不予",
        Outcome::NotAccepted => "不予受理",
    };
    let took = v.acceptance.as_ref().map(|a| (c.at.utc() - a.at.utc()).num_days());
    let mut papers = named(&c.results, "办理结果");
    papers.extend(named(&c.papers_returned, "原件"));
    let form = Completion {
        outcome: outcome.into(),
        result: c.results.join("、"),
        finished_on: c.at.local_date(),
        duration: took.map(|days| format!("自受理之日起{}个自然日", days.max(1))).unwrap_or_default(),
        summary: if c.note.is_empty() { progress(v) } else { c.note.clone() },
        fees: v.fees.iter().map(|f| format!("{}{}元", f.name, f.amount)).collect::<Vec<_>>().join("；"),
        papers,
    };
    Some((form, c.at))
}

fn termination(v: &EntrustmentView) -> Option<(Termination, Moment)> {
    let t = v.termination.as_ref()?;
    let returned: Vec<String> = v.materials.iter().filter(|m| m.returned.is_some()).map(|m| m.name.clone()).collect();
    let form = Termination {
        reason: t.reason.label().into(),
        facts: t.note.clone(),
        asked_by: if t.requested_by == "applicant" { "申请人" } else { "代办中心" }.into(),
        effective_on: v.closed_at.unwrap_or(t.requested_at).local_date(),
        progress: progress(v),
        papers: named(&returned, "原件"),
        one_sided: t.delivery_proof.is_some(),
    };
    Some((form, t.requested_at))
}

/// The one that is named, which must be of this matter; unnamed, the newest.
fn chosen<T>(rows: Vec<T>, about: Option<Id>, id: fn(&T) -> Id, kind: K) -> Result<T> {
    let found = match about {
        Some(wanted) => rows.into_iter().find(|row| id(row) == wanted),
        None => rows.into_iter().max_by_key(id),
    };
    match (found, about) {
        (Some(row), _) => Ok(row),
        (None, Some(_)) => Err(Problem::rule("/about", "not_of_this_matter", "本件没有这项记录，或者还不能出具。", "Nothing of this id, or not ready.").into()),
        (None, None) => Err(Refusal::NotDue(kind).into()),
    }
}

fn of_transfer(tx: &mut Tx, source: &Source, kind: K, about: Option<Id>) -> Result<Drawn> {
    let row = chosen(transfers::store::of_matter(tx, source.view.id)?, about, |t| t.id, kind)?;
    let record = row.record.open(tx.vault)?;
    let (from, to) = (organization::load(tx, row.from_center_id)?.name, organization::load(tx, row.to_center_id)?.name);
    let (head, matter) = (&source.head, &source.matter);
    let sheet = if kind == K::Transfer {
        let why = record.why.map(|w| w.explanation).unwrap_or_default();
        let form = Transfer {
            from_center: from,
            to_center: to,
            reason: if record.reason.is_empty() { why } else { format!("{}（{why}）", record.reason) },
            progress: progress(&source.view),
            consent: if record.applicant_consent { "申请人已同意转办".into() } else { String::new() },
            answer_by: row.due_at.local_date(),
            days_left: source.view.due_at.map(|due| format!("办理期限至{}", super::printing::date(due.local_date()))).unwrap_or_default(),
        };
        kinds::transfer(head, matter, &form)
    } else {
        let listed = if record.papers_received.is_empty() { &record.papers } else { &record.papers_received };
        let mut papers = named(listed, "随件资料");
        if papers.is_empty() {
            papers = papers_in(&source.view);
        }
        kinds::hand_over_list(head, matter, &HandOver { occasion: format!("转办（{}）", row.number), giver: from, taker: to, place: String::new(), papers })
    };
    Ok(Drawn { sheet, about: row.id, text_hash: None, carries: None })
}

fn of_joint(tx: &mut Tx, source: &Source, about: Option<Id>) -> Result<Drawn> {
    let row = chosen(joint::store::of_matter(tx, source.view.id)?, about, |j| j.id, K::JointRequest)?;
    let record = row.record.open(tx.vault)?;
    let to = joint::carrier_name(tx, &row)?;
    let codes = row.steps.get()?;
    let legs = source.view.steps.iter().filter(|s| codes.contains(&s.code)).map(|s| Leg {
        step: s.name.clone(),
        unit: s.department.clone(),
        request: "办理该步骤并交回结果".into(),
        due: row.due_at.known().map(|at| at.local_date()),
    });
    let form = JointRequest {
        to,
        reason: record.reason,
        legs: legs.collect(),
        answer_by: row.answer_due_at.known().unwrap_or(row.created_at).local_date(),
        attachments: record.papers,
    };
    Ok(Drawn { sheet: kinds::joint_request(&source.head, &source.matter, &form), about: row.id, text_hash: None, carries: None })
}

fn of_arbitration(tx: &mut Tx, source: &Source, about: Option<Id>) -> Result<Drawn> {
    let decided: Vec<_> = arbitration::store::of_matter(tx, source.view.id)?
        .into_iter()
        .filter_map(|a| {
            let record = a.record.open(tx.vault).ok()?;
            (!record.decisions.is_empty()).then_some((a, record))
        })
        .collect();
    let (row, record) = chosen(decided, about, |(a, _)| a.id, K::ArbitrationDecision)?;
    let decision = record.decisions.last().ok_or(Refusal::NotDue(K::ArbitrationDecision))?;
    let mut sides = Vec::new();
    for party in row.parties.get()? {
        let unit = organization::load(tx, party.center_id)?.name;
        let opinion = record.cases.iter().filter(|c| c.party == party).map(|c| c.statement.as_str()).collect::<Vec<_>>().join("；");
        sides.push(Side { unit, opinion, basis: String::new() });
    }
    let handler = match decision.department_id {
        Some(id) => organization::department(tx, id)?.map(|d| d.name).unwrap_or_default(),
        None => organization::load(tx, decision.center_id)?.name,
    };
    let decider = arbitration::decider_name(tx, &row)?;
    let form = ArbitrationDecision {
        facts: record.reason.clone(),
        sides,
        handler,
        orders: decision.document_no.as_ref().map(|no| format!("依据文件：{no}。")).unwrap_or_default(),
        reason: decision.reason.clone(),
        rule: format!("{}（{}）", decision.kind.label(), row.number),
    };
    let head = Head { issuer: decider, issued_on: decision.at.local_date(), ..source.head.clone() };
    Ok(Drawn { sheet: kinds::arbitration_decision(&head, &source.matter, &form), about: row.id, text_hash: None, carries: None })
}

fn of_reminder(tx: &mut Tx, source: &Source, about: Option<Id>) -> Result<Drawn> {
    let row = chosen(reminders::store::of_matter(tx, source.view.id)?, about, |r| r.id, K::Supervision)?;
    let record = row.record.open(tx.vault)?;
    let earlier = reminders::store::of_matter(tx, source.view.id)?.iter().filter(|r| r.about_id == row.about_id && r.id <= row.id).count();
    let was_due = source.view.due_at.unwrap_or(row.created_at).local_date();
    let form = Supervision {
        to: record.to_name,
        responsible: String::new(),
        limit: record.subject,
        was_due,
        overdue: if was_due < row.created_at.local_date() {
            format!("{}个自然日", (row.created_at.local_date() - was_due).num_days())
        } else {
            "尚未超期".into()
        },
        facts: progress(&source.view),
        order: record.message,
        due: row.due_at.local_date(),
        round: u32::try_from(earlier).unwrap_or(1),
    };
    let issuer = organization::load(tx, row.from_center_id)?.name;
    let head = Head { issuer, ..source.head.clone() };
    Ok(Drawn { sheet: kinds::supervision(&head, &source.matter, &form), about: row.id, text_hash: None, carries: None })
}
