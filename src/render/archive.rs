//! Files in one ZIP archive. The same files give the same bytes.

use std::io::{Cursor, Write as _};

use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

/// An archive of files with their names.
///
/// # Errors
/// Where one of them can't be written.
pub(super) fn zipped(files: &[(&str, Vec<u8>)]) -> Result<Vec<u8>, ZipError> {
    // Files of an archive have to have a date, and their content has none.
    let undated = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, undated)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
