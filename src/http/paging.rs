//! Long lists, page by page.

use serde_json::Value;

use super::{Base, params::Params, problem::Problem};
use crate::model::Text;

/// Entries that an answer holds unless asked for fewer or more.
const DEFAULT_LIMIT: usize = 100;
/// Entries that an answer holds at most.
pub const MAX_LIMIT: usize = 10_000;

/// Which of the matching entries an answer holds.
pub struct Page {
    /// How many, at most.
    pub limit: usize,
    /// How many matching ones come before them.
    pub offset: usize,
    /// How many entries on the next page begins: the limit, or where entries are large and the answer has
    /// fewer, as many as it has.
    pub step: usize,
}

impl Page {
    /// Reads `limit` and `offset`.
    ///
    /// # Errors
    /// 400 where they are no numbers, or the limit is 0.
    pub fn parse(params: &Params) -> Result<Self, Problem> {
        let limit = params.number("limit")?.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 {
            return Err(Problem::unreadable(Text::new(
                format!("limit 应为 1 到 {MAX_LIMIT}"),
                format!("limit should be 1 to {MAX_LIMIT}"),
            )));
        }
        // OGC 17-069r4, requirement 7.15.3: a limit beyond the server's own is cut, not refused.
        let limit = limit.min(MAX_LIMIT);
        Ok(Self {
            limit,
            offset: params.number("offset")?.unwrap_or(0),
            step: limit,
        })
    }

    /// The entries of this page.
    pub fn of<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let from = self.offset.min(all.len());
        let to = self.offset.saturating_add(self.limit).min(all.len());
        &all[from..to]
    }

    /// Links to this page and its neighbours.
    pub fn links(
        &self,
        base: &Base,
        media_type: &str,
        path: &str,
        query: Option<&str>,
        matched: usize,
    ) -> Vec<Value> {
        let here = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        let at = |offset: usize| {
            let mut pairs = form_urlencoded::Serializer::new(String::new());
            for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
                if name != "offset" && name != "limit" {
                    pairs.append_pair(&name, &value);
                }
            }
            pairs.append_pair("limit", &self.limit.to_string());
            pairs.append_pair("offset", &offset.to_string());
            format!("{path}?{}", pairs.finish())
        };
        let mut links = vec![base.link("self", media_type, &here, "this document")];
        let next = self.offset.saturating_add(self.step.max(1));
        if next < matched {
            links.push(base.link("next", media_type, &at(next), "next page"));
        }
        if self.offset > 0 {
            let previous = self.offset.saturating_sub(self.limit);
            links.push(base.link("prev", media_type, &at(previous), "previous page"));
        }
        links
    }
}
