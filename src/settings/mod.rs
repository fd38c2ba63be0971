//! What differs from city to city: (node, name, value), inherited down the center tree, with compiled defaults.

mod store;

use serde::{Deserialize, Serialize};

use crate::{
    db::{Result, Tx},
    kernel::{BusinessHours, Limit, Problem, Unit},
};

/// A place on the map, in millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapPoint {
    /// North.
    pub latitude_e6: i32,
    /// East.
    pub longitude_e6: i32,
}

impl Default for MapPoint {
    /// The middle of the country, until a city says where it is.
    fn default() -> Self {
        Self { latitude_e6: 35_000_000, longitude_e6: 105_000_000 }
    }
}

impl MapPoint {
    /// Latitude and longitude in degrees.
    pub fn degrees(self) -> (f64, f64) {
        (f64::from(self.latitude_e6) / 1e6, f64::from(self.longitude_e6) / 1e6)
    }
}

/// The rules of a center, as its tree sets them. Defaults are those of DOMAIN §9.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Accept an entrustment.
    pub accept_limit: Limit,
    /// Answer a transfer.
    pub transfer_limit: Limit,
    /// Answer a request for joint handling.
    pub joint_answer_limit: Limit,
    /// Carry the steps of a joint handling, where the plan gives them no later day.
    pub joint_limit: Limit,
    /// Decide an arbitration.
    pub arbitration_limit: Limit,
    /// Supply missing material.
    pub supply_limit: Limit,
    /// Sign the agreement, sign the completion.
    pub sign_limit: Limit,
    /// How long an evaluation stays open.
    pub evaluation_limit: Limit,
    /// Remind once, so many working days before it ends; 0: never.
    pub evaluation_reminder: u32,
    /// What nobody rated is rated by default, apart from all rates.
    pub default_rating: bool,
    /// So many other bad ratings by one telephone or applicant make one suspect.
    pub suspect_bad_ratings: u32,
    /// In how many days these are counted.
    pub suspect_days: u32,
    /// More bad ratings of one center in an hour make one suspect.
    pub suspect_hourly: u32,
    /// Reach whoever gave a bad grade.
    pub follow_up_contact_limit: Limit,
    /// Handle what a bad grade is about, where it is simple.
    pub follow_up_simple_limit: Limit,
    /// Where it is complex.
    pub follow_up_complex_limit: Limit,
    /// Appeal against a bad grade.
    pub appeal_limit: Limit,
    /// Decide an appeal.
    pub appeal_decision_limit: Limit,
    /// Look at a follow-up after which the grade was bad again.
    pub follow_up_review_limit: Limit,
    /// Handling limit of an item that promises none.
    pub default_promise: Limit,
    /// Returns of one center for one matter, before arbitration.
    pub returns_per_center: u32,
    /// Returns in all.
    pub returns_total: u32,
    /// Accepted transfers of one matter.
    pub max_hand_overs: u32,
    /// How often arbitration may move custody of one matter: a decision and its review.
    pub custody_decisions: u32,
    /// Longest suspension by the center, in natural days.
    pub suspension_days: u32,
    /// Reminders before a matter lapses for want of material.
    pub reminders_before_lapse: u32,
    /// Tell the applicant how the matter stands, again and again.
    pub feedback_limit: Limit,
    /// File a step when its materials are there.
    pub file_limit: Limit,
    /// Answer a reminder.
    pub reminder_limit: Limit,
    /// Sign a supervision order in.
    pub supervision_sign_limit: Limit,
    /// Answer a supervision order that names no day.
    pub supervision_limit: Limit,
    /// Longest extension of the promised limit, in days of its unit.
    pub extension_days: u32,
    /// Extensions of one matter.
    pub extensions: u32,
    /// Bookings that nobody came to before one books with a person.
    pub no_shows: u32,
    /// In how many days these are counted.
    pub no_show_days: u32,
    /// Working days that all stages of an investment project may take together; a project keeps those of its opening.
    pub project_cap: u32,
    /// Classify a fallback ticket.
    pub ticket_triage_limit: Limit,
    /// Settle a general one on the spot.
    pub ticket_settle_limit: Limit,
    /// Coordinate a difficult one, and charge the departments.
    pub ticket_coordination_limit: Limit,
    /// Ask every applicant, and get their answers.
    pub ticket_feedback_limit: Limit,
    /// Look again at what stays unresolved on the register.
    pub upheld_review: Limit,
    /// Call again whoever is among the share that is visited.
    pub return_visit_limit: Limit,
    /// How many in a hundred of what is cleared are called again.
    pub return_visit_percent: u32,
    /// How many in a hundred of the matters that were signed for are called again.
    pub matter_visit_percent: u32,
    /// Answer a consultation.
    pub consultation_limit: Limit,
    /// So many days after its answer a consultation closes by itself, unless it is asked again.
    pub consultation_close_days: u32,
    /// Object to an assessment that is published.
    pub assessment_objection_limit: Limit,
    /// Decide an objection to a ticket's not being taken in.
    pub ticket_objection_limit: Limit,
    /// A draft of the catalogue is published only after another person has reviewed it.
    pub catalogue_review: bool,
    /// Levels of centers that carry matters; what belongs higher is asked of the upper center from these, and given to it from
    /// the others (text 000).
    pub agency_levels: Vec<String>,
    /// A department takes in an assignment sheet.
    pub sheet_sign_limit: Limit,
    /// A department completes what is assigned, where its sheet says nothing else.
    pub sheet_limit: Limit,
    /// The leader answers a request for more time.
    pub sheet_extension_answer_limit: Limit,
    /// Longest extension of a sheet, in days of its unit.
    pub sheet_extension_days: u32,
    /// Extensions of one sheet.
    pub sheet_extensions: u32,
    /// Sheets of one ticket that lead departments may return, before the reform office determines who handles it.
    pub sheet_returns: u32,
    /// Where the center stands on the map: where a request names no place of its own.
    pub map_point: MapPoint,
    /// Sign a hotline order in.
    pub hotline_sign_limit: Limit,
    /// Handle it, where the hotline gives no deadline.
    pub hotline_limit: Limit,
    /// Ask within this time to hand it back.
    pub hotline_return_limit: Limit,
    /// Times that it may be asked to be handed back.
    pub hotline_returns: u32,
    /// Ask for more time so many working days before it is due, at least.
    pub hotline_extension_before: u32,
    /// Handled again, it has half the time, and this much at least.
    pub hotline_rehandle_least: Limit,
    /// Rungs of the overdue ladder, in working days after the deadline of a sheet.
    pub ladder_days: [u32; 3],
    /// How sure it must be who an applicant is, to sign by way of a portal: 1 a telephone, 2 the real name, 3 in person.
    pub signing_level: u8,
    /// Hours in which messages go to people's telephones; what is urgent goes at once.
    pub notice_hours: BusinessHours,
    /// Business hours; clocks take those that are set everywhere.
    pub business_hours: BusinessHours,
}

impl Rules {
    /// Whether centers of a level carry matters.
    pub fn carries(&self, level: &str) -> bool {
        self.agency_levels.iter().any(|own| own == level)
    }

    /// What no city means.
    fn check(&self) -> Result<(), &'static str> {
        let limits = [
            self.accept_limit,
            self.transfer_limit,
            self.joint_answer_limit,
            self.joint_limit,
            self.arbitration_limit,
            self.supply_limit,
            self.sign_limit,
            self.evaluation_limit,
            self.follow_up_contact_limit,
            self.follow_up_simple_limit,
            self.follow_up_complex_limit,
            self.appeal_limit,
            self.appeal_decision_limit,
            self.follow_up_review_limit,
            self.default_promise,
            self.feedback_limit,
            self.file_limit,
            self.reminder_limit,
            self.supervision_sign_limit,
            self.supervision_limit,
            self.sheet_sign_limit,
            self.sheet_limit,
            self.sheet_extension_answer_limit,
            self.ticket_triage_limit,
            self.ticket_settle_limit,
            self.ticket_coordination_limit,
            self.ticket_feedback_limit,
            self.upheld_review,
            self.ticket_objection_limit,
            self.return_visit_limit,
            self.assessment_objection_limit,
            self.hotline_sign_limit,
            self.hotline_limit,
            self.hotline_return_limit,
            self.hotline_rehandle_least,
            self.consultation_limit,
        ];
        if limits.iter().any(|l| !(1..=3650).contains(&l.value)) {
            return Err("时限应为 1 到 3650");
        }
        if !(1..=365).contains(&self.suspension_days) {
            return Err("中止天数应为 1 到 365");
        }
        if !(1..=365).contains(&self.no_show_days) {
            return Err("爽约统计天数应为 1 到 365");
        }
        if !(1..=365).contains(&self.extension_days) || !(1..=365).contains(&self.sheet_extension_days) {
            return Err("延期天数应为 1 到 365");
        }
        if !self.ladder_days.is_sorted() || self.ladder_days.iter().any(|days| *days > 365) {
            return Err("挂牌警示、点名通报、问责的工作日应依次不减，最多 365");
        }
        if self.evaluation_reminder > 30 {
            return Err("评价提醒应为到期前 0 到 30 个工作日");
        }
        if !(1..=365).contains(&self.suspect_days) || !(1..=1000).contains(&self.suspect_hourly) {
            return Err("疑似恶意差评的统计天数应为 1 到 365，每小时件数应为 1 到 1000");
        }
        if !(-90_000_000..=90_000_000).contains(&self.map_point.latitude_e6) || !(-180_000_000..=180_000_000).contains(&self.map_point.longitude_e6) {
            return Err("坐标应为百万分之一度的纬度和经度");
        }
        if self.hotline_extension_before > 30 {
            return Err("热线工单申请延期应为到期前 0 到 30 个工作日");
        }
        if !(1..=365).contains(&self.consultation_close_days) {
            return Err("咨询自动办结的天数应为 1 到 365");
        }
        if self.return_visit_percent > 100 || self.matter_visit_percent > 100 {
            return Err("回访比例应为 0 到 100");
        }
        if !(1..=2000).contains(&self.project_cap) {
            return Err("项目审批总时限应为 1 到 2000 个工作日");
        }
        if !(1..=3).contains(&self.signing_level) {
            return Err("签署所需的实名等级应为 1 到 3");
        }
        if self.notice_hours.open >= self.notice_hours.close {
            return Err("短信发送的开始时间应早于结束时间");
        }
        if self.business_hours.open >= self.business_hours.close {
            return Err("上班时间应早于下班时间");
        }
        if self.agency_levels.is_empty() || !self.agency_levels.iter().all(|l| LEVELS.contains(&l.as_str())) {
            return Err("代办层级应为 province、city、county、town、village 中的一个或几个");
        }
        let counts = [
            self.returns_per_center,
            self.returns_total,
            self.max_hand_overs,
            self.custody_decisions,
            self.reminders_before_lapse,
            self.extensions,
            self.no_shows,
            self.sheet_extensions,
            self.sheet_returns,
            self.suspect_bad_ratings,
            self.hotline_returns,
        ];
        if counts.iter().any(|n| !(1..=20).contains(n)) {
            return Err("次数应为 1 到 20");
        }
        Ok(())
    }
}

impl Default for Rules {
    fn default() -> Self {
        let wd = |value| Limit { value, unit: Unit::WorkingDay };
        Self {
            accept_limit: wd(1),
            transfer_limit: wd(1),
            joint_answer_limit: wd(1),
            joint_limit: wd(10),
            arbitration_limit: wd(2),
            supply_limit: wd(15),
            sign_limit: wd(10),
            evaluation_limit: Limit { value: 15, unit: Unit::NaturalDay },
            evaluation_reminder: 3,
            default_rating: false,
            suspect_bad_ratings: 3,
            suspect_days: 30,
            suspect_hourly: 20,
            follow_up_contact_limit: wd(1),
            follow_up_simple_limit: wd(5),
            follow_up_complex_limit: wd(15),
            appeal_limit: wd(5),
            appeal_decision_limit: wd(5),
            follow_up_review_limit: wd(5),
            default_promise: wd(20),
            returns_per_center: 1,
            returns_total: 2,
            max_hand_overs: 4,
            custody_decisions: 2,
            suspension_days: 30,
            reminders_before_lapse: 2,
            feedback_limit: wd(5),
            file_limit: wd(3),
            reminder_limit: wd(1),
            supervision_sign_limit: wd(1),
            supervision_limit: wd(5),
            extension_days: 10,
            extensions: 1,
            no_shows: 3,
            no_show_days: 90,
            project_cap: 120,
            ticket_triage_limit: wd(5),
            ticket_settle_limit: wd(1),
            ticket_coordination_limit: wd(5),
            ticket_feedback_limit: wd(5),
            upheld_review: Limit { value: 90, unit: Unit::NaturalDay },
            ticket_objection_limit: wd(5),
            return_visit_limit: wd(10),
            assessment_objection_limit: wd(5),
            return_visit_percent: 30,
            matter_visit_percent: 0,
            consultation_limit: wd(1),
            consultation_close_days: 5,
            catalogue_review: true,
            agency_levels: LEVELS.map(str::to_owned).to_vec(),
            sheet_sign_limit: wd(1),
            sheet_limit: wd(10),
            sheet_extension_answer_limit: wd(1),
            sheet_extension_days: 10,
            sheet_extensions: 1,
            sheet_returns: 2,
            map_point: MapPoint::default(),
            hotline_sign_limit: Limit { value: 4, unit: Unit::Hour },
            hotline_limit: wd(5),
            hotline_return_limit: wd(1),
            hotline_returns: 2,
            hotline_extension_before: 1,
            hotline_rehandle_least: wd(2),
            ladder_days: [0, 5, 10],
            signing_level: 2,
            notice_hours: BusinessHours {
                open: chrono::NaiveTime::from_hms_opt(8, 0, 0).unwrap_or_default(),
                close: chrono::NaiveTime::from_hms_opt(21, 0, 0).unwrap_or_default(),
            },
            business_hours: BusinessHours::default(),
        }
    }
}

/// Levels of centers.
const LEVELS: [&str; 5] = ["province", "city", "county", "town", "village"];

/// The node that holds for every city.
pub const EVERYWHERE: &str = "*";

/// Sets a rule at a node; refuses a name or a value that is none of [`Rules`].
pub fn set(tx: &mut Tx, node: &str, name: &str, value: &serde_json::Value) -> Result<()> {
    let mut rules = serde_json::to_value(Rules::default())?;
    let known = || Problem::rule("/name", "unknown_setting", format!("没有这个设置项：{name}。"), format!("No such setting: {name}."));
    *rules.get_mut(name).ok_or_else(known)? = value.clone();
    let wrong = |e: serde_json::Error| Problem::rule("/value", "invalid_value", format!("{name} 的值不正确：{e}。"), format!("{name}: {e}."));
    let rules = serde_json::from_value::<Rules>(rules).map_err(wrong)?;
    rules.check().map_err(|zh| Problem::rule("/value", "out_of_range", format!("{name} 的值不合理：{zh}。"), format!("{name} is out of range.")))?;
    store::put(tx, node, name, value)
}

/// The rules at the end of `path` (`/root/…/self/`): each key from the nearest node that sets it.
pub fn rules(tx: &mut Tx, path: &str) -> Result<Rules> {
    let mut nodes: Vec<String> = vec![EVERYWHERE.to_owned()];
    nodes.extend(path.split('/').filter(|p| !p.is_empty()).map(str::to_owned));
    let rows = store::values(tx, &nodes)?;
    let mut merged = serde_json::to_value(Rules::default())?;
    for node in &nodes {
        for (_, name, value) in rows.iter().filter(|(n, ..)| n == node) {
            if let Some(slot) = merged.get_mut(name) {
                *slot = serde_json::from_str(value)?;
            }
        }
    }
    Ok(serde_json::from_value(merged)?)
}
