//! The source keeps its order: a module imports only modules before it, every crate has one owner, and nothing in the
//! program can panic for want of a value. ARCHITECTURE.md says why.

use std::collections::BTreeSet;
use std::fs;

use super::program::{root, tree};

/// The modules, each row importing only from rows above it.
const ORDER: &[&[&str]] = &[
    &["error", "latex", "run", "stats", "xml"],
    &["toml_file", "parse"],
    &["language"],
    &["study", "metric"],
    &["table", "claims", "collect"],
    &["audit"],
    &["analysis", "reconstruct"],
    &["report"],
    &["render", "plot"],
    &["verify"],
    &["cli"],
];

/// Where each crate may be named; nowhere, if it is only there for its features.
const OWNERS: &[(&str, &[&str])] = &[
    ("approx", &[]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("dejavu", &["plot"]),
    ("deunicode", &["render"]),
    ("either", &[]),
    ("console", &["cli"]),
    ("indicatif", &["cli"]),
    ("krilla", &["plot"]),
    ("krilla_svg", &["plot"]),
    ("libm", &["stats", "reconstruct"]),
    ("minijinja", &["render"]),
    ("num_traits", &[]),
    ("plotters", &["plot"]),
    ("png", &["plot"]),
    ("polars", &["table"]),
    ("rayon", &["study", "analysis", "cli"]),
    ("regex_automata", &[]),
    ("resvg", &["plot"]),
    ("rustix", &["collect"]),
    ("serde_json", &["parse", "study", "claims", "collect", "verify", "cli"]),
    ("sha2", &["study"]),
    ("signal_hook", &["collect", "cli"]),
    ("statrs", &["stats"]),
    ("strsim", &["toml_file"]),
    ("tempfile", &["collect", "cli"]),
    ("toml", &["toml_file"]),
    ("usvg", &["plot"]),
];

/// `serde` and `schemars` are part of every type's definition; `csv` shares its name with functions of our own.
const NO_OWNER: &[&str] = &["csv", "schemars", "serde"];

/// A source file without its comments and tests.
struct Source {
    path: String,
    /// The top module that it belongs to.
    module: String,
    lines: Vec<(usize, String)>,
}

fn sources() -> Vec<Source> {
    let files = tree(&root().join("src"));
    assert!(files.len() > 50, "src/ was found");
    files
        .into_iter()
        .filter(|(path, _)| path.ends_with(".rs") && !path.ends_with("/tests.rs"))
        .map(|(path, contents)| {
            let text = String::from_utf8(contents).expect("source is UTF-8");
            let module = path.split(['/', '.']).next().unwrap_or_default().to_owned();
            Source { lines: code(&path, &text), path, module }
        })
        .filter(|source| !["lib", "main"].contains(&source.module.as_str()))
        .collect()
}

/// The lines of code that are compiled into the program, with their numbers.
fn code(path: &str, text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut rest = text.lines().zip(1..).peekable();
    while let Some((line, number)) = rest.next() {
        if line == "#[cfg(test)]" {
            let (next, _) = rest.next().unwrap_or_default();
            if next.ends_with('{') {
                let end = rest.find(|(line, _)| *line == "}");
                assert!(end.is_some() && rest.next().is_none(), "{path}: the tests stand at the end of the file");
            }
        } else if !line.trim_start().starts_with("//") {
            lines.push((number, line.to_owned()));
        }
    }
    lines
}

/// The identifiers that follow `before` in a line.
fn after<'a>(line: &'a str, before: &str) -> Vec<&'a str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(before)
        .filter(|(at, _)| !line[..*at].ends_with(|c: char| is_part(c) || c == ':'))
        .filter_map(|(at, _)| line[at + before.len()..].split(|c| !is_part(c)).next())
        .collect()
}

fn row(module: &str) -> usize {
    ORDER.iter().position(|row| row.contains(&module)).unwrap_or_else(|| panic!("{module} has no place in ORDER"))
}

/// Every line of the source that breaks a rule, all at once.
fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

fn broken(breaks: impl Fn(&Source, &str) -> Option<String>) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources() {
        for (number, line) in &source.lines {
            broken.extend(breaks(&source, line).map(|what| format!("src/{}:{number}: {what}", source.path)));
        }
    }
    broken
}

#[test]
fn modules_import_only_what_stands_before_them() {
    let broken = broken(|source, line| {
        let later = |name: &&str| *name != source.module && row(name) >= row(&source.module);
        after(line, "crate::").into_iter().find(later).map(|name| format!("{} imports {name}", source.module))
    });
    assert_none("imports against the order", &broken);
}

#[test]
fn every_module_has_its_place() {
    let listed: BTreeSet<String> = ORDER.iter().flat_map(|row| row.iter()).map(|name| (*name).to_owned()).collect();
    let there: BTreeSet<String> = sources().into_iter().map(|source| source.module).collect();
    assert_eq!(listed, there);
}

#[test]
fn no_module_reaches_another_by_super() {
    let broken = broken(|source, line| {
        // An indented line may stand in a module within the file.
        let inner = usize::from(line.starts_with(' '));
        let depth = source.path.trim_end_matches("/mod.rs").split('/').count() + inner;
        let up = |n: usize| "super::".repeat(n);
        line.contains(&up(depth)).then(|| format!("{} leads out of {}", up(depth), source.module))
    });
    assert_none("imports that go around the order", &broken);
}

#[test]
fn every_crate_has_its_owner() {
    let broken = broken(|source, line| {
        let named = |name: &str| !after(line, &format!("{name}::")).is_empty();
        let stray = |(name, owners): &&(&str, &[&str])| named(name) && !owners.contains(&source.module.as_str());
        OWNERS.iter().find(stray).map(|(name, owners)| format!("{name} belongs to {owners:?}"))
    });
    assert_none("crates outside their owner", &broken);
}

#[test]
fn every_dependency_is_known() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let cargo: toml::Table = text.parse().expect("Cargo.toml is TOML");
    let dependencies = cargo["dependencies"].as_table().expect("there are dependencies");
    let there: BTreeSet<String> = dependencies.keys().map(|name| name.replace('-', "_")).collect();
    let listed = OWNERS.iter().map(|(name, _)| *name).chain(NO_OWNER.iter().copied());
    assert_eq!(listed.map(str::to_owned).collect::<BTreeSet<_>>(), there);
}

#[test]
fn the_program_is_finished_and_does_not_panic() {
    let forbidden = ["todo!", "unimplemented!", "dbg!", ".unwrap()", "panic!(", "println!", "print!"];
    let broken = broken(|_, line| forbidden.iter().find(|word| line.contains(**word)).map(|word| (*word).to_owned()));
    assert_none("what may not stand in the program", &broken);
}

#[test]
fn what_is_expected_says_why() {
    let broken = broken(|_, line| {
        let reason = line.split_once(".expect(\"")?.1.split('"').next()?;
        (reason.split(' ').count() < 3).then(|| format!("expect({reason:?}) gives no reason"))
    });
    assert_none("expectations without a reason", &broken);
}

#[test]
fn the_rules_find_what_breaks_them() {
    assert_eq!(after("use crate::report::x; mycrate::y; ::crate::z", "crate::"), ["report"]);
    let text = "a\n// b\n#[cfg(test)]\nmod tests;\nc\n#[cfg(test)]\nmod tests {\n    d\n}\n";
    assert_eq!(code("x.rs", text), [(1, "a".to_owned()), (5, "c".to_owned())]);
}
