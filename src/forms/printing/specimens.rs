//! Every form with common and with extreme values.

use super::{Printed, Sheet};
use crate::forms::kinds::*;
use chrono::NaiveDate;

/// A day of 2026.
pub fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap_or_default()
}

/// What is printed beside a sheet.
pub fn printed() -> Printed {
    Printed {
        verification_code: "7K3M-92QX".into(),
        verify_address: "https://zwfw.example.gov.cn/yz/7K3M92QX".into(),
        document_hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        signatures: Vec::new(),
        page_label: "第一联　申请人留存".into(),
        ..Printed::default()
    }
}

/// The values of a set.
struct Set {
    head: Head,
    matter: Matter,
    /// A sentence.
    short: String,
    /// A reason.
    long: String,
    /// How many rows tables have.
    rows: usize,
    /// Name of a paper.
    paper: String,
    /// Name of a unit.
    unit: String,
}

fn common() -> Set {
    Set {
        head: Head {
            issuer: "南通市政务服务代办中心".into(),
            document_number: "通代办〔2026〕123号".into(),
            issued_on: day(1, 5),
            complaint_phone: "0513-12345".into(),
            copies: String::new(),
        },
        matter: Matter {
            number: "DB320600202601050012".into(),
            item_title: "企业投资项目备案（技术改造）（市级）".into(),
            item_code: "11320600MB1234567X4000104001000".into(),
            mode: "全程代办".into(),
            applicant_name: "南通示例精密机械有限公司".into(),
            applicant_number: "91320600MATE5T017G".into(),
            contact: "138****5678".into(),
            agent: "张*".into(),
            handler: "李四".into(),
            center: "南通市政务服务代办中心".into(),
            accepted_on: Some(day(1, 4)),
        },
        short: "因项目建设需要，申请办理企业投资项目备案。".into(),
        long: "申请人计划于第一季度开工，项目涉及市级立项和县级规划两级审批，依照《代办帮办工作规程》第十二条，应当由上级代办中心协调办理。".into(),
        rows: 4,
        paper: "企业投资项目备案申请表".into(),
        unit: "南通市数据局".into(),
    }
}

fn worst() -> Set {
    let title = "建设工程竣工验收消防备案（含特殊建设工程、其他建设工程以及利用既有建筑改造的公众聚集场所）与房屋建筑和市政基础设施工程竣工验收备案、城建档案接收、人防工程竣工验收备案、建设工程竣工规划核实合并办理（联合验收）（市级、县级分级管理）";
    let reason = "经核实，申请人于受理后发现地块规划条件与不动产权证书（证号：苏（2025）南通市不动产权第0001234号）记载不一致，需由自然资源部门出具书面意见；同时“多规合一”平台（https://dghy.example.gov.cn/project/11320600MB1234567X/000104001000/detail?stage=planning&from=agency）未能同步，";
    let long: String = reason.chars().cycle().take(799).chain(std::iter::once('。')).collect();
    let company = "江苏省南通市崇川区长江中下游生态环境综合治理与绿色低碳循环经济示范产业园区开发建设投资发展集团股份有限公司（筹）㛃䶮𠮷分公司";
    Set {
        head: Head {
            issuer: "南通市崇川区狼山镇街道长江社区便民服务站（政务服务代办帮办延伸服务点）".into(),
            copies: "本单一式五份，申请人、转出中心、转入中心、承办部门和上级代办中心各执一份，均具有同等效力。".into(),
            complaint_phone: "0513-12345（工作日8:30—17:30，节假日由12345热线24小时受理）".into(),
            document_number: "崇狼代办〔2026〕第000123456789号".into(),
            ..common().head
        },
        matter: Matter {
            number: "DB320602107001202601050000000012-JL".into(),
            item_title: title.into(),
            item_code: "511Z07001006-511602000000-000-11511301008778183N-1-00".into(),
            applicant_name: company.into(),
            agent: "欧阳㛃䶮、𠮷\u{2a700}\u{31350}".into(),
            contact: "138****5678、0513-****5678转****".into(),
            handler: "阿卜杜热合曼·买买提依明江".into(),
            center: "南通市崇川区狼山镇街道长江社区便民服务站".into(),
            ..common().matter
        },
        short: reason.into(),
        long,
        rows: 40,
        paper: "建设工程消防验收申请表、消防设计文件、消防产品及具有防火性能要求的建筑材料的证明文件".into(),
        unit: "南通市崇川区自然资源和规划局（林业局、海洋局）狼山分局".into(),
    }
}

/// All forms with common values.
pub fn plain() -> Vec<Sheet> {
    all(&common())
}

/// All forms with long names, long reasons, long tables and rare characters.
pub fn extreme() -> Vec<Sheet> {
    all(&worst())
}

fn all(s: &Set) -> Vec<Sheet> {
    let mut all = forms(s);
    all.extend(of_tickets(s));
    all
}

/// Those of fallback tickets, which tell of no matter.
fn of_tickets(s: &Set) -> Vec<Sheet> {
    let head = &s.head;
    let asking = |i: usize| Asking {
        place: format!("applicant_{}", i + 1),
        name: s.matter.applicant_name.clone(),
        id_number: s.matter.applicant_number.clone(),
        phone: s.matter.contact.clone(),
    };
    let row = || RecordRow {
        time: "2026年1月5日\nDD-320623-20260105-000001-101".into(),
        departments: s.unit.clone(),
        situation: s.long.clone(),
        course: s.short.clone(),
        result: s.long.clone(),
    };
    let application = TicketApplication {
        number: "DD-320623-20260105-000001-101".into(),
        registered: "2026年1月5日".into(),
        channel: "兜底窗口".into(),
        category: "新兴行业、新领域无对应机构或渠道".into(),
        callers: (0..s.rows).map(asking).collect(),
        title: s.short.clone(),
        situation: s.long.clone(),
        request: s.long.clone(),
        departments: s.unit.clone(),
        matter: s.matter.number.clone(),
        center: s.matter.center.clone(),
    };
    let order = AssignmentSheet {
        number: "JB-320623-20260105-000001-101".into(),
        ticket: application.number.clone(),
        issued: "2026年1月5日".into(),
        lead: s.unit.clone(),
        assisting: vec![s.unit.clone(); s.rows],
        assists: Some(s.unit.clone()),
        due: "2026年1月16日".into(),
        responsible: "李四".into(),
        matter: s.long.repeat(2),
        determination: s.short.clone(),
        replied: None,
    };
    let callers = (1..=s.rows).map(|i| format!("applicant_{i}")).collect();
    let replied = Replied { result: "已解决".into(), report: s.long.repeat(2), opinions: vec![s.short.clone(); s.rows], callers };
    let listed = BatchRow { number: application.number.clone(), departments: s.unit.clone(), problem: s.long.clone(), decision: s.short.clone() };
    let batch = BatchList {
        number: "TJ-320600-20260105-000001-101".into(),
        month: "2026年1月".into(),
        government: "南通市人民政府".into(),
        summary: s.long.clone(),
        document_no: "改革办〔2026〕12号".into(),
        decision_no: s.short.clone(),
        rows: vec![listed; s.rows],
        decided: s.rows > 10,
    };
    let waits = TriageRow {
        number: application.number.clone(),
        time: "2026年1月5日\n应于2026年1月9日前分类".into(),
        category: application.category.clone(),
        problem: s.long.clone(),
        before: "疑难复杂".into(),
    };
    let figures = ReportTable {
        heading: "一、按涉及部门".into(),
        columns: vec![("涉及部门".into(), 60), ("登记".into(), 40)],
        rows: vec![vec![s.unit.clone(), "1000（999）".into()]; s.rows],
    };
    let report = MonthlyReport { month: "2026年1月".into(), of: s.unit.clone(), summary: vec![s.short.clone(), s.long.clone()], tables: vec![figures] };
    let record =
        |whole: bool| RegisterRecord {
            whole, of: "2026年1月1日至2026年1月31日".into(), rows: (0..if whole { s.rows } else { 1 }).map(|_| row()).collect()
        };
    vec![
        ticket_application(head, &application),
        register_record(head, &record(false)),
        assignment_sheet(head, &order),
        assignment_sheet(head, &AssignmentSheet { replied: Some(replied), ..order.clone() }),
        batch_list(head, &batch),
        register_record(head, &record(true)),
        triage_list(head, &vec![waits; s.rows]),
        monthly_report(head, &report),
    ]
}

fn forms(s: &Set) -> Vec<Sheet> {
    let (head, matter) = (&s.head, &s.matter);
    let papers: Vec<Paper> = (0..s.rows)
        .map(|i| Paper {
            name: format!("{}{}", s.paper, if i == 0 { String::new() } else { format!("（{i}）") }),
            form: if i % 2 == 0 { "原件" } else { "复印件" }.into(),
            count: 1 + i as u32 % 3,
            note: if i == 1 { s.short.clone() } else { String::new() },
        })
        .collect();
    let steps = (0..s.rows).map(|i| PlanStep {
        name: if i == 1 { matter.item_title.clone() } else { s.paper.clone() },
        department: s.unit.clone(),
        after: if i == 0 { String::new() } else { i.to_string() },
        statutory: "20个工作日".into(),
        promised: "5个工作日".into(),
        planned_start: Some(day(1, 6)),
        planned_finish: (i != 2).then(|| day(11, 22)),
        actual: if i == 0 { "已办结".into() } else { String::new() },
    });
    let missing = (0..s.rows).map(|i| MissingPaper {
        name: s.paper.clone(),
        fault: if i == 1 { s.short.clone() } else { "未提交".into() },
        how: "加盖公章后上传扫描件，或者到窗口补交".into(),
        basis: if i == 0 { "办事指南材料第3项".into() } else { String::new() },
    });
    let deferred = (0..s.rows).map(|_| Deferred { name: s.paper.clone(), reason: "正在换发".into(), due: day(1, 20) });
    let legs = (0..s.rows).map(|_| Leg {
        step: s.paper.clone(),
        unit: s.unit.clone(),
        request: s.short.clone(),
        answer_by: "2026年1月6日".into(),
        due: "2026年1月20日".into(),
    });
    let sides = (0..(s.rows / 2).min(6)).map(|_| Side { unit: s.unit.clone(), opinion: s.long.clone(), source: "转办单、2026年1月5日陈述".into() });
    vec![
        application(
            head,
            matter,
            &Application {
                channel: "大厅窗口".into(),
                applicant_kind: "企业法人".into(),
                address: "南通市崇川区****".into(),
                request: s.long.clone(),
                eligibility: "中小微企业".into(),
                delivery: "窗口领取".into(),
                papers: papers.clone(),
                taken_in: TakenIn { by: vec![(s.unit.clone(), day(1, 4))], elsewhere: s.rows > 10 },
            },
        ),
        receipt(
            head,
            matter,
            &Receipt {
                papers: papers.clone(),
                answer: "2026年1月6日前告知".into(),
                inquiry: "凭办件编号拨打0513-12345或者登录政务服务网查询".into(),
                taken_in: TakenIn { by: vec![(s.unit.clone(), day(1, 4)), (s.unit.clone(), day(1, 5))], elsewhere: s.rows > 10 },
            },
        ),
        agreement(
            head,
            matter,
            &Agreement {
                title: String::new(),
                scope: vec!["代为填报、提交申请材料".into(), "代为领取受理通知书和办理结果".into(), s.short.clone()],
                excluded: vec![s.short.clone()],
                term: "自签订之日起至本件办结或终止之日止".into(),
                clauses: vec![s.short.clone(), s.long.clone()],
            },
        ),
        amendment(
            head,
            matter,
            &Amendment {
                agreement_number: "通代办协〔2026〕12号".into(),
                former: s.unit.clone(),
                signed_on: day(1, 5),
                reason: s.long.clone(),
                changes: (0..s.rows / 2).map(|_| Change { what: "代办机构".into(), before: s.unit.clone(), after: s.short.clone() }).collect(),
            },
        ),
        plan(
            head,
            matter,
            &Plan {
                version: 2,
                supporting_unit: s.unit.clone(),
                milestones: "2026年3月31日前开工".into(),
                steps: steps.collect(),
                preparation: s.short.clone(),
            },
        ),
        one_time_notice(
            head,
            matter,
            &OneTimeNotice {
                missing: missing.collect(), until: day(1, 26), channels: "窗口提交、邮寄或者网上上传".into(), inquiry: "0513-12345".into()
            },
        ),
        deferral_notice(head, matter, &Deferral { papers: deferred.collect(), ..Deferral::default() }),
        transfer(
            head,
            matter,
            &Transfer {
                from_center: matter.center.clone(),
                to_center: "如皋市政务服务代办中心".into(),
                reason: s.long.clone(),
                progress: s.short.clone(),
                consent: "2026年1月5日电话同意".into(),
                answer_by: day(1, 6),
                days_left: "7个工作日".into(),
            },
        ),
        hand_over_list(
            head,
            matter,
            &HandOver {
                occasion: "转办".into(),
                giver: matter.center.clone(),
                taker: "如皋市政务服务代办中心".into(),
                place: "综合帮办窗口".into(),
                papers: papers.clone(),
            },
        ),
        joint_request(
            head,
            matter,
            &JointRequest {
                to: "南通市政务服务代办中心".into(),
                reason: s.long.clone(),
                legs: legs.collect(),
                answer_by: Some(day(1, 6)),
                answer: if s.rows > 10 { Answer::Imposed("ZD-320600-20260105-000001-427".into()) } else { Answer::Open },
                attachments: vec!["资料交接清单".into()],
            },
        ),
        arbitration_decision(
            head,
            matter,
            &ArbitrationDecision {
                facts: s.long.clone(),
                sides: sides.collect(),
                case_number: "ZD-320600-20260105-000001-427".into(),
                bound: "如皋市政务服务代办中心".into(),
                ruling: Ruling::Joint {
                    handler: "如皋市政务服务代办中心".into(),
                    custodian: matter.center.clone(),
                    steps: (0..s.rows).map(|_| (s.paper.clone(), s.unit.clone())).collect(),
                },
                orders: "原承办中心应当于1个工作日内移交全部资料。".into(),
                reviewed: s.rows > 10,
                reason: s.long.clone(),
                rule: "《代办帮办工作规程》第二十条".into(),
            },
        ),
        suspension(
            head,
            matter,
            &Suspension {
                cause: "等待申请人补充材料".into(),
                facts: s.long.clone(),
                from: day(1, 7),
                until: day(2, 6),
                days_left: "5个工作日".into(),
                resume_when: "补交不动产权证书后恢复".into(),
                approved_by: "李四".into(),
            },
        ),
        resumption(
            head,
            matter,
            &Resumption {
                suspension_number: "通代办止〔2026〕3号".into(),
                suspended_on: day(1, 7),
                from: day(1, 12),
                cause: s.long.clone(),
                days_left: "5个工作日".into(),
                new_due: "2026年1月19日".into(),
                next: s.short.clone(),
            },
        ),
        extension(
            head,
            matter,
            &Extension {
                limit: "提交申报".into(),
                old_due: day(1, 9),
                new_due: day(1, 16),
                days: "5个工作日".into(),
                reason: s.long.clone(),
                progress: s.short.clone(),
            },
        ),
        delivery_receipt(
            head,
            matter,
            &DeliveryReceipt {
                documents: (0..s.rows).map(|_| Delivered { name: s.paper.clone(), number: "通代办止〔2026〕3号".into(), count: 1 }).collect(),
                recipient: matter.applicant_name.clone(),
                address: "南通市崇川区****".into(),
            },
        ),
        completion(
            head,
            matter,
            &Completion {
                outcome: "准予".into(),
                result: "江苏省投资项目备案证（通行审备〔2026〕5号）".into(),
                finished_on: day(1, 12),
                duration: "6个工作日".into(),
                summary: s.long.clone(),
                fees: String::new(),
                papers: papers.clone(),
                signed: String::new(),
            },
        ),
        termination(
            head,
            matter,
            &Termination {
                reason: "申请人主动要求".into(),
                facts: s.long.clone(),
                asked_by: "申请人".into(),
                progress: s.short.clone(),
                papers,
                all_back: false,
                end: if s.rows > 10 { End::Served { on: day(1, 12), proof: s.short.clone() } } else { End::Open },
            },
        ),
        supervision(
            head,
            matter,
            &Supervision {
                to: s.unit.clone(),
                responsible: "李四".into(),
                limit: "提交申报".into(),
                was_due: day(1, 9),
                overdue: "3个工作日".into(),
                facts: s.long.clone(),
                order: s.short.clone(),
                due: day(1, 16),
                round: 2,
            },
        ),
    ]
}
