//! Where modes, scenarios and runs stand in the paths of a study that has no manifest.
//!
//! Each path is a row of fields: its directories, then the words of its file name. A field that never changes, that
//! names the tool, or that counts runs says nothing about the mode. Of the rest, the field that varies is the mode; of
//! several, the one that holds a well-known baseline name. What varies besides is the scenario.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::block_prefix;
use super::pattern::{Place, stem};
use crate::error::Fault;
use crate::run::Tool;

/// Names that say "this is the baseline" in any study.
const BASELINES: &[&str] = &[
    "baseline",
    "base",
    "none",
    "no",
    "without",
    "control",
    "direct",
    "vanilla",
    "plain",
    "reference",
    "ref",
    "before",
    "old",
    "off",
    "disabled",
    "default",
    "native",
    "host",
    "bare-metal",
    "baremetal",
    "nomesh",
    "noproxy",
    "stock",
    "main",
    "master",
];

/// Words before a number that counts runs.
const RUN_WORDS: &[&str] = &[
    "run",
    "r",
    "rep",
    "repeat",
    "repetition",
    "iter",
    "iteration",
    "it",
    "trial",
    "round",
    "sample",
    "attempt",
    "try",
    "exp",
    "test",
    "n",
    "no",
    "nr",
];

pub const TOOL_WORDS: &[&str] = &["wrk", "wrk2", "iperf", "iperf3"];

/// The path pattern to suggest where the paths alone do not tell.
const SUGGESTION: &str = "'{mode}/{tool}/run-{run}.{ext}'";

/// Whether `name` is a well-known name of a baseline.
pub fn is_baseline(name: &str) -> bool {
    let name = name.to_lowercase().replace(['_', ' '], "-");
    BASELINES.contains(&name.as_str())
        || ["no-", "non-", "without-", "wo-"].iter().any(|prefix| name.len() > prefix.len() && name.starts_with(prefix))
}

/// Where in a path something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A directory, from 0.
    Directory(usize),
    /// What follows the directories that all paths have.
    Name,
}

/// Where in the paths the parts of places were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    pub mode: Option<Source>,
    pub scenario: Vec<Source>,
    pub run: Vec<Source>,
}

/// A path's fields while their meaning is being found.
struct Fields<'a> {
    tool: Tool,
    /// The directories that all paths have.
    dirs: Vec<&'a str>,
    /// The words of further directories and of the file's name.
    words: Vec<&'a str>,
    stem: &'a str,
}

/// The place of each log, in the order of `logs`, and where its parts were found.
pub fn discover(logs: &[(&str, Tool)]) -> Result<(Vec<Place>, Sources), Fault> {
    let depth = logs.iter().map(|(path, _)| path.matches('/').count()).min().unwrap_or(0);
    let rows: Vec<Fields> = logs.iter().map(|(path, tool)| fields(path, *tool, depth)).collect();

    let columns: Vec<usize> = (0..depth).filter(|i| varies(&rows, |row| row.dirs[*i])).collect();
    let mode_column = match columns.as_slice() {
        [] => None,
        [one] => Some(*one),
        several => {
            let known: Vec<usize> =
                several.iter().copied().filter(|i| rows.iter().any(|row| is_baseline(row.dirs[*i]))).collect();
            match known.as_slice() {
                [one] => Some(*one),
                _ => return Err(ambiguous(&rows, several)),
            }
        }
    };
    let scenario_columns: Vec<usize> = columns.iter().copied().filter(|i| Some(*i) != mode_column).collect();
    let run_columns: Vec<usize> = (0..depth).filter(|i| counts_runs(&rows, *i)).collect();
    let keys = keys(&rows, mode_column);
    let (key_modes, key_scenarios) = match mode_column {
        Some(_) => (vec![String::new(); rows.len()], shared_keys(&rows, mode_column, &keys)),
        None => split_keys(&keys),
    };

    let directories = |columns: &[usize]| columns.iter().map(|column| Source::Directory(*column)).collect::<Vec<_>>();
    let in_name = |is: bool| is.then_some(Source::Name);
    let mode = mode_column.map(Source::Directory).or_else(|| in_name(key_modes.iter().any(|mode| !mode.is_empty())));
    let mut sources = Sources { mode, scenario: directories(&scenario_columns), run: directories(&run_columns) };
    sources.scenario.extend(in_name(key_scenarios.iter().flatten().any(|key| !key.is_empty())));

    let mut places: Vec<Place> = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let mut scenario: Vec<&str> = scenario_columns.iter().map(|column| row.dirs[*column]).collect();
        scenario.extend(key_scenarios[i].as_deref().filter(|key| !key.is_empty()));
        let mut run: Vec<&str> = run_columns.iter().map(|column| run_number(row.dirs[*column])).collect();
        run.extend(row.words.iter().filter(|word| is_run(word)).map(|word| run_number(word)));
        places.push(Place {
            mode: mode_column.map_or_else(|| key_modes[i].clone(), |column| row.dirs[column].to_owned()),
            scenario: (!scenario.is_empty()).then(|| scenario.join("/")),
            block: None,
            run: run.join("-"),
        });
    }
    name_runs_apart(&rows, &mut places);
    let is_named = |(row, place): (&Fields, &Place)| row.words.iter().any(|word| is_run(word)) || place.run == row.stem;
    sources.run.extend(in_name(rows.iter().zip(&places).any(is_named)));
    for place in places.iter_mut().filter(|place| place.mode.is_empty()) {
        "all".clone_into(&mut place.mode);
    }
    Ok((places, sources))
}

fn fields(path: &str, tool: Tool, depth: usize) -> Fields<'_> {
    let mut parts: Vec<&str> = path.split('/').collect();
    let file = parts.pop().unwrap_or(path);
    let further = parts.split_off(depth);
    let mut words: Vec<&str> = further.iter().copied().flat_map(split_words).collect();
    words.extend(split_words(stem(file)));
    Fields { tool, dirs: parts, words, stem: stem(file) }
}

/// The words of a name, cut at what separates words and before the number in `baseline.3` (`istio1.25` is a version).
/// `no-mesh` and `run_07` are one word: each half would say something else.
fn split_words(name: &str) -> Vec<&str> {
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    for (i, c) in name.char_indices().chain([(name.len(), ' ')]) {
        if separates(c) || (c == '.' && counts(&name[start..i], &name[i + 1..])) {
            if start < i {
                ends.push((start, i));
            }
            start = i + c.len_utf8();
        }
    }
    let mut words = Vec::with_capacity(ends.len());
    let mut rest = ends.iter().peekable();
    while let Some((start, end)) = rest.next() {
        let both =
            rest.next_if(|(next, last)| is_one_word(&name[*start..*end], &name[*next..*last], &name[*start..*last]));
        words.push(&name[*start..both.map_or(*end, |(_, last)| *last)]);
    }
    words
}

fn separates(c: char) -> bool {
    matches!(c, '-' | '_' | ' ' | '(' | ')')
}

/// Whether what follows a dot is a number of its own, or counts runs (`mesh.run3`).
fn counts(before: &str, after: &str) -> bool {
    let after = after.split(separates).next().unwrap_or(after);
    if is_digits(after) { !before.ends_with(|c: char| c.is_ascii_digit()) } else { is_run(after) }
}

fn is_one_word(first: &str, second: &str, both: &str) -> bool {
    if is_digits(second) { RUN_WORDS.contains(&first.to_lowercase().as_str()) } else { is_baseline(both) }
}

/// Whether a column of directories says something about modes: not constant, not the tool, not a count of runs.
fn varies<'a>(rows: &[Fields<'a>], column: impl Fn(&Fields<'a>) -> &'a str) -> bool {
    let mut tools: BTreeMap<&str, BTreeSet<Tool>> = BTreeMap::new();
    for row in rows {
        tools.entry(column(row)).or_default().insert(row.tool);
    }
    let is_tool = tools.values().all(|tools| tools.len() == 1)
        && rows.iter().map(|row| row.tool).collect::<BTreeSet<_>>().len() == tools.len();
    tools.len() > 1
        && !is_tool
        && !tools
            .keys()
            .all(|value| value.split(['-', '_']).any(|word| TOOL_WORDS.contains(&word)) && !is_baseline(value))
        && !tools.keys().all(|value| is_run(value))
}

/// Whether a column of directories counts runs.
fn counts_runs(rows: &[Fields], column: usize) -> bool {
    rows.iter().all(|row| is_run(row.dirs[column])) && rows.iter().any(|row| row.dirs[column] != rows[0].dirs[column])
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// `7`, `run7`, `run-07`, `rep_3`, or a time stamp.
pub fn is_run(word: &str) -> bool {
    let word = word.to_lowercase();
    let number = run_number(&word);
    let prefix = word[..word.len() - number.len()].trim_end_matches(['-', '_', ' ']);
    let counted = is_digits(number) && (prefix.is_empty() || RUN_WORDS.contains(&prefix));
    let time = word.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().filter(u8::is_ascii_digit).count() >= 6
        && word.chars().all(|c| c.is_ascii_digit() || "tz:.-_+".contains(c));
    counted || time
}

/// The digits that end a word, or all of it where none do.
fn run_number(word: &str) -> &str {
    let number = &word[word.trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
    if number.is_empty() { word } else { number }
}

/// What is left of each path's words without the tool, the run, and what all paths share.
fn keys<'a>(rows: &[Fields<'a>], mode_column: Option<usize>) -> Vec<Vec<&'a str>> {
    let mode = |row: &Fields<'a>| mode_column.map(|column| row.dirs[column]);
    let mut keys: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| {
            row.words
                .iter()
                .copied()
                .filter(|w| !is_run(w) && !TOOL_WORDS.contains(&w.to_lowercase().as_str()))
                .collect()
        })
        .collect();
    let mut count: BTreeMap<(Tool, Option<&str>, &str), usize> = BTreeMap::new();
    let mut logs: BTreeMap<(Tool, Option<&str>), usize> = BTreeMap::new();
    for (row, key) in rows.iter().zip(&keys) {
        for group in [None, mode(row)].into_iter().collect::<BTreeSet<_>>() {
            *logs.entry((row.tool, group)).or_default() += 1;
            for word in key.iter().collect::<BTreeSet<_>>() {
                *count.entry((row.tool, group, word)).or_default() += 1;
            }
        }
    }
    for (row, key) in rows.iter().zip(&mut keys) {
        key.retain(|word| {
            let in_all = count.get(&(row.tool, None, *word)) == logs.get(&(row.tool, None));
            let in_this_mode = count.get(&(row.tool, mode(row), *word));
            let only_here = in_this_mode == logs.get(&(row.tool, mode(row)))
                && in_this_mode == count.get(&(row.tool, None, *word))
                && mode_column.is_some();
            !in_all && !only_here
        });
    }
    let joined: BTreeSet<String> = keys.iter().map(|key| key.join("-")).collect();
    if mode_column.is_none() && joined.len() == rows.len() && rows.len() > 2 && keys.iter().all(|key| key.len() == 1) {
        // `baseline1 baseline2 istio1 istio2`: the digits count runs.
        for key in &mut keys {
            if let Some(last) = key.last_mut() {
                *last = last.trim_end_matches(|c: char| c.is_ascii_digit());
            }
        }
    }
    keys
}

/// The scenario that a file's name tells, where the mode is in a directory: only names that more than one mode has.
fn shared_keys(rows: &[Fields], mode_column: Option<usize>, keys: &[Vec<&str>]) -> Vec<Option<String>> {
    let mut modes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (row, key) in rows.iter().zip(keys) {
        modes.entry(key.join("-")).or_default().extend(mode_column.map(|column| row.dirs[column]));
    }
    let scenarios = modes.len() > 1 && modes.values().any(|modes| modes.len() > 1);
    keys.iter().map(|key| scenarios.then(|| key.join("-"))).collect()
}

/// Mode and scenario where both stand in the file's name.
fn split_keys(keys: &[Vec<&str>]) -> (Vec<String>, Vec<Option<String>>) {
    let width = keys.first().map_or(0, Vec::len);
    let same_width = keys.iter().all(|key| key.len() == width);
    let known: Vec<usize> = (0..width).filter(|i| same_width && keys.iter().any(|key| is_baseline(key[*i]))).collect();
    let [column] = known.as_slice() else {
        return (keys.iter().map(|key| key.join("-")).collect(), vec![None; keys.len()]);
    };
    keys.iter()
        .map(|key| {
            let rest: Vec<&str> = key.iter().enumerate().filter(|(i, _)| i != column).map(|(_, word)| *word).collect();
            (key[*column].to_owned(), (!rest.is_empty()).then(|| rest.join("-")))
        })
        .unzip()
}

/// Two logs of one tool with the same mode, scenario and run are told apart by their file names.
fn name_runs_apart(rows: &[Fields], places: &mut [Place]) {
    let mut seen: BTreeMap<(Tool, Place), usize> = BTreeMap::new();
    for (row, place) in rows.iter().zip(places.iter()) {
        *seen.entry((row.tool, place.clone())).or_default() += 1;
    }
    for (row, place) in rows.iter().zip(places.iter_mut()) {
        if place.run.is_empty() || seen.get(&(row.tool, place.clone())).is_some_and(|n| *n > 1) {
            place.run = row.stem.to_owned();
        }
    }
}

/// What stands before the number in a column of directories that are named as blocks.
fn block_column<'a>(rows: &[Fields<'a>], column: usize) -> Option<&'a str> {
    let mut prefixes = rows.iter().map(|row| block_prefix(row.dirs[column]));
    let first = prefixes.next()??;
    prefixes.all(|prefix| prefix == Some(first)).then_some(first)
}

fn ambiguous(rows: &[Fields], columns: &[usize]) -> Fault {
    let suggestion = match columns.iter().find_map(|column| Some((*column, block_column(rows, *column)?))) {
        Some((column, prefix)) if Some(&column) == columns.first() => {
            format!("'{prefix}{{block}}/{{mode}}/{{tool}}-{{run}}.{{ext}}'")
        }
        Some((_, prefix)) => format!("'{{mode}}/{prefix}{{block}}/{{tool}}-{{run}}.{{ext}}'"),
        None => SUGGESTION.to_owned(),
    };
    let lists: Vec<String> = columns
        .iter()
        .map(|column| {
            let values: BTreeSet<&str> = rows.iter().map(|row| row.dirs[*column]).collect();
            let shown: Vec<&str> = values.iter().copied().take(6).collect();
            let more = if values.len() > shown.len() { ", …" } else { "" };
            format!("level {} ({}{more})", column + 1, shown.join(", "))
        })
        .collect();
    Fault::new(
        format!("cannot tell which directories are the modes: {}", lists.join("; ")),
        format!("say it with --logs and a path pattern such as {suggestion}, or `logs = …` in meshstats.toml"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&str]) -> Vec<(String, Option<String>, String)> {
        let logs: Vec<(&str, Tool)> = paths
            .iter()
            .map(|p| (*p, if p.contains("wrk") || p.ends_with("txt") { Tool::Wrk } else { Tool::Iperf3 }))
            .collect();
        discover(&logs).unwrap().0.into_iter().map(|place| (place.mode, place.scenario, place.run)).collect()
    }

    fn row(mode: &str, scenario: Option<&str>, run: &str) -> (String, Option<String>, String) {
        (mode.to_owned(), scenario.map(str::to_owned), run.to_owned())
    }

    #[test]
    fn the_directory_that_varies_is_the_mode() {
        assert_eq!(
            found(&[
                "baseline/wrk/run-1.txt",
                "baseline/iperf3/run-1.json",
                "istio/wrk/run-1.txt",
                "istio/iperf3/run-1.json"
            ]),
            [row("baseline", None, "1"), row("baseline", None, "1"), row("istio", None, "1"), row("istio", None, "1")]
        );
    }

    #[test]
    fn the_tool_may_come_first() {
        assert_eq!(
            found(&["wrk/none/1.txt", "iperf3/none/1.json", "wrk/mesh/1.txt", "iperf3/mesh/1.json"]),
            [row("none", None, "1"), row("none", None, "1"), row("mesh", None, "1"), row("mesh", None, "1")]
        );
    }

    #[test]
    fn flat_names_tell_mode_and_run() {
        assert_eq!(
            found(&["wrk-direct-1.txt", "wrk-direct-2.txt", "wrk-proxy-1.txt", "wrk-proxy-2.txt"]),
            [row("direct", None, "1"), row("direct", None, "2"), row("proxy", None, "1"), row("proxy", None, "2")]
        );
        assert_eq!(
            found(&["direct1.txt", "direct2.txt", "proxy1.txt"]).iter().map(|r| r.0.as_str()).collect::<Vec<_>>(),
            ["direct", "direct", "proxy"]
        );
    }

    #[test]
    fn a_baseline_of_two_words_is_one_mode() {
        assert_eq!(
            found(&["wrk-no-mesh-c10-1.txt", "wrk-mesh-c10-1.txt", "wrk-no-mesh-c50-1.txt", "wrk-mesh-c50-1.txt"]),
            [
                row("no-mesh", Some("c10"), "1"),
                row("mesh", Some("c10"), "1"),
                row("no-mesh", Some("c50"), "1"),
                row("mesh", Some("c50"), "1")
            ]
        );
        assert_eq!(
            found(&["without_proxy_no_1.txt", "proxy_no_1.txt"]),
            [row("without_proxy", None, "1"), row("proxy", None, "1")]
        );
    }

    #[test]
    fn mode_and_size_in_one_name() {
        assert_eq!(
            found(&[
                "iperf-sizes-1-10s-14B-baremetal-json",
                "iperf-sizes-1-10s-14B-kube-json",
                "iperf-sizes-2-10s-8kB-baremetal-json",
                "iperf-sizes-2-10s-8kB-kube-json"
            ]),
            [
                row("baremetal", Some("14B"), "1"),
                row("kube", Some("14B"), "1"),
                row("baremetal", Some("8kB"), "2"),
                row("kube", Some("8kB"), "2")
            ]
        );
    }

    #[test]
    fn runs_in_directories_and_scenarios_in_names() {
        assert_eq!(
            found(&[
                "calico/1/dtm-client.json",
                "calico/1/sts-client.json",
                "none/2/dtm-client.json",
                "none/2/sts-client.json"
            ]),
            [
                row("calico", Some("dtm"), "1"),
                row("calico", Some("sts"), "1"),
                row("none", Some("dtm"), "2"),
                row("none", Some("sts"), "2")
            ]
        );
        assert_eq!(
            found(&["t/round_0/bbr.log", "t/round_0/cubic.log", "t/round_1/bbr.log", "t/round_1/cubic.log"]),
            [row("bbr", None, "0"), row("cubic", None, "0"), row("bbr", None, "1"), row("cubic", None, "1")]
        );
    }

    #[test]
    fn a_baseline_name_tells_modes_from_scenarios() {
        assert_eq!(
            found(&["c10/direct/1.txt", "c10/istio/1.txt", "c100/direct/1.txt", "c100/istio/1.txt"]).remove(2),
            row("direct", Some("c100"), "1")
        );
    }

    #[test]
    fn two_levels_without_a_baseline_are_refused() {
        let logs =
            [("a/x/1.txt", Tool::Wrk), ("a/y/1.txt", Tool::Wrk), ("b/x/1.txt", Tool::Wrk), ("b/y/1.txt", Tool::Wrk)];
        assert_eq!(
            discover(&logs).unwrap_err().what,
            "cannot tell which directories are the modes: level 1 (a, b); level 2 (x, y)"
        );
    }

    #[test]
    fn directories_that_are_named_as_blocks_are_suggested_as_such() {
        let logs = ["block-1/x", "block-1/y", "block-2/x", "block-2/y"].map(|dir| format!("{dir}/1.txt"));
        let remedy = |logs: &[String]| {
            let logs: Vec<(&str, Tool)> = logs.iter().map(|path| (path.as_str(), Tool::Wrk)).collect();
            discover(&logs).unwrap_err().remedy
        };
        assert!(remedy(&logs).contains(" 'block-{block}/{mode}/{tool}-{run}.{ext}', "), "{}", remedy(&logs));
        let logs = ["x/block-1", "y/block-1", "x/block-2", "y/block-2"].map(|dir| format!("{dir}/1.txt"));
        assert!(remedy(&logs).contains(" '{mode}/block-{block}/{tool}-{run}.{ext}', "), "{}", remedy(&logs));
    }
}
