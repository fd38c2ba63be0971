use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    db::{
        Json, Private, code_enum,
        schema::{absences, centers, departments, staff_profiles},
    },
    kernel::{Code as _, Id, Moment},
};

code_enum! {
    /// Level of a center in the tree.
    CenterLevel in "center-levels" {
        Province "province" "省级" = "2",
        City "city" "市级" = "3",
        County "county" "县级" = "4",
        Town "town" "镇（街道）级" = "5",
        Village "village" "村（社区）级" = "6",
    }
}

code_enum! {
    /// Why somebody is away.
    AbsenceKind in "absence-kinds" {
        Leave "leave" "请假",
        Training "training" "培训",
        BusinessTrip "business_trip" "公出",
        OffDuty "off_duty" "轮休",
        Secondment "secondment" "借调",
        Other "other" "其他",
    }
}

code_enum! {
    /// Whether an absence holds.
    AbsenceState in "absence-states" {
        Planned "planned" "有效",
        Cancelled "cancelled" "已取消",
    }
}

/// A service center.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = centers, treat_none_as_default_value = false)]
pub struct Center {
    /// Identity.
    pub id: Id,
    /// 12-digit division code; one center each.
    pub division_code: String,
    /// Full name, such as 如东县政务服务中心.
    pub name: String,
    /// Name of the division, such as 如东县.
    pub division_name: String,
    /// Level.
    pub level: CenterLevel,
    /// The center above.
    pub parent_id: Option<Id>,
    /// `/root/…/self/`.
    pub path: String,
    /// Telephone.
    pub phone: String,
    /// Address.
    pub address: String,
    /// Opening hours.
    pub hours: String,
    /// `active` or `disabled`.
    pub status: String,
    /// Folded names for search.
    pub folded: String,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

impl Center {
    /// Ids from the root to this center.
    pub fn lineage(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter(|p| !p.is_empty())
    }

    /// Whether `other` stands at or below this center.
    pub fn contains(&self, other: &Center) -> bool {
        other.path.starts_with(&self.path)
    }
}

/// An approval authority at a center.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = departments, treat_none_as_default_value = false)]
pub struct Department {
    /// Identity.
    pub id: Id,
    /// The center of its division.
    pub center_id: Id,
    /// Name.
    pub name: String,
    /// Unified social credit code, where known.
    pub credit_code: Option<String>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// Telephone.
    pub phone: String,
}

/// What a person of the staff can do and carry.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = staff_profiles, treat_none_as_default_value = false)]
pub struct StaffProfile {
    /// Whose.
    pub user_id: Id,
    /// Themes of items.
    pub skills: Json<Vec<String>>,
    /// Open matters at most.
    pub capacity: i32,
    /// Version.
    pub version: i64,
    /// When last changed.
    pub updated_at: Moment,
}

/// A time in which somebody is away.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = absences, treat_none_as_default_value = false)]
pub struct Absence {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub user_id: Id,
    /// Why.
    pub kind: AbsenceKind,
    /// From.
    pub from_at: Moment,
    /// Until.
    pub to_at: Moment,
    /// Who stands in.
    pub deputy_id: Option<Id>,
    /// In words.
    pub note: Private<String>,
    /// `planned` or `cancelled`.
    pub state: String,
    /// Who entered it.
    pub recorded_by: String,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A center, named.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CenterBrief {
    /// Identity.
    pub id: Id,
    /// Full name.
    #[schema(example = "如东县政务服务中心")]
    pub name: String,
    /// Level.
    pub level: CenterLevel,
    /// 12-digit division code.
    #[schema(example = "320623000000")]
    pub division_code: String,
}

impl From<&Center> for CenterBrief {
    fn from(c: &Center) -> Self {
        Self { id: c.id, name: c.name.clone(), level: c.level, division_code: c.division_code.clone() }
    }
}

/// A center, whole.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CenterView {
    /// Identity.
    pub id: Id,
    /// Full name.
    #[schema(example = "如东县政务服务中心")]
    pub name: String,
    /// Name of the division.
    #[schema(example = "如东县")]
    pub division_name: String,
    /// 12-digit division code.
    #[schema(example = "320623000000")]
    pub division_code: String,
    /// Level.
    pub level: CenterLevel,
    /// In Chinese.
    pub level_label: String,
    /// The center above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<Id>,
    /// Telephone.
    pub phone: String,
    /// Address.
    pub address: String,
    /// Opening hours.
    pub hours: String,
    /// `active` or `disabled`.
    pub status: String,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When last changed.
    pub updated_at: Moment,
}

impl From<&Center> for CenterView {
    fn from(c: &Center) -> Self {
        Self {
            id: c.id,
            name: c.name.clone(),
            division_name: c.division_name.clone(),
            division_code: c.division_code.clone(),
            level: c.level,
            level_label: c.level.label().into(),
            parent_id: c.parent_id,
            phone: c.phone.clone(),
            address: c.address.clone(),
            hours: c.hours.clone(),
            status: c.status.clone(),
            version: c.version,
            updated_at: c.updated_at,
        }
    }
}

crate::versioned!(CenterView);

/// The editable fields of a center.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CenterEdit {
    /// Full name.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "如东县政务服务中心")]
    pub name: String,
    /// Telephone.
    #[validate(length(max = 40))]
    #[schema(max_length = 40, example = "0513-59000100")]
    pub phone: String,
    /// Address.
    #[validate(length(max = 200))]
    #[schema(max_length = 200, example = "如东县掘港街道")]
    pub address: String,
    /// Opening hours.
    #[validate(length(max = 200))]
    #[schema(max_length = 200, example = "工作日 9:00-17:00")]
    pub hours: String,
}
