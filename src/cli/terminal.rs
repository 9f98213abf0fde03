//! What the user sees: tables, notes and errors on a terminal.

mod columns;

use std::io::{self, Write};

use console::Term;

use crate::error::{Error, Problem, reason};
use crate::language::Locale;
use crate::render::plain;
use crate::report::model::{Align, Change, Outcome, Table};

/// Ends the process quietly when the reader of stdout went away (`meshstats list | head`).
pub fn print(text: &str) {
    print_bytes(text.as_bytes());
}

/// Prints bytes as they are.
pub fn print_bytes(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            let what = format!("cannot be written ({})", reason(&error));
            complain(&Problem::new("standard output", what, "check the space on the disk").into());
            std::process::exit(1);
        }
    }
}

/// Prints an error, and for a refusal what follows of it.
pub fn complain(error: &Error) {
    let error_mark = console::style("error:").red().for_stderr();
    let text = match error {
        Error::Usage(what) => format!("{error_mark} {what}\n"),
        Error::Failed(problems) => {
            let lines: Vec<String> = problems
                .iter()
                .map(|problem| format!("{error_mark} {}\n{}", one_line(&problem.to_string()), excerpt(problem)))
                .collect();
            lines.concat()
        }
    };
    // Nobody is left to tell when stderr is gone.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The line of source that a problem is about, with carets under the place.
fn excerpt(problem: &Problem) -> String {
    let Some(excerpt) = &problem.fault.excerpt else { return String::new() };
    let number = problem.fault.line.map_or(String::new(), |line| line.to_string());
    let [margin, before] = [number.len(), excerpt.at].map(|width| " ".repeat(width));
    let carets = "^".repeat(excerpt.length);
    format!("  {number} | {}\n  {margin} | {before}{carets}\n", one_line(&excerpt.source))
}

/// Names and messages come from files; what they hold must not steer the terminal.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Bold, where colours are wanted: on a terminal, without NO_COLOR (<https://no-color.org>).
pub fn bold(text: &str) -> String {
    console::style(text).bold().to_string()
}

/// What a reader must not overlook, in yellow where colours are wanted.
pub fn emphasised(text: &str) -> String {
    console::style(text).yellow().to_string()
}

/// A change, green where it is for the better and red where it is for the worse, where colours are wanted. Its text says
/// the same.
pub fn change(change: &Change) -> String {
    let text = console::style(&change.text);
    match change.outcome {
        Outcome::Better => text.green().to_string(),
        Outcome::Worse => text.red().to_string(),
        Outcome::Changed | Outcome::NotShown => change.text.clone(),
    }
}

/// The width of the terminal that is written to; none where the output goes elsewhere.
fn room() -> Option<usize> {
    let terminal = Term::stdout();
    terminal.is_term().then(|| terminal.size().1.into())
}

/// A paragraph after `mark`, its further lines indented; on one line where the output is no terminal.
pub fn paragraph(mark: &str, text: &str) -> String {
    let indent = console::measure_text_width(mark);
    let lines = columns::wrap(text, room().map_or(usize::MAX, |room| room.saturating_sub(indent).clamp(40, 110)));
    format!("{mark}{}\n", lines.join(&format!("\n{}", " ".repeat(indent))))
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
    let (head, body) = columns::lines(columns, rows, room());
    head.iter().map(|line| bold(line)).chain(body).map(|line| format!("{line}\n")).collect()
}
