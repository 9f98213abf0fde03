//! GitHub-flavoured Markdown: `report.md`, and each table as `tables/<id>.md`.

use minijinja::context;
use minijinja::value::Serde;

use super::{ALIGNED, Asides, File, Material, Output, clean, document, plain, rows, verbatim};
use crate::error::Problem;
use crate::report::model::{Align, Cell, Column};

pub(super) const OUTPUT: Output = Output { id: "markdown", label: "Markdown", figures: &["svg"], files };

fn files(&Material { report, templates, .. }: &Material) -> Result<Vec<File>, Problem> {
    let fragments = report
        .tables()
        .enumerate()
        .map(|(index, table)| {
            let markup = |cell: &Cell| {
                let text = in_cell(&plain(cell, report.locale));
                if cell.is_strong() { format!("**{text}**") } else { text }
            };
            let rows: Vec<Vec<String>> = rows(table).map(|row| row.map(markup).collect()).collect();
            let pipes = pipe_table(&table.columns, &rows);
            let context = context! {
                number => index + 1, caption => &table.caption, table => verbatim(&pipes), notes => Serde(&table.notes),
            };
            templates.render("table.md", context)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let body = templates
        .render("report.md", document(report, fragments.iter().map(|fragment| verbatim(fragment)), Asides::Listed))?;
    let mut files = vec![File::new("report.md", body)];
    for (table, fragment) in report.tables().zip(fragments) {
        files.push(File::new(format!("tables/{}.md", table.id), fragment));
    }
    Ok(files)
}

/// A pipe table, its source aligned. The cells of `rows` are Markdown already.
pub(super) fn pipe_table(columns: &[Column], rows: &[Vec<String>]) -> String {
    let headers: Vec<String> = columns.iter().map(|column| in_cell(&column.header)).collect();
    let widths: Vec<usize> = headers
        .iter()
        .enumerate()
        .map(|(i, header)| {
            let texts = rows.iter().filter_map(|row| row.get(i)).chain([header]);
            texts.map(|text| width(text)).filter(|&width| width <= ALIGNED).fold(3, usize::max)
        })
        .collect();
    let rule = columns.iter().zip(&widths).map(|(column, &width)| match column.align {
        Align::Left => format!(":{}", "-".repeat(width - 1)),
        Align::Number => format!("{}:", "-".repeat(width - 1)),
        Align::Centre => format!(":{}:", "-".repeat(width - 2)),
    });
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(columns).zip(&widths).map(|((text, column), &to)| pad(text, column.align, to));
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let mut out = line(&headers);
    out.push_str(&format!("| {} |\n", rule.collect::<Vec<_>>().join(" | ")));
    out.extend(rows.iter().map(|row| line(row)));
    out
}

pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

pub(super) fn pad(text: &str, align: Align, to: usize) -> String {
    let space = to.saturating_sub(width(text));
    let before = match align {
        Align::Left => 0,
        Align::Number => space,
        Align::Centre => space / 2,
    };
    format!("{}{text}{}", " ".repeat(before), " ".repeat(space - before))
}

/// Text as Markdown inside a cell of a pipe table.
pub(super) fn in_cell(text: &str) -> String {
    escape(text).replace('|', r"\|")
}

/// Text as Markdown that is read back as the same text, with as few backslashes as that takes (sources are read too).
pub(super) fn escape(text: &str) -> String {
    let text = clean(text);
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or(' ');
    let brackets_are_text = brackets_are_text(&text);
    let mut out = String::with_capacity(text.len());
    for (i, &c) in chars.iter().enumerate() {
        let before = if i == 0 { ' ' } else { at(i - 1) };
        let after = at(i + 1);
        let markup = match c {
            '\\' | '`' | '*' | '~' | '$' => true,
            // Inside a word it is no emphasis.
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '[' | ']' => !brackets_are_text,
            '<' => after.is_ascii_alphabetic() || matches!(after, '/' | '!' | '?'),
            '&' => after.is_ascii_alphabetic() || after == '#',
            _ => starts_block(&chars, i),
        };
        if markup {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Whether the brackets of `text` make no link and, each with its partner, end no image's alternative text.
fn brackets_are_text(text: &str) -> bool {
    if ["](", "][", "]:"].iter().any(|link| text.contains(link)) {
        return false;
    }
    let mut open = 0_usize;
    for c in text.chars() {
        match c {
            '[' => open += 1,
            ']' if open == 0 => return false,
            ']' => open -= 1,
            _ => {}
        }
    }
    open == 0
}

/// Whether the character at `i` would make a line that begins with `chars` a heading, list, quotation or rule.
fn starts_block(chars: &[char], i: usize) -> bool {
    let ends_word = |i: usize| chars.get(i).is_none_or(|&c| c == ' ');
    match chars.get(i) {
        Some('>') => i == 0,
        Some('+') => i == 0 && ends_word(1),
        Some('-') => i == 0 && (ends_word(1) || chars.iter().all(|c| matches!(c, '-' | ' '))),
        Some('#') => i == 0 && chars.iter().find(|&&c| c != '#').is_none_or(|&c| c == ' '),
        Some('=') => i == 0,
        Some('.' | ')') => i > 0 && ends_word(i + 1) && chars.iter().take(i).all(char::is_ascii_digit),
        _ => false,
    }
}
