//! Query strings of everything that is not a list: unknown parameters are refused.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::{
    Deserializer,
    de::{DeserializeOwned, Error as _, IntoDeserializer, Unexpected, Visitor, value::MapDeserializer},
    forward_to_deserialize_any,
};

use crate::kernel::{ErrorCode, FieldError, Problem};

/// No parameters.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Typed query parameters. `T` denies unknown fields.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(parse(request.query_string()).map(Self))
    }
}

/// Decodes a query string into pairs; refuses what is not UTF-8 or holds U+0000.
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let decode = |s: &str| {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(&s.replace('+', " ")).collect();
        String::from_utf8(bytes).ok().filter(|s| !s.contains('\0'))
    };
    query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|pair| {
            let (k, v) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(k), decode(v)) {
                (Some(k), Some(v)) => Ok((k, v)),
                (k, _) => {
                    let name = k.unwrap_or_else(|| "query".into());
                    Err(Problem::parameter(&name, "encoding", "参数必须是 UTF-8 编码，且不含空字符。", "Must be percent-encoded UTF-8 without U+0000."))
                }
            }
        })
        .collect()
}

/// A value of a query string: text, which is read as a number or a truth where one is asked for.
struct Word<'a>(&'a str);

macro_rules! reads {
    ($( $deserialize:ident $visit:ident $as:ty, $wanted:literal; )*) => { $(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse::<$as>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(Self::Error::invalid_value(Unexpected::Str(self.0), &$wanted)),
            }
        }
    )* };
}

impl<'de> Deserializer<'de> for Word<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, name: &'static str, variants: &'static [&'static str], visitor: V) -> Result<V::Value, Self::Error> {
        IntoDeserializer::<Self::Error>::into_deserializer(self.0).deserialize_enum(name, variants, visitor)
    }

    reads! {
        deserialize_bool visit_bool bool, "true or false";
        deserialize_i8 visit_i8 i8, "a whole number";
        deserialize_i16 visit_i16 i16, "a whole number";
        deserialize_i32 visit_i32 i32, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_u8 visit_u8 u8, "a whole number";
        deserialize_u16 visit_u16 u16, "a whole number";
        deserialize_u32 visit_u32 u32, "a whole number";
        deserialize_u64 visit_u64 u64, "a whole number";
        deserialize_f32 visit_f32 f32, "a number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    forward_to_deserialize_any! { char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any }
}

impl IntoDeserializer<'_, serde_json::Error> for Word<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Reads pairs into a type that denies unknown fields; names all that are wrong, and what is missing where it comes to that: a
/// number that must be there and is none hides what is missing beside it.
pub(super) fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let (mut map, mut errors) = (BTreeMap::new(), Vec::new());
    for (k, v) in pairs(query)? {
        if map.insert(k.clone(), v).is_some() {
            errors.extend(Problem::parameter(&k, "repeated", "参数只能出现一次。", "May occur only once.").errors);
        }
    }
    // serde stops at the first: what is refused is taken out, what is missing is put in, and it is asked again.
    let mut named = BTreeSet::new();
    loop {
        let words = map.iter().map(|(name, value)| (name.as_str(), Word(value)));
        let read = serde_path_to_error::deserialize(MapDeserializer::<_, serde_json::Error>::new(words));
        let refused = match read {
            Ok(value) if errors.is_empty() => return Ok(value),
            // Thousands are not told, and not looked for.
            _ if errors.len() > MOST => break,
            Ok(_) => break,
            Err(e) => refusal(&e),
        };
        let missing = map.remove(&refused.0).is_none();
        if named.insert(refused.0.clone()) {
            errors.extend(refused.1);
        } else if !missing {
            break;
        }
        if missing {
            map.insert(refused.0, String::new());
        }
    }
    Err(Problem::fields(ErrorCode::InvalidRequest, errors))
}

/// So many wrong parameters are looked for.
const MOST: usize = 50;

/// Which parameter is refused, and how that is said.
fn refusal(e: &serde_path_to_error::Error<serde_json::Error>) -> (String, Vec<FieldError>) {
    let message = e.inner().to_string();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let first = quoted.next().unwrap_or_default();
    let (name, code, zh) = if message.starts_with("unknown field") {
        (first.to_owned(), "unknown_parameter", format!("不认识的参数 {first}。"))
    } else if message.starts_with("missing field") {
        (first.to_owned(), "required", format!("缺少参数 {first}。"))
    } else if message.starts_with("unknown variant") {
        (e.path().to_string(), "invalid_value", format!("可用代码：{}。", quoted.collect::<Vec<_>>().join("、")))
    } else {
        let name = e.path().to_string();
        let zh = format!("参数 {name} 的取值不正确。");
        (name, "invalid_value", zh)
    };
    let errors = Problem::parameter(&name, code, zh, format!("{message}.")).errors;
    (name, errors)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::kernel::problem::Place;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum By {
        Day,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        from: Option<i64>,
        wide: Option<bool>,
        by: Option<By>,
        name: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether they are there is asked")]
    struct Needed {
        first: i64,
        second: String,
        third: By,
    }

    #[test]
    fn text_is_read_as_what_is_asked_for() {
        let asked: Asked = parse("from=12&wide=true&by=day&name=34").expect("read");
        assert_eq!(asked, Asked { from: Some(12), wide: Some(true), by: Some(By::Day), name: Some("34".into()) });
        let wrong = parse::<Asked>("from=x&wide=1&by=week&other=1&more=2&name=a&name=b").expect_err("all are named");
        let named: Vec<&str> = wrong.errors.iter().filter_map(|e| if let Place::Parameter(name) = &e.at { Some(name.as_str()) } else { None }).collect();
        assert_eq!(named, ["name", "by", "from", "more", "other", "wide"]);
        assert_eq!(wrong.errors[1].detail.zh, "可用代码：day。");
        let flood: String = (0..20_000).map(|n| format!("x{n}=1&")).collect();
        assert_eq!(parse::<Asked>(&flood).expect_err("all unknown").errors.len(), MOST + 1);
        let missing = parse::<Needed>("first=1").expect_err("all that are missing too");
        let told: Vec<_> = missing.errors.iter().map(|e| (e.at.clone(), &*e.code)).collect();
        assert_eq!(told, [(Place::Parameter("second".into()), "required"), (Place::Parameter("third".into()), "required")]);
        for (query, at, code) in [
            ("from=x", "from", "invalid_value"),
            ("from=1.5", "from", "invalid_value"),
            ("wide=1", "wide", "invalid_value"),
            ("by=week", "by", "invalid_value"),
            ("other=1", "other", "unknown_parameter"),
            ("from=1&from=2", "from", "repeated"),
        ] {
            let refused = parse::<Asked>(query).expect_err(query);
            assert_eq!((&refused.errors[0].at, &*refused.errors[0].code), (&Place::Parameter(at.into()), code), "{query}");
        }
    }
}
