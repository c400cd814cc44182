//! Tables as CSV (RFC 4180): UTF-8 with a byte order mark, by which Excel knows it, and lines that
//! end in CR LF.
//!
//! A spreadsheet takes a text that begins like a formula for one, and would run it. Such a text gets
//! an apostrophe before it (OWASP, CSV Injection); the full-width signs are read as signs too where
//! Chinese or Japanese is set. Numbers are written as numbers and need none.

use super::table::{Cell, Table};

/// With these a formula begins, or a cell that hides one.
const DANGEROUS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Tables of the same columns, one beneath the other, under one head.
///
/// # Errors
/// Where `go_on` says so, between rows.
pub fn write<'a, E>(
    tables: impl IntoIterator<Item = Table<'a>>,
    mut go_on: impl FnMut() -> Result<(), E>,
) -> Result<Vec<u8>, E> {
    let mut out = String::from("\u{feff}");
    for (place, table) in tables.into_iter().enumerate() {
        if place == 0 {
            let heads = table.columns.iter().map(|column| column.head);
            write_line(&mut out, heads, push_text);
        }
        for row in table.rows {
            go_on()?;
            write_line(&mut out, row, |out, cell| push_cell(out, &cell));
        }
    }
    Ok(out.into_bytes())
}

fn write_line<T>(
    out: &mut String,
    cells: impl IntoIterator<Item = T>,
    push: impl Fn(&mut String, T),
) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        push(out, cell);
    }
    out.push_str("\r\n");
}

fn push_cell(out: &mut String, cell: &Cell<'_>) {
    match cell {
        Cell::Empty => {}
        Cell::Text(words) => push_text(out, words),
        Cell::Number(number, _) => out.push_str(&number.to_string()),
    }
}

fn push_text(out: &mut String, text: &str) {
    let defusing = if text.starts_with(DANGEROUS) { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) {
        out.push('"');
        out.push_str(defusing);
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(defusing);
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        push_text(&mut out, text);
        out
    }

    #[test]
    fn a_formula_is_text() {
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "＝1+1",
            "＋1",
            "－1",
            "＠SUM(A1)",
        ] {
            assert_eq!(written(formula), format!("'{formula}"));
        }
        assert_eq!(
            written("=HYPERLINK(\"http://example.cn\",\"看\")"),
            "\"'=HYPERLINK(\"\"http://example.cn\"\",\"\"看\"\")\""
        );
        assert_eq!(written("\r=1"), "\"'\r=1\"");
        for harmless in ["7-1地块", "a=b", "'=1", "甲"] {
            assert_eq!(written(harmless), harmless);
        }
    }

    #[test]
    fn numbers_stay_numbers() {
        for (number, text) in [(-0.5, "-0.5"), (1e-7, "0.0000001"), (202_188.0, "202188")] {
            let mut out = String::new();
            push_cell(
                &mut out,
                &Cell::number(Some(number), super::super::table::Format::Plain),
            );
            assert_eq!(out, text);
        }
    }
}
