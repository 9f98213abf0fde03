//! What names may be: a study's name is a directory, and all names are printed.

use crate::error::Fault;

/// The most characters of an id: of a mode, scenario, block, run, metric, unit or study.
const LONGEST_ID: usize = 200;
/// The most characters of a label or title.
const LONGEST_LABEL: usize = 500;

/// Whether a study may have this name. Its report is written to a directory of that name.
///
/// # Errors
/// When the name is empty, is `.` or `..`, holds `/`, `\` or a control character, or is too long.
pub fn check_study(id: &str) -> Result<(), Fault> {
    let why = if id.trim().is_empty() {
        "is empty"
    } else if matches!(id, "." | "..") {
        "is no name of a new directory"
    } else if id.contains(['/', '\\']) {
        "holds a `/` or `\\`"
    } else if id.contains(char::is_control) {
        "holds a control character"
    } else {
        return check_id("name of the study", id);
    };
    Err(Fault::new(
        format!("the name of the study, `{}`, {why}", shown(id)),
        "name the study like a directory: its report is written to one of that name",
    ))
}

/// Whether an id is short enough to be printed.
pub fn check_id(what: &str, id: &str) -> Result<(), Fault> {
    check_length(what, id, LONGEST_ID)
}

/// Whether a label is short enough to be printed.
pub fn check_label(what: &str, label: &str) -> Result<(), Fault> {
    check_length(what, label, LONGEST_LABEL)
}

fn check_length(what: &str, text: &str, most: usize) -> Result<(), Fault> {
    // The bytes are counted first: they are known.
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Ok(());
    }
    let count = text.chars().count();
    Err(Fault::new(
        format!("the {what} has {count} characters (`{}`)", shown(text)),
        format!("give it at most {most} characters"),
    ))
}

/// The beginning of a name on one line.
fn shown(text: &str) -> String {
    let line: String = text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(40).is_some() { format!("{line}…") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_is_named_like_a_directory() {
        for good in ["istio-2025", "..a", "a b", "Исследование", "a:b"] {
            assert_eq!(check_study(good), Ok(()));
        }
        for bad in ["", " ", ".", "..", "../a", "/a", "a\\b", "a\nb", "a\0", &"x".repeat(LONGEST_ID + 1)] {
            assert!(check_study(bad).is_err(), "{bad}");
        }
    }
}
