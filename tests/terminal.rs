//! What stands on a terminal besides words: colours, where they are wanted.

use super::program::{Case, Ended, ended, program, wrk};

/// What `analyze` says of a metric that is worse, under these variables.
fn said(variables: &[(&str, &str)]) -> String {
    let case = Case::empty();
    for (mode, base) in [("direct", 10.0), ("mesh", 12.0)] {
        for run in 1..=4 {
            case.write(&format!("s/{mode}/run-{run}.txt"), wrk(base + 0.1 * f64::from(run)));
        }
    }
    let mut command = program();
    command.args(["analyze", "s", "-o", "out", "--format", "csv"]).current_dir(case.path(""));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(variables.iter().copied());
    let Ended { stdout, .. } = ended(&mut command).ok();
    let lines: Vec<&str> = stdout.lines().filter(|line| !line.contains(" written in ")).collect();
    lines.join("\n")
}

/// `text` without the sequences that set colours.
fn without_colours(text: &str) -> String {
    let after = |part: &str| part.split_once('m').map_or(String::new(), |(_, rest)| rest.to_owned());
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + &after(part))
}

#[test]
fn worse_is_red_where_colours_are_wanted_and_a_word_everywhere() {
    let plain = said(&[]);
    assert!(plain.contains("mean latency +19.5 % [") && plain.contains("], worse"), "{plain}");
    assert!(!plain.contains('\x1b'), "{plain:?}");
    assert_eq!(said(&[("NO_COLOR", "1")]), plain);
    let coloured = said(&[("CLICOLOR_FORCE", "1")]);
    assert!(coloured.contains("\x1b[31mmean latency +19.5 % ["), "{coloured:?}");
    assert!(coloured.contains(", worse\x1b[0m"), "{coloured:?}");
    assert_eq!(without_colours(&coloured), plain);
}
