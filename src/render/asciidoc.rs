//! AsciiDoc: `report.adoc`, and each table as `tables/<id>.adoc`.

use minijinja::context;
use minijinja::value::Serde;

use super::markdown::{pad, width};
use super::{ALIGNED, Asides, File, Material, Output, clean, document, label, plain, rows, verbatim};
use crate::error::Problem;
use crate::report::model::{Align, Cell, Column};

pub(super) const OUTPUT: Output = Output { id: "asciidoc", label: "AsciiDoc", figures: &["svg"], files };

fn files(&Material { report, templates, .. }: &Material) -> Result<Vec<File>, Problem> {
    let fragments = report
        .tables()
        .map(|table| {
            let markup = |cell: &Cell| match inline(&plain(cell, report.locale)) {
                text if cell.is_strong() && !text.is_empty() => format!("*{text}*"),
                text => text,
            };
            let rows: Vec<Vec<String>> = rows(table).map(|row| row.map(markup).collect()).collect();
            let context = context! {
                label => verbatim(&label(report, &table.id)), caption => &table.caption, notes => Serde(&table.notes),
                specification => specification(&table.columns), rows => lines(&table.columns, &rows),
            };
            templates.render("table.adoc", context)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let inserted = fragments.iter().map(|fragment| verbatim(fragment));
    let body = templates.render("report.adoc", document(report, inserted, Asides::Listed))?;
    let mut files = vec![File::new("report.adoc", body)];
    for (table, fragment) in report.tables().zip(fragments) {
        files.push(File::new(format!("tables/{}.adoc", table.id), fragment));
    }
    Ok(files)
}

/// `<,>,^`: how the columns are aligned.
fn specification(columns: &[Column]) -> minijinja::Value {
    let signs = columns.iter().map(|column| match column.align {
        Align::Left => "<",
        Align::Number => ">",
        Align::Centre => "^",
    });
    verbatim(&signs.collect::<Vec<_>>().join(","))
}

/// The header and the rows of markup, their source aligned. The space before each bar keeps the end of a cell from being read as
/// the next one's format.
fn lines(columns: &[Column], rows: &[Vec<String>]) -> Vec<minijinja::Value> {
    let header = columns.iter().map(|column| inline(&column.header)).collect();
    let rows: Vec<&Vec<String>> = [&header].into_iter().chain(rows).collect();
    let widest = |i: usize| {
        rows.iter().filter_map(|row| row.get(i)).map(|text| width(text)).filter(|&width| width <= ALIGNED).max()
    };
    let widths: Vec<usize> = (0..columns.len()).map(|i| widest(i).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(columns).zip(&widths).map(|((text, column), &to)| pad(text, column.align, to));
        verbatim(format!("| {}", padded.collect::<Vec<_>>().join(" | ")).trim_end_matches(' '))
    };
    rows.into_iter().map(line).collect()
}

/// Text as AsciiDoc that is read back as the same text, at the start of a block too.
pub(super) fn escape(text: &str) -> String {
    markup(&clean(text), true)
}

/// The same inside a cell or behind other text.
fn inline(text: &str) -> String {
    markup(&clean(text), false)
}

/// What would be read as markup becomes a character reference, since no backslash works everywhere.
fn markup(text: &str, starts_block: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or(' ');
    let mut out = String::with_capacity(text.len());
    for (i, &c) in chars.iter().enumerate() {
        let before = if i == 0 { ' ' } else { at(i - 1) };
        let after = at(i + 1);
        let beside = |other: char| before == other || after == other;
        let follows = |marks: &[&str]| marks.iter().any(|mark| mark.chars().enumerate().all(|(k, m)| at(i + k) == m));
        let is_markup = match c {
            '*' | '#' | '^' | '~' | '`' | '{' | '}' | '|' | '\\' | '"' | '@' => true,
            '&' => after.is_ascii_alphabetic() || after == '#',
            // Inside a word it is no emphasis.
            '_' => !(before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric()),
            // Before a number it cannot end what it might begin.
            '+' => !(after.is_ascii_digit() && matches!(before, ' ' | '(' | '[')),
            '[' => !matches!(before, ' ' | '('),
            '<' => matches!(after, '<' | '-' | '='),
            '>' => matches!(before, '>' | '-' | '='),
            '-' => beside('-') || after == '>' || before == '<',
            '=' => beside('=') || after == '>' || before == '<',
            '.' => beside('.'),
            '$' => beside('$'),
            // A reference ends with one, too.
            ';' => after == ';' || out.ends_with(';'),
            ':' => beside(':') || matches!(after, '/' | '['),
            '(' => beside('(') || follows(&["(C)", "(R)", "(TM)"]),
            // A straight apostrophe would become a curly one.
            '\'' => before.is_alphanumeric() && after.is_alphabetic(),
            _ => false,
        };
        if is_markup || (starts_block && at_start(&chars, i)) {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether the character at `i` would make a block that begins with `chars` something else than a paragraph.
fn at_start(chars: &[char], i: usize) -> bool {
    match chars.get(i) {
        Some('=' | '-' | '/' | '\'' | '<' | '>' | '[' | '+') => i == 0,
        // `1. `, `a) `, `iv) `
        Some('.' | ')') => {
            let before = chars.get(..i).unwrap_or_default();
            i == 1 || before.iter().all(char::is_ascii_digit) || before.iter().all(|c| "ivxIVX".contains(*c))
        }
        // `NOTE: `
        Some(':') => chars.iter().take(i).all(char::is_ascii_uppercase),
        _ => false,
    }
}
