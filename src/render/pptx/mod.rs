//! One slide of 16:9 as an Office Open XML presentation: the picture, and beside it title, figures and
//! table as text that can be edited, sources and link.
//!
//! Fonts are named and not embedded: what a slide is shown with has them, or others for Chinese.

mod parts;

use std::fmt::Write as _;

use jiff::Timestamp;
use quick_xml::escape::escape;

use self::parts::{
    APP, CONTENT_TYPES, NAMES, ROOT_RELATIONS, THEME, TREE, XML, core, layout, master,
    presentation, relations_of,
};
use super::{
    archive::zipped,
    fonts::{Fonts, Weight},
    text,
};
use crate::{model::Text, report::Lang};

/// English Metric Units of a slide of 16:9.
const WIDE: u32 = 12_192_000;
const HIGH: u32 = 6_858_000;
/// EMU of a point.
const POINT: u32 = 12_700;
/// The margin around all.
const MARGIN: u32 = 420_000;
/// Where the column beside the picture begins.
const COLUMN: u32 = 8_130_000;
const COLUMN_WIDE: u32 = WIDE - MARGIN - COLUMN;
/// Where the line below the title stands.
const SUBTITLE_TOP: u32 = 800_000;
/// Where picture and column begin and end.
const TOP: u32 = 1_180_000;
const BOTTOM: u32 = HIGH - 330_000;
/// The square of the QR code.
const CODE: u32 = 900_000;
/// A row of the table, and what parts it from the text below.
const ROW: u32 = 262_000;
const BELOW: u32 = 140_000;
/// Rows at most, and those that stand however much there is to be read below: heads, how many are
/// left out, and the sum.
const MAX_ROWS: usize = 13;
const LEAST_ROWS: usize = 3;
/// Lines for what is to be read below the table, where there is so much: the table gives way to them.
const LEAST_LINES: usize = 5;
/// Lines of one source at most.
const SOURCE_LINES: usize = 4;

/// The space of the picture on a slide, as width over height.
pub const PICTURE: (u32, u32) = (COLUMN - MARGIN - 240_000, BOTTOM - TOP);

/// A figure in large digits, and what it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The number, with its unit.
    pub number: String,
    /// What it is of.
    pub of: String,
}

/// The way to the view that a slide shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its address.
    pub address: String,
    /// The QR code of the same as PNG; an address may be too long for one.
    pub code: Option<Vec<u8>>,
}

/// What stands on a slide.
#[derive(Debug, Clone)]
pub struct Slide {
    /// What it is about.
    pub title: String,
    /// The line below.
    pub subtitle: String,
    /// The map as PNG, of the proportions of [`PICTURE`].
    pub picture: Vec<u8>,
    /// The picture in words, for who can't see it.
    pub description: String,
    /// Three at most.
    pub figures: Vec<Figure>,
    /// The first row holds the heads; the first column words, the others numbers.
    pub table: Vec<Vec<String>>,
    /// What of the view is not on the slide; may be empty. It stands whole below the table.
    pub lacking: String,
    /// Below that.
    pub sources: Vec<String>,
    /// Below all: credits and approval.
    pub foot: String,
    /// The way to the view.
    pub link: Option<Link>,
    /// The language of the words.
    pub lang: Lang,
    /// When the data came to be.
    pub time: Option<Timestamp>,
}

/// A presentation of this one slide. The same slide gives the same bytes.
///
/// # Errors
/// Where the program was built without fonts, by which text is fitted, or the file can't be written.
pub fn pptx(slide: &Slide) -> Result<Vec<u8>, Text> {
    let fonts = Fonts::carried()?;
    let (body, relations) = body(slide, fonts);
    let mut parts: Vec<(&str, Vec<u8>)> = vec![
        ("[Content_Types].xml", CONTENT_TYPES.into()),
        ("_rels/.rels", ROOT_RELATIONS.into()),
        ("docProps/core.xml", core(slide).into()),
        ("docProps/app.xml", APP.into()),
        ("ppt/presentation.xml", presentation().into()),
        (
            "ppt/_rels/presentation.xml.rels",
            relations_of(&[
                ("slideMaster", "slideMasters/slideMaster1.xml"),
                ("slide", "slides/slide1.xml"),
                ("theme", "theme/theme1.xml"),
            ])
            .into(),
        ),
        ("ppt/theme/theme1.xml", THEME.into()),
        ("ppt/slideMasters/slideMaster1.xml", master().into()),
        (
            "ppt/slideMasters/_rels/slideMaster1.xml.rels",
            relations_of(&[
                ("slideLayout", "../slideLayouts/slideLayout1.xml"),
                ("theme", "../theme/theme1.xml"),
            ])
            .into(),
        ),
        ("ppt/slideLayouts/slideLayout1.xml", layout().into()),
        (
            "ppt/slideLayouts/_rels/slideLayout1.xml.rels",
            relations_of(&[("slideMaster", "../slideMasters/slideMaster1.xml")]).into(),
        ),
        ("ppt/slides/slide1.xml", body.into()),
        ("ppt/slides/_rels/slide1.xml.rels", relations.into()),
        ("ppt/media/image1.png", slide.picture.clone()),
    ];
    if let Some(code) = slide.link.as_ref().and_then(|link| link.code.as_ref()) {
        parts.push(("ppt/media/image2.png", code.clone()));
    }
    zipped(&parts).map_err(|error| {
        Text::new(
            format!("不能生成幻灯片：{error}"),
            format!("the slide can't be made: {error}"),
        )
    })
}

/// Text as it stands in XML: without the characters that XML can't hold.
fn clean(text: &str) -> String {
    let allowed = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    escape(text.chars().filter(allowed).collect::<String>()).into_owned()
}

/// How a run of text looks.
#[derive(Clone, Copy)]
struct Look {
    /// Points.
    size: u32,
    is_bold: bool,
    colour: &'static str,
}

const INK: &str = "1C2833";
const SOFT: &str = "51606C";
const ACCENT: &str = "12476B";
/// Points of a title, and in how many lines: smaller where it is long.
const TITLES: [(u32, usize); 3] = [(26, 1), (17, 2), (13, 2)];
const TITLE: Look = Look {
    size: TITLES[0].0,
    is_bold: true,
    colour: INK,
};
const SUBTITLE: Look = Look {
    size: 12,
    is_bold: false,
    colour: SOFT,
};
const NUMBER: Look = Look {
    size: 24,
    is_bold: true,
    colour: ACCENT,
};
const COUNTED: Look = Look {
    size: 10,
    is_bold: false,
    colour: SOFT,
};
const HEAD: Look = Look {
    size: 10,
    is_bold: true,
    colour: INK,
};
const CELL: Look = Look {
    size: 10,
    is_bold: false,
    colour: INK,
};
const SOURCE: Look = Look {
    size: 9,
    is_bold: false,
    colour: SOFT,
};
const FOOT: Look = Look {
    size: 8,
    is_bold: false,
    colour: SOFT,
};

impl Look {
    fn weight(self) -> Weight {
        if self.is_bold {
            Weight::Bold
        } else {
            Weight::Regular
        }
    }

    /// EMU from one line to the next.
    fn line(self) -> u32 {
        self.size * POINT * 13 / 10
    }

    /// The lines of a text that are at most so wide, EMU; of more than `most` the last ends with an
    /// ellipsis.
    fn broken(self, fonts: &Fonts, text: &str, wide: u32, most: usize) -> Vec<String> {
        #[allow(clippy::cast_precision_loss)] // a slide is far smaller
        let ems = wide as f32 / (self.size * POINT) as f32;
        let one: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // What shows the slide may have another font: a little room is left.
        text::broken(fonts, self.weight(), &one, ems * 0.97, most)
    }

    /// What of a text stands in so many lines of a width, with an ellipsis where it goes on.
    fn fitting(self, fonts: &Fonts, text: &str, wide: u32, lines: usize) -> String {
        let lines = self.broken(fonts, text, wide, lines);
        // Between words the space went with the break.
        let mut whole = String::new();
        for line in lines {
            let is_latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii());
            if is_latin(whole.chars().next_back()) && is_latin(line.chars().next()) {
                whole.push(' ');
            }
            whole.push_str(&line);
        }
        whole
    }

    fn run(self, lang: Lang, text: &str, link: Option<&str>) -> String {
        let Self {
            size,
            is_bold,
            colour,
        } = self;
        let bold = if is_bold { " b=\"1\"" } else { "" };
        let click = link.map_or(String::new(), |id| format!("<a:hlinkClick r:id=\"{id}\"/>"));
        let tongue = lang.pick("zh-CN", "en-GB");
        format!(
            "<a:r><a:rPr lang=\"{tongue}\" altLang=\"en-US\" sz=\"{}\"{bold} dirty=\"0\">\
             <a:solidFill><a:srgbClr val=\"{colour}\"/></a:solidFill>\
             <a:latin typeface=\"Microsoft YaHei\"/><a:ea typeface=\"Microsoft YaHei\"/>{click}</a:rPr>\
             <a:t>{}</a:t></a:r>",
            size * 100,
            clean(text)
        )
    }
}

/// A place on the slide, EMU.
#[derive(Clone, Copy)]
struct Place {
    x: u32,
    y: u32,
    wide: u32,
    high: u32,
}

impl Place {
    fn transform(self, prefix: &str) -> String {
        let Self { x, y, wide, high } = self;
        format!(
            "<{prefix}:xfrm><a:off x=\"{x}\" y=\"{y}\"/><a:ext cx=\"{wide}\" cy=\"{high}\"/></{prefix}:xfrm>"
        )
    }
}

/// The slide's shapes, one after another.
struct Shapes {
    xml: String,
    next: u32,
    lang: Lang,
}

impl Shapes {
    fn id(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// Paragraphs of one look; `link` is the relation to which the text leads.
    fn text(&mut self, name: &str, place: Place, look: Look, lines: &[String], link: Option<&str>) {
        let id = self.id();
        let mut paragraphs = String::new();
        for line in lines {
            let run = look.run(self.lang, line, link);
            write!(paragraphs, "<a:p>{run}</a:p>").expect("a String takes all that is written");
        }
        let is_title = name == "Title";
        let [kind, own] = if is_title {
            ["<p:nvPr><p:ph type=\"title\"/></p:nvPr>", ""]
        } else {
            ["<p:nvPr/>", " txBox=\"1\""]
        };
        let place = place.transform("a");
        write!(
            self.xml,
            "<p:sp><p:nvSpPr><p:cNvPr id=\"{id}\" name=\"{name}\"/><p:cNvSpPr{own}/>{kind}</p:nvSpPr>\
             <p:spPr>{place}<a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr>\
             <p:txBody><a:bodyPr wrap=\"square\" lIns=\"0\" tIns=\"0\" rIns=\"0\" bIns=\"0\" anchor=\"t\"><a:noAutofit/></a:bodyPr>\
             <a:lstStyle/>{paragraphs}</p:txBody></p:sp>"
        )
        .expect("a String takes all that is written");
    }

    fn picture(&mut self, name: &str, description: &str, relation: &str, place: Place) {
        let id = self.id();
        let description = clean(description);
        let place = place.transform("a");
        write!(
            self.xml,
            "<p:pic><p:nvPicPr><p:cNvPr id=\"{id}\" name=\"{name}\" descr=\"{description}\"/>\
             <p:cNvPicPr><a:picLocks noChangeAspect=\"1\"/></p:cNvPicPr><p:nvPr/></p:nvPicPr>\
             <p:blipFill><a:blip r:embed=\"{relation}\"/><a:stretch><a:fillRect/></a:stretch></p:blipFill>\
             <p:spPr>{place}<a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr></p:pic>"
        )
        .expect("a String takes all that is written");
    }

    fn table(&mut self, place: Place, fonts: &Fonts, rows: &[Vec<String>]) {
        let id = self.id();
        let columns = rows.first().map_or(0, Vec::len).max(1);
        let others = u32::try_from(columns - 1).unwrap_or_default();
        // Words need more room than numbers.
        let number =
            (place.wide * 17 / 100).min(place.wide * 6 / 10 / others.max(1) + place.wide / 50);
        let first = place.wide - number * others;
        let mut xml = format!("<a:gridCol w=\"{first}\"/>");
        for _ in 0..others {
            write!(xml, "<a:gridCol w=\"{number}\"/>").expect("a String takes all");
        }
        let mut body = String::new();
        for (at, row) in rows.iter().enumerate() {
            let look = if at == 0 { HEAD } else { CELL };
            write!(body, "<a:tr h=\"{ROW}\">").expect("a String takes all");
            for (column, cell) in row.iter().enumerate() {
                let (wide, align) = if column == 0 {
                    (first, "l")
                } else {
                    (number, "r")
                };
                let cell = look.fitting(fonts, cell, wide - 74_000, 1);
                let run = look.run(self.lang, &cell, None);
                let below = if at == 0 {
                    ("12700", SOFT)
                } else {
                    ("6350", "D8D3C8")
                };
                let line = |name: &str| format!("<a:{name} w=\"0\"><a:noFill/></a:{name}>");
                write!(
                    body,
                    "<a:tc><a:txBody><a:bodyPr/><a:lstStyle/><a:p><a:pPr algn=\"{align}\"/>{run}</a:p></a:txBody>\
                     <a:tcPr marL=\"36000\" marR=\"36000\" marT=\"18000\" marB=\"18000\" anchor=\"ctr\">{}{}{}\
                     <a:lnB w=\"{}\"><a:solidFill><a:srgbClr val=\"{}\"/></a:solidFill></a:lnB><a:noFill/></a:tcPr></a:tc>",
                    line("lnL"), line("lnR"), line("lnT"), below.0, below.1
                )
                .expect("a String takes all that is written");
            }
            body.push_str("</a:tr>");
        }
        let place = place.transform("p");
        write!(
            self.xml,
            "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"{id}\" name=\"Table\"/>\
             <p:cNvGraphicFramePr><a:graphicFrameLocks noGrp=\"1\"/></p:cNvGraphicFramePr><p:nvPr/></p:nvGraphicFramePr>\
             {place}<a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/table\">\
             <a:tbl><a:tblPr firstRow=\"1\"/><a:tblGrid>{xml}</a:tblGrid>{body}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
        )
        .expect("a String takes all that is written");
    }
}

impl Shapes {
    /// The address below the column, beside its QR code where it has one.
    fn link(&mut self, link: &Link, fonts: &Fonts, relations: &mut Vec<(&str, String)>) {
        let Link { address, code } = link;
        let mut wide = COLUMN_WIDE;
        if code.is_some() {
            relations.push(("image", "../media/image2.png".to_owned()));
            let place = Place {
                x: WIDE - MARGIN - CODE,
                y: BOTTOM - CODE,
                wide: CODE,
                high: CODE,
            };
            let relation = format!("rId{}", relations.len());
            self.picture("QR", address, &relation, place);
            wide -= CODE + 120_000;
        }
        relations.push(("hyperlink", address.clone()));
        let relation = format!("rId{}", relations.len());
        let high = CODE - 60_000;
        let room = (high / SOURCE.line()).saturating_sub(1) as usize;
        // An address must stay whole to be one; it breaks where the box ends.
        let lines = if lines_in(fonts, address, wide) > room {
            let words = self.lang.pick(
                "链接太长，放不进二维码：点开此处",
                "The link is too long for a QR code: click here",
            );
            vec![words.to_owned()]
        } else {
            let words = match code {
                Some(_) => self
                    .lang
                    .pick("扫码或点开同一张图：", "The same view, live:"),
                None => self.lang.pick("点开同一张图：", "The same view, live:"),
            };
            vec![words.to_owned(), address.clone()]
        };
        let place = Place {
            x: COLUMN,
            y: BOTTOM - high,
            wide,
            high,
        };
        self.text("Link", place, SOURCE, &lines, Some(&relation));
    }
}

/// The slide, and what it refers to.
fn body(slide: &Slide, fonts: &Fonts) -> (String, String) {
    let lang = slide.lang;
    let mut shapes = Shapes {
        xml: String::new(),
        next: 1,
        lang,
    };
    let whole = WIDE - 2 * MARGIN;
    let place = |x, y, wide, high| Place { x, y, wide, high };
    let (look, title, high) = title(&slide.title, fonts, whole);
    shapes.text(
        "Title",
        place(MARGIN, SUBTITLE_TOP - 70_000 - high, whole, high),
        look,
        &[title],
        None,
    );
    let subtitle = SUBTITLE.fitting(fonts, &slide.subtitle, whole, 1);
    shapes.text(
        "Subtitle",
        place(MARGIN, SUBTITLE_TOP, whole, SUBTITLE.line()),
        SUBTITLE,
        &[subtitle],
        None,
    );
    let (wide, high) = PICTURE;
    shapes.picture(
        "Map",
        &slide.description,
        "rId2",
        place(MARGIN, TOP, wide, high),
    );

    let mut y = TOP;
    let count = u32::try_from(slide.figures.len().max(1)).unwrap_or(1);
    let each = COLUMN_WIDE / count;
    for (at, figure) in (0..).zip(&slide.figures) {
        let x = COLUMN + each * at;
        let wide = each - 60_000;
        let number = NUMBER.fitting(fonts, &figure.number, wide, 1);
        let of = COUNTED.fitting(fonts, &figure.of, wide, 2);
        shapes.text(
            "Figure",
            place(x, y, wide, NUMBER.line()),
            NUMBER,
            &[number],
            None,
        );
        let below = place(x, y + NUMBER.line(), wide, 2 * COUNTED.line());
        shapes.text("Counted", below, COUNTED, &[of], None);
    }
    if !slide.figures.is_empty() {
        y += NUMBER.line() + 2 * COUNTED.line() + 110_000;
    }
    let end = match &slide.link {
        Some(_) => BOTTOM - CODE - 120_000,
        None => BOTTOM,
    };
    if slide.table.len() > 1 {
        let most = end.saturating_sub(y + BELOW + SOURCE.line() * least_lines(slide, fonts)) / ROW;
        let rows = fitting_rows(&slide.table, most as usize, lang);
        let high = ROW * u32::try_from(rows.len()).unwrap_or_default();
        shapes.table(place(COLUMN, y, COLUMN_WIDE, high), fonts, &rows);
        y += high + BELOW;
    }
    let room = (end.saturating_sub(y) / SOURCE.line()) as usize;
    let lines = below_table(slide, fonts, room);
    if !lines.is_empty() {
        let sources = place(COLUMN, y, COLUMN_WIDE, end - y);
        shapes.text("Sources", sources, SOURCE, &lines, None);
    }
    let mut relations = vec![
        ("slideLayout", "../slideLayouts/slideLayout1.xml".to_owned()),
        ("image", "../media/image1.png".to_owned()),
    ];
    if let Some(link) = &slide.link {
        shapes.link(link, fonts, &mut relations);
    }
    let foot = FOOT.fitting(fonts, &slide.foot, whole, 1);
    shapes.text(
        "Foot",
        place(MARGIN, BOTTOM + 90_000, whole, FOOT.line()),
        FOOT,
        &[foot],
        None,
    );
    let xml = format!(
        "{XML}<p:sld {NAMES}><p:cSld>{}{}</p:spTree></p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sld>",
        TREE, shapes.xml
    );
    let relations: Vec<(&str, &str)> = relations
        .iter()
        .map(|(kind, target)| (*kind, &**target))
        .collect();
    (xml, relations_of(&relations))
}

/// A title as large as all of it stands in its lines, and how high these are, EMU.
fn title(words: &str, fonts: &Fonts, wide: u32) -> (Look, String, u32) {
    let of = |size: u32| Look { size, ..TITLE };
    let stands = |(size, lines): &(u32, usize)| {
        of(*size).broken(fonts, words, wide, usize::MAX).len() <= *lines
    };
    let [.., smallest] = TITLES;
    let (size, lines) = TITLES.into_iter().find(stands).unwrap_or(smallest);
    let look = of(size);
    let title = look.fitting(fonts, words, wide, lines);
    (look, title, look.line() * u32::try_from(lines).unwrap_or(1))
}

/// Lines for which the table leaves room.
fn least_lines(slide: &Slide, fonts: &Fonts) -> u32 {
    let lines = |text: &String| lines_in(fonts, text, COLUMN_WIDE);
    let lacking = if slide.lacking.is_empty() {
        0
    } else {
        lines(&slide.lacking)
    };
    let sources = slide.sources.iter().map(lines);
    let sources: usize = sources.map(|lines| lines.min(SOURCE_LINES)).sum();
    u32::try_from(lacking + sources.min(LEAST_LINES)).unwrap_or(u32::MAX / SOURCE.line())
}

/// What is read below the table, in so many lines: first what is not on the slide; of the sources as
/// many as there is room for, and how many are left out.
fn below_table(slide: &Slide, fonts: &Fonts, mut room: usize) -> Vec<String> {
    let mut written = Vec::new();
    let mut write = |text: &str, most: usize, room: &mut usize| {
        let text = SOURCE.fitting(fonts, text, COLUMN_WIDE, most);
        *room -= lines_in(fonts, &text, COLUMN_WIDE).min(*room);
        written.push(text);
    };
    // Room for the words that there are more.
    let after = usize::from(!slide.sources.is_empty());
    if !slide.lacking.is_empty() && room > after {
        write(&slide.lacking, room - after, &mut room);
    }
    for (at, source) in slide.sources.iter().enumerate() {
        let left = slide.sources.len() - at;
        let free = room.saturating_sub(usize::from(left > 1));
        if free == 0 {
            let more = match slide.lang {
                Lang::Zh => format!("…另有 {left} 条"),
                Lang::En => format!("… and {left} more"),
            };
            write(&more, 1, &mut room);
            break;
        }
        write(source, free.min(SOURCE_LINES), &mut room);
    }
    written
}

/// As much of a table as there is room for: its beginning, how many rows are left out, and the last,
/// which may be their sum.
fn fitting_rows(table: &[Vec<String>], most: usize, lang: Lang) -> Vec<Vec<String>> {
    let most = most.clamp(LEAST_ROWS, MAX_ROWS);
    if table.len() <= most {
        return table.to_vec();
    }
    let (kept, end) = (most - 2, table.len() - 1);
    let left_out = end - kept;
    let words = match lang {
        Lang::Zh => format!("…另有 {left_out} 行"),
        Lang::En => format!("… and {left_out} more"),
    };
    let mut more = vec![String::new(); table[0].len()];
    if let Some(first) = more.first_mut() {
        *first = words;
    }
    let mut rows = table[..kept].to_vec();
    rows.extend([more, table[end].clone()]);
    rows
}

/// How many lines a source takes.
fn lines_in(fonts: &Fonts, text: &str, wide: u32) -> usize {
    SOURCE.broken(fonts, text, wide, usize::MAX).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slide(rows: usize, sources: usize) -> Slide {
        let row = |number: usize| vec![format!("第{number}行"), number.to_string()];
        Slide {
            title: "汇报".to_owned(),
            subtitle: String::new(),
            picture: Vec::new(),
            description: String::new(),
            figures: Vec::new(),
            table: (0..rows).map(row).collect(),
            lacking: String::new(),
            sources: (0..sources).map(|number| format!("出处{number}")).collect(),
            foot: String::new(),
            link: None,
            lang: Lang::Zh,
            time: None,
        }
    }

    fn said(slide: &Slide) -> Vec<String> {
        let (xml, _) = body(slide, Fonts::carried().unwrap());
        let document = roxmltree::Document::parse(&xml).unwrap();
        let texts = document
            .descendants()
            .filter(|node| node.tag_name().name() == "t");
        texts
            .filter_map(|node| Some(node.text()?.to_owned()))
            .collect()
    }

    #[test]
    fn what_has_no_room_on_a_slide_is_counted() {
        let all = said(&slide(MAX_ROWS, 4));
        assert!(!all.iter().any(|text| text.contains("另有")), "{all:?}");
        let cut = said(&slide(30, 80));
        let rows: Vec<usize> = (0..30)
            .filter(|number| cut.contains(&format!("第{number}行")))
            .collect();
        // The last row is the sum of the others.
        assert_eq!(rows.len(), MAX_ROWS - 1);
        assert_eq!(rows.last(), Some(&29));
        assert!(
            cut.contains(&format!("…另有 {} 行", 30 - rows.len())),
            "{cut:?}"
        );
        let sources = (0..80).filter(|number| cut.contains(&format!("出处{number}")));
        let left = 80 - sources.count();
        assert!(
            left > 0 && cut.contains(&format!("…另有 {left} 条")),
            "{cut:?}"
        );
    }

    #[test]
    fn a_long_table_gives_way_to_what_is_missing_and_to_the_note() {
        let lacking = "范围无法确定：没有叫“无名路”的道路，四至接不上。";
        let note = "周三上午专题会用。";
        let mut full = slide(13, 9);
        full.figures = vec![Figure {
            number: "12".to_owned(),
            of: "图中要素".to_owned(),
        }];
        lacking.clone_into(&mut full.lacking);
        full.sources.insert(0, note.to_owned());
        full.link = Some(Link {
            address: "https://map.example.cn/s/k7m3p-9xq2w".to_owned(),
            code: Some(vec![1]),
        });
        for rows in [12, 13, 40] {
            full.table = slide(rows, 0).table;
            let all = said(&full);
            assert!(all.iter().any(|text| text == lacking), "{rows}: {all:?}");
            assert!(all.iter().any(|text| text == note), "{rows}: {all:?}");
            let sources = (0..9).filter(|number| all.contains(&format!("出处{number}")));
            let left = 9 - sources.count();
            assert!((1..=6).contains(&left), "{rows}: {all:?}");
            assert!(all.contains(&format!("…另有 {left} 条")), "{all:?}");
            let kept = (0..rows).filter(|number| all.contains(&format!("第{number}行")));
            let left = rows - kept.count();
            assert!(all.contains(&format!("…另有 {left} 行")), "{rows}: {all:?}");
        }
        // However much is missing, it is not cut short while rows could give way.
        full.lacking = lacking.repeat(6);
        assert!(said(&full).contains(&full.lacking));
    }

    #[test]
    fn a_title_of_any_length_that_a_share_may_have_stands_whole() {
        for words in ["云", "云帆商务区推进会", "Renewal "] {
            let long: String = words.chars().cycle().take(120).collect();
            let mut slide = slide(2, 1);
            slide.title = long.trim().to_owned();
            let (xml, _) = body(&slide, Fonts::carried().unwrap());
            assert!(
                xml.contains(&format!("<a:t>{}</a:t>", slide.title)),
                "{xml}"
            );
        }
        let [large, .., small] = TITLES;
        let of = |words: &str| {
            title(words, Fonts::carried().unwrap(), WIDE - 2 * MARGIN)
                .0
                .size
        };
        assert_eq!(of("云帆商务区推进会"), large.0);
        // It may end so by itself.
        assert_eq!(of("三季度推进会……"), large.0);
        assert_eq!(of(&"云".repeat(120)), small.0);
    }

    #[test]
    fn an_address_stands_whole_or_not_at_all() {
        let said = |address: &str, code: Option<Vec<u8>>| {
            let link = Link {
                address: address.to_owned(),
                code,
            };
            let (xml, relations) = body(
                &Slide {
                    link: Some(link),
                    ..slide(2, 1)
                },
                Fonts::carried().unwrap(),
            );
            assert!(relations.contains(address), "a click leads there");
            let hyperlink = relations
                .split("<Relationship ")
                .find(|one| one.contains("hyperlink"));
            let id = hyperlink.unwrap().split('"').nth(1).unwrap();
            assert!(xml.contains(&format!("<a:hlinkClick r:id=\"{id}\"/>")));
            xml
        };
        let short = "https://map.example.cn/s/k7m3p-9xq2w";
        for code in [None, Some(vec![1])] {
            assert!(said(short, code).contains(&format!("<a:t>{short}</a:t>")));
        }
        let long = format!("https://map.example.cn/?boundary={}", "x".repeat(4_000));
        let xml = said(&long, None);
        assert!(xml.contains("链接太长，放不进二维码：点开此处") && !xml.contains(&long));
    }
}
