//! Schemas of the value types that are written by hand.

use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, SchemaFormat, Type, schema::Schema};

/// A string of a known format.
pub fn string(format: KnownFormat, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format))).examples([example]).build().into()
}

/// A vocabulary: its codes, and in the description their Chinese labels.
pub fn codes(dictionary: &str, values: &[(&str, &str)]) -> RefOr<Schema> {
    let labels: Vec<String> = values.iter().map(|(code, label)| format!("`{code}` {label}")).collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(values.iter().map(|(code, _)| *code)))
        .description(Some(format!("代码表 {dictionary}：{}", labels.join("，"))))
        .build()
        .into()
}
