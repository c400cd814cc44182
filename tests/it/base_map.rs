//! The operator's base map: where its tiles lie on page and picture, and what happens without them.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader, Cursor, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use geo::Coord;
use lopdf::{Document, Object, content::Content};
use renewal_map::{
    area::Patience,
    model::View,
    render::{
        brief::Brief,
        ground::Ground,
        picture::{Form, Page, Paper, Picture, Size, picture},
        png::png,
        scene::{Image, Item},
        sheet::{Failure, Plan, Sheet, Standing, sheet},
    },
    store::{Snapshot, files::Files, load},
    tiles::base_map::{AT_ONCE, BaseMap, BaseTile, PATIENCE, Source, Template},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    hidden::House,
    pictures::{Matrix, times},
    support::{Server, program, repository, yunze},
};

const ATTRIBUTION: &str = "天地图 GS（2024）0650号";
const LACKING: &str = "底图未能载入";
/// A place of the invented district, at a zoom at which tiles are not shown pixel by pixel.
const HERE: (f64, f64, f64) = (116.988, 38.983, 14.3);

/// What a late tile takes: less than is waited for one.
const LATE: Duration = Duration::from_millis(1_500);

/// What a host does with a request for a tile.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    /// Gives a tile of a colour of its own.
    Gives,
    /// Gives one of twice as many pixels a side.
    GivesLarge,
    /// Gives a photograph.
    GivesJpeg,
    /// Gives a tile after a while.
    GivesLate,
    /// Never answers.
    Hangs,
    /// Begins to answer, byte by byte.
    Drips,
    /// Leads to another host.
    Leads,
    /// Has none.
    Lacks,
    /// Has none in every other column.
    LacksSome,
    /// Fails in every other column.
    FailsSome,
    Fails,
    /// Sends what is no image.
    Babbles,
    /// Sends an image that ends in the middle.
    Breaks,
    /// Sends an image of too many pixels.
    Swells,
    /// Sends a file of too many bytes.
    Floods,
}

/// A service of tiles on a free port.
struct Host {
    url: String,
    manner: Arc<Mutex<Manner>>,
    /// How often each path was asked for.
    asked: Arc<Mutex<HashMap<String, usize>>>,
}

impl Host {
    fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let manner = Arc::new(Mutex::new(manner));
        let asked: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let (known, counted, here) = (Arc::clone(&manner), Arc::clone(&asked), url.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (known, counted, here) =
                    (Arc::clone(&known), Arc::clone(&counted), here.clone());
                // Who asks may leave, and nobody waits for the host.
                thread::spawn(move || {
                    let _ = serve(stream.unwrap(), &known, &counted, &here);
                });
            }
        });
        Self { url, manner, asked }
    }

    fn template(&self) -> String {
        format!("{}/tiles/{{z}}/{{x}}/{{y}}.png?key=geheim", self.url)
    }

    fn options(&self) -> [String; 4] {
        [
            "--base-map".to_owned(),
            self.template(),
            "--base-map-attribution".to_owned(),
            ATTRIBUTION.to_owned(),
        ]
    }

    fn base_map(&self) -> BaseMap {
        let template = Template::parse(&self.template()).unwrap();
        BaseMap::new(Source::new(template, ATTRIBUTION).unwrap())
    }

    fn becomes(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    fn asked(&self) -> HashMap<String, usize> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    manner: &Mutex<Manner>,
    counted: &Mutex<HashMap<String, usize>>,
    here: &str,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let Some(head) = lines.next().transpose()? else {
        return Ok(());
    };
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let path = head.split(' ').nth(1).unwrap().to_owned();
    *counted.lock().unwrap().entry(path.clone()).or_default() += 1;
    let numbers: Vec<u32> = path
        .split(['/', '.'])
        .filter_map(|part| part.parse().ok())
        .collect();
    let [z, x, y] = numbers[..] else {
        return answer(&mut stream, "404 Not Found", b"");
    };
    let small = || small(colour(z, x, y));
    let png = |side: u32| tile(side, colour(z, x, y));
    let manner = *manner.lock().unwrap();
    match manner {
        Manner::LacksSome if x % 2 == 0 => answer(&mut stream, "404 Not Found", b""),
        Manner::FailsSome if x % 2 == 0 => answer(&mut stream, "200 OK", b"<html>"),
        Manner::Gives | Manner::LacksSome | Manner::FailsSome => {
            answer(&mut stream, "200 OK", &small())
        }
        Manner::GivesLarge => answer(&mut stream, "200 OK", &png(512)),
        Manner::GivesJpeg => answer(&mut stream, "200 OK", &photograph()),
        Manner::GivesLate => {
            thread::sleep(LATE);
            answer(&mut stream, "200 OK", &small())
        }
        Manner::Hangs => {
            thread::sleep(Duration::from_mins(2));
            Ok(())
        }
        Manner::Drips => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")?;
            loop {
                stream.write_all(b"\x89")?;
                thread::sleep(Duration::from_millis(200));
            }
        }
        Manner::Leads => {
            let away = format!("302 Found\r\nlocation: {here}/elsewhere/{z}/{x}/{y}.png");
            answer(&mut stream, &away, b"")
        }
        Manner::Lacks => answer(&mut stream, "404 Not Found", b"none"),
        Manner::Fails => answer(&mut stream, "500 Internal Server Error", b"no"),
        Manner::Babbles => answer(&mut stream, "200 OK", b"<html>not a tile</html>"),
        Manner::Breaks => answer(&mut stream, "200 OK", &small()[..60]),
        Manner::Swells => answer(&mut stream, "200 OK", &png(1_500)),
        Manner::Floods => answer(
            &mut stream,
            "200 OK",
            &[&small()[..], &vec![0; 600 << 10]].concat(),
        ),
    }
}

fn answer(stream: &mut TcpStream, status: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

type Colours = HashMap<[u8; 3], Arc<Vec<u8>>>;

/// One file for each colour: making them takes the time that tiles are waited for.
fn small(rgb: [u8; 3]) -> Arc<Vec<u8>> {
    static KNOWN: LazyLock<Mutex<Colours>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap();
    let file = known.entry(rgb).or_insert_with(|| Arc::new(tile(256, rgb)));
    Arc::clone(file)
}

/// A colour that no tile beside it has.
fn colour(z: u32, x: u32, y: u32) -> [u8; 3] {
    [
        x % 4 * 60 + 20,
        y % 4 * 60 + 20,
        (z + x / 4 + y / 4) % 4 * 60 + 20,
    ]
    .map(|byte| byte.try_into().unwrap())
}

fn tile(side: u32, rgb: [u8; 3]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    let pixels = rgb.repeat((side * side) as usize);
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    file
}

/// Red in its western half, blue in its eastern.
fn photograph() -> Vec<u8> {
    fs::read(repository().join("tests/pictures/tile.jpg")).unwrap()
}

/// Where on the square map of the world a place lies, in tiles of a zoom: the formula of the tile
/// scheme, by itself.
fn tiles_at(zoom: u32, lon: f64, lat: f64) -> Coord<f64> {
    let across = f64::from(1_u32 << zoom);
    let north = lat.to_radians();
    let y = (north.tan() + 1.0 / north.cos()).ln() / std::f64::consts::PI;
    Coord {
        x: (lon + 180.0) / 360.0 * across,
        y: (1.0 - y) / 2.0 * across,
    }
}

/// The same back.
fn place_of(zoom: u32, x: f64, y: f64) -> Coord<f64> {
    let across = f64::from(1_u32 << zoom);
    Coord {
        x: x / across * 360.0 - 180.0,
        y: (std::f64::consts::PI * (1.0 - 2.0 * y / across))
            .sinh()
            .atan()
            .to_degrees(),
    }
}

fn snapshot() -> Snapshot {
    let files = |name: &str| Some(yunze().join(name));
    load(
        &Files::seeds(files("seeds")),
        &Files::geodata(files("geodata")),
    )
    .unwrap()
}

fn state(layers: &str) -> String {
    let (lon, lat, zoom) = HERE;
    format!("v=1&at={lon:.5},{lat:.5},{zoom:.2}&layers={layers}")
}

fn brief<'a>(snapshot: &'a Snapshot, view: &'a View, base_map: &'a BaseMap) -> Brief<'a> {
    Brief {
        base_map: Some(base_map),
        ..Brief::plain(snapshot, view)
    }
}

fn patience() -> Patience {
    Patience::new(Duration::from_mins(5), Arc::default())
}

/// A view of the invented district on a base map, 1600 × 900.
fn drawn(base_map: &BaseMap, state: &str, standing: Standing) -> Sheet {
    let (view, unread) = View::parse(state);
    assert!(unread.is_empty(), "{unread:?}");
    let snapshot = snapshot();
    let brief = brief(&snapshot, &view, base_map);
    let plan = Plan {
        brief: &brief,
        width: 1_600.0,
        height: 900.0,
        standing,
        is_slide: false,
        asked: None,
    };
    sheet(&plan, &patience()).unwrap()
}

/// Of many tries the first that has its whole base map: a busy machine may be late, and tiles that
/// came are kept.
fn whole<T>(draw: impl Fn() -> T, ground: impl Fn(&T) -> Ground) -> T {
    let mut tries = (0..40).map(|_| draw());
    let found = tries.find(|one| !ground(one).lacks());
    found.expect("the base map never came")
}

fn drawn_whole(base_map: &BaseMap, state: &str, standing: Standing) -> Sheet {
    whole(
        || drawn(base_map, state, standing),
        |sheet| sheet.drawn.ground,
    )
}

fn made(base_map: &BaseMap, state: &str, form: Form) -> Picture {
    let (view, _) = View::parse(state);
    let snapshot = snapshot();
    let brief = brief(&snapshot, &view, base_map);
    whole(
        || picture(&brief, form, &patience()).unwrap(),
        |picture| picture.ground,
    )
}

fn images(sheet: &Sheet) -> Vec<&Image> {
    let images = sheet.scene.items.iter().filter_map(|item| match item {
        Item::Image(image) => Some(image),
        _ => None,
    });
    images.collect()
}

fn says(sheet: &Sheet, words: &str) -> bool {
    let texts = sheet.scene.items.iter().filter_map(|item| match item {
        Item::Text(text) => Some(&*text.text),
        _ => None,
    });
    texts.collect::<String>().contains(words)
}

struct Pixels {
    width: usize,
    rgb: Vec<u8>,
}

impl Pixels {
    fn read(file: &[u8]) -> Self {
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut rgb).unwrap();
        Self {
            width: reader.info().width as usize,
            rgb,
        }
    }

    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let at = 3 * (y * self.width + x);
        [0, 1, 2].map(|channel| self.rgb[at + channel])
    }
}

/// The zoom of the tiles under a frame: that whose pixels are nearest to the sheet's.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn zoom_under(sheet: &Sheet) -> u32 {
    (sheet.frame.zoom() + 1.0).round() as u32
}

/// Checks the pixels of a picture as the page shows it: those in the frame, but for what is drawn
/// over the base map in its upper right corner.
fn assert_lies_right(sheet: &Sheet, file: &[u8], ratio: f64) -> usize {
    let zoom = zoom_under(sheet);
    let pixels = Pixels::read(file);
    let frame = sheet.frame.place();
    let centre = sheet.frame.centre();
    let middle = tiles_at(zoom, centre.x, centre.y);
    // Pixels of the sheet for a tile.
    let side = 512.0 * sheet.frame.zoom().exp2() / f64::from(1_u32 << zoom);
    let mut checked = 0;
    let [left, top, right, bottom] =
        [frame.left(), frame.top(), frame.right(), frame.bottom()].map(f64::from);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = |number: f64| number as usize;
    for row in (whole(top * ratio) + 3..whole(bottom * ratio) - 3).step_by(7) {
        for column in (whole(left * ratio) + 3..whole(right * ratio) - 3).step_by(7) {
            #[expect(clippy::cast_precision_loss)]
            let [x, y] = [column, row].map(|at| (at as f64 + 0.5) / ratio);
            let is_north = x > right - 60.0 && y < top + 70.0;
            let at = middle
                + Coord {
                    x: (x - f64::midpoint(left, right)) / side,
                    y: (y - f64::midpoint(top, bottom)) / side,
                };
            let off = |at: f64| (at - at.round()).abs() * side;
            if is_north || off(at.x) < 1.5 || off(at.y) < 1.5 {
                continue;
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let [tile_x, tile_y] = [at.x, at.y].map(|at| at as u32);
            let expected = colour(zoom, tile_x, tile_y);
            assert_eq!(pixels.at(column, row), expected, "{column},{row}: {at:?}");
            checked += 1;
        }
    }
    checked
}

#[test]
fn tiles_lie_where_they_belong_on_a_picture() {
    let host = Host::new(Manner::Gives);
    let base_map = host.base_map();
    for zoom in [14.3, 13.8, 8.6, 19.0] {
        let (lon, lat, _) = HERE;
        let state = format!("v=1&at={lon:.5},{lat:.5},{zoom:.2}&layers=base-map");
        let sheet = drawn_whole(&base_map, &state, Standing::Screen);
        assert!(says(&sheet, &format!("底图：{ATTRIBUTION}")));
        assert!(!says(&sheet, LACKING));
        let asked = host.asked();
        if zoom > 18.0 {
            // No deeper tiles are asked for than the services have.
            assert!(asked.keys().all(|path| !path.starts_with("/tiles/19/")));
            assert!(asked.keys().any(|path| path.starts_with("/tiles/18/")));
            continue;
        }
        let ratios: &[f32] = if zoom > 14.0 { &[1.0, 2.0] } else { &[1.0] };
        for &ratio in ratios {
            let form = Form::Png(Size::new(1_600, 900, ratio).unwrap());
            let file = made(&base_map, &state, form).bytes;
            let checked = assert_lies_right(&sheet, &file, f64::from(ratio));
            assert!(checked > 5_000, "{checked}");
        }
    }
    let large = Host::new(Manner::GivesLarge);
    let sheet = drawn_whole(&large.base_map(), &state("base-map"), Standing::Screen);
    let file = made(
        &large.base_map(),
        &state("base-map"),
        Form::Png(Size::SLIDE),
    )
    .bytes;
    assert!(assert_lies_right(&sheet, &file, 1.0) > 5_000);
}

#[test]
fn the_same_tiles_give_the_same_bytes() {
    let host = Host::new(Manner::Gives);
    let all = state("base-map,zones,parcels,projects,streets,water,district");
    for form in [
        Form::Png(Size::SLIDE),
        Form::Pdf(Page::default()),
        Form::Pptx,
        Form::Pack,
    ] {
        let [one, other] = [host.base_map(), host.base_map()].map(|map| made(&map, &all, form));
        assert_eq!((one.ground, other.ground), (Ground::Whole, Ground::Whole));
        assert!(one.bytes == other.bytes, "{form:?}");
    }
    let without = state("zones,parcels,projects,streets,water,district");
    let plain = made(&host.base_map(), &without, Form::Png(Size::SLIDE));
    assert_eq!(plain.ground, Ground::NotShown);
    assert!(plain.bytes != made(&host.base_map(), &all, Form::Png(Size::SLIDE)).bytes);
}

#[test]
fn photographs_are_read_too() {
    let host = Host::new(Manner::GivesJpeg);
    let (view, zoom) = (state("base-map"), 15);
    let sheet = drawn_whole(&host.base_map(), &view, Standing::Screen);
    assert_eq!(zoom_under(&sheet), zoom);
    let file = made(&host.base_map(), &view, Form::Png(Size::SLIDE)).bytes;
    let pixels = Pixels::read(&file);
    let (lon, lat, _) = HERE;
    let middle = tiles_at(zoom, lon, lat);
    for (share, expected) in [(0.25, [200, 60, 40]), (0.75, [30, 90, 180])] {
        let place = place_of(zoom, middle.x.floor() + share, middle.y);
        let (x, y) = sheet.frame.project(place);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let found = pixels.at(x as usize, y as usize);
        let off = found.iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max();
        assert!(off <= Some(4), "{found:?} and {expected:?}");
    }
}

type Places = Vec<(f64, f64)>;

/// The tiles of a sheet by their colours, with places of each that lie a little inside its edges.
fn places_of_tiles(sheet: &Sheet) -> Vec<([u8; 3], Places)> {
    let zoom = zoom_under(sheet);
    let frame = sheet.frame.place();
    let window = sheet.frame.window();
    let [low, high] = [window.min(), window.max()];
    let (from, to) = (tiles_at(zoom, low.x, high.y), tiles_at(zoom, high.x, low.y));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let [left, top, right, bottom] = [from.x, from.y, to.x, to.y].map(|at| at as u32);
    let mut found = Vec::new();
    for x in left..=right {
        for y in top..=bottom {
            let shares = [0.01, 0.25, 0.5, 0.99];
            let places = shares.into_iter().flat_map(|across| {
                shares.map(|down| place_of(zoom, f64::from(x) + across, f64::from(y) + down))
            });
            let places: Places = places
                .map(|place| sheet.frame.project(place))
                .filter(|(x, y)| {
                    (frame.left() + 2.0..frame.right() - 2.0).contains(x)
                        && (frame.top() + 2.0..frame.bottom() - 2.0).contains(y)
                })
                .map(|(x, y)| (x.into(), y.into()))
                .collect();
            found.push((colour(zoom, x, y), places));
        }
    }
    found
}

/// Of a raster over `place` of a sheet the colour at a place of the sheet.
fn colour_at(
    size: (u32, u32),
    bytes: &[u8],
    channels: usize,
    place: [f64; 4],
    at: (f64, f64),
) -> [u8; 3] {
    let (width, height) = size;
    let x = (at.0 - place[0]) / (place[2] - place[0]) * f64::from(width);
    let y = (at.1 - place[1]) / (place[3] - place[1]) * f64::from(height);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let pixel = y as usize * width as usize + x as usize;
    [0, 1, 2].map(|channel| bytes[channels * pixel + channel])
}

#[test]
fn tiles_lie_where_they_belong_on_a_page_true_to_scale() {
    let host = Host::new(Manner::Gives);
    let base_map = host.base_map();
    // So that at the smallest scales the plane bends tiles visibly.
    for scale in [2_000, 20_000, 500_000, 1_500_000] {
        let sheet = drawn_whole(&base_map, &state("base-map"), Standing::Paper(Some(scale)));
        let images = images(&sheet);
        assert_eq!(images.len(), 1);
        let place = images[0].place;
        assert_eq!(place, sheet.frame.place());
        let place = [place.left(), place.top(), place.right(), place.bottom()].map(f64::from);
        let size = (images[0].width, images[0].height);
        let mut checked = 0;
        for (expected, places) in places_of_tiles(&sheet) {
            for at in places {
                let found = colour_at(size, &images[0].rgba, 4, place, at);
                assert_eq!(found, expected, "1:{scale} {at:?}");
                checked += 1;
            }
        }
        assert!(checked > 50, "1:{scale}: {checked}");
    }
}

#[test]
fn a_pdf_has_the_base_map_as_an_image_in_its_frame() {
    let host = Host::new(Manner::Gives);
    let base_map = host.base_map();
    let page = Page {
        paper: Paper::A4,
        scale: Some(20_000),
        ..Page::default()
    };
    let file = made(&base_map, &state("base-map,zones"), Form::Pdf(page));
    let pdf = Document::load_mem(&file.bytes).unwrap();
    let streams = pdf
        .objects
        .values()
        .filter_map(|object| object.as_stream().ok());
    let images: Vec<_> = streams
        .filter(|stream| {
            let subtype = stream.dict.get(b"Subtype").and_then(Object::as_name);
            subtype.is_ok_and(|name| name == b"Image")
        })
        .collect();
    assert_eq!(images.len(), 1);
    let number = |name: &[u8]| images[0].dict.get(name).and_then(Object::as_i64).unwrap();
    let [width, height] =
        [number(b"Width"), number(b"Height")].map(|side| u32::try_from(side).unwrap());
    let rgb = images[0].decompressed_content().unwrap();
    assert_eq!(rgb.len(), 3 * width as usize * height as usize);
    // Where the image stands: the unit square under all transformations, in points from below.
    let content = pdf.get_page_content(pdf.get_pages()[&1]);
    let mut matrix: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let (mut kept, mut stands) = (vec![], vec![]);
    for operation in Content::decode(&content).unwrap().operations {
        let numbers: Vec<f64> = operation
            .operands
            .iter()
            .filter_map(|operand| operand.as_float().ok().map(f64::from))
            .collect();
        match (&*operation.operator, &numbers[..]) {
            ("q", _) => kept.push(matrix),
            ("Q", _) => matrix = kept.pop().unwrap(),
            ("cm", &[..]) => matrix = times(numbers.try_into().unwrap(), matrix),
            ("Do", _) => stands.push(matrix),
            _ => {}
        }
    }
    let [[wide, turned, skewed, high, left, bottom]] = stands[..] else {
        panic!("{stands:?}");
    };
    assert!(wide > 0.0 && high > 0.0 && turned.abs() < 1e-6 && skewed.abs() < 1e-6);
    // The sheet of such a page, in pixels from above.
    let (view, _) = View::parse(&state("base-map,zones"));
    let snapshot = snapshot();
    let brief = brief(&snapshot, &view, &base_map);
    let [width_px, height_px] = [297.0_f32, 210.0].map(|side| side / 25.4 * 96.0);
    let plan = Plan {
        brief: &brief,
        width: width_px,
        height: height_px,
        standing: Standing::Paper(Some(20_000)),
        is_slide: false,
        asked: None,
    };
    let sheet = sheet(&plan, &patience()).unwrap();
    let frame = sheet.frame.place();
    let top = f64::from(height_px) * 0.75 - (bottom + high);
    for (found, expected) in [
        (left / 0.75, frame.left()),
        (top / 0.75, frame.top()),
        (wide / 0.75, frame.width()),
        (high / 0.75, frame.height()),
    ] {
        assert!(
            (found - f64::from(expected)).abs() < 0.1,
            "{found} and {expected}"
        );
    }
    let place = [left, top, left + wide, top + high].map(|at| at / 0.75);
    for (expected, places) in places_of_tiles(&sheet) {
        for at in places {
            assert_eq!(
                colour_at((width, height), &rgb, 3, place, at),
                expected,
                "{at:?}"
            );
        }
    }
    let text: String = pdf.extract_text(&[1]).unwrap().split_whitespace().collect();
    let named: String = ATTRIBUTION.split_whitespace().collect();
    assert!(text.contains(&named), "{text}");
}

#[test]
fn without_its_tiles_a_picture_is_plain_and_says_so() {
    for manner in [
        Manner::Hangs,
        Manner::Drips,
        Manner::Leads,
        Manner::Lacks,
        Manner::Fails,
        Manner::Babbles,
        Manner::Breaks,
        Manner::Swells,
        Manner::Floods,
    ] {
        let host = Host::new(manner);
        let base_map = host.base_map();
        let started = Instant::now();
        let sheet = drawn(
            &base_map,
            &state("base-map,zones,district"),
            Standing::Screen,
        );
        assert!(
            started.elapsed() < 3 * PATIENCE,
            "{manner:?}: {:?}",
            started.elapsed()
        );
        assert_eq!(sheet.drawn.ground, Ground::Missing, "{manner:?}");
        assert!(images(&sheet).is_empty(), "{manner:?}");
        assert!(says(&sheet, LACKING), "{manner:?}");
        assert!(!says(&sheet, ATTRIBUTION), "{manner:?}");
        assert!(sheet.drawn.counts["zones"] > 0, "{manner:?}");
        let asked = host.asked();
        assert!(
            asked.keys().all(|path| path.starts_with("/tiles/")),
            "{manner:?}: {asked:?}"
        );
        // A host that does not answer is left alone.
        let is_silent = matches!(manner, Manner::Hangs | Manner::Drips | Manner::Fails);
        if is_silent {
            let before: usize = asked.values().sum();
            assert!(before <= 8, "{manner:?}: {before}");
            let started = Instant::now();
            drawn(&base_map, &state("base-map"), Standing::Screen);
            assert!(
                started.elapsed() < PATIENCE,
                "{manner:?}: {:?}",
                started.elapsed()
            );
            assert_eq!(host.asked().values().sum::<usize>(), before, "{manner:?}");
        }
    }
    // Nobody listens there.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let template = Template::parse(&format!("http://{gone}/{{z}}/{{x}}/{{y}}")).unwrap();
    let base_map = BaseMap::new(Source::new(template, ATTRIBUTION).unwrap());
    let sheet = drawn(&base_map, &state("base-map"), Standing::Screen);
    assert_eq!(sheet.drawn.ground, Ground::Missing);
}

#[test]
fn who_leaves_does_not_wait_for_the_tiles() {
    let layers = state("base-map");
    let host = Host::new(Manner::Hangs);
    let started = Instant::now();
    drawn(&host.base_map(), &layers, Standing::Screen);
    let whole = started.elapsed();

    let host = Host::new(Manner::Hangs);
    let base_map = host.base_map();
    let snapshot = snapshot();
    let (view, _) = View::parse(&layers);
    let brief = brief(&snapshot, &view, &base_map);
    let leaves = Arc::new(AtomicBool::new(false));
    let patience = Patience::new(Duration::from_mins(5), Arc::clone(&leaves));
    let started = Instant::now();
    let left = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(whole / 8);
            leaves.store(true, Ordering::Relaxed);
        });
        picture(&brief, Form::Png(Size::SLIDE), &patience)
    });
    assert_eq!(left, Err(Failure::Interrupted));
    let took = started.elapsed();
    assert!(took < whole / 2, "{took:?} of {whole:?}");
}

#[test]
fn nothing_more_is_asked_for_who_has_left() {
    let host = Host::new(Manner::GivesLate);
    let base_map = host.base_map();
    let count = || host.asked().values().sum::<usize>();
    let snapshot = snapshot();
    let leaves = Arc::new(AtomicBool::new(false));
    let patience = Patience::new(Duration::from_mins(5), Arc::clone(&leaves));
    // Three pictures of places far from each other: one's turns are all that there are.
    let views = [0.0, 1.0, 2.0].map(|east| {
        let (lon, lat, zoom) = HERE;
        let state = format!(
            "v=1&at={:.5},{lat:.5},{zoom:.2}&layers=base-map",
            lon + east
        );
        View::parse(&state).0
    });
    thread::scope(|scope| {
        for view in &views {
            let brief = brief(&snapshot, view, &base_map);
            let patience = &patience;
            scope.spawn(move || {
                let left = picture(&brief, Form::Png(Size::SLIDE), patience);
                assert_eq!(left, Err(Failure::Interrupted));
            });
        }
        while count() < AT_ONCE {
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(200));
        leaves.store(true, Ordering::Relaxed);
    });
    // The next has the turns as soon as what had been asked is answered.
    let tile = BaseTile::new(9, 422, 195).unwrap();
    let until = Instant::now() + 5 * PATIENCE;
    assert!(base_map.tile(tile, until, &|| true).is_ok());
    thread::sleep(LATE);
    assert_eq!(count(), AT_ONCE + 1, "{:?}", host.asked());
}

#[test]
fn who_waits_for_a_tile_with_somebody_who_leaves_has_it_all_the_same() {
    let host = Host::new(Manner::GivesLate);
    let base_map = &host.base_map();
    let asked = |x: u32, is_wanted: &dyn Fn() -> bool| {
        let tile = BaseTile::new(9, x, 195).unwrap();
        let until = Instant::now() + 5 * PATIENCE;
        base_map.tile(tile, until, is_wanted).is_ok()
    };
    let leaves = AtomicBool::new(false);
    let (asked, leaves) = (&asked, &leaves);
    let others = u32::try_from(AT_ONCE).unwrap();
    thread::scope(|scope| {
        for x in 0..others {
            scope.spawn(move || assert!(asked(x, &|| true)));
        }
        while host.asked().len() < AT_ONCE {
            thread::sleep(Duration::from_millis(10));
        }
        let left = scope.spawn(move || asked(others, &|| !leaves.load(Ordering::Relaxed)));
        thread::sleep(Duration::from_millis(100));
        let stays = scope.spawn(move || asked(others, &|| true));
        thread::sleep(Duration::from_millis(100));
        leaves.store(true, Ordering::Relaxed);
        assert!(!left.join().unwrap());
        assert!(stays.join().unwrap());
    });
}

#[test]
fn where_a_base_map_ends_is_no_failure_and_where_it_fails_is_said() {
    for (manner, ground, words) in [
        (Manner::LacksSome, Ground::Whole, ""),
        (Manner::FailsSome, Ground::Partial, "（部分未能载入）"),
    ] {
        let host = Host::new(manner);
        let base_map = host.base_map();
        let sheet = drawn(&base_map, &state("base-map"), Standing::Screen);
        assert_eq!(sheet.drawn.ground, ground);
        assert!(says(&sheet, &format!("{ATTRIBUTION}{words}")));
        let file = png(&sheet.scene, 1.0, &patience()).unwrap();
        let pixels = Pixels::read(&file);
        let frame = sheet.frame.place();
        let zoom = zoom_under(&sheet);
        let mut seen = [0, 0];
        let (lon, lat, _) = HERE;
        let middle = tiles_at(zoom, lon, lat);
        for step in [-1.0, 0.0, 1.0] {
            let (x, y) = (middle.x.floor() + step, middle.y.floor());
            let (left, top) = sheet.frame.project(place_of(zoom, x + 0.5, y + 0.5));
            assert!(frame.left() < left && left < frame.right() && frame.top() < top);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let (found, [x, y]) = (pixels.at(left as usize, top as usize), [x as u32, y as u32]);
            let is_there = x % 2 == 1;
            seen[usize::from(is_there)] += 1;
            // The style's ground, where there is no tile.
            let expected = if is_there {
                colour(zoom, x, y)
            } else {
                [0xe8, 0xe5, 0xde]
            };
            assert_eq!(found, expected, "{x}/{y}");
        }
        assert!(seen[0] > 0 && seen[1] > 0);
    }
}

fn house(host: &Host, more: &[&str]) -> (Server, TempDir) {
    let data = TempDir::new().unwrap();
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| yunze().join(part));
    let named = host.options();
    let mut options: Vec<&str> = named.iter().map(String::as_str).collect();
    options.extend([
        "--seeds",
        seeds.to_str().unwrap(),
        "--geodata",
        geodata.to_str().unwrap(),
        "--data",
        data.path().to_str().unwrap(),
    ]);
    options.extend(more);
    (Server::start_with(&options), data)
}

#[test]
fn the_page_has_the_tiles_from_the_service_itself() {
    let host = Host::new(Manner::Gives);
    let (server, _data) = house(&host, &[]);
    let style = server.json("/styles/default?revision=1");
    let source = &style["sources"]["base-map"];
    assert_eq!(source["type"], "raster");
    assert_eq!(source["tileSize"], 256);
    assert_eq!(source["attribution"], ATTRIBUTION);
    assert_eq!(
        source["tiles"],
        json!([format!("{}/base-map/{{z}}/{{x}}/{{y}}", server.url)])
    );
    assert!(!style.to_string().contains(&host.url) && !style.to_string().contains("geheim"));
    let layers = style["layers"].as_array().unwrap();
    let place = |is: &dyn Fn(&Value) -> bool| layers.iter().position(is).unwrap();
    let base = place(&|layer| layer["type"] == "raster");
    assert_eq!(layers[base]["metadata"]["renewal-map:group"], "base-map");
    // The district's ground lies below it, everything else above.
    assert!(place(&|layer| layer["id"] == "district-fill") < base);
    assert!(base < place(&|layer| layer["metadata"]["renewal-map:group"] == "water"));

    let [z, x, y] = [14, 13_516, 6_252];
    let path = format!("/base-map/{z}/{x}/{y}");
    let tiles: Vec<_> = thread::scope(|scope| {
        let many: Vec<_> = (0..16).map(|_| scope.spawn(|| server.get(&path))).collect();
        many.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for answer in &tiles {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.body, tile(256, colour(z, x, y)));
        // What it is, not what its host calls it.
        assert_eq!(answer.header("content-type"), "image/png");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "max-age=3600");
    }
    assert_eq!(
        host.asked(),
        HashMap::from([(format!("/tiles/{z}/{x}/{y}.png?key=geheim"), 1)])
    );
    let tag = tiles[0].header("etag");
    assert_eq!(
        server.get_with(&path, &[("if-none-match", tag)]).status,
        304
    );

    for none in [
        "/base-map/19/0/0",
        "/base-map/2/4/0",
        "/base-map/2/0/-1",
        "/base-map/a/0/0",
        "/base-map/1/1/1.png",
        "/base-map/2/0/%2e%2e%2f",
    ] {
        server.get(none).problem(404);
    }
    server.get(&format!("{path}?key=1")).problem(400);
    assert_eq!(host.asked().len(), 1);
    assert_eq!(server.send("POST", &path, &[], "").unwrap().status, 405);

    for (manner, status) in [
        (Manner::Lacks, 404),
        (Manner::Leads, 502),
        (Manner::Babbles, 502),
        (Manner::Swells, 502),
        (Manner::Floods, 502),
        (Manner::Fails, 502),
    ] {
        host.becomes(manner);
        let [x, y] = [13_517, 6_252 + manner as u32];
        let said = server.get(&format!("/base-map/{z}/{x}/{y}"));
        let words = said.problem(status);
        assert!(words.contains("base map"), "{words}");
        assert!(!said.text().contains("127.0.0.1") && !said.text().contains("geheim"));
        assert_eq!(said.header("cache-control"), "no-store");
    }
    let asked = host.asked();
    assert!(
        asked.keys().all(|path| path.starts_with("/tiles/")),
        "{asked:?}"
    );
}

#[test]
fn a_service_without_base_map_has_none() {
    let server = Server::yunze();
    let style = server.json("/styles/default");
    assert_eq!(style["sources"].as_object().unwrap().len(), 1);
    assert!(!style["layers"].to_string().contains("base-map"));
    let words = server.get("/base-map/1/0/0").problem(404);
    assert!(words.contains("no base map"), "{words}");
}

#[test]
fn a_closed_service_shows_its_base_map_to_nobody_else() {
    let host = Host::new(Manner::Gives);
    let named = host.options();
    let mut options: Vec<&str> = named.iter().map(String::as_str).collect();
    options.extend(["--readers", "accounts"]);
    let house = House::open_with(&options);
    assert_eq!(house.server.get("/base-map/2/1/1").status, 401);
    assert!(host.asked().is_empty());
    let seen = house.get(Some("reader"), "/base-map/2/1/1");
    assert_eq!(seen.status, 200);
    assert_eq!(seen.header("cache-control"), "private, max-age=3600");
}

#[test]
fn a_picture_without_its_base_map_is_drawn_anew() {
    let host = Host::new(Manner::Babbles);
    let (server, _data) = house(&host, &[]);
    let path = format!("/map.png?{}", state("base-map,zones"));
    let plain = server.get(&path);
    assert_eq!(
        (plain.status, plain.header("cache-control")),
        (200, "no-store")
    );
    assert_eq!(plain.header("etag"), "");
    host.becomes(Manner::Gives);
    let begun = Instant::now();
    let whole = loop {
        let answer = server.get(&path);
        if answer.header("cache-control") != "no-store" {
            break answer;
        }
        assert_eq!(answer.body, plain.body);
        assert!(begun.elapsed() < Duration::from_mins(2));
        thread::sleep(Duration::from_millis(500));
    };
    assert_ne!(whole.body, plain.body);
    assert!(!whole.header("etag").is_empty());
    // It is kept: the host may go now.
    host.becomes(Manner::Fails);
    assert_eq!(server.get(&path).body, whole.body);
    let tag = whole.header("etag").to_owned();
    assert_eq!(
        server.get_with(&path, &[("if-none-match", &tag)]).status,
        304
    );
}

#[test]
fn a_share_has_the_base_map_as_long_as_there_is_one() {
    let host = Host::new(Manner::Gives);
    let (server, data) = house(&host, &[]);
    let what = json!({ "state": format!("?{}", state("base-map,zones")) });
    let share = server.post("/shares", what.to_string()).json();
    assert_eq!(share["missing"], json!([]));
    assert!(share["state"].as_str().unwrap().contains("base-map"));
    let path = format!("/s/{}", share["id"].as_str().unwrap());
    for ending in [".png", ".pdf", ".pptx", ".zip"] {
        let answer = server.get(&format!("{path}{ending}"));
        assert_eq!(answer.status, 200);
        assert_ne!(answer.header("cache-control"), "no-store", "{ending}");
    }
    // A view that names no layers shows the base map by itself.
    let by_itself = server.get("/map.png?width=400&height=300");
    let named =
        "layers=zones,parcels,projects,facilities,heritage,routes,transit,streets,water,district";
    let without = server.get(&format!("/map.png?width=400&height=300&{named}"));
    assert_ne!(by_itself.body, without.body);
    drop(server);

    let data = data.path().to_str().unwrap();
    let server = Server::start_with(&["--data", data]);
    let accept = [("accept", "application/json")];
    let share = server.get_with(&path, &accept).json();
    let missing = share["missing"].as_array().unwrap();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(missing[0].to_string().contains("图层"), "{missing:?}");
    assert_eq!(server.get(&format!("{path}.png")).status, 200);
}

#[test]
fn an_operator_is_told_what_a_base_map_needs() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("view.txt");
    fs::write(&state, "v=1").unwrap();
    let out = folder.path().join("map.png");
    let [state, out] = [&state, &out].map(|path| path.to_str().unwrap());
    let good = "https://gis.example.cn/{z}/{x}/{y}.png";
    for (options, code, about) in [
        (vec!["--base-map", good], 1, "go together"),
        (vec!["--base-map-attribution", "天地图"], 1, "go together"),
        (
            vec!["--base-map", good, "--base-map-attribution", " "],
            1,
            "a line of text",
        ),
        (
            vec![
                "--base-map",
                "https://gis.example.cn/{z}/{x}",
                "--base-map-attribution",
                "天地图",
            ],
            2,
            "each of",
        ),
        (
            vec![
                "--base-map",
                "ftp://gis.example.cn/{z}/{x}/{y}",
                "--base-map-attribution",
                "天地图",
            ],
            2,
            "http://",
        ),
        (
            vec![
                "--base-map",
                "https://webrd02.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}",
                "--base-map-attribution",
                "高德",
            ],
            2,
            "GCJ-02",
        ),
        (
            vec![
                "--base-map",
                "https://maponline1.bdimg.com/tile/?x={x}&y={y}&z={z}",
                "--base-map-attribution",
                "百度",
            ],
            2,
            "BD-09",
        ),
    ] {
        for command in [
            vec!["serve", "--listen", "127.0.0.1:0"],
            vec!["render", "--state", state, "--out", out],
        ] {
            let output = program(&[&command[..], &options[..]].concat())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{options:?}: {said}");
            assert!(said.contains(about), "{options:?}: {said}");
        }
    }
    assert!(!Path::new(out).exists());
    // A key in the environment is for nobody who asks for help.
    let help = program(&["serve", "--help"])
        .env("RENEWAL_MAP_BASE_MAP", "http://a/{z}/{x}/{y}?tk=geheim")
        .output()
        .unwrap();
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(
        help.contains("RENEWAL_MAP_BASE_MAP") && help.contains("CGCS2000"),
        "{help}"
    );
    assert!(!help.contains("geheim"));
}

#[test]
fn the_command_line_draws_the_base_map_or_says_that_it_is_not_there() {
    let folder = TempDir::new().unwrap();
    let view = folder.path().join("view.txt");
    fs::write(&view, state("base-map,zones")).unwrap();
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| yunze().join(part));
    let draw = |host: &Host, name: &str| {
        let out = folder.path().join(name);
        let mut command = program(&["render", "--state"]);
        command
            .arg(&view)
            .arg("--out")
            .arg(&out)
            .args(host.options());
        command
            .arg("--seeds")
            .arg(&seeds)
            .arg("--geodata")
            .arg(&geodata);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        (fs::read(out).unwrap(), said)
    };
    let host = Host::new(Manner::Gives);
    for name in ["map.png", "map.pdf"] {
        let (file, said) = draw(&host, name);
        assert!(!said.contains(LACKING), "{said}");
        assert_eq!(draw(&host, name).0, file);
        let (plain, said) = draw(&Host::new(Manner::Fails), name);
        assert!(said.contains(LACKING), "{said}");
        assert_ne!(plain, file);
    }
}
