//! One parser for all lists: a declared table of filters, which also feeds the OpenAPI document.

use std::marker::PhantomData;

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use utoipa::{
    IntoParams,
    openapi::{
        KnownFormat, ObjectBuilder, RefOr, Required, SchemaFormat, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{ArrayBuilder, Schema},
    },
};

use super::{query::pairs, request::State, shown::Shown};
use crate::kernel::{
    Cursor, ErrorCode, FieldError, Id, ListQuery, Problem, Sort, Text,
    page::{NUMBERED, moment_or_date as moment},
    problem::Place,
    sha256_hex,
};

/// What a filter accepts.
#[derive(Clone, Copy)]
pub enum FilterKind {
    /// One of a vocabulary; repeat for OR.
    Codes(fn() -> Vec<&'static str>),
    /// A record id; repeat for OR.
    Id,
    /// Text of at most so many characters, exact.
    Text(usize),
    /// 12-digit division code.
    Division,
    /// A range of moments: `name[gte]`, `name[lt]`.
    Moments,
    /// `true` or `false`.
    Flag,
}

/// One filter of a list.
pub struct Filter {
    /// Parameter name.
    pub name: &'static str,
    /// Accepted values.
    pub kind: FilterKind,
    /// What it selects, in Chinese.
    pub doc: &'static str,
}

/// A declared list.
pub trait ListKind: 'static {
    /// Its filters.
    const FILTERS: &'static [Filter];
    /// Its sort keys; the first is the default, newest first. None: the order is given.
    const SORTS: &'static [&'static str];
    /// Full-text search with `q`.
    const SEARCH: bool = false;
    /// Shortest `q`: two characters make the first word that the index knows.
    const SHORTEST: usize = 2;
    /// Synchronisation with `updated_since`.
    const SYNC: bool = false;
    /// Numbered pages with `page` and `page_size`.
    const NUMBERED: bool = false;
}

/// The extractor of a declared list.
pub struct List<K> {
    /// What was asked. What is wrong with it is told by whoever answers, together with what is wrong in `fields` and `expand`.
    pub query: Result<ListQuery, Problem>,
    kind: PhantomData<K>,
}

impl<K: ListKind> FromRequest for List<K> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let vault = request.app_data::<web::Data<State>>().map(|s| s.db.vault().clone());
        let query = pairs(request.query_string()).and_then(|mut pairs| {
            // Read by whoever answers.
            Shown::take(&mut pairs)?;
            let vault = vault.ok_or_else(|| Problem::of(ErrorCode::Internal))?;
            parse::<K>(pairs, request.path(), |text| Cursor::decode(&vault, text))
        });
        std::future::ready(Ok(Self { query, kind: PhantomData }))
    }
}

impl<K: ListKind> List<K> {
    /// The whole of a list, from its beginning: what the filters of a query select.
    pub fn whole(query: &str) -> Result<ListQuery, Problem> {
        let pairs = pairs(query)?;
        if let Some((name, _)) = pairs.iter().find(|(name, _)| matches!(name.as_str(), "cursor" | "limit" | "page" | "page_size" | "updated_since")) {
            return Err(Problem::parameter(name, "whole_list", format!("导出的是全部结果，不用 {name}。"), format!("All of the list: without {name}.")));
        }
        parse::<K>(pairs, "", |_| Err(Problem::of(ErrorCode::InvalidRequest)))
    }

    /// Refuses a query string that the list would refuse, and one that names a place in it.
    pub fn check(query: &str) -> Result<(), Problem> {
        let pairs = pairs(query)?;
        if let Some((name, _)) = pairs.iter().find(|(name, _)| matches!(name.as_str(), "cursor" | "page" | "updated_since")) {
            return Err(Problem::parameter(name, "not_saved", format!("筛选中不保存 {name}。"), format!("{name} is not saved.")));
        }
        parse::<K>(pairs, "", |_| Err(Problem::of(ErrorCode::InvalidRequest))).map(|_| ())
    }
}

fn parse<K: ListKind>(pairs: Vec<(String, String)>, path: &str, cursor: impl Fn(&str) -> Result<Cursor, Problem>) -> Result<ListQuery, Problem> {
    let first = K::SORTS.first().copied().unwrap_or("created_at");
    let mut query = ListQuery {
        limit: 20,
        page: None,
        of: String::new(),
        cursor: None,
        sort: Sort { key: first, descending: true },
        q: None,
        updated_since: None,
        values: Vec::new(),
    };
    let mut errors: Vec<FieldError> = Vec::new();
    let mut refuse = |name: &str, code: &'static str, zh: String, en: String| {
        errors.push(FieldError { at: Place::Parameter(name.to_owned()), code: code.into(), detail: Text::new(zh, en) });
    };
    let mut seen: Vec<String> = Vec::new();
    let (mut page, mut page_size) = (None, None);
    for (name, value) in pairs {
        let single = ["limit", "cursor", "sort", "q", "updated_since", "page", "page_size"].contains(&name.as_str());
        if single && seen.contains(&name) {
            refuse(&name, "repeated", format!("参数 {name} 只能出现一次。"), format!("{name} may occur only once."));
            continue;
        }
        seen.push(name.clone());
        match name.as_str() {
            "limit" => match value.parse() {
                Ok(n @ 1..=200) => query.limit = n,
                _ => refuse("limit", "range", "limit 应为 1 到 200 的整数。".into(), "limit must be 1 to 200.".into()),
            },
            "cursor" => match cursor(&value) {
                Ok(c) => query.cursor = Some(c),
                Err(p) => errors_extend(&mut refuse, p),
            },
            "page" if K::NUMBERED => match value.parse() {
                Ok(n @ 1..=NUMBERED) => page = Some(n),
                _ => refuse("page", "range", format!("page 应为 1 到 {NUMBERED} 的整数。"), format!("page must be 1 to {NUMBERED}.")),
            },
            "page_size" if K::NUMBERED => match value.parse() {
                Ok(n @ 1..=200) => page_size = Some(n),
                _ => refuse("page_size", "range", "page_size 应为 1 到 200 的整数。".into(), "page_size must be 1 to 200.".into()),
            },
            "sort" if !K::SORTS.is_empty() => {
                let (descending, key) = value.strip_prefix('-').map_or((false, value.as_str()), |k| (true, k));
                match K::SORTS.iter().find(|s| **s == key) {
                    Some(key) => query.sort = Sort { key, descending },
                    None => refuse("sort", "unknown_sort", format!("可用的排序字段：{}。", K::SORTS.join("、")), format!("One of {}.", K::SORTS.join(", "))),
                }
            }
            "q" if K::SEARCH => {
                let words = value.trim();
                let least = K::SHORTEST;
                if value.chars().any(char::is_control) {
                    refuse("q", "control_character", "检索词不能包含控制字符。".into(), "q must not contain control characters.".into());
                } else if !(least..=100).contains(&words.chars().count()) {
                    refuse("q", "length", format!("检索词应为 {least} 到 100 个字。"), format!("q must have {least} to 100 characters."));
                } else {
                    query.q = Some(words.to_owned());
                }
            }
            "updated_since" if K::SYNC => match moment(&value) {
                Some(t) => query.updated_since = Some(t),
                None => refuse(
                    "updated_since",
                    "time",
                    "应为日期或带时区的 RFC 3339 时间，年份在 1900 到 2200 之间。".into(),
                    "A date or an RFC 3339 time with zone, 1900 to 2200.".into(),
                ),
            },
            _ if seen.iter().filter(|n| **n == name).count() > MOST_VALUES => {
                refuse(&name, "too_many", format!("参数 {name} 最多重复 {MOST_VALUES} 次。"), format!("{name} may occur at most {MOST_VALUES} times."));
                break;
            }
            _ => match check::<K>(&name, &value) {
                Ok(()) => query.values.push((name, value)),
                Err((code, zh, en)) => refuse(&name, code, zh, en),
            },
        }
    }
    query.of = identity(path, &query);
    if query.cursor.as_ref().is_some_and(|c| c.of != query.of) {
        let zh = "游标属于另一个列表、另一组筛选条件或另一种排序，请从第一页重新读取。";
        refuse("cursor", "cursor_of_other_list", zh.into(), "The cursor belongs to another list, other filters or another sort.".into());
    }
    if page.is_some() || page_size.is_some() {
        let (page, size) = (page.unwrap_or(1), page_size.unwrap_or(20));
        query.page = Some((page, size));
        if query.cursor.is_some() || query.updated_since.is_some() || seen.iter().any(|n| n == "limit") {
            refuse(
                "page",
                "not_with_cursor",
                "page 不能与 limit、cursor、updated_since 同时使用。".into(),
                "Not together with limit, cursor or updated_since.".into(),
            );
        } else if (page - 1) * size >= NUMBERED {
            refuse(
                "page",
                "range",
                format!("按页码最多看到第 {NUMBERED} 条，请用 cursor 或筛选条件。"),
                format!("Pages end at row {NUMBERED}: use cursor or filters."),
            );
        }
    }
    if errors.is_empty() { Ok(query) } else { Err(Problem::fields(ErrorCode::InvalidRequest, errors)) }
}

/// Which list in which order with which filters: what a cursor belongs to.
fn identity(path: &str, query: &ListQuery) -> String {
    let mut filters = query.values.clone();
    filters.sort();
    let text = format!("{path}\n{}\n{:?}\n{:?}\n{filters:?}", query.sort.text(), query.q, query.updated_since);
    sha256_hex(text.as_bytes()).get(..16).unwrap_or_default().to_owned()
}

fn errors_extend(refuse: &mut impl FnMut(&str, &'static str, String, String), problem: Problem) {
    refuse("cursor", "invalid_cursor", problem.detail.zh.into_owned(), problem.detail.en.into_owned());
}

/// A filter may be repeated so often.
const MOST_VALUES: usize = 20;

type Wrong = (&'static str, String, String);

fn check<K: ListKind>(name: &str, value: &str) -> Result<(), Wrong> {
    let unknown = || ("unknown_parameter", format!("不认识的参数 {name}。"), format!("Unknown parameter {name}."));
    let (base, op) = name.split_once('[').map_or((name, None), |(b, o)| (b, o.strip_suffix(']')));
    let filter = K::FILTERS.iter().find(|f| f.name == base).ok_or_else(unknown)?;
    let wrong = |zh: &str, en: &str| Err(("invalid_value", format!("参数 {name}：{zh}"), format!("{name}: {en}")));
    match (filter.kind, op) {
        (FilterKind::Moments, Some("gte" | "lt")) => {
            moment(value).map(|_| ()).map_or_else(|| wrong("应为日期或带时区的时间。", "a date or an RFC 3339 time."), Ok)
        }
        (_, Some(_)) | (FilterKind::Moments, None) => Err(unknown()),
        (FilterKind::Codes(codes), None) => {
            let codes = codes();
            if codes.contains(&value) { Ok(()) } else { wrong(&format!("可用代码：{}。", codes.join("、")), &format!("one of {}.", codes.join(", "))) }
        }
        (FilterKind::Id, None) => value.parse::<Id>().map(|_| ()).or_else(|_| wrong("应为记录的 id。", "a record id.")),
        (FilterKind::Text(max), None) => {
            if (1..=max).contains(&value.chars().count()) {
                Ok(())
            } else {
                wrong(&format!("应为 1 到 {max} 个字。"), &format!("1 to {max} characters."))
            }
        }
        (FilterKind::Division, None) => {
            if crate::kernel::division_code::DivisionCode::parse(value).is_ok() {
                Ok(())
            } else {
                wrong("应为 12 位行政区划代码。", "a 12-digit division code.")
            }
        }
        (FilterKind::Flag, None) => {
            if matches!(value, "true" | "false") {
                Ok(())
            } else {
                wrong("应为 true 或 false。", "true or false.")
            }
        }
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn parameter(name: &str, doc: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False).description(Some(doc)).schema(Some(schema)).build()
}

impl<K: ListKind> IntoParams for List<K> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let integer = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(200));
        let sorts: Vec<String> = K::SORTS.iter().flat_map(|s| [format!("-{s}"), (*s).to_owned()]).collect();
        let mut all = vec![
            parameter("limit", "每页条数（limit），默认 20", integer.build()),
            parameter("cursor", "上一页返回的 next_cursor；不可自行构造", text().max_length(Some(600)).build()),
        ];
        if !sorts.is_empty() {
            all.push(parameter("sort", "排序字段，前加 - 为倒序（sort）", text().enum_values(Some(sorts)).build()));
        }
        if K::NUMBERED {
            let number = |most: usize| ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(most)).build();
            all.push(parameter("page", "页码（page），从 1 开始；最多到第 10,000 条，不与 limit、cursor、updated_since、q 同用", number(NUMBERED)));
            all.push(parameter("page_size", "每页条数（page_size），默认 20", number(200)));
        }
        if K::SEARCH {
            all.push(parameter(
                "q",
                "中文全文检索（q），可检索两个字的词",
                text()
                    .min_length(Some(K::SHORTEST))
                    .max_length(Some(100))
                    .pattern(Some(r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"))
                    .build(),
            ));
        }
        if K::SYNC {
            let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
            all.push(parameter("updated_since", "只要此刻之后有变化的记录（updated_since），下次传返回的 as_of", text().format(Some(format)).build()));
        }
        for f in K::FILTERS {
            let repeated = |item: ObjectBuilder| -> RefOr<Schema> { ArrayBuilder::new().items(item.build()).max_items(Some(20)).build().into() };
            match f.kind {
                FilterKind::Codes(codes) => all.push(parameter(f.name, f.doc, repeated(text().enum_values(Some(codes()))))),
                FilterKind::Id => all.push(parameter(f.name, f.doc, repeated(text().max_length(Some(36))))),
                FilterKind::Text(max) => all.push(parameter(f.name, f.doc, repeated(text().min_length(Some(1)).max_length(Some(max))))),
                FilterKind::Division => {
                    all.push(parameter(f.name, f.doc, repeated(text().min_length(Some(12)).max_length(Some(12)).pattern(Some(DIVISION_PATTERN)))))
                }
                FilterKind::Flag => all.push(parameter(f.name, f.doc, ObjectBuilder::new().schema_type(Type::Boolean).build())),
                FilterKind::Moments => {
                    for (op, zh) in [("gte", "起（含）"), ("lt", "止（不含）")] {
                        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
                        all.push(parameter(&format!("{}[{op}]", f.name), &format!("{}，{zh}", f.doc), text().format(Some(format)).build()));
                    }
                }
            }
        }
        all
    }
}

const DIVISION_PATTERN: &str = r"^(1[1-9]|[2-7][0-9]|8[0-2])[0-9]{10}$";
