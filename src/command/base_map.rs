//! Which base map lies under the map.

use clap::Args;
use renewal_map::{
    model::Text,
    tiles::base_map::{BaseMap, Source, Template},
};

#[derive(Args)]
pub struct BaseMapOptions {
    /// 底图瓦片服务的网址，含 {z} {x} {y}：256 像素的 PNG 或 JPEG，WGS 84 或 CGCS2000 的 Web 墨卡托（天地图 _w、ArcGIS 缓存、WMTS KVP），不能是 GCJ-02、BD-09 的偏移瓦片；服务器只向这个主机取瓦片 (address of the tiles of a base map, with {z} {x} {y}: PNG or JPEG of 256 pixels in Web Mercator of WGS 84 or CGCS2000, not shifted; the server asks this host alone for them)
    #[arg(long = "base-map", value_name = "URL", value_parser = parse, env = "RENEWAL_MAP_BASE_MAP", hide_env_values = true)]
    template: Option<Template>,
    /// 底图的来源和审图号，注在地图和图片上；与 --base-map 一起用 (whose base map it is, which stands on the map and in pictures; goes with --base-map)
    #[arg(
        long = "base-map-attribution",
        value_name = "TEXT",
        env = "RENEWAL_MAP_BASE_MAP_ATTRIBUTION"
    )]
    attribution: Option<String>,
}

fn parse(text: &str) -> Result<Template, String> {
    Template::parse(text).map_err(|text| text.to_string())
}

impl BaseMapOptions {
    /// The base map, where one is named.
    ///
    /// # Errors
    /// Where the options do not go together.
    pub fn base_map(&self) -> Result<Option<BaseMap>, String> {
        match (&self.template, &self.attribution) {
            (None, None) => Ok(None),
            (Some(template), Some(attribution)) => {
                let source = Source::new(template.clone(), attribution);
                let source = source.map_err(|text| format!("--base-map-attribution: {text}"))?;
                Ok(Some(BaseMap::new(source)))
            }
            _ => Err(Text::new(
                "--base-map 和 --base-map-attribution 要一起用：图上要注明底图的来源",
                "--base-map and --base-map-attribution go together: the map has to name whose base map it shows",
            )
            .to_string()),
        }
    }
}
