//! A disk that is full, or can't be written any more, under a service that goes on.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::Duration,
};

use renewal_map::{
    model::Role,
    people::grant,
    store::{files::Files, record::Record},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, PROGRAM, Server, in_full, program, without_settings, yunze};

const PARCEL: &str = "/collections/parcels/items/a1-01";
/// Bytes of the small disk, of which [`BALLAST`] can be freed.
const DISK: u32 = 8 << 20;
const BALLAST: u32 = 3 << 20;

/// What runs a script of the shell where it can mount disks of its own.
fn with_own_mounts(script: &str) -> Command {
    let mut shell = without_settings("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-ec", script]);
    shell
}

/// Whether this machine lets anybody mount disks, which containers may forbid. Where all is to be
/// verified it has to.
fn can_mount() -> bool {
    let script = "mount -t tmpfs none /mnt";
    let tried = with_own_mounts(script).output();
    let can = tried.is_ok_and(|output| output.status.success());
    assert!(can || !in_full(), "this machine lets nobody mount a disk");
    if !can {
        // What is printed in a test that passes is not shown.
        let told = "NOT RUN: a test of full disks, for this machine lets nobody mount one\n";
        io::stderr().write_all(told.as_bytes()).unwrap();
    }
    can
}

/// What runs a script of the shell whose files may be written by those alone whom they say: an
/// administrator of the machine may write all otherwise.
fn bound_by_permissions(script: &str) -> Command {
    let mut shell = without_settings("setpriv");
    let without = "-dac_override,-dac_read_search";
    shell.args(["--inh-caps", without, "--bounding-set", without]);
    shell.args(["sh", "-ec", script]);
    shell
}

/// Makes a record with an editor, whose token is in a file beside it.
fn furnish(folder: &Path) {
    let [seeds, geodata] = ["seeds", "geodata"].map(|name| Some(yunze().join(name)));
    let record = Record::open(folder, &Files::seeds(seeds), &Files::geodata(geodata)).unwrap();
    record.put_account("王工", Role::Editor).unwrap();
    let (_, token) = grant(&record, "王工", "", 1).unwrap();
    fs::write(folder.join("token"), token.reveal()).unwrap();
}

/// A script that mounts a small disk below a folder and puts a record on it; and where it is then.
fn on_small_disk(folder: &Path) -> (String, String) {
    let (made, at) = (folder.join("made"), folder.join("disk"));
    furnish(&made);
    fs::create_dir(&at).unwrap();
    let at = at.to_str().unwrap();
    let script = format!(
        "mount -t tmpfs -o size={DISK} none {at}
         cp {}/* {at}
         head -c {BALLAST} /dev/zero > {at}/ballast",
        made.display()
    );
    (script, at.to_owned())
}

/// The options of the invented district with its record in a folder.
fn district(at: &str) -> String {
    let [seeds, geodata] = ["seeds", "geodata"].map(|name| yunze().join(name));
    let (seeds, geodata) = (seeds.display(), geodata.display());
    format!("--seeds {seeds} --geodata {geodata} --data {at}")
}

/// A service that somebody edits.
struct Desk {
    server: Server,
    token: String,
}

impl Desk {
    /// The service of a command, whose record is in this folder.
    fn of(command: &mut Command, folder: impl FnOnce(&Server) -> PathBuf) -> Self {
        let server = Server::run(command);
        let token = fs::read_to_string(folder(&server).join("token")).unwrap();
        Self { server, token }
    }

    /// The service with its record on a small disk below a folder; the disk as this process reaches it, and
    /// as the service does.
    fn on_small_disk(folder: &Path) -> (Self, PathBuf, String) {
        let (mount, at) = on_small_disk(folder);
        let script = format!(
            "{mount}
             exec {PROGRAM} serve --listen 127.0.0.1:0 {}",
            district(&at)
        );
        let disk = |server: &Server| PathBuf::from(format!("/proc/{}/root{at}", server.process()));
        let desk = Self::of(&mut with_own_mounts(&script), disk);
        let disk = disk(&desk.server);
        (desk, disk, at)
    }

    /// Gives the parcel a note of so many bytes.
    fn note(&self, bytes: usize) -> Answer {
        let version = self.server.get(PARCEL).header("etag").to_owned();
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("if-match", &version)];
        let note: String = ('a'..='z').cycle().take(bytes).collect();
        let patch = json!({ "properties": { "note": note } });
        self.server
            .send("PATCH", PARCEL, &headers, patch.to_string())
            .unwrap()
    }

    /// Asks for something about imports, and gives the answer.
    fn import(&self, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str())];
        let path = format!("/imports{path}");
        self.server.send(method, &path, &headers, body).unwrap()
    }

    fn latest(&self) -> Value {
        self.server.json("/revisions?limit=1")["revisions"][0]["revision"].clone()
    }

    /// Changes the parcel until that is refused, and returns the last revision that was
    /// acknowledged, and the refusal.
    fn fill(&self) -> (usize, String) {
        let mut acknowledged = 1;
        let refused = loop {
            // Notes of different lengths, for the same one would change nothing.
            let answer = self.note(200_000 + acknowledged);
            if answer.status != 200 {
                break answer;
            }
            acknowledged += 1;
            assert!(acknowledged < 60, "there is always room");
        };
        let told = refused.problem(503);
        // What was acknowledged is there, and served on; of the other there is nothing.
        assert_eq!(self.latest(), acknowledged);
        let note = self.server.json(PARCEL)["properties"]["note"].clone();
        let length = note.as_str().map_or(0, str::len);
        assert_eq!(length, 200_000 + acknowledged - 1);
        self.server.json(&format!("{PARCEL}?revision=1"));
        self.note(200_000).problem(503);
        (acknowledged, told)
    }
}

fn check(output: &Output) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

#[test]
fn a_full_disk_refuses_changes_loses_none_and_is_mended_by_room() {
    if !can_mount() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (desk, disk, at) = Desk::on_small_disk(folder.path());
    let (acknowledged, told) = desk.fill();
    assert!(told.contains("the disk is full"), "{told}");

    fs::remove_file(disk.join("ballast")).unwrap();
    let answer = desk.note(10);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(desk.latest(), acknowledged + 1);
    let checked = Command::new("nsenter")
        .args(["--user", "--preserve-credentials", "--mount", "--target"])
        .arg(desk.server.process().to_string())
        .args([PROGRAM, "check", "--data", &at])
        .output();
    check(&checked.unwrap());
}

/// Bytes that are free where a path is. `df` would look at the path by which everybody reaches it.
fn free(path: &Path) -> usize {
    let asked = Command::new("stat")
        .args(["--file-system", "--format=%a %S"])
        .arg(path)
        .output();
    let told = String::from_utf8(asked.unwrap().stdout).unwrap();
    let (blocks, size) = told.trim().split_once(' ').unwrap();
    let [blocks, size] = [blocks, size].map(|number| number.parse::<usize>().unwrap());
    let free = blocks * size;
    assert!(
        free < 64 << 20,
        "{free} bytes are free: this is no small disk"
    );
    free
}

/// New parcels in a file of at least so many bytes.
fn parcels(desk: &Desk, bytes: usize) -> String {
    let parcel = desk.server.json(PARCEL);
    let note: String = ('a'..='z').cycle().take(100_000).collect();
    let features: Vec<Value> = (0..=bytes / note.len())
        .map(|number| {
            let mut properties = parcel["properties"].clone();
            properties["note"] = note.as_str().into();
            json!({
                "type": "Feature", "id": format!("n-{number}"),
                "geometry": parcel["geometry"], "properties": properties,
            })
        })
        .collect();
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

#[test]
fn a_disk_that_an_import_fills_says_so_and_is_cleared() {
    if !can_mount() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (desk, disk, _) = Desk::on_small_disk(folder.path());
    let left = || fs::read_dir(disk.join("imports")).map_or(0, Iterator::count);
    let place = "?into=parcels&name=p.geojson";
    let room = free(&disk);

    // The file alone is too much.
    let refused = desk.import("POST", place, &parcels(&desk, room + 150_000));
    let told = refused.problem(503);
    assert!(told.contains("the disk is full"), "{told}");
    assert_eq!((left(), desk.latest()), (0, json!(1)));
    assert!(free(&disk) > room - 100_000, "{} of {room}", free(&disk));

    // The file has room, but what is made of it has none.
    let begun = desk.import("POST", place, &parcels(&desk, room * 17 / 20));
    assert_eq!(begun.status, 201, "{}", begun.text());
    let id = format!("/{}", begun.json()["id"].as_str().unwrap());
    let failed = loop {
        let import = desk.import("GET", &id, "").json();
        match import["state"].as_str().unwrap() {
            "reading" => thread::sleep(Duration::from_millis(20)),
            "failed" => break import,
            _ => panic!("there is always room: {import}"),
        }
    };
    let [told, told_en] = ["message", "message_en"].map(|name| failed[name].as_str().unwrap());
    assert!(told.contains("磁盘已满"), "{told}");
    assert!(told_en.contains("the disk is full"), "{told_en}");
    assert_eq!(desk.import("DELETE", &id, "").status, 204);
    assert_eq!((left(), desk.latest()), (0, json!(1)));
    let answer = desk.note(10);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn a_backup_onto_a_full_disk_says_so_and_leaves_nothing() {
    if !can_mount() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (mount, at) = on_small_disk(folder.path());
    // Room to open the record, and not for another one.
    let script = format!(
        "{mount}
         head -c {DISK} /dev/zero > {at}/more || truncate -s -200K {at}/more
         {PROGRAM} record backup {at}/copy.db --data {at} || echo failed
         ls -A {at} | grep -v -e db-wal -e db-shm -e lock
         rm {at}/more {at}/ballast
         {PROGRAM} record backup {at}/copy.db --data {at}
         {PROGRAM} record restore {at}/copy.db --data {at}/restored"
    );
    let output = with_own_mounts(&script).output().unwrap();
    check(&output);
    let [said, told] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(told.contains("磁盘已满"), "{told}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines[..5],
        ["failed", "ballast", "more", "renewal-map.db", "token"],
        "{said}"
    );
    assert!(
        lines[5].contains("copy.db") && lines[6].contains('1'),
        "{said}"
    );
}

#[test]
fn a_record_that_may_not_grow_refuses_changes_and_loses_none() {
    let folder = TempDir::new().unwrap();
    furnish(folder.path());
    let at = folder.path().to_str().unwrap();
    let serve = format!("exec {PROGRAM} serve --listen 127.0.0.1:0 {}", district(at));
    let script = format!("trap '' XFSZ; ulimit -f {}; {serve}", DISK / 1024);
    let here = |_: &Server| folder.path().to_owned();
    let desk = Desk::of(without_settings("sh").args(["-ec", &script]), here);
    let (acknowledged, told) = desk.fill();
    assert!(told.contains("failed"), "{told}");
    desk.server.kill();
    drop(desk);

    check(&program(&["check", "--data", at]).output().unwrap());
    let desk = Desk::of(without_settings("sh").args(["-ec", &serve]), here);
    assert_eq!(desk.latest(), acknowledged);
    let answer = desk.note(10);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn a_disk_that_can_only_be_read_is_told_of() {
    if !can_mount() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (mount, at) = on_small_disk(folder.path());
    let writes = [
        format!("serve --listen 127.0.0.1:0 {}", district(&at)),
        format!("people --data {at} add 李处 --role reader"),
    ];
    for command in writes {
        let script = format!(
            "{mount}
             mount -o remount,ro {at}
             exec {PROGRAM} {command}"
        );
        let output = with_own_mounts(&script).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {told}");
        assert!(told.contains("不可写"), "{command}: {told}");
    }
}

#[test]
fn a_record_that_may_only_be_read_is_told_of() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("made");
    furnish(&made);
    let at = made.to_str().unwrap();
    let writes = [
        format!("serve --listen 127.0.0.1:0 {}", district(at)),
        format!("people --data {at} add 李处 --role reader"),
    ];
    let lock = format!("chmod a-w {at}/* {at}");
    for command in writes {
        let script = format!("{lock}; exec {PROGRAM} {command}");
        let output = bound_by_permissions(&script).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {told}");
        assert!(told.contains("不可写"), "{command}: {told}");
    }
    // What it cleans up at the end, it has to be able to remove.
    let unlocked = Command::new("chmod").args(["-R", "u+w", at]).status();
    assert!(unlocked.unwrap().success());
}
