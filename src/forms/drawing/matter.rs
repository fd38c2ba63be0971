//! Forms about the matter alone.

use chrono::NaiveDate;

use super::{Source, named, papers_in, progress};
use crate::{
    clocks::{self, ClockKind, ClockView},
    db::{Result, Tx},
    entrustments::{
        EntrustmentView, MaterialView, Signature,
        vocabulary::{HandOutWay, Outcome, TerminateReason},
    },
    forms::{
        kinds::{
            self, Agreement, Amendment, Application, Change, Completion, Deferral, Deferred, Delivered, DeliveryReceipt, End, Extension, MissingPaper,
            OneTimeNotice, Paper, Plan, PlanStep, Receipt, Resumption, Suspension, Termination,
        },
        machine::FormKind as K,
        printing::{Entry, Sheet, date},
        store as forms,
    },
    kernel::{Code as _, Moment},
    organization,
};

impl Source<'_> {
    /// The sheet of a kind; none where the record does not hold it.
    pub(super) fn of_matter(&self, tx: &mut Tx, kind: K) -> Result<Option<Sheet>> {
        let v = &self.record.view;
        let (head, matter) = (&self.head, &self.matter);
        Ok(match kind {
            K::Application => Some(kinds::application(head, matter, &self.application(tx)?)),
            K::Receipt => Some(kinds::receipt(head, matter, &self.receipt(tx)?)),
            K::Agreement => self.agreement(tx)?,
            K::Amendment => self.amendment(tx)?,
            K::Plan => plan(v).map(|form| kinds::plan(head, matter, &form)),
            K::OneTimeNotice => self.notice().map(|form| kinds::one_time_notice(head, matter, &form)),
            K::DeferralNotice => deferral(v).map(|form| kinds::deferral_notice(head, matter, &form)),
            K::Suspension => suspension(tx, v)?.map(|form| kinds::suspension(head, matter, &form)),
            K::Resumption => resumption(tx, v)?.map(|form| kinds::resumption(head, matter, &form)),
            K::Extension => extension(v).map(|form| kinds::extension(head, matter, &form)),
            K::DeliveryReceipt => self.delivery().map(|form| kinds::delivery_receipt(head, matter, &form)),
            K::Completion => self.completion().map(|form| kinds::completion(head, matter, &form)),
            K::Termination => termination(v).map(|form| kinds::termination(head, matter, &form)),
            _ => None,
        })
    }

    /// The agreement's own text, clause by clause: what is printed is what was hashed when it was drafted.
    fn agreement(&self, tx: &Tx) -> Result<Option<Sheet>> {
        let Some(row) = self.record.agreements.first().filter(|a| a.state != "superseded") else { return Ok(None) };
        let text = row.text.open(tx.vault)?;
        let clauses: Vec<String> =
            text.lines().filter_map(|line| line.split_once('、').filter(|(n, _)| n.chars().count() <= 2)).map(|(_, c)| c.to_owned()).collect();
        let of = |mark: &str| clauses.iter().find_map(|c| c.strip_prefix(mark)).unwrap_or_default().trim_end_matches('。').to_owned();
        let form = Agreement {
            title: String::new(),
            scope: vec![of("委托权限：")],
            excluded: vec![of("不在委托范围：")],
            // In the very words of the clause: the two cannot differ.
            term: of("期限：").split('；').next().unwrap_or_default().to_owned(),
            clauses: clauses.into_iter().filter(|c| !c.starts_with("委托权限：") && !c.starts_with("不在委托范围：")).collect(),
        };
        let mut sheet = kinds::agreement(&self.head, &self.matter, &form);
        sheet.dates.push(Entry::new("协议文本校验值", row.text_hash.clone()));
        Ok(Some(sheet))
    }

    /// After custody has moved: who acts for the applicant from now on.
    fn amendment(&self, tx: &mut Tx) -> Result<Option<Sheet>> {
        let Some((now, before)) = self.record.amended() else { return Ok(None) };
        let former = organization::load(tx, before.center_id)?.name;
        let carried = before.center_id != now.center_id;
        let here = organization::load(tx, now.center_id)?.name;
        // By the number on its form; an agreement that was never printed has that of its text.
        let mut number = None;
        for kind in [K::Agreement, K::Amendment] {
            number = number.or(forms::of_act(tx, self.record.view.id, kind, &before.text_hash)?.map(|f| f.number));
        }
        let mut changes: Vec<Change> = Vec::new();
        changes.extend(carried.then(|| Change { what: "代办机构".into(), before: former.clone(), after: here }));
        let (was, is) = (before.text.open(tx.vault)?, now.text.open(tx.vault)?);
        for (what, mark) in [("委托权限", "委托权限："), ("除外权限", "不在委托范围：")] {
            let change = Change { what: what.into(), before: clause(&was, mark), after: clause(&is, mark) };
            changes.extend((change.before != change.after).then_some(change));
        }
        let form = Amendment {
            agreement_number: number.unwrap_or_else(|| self.record.view.number.clone()),
            former: if carried { former } else { String::new() },
            signed_on: before.signed_at.unwrap_or(before.drafted_at).local_date(),
            reason: if carried { "本件责任中心变更".into() } else { "委托内容调整".into() },
            changes,
        };
        Ok(Some(kinds::amendment(&self.head, &self.matter, &form)))
    }

    fn application(&self, tx: &mut Tx) -> Result<Application> {
        let v = &self.record.view;
        Ok(Application {
            channel: v.channel_label.clone(),
            applicant_kind: v.applicant.kind_label.clone(),
            address: v.applicant.address.clone().unwrap_or_default(),
            request: v.request.clone().unwrap_or_default(),
            eligibility: v.eligibility.as_ref().map(|e| e.explanation.clone()).unwrap_or_default(),
            delivery: v.hand_out.as_ref().map(|h| h.way_label.clone()).unwrap_or_default(),
            papers: papers_in(v),
            taken_in: self.taken_in(tx, std::iter::once(v.created_at))?,
        })
    }

    fn receipt(&self, tx: &mut Tx) -> Result<Receipt> {
        let v = &self.record.view;
        let until = v.clocks.iter().rfind(|c| c.kind == ClockKind::Accept).map(|c| c.due_at.local_date());
        let answer = match (&v.acceptance, until) {
            (Some(accepted), _) => format!("已于{}接受委托", date(accepted.at.local_date())),
            (None, Some(until)) => format!("{}前告知是否接受委托", date(until)),
            (None, None) => String::new(),
        };
        let taken_in = self.taken_in(tx, v.materials.iter().filter_map(|m| m.submitted_at))?;
        Ok(Receipt { papers: papers_in(v), answer, inquiry: "凭办件编号和联系电话后四位查询进度".into(), taken_in })
    }

    fn delivery(&self) -> Option<DeliveryReceipt> {
        let v = &self.record.view;
        let results = self.record.results(&v.completion.as_ref()?.results);
        let out = v.hand_out.as_ref();
        // By express to the address that was named; else it is written in where it is delivered.
        let address = out.and_then(|o| o.address.clone()).or_else(|| v.applicant.address.clone().filter(|_| out.is_none_or(|o| o.way == HandOutWay::Express)));
        Some(DeliveryReceipt {
            documents: results.into_iter().map(|p| Delivered { name: p.name, number: String::new(), count: p.count }).collect(),
            recipient: v.applicant.name.clone(),
            address: address.unwrap_or_default(),
        })
    }

    fn completion(&self) -> Option<Completion> {
        let v = &self.record.view;
        let c = v.completion.as_ref()?;
        let outcome = match c.outcome {
            Outcome::Granted => "准予",
            Outcome::PartlyGranted => "部分准予",
            Outcome::Refused => "不予",
            Outcome::NotAccepted => "不予受理",
        };
        let took = v.acceptance.as_ref().map(|a| (c.at.utc() - a.at.utc()).num_days());
        let mut papers = self.record.results(&c.results);
        let result: Vec<&str> = papers.iter().map(|p| p.name.as_str()).collect();
        let result = result.join("、");
        papers.extend(named(&c.papers_returned, "原件"));
        Some(Completion {
            outcome: outcome.into(),
            result,
            finished_on: c.at.local_date(),
            duration: took.map(|days| format!("自受理之日起{}个自然日", days.max(1))).unwrap_or_default(),
            summary: if c.note.is_empty() { progress(v) } else { c.note.clone() },
            fees: v.fees.iter().map(|f| format!("{}{}元", f.name, f.amount)).collect::<Vec<_>>().join("；"),
            papers,
            signed: c.signature.as_ref().map(signed).unwrap_or_default(),
        })
    }

    fn notice(&self) -> Option<OneTimeNotice> {
        let v = &self.record.view;
        let last = v.notices.last()?;
        let missing = last.items.iter().map(|i| MissingPaper {
            name: v.materials.iter().find(|m| Some(&m.code) == i.code.as_ref()).map(|m| m.name.clone()).unwrap_or_default(),
            fault: i.what.clone(),
            how: i.how.clone(),
            basis: "事项办事指南".into(),
        });
        let place = if self.center.address.is_empty() { String::new() } else { format!("（{}）", self.center.address) };
        let hotline = format!("{} 政务服务便民热线", kinds::HOTLINE);
        Some(OneTimeNotice {
            missing: missing.collect(),
            until: last.due_at.local_date(),
            channels: format!("{}窗口{place}，或者在线上传", self.center.name),
            inquiry: if self.inquiry.is_empty() || self.inquiry == kinds::HOTLINE {
                hotline
            } else {
                format!("{}（{}），或者{hotline}", self.inquiry, self.center.name)
            },
        })
    }
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
        actual: s.decided_at.map_or_else(|| s.state_label.clone(), |at| date(at.local_date())),
    });
    let milestones = plan.milestones.iter().map(|m| format!("{}（{}）", m.milestone.name, date(m.milestone.due_on)));
    Some(Plan {
        version: 1,
        supporting_unit: plan.supporting_unit.clone().unwrap_or_default(),
        milestones: milestones.collect::<Vec<_>>().join("；"),
        steps: steps.collect(),
        preparation: v.materials.iter().filter(|m| m.submitted_at.is_none() && m.required).map(|m| m.name.as_str()).collect::<Vec<_>>().join("、"),
    })
}

fn deferral(v: &EntrustmentView) -> Option<Deferral> {
    let deferred = v.materials.iter().filter_map(|m| Some(Deferred { name: m.name.clone(), reason: m.note.clone(), due: m.deferred_until? }));
    let papers: Vec<Deferred> = deferred.collect();
    (!papers.is_empty()).then(|| Deferral { papers, promise: String::new(), consequence: String::new() })
}

/// The promise that runs, or rests.
fn promise(v: &EntrustmentView) -> Option<&ClockView> {
    v.clocks.iter().rfind(|c| c.kind == ClockKind::Promise && c.stopped_at.is_none())
}

/// What is left of the promise after a day, in words.
fn left(tx: &mut Tx, v: &EntrustmentView, after: Moment) -> Result<String> {
    let Some(clock) = promise(v) else { return Ok("承诺办理时限自审批部门受理之日起计算，尚未开始".into()) };
    let days = clocks::calendar(tx, after)?.working_days_between(after.local_date(), clock.due_at.local_date());
    Ok(format!("{days}个工作日"))
}

fn suspension(tx: &mut Tx, v: &EntrustmentView) -> Result<Option<Suspension>> {
    let Some(s) = v.suspension.as_ref().filter(|s| s.resumed_at.is_none()) else { return Ok(None) };
    let approved_by = match s.by {
        Some(id) => organization::name_of(tx, id)?,
        None => String::new(),
    };
    Ok(Some(Suspension {
        cause: s.reason.label().into(),
        facts: s.note.clone(),
        from: s.from.local_date(),
        until: s.until.local_date(),
        days_left: left(tx, v, s.from)?,
        resume_when: "中止事由消除后续办，续办日期另行告知。".into(),
        approved_by,
    }))
}

fn resumption(tx: &mut Tx, v: &EntrustmentView) -> Result<Option<Resumption>> {
    let Some((s, resumed)) = v.suspension.as_ref().and_then(|s| Some((s, s.resumed_at?))) else { return Ok(None) };
    let sheet = forms::of_act(tx, v.id, K::Suspension, &s.from.rfc3339())?.map(|f| f.number);
    // The limit of the promise, and no other: a deadline to supply papers is not the matter's.
    let new_due = promise(v).map_or_else(|| "自审批部门受理之日起，按承诺办理时限计算".to_owned(), |c| date(c.due_at.local_date()));
    Ok(Some(Resumption {
        suspension_number: sheet.unwrap_or_default(),
        suspended_on: s.from.local_date(),
        from: resumed.local_date(),
        cause: "中止事由已经消除".into(),
        days_left: left(tx, v, resumed)?,
        new_due,
        next: progress(v),
    }))
}

fn extension(v: &EntrustmentView) -> Option<Extension> {
    let x = v.extension.as_ref().filter(|x| x.due_at.is_some())?;
    let (old_due, new_due) = (x.was_due_at?.local_date(), x.due_at?.local_date());
    Some(Extension {
        limit: ClockKind::Promise.label().into(),
        old_due,
        new_due,
        days: promise(v).map_or_else(|| x.days.to_string(), |c| format!("{}个{}", x.days, c.limit.unit.label_zh())),
        reason: x.reason.clone(),
        progress: progress(v),
    })
}

/// When and how somebody signed the matter itself.
fn signed(s: &Signature) -> String {
    format!("{}，{}", date(s.at.local_date()), s.method.label())
}

fn termination(v: &EntrustmentView) -> Option<Termination> {
    let t = v.termination.as_ref()?;
    let originals = originals(v, "出具时尚未退还");
    let asked_by = match (t.requested_by.as_str(), t.reason) {
        ("applicant", _) => "申请人",
        (_, TerminateReason::ApplicantRequest) => "申请人（代办中心代为登记）",
        _ => "代办中心",
    };
    let over = v.closed_at.map(Moment::local_date);
    let end = match (over, &t.delivery_proof, &t.applicant_signature, &t.center_signature) {
        (Some(on), Some(proof), ..) => End::Served { on, proof: proof.clone() },
        (Some(on), None, Some(applicant), Some(center)) => End::Signed { on, applicant: signed(applicant), center: signed(center) },
        _ => End::Open,
    };
    Some(Termination {
        reason: t.reason.label().into(),
        facts: t.note.clone(),
        asked_by: asked_by.into(),
        progress: progress(v),
        all_back: originals.iter().all(|(_, back)| *back),
        papers: originals.into_iter().map(|(paper, _)| paper).collect(),
        end,
    })
}

/// The originals that were taken in, each with how it stands and whether it is back; what is held and nothing is said of is
/// called as `open` says.
pub fn originals(v: &EntrustmentView, open: &str) -> Vec<(Paper, bool)> {
    let held = v.termination.iter().flat_map(|t| &t.papers_held);
    let told = |m: &MaterialView| match (&m.returned, held.clone().find(|h| h.material == m.code)) {
        (Some(back), _) => format!("已于{}退还", date(back.at.local_date())),
        (None, Some(h)) => {
            let until = h.until.map(|day| format!("{}前退还", date(day)));
            [until.unwrap_or_else(|| "不能退还".into()), h.note.clone()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("；")
        }
        (None, None) => open.to_owned(),
    };
    let paper = |m: &MaterialView| Paper { name: m.name.clone(), form: "原件".into(), count: 1, note: told(m) };
    v.materials.iter().filter(|m| m.original).map(|m| (paper(m), m.returned.is_some())).collect()
}

/// A clause of an agreement's text.
fn clause(text: &str, mark: &str) -> String {
    let found = text.lines().filter_map(|line| line.split_once('、')).find_map(|(_, c)| c.strip_prefix(mark));
    found.unwrap_or_default().trim_end_matches('。').to_owned()
}
