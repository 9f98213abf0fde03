//! Names of files from ids: the one place where what a user wrote becomes a path.

use std::collections::BTreeSet;

use super::figure::Figure;
use super::model::{Block, Section};
use crate::study::sha256;

/// Names are at most this long, in bytes: file systems end at 255, and extensions follow.
const LONGEST: usize = 160;

/// Gives every table and every figure an id that is a file's name on every system, and no other's name, also where
/// file systems do not tell capitals apart. Ids that are such names already stay as they are.
pub(super) fn name(sections: &mut [Section]) {
    let (mut tables, mut figures) = (BTreeSet::new(), BTreeSet::new());
    for block in sections.iter_mut().flat_map(|section| &mut section.blocks) {
        match block {
            Block::Table(table) => table.id = unused(&table.id, &mut tables),
            Block::Figure(figure) => figure.id = unused(&figure.id, &mut figures),
            _ => {}
        }
    }
}

/// The same for figures that stand in no report.
pub fn name_figures(figures: &mut [Figure]) {
    let mut used = BTreeSet::new();
    figures.iter_mut().for_each(|figure| figure.id = unused(&figure.id, &mut used));
}

/// The name for an id that is not used yet: of several that would be one name, all but the first are counted.
fn unused(id: &str, used: &mut BTreeSet<String>) -> String {
    let name = file_name(id);
    let mut unused = name.clone();
    let mut count = 1;
    while !used.insert(unused.to_lowercase()) {
        count += 1;
        unused = format!("{name}-{count}");
    }
    unused
}

/// An id as the stem of a file's name. What separates directories, or is special to a file system, becomes `-`; a name that
/// would be too long ends with a sum of the whole id.
fn file_name(id: &str) -> String {
    let special = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let name: String = id.chars().map(|c| if special(c) { '-' } else { c }).collect();
    // No name hides its file, and none is `..`; Windows drops what ends a name.
    let name = name.trim_start_matches('.').trim_end_matches(['.', ' ']);
    if name.is_empty() {
        return "unnamed".to_owned();
    }
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let end = (0..=LONGEST - 9).rev().find(|end| name.is_char_boundary(*end)).unwrap_or_default();
    format!("{}-{}", &name[..end], &sha256(id.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_file_name() {
        for (id, name) in [
            ("runs-latency-mean-c64", "runs-latency-mean-c64"),
            ("runs-a b (x), Ж", "runs-a b (x), Ж"),
            ("runs-../../x", "runs-..-..-x"),
            ("methods-a/b\\c:d\n", "methods-a-b-c-d-"),
            ("..", "unnamed"),
            ("x. ", "x"),
        ] {
            assert_eq!(file_name(id), name);
        }
        let (one, other) = (file_name(&"ж".repeat(300)), file_name(&"ж".repeat(301)));
        assert!(one.len() <= LONGEST && one != other, "{one} {other}");
    }

    #[test]
    fn no_two_ids_are_one_file() {
        let mut used = BTreeSet::new();
        let names: Vec<String> = ["a/b", "a-b", "A-B", "a-b-2"].iter().map(|id| unused(id, &mut used)).collect();
        assert_eq!(names, ["a-b", "a-b-2", "A-B-3", "a-b-2-2"]);
    }
}
