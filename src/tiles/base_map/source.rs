//! Where a base map comes from: an address with places for a tile's numbers, and whom to name.

use ureq::http::Uri;

use super::BaseTile;
use crate::{geometry::datum::Datum, model::Text};

/// The places of a tile's numbers in an address.
const PLACES: [&str; 3] = ["{z}", "{x}", "{y}"];

/// Hosts whose tiles are shifted on purpose: a map over which everything lies hundreds of metres off
/// would look surveyed. Those beneath them count too.
const SHIFTED: [(&str, Datum); 8] = [
    ("amap.com", Datum::Gcj02),
    ("autonavi.com", Datum::Gcj02),
    ("google.cn", Datum::Gcj02),
    ("googleapis.cn", Datum::Gcj02),
    ("qq.com", Datum::Gcj02),
    ("gtimg.com", Datum::Gcj02),
    ("baidu.com", Datum::Bd09),
    ("bdimg.com", Datum::Bd09),
];

/// An address with places for zoom, column and row.
#[derive(Clone, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// Reads one.
    ///
    /// # Errors
    /// What would be right where it is none, or its tiles are shifted.
    pub fn parse(text: &str) -> Result<Self, Text> {
        let has_places = PLACES.iter().all(|place| text.matches(place).count() == 1);
        let braces = text.matches(['{', '}']).count();
        if !has_places || braces != 2 * PLACES.len() {
            return Err(Text::new(
                "网址中 {z}、{x}、{y} 应各有且只有一次，且没有其他花括号",
                "the address should have each of {z}, {x} and {y} once, and no other braces",
            ));
        }
        let not_one = || {
            Text::new(
                "应为 http:// 或 https:// 网址，{z}、{x}、{y} 在主机名之后",
                "it should be an address with http:// or https://, and {z}, {x} and {y} after its host",
            )
        };
        let uri: Uri = filled(text, [0, 0, 0]).parse().map_err(|_| not_one())?;
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        // What follows a `#` is not sent, and a host is no place for numbers.
        let sent = uri.path_and_query().map_or("", |sent| sent.as_str());
        let host = uri.host().filter(|_| is_web && !text.contains('#'));
        let host = host.ok_or_else(not_one)?;
        let start = text.len() - after_host(text).ok_or_else(not_one)?.len();
        if sent.is_empty() || PLACES.iter().any(|place| text[..start].contains(place)) {
            return Err(not_one());
        }
        match shift_of(host) {
            Some(datum) => Err(shifted(host, datum)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

/// What of an address comes after its host.
fn after_host(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    rest.find(['/', '?']).map(|at| &rest[at..])
}

/// An address with a tile's zoom, column and row.
fn filled(template: &str, numbers: [u32; 3]) -> String {
    let mut address = template.to_owned();
    for (place, number) in PLACES.iter().zip(numbers) {
        address = address.replacen(place, &number.to_string(), 1);
    }
    address
}

/// By what the tiles of a host are shifted.
fn shift_of(host: &str) -> Option<Datum> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_beneath = |known: &str| {
        let rest = host.strip_suffix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let known = SHIFTED.iter().find(|(known, _)| is_beneath(known));
    known.map(|(_, datum)| *datum)
}

fn shifted(host: &str, datum: Datum) -> Text {
    let name = datum.name();
    let (zh, en) = match datum {
        Datum::Gcj02 => ("数百米", "hundreds of metres"),
        Datum::Bd09 => ("一公里上下", "about a kilometre"),
    };
    Text::new(
        format!(
            "{host} 的瓦片按 {name} 偏移（{zh}），与本图对不上；请用 WGS 84 或 CGCS2000 的瓦片服务，如天地图或本单位的服务"
        ),
        format!(
            "the tiles of {host} are shifted by {name} ({en}) and do not fit this map: take a service in WGS 84 or CGCS2000, such as 天地图 or the bureau's own"
        ),
    )
}

/// Where a base map comes from, and whom to name.
pub struct Source {
    template: Template,
    attribution: String,
}

impl Source {
    /// A source.
    ///
    /// # Errors
    /// Where nobody is named.
    pub fn new(template: Template, attribution: &str) -> Result<Self, Text> {
        let attribution = attribution.trim();
        if attribution.is_empty() || attribution.chars().any(char::is_control) {
            return Err(Text::new(
                "底图的来源应为一行文字：图上要注明",
                "the base map's source should be a line of text: the map has to name it",
            ));
        }
        Ok(Self {
            template,
            attribution: attribution.to_owned(),
        })
    }

    /// Whom to name wherever it is shown.
    #[must_use]
    pub fn attribution(&self) -> &str {
        &self.attribution
    }

    /// The address of a tile. It may hold a key, and is for nobody but its host.
    pub(super) fn address(&self, tile: BaseTile) -> String {
        filled(&self.template.0, [tile.z.into(), tile.x, tile.y])
    }

    /// What tells it from another source.
    #[must_use]
    pub fn identity(&self) -> String {
        format!("{} {}", self.template.0, self.attribution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_place_for_each_number_after_its_host() {
        for address in [
            "https://t0.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=0",
            "http://10.1.2.3:6080/arcgis/rest/services/base/MapServer/tile/{z}/{y}/{x}",
            "http://gis?l={z}&c={x}&r={y}",
            "http://[fe80::1]/{z}/{x}/{y}",
        ] {
            let source = Source::new(Template::parse(address).unwrap(), "天地图").unwrap();
            let tile = BaseTile::new(14, 13_524, 6_242).unwrap();
            let expected = address
                .replace("{z}", "14")
                .replace("{x}", "13524")
                .replace("{y}", "6242");
            assert_eq!(source.address(tile), expected);
        }
        for (address, about) in [
            ("https://a.cn/{z}/{x}", "each of"),
            ("https://a.cn/{z}/{x}/{y}/{y}", "each of"),
            ("https://{s}.a.cn/{z}/{x}/{y}", "no other braces"),
            ("https://a.cn/{z}/{x}/{y}}", "no other braces"),
            ("https://a{z}.cn/{x}/{y}", "after its host"),
            ("https://a.cn:{z}/{x}/{y}", "after its host"),
            ("https://a.cn/{z}/#{x}/{y}", "with http://"),
            ("https://a.cn/ /{z}/{x}/{y}", "with http://"),
            ("ftp://a.cn/{z}/{x}/{y}", "with http://"),
            ("file:///{z}/{x}/{y}", "with http://"),
            ("/{z}/{x}/{y}", "with http://"),
            ("http:///{z}/{x}/{y}", "with http://"),
        ] {
            let refused = Template::parse(address).err();
            let refused = refused.unwrap_or_else(|| panic!("{address}"));
            assert!(refused.en.contains(about), "{address}: {refused}");
        }
    }

    #[test]
    fn tiles_that_are_shifted_are_refused_with_the_reason() {
        for (host, datum) in [
            ("webrd01.is.autonavi.com", "GCJ-02"),
            ("WPRD01.is.AutoNavi.com.", "GCJ-02"),
            ("www.google.cn", "GCJ-02"),
            ("rt0.map.gtimg.com", "GCJ-02"),
            ("amap.com:443", "GCJ-02"),
            ("somebody@amap.com", "GCJ-02"),
            ("maponline0.bdimg.com", "BD-09"),
        ] {
            let refused = Template::parse(&format!("https://{host}/{{z}}/{{x}}/{{y}}")).err();
            assert!(
                refused.is_some_and(|text| text.en.contains(datum)),
                "{host}"
            );
        }
        for host in ["notamap.com", "amap.com.gis.local", "t0.tianditu.gov.cn"] {
            assert!(Template::parse(&format!("https://{host}/{{z}}/{{x}}/{{y}}")).is_ok());
        }
    }

    #[test]
    fn somebody_is_named() {
        let template = Template::parse("http://gis/{z}/{x}/{y}").unwrap();
        for nobody in ["", "  ", "天地图\n审图号"] {
            assert!(Source::new(template.clone(), nobody).is_err(), "{nobody:?}");
        }
        let source = Source::new(template, " 天地图 ").unwrap();
        assert_eq!(source.attribution(), "天地图");
    }
}
