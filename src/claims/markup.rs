//! Claims from the Markdown and LaTeX tables that meshstats writes: means of modes and their comparison, samples, tests,
//! and rates. Other tables of the same file are passed over.
//!
//! What a table does not say in itself (the number of runs, the test) is read from the notes under it, which are comments
//! under a bare `tabular`.

mod latex;
mod markdown;

use std::collections::BTreeMap;

use super::{Claim, Claims, Design, Printed, Publication, Quantity, Source, Statistic, Table};
use crate::error::Fault;
use crate::metric::{METRICS, Unit};
use crate::stats::{Kind, METHODS};
use crate::study::Named;
use latex::tabulars;
use markdown::pipe_tables;

pub(super) const MARKDOWN: Source = Source {
    extension: "md",
    label: "tables of a meshstats report",
    read: |name, text| read(name, &pipe_tables(text)),
};
pub(super) const LATEX: Source =
    Source { extension: "tex", label: "tables of a meshstats report", read: |name, text| read(name, &tabulars(text)) };

/// A table as text, whatever markup it came in.
#[derive(Debug, Default, PartialEq)]
struct Grid {
    caption: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    notes: String,
}

impl Grid {
    fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|header| header == name)
    }

    /// The cell of a row under that header.
    fn cell<'r>(&self, row: &'r [String], name: &str) -> Option<&'r String> {
        row.get(self.column(name)?)
    }
}

fn read(name: &str, grids: &[Grid]) -> Result<Claims, Fault> {
    let mut made = Made::default();
    for grid in grids {
        made.add(grid).map_err(|what| Fault::new(what, "restore the table as meshstats wrote it"))?;
    }
    if made.tables.is_empty() {
        let what = format!("none of its {} tables holds figures that can be audited", grids.len());
        let remedy = "give report.md, or the table of comparisons, samples or rates under tables/, in English (of a report in another \
                      language, give results.json)";
        return Err(Fault::new(what, remedy));
    }
    let study = Publication { title: name.to_owned(), citation: name.to_owned(), doi: None };
    Ok(Claims {
        study,
        design: made.design,
        modes: made.modes,
        metrics: made.metrics,
        tables: made.tables,
        ..Claims::none()
    })
}

#[derive(Default)]
struct Made {
    design: Design,
    modes: Vec<Named>,
    metrics: Vec<Quantity>,
    tables: Vec<Table>,
    /// Labels of a baseline and its treatment, by the last comparison: the table of tests names neither.
    pair: Option<[String; 2]>,
    /// A cell that should hold a figure and does not.
    unread: Option<String>,
}

/// Where the figures of a row belong.
struct Place<'a> {
    row: &'a str,
    metric: String,
    unit: Option<String>,
    scenario: Option<String>,
}

impl Made {
    /// Fails with what is wrong in a table whose figures are read.
    fn add(&mut self, grid: &Grid) -> Result<(), String> {
        let before = self.tables.len();
        let place = if grid.caption.is_empty() { format!("table {}", before + 1) } else { grid.caption.clone() };
        self.tables.push(Table { printed_in: place, claims: Vec::new() });

        let difference = grid.column("Difference").filter(|at| is_change(grid, *at));
        let read: fn(&mut Self, &Grid, &[String], &str, Option<String>) = match difference {
            Some(_) => Self::comparison,
            None if grid.column("Effect size").is_some() => Self::tests,
            None if grid.column("Pooled").is_some() => Self::rates,
            None if grid.column("Mean").is_some() && grid.column("SE").is_some() => Self::sample,
            None => |_, _, _, _, _| {},
        };
        self.confidence(grid);
        for row in &grid.rows {
            let Some(metric) = grid.cell(row, "Metric") else { break };
            let before = self.tables.last().map_or(0, |table| table.claims.len());
            read(self, grid, row, metric, grid.cell(row, "Scenario").cloned());
            let claimed = self.tables.last().map_or(0, |table| table.claims.len()) > before;
            if claimed && row.len() != grid.header.len() {
                let (has, wants) = (row.len(), grid.header.len());
                return Err(format!("row `{metric}` has {has} cells under {wants} headers"));
            }
        }
        if self.tables.last().is_some_and(|table| table.claims.is_empty()) {
            self.tables.pop();
        }
        match self.unread.take() {
            Some(cell) => Err(format!("`{cell}` is no figure")),
            None => Ok(()),
        }
    }

    /// The level of the intervals, from a header such as `95 % CI`.
    fn confidence(&mut self, grid: &Grid) {
        let level = |header: &String| header.split_once(" % CI")?.0.parse::<f64>().ok();
        if let Some(percent) = grid.header.iter().find_map(level) {
            self.design.confidence.get_or_insert(percent / 100.0);
        }
    }

    /// `Metric [Scenario] [Mode] baseline treatment Difference CI Change CI p`.
    fn comparison(&mut self, grid: &Grid, row: &[String], metric: &str, scenario: Option<String>) {
        let Some(at) = grid.column("Difference") else {
            return;
        };
        let cell = |at: usize| row.get(at).map_or("", String::as_str);
        let header = |at: usize| grid.header.get(at).map_or("", String::as_str);
        let labels = [
            header(at - 2),
            match grid.cell(row, "Mode") {
                Some(mode) => mode.as_str(),
                None => header(at - 1),
            },
        ];
        let [baseline, treatment] = labels.map(|label| self.mode(label));
        self.pair = Some(labels.map(str::to_owned));
        if let Some(runs) = runs(&grid.notes) {
            self.design.runs.get_or_insert(runs);
        }
        let place = self.place(metric, scenario);
        for (mode, text) in [(&baseline, cell(at - 2)), (&treatment, cell(at - 1))] {
            let (mean, sd) = text.split_once(" ± ").map_or((text, None), |(mean, sd)| (mean, Some(sd)));
            self.claim(&place, Statistic::Mean, mode, mean);
            if let Some(sd) = sd {
                self.claim(&place, Statistic::Sd, mode, sd);
            }
        }
        // Other methods than Welch's test leave the means and what follows from them, and so does a table without its notes.
        let says = |before: &str| grid.notes.contains(&format!("{before}Welch's t-test"));
        if says("confidence interval (") {
            self.claim(&place, Statistic::Difference, &treatment, cell(at));
            self.claim(&place, Statistic::Ci, &treatment, cell(at + 1));
        }
        let relative =
            ["(Relative change of the mean (Fieller))", "(Relative change of the mean (delta method, log scale))"];
        if relative.iter().any(|name| grid.notes.contains(name)) {
            self.claim(&place, Statistic::PercentChange, &treatment, cell(at + 2));
        }
        if says("p: ") {
            self.p(grid, &place, header(at + 4), &treatment, cell(at + 4));
        }
    }

    /// `Metric [Scenario] [Mode] t df p p-adjusted "Effect size" CI`.
    fn tests(&mut self, grid: &Grid, row: &[String], metric: &str, scenario: Option<String>) {
        let Some([baseline, treatment]) = self.pair.clone() else { return };
        let mode = grid.cell(row, "Mode");
        self.mode(&baseline);
        let treatment = self.mode(mode.unwrap_or(&treatment));
        let place = self.place(metric, scenario);
        let welch = grid.notes.contains("Test: Welch's t-test");
        for (header, text) in grid.header.iter().zip(row) {
            match header.as_str() {
                "t" if welch => self.claim(&place, Statistic::T, &treatment, text),
                "df" if welch => self.claim(&place, Statistic::Df, &treatment, text),
                name if welch && name.starts_with('p') => self.p(grid, &place, name, &treatment, text),
                "Effect size" if grid.notes.contains("Effect size: Cohen's d (pooled SD)") => {
                    self.claim(&place, Statistic::CohenD, &treatment, text);
                }
                "Effect size" if grid.notes.contains("Effect size: Hedges' g (pooled SD)") => {
                    self.claim(&place, Statistic::HedgesG, &treatment, text);
                }
                _ => {}
            }
        }
    }

    /// `Metric [Scenario] Mode n Mean SD SE CI CV`.
    fn sample(&mut self, grid: &Grid, row: &[String], metric: &str, scenario: Option<String>) {
        let cell = |name: &str| grid.cell(row, name);
        let Some(mode) = cell("Mode").map(|label| self.mode(label)) else { return };
        let place = self.place(metric, scenario);
        let ratio =
            METRICS.iter().any(|known| known.id == place.metric && matches!(known.kind, crate::metric::Kind::Ratio(_)));
        let mean = if ratio { Statistic::MeanOfRatios } else { Statistic::Mean };
        let named =
            [("n", Statistic::N), ("Mean", mean), ("SD", Statistic::Sd), ("SE", Statistic::StandardErrorOfMean)];
        for (name, statistic) in named {
            if let Some(text) = cell(name) {
                self.claim(&place, statistic, &mode, text);
            }
        }
        let interval = grid.header.iter().position(|header| header.ends_with(" CI of the mean"));
        if let Some(text) = interval.and_then(|at| row.get(at)) {
            self.claim(&place, Statistic::CiOfMean, &mode, text);
        }
    }

    /// `Metric [Scenario] Mode Count Exposure Pooled CI "Mean of ratios"`.
    fn rates(&mut self, grid: &Grid, row: &[String], metric: &str, scenario: Option<String>) {
        let cell = |name: &str| grid.cell(row, name);
        let Some(mode) = cell("Mode").map(|label| self.mode(label)) else { return };
        let place = self.place(metric, scenario.clone());
        for (name, statistic) in [("Pooled", Statistic::Pooled), ("Mean of ratios", Statistic::MeanOfRatios)] {
            if let Some(text) = cell(name) {
                self.claim(&place, statistic, &mode, text);
            }
        }
        // The exposure of other ratios is no metric's total.
        if place.metric == "retransmits_per_gib" {
            for (metric, unit, name) in [("retransmits", None, "Count"), ("bytes", Some("GiB"), "Exposure")] {
                let (metric, unit) = (metric.to_owned(), unit.map(str::to_owned));
                let total = Place { row: name, metric, unit, scenario: scenario.clone() };
                if let Some(text) = cell(name) {
                    self.claim(&total, Statistic::Total, &mode, text);
                }
            }
        }
        let set = grid.notes.split_once("MSS: ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        if let Some(mss) = set {
            self.design.mss.get_or_insert(mss);
        }
    }

    /// A p-value under the header `p`, or under `p (Holm)` when it is adjusted.
    fn p(&mut self, grid: &Grid, place: &Place, header: &str, mode: &str, text: &str) {
        let tests =
            grid.notes.split_once("over the family of ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        match header.strip_prefix("p (").and_then(|rest| rest.strip_suffix(')')) {
            None => self.claim(place, Statistic::P, mode, text),
            Some(name) => {
                let named = |label: &str| label.trim_end_matches(" adjustment").trim_end_matches("'s") == name;
                let method = METHODS.iter().find(|method| method.kind == Kind::Adjustment && named(method.label));
                if let Some(method) = method {
                    self.design.adjust.get_or_insert(method.id.to_owned());
                    if let Some(tests) = tests {
                        self.design.tests.get_or_insert(tests);
                    }
                    self.claim(place, Statistic::PAdjusted, mode, text);
                }
            }
        }
    }

    /// The id of the mode of that label.
    fn mode(&mut self, label: &str) -> String {
        if let Some(known) = self.modes.iter().find(|known| known.label == label) {
            return known.id.clone();
        }
        let slug: String =
            label.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        let mut id = slug.trim_matches('-').to_owned();
        if id.is_empty() || self.modes.iter().any(|known| known.id == id) {
            id = format!("mode-{}", self.modes.len() + 1);
        }
        self.modes.push(Named { id: id.clone(), label: label.to_owned(), word: None });
        id
    }

    /// The metric and unit that a label such as `Mean latency (ms)` names; one that is not registered is the table's own.
    fn place<'a>(&mut self, row: &'a str, scenario: Option<String>) -> Place<'a> {
        let with_unit = row.rsplit_once(" (").and_then(|(label, unit)| Some((label, unit.strip_suffix(')')?)));
        let (label, unit) = with_unit.map_or((row, None), |(label, unit)| (label, Some(unit.to_owned())));
        let metric = match METRICS.iter().find(|metric| metric.label == label) {
            Some(metric) => metric.id.to_string(),
            None => {
                if !self.metrics.iter().any(|own| own.id == label) {
                    let base = unit.as_deref().map(|unit| Unit::named(unit).0.base_name().to_owned());
                    let own =
                        Quantity { id: label.to_owned(), label: None, unit: base, whole: false, low: None, high: None };
                    self.metrics.push(own);
                }
                label.to_owned()
            }
        };
        Place { row, metric, unit, scenario }
    }

    /// A cell that holds no figure (`—`) claims nothing.
    fn claim(&mut self, place: &Place, statistic: Statistic, mode: &str, text: &str) {
        let printed = match Printed::try_from(text.to_owned()) {
            Ok(printed) if printed.numbers.len() == statistic.width() => printed,
            _ => {
                // An interval may be open, and what is undefined has a dash.
                if !(text.is_empty() || text == "—" || text.contains('∞')) {
                    self.unread.get_or_insert(text.to_owned());
                }
                return;
            }
        };
        let unit = match statistic {
            Statistic::PercentChange => Some("%".to_owned()),
            _ => place.unit.clone().filter(|_| statistic.has_unit()),
        };
        let Some(table) = self.tables.last_mut() else { return };
        table.claims.push(Claim {
            row: format!("{}, {}", place.row, statistic.words()),
            metric: place.metric.clone(),
            statistic,
            unit,
            meaning: None,
            scenario: place.scenario.clone(),
            printed: BTreeMap::from([(mode.to_owned(), printed)]),
        });
    }
}

/// Whether the column is the difference of a comparison: its interval and the change follow.
fn is_change(grid: &Grid, at: usize) -> bool {
    let header = |at: usize| grid.header.get(at).map_or("", String::as_str);
    at >= 2 && header(at + 1).ends_with(" CI") && header(at + 2) == "Change (%)"
}

/// The number of runs of every mode, where the notes say one number: `n = 20 a mode`.
fn runs(notes: &str) -> Option<usize> {
    let (_, rest) = notes.split_once("(n = ")?;
    rest.strip_suffix(" a mode").or_else(|| Some(rest.split_once(" a mode)")?.0))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPES: &str = "\
**Table 1.** Primary metrics

| Metric            | Without mesh |  Mesh \\| x   | Difference |    95 % CI    | Change (%) |   95 % CI    | p (Holm) |
| :---------------- | :----------: | :----------: | ---------: | :-----------: | ---------: | :----------: | -------: |
| Mean latency (ms) | 11.66 ± 0.25 | 15.00 ± 0.22 |      +3.34 | [3.18, 3.49]  |      +28.6 | [27.1, 30.1] |  8.9e-34 |

- Mean ± SD over runs (n = 20 a mode); with its 95 % confidence interval (Welch's t-test).
- p: Welch's t-test, two-sided.
";

    const TABULAR: &str = r"
\caption{Primary metrics}
\begin{tabular}{ l }
  \toprule
  Metric              & \multicolumn{2}{c}{Without mesh} & \multicolumn{2}{c}{Mesh | x} & {Difference} & 95 \% CI         & {Change} & 95 \% CI & {p}    \\
                      & \multicolumn{2}{c}{}             & \multicolumn{2}{c}{}         &              &                  & {(\%)}   &          & {(Holm)} \\
  \midrule
  Mean latency (ms)   & 11.66 & 0.25                     & 15.00 & 0.22                 &        +3.34 & $[3.18,\, 3.49]$ &    +28.6 & $[27.1,\, 30.1]$ & 8.9e-34 \\
  \bottomrule
\end{tabular}
  \item Mean $\pm$ SD over runs (n = 20 a mode); with its 95 \% confidence interval (Welch's t-test).
  \item p: Welch's t-test, two-sided.
";

    #[test]
    fn both_markups_make_one_table() {
        let [markdown, latex] = [pipe_tables(PIPES), tabulars(TABULAR)];
        assert_eq!(markdown, latex);
        let commented = TABULAR.replace(r"  \item ", "% ");
        assert_eq!(latex, tabulars(&commented));
    }

    #[test]
    fn what_depends_on_the_test_is_claimed_where_the_notes_name_it() {
        let statistics = |text: &str| -> Vec<Statistic> {
            Claims::read("comparison.md", text).unwrap().cells().map(|cell| cell.claim.statistic).collect()
        };
        let (bare, _) = PIPES.split_once("\n- ").unwrap();
        let paired = PIPES.replace("Welch's t-test", "Paired t-test");
        for text in [bare, &paired] {
            assert!(statistics(text).iter().all(|one| matches!(one, Statistic::Mean | Statistic::Sd)), "{text}");
        }
    }

    #[test]
    fn a_comparison_is_all_its_figures() {
        let claims = Claims::read("comparison.md", PIPES).unwrap();
        let found: Vec<_> = claims
            .cells()
            .map(|cell| (cell.claim.statistic, cell.mode.to_owned(), cell.printed.text.clone()))
            .collect();
        let expected = [
            (Statistic::Mean, "without-mesh", "11.66"),
            (Statistic::Sd, "without-mesh", "0.25"),
            (Statistic::Mean, "mesh---x", "15.00"),
            (Statistic::Sd, "mesh---x", "0.22"),
            (Statistic::Difference, "mesh---x", "+3.34"),
            (Statistic::Ci, "mesh---x", "[3.18, 3.49]"),
            (Statistic::PAdjusted, "mesh---x", "8.9e-34"),
        ];
        assert_eq!(found, expected.map(|(statistic, mode, text)| (statistic, mode.to_owned(), text.to_owned())));
        assert_eq!((claims.design.runs, claims.design.level()), (Some(20), 0.95));
        assert_eq!(claims.design.adjust.as_deref(), Some("holm"));
    }

    #[test]
    fn a_file_without_such_tables_says_so() {
        let message = Claims::read("x.md", "| A | B |\n| --- | --- |\n| 1 | 2 |\n").unwrap_err().to_string();
        assert!(message.starts_with("x.md: none of its 1 tables holds figures that can be audited"), "{message}");
    }
}
