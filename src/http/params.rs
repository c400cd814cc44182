//! Query parameters: each is known, and given once.

use std::str::FromStr;

use serde::de::{DeserializeOwned, IntoDeserializer, value::Error as ValueError};

use super::problem::Problem;
use crate::{model::Text, report::Lang};

/// The parameters of one request.
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query string in which only `known` parameters may stand.
    ///
    /// # Errors
    /// 400 for one that is not known, or that is given twice.
    pub fn parse(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let mut params: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !known.contains(&&*name) {
                let list = known.join(", ");
                return Err(Problem::unreadable(Text::new(
                    format!("没有参数“{name}”；可用的有：{list}"),
                    format!("there is no parameter “{name}”; there are: {list}"),
                )));
            }
            if params.iter().any(|(other, _)| *other == name) {
                return Err(Problem::unreadable(Text::new(
                    format!("参数“{name}”给了两次"),
                    format!("the parameter “{name}” is given twice"),
                )));
            }
            params.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(params))
    }

    /// Reads the parameters of these names, each given once, and passes over all others.
    ///
    /// # Errors
    /// 400 for one that is given twice.
    pub fn pick(query: Option<&str>, names: &[&str]) -> Result<Self, Problem> {
        let mut picked = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if names.contains(&&*name) {
                picked.append_pair(&name, &value);
            }
        }
        Self::parse(Some(&picked.finish()), names)
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value as a number.
    ///
    /// # Errors
    /// 400 where it is none.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.get(name)
            .map(|value| {
                value.parse().map_err(|_| {
                    Problem::unreadable(Text::new(
                        format!("参数 {name} 的值“{value}”应为非负整数"),
                        format!(
                            "the value “{value}” of {name} should be a whole number, 0 or more"
                        ),
                    ))
                })
            })
            .transpose()
    }

    /// The value as one of `words`, which are all that `T` can be.
    ///
    /// # Errors
    /// 400 with the words.
    pub fn word<T: DeserializeOwned>(
        &self,
        name: &str,
        words: &[&str],
    ) -> Result<Option<T>, Problem> {
        self.get(name)
            .map(|value| {
                T::deserialize(value.into_deserializer()).map_err(|_: ValueError| {
                    let list = words.join(", ");
                    Problem::unreadable(Text::new(
                        format!("{name}“{value}”应为其中之一：{list}"),
                        format!("the {name} “{value}” should be one of: {list}"),
                    ))
                })
            })
            .transpose()
    }

    /// Makes sure that `f`, where given, names a format that there is.
    ///
    /// # Errors
    /// 400 with the formats.
    pub fn check_format(&self, formats: &[&str]) -> Result<(), Problem> {
        match self.get("f") {
            Some(format) if !formats.contains(&format) => {
                let list = formats.join(", ");
                Err(Problem::unreadable(Text::new(
                    format!("没有格式“{format}”；可用的有：{list}"),
                    format!("there is no format “{format}”; there are: {list}"),
                )))
            }
            _ => Ok(()),
        }
    }

    /// The language of a page, Chinese where `lang` is not given.
    ///
    /// # Errors
    /// 400 where it is another than `zh` and `en`.
    pub fn lang(&self) -> Result<Lang, Problem> {
        let Some(word) = self.get("lang") else {
            return Ok(Lang::default());
        };
        let known = Lang::ALL.into_iter().find(|(name, _)| *name == word);
        known.map(|(_, lang)| lang).ok_or_else(|| {
            Problem::unreadable(Text::new(
                format!("lang“{word}”应为 zh 或 en"),
                format!("the lang “{word}” should be zh or en"),
            ))
        })
    }
}
