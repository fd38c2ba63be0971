//! The columns of a catalogue table: how each reads into an item's content and is written from it. A column that a table
//! lacks leaves the item as it is. Lists stand one entry to a line, the parts of an entry between `|`.

use super::model::{
    Badge, ExerciseLevel, Faq, Fee, HandlingForm, HandlingType, InterArea, ItemContent, ItemType, MaterialForm, MaterialSource, MaterialSpec, Mode, Necessity,
    OnlineDepth, Place, ResultKind, ResultSpec, ServiceObject, StepTemplate,
};
use crate::{
    clocks::{Limit, Unit},
    kernel::Code,
};

/// A column.
pub struct Column {
    /// Its Chinese header.
    pub header: &'static str,
    /// A table without it is refused.
    pub needed: bool,
    /// Reads a cell; says what is wrong.
    pub read: fn(&mut ItemContent, &str) -> Result<(), String>,
    /// Writes a cell that reads back as the same.
    pub write: fn(&ItemContent) -> String,
}

/// The code of the item: no part of its content.
pub const CODE: &str = "实施编码";
/// The division of the item: no part of its content.
pub const DIVISION: &str = "行政区划代码";

/// What other platforms call the same columns.
const ALIASES: &[(&str, &str)] = &[
    ("事项编码", CODE),
    ("基本编码", CODE),
    ("区划代码", DIVISION),
    ("实施主体", "实施部门"),
    ("主题", "主项名称"),
    ("事项主题", "主项名称"),
    ("名称", "事项名称"),
    ("法定办结时限", "法定时限"),
    ("承诺办结时限", "承诺时限"),
    ("跑动次数", "到现场次数"),
    ("到办事现场次数", "到现场次数"),
    ("监督投诉电话", "投诉电话"),
    ("咨询方式", "咨询电话"),
];

/// The header that a column goes by here.
pub fn header_of(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, header)| header)
}

/// All columns but code and division, in the order of exports.
pub const COLUMNS: &[Column] = &[
    Column { header: "实施部门", needed: true, read: |c, t| text(&mut c.department, t, 1, 100, "实施部门"), write: |c| c.department.clone() },
    Column { header: "主项名称", needed: false, read: |c, t| set(&mut c.theme, t.chars().take(60).collect()), write: |c| c.theme.clone() },
    Column { header: "事项名称", needed: true, read: |c, t| text(&mut c.name, t, 2, 300, "事项名称"), write: |c| c.name.clone() },
    Column {
        header: "事项类型", needed: true, read: |c, t| code(t, "事项类型").map(|v: ItemType| c.item_type = v), write: |c| c.item_type.label().into()
    },
    Column {
        header: "行使层级",
        needed: true,
        read: |c, t| level_of(t).map(|v| c.exercise_level = v).ok_or_else(|| format!("行使层级“{t}”不在国家标准之内")),
        write: |c| c.exercise_level.label().into(),
    },
    Column {
        header: "办件类型",
        needed: false,
        read: |c, t| code(or(t, HandlingType::Other.label()), "办件类型").map(|v: HandlingType| c.handling_type = v),
        write: |c| c.handling_type.label().into(),
    },
    Column {
        header: "部门信用代码",
        needed: false,
        read: |c, t| set(&mut c.department_code, some(t)),
        write: |c| c.department_code.clone().unwrap_or_default(),
    },
    Column { header: "法定时限", needed: false, read: |c, t| limit(t).map(|v| c.statutory_limit = v), write: |c| limit_text(c.statutory_limit) },
    Column { header: "承诺时限", needed: false, read: |c, t| limit(t).map(|v| c.promised_limit = v), write: |c| limit_text(c.promised_limit) },
    Column {
        header: "服务对象",
        needed: false,
        read: |c, t| codes(t, "服务对象").map(|v: Vec<ServiceObject>| c.service_objects = v),
        write: |c| labels(&c.service_objects),
    },
    Column { header: "帮办方式", needed: false, read: |c, t| codes(t, "帮办方式").map(|v: Vec<Mode>| c.modes = v), write: |c| labels(&c.modes) },
    Column {
        header: "办理形式",
        needed: false,
        read: |c, t| codes(t, "办理形式").map(|v: Vec<HandlingForm>| c.handling_forms = v),
        write: |c| labels(&c.handling_forms),
    },
    Column {
        header: "通办范围", needed: false, read: |c, t| codes(t, "通办范围").map(|v: Vec<InterArea>| c.inter_area = v), write: |c| labels(&c.inter_area)
    },
    Column { header: "设定依据", needed: false, read: |c, t| lines(t, 50).map(|v| c.legal_basis = v), write: |c| join_lines(&c.legal_basis) },
    Column { header: "受理条件", needed: false, read: |c, t| lines(t, 50).map(|v| c.conditions = v), write: |c| join_lines(&c.conditions) },
    Column { header: "办理流程", needed: false, read: |c, t| lines(t, 50).map(|v| c.process = v), write: |c| join_lines(&c.process) },
    Column {
        header: "申请材料",
        needed: false,
        read: |c, t| entries(t, 100, material).map(|v| c.materials = v),
        write: |c| write_entries(&c.materials, material_cells),
    },
    Column { header: "收费", needed: false, read: |c, t| entries(t, 20, fee).map(|v| c.fees = v), write: |c| write_entries(&c.fees, fee_cells) },
    Column {
        header: "办理结果",
        needed: false,
        read: |c, t| entries(t, 1, result).map(|v| c.result = v.into_iter().next()),
        write: |c| write_entries(c.result.as_slice(), result_cells),
    },
    Column {
        header: "办理地点",
        needed: false,
        read: |c, t| entries(t, 20, place).map(|v| c.places = v),
        write: |c| write_entries(&c.places, |p| vec![p.name.clone(), p.address.clone(), p.hours.clone()]),
    },
    Column {
        header: "咨询电话",
        needed: false,
        read: |c, t| set(&mut c.consultation_phone, some(t)),
        write: |c| c.consultation_phone.clone().unwrap_or_default(),
    },
    Column {
        header: "投诉电话", needed: false, read: |c, t| set(&mut c.complaint_phone, some(t)), write: |c| c.complaint_phone.clone().unwrap_or_default()
    },
    Column {
        header: "到现场次数",
        needed: false,
        read: |c, t| number(t, "到现场次数").map(|v| c.visits = v),
        write: |c| c.visits.map(|v| v.to_string()).unwrap_or_default(),
    },
    Column { header: "到现场原因", needed: false, read: |c, t| set(&mut c.visit_reason, some(t)), write: |c| c.visit_reason.clone().unwrap_or_default() },
    Column { header: "服务标识", needed: false, read: |c, t| codes(t, "服务标识").map(|v: Vec<Badge>| c.badges = v), write: |c| labels(&c.badges) },
    Column {
        header: "网办深度",
        needed: false,
        read: |c, t| if t.is_empty() { set(&mut c.online_depth, None) } else { code(t, "网办深度").map(|v: OnlineDepth| c.online_depth = Some(v)) },
        write: |c| c.online_depth.map(|d| d.label().to_owned()).unwrap_or_default(),
    },
    Column { header: "可预约", needed: false, read: |c, t| yes(t).map(|v| c.booking = v), write: |c| yes_text(c.booking) },
    Column { header: "可快递", needed: false, read: |c, t| yes(t).map(|v| c.express = v), write: |c| yes_text(c.express) },
    Column { header: "可自助", needed: false, read: |c, t| yes(t).map(|v| c.self_service = v), write: |c| yes_text(c.self_service) },
    Column { header: "可现场缴费", needed: false, read: |c, t| yes(t).map(|v| c.on_site_payment = v), write: |c| yes_text(c.on_site_payment) },
    Column {
        header: "常见问题",
        needed: false,
        read: |c, t| entries(t, 50, faq).map(|v| c.faq = v),
        write: |c| write_entries(&c.faq, |f| vec![f.question.clone(), f.answer.clone()]),
    },
    Column {
        header: "一件事",
        needed: false,
        read: |c, t| set(&mut c.bundle, t.split(['、', '\n']).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()),
        write: |c| c.bundle.join("、"),
    },
    Column {
        header: "专用流程", needed: false, read: |c, t| entries(t, 50, step).map(|v| c.template = v), write: |c| write_entries(&c.template, step_cells)
    },
];

fn or<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}

fn set<T>(slot: &mut T, value: T) -> Result<(), String> {
    *slot = value;
    Ok(())
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn text(slot: &mut String, text: &str, least: usize, most: usize, name: &str) -> Result<(), String> {
    if !(least..=most).contains(&text.chars().count()) {
        return Err(format!("{name}为空或过长"));
    }
    text.clone_into(slot);
    Ok(())
}

fn code<C: Code>(text: &str, name: &str) -> Result<C, String> {
    C::ALL.iter().copied().find(|v| v.label() == text || v.code() == text).ok_or_else(|| format!("{name}“{text}”不在国家标准之内"))
}

fn codes<C: Code>(text: &str, name: &str) -> Result<Vec<C>, String> {
    text.split(['、', ',', '，', ';', '；', '\n']).map(str::trim).filter(|t| !t.is_empty()).map(|t| code(t, name)).collect()
}

fn labels<C: Code>(values: &[C]) -> String {
    values.iter().map(|v| v.label()).collect::<Vec<_>>().join("、")
}

fn yes(text: &str) -> Result<bool, String> {
    match text {
        "是" | "有" | "支持" | "1" | "true" => Ok(true),
        "" | "否" | "无" | "不支持" | "0" | "false" => Ok(false),
        other => Err(format!("“{other}”应为是或否")),
    }
}

fn yes_text(value: bool) -> String {
    if value { "是" } else { "否" }.into()
}

fn number(text: &str, name: &str) -> Result<Option<u32>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.trim_end_matches('次').parse().map(Some).map_err(|_| format!("{name}“{text}”不是数字"))
}

/// Catalogues write 县级, 镇（乡、街道）级, 乡镇级, 村（社区）级, 市级 …
fn level_of(text: &str) -> Option<ExerciseLevel> {
    let by_start = [
        ("国家", ExerciseLevel::National),
        ("省", ExerciseLevel::Province),
        ("市", ExerciseLevel::City),
        ("设区", ExerciseLevel::City),
        ("县", ExerciseLevel::County),
        ("区", ExerciseLevel::County),
        ("镇", ExerciseLevel::Town),
        ("乡", ExerciseLevel::Town),
        ("街道", ExerciseLevel::Town),
        ("村", ExerciseLevel::Village),
        ("社区", ExerciseLevel::Village),
        ("分级", ExerciseLevel::Graded),
    ];
    by_start.into_iter().find(|(start, _)| text.starts_with(start)).map(|(_, level)| level)
}

const UNITS: [(&str, Unit); 7] = [
    ("个工作日", Unit::WorkingDay),
    ("工作日", Unit::WorkingDay),
    ("个自然日", Unit::NaturalDay),
    ("自然日", Unit::NaturalDay),
    ("个工作小时", Unit::WorkingHour),
    ("个小时", Unit::Hour),
    ("小时", Unit::Hour),
];

/// `20个工作日`, `30自然日`, `4小时`; empty or 即办: none.
fn limit(text: &str) -> Result<Option<Limit>, String> {
    if matches!(text, "" | "无" | "即办" | "即时办结") {
        return Ok(None);
    }
    let found = UNITS.iter().find_map(|(suffix, unit)| text.strip_suffix(suffix).map(|n| (n.trim(), *unit)));
    let (value, unit) = found.ok_or_else(|| format!("时限“{text}”应写作“20个工作日”这样的形式"))?;
    let value = value.parse().ok().filter(|n| (1..=3650).contains(n)).ok_or_else(|| format!("时限“{text}”不是 1 到 3650 的数字"))?;
    Ok(Some(Limit { value, unit }))
}

fn limit_text(limit: Option<Limit>) -> String {
    let unit = |unit| match unit {
        Unit::WorkingDay => "个工作日",
        Unit::NaturalDay => "个自然日",
        Unit::WorkingHour => "个工作小时",
        Unit::Hour => "个小时",
    };
    limit.map(|l| format!("{}{}", l.value, unit(l.unit))).unwrap_or_default()
}

/// A backslash keeps a separator inside a text: `\|`, `\n`, `\\`.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', "\\n").replace('\r', "\\r")
}

fn split(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let Some(last) = parts.last_mut() else { break };
        match c {
            '\\' => match chars.next() {
                Some('n') => last.push('\n'),
                Some('r') => last.push('\r'),
                Some(other) => last.push(other),
                None => {}
            },
            '|' => parts.push(String::new()),
            other => last.push(other),
        }
    }
    parts.iter().map(|p| p.trim().to_owned()).collect()
}

fn rows_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty())
}

fn lines(text: &str, most: usize) -> Result<Vec<String>, String> {
    let all: Vec<String> = rows_of(text).map(|l| split(l).join("|")).collect();
    if all.len() > most { Err(format!("最多 {most} 行")) } else { Ok(all) }
}

fn join_lines(values: &[String]) -> String {
    values.iter().map(|v| escape(v)).collect::<Vec<_>>().join("\n")
}

fn entries<T>(text: &str, most: usize, read: fn(usize, &[String]) -> Result<T, String>) -> Result<Vec<T>, String> {
    let all: Vec<T> = rows_of(text).enumerate().map(|(i, line)| read(i, &split(line))).collect::<Result<_, _>>()?;
    if all.len() > most { Err(format!("最多 {most} 行")) } else { Ok(all) }
}

fn write_entries<T>(values: &[T], cells: fn(&T) -> Vec<String>) -> String {
    values.iter().map(|v| cells(v).iter().map(|c| escape(c)).collect::<Vec<_>>().join("|")).collect::<Vec<_>>().join("\n")
}

fn cell(parts: &[String], at: usize) -> &str {
    parts.get(at).map(String::as_str).unwrap_or_default()
}

/// `名称|编号|必要|原件|纸质|份数|来源|可容缺|受理标准|备注|空白表格|样表`; the name alone is enough.
fn material(i: usize, parts: &[String]) -> Result<MaterialSpec, String> {
    let mut name = String::new();
    text(&mut name, cell(parts, 0), 1, 200, "材料名称")?;
    Ok(MaterialSpec {
        name,
        code: some(cell(parts, 1)).unwrap_or_else(|| format!("M{}", i + 1)),
        necessity: code(or(cell(parts, 2), Necessity::Required.label()), "材料必要性")?,
        original: matches!(cell(parts, 3), "原件"),
        form: code(or(cell(parts, 4), MaterialForm::Both.label()), "材料形式")?,
        copies: number(cell(parts, 5), "材料份数")?.unwrap_or(1),
        source: code(or(cell(parts, 6), MaterialSource::Applicant.label()), "材料来源")?,
        deferrable: matches!(cell(parts, 7), "可容缺"),
        acceptance_standard: cell(parts, 8).to_owned(),
        note: some(cell(parts, 9)),
        blank_form: some(cell(parts, 10)),
        sample: some(cell(parts, 11)),
    })
}

fn material_cells(m: &MaterialSpec) -> Vec<String> {
    vec![
        m.name.clone(),
        m.code.clone(),
        m.necessity.label().into(),
        if m.original { "原件" } else { "复印件" }.into(),
        m.form.label().into(),
        m.copies.to_string(),
        m.source.label().into(),
        if m.deferrable { "可容缺" } else { "" }.into(),
        m.acceptance_standard.clone(),
        m.note.clone().unwrap_or_default(),
        m.blank_form.clone().unwrap_or_default(),
        m.sample.clone().unwrap_or_default(),
    ]
}

/// `名称|标准|依据|减免`.
fn fee(_: usize, parts: &[String]) -> Result<Fee, String> {
    let (mut name, mut standard, mut basis) = (String::new(), String::new(), String::new());
    text(&mut name, cell(parts, 0), 1, 100, "收费名称")?;
    text(&mut standard, cell(parts, 1), 1, 500, "收费标准")?;
    text(&mut basis, cell(parts, 2), 1, 500, "收费依据")?;
    Ok(Fee { name, standard, basis, reduction: some(cell(parts, 3)) })
}

fn fee_cells(f: &Fee) -> Vec<String> {
    vec![f.name.clone(), f.standard.clone(), f.basis.clone(), f.reduction.clone().unwrap_or_default()]
}

/// `类型|名称|样本`.
fn result(_: usize, parts: &[String]) -> Result<ResultSpec, String> {
    let mut name = String::new();
    text(&mut name, cell(parts, 1), 1, 200, "结果名称")?;
    Ok(ResultSpec { kind: code(cell(parts, 0), "结果类型")?, name, sample: some(cell(parts, 2)) })
}

fn result_cells(r: &ResultSpec) -> Vec<String> {
    let kind: ResultKind = r.kind;
    vec![kind.label().into(), r.name.clone(), r.sample.clone().unwrap_or_default()]
}

/// `名称|地址|时间`.
fn place(_: usize, parts: &[String]) -> Result<Place, String> {
    let mut name = String::new();
    text(&mut name, cell(parts, 0), 1, 100, "办理地点")?;
    Ok(Place { name, address: cell(parts, 1).to_owned(), hours: cell(parts, 2).to_owned() })
}

/// `问题|答复`.
fn faq(_: usize, parts: &[String]) -> Result<Faq, String> {
    let (mut question, mut answer) = (String::new(), String::new());
    text(&mut question, cell(parts, 0), 1, 300, "问题")?;
    text(&mut answer, cell(parts, 1), 1, 2000, "答复")?;
    Ok(Faq { question, answer })
}

/// `步骤编号|名称|部门|时限|前置步骤|所需材料`; several codes between 、.
fn step(i: usize, parts: &[String]) -> Result<StepTemplate, String> {
    let (mut name, mut department) = (String::new(), String::new());
    text(&mut name, cell(parts, 1), 1, 100, "步骤名称")?;
    text(&mut department, cell(parts, 2), 1, 100, "步骤部门")?;
    let several = |text: &str| text.split('、').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
    Ok(StepTemplate {
        code: some(cell(parts, 0)).unwrap_or_else(|| format!("S{}", i + 1)),
        name,
        department,
        limit: limit(cell(parts, 3))?.ok_or("步骤须写明时限")?,
        depends_on: several(cell(parts, 4)),
        materials: several(cell(parts, 5)),
    })
}

fn step_cells(s: &StepTemplate) -> Vec<String> {
    vec![s.code.clone(), s.name.clone(), s.department.clone(), limit_text(Some(s.limit)), s.depends_on.join("、"), s.materials.join("、")]
}
