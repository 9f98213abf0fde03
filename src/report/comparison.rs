//! The answer: baseline against treatment, metric by metric.

use super::figure::{Drawing, Figure, Forest, ForestRow, Group, Runs};
use super::model::{Align, Block, Cell, Column, Section, Table};
use super::number::{self, Scale, decimals_of, fixed, half_width, number, or_missing, p_value, signed, text};
use super::{Context, header};
use crate::analysis::{Compared, Comparison, Means, MetricInfo, Sample};
use crate::stats::Interval;
use crate::stats::magnitude::magnitude;
use crate::stats::{Answer, Compute, Estimand, Kind, METHODS, Margin};

/// A comparison of means with the metric it is of.
struct Item<'a> {
    metric: &'a MetricInfo,
    comparison: &'a Comparison,
    means: &'a Means,
    scale: Scale,
}

/// The comparisons of means of the primary metrics, or of the others.
fn items<'a>(context: &'a Context, primary: bool) -> Vec<Item<'a>> {
    let analysis = context.analysis;
    analysis
        .comparisons
        .iter()
        .filter_map(|comparison| {
            let metric = analysis.metric(&comparison.metric).filter(|metric| metric.primary == primary)?;
            match &comparison.result {
                Compared::Means(means) => Some(Item { metric, comparison, means, scale: context.scale(metric) }),
                Compared::Rates(_) => None,
            }
        })
        .collect()
}

impl Item<'_> {
    fn place(&self, context: &Context) -> String {
        context.place(self.comparison)
    }

    fn interval(&self) -> Option<Interval> {
        self.comparison.difference_interval().ok()
    }

    fn difference(&self) -> f64 {
        self.scale.apply(self.comparison.difference(self.means))
    }

    /// Decimals of the difference, by its interval.
    fn difference_decimals(&self, digits: u8) -> usize {
        let half = self.interval().as_ref().and_then(half_width).map(|half| self.scale.apply(half));
        decimals_of(&[half], self.difference(), digits)
    }

    fn percent_decimals(&self, digits: u8) -> usize {
        let percent = self.comparison.percent(self.means).unwrap_or_default();
        number::percent_decimals(percent, self.comparison.percent_interval().as_ref().ok(), digits)
    }

    fn percent(&self, digits: u8) -> Cell {
        or_missing(self.comparison.percent(self.means), |p| number(signed(p, self.percent_decimals(digits))))
    }

    fn percent_interval(&self, digits: u8) -> Cell {
        let plain = Scale { factor: 1.0, unit: String::new() };
        or_missing(self.comparison.percent_interval(), |i| number::interval(&i, &plain, self.percent_decimals(digits)))
    }

    /// `(of the mean ± SD of each side)`: both to the decimals of the smaller SD.
    fn side(&self, baseline: bool, digits: u8) -> Cell {
        let (a, b) = (&self.means.baseline, &self.means.treatment);
        let scaled = |sd: Option<f64>| sd.map(|sd| self.scale.apply(sd));
        let decimals = decimals_of(&[scaled(a.sd), scaled(b.sd)], self.scale.apply(a.mean), digits);
        let side = if baseline { a } else { b };
        let centre = fixed(self.scale.apply(side.mean), decimals);
        match scaled(side.sd) {
            Some(sd) => Cell::PlusMinus { centre, spread: fixed(sd, decimals) },
            None => number(centre),
        }
    }
}

/// One sentence a primary comparison.
pub(super) fn summary(context: &Context) -> Vec<String> {
    let items = items(context, true);
    if items.is_empty() {
        let why = match context.treatments().as_slice() {
            [] => format!("One mode, {}", context.baseline_label()),
            _ => format!(
                "No primary metric was measured in one scenario both in {} and in another mode",
                context.baseline_label()
            ),
        };
        return vec![format!("{why}: nothing is compared.")];
    }
    items.iter().map(|item| context.prose(&sentence(context, item))).collect()
}

fn sentence(context: &Context, item: &Item) -> String {
    let digits = context.digits();
    let plain = |cell: Cell| match cell {
        Cell::Number { text } => text,
        Cell::PlusMinus { centre, .. } => centre,
        Cell::Interval { lower, upper } => format!("[{lower}, {upper}]"),
        _ => "undefined".to_owned(),
    };
    let unit = if item.scale.unit.is_empty() { String::new() } else { format!(" {}", item.scale.unit) };
    let percent = match (item.comparison.percent(item.means), item.comparison.percent_interval()) {
        (Ok(_), Ok(_)) => format!(
            " ({} %, {} CI {} %)",
            plain(item.percent(digits)),
            context.level(),
            plain(item.percent_interval(digits))
        ),
        (Ok(_), Err(_)) => format!(" ({} %)", plain(item.percent(digits))),
        _ => String::new(),
    };
    let test = match item.comparison.decides() {
        Ok(test) => {
            let adjusted = context.adjustment().map(|name| format!(", {name}-adjusted"));
            let (name, p) = match item.comparison.p_adjusted {
                Some(p) => (adjusted.unwrap_or_default(), p),
                None => (String::new(), test.p_value),
            };
            let p = p_value(p);
            let p = if p.starts_with(['<', '>']) { format!("p {p}") } else { format!("p = {p}") };
            format!("; {p} ({}{name})", item.comparison.label(item.comparison.test))
        }
        Err(undefined) => format!("; no test: {}", undefined.because),
    };
    let estimand = item.comparison.difference.and_then(|id| Some(item.comparison.methods.get(id)?.estimand));
    let difference = match estimand {
        Some(Estimand::Shift) => "shifted by",
        Some(Estimand::QuantileDifference) => "the medians differing by",
        _ => "a difference of",
    };
    format!(
        "{}, {}: {} → {}{unit}, {difference} {}{unit}{percent}{test}.",
        item.metric.label,
        item.place(context),
        plain(item.side(true, digits)),
        plain(item.side(false, digits)),
        signed(item.difference(), item.difference_decimals(digits)),
    )
}

pub(super) fn section(context: &Context) -> Option<Section> {
    let primary = items(context, true);
    let others = items(context, false);
    let mut blocks = Vec::new();
    if !primary.is_empty() {
        blocks.push(Block::Table(means_table(context, "comparison", "Primary metrics", &primary)));
        blocks.push(Block::Table(tests_table(context, &primary)));
    }
    blocks.extend(equivalence_table(context).map(Block::Table));
    blocks.extend(run_figures(context).into_iter().map(Block::Figure));
    if !others.is_empty() {
        blocks.push(Block::Table(means_table(context, "other-metrics", "Other metrics", &others)));
    }
    let all: Vec<Item> = primary.into_iter().chain(others).collect();
    blocks.extend(forest(context, &all).map(Block::Figure));
    (!blocks.is_empty()).then(|| Section { id: "comparison".to_owned(), title: "Comparison".to_owned(), blocks })
}

/// Which columns a table of comparisons needs to say where a row belongs.
fn place_columns(context: &Context) -> Vec<Column> {
    let column = |header: &str| Column { header: header.to_owned(), align: Align::Left };
    let mut columns = vec![column("Metric")];
    if context.has_scenarios() {
        columns.push(column("Scenario"));
    }
    if context.treatments().len() > 1 {
        columns.push(column("Mode"));
    }
    columns
}

fn place_cells(context: &Context, item: &Item) -> Vec<Cell> {
    let mut cells = vec![text(header(item.metric, &item.scale))];
    if context.has_scenarios() {
        cells.push(text(item.comparison.scenario.as_deref().map_or(String::new(), |s| context.scenario_label(s))));
    }
    if context.treatments().len() > 1 {
        cells.push(text(context.label(&item.comparison.mode)));
    }
    cells
}

fn means_table(context: &Context, id: &str, caption: &str, items: &[Item]) -> Table {
    let digits = context.digits();
    let treatment = match context.treatments().as_slice() {
        [one] => context.label(one),
        _ => "Treatment".to_owned(),
    };
    let column = |header: String, align: Align| Column { header, align };
    let mut columns = place_columns(context);
    let ci = format!("{} CI", context.level());
    let primary = items.iter().any(|item| item.metric.primary);
    columns.extend([
        column(context.baseline_label(), Align::Centre),
        column(treatment, Align::Centre),
        column("Difference".to_owned(), Align::Number),
        column(ci.clone(), Align::Centre),
        column("Change (%)".to_owned(), Align::Number),
        column(ci, Align::Centre),
        column(if primary { context.p_header() } else { "p".to_owned() }, Align::Number),
    ]);
    let rows = items
        .iter()
        .map(|item| {
            let decimals = item.difference_decimals(digits);
            let p = if primary { item.comparison.p_adjusted } else { item.comparison.p_value() };
            let mut cells = place_cells(context, item);
            cells.extend([
                item.side(true, digits),
                item.side(false, digits),
                number(signed(item.difference(), decimals)),
                item.interval().map_or(Cell::Missing, |i| number::interval(&i, &item.scale, decimals)),
                item.percent(digits),
                item.percent_interval(digits),
                p.map_or(Cell::Missing, |p| number(p_value(p))),
            ]);
            cells
        })
        .collect();
    let mut notes = vec![
        context.prose(&format!(
            "Mean ± SD over runs ({}); the run is the unit of replication. Difference: treatment − baseline, with its {} \
             confidence interval ({}); change: relative to {}, with its interval ({}).",
            runs_of(items),
            context.level(),
            labels(items, |comparison| comparison.difference),
            context.baseline_label(),
            labels(items, |comparison| comparison.change),
        )),
        if primary {
            family_note(context, items)
        } else {
            let test = labels(items, |comparison| Some(comparison.test));
            format!("p: {test}, two-sided, not adjusted; these metrics are not in the family.")
        },
    ];
    notes.extend(impossible_notes(items));
    notes.extend(pairing_notes(context, items));
    notes.extend(undefined_notes(context, items));
    Table {
        id: id.to_owned(),
        caption: format!("{caption}: {} against {}", treatments_phrase(context), context.baseline_label()),
        columns,
        rows,
        notes,
    }
}

fn treatments_phrase(context: &Context) -> String {
    let labels: Vec<String> = context.treatments().into_iter().map(|mode| context.label(mode)).collect();
    match labels.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if labels.len() <= 4 => format!("{} and {last}", first.join(", ")),
        _ => format!("{} modes", labels.len()),
    }
}

fn runs_of(items: &[Item]) -> String {
    let counts: std::collections::BTreeSet<usize> =
        items.iter().flat_map(|item| [item.means.baseline.n, item.means.treatment.n]).collect();
    match (counts.first(), counts.last()) {
        (Some(low), Some(high)) if low == high => format!("n = {low} a mode"),
        (Some(low), Some(high)) => format!("n = {low} to {high} a mode"),
        _ => "no run".to_owned(),
    }
}

/// The labels of the methods that are shown, one after the other where they differ.
fn labels(items: &[Item], id: impl Fn(&Comparison) -> Option<&'static str>) -> String {
    let mut labels: Vec<&str> =
        items.iter().filter_map(|item| Some(item.comparison.label(id(item.comparison)?))).collect();
    labels.dedup();
    let mut once: Vec<&str> = Vec::new();
    labels.into_iter().for_each(|label| {
        if !once.contains(&label) {
            once.push(label)
        }
    });
    if once.is_empty() { "none applies".to_owned() } else { once.join("; ") }
}

fn family_note(context: &Context, items: &[Item]) -> String {
    let family = &context.analysis.family;
    let metrics: Vec<&str> = family
        .metrics
        .iter()
        .filter_map(|id| context.analysis.metric(id))
        .map(|metric| metric.label.as_str())
        .collect();
    let tests = if family.size == 1 { "test" } else { "tests" };
    let adjusted = match context.adjustment() {
        Some(name) => format!("{name}-adjusted over the family of {} {tests}", family.size),
        None => format!("not adjusted, though the family has {} {tests}", family.size),
    };
    let test = labels(items, |comparison| Some(comparison.test));
    let left = match family.undefined {
        0 => String::new(),
        1 => " One more test is undefined, and not adjusted for.".to_owned(),
        many => format!(" {many} more tests are undefined, and not adjusted for."),
    };
    format!("p: {test}, two-sided, {adjusted} ({}).{left}", metrics.join(", "))
}

/// Whether a method is one for pairs.
fn pairs(id: &str) -> bool {
    METHODS.iter().any(|method| method.id == id && matches!(method.compute, Compute::Pairs(_)))
}

/// That an interval of the change holds what cannot be.
fn impossible_notes(items: &[Item]) -> Option<String> {
    let below =
        |item: &&Item| item.comparison.percent_interval().is_ok_and(|i| i.lower.is_some_and(|low| low < -100.0));
    let positive = |item: &&Item| item.means.baseline.mean > 0.0 && item.means.treatment.mean > 0.0;
    let names: Vec<&str> = items.iter().filter(below).filter(positive).map(|item| item.metric.label.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "{}: the interval of the change reaches below −100 %, which no positive quantity does; so few or so uneven runs \
             say little about the size of the change. The interval on the log scale, among the methods side by side, stays \
             above.",
            names.join(", ")
        )
    })
}

/// What pairing by blocks did to each comparison.
fn pairing_notes(context: &Context, items: &[Item]) -> Vec<String> {
    let mut notes = Vec::new();
    for item in items {
        let Some(pairing) = &item.comparison.pairing else { continue };
        let gained = match &pairing.relative_standard_error {
            Ok(ratio) if *ratio < 1.0 => {
                format!("pairing narrowed the standard error to {} of the unpaired one", number::significant(*ratio, 2))
            }
            Ok(ratio) => format!(
                "pairing lost precision: the standard error is {} of the unpaired one",
                number::significant(*ratio, 2)
            ),
            Err(undefined) => format!("what pairing gained is not known: {}", undefined.because),
        };
        let list = |blocks: &[String], what: &str| {
            if blocks.is_empty() { String::new() } else { format!(" {what}: {}.", blocks.join(", ")) }
        };
        let loose = match pairing.without_block {
            0 => String::new(),
            runs => format!(" Runs without a block, left out of the pairs: {runs}."),
        };
        notes.push(context.prose(&format!(
            "{}, {}: paired by {} blocks; {gained}.{}{loose}{}{}",
            item.metric.label,
            item.place(context),
            pairing.blocks,
            if pairs(item.comparison.test) { "" } else { " The chosen test takes the runs as unpaired." },
            list(&pairing.left_out, "Not in both modes, so left out of the pairs"),
            list(&pairing.averaged, "With several runs, whose mean counts"),
        )));
    }
    notes
}

/// Why a cell is empty, once for each reason.
fn undefined_notes(context: &Context, items: &[Item]) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for item in items {
        let comparison = item.comparison;
        let reasons = [
            comparison.decides().err().map(|undefined| ("test", undefined)),
            comparison.difference_interval().err().map(|undefined| ("interval of the difference", undefined)),
            comparison.percent(item.means).err().map(|undefined| ("percent change", undefined)),
            comparison.percent_interval().err().map(|undefined| ("interval of the change", undefined)),
        ];
        for (what, undefined) in reasons.into_iter().flatten() {
            notes.push(format!(
                "—: no {what} for {} ({}): {}.",
                item.metric.label,
                item.place(context),
                undefined.because
            ));
        }
    }
    notes.dedup();
    notes
}

fn tests_table(context: &Context, items: &[Item]) -> Table {
    let column = |header: String, align: Align| Column { header, align };
    let mut columns = place_columns(context);
    let effect = labels(items, |comparison| comparison.effect);
    let t = items.iter().all(|item| item.comparison.decides().is_ok_and(|test| test.df.is_some()));
    columns.extend(
        [if t { "t" } else { "Statistic" }, "df", "p", &context.p_header(), "Effect size"]
            .map(|header| column(header.to_owned(), Align::Number)),
    );
    columns.push(column(format!("{} CI", context.level()), Align::Centre));
    let plain = Scale { factor: 1.0, unit: String::new() };
    let rows = items
        .iter()
        .map(|item| {
            let test = item.comparison.decides();
            let effect = item.comparison.methods.answer(item.comparison.effect.unwrap_or_default());
            let optional =
                |value: Option<f64>, decimals: usize| value.map_or(Cell::Missing, |v| number(fixed(v, decimals)));
            let mut cells = place_cells(context, item);
            cells.extend([
                or_missing(test.as_ref(), |test| optional(test.statistic, 2)),
                or_missing(test.as_ref(), |test| optional(test.df, 1)),
                or_missing(test.as_ref(), |test| number(p_value(test.p_value))),
                item.comparison.p_adjusted.map_or(Cell::Missing, |p| number(p_value(p))),
                or_missing(effect.as_ref(), |effect| optional(effect.estimate(), 2)),
                or_missing(effect, |effect| {
                    effect.interval().map_or(Cell::Missing, |interval| number::interval(&interval, &plain, 2))
                }),
            ]);
            cells
        })
        .collect();
    let mut notes = vec![
        format!("Test: {}, two-sided. Effect size: {effect}.", labels(items, |comparison| Some(comparison.test))),
        family_note(context, items),
    ];
    notes.extend(in_words(context, items));
    notes.extend(undefined_notes(context, items));
    Table {
        id: "tests".to_owned(),
        caption: "Tests and effect sizes of the primary metrics".to_owned(),
        columns,
        rows,
        notes,
    }
}

/// Whether the differences are too small to matter, where a margin says what matters.
fn equivalence_table(context: &Context) -> Option<Table> {
    let all: Vec<Item> = items(context, true).into_iter().chain(items(context, false)).collect();
    let level = context.analysis.study.confidence;
    let mut rows = Vec::new();
    let mut notes = vec![context.prose(&format!(
        "Shown: p is below {}, which is to say that the interval at {} % lies within the margin (of non-inferiority: on the \
         right side of it). Not shown does not mean that the modes differ. p-values are not adjusted.",
        number::shortest(1.0 - level),
        number::shortest((2.0 * level - 1.0) * 100.0)
    ))];
    for item in &all {
        let Some(margin) = context.analysis.study.methods.margins.get(&item.metric.id) else { continue };
        let margin = match margin {
            Margin::Relative(share) => format!("{} %", number::shortest(share * 100.0)),
            Margin::Absolute(size) => {
                format!("{} {}", number::significant(item.scale.apply(*size), 3), item.scale.unit)
            }
        };
        for applied in item.comparison.methods.0.iter().filter(|applied| applied.kind == Kind::Equivalence) {
            let mut cells = place_cells(context, item);
            cells.extend([text(applied.label.clone()), text(margin.clone())]);
            match &applied.answer {
                Ok(answer) => cells.extend(verdict(item, answer, level, context.digits())),
                Err(undefined) => {
                    notes.push(format!("—: {}, {}: {}.", item.metric.label, applied.label, undefined.because));
                    cells.extend([Cell::Missing, Cell::Missing, text("—")]);
                }
            }
            rows.push(cells);
        }
        if item.comparison.pairing.is_some() {
            notes.push(format!("{}: the runs are taken as unpaired here.", item.metric.label));
        }
    }
    let column = |header: &str, align: Align| Column { header: header.to_owned(), align };
    let mut columns = place_columns(context);
    columns.extend([
        column("Test", Align::Left),
        column("Margin", Align::Centre),
        column("Interval of the difference", Align::Centre),
        column("p", Align::Number),
        column("Verdict", Align::Left),
    ]);
    notes.dedup();
    (!rows.is_empty()).then(|| Table {
        id: "equivalence".to_owned(),
        caption: "Whether the differences are too small to matter".to_owned(),
        columns,
        rows,
        notes,
    })
}

fn verdict(item: &Item, answer: &Answer, level: f64, digits: u8) -> [Cell; 3] {
    let shown = answer.p_value().is_some_and(|p| p < 1.0 - level);
    [
        answer
            .interval()
            .map_or(Cell::Missing, |i| number::interval(&i, &item.scale, item.difference_decimals(digits))),
        answer.p_value().map_or(Cell::Missing, |p| number(p_value(p))),
        text(if shown { "shown" } else { "not shown" }),
    ]
}

/// How large the effects are in words, by the rule whose words they are.
fn in_words(context: &Context, items: &[Item]) -> Option<String> {
    let mut rule = None;
    let words: Vec<String> = items
        .iter()
        .filter_map(|item| {
            let applied = item.comparison.methods.get(item.comparison.effect?)?;
            let size = magnitude(applied.estimand, applied.answer.as_ref().ok()?.estimate()?)?;
            rule = Some(size);
            Some(format!("{}, {}: {}", item.metric.label, item.place(context), size.label))
        })
        .collect();
    let rule = rule?;
    Some(format!(
        "In the words of {}: {}. The rule was made for people; for runs of a machine even a small difference can be \
         “large”.",
        rule.reference,
        words.join("; ")
    ))
}

/// The runs of every primary metric, a figure a scenario.
fn run_figures(context: &Context) -> Vec<Figure> {
    let analysis = context.analysis;
    let mut figures = Vec::new();
    for metric in analysis.metrics.iter().filter(|metric| metric.primary) {
        let mut scenarios: Vec<Option<&str>> =
            analysis.samples.iter().filter(|s| s.metric == metric.id).map(|s| s.scenario.as_deref()).collect();
        scenarios.dedup();
        scenarios.sort_unstable();
        scenarios.dedup();
        for scenario in scenarios {
            let samples: Vec<&Sample> = analysis
                .samples
                .iter()
                .filter(|s| s.metric == metric.id && s.scenario.as_deref() == scenario)
                .collect();
            figures.push(run_figure(context, metric, scenario, &samples));
        }
    }
    figures
}

fn run_figure(context: &Context, metric: &MetricInfo, scenario: Option<&str>, samples: &[&Sample]) -> Figure {
    let scale = context.scale(metric);
    let groups: Vec<Group> = samples
        .iter()
        .map(|sample| {
            let description = sample.description.as_ref().ok();
            Group {
                label: context.label(&sample.mode),
                values: sample.values.iter().map(|value| scale.apply(*value)).collect(),
                runs: sample.runs.clone(),
                quartiles: description
                    .map(|d| [d.lower_quartile, d.median, d.upper_quartile].map(|value| scale.apply(value))),
                mean: description.map(|d| scale.apply(d.mean)),
                interval: description.and_then(|d| {
                    let interval = d.interval.as_ref().ok()?;
                    Some([scale.apply(interval.lower?), scale.apply(interval.upper?)])
                }),
            }
        })
        .collect();
    let within = scenario.map_or(String::new(), |id| format!(", {}", context.scenario_label(id)));
    let counts: Vec<String> =
        groups.iter().map(|group| format!("{}: n = {}", group.label, group.values.len())).collect();
    let digits = context.digits();
    let means: Vec<String> = samples
        .iter()
        .zip(&groups)
        .filter_map(|(sample, group)| {
            let sd = sample.description.as_ref().ok().and_then(|d| d.sd.clone().ok()).map(|sd| scale.apply(sd));
            let mean = group.mean?;
            Some(format!("{} {}", group.label, fixed(mean, decimals_of(&[sd], mean, digits))))
        })
        .collect();
    let slug = scenario.map_or(String::new(), |id| format!("-{id}"));
    Figure {
        id: format!("runs-{}{slug}", metric.id.replace('_', "-")),
        caption: context.prose(&format!(
            "{}{within}. Points: runs; box: quartiles; whiskers: furthest run within 1.5 IQR; diamond and bar above: mean \
             with its {} confidence interval. {}.",
            metric.label,
            context.level(),
            counts.join("; ")
        )),
        alt: context.prose(&format!(
            "{} of the runs of each mode{within}. Means: {}{}.",
            metric.label,
            means.join(", "),
            if scale.unit.is_empty() { String::new() } else { format!(" {}", scale.unit) }
        )),
        drawing: Drawing::Runs(Runs { axis: header(metric, &scale), groups }),
        decimal_separator: context.analysis.study.decimal_separator,
    }
}

/// The percent change of every metric that has one, with its interval.
fn forest(context: &Context, items: &[Item]) -> Option<Figure> {
    let digits = context.digits();
    let plain = |cell: Cell| match cell {
        Cell::Number { text } => text,
        Cell::Interval { lower, upper } => format!("[{lower}, {upper}]"),
        _ => String::new(),
    };
    let rows: Vec<ForestRow> = items
        .iter()
        .filter_map(|item| {
            let interval = item.comparison.percent_interval().ok()?;
            let several = context.treatments().len() > 1 || context.has_scenarios();
            Some(ForestRow {
                label: if several {
                    format!("{}, {}", item.metric.label, item.place(context))
                } else {
                    item.metric.label.clone()
                },
                estimate: item.comparison.percent(item.means).ok()?,
                interval: [interval.lower, interval.upper],
                text: format!("{} {}", plain(item.percent(digits)), plain(item.percent_interval(digits))),
            })
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let list: Vec<String> = rows.iter().map(|row| format!("{} {} %", row.label, row.text)).collect();
    let change = labels(items, |comparison| comparison.change);
    Some(Figure {
        id: "changes".to_owned(),
        caption: context.prose(&format!(
            "Change of each metric's mean relative to {}, with its {} confidence interval ({}; {}). An arrow: the \
             interval goes on beyond the axis.",
            context.baseline_label(),
            context.level(),
            change,
            context.runs_phrase()
        )),
        alt: context.prose(&format!(
            "Change against {} with intervals: {}.",
            context.baseline_label(),
            list.join("; ")
        )),
        drawing: Drawing::Forest(Forest { axis: format!("Change against {} (%)", context.baseline_label()), rows }),
        decimal_separator: context.analysis.study.decimal_separator,
    })
}
