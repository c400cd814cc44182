//! What the map page's head says of a share, for chat programs and for the page itself, and the page
//! of one that there is not.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use crate::{model::Text, render::picture::PREVIEW, report::Lang};

/// What is told of a share before its page is opened.
#[derive(Debug, Clone, Copy)]
pub struct Preview<'a> {
    /// The language of the shared view.
    pub lang: Lang,
    /// What the map is called.
    pub map: &'a Text,
    /// What the share is called; the map's name where it has no other.
    pub title: Option<&'a str>,
    /// What it shows.
    pub summary: &'a Text,
    /// Its address.
    pub url: &'a str,
    /// The address of its picture, of [`PREVIEW`]'s size.
    pub image: &'a str,
    /// All that the page is to know of it.
    pub share: &'a Value,
}

impl Preview<'_> {
    /// What the page is called.
    #[must_use]
    pub fn title(&self) -> Markup {
        let map = self.lang.pick(&self.map.zh, &self.map.en);
        html! {
            title {
                @if let Some(title) = self.title { (title) " · " }
                (map)
            }
        }
    }

    /// What stands in the head of a page that lies one step below the root of the service.
    #[must_use]
    pub fn head(&self) -> Markup {
        let map = self.lang.pick(&self.map.zh, &self.map.en);
        let title = self.title.unwrap_or(map);
        let summary = self.lang.pick(&self.summary.zh, &self.summary.en);
        // A script ends where its text says so: JSON can say `<` without the sign.
        let share = self.share.to_string().replace('<', "\\u003c");
        html! {
            base href="../";
            meta name="description" content=(summary);
            meta property="og:type" content="website";
            meta property="og:site_name" content=(map);
            meta property="og:title" content=(title);
            meta property="og:description" content=(summary);
            meta property="og:url" content=(self.url);
            meta property="og:image" content=(self.image);
            meta property="og:image:width" content=(PREVIEW[0]);
            meta property="og:image:height" content=(PREVIEW[1]);
            meta name="twitter:card" content="summary_large_image";
            script type="application/json" id="share" { (PreEscaped(share)) }
        }
    }
}

/// The page that says why there is nothing to see, one step below the root of the service.
#[must_use]
pub fn no_share(map: &Text, why: &Text) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { "没有这个分享 No such share · " (map.zh) }
                link rel="icon" href="../favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="../pages.css";
            }
            body {
                header.bar {
                    div {
                        a.home href="../" {
                            img src="../favicon.svg" alt="" width="26" height="26";
                            (map.zh)
                        }
                    }
                }
                main {
                    section.entrance {
                        h1 { "没有这个分享 " small lang="en" { "No such share" } }
                        p { (why.zh) br; span lang="en" { (why.en) } }
                        div.actions {
                            a.button.main href="../" { "打开地图 " small lang="en" { "Open the map" } }
                        }
                    }
                }
            }
        }
    };
    markup.into_string()
}
