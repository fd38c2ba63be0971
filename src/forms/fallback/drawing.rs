//! Facts of a ticket, an assignment sheet and a batch, for their forms.

use super::{
    subject::Of,
    veils::{Veiled, Veils, What},
};
use crate::{
    applicants,
    batches::{self, Batch, machine::BatchState},
    db::{Result, Tx},
    entrustments,
    forms::{
        kinds::{self, Asking, AssignmentSheet, BatchList, BatchRow, Head, RecordRow, RegisterRecord, Replied, TicketApplication},
        machine::{FormKind as K, Refusal},
        printing::{Sheet, date},
        store::FormSignature,
    },
    kernel::{Code as _, Id, Moment, sha256_hex},
    organization::{self, Center},
    sheets::{self, store::Sheet as Row},
    tickets::{self, ContactPurpose, Opened, Ticket, machine::TicketState},
};

/// A form drawn up.
pub struct Drawn {
    /// The text.
    pub sheet: Sheet,
    /// What it stands for: the series whose former form it takes the place of, and what of it is new.
    pub act: String,
    /// What of it is not everybody's to read.
    pub veiled: Vec<Veiled>,
    /// Who signs `applicant_1`, `applicant_2` …
    pub callers: Vec<Id>,
    /// Who has signed the record itself, and so the form.
    pub signatures: Vec<FormSignature>,
    /// Which register it tells.
    pub subject: String,
}

impl Drawn {
    /// Without signatures, of one record.
    pub fn new(sheet: Sheet, act: String, veils: Veils) -> Self {
        Self { sheet, act, veiled: veils.0, callers: Vec::new(), signatures: Vec::new(), subject: String::new() }
    }
}

/// The series of an act: of two forms of one series the later takes the place of the former.
pub fn series(act: &str) -> &str {
    act.split('#').next().unwrap_or(act)
}

/// A short mark of several things.
pub fn mark(parts: &[&str]) -> String {
    sha256_hex(parts.join("\n").as_bytes()).get(..24).unwrap_or_default().to_owned()
}

/// What a form of this kind would stand for now; none: what it is about holds nothing that it could say.
pub fn act(tx: &mut Tx, of: &Of, kind: K) -> Result<Option<String>> {
    if !of.due(kind) {
        return Ok(None);
    }
    Ok(match (kind, of) {
        (K::TicketApplication, Of::Ticket(t)) => {
            let asking: Vec<&str> = t.asking().map(|c| c.id.as_str()).collect();
            let d = &t.details;
            (!asking.is_empty()).then(|| format!("application#{}", mark(&[&d.title, &d.situation, &d.request, &asking.join(" ")])))
        }
        (K::TicketRecord, Of::Ticket(t)) => Some(format!("record#{}", t.row.version)),
        (K::AssignmentSheet, Of::Sheet(s)) => s.0.issued_at.map(|at| format!("{}:issued#{}", s.0.id, at.rfc3339())),
        (K::AssignmentReply, Of::Sheet(s)) => {
            let said = opinions(&s.1, s.0.round).count();
            s.0.replied_at.map(|at| format!("{}:replied#{}:{said}", s.0.id, at.rfc3339()))
        }
        (K::BatchList, Of::Batch(b)) => (!batches::store::items(tx, b.0.id)?.is_empty()).then(|| {
            // What went to the government stays what it was; what came back is told by a list of its own.
            let series = if b.0.state == BatchState::Decided { "decided" } else { "list" };
            format!("{series}#{}", b.0.version)
        }),
        _ => None,
    })
}

/// Draws a form up; what the record does not hold is refused.
pub fn draw(tx: &mut Tx, of: &Of, kind: K, head: &Head) -> Result<Drawn> {
    let act = act(tx, of, kind)?.ok_or(Refusal::NotDue(kind))?;
    match (kind, of) {
        (K::TicketApplication, Of::Ticket(t)) => application(tx, t, head, act),
        (K::TicketRecord, Of::Ticket(t)) => {
            let mut veils = Veils::default();
            let departments: Vec<Id> = t.departments.iter().map(|d| d.department_id).collect();
            let charged = sheets::store::of_ticket(tx, t.row.id)?;
            let rows = vec![record_row(tx, &t.row, &departments, &charged, &mut veils)?];
            let form = RegisterRecord { whole: false, of: t.row.number.clone(), rows };
            Ok(Drawn::new(kinds::register_record(head, &form), act, veils))
        }
        (K::AssignmentSheet | K::AssignmentReply, Of::Sheet(s)) => assignment(tx, &s.0, &s.1, kind == K::AssignmentReply, head, act),
        (K::BatchList, Of::Batch(b)) => batch(tx, &b.0, &b.1, head, act),
        _ => Err(Refusal::NotDue(kind).into()),
    }
}

fn day(at: Moment) -> String {
    date(at.local_date())
}

/// The day that a record keeps as text.
fn civil(day: &str) -> String {
    day.parse().map_or_else(|_| day.to_owned(), date)
}

fn names(tx: &mut Tx, departments: &[Id]) -> Result<Vec<(Id, String)>> {
    Ok(organization::store::departments_by_id(tx, departments)?.into_iter().map(|d| (d.id, d.name)).collect())
}

fn application(tx: &mut Tx, t: &Opened, head: &Head, act: String) -> Result<Drawn> {
    let (mut veils, id) = (Veils::default(), t.row.id);
    let asking: Vec<_> = t.asking().cloned().collect();
    let mut callers = Vec::with_capacity(asking.len());
    for (i, c) in asking.iter().enumerate() {
        let record = c.applicant_id.map(|id| applicants::store::applicant(tx, id)).transpose()?.flatten();
        let id_number = match record {
            Some(row) => {
                let shown = applicants::show(tx, &row, crate::access::Sight::CLEAR)?;
                // A credit code is public; a person's number never stands in full on what others carry about.
                if shown.id_type == applicants::IdType::CreditCode.code() { shown.id_number } else { tx.masking.id_number(&shown.id_number) }
            }
            None => String::new(),
        };
        let (name, phone) = (c.name.open(tx.vault)?, tx.masking.phone(&c.phone.open(tx.vault)?));
        callers.push(Asking {
            place: format!("applicant_{}", i + 1),
            name: veils.caller(id, c, What::Name, &name),
            id_number: veils.caller(id, c, What::IdNumber, &id_number),
            phone: veils.caller(id, c, What::Phone, &phone),
        });
    }
    let d = &t.details;
    let departments: Vec<Id> = t.departments.iter().map(|d| d.department_id).collect();
    let departments: Vec<String> = names(tx, &departments)?.into_iter().map(|(_, name)| name).collect();
    let matter = match t.row.entrustment_id {
        Some(id) => entrustments::store::entrustment(tx, id)?.map(|e| e.number).unwrap_or_default(),
        None => String::new(),
    };
    let form = TicketApplication {
        number: t.row.number.clone(),
        registered: civil(&t.row.registered_on),
        channel: t.row.channel.label().into(),
        category: t.row.category.label().into(),
        callers,
        title: veils.words(Some(id), &d.title),
        situation: veils.words(Some(id), &d.situation),
        request: veils.words(Some(id), &d.request),
        departments: departments.join("、"),
        matter,
        center: t.center.name.clone(),
    };
    let callers = asking.iter().map(|c| c.id).collect();
    Ok(Drawn { callers, ..Drawn::new(kinds::ticket_application(head, &form), act, veils) })
}

/// What was said in a round of a ticket to what came back.
fn opinions(t: &Opened, round: i32) -> impl Iterator<Item = &tickets::TicketContact> {
    t.contacts.iter().filter(move |c| c.round == round && c.purpose == ContactPurpose::Feedback)
}

fn assignment(tx: &mut Tx, row: &Row, t: &Opened, reply: bool, head: &Head, act: String) -> Result<Drawn> {
    let mut veils = Veils::default();
    let d = row.details.open(tx.vault)?;
    let lead = match row.lead_id {
        Some(id) => sheets::store::sheet(tx, id)?.unwrap_or_else(|| row.clone()),
        None => row.clone(),
    };
    let mut assisting = sheets::store::assisting(tx, lead.id)?;
    assisting.retain(|s| s.issued_at.is_some() && (s.state.is_open() || s.state == sheets::machine::SheetState::Confirmed));
    let all: Vec<Id> = assisting.iter().chain([&lead, row]).map(|s| s.department_id).collect();
    let named = names(tx, &all)?;
    let name = |id: Id| named.iter().find(|(d, _)| *d == id).map(|(_, name)| name.clone()).unwrap_or_default();
    let own = row.lead_id.is_some().then(|| name(row.department_id));
    let responsible = d.responsible.as_ref().map(|r| {
        veils.person(What::Name, &r.name);
        // It is the office's.
        let phone = veils.person(What::Phone, &r.phone);
        [r.name.as_str(), r.post.as_str(), phone.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("　")
    });
    let due = row.due_at.known().map(day).unwrap_or_default();
    let mut signatures = Vec::new();
    if let Some(s) = &d.leader {
        let who = signer(tx, &s.name, s.by)?;
        veils.person(What::Name, &who);
        let by = s.by;
        signatures.push(FormSignature {
            place: "leader".into(),
            who,
            how: "签发交办单".into(),
            evidence: String::new(),
            at: s.at,
            by,
            code_told_by: None,
            statement: None,
        });
    }
    let asking: Vec<_> = t.asking().filter(|_| reply && row.lead_id.is_none()).cloned().collect();
    let replied = if reply {
        if let Some(s) = &d.signed {
            let who = format!("{}　{}", name(row.department_id), signer(tx, &s.name, s.by)?);
            veils.person(What::Name, &signer(tx, &s.name, s.by)?);
            let by = s.by;
            signatures.push(FormSignature {
                place: "responsible".into(),
                who,
                how: "办复签字".into(),
                evidence: String::new(),
                at: s.at,
                by,
                code_told_by: None,
                statement: None,
            });
        }
        let said = |c: &tickets::TicketContact| {
            let caller = asking.iter().position(|a| a.id == c.caller_id).filter(|_| asking.len() > 1).map(|i| format!("申请人{}：", i + 1)).unwrap_or_default();
            format!("{caller}{}（{}，{}）", c.outcome.label(), c.way.label(), day(c.contacted_at))
        };
        let opinions = match row.lead_id {
            Some(_) => vec![format!("见牵头部门的交办单（{}）。", lead.number)],
            None => opinions(t, row.round).map(said).collect(),
        };
        let on = row.replied_at.map(day).unwrap_or_default();
        Some(Replied {
            result: format!("{}（{on}办复）", d.result.map_or("", |r| r.label())),
            report: veils.told(None, &d.report),
            opinions,
            callers: (1..=asking.len()).map(|i| format!("applicant_{i}")).collect(),
        })
    } else {
        None
    };
    for c in &asking {
        let name = c.name.open(tx.vault)?;
        veils.caller(t.row.id, c, What::Name, &name);
    }
    let form = AssignmentSheet {
        number: row.number.clone(),
        ticket: t.row.number.clone(),
        issued: row.issued_at.map(day).unwrap_or_default(),
        lead: name(lead.department_id),
        assisting: assisting.iter().map(|s| name(s.department_id)).collect(),
        assists: own,
        due,
        responsible: responsible.unwrap_or_default(),
        matter: veils.words(None, &d.matter),
        determination: veils.words(None, &d.determination),
        replied,
    };
    let callers = asking.iter().map(|c| c.id).collect();
    Ok(Drawn { callers, signatures, ..Drawn::new(kinds::assignment_sheet(head, &form), act, veils) })
}

/// The name that stands on a sheet.
fn signer(tx: &mut Tx, name: &str, by: Option<Id>) -> Result<String> {
    match by {
        Some(id) if name.is_empty() => organization::name_of(tx, id),
        _ => Ok(name.to_owned()),
    }
}

/// A ticket as a row of a 记录表.
pub fn record_row(tx: &mut Tx, t: &Ticket, departments: &[Id], charged: &[Row], veils: &mut Veils) -> Result<RecordRow> {
    let (d, own) = (t.details.open(tx.vault)?, Some(t.id));
    let all: Vec<Id> = departments.iter().copied().chain(charged.iter().map(|s| s.department_id)).collect();
    let named = names(tx, &all)?;
    let name = |id: Id| named.iter().find(|(d, _)| *d == id).map(|(_, name)| name.as_str()).unwrap_or_default();
    let registered = format!("{}通过{}登记。", civil(&t.registered_on), t.channel.label());
    // What happened when: told in the order of days, whatever round it belongs to.
    let mut course: Vec<(Moment, String)> = Vec::new();
    course.extend(t.triaged_at.and_then(|at| Some((at, format!("{}分类为{}。", day(at), t.tier?.label())))));
    for meeting in d.rounds.iter().filter_map(|past| past.coordination.as_ref()).chain(&d.coordination) {
        let outcome = meeting.outcome.as_ref().map(|o| format!("：{}", veils.words(own, o))).unwrap_or_default();
        course.push((meeting.held_at, format!("{}召开部门协调会{outcome}", day(meeting.held_at))));
    }
    if let Some(decision) = &d.decision {
        let no = decision.document_no.as_ref().map(|no| format!("（{no}）")).unwrap_or_default();
        course.push((decision.at, format!("{}经政府研究决定{no}。", day(decision.at))));
    }
    for s in charged {
        let Some(issued) = s.issued_at else { continue };
        let steps = [(s.issued_at, "交办"), (s.signed_in_at, "签收"), (s.returned_at, "退回"), (s.replied_at, "办复")];
        let steps: Vec<String> = steps.into_iter().filter_map(|(at, what)| at.map(|at| format!("{}{what}", day(at)))).collect();
        course.push((issued, format!("{}（{}）：{}。", name(s.department_id), s.number, steps.join("，"))));
    }
    for upheld in d.rounds.iter().filter_map(|past| past.upheld.as_ref()) {
        course.push((upheld.at, format!("{}挂账：{}。", day(upheld.at), upheld.reason.label())));
    }
    course.extend(d.reviews.iter().map(|review| (review.at, format!("{}改革办复核。", day(review.at)))));
    for past in &d.rounds {
        course.push((past.until, format!("{}{}，第{}轮办理结束，重新办理。", day(past.until), past.ended.label(), past.round)));
    }
    if let Some(proposal) = &d.inadmissible {
        let at = proposal.confirmed_at.unwrap_or(proposal.at);
        course.push((at, format!("{}不予受理：{}。", day(at), proposal.reason.label())));
    }
    course.sort_by_key(|(at, _)| *at);
    let course: Vec<String> = std::iter::once(registered).chain(course.into_iter().map(|(_, text)| text)).collect();
    let mut result = vec![t.state.label().to_owned()];
    result.extend(t.cleared_at.filter(|_| t.state == TicketState::Cleared).map(|at| format!("{}申请人满意，予以销号。", day(at))));
    result.extend(d.settlement.iter().map(|s| veils.told(own, &s.words)));
    result.extend(d.decision.iter().map(|s| veils.words(own, &s.words)));
    result.extend(d.outcome.iter().map(|s| veils.told(own, &s.words)));
    if let Some(upheld) = &d.upheld {
        result.push(format!("挂账：{}。{}", upheld.reason.label(), veils.told(own, &upheld.explanation)));
    }
    let mut said = Vec::new();
    for text in [&d.title, &d.situation, &d.request] {
        said.push(veils.words(own, &tickets::for_others(tx, t, text)?));
    }
    let labelled = said.iter().zip(["", "", "诉求："]).filter(|(text, _)| !text.is_empty()).map(|(text, label)| format!("{label}{text}"));
    Ok(RecordRow {
        time: format!("{}\n{}", civil(&t.registered_on), t.number),
        departments: named.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join("\n"),
        situation: format!("【{}】\n{}", t.category.label(), labelled.collect::<Vec<_>>().join("\n")),
        course: course.join("\n"),
        result: result.join("\n"),
    })
}

fn batch(tx: &mut Tx, row: &Batch, center: &Center, head: &Head, act: String) -> Result<Drawn> {
    let mut veils = Veils::default();
    let d = row.details.open(tx.vault)?;
    let items = batches::store::items(tx, row.id)?;
    let ids: Vec<Id> = items.iter().map(|i| i.ticket_id).collect();
    let rows = tickets::store::tickets_by_id(tx, &ids)?;
    let concerned = tickets::store::departments(tx, &ids)?;
    let named = names(tx, &concerned.iter().map(|c| c.department_id).collect::<Vec<_>>())?;
    let mut told = Vec::with_capacity(items.len());
    for item in &items {
        let Some(t) = rows.iter().find(|t| t.id == item.ticket_id) else { continue };
        let td = t.details.open(tx.vault)?;
        let own = Some(t.id);
        let departments: Vec<&str> = concerned
            .iter()
            .filter(|c| c.ticket_id == t.id)
            .filter_map(|c| named.iter().find(|(id, _)| *id == c.department_id).map(|(_, name)| name.as_str()))
            .collect();
        // The batch's own view tells the title and what was decided; the rest is the ticket's.
        let mut said = Vec::new();
        for (of, text) in [(None, &td.title), (own, &td.situation), (own, &td.request)] {
            said.push(veils.words(of, &tickets::for_others(tx, t, text)?));
        }
        let labelled = said.iter().zip(["", "", "诉求："]).filter(|(text, _)| !text.is_empty()).map(|(text, label)| format!("{label}{text}"));
        let decision = match &item.decision {
            Some(decision) => {
                let words = veils.words(None, &decision.open(tx.vault)?);
                item.decided_at.map_or(words.clone(), |at| format!("{words}\n（{}）", day(at)))
            }
            None if row.state == BatchState::Decided => t.state.label().to_owned(),
            None => "　".into(),
        };
        told.push(BatchRow {
            number: format!("{}\n【{}】", t.number, t.category.label()),
            departments: departments.join("\n"),
            problem: labelled.collect::<Vec<_>>().join("\n"),
            decision,
        });
    }
    let decided = items.iter().any(|i| i.decision.is_some());
    let month = row.month.split_once('-').map_or_else(|| row.month.clone(), |(y, m)| format!("{y}年{}月", m.trim_start_matches('0')));
    let form = BatchList {
        number: row.number.clone(),
        month,
        government: format!("{}人民政府", center.division_name),
        summary: veils.words(None, &d.summary),
        document_no: d.document_no,
        decision_no: d.decision_no,
        rows: told,
        decided,
    };
    Ok(Drawn::new(kinds::batch_list(head, &form), act, veils))
}
