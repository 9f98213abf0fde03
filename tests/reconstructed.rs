//! What reports of reconstructed logs say of themselves: what no printed figure fixes, and that agreement proves nothing.

use super::golden::MADE;
use super::program::{Case, wrk};

/// Of some metrics everything is printed, of others a part, of one nothing in one mode, and nothing of the rest.
const CLAIMS: &str = r#"
[study]
title = "Printed"
citation = "Journal 1, 2025"
[design]
runs = 2
[[modes]]
id = "off"
label = "Off"
[[modes]]
id = "on"
label = "On"
[[tables]]
printed_in = "Table 1"
[[tables.claims]]
row = "latency"
metric = "latency_mean"
statistic = "mean"
unit = "ms"
printed = { off = "10.5", on = "12.5" }
[[tables.claims]]
row = "spread"
metric = "latency_mean"
statistic = "sd"
unit = "ms"
printed = { off = "0.71", on = "0.71" }
[[tables.claims]]
row = "maximum"
metric = "latency_max"
statistic = "max"
unit = "ms"
printed = { on = "39.0" }
[[tables.claims]]
row = "rate"
metric = "requests_per_second"
statistic = "mean"
unit = "1/s"
printed = { off = "9545", on = "8013" }
"#;

fn study(more: &str) -> Case {
    let manifest = format!(
        "published = \"claims.toml\"\nbaseline = \"off\"\nlogs = \"{{mode}}/{{run}}.txt\"\n{more}\n\
         [[modes]]\nid = \"off\"\nlabel = \"Off\"\n[[modes]]\nid = \"on\"\nlabel = \"On\"\n"
    );
    let case = Case::new(&[
        ("off/1.txt", wrk(10.0)),
        ("off/2.txt", wrk(11.0)),
        ("on/1.txt", wrk(12.0)),
        ("on/2.txt", wrk(13.0)),
        ("claims.toml", CLAIMS.to_owned()),
        ("meshstats.toml", manifest),
    ]);
    case.analyze(&[]).ok();
    case
}

const BY_CONSTRUCTION: &str = "This is so by construction: the runs were made from these figures. That a figure agrees \
                               proves nothing; only the disagreements say something.";

#[test]
fn what_no_printed_figure_fixes_is_named_by_the_claims() {
    let case = study("provenance = \"reconstructed\"");
    let table = |id: &str| case.read(&format!("out/study/tables/{id}.md"));
    let others = table("other-metrics");
    for said in [
        "- The reconstruction chose the values of Latency SD within a run, Maximum latency (Off), Transfer rate: no printed \
         figure fixes them.\n",
        "the reconstruction chose: Maximum latency (maximum), Requests per second (mean).\n",
    ] {
        assert!(others.contains(said), "{others}");
    }
    // Of the primary metric, mean and SD are printed: only single runs are the reconstruction's.
    for (id, shows_runs) in [("comparison", false), ("tests", false), ("quantiles", true), ("diagnostics", true)] {
        let table = table(id);
        assert_eq!(table.contains("No printed figure fixes single runs"), shows_runs, "{table}");
        assert!(!table.contains("The reconstruction chose the values of Mean latency"), "{table}");
    }
    let report = case.read("out/study/report.md");
    let captions: Vec<&str> = report.lines().filter(|line| line.starts_with("**Figure")).collect();
    for caption in captions {
        let shows_runs = !caption.contains("Change of each metric's mean");
        assert_eq!(caption.contains("No printed figure fixes single runs"), shows_runs, "{caption}");
        assert_eq!(caption.contains("Maximum latency (Off)"), !shows_runs, "{caption}");
    }
    let numbers = case.read("out/study/numbers.md");
    let chosen = |name: &str| {
        let of_it: Vec<&str> = numbers.lines().filter(|line| line.contains(&format!("{name}: mean over"))).collect();
        assert_eq!(of_it.len(), 1, "{numbers}");
        of_it[0].contains("(chosen by the reconstruction)")
    };
    let names = ["Mean latency, Off", "Maximum latency, Off", "Maximum latency, On", "Transfer rate, On"];
    assert_eq!(names.map(chosen), [false, true, false, true]);
}

#[test]
fn a_primary_metric_that_was_not_printed_is_told_in_the_summary() {
    let case = study("provenance = \"reconstructed\"\nprimary = [\"latency_mean\", \"transfer_rate\"]");
    let said = "The reconstruction chose the values of Transfer rate: no printed figure fixes them.";
    let report = case.read("out/study/report.md");
    let (summary, _) = report.split_once("## Comparison").unwrap();
    assert!(summary.contains(said), "{summary}");
    let page = case.read("out/study/report.html");
    let (_, latency) = page.split_once("id=\"metric-latency-mean\"").unwrap();
    let (latency, transfer) = latency.split_once("id=\"metric-transfer-rate\"").unwrap();
    assert!(!latency.contains(said) && transfer.contains(said), "a page has it where the metric is");
}

#[test]
fn agreement_with_what_runs_were_made_from_proves_nothing() {
    let count = "Of the 7 printed figures, 7 are what these runs give, at the precision printed.";
    let made = study("provenance = \"reconstructed\"").read("out/study/report.md");
    assert!(made.contains(&format!("{count} {BY_CONSTRUCTION}")), "{made}");
    let measured = study("provenance = \"measured\"").read("out/study/report.md");
    assert!(measured.contains(count) && !measured.contains("onstruction"), "{measured}");
}

#[test]
fn the_tables_of_runs_and_of_the_audit_name_each_other() {
    let table = |id: &str| String::from_utf8(MADE[&format!("istio-2025/tables/{id}.md")].clone()).unwrap();
    let (published, audit) = (table("published-table-1"), table("audit-table-1"));
    assert!(
        published.contains(
            "- Data transferred per run, GB: printed in “GB”; the figures are in GiB, and are compared so. As printed: does not \
             hold (see “Whether the published figures hold”).\n"
        ),
        "{published}"
    );
    assert!(
        audit.contains(
            "(see “As published, and from these runs”): Data transferred per run, GB; Retransmissions per 1 GB, count/GB.\n"
        ),
        "{audit}"
    );
    assert!(!table("audit-text").contains("As published"), "there each unit is the one that is meant");
}
