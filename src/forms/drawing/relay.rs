//! Forms of the relay: between centers, departments and who decides.

use super::{Origin, Source, progress, travelling, unit_name};
use crate::{
    clocks::{self, ClockKind},
    db::{Result, Tx},
    entrustments::EntrustmentView,
    forms::{
        kinds::{self, Answer, ArbitrationDecision, HandOver, JointRequest, Leg, Paper, Ruling, Side, Supervision, Transfer},
        machine::FormKind as K,
        printing::{Sheet, date},
    },
    kernel::Code as _,
    organization,
    reminders::store::{self as reminders, Reminder, ReminderRecord},
    routing::{
        arbitration::{
            machine::{ArbitrationCause, DecisionKind},
            store::{self as arbitrations, Arbitration, ArbitrationRecord, Party},
        },
        joint::{
            self,
            machine::JointState,
            store::{self as joints, JointHandling, JointRecord},
        },
        transfers::{
            machine::TransferState,
            store::{self as transfers, Transfer as TransferRow, TransferRecord},
        },
    },
    settings,
};

/// The rule of the relay, as it is cited.
const RULE: &str = "转办多次退回、逾期未答复，或者联办被拒绝、承办中心申请的，由争议各方最近的共同上级代办中心指定承办单位；共同上级是争议一方，或者争议涉及部门职责的，由改革办决定或者提请分管领导决定。";

impl Source<'_> {
    /// The sheet of a kind; none where the record does not hold it.
    pub(super) fn of_relay(&self, tx: &mut Tx, kind: K) -> Result<Option<Sheet>> {
        match self.origin {
            Origin::Matter => Ok(None),
            Origin::Transfer(of) if kind == K::Transfer => self.transfer(tx, &of.0, &of.1).map(Some),
            Origin::Transfer(of) => self.hand_over(tx, &of.0, &of.1).map(Some),
            Origin::Joint(of) => self.joint_request(tx, &of.0, &of.1).map(Some),
            Origin::Arbitration(of) => self.decision(tx, &of.0, &of.1),
            Origin::Reminder(of) => self.supervision(tx, &of.0, &of.1).map(Some),
        }
    }

    fn transfer(&self, tx: &mut Tx, row: &TransferRow, record: &TransferRecord) -> Result<Sheet> {
        let why = record.why.as_ref().map(|w| w.explanation.clone()).unwrap_or_default();
        let view = &self.record.view;
        let form = Transfer {
            from_center: organization::load(tx, row.from_center_id)?.name,
            to_center: organization::load(tx, row.to_center_id)?.name,
            reason: if record.reason.is_empty() { why } else { format!("{}（{why}）", record.reason) },
            progress: progress(view),
            consent: if record.applicant_consent { "申请人已同意转办".into() } else { String::new() },
            answer_by: row.due_at.local_date(),
            days_left: view
                .due_at
                .map(|due| {
                    format!(
                        "{}至{}",
                        view.clocks.iter().find(|c| c.state == "running" && c.due_at == due).map_or("办理时限", |c| c.kind.label()),
                        date(due.local_date())
                    )
                })
                .unwrap_or_default(),
        };
        Ok(kinds::transfer(&self.head, &self.matter, &form))
    }

    fn hand_over(&self, tx: &mut Tx, row: &TransferRow, record: &TransferRecord) -> Result<Sheet> {
        let moved = record.answered_at.unwrap_or(self.now);
        let papers = travelling(&self.record.view, &record.papers, moved);
        let form = HandOver {
            occasion: format!("转办（{}）", row.number),
            giver: organization::load(tx, row.from_center_id)?.name,
            taker: organization::load(tx, row.to_center_id)?.name,
            place: String::new(),
            papers,
        };
        Ok(kinds::hand_over_list(&self.head, &self.matter, &form))
    }

    fn joint_request(&self, tx: &mut Tx, row: &JointHandling, record: &JointRecord) -> Result<Sheet> {
        let codes = row.steps.get()?;
        let limits = clocks::of_record(tx, row.id)?;
        let due_of = |kind: ClockKind| limits.iter().rfind(|c| c.kind == kind).map(|c| c.due_at.local_date());
        let answer_by = due_of(ClockKind::JointAnswer).filter(|_| row.arbitration_id.is_none());
        // The day that was named and not over; else that of the work's own limit, which begins with the answer.
        let finish = match record.due_on.filter(|day| *day > row.created_at.local_date()).or(due_of(ClockKind::Joint)) {
            Some(day) => date(day),
            None => format!("自同意之日起{}内", settings::rules(tx, &self.center.path)?.joint_limit),
        };
        let legs = self.record.view.steps.iter().filter(|s| codes.contains(&s.code)).map(|s| Leg {
            step: s.name.clone(),
            unit: s.department.clone(),
            request: "办理该环节并交回结果".into(),
            answer_by: answer_by.map_or_else(|| "无须函复".into(), date),
            due: finish.clone(),
        });
        let answer = answer_of_joint(tx, row, record)?;
        let form = JointRequest {
            to: joint::carrier_name(tx, row)?,
            reason: record.reason.clone(),
            legs: legs.collect(),
            answer_by,
            answer,
            attachments: record.papers.clone(),
        };
        Ok(kinds::joint_request(&self.head, &self.matter, &form))
    }

    fn decision(&self, tx: &mut Tx, row: &Arbitration, record: &ArbitrationRecord) -> Result<Option<Sheet>> {
        let Some(decision) = record.decisions.last() else { return Ok(None) };
        let parties = row.parties.get()?;
        let said = self.said(tx, row, record, &parties)?;
        let handler = unit_name(tx, decision.center_id, decision.department_id)?;
        // The first party was the custodian; where it named another side, that side has it by now.
        let former = match parties.first() {
            Some(first) => organization::load(tx, first.center_id)?.name,
            None => String::new(),
        };
        let view = &self.record.view;
        let ruling = match decision.kind {
            DecisionKind::Custody => Ruling::Custody { handler, former },
            DecisionKind::Joint => {
                let steps = view.steps.iter().filter(|s| decision.steps.contains(&s.code)).map(|s| (s.name.clone(), s.department.clone()));
                Ruling::Joint { handler, custodian: view.custodian.name.clone(), steps: steps.collect() }
            }
            DecisionKind::Keep => Ruling::Keep { handler },
        };
        let mut facts = vec![format!("因{}，于{}提请指定办理。", row.cause.label(), date(row.created_at.local_date()))];
        facts.extend(said.iter().filter(|s| !s.told.is_empty()).map(|s| s.told.clone()));
        facts.extend(record.new_facts.as_ref().filter(|_| record.decisions.len() > 1).map(|new| format!("复核提出的新事实：{new}。")));
        let mut orders: Vec<String> = Vec::new();
        orders.extend(record.leader.as_ref().map(|leader| format!("本决定经提请{leader}作出。")));
        orders.extend(decision.document_no.as_ref().map(|no| format!("决定文号：{no}。")));
        let form = ArbitrationDecision {
            case_number: row.number.clone(),
            facts: facts.concat(),
            sides: said.into_iter().map(|s| s.side).collect(),
            bound: match self.origin.bound()? {
                Some((center, department)) => unit_name(tx, center, department)?,
                None => String::new(),
            },
            ruling,
            orders: orders.concat(),
            reason: decision.reason.clone(),
            rule: RULE.into(),
            reviewed: record.decisions.len() > 1,
        };
        Ok(Some(kinds::arbitration_decision(&self.head, &self.matter, &form)))
    }

    /// What each side said, and where: in its statements, in the offers and requests it made, in those it did not take.
    fn said(&self, tx: &mut Tx, row: &Arbitration, record: &ArbitrationRecord, parties: &[Party]) -> Result<Vec<Said>> {
        let (mut offers, mut requests) = (Vec::new(), Vec::new());
        if matches!(row.cause, ArbitrationCause::Returned | ArbitrationCause::Expired) {
            for t in transfers::of_matter(tx, row.entrustment_id)?.into_iter().filter(|t| t.created_at <= row.created_at) {
                let said = t.record.open(tx.vault)?;
                offers.push((t, said));
            }
        }
        if let Some(j) = row.joint_handling_id.map(|id| joints::joint_handling(tx, id)).transpose()?.flatten() {
            let said = j.record.open(tx.vault)?;
            requests.push((j, said));
        }
        let mut all = Vec::with_capacity(parties.len());
        for (i, party) in parties.iter().enumerate() {
            let unit = unit_name(tx, party.center_id, party.department_id)?;
            let (mut words, mut sources, mut told) = (Vec::new(), Vec::new(), Vec::new());
            let mut say = |text: &str, source: String| {
                if !text.trim().is_empty() {
                    words.push(text.trim().trim_end_matches('。').to_owned());
                    sources.push(source);
                }
            };
            if i == 0 && row.cause == ArbitrationCause::Asked {
                say(&record.reason, format!("申请\n{}", row.number));
            }
            for (t, of) in &offers {
                let why = if of.reason.is_empty() { of.why.as_ref().map(|w| w.explanation.as_str()).unwrap_or_default() } else { &of.reason };
                if t.from_center_id == party.center_id && party.department_id.is_none() {
                    say(why, format!("转办\n{}", t.number));
                }
                if t.to_center_id == party.center_id && party.department_id.is_none() {
                    say(&of.return_reason, format!("退回转办\n{}", t.number));
                    told.push(match t.state {
                        TransferState::Returned => format!("转办（{}）被{unit}退回。", t.number),
                        _ => format!("转办（{}）{unit}未答复。", t.number),
                    });
                }
            }
            for (j, of) in &requests {
                if i == 0 {
                    say(&of.reason, format!("提请联办\n{}", j.number));
                }
                if j.to_center_id == party.center_id && j.department_id == party.department_id {
                    say(&of.decline_reason, format!("拒绝联办\n{}", j.number));
                    told.push(match j.state {
                        JointState::Declined => format!("提请{unit}联办（{}），{unit}未接受。", j.number),
                        _ => format!("提请{unit}联办（{}），{unit}逾期未答复。", j.number),
                    });
                }
            }
            for case in record.cases.iter().filter(|c| c.party == *party) {
                say(&case.statement, format!("陈述（{}）", date(case.at.local_date())));
            }
            let opinion = if words.is_empty() { "未陈述意见。".to_owned() } else { format!("{}。", words.join("；")) };
            all.push(Said { side: Side { unit, opinion, source: sources.join("\n") }, told: told.concat() });
        }
        Ok(all)
    }

    fn supervision(&self, tx: &mut Tx, row: &Reminder, record: &ReminderRecord) -> Result<Sheet> {
        let earlier = reminders::of_matter(tx, row.entrustment_id)?.iter().filter(|r| r.about_id == row.about_id && r.id <= row.id).count();
        let was_due = self.record.view.due_at.unwrap_or(row.created_at).local_date();
        let late = (row.created_at.local_date() - was_due).num_days();
        let form = Supervision {
            to: record.to_name.clone(),
            responsible: match row.to_user_id {
                Some(id) => organization::name_of(tx, id)?,
                None => String::new(),
            },
            limit: record.subject.clone(),
            was_due,
            overdue: if late > 0 { format!("{late}个自然日") } else { "尚未超期".into() },
            facts: progress(&self.record.view),
            order: record.message.clone(),
            due: row.due_at.local_date(),
            round: u32::try_from(earlier).unwrap_or(1),
        };
        Ok(kinds::supervision(&self.head, &self.matter, &form))
    }
}

/// What the receiver of an offer has answered.
pub fn answer_of_transfer(row: &TransferRow, record: &TransferRecord) -> Answer {
    let day = record.answered_at.unwrap_or(row.updated_at).local_date();
    match row.state {
        TransferState::Offered => Answer::Open,
        TransferState::Accepted => Answer::Taken(day),
        TransferState::Returned => Answer::Refused(day, record.return_reason.clone()),
        TransferState::Recalled => Answer::Recalled,
        TransferState::Expired => Answer::Overdue,
    }
}

/// What whoever was asked to carry steps has answered.
pub fn answer_of_joint(tx: &mut Tx, row: &JointHandling, record: &JointRecord) -> Result<Answer> {
    if let Some(id) = row.arbitration_id {
        return Ok(Answer::Imposed(arbitrations::arbitration(tx, id)?.map(|a| a.number).unwrap_or_default()));
    }
    let day = record.answered_at.map(|at| at.local_date());
    Ok(match (row.state, day) {
        (JointState::Requested, _) => Answer::Open,
        (JointState::Declined, day) => Answer::Refused(day.unwrap_or(row.updated_at.local_date()), record.decline_reason.clone()),
        (JointState::Expired, _) => Answer::Overdue,
        (JointState::Cancelled, None) => Answer::Recalled,
        (JointState::Cancelled, Some(day)) => Answer::Ended(day),
        (_, day) => Answer::Taken(day.unwrap_or(row.updated_at.local_date())),
    })
}

/// What joint handlings have handed back: each paper with the step it came of.
pub fn handed_back(tx: &mut Tx, view: &EntrustmentView) -> Result<Vec<Paper>> {
    let mut papers = Vec::new();
    for row in joints::of_matter(tx, view.id)? {
        let by = joint::carrier_name(tx, &row)?;
        for result in row.record.open(tx.vault)?.results {
            let step = view.steps.iter().find(|s| s.code == result.step).map_or(result.step.as_str(), |s| s.name.as_str());
            let note = format!("{by}联办“{step}”，{}交回", date(result.at.local_date()));
            papers.extend(result.papers.iter().map(|name| Paper { name: name.clone(), form: "办理结果".into(), count: 1, note: note.clone() }));
        }
    }
    Ok(papers)
}

/// What a side said, and what is told of it among the facts.
struct Said {
    side: Side,
    told: String,
}
