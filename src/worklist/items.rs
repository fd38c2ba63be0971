//! How a record of any kind is shown in the worklist.

use super::service::{WorkItem, WorkKind};
use crate::{
    access::{self, Entry},
    assessments::{self, store::Assessment},
    auth::{Actor, Scope},
    batches,
    consultations::{self, Consultation},
    db::{Result, Tx},
    entrustments, evaluations,
    follow_ups::{self, FollowUp},
    hotline,
    kernel::{Code, Id},
    knowledge,
    meetings::{
        self,
        store::{Meeting, Resolution},
    },
    organization::{self, Department},
    precedents::{self, store::Precedent},
    projects, reminders,
    return_visits::{self, ReturnVisit},
    routing,
    sheets::{
        self,
        store::{Rung, Sheet},
    },
    supervision::{self, Supervision},
    tickets, visits,
};

/// What a record is called.
enum About {
    /// As its matter is.
    Matter(Id),
    /// By itself: a visit may be about no matter, a project or a meeting is about many.
    Title(String),
}

/// What is shown of a record, whatever kind it is.
struct Head {
    id: Id,
    about: About,
    number: String,
    state: &'static str,
    state_label: &'static str,
    version: i64,
}

impl Head {
    fn new(id: Id, number: String, about: About, state: impl Code, version: i64) -> Self {
        Self { id, about, number, state: state.code(), state_label: state.label(), version }
    }
}

fn name_of(departments: &[Department], id: Id) -> &str {
    departments.iter().find(|d| d.id == id).map_or("", |d| d.name.as_str())
}

/// One query for each kind that is there.
fn heads(tx: &mut Tx, actor: &Actor, kind: WorkKind, ids: &[Id]) -> Result<Vec<Head>> {
    use About::{Matter, Title};
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(match kind {
        WorkKind::Entrustment => {
            let rows = entrustments::store::entrustments_by_id(tx, ids)?;
            rows.into_iter().map(|m| Head::new(m.id, m.number, Title(m.title), m.state, m.version)).collect()
        }
        WorkKind::Transfer => {
            let rows = routing::transfers::store::transfers_by_id(tx, ids)?;
            rows.into_iter().map(|t| Head::new(t.id, t.number, Matter(t.entrustment_id), t.state, t.version)).collect()
        }
        WorkKind::JointHandling => {
            let rows = routing::joint::store::joint_handlings_by_id(tx, ids)?;
            rows.into_iter().map(|j| Head::new(j.id, j.number, Matter(j.entrustment_id), j.state, j.version)).collect()
        }
        WorkKind::Arbitration => {
            let rows = routing::arbitration::store::arbitrations_by_id(tx, ids)?;
            rows.into_iter().map(|a| Head::new(a.id, a.number, Matter(a.entrustment_id), a.state, a.version)).collect()
        }
        WorkKind::Reminder => {
            let rows = reminders::store::reminders_by_id(tx, ids)?;
            rows.into_iter().map(|r| Head::new(r.id, r.number, Matter(r.entrustment_id), r.state, r.version)).collect()
        }
        WorkKind::Supervision => {
            let rows = supervision::store::supervisions_by_id(tx, ids)?;
            let title = |s: &Supervision| Title(s.about_number.as_ref().map_or_else(|| s.reason.label().to_owned(), |n| format!("{}：{n}", s.reason.label())));
            rows.into_iter().map(|s| Head::new(s.id, s.number.clone(), title(&s), s.state, s.version)).collect()
        }
        WorkKind::HomeVisit => {
            let rows = visits::store::visits_by_id(tx, ids)?;
            let title = |reason: visits::VisitReason| Title(format!("上门服务（{}）", reason.label()));
            rows.into_iter().map(|v| Head::new(v.id, v.number, title(v.reason), v.state, v.version)).collect()
        }
        WorkKind::Project => {
            let rows = projects::store::projects_by_id(tx, ids)?;
            rows.into_iter().map(|p| Head::new(p.id, p.number, Title(p.name), p.state, p.version)).collect()
        }
        WorkKind::KnowledgeArticle => {
            let rows = knowledge::store::articles_by_id(tx, ids)?;
            rows.into_iter().map(|a| Ok(Head::new(a.id, a.number.clone(), Title(knowledge::title_of(tx, &a)?), a.state, a.version))).collect::<Result<_>>()?
        }
        WorkKind::Consultation => {
            // What was asked may name somebody: who reads no words reads what it is about.
            let sights = access::sights(tx, &Scope::of(actor, "consultation"), ids)?;
            let rows = consultations::store::consultations_by_id(tx, ids)?;
            let title = |c: &Consultation| -> Result<String> {
                let reads = sights.get(&c.id).is_some_and(|s| s.words) && !c.confidential;
                if reads { consultations::title_of(tx, c) } else { Ok(c.theme.label().to_owned()) }
            };
            rows.iter().map(|c| Ok(Head::new(c.id, c.number.clone(), Title(title(c)?), c.state, c.version))).collect::<Result<_>>()?
        }
        WorkKind::FallbackTicket => {
            let rows = tickets::store::tickets_by_id(tx, ids)?;
            rows.into_iter()
                .map(|t| Ok(Head::new(t.id, t.number.clone(), Title(tickets::title_of(tx, actor, &t)?), t.state, t.version)))
                .collect::<Result<_>>()?
        }
        WorkKind::TicketBatch => {
            let rows = batches::store::batches_by_id(tx, ids)?;
            rows.into_iter().map(|b| Head::new(b.id, b.number, Title(format!("{}月提请批次", b.month)), b.state, b.version)).collect()
        }
        WorkKind::ReturnVisit => {
            let rows = return_visits::store::visits_by_id(tx, ids)?;
            let of = tickets::store::tickets_by_id(tx, &rows.iter().filter_map(|v| v.ticket_id).collect::<Vec<_>>())?;
            let matters = entrustments::store::entrustments_by_id(tx, &rows.iter().filter_map(|v| v.entrustment_id).collect::<Vec<_>>())?;
            let title = |v: &ReturnVisit| -> Result<About> {
                let ticket = of.iter().find(|t| Some(t.id) == v.ticket_id).map(|t| tickets::title_of(tx, actor, t)).transpose()?;
                let matter = || matters.iter().find(|e| Some(e.id) == v.entrustment_id).map(|e| e.title.clone());
                Ok(Title(format!("回访：{}", ticket.or_else(matter).unwrap_or_default())))
            };
            rows.iter().map(|v| Ok(Head::new(v.id, v.number.clone(), title(v)?, v.state, v.version))).collect::<Result<_>>()?
        }
        WorkKind::FollowUp => {
            let rows = follow_ups::store::follow_ups_by_id(tx, ids)?;
            let rated = evaluations::store::evaluations_by_id(tx, &rows.iter().map(|f| f.evaluation_id).collect::<Vec<_>>())?;
            let of = |f: &FollowUp| rated.iter().find(|e| e.id == f.evaluation_id).map_or("", |e| e.title.as_str());
            let title = |f: &FollowUp| Title(format!("差评整改（{}）：{}", f.grade.label(), of(f)));
            rows.iter().map(|f| Head::new(f.id, f.number.clone(), title(f), f.state, f.version)).collect()
        }
        WorkKind::Assessment => {
            let rows = assessments::store::assessments_by_id(tx, ids)?;
            let title = |a: &Assessment| Title(format!("考评（{}）：{} 起", a.subject_kind.label(), a.from_on));
            rows.into_iter().map(|a| Head::new(a.id, a.number.clone(), title(&a), a.state, a.version)).collect()
        }
        WorkKind::HotlineOrder => {
            let rows = hotline::store::orders_by_id(tx, ids)?;
            let title = |o: &hotline::Order| Title(format!("热线工单（{}）：{}", o.order_type.label(), o.external_number));
            rows.into_iter().map(|o| Head::new(o.id, o.number.clone(), title(&o), o.state, o.version)).collect()
        }
        WorkKind::Precedent => {
            let rows = precedents::store::precedents_by_id(tx, ids)?;
            let title = |p: &Precedent| Title(format!("案例审核（{}）", p.category.label()));
            rows.into_iter().map(|p| Head::new(p.id, p.number.clone(), title(&p), p.state, p.version)).collect()
        }
        WorkKind::Meeting => {
            let rows = meetings::store::meetings_by_id(tx, ids)?;
            let title = |m: &Meeting| -> Result<About> { Ok(Title(format!("{}：{}", m.kind.label(), m.details.open(tx.vault)?.title))) };
            rows.into_iter().map(|m| Ok(Head::new(m.id, m.number.clone(), title(&m)?, m.state, m.version))).collect::<Result<_>>()?
        }
        WorkKind::Resolution => {
            let rows = meetings::store::resolutions_by_id(tx, ids)?;
            let title = |r: &Resolution| -> Result<About> {
                let beginning: String = r.details.open(tx.vault)?.content.chars().take(60).collect();
                Ok(Title(format!("会议决议：{beginning}")))
            };
            rows.into_iter().map(|r| Ok(Head::new(r.id, r.number.clone(), title(&r)?, r.state, r.version))).collect::<Result<_>>()?
        }
        WorkKind::AssignmentSheet => {
            let rows = sheets::store::sheets_by_id(tx, ids)?;
            let departments = organization::store::departments_by_id(tx, &rows.iter().map(|s| s.department_id).collect::<Vec<_>>())?;
            let title = |s: &Sheet| Title(format!("{}交办单：{}", s.role().label(), name_of(&departments, s.department_id)));
            rows.into_iter().map(|s| Head::new(s.id, s.number.clone(), title(&s), s.state, s.version)).collect()
        }
        WorkKind::LadderRung => {
            let rows = sheets::store::rungs_by_id(tx, ids)?;
            let departments = organization::store::departments_by_id(tx, &rows.iter().map(|r| r.department_id).collect::<Vec<_>>())?;
            let of = sheets::store::sheets_by_id(tx, &rows.iter().map(|r| r.sheet_id).collect::<Vec<_>>())?;
            let number = |r: &Rung| of.iter().find(|s| s.id == r.sheet_id).map(|s| sheets::rung_number(&s.number, r.rung)).unwrap_or_default();
            let title = |r: &Rung| Title(format!("{}：{}", r.rung.label(), name_of(&departments, r.department_id)));
            rows.iter().map(|r| Head::new(r.id, number(r), title(r), r.state, r.version)).collect()
        }
    })
}

/// The items, in the order in which they were found.
pub(super) fn of(tx: &mut Tx, actor: &Actor, found: &[(WorkKind, Entry)]) -> Result<Vec<WorkItem>> {
    let mut all = Vec::with_capacity(found.len());
    for kind in WorkKind::ALL {
        let ids: Vec<Id> = found.iter().filter(|(of, _)| of == kind).map(|(_, e)| e.record).collect();
        all.extend(heads(tx, actor, *kind, &ids)?);
    }
    let matters: Vec<Id> = all.iter().filter_map(|head| if let About::Matter(id) = head.about { Some(id) } else { None }).collect();
    let matters = entrustments::store::entrustments_by_id(tx, &matters)?;
    let item = |(kind, e): &(WorkKind, Entry)| {
        let head = all.iter().find(|head| head.id == e.record)?;
        let title = match &head.about {
            About::Title(title) => title.clone(),
            About::Matter(id) => matters.iter().find(|m| m.id == *id)?.title.clone(),
        };
        Some(WorkItem {
            kind: *kind,
            kind_label: kind.label().into(),
            id: head.id,
            number: head.number.clone(),
            title,
            state: head.state.into(),
            state_label: head.state_label.into(),
            due_at: e.due_at.known(),
            overdue: e.due_at <= tx.now,
            version: head.version,
        })
    };
    Ok(found.iter().filter_map(item).collect())
}
