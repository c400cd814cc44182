//! People sign in by an identity provider: a real one, and this test is their browser.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, ChildStdout, Command, Stdio},
};

use renewal_map::{model::Role, store::record::Record};
use serde_json::json;
use tempfile::TempDir;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::{
    hidden::{House, name_of, people},
    support::{Answer, Server, program, repository},
};

const SECRET: &str = "yunze/secret: 100% + &=?";
const LEAVE: &str = "/sign-in/oidc?next=%2Fcollections%3Flang%3Den%26f%3Dhtml";
const GROUPS: [&str; 4] = [
    "--oidc-editors",
    "规划科",
    "--oidc-administrators",
    "信息中心",
];

/// The provider, stopped when dropped.
struct Provider {
    child: Child,
    issuer: String,
    /// It has to have somebody to speak to.
    _said: BufReader<ChildStdout>,
}

impl Provider {
    fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same by TLS, with a certificate that an authority has signed.
    fn start_by_tls(authority: &Authority) -> Self {
        Self::start_with(&[&authority.file("server.pem"), &authority.file("server.key")])
    }

    fn start_with(files: &[&str]) -> Self {
        let mut child = Command::new("node")
            .arg(repository().join("tests/oidc/provider.mjs"))
            .args(files)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node.js is installed");
        let mut issuer = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut issuer).unwrap();
        let issuer = issuer.trim().to_owned();
        assert!(issuer.starts_with("http"), "the provider did not start");
        Self {
            child,
            issuer,
            _said: said,
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A certificate authority of the bureau's own, and a server's certificate that it has signed.
struct Authority(TempDir);

impl Authority {
    fn new() -> Self {
        let made = Self(TempDir::new().unwrap());
        let make = |name: &str, subject: &str, more: &[&str]| {
            let [certificate, key] = ["pem", "key"].map(|end| made.file(&format!("{name}.{end}")));
            let output = Command::new("openssl")
                .args([
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                ])
                .args(["-out", &certificate, "-keyout", &key, "-subj", subject])
                .args(more)
                .output()
                .expect("OpenSSL is installed");
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{told}");
        };
        make("authority", "/CN=云泽局根证书", &["-utf8"]);
        let [certificate, key] = ["authority.pem", "authority.key"].map(|name| made.file(name));
        let extensions = [
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ];
        let signed = ["-CA", &*certificate, "-CAkey", &*key];
        make("server", "/CN=sso", &[&signed[..], &extensions].concat());
        made
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// What the authority signed is trusted by those who know this.
    fn certificate(&self) -> Certificate<'static> {
        Certificate::from_pem(&fs::read(self.file("authority.pem")).unwrap()).unwrap()
    }
}

/// A service whose people sign in by a provider.
struct Bureau {
    house: House,
    provider: Provider,
    _secret: TempDir,
}

impl Bureau {
    fn open(more: &[&str]) -> Self {
        Self::of(Provider::start(), more, &[])
    }

    fn of(provider: Provider, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let (house, secret) = house_where(&provider.issuer, more, environment);
        Self {
            house,
            provider,
            _secret: secret,
        }
    }

    fn server(&self) -> &Server {
        &self.house.server
    }

    /// Somebody goes the whole way; the last answer is that of the service.
    fn sign_in(&self, person: &str) -> (Browser, Answer) {
        let mut browser = Browser::of(person);
        let back = browser.way_back(self, |address| address);
        let answer = browser.get(&back);
        (browser, answer)
    }

    fn failures(&self) -> Vec<String> {
        let path = "/audit?limit=1000";
        let log = self.house.get(Some("administrator"), path).json();
        let entries = log["entries"].as_array().unwrap().iter();
        entries
            .filter(|entry| entry["action"] == "failed sign in")
            .map(|entry| entry["detail"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn house_of(issuer: &str, more: &[&str]) -> (House, TempDir) {
    house_where(issuer, more, &[])
}

fn house_where(issuer: &str, more: &[&str], environment: &[(&str, &str)]) -> (House, TempDir) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, format!("{SECRET}\n")).unwrap();
    let options = [
        "--oidc-issuer",
        issuer,
        "--oidc-client",
        "renewal-map",
        "--oidc-secret-file",
        file.to_str().unwrap(),
    ];
    let options: Vec<&str> = options.iter().chain(more).copied().collect();
    (House::open_where(&options, environment), folder)
}

/// Somebody's browser: it keeps cookies of each place, and goes where it is sent when told to.
struct Browser {
    person: String,
    cookies: BTreeMap<(String, String), String>,
    trusts: Option<Certificate<'static>>,
}

impl Browser {
    fn of(person: &str) -> Self {
        Self {
            person: person.to_owned(),
            cookies: BTreeMap::new(),
            trusts: None,
        }
    }

    fn get(&mut self, address: &str) -> Answer {
        let place = origin(address).to_owned();
        let own = self
            .cookies
            .iter()
            .filter(|((known, _), _)| *known == place);
        let cookies: Vec<String> = own
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let trusts = self.trusts.iter().cloned();
        let tls =
            TlsConfig::builder().root_certs(RootCerts::new_with_certs(&trusts.collect::<Vec<_>>()));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls.build())
            .build()
            .into();
        let response = agent
            .get(address)
            .header("accept", "text/html")
            .header("cookie", cookies.join("; "))
            .header("x-person", &self.person)
            .call()
            .unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let key = (place.clone(), name.to_owned());
            if value.is_empty() {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
            }
        }
        Answer::read(response).unwrap()
    }

    /// Goes to the provider and through it; gives the address by which it sends back to the service,
    /// where it has not been yet.
    fn way_back(&mut self, bureau: &Bureau, change: impl Fn(String) -> String) -> String {
        let service = &bureau.server().url;
        let answer = self.get(&format!("{service}{LEAVE}"));
        assert_eq!(answer.status, 303, "{}", answer.text());
        let mut address = change(answer.header("location").to_owned());
        for _ in 0..8 {
            if origin(&address) == service {
                return address;
            }
            let answer = self.get(&address);
            let next = answer.header("location");
            assert!(!next.is_empty(), "{address}: {}", answer.text());
            address = if next.starts_with('/') {
                format!("{}{next}", bureau.provider.issuer)
            } else {
                next.to_owned()
            };
        }
        panic!("it goes in circles: {address}");
    }

    /// Who the service takes it for.
    fn session(&mut self, bureau: &Bureau) -> serde_json::Value {
        self.get(&format!("{}/session", bureau.server().url)).json()
    }
}

/// Of an address what says at whom.
fn origin(address: &str) -> &str {
    let after = address.find("://").unwrap() + 3;
    let end = address[after..]
        .find('/')
        .map_or(address.len(), |at| after + at);
    &address[..end]
}

fn parameter(address: &str, name: &str) -> String {
    let (_, query) = address.split_once('?').unwrap();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(known, _)| known == name);
    found
        .unwrap_or_else(|| panic!("{name}: {address}"))
        .1
        .into_owned()
}

/// The address with another value of a parameter.
fn with(address: &str, name: &str, value: &str) -> String {
    let (path, query) = address.split_once('?').unwrap();
    let pairs = form_urlencoded::parse(query.as_bytes()).map(|(known, old)| {
        let new = if known == name { value.into() } else { old };
        (known, new)
    });
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("{path}?{query}")
}

/// The page of signing in, which says why somebody is not.
#[track_caller]
fn refused(answer: &Answer, status: u16, words: &str) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert!(text.contains(words), "{text}");
    assert!(answer.header("content-type").starts_with("text/html"));
    assert_eq!(answer.header("cache-control"), "no-store");
    // By a password they still may.
    assert!(text.contains("action=\"../../sign-in\""), "{text}");
}

#[test]
fn people_of_the_bureau_are_known_by_its_provider_and_may_what_their_groups_may() {
    let bureau = Bureau::open(&GROUPS);
    let session = bureau.server().json("/session");
    assert_eq!(
        session["sign_in"],
        json!({ "password": true, "oidc": { "title": "统一认证" } })
    );
    let page = bureau.server().get("/sign-in?next=%2Fapi").text();
    assert!(page.contains("href=\"sign-in/oidc?next=%2Fapi\""), "{page}");
    assert!(page.contains("统一认证"), "{page}");
    for (person, name, role) in [
        ("u-001", "张工", "editor"),
        ("u-002", "赵处", "administrator"),
        // Without a name of their own to sign in by, and without any.
        ("u-003", "访客", "reader"),
        ("u-004", "u-004", "reader"),
    ] {
        let (mut browser, answer) = bureau.sign_in(person);
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(answer.header("location"), "/collections?lang=en&f=html");
        let session = browser.session(&bureau);
        assert_eq!(
            (&session["name"], &session["role"]),
            (&json!(name), &json!(role))
        );
        assert!(session["csrf"].is_string());
        // What the way there needed is gone.
        assert!(
            browser
                .cookies
                .keys()
                .all(|(_, name)| name != "renewal_map_oidc")
        );
        // Again they are the same.
        let (mut again, _) = bureau.sign_in(person);
        assert_eq!(again.session(&bureau)["name"], name);
        assert_eq!(browser.session(&bureau)["name"], name);
    }
    let log = bureau
        .house
        .get(Some("administrator"), "/audit?limit=1000")
        .json();
    let did = |who: &str, what: &str| {
        let entries = log["entries"].as_array().unwrap().iter();
        entries
            .filter(|entry| entry["account"] == who && entry["action"] == what)
            .count()
    };
    assert_eq!((did("张工", "account"), did("张工", "sign in")), (1, 2));
    // There is somebody who can administer, so no link makes another.
    let record = Record::open_existing(bureau.house.data.path()).unwrap();
    assert!(record.can_be_administered().unwrap());
}

#[test]
fn what_is_sent_there_is_what_the_standard_asks_for() {
    let bureau = Bureau::open(&GROUPS);
    let mut browser = Browser::of("u-001");
    let answer = browser.get(&format!("{}{LEAVE}", bureau.server().url));
    let cookie = answer.header("set-cookie");
    for word in [
        "HttpOnly",
        "SameSite=Lax",
        "Path=/sign-in/oidc",
        "Max-Age=600",
    ] {
        assert!(cookie.split("; ").any(|part| part == word), "{cookie}");
    }
    let address = answer.header("location");
    assert!(address.starts_with(&bureau.provider.issuer), "{address}");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "renewal-map"),
        ("code_challenge_method", "S256"),
        ("scope", "openid profile groups"),
        (
            "redirect_uri",
            &format!("{}/sign-in/oidc/callback", bureau.server().url),
        ),
    ] {
        assert_eq!(parameter(address, name), value);
    }
    // Each attempt is another, and none shows what the browser keeps.
    let other = Browser::of("u-001").get(&format!("{}{LEAVE}", bureau.server().url));
    for name in ["state", "nonce", "code_challenge"] {
        let value = parameter(address, name);
        assert_ne!(value, parameter(other.header("location"), name));
        assert!(value.len() >= 43 && !cookie.contains(&value), "{name}");
    }
    // Behind a proxy it is the public address that people come back to.
    let (house, _secret) = house_of(
        &bureau.provider.issuer,
        &[
            "--public-url",
            "https://map.example.gov.cn/renewal",
            "--oidc-title",
            "区政务网<统一认证>",
        ],
    );
    let answer = house.server.get(LEAVE);
    assert_eq!(
        parameter(answer.header("location"), "redirect_uri"),
        "https://map.example.gov.cn/renewal/sign-in/oidc/callback"
    );
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.contains("; Path=/renewal/sign-in/oidc; Secure"),
        "{cookie}"
    );
    let page = house.server.get("/sign-in").text();
    assert!(page.contains("区政务网&lt;统一认证&gt;"), "{page}");
}

#[test]
fn a_code_is_good_once_and_for_the_browser_that_asked_for_it() {
    let bureau = Bureau::open(&GROUPS);
    let mut browser = Browser::of("u-001");
    let back = browser.way_back(&bureau, |address| address);
    let attempt = browser.cookies.clone();
    // In another browser; with another state; without any.
    let mut other = Browser::of("u-003");
    refused(&other.get(&back), 400, "did not begin here");
    assert_eq!(other.session(&bureau)["name"], json!(null));
    for state in [&"0".repeat(64), ""] {
        let mut browser = Browser::of("u-001");
        browser.cookies.clone_from(&attempt);
        refused(
            &browser.get(&with(&back, "state", state)),
            400,
            "did not begin here",
        );
    }
    // By another provider.
    let mut deceived = Browser::of("u-001");
    deceived.cookies.clone_from(&attempt);
    let answer = deceived.get(&with(&back, "iss", "https://evil.example"));
    refused(&answer, 403, "another issuer");
    // With somebody else's code: its PKCE challenge was another.
    let others = Browser::of("u-002").way_back(&bureau, |address| address);
    let mut thief = Browser::of("u-001");
    thief.cookies.clone_from(&attempt);
    let answer = thief.get(&with(&back, "code", &parameter(&others, "code")));
    refused(&answer, 403, "invalid_grant");
    // None of that has used the code up.
    assert_eq!(browser.get(&back).status, 303);
    refused(&browser.get(&back), 400, "did not begin here");
    let mut again = Browser::of("u-001");
    again.cookies.clone_from(&attempt);
    refused(&again.get(&back), 403, "invalid_grant");
    assert_eq!(again.session(&bureau)["name"], json!(null));
    assert_eq!(bureau.failures().len(), 7, "{:?}", bureau.failures());
}

#[test]
fn a_token_that_is_not_for_this_service_and_attempt_signs_nobody_in() {
    let bureau = Bureau::open(&GROUPS);
    for (person, words) in [
        ("audience", "Invalid audiences"),
        ("party", "Invalid audiences"),
        ("issuer", "Invalid issuer"),
        ("expired", "Expired"),
        ("nonce", "Invalid nonce"),
        ("no-nonce", "Invalid nonce"),
        ("forged", "Signature verification failed"),
        ("unsigned", "Signature verification failed"),
        ("confused", "Signature verification failed"),
    ] {
        let (mut browser, answer) = bureau.sign_in(person);
        refused(&answer, 403, words);
        assert_eq!(browser.session(&bureau)["name"], json!(null), "{person}");
    }
    // The same where the request was tampered with on its way.
    for (name, words) in [
        ("nonce", "Invalid nonce"),
        ("code_challenge", "invalid_grant"),
    ] {
        let mut browser = Browser::of("u-001");
        let value = "A".repeat(43);
        let back = browser.way_back(&bureau, |address| with(&address, name, &value));
        refused(&browser.get(&back), 403, words);
    }
    // What the provider says against somebody is shown, and is no markup.
    let (_, answer) = bureau.sign_in("外人");
    refused(&answer, 403, "access_denied &lt;b&gt;");
    assert!(!answer.text().contains("<b>"));
    assert_eq!(bureau.failures().len(), 12);
    let accounts = Record::open_existing(bureau.house.data.path())
        .unwrap()
        .accounts();
    assert_eq!(accounts.unwrap().len(), 3, "no account was made");
}

#[test]
fn a_key_that_is_new_to_the_service_is_asked_for() {
    let bureau = Bureau::open(&[]);
    // By now it knows the keys of before.
    assert_eq!(bureau.sign_in("u-001").1.status, 303);
    let (mut browser, answer) = bureau.sign_in("u-006");
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(browser.session(&bureau)["name"], "换钥");
}

#[test]
fn accounts_stay_whose_and_what_they_are() {
    let bureau = Bureau::open(&GROUPS);
    let data = bureau.house.data.path();
    // A name that has an account is not taken over, even by who may administer.
    let (mut browser, answer) = bureau.sign_in("u-005");
    refused(&answer, 403, "was made otherwise");
    assert_eq!(browser.session(&bureau)["name"], json!(null));
    let record = Record::open_existing(data).unwrap();
    let role_of = |name: &str| {
        let accounts = record.accounts().unwrap();
        accounts
            .into_iter()
            .find(|account| account.name == name)
            .map(|account| account.role)
    };
    assert_eq!(role_of(name_of("editor")), Some(Role::Editor));
    // What the provider says holds at every sign-in.
    let (mut before, _) = bureau.sign_in("u-001");
    people(data, &["add", "张工", "--role", "administrator"]);
    assert_eq!(before.session(&bureau)["name"], json!(null));
    let (mut after, _) = bureau.sign_in("u-001");
    assert_eq!(after.session(&bureau)["role"], "editor");
    // A closed account stays closed, until an administrator opens it.
    people(data, &["close", "张工"]);
    assert_eq!(after.session(&bureau)["name"], json!(null));
    refused(&bureau.sign_in("u-001").1, 403, "or it is closed");
    people(data, &["add", "张工", "--role", "reader"]);
    assert_eq!(bureau.sign_in("u-001").1.status, 303);
    assert_eq!(role_of("张工"), Some(Role::Editor));
}

#[test]
fn without_groups_roles_are_given_here() {
    let bureau = Bureau::open(&["--readers", "accounts"]);
    let (mut browser, _) = bureau.sign_in("u-002");
    assert_eq!(browser.session(&bureau)["role"], "reader");
    people(
        bureau.house.data.path(),
        &["add", "赵处", "--role", "editor"],
    );
    let (mut browser, _) = bureau.sign_in("u-002");
    assert_eq!(browser.session(&bureau)["role"], "editor");
}

/// A provider that answers everybody with the same bytes, and then says no more.
fn one_that_says(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            // Whoever has heard enough may hang up.
            let _ = std::io::Write::write_all(&mut stream, &answer);
            open.push(stream);
        }
    });
    issuer
}

#[test]
fn a_provider_that_says_too_much_or_nothing_is_not_waited_for() {
    let endless = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"issuer\": \"";
    let endless = [&endless[..], &vec![b'a'; 3 << 20]].concat();
    let taken = [endless, Vec::new()].map(|answer| {
        let (house, _secret) = house_of(&one_that_says(answer), &[]);
        let started = std::time::Instant::now();
        let answer = house.server.get(LEAVE);
        let taken = started.elapsed();
        assert_eq!(answer.status, 503);
        assert!(
            answer.text().contains("does not answer"),
            "{}",
            answer.text()
        );
        assert_eq!(house.server.get("/collections").status, 200);
        taken
    });
    // Both keep the line open: one is left for what it said, the other when time is up.
    assert!(taken[0] * 2 < taken[1], "{taken:?}");
}

#[test]
fn a_provider_is_trusted_whose_certificate_the_system_trusts_and_no_other() {
    let authority = Authority::new();
    let trusted = authority.file("authority.pem");
    let provider = Provider::start_by_tls(&authority);
    let bureau = Bureau::of(provider, &GROUPS, &[("SSL_CERT_FILE", &trusted)]);
    let mut browser = Browser::of("u-001");
    browser.trusts = Some(authority.certificate());
    let back = browser.way_back(&bureau, |address| address);
    let answer = browser.get(&back);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(browser.session(&bureau)["name"], "张工");

    // The same provider, and a system that knows another authority only.
    let other = Authority::new().file("authority.pem");
    let stranger = Authority::new();
    let provider = Provider::start_by_tls(&stranger);
    let bureau = Bureau::of(provider, &GROUPS, &[("SSL_CERT_FILE", &other)]);
    let answer = Browser::of("u-001").get(&format!("{}{LEAVE}", bureau.server().url));
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(
        answer.text().contains("does not answer"),
        "{}",
        answer.text()
    );
}

#[test]
fn where_the_provider_is_down_passwords_go_on() {
    // Nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (house, _secret) = house_of(&format!("http://{port}"), &[]);
    let answer = house.server.get(LEAVE);
    assert_eq!(answer.status, 503);
    let text = answer.text();
    assert!(
        text.contains("does not answer") && text.contains("没有应答"),
        "{text}"
    );
    assert!(text.contains("action=\"../sign-in\""), "{text}");
    assert!(
        text.contains("value=\"/collections?lang=en&amp;f=html\""),
        "{text}"
    );
    // It is not told what lies where.
    assert!(!text.contains(&port.to_string()), "{text}");
    let link = people(
        house.data.path(),
        &["invite", name_of("reader"), "--role", "reader"],
    );
    let key = &link[link.find("/join/").unwrap()..];
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("password", "一个确实足够长的密码"),
            ("again", "一个确实足够长的密码"),
        ])
        .finish();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let joined = house
        .server
        .send("POST", key.trim(), &headers, form)
        .unwrap();
    assert_eq!(joined.status, 303, "{}", joined.text());
    let body = json!({ "name": name_of("reader"), "password": "一个确实足够长的密码" });
    assert_eq!(house.server.post("/session", body.to_string()).status, 200);
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let folder = TempDir::new().unwrap();
    let [full, empty] = ["full", "empty"].map(|name| folder.path().join(name));
    fs::write(&full, SECRET).unwrap();
    fs::write(&empty, "\n").unwrap();
    let [full, empty] = [&full, &empty].map(|file| file.to_str().unwrap());
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let (issuer, client) = (
        "--oidc-issuer=http://127.0.0.1:1",
        "--oidc-client=renewal-map",
    );
    let [full, empty] = [full, empty].map(|file| format!("--oidc-secret-file={file}"));
    let data = format!("--data={data}");
    let whole = [issuer, client, &full, &data];
    let and = |more: &[&'static str]| -> Vec<String> {
        whole
            .iter()
            .chain(more)
            .map(|&option| option.to_owned())
            .collect()
    };
    let only = |options: &[&str]| options.iter().map(|&option| option.to_owned()).collect();
    let cases: [(Vec<String>, &str); 11] = [
        (only(&[client, &data]), "go with --oidc-issuer"),
        (only(&["--oidc-editors=a", &data]), "go with --oidc-issuer"),
        (only(&[issuer, client, &full]), "goes with --data"),
        (
            only(&[issuer, client, &data]),
            "goes with --oidc-client and --oidc-secret-file",
        ),
        (only(&[issuer, client, &empty, &data]), "it is empty"),
        (
            only(&[issuer, client, "--oidc-secret-file=/no/such", &data]),
            "can't read it",
        ),
        (
            only(&["--oidc-issuer=ldap://a", client, &full, &data]),
            "http:// or https://",
        ),
        (
            and(&["--oidc-role-claim=roles"]),
            "--oidc-role-claim goes with",
        ),
        (
            and(&["--oidc-editors=a", "--oidc-administrators=a"]),
            "different groups",
        ),
        (and(&["--oidc-title= "]), "must not be empty"),
        (and(&["--listen=0.0.0.0:0"]), "goes with --public-url"),
    ];
    for (options, words) in cases {
        let output = program(&["serve"]).args(&options).output().unwrap();
        assert!(!output.status.success(), "{options:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(words), "{options:?}: {said}");
    }
}
