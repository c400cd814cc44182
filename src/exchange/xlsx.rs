//! Tables as an Office Open XML workbook, one sheet a table, with typed cells: text is never taken
//! for a formula, nor a number for text.
//!
//! The same tables give the same bytes: no clock is looked at.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format as Look, FormatAlign, Workbook, Worksheet, XlsxError,
};

use super::table::{Cell, Format, Table};

/// Characters that a cell of Excel can hold.
const MAX_TEXT: usize = 32_767;
/// What stands at the end of a text that is longer.
const CUT: &str = "……〔超出单元格上限，此处截断 (cut here: a cell holds no more)〕";
/// Characters of a sheet's name.
const MAX_NAME: usize = 31;
/// Columns at least so wide hold sentences, which go on in further lines.
const SENTENCES: u8 = 40;

/// The date that a workbook bears: it has to have one, and its content has none.
const UNDATED: &str = "2000-01-01T00:00:00Z";

/// Why no workbook was written.
#[derive(Debug, thiserror::Error)]
pub enum Error<E> {
    /// The writer gave up, such as where the disk is full.
    #[error("{0}")]
    Failed(#[from] XlsxError),
    /// Somebody else did, between rows.
    #[error("interrupted")]
    Stopped(E),
}

/// A workbook of these tables.
///
/// Rows go to a temporary file as they come; what is held in memory are the distinct texts and, at
/// the end, the workbook.
///
/// # Errors
/// Where the temporary file can't be written, or `go_on` says so, between rows.
pub fn write<'a, E>(
    title: &str,
    tables: impl IntoIterator<Item = Table<'a>>,
    mut go_on: impl FnMut() -> Result<(), E>,
) -> Result<Vec<u8>, Error<E>> {
    let mut workbook = Workbook::new();
    let undated = ExcelDateTime::parse_from_str(UNDATED)?;
    workbook.set_properties(
        &DocProperties::new()
            .set_title(title)
            .set_creation_datetime(&undated),
    );
    let looks = Looks::new();
    let mut names: Vec<String> = Vec::new();
    for table in tables {
        let name = sheet_name(&table.title, &names);
        let sheet = workbook.add_worksheet_with_low_memory()?;
        sheet.set_name(&name)?;
        names.push(name);
        fill(sheet, table, &looks, &mut go_on)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// How cells look.
struct Looks {
    head: Look,
    text: Look,
    sentence: Look,
    plain: Look,
    count: Look,
    tenths: Look,
    share: Look,
}

impl Looks {
    fn new() -> Self {
        let base = || Look::new().set_align(FormatAlign::Top);
        Self {
            head: base().set_bold().set_background_color("E8EEF2"),
            text: base(),
            sentence: base().set_text_wrap(),
            plain: base(),
            count: base().set_num_format("#,##0"),
            tenths: base().set_num_format("#,##0.0"),
            share: base().set_num_format("0.0%"),
        }
    }

    fn of(&self, format: Format) -> &Look {
        match format {
            Format::Plain => &self.plain,
            Format::Count => &self.count,
            Format::Tenths => &self.tenths,
            Format::Share => &self.share,
        }
    }
}

fn fill<E>(
    sheet: &mut Worksheet,
    table: Table<'_>,
    looks: &Looks,
    go_on: &mut impl FnMut() -> Result<(), E>,
) -> Result<(), Error<E>> {
    sheet.set_freeze_panes(1, 0)?;
    let columns = || (0_u16..).zip(&table.columns);
    for (column, head) in columns() {
        sheet.set_column_width(column, f64::from(head.width))?;
        sheet.write_string_with_format(0, column, head.head, &looks.head)?;
    }
    let mut last = 0;
    for (row, cells) in (1_u32..).zip(table.rows) {
        go_on().map_err(Error::Stopped)?;
        for ((column, head), cell) in columns().zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Text(words) => {
                    let look = if head.width >= SENTENCES {
                        &looks.sentence
                    } else {
                        &looks.text
                    };
                    sheet.write_string_with_format(row, column, fitting(&words), look)?;
                }
                Cell::Number(number, format) => {
                    sheet.write_number_with_format(row, column, number, looks.of(format))?;
                }
            }
        }
        last = row;
    }
    if let Some((column, _)) = columns().last() {
        sheet.autofilter(0, 0, last, column)?;
    }
    Ok(())
}

/// A text as far as a cell can hold it, and a word that it goes on.
fn fitting(text: &str) -> std::borrow::Cow<'_, str> {
    // A character beyond the basic plane counts twice.
    let length = |text: &str| text.encode_utf16().count();
    if text.len() <= MAX_TEXT || length(text) <= MAX_TEXT {
        return text.into();
    }
    let mut room = MAX_TEXT - length(CUT);
    let kept = text
        .chars()
        .take_while(|letter| {
            let fits = letter.len_utf16() <= room;
            room = room.saturating_sub(letter.len_utf16());
            fits
        })
        .chain(CUT.chars());
    kept.collect::<String>().into()
}

/// A name that Excel takes for a sheet, and that no other sheet has.
fn sheet_name(title: &str, taken: &[String]) -> String {
    let allowed: String = title
        .chars()
        .map(|letter| {
            if letter.is_control() || "[]:*?/\\'".contains(letter) {
                ' '
            } else {
                letter
            }
        })
        .collect();
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    (1..=taken.len() + 1)
        .map(|number| {
            let ending = if number == 1 {
                String::new()
            } else {
                format!(" {number}")
            };
            let room = MAX_NAME - ending.len();
            let mut name = String::new();
            for letter in allowed.trim().chars() {
                if name.encode_utf16().count() + letter.len_utf16() > room {
                    break;
                }
                name.push(letter);
            }
            if name.is_empty() {
                name.push('-');
            }
            name + &ending
        })
        .find(|name| !taken.iter().any(|other| same(other, name)))
        .expect("one of them is free, for they are more than the names taken")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_have_names_that_excel_takes() {
        let taken = ["项目".to_owned(), "Plots".to_owned()];
        for (title, name) in [
            ("地块", "地块"),
            ("项目", "项目 2"),
            ("PLOTS", "PLOTS 2"),
            ("a/b:[c]", "a b  c"),
            ("'quoted'", "quoted"),
            ("", "-"),
        ] {
            assert_eq!(sheet_name(title, &taken), name);
        }
        let long = "很".repeat(40);
        assert_eq!(sheet_name(&long, &taken).chars().count(), MAX_NAME);
        let again = sheet_name(&long, &[sheet_name(&long, &taken)]);
        assert!(again.ends_with(" 2") && again.chars().count() == MAX_NAME);
    }

    #[test]
    fn a_text_that_is_too_long_says_that_it_is_cut() {
        assert_eq!(fitting("短"), "短");
        let full = "字".repeat(MAX_TEXT);
        assert_eq!(fitting(&full), full);
        for long in ["字".repeat(MAX_TEXT + 1), "𠀀".repeat(20_000)] {
            let cut = fitting(&long);
            assert!(cut.encode_utf16().count() <= MAX_TEXT);
            assert!(cut.encode_utf16().count() >= MAX_TEXT - 1);
            assert!(cut.ends_with(CUT));
        }
    }
}
