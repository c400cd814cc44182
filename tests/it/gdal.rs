//! GDAL reads the service through its OGC API - Features driver.

use std::process::Command;

use crate::support::Server;

fn ogrinfo(server: &Server, args: &[&str]) -> String {
    let output = Command::new("ogrinfo")
        .args(["-ro", &format!("OAPIF:{}", server.url)])
        .args(args)
        .output()
        .expect("ogrinfo of gdal-bin is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
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
fn a_spatial_filter_is_pushed_down() {
    let server = Server::start();
    let near = ogrinfo(
        &server,
        &[
            "transit", "-so", "-spat", "117.1603", "39.1558", "117.1605", "39.1559",
        ],
    );
    assert!(near.contains("Feature Count: 1"), "{near}");
}
