//! Who carries a matter: chosen by skill and load, pulled from the center's queue, or taken over with a whole portfolio.
//! Nothing goes to another center, to somebody who is away, or beyond a capacity.

use std::collections::{HashMap, hash_map::Entry};

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    handling::assign_loaded,
    load::{self, Loaded, load_for},
    machine::{self, Action, State},
    store,
    views::{EntrustmentView, view},
};
use crate::{
    access::{self, Load},
    auth::{
        Actor, Role,
        policy::{self, subject},
        store as accounts,
    },
    catalogue::{self, published_version},
    db::{Error, Result, Tx, dialect},
    kernel::{Code as _, ErrorCode, Id, Problem, Target, Text},
    organization::{
        self, Center,
        team::{self, ProfileView},
    },
};

/// An agent with what they carry.
struct Candidate {
    id: Id,
    name: String,
    title: String,
    employment: String,
    profile: ProfileView,
    load: Load,
}

impl Candidate {
    fn is_free(&self) -> bool {
        !self.profile.absent && self.load.open < i64::from(self.profile.capacity)
    }

    /// 0: knows the theme; 1: knows all alike; 2: knows others.
    fn tier(&self, theme: &str) -> u8 {
        match self.profile.skills.as_slice() {
            [] => 1,
            skills if !theme.is_empty() && skills.iter().any(|s| s == theme) => 0,
            _ => 2,
        }
    }
}

const OPEN: fn() -> Vec<&'static str> = || State::ALL.iter().filter(|s| !s.is_final()).map(|s| s.code()).collect();

fn candidates(tx: &mut Tx, center: Id) -> Result<Vec<Candidate>> {
    let agents = team::agents(tx, center)?;
    let subjects: Vec<String> = agents.iter().map(|(u, _)| subject::user(u.id.as_str())).collect();
    let loads = access::loads(tx, "entrustment", &subjects, &OPEN())?;
    agents
        .into_iter()
        .map(|(user, profile)| {
            let own = subject::user(user.id.as_str());
            let load = loads.iter().find(|l| l.subject == own).cloned().unwrap_or_default();
            Ok(Candidate { id: user.id, name: user.display_name.open(tx.vault)?, title: user.title, employment: user.employment, profile, load })
        })
        .collect()
}

/// The best-fitting free agent: of those who know the theme, else of those who know all alike, else of the others; among
/// them who carries least of what they can, and who got one longest ago.
fn choose<'a>(candidates: &'a [Candidate], theme: &str) -> Option<&'a Candidate> {
    let share = |c: &Candidate| c.load.open * 10_000 / i64::from(c.profile.capacity.max(1));
    candidates.iter().filter(|c| c.is_free()).min_by_key(|c| (c.tier(theme), share(c), c.load.newest.clone(), c.id))
}

fn theme_of(tx: &mut Tx, loaded: &Loaded) -> Result<String> {
    Ok(published_version(tx, loaded.e.item_id, loaded.e.item_version)?.theme)
}

fn nobody(loaded: &Loaded, actor: &Actor) -> Problem {
    loaded.refused(actor, Problem::new(ErrorCode::StateConflict, Text::new("本中心的专员都不在岗或者已满负荷。", "Every agent of the center is away or full.")))
}

/// Names the agent by skill and load.
pub fn assign_by_load(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Assign, target)?;
    loaded.decide(actor, Action::Assign)?;
    // One at a time for each center: two would choose the same agent.
    dialect::lock_root(tx.conn, "centers", loaded.custodian.id.as_str())?;
    let theme = theme_of(tx, &loaded)?;
    let candidates = candidates(tx, loaded.custodian.id)?;
    let chosen = choose(&candidates, &theme).ok_or_else(|| nobody(&loaded, actor))?.id;
    assign_loaded(tx, actor, &mut loaded, chosen, "")?;
    view(tx, actor, loaded)
}

/// How many waiting matters are looked at for one that fits.
const LOOK: i64 = 100;

/// The agent takes the next matter of their center's queue: the oldest that fits their skills, else the oldest.
pub fn pull(tx: &mut Tx, actor: &Actor) -> Result<EntrustmentView> {
    let Some(own) = actor.id.filter(|_| policy::may(actor, "entrustment", "pull")) else {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    };
    let centers: Vec<Id> = actor.nodes(Role::Agent).filter_map(|n| n.parse().ok()).collect();
    for center in centers {
        dialect::lock_root(tx.conn, "centers", center.as_str())?;
        let all = candidates(tx, center)?;
        let Some(me) = all.iter().find(|c| c.id == own) else { continue };
        if !me.is_free() {
            let zh = "您此刻不在岗或者在办件已达容量，不能领取新件。";
            return Err(Problem::new(ErrorCode::StateConflict, Text::new(zh, "You are away or full.")).into());
        }
        let mut waiting = store::waiting(tx, center, LOOK)?;
        let items: Vec<Id> = waiting.iter().map(|(_, item)| *item).collect();
        let themes = catalogue::store::themes_of(tx, &items)?;
        // Stable: within a tier the oldest stays first.
        waiting.sort_by_key(|(_, item)| me.tier(themes.get(item).map(String::as_str).unwrap_or_default()));
        for (id, _) in waiting {
            let mut loaded = load::load_locked(tx, id)?;
            // Somebody may have been named by hand meanwhile.
            if loaded.e.assignee_id.is_none() && machine::permits(loaded.e.state, &loaded.facts, Action::Assign).is_ok() {
                assign_loaded(tx, actor, &mut loaded, own, "")?;
                return view(tx, actor, loaded);
            }
        }
    }
    Err(Problem::new(ErrorCode::StateConflict, Text::new("没有等待领取的件。", "Nothing waits in the queue.")).into())
}

/// Who takes over.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "借调离岗" }))]
pub struct PortfolioInput {
    /// Another agent of the center; absent: each matter by skill and load.
    #[serde(default)]
    pub to: Option<Id>,
    /// Why; kept in each timeline.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "借调离岗")]
    pub reason: String,
}

/// What became of a portfolio.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PortfolioMoved {
    /// One for each open matter.
    #[schema(max_items = 500)]
    pub items: Vec<MovedMatter>,
    /// Matters that nobody could take: every agent is away or full.
    pub left: usize,
}

/// A matter that changed hands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MovedMatter {
    /// Matter.
    pub id: Id,
    /// Its number.
    pub number: String,
    /// Who carries it now.
    pub assignee_id: Id,
}

/// Most matters of one call; a second call takes the rest.
const PORTFOLIO: usize = 500;

/// Hands every open matter of somebody who leaves to others of the same center; each keeps its chain of custody.
pub fn hand_over_portfolio(tx: &mut Tx, actor: &Actor, target: &Target, input: &PortfolioInput) -> Result<PortfolioMoved> {
    let leaver: Id = target.reference.parse().map_err(|_| Problem::not_found())?;
    let user = accounts::user(tx, leaver)?.ok_or_else(Problem::not_found)?;
    let center = user.center_id.map(|id| organization::load(tx, id)).transpose()?.ok_or_else(Problem::not_found)?;
    if !team::sees_team(actor, &center) {
        return Err(Problem::not_found().into());
    }
    if !policy::allows(actor, "team", "edit", &organization::custodian_reachable(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    if input.to == Some(leaver) {
        return Err(Problem::rule("/to", "same_person", "接手人不能是移交人本人。", "Not to the same person.").into());
    }
    let own = [subject::user(leaver.as_str())];
    let work = access::Work { kind: "entrustment", subjects: &own, states: &OPEN(), due: (None, None), after: None, limit: PORTFOLIO };
    let mut moved = PortfolioMoved { items: Vec::new(), left: 0 };
    let mut colleagues: HashMap<Id, Vec<Candidate>> = HashMap::new();
    for entry in access::work(tx, &work)? {
        let mut loaded = load::load_locked(tx, entry.record)?;
        if loaded.e.assignee_id != Some(leaver) {
            continue;
        }
        if !policy::allows(actor, "team", "edit", &organization::custodian_reachable(&loaded.custodian)) {
            moved.left += 1;
            continue;
        }
        let to = match input.to {
            Some(to) => Some(to),
            None => {
                let theme = theme_of(tx, &loaded)?;
                let others = match colleagues.entry(loaded.custodian.id) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => {
                        dialect::lock_root(tx.conn, "centers", loaded.custodian.id.as_str())?;
                        let mut all = candidates(tx, loaded.custodian.id)?;
                        all.retain(|c| c.id != leaver);
                        unknown.insert(all)
                    }
                };
                let chosen = choose(others, &theme).map(|c| c.id);
                // What was just given is carried, too.
                others.iter_mut().filter(|c| Some(c.id) == chosen).for_each(|c| {
                    c.load.open += 1;
                    c.load.newest = c.load.newest.take().max(Some(loaded.e.id.to_string()));
                });
                chosen
            }
        };
        let Some(to) = to else {
            moved.left += 1;
            continue;
        };
        assign_loaded(tx, actor, &mut loaded, to, &input.reason).map_err(|e| match e {
            Error::Refused(p) => Error::Refused(Box::new(p.at("/to"))),
            other => other,
        })?;
        moved.items.push(MovedMatter { id: loaded.e.id, number: loaded.e.number.clone(), assignee_id: to });
    }
    Ok(moved)
}

/// What the agents of a center carry.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Workload {
    /// One for each active agent.
    #[schema(max_items = 1000)]
    pub items: Vec<AgentLoad>,
    /// Open matters that nobody carries yet; counted to 1,000.
    pub waiting: usize,
}

/// What one agent carries.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AgentLoad {
    /// Who.
    pub user_id: Id,
    /// Name.
    pub display_name: String,
    /// Post.
    pub title: String,
    /// `full_time` or `part_time`.
    pub employment: String,
    /// Themes of items that they know.
    pub skills: Vec<String>,
    /// Open matters at most.
    pub capacity: i32,
    /// Open matters.
    pub open: i64,
    /// Of these, past their deadline.
    pub overdue: i64,
    /// Away now.
    pub absent: bool,
    /// Who stands in now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deputy_id: Option<Id>,
}

/// The workload of a center, the fullest first.
pub fn workload(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Workload> {
    let center: Center = organization::store::center_by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    if !team::sees_team(actor, &center) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let waiting = store::waiting(tx, center.id, 1_000)?.len();
    let mut items: Vec<AgentLoad> = candidates(tx, center.id)?
        .into_iter()
        .map(|c| AgentLoad {
            user_id: c.id,
            display_name: c.name,
            title: c.title,
            employment: c.employment,
            skills: c.profile.skills,
            capacity: c.profile.capacity,
            open: c.load.open,
            overdue: c.load.overdue,
            absent: c.profile.absent,
            deputy_id: c.profile.deputy_id,
        })
        .collect();
    items.sort_by_key(|a| (std::cmp::Reverse(a.open), a.user_id));
    Ok(Workload { items, waiting })
}
