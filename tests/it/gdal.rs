//! GDAL reads the service through its OGC API - Features driver.

use std::process::Command;

use crate::support::Server;

fn ogrinfo(server: &Server, args: &[&str]) -> String {
    ogrinfo_with_requests(server, args).0
}

/// What it prints, and the pages of items that it asked for.
fn ogrinfo_with_requests(server: &Server, args: &[&str]) -> (String, Vec<String>) {
    let output = Command::new("ogrinfo")
        .args(["-ro", &format!("OAPIF:{}", server.url)])
        .args(args)
        .env("CPL_DEBUG", "HTTP")
        .output()
        .expect("ogrinfo of gdal-bin is installed");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let requests = told
        .lines()
        .filter_map(|line| line.strip_prefix("HTTP: Fetch(")?.strip_suffix(')'))
        .filter(|address| address.contains("/items?"))
        .map(str::to_owned)
        .collect();
    (String::from_utf8(output.stdout).unwrap(), requests)
}

#[test]
fn all_collections_with_their_features() {
    let server = Server::start();
    let summary = ogrinfo(&server, &["-al", "-so"]);
    for collection in server.json("/collections")["collections"]
        .as_array()
        .unwrap()
    {
        let id = collection["id"].as_str().unwrap();
        let section = summary
            .split("Layer name: ")
            .find(|section| section.lines().next() == Some(id))
            .unwrap_or_else(|| panic!("no layer {id} in {summary}"));
        assert!(
            section.contains(&format!("Feature Count: {}", collection["count"])),
            "{id}: {section}"
        );
        assert!(section.contains("WGS 84"), "{id}: {section}");
        for field in [
            "name: String",
            "name_en: String",
            "kind: String",
            "located_by: String",
        ] {
            assert!(section.contains(field), "{id} lacks {field}: {section}");
        }
        let bbox = &collection["extent"]["spatial"]["bbox"][0];
        let extent = section.lines().find(|line| line.starts_with("Extent: "));
        assert_eq!(extent.is_some(), collection["located"] != 0, "{id}");
        let Some(extent) = extent else { continue };
        for (place, number) in extent
            .split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
            .filter_map(|part| part.parse::<f64>().ok())
            .enumerate()
        {
            let expected = bbox[place].as_f64().unwrap();
            assert!(
                (number - expected).abs() < 1e-5,
                "{id}: {extent}, expected {bbox}"
            );
        }
    }
}

#[test]
fn geometry_and_attributes_arrive_whole() {
    let server = Server::start();
    let zone = ogrinfo(&server, &["zones", "-where", "name = '三岔河口文旅商贸区'"]);
    assert!(zone.contains("kind (String) = plan_zone"), "{zone}");
    assert!(zone.contains("accuracy_m"), "{zone}");
    let served = server.json("/collections/zones/items/sanchahekou");
    let corner = &served["geometry"]["coordinates"][0][0];
    let position = format!("{} {}", corner[0], corner[1]);
    assert!(zone.contains(&format!("POLYGON (({position}")), "{zone}");
    assert!(
        zone.contains("北至志成路，南至北马路，西至河北大街，东至海河"),
        "{zone}"
    );

    let street = ogrinfo(&server, &["streets", "-where", "name = '光荣道'"]);
    assert!(street.contains("LINESTRING (117.1165 39.1835"), "{street}");
    assert!(
        street.contains("accuracy_m (Integer) = 150") || street.contains("= 150"),
        "{street}"
    );
}

#[test]
fn spatial_and_attribute_filters_are_pushed_down() {
    let server = Server::start();
    let all = server.json("/collections/projects/items?limit=1")["numberMatched"].clone();
    for (options, parameters) in [
        (
            vec!["-spat", "117.15", "39.15", "117.17", "39.16"],
            "bbox=117.15,39.15,117.17,39.16",
        ),
        (vec!["-where", "status = 'planned'"], "status=planned"),
        (
            [
                ["-spat", "117.15", "39.15", "117.17", "39.16"].as_slice(),
                &["-where", "status = 'planned'"],
            ]
            .concat(),
            "bbox=117.15,39.15,117.17,39.16&status=planned",
        ),
    ] {
        let expected = server.json(&format!("/collections/projects/items?limit=1&{parameters}"));
        assert_ne!(expected["numberMatched"], all);
        let (summary, requests) = ogrinfo_with_requests(
            &server,
            &[&["projects", "-so"], options.as_slice()].concat(),
        );
        let count = format!("Feature Count: {}", expected["numberMatched"]);
        assert!(summary.contains(&count), "{count}: {summary}");
        // The first page tells which properties there are; all others are of the filter.
        for name in parameters
            .split('&')
            .filter_map(|part| part.split('=').next())
        {
            let with = |address: &String| {
                address
                    .split(['?', '&'])
                    .any(|part| part.split('=').next() == Some(name))
            };
            assert!(
                requests.len() > 1 && requests[1..].iter().all(with),
                "{name}: {requests:?}"
            );
        }
    }
}
