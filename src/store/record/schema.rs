//! The tables of the record, and how older ones become today's.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use super::RecordError;
use crate::model::Text;

/// Says in the file's head whose it is: “RMap”.
const APPLICATION_ID: i32 = 0x524d_6170;
/// How long a writer waits for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What makes a record of each version one of the next. A new record goes through all of them.
///
/// An entry is a feature (its shelf is its collection, its name its id), or a file beside the
/// collections (its shelf is `seeds/` or `geodata/`). It stands from one revision on, up to the one
/// that replaced it. `release` holds what the last accepted release of the data had. Version 2 knows
/// people: of a token only the hash is kept. Version 3 knows passwords and sessions, version 4 how
/// files were imported, version 5 people of an identity provider, version 6 views that were shared.
const UPGRADES: [&str; 6] = [
    "
    CREATE TABLE revisions (
        number INTEGER PRIMARY KEY,
        time_ms INTEGER NOT NULL,
        author TEXT NOT NULL,
        message TEXT NOT NULL,
        cause TEXT NOT NULL,
        hash BLOB NOT NULL
    ) STRICT;
    CREATE TABLE entries (
        shelf TEXT NOT NULL,
        name TEXT NOT NULL,
        from_revision INTEGER NOT NULL REFERENCES revisions,
        to_revision INTEGER REFERENCES revisions,
        place INTEGER NOT NULL,
        hash BLOB NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (shelf, name, from_revision)
    ) STRICT;
    CREATE UNIQUE INDEX standing ON entries (shelf, name) WHERE to_revision IS NULL;
    CREATE INDEX by_place ON entries (shelf, place);
    CREATE INDEX began ON entries (from_revision);
    CREATE INDEX ended ON entries (to_revision) WHERE to_revision IS NOT NULL;
    CREATE TABLE release (
        shelf TEXT NOT NULL,
        name TEXT NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (shelf, name)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE accounts (
        name TEXT PRIMARY KEY,
        role TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        closed_ms INTEGER
    ) STRICT;
    CREATE TABLE tokens (
        number INTEGER PRIMARY KEY,
        account TEXT NOT NULL REFERENCES accounts,
        label TEXT NOT NULL,
        hash BLOB NOT NULL UNIQUE,
        created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        revoked_ms INTEGER
    ) STRICT;
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY,
        time_ms INTEGER NOT NULL,
        account TEXT NOT NULL,
        action TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT;
",
    SESSIONS,
    MAPPINGS,
    IDENTITIES,
    SHARES,
];

/// Passwords as PHC strings; of sessions and one-time links only hashes. A link without an account
/// makes the first administrator. What changed in which collection is found by index, for not
/// everybody is told of every collection.
const SESSIONS: &str = "
    CREATE TABLE passwords (
        account TEXT PRIMARY KEY REFERENCES accounts,
        hash TEXT NOT NULL,
        set_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sessions (
        hash BLOB PRIMARY KEY,
        account TEXT NOT NULL REFERENCES accounts,
        created_ms INTEGER NOT NULL,
        seen_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE invitations (
        hash BLOB PRIMARY KEY,
        account TEXT REFERENCES accounts,
        created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    DROP INDEX began;
    DROP INDEX ended;
    CREATE INDEX began ON entries (from_revision, shelf);
    CREATE INDEX ended ON entries (to_revision, shelf) WHERE to_revision IS NOT NULL;
";

/// How the fields of imported files were mapped: by collection and the names of the fields.
const MAPPINGS: &str = "
    CREATE TABLE mappings (
        collection TEXT NOT NULL,
        fields TEXT NOT NULL,
        mapping TEXT NOT NULL,
        PRIMARY KEY (collection, fields)
    ) STRICT, WITHOUT ROWID;
";

/// Whom an identity provider knows, and by which account they are known here.
const IDENTITIES: &str = "
    CREATE TABLE identities (
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        account TEXT NOT NULL UNIQUE REFERENCES accounts,
        PRIMARY KEY (issuer, subject)
    ) STRICT, WITHOUT ROWID;
";

/// Views that were shared, and the secret from which their ids follow.
const SHARES: &str = "
    CREATE TABLE shares (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        title TEXT NOT NULL,
        note TEXT NOT NULL,
        revision INTEGER NOT NULL REFERENCES revisions,
        follows_latest INTEGER NOT NULL,
        made_ms INTEGER NOT NULL,
        made_by TEXT REFERENCES accounts
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX shares_by_maker ON shares (made_by);
    CREATE TABLE share_secret (secret BLOB NOT NULL) STRICT;
    INSERT INTO share_secret (secret) VALUES (randomblob(32));
";

/// Opens a record to write, and makes it where there is none.
///
/// # Errors
/// Where it can't be opened, is no record, or is one of an older or a newer version.
pub fn open(path: &Path) -> Result<Connection, RecordError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    let version = version(&connection, path)?;
    if (1..UPGRADES.len()).contains(&version) {
        return Err(outdated(path));
    }
    prepare(&connection)?;
    if version == 0 {
        upgrade(&mut connection)?;
    }
    Ok(connection)
}

/// Whether a record is there and of an older version.
///
/// # Errors
/// As [`open`].
pub fn is_outdated(path: &Path) -> Result<bool, RecordError> {
    if !path.is_file() {
        return Ok(false);
    }
    let version = version(&Connection::open(path)?, path)?;
    Ok((1..UPGRADES.len()).contains(&version))
}

/// Makes a record of an older version one of today's, and keeps a copy of it as it was; leaves others
/// alone. Nobody else may be using it.
///
/// # Errors
/// As [`open`]; the record then is as it was.
pub fn bring_up_to_date(path: &Path) -> Result<(), RecordError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    let version = version(&connection, path)?;
    if !(1..UPGRADES.len()).contains(&version) {
        return Ok(());
    }
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".v{version}.{now}"));
    super::backup::copy(&connection, &path.with_file_name(name))?;
    prepare(&connection)?;
    upgrade(&mut connection)
}

/// Opens the copy of a record, which may be of an older version.
///
/// # Errors
/// As [`open`].
pub fn open_draft(path: &Path) -> Result<Connection, RecordError> {
    let mut connection = Connection::open(path)?;
    if version(&connection, path)? == 0 {
        return Err(RecordError::Unfit(Text::new(
            "备份文件是空的",
            "the backup is empty",
        )));
    }
    upgrade(&mut connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<(), RecordError> {
    // A commit counts when the disk has it, and readers go on while one is written.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

fn outdated(path: &Path) -> RecordError {
    RecordError::Unfit(Text::new(
        format!(
            "{} 是旧版本的库：用这个程序重新启动 serve 即升级",
            path.display()
        ),
        format!(
            "{} is of an older version: starting serve anew with this program upgrades it",
            path.display()
        ),
    ))
}

/// Opens a record that is there to read it.
///
/// # Errors
/// Where it can't be opened.
pub fn open_to_read(path: &Path) -> Result<Connection, RecordError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    if version(&connection, path)? == UPGRADES.len() {
        Ok(connection)
    } else {
        Err(outdated(path))
    }
}

/// The version of a record; 0 of a new one.
fn version(connection: &Connection, path: &Path) -> Result<usize, RecordError> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: Option<i64> = connection
        .query_row("SELECT 1 FROM sqlite_schema LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let version = number("user_version")?;
    if tables.is_none() && version == 0 {
        return Ok(0);
    }
    if number("application_id")? != APPLICATION_ID {
        return Err(RecordError::Unfit(Text::new(
            format!("{} 是别的程序的数据库", path.display()),
            format!("{} is a database of another program", path.display()),
        )));
    }
    match usize::try_from(version) {
        Ok(version) if (1..=UPGRADES.len()).contains(&version) => Ok(version),
        _ => Err(RecordError::Unfit(Text::new(
            format!(
                "{} 由更新的程序建立（库版本 {version}，本程序到 {}）：请用新程序打开",
                path.display(),
                UPGRADES.len()
            ),
            format!(
                "{} was made by a newer program (version {version}; this one knows {}): open it with that",
                path.display(),
                UPGRADES.len()
            ),
        ))),
    }
}

fn upgrade(connection: &mut Connection) -> Result<(), RecordError> {
    let upgrade = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been quicker.
    let version = upgrade.pragma_query_value(None, "user_version", |row| row.get::<_, usize>(0))?;
    for step in UPGRADES.iter().skip(version) {
        upgrade.execute_batch(step)?;
    }
    set_version(&upgrade)?;
    upgrade.commit()?;
    Ok(())
}

fn set_version(upgrade: &Transaction<'_>) -> Result<(), RecordError> {
    upgrade.pragma_update(None, "application_id", APPLICATION_ID)?;
    upgrade.pragma_update(None, "user_version", UPGRADES.len())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use jiff::Timestamp;
    use rusqlite::types::Value;

    use super::*;
    use crate::{
        model::Role,
        store::{
            files::Files,
            record::{FILE, Hash, LetIn, Record},
        },
    };

    /// A record of today's version with something in each of its tables.
    fn full(folder: &Path) {
        let yunze = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/districts/yunze");
        let [seeds, geodata] = ["seeds", "geodata"].map(|part| Some(yunze.join(part)));
        let record = Record::open(folder, &Files::seeds(seeds), &Files::geodata(geodata)).unwrap();
        let tomorrow = Timestamp::MAX;
        let [token, link, session, other] = [1, 2, 3, 4].map(|byte: u8| Hash::of(&[byte]));
        record.put_account("王工", Role::Editor).unwrap();
        record.add_token("王工", "试", token, tomorrow).unwrap();
        record.add_invitation(Some("王工"), link, tomorrow).unwrap();
        record.accept_invitation(link, "王工", "kept").unwrap();
        record
            .add_invitation(Some("王工"), other, tomorrow)
            .unwrap();
        let let_in = LetIn::Password("kept");
        assert!(
            record
                .open_session("王工", let_in, session, tomorrow)
                .unwrap()
        );
        let filled = record.writer().execute_batch(
            "INSERT INTO mappings VALUES ('parcels', 'a,b', '{}');
             INSERT INTO identities VALUES ('https://id.example.cn', 'w', '王工');
             INSERT INTO shares VALUES ('22222-22222', '?v=1', '题', '', 1, 0, 1, '王工');",
        );
        filled.unwrap();
    }

    /// What stands in each table.
    fn told(path: &Path) -> BTreeMap<String, Vec<String>> {
        let connection = Connection::open(path).unwrap();
        let rows = |table: String| {
            let mut rows = connection
                .prepare(&format!("SELECT * FROM {table}"))
                .unwrap();
            let columns = rows.column_count();
            let rows = rows.query_map([], |row| {
                let row: rusqlite::Result<Vec<Value>> =
                    (0..columns).map(|at| row.get(at)).collect();
                Ok(format!("{:?}", row?))
            });
            let mut rows: Vec<String> = rows.unwrap().map(Result::unwrap).collect();
            rows.sort();
            (table, rows)
        };
        tables(&connection).into_iter().map(rows).collect()
    }

    fn tables(connection: &Connection) -> Vec<String> {
        let select = "SELECT name FROM main.sqlite_schema WHERE type = 'table'";
        let mut tables = connection.prepare(select).unwrap();
        let tables = tables.query_map([], |row| row.get(0)).unwrap();
        tables.map(Result::unwrap).collect()
    }

    /// The tables and indices themselves.
    fn shape(path: &Path) -> Vec<(String, Option<String>)> {
        let connection = Connection::open(path).unwrap();
        let select = "SELECT name, sql FROM sqlite_schema ORDER BY name";
        let mut shape = connection.prepare(select).unwrap();
        let shape = shape.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        shape.unwrap().map(Result::unwrap).collect()
    }

    /// Makes a record as a program of an older version made it, with the data of another.
    fn of_version(number: usize, path: &Path, data: &Path) {
        let connection = Connection::open(path).unwrap();
        for step in &UPGRADES[..number] {
            connection.execute_batch(step).unwrap();
        }
        connection
            .pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        connection
            .pragma_update(None, "user_version", number)
            .unwrap();
        connection
            .pragma_update(None, "foreign_keys", false)
            .unwrap();
        connection
            .execute("ATTACH ?1 AS today", [data.to_str()])
            .unwrap();
        for table in tables(&connection) {
            let copied = format!("INSERT INTO main.{table} SELECT * FROM today.{table}");
            assert!(connection.execute(&copied, []).unwrap() > 0, "{table}");
        }
    }

    #[test]
    fn a_record_of_any_older_version_becomes_one_of_today_with_all_that_it_had() {
        let today = tempfile::tempdir().unwrap();
        full(today.path());
        let today = today.path().join(FILE);
        for number in 1..UPGRADES.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(FILE);
            of_version(number, &path, &today);
            let before = told(&path);
            assert!(
                is_outdated(&path).unwrap() && open(&path).is_err(),
                "{number}"
            );
            assert_eq!(told(&path), before, "{number}: who looks changes nothing");

            bring_up_to_date(&path).unwrap();
            assert_eq!(shape(&path), shape(&today), "{number}");
            let after = told(&path);
            for (table, rows) in &after {
                match before.get(table) {
                    Some(had) => assert_eq!(rows, had, "{number}: {table}"),
                    None => assert_eq!(rows.len(), usize::from(table == "share_secret"), "{table}"),
                }
            }
            assert!(
                before.keys().all(|table| after.contains_key(table)),
                "{number}"
            );
            let files = fs::read_dir(folder.path())
                .unwrap()
                .map(|file| file.unwrap().path());
            let copies: Vec<_> = files
                .filter(|file| {
                    let name = file.file_name().unwrap_or_default().to_string_lossy();
                    name.starts_with(&format!("{FILE}.v{number}."))
                })
                .collect();
            assert_eq!(copies.len(), 1, "{number}: {copies:?}");
            assert!(
                is_outdated(&copies[0]).unwrap() && told(&copies[0]) == before,
                "{number}"
            );
            let record = Record::open_existing(folder.path()).unwrap();
            assert_eq!(record.verify().unwrap().revision.0, 1);
        }
    }
}
