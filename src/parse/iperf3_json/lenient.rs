//! Serde for JSON that no schema holds for: a value of the wrong type is missing, never an error; of equal keys the
//! first that has a value wins; unknown keys are skipped unread. Only JSON's own syntax can fail.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What can be made of a JSON value. Each kind of value that is not wanted is `None`.
pub trait FromJson: Sized {
    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    fn from_number(_: f64) -> Option<Self> {
        None
    }

    fn from_string(_: &str) -> Option<Self> {
        None
    }

    fn from_array<'de, A: SeqAccess<'de>>(mut array: A) -> Result<Option<Self>, A::Error> {
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// A value, or nothing where the JSON has another kind of value there.
pub struct Lenient<T>(pub Option<T>);

impl<'de, T: FromJson> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData)).map(Self)
    }
}

struct LenientVisitor<T>(PhantomData<T>);

impl<'de, T: FromJson> Visitor<'de> for LenientVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(T::from_bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(T::from_number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(T::from_number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(T::from_number(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(T::from_string(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Self::Value, A::Error> {
        T::from_array(array)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::from_object(object)
    }
}

impl FromJson for f64 {
    fn from_bool(value: bool) -> Option<Self> {
        Some(f64::from(u8::from(value)))
    }

    fn from_number(value: f64) -> Option<Self> {
        Some(value)
    }
}

impl FromJson for bool {
    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl FromJson for String {
    fn from_string(value: &str) -> Option<Self> {
        Some(value.to_owned())
    }
}

/// Elements of another kind are left out.
impl<T: FromJson> FromJson for Vec<T> {
    fn from_array<'de, A: SeqAccess<'de>>(mut array: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some(element) = array.next_element::<Lenient<T>>()? {
            values.extend(element.0);
        }
        Ok(Some(values))
    }
}

/// That there is an array or an object, whatever is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Present;

impl FromJson for Present {
    fn from_array<'de, A: SeqAccess<'de>>(array: A) -> Result<Option<Self>, A::Error> {
        IgnoredAny.visit_seq(array).map(|_| Some(Self))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        IgnoredAny.visit_map(object).map(|_| Some(Self))
    }
}

/// An object's key, borrowed from the text unless it is written with escapes.
pub struct Key<'de>(pub Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Borrowed(key)))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Owned(key.to_owned())))
    }
}

/// Reads the value of the current key into `field`, or skips it where an earlier equal key has filled `field`.
pub fn read_field<'de, A: MapAccess<'de>, T: FromJson>(object: &mut A, field: &mut Option<T>) -> Result<(), A::Error> {
    if field.is_some() {
        object.next_value::<IgnoredAny>()?;
    } else {
        *field = object.next_value::<Lenient<T>>()?.0;
    }
    Ok(())
}

/// A struct of `Option` fields, each read from the key of its name.
macro_rules! object {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$type>),*
        }

        impl $crate::parse::iperf3_json::FromJson for $name {
            fn from_object<'de, A: serde::de::MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
                use $crate::parse::iperf3_json::{Key, read_field};

                let mut this = Self::default();
                while let Some(Key(key)) = object.next_key()? {
                    match key.as_ref() {
                        $(stringify!($field) => read_field(&mut object, &mut this.$field)?,)*
                        _ => {
                            object.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(Some(this))
            }
        }
    )*};
}
pub(in crate::parse) use object;
