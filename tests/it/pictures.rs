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
        brief::Brief,
        legend::legend,
        picture::{Form, Page, Size, picture},
        scene::{Item, Text},
        sheet::{Failure, Plan, Sheet, Standing, sheet},
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

/// Every place to which a line leads on a page, in points from its lower left corner.
fn places(pdf: &Document) -> Vec<[f64; 2]> {
    let page = pdf.get_pages()[&1];
    let content = Content::decode(&pdf.get_page_content(page)).unwrap();
    let mut matrix: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let mut kept = Vec::new();
    let mut found = Vec::new();
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
            ("m" | "l", &[x, y]) => found.push([
                x * matrix[0] + y * matrix[2] + matrix[4],
                x * matrix[1] + y * matrix[3] + matrix[5],
            ]),
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
    assert_eq!(rows[0], ["集合", "要素", "确定", "可能", "覆盖公顷"]);
    assert_eq!(rows[1], numbers("项目", &answer["results"][0]["totals"]));
    assert_eq!(rows[2], numbers("地块", &answer["results"][1]["totals"]));
    assert_eq!(rows[3], numbers("全部", &answer["totals"]));
    assert_ne!(rows[3][1], "0");
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
        let mut reader = png::Decoder::new(Cursor::new(picture)).read_info().unwrap();
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
        let hash = renewal_map::documents::hex(&Sha256::digest(bytes));
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
        let plan = Plan {
            brief: &brief,
            width,
            height,
            standing: Standing::Screen,
            is_slide: false,
            asked: None,
        };
        let patience = Patience::new(Duration::from_mins(5), Arc::default());
        let counts = sheet(&plan, &patience).unwrap().drawn.counts;
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
}

fn embedded() -> Snapshot {
    load(&Files::seeds(None), &Files::geodata(None)).unwrap()
}

fn brief<'a>(snapshot: &'a Snapshot, view: &'a View) -> Brief<'a> {
    Brief {
        snapshot,
        view,
        title: "",
        note: "片区范围、项目进展和土地出让安排，供专题会讨论。",
        missing: &[],
        time: Some("2026-03-01T02:00:00Z".parse().unwrap()),
        link: Some("https://map.example.cn/s/k7m3p-9xq2w"),
        approval: None,
        base_map: None,
    }
}

type Box4 = [f32; 4];

/// Corners of what is seen of each character of a text, however it is turned.
fn corners(text: &Text) -> Vec<(f32, f32)> {
    let (sin, cos) = text.angle.to_radians().sin_cos();
    let mut pen = 0.0;
    let mut corners = Vec::new();
    for glyph in &text.glyphs {
        let end = pen + glyph.advance;
        for (along, down) in [(pen, 0.1), (end, 0.1), (pen, -0.8), (end, -0.8)] {
            let (along, down) = (along * text.size, down * text.size);
            corners.push((
                text.at.0 + cos * along - sin * down,
                text.at.1 + sin * along + cos * down,
            ));
        }
        pen = end;
    }
    corners
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

#[test]
fn nothing_overlaps_and_nothing_is_cut_off_at_any_size() {
    let snapshot = embedded();
    let states = [
        "v=1",
        "v=1&select=zones/west-station-hub&area=feature:zones/west-station-hub&at=117.165,39.165,13",
        "v=1&lang=en&colours=land_use&layers=zones,parcels,projects,facilities,heritage,routes,transit,streets,water,district&select=zones/sanchahekou",
        "v=1&layers=",
    ];
    let sizes = [
        (240, 180),
        (320, 240),
        (400, 800),
        (480, 480),
        (560, 640),
        (640, 360),
        (780, 420),
        (794, 1123),
        (900, 1200),
        (1024, 768),
        (1080, 1080),
        (1123, 794),
        (1200, 630),
        (1587, 1123),
        (1600, 900),
        (1920, 1080),
        (4096, 300),
        (300, 4096),
        (4096, 2304),
        (2304, 4096),
        (4096, 4096),
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
        for ((width, height), standing) in sizes
            .iter()
            .flat_map(|size| [(*size, Standing::Screen), (*size, Standing::Paper(None))])
        {
            let plan = Plan {
                brief: &brief,
                width: f32::from(u16::try_from(width).unwrap()),
                height: f32::from(u16::try_from(height).unwrap()),
                standing,
                is_slide: false,
                asked: report
                    .as_ref()
                    .map(|report| (report.area(), report.answer())),
            };
            let sheet = sheet(&plan, &patience()).unwrap();
            let mut texts: Vec<(String, Box4)> = Vec::new();
            let mut shapes: Vec<Box4> = Vec::new();
            let mut depth = 0;
            let mut is_drawn = false;
            // What names stand on, and the plate of the arrow to the north: the first thing over the map.
            let mut labels: Vec<(String, Vec<(f32, f32)>)> = Vec::new();
            let mut plate: Option<Box4> = None;
            let map = sheet.frame.place();
            let page = [0.0, 0.0, plan.width, plan.height];
            for item in &sheet.scene.items {
                match item {
                    Item::Clip(_) => depth += 1,
                    Item::Unclip => {
                        depth -= 1;
                        is_drawn = true;
                    }
                    // Marks and counts stand where they are.
                    Item::Text(text) if depth > 0 => {
                        let is_name = text.text.chars().count() > 2;
                        labels.extend(is_name.then(|| (text.text.clone(), corners(text))));
                    }
                    Item::Bent(bent) => {
                        let characters = bent.characters.iter().flat_map(corners).collect();
                        labels.push((bent.whole.text.clone(), characters));
                    }
                    Item::Text(text) if depth == 0 => {
                        let long: f32 = text.glyphs.iter().map(|glyph| glyph.advance).sum();
                        let (x, y) = text.at;
                        texts.push((
                            text.text.clone(),
                            [
                                x,
                                y - 0.8 * text.size,
                                x + long * text.size,
                                y + 0.12 * text.size,
                            ],
                        ));
                    }
                    Item::Fill(path, _) | Item::Line(path, _) if depth == 0 => {
                        let bounds = path.bounds();
                        let shape = [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()];
                        let is_inside = bounds.left() >= map.left()
                            && bounds.right() <= map.right()
                            && bounds.top() >= map.top()
                            && bounds.bottom() <= map.bottom();
                        let is_page = shape[2] - shape[0] >= page[2] - 0.5;
                        let is_plate = matches!(item, Item::Fill(..)) && is_inside && is_drawn;
                        if is_plate && plate.is_none() {
                            plate = Some(shape);
                        }
                        if !is_page && !is_inside {
                            shapes.push(shape);
                        }
                    }
                    _ => {}
                }
            }
            let case = format!("{state} {width}×{height} {standing:?}");
            let is_covered = |(x, y): &(f32, f32)| {
                plate.is_some_and(|plate| {
                    (plate[0]..plate[2]).contains(x) && (plate[1]..plate[3]).contains(y)
                })
            };
            for (name, corners) in &labels {
                let covered = corners.iter().any(is_covered);
                assert!(!covered, "{case}: {name} under the arrow to the north");
            }
            check_legend(&case, &brief, &sheet, &texts);
            assert!(
                map.width() >= 0.4 * plan.width && map.height() >= 0.3 * plan.height,
                "{case}: {map:?}"
            );
            let said: String = texts.iter().map(|(text, _)| text.as_str()).collect();
            let lang = brief.words("数据版本 1（2026-03-01）", "Data revision 1 (2026-03-01)");
            // Where no layer is shown there is nobody to credit.
            let credit = if state == "v=1&layers=" {
                ""
            } else {
                "© OpenStreetMap"
            };
            for word in [lang, brief.words("北", "N"), "审图号", credit, "1:"] {
                assert!(said.contains(word), "{case}: {word} in {said}");
            }
            for (at, (text, place)) in texts.iter().enumerate() {
                // Half a pixel of a letter's side is nothing that is seen.
                let is_inside = place[0] >= -0.5
                    && place[1] >= 0.0
                    && place[2] <= plan.width + 0.5
                    && place[3] <= plan.height;
                assert!(is_inside, "{case}: {text} {place:?}");
                for (other, elsewhere) in &texts[at + 1..] {
                    assert!(
                        !meet(place, elsewhere),
                        "{case}: {text} {place:?} and {other} {elsewhere:?}"
                    );
                }
                for shape in &shapes {
                    // A sign may be drawn with a letter.
                    let is_sign = text.chars().count() == 1;
                    assert!(
                        is_sign || !meet(place, shape),
                        "{case}: {text} {place:?} and {shape:?}"
                    );
                }
            }
            for shape in &shapes {
                assert!(
                    shape[0] >= 0.0
                        && shape[1] >= 0.0
                        && shape[2] <= plan.width
                        && shape[3] <= plan.height,
                    "{case}: {shape:?}"
                );
            }
        }
    }
}
