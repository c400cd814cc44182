//! Views as pictures: what stands on them, at which scale, in which file.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
    fs,
    io::{Cursor, Read, Write},
    net::TcpStream,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use lopdf::{Document, Encoding, Object, content::Content};
use renewal_map::{
    area::Patience,
    model::{Feature, View},
    render::{
        brief::{Brief, LeftOut},
        legend::legend,
        pdf::{About, pdf},
        picture::{Form, Orientation, Page, Size, picture},
        png::png,
        scene::{Item, Text},
        sheet::{Failure, Plan, Sheet, Standing, pages, sheet},
    },
    report::Report,
    store::{Snapshot, files::Files, load},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use zip::ZipArchive;

use crate::{
    drawing::assert_looks_as_it_did,
    hidden::options,
    loading::Copy,
    support::{Answer, Server, program, yunze},
};

const TITLE: &str = "云帆商务区推进会";

/// A service of the invented district with a record.
fn house(more: &[&str]) -> (Server, TempDir) {
    let data = TempDir::new().unwrap();
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| yunze().join(part));
    let mut options = vec![
        "--seeds",
        seeds.to_str().unwrap(),
        "--geodata",
        geodata.to_str().unwrap(),
        "--data",
        data.path().to_str().unwrap(),
    ];
    options.extend(more);
    (Server::start_with(&options), data)
}

/// The address of a new share, and its url.
fn share(server: &Server, state: &str) -> (String, String) {
    let what = json!({ "state": state, "title": TITLE, "note": "周三上午" });
    let share = server.post("/shares", what.to_string()).json();
    let url = share["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(&server.url).unwrap().to_owned();
    (path, url)
}

fn file(server: &Server, path: &str, media_type: &str) -> Answer {
    let answer = server.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.header("content-type"), media_type);
    answer
}

/// What a PDF says, without the spaces between its lines.
fn words(pdf: &Document) -> String {
    let text = pdf.extract_text(&[1]).unwrap();
    text.split_whitespace().collect()
}

fn entries(archive: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut entry = archive.by_index(at).unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (entry.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

/// What a slide says.
fn slide_words(pptx: Vec<u8>) -> String {
    let slide = entries(pptx)["ppt/slides/slide1.xml"].clone();
    let slide = String::from_utf8(slide).unwrap();
    let slide = roxmltree::Document::parse(&slide).unwrap();
    let texts = slide
        .descendants()
        .filter(|node| node.tag_name().name() == "t");
    texts.filter_map(|node| node.text()).collect()
}

const STATE: &str = "?v=1&at=116.98800,38.98300,14.50&select=zones/yunfan&area=feature:zones/yunfan&collections=projects,parcels";

#[test]
fn a_page_has_its_size_its_fonts_and_all_its_words() {
    let (server, _data) = house(&["--map-approval", "津S（2026）001"]);
    let (path, url) = share(&server, STATE);
    let revision = server.json("/revisions/1");
    let day = &revision["time"].as_str().unwrap()[..4];
    for (query, width, height) in [
        ("", 297.0, 210.0),
        ("?orientation=portrait", 210.0, 297.0),
        ("?paper=A3", 420.0, 297.0),
    ] {
        let answer = file(&server, &format!("{path}.pdf{query}"), "application/pdf");
        let pdf = Document::load_mem(&answer.body).unwrap();
        let pages = pdf.get_pages();
        assert_eq!(pages.len(), 1);
        let page = pdf.get_dictionary(pages[&1]).unwrap();
        let media: Vec<f32> = page
            .get(b"MediaBox")
            .and_then(Object::as_array)
            .unwrap()
            .iter()
            .map(|side| side.as_float().unwrap())
            .collect();
        let points = [0.0, 0.0, width / 25.4 * 72.0, height / 25.4 * 72.0];
        for (side, expected) in media.iter().zip(points) {
            assert!((side - expected).abs() < 0.05, "{media:?}");
        }
        let text = words(&pdf);
        let sentence = server.json("/collections/zones/items/yunfan");
        let sentence = sentence["properties"]["citations"][0]["quote"]
            .as_str()
            .unwrap();
        for word in [
            TITLE,
            "云泽",
            "数据版本1",
            day,
            "图例",
            "进展",
            "计划出让",
            "地块（勘测界线）",
            "查询范围",
            "原文依据",
            sentence,
            "审图号：津S（2026）001",
            "CGCS2000EPSG:4548",
            "1:",
            "资料来源",
            "周三上午",
            &url,
        ] {
            let word: String = word.split_whitespace().collect();
            assert!(text.contains(&word), "{query}: {word} in {text}");
        }
        // A style that is not shown has no place in the legend.
        assert!(!text.contains("文旅线路"), "{text}");
        let fonts: Vec<_> = pdf
            .objects
            .values()
            .filter_map(|object| object.as_dict().ok())
            .filter(|one| {
                one.get(b"Type")
                    .and_then(Object::as_name)
                    .is_ok_and(|name| name == b"FontDescriptor")
            })
            .collect();
        assert!(fonts.len() >= 2, "{fonts:?}");
        for font in fonts {
            let is_embedded = [&b"FontFile2"[..], b"FontFile3"]
                .iter()
                .any(|file| font.has(file));
            let name = String::from_utf8_lossy(font.get(b"FontName").unwrap().as_name().unwrap())
                .into_owned();
            // Six letters before a plus are the mark of a subset (ISO 32000-1, 9.6.4).
            assert!(is_embedded && name.as_bytes()[6] == b'+', "{name}");
        }
        // The fonts have ten megabytes each.
        assert!(answer.body.len() < 1_000_000, "{}", answer.body.len());
    }
}

pub type Matrix = [f64; 6];

pub fn times(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

fn placed(matrix: Matrix, [x, y]: [f64; 2]) -> [f64; 2] {
    [
        x * matrix[0] + y * matrix[2] + matrix[4],
        x * matrix[1] + y * matrix[3] + matrix[5],
    ]
}

/// Every place to which a line leads on a page, in points from its lower left corner.
fn places(pdf: &Document) -> Vec<[f64; 2]> {
    paths(pdf).concat()
}

/// Left, bottom, right and top of each upright rectangle on a page, points.
fn rectangles(pdf: &Document) -> Vec<[f64; 4]> {
    let bounds = |path: &Vec<[f64; 2]>| {
        let axis = |axis: usize| path.iter().map(move |place| place[axis]);
        let [left, bottom] = [0, 1].map(|one| axis(one).fold(f64::MAX, f64::min));
        let [right, top] = [0, 1].map(|one| axis(one).fold(f64::MIN, f64::max));
        let is_corner = |place: &[f64; 2]| {
            let near = |a: f64, b: f64| (a - b).abs() < 1e-3;
            (near(place[0], left) || near(place[0], right))
                && (near(place[1], bottom) || near(place[1], top))
        };
        let is_rectangle = path.len() >= 4 && path.iter().all(is_corner);
        is_rectangle.then_some([left, bottom, right, top])
    };
    paths(pdf).iter().filter_map(bounds).collect()
}

/// The places of each path of a page.
fn paths(pdf: &Document) -> Vec<Vec<[f64; 2]>> {
    let page = pdf.get_pages()[&1];
    let content = Content::decode(&pdf.get_page_content(page)).unwrap();
    let mut matrix: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let mut kept = Vec::new();
    let mut found: Vec<Vec<[f64; 2]>> = Vec::new();
    for operation in content.operations {
        let numbers: Vec<f64> = operation
            .operands
            .iter()
            .filter_map(|operand| operand.as_float().ok().map(f64::from))
            .collect();
        match (&*operation.operator, &numbers[..]) {
            ("q", _) => kept.push(matrix),
            ("Q", _) => matrix = kept.pop().unwrap(),
            ("cm", numbers) => matrix = times(numbers.try_into().unwrap(), matrix),
            (step @ ("m" | "l"), &[x, y]) => {
                if step == "m" {
                    found.push(Vec::new());
                }
                let path = found.last_mut().unwrap();
                path.push(placed(matrix, [x, y]));
            }
            ("re", &[x, y, wide, high]) => {
                let corners = [[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]];
                found.push(corners.map(|corner| placed(matrix, corner)).to_vec());
            }
            _ => {}
        }
    }
    found
}

#[test]
fn a_length_on_the_page_is_the_length_on_the_ground_at_its_scale() {
    let (server, _data) = house(&[]);
    let (path, _) = share(&server, STATE);
    // The parcels are given in EPSG:4548 itself: what they say is measured, and not what is served.
    let parcels = fs::read(yunze().join("geodata/parcels.geojson")).unwrap();
    let parcels: Value = serde_json::from_slice(&parcels).unwrap();
    let ring: Vec<[f64; 2]> = parcels["features"][1]["geometry"]["coordinates"][0]
        .as_array()
        .unwrap()
        .iter()
        .map(|vertex| [0, 1].map(|axis| vertex[axis].as_f64().unwrap()))
        .collect();
    for scale in [5_000.0, 10_000.0, 12_345.0] {
        let address = format!("{path}.pdf?scale={scale}&paper=A3");
        let pdf = Document::load_mem(&file(&server, &address, "application/pdf").body).unwrap();
        let drawn = places(&pdf);
        assert!(drawn.len() > 100, "{}", drawn.len());
        let stands = |scale: f64, tolerance: f64| {
            let points = |metres: f64| metres / scale / 0.0254 * 72.0;
            let is_drawn = |place: [f64; 2]| {
                drawn
                    .iter()
                    .any(|one| (one[0] - place[0]).hypot(one[1] - place[1]) < tolerance)
            };
            drawn.iter().any(|first| {
                ring[1..].iter().all(|vertex| {
                    let [east, north] = [0, 1].map(|axis| points(vertex[axis] - ring[0][axis]));
                    is_drawn([first[0] + east, first[1] + north])
                })
            })
        };
        // A hundredth of a point is 3 µm.
        assert!(stands(scale, 0.02), "1:{scale}");
        assert!(!stands(scale * 1.003, 0.02), "1:{scale}");
        let text = words(&pdf);
        let figure = format!("{scale}");
        let (thousands, rest) = figure.split_at(figure.len() - 3);
        assert!(text.contains(&format!("1:{thousands},{rest}")), "{text}");
        check_scale_bar(&pdf, scale);
    }
}

/// Whether the bar of a page is as long as its number says.
fn check_scale_bar(pdf: &Document, scale: f64) {
    let all = rectangles(pdf);
    let is_near = |a: f64, b: f64| (a - b).abs() < 0.02;
    // Its first half is filled.
    let halved = all.iter().filter(|[left, bottom, right, top]| {
        let half = [*left, *bottom, f64::midpoint(*left, *right), *top];
        let is_bar = (2.0..8.0).contains(&(top - bottom)) && right - left > 40.0;
        let is_half = |one: &[f64; 4]| one.iter().zip(half).all(|(a, b)| is_near(*a, b));
        is_bar && all.iter().any(is_half)
    });
    let [bar] = halved.collect::<Vec<_>>()[..] else {
        panic!("no scale bar, or several");
    };
    let metres = (bar[2] - bar[0]) / 72.0 * 0.0254 * scale;
    let round = metres.round();
    assert!((metres - round).abs() < 0.001 * metres, "{metres}");
    let number = if round >= 1_000.0 {
        format!("{}公里", round / 1_000.0)
    } else {
        format!("{round}米")
    };
    assert!(words(pdf).contains(&number), "{number}");
}

#[test]
fn the_scale_bar_of_a_picture_is_as_long_as_it_says() {
    let snapshot = embedded();
    let (view, _) = View::parse("v=1&at=117.165,39.165,13");
    let brief = brief(&snapshot, &view);
    let sheet = on_screen(&brief, [1_123.0, 794.0]);
    let patience = Patience::new(Duration::from_mins(5), Arc::default());
    let metres = sheet.scene.items.iter().find_map(|item| {
        let Item::Text(text) = item else {
            return None;
        };
        let (number, name) = text.text.split_once(' ')?;
        let number: f64 = number.parse().ok()?;
        match name {
            "公里" => Some(number * 1_000.0),
            "米" => Some(number),
            _ => None,
        }
    });
    // Web Mercator, whose world has 512 pixels at zoom 0.
    let world = 512.0 * sheet.frame.zoom().exp2();
    let equator = 2.0 * std::f64::consts::PI * 6_378_137.0;
    let metres_a_pixel = equator * 39.165_f64.to_radians().cos() / world;
    let expected = metres.unwrap() / metres_a_pixel;
    let (width, rgb) = pixels(&png(&sheet.scene, 1.0, &patience).unwrap());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let [left, below] =
        [sheet.frame.place().left(), sheet.frame.place().bottom()].map(|at| at as usize);
    let is_dark = |x: usize, y: usize| rgb[3 * (y * width + x)] < 0xc0;
    // The longest dark run of a row below the map is an edge of the bar.
    let longest = (below + 4..below + 30).map(|y| {
        let row: Vec<bool> = (left..left + 400).map(|x| is_dark(x, y)).collect();
        let runs = row.split(|is_dark| !is_dark).map(<[bool]>::len);
        runs.max().unwrap_or_default()
    });
    let drawn = f64::from(u32::try_from(longest.max().unwrap()).unwrap());
    // A pixel at either end, and the globe is no sphere.
    assert!(
        (drawn - expected).abs() < 2.0 + 0.004 * expected,
        "{drawn} {expected}"
    );
}

#[test]
fn a_page_s_code_leads_to_its_view() {
    let (server, _data) = house(&[]);
    let (path, url) = share(&server, STATE);
    let pdf = Document::load_mem(&file(&server, &format!("{path}.pdf"), "application/pdf").body);
    let pdf = pdf.unwrap();
    let link = pdf.objects.values().find_map(|object| {
        let annotation = object.as_dict().ok()?;
        annotation.get(b"A").ok()?;
        let corners = annotation.get(b"Rect").and_then(Object::as_array).ok()?;
        let corners = corners
            .iter()
            .map(|one| one.as_float().map(f64::from).unwrap());
        Some(corners.collect::<Vec<_>>())
    });
    let link = link.unwrap();
    let [left, bottom, right, top] = link[..] else {
        panic!("{link:?}")
    };
    let is_inside = |one: &&[f64; 4]| {
        one[0] > left - 0.01
            && one[1] > bottom - 0.01
            && one[2] < right + 0.01
            && one[3] < top + 0.01
    };
    // The largest is the light ground, the others are dark.
    let whole = (right - left) * (top - bottom);
    let rectangles = rectangles(&pdf);
    let dark = rectangles.iter().filter(is_inside);
    let dark = dark.filter(|one| (one[2] - one[0]) * (one[3] - one[1]) < 0.5 * whole);
    let dark: Vec<_> = dark.collect();
    assert!(dark.len() > 100, "{}", dark.len());
    let side = 400_u16;
    let light = |x: usize, y: usize| {
        let at = |pixel: usize| (f64::from(u16::try_from(pixel).unwrap()) + 0.5) / f64::from(side);
        let (x, y) = (left + at(x) * (right - left), top - at(y) * (top - bottom));
        let is_dark = dark
            .iter()
            .any(|one| (one[0]..one[2]).contains(&x) && (one[1]..one[3]).contains(&y));
        if is_dark { 0 } else { 255 }
    };
    assert_eq!(read_code(side.into(), side.into(), light), [url]);
}

#[test]
fn sentences_without_room_are_counted_and_stand_on_pages_of_their_own() {
    let snapshot = embedded();
    let (view, _) = View::parse("v=1&select=zones/west-station-hub&at=117.165,39.165,13");
    let brief = brief(&snapshot, &view);
    let quotes = brief.quotes();
    assert!(quotes.len() > 3, "{quotes:?}");
    let patience = Patience::new(Duration::from_mins(5), Arc::default());
    for orientation in [Orientation::Landscape, Orientation::Portrait] {
        let page = Page {
            orientation,
            ..Page::default()
        };
        let file = picture(&brief, Form::Pdf(page), &patience).unwrap().bytes;
        let pdf = Document::load_mem(&file).unwrap();
        let pages = pdf.get_pages().len();
        let [first, others] = [1..=1, 2..=u32::try_from(pages).unwrap()]
            .map(|numbers| solid(&pdf.extract_text(&numbers.collect::<Vec<_>>()).unwrap()));
        let stands = |text: &str| {
            let standing = quotes
                .iter()
                .filter(|quote| text.contains(&solid(&quote.sentence)));
            standing.count()
        };
        let left_out = first
            .split("…另有")
            .nth(1)
            .and_then(|rest| rest.split('条').next());
        let left_out: usize = left_out.unwrap().parse().unwrap();
        assert!(stands(&first) > 0, "{first}");
        assert_eq!(stands(&first) + left_out, quotes.len(), "{first}");
        assert_eq!(stands(&others), quotes.len(), "{others}");
        assert!(others.contains(&solid(&brief.title())), "{others}");
        for quote in &quotes {
            let names = [&quote.document, &quote.section];
            for name in names {
                assert!(others.contains(&solid(name)), "{name} in {others}");
            }
        }
    }
}

#[test]
fn a_name_along_a_bend_is_read_as_one() {
    let snapshot = embedded();
    let (view, _) = View::parse("v=1&at=117.165,39.165,14&layers=streets,district");
    let brief = brief(&snapshot, &view);
    let patience = Patience::new(Duration::from_mins(5), Arc::default());
    let file = picture(&brief, Form::Pdf(Page::default()), &patience).unwrap();
    let pdf = Document::load_mem(&file.bytes).unwrap();
    let plan = Plan {
        brief: &brief,
        width: 297.0 / 25.4 * 96.0,
        height: 210.0 / 25.4 * 96.0,
        standing: Standing::Paper(None),
        is_slide: false,
        asked: None,
    };
    let sheet = sheet(&plan, &patience).unwrap();
    let bent: Vec<&str> = sheet
        .scene
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Bent(bent) => Some(&*bent.whole.text),
            _ => None,
        })
        .collect();
    assert!(bent.len() > 5, "{bent:?}");
    // What is shown by one operator is one text.
    let page = pdf.get_pages()[&1];
    let mut content = Content::decode(&pdf.get_page_content(page)).unwrap();
    let mut lines: Vec<String> = Vec::new();
    let all = std::mem::take(&mut content.operations);
    let is_text = |operator: &str| matches!(operator, "Tj" | "TJ");
    let fonts = pdf.get_page_fonts(page).unwrap();
    let mut encoding = None;
    for operation in &all {
        if operation.operator == "Tf" {
            let font = fonts.get(operation.operands[0].as_name().unwrap()).unwrap();
            encoding = Some(font.get_font_encoding(&pdf).unwrap());
        }
        if is_text(&operation.operator) {
            let mut line = String::new();
            spell(&mut line, encoding.as_ref().unwrap(), &operation.operands);
            lines.push(line);
        }
    }
    let (said, mut single) = (
        lines.join("\n"),
        lines.iter().filter(|line| line.chars().count() == 1),
    );
    for name in &bent {
        assert!(lines.iter().any(|line| line == name), "{name}: {said}");
    }
    // Signs that are letters stand alone, and numbers of the scale bar.
    assert!(
        single.all(|line| "▲◆◇北0123456789".contains(&**line)),
        "{said}"
    );
}

/// What the operands of a text operator say.
fn spell(line: &mut String, encoding: &Encoding<'_>, operands: &[Object]) {
    for operand in operands {
        match operand {
            Object::String(bytes, _) => {
                line.push_str(&Document::decode_text(encoding, bytes).unwrap());
            }
            Object::Array(parts) => spell(line, encoding, parts),
            _ => {}
        }
    }
}

#[test]
fn a_link_that_no_code_can_hold_spoils_no_file() {
    let snapshot = embedded();
    let (view, _) = View::parse("v=1");
    let patience = Patience::new(Duration::from_mins(5), Arc::default());
    let long = |length: usize| format!("https://map.example.cn/?boundary={}", "x".repeat(length));
    // Longer than a code that is read off paper; longer than any.
    for (length, is_printed) in [(60, true), (1_000, false), (4_000, false)] {
        let address = long(length);
        let brief = Brief {
            link: Some(&address),
            ..brief(&snapshot, &view)
        };
        let files = entries(picture(&brief, Form::Pack, &patience).unwrap().bytes);
        let readme = String::from_utf8(files["README.txt"].clone()).unwrap();
        assert!(readme.contains(&address), "{readme}");
        let pdf = Document::load_mem(&files["map.pdf"]).unwrap();
        let text = words(&pdf);
        assert_eq!(text.contains(&address), is_printed, "{length}: {text}");
        assert_eq!(text.contains("链接太长"), !is_printed, "{length}: {text}");
        let leads_there = pdf.objects.values().any(|object| {
            let action = object.as_dict().and_then(|one| one.get(b"A"));
            let address_of = action
                .and_then(Object::as_dict)
                .and_then(|one| one.get(b"URI"));
            address_of.and_then(Object::as_str).ok() == Some(address.as_bytes())
        });
        assert!(leads_there, "a click leads to {length}");
        let slide = entries(files["slide.pptx"].clone());
        let relations =
            String::from_utf8(slide["ppt/slides/_rels/slide1.xml.rels"].clone()).unwrap();
        assert!(relations.contains(&address));
        assert_eq!(slide.contains_key("ppt/media/image2.png"), length < 2_000);
    }
}

#[test]
fn a_slide_is_a_whole_presentation_with_the_numbers_of_the_query() {
    let (server, _data) = house(&[]);
    let (path, url) = share(&server, STATE);
    let media_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    let parts = entries(file(&server, &format!("{path}.pptx"), media_type).body);
    let types = String::from_utf8(parts["[Content_Types].xml"].clone()).unwrap();
    for (name, bytes) in &parts {
        if name.contains("/media/") {
            assert!(bytes.starts_with(b"\x89PNG"), "{name}");
            continue;
        }
        let text = std::str::from_utf8(bytes).unwrap();
        let document =
            roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let is_typed = types.contains(&format!("PartName=\"/{name}\"")) || name.contains("_rels/");
        assert!(is_typed || name == "[Content_Types].xml", "{name}");
        let mut ids = HashSet::new();
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            if node.tag_name().name() == "Relationship" {
                let target = node.attribute("Target").unwrap();
                if node.attribute("TargetMode") == Some("External") {
                    assert_eq!(target, url);
                    continue;
                }
                let folder = Path::new(name).parent().unwrap().parent().unwrap();
                let whole = folder.join(target);
                let mut found = Vec::new();
                for part in &whole {
                    if part == ".." {
                        found.pop();
                    } else {
                        found.push(part.to_str().unwrap());
                    }
                }
                assert!(parts.contains_key(&found.join("/")), "{name}: {target}");
            }
            if node.tag_name().name() == "cNvPr" {
                let id = node.attribute("id").unwrap();
                assert!(ids.insert(id.to_owned()), "{name}: {id} twice");
            }
        }
    }
    let (width, rgb) = pixels(&parts["ppt/media/image2.png"]);
    let light = |x: usize, y: usize| rgb[3 * (y * width + x)];
    let height = rgb.len() / 3 / width;
    assert_eq!(read_code(width, height, light), std::slice::from_ref(&url));
    let slide = std::str::from_utf8(&parts["ppt/slides/slide1.xml"]).unwrap();
    let slide = roxmltree::Document::parse(slide).unwrap();
    let texts = |node: roxmltree::Node<'_, '_>| -> String {
        node.descendants()
            .filter(|one| one.tag_name().name() == "t")
            .filter_map(|one| one.text())
            .collect()
    };
    let all = texts(slide.root());
    assert!(
        all.contains(TITLE) && all.contains(&url) && all.contains("周三上午"),
        "{all}"
    );
    let rows: Vec<Vec<String>> = slide
        .descendants()
        .filter(|node| node.tag_name().name() == "tr")
        .map(|row| {
            let cells = row.children().filter(|node| node.tag_name().name() == "tc");
            cells.map(texts).collect()
        })
        .collect();
    let answer = server.json("/areas/query?feature=zones/yunfan&collections=projects,parcels");
    let numbers = |name: &str, totals: &Value| -> Vec<String> {
        let hectares = totals["covered_m2"].as_f64().unwrap() / 10_000.0;
        let counts = ["count", "certain", "possible"].map(|of| totals[of].to_string());
        [name.to_owned()]
            .into_iter()
            .chain(counts)
            .chain([format!("{hectares:.1}")])
            .collect()
    };
    let asked = &answer["area"]["properties"];
    let off = asked["accuracy_m"].as_f64().unwrap();
    assert!(off >= 1.0, "{asked}");
    let hectares = asked["area_m2"].as_f64().unwrap() / 10_000.0;
    let measure = format!("范围面积 {hectares:.1} 公顷，界线 ±{off:.0} 米");
    assert!(all.contains(&measure), "{measure} in {all}");
    assert_eq!(rows[0], ["集合", "要素", "确定", "可能", "覆盖公顷"]);
    assert_eq!(rows[1], numbers("项目", &answer["results"][0]["totals"]));
    assert_eq!(rows[2], numbers("地块", &answer["results"][1]["totals"]));
    assert_eq!(rows[3], numbers("全部", &answer["totals"]));
    assert_ne!(rows[3][1], "0");
}

/// The width of a picture, and its pixels.
fn pixels(file: &[u8]) -> (usize, Vec<u8>) {
    let mut reader = ::png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width as usize, pixels)
}

/// What a QR code says, of pixels that are dark or light.
fn read_code(width: usize, height: usize, light: impl FnMut(usize, usize) -> u8) -> Vec<String> {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, light);
    let codes = image.detect_grids();
    codes.iter().map(|code| code.decode().unwrap().1).collect()
}

#[test]
fn a_code_leads_to_the_share_by_itself_and_on_the_picture() {
    let (server, _data) = house(&[]);
    let (path, url) = share(&server, STATE);
    let svg = file(&server, &format!("{path}.qr.svg"), "image/svg+xml").text();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let side: usize = document
        .root_element()
        .attribute("viewBox")
        .unwrap()
        .rsplit(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let dark = document
        .descendants()
        .filter_map(|node| node.attribute("d"))
        .next_back()
        .unwrap();
    let mut modules = vec![false; side * side];
    for run in dark.split_terminator('z') {
        let numbers: Vec<usize> = run
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        let [x, y, length, ..] = numbers[..] else {
            panic!("{run}")
        };
        modules[y * side + x..][..length].fill(true);
    }
    let light = |x: usize, y: usize| {
        if modules[y / 6 * side + x / 6] {
            0
        } else {
            255
        }
    };
    assert_eq!(
        read_code(side * 6, side * 6, light),
        std::slice::from_ref(&url)
    );

    // The corner of a picture in which it stands.
    let in_corner = |path: &str| {
        let picture = file(&server, path, "image/png").body;
        let mut reader = ::png::Decoder::new(Cursor::new(picture))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (1_200, 630));
        let channels = pixels.len() / (1_200 * 630);
        let light = |x: usize, y: usize| pixels[((y + 330) * 1_200 + x + 900) * channels];
        read_code(300, 300, light)
    };
    assert_eq!(
        in_corner(&format!("{path}.png?width=1200&height=630")),
        [url]
    );
    // A view that nobody shared leads to itself, of these data.
    let plain = in_corner("/map.png?width=1200&height=630&v=1&layers=zones,parcels");
    let [address] = &plain[..] else {
        panic!("{plain:?}")
    };
    let state = address.strip_prefix(&format!("{}/?", server.url)).unwrap();
    let (view, unread) = View::parse(state);
    assert!(unread.is_empty(), "{unread:?}");
    assert_eq!(view.revision, Some(1));
    assert_eq!(view.layers, Some(vec!["zones".into(), "parcels".into()]));
}

#[test]
fn a_sheet_looks_as_it_did() {
    let snapshot = embedded();
    let (view, _) = View::parse(
        "v=1&select=zones/west-station-hub&area=feature:zones/west-station-hub&at=117.165,39.165,13",
    );
    let brief = brief(&snapshot, &view);
    let patience = Patience::new(Duration::from_mins(5), Arc::default());
    for (name, width, height) in [("sheet", 1_123, 794), ("sheet-high", 794, 1_123)] {
        let size = Form::Png(Size::new(width, height, 1.0).unwrap());
        let file = picture(&brief, size, &patience).unwrap();
        assert_looks_as_it_did(name, &file.bytes);
    }
}

#[test]
fn a_pack_holds_what_its_manifest_says() {
    let (server, _data) = house(&[]);
    let (path, url) = share(&server, STATE);
    let answer = file(&server, &format!("{path}.zip"), "application/zip");
    let files = entries(answer.body);
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["link"], url);
    assert_eq!(manifest["revision"], 1);
    assert!(
        manifest["state"].as_str().unwrap().contains("revision=1"),
        "{manifest}"
    );
    assert!(
        manifest["program"]
            .as_str()
            .unwrap()
            .starts_with("renewal-map ")
    );
    let listed = manifest["files"].as_array().unwrap();
    let names: Vec<&str> = listed
        .iter()
        .map(|file| file["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "map.png",
            "map.pdf",
            "slide.pptx",
            "query.xlsx",
            "citations.csv",
            "README.txt"
        ]
    );
    assert_eq!(files.len(), listed.len() + 1);
    for file in listed {
        let bytes = &files[file["name"].as_str().unwrap()];
        assert_eq!(file["bytes"], bytes.len());
        let hash = renewal_map::model::hex(&Sha256::digest(bytes));
        assert_eq!(file["sha256"], hash);
    }
    let workbook = server
        .get("/areas/query?feature=zones/yunfan&collections=projects,parcels&f=xlsx")
        .body;
    assert_eq!(files["query.xlsx"], workbook);
    let citations = String::from_utf8(files["citations.csv"].clone()).unwrap();
    let project = server.json("/collections/projects/items/yunfan-expo");
    let sentence = project["properties"]["statuses"][0]["citation"]["quote"]
        .as_str()
        .unwrap();
    assert!(citations.contains(sentence), "{citations}");
    // The picture of a size has one address, and its file one content.
    let picture = server.get(&format!("{path}.png")).body;
    assert_eq!(files["map.png"], picture);
}

#[test]
fn the_same_view_gives_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("state.txt");
    fs::write(&state, format!("https://map.example.cn/{STATE}\n")).unwrap();
    let yunze = yunze();
    for name in [
        "map.png",
        "map.pdf",
        "slide.pptx",
        "pack.zip",
        "code.qr.svg",
    ] {
        let draw = |turn: &str| {
            let out = folder.path().join(format!("{turn}-{name}"));
            let output = program(&["render", "--public-url", "https://map.example.cn"])
                .arg("--seeds")
                .arg(yunze.join("seeds"))
                .arg("--geodata")
                .arg(yunze.join("geodata"))
                .arg("--state")
                .arg(&state)
                .arg("--out")
                .arg(&out)
                .output()
                .unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {error}");
            fs::read(out).unwrap()
        };
        let first = draw("first");
        assert!(first.len() > 1_000, "{name}");
        assert!(first == draw("second"), "{name}");
    }
}

#[test]
fn the_command_line_draws_a_share_and_says_what_is_wrong() {
    let (server, data) = house(&[]);
    let (path, _) = share(&server, STATE);
    let id = path.strip_prefix("/s/").unwrap();
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("map.pdf");
    let render = |args: &[&str]| {
        let output = program(&["render"]).args(args).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), error)
    };
    let [data, file] = [data.path(), &out].map(|path| path.to_str().unwrap());
    let url = server.url.as_str();
    assert_eq!(
        render(&[
            "--share",
            id,
            "--data",
            data,
            "--out",
            file,
            "--public-url",
            url
        ]),
        (0, String::new())
    );
    let served = server.get(&format!("{path}.pdf")).body;
    assert!(
        fs::read(&out).unwrap() == served,
        "the same picture as the service draws"
    );

    let (code, error) = render(&["--share", id, "--data", data, "--out", "map.jpeg"]);
    assert!(code == 2 && error.contains(".pptx"), "{code} {error}");
    let (code, error) = render(&["--share", "22222-22222", "--data", data, "--out", file]);
    assert!(code == 1 && error.contains("22222-22222"), "{code} {error}");
    let (code, error) = render(&["--share", id, "--out", file]);
    assert!(code == 2 && error.contains("--data"), "{code} {error}");
    let (code, error) = render(&["--state", "/nowhere", "--out", file]);
    assert!(code == 1 && error.contains("/nowhere"), "{code} {error}");
    let png = folder.path().join("map.png");
    let png = png.to_str().unwrap();
    let (code, error) = render(&[
        "--share", id, "--data", data, "--out", png, "--size", "9000x100",
    ]);
    assert!(code == 1 && error.contains("4096"), "{code} {error}");
}

#[test]
fn sizes_have_limits_that_are_told() {
    let (server, _data) = house(&[]);
    let (path, _) = share(&server, STATE);
    for (query, status, said) in [
        ("/map.png?width=100000", 400, "240 to 4096"),
        ("/map.png?width=0", 400, "240 to 4096"),
        ("/map.png?height=12", 400, "180 to 4096"),
        ("/map.png?ratio=4", 400, "1 to 3"),
        ("/map.png?ratio=NaN", 400, "1 to 3"),
        ("/map.png?ratio=x", 400, "1 to 3"),
        ("/map.png?width=x", 400, "whole number"),
        ("/map.png?width=4096&height=4096&ratio=2", 422, "40 million"),
        ("/map.png?revision=99", 404, "revision 99"),
        ("PATH.pdf?paper=A5", 400, "A4, A3"),
        ("PATH.pdf?orientation=up", 400, "portrait"),
        ("PATH.pdf?scale=3", 400, "100"),
        ("PATH.pdf?scale=10000000", 422, "down to 1:"),
    ] {
        let detail = server.get(&query.replace("PATH", &path)).problem(status);
        assert!(detail.contains(said), "{query}: {detail}");
    }
    // Chat programs add to every link, and its pictures are asked for with that.
    for ending in [".png?width=320&height=240&", ".pdf?", ".pptx?", ".qr.svg?"] {
        let answer = server.get(&format!(
            "{path}{ending}from=singlemessage&isappinstalled=0"
        ));
        assert_eq!(answer.status, 200, "{ending}: {}", answer.text());
    }
    // Other parameters are a view's, and kept; so is what is malformed.
    let answer = server.get("/map.png?v=1&layers=zones&utm=x&at=here&width=320&height=240");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let tag = answer.header("etag").to_owned();
    let again = server.get_with(
        "/map.png?v=1&layers=zones&utm=x&at=here&width=320&height=240",
        &[("if-none-match", &tag)],
    );
    assert_eq!(again.status, 304);
}

#[test]
fn a_reader_sees_nothing_in_a_picture_that_is_hidden_from_them() {
    let copy = Copy::new();
    copy.edit("geodata/collections.json", |catalogue| {
        let collections = catalogue["collections"].as_array_mut().unwrap();
        let parcels = collections
            .iter_mut()
            .find(|one| one["id"] == "parcels")
            .unwrap();
        parcels["readers"] = "editor".into();
    });
    let data = TempDir::new().unwrap();
    let options = options(&copy, data.path());
    let server = Server::start_with(&options.iter().map(String::as_str).collect::<Vec<_>>());
    let token = |role: &str| {
        let named = crate::hidden::name_of(role);
        crate::hidden::people(data.path(), &["add", named, "--role", role]);
        format!(
            "Bearer {}",
            crate::hidden::people(data.path(), &["token", named])
        )
    };
    let [reader, editor] = ["reader", "editor"].map(token);
    let hidden = server.get_with("/collections/parcels/items", &[("authorization", &editor)]);
    let hidden = hidden.json();
    let hidden: Vec<String> = hidden["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parcel| parcel["properties"]["name"].as_str().unwrap())
        .chain(["地块（勘测界线）", "parcels"])
        .map(str::to_owned)
        .collect();
    assert!(hidden.len() > 5);
    let is_told = |text: &str| hidden.iter().any(|word| text.contains(&**word));
    // What was drawn for one must not be handed to another, whoever is first.
    for (turn, order) in [[&editor, &reader], [&reader, &editor]]
        .into_iter()
        .enumerate()
    {
        let what = json!({ "state": STATE, "title": format!("第 {turn} 次") });
        let made = server.send(
            "POST",
            "/shares",
            &[("authorization", &editor)],
            what.to_string(),
        );
        let id = made.unwrap().json()["id"].as_str().unwrap().to_owned();
        let ask = |who: &str, path: &str| {
            let answer = server.get_with(path, &[("authorization", who)]);
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.body
        };
        let mut images = HashSet::new();
        for who in order {
            let sees = who == &editor;
            let page = |pdf: &[u8]| words(&Document::load_mem(pdf).unwrap());
            let pdf = page(&ask(who, &format!("/s/{id}.pdf")));
            assert_eq!(is_told(&pdf), sees, "{pdf}");
            let slide = slide_words(ask(who, &format!("/s/{id}.pptx")));
            assert_eq!(slide.contains("地块"), sees, "{slide}");
            let pack = entries(ask(who, &format!("/s/{id}.zip")));
            assert_eq!(is_told(&page(&pack["map.pdf"])), sees);
            assert_eq!(slide_words(pack["slide.pptx"].clone()), slide);
            let workbook = entries(pack["query.xlsx"].clone());
            let tells = |bytes: &Vec<u8>| is_told(&String::from_utf8_lossy(bytes));
            assert_eq!(workbook.values().any(tells), sees);
            assert_eq!(tells(&pack["manifest.json"]), sees);
            for part in ["citations.csv", "README.txt"] {
                assert!(sees || !tells(&pack[part]), "{part}");
            }
            images.insert(ask(who, &format!("/s/{id}.png")));
            let view = STATE.trim_start_matches('?');
            images.insert(ask(who, &format!("/map.png?width={}&{view}", 1_000 + turn)));
        }
        assert_eq!(images.len(), 4);
    }
}

#[test]
fn what_can_t_be_asked_is_said_and_not_claimed() {
    let (server, _data) = house(&[]);
    for (asked, reason) in [
        (
            "area=boundary:北至无名路，南至云溪河，西至望湖路，东至青禾路",
            "无名路",
        ),
        (
            "area=polygon:116.98,38.98;117,39;117,38.98;116.98,39",
            "相交",
        ),
        ("area=feature:projects/yanchi-pumping-station", "点或线"),
        (
            "boundary=北至无名路，南至云溪河，西至望湖路，东至青禾路",
            "无名路",
        ),
    ] {
        let is_area = asked.starts_with("area");
        let state = format!("?v=1&at=116.988,38.983,14.5&collections=projects,parcels&{asked}");
        let made = server
            .post("/shares", json!({ "state": state }).to_string())
            .json();
        let path = made["url"]
            .as_str()
            .unwrap()
            .strip_prefix(&server.url)
            .unwrap()
            .to_owned();
        let said = if is_area {
            "范围无法确定："
        } else {
            "四至未能成面："
        };
        let missing = made["missing"][0]["zh"].as_str().unwrap();
        assert!(
            missing.starts_with(said) && missing.contains(reason),
            "{missing}"
        );
        let summary = made["summary"]["zh"].as_str().unwrap();
        assert!(
            summary.contains("所问范围无法确定。")
                && summary.contains("图中：")
                && !summary.contains("范围内"),
            "{summary}"
        );
        let page = server.get_with(&path, &[("accept", "text/html")]).text();
        assert!(
            page.contains("property=\"og:title\" content=\"云泽"),
            "{page}"
        );
        let pdf = Document::load_mem(&server.get(&format!("{path}.pdf")).body).unwrap();
        let slide = slide_words(server.get(&format!("{path}.pptx")).body);
        let pack = entries(server.get(&format!("{path}.zip")).body);
        let readme = String::from_utf8(pack["README.txt"].clone()).unwrap();
        for words in [words(&pdf), slide, readme] {
            assert!(
                words.contains(said) && words.contains(reason),
                "{asked}: {words}"
            );
            for claim in ["四至范围", "圈画的范围", "砚池泵站·", "砚池泵站 ·"] {
                assert!(!words.contains(claim), "{asked}: {words}");
            }
        }
        assert!(!pack.contains_key("query.xlsx"));
        let manifest: Value = serde_json::from_slice(&pack["manifest.json"]).unwrap();
        assert!(
            manifest["missing"][0].as_str().unwrap().contains(reason),
            "{manifest}"
        );
        // The state is the one that was shared.
        let is_whole = manifest["state"].as_str().unwrap().contains(&asked[..8]);
        assert!(is_whole, "{manifest}");
    }
    // What is not there is said of views that nobody shared, too; a small picture has room for it.
    let png = |query: &str| {
        server
            .get(&format!("/map.png?width=400&height=300&{query}"))
            .body
    };
    assert_ne!(png("layers=zones,gone"), png("layers=zones"));
    assert_eq!(png("layers=zones"), png("layers=zones"));
}

#[test]
fn who_drew_what_a_picture_is_made_from_is_credited() {
    let snapshot = embedded();
    let osm = |query: &str| {
        let (view, unread) = View::parse(query);
        assert!(unread.is_empty(), "{unread:?}");
        !brief(&snapshot, &view).credits().0.is_empty()
    };
    let of_osm = |id: &str| {
        let collection = snapshot.collection(id).unwrap();
        let sources = collection.sources();
        let mut sources = sources.map(|source| format!("{} {}", source.source, source.licence));
        sources.any(|source| source.contains("OpenStreetMap") || source.contains("ODbL"))
    };
    assert!(of_osm("streets") && of_osm("zones") && !of_osm("heritage"));
    let sentence = "boundary=北至光荣道，南至西站";
    let area = "area=boundary:北至光荣道，南至西站";
    for (query, is_credited) in [
        ("layers=".to_owned(), false),
        ("layers=heritage".to_owned(), false),
        ("layers=streets".to_owned(), true),
        (format!("layers=heritage&{sentence}"), true),
        (format!("layers=&{area}&collections=heritage"), true),
        // Where something is selected no sentence is drawn.
        (format!("layers=&{sentence}&select=heritage/x"), false),
        (
            "layers=&area=circle:117.16,39.16,500&collections=heritage".to_owned(),
            false,
        ),
        (
            "layers=&area=circle:117.16,39.16,500&collections=heritage,zones".to_owned(),
            true,
        ),
        ("layers=&select=streets/x".to_owned(), true),
        (
            "layers=&area=feature:zones/x&collections=heritage".to_owned(),
            true,
        ),
    ] {
        let query = &*query;
        assert_eq!(osm(query), is_credited, "{query}");
    }
}

#[test]
fn a_feature_without_an_english_name_is_cited_by_its_chinese_one() {
    let snapshot = embedded();
    let (view, _) = View::parse("lang=en");
    let brief = brief(&snapshot, &view);
    let mut zones = snapshot.collection("zones").unwrap().features();
    let mut zone = zones.next().unwrap().clone();
    let of = |zone: &Feature| {
        let quotes = brief.quotes_of(zone);
        quotes.first().map(|quote| quote.of.clone()).unwrap()
    };
    assert_eq!(of(&zone), *zone.name_en);
    zone.name_en = "".into();
    assert_eq!(of(&zone), *zone.name);
}

#[test]
fn the_words_beside_a_preview_count_what_it_shows() {
    let (server, _data) = house(&[]);
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| Some(yunze().join(part)));
    let snapshot = load(&Files::seeds(seeds), &Files::geodata(geodata)).unwrap();
    let state = "v=1&at=116.98800,38.98300,14.50&layers=parcels,projects";
    let (view, _) = View::parse(state);
    let brief = brief(&snapshot, &view);
    let counted = |width: f32, height: f32| {
        let counts = on_screen(&brief, [width, height]).drawn.counts;
        format!(
            "图中：地块 {}、项目 {}。",
            counts["parcels"], counts["projects"]
        )
    };
    let made = server
        .post("/shares", json!({ "state": state }).to_string())
        .json();
    let summary = made["summary"]["zh"].as_str().unwrap();
    let preview = counted(1_200.0, 630.0);
    assert!(summary.contains(&preview), "{summary} {preview}");
    // A picture that shows more would count more.
    assert_ne!(counted(4_096.0, 640.0), preview);
}

#[test]
fn a_map_too_wide_for_its_plane_is_refused_and_the_pack_goes_without() {
    let (server, _data) = house(&[]);
    let (path, _) = share(&server, "?v=1&at=116.98800,38.98300,2.00&layers=zones");
    for query in ["", "?paper=A3", "?orientation=portrait"] {
        let detail = server.get(&format!("{path}.pdf{query}")).problem(422);
        let most = detail.split("down to 1:").nth(1).unwrap();
        let most = most.split(' ').next().unwrap().replace(',', "");
        let page = |scale: &str| {
            let mark = if query.is_empty() { "?" } else { "&" };
            server.get(&format!("{path}.pdf{query}{mark}scale={scale}"))
        };
        // The limit that is told is one.
        assert_eq!(page(&most).status, 200, "{most}");
        let more: u32 = most.parse::<u32>().unwrap() / 10 * 11;
        page(&more.to_string()).problem(422);
    }
    let pack = entries(file(&server, &format!("{path}.zip"), "application/zip").body);
    assert!(pack.contains_key("map.png") && !pack.contains_key("map.pdf"));
    let readme = String::from_utf8(pack["README.txt"].clone()).unwrap();
    assert!(readme.contains("没有 map.pdf"), "{readme}");
}

#[test]
fn who_leaves_stops_the_drawing() {
    let snapshot = embedded();
    let (view, _) = View::parse("v=1");
    let brief = brief(&snapshot, &view);
    let size = Form::Png(Size::new(1_600, 900, 1.0).unwrap());
    let gone = Patience::new(Duration::from_mins(5), Arc::new(AtomicBool::new(true)));
    let late = Patience::new(Duration::ZERO, Arc::default());
    for patience in [gone, late] {
        assert_eq!(picture(&brief, size, &patience), Err(Failure::Interrupted));
    }
    // Whatever is done just then: reading the data, laying out, painting.
    let large = Form::Png(Size::new(1_600, 900, 2.5).unwrap());
    let patient = Patience::new(Duration::from_mins(5), Arc::default());
    // What is read once for all pictures is none of this one's time.
    picture(&brief, size, &patient).unwrap();
    let start = Instant::now();
    picture(&brief, large, &patient).unwrap();
    let whole = start.elapsed();
    for eighths in [1, 3] {
        let mut after = whole * eighths / 8;
        loop {
            let leaves = Arc::new(AtomicBool::new(false));
            let patience = Patience::new(Duration::from_mins(5), Arc::clone(&leaves));
            let start = Instant::now();
            let drawn = thread::scope(|scope| {
                scope.spawn(|| {
                    thread::sleep(after);
                    leaves.store(true, Ordering::Relaxed);
                });
                picture(&brief, large, &patience)
            });
            let took = start.elapsed();
            if drawn.is_ok() {
                // The machine has become faster: it was done before.
                after /= 2;
                continue;
            }
            assert!(drawn == Err(Failure::Interrupted));
            assert!(took < after + whole / 2, "{took:?} of {whole:?}");
            break;
        }
    }
}

/// A request whose answer nobody has read yet.
fn ask(server: &Server, path: &str) -> TcpStream {
    let host = server.url.strip_prefix("http://").unwrap();
    let mut asking = TcpStream::connect(host).unwrap();
    write!(asking, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    asking
}

/// A picture of 35 million pixels; each number gives another.
fn large(number: usize) -> String {
    format!("/map.png?width=2400&height=1600&ratio=3&turn={number}")
}

#[test]
fn who_leaves_a_drawing_gives_the_turn_to_the_next() {
    let server = Server::start();
    let start = Instant::now();
    assert_eq!(server.get(&large(0)).status, 200);
    let whole = start.elapsed();
    // As many as have turns, and more.
    let leaving: Vec<TcpStream> = (1..40).map(|number| ask(&server, &large(number))).collect();
    thread::sleep(whole / 8);
    drop(leaving);
    let start = Instant::now();
    let answer = server.get("/map.png?width=320&height=240&layers=");
    let waited = start.elapsed();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(waited < whole / 2, "{waited:?} of {whole:?}");
}

#[test]
fn drawings_wait_in_a_line_that_ends_and_finished_ones_do_not_wait() {
    let server = Server::start();
    let small = "/map.png?width=320&height=240&layers=";
    let finished = server.get(small);
    assert_eq!(finished.status, 200);
    // As many as have turns and as may wait, and more.
    let processors = thread::available_parallelism().unwrap().get();
    let crowd: Vec<TcpStream> = (0..64 + processors + 20)
        .map(|number| ask(&server, &large(number)))
        .collect();
    // Those for whom there was no room are told at once; whose turn it is, later.
    let answered = || {
        crowd.iter().find_map(|mut waiting| {
            waiting.set_nonblocking(true).unwrap();
            let mut start = [0; 12];
            waiting.read_exact(&mut start).is_ok().then_some(start)
        })
    };
    let first = loop {
        match answered() {
            Some(start) => break start,
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    assert_eq!(std::str::from_utf8(&first).unwrap(), "HTTP/1.1 503");
    let another = format!("{small}&x=1");
    let detail = server.get(&another).problem(503);
    assert!(detail.contains("too many requests"), "{detail}");
    let again = server.get(small);
    assert!(again.status == 200 && again.body == finished.body);
    assert_eq!(server.get("/collections/zones/items").status, 200);
    drop(crowd);
    // The service learns of it a moment later.
    let answer = loop {
        let answer = server.get(&another);
        if answer.status != 503 {
            break answer;
        }
    };
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn a_frame_with_too_much_in_it_is_refused_with_the_limit() {
    let copy = Copy::new();
    let path = copy.file("geodata/projects.geojson");
    let mut projects: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    // Nine lines with 450 000 vertices each.
    let mut feature = projects["features"][4].clone();
    feature["geometry"] = json!({ "type": "LineString", "coordinates": "LINE" });
    for number in 0..9 {
        feature["id"] = format!("long-{number}").into();
        projects["features"]
            .as_array_mut()
            .unwrap()
            .push(feature.clone());
    }
    let mut line = String::from("[");
    for vertex in 0..450_000 {
        let (x, y) = (vertex % 1_000, vertex / 1_000);
        write!(
            line,
            "[116.{:05},38.{:05}],",
            98_000 + x / 10,
            97_000 + y * 5 + x % 2
        )
        .unwrap();
    }
    line.pop();
    line.push(']');
    fs::write(&path, projects.to_string().replace("\"LINE\"", &line)).unwrap();
    let folders = ["seeds", "geodata"].map(|part| copy.file(part).to_str().unwrap().to_owned());
    let server = Server::start_with(&["--seeds", &folders[0], "--geodata", &folders[1]]);
    let small = "width=320&height=240";
    let detail = server
        .get(&format!("/map.png?{small}&layers=projects"))
        .problem(422);
    assert!(detail.contains("at most 4000000 are drawn"), "{detail}");
    assert!(detail.contains("vertices"), "{detail}");
    let answer = server.get(&format!("/map.png?{small}&layers=zones"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    // What a filter keeps back is not drawn.
    let answer = server.get(&format!(
        "/map.png?{small}&layers=projects&kind=none-of-these"
    ));
    assert_eq!(answer.status, 200, "{}", answer.text());
    // What is found in an area is drawn whatever layers are shown.
    let asked = "layers=zones&area=circle:117.00000,38.98000,50000&collections=projects";
    let detail = server
        .get(&format!("/map.png?{small}&{asked}"))
        .problem(422);
    assert!(detail.contains("at most 4000000 are drawn"), "{detail}");
    // A frame in which none of that lies shows none of it.
    let answer = server.get(&format!(
        "/map.png?{small}&{asked}&at=117.30000,39.20000,14.00"
    ));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn embedded() -> Snapshot {
    load(&Files::seeds(None), &Files::geodata(None)).unwrap()
}

/// The sheet of a picture so wide and high.
fn on_screen(brief: &Brief<'_>, [width, height]: [f32; 2]) -> Sheet {
    let plan = Plan {
        brief,
        width,
        height,
        standing: Standing::Screen,
        is_slide: false,
        asked: None,
    };
    let patience = Patience::new(Duration::from_mins(5), Arc::default());
    sheet(&plan, &patience).unwrap()
}

fn brief<'a>(snapshot: &'a Snapshot, view: &'a View) -> Brief<'a> {
    Brief {
        note: "片区范围、项目进展和土地出让安排，供专题会讨论。",
        time: Some("2026-03-01T02:00:00Z".parse().unwrap()),
        link: Some("https://map.example.cn/s/k7m3p-9xq2w"),
        ..Brief::plain(snapshot, view)
    }
}

type Box4 = [f32; 4];

/// What is seen of a character, however it is turned: its lower left, lower right, upper left and
/// upper right corner.
type Seen = [(f32, f32); 4];

fn corners(text: &Text) -> Vec<Seen> {
    let (sin, cos) = text.angle.to_radians().sin_cos();
    let mut pen = 0.0;
    let mut corners = Vec::new();
    for glyph in &text.glyphs {
        let end = pen + glyph.advance;
        corners.push(
            [(pen, 0.1), (end, 0.1), (pen, -0.8), (end, -0.8)].map(|(along, down)| {
                let (along, down) = (along * text.size, down * text.size);
                (
                    text.at.0 + cos * along - sin * down,
                    text.at.1 + sin * along + cos * down,
                )
            }),
        );
        pen = end;
    }
    corners
}

/// Whether two characters overlap by more than half a pixel: no line parts them.
fn overlap(a: &Seen, b: &Seen) -> bool {
    let sides =
        [a, b].map(|[from, right, up, _]| [right, up].map(|to| (to.0 - from.0, to.1 - from.1)));
    sides.concat().iter().all(|(x, y)| {
        let long = x.hypot(*y).max(1e-6);
        let along = |seen: &Seen| {
            let places = seen.map(|corner| (corner.0 * x + corner.1 * y) / long);
            let low = places.iter().copied().fold(f32::MAX, f32::min);
            (low, places.iter().copied().fold(f32::MIN, f32::max))
        };
        let (a, b) = (along(a), along(b));
        a.1 - 0.5 > b.0 && b.1 - 0.5 > a.0
    })
}

/// A text without its spaces.
fn solid(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What a legend has to say, and that it does: all signs that were drawn, or how many it leaves out.
fn check_legend(case: &str, brief: &Brief<'_>, sheet: &Sheet, texts: &[(String, Box4)]) {
    let sections = legend(&sheet.drawn, brief, sheet.frame.zoom());
    let entries: Vec<&str> = sections
        .iter()
        .flat_map(|section| &section.entries)
        .map(|entry| &*entry.words)
        .collect();
    let Some(head) = texts
        .iter()
        .position(|(text, _)| text == brief.words("图例", "Legend"))
    else {
        let said: String = texts.iter().map(|(text, _)| solid(text)).collect();
        // What else is found there may be named with it.
        let legend = LeftOut {
            legend: true,
            ..LeftOut::default()
        };
        let all = LeftOut {
            quotes: brief.quotes().len(),
            note: !brief.note.is_empty(),
            ..legend
        };
        let hints = [legend, all].map(|what| brief.left_out(&what));
        assert!(
            hints.iter().any(|hint| said.contains(&solid(hint))),
            "{case}: no legend and no word of it in {said}"
        );
        return;
    };
    let left_out = texts.iter().find_map(|(text, _)| {
        let zh = text
            .strip_prefix("…另有 ")
            .and_then(|rest| rest.strip_suffix(" 项"));
        let en = text
            .strip_prefix("… and ")
            .and_then(|rest| rest.strip_suffix(" more signs"));
        zh.or(en)?.parse::<usize>().ok()
    });
    let count = entries.len() - left_out.unwrap_or(0);
    let stands = |words: &str| {
        let mut lines = texts[head..].iter();
        lines.find(|(line, _)| words.starts_with(line.trim_end_matches('…')))
    };
    for words in &entries[..count] {
        assert!(
            stands(words).is_some(),
            "{case}: {words} is not in the legend"
        );
    }
    for words in &entries[count..] {
        assert!(
            !texts.iter().any(|(text, _)| text == words),
            "{case}: {words} is counted as left out"
        );
    }
}

fn meet(a: &Box4, b: &Box4) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// What stands on a sheet.
struct Laid {
    /// Lines of text around the map.
    texts: Vec<(String, Box4)>,
    /// Shapes around the map.
    shapes: Vec<Box4>,
    /// Names on the map, and each of their characters.
    labels: Vec<(String, Vec<Seen>)>,
    /// What the arrow to the north stands on: the first thing over the map.
    plate: Option<Box4>,
}

impl Laid {
    fn of(sheet: &Sheet) -> Self {
        let mut laid = Self {
            texts: Vec::new(),
            shapes: Vec::new(),
            labels: Vec::new(),
            plate: None,
        };
        let mut depth = 0;
        let mut is_drawn = false;
        let map = sheet.frame.place();
        for item in &sheet.scene.items {
            match item {
                Item::Clip(_) => depth += 1,
                Item::Unclip => {
                    depth -= 1;
                    is_drawn = true;
                }
                // Marks and counts stand where they are.
                Item::Text(text) if depth > 0 => {
                    let is_name = text.text.chars().any(char::is_alphabetic);
                    let label = is_name.then(|| (text.text.clone(), corners(text)));
                    laid.labels.extend(label);
                }
                Item::Bent(bent) => {
                    let characters = bent.characters.iter().flat_map(corners).collect();
                    laid.labels.push((bent.whole.text.clone(), characters));
                }
                Item::Text(text) if depth == 0 => {
                    let long: f32 = text.glyphs.iter().map(|glyph| glyph.advance).sum();
                    let (x, y) = text.at;
                    let [top, bottom] = [y - 0.8 * text.size, y + 0.12 * text.size];
                    let place = [x, top, x + long * text.size, bottom];
                    laid.texts.push((text.text.clone(), place));
                }
                Item::Fill(path, _) | Item::Line(path, _) if depth == 0 => {
                    let bounds = path.bounds();
                    let shape = [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()];
                    let is_inside = bounds.left() >= map.left()
                        && bounds.right() <= map.right()
                        && bounds.top() >= map.top()
                        && bounds.bottom() <= map.bottom();
                    let is_page = shape[2] - shape[0] >= sheet.scene.width - 0.5;
                    let is_plate = matches!(item, Item::Fill(..)) && is_inside && is_drawn;
                    if is_plate && laid.plate.is_none() {
                        laid.plate = Some(shape);
                    }
                    if !is_page && !is_inside {
                        laid.shapes.push(shape);
                    }
                }
                _ => {}
            }
        }
        laid
    }

    /// All that is said around the map.
    fn said(&self) -> String {
        self.texts.iter().map(|(text, _)| text.as_str()).collect()
    }

    /// Checks that nothing overlaps, and nothing is cut off by the page's edges.
    fn check(&self, case: &str, [wide, high]: [f32; 2]) {
        for (at, (name, characters)) in self.labels.iter().enumerate() {
            let is_covered = |(x, y): &(f32, f32)| {
                self.plate.is_some_and(|plate| {
                    (plate[0]..plate[2]).contains(x) && (plate[1]..plate[3]).contains(y)
                })
            };
            let covered = characters.iter().flatten().any(is_covered);
            assert!(!covered, "{case}: {name} under the arrow to the north");
            for (other, elsewhere) in &self.labels[at + 1..] {
                let meets = |one: &Seen| elsewhere.iter().any(|other| overlap(one, other));
                assert!(!characters.iter().any(meets), "{case}: {name} over {other}");
            }
        }
        for (at, (text, place)) in self.texts.iter().enumerate() {
            // Half a pixel of a letter's side is nothing that is seen.
            let is_inside =
                place[0] >= -0.5 && place[1] >= 0.0 && place[2] <= wide + 0.5 && place[3] <= high;
            assert!(is_inside, "{case}: {text} {place:?}");
            for (other, elsewhere) in &self.texts[at + 1..] {
                assert!(
                    !meet(place, elsewhere),
                    "{case}: {text} {place:?} and {other} {elsewhere:?}"
                );
            }
            for shape in &self.shapes {
                // A sign may be drawn with a letter.
                let is_sign = text.chars().count() == 1;
                assert!(
                    is_sign || !meet(place, shape),
                    "{case}: {text} {place:?} and {shape:?}"
                );
            }
        }
        for shape in &self.shapes {
            let is_inside =
                shape[0] >= 0.0 && shape[1] >= 0.0 && shape[2] <= wide && shape[3] <= high;
            assert!(is_inside, "{case}: {shape:?}");
        }
    }
}

const SIZES: [[u16; 2]; 21] = [
    [240, 180],
    [320, 240],
    [400, 800],
    [480, 480],
    [560, 640],
    [640, 360],
    [780, 420],
    [794, 1123],
    [900, 1200],
    [1024, 768],
    [1080, 1080],
    [1123, 794],
    [1200, 630],
    [1587, 1123],
    [1600, 900],
    [1920, 1080],
    [4096, 300],
    [300, 4096],
    [4096, 2304],
    [2304, 4096],
    [4096, 4096],
];

#[test]
fn nothing_overlaps_and_nothing_is_cut_off_at_any_size() {
    let snapshot = embedded();
    let states = [
        "v=1",
        "v=1&select=zones/west-station-hub&area=feature:zones/west-station-hub&at=117.165,39.165,13",
        "v=1&lang=en&colours=land_use&layers=zones,parcels,projects,facilities,heritage,routes,transit,streets,water,district&select=zones/sanchahekou",
        "v=1&layers=",
    ];
    for state in states {
        let (view, unread) = View::parse(state);
        assert!(unread.is_empty(), "{unread:?}");
        let brief = brief(&snapshot, &view);
        let question = brief.question();
        let patience = || Patience::new(Duration::from_mins(5), Arc::default());
        let report = question
            .as_ref()
            .map(|question| Report::new(&snapshot, question, patience()).ok().unwrap());
        let standings = [Standing::Screen, Standing::Paper(None)];
        let sheets = SIZES
            .iter()
            .flat_map(|size| standings.map(|standing| (*size, standing, false)));
        let slides = [[1_120, 860], [780, 600]].map(|size| (size, Standing::Screen, true));
        for (size, standing, is_slide) in sheets.chain(slides) {
            let [width, height] = size.map(f32::from);
            let plan = Plan {
                brief: &brief,
                width,
                height,
                standing,
                is_slide,
                asked: report
                    .as_ref()
                    .map(|report| (report.area(), report.answer())),
            };
            let sheet = sheet(&plan, &patience()).unwrap();
            let laid = Laid::of(&sheet);
            let case = format!("{state} {width}×{height} {standing:?} {is_slide}");
            laid.check(&case, [width, height]);
            check_legend(&case, &brief, &sheet, &laid.texts);
            let map = sheet.frame.place();
            assert!(
                map.width() >= 0.4 * width && map.height() >= 0.3 * height,
                "{case}: {map:?}"
            );
            let said = laid.said();
            let data = brief.words("数据版本 1（2026-03-01）", "Data revision 1 (2026-03-01)");
            // A slide says it in words of its own; where no layer is shown there is nobody to credit.
            let data = if is_slide { "" } else { data };
            let credit = if state == "v=1&layers=" {
                ""
            } else {
                "© OpenStreetMap"
            };
            for word in [data, brief.words("北", "N"), "审图号", credit, "1:"] {
                assert!(said.contains(word), "{case}: {word} in {said}");
            }
        }
    }
}

#[test]
fn what_a_map_must_say_stands_whole_at_any_size() {
    let snapshot = embedded();
    let title: String = "西站枢纽经济区更新项目推进会"
        .chars()
        .cycle()
        .take(120)
        .collect();
    let missing = [
        renewal_map::model::Text::new(
            "范围无法确定：没有叫“无名路”的道路，四至接不上",
            "the area can’t be determined: no street is called 无名路",
        ),
        renewal_map::model::Text::new(
            "图层“gone”不存在，或不对您开放",
            "there is no layer gone, or it is not for you to see",
        ),
    ];
    for state in ["v=1&select=zones/west-station-hub", "v=1&lang=en"] {
        let (view, _) = View::parse(state);
        let brief = Brief {
            title: &title,
            missing: &missing,
            approval: Some("津S（2026）001"),
            ..brief(&snapshot, &view)
        };
        for size in SIZES {
            let [width, height] = size.map(f32::from);
            let sheet = on_screen(&brief, [width, height]);
            let laid = Laid::of(&sheet);
            let case = format!("{state} {width}×{height}");
            laid.check(&case, [width, height]);
            check_legend(&case, &brief, &sheet, &laid.texts);
            let said = solid(&laid.said());
            for must in ["© OpenStreetMap contributors (ODbL)", &brief.approved()] {
                assert!(said.contains(&solid(must)), "{case}: {must} in {said}");
            }
            let lacking = said.contains(&solid(&brief.lacking()));
            let is_counted = said.contains(&solid(&brief.lacking_in_short()));
            // The smallest says how much is missing.
            assert!(
                lacking || (is_counted && width * height < 80_000.0),
                "{case}: {said}"
            );
            assert!(
                said.contains(&title) || size == [240, 180],
                "{case}: {said}"
            );
        }
    }
}

/// The number before some words, of which the first that have one count.
fn number_before(said: &str, words: &str) -> Option<usize> {
    said.match_indices(words).find_map(|(at, _)| {
        let digits = said[..at].rsplit(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    })
}

/// How many sentences stand on a sheet, at least in part, and how many it says that it leaves out.
fn sentences(brief: &Brief<'_>, laid: &Laid) -> [usize; 2] {
    let lines = || laid.texts.iter().map(|(text, _)| text.as_str());
    let standing = lines().filter(|line| line.starts_with("——")).count();
    let said = laid.said();
    let left_out = match brief.words("zh", "en") {
        "zh" => lines()
            .find_map(|line| {
                line.strip_prefix("…另有 ")?
                    .split_once(" 条")?
                    .0
                    .parse()
                    .ok()
            })
            .or_else(|| number_before(&said, " 条")),
        _ => lines()
            .filter(|line| !line.ends_with("signs"))
            .find_map(|line| {
                line.strip_prefix("… and ")?
                    .split_once(" more")?
                    .0
                    .parse()
                    .ok()
            })
            .or_else(|| number_before(&said, " quotes")),
    };
    [standing, left_out.unwrap_or(0)]
}

#[test]
fn sentences_and_note_stand_or_are_counted_at_any_size() {
    let snapshot = embedded();
    let missing = [renewal_map::model::Text::new(
        "范围无法确定：没有叫“无名路”的道路，四至接不上，请核对文件中的路名",
        "the area can’t be determined: no street is called 无名路; check the names in the document",
    )];
    for (state, missing, link) in [
        ("v=1&select=zones/west-station-hub", &missing[..0], true),
        ("v=1&select=zones/west-station-hub", &missing[..0], false),
        ("v=1&select=zones/west-station-hub", &missing[..], true),
        ("v=1&select=zones/west-station-hub", &missing[..], false),
        (
            "v=1&lang=en&select=zones/west-station-hub",
            &missing[..],
            true,
        ),
    ] {
        let (view, _) = View::parse(state);
        let brief = brief(&snapshot, &view);
        let brief = Brief {
            missing,
            link: brief.link.filter(|_| link),
            ..brief
        };
        let count = brief.quotes().len();
        for size in SIZES {
            let [width, height] = size.map(f32::from);
            let sheet = on_screen(&brief, [width, height]);
            let laid = Laid::of(&sheet);
            let case = format!("{state} {} {link} {width}×{height}", missing.len());
            laid.check(&case, [width, height]);
            let said = solid(&laid.said());
            let [standing, left_out] = sentences(&brief, &laid);
            assert_eq!(standing + left_out, count, "{case}: {said}");
            assert_eq!(sheet.is_quoted, standing == count, "{case}: {said}");
            let begins: String = solid(brief.note).chars().take(8).collect();
            let is_named = match (brief.words("zh", "en"), link) {
                ("zh", true) => said.contains("说明见链接"),
                ("zh", false) => said.contains("说明未列"),
                _ => said.contains("note:seethelink"),
            };
            assert!(said.contains(&begins) != is_named, "{case}: {said}");
            assert!(link || !said.contains("链接"), "{case}: {said}");
        }
    }
}

#[test]
fn a_title_that_ends_in_an_ellipsis_is_as_large_as_others() {
    let snapshot = embedded();
    let (view, _) = View::parse("v=1");
    let size_of = |title: &str, size: [f32; 2]| {
        let brief = Brief {
            title,
            ..brief(&snapshot, &view)
        };
        let sheet = on_screen(&brief, size);
        let mut sizes = sheet.scene.items.iter().filter_map(|item| match item {
            Item::Text(text) if text.text == title => Some(text.size),
            _ => None,
        });
        sizes.next().unwrap()
    };
    for size in [[320.0, 240.0], [640.0, 360.0], [1_600.0, 900.0]] {
        let [plain, open] = ["三季度推进会议", "三季度推进……"].map(|title| size_of(title, size));
        assert!((plain - open).abs() < 1e-6, "{size:?}: {plain} and {open}");
    }
}

#[test]
fn where_a_sentence_stands_is_told_anew_in_every_column() {
    let snapshot = embedded();
    let (view, _) = View::parse("v=1&select=zones/guangrong-tech-park");
    let brief = brief(&snapshot, &view);
    let patience = Patience::new(Duration::from_mins(5), Arc::default());
    let mut columns = 0;
    let mut short = 0;
    for size in [[320, 240], [400, 300], [480, 480], [780, 420]] {
        let [width, height] = size.map(|side: u16| f32::from(side));
        let plan = Plan {
            brief: &brief,
            width,
            height,
            standing: Standing::Paper(None),
            is_slide: false,
            asked: None,
        };
        let scenes = pages(&plan, &patience).unwrap();
        for scene in &scenes {
            let mut sources: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
            for item in &scene.items {
                let Item::Text(text) = item else { continue };
                if text.text.starts_with("——") {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let left = text.at.0 as u32;
                    sources.entry(left).or_default().push(&text.text);
                }
            }
            for column in sources.values() {
                columns += 1;
                assert!(!column[0].starts_with("—— 同上"), "{size:?}: {column:?}");
                short += column
                    .iter()
                    .filter(|one| one.starts_with("—— 同上"))
                    .count();
            }
        }
        // So it is read in the file, too.
        let about = About {
            title: brief.title(),
            language: "zh-CN",
            time: None,
            id: String::new(),
            link: None,
        };
        let file = pdf(&scenes, &about, &patience).unwrap();
        let file = Document::load_mem(&file).unwrap();
        let read: String = file
            .get_pages()
            .keys()
            .map(|page| {
                let text = file.extract_text(&[*page]).unwrap();
                let text: String = text.split_whitespace().collect();
                let first = text.split("——").nth(1).unwrap_or_default();
                assert!(!first.starts_with("同上"), "{size:?}: {text}");
                text
            })
            .collect();
        for quote in brief.quotes() {
            let sentence: String = quote.sentence.split_whitespace().collect();
            assert!(read.contains(&sentence), "{size:?}: {sentence} in {read}");
        }
    }
    assert!(
        columns > 8 && short > 2,
        "{columns} columns, {short} in short"
    );
}
