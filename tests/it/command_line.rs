//! The program as an operator meets it.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Command, Stdio},
};

use crate::support::{PROGRAM, Server, program, repository};

#[test]
fn help_explains_every_option() {
    for (command, options) in [
        (
            "serve",
            ["--listen", "--public-url", "--seeds", "--geodata"].as_slice(),
        ),
        ("compile", ["--check", "--geodata", "--seeds"].as_slice()),
        ("check", ["--seeds", "--geodata"].as_slice()),
    ] {
        let output = program(&[command, "--help"]).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success());
        for option in options {
            assert!(help.contains(option), "{command} {option}: {help}");
        }
    }
    let help = program(&["serve", "--help"]).output().unwrap().stdout;
    assert!(
        String::from_utf8(help)
            .unwrap()
            .contains("RENEWAL_MAP_LISTEN")
    );
}

#[test]
fn a_call_that_is_none_exits_with_2() {
    for args in [
        &["serve", "--no-such-option"][..],
        &["serve", "--listen", "here"],
        &["serve", "--public-url", "map.example.cn"],
        &["no-such-command"],
        &[],
    ] {
        assert_eq!(
            program(args).output().unwrap().status.code(),
            Some(2),
            "{args:?}"
        );
    }
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = program(&["serve", "--listen", &address]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let port = taken.local_addr().unwrap().port().to_string();
    assert!(said.contains(&port) && said.contains("已被占用"), "{said}");
}

#[test]
fn the_greeting_tells_what_was_loaded() {
    let server = Server::start();
    for collection in server.json("/collections")["collections"]
        .as_array()
        .unwrap()
    {
        let id = collection["id"].as_str().unwrap();
        let line = server
            .greeting
            .lines()
            .find(|line| line.trim_start().starts_with(id))
            .unwrap_or_else(|| panic!("{id} is missing: {}", server.greeting));
        assert!(line.contains(&collection["count"].to_string()), "{line}");
    }
    assert!(server.greeting.contains("版本 1"), "{}", server.greeting);
    assert!(server.greeting.contains(" s)"), "{}", server.greeting);
}

#[test]
fn settings_come_from_the_environment_too() {
    let geodata = crate::support::yunze().join("geodata");
    let seeds = crate::support::yunze().join("seeds");
    let output = program(&["check"])
        .env("RENEWAL_MAP_GEODATA", geodata)
        .env("RENEWAL_MAP_SEEDS", seeds)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("云泽区"), "{said}");
}

/// The program alone, in an empty folder, with an empty environment: page, data and PROJ's database
/// are all in it.
#[test]
fn a_moved_program_is_the_whole_service() {
    let folder = tempfile::tempdir().unwrap();
    let moved = folder.path().join("map");
    fs::copy(PROGRAM, &moved).unwrap();
    // Where the build folder is out of reach, as on another machine; in a container that allows no
    // mounts it stays in reach, and the program is merely elsewhere.
    let hide = ["--mount", "--map-root-user", "sh", "-c"];
    let script = "mount -t tmpfs none \"$0\" && cd / && exec \"$1\" serve --listen 127.0.0.1:0";
    let can_hide = Command::new("unshare")
        .args(hide)
        .args(["mount -t tmpfs none \"$0\""])
        .arg(repository())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let mut command = if can_hide {
        let mut command = Command::new("unshare");
        command.args(hide).arg(script).arg(repository()).arg(&moved);
        command
    } else {
        let mut command = Command::new(&moved);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command
    };
    let mut child = command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines
        .find_map(|line| {
            line.unwrap()
                .split_once("http://")
                .map(|(_, rest)| rest.to_owned())
        })
        .expect("the moved program serves");
    let get = |path: &str| {
        ureq::get(format!("http://{url}{path}"))
            .call()
            .map(|mut answer| answer.body_mut().read_to_string().unwrap())
    };
    let page = get("/?f=html");
    let projected = get("/collections/transit/items/metro-xizhan?crs=EPSG:4548");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(page.unwrap().contains("<script"));
    assert!(projected.unwrap().contains("4335818.7"));
    assert!(folder.path().join("renewal-map/proj.db").exists());
}
