//! Pictures of the map: where things stand on them, and in which colours.

use std::{collections::BTreeSet, env, fs, io::Cursor, sync::Arc, time::Duration};

use geo::{Coord, Geometry, InteriorPoint};
use renewal_map::{
    area::{AreaSpec, Patience, Query, Relation},
    model::{Status, View, view::ViewArea},
    render::{
        frame::MapFrame,
        look,
        map::{Drawn, Refused, Shown, draw},
        png::png,
        scene::{Colour, Item, Scene, Text},
    },
    report::Lang,
    store::{Snapshot, files::Files, load},
};
use serde_json::json;
use tiny_skia::Rect;

use crate::support::{repository, yunze as yunze_folder};

const SIZE: (f32, f32) = (800.0, 450.0);
/// Colours of the style: ground outside the district, rivers, accuracy rings.
const GROUND: [u8; 3] = [0xe8, 0xe5, 0xde];
const RIVER: [u8; 3] = [0xbf, 0xd7, 0xe4];
const RING: [u8; 3] = [0xaa, 0xa5, 0x9c];

fn hongqiao() -> Snapshot {
    load(&Files::seeds(None), &Files::geodata(None)).unwrap()
}

fn yunze() -> Snapshot {
    let files = |name: &str| Some(yunze_folder().join(name));
    load(
        &Files::seeds(files("seeds")),
        &Files::geodata(files("geodata")),
    )
    .unwrap()
}

fn patience() -> Patience {
    Patience::new(Duration::from_mins(5), Arc::default())
}

/// A view of some data as a picture.
struct Picture {
    frame: MapFrame,
    scene: Scene,
    drawn: Drawn,
}

impl Picture {
    fn of(snapshot: &Snapshot, query: &str) -> Self {
        Self::with(snapshot, query, &patience()).unwrap()
    }

    fn with(snapshot: &Snapshot, query: &str, patience: &Patience) -> Result<Self, Refused> {
        let (view, unread) = View::parse(query);
        assert!(unread.is_empty(), "{query}");
        let place = Rect::from_xywh(0.0, 0.0, SIZE.0, SIZE.1).unwrap();
        let bounds = snapshot.collection("district").unwrap().bounds().unwrap();
        let frame = match view.at {
            Some(at) => MapFrame::mercator(place, (at.lon, at.lat).into(), at.zoom),
            None => MapFrame::fitting(place, bounds, 16.0),
        };
        let area = view.area.as_ref().map(|area| {
            let json = match area {
                ViewArea::Feature(name) => json!({ "feature": name.to_string() }),
                ViewArea::Circle { centre, radius_m } => {
                    json!({ "center": [centre.x, centre.y], "radius_m": radius_m })
                }
                other => panic!("{other:?}"),
            };
            let area = AreaSpec::from_json(&json).unwrap();
            area.resolve(snapshot, patience).unwrap()
        });
        let answer = area.as_ref().map(|area| {
            let collections = view.collections.iter();
            let query = Query {
                area,
                collections: collections
                    .filter_map(|id| Some(snapshot.collection(id)?.into()))
                    .collect(),
                relation: Relation::Intersects,
                patience: patience.clone(),
            };
            query.run(snapshot).unwrap()
        });
        let english = query.contains("lang=en");
        let shown = Shown {
            snapshot,
            view: &view,
            area: area.as_ref(),
            answer: answer.as_ref(),
            lang: if english { Lang::En } else { Lang::Zh },
            covered: None,
            base_map: None,
        };
        let mut scene = Scene::new(SIZE.0, SIZE.1);
        let drawn = draw(&mut scene, &frame, &shown, patience)?;
        Ok(Self {
            frame,
            scene,
            drawn,
        })
    }

    fn file(&self) -> Vec<u8> {
        png(&self.scene, 1.0, &patience()).unwrap()
    }

    fn pixels(&self) -> Pixels {
        Pixels::read(&self.file())
    }

    /// The pixel of a place, where it lies in the frame.
    fn pixel_of(&self, place: Coord<f64>) -> Option<(usize, usize)> {
        let (x, y) = self.frame.project(place);
        let inside = (0.0..SIZE.0).contains(&x) && (0.0..SIZE.1).contains(&y);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let pixel = (x as usize, y as usize);
        inside.then_some(pixel)
    }

    fn texts(&self) -> Vec<&Text> {
        let texts = self.scene.items.iter().filter_map(|item| match item {
            Item::Text(text) => Some(text),
            Item::Bent(bent) => Some(&bent.whole),
            _ => None,
        });
        texts.collect()
    }

    fn says(&self, text: &str) -> bool {
        self.texts().iter().any(|label| label.text == text)
    }
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

    fn at(&self, (x, y): (usize, usize)) -> [u8; 3] {
        let start = 3 * (y * self.width + x);
        self.rgb[start..start + 3].try_into().unwrap()
    }
}

fn is_near(a: [u8; 3], b: [u8; 3], by: u8) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= by)
}

/// A colour laid over another.
fn over(below: [u8; 3], above: Colour) -> [u8; 3] {
    let mixed = below.iter().zip(above.rgb).map(|(below, above_it)| {
        let mixed = f32::from(*below) * (1.0 - above.opacity) + f32::from(above_it) * above.opacity;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let mixed = mixed.round() as u8;
        mixed
    });
    mixed.collect::<Vec<_>>().try_into().unwrap()
}

fn colour(text: &str, opacity: f32) -> Colour {
    Colour::parse(text).unwrap().faded(opacity)
}

#[test]
fn places_have_the_colours_of_the_style() {
    let data = yunze();
    let river = Coord {
        x: 117.014_77,
        y: 38.983_11,
    };
    let picture = Picture::of(&data, "?at=117.013,38.985,14.5&layers=water");
    let pixels = picture.pixels();
    assert_eq!(pixels.at(picture.pixel_of(river).unwrap()), RIVER);
    let bank = Coord {
        x: 117.012,
        ..river
    };
    assert_eq!(pixels.at(picture.pixel_of(bank).unwrap()), GROUND);

    let picture = Picture::of(&data, "?at=117.0,38.987,14.5&layers=zones,district");
    let inside = Coord {
        x: 116.995,
        y: 38.985,
    };
    let district = over(GROUND, colour("#f8f6f1", 1.0));
    let zone = over(district, colour("#b5432f", 0.07));
    let seen = picture.pixels().at(picture.pixel_of(inside).unwrap());
    assert!(is_near(seen, zone, 1), "{seen:?} {zone:?}");
}

#[test]
fn parcels_are_coloured_by_status_or_by_land_use() {
    let data = yunze();
    let parcels = data.collection("parcels").unwrap();
    // Below the zoom of their labels.
    let [by_status, by_use] = ["", "&colours=land_use"].map(|colours| {
        let picture = Picture::of(
            &data,
            &format!("?at=117.0,38.99,13.2&layers=parcels{colours}"),
        );
        (picture.pixels(), picture)
    });
    let mut checked = BTreeSet::new();
    for parcel in parcels.features() {
        let geometry = parcel.geometry.as_ref().unwrap();
        let Some(place) = geometry.interior_point() else {
            continue;
        };
        let pixel = by_status.1.pixel_of(place.0).unwrap();
        let (status, opacity) = match parcel.status {
            None => ("#9a9b9b", 0.2),
            Some(Status::LandPreparation) => ("#e0a32e", 0.5),
            Some(Status::LandTransferred) => ("#8a5a00", 0.5),
            Some(Status::LandTransferPlanned) => ("#b97f10", 0.14),
            other => panic!("{other:?}"),
        };
        let wanted = over(GROUND, colour(status, opacity));
        let seen = by_status.0.at(pixel);
        assert!(
            is_near(seen, wanted, 2),
            "{}: {seen:?} {wanted:?}",
            parcel.id
        );
        let land_use = parcel.land_use.unwrap();
        let category = look::land_use(land_use.as_str()).unwrap();
        let wanted = over(GROUND, category.colour.faded(opacity));
        let seen = by_use.0.at(pixel);
        assert!(
            is_near(seen, wanted, 2),
            "{}: {seen:?} {wanted:?}",
            parcel.id
        );
        checked.insert((parcel.status, category.code));
    }
    assert!(checked.len() > 12, "{checked:?}");
    assert_eq!(by_use.1.drawn.counts["parcels"], parcels.features().len());
    let stated = checked.iter().map(|(status, _)| *status);
    assert_eq!(by_use.1.drawn.statuses, stated.collect());
}

#[test]
fn an_accuracy_ring_is_as_wide_as_it_says() {
    let data = hongqiao();
    let name = "projects/sanchahekou-scenic-area".parse().unwrap();
    let feature = data.feature(&name).unwrap();
    let Some(Geometry::Point(place)) = feature.geometry else {
        panic!("no point");
    };
    let query = format!("?at={},{},14&layers=projects", place.x(), place.y());
    let picture = Picture::of(&data, &query);
    let pixels = picture.pixels();
    let mut radii = Vec::new();
    for y in 0..450_u16 {
        for x in 0..800_u16 {
            let radius = (f64::from(x) + 0.5 - 400.0).hypot(f64::from(y) + 0.5 - 225.0);
            if (30.0..240.0).contains(&radius) && is_near(pixels.at((x.into(), y.into())), RING, 24)
            {
                radii.push(radius);
            }
        }
    }
    radii.sort_by(f64::total_cmp);
    assert!(radii.len() > 100, "{}", radii.len());
    let metres = radii[radii.len() / 2] * picture.frame.metres_a_pixel();
    assert!((metres - feature.accuracy_m).abs() < 5.0, "{metres}");
    assert!(picture.says("±600 米"));
    let english = Picture::of(&data, &format!("{query}&lang=en"));
    assert!(english.says("±600 m"));
}

#[test]
fn what_is_hidden_or_filtered_out_is_not_drawn() {
    let data = yunze();
    let nothing = Picture::of(&data, "?layers=");
    assert_eq!(nothing.drawn, Drawn::default());
    assert!(nothing.pixels().rgb.chunks(3).all(|pixel| pixel == GROUND));

    let all = Picture::of(&data, "");
    let groups = |picture: &Picture| -> BTreeSet<&str> {
        let drawn = picture.drawn.layers.iter();
        drawn
            .filter_map(|id| look::looks().iter().find(|look| look.id == *id)?.group)
            .collect()
    };
    assert!(groups(&all).contains("zones"));
    assert!(all.drawn.layers.contains(&"parcels-surveyed-fill"));
    // The style itself hides facilities.
    assert!(!groups(&all).contains("facilities"));
    let without = Picture::of(&data, "?layers=district,water,streets");
    assert_eq!(groups(&without), ["streets", "water", "district"].into());
    assert!(!without.drawn.counts.contains_key("parcels"));

    let filtered = Picture::of(&data, "?status=land_preparation");
    let prepared = data.collection("parcels").unwrap().features();
    let prepared = prepared.filter(|parcel| parcel.status == Some(Status::LandPreparation));
    assert_eq!(filtered.drawn.counts["parcels"], prepared.count());
    assert_eq!(
        filtered.drawn.counts["streets"],
        all.drawn.counts["streets"]
    );
    assert!(!filtered.drawn.counts.contains_key("zones"));
    assert_eq!(
        filtered.drawn.statuses,
        [Some(Status::LandPreparation)].into()
    );
}

#[test]
fn what_is_asked_and_selected_stands_out() {
    let data = yunze();
    let plain = Picture::of(&data, "");
    let overlay = |picture: &Picture| -> Vec<&'static str> {
        let layers = picture.drawn.layers.iter().copied();
        layers
            .filter(|id| id.starts_with("page-") && !id.starts_with("page-stacks"))
            .collect()
    };
    assert!(overlay(&plain).is_empty());
    let selected = Picture::of(&data, "?select=zones/yunfan");
    assert_eq!(overlay(&selected), ["page-focus-halo"]);
    let point = Picture::of(&data, "?select=projects/tingyu-theatre");
    assert_eq!(
        overlay(&point),
        [
            "page-focus-ring",
            "page-focus-ring-fill",
            "page-focus-point"
        ]
    );
    let asked = Picture::of(&data, "?area=feature:zones/yunfan");
    assert_eq!(
        overlay(&asked),
        [
            "page-area-halo",
            "page-area-fill",
            "page-hits-line",
            "page-hits-points"
        ]
    );
    // A drawn area has its own outline; a zone's stays readable.
    let drawn = Picture::of(&data, "?area=circle:117,38.99,300");
    assert!(overlay(&drawn).contains(&"page-area-line"));
    // On the page's layers, as the page adds them: under the zones, above all labels.
    let place = |id: &str| asked.drawn.layers.iter().position(|layer| *layer == id);
    assert!(place("page-area-halo") < place("zones-fill"));
    assert!(place("zones-label") < place("page-hits-line"));
}

#[test]
fn points_at_one_place_are_counted() {
    let data = hongqiao();
    let picture = Picture::of(&data, "?layers=projects");
    // Eight projects are placed at the west station by its name.
    assert!(picture.says("8"), "{:?}", picture.drawn);
    let filtered = Picture::of(&data, "?layers=projects&kind=none-of-these");
    assert!(!filtered.says("8"));
}

#[test]
fn names_leave_room_for_counts() {
    let data = hongqiao();
    let mut badges = 0;
    for query in ["?layers=projects", "?", "?at=117.165,39.165,14"] {
        let picture = Picture::of(&data, query);
        let texts = picture.texts();
        let is_count = |text: &&&Text| text.text.parse::<u32>().is_ok();
        for count in texts.iter().filter(is_count) {
            badges += 1;
            let ems: f32 = count.glyphs.iter().map(|glyph| glyph.advance).sum();
            // The middle of the badge, of which the style says how large it is.
            let (x, y) = (
                count.at.0 + ems * count.size / 2.0,
                count.at.1 - 0.38 * count.size,
            );
            for name in texts
                .iter()
                .filter(|text| !is_count(text) && text.text.chars().count() > 1)
            {
                let ems: f32 = name.glyphs.iter().map(|glyph| glyph.advance).sum();
                let (sin, cos) = name.angle.to_radians().sin_cos();
                // From where the name begins, along its baseline and up from it.
                let away = ((x - name.at.0), (y - name.at.1));
                let (along, up) = (away.0 * cos + away.1 * sin, away.0 * sin - away.1 * cos);
                let outside = |at: f32, low: f32, high: f32| (low - at).max(at - high).max(0.0);
                let apart = outside(along, 0.0, ems * name.size).hypot(outside(
                    up,
                    -0.12 * name.size,
                    0.8 * name.size,
                ));
                assert!(
                    apart > 9.0,
                    "{query}: {} and {}: {apart}",
                    name.text,
                    count.text
                );
            }
        }
    }
    assert!(badges > 5, "{badges}");
}

#[test]
fn lines_that_a_refused_sentence_names_are_marked() {
    let data = hongqiao();
    let refused = "北至光荣道，南至无名之路，西至本溪路，东至咸阳北路。";
    let at = "?layers=district";
    let plain = Picture::of(&data, at).pixels();
    let marked = Picture::of(&data, &format!("{at}&boundary={refused}"));
    assert!(
        marked.drawn.layers.contains(&"page-named-streets"),
        "{:?}",
        marked.drawn
    );
    let yellow = Colour {
        opacity: 0.55,
        ..Colour::parse("#ffcf4a").unwrap()
    };
    let (mut on, mut off) = (0, 0);
    let pixels = marked.pixels();
    for street in data.collection("streets").unwrap().features() {
        let Some(Geometry::LineString(line)) = &street.geometry else {
            continue;
        };
        let is_named = ["光荣道", "本溪路", "咸阳北路"].contains(&&*street.name);
        for vertex in line.coords() {
            let Some(pixel) = marked.pixel_of(*vertex) else {
                continue;
            };
            // Where two of them meet one lies over the other.
            let once = over(plain.at(pixel), yellow);
            let is_yellow = [once, over(once, yellow)]
                .iter()
                .any(|marked| is_near(pixels.at(pixel), *marked, 6));
            if is_named {
                assert!(
                    is_yellow,
                    "{} at {vertex:?}: {:?}",
                    street.name,
                    pixels.at(pixel)
                );
                on += 1;
            } else if !is_yellow {
                off += 1;
            }
        }
    }
    assert!(on > 10 && off > 100, "{on} {off}");
    // A sentence with a polygon has that instead.
    let compiled = Picture::of(&data, &format!("{at}&boundary={SENTENCE}"));
    assert!(!compiled.drawn.layers.contains(&"page-named-streets"));
}

const SENTENCE: &str = "北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北路。";

#[test]
fn a_boundary_sentence_is_drawn_with_its_sides() {
    let data = hongqiao();
    let query = format!("?layers=district,streets&boundary={SENTENCE}");
    let picture = Picture::of(&data, &query);
    for side in ["北 光荣道", "南 纪念馆路", "西 本溪路", "东 咸阳北路"] {
        assert!(picture.says(side), "{side}");
    }
    assert!(picture.drawn.layers.contains(&"page-boundary-side"));
    // As on the page, not beside what is selected.
    let selected = Picture::of(&data, &format!("{query}&select=zones/sanchahekou"));
    assert!(!selected.says("北 光荣道"));
}

#[test]
fn names_stand_whole_and_in_the_language_of_the_view() {
    for data in [hongqiao(), yunze()] {
        for query in ["?", "?lang=en"] {
            let picture = Picture::of(&data, query);
            let texts = picture.texts();
            assert!(texts.len() > 10, "{}", texts.len());
            for text in texts {
                let is_mark = text.text.chars().all(|one| "▲◆◇0123456789".contains(one));
                let ems: f32 = text.glyphs.iter().map(|glyph| glyph.advance).sum();
                let (sin, cos) = text.angle.to_radians().sin_cos();
                for (along, down) in [(0.0, 0.1), (ems, 0.1), (0.0, -0.8), (ems, -0.8)] {
                    let x = text.at.0 + (cos * along - sin * down) * text.size;
                    let y = text.at.1 + (sin * along + cos * down) * text.size;
                    let inside =
                        (-0.5..=SIZE.0 + 0.5).contains(&x) && (-0.5..=SIZE.1 + 0.5).contains(&y);
                    assert!(is_mark || inside, "{text:?}");
                }
            }
        }
    }
    let zh = Picture::of(&hongqiao(), "?layers=zones");
    assert!(zh.says("光荣道智能") && zh.says("科技示范区"));
    let en = Picture::of(&hongqiao(), "?layers=zones&lang=en");
    assert!(
        en.texts().iter().all(|text| text.text.is_ascii()),
        "{:?}",
        en.texts()
    );
}

#[test]
fn the_same_request_gives_the_same_bytes_and_nobody_waiting_gives_none() {
    let query = "?area=feature:zones/yunfan&colours=land_use";
    let (once, again) = (yunze(), yunze());
    assert_eq!(
        Picture::of(&once, query).file(),
        Picture::of(&again, query).file()
    );

    let abandoned = Patience::new(Duration::from_mins(5), Arc::new(true.into()));
    let refused = Picture::with(&once, "?", &abandoned).err();
    assert_eq!(refused, Some(Refused::Interrupted));
}

/// The share of pixels that may differ by more than [`FAR`].
const DIFFERENT: f64 = 0.002;
/// The mean difference of all channels, of 255.
const MEAN: f64 = 0.3;
const FAR: u8 = 24;

/// Whether a picture looks as the one that is kept under its name. `RENEWAL_MAP_GOLDEN=1` writes it
/// anew; it has to be looked at.
pub fn assert_looks_as_it_did(name: &str, file: &[u8]) {
    let path = repository().join(format!("tests/pictures/{name}.png"));
    if env::var_os("RENEWAL_MAP_GOLDEN").is_some() {
        fs::write(&path, file).unwrap();
    }
    let golden = Pixels::read(&fs::read(&path).unwrap());
    let seen = Pixels::read(file);
    assert_eq!(
        (golden.width, golden.rgb.len()),
        (seen.width, seen.rgb.len())
    );
    let pairs = golden.rgb.iter().zip(&seen.rgb);
    let sum: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    let pixels = golden.rgb.chunks(3).zip(seen.rgb.chunks(3));
    let far = |(a, b): &(&[u8], &[u8])| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > FAR);
    let different = pixels.filter(far).count();
    let count = |count: usize| f64::from(u32::try_from(count).unwrap());
    let share = count(different) / count(golden.rgb.len() / 3);
    let mean = f64::from(sum) / count(golden.rgb.len());
    println!(
        "{name}: {different} pixels differ ({:.3} %), by {mean:.4} on average",
        share * 100.0
    );
    assert!(share <= DIFFERENT && mean <= MEAN, "{name} looks otherwise");
}

#[test]
fn pictures_look_as_they_did() {
    let (hongqiao, yunze) = (hongqiao(), yunze());
    let sentence = format!("?lang=en&boundary={SENTENCE}");
    for (name, data, query) in [
        ("district", &hongqiao, "?"),
        ("sentence", &hongqiao, sentence.as_str()),
        (
            "parcels",
            &yunze,
            "?area=feature:zones/yunfan&select=zones/tingyu",
        ),
    ] {
        assert_looks_as_it_did(name, &Picture::of(data, query).file());
    }
}
