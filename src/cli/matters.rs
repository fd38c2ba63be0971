//! The demo's matters: one in each state, so that every documented example works as it stands.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    CliError,
    admin::{self, NewUser},
    demo::fixed,
};
use crate::{
    applicants,
    auth::{self, Actor, Caller, SubjectKind, store as accounts},
    catalogue::{self, ItemEdit},
    db::{Db, Error, Json, Private, Result, Tx},
    duty::{CourseKind, CourseResult, store as team},
    entrustments::{self, Identity, NewEntrustment, desk::Act},
    events::{self, Audience, NewEvent},
    kernel::{Id, Target},
    organization, registry, routing,
    worklist::store as filters,
};

const MATTERS: &str = include_str!("../../data/demo/matters.json");

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    number: String,
    #[serde(default = "water")]
    item: String,
    by: String,
    center: String,
    mode: String,
    materials: Vec<String>,
    #[serde(default)]
    days_ago: i64,
    /// Who asks, where the counter takes it in.
    applicant: Option<Value>,
    #[serde(default)]
    acts: Vec<Scene>,
    offer: Option<Offer>,
}

fn water() -> String {
    "GS-320623-0001".into()
}

#[derive(Clone, Deserialize)]
struct Scene {
    by: String,
    #[serde(flatten)]
    act: Act,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offer {
    by: String,
    number: String,
}

pub(super) fn actor(tx: &mut Tx, login: &str) -> Result<Actor> {
    let caller = Caller { kind: SubjectKind::User, id: fixed("user", login), session: None, client: "demo".into(), level: None, generation: None };
    auth::actor(tx, &caller, "demo")
}

/// Plays the scripts of the matters that are not there yet; adds a draft, two grants and a disabled account.
pub async fn load(db: &Db) -> Result<(), CliError> {
    crate::app::wire();
    let text = MATTERS.replace("@rd_agent", fixed("user", "rd_agent").as_str());
    let scripts: Vec<Script> = serde_json::from_str(&text).map_err(|e| CliError::Said(format!("data/demo/matters.json: {e}")))?;
    db.commit(|tx| {
        duplicate(tx)?;
        mandates(tx)
    })
    .await?;
    for script in scripts {
        db.commit(move |tx| play(tx, &script)).await?;
    }
    db.commit(|tx| {
        spare(tx)?;
        department(tx)?;
        capacity(tx)?;
        super::relay::load(tx)?;
        super::projects::load(tx)?;
        super::meetings::load(tx)?;
        super::tickets::load(tx)?;
        super::sheets::load(tx)?;
        super::supervisions::load(tx)?;
        super::bulletins::load(tx)?;
        super::assessments::load(tx)?;
        super::clearing::load(tx)?;
        super::follow_ups::load(tx)?;
        super::reporting::load(tx)?;
        super::webhooks::load(tx)?;
        super::ticket_forms::load(tx)?;
        super::precedents::load(tx)?;
        super::knowledge::load(tx)?;
        super::consultations::load(tx)?;
        super::visits::load(tx)?;
        super::evaluations::load(tx)?;
        super::visits::at_home(tx)?;
        super::hotline::load(tx)?;
        absence(tx)?;
        draft(tx)?;
        drafts(tx)?;
        saved(tx)?;
        duty(tx)?;
        former(tx)?;
        grants(tx)
    })
    .await?;
    Ok(())
}

fn play(tx: &mut Tx, script: &Script) -> Result<()> {
    if entrustments::store::entrustment_by_number(tx, &script.number)?.is_some() {
        return Ok(());
    }
    let now = tx.now;
    tx.now = now.plus(chrono::TimeDelta::days(-script.days_ago));
    let mut new = json!({
        "item": script.item, "mode": script.mode, "channel": "app", "center": script.center, "request": "新建厂房需要接水，请帮助办理",
        "contact": { "name": "联系人甲", "phone": "13900001234" },
        "materials": script.materials.iter().map(|code| json!({ "code": code, "note": "复印件 1 份" })).collect::<Vec<Value>>(),
    });
    if let Some(applicant) = &script.applicant {
        new["applicant"] = applicant.clone();
        new["channel"] = json!("window");
    }
    let new: NewEntrustment = serde_json::from_value(new)?;
    let identity = Identity { id: fixed("entrustment", &script.number), number: script.number.clone() };
    let (id, by) = (identity.id, actor(tx, &script.by)?);
    entrustments::submit_as(tx, &by, &new, Some(identity))?;
    for scene in &script.acts {
        let by = actor(tx, &scene.by)?;
        scene.act.perform(tx, &by, &Target::any(id))?;
    }
    if let Some(offer) = &script.offer {
        let input = serde_json::from_value(json!({ "to": "auto", "applicant_consent": true, "reason": "属如东县事项", "papers": ["申请表"] }))?;
        let identity = Identity { id: fixed("transfer", &offer.number), number: offer.number.clone() };
        let by = actor(tx, &offer.by)?;
        routing::offer_as(tx, &by, &Target::any(id), &input, Some(identity))?;
    }
    tx.now = now;
    Ok(())
}

/// The citizen once more, by passport: two records that are one person.
fn duplicate(tx: &mut Tx) -> Result<()> {
    let input = serde_json::from_value(json!({ "kind": "natural_person", "name": "演示自然人一号", "id_type": "passport", "id_number": "E00000001" }))?;
    applicants::find_or_enter_as(tx, fixed("applicant", "citizen_wang_passport"), &input).map(|_| ())
}

/// Who may act for the company of 如东: one with an account of their own, one who comes by way of a portal, told by their number.
fn mandates(tx: &mut Tx) -> Result<()> {
    let company = fixed("applicant", "ent_rudong");
    let all = [("企业经办人甲", Some("ent_rudong_agent"), None, "13900000011"), ("企业经办人乙", None, Some("320601199203150020"), "13900000012")];
    for (name, login, number, phone) in all {
        let id = fixed("mandate", name);
        if applicants::store::mandate(tx, id)?.is_some() || applicants::store::applicant(tx, company)?.is_none() {
            continue;
        }
        let mut input = json!({ "agent_name": name, "agent_phone": phone, "valid_from": "2026-01-05", "evidence": "授权委托书" });
        if let Some(login) = login {
            input["login"] = json!(login);
        }
        if let Some(number) = number {
            input["agent_id_number"] = json!(number);
        }
        let input = serde_json::from_value(input)?;
        registry::empower(tx, &Actor::system("demo"), company, id, &input)?;
    }
    Ok(())
}

/// A course and two shifts of the county.
fn duty(tx: &mut Tx) -> Result<()> {
    let Some(center) = organization::store::center_by_division(tx, "320623000000")? else { return Ok(()) };
    let course = fixed("course", "basics");
    if team::course(tx, course)?.is_none() {
        let row = team::Course {
            id: course,
            center_id: center.id,
            title: "帮办代办业务集中培训".into(),
            kind: CourseKind::Lecture,
            hours: 40,
            from_on: "2026-01-05".into(),
            to_on: "2026-01-09".into(),
            note: "企业开办和建设项目".into(),
            version: 1,
            created_at: tx.now,
            updated_at: tx.now,
        };
        team::insert_course(tx, &row)?;
        let record =
            team::CourseRecord { course_id: course, user_id: fixed("user", "rd_agent"), result: CourseResult::Passed, score: Some(92), updated_at: tx.now };
        team::put_records(tx, course, &[record])?;
        // The figures follow what is told.
        let (kind, params) = ("course.recorded", serde_json::json!({}));
        let event = NewEvent { record_kind: "course", record_id: course, version: 1, kind, audience: Audience::Staff, params, words: None };
        events::record(tx, &Actor::system("demo"), event)?;
    }
    for (name, days) in [("noon1", 1), ("noon2", 2)] {
        let id = fixed("shift", name);
        if team::shift(tx, id)?.is_none() {
            let start = tx.now.plus(chrono::TimeDelta::days(days));
            let row = team::Shift {
                id,
                center_id: center.id,
                user_id: fixed("user", "rd_agent2"),
                post: "综合窗口午间值班".into(),
                start_at: start,
                end_at: start.plus(chrono::TimeDelta::hours(2)),
                created_by: "县代办中心负责人".into(),
                version: 1,
                created_at: tx.now,
                updated_at: tx.now,
            };
            team::insert_shift(tx, &row)?;
        }
    }
    Ok(())
}

/// Filters that the county's counter has saved.
fn saved(tx: &mut Tx) -> Result<()> {
    let user_id = fixed("user", "rd_clerk");
    for (name, query) in [("急件", "priority=urgent&open=true"), ("将到期", "open=true&sort=due_at"), ("未指派", "unassigned=true&open=true")] {
        let id = fixed("filter", name);
        if filters::filter(tx, user_id, id)?.is_none() {
            let row = filters::SavedFilter {
                id,
                user_id,
                name: name.into(),
                list: "entrustments".into(),
                query: query.into(),
                version: 1,
                created_at: tx.now,
                updated_at: tx.now,
            };
            filters::insert(tx, &row)?;
        }
    }
    Ok(())
}

/// An item that nothing uses: it may be withdrawn.
fn spare(tx: &mut Tx) -> Result<()> {
    let code = "YS-320623-0001";
    if catalogue::store::item_by_reference(tx, code)?.is_some() {
        return Ok(());
    }
    let Some(model) = catalogue::published(tx, "GS-320623-0001")? else { return Ok(()) };
    let content = catalogue::ItemContent { name: "演示事项（可以撤回）".into(), ..model.content };
    let row = catalogue::ImportRow { line: 1, item: catalogue::NewItem { code: code.into(), division_code: model.division_code, content } };
    let report = catalogue::import(tx, &Actor::system("demo"), &[row], true)?;
    report.bad.first().map_or(Ok(()), |b| Err(Error::Corrupt(b.reason.clone())))
}

/// A department under a known id.
fn department(tx: &mut Tx) -> Result<()> {
    let name = "如东县水务局";
    let Some(center) = organization::store::center_by_division(tx, "320623000000")? else { return Ok(()) };
    if organization::store::department(tx, center.id, name)?.is_some() {
        return Ok(());
    }
    let row = organization::Department {
        id: fixed("department", name),
        center_id: center.id,
        name: name.into(),
        credit_code: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        phone: "0513-59001021".into(),
    };
    organization::store::insert_department(tx, &row)
}

/// Most of the demo's matters are one agent's: there is room for more.
fn capacity(tx: &mut Tx) -> Result<()> {
    let user_id = fixed("user", "rd_agent");
    if organization::store::profiles(tx, &[user_id])?.is_empty() {
        let row = organization::StaffProfile { user_id, skills: Json::new(&vec!["公用事业".to_owned()])?, capacity: 100, version: 1, updated_at: tx.now };
        organization::store::insert_profile(tx, &row)?;
    }
    Ok(())
}

/// An absence that may be cancelled.
fn absence(tx: &mut Tx) -> Result<()> {
    let id = fixed("absence", "planned");
    if organization::store::absence(tx, id)?.is_some() {
        return Ok(());
    }
    let row = organization::Absence {
        id,
        user_id: fixed("user", "rd_agent2"),
        kind: organization::AbsenceKind::Training,
        from_at: tx.now.plus(chrono::TimeDelta::days(400)),
        to_at: tx.now.plus(chrono::TimeDelta::days(402)),
        deputy_id: None,
        note: Private::seal(tx.vault, &"全市帮办代办业务培训".to_owned())?,
        state: "planned".into(),
        recorded_by: fixed("user", "rd_manager").to_string(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    organization::store::insert_absence(tx, &row)
}

/// A draft that waits to be published.
fn draft(tx: &mut Tx) -> Result<()> {
    let code = "GD-320600-0001";
    let Some(item) = catalogue::store::item_by_reference(tx, code)?.filter(|i| i.draft.is_none() && i.published_version == Some(1)) else { return Ok(()) };
    let Some(published) = &item.published else { return Ok(()) };
    let edit = ItemEdit { content: published.get()? };
    let manager = actor(tx, "city_manager")?;
    catalogue::edit(tx, &manager, &Target::any(item.id), &edit)?;
    catalogue::submit(tx, &manager, &Target::any(item.id))?;
    Ok(())
}

/// A draft that its county has submitted for review, and one that may be submitted.
fn drafts(tx: &mut Tx) -> Result<()> {
    let Some(model) = catalogue::published(tx, "GS-320623-0001")? else { return Ok(()) };
    for (code, submitted) in [("YS-320623-0002", true), ("YS-320623-0003", false)] {
        if catalogue::store::item_by_reference(tx, code)?.is_some() {
            continue;
        }
        let manager = actor(tx, "rd_manager")?;
        let content = catalogue::ItemContent { name: format!("演示事项草稿 {code}"), ..model.content.clone() };
        let made = catalogue::create(tx, &manager, &catalogue::NewItem { code: code.into(), division_code: model.division_code.clone(), content })?;
        if submitted {
            catalogue::submit(tx, &manager, &Target::any(made.id))?;
        }
    }
    Ok(())
}

/// Somebody who has left: the account is disabled.
fn former(tx: &mut Tx) -> Result<()> {
    let login = "rd_former";
    if accounts::user_by_login(tx, login)?.is_some() {
        return Ok(());
    }
    let center = organization::store::center_by_division(tx, "320623000000")?.map(|c| c.id);
    let new = NewUser { login: login.into(), name: "县中心离岗人员".into(), title: "已离岗".into(), role: String::new(), center: None };
    // No password fits an empty hash.
    let id = admin::insert(tx, fixed("user", login), &new, "", center)?;
    if let Some(mut user) = accounts::user(tx, id)? {
        user.status = "disabled".into();
        accounts::save_user(tx, &user)?;
    }
    Ok(())
}

/// Two grants to decide, one to revoke.
fn grants(tx: &mut Tx) -> Result<()> {
    let center = organization::store::center_by_division(tx, "320623000000")?.ok_or_else(|| Error::Corrupt("如东 is missing".into()))?.id;
    for (name, login, state) in [("proposed", "rd_agent", "proposed"), ("proposed2", "rd_manager", "proposed"), ("active", "rd_agent2", "active")] {
        let id: Id = fixed("grant", name);
        if accounts::grant(tx, id)?.is_none() {
            let row = accounts::GrantRow {
                id,
                user_id: fixed("user", login),
                role: auth::Role::Clerk,
                node_kind: "center".into(),
                node_id: center.to_string(),
                state: state.into(),
                reason: "窗口轮岗".into(),
                proposed_by: fixed("user", "sys_admin").to_string(),
                decided_by: None,
                version: 1,
                created_at: tx.now,
                updated_at: tx.now,
            };
            accounts::insert_grant(tx, &row)?;
        }
    }
    Ok(())
}
