//! What a form says, read off the record: the matter as staff see it in clear, with numbers and telephones masked.

mod matter;
mod origin;
mod relay;

use chrono::NaiveDate;

use super::{
    kinds::{self, Head, Matter, Paper, TakenIn},
    machine::{FormKind as K, Refusal, late},
    printing::{Block, Sheet},
    store::{Personal, PersonalKind},
};
use crate::{
    applicants,
    auth::Actor,
    catalogue,
    db::{Error, Result, Tx},
    entrustments::{
        self, Entrustment, EntrustmentView, MaterialView,
        store::{self as matters, AgreementRow, CustodyRow},
    },
    kernel::{Code as _, Id, Moment, sha256_hex},
    organization::{self, Center},
};
pub use matter::originals;
pub use origin::{Origin, Unit, fallen, joint_fallen, transfer_fallen};
pub use relay::{answer_of_joint, answer_of_transfer};

/// A form drawn up.
pub struct Drawn {
    pub sheet: Sheet,
    /// What it stands for: one act has one valid form.
    pub act: String,
}

/// The record of a matter, as far as its forms need it.
pub struct Record {
    pub view: EntrustmentView,
    agreements: Vec<AgreementRow>,
    custody: Vec<CustodyRow>,
    /// Of a matter with a result: what joint handlings have handed back.
    handed_back: Vec<Paper>,
}

impl Record {
    /// Of a matter, in clear.
    pub fn of(tx: &mut Tx, e: &Entrustment) -> Result<Self> {
        let loaded = entrustments::load_seen(tx, &Actor::system("forms"), e.id.as_str())?;
        let view = entrustments::view(tx, &Actor::system("forms"), loaded)?;
        let handed_back = if view.completion.is_some() { relay::handed_back(tx, &view)? } else { Vec::new() };
        Ok(Self { agreements: matters::agreements(tx, e.id)?, custody: matters::custody(tx, e.id)?, view, handed_back })
    }

    /// What a form of this kind would stand for now; none: the record holds nothing that it could say.
    pub fn act(&self, kind: K, origin: &Origin) -> Option<String> {
        let v = &self.view;
        match kind {
            K::Application => Some("application".into()),
            K::Receipt => Some(mark(v.materials.iter().filter_map(|m| Some(format!("{}@{}", m.code, m.submitted_at?.rfc3339()))))),
            // An agreement is made once: what comes after it amends it.
            K::Agreement => v.agreement.as_ref().filter(|a| a.state != "superseded" && self.amended().is_none()).map(|a| a.text_hash.clone()),
            K::Amendment => self.amended().map(|(now, _)| now.text_hash.clone()),
            K::Plan => v
                .plan
                .as_ref()
                .filter(|_| !v.steps.is_empty())
                .map(|_| mark(v.steps.iter().map(|s| format!("{} {} {} {:?} {:?}", s.code, s.name, s.department, s.planned_start, s.planned_end)))),
            K::OneTimeNotice => v.notices.last().map(|n| n.issued_at.rfc3339()),
            K::DeferralNotice => {
                let deferred: Vec<String> = v.materials.iter().filter_map(|m| Some(format!("{} {}", m.code, m.deferred_until?))).collect();
                (!deferred.is_empty()).then(|| mark(deferred.into_iter()))
            }
            K::Suspension => v.suspension.as_ref().filter(|s| s.resumed_at.is_none()).map(|s| s.from.rfc3339()),
            K::Resumption => v.suspension.as_ref().and_then(|s| s.resumed_at).map(|at| at.rfc3339()),
            K::Extension => v.extension.as_ref().filter(|x| x.due_at.is_some() && x.was_due_at.is_some()).map(|x| x.requested_at.rfc3339()),
            K::DeliveryReceipt => v.completion.as_ref().filter(|c| !self.results(&c.results).is_empty()).map(|c| c.at.rfc3339()),
            K::Completion => v.completion.as_ref().map(|c| c.at.rfc3339()),
            K::Termination => v.termination.as_ref().map(|t| {
                let served = if t.delivery_proof.is_some() { ":served" } else { "" };
                format!("{}{served}", t.requested_at.rfc3339())
            }),
            K::Transfer | K::HandOverList | K::JointRequest | K::ArbitrationDecision | K::Supervision => origin.act(),
            K::TicketApplication
            | K::TicketRecord
            | K::AssignmentSheet
            | K::AssignmentReply
            | K::BatchList
            | K::RegisterRecord
            | K::TriageList
            | K::MonthlyReport => None,
        }
    }

    /// The agreement that now holds or is to be signed, and the one that was signed before it.
    fn amended(&self) -> Option<(&AgreementRow, &AgreementRow)> {
        let now = self.agreements.first().filter(|a| a.state != "superseded")?;
        Some((now, self.agreements.iter().skip(1).find(|a| a.signed_at.is_some())?))
    }

    /// Why there is nothing that a form of this kind could say.
    fn lacks(&self, kind: K) -> Refusal {
        match kind {
            K::Agreement if self.agreements.iter().any(|a| a.signed_at.is_some()) => Refusal::Amend,
            _ => Refusal::NotDue(kind),
        }
    }

    /// The results of a completed matter, whoever obtained them.
    fn results(&self, own: &[String]) -> Vec<Paper> {
        let mut papers = named(own, "办理结果");
        papers.retain(|p| self.handed_back.iter().all(|j| j.name != p.name));
        papers.extend(self.handed_back.iter().cloned());
        papers
    }

    /// The center that had custody at a moment.
    fn custodian_at(&self, at: Moment) -> Id {
        let then = self.custody.iter().rfind(|c| c.from_at <= at).or(self.custody.first());
        then.map_or(self.view.custodian.id, |c| c.center_id)
    }

    /// What of persons may stand in a form.
    pub fn personal(&self) -> Vec<Personal> {
        let v = &self.view;
        let mut all: Vec<(PersonalKind, String)> = vec![
            (PersonalKind::Name, v.contact.name.clone()),
            (PersonalKind::Phone, v.contact.phone.clone()),
            (PersonalKind::Address, v.applicant.address.clone().unwrap_or_default()),
        ];
        if v.applicant.id_type != applicants::IdType::CreditCode.code() {
            all.push((PersonalKind::Name, v.applicant.name.clone()));
            all.push((PersonalKind::IdNumber, v.applicant.id_number.clone()));
        }
        if let Some(agent) = &v.acting_agent {
            all.extend([(PersonalKind::Name, agent.name.clone()), (PersonalKind::Phone, agent.phone.clone())]);
        }
        if let Some(out) = &v.hand_out {
            all.extend([(PersonalKind::Name, out.recipient.clone()), (PersonalKind::Phone, out.phone.clone())]);
            all.push((PersonalKind::Address, out.address.clone().unwrap_or_default()));
        }
        // One character is no name that could be found in a text.
        all.into_iter().filter(|(_, text)| text.chars().count() > 1).map(|(kind, text)| Personal { text, kind }).collect()
    }
}

/// A short mark of several things.
fn mark(parts: impl Iterator<Item = String>) -> String {
    sha256_hex(parts.collect::<Vec<_>>().join("\n").as_bytes()).get(..32).unwrap_or_default().to_owned()
}

/// All that a form is drawn up from.
pub struct Source<'a> {
    record: &'a Record,
    origin: &'a Origin,
    /// The center that issues it, or whose reform office does.
    center: Center,
    matter: Matter,
    head: Head,
    /// Whom to ask.
    inquiry: String,
    /// When it is drawn up.
    now: Moment,
}

impl<'a> Source<'a> {
    /// Of a matter and what the form is about; `number` is the document's.
    pub fn of(tx: &mut Tx, record: &'a Record, origin: &'a Origin, unit: &Unit, number: &str) -> Result<Self> {
        let view = &record.view;
        let center = organization::load(tx, unit.center_id)?;
        let content = catalogue::published_version(tx, view.item_id, view.item_version)?;
        let handler = match origin.handler(view.assignee_id) {
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
            agent: view.acting_agent.as_ref().map(|agent| tx.masking.name(&agent.name)).unwrap_or_default(),
            handler,
            center: match origin.carrier() {
                Some(id) => organization::load(tx, id)?.name,
                None => view.custodian.name.clone(),
            },
            accepted_on: view.acceptance.as_ref().map(|a| a.at.local_date()),
        };
        let phone = |own: &str, item: Option<String>| if own.is_empty() { item.unwrap_or_default() } else { own.to_owned() };
        let head = Head {
            issuer: unit.name(&center),
            document_number: number.to_owned(),
            issued_on: tx.now.local_date(),
            complaint_phone: phone(&phone(&center.phone, content.complaint_phone.clone()), Some(kinds::HOTLINE.into())),
            copies: String::new(),
        };
        let inquiry = phone(&center.phone, content.consultation_phone.or(content.complaint_phone));
        Ok(Self { record, origin, center, matter, head, inquiry, now: tx.now })
    }

    /// Draws up a form; what the record does not hold yet is refused.
    pub fn draw(&self, tx: &mut Tx, kind: K) -> Result<Drawn> {
        let act = self.record.act(kind, self.origin).ok_or_else(|| self.record.lacks(kind))?;
        let sheet = match kind {
            K::Transfer | K::HandOverList | K::JointRequest | K::ArbitrationDecision | K::Supervision => self.of_relay(tx, kind)?,
            _ => self.of_matter(tx, kind)?,
        };
        let mut sheet = sheet.ok_or_else(|| self.record.lacks(kind))?;
        if late(kind, self.record.view.state) {
            sheet.subtitle = Some(format!("{}（补制件）", sheet.subtitle.unwrap_or_default()));
            let text = format!("本件为补制件：出具之日本件“{}”，内容据办件记录，日期为出具日期。", self.record.view.state_label);
            sheet.blocks.push(Block::Note { text });
        }
        Ok(Drawn { sheet, act })
    }

    /// Who took in what came at these moments, by whom it was held then.
    fn taken_in(&self, tx: &mut Tx, moments: impl Iterator<Item = Moment>) -> Result<TakenIn> {
        let mut of: Vec<(Id, NaiveDate)> = moments.map(|at| (self.record.custodian_at(at), at.local_date())).collect();
        of.sort_by_key(|(_, day)| *day);
        of.dedup();
        let elsewhere = of.iter().any(|(center, _)| *center != self.center.id);
        let by = of.into_iter().map(|(center, day)| Ok((organization::load(tx, center)?.name, day)));
        Ok(TakenIn { by: by.collect::<Result<_>>()?, elsewhere })
    }
}

/// Papers of which only the names are known.
fn named(names: &[String], form: &str) -> Vec<Paper> {
    names.iter().map(|name| Paper { name: name.clone(), form: form.into(), count: 1, note: String::new() }).collect()
}

/// What a material was handed in as: originals, copies and files each as what they are.
fn handed_in(m: &MaterialView) -> Vec<Paper> {
    let note = match &m.returned {
        Some(back) => format!("原件已于{}退还", super::printing::date(back.at.local_date())),
        None => m.state_label.clone(),
    };
    let files = u32::try_from(m.attachments.len()).unwrap_or(u32::MAX);
    let handed = [(ORIGINAL, u32::from(m.original)), (COPY, m.copies), (FILE, files)];
    let paper = |(form, count): (&str, u32)| Paper { name: m.name.clone(), form: form.into(), count, note: note.clone() };
    let all: Vec<Paper> = handed.into_iter().filter(|(_, count)| *count > 0).map(paper).collect();
    // Handed in without a word on how: no original, or it would have been taken in as one.
    if all.is_empty() { vec![paper((COPY, 1))] } else { all }
}

/// What was handed in of the checklist.
fn papers_in(v: &EntrustmentView) -> Vec<Paper> {
    v.materials.iter().filter(|m| m.submitted_at.is_some()).flat_map(handed_in).collect()
}

/// What a paper is: the forms in which it is handed in and handed over.
const ORIGINAL: &str = "原件";
const COPY: &str = "复印件";
const FILE: &str = "电子件";

/// What travels with the matter at a moment: what the sender has listed, as what the checklist knows it; what was handed in,
/// where nothing was listed; and in any case the originals that the sender holds, since somebody must answer for them.
fn travelling(v: &EntrustmentView, listed: &[String], at: Moment) -> Vec<Paper> {
    let there = |m: &&MaterialView| m.submitted_at.is_some_and(|given| given <= at);
    let held = |m: &MaterialView| m.original && m.returned.as_ref().is_none_or(|back| back.at > at);
    let rows = |m: &MaterialView| {
        let stays = move |p: &Paper| p.form != ORIGINAL || held(m);
        handed_in(m).into_iter().filter(stays).map(|p| Paper { note: String::new(), ..p }).collect::<Vec<_>>()
    };
    let known = |name: &str| v.materials.iter().filter(there).find(|m| m.name == name);
    let mut all: Vec<Paper> = Vec::new();
    for name in listed {
        match known(name) {
            Some(m) => all.extend(rows(m)),
            None => all.extend(named(std::slice::from_ref(name), told_by(name))),
        }
    }
    let listless = listed.is_empty();
    for m in v.materials.iter().filter(there).filter(|m| !listed.contains(&m.name)) {
        all.extend(rows(m).into_iter().filter(|p| listless || p.form == ORIGINAL));
    }
    all
}

/// What a paper is by its own name; nobody says more of it than was said.
fn told_by(name: &str) -> &'static str {
    [COPY, ORIGINAL, FILE].into_iter().find(|form| name.contains(form)).unwrap_or("未注明")
}

/// How far the steps of the plan have come.
fn progress(v: &EntrustmentView) -> String {
    let done: Vec<String> = v.steps.iter().filter(|s| s.filed_at.is_some()).map(|s| format!("“{}”{}", s.name, s.state_label)).collect();
    if done.is_empty() { "尚未申报。".into() } else { format!("{}。", done.join("；")) }
}

/// Name of a center or of its department.
pub fn unit_name(tx: &mut Tx, center: Id, department: Option<Id>) -> Result<String> {
    match department {
        Some(id) => Ok(organization::department(tx, id)?.ok_or_else(|| Error::Corrupt("department gone".into()))?.name),
        None => Ok(organization::load(tx, center)?.name),
    }
}
