//! Schemas of the value types that are written by hand.

use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, SchemaFormat, Type, schema::Schema};

/// A string of a known format.
pub fn string(format: KnownFormat, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format))).examples([example]).build().into()
}
