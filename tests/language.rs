//! Reports in other languages: every text of the source has its translation, and nothing English is left in a report.

#[path = "language/reports.rs"]
mod reports;
#[path = "language/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};

use meshstats::language::LANGUAGES;

pub use reports::latin_words;
use source::{Literal, literals, template_words};

/// Where the texts of reports are written.
const SPEAKING: &[&str] =
    &["analysis/", "audit/", "metric/", "parse/", "report/", "stats/", "study/", "claims/statistic.rs"];

/// Files of these whose strings are not for readers of a report.
const SILENT: &[(&str, &str)] = &[
    ("analysis/methods.rs", "errors of the manifest"),
    ("parse/wrk_text/agreement.rs", "words that wrk prints, in a sentence that is translated"),
    ("parse/wrk_text/line.rs", "what wrk prints"),
    ("parse/iperf3_json/lenient.rs", "what a parser of JSON expects"),
    ("report/files.rs", "names of files"),
    ("study/manifest.rs", "errors"),
    ("study/names.rs", "errors"),
    ("study/pattern.rs", "errors"),
    ("study/discover.rs", "errors"),
    ("stats/rng.rs", "mathematics"),
    ("stats/subset_sums/oracle.rs", "tests"),
];

/// Calls whose arguments are no text of a report: errors, which are told in English, and what is looked for or named.
const SILENT_CALLS: &[&str] = &[
    "Problem::new",
    "Usage",
    "expect",
    "contains",
    "starts_with",
    "ends_with",
    "strip_prefix",
    "strip_suffix",
    "trim_start_matches",
    "trim_end_matches",
    "find",
    "split",
    "split_once",
    "replace",
    "rename",
    "matches!",
    "serde",
    "#",
    "schemars",
    "concat!",
    "env!",
    "get",
    "rfind",
    "eq",
    "suggest",
    "D::Error::custom",
    "toml_file::suggest",
];

/// Texts that no reader of a report sees, or that are the same in all languages, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("{} is no adjustment", "an error of the manifest"),
    ("did you mean `{}`? These can be compared here: {}", "an error of the manifest"),
    ("these can be compared here: {}", "an error of the manifest"),
    ("did you mean `{}`? The modes are: {}", "an error of the manifest"),
    ("the modes are: {}", "an error of the manifest"),
    ("--map names `{}`, which is no mode of the {} results", "an error of the command line"),
    ("does not exist", "an error of the command line"),
    ("is not a directory", "an error of the command line"),
    ("cannot be read ({})", "an error of the file system"),
    ("has a name that is not UTF-8", "an error of the file system"),
    ("Gi", "a prefix in print, never alone"),
    ("Ki", "a prefix in print, never alone"),
    ("Mi", "a prefix in print, never alone"),
    ("iperf3 -J", "the name of a format, for `list`"),
    ("iperf3 --json-stream", "the name of a format, for `list`"),
    ("what iperf3 prints without -J: refused", "the name of a format, for `list`"),
    ("the report that wrk and wrk2 print", "the name of a format, for `list`"),
    ("the JSON line of testbed/wrk-json.lua, alone or after wrk's text", "the name of a format, for `list`"),
    ("[ ID] Interval", "what iperf3 prints"),
    ("Server listening on", "what iperf3 prints"),
    ("iperf3: error", "what iperf3 prints"),
    ("Client connecting to", "what iperf 2 prints"),
    ("unable to connect", "what iperf3 prints"),
    ("bytes from", "what ping prints"),
    ("This is ApacheBench", "what ApacheBench prints"),
    ("Slowest:", "what hey prints"),
    ("Status code distribution:", "what hey prints"),
    ("wait until the server's other test has ended, and run it again", "the remedy of an error"),
    (
        "check that iperf3 -s is running and reachable at that address and port, and run it again",
        "the remedy of an error",
    ),
    ("remove the cause, and run it again", "the remedy of an error"),
    ("{}, with -J", "the remedy of an error"),
    ("send more data (-n), or for a time (-t)", "the remedy of an error"),
    ("start the server or mend the address, and run it again", "the remedy of an error"),
    ("run it again and keep all that wrk prints; it prints its report at the very end", "the remedy of an error"),
    ("Efron (1987), doi:10.1080/01621459.1987.10478410", "a reference"),
    (
        "Hall (1988), doi:10.1214/aos/1176350933; Efron and Tibshirani (1993), 12.5, doi:10.1201/9780429246593",
        "a reference",
    ),
];

fn is_prose(text: &str) -> bool {
    let letters = text.replace("{}", " ");
    let word = letters.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 1);
    word && (text.contains(' ') || text.starts_with(|c: char| c.is_uppercase()))
}

fn is_spoken(literal: &Literal) -> bool {
    let silent_call = |(name, _): &(String, usize)| {
        SILENT_CALLS.iter().any(|silent| {
            name == silent || name.ends_with(&format!(".{silent}")) || name.ends_with(&format!("::{silent}"))
        })
    };
    // A refused log's remedy is told by the error, not by the report.
    let remedy = |(name, argument): &(String, usize)| {
        (name.ends_with("Fault::new") && *argument > 0) || (name.ends_with("Other::new") && *argument == 0)
    };
    SPEAKING.iter().any(|place| literal.path.starts_with(place))
        && !SILENT.iter().any(|(path, _)| literal.path == *path)
        && !literal.calls.iter().any(silent_call)
        && !literal.calls.last().is_some_and(remedy)
        && literal.field != "reference"
        && is_prose(&literal.key)
        && !EXCEPTIONS.iter().any(|(text, _)| *text == literal.key)
}

#[test]
fn every_text_has_a_translation() {
    let mut needed: BTreeMap<String, String> = template_words();
    for literal in literals().iter().filter(|literal| is_spoken(literal)) {
        needed.entry(literal.key.clone()).or_insert_with(|| format!("src/{}:{}", literal.path, literal.line));
    }
    for language in LANGUAGES.iter().filter(|language| !language.is_source()) {
        let keys: BTreeSet<&str> = language.keys().collect();
        let missing: Vec<String> = needed
            .iter()
            .filter(|(key, _)| !keys.contains(key.as_str()))
            .map(|(key, place)| format!("# {place}\n{key:?} = \"\""))
            .collect();
        assert!(
            missing.is_empty(),
            "templates/lang/{}.toml lacks {} texts; translate these lines and put them under [strings]:\n\n{}\n",
            language.id,
            missing.len(),
            missing.join("\n")
        );
    }
}

#[test]
fn every_translation_is_of_a_text() {
    let mut there: BTreeSet<String> = template_words().into_keys().collect();
    // The facts of a set-up are printed with spaces.
    there.extend(literals().into_iter().flat_map(|literal| [literal.key.replace('_', " "), literal.key]));
    for language in LANGUAGES.iter() {
        // A name is taken from a longer text.
        let is_part = |key: &str| !key.contains('{') && there.iter().any(|text| text.contains(key));
        let unused: Vec<&str> = language.keys().filter(|key| !there.contains(*key) && !is_part(key)).collect();
        assert!(
            unused.is_empty(),
            "templates/lang/{}.toml translates what the source does not say; remove these lines or mend their keys:\n{}",
            language.id,
            unused.join("\n")
        );
    }
}
