//! Connections that read.

use std::{
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::Connection;

use super::{RecordError, schema};

/// Connections that are kept open while nobody reads.
const MAX_IDLE: usize = 8;

/// The connections of one record that read: each is used again, for opening one costs more than most
/// readings do.
#[derive(Debug)]
pub struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Those of the record at a path; none is opened yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Where the record is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One that nobody else uses.
    ///
    /// # Errors
    /// Where none is idle and no more can be opened.
    pub fn get(&self) -> Result<Reader<'_>, RecordError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => schema::open_to_read(&self.path)?,
        };
        Ok(Reader {
            of: self,
            connection: Some(connection),
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that reads, as long as somebody has it.
pub struct Reader<'a> {
    of: &'a Readers,
    /// There until it is dropped.
    connection: Option<Connection>,
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("it is not dropped yet")
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("it is not dropped yet")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut idle = self.of.idle();
        if idle.len() < MAX_IDLE {
            idle.extend(self.connection.take());
        }
    }
}
