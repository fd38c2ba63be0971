//! The services that are offered: one table. A code says of what kind the order is and, where nothing else is configured, what it
//! opens.

use serde_json::{Value, json};

use super::wire::{Fault, Tree};
/// A service.
pub struct Service {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The kind of order.
    pub order_type: &'static str,
    /// Words to find it by.
    pub keywords: &'static str,
    /// Its group.
    pub group: &'static str,
}

const fn service(
    code: &'static str,
    name: &'static str,
    order_type: &'static str,
    group: &'static str,
    keywords: &'static str,
    description: &'static str,
) -> Service {
    Service { code, name, description, order_type, keywords, group }
}

const HELP: &str = "办不成事";

/// All of them.
pub static SERVICES: &[Service] = &[
    service("consultation", "政务服务咨询", "consultation", "咨询", "咨询,导办,材料,流程", "事项怎么办、带什么材料、到哪里办。"),
    service("assisted", "帮办代办申请", "help", "帮办代办", "代办,帮办,上门", "申请帮办代办一件政务服务事项，请填写事项编码和证件号码。"),
    service("fallback_emerging_field", "新兴行业、新领域无处办理", "help", HELP, "新兴行业,新领域,无机构", "新兴行业、新领域没有对应的机构或渠道。"),
    service("fallback_missing_from_system", "系统中没有的事项", "help", HELP, "系统,遗漏,无此事项", "有法律依据、但系统中没有列入的事项。"),
    service("fallback_no_lead_unit", "没有牵头单位", "help", HELP, "机构调整,无人受理", "改革创新、机构调整致没有牵头单位。"),
    service("fallback_cross_department_level", "跨部门跨层级的复杂事项", "help", HELP, "跨部门,跨层级,推诿", "涉及几个部门或几个层级、难以协调。"),
    service("fallback_historical_issue", "历史遗留问题", "help", HELP, "历史遗留,政策", "历史遗留及待政策处理。"),
    service("fallback_other", "其他办不成的事", "help", HELP, "办不成", "通过正常渠道没有办成的其他事项。"),
    service("complaint", "投诉", "complaint", "意见", "投诉,态度,效率", "对政务服务的投诉。"),
    service("suggestion", "建议", "suggestion", "意见", "建议", "对政务服务的建议。"),
    service("praise", "表扬", "praise", "意见", "表扬", "对政务服务的表扬。"),
    service("other", "其他", "other", "意见", "其他", "其他诉求。"),
];

/// By its code.
pub fn find(code: &str) -> Result<&'static Service, Fault> {
    SERVICES.iter().find(|s| s.code == code).ok_or_else(|| Fault::new(404, format!("没有这个 service_code：{code}（service_code was not found）")))
}

/// The name of what an order was filed under, or would have been.
pub fn of(code: Option<&str>, order_type: &str) -> &'static Service {
    let filed = code.and_then(|code| SERVICES.iter().find(|s| s.code == code));
    let by_type = SERVICES.iter().find(|s| s.code == order_type);
    filed.or(by_type).unwrap_or_else(|| &SERVICES[SERVICES.len() - 1])
}

/// GET services.
pub fn list() -> Tree {
    let all = SERVICES.iter().map(|s| {
        json!({ "service_code": s.code, "service_name": s.name, "description": s.description, "metadata": true, "type": "realtime",
            "keywords": s.keywords, "group": s.group })
    });
    Tree { root: "services", value: Value::Array(all.collect()) }
}

/// GET services/{code}.
pub fn definition(code: &str) -> Result<Tree, Fault> {
    let service = find(code)?;
    let mut order = 0;
    let mut attribute = |code: &str, required: bool, description: &str, hint: &str| {
        order += 1;
        json!({ "variable": true, "code": code, "datatype": "string", "required": required, "datatype_description": hint, "order": order,
            "description": description, "values": [] })
    };
    let choice = |mut attribute: Value| {
        attribute["datatype"] = json!("singlevaluelist");
        attribute["values"] = json!([{ "key": "true", "name": "保密" }, { "key": "false", "name": "不保密" }]);
        attribute
    };
    let mut all = vec![attribute("hotline_no", false, "本系统中的工单编号", "同一编号再次提交得到同一请求")];
    all.push(attribute("item", service.code == "assisted", "事项编码", "例如 GS-320623-0001"));
    all.push(attribute("id_number", service.code == "assisted", "身份证号码或统一社会信用代码", "帮办代办须核对身份"));
    all.push(choice(attribute("confidential", false, "诉求人信息保密", "除 false、0、no、否 和不填以外都按保密办理")));
    Ok(Tree { root: "service_definition", value: json!({ "service_code": service.code, "attributes": all }) })
}

/// GET discovery.
pub fn discovery(base: &str, contact: &str, demo: bool) -> Tree {
    const CHANGESET: &str = "2026-11-24T00:00:00+08:00";
    // The standard, and the extension of it that has the updates of requests.
    let specifications = ["http://wiki.open311.org/GeoReport_v2", "https://github.com/mysociety/fixmystreet/wiki/Open311-FMS---Complete-Spec"];
    let endpoint = |specification| {
        json!({
            "specification": specification,
            "url": format!("{base}/open311/v2"),
            "changeset": CHANGESET,
            "type": if demo { "test" } else { "production" },
            "formats": ["text/xml", "application/json"],
        })
    };
    let value = json!({
        "changeset": CHANGESET,
        "contact": contact,
        "key_service": "向本系统的系统管理员申请 api_key；查询不需要 api_key。",
        "endpoints": specifications.map(endpoint),
    });
    Tree { root: "discovery", value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{kernel::Code as _, tickets::TicketCategory};

    #[test]
    fn codes_are_unique_and_every_difficulty_has_one() {
        let mut codes: Vec<&str> = SERVICES.iter().map(|s| s.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), SERVICES.len());
        assert!(TicketCategory::ALL.iter().all(|c| codes.contains(&format!("fallback_{}", c.code()).as_str())));
    }
}
