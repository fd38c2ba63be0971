//! What is asked, of whom, and who may ask it.

use chrono::{Datelike as _, Days, NaiveDate};

use super::{
    model::{CenterScope, StatisticsAsked},
    store,
};
use crate::{
    auth::{Actor, Reachable, Role, policy},
    catalogue::{self, Mode},
    db::{Error, Result, Tx},
    indicators::{Axis, Indicator},
    kernel::{Code as _, ErrorCode, Id, Problem, Text},
    organization::{self, Center, CenterBrief, CenterLevel},
};

/// Parameters with the filters that every question has.
macro_rules! filtered {
    ($(#[$meta:meta])* $name:ident { $($(#[$field:meta])* $own:ident: $ty:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, serde::Deserialize, utoipa::IntoParams)]
        #[into_params(parameter_in = Query)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field])* pub $own: $ty,)*
            /// 服务中心 id 或区划代码；缺省为本人所在的中心
            #[serde(default)]
            #[param(max_length = 100, example = "320623000000")]
            pub center: Option<String>,
            /// 本级及全部下级（subtree），或仅本级（own）
            #[serde(default)]
            #[param(inline)]
            pub scope: Option<crate::statistics::model::CenterScope>,
            /// 只统计这一层级的中心
            #[serde(default)]
            #[param(inline)]
            pub level: Option<crate::organization::CenterLevel>,
            /// 日期，起（含）；缺省为本月 1 日
            #[serde(default)]
            #[param(format = "date", example = "2026-01-01")]
            pub from: Option<String>,
            /// 日期，止（不含）；缺省为明日
            #[serde(default)]
            #[param(format = "date", example = "2027-01-01")]
            pub to: Option<String>,
            /// 事项 id 或编码；none 为未注明事项的
            #[serde(default)]
            #[param(max_length = 100)]
            pub item: Option<String>,
            /// 渠道代码（代办件或“办不成事”反映的渠道）；none 为未注明渠道的
            #[serde(default)]
            #[param(max_length = 40)]
            pub channel: Option<String>,
            /// 帮办方式代码；none 为不分帮办方式的
            #[serde(default)]
            #[param(max_length = 40)]
            pub mode: Option<String>,
            /// 部门 id 或名称：代办件按事项的实施部门，反映按牵头部门，交办单按承办部门；none 为未注明部门的
            #[serde(default)]
            #[param(max_length = 100)]
            pub department: Option<String>,
        }

        impl $name {
            /// The filters that every question has.
            pub fn filters(&self) -> crate::statistics::question::Filters {
                let Self { center, scope, level, from, to, item, channel, mode, department, .. } = self.clone();
                crate::statistics::question::Filters { center, scope, level, from, to, item, channel, mode, department }
            }
        }
    };
}
pub(super) use filtered;

/// The filters that every question has.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Id or division code.
    pub center: Option<String>,
    /// With all below it, or alone.
    pub scope: Option<CenterScope>,
    /// Of one level alone.
    pub level: Option<CenterLevel>,
    /// From this day.
    pub from: Option<String>,
    /// Before this day.
    pub to: Option<String>,
    /// Id or code.
    pub item: Option<String>,
    /// Code.
    pub channel: Option<String>,
    /// Code.
    pub mode: Option<String>,
    /// Id or name.
    pub department: Option<String>,
}

/// A question that may be asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which center.
    pub center: Center,
    /// A person instead, wherever they served.
    pub person: Option<Id>,
    /// It alone, or with all below it.
    pub own: bool,
    /// Of one level alone.
    pub level: Option<CenterLevel>,
    /// From this day.
    pub from: NaiveDate,
    /// Before this day.
    pub to: NaiveDate,
    /// Columns with the values that are meant.
    pub only: Vec<(&'static str, Vec<i32>)>,
    /// What is filtered by.
    pub dimensions: Vec<Axis>,
}

/// About whom a figure is.
#[derive(Clone, Copy, Debug)]
pub enum About {
    /// A center: it alone, or with all below it.
    Tree(bool),
    /// A department, at the center and below it.
    Department(Id),
    /// A person.
    Person(Id),
}

/// The key of what has no value: of no item, channel, mode or department.
pub const NONE: &str = "none";

/// Figures are of this century.
fn earliest() -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default()
}

fn day(name: &'static str, value: Option<&String>) -> Result<Option<NaiveDate>, Problem> {
    let wrong = || Problem::parameter(name, "time", "应为 2000 年至 2199 年的日期，例如 2026-01-01。", "A date from 2000 to 2199, such as 2026-01-01.");
    value.map(|v| v.parse::<NaiveDate>().ok().filter(|d| v.len() == 10 && *d >= earliest() && d.year() < 2200).ok_or_else(wrong)).transpose()
}

fn period(tx: &Tx, asked: &Filters) -> Result<(NaiveDate, NaiveDate), Problem> {
    let today = tx.now.local_date();
    let (from, to) = Problem::together(day("from", asked.from.as_ref()), day("to", asked.to.as_ref()))?;
    let (from, to) = (from.unwrap_or_else(|| today.with_day(1).unwrap_or(today)), to.unwrap_or_else(|| today + Days::new(1)));
    if from >= to {
        return Err(Problem::parameter("to", "order", "止日应晚于起日（止日不含）。", "Must be after from; it is not included."));
    }
    Ok((from, to))
}

impl Question {
    /// What is asked, if the caller may.
    pub fn of(tx: &mut Tx, actor: &Actor, asked: &Filters) -> Result<Self> {
        let (from, to) = period(tx, asked)?;
        let (center, own, department) = admitted(tx, actor, asked)?;
        let mut question = Self { center, person: None, own, level: asked.level, from, to, only: Vec::new(), dimensions: Vec::new() };
        question.narrow(tx, asked, department)?;
        Ok(question)
    }

    /// What is asked of a person: by themselves, or by who may ask it of the center where they serve.
    pub fn of_person(tx: &mut Tx, actor: &Actor, asked: &Filters, person: &str) -> Result<Self> {
        let unknown = || Problem::parameter("staff", "unknown_staff", "没有这位工作人员。", "No such member of staff.");
        let user = person.parse::<Id>().ok().map(|id| crate::auth::store::user(tx, id)).transpose()?.flatten().ok_or_else(unknown)?;
        let center = organization::load(tx, user.center_id.ok_or_else(unknown)?)?;
        if actor.id != Some(user.id) && !policy::allows(actor, "statistics", "read", &organization::custodian_reachable(&center)) {
            return Err(Problem::of(ErrorCode::Forbidden).into());
        }
        if asked.center.is_some() || asked.scope.is_some() || asked.level.is_some() || asked.department.is_some() {
            return Err(Problem::parameter(
                "staff",
                "unknown_dimension",
                "个人的数字不区分中心、层级和部门。",
                "Of a person, not by center, level or department.",
            )
            .into());
        }
        let (from, to) = period(tx, asked)?;
        let mut question = Self { center, person: Some(user.id), own: true, level: None, from, to, only: Vec::new(), dimensions: Vec::new() };
        question.narrow(tx, asked, None)?;
        Ok(question)
    }

    fn narrow(&mut self, tx: &mut Tx, asked: &Filters, department: Option<Vec<String>>) -> Result<()> {
        // What a breakdown answers as a key is understood as a filter.
        let none = |asked: &Option<String>| asked.as_deref() == Some(NONE);
        for (dimension, column, asked) in [(Axis::Item, "item", &asked.item), (Axis::Channel, "channel", &asked.channel), (Axis::Mode, "mode", &asked.mode)] {
            if none(asked) {
                self.without(dimension, column);
            }
        }
        if let Some(reference) = asked.item.as_ref().filter(|_| !none(&asked.item)) {
            let item = catalogue::store::item_by_reference(tx, reference)?;
            let item = item.ok_or_else(|| Problem::parameter("item", "unknown_item", "没有这个事项。", "No such item."))?;
            self.keep(tx, Axis::Item, "item", &[item.id.to_string()])?;
        }
        if let Some(code) = asked.channel.as_ref().filter(|_| !none(&asked.channel)) {
            let known = crate::entrustments::Channel::ALL.iter().any(|c| c.code() == code)
                || crate::tickets::TicketChannel::ALL.iter().any(|c| c.code() == code)
                || crate::consultations::ConsultationChannel::ALL.iter().any(|c| c.code() == code);
            if !known {
                return Err(Problem::parameter("channel", "invalid_value", "没有这个渠道。", "No such channel.").into());
            }
            self.keep(tx, Axis::Channel, "channel", std::slice::from_ref(code))?;
        }
        if let Some(code) = asked.mode.as_ref().filter(|_| !none(&asked.mode)) {
            let mode = Mode::parse(code).ok_or_else(|| Problem::parameter("mode", "invalid_value", "没有这种帮办方式。", "No such mode."))?;
            self.keep(tx, Axis::Mode, "mode", &[mode.code().to_owned()])?;
        }
        match department {
            Some(values) if values.is_empty() => self.without(Axis::Department, "department"),
            Some(values) => self.keep(tx, Axis::Department, "department", &values)?,
            None => {}
        }
        Ok(())
    }

    /// What has no value there.
    fn without(&mut self, dimension: Axis, column: &'static str) {
        self.only.push((column, vec![0]));
        self.dimensions.push(dimension);
    }

    /// The number under which its center, or its person, is counted; none where nothing was.
    pub fn node(&self, tx: &mut Tx) -> Result<Option<i32>> {
        let (kind, id) = self.person.map_or(("center", self.center.id), |id| ("staff", id));
        Ok(store::keys(tx, &[id.to_string()])?.into_iter().find(|k| k.1 == kind).map(|k| k.0))
    }

    /// What a center with all below it, a department there, or a person did in a period: whoever asks was admitted elsewhere.
    pub fn about(tx: &mut Tx, center: Center, of: About, (from, to): (NaiveDate, NaiveDate)) -> Result<Self> {
        let (own, person) = match of {
            About::Tree(own) => (own, None),
            About::Department(_) => (false, None),
            About::Person(id) => (true, Some(id)),
        };
        let mut question = Self { center, person, own, level: None, from, to, only: Vec::new(), dimensions: Vec::new() };
        if let About::Department(id) = of {
            let values = departments(tx, id.as_str())?.values();
            question.keep(tx, Axis::Department, "department", &values)?;
        }
        Ok(question)
    }

    /// The same of another center.
    pub fn at(&self, center: Center, own: bool) -> Self {
        Self { center, own, ..self.clone() }
    }

    fn keep(&mut self, tx: &mut Tx, dimension: Axis, column: &'static str, values: &[String]) -> Result<()> {
        let stored = store::keys(tx, values)?;
        self.only.push((column, stored.into_iter().filter(|(_, kind, _)| kind == column).map(|k| k.0).collect()));
        self.dimensions.push(dimension);
        Ok(())
    }

    /// Whether an indicator can be asked so.
    pub fn fits(&self, indicator: Indicator) -> bool {
        self.dimensions.iter().all(|d| indicator.definition().knows.contains(d))
    }

    /// Refuses an indicator that does not know what it is asked by.
    pub fn admit(&self, indicator: Indicator, by: Option<Axis>) -> Result<(), Problem> {
        let knows = indicator.definition().knows;
        let asked = by.filter(|d| !matches!(d, Axis::Center | Axis::Level));
        match self.dimensions.iter().chain(asked.iter()).find(|d| !knows.contains(d)) {
            None => Ok(()),
            Some(d) => {
                let zh = format!("{}不区分{}。", indicator.label(), d.label());
                Err(Problem::parameter("indicator", "unknown_dimension", zh, format!("{} does not know {}.", indicator.code(), d.code())))
            }
        }
    }

    /// As it is told with the answer.
    pub fn told(&self, tx: &mut Tx) -> Result<StatisticsAsked> {
        let (as_of, complete) = super::door::counted(tx)?;
        let scope = if self.own { CenterScope::Own } else { CenterScope::Subtree };
        Ok(StatisticsAsked { center: CenterBrief::from(&self.center), scope, from: self.from, to: self.to, as_of, complete })
    }
}

/// The center that is asked of, alone or with what is below it, and the department that it is narrowed to.
fn admitted(tx: &mut Tx, actor: &Actor, asked: &Filters) -> Result<(Center, bool, Option<Vec<String>>)> {
    let forbidden = || Error::from(Problem::of(ErrorCode::Forbidden));
    let department = asked.department.as_ref().map(|reference| departments(tx, reference)).transpose()?;
    let named = match &asked.center {
        Some(reference) => {
            let unknown = || Problem::parameter("center", "unknown_center", "没有这个服务中心。", "No such center.");
            Some(organization::store::center_by_reference(tx, reference)?.ok_or_else(unknown)?)
        }
        None => None,
    };
    let wide: Vec<&str> = [Role::CenterManager, Role::Inspector, Role::ReformOffice].into_iter().flat_map(|role| actor.nodes(role)).collect();
    let near: Vec<&str> = actor.nodes(Role::Clerk).collect();
    let home = wide.first().or(near.first()).and_then(|node| node.parse::<Id>().ok());
    let center = match (named, home) {
        (Some(center), _) => Some(center),
        (None, Some(id)) => organization::store::center(tx, id)?,
        (None, None) => None,
    };
    if let Some(center) = &center {
        let on = organization::custodian_reachable(center);
        if policy::allows(actor, "statistics", "read", &on) {
            return Ok((center.clone(), asked.scope == Some(CenterScope::Own), department.map(|d| d.values())));
        }
        if policy::allows(actor, "statistics", "read_center", &on) {
            // The counter sees its own center, not what is below it.
            if asked.scope == Some(CenterScope::Subtree) {
                return Err(forbidden());
            }
            return Ok((center.clone(), true, department.map(|d| d.values())));
        }
    }
    // A department sees what is its own, at its center and below.
    let own: Vec<Id> = actor.nodes(Role::DepartmentHandler).filter_map(|node| node.parse().ok()).collect();
    for row in organization::store::departments_by_id(tx, &own)? {
        let on = Reachable { departments: vec![row.id], ..Reachable::default() };
        let at = organization::load(tx, row.center_id)?;
        let inside = center.as_ref().is_none_or(|center| at.contains(center));
        let meant = department.as_ref().is_none_or(|d| d.ids.as_slice() == [row.id]);
        if inside && meant && policy::allows(actor, "statistics", "read_department", &on) {
            let own = Departments { ids: vec![row.id], name: Some(row.name) };
            return Ok((center.unwrap_or(at), asked.scope == Some(CenterScope::Own), Some(own.values())));
        }
    }
    Err(forbidden())
}

/// Departments that are meant: tickets and sheets know their ids, matters the name of their item's authority. Neither: those without one.
struct Departments {
    ids: Vec<Id>,
    name: Option<String>,
}

impl Departments {
    fn values(self) -> Vec<String> {
        self.ids.iter().map(ToString::to_string).chain(self.name).collect()
    }
}

fn departments(tx: &mut Tx, reference: &str) -> Result<Departments> {
    let unknown = || Problem::parameter("department", "unknown_department", "没有这个部门。", "No such department.");
    if reference == NONE {
        return Ok(Departments { ids: Vec::new(), name: None });
    }
    if let Ok(id) = reference.parse::<Id>() {
        let row = organization::department(tx, id)?.ok_or_else(unknown)?;
        return Ok(Departments { ids: vec![row.id], name: Some(row.name) });
    }
    let ids = store::departments_called(tx, reference)?;
    // Many authorities of the catalogue are no departments of a center; what was counted under an old name stays under it.
    let counted = |tx: &mut Tx| Ok::<_, Error>(store::keys(tx, &[reference.to_owned()])?.iter().any(|(_, kind, _)| kind == "department"));
    if ids.is_empty() && !counted(tx)? && !catalogue::store::is_authority(tx, reference)? {
        return Err(unknown().into());
    }
    Ok(Departments { ids, name: Some(reference.to_owned()) })
}

/// Too much was asked for at once.
pub fn too_many(parameter: &'static str, most: usize) -> Problem {
    let problem = Problem::parameter(parameter, "too_many", format!("最多 {most} 个。"), format!("At most {most}."));
    Problem {
        detail: Text::new(format!("所要的太多：最多 {most} 个，请缩短期间或加大间隔。"), format!("Too many: at most {most}.")), ..problem
    }
}
