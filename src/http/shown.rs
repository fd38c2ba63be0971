//! What of an answer is shown: `fields=` keeps some of it, `expand=` puts what an id names beside the id. What is
//! expanded passes the authorization of the endpoint that shows it: who may not read it does not find it here either.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{ObjectBuilder, Required, Type, path::Parameter, path::ParameterBuilder, path::ParameterIn},
};

use super::shape;
use crate::{
    auth::Actor,
    db::{Result, Tx},
    kernel::{ErrorCode, FieldError, Id, Problem, Text, problem::Place},
};

/// Names in one parameter, and characters.
const MOST_NAMES: usize = 50;
const LONGEST: usize = 1_000;

/// What an id of a record leads to.
pub struct Relation {
    /// Its name in `expand=` and in the answer.
    pub name: &'static str,
    /// Where the record keeps the id: a JSON pointer.
    pub key: &'static str,
    /// What the id names.
    pub target: &'static Expansion,
}

/// Records as they are shown, each with its id.
pub type Found = Vec<(String, Value)>;

/// A kind of record that others lead to.
pub struct Expansion {
    /// Those of these ids that the caller may read, each once, as a list of the kind shows them.
    pub show: fn(&mut Tx, &Actor, &[Id]) -> Result<Found>,
    /// Name of its schema in the document.
    pub schema: &'static str,
    /// Whether it has such a field.
    pub knows: fn(&[&str]) -> bool,
    /// Where it leads in turn.
    pub relations: &'static [Relation],
}

/// Names what is shown, keyed as the relation's ids are.
pub fn named<T: Serialize>(shown: Vec<T>, id: impl Fn(&T) -> String) -> Result<Found> {
    shown.into_iter().map(|view| Ok((id(&view), serde_json::to_value(view)?))).collect()
}

/// The relations that an operation offers; feeds the OpenAPI document too.
pub trait Expands {
    /// All of them.
    const RELATIONS: &'static [Relation];
}

/// The parameter `expand` of an operation.
pub struct Expand<R>(std::marker::PhantomData<R>);

impl<R: Expands> IntoParams for Expand<R> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let deeper = |r: &Relation| r.target.relations.iter().map(|d| format!("{}.{}", r.name, d.name)).collect::<Vec<_>>();
        let names: Vec<String> = R::RELATIONS.iter().flat_map(|r| std::iter::once(r.name.to_owned()).chain(deeper(r))).collect();
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(1_000))
            .pattern(Some(format!("^({0})(,({0}))*$", names.join("|").replace('.', r"\."))))
            .build();
        let kinds: Vec<String> = R::RELATIONS.iter().map(|r| format!("{}（{}）", r.name, r.target.schema)).collect();
        let deeper: Vec<&str> = names.iter().filter(|n| n.contains('.')).map(String::as_str).collect();
        let deeper = if deeper.is_empty() { String::new() } else { format!("；第二层：{}", deeper.join("、")) };
        let doc = format!("一并返回所引用的记录（expand），用逗号分隔，至多两层：{}{deeper}。内容同该类记录的列表；本人无权查看的不返回", kinds.join("、"));
        let parameter = ParameterBuilder::new().name("expand").parameter_in(ParameterIn::Query).required(Required::False);
        vec![parameter.description(Some(doc)).schema(Some(schema)).build()]
    }
}

/// The parameter `fields`, which every record and every list takes.
pub fn fields_parameter() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(1_000))
        .pattern(Some("^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)?(,[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)?)*$"))
        .build();
    let parameter = ParameterBuilder::new().name("fields").parameter_in(ParameterIn::Query).required(Required::False);
    parameter
        .description(Some(
            "只返回这些字段（fields），用逗号分隔，可用 . 写到第二层，至多 50 项；未列出的字段不返回，即使在完整答复中必有；expand 展开的记录仍然返回",
        ))
        .schema(Some(schema))
        .build()
}

/// What a request asks to be shown.
#[derive(Default)]
pub struct Shown {
    fields: Vec<String>,
    expand: Vec<String>,
}

impl Shown {
    /// Takes what is its own out of the parameters of a request.
    pub fn take(pairs: &mut Vec<(String, String)>) -> std::result::Result<Self, Problem> {
        let mut shown = Self::default();
        let (own, rest): (Vec<_>, Vec<_>) = std::mem::take(pairs).into_iter().partition(|(name, _)| name == "fields" || name == "expand");
        *pairs = rest;
        for (name, value) in own {
            let names = if name == "fields" { &mut shown.fields } else { &mut shown.expand };
            if !names.is_empty() {
                return Err(Problem::parameter(&name, "repeated", format!("参数 {name} 只能出现一次，用逗号分隔。"), format!("{name} may occur only once.")));
            }
            names.extend(value.split(',').map(str::to_owned));
            if value.len() > LONGEST || names.len() > MOST_NAMES {
                return Err(Problem::parameter(
                    &name,
                    "too_many",
                    format!("参数 {name} 最多 {MOST_NAMES} 项、{LONGEST} 个字符。"),
                    format!("{name}: at most {MOST_NAMES} names in {LONGEST} characters."),
                ));
            }
        }
        Ok(shown)
    }

    /// Every field, and what these names lead to.
    pub fn expanding(names: &[&str]) -> Self {
        Self { fields: Vec::new(), expand: names.iter().map(|name| (*name).to_owned()).collect() }
    }

    /// The name of a parameter that was given.
    pub fn given(&self) -> Option<&'static str> {
        [("fields", &self.fields), ("expand", &self.expand)].into_iter().find(|(_, names)| !names.is_empty()).map(|(name, _)| name)
    }

    /// Refuses every name that `T` and its relations do not have.
    pub fn check<T: ToSchema + 'static>(&self, relations: &[Relation]) -> std::result::Result<(), Problem> {
        let mut errors: Vec<FieldError> = Vec::new();
        for name in &self.expand {
            let known = match *name.split('.').collect::<Vec<_>>() {
                [first] => find(relations, first).is_some(),
                [first, second] => find(relations, first).is_some_and(|r| find(r.target.relations, second).is_some()),
                _ => false,
            };
            if !known {
                let all: Vec<&str> = relations.iter().map(|r| r.name).collect();
                let (zh, en) = match all.as_slice() {
                    [] => ("此处没有可展开的引用。".to_owned(), "Nothing can be expanded here.".to_owned()),
                    all => {
                        (format!("不能展开“{name}”，可用：{}，至多两层。", all.join("、")), format!("{name}: one of {}, two levels at most.", all.join(", ")))
                    }
                };
                errors.push(wrong("expand", "unknown_relation", zh, en));
            }
        }
        for name in &self.fields {
            let path: Vec<&str> = name.split('.').collect();
            let expanded = |first: &str| find(relations, first).filter(|_| self.expand.iter().any(|e| e.split('.').next() == Some(first)));
            let known = match *path {
                [first] => shape::knows::<T>(&path) || expanded(first).is_some(),
                [first, second] => shape::knows::<T>(&path) || expanded(first).is_some_and(|r| (r.target.knows)(&[second]) || self.expand.contains(name)),
                _ => false,
            };
            if !known {
                errors.push(wrong("fields", "unknown_field", format!("没有字段“{name}”（可写到第二层）。"), format!("No field {name} (two levels at most).")));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::InvalidRequest, errors)) }
    }

    /// Shows records as they were asked for.
    pub fn apply(&self, tx: &mut Tx, actor: &Actor, records: &mut [Value], relations: &[Relation]) -> Result<()> {
        for first in names(&self.expand) {
            let Some(relation) = find(relations, first) else { continue };
            let deeper: Vec<&str> = self.expand.iter().filter_map(|e| e.split_once('.')).filter(|(f, _)| *f == first).map(|(_, second)| second).collect();
            let mut found = related(tx, actor, records, relation)?;
            let mut values: Vec<Value> = found.iter().map(|(_, v)| v.clone()).collect();
            for second in deeper {
                if let Some(relation) = find(relation.target.relations, second) {
                    let further = related(tx, actor, &values, relation)?;
                    attach(&mut values, relation, &further);
                }
            }
            found.iter_mut().zip(values).for_each(|((_, slot), value)| *slot = value);
            attach(records, relation, &found);
        }
        self.keep(records);
        Ok(())
    }

    /// Keeps the fields that were asked for, and what was expanded.
    pub fn keep(&self, records: &mut [Value]) {
        if self.fields.is_empty() {
            return;
        }
        let mut wanted: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        let narrowed = |first: &str| self.fields.iter().any(|f| f.split('.').next() == Some(first));
        // What was expanded is asked for by that; where its fields are named too, what was expanded in it stays beside them.
        let narrow = |path: &str| path.split('.').next().is_some_and(narrowed);
        wanted.extend(self.expand.iter().filter(|path| narrow(path) && path.contains('.')).map(String::as_str));
        wanted.extend(names(&self.expand).into_iter().filter(|first| !narrowed(first)));
        records.iter_mut().for_each(|record| *record = project(std::mem::take(record), &wanted));
    }
}

fn wrong(parameter: &str, code: &'static str, zh: String, en: String) -> FieldError {
    FieldError { at: Place::Parameter(parameter.into()), code: code.into(), detail: Text::new(zh, en) }
}

fn find<'a>(relations: &'a [Relation], name: &str) -> Option<&'a Relation> {
    relations.iter().find(|r| r.name == name)
}

/// First names, each once.
fn names(paths: &[String]) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for name in paths.iter().filter_map(|p| p.split('.').next()) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// What the records lead to, in one question however many they are.
fn related(tx: &mut Tx, actor: &Actor, records: &[Value], relation: &Relation) -> Result<Found> {
    let mut ids: Vec<Id> = records.iter().filter_map(|r| r.pointer(relation.key)?.as_str()?.parse().ok()).collect();
    ids.sort();
    ids.dedup();
    if ids.is_empty() { Ok(Vec::new()) } else { (relation.target.show)(tx, actor, &ids) }
}

fn attach(records: &mut [Value], relation: &Relation, found: &[(String, Value)]) {
    for record in records {
        let id = record.pointer(relation.key).and_then(Value::as_str).unwrap_or_default();
        let value = found.iter().find(|(key, _)| key == id).map(|(_, v)| v.clone());
        if let (Some(value), Some(record)) = (value, record.as_object_mut()) {
            record.insert(relation.name.into(), value);
        }
    }
}

fn project(value: Value, wanted: &[&str]) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| project(item, wanted)).collect(),
        Value::Object(map) => {
            let mut kept = Map::new();
            for (name, inner) in map {
                let deeper: Vec<&str> = wanted.iter().filter_map(|w| w.split_once('.')).filter(|(first, _)| *first == name).map(|(_, second)| second).collect();
                if wanted.contains(&name.as_str()) {
                    kept.insert(name, inner);
                } else if !deeper.is_empty() {
                    kept.insert(name, project(inner, &deeper));
                }
            }
            Value::Object(kept)
        }
        other => other,
    }
}
