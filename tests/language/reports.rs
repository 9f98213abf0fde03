//! Reports in Russian, as the program writes them: no English is left but what the user wrote and names that have none.

use std::collections::BTreeSet;

use super::super::latex::compile;
use super::super::program::{Case, iperf3, iperf3_udp, root, tree, wrk_of};

/// Latin words that a Russian text may hold: names of programs, protocols, methods and authors, symbols and options.
const LATIN: &[&str] = &[
    "ANOVA",
    "Analysis",
    "ApacheBench",
    "BCa",
    "Behavioral",
    "Blom",
    "CLI",
    "Cohen",
    "DOI",
    "Delaney",
    "GRIM",
    "GRIMMER",
    "HTTP",
    "HdrHistogram",
    "Heisey",
    "Hoenig",
    "HTML",
    "IQR",
    "JSON",
    "Latency",
    "LaTeX",
    "MSS",
    "NUL",
    "Power",
    "RFC",
    "RTT",
    "Requests",
    "Retr",
    "Romano",
    "SHA",
    "Sciences",
    "Statistical",
    "TCP",
    "TOST",
    "UDP",
    "UTF",
    "Vargha",
    "bbr",
    "coordinated",
    "cubic",
    "doi",
    "et",
    "al",
    "for",
    "hey",
    "iperf",
    "meshstats",
    "omission",
    "ping",
    "sec",
    "the",
    "wrk",
    "tcpi",
    "total",
    "retrans",
    "std",
    "log",
    "toml",
    "FFFD",
    "reno",
    "Brunner",
    "Munzel",
];

/// The words of a text that are neither in backticks, nor part of a path, an option or an address.
pub fn latin_words(text: &str) -> Vec<String> {
    let outside_code: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let plain = |word: &&str| {
        let inner = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '-');
        !inner.contains(['/', '_', '\\', '@', '=']) && !inner.starts_with("--") && !has_extension(inner)
    };
    outside_code
        .split_whitespace()
        .filter(plain)
        .flat_map(|word| word.split(|c: char| !c.is_alphabetic()))
        .filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic()))
        .map(str::to_owned)
        .collect()
}

/// Whether a word is the name of a file.
fn has_extension(word: &str) -> bool {
    let inner = |at: usize| word[at + 1..].starts_with(|c: char| c.is_ascii_lowercase());
    word.match_indices('.').any(|(at, _)| inner(at))
}

/// A page without its markup; what it reads out or shows in place of a picture belongs to it.
fn of_html(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let silent = ["style", "script"].iter().find(|name| after.starts_with(**name));
        if let Some(name) = silent {
            rest = after.split_once(&format!("</{name}>")).map_or("", |(_, after)| after);
            continue;
        }
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        for attribute in ["alt=\"", "aria-label=\"", "title=\"", "placeholder=\""] {
            for (at, _) in tag.match_indices(attribute) {
                text.push_str(tag[at + attribute.len()..].split('"').next().unwrap_or_default());
                text.push(' ');
            }
        }
        rest = after;
    }
    text.push_str(rest);
    ["&#39;", "&quot;", "&lt;", "&gt;", "&amp;"].iter().fold(text, |text, entity| text.replace(entity, " "))
}

/// A line without the markup that begins it: an anchor, an attribute, the kind of an admonition.
fn of_asciidoc(line: &str) -> &str {
    match line.strip_prefix(':').and_then(|attribute| attribute.split_once(": ")) {
        Some((_, value)) => value,
        None if line.starts_with("[#") => "",
        None => line.strip_prefix("IMPORTANT: ").unwrap_or(line),
    }
}

/// English words of all outputs in `dir`, each with the line that holds it; `own` are the user's.
fn english(case: &Case, dir: &str, own: &[&str]) -> Vec<String> {
    let allowed: BTreeSet<&str> = LATIN.iter().chain(own).copied().collect();
    let mut found = Vec::new();
    for (path, contents) in tree(&case.path(dir)) {
        let text = String::from_utf8_lossy(&contents);
        let text = match path.rsplit('.').next() {
            // Data, and formats whose markup has English words: what they print stands in the others too.
            Some("json" | "pdf" | "tex" | "typ" | "png" | "zip") => continue,
            Some("csv") if !path.starts_with("tables/") => continue,
            Some("html" | "svg") => of_html(&text),
            // The address of a picture.
            Some("md") => text.replace("](", " ]/"),
            Some("adoc") => text.replace("&#96;", "`").replace("&#45;", "-"),
            _ => text.into_owned(),
        };
        for line in text.lines() {
            let line = if path.ends_with(".adoc") { of_asciidoc(line) } else { line };
            let words: Vec<String> =
                latin_words(line).into_iter().filter(|word| !allowed.contains(word.as_str())).collect();
            if !words.is_empty() {
                found.push(format!("{dir}/{path}: {} in: {line}", words.join(", ")));
            }
        }
    }
    found
}

#[track_caller]
fn assert_russian(case: &Case, dir: &str, own: &[&str]) {
    let found = english(case, dir, own);
    assert!(found.is_empty(), "English is left ({} lines):\n{}", found.len(), found[..found.len().min(40)].join("\n"));
}

/// Labels that are no English, so that nothing English is the user's.
const LABELS: &str = r#"
lang = "ru"
title = "Три режима"
baseline = "none"
modes = [{ id = "none", label = "Без прокси" }, { id = "one", label = "Один" }, { id = "two", label = "Два" }]
"#;

fn logs(modes: &[&str], scenarios: &[&str], runs: u32) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (m, mode) in modes.iter().enumerate() {
        for (s, scenario) in scenarios.iter().enumerate() {
            for run in 1..=runs {
                let shift = m as f64 * 0.4 + s as f64 + f64::from(run * run % 7) / 10.0;
                files.push((format!("{mode}/{scenario}/wrk-{run}.log"), wrk_of(16, 2.0 + shift)));
                let retransmits = u64::from(run) * 3 + m as u64 * 20;
                files.push((format!("{mode}/{scenario}/iperf3-{run}.json"), iperf3(9.0 - shift, retransmits)));
            }
        }
    }
    files
}

fn study(manifest: &str, files: &[(String, String)]) -> Case {
    let case = Case::empty();
    case.write("study/meshstats.toml", manifest);
    for (path, contents) in files {
        case.write(&format!("study/{path}"), contents);
    }
    case
}

#[test]
fn three_modes_in_scenarios() {
    let manifest = format!(
        "{LABELS}scenarios = [{{ id = \"c16\", label = \"мало\" }}, {{ id = \"c64\", label = \"много\" }}]\n\
         logs = \"{{mode}}/{{scenario}}/{{tool}}-{{run}}.{{ext}}\"\npairs = true\n\
         [margins]\nlatency_mean = \"2%\"\nthroughput = \"0.5 Gbit/s\"\n"
    );
    let case = study(&manifest, &logs(&["none", "one", "two"], &["c16", "c64"], 6));
    let said = case.analyze(&[]).ok().stdout;
    assert!(said.contains("Средняя задержка (мс)") && said.contains("записано файлов"), "{said}");
    assert_eq!(latin_words(&said), ["study", "figures", "tables"], "{said}");
    assert_russian(&case, "out/study", &["study"]);
}

#[test]
fn blocks_with_gaps_bad_logs_and_few_runs() {
    let manifest = format!("{LABELS}logs = \"{{mode}}/{{block}}/{{tool}}-{{run}}.{{ext}}\"\noutliers = \"drop\"\n")
        .replace(r#", { id = "two", label = "Два" }"#, "");
    let mut files = logs(&["none", "one"], &["b1", "b2", "b3", "b4"], 1);
    files.extend(logs(&["one"], &["b5"], 2));
    files.push(("one/b4/wrk-9.log".into(), "Running 30s test @ http://10.0.0.1/\n".into()));
    files.push(("one/b4/iperf3-8.json".into(), "{ \"start\": {}, \"error\": \"unable to connect to server\" }".into()));
    files.push(("README.md".into(), "# Прочти меня\n".into()));
    files.push(("empty.txt".into(), String::new()));
    let case = study(&manifest, &files);
    case.analyze(&["--skip-bad"]).ok();
    assert_russian(&case, "out/study", &["unable", "to", "connect", "server"]);
}

#[test]
fn datagrams_constant_values_and_two_runs() {
    let manifest = LABELS.replace(r#", { id = "two", label = "Два" }"#, "");
    let mut files = Vec::new();
    for run in 1..=2_u64 {
        files.push((format!("none/iperf3-{run}.json"), iperf3_udp(0.1, 0)));
        files.push((format!("one/iperf3-{run}.json"), iperf3_udp(0.2 * run as f64, 5 * run)));
        files.push((format!("none/wrk-{run}.log"), wrk_of(16, 2.0)));
        files.push((format!("one/wrk-{run}.log"), wrk_of(16, 2.0)));
    }
    let case = study(&manifest, &files);
    case.analyze(&[]).ok();
    assert_russian(&case, "out/study", &[]);
}

#[test]
fn the_studies_of_data() {
    for id in ["istio-2025", "loopback-demo"] {
        let case = Case::empty();
        let path = root().join("data").join(id);
        case.run(&["analyze", path.to_str().unwrap(), "-o", "out", "--lang", "ru"]).ok();
        // What the study's own files say may be English.
        let theirs: String = tree(&path)
            .into_iter()
            .filter(|(name, _)| name.ends_with(".toml"))
            .map(|(_, contents)| String::from_utf8(contents).unwrap())
            .collect();
        let theirs = latin_words(&theirs.replace(['"', '_', '=', '/', '`'], " "));
        let theirs: Vec<&str> =
            theirs.iter().map(String::as_str).chain(["Text", "http", "registration", "default", "svc"]).collect();
        assert_russian(&case, &format!("out/{id}"), &theirs);
        // The bounds of an interval stay together, in the headline too.
        let report = case.read(&format!("out/{id}/report.md"));
        let headline = report.lines().find(|line| line.contains("относительно режима")).unwrap();
        let intervals: Vec<&str> = headline.split('[').skip(1).filter_map(|rest| rest.split(']').next()).collect();
        assert!(!intervals.is_empty() && intervals.iter().all(|bounds| bounds.contains("; ")), "{headline}");
    }
}

const CLAIMS: &str = r#"
[study]
title = "Напечатанное"
citation = "Вестник, 2025"
[design]
runs = 10
[[modes]]
id = "none"
label = "Без прокси"
[[modes]]
id = "one"
label = "Один"
[[tables]]
printed_in = "Таблица А"
[[tables.claims]]
row = "задержка"
metric = "latency_mean"
unit = "ms"
statistic = "mean"
printed = { none = "11.66", one = "15.00" }
[[tables.claims]]
row = "разброс"
metric = "latency_mean"
unit = "ms"
statistic = "sd"
printed = { none = "0.25", one = "0.22" }
[[tables.claims]]
row = "разность"
metric = "latency_mean"
unit = "ms"
statistic = "difference"
printed = { one = "3.40" }
[[tables.claims]]
row = "критерий"
metric = "latency_mean"
statistic = "t"
printed = { one = "41.8" }
[[tables.claims]]
row = "степени свободы"
metric = "latency_mean"
statistic = "df"
printed = { one = "19" }
[[tables.claims]]
row = "эффект"
metric = "latency_mean"
statistic = "cohen-d"
printed = { one = "13" }
"#;

#[test]
fn an_audit_and_a_plan() {
    let case = Case::empty();
    case.write("claims.toml", CLAIMS);
    let said = case.run(&["audit", "claims.toml", "--lang", "ru", "--all", "-o", "audit"]).ok().stdout;
    assert_eq!(latin_words(&said), ["audit"], "{said}");
    assert_russian(&case, "audit", &[]);
    let said = case
        .run(&[
            "plan",
            "--mean",
            "10",
            "11",
            "--sd",
            "1",
            "1.5",
            "--n",
            "6",
            "--difference",
            "5%",
            "--lang",
            "ru",
            "-o",
            "plan",
        ])
        .ok()
        .stdout;
    let words: Vec<String> = latin_words(&said).into_iter().filter(|word| !LATIN.contains(&word.as_str())).collect();
    assert!(words.is_empty() || words == ["plan"], "{words:?} in {said}");
    assert_russian(&case, "plan", &[]);
}

#[test]
fn two_sessions() {
    let manifest = LABELS.replace(r#", { id = "two", label = "Два" }"#, "");
    let case = Case::empty();
    for (session, shift) in [("old", 0.0), ("new", 0.7)] {
        case.write(&format!("{session}/study/meshstats.toml"), &manifest);
        for run in 1..=6_u64 {
            for (mode, ms) in [("none", 2.0), ("one", 2.01 + shift)] {
                let log = wrk_of(if session == "old" { 16 } else { 32 }, ms + (run * run % 7) as f64 / 10.0);
                case.write(&format!("{session}/study/{mode}/wrk-{run}.log"), log);
                // One metric that the old session does not have.
                if session == "new" {
                    case.write(&format!("{session}/study/{mode}/iperf3-{run}.json"), iperf3(9.0, run));
                }
            }
        }
    }
    let said = case.run(&["diff", "old/study", "new/study", "--lang", "ru", "-o", "diff"]).ok().stdout;
    let words: Vec<String> = latin_words(&said).into_iter().filter(|word| !LATIN.contains(&word.as_str())).collect();
    assert!(words.iter().all(|word| ["study", "diff"].contains(&word.as_str())), "{words:?} in {said}");
    for there in ["Прежний", "Новый", "только в новом сеансе: Пропускная способность", "Изменившиеся выводы"]
    {
        assert!(said.contains(there), "{there}: {said}");
    }
    assert_russian(&case, "diff", &["study"]);
    // What is compared are sessions; modes are where they were measured.
    let report = case.read("diff/report.md");
    assert!(report.contains("Новый сеанс относительно сеанса «Прежний»"), "{report}");
    for wrong in ["режима «Прежний»", "на режим", "исследуемый режим", "в прогонах каждого режима"]
    {
        assert!(!report.contains(wrong) && !said.contains(wrong), "{wrong} is in\n{report}");
    }
    let said = case.run(&["diff", "old/study", "new/study", "--lang", "en"]).ok().stdout;
    assert!(said.contains("only in the new session: Throughput"), "{said}");
}

/// The numbers of a text, with points and without groups, in order of size.
fn numbers(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let group = |i: usize| (1..=3).all(|k| digit(i + k)) && !digit(i + 4);
    let mut numbers = Vec::new();
    let mut number = String::new();
    for i in 0..=chars.len() {
        let (c, inside) = (chars.get(i).copied().unwrap_or(' '), !number.is_empty());
        match c {
            _ if digit(i) => number.push(c),
            '\u{202f}' if inside && group(i) => {}
            '.' if inside && digit(i + 1) => number.push('.'),
            ',' if inside && digit(i + 1) => number.push('.'),
            _ if inside => numbers.push(std::mem::take(&mut number)),
            _ => {}
        }
    }
    numbers.sort();
    numbers
}

#[test]
fn numbers_are_the_same_in_every_language() {
    let path = root().join("data/loopback-demo");
    let [english, russian] = ["en", "ru"].map(|lang| {
        let case = Case::empty();
        case.run(&["analyze", path.to_str().unwrap(), "-o", "out", "--lang", lang]).ok();
        case
    });
    for (path, contents) in tree(&english.path("out")) {
        let [one, other] = [String::from_utf8_lossy(&contents).into_owned(), {
            let contents = std::fs::read(russian.path(&format!("out/{path}"))).unwrap();
            String::from_utf8_lossy(&contents).into_owned()
        }];
        if path.ends_with("results.json") || path.ends_with("runs.csv") {
            assert_eq!(one, other, "{path}");
        } else if path.ends_with(".csv") || path.ends_with("numbers.tex") {
            assert_eq!(numbers(&one.replace(',', " ")), numbers(&other.replace(',', " ")), "{path}");
        } else if path.ends_with(".md") {
            assert_eq!(numbers(&one), numbers(&other), "{path}");
        }
    }
}

#[test]
fn the_command_line_goes_before_the_manifest_and_the_manifest_before_the_language() {
    let manifest = format!("{LABELS}decimal_separator = \".\"\n").replace(r#", { id = "two", label = "Два" }"#, "");
    let files: Vec<(String, String)> = (1..=3)
        .flat_map(|run| {
            [("none", 2.0), ("one", 2.5)]
                .map(|(mode, ms)| (format!("{mode}/wrk-{run}.log"), wrk_of(16, ms + f64::from(run) / 9.0)))
        })
        .collect();
    let case = study(&manifest, &files);
    case.analyze(&[]).ok();
    let report = case.read("out/study/report.md");
    assert!(
        report.contains("Средняя задержка, Один: 2.") && !report.contains("Средняя задержка, Один: 2,"),
        "{report}"
    );
    case.analyze(&["--lang", "en"]).ok();
    assert!(case.read("out/study/report.md").contains("Mean latency, Один: 2."));
}

#[test]
fn a_report_in_russian_compiles_and_its_tables_are_not_for_audit() {
    let case = Case::empty();
    let path = root().join("data/loopback-demo");
    case.run(&["analyze", path.to_str().unwrap(), "-o", "out", "--lang", "ru"]).ok();
    compile(&case.path("out/loopback-demo"), "report.tex");
    let ended = case.run(&["audit", "out/loopback-demo/tables/comparison.md"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("of a report in another language, give results.json"), "{}", ended.stderr);
    case.run(&["audit", "out/loopback-demo/results.json"]).ok();
}

#[test]
fn an_unknown_language_is_told_with_those_that_are_known() {
    let case = study("lang = \"rus\"\n", &[]);
    case.analyze(&[]).fails(
        1,
        "error: study/meshstats.toml: lang = \"rus\" is no language of reports: did you mean ru? Known: en, ru\n",
    );
    let ended = case.analyze(&["--lang", "fr"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("'fr'") && ended.stderr.contains("en, ru"), "{}", ended.stderr);
}
