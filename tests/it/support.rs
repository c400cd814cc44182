//! The real server on a free port, and a client for it.

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use serde_json::Value;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_renewal-map");

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Folders of the invented district.
pub fn yunze() -> PathBuf {
    repository().join("tests/districts/yunze")
}

/// Whether the long checks run in full (`make verify`), not as samples.
pub fn in_full() -> bool {
    env::var_os("RENEWAL_MAP_VERIFY").is_some()
}

/// The program with arguments and none of the environment's settings.
pub fn program(args: &[&str]) -> Command {
    let mut command = without_settings(PROGRAM);
    command.args(args);
    command
}

/// A command with none of the environment's settings.
pub fn without_settings(command: &str) -> Command {
    let mut command = Command::new(command);
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("RENEWAL_MAP_")) {
        command.env_remove(name);
    }
    command
}

/// A running server, stopped when dropped.
pub struct Server {
    child: Child,
    /// Its address, `http://127.0.0.1:PORT`.
    pub url: String,
    /// What it printed before it was ready.
    pub greeting: String,
}

impl Server {
    /// Serves the embedded data.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Serves the invented district.
    pub fn yunze() -> Self {
        let folder = yunze();
        Self::start_with(&[
            "--seeds",
            folder.join("seeds").to_str().unwrap(),
            "--geodata",
            folder.join("geodata").to_str().unwrap(),
        ])
    }

    /// Serves with these options, on a free port.
    pub fn start_with(options: &[&str]) -> Self {
        Self::run(program(&["serve", "--listen", "127.0.0.1:0"]).args(options))
    }

    /// The same, with the link for its first administrator.
    pub fn start_for_administrator(options: &[&str]) -> (Self, String) {
        let mut command = program(&["serve", "--listen", "127.0.0.1:0"]);
        let mut server = Self::run(command.args(options).stderr(Stdio::piped()));
        let said = server.child.stderr.take().unwrap();
        let link = BufReader::new(said)
            .lines()
            .map(Result::unwrap)
            .find_map(|line| line.find("/join/").map(|at| line[at..].to_owned()))
            .expect("it ended without telling a link");
        (server, link)
    }

    /// Serves by a command.
    pub fn run(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut greeting = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines
                .next()
                .expect("the server ended before it was ready")
                .unwrap();
            greeting.push_str(&line);
            greeting.push('\n');
            if let Some(at) = line.find("http://") {
                break line[at..].to_owned();
            }
        };
        Self {
            child,
            url,
            greeting,
        }
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    /// A GET request with headers.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = agent().get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.call().unwrap())
    }

    /// A GET request that must succeed with JSON.
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// A request of any method, with headers.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        let is_stated = headers.iter().any(|(name, _)| *name == "content-type");
        let json = [("content-type", "application/json")];
        for (name, value) in headers.iter().chain(json.iter().filter(|_| !is_stated)) {
            request = request.header(*name, *value);
        }
        let request = request.body(body.as_ref().to_vec()).unwrap();
        agent().run(request).and_then(Answer::read)
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to stop, and waits until it has.
    pub fn end(mut self) -> ExitStatus {
        let process = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &process]).status();
        assert!(told.unwrap().success());
        self.child.wait().unwrap()
    }

    /// Kills it where it stands.
    pub fn kill(&self) {
        let process = i32::try_from(self.child.id()).unwrap();
        let killed = Command::new("kill")
            .args(["-KILL", &process.to_string()])
            .status();
        assert!(killed.unwrap().success());
    }

    /// A POST request.
    pub fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        Answer::of(
            agent()
                .post(format!("{}{path}", self.url))
                .content_type("application/json")
                .send(body.as_ref())
                .unwrap(),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; a test that cares looks itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into()
}

/// An answer, unpacked.
pub struct Answer {
    pub status: u16,
    headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    fn of(response: ureq::http::Response<ureq::Body>) -> Self {
        Self::read(response).unwrap()
    }

    pub fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Self, ureq::Error> {
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response
                .body_mut()
                .with_config()
                .limit(256 << 20)
                .read_to_vec()?,
        })
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The values of all headers.
    pub fn headers(&self) -> Vec<String> {
        let values = self.headers.values();
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The English detail of a problem document, which it must be.
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
        problem["detail_en"].as_str().unwrap().to_owned()
    }
}
