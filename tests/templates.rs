//! The templates as their authors know them: every variable is documented and supplied, errors show the place, and
//! `--watch` follows what is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use meshstats::render::catalogue::{CATALOGUE, page, sources};
use meshstats::render::{OUTPUTS, Templates};

use super::latex::{emphasised, rendered, report};
use super::program::{Case, program, root, wrk};

#[test]
fn every_variable_is_documented_and_supplied() {
    let templates = Templates::new(None).unwrap().recording();
    let mut plain = report(vec![]);
    plain.banner = None;
    for report in [emphasised(), plain] {
        for output in OUTPUTS {
            rendered(output, &report, &templates).unwrap();
        }
    }
    let given = templates.given();
    assert!(given.len() > 10, "{} templates were used", given.len());
    for (name, given) in &given {
        let entry = CATALOGUE.iter().find(|entry| entry.name == name).expect("every template is in the catalogue");
        let documented: BTreeMap<&str, &str> = entry.variables().map(|(path, kind, _)| (*path, *kind)).collect();
        // Figures stand by their ids.
        let general = |path: &String| path.replace("figures.forest-latency", "figures[]");
        let supplied: BTreeSet<String> = given.keys().map(general).filter(|path| path != "figures[]").collect();
        let paths: BTreeSet<String> = documented.keys().map(|path| (*path).to_owned()).collect();
        assert_eq!(supplied, paths, "{name}: supplied and documented");
        for (path, kinds) in given {
            let Some(documented) = documented.get(general(path).as_str()) else { continue };
            for kind in kinds {
                let fits = documented.starts_with(kind) || documented.ends_with(&format!("or {kind}"));
                assert!(fits, "{name}: {path} is {kind}, and documented as {documented}");
            }
        }
    }
}

#[test]
fn templates_use_what_is_documented() {
    let templates = Templates::new(None).unwrap();
    for (name, source) in sources() {
        let entry = CATALOGUE.iter().find(|entry| entry.name == *name).expect("every template is in the catalogue");
        let known: BTreeSet<&str> = entry.variables().map(|(path, ..)| *path).collect();
        for used in templates.used(name) {
            // An included template sees the variables of the loop that it stands in.
            let of_loop = entry.makes.starts_with("included") && used == "block";
            assert!(known.contains(used.as_str()) || of_loop, "{name} uses {used}");
        }
        if let Some(by) = entry.makes.strip_prefix("included by ") {
            for by in by.split(" and ") {
                let (_, outer) = sources().iter().find(|(name, _)| *name == by).expect("it is a template");
                assert!(outer.contains(&format!("include \"{name}\"")), "{by} includes {name}");
            }
        }
        assert!(!source.is_empty(), "{name}");
    }
    assert_eq!(CATALOGUE.len(), sources().len());
}

#[test]
fn the_page_is_that_of_the_program() {
    let path = root().join("templates/README.md");
    let made = page();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &made).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap_or_default(), made, "templates/README.md (UPDATE_GOLDEN=1 accepts)");
    assert_eq!(Case::empty().run(&["templates", "variables"]).ok().stdout, made);
}

#[test]
fn every_template_is_embedded() {
    let files = fs::read_dir(root().join("templates")).unwrap();
    let files = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["README.md", "lang"].contains(&name.as_str()));
    let names = sources().iter().map(|(name, _)| (*name).to_owned());
    assert_eq!(files.collect::<BTreeSet<String>>(), names.collect());
}

fn study() -> Case {
    let case = Case::empty();
    for (mode, ms) in [("baseline", 10.0), ("proxy", 12.0)] {
        for run in 0..4 {
            case.write(&format!("study/{mode}/wrk/run-{run}.txt"), wrk(ms + f64::from(run) * 0.1));
        }
    }
    case
}

const MANIFEST: &str = "baseline = \"baseline\"\n\n[[modes]]\nid = \"baseline\"\n\n[[modes]]\nid = \"proxy\"\n";

#[test]
fn export_gives_templates_that_make_the_same_report() {
    let case = study();
    let listed = case.run(&["templates", "list"]).ok().stdout;
    let exported = case.run(&["templates", "export", "mine"]).ok().stdout;
    assert_eq!(exported, format!("{} files written to mine\n", sources().len() + 1));
    for (name, source) in sources() {
        assert_eq!(case.read(&format!("mine/{name}")), *source);
        assert!(listed.contains(name), "{name}");
    }
    case.analyze(&[]).ok();
    case.run(&["analyze", "study", "-o", "again", "--templates", "mine"]).ok();
    for format in ["md", "html", "tex", "typ", "adoc"] {
        let report = format!("study/report.{format}");
        assert_eq!(case.read(&format!("out/{report}")), case.read(&format!("again/{report}")), "{report}");
    }
}

#[test]
fn export_keeps_what_was_changed() {
    let case = Case::empty();
    case.write("mine/table.md", "mine\n");
    case.run(&["templates", "export", "mine"]).fails(
        1,
        "error: mine/table.md: exists, and is not the built-in template: choose another directory, or overwrite it with \
         --force\n",
    );
    assert!(!case.path("mine/table.tex").exists(), "nothing is written");
    case.run(&["templates", "export", "--force", "mine"]).ok();
    assert_ne!(case.read("mine/table.md"), "mine\n");
    // What does not differ is no obstacle.
    case.run(&["templates", "export", "mine"]).ok();
}

#[track_caller]
fn assert_error(name: &str, source: &str, expected: &str) {
    let case = study();
    case.write(&format!("mine/{name}"), source);
    case.analyze(&["--templates", "mine"]).fails(1, expected);
    assert!(!case.path("out").exists(), "nothing is written");
}

#[test]
fn an_unknown_variable_is_shown_with_the_nearest() {
    assert_error(
        "table.md",
        "one\n\n  two {{ captoin }} three\n",
        "error: mine/table.md:3: undefined value: `captoin` is undefined: did you mean `caption`? The variables are: \
         caption, notes, number, table\n  3 | two {{ captoin }} three\n    |        ^^^^^^^\n",
    );
}

#[test]
fn an_unknown_attribute_is_shown_with_the_nearest() {
    assert_error(
        "report.html",
        "{% for section in sections %}\n{{ section.titel }}\n{% endfor %}\n",
        "error: mine/report.html:2: undefined value: `section.titel` is undefined: did you mean `title`? `section` has: \
         blocks, id, title\n  2 | {{ section.titel }}\n    |    ^^^^^^^^^^^^^\n",
    );
}

#[test]
fn a_malformed_template_is_shown() {
    assert_error(
        "table.tex",
        "\\VAR{caption}\n\\BLOCK{for row rows}\n",
        "error: mine/table.tex:2: syntax error: unexpected identifier, expected in: correct the template, or remove it to \
         use the built-in one\n  2 | \\BLOCK{for row rows}\n    |                ^^^^\n",
    );
}

/// A child process that is ended with the test.
struct Watching {
    child: Child,
    case: Case,
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watching {
    /// Waits until a file holds `words`; `stderr` is what was printed there.
    #[track_caller]
    fn until(&self, path: &str, words: &str) {
        let began = Instant::now();
        let text = || fs::read_to_string(self.case.path(path)).unwrap_or_default();
        while !text().contains(words) {
            let waits = began.elapsed() < Duration::from_secs(60);
            assert!(waits, "{path} never had {words}:\n{}\n{}", text(), self.case.read("stderr"));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn watch_follows_changes() {
    let case = study();
    case.write("study/meshstats.toml", MANIFEST);
    case.write("mine/numbers.md", "one\n");
    let mut command = program();
    command.args([
        "analyze",
        "study",
        "-o",
        "study/out",
        "--watch",
        "--format",
        "markdown,latex",
        "--templates",
        "mine",
    ]);
    command.current_dir(case.path("")).stdout(Stdio::piped());
    let stderr = fs::File::create(case.path("stderr")).unwrap();
    let child = command.stderr(stderr).spawn().expect("the program was built and can be started");
    let mut watching = Watching { child, case };
    let report = "study/out/study/report.md";
    watching.until(report, "proxy");

    watching.case.write("study/meshstats.toml", format!("{MANIFEST}label = \"Another label\"\n"));
    watching.until(report, "Another label");
    watching.case.write("study/meshstats.toml", format!("{MANIFEST}lable = \"A third\"\n"));
    watching.until("stderr", "study/meshstats.toml:8: ");
    watching.case.write("study/meshstats.toml", format!("{MANIFEST}label = \"A third label\"\n"));
    watching.until(report, "A third label");
    watching.case.write("mine/numbers.md", "two\n");
    watching.until("study/out/study/numbers.md", "two");

    // What it writes itself is no change.
    std::thread::sleep(Duration::from_millis(1500));
    watching.child.kill().unwrap();
    let mut printed = String::new();
    watching.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    let again: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("rendered again: "))
        .map(|line| line.split(';').next().unwrap_or_default())
        .collect();
    assert_eq!(
        again,
        [
            "rendered again: study/meshstats.toml changed",
            "rendered again: study/meshstats.toml changed",
            "rendered again: mine/numbers.md changed"
        ]
    );
}

#[test]
fn watch_does_not_wait_for_a_path_that_is_not_there() {
    let ended = Case::empty().run(&["analyze", "studdy", "--watch"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("error: studdy: "), "{}", ended.stderr);
}

/// Templates that would never end, or need more memory or stack than there is.
#[test]
fn templates_without_bound_are_told() {
    let refused = |name: &str, source: &str, what: &str| {
        let case = Case::empty();
        for (mode, ms) in [("none", 10.0), ("mesh", 12.0)] {
            for run in 1..=2 {
                case.write(&format!("study/{mode}/{run}.txt"), wrk(ms + f64::from(run)));
            }
        }
        case.write(&format!("t/{name}"), source);
        let ended = case.analyze(&["--format", "markdown", "--templates", "t"]);
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        let first = ended.stderr.lines().next().unwrap_or_default().to_owned();
        assert!(first.starts_with(&format!("error: t/{name}:1: {what}")), "{first}");
        assert!(!case.path("out").exists());
        assert!(ended.stderr.lines().all(|line| line.chars().count() < 300), "{}", ended.stderr);
    };
    let without_bound = "makes more than a report can be (a loop or text without bound): correct the template";
    let range = "range(100000)";
    refused(
        "report.md",
        &format!("{{% for a in {range} %}}{{% for b in {range} %}}x{{% endfor %}}{{% endfor %}}"),
        without_bound,
    );
    refused("report.md", "{{ title | indent(999999999999, true) }}", without_bound);
    refused("report.md", "{{ '%999999999999d' | format(1) }}", without_bound);
    refused(
        "report.md",
        "{% set n = namespace(x='x') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
        without_bound,
    );
    refused(
        "report.md",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "invalid operation: recursion limit exceeded",
    );
    refused("report.md", "{% include 'report.md' %}", "invalid operation: recursion limit exceeded");
    // A sum of as many terms as a template can hold is compiled all the same, and its result is not text alone.
    let sum = format!("{{{{ 1{} }}}}", "+1".repeat(100_000));
    refused("report.md", &format!("{sum}{{{{ titel }}}}"), "undefined value");
    refused("report.md", &format!("{{{{ {}1 }}}}{{{{ titel }}}}", "-".repeat(200_000)), "undefined value");

    let case = Case::empty();
    case.write("study/a/1.txt", wrk(1.0));
    case.write("t/report.md", "x".repeat(300_000));
    case.analyze(&["--templates", "t"]).fails(
        1,
        "error: t/report.md: has more than 256 KiB, and so is no template: make it shorter, or remove it to use the built-in \
         one\n",
    );
}

#[test]
fn what_editors_leave_beside_templates_is_passed_over() {
    let case = Case::empty();
    case.write("study/a/1.txt", wrk(1.0));
    for name in [".report.md.swp", "report.md~", "#report.md#", "report.md.swp", ".#report.md"] {
        case.write(&format!("t/{name}"), "{{ not a template");
    }
    case.write("t/report.md", "# {{ title }}\n");
    case.analyze(&["--format", "markdown", "--templates", "t", "-q"]).ok();
    assert_eq!(case.read("out/study/report.md"), "# study\n");
    case.write("t/table.mk", "");
    assert!(case.analyze(&["--templates", "t"]).stderr.contains("t/table.mk: is not the name of a template"));
}
