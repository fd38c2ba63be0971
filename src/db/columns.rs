//! Column types that read and write alike on both engines.

use std::{fmt, marker::PhantomData};

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    serialize::{self, Output, ToSql},
    sql_types::{Text, Timestamp},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::kernel::{Id, Moment, Vault};

mod id_column {
    use super::*;

    impl<DB: Backend> ToSql<Text, DB> for Id
    where
        str: ToSql<Text, DB>,
    {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
            <str as ToSql<Text, DB>>::to_sql(self.as_str(), out)
        }
    }

    impl<DB: Backend> FromSql<Text, DB> for Id
    where
        String: FromSql<Text, DB>,
    {
        fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
            Ok(String::from_sql(value)?.parse()?)
        }
    }
}

mod moment_column {
    use super::*;
    use chrono::NaiveDateTime;

    impl<DB: Backend> ToSql<Timestamp, DB> for Moment
    where
        NaiveDateTime: ToSql<Timestamp, DB>,
    {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
            <NaiveDateTime as ToSql<Timestamp, DB>>::to_sql(&self.0, out)
        }
    }

    impl<DB: Backend> FromSql<Timestamp, DB> for Moment
    where
        NaiveDateTime: FromSql<Timestamp, DB>,
    {
        fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
            Ok(Moment(NaiveDateTime::from_sql(value)?))
        }
    }
}

/// A value kept as JSON text.
#[derive(AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Json<T> {
    text: String,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Json<T> {
    /// Serialises `value`.
    pub fn new(value: &T) -> super::Result<Self> {
        Ok(Self { text: serde_json::to_string(value)?, of: PhantomData })
    }

    /// The value.
    pub fn get(&self) -> super::Result<T> {
        Ok(serde_json::from_str(&self.text)?)
    }
}

impl<T> Clone for Json<T> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T, DB: Backend> ToSql<Text, DB> for Json<T>
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<Text, DB>>::to_sql(&self.text, out)
    }
}

impl<T, DB: Backend> FromSql<Text, DB> for Json<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self { text: String::from_sql(value)?, of: PhantomData })
    }
}

/// A value kept as encrypted JSON: free words may name people.
#[derive(AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Private<T> {
    sealed: Sealed,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Private<T> {
    /// Serialises and encrypts `value`.
    pub fn seal(vault: &Vault, value: &T) -> super::Result<Self> {
        Ok(Self { sealed: Sealed::seal(vault, &serde_json::to_string(value)?)?, of: PhantomData })
    }

    /// The value.
    pub fn open(&self, vault: &Vault) -> super::Result<T> {
        Ok(serde_json::from_str(&self.sealed.open(vault)?)?)
    }
}

impl<T> Clone for Private<T> {
    fn clone(&self) -> Self {
        Self { sealed: self.sealed.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sealed.fmt(f)
    }
}

impl<T, DB: Backend> ToSql<Text, DB> for Private<T>
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<Text, DB>>::to_sql(&self.sealed.0, out)
    }
}

impl<T, DB: Backend> FromSql<Text, DB> for Private<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self { sealed: Sealed(String::from_sql(value)?), of: PhantomData })
    }
}

/// An encrypted personal field; it can only be read with the vault in hand.
#[derive(Clone, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Sealed(String);

impl Sealed {
    /// Encrypts `plain`.
    pub fn seal(vault: &Vault, plain: &str) -> super::Result<Self> {
        Ok(Self(vault.seal(plain)?))
    }

    /// Decrypts.
    pub fn open(&self, vault: &Vault) -> super::Result<String> {
        Ok(vault.open(&self.0)?)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

impl<DB: Backend> ToSql<Text, DB> for Sealed
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<Text, DB>>::to_sql(&self.0, out)
    }
}

impl<DB: Backend> FromSql<Text, DB> for Sealed
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(String::from_sql(value)?))
    }
}

/// Declares a vocabulary: its codes, Chinese labels and national-standard codes, and how it is stored and sent.
macro_rules! code_enum {
    ($(#[$meta:meta])* $name:ident in $dictionary:literal { $( $variant:ident $code:literal $label:literal $(= $std:literal)? ),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
                 diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $name { $( #[doc = $label] #[serde(rename = $code)] $variant ),+ }

        impl $crate::kernel::Code for $name {
            const DICTIONARY: &'static str = $dictionary;
            const ALL: &'static [Self] = &[ $( Self::$variant ),+ ];
            fn code(self) -> &'static str { match self { $( Self::$variant => $code ),+ } }
            fn label(self) -> &'static str { match self { $( Self::$variant => $label ),+ } }
            fn standard(self) -> Option<&'static str> { match self { $( Self::$variant => $crate::db::code_enum!(@std $($std)?) ),+ } }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::kernel::schema::codes($dictionary, &[ $( ($code, $label) ),+ ])
            }
        }
        impl utoipa::ToSchema for $name {}

        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where str: diesel::serialize::ToSql<diesel::sql_types::Text, DB> {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, DB>>::to_sql($crate::kernel::Code::code(*self), out)
            }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB> {
            fn from_sql(value: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, DB>>::from_sql(value)?;
                <Self as $crate::kernel::Code>::parse(&text).ok_or_else(|| format!("{text} is no {}", $dictionary).into())
            }
        }
    };
    (@std $std:literal) => { Some($std) };
    (@std) => { None };
}
pub(crate) use code_enum;
