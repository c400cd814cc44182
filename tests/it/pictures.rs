//! Views as pictures: what stands on them, at which scale, in which file.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    io::{Cursor, Read, Write},
    net::TcpStream,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use lopdf::{Document, Object, content::Content};
use renewal_map::{
    area::Patience,
    model::View,
    render::{
        brief::Brief,
        picture::{Form, Size, picture},
        scene::Item,
        sheet::{Failure, Plan, Standing, sheet},
    },
    report::Report,
    store::{Snapshot, files::Files, load},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use zip::ZipArchive;

use crate::{
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

    let picture = file(
        &server,
        &format!("{path}.png?width=1200&height=630"),
        "image/png",
    )
    .body;
    let mut reader = png::Decoder::new(Cursor::new(picture)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (1_200, 630));
    let channels = pixels.len() / (1_200 * 630);
    // The corner in which it stands.
    let light = |x: usize, y: usize| pixels[((y + 330) * 1_200 + x + 900) * channels];
    assert_eq!(read_code(300, 300, light), [url]);
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
        ("PATH.pptx?width=3", 400, "width"),
    ] {
        let detail = server.get(&query.replace("PATH", &path)).problem(status);
        assert!(detail.contains(said), "{query}: {detail}");
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
    let made = server
        .send(
            "POST",
            "/shares",
            &[("authorization", &editor)],
            json!({ "state": STATE }).to_string(),
        )
        .unwrap();
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let ask = |who: &str, ending: &str| {
        let answer = server.get_with(&format!("/s/{id}{ending}"), &[("authorization", who)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.body
    };
    let page = |who: &str| words(&Document::load_mem(&ask(who, ".pdf")).unwrap());
    let slide = |who: &str| {
        String::from_utf8(entries(ask(who, ".pptx"))["ppt/slides/slide1.xml"].clone()).unwrap()
    };
    // The editor first: what was drawn for one must not be handed to another.
    for (who, sees) in [(&editor, true), (&reader, false)] {
        assert_eq!(page(who).contains("地块（勘测界线）"), sees);
        assert_eq!(page(who).contains("A1-01"), sees);
        assert_eq!(slide(who).contains("<a:t>地块</a:t>"), sees);
    }
    assert_ne!(ask(&editor, ".png"), ask(&reader, ".png"));
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
    // More than may wait, and nobody who waits.
    let server = Server::start();
    let host = server.url.strip_prefix("http://").unwrap();
    for turn in 0..100 {
        let mut leaving = TcpStream::connect(host).unwrap();
        write!(
            leaving,
            "GET /map.png?width=2400&height=1600&ratio=3&turn={turn} HTTP/1.1\r\nHost: {host}\r\n\r\n"
        )
        .unwrap();
    }
    assert_eq!(server.get("/collections/zones/items").status, 200);
    let answer = server.get("/map.png?width=320&height=240");
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
        time: Some("2026-03-01T02:00:00Z".parse().unwrap()),
        link: Some("https://map.example.cn/s/k7m3p-9xq2w"),
        approval: None,
        base_map: None,
    }
}

type Box4 = [f32; 4];

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
            let map = sheet.frame.place();
            let page = [0.0, 0.0, plan.width, plan.height];
            for item in &sheet.scene.items {
                match item {
                    Item::Clip(_) => depth += 1,
                    Item::Unclip => depth -= 1,
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
                        if !is_page && !is_inside {
                            shapes.push(shape);
                        }
                    }
                    _ => {}
                }
            }
            let case = format!("{state} {width}×{height} {standing:?}");
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
