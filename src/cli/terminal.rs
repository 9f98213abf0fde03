//! What the user sees: tables, notes and errors on a terminal.

use std::io::{self, IsTerminal, Write};

use crate::error::{Error, Problem};
use crate::language::Locale;
use crate::render::plain;
use crate::report::model::{Align, Table};

/// Ends the process quietly when the reader of stdout went away (`meshstats list | head`).
pub fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            let what = format!("cannot be written ({})", error.kind());
            complain(&Problem::new("standard output", what, "check the space on the disk").into());
            std::process::exit(1);
        }
    }
}

/// Prints an error, and for a refusal what follows of it.
pub fn complain(error: &Error) {
    let (red, reset) = if coloured(&io::stderr()) { ("\x1b[31m", "\x1b[0m") } else { ("", "") };
    let text = match error {
        Error::Usage(what) => format!("{red}error:{reset} {what}\n"),
        Error::Failed(problems) => {
            let lines: Vec<String> = problems
                .iter()
                .map(|problem| format!("{red}error:{reset} {}\n", one_line(&problem.to_string())))
                .collect();
            lines.concat()
        }
    };
    // Nobody is left to tell when stderr is gone.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Names and messages come from files; what they hold must not steer the terminal.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Whether colours are wanted: a terminal, and no NO_COLOR (<https://no-color.org>).
fn coloured(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Bold, where colours are wanted.
pub fn bold(text: &str) -> String {
    if coloured(&io::stdout()) { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

/// A report's table in aligned columns.
pub fn table(table: &Table, locale: Locale) -> String {
    let rows: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(|cell| plain(cell, locale)).collect()).collect();
    let columns: Vec<(&str, Align)> =
        table.columns.iter().map(|column| (column.header.as_str(), column.align)).collect();
    aligned(&columns, &rows)
}

/// Rows of text in aligned columns, two spaces apart, under a bold header.
pub fn aligned(columns: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let width = |text: &str| text.chars().count();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, (header, _))| {
            rows.iter().filter_map(|row| row.get(i)).map(|text| width(text)).fold(width(header), usize::max)
        })
        .collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(columns.iter().zip(&widths))
            .map(|(text, ((_, align), to))| {
                let space = " ".repeat(to.saturating_sub(width(text)));
                if *align == Align::Number { format!("{space}{text}") } else { format!("{text}{space}") }
            })
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let headers: Vec<String> = columns.iter().map(|(header, _)| (*header).to_owned()).collect();
    let mut text = format!("{}\n", bold(&line(&headers)));
    for row in rows {
        text.push_str(&line(row));
        text.push('\n');
    }
    text
}
