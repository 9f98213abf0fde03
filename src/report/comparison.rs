//! The answer: baseline against treatment, metric by metric.

mod equivalence;
mod figures;
mod headline;
mod heatmap;
mod notes;

use super::model::{Align, Block, Cell, Column, Section, Sentence, Table};
use super::number::{
    self, Scale, decimals_of, fixed, half_width, number, or_missing, p_in_brief, p_value, signed, text,
};
use super::{Context, header};
use crate::analysis::{Compared, Comparison, Means, MetricInfo};
use crate::metric::Better;
use crate::stats::{Estimand, Interval};
pub(super) use equivalence::verdicts;
pub(super) use headline::headline;

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
        let plain = Scale::plain();
        or_missing(self.comparison.percent_interval(), |i| number::interval(&i, &plain, self.percent_decimals(digits)))
    }

    /// Whether the baseline has the better mean, or the treatment: where the metric has a better direction, and the
    /// interval of the difference excludes zero on the side on which the means lie.
    fn baseline_is_better(&self) -> Option<bool> {
        let Interval { lower, upper, .. } = self.interval()?;
        let (a, b) = (self.means.baseline.mean, self.means.treatment.mean);
        let higher = b > a && lower.is_some_and(|lower| lower > 0.0);
        let lower = b < a && upper.is_some_and(|upper| upper < 0.0);
        match self.metric.better {
            Better::Higher if higher || lower => Some(lower),
            Better::Lower if higher || lower => Some(higher),
            _ => None,
        }
    }

    /// [`side`](Self::side), emphasised where it is the better one and that is asked for.
    fn marked_side(&self, context: &Context, baseline: bool) -> Cell {
        let cell = self.side(context, baseline);
        let level = context.analysis.study.confidence;
        // Of a family the adjusted p-value decides; metrics outside it have their interval alone.
        let shown = !self.metric.primary || self.comparison.p_adjusted.is_some_and(|p| p < 1.0 - level);
        let best = context.style.bold_best && shown && self.baseline_is_better() == Some(baseline);
        if best { cell.strong() } else { cell }
    }

    /// Mean ± SD of a side.
    fn side(&self, context: &Context, baseline: bool) -> Cell {
        let decimals = context.decimals(self.metric, self.comparison.scenario.as_deref(), |of| &of.sd);
        let side = if baseline { &self.means.baseline } else { &self.means.treatment };
        let centre = fixed(self.scale.apply(side.mean), decimals);
        match side.sd.map(|sd| self.scale.apply(sd)) {
            Some(sd) => Cell::PlusMinus { centre, spread: fixed(sd, decimals) },
            None => number(centre),
        }
    }
}

/// One sentence a primary comparison.
pub(super) fn summary(context: &Context) -> Vec<Sentence> {
    let items = items(context, true);
    if items.is_empty() {
        let why = match context.treatments().as_slice() {
            [] => format!("One mode, {}", context.baseline_label()),
            _ => format!(
                "No primary metric was measured in one scenario both in {} and in another mode",
                context.baseline_label()
            ),
        };
        return vec![format!("{why}: nothing is compared.").into()];
    }
    items.iter().map(|item| Sentence::of(&item.metric.id, context.prose(&sentence(context, item)))).collect()
}

/// A number or an interval within a sentence.
fn flat(context: &Context, cell: Cell) -> String {
    match cell {
        Cell::Number { text } => text,
        Cell::PlusMinus { centre, .. } => centre,
        Cell::Interval { lower, upper } if context.analysis.study.decimal_separator == ',' => {
            format!("[{lower}; {upper}]")
        }
        Cell::Interval { lower, upper } => format!("[{lower}, {upper}]"),
        _ => "undefined".to_owned(),
    }
}

fn sentence(context: &Context, item: &Item) -> String {
    let digits = context.digits();
    let plain = |cell: Cell| flat(context, cell);
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
    let amount = format!("{}{unit}", signed(item.difference(), item.difference_decimals(digits)));
    let difference = match item.comparison.difference_estimand() {
        Estimand::Shift => format!("shifted by {amount}"),
        Estimand::QuantileDifference => format!("the medians differing by {amount}"),
        _ => format!("a difference of {amount}"),
    };
    format!(
        "{}, {}: {} → {}{unit}, {difference}{percent}{test}.",
        item.metric.label,
        item.place(context),
        plain(item.side(context, true)),
        plain(item.side(context, false)),
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
    blocks.extend(equivalence::table(context).map(Block::Table));
    blocks.extend(figures::runs(context).into_iter().map(Block::Figure));
    if !others.is_empty() {
        blocks.push(Block::Table(means_table(context, "other-metrics", "Other metrics", &others)));
    }
    let all: Vec<Item> = primary.into_iter().chain(others).collect();
    blocks.extend(figures::forests(context, &all).into_iter().map(Block::Figure));
    blocks.extend(heatmap::figures(context).into_iter().map(Block::Figure));
    (!blocks.is_empty()).then(|| Section { id: "comparison".to_owned(), title: "Comparison".to_owned(), blocks })
}

/// Which columns a table of comparisons needs to say where a row belongs.
fn place_columns(context: &Context) -> Vec<Column> {
    let mut columns = vec![Column::new("Metric", Align::Left)];
    columns.extend(context.scenario_column());
    if context.treatments().len() > 1 {
        columns.push(Column::new("Mode", Align::Left));
    }
    columns
}

fn place_cells(context: &Context, item: &Item) -> Vec<Cell> {
    let mut cells = vec![text(header(item.metric, &item.scale))];
    cells.extend(context.scenario_cell(item.comparison.scenario.as_deref()));
    if context.treatments().len() > 1 {
        cells.push(text(context.label(&item.comparison.mode)));
    }
    cells
}

/// The metric of each item's row.
fn metrics(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| item.metric.id.clone()).collect()
}

fn means_table(context: &Context, id: &str, caption: &str, items: &[Item]) -> Table {
    let digits = context.digits();
    let treatment = match context.treatments().as_slice() {
        [one] => context.label(one),
        _ => "Treatment".to_owned(),
    };
    let mut columns = place_columns(context);
    let ci = format!("{} CI", context.level());
    let primary = items.iter().any(|item| item.metric.primary);
    let (difference, defined) = difference_words(items);
    columns.extend([
        Column::new(context.baseline_label(), Align::Centre),
        Column::new(treatment, Align::Centre),
        Column::new(difference, Align::Number),
        Column::new(ci.clone(), Align::Centre),
        Column::new("Change (%)", Align::Number),
        Column::new(ci, Align::Centre),
        Column::new(if primary { context.p_header() } else { "p".to_owned() }, Align::Number),
    ]);
    let rows = items
        .iter()
        .map(|item| {
            let decimals = item.difference_decimals(digits);
            let p = if primary { item.comparison.p_adjusted } else { item.comparison.p_value() };
            let mut cells = place_cells(context, item);
            cells.extend([
                item.marked_side(context, true),
                item.marked_side(context, false),
                number(signed(item.difference(), decimals)),
                item.interval().map_or(Cell::Missing, |i| number::interval(&i, &item.scale, decimals)),
                item.percent(digits),
                item.percent_interval(digits),
                p.map_or(Cell::Missing, |p| number(p_in_brief(p))),
            ]);
            cells
        })
        .collect();
    let mut notes: Vec<Sentence> = vec![
        context.prose(&format!(
            "Mean ± SD over runs ({}); the run is the unit of replication. {defined}, with its {} confidence interval \
             ({}); change: relative to {}, with its interval ({}).",
            runs_of(context, items),
            context.level(),
            notes::labels(items, |comparison| comparison.difference),
            context.baseline_label(),
            notes::labels(items, |comparison| comparison.change),
        ))
        .into(),
        if primary {
            notes::family(context, items).into()
        } else {
            let test = notes::labels(items, |comparison| Some(comparison.test));
            format!("p: {test}, two-sided, not adjusted; these metrics are not in the family.").into()
        },
    ];
    if context.style.bold_best {
        notes.push(match context.adjustment().filter(|_| primary) {
            Some(name) => context
                .prose(&format!(
                    "Bold: the better mean, where the interval of the difference excludes zero and the {name}-adjusted p \
                     is below {}.",
                    number::shortest(1.0 - context.analysis.study.confidence)
                ))
                .into(),
            None => "Bold: the better mean, where the interval of the difference excludes zero.".into(),
        });
    }
    if primary && context.is_compared_at_once() {
        let note = format!(
            "{} of this table decides; the p-values of the tests of all modes at once, in their own tables, are for \
             comparison.",
            context.p_header()
        );
        notes.push(note.into());
    }
    notes.extend(notes::corrected(context, items).map(Sentence::from));
    notes.extend(notes::impossible(items).map(Sentence::from));
    notes.extend(notes::pairing(context, items));
    notes.extend(notes::undefined(context, items));
    Table {
        id: id.to_owned(),
        caption: format!("{caption}: {} against {}", treatments_phrase(context, items), context.baseline_label()),
        columns,
        rows,
        // The table of the primary metrics is read as a whole.
        metrics: if primary { Vec::new() } else { metrics(items) },
        notes,
        aside: false,
    }
}

/// What heads the column of differences, and what they are.
fn difference_words(items: &[Item]) -> (&'static str, &'static str) {
    let all = |estimand| items.iter().all(|item| item.comparison.difference_estimand() == estimand);
    if all(Estimand::Shift) {
        ("Shift", "Shift: by how much the treatment's values lie above the baseline's")
    } else if all(Estimand::QuantileDifference) {
        ("Difference of medians", "Difference of medians: treatment − baseline")
    } else if items.iter().any(|item| item.comparison.difference_estimand() == Estimand::Shift) {
        (
            "Difference or shift",
            "Difference: treatment − baseline; shift: by how much the treatment's values lie above the baseline's",
        )
    } else {
        ("Difference", "Difference: treatment − baseline")
    }
}

/// The treatments of these comparisons; of other metrics there may be more.
fn treatments_phrase(context: &Context, items: &[Item]) -> String {
    let compared = |mode: &&str| items.iter().any(|item| item.comparison.mode == *mode);
    let labels: Vec<String> =
        context.treatments().into_iter().filter(compared).map(|mode| context.label(mode)).collect();
    match labels.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if labels.len() <= 4 => format!("{} and {last}", first.join(", ")),
        _ => format!("{} modes", labels.len()),
    }
}

/// How many runs each mode has; where all have as many, one number.
fn runs_of(context: &Context, items: &[Item]) -> String {
    let baseline = context.analysis.study.baseline.as_str();
    let counts = items
        .iter()
        .flat_map(|item| [(baseline, item.means.baseline.n), (item.comparison.mode.as_str(), item.means.treatment.n)]);
    context.runs_by_mode(counts, |n| format!("n = {n} a mode"))
}

fn tests_table(context: &Context, items: &[Item]) -> Table {
    let mut columns = place_columns(context);
    let t = items.iter().all(|item| item.comparison.decides().is_ok_and(|test| test.df.is_some()));
    columns.push(Column::new("Effect size", Align::Number));
    columns.push(Column::new(format!("{} CI", context.level()), Align::Centre));
    columns.extend(
        [if t { "t" } else { "Statistic" }, "df", "p", &context.p_header()]
            .map(|header| Column::new(header.to_owned(), Align::Number)),
    );
    let plain = Scale::plain();
    let rows = items
        .iter()
        .map(|item| {
            let test = item.comparison.decides();
            let effect = item.comparison.methods.answer(item.comparison.effect.unwrap_or_default());
            let optional =
                |value: Option<f64>, decimals: usize| value.map_or(Cell::Missing, |v| number(fixed(v, decimals)));
            let mut cells = place_cells(context, item);
            cells.extend([
                or_missing(effect.as_ref(), |effect| optional(effect.estimate(), 2)),
                or_missing(effect, |effect| {
                    effect.interval().map_or(Cell::Missing, |interval| number::interval(&interval, &plain, 2))
                }),
                or_missing(test.as_ref(), |test| optional(test.statistic, 2)),
                or_missing(test.as_ref(), |test| optional(test.df, 1)),
                or_missing(test.as_ref(), |test| number(p_value(test.p_value))),
                item.comparison.p_adjusted.map_or(Cell::Missing, |p| number(p_value(p))),
            ]);
            cells
        })
        .collect();
    let mut notes: Vec<Sentence> = vec![notes::effects(items).into(), notes::family(context, items).into()];
    notes.extend(notes::in_words(context, items).map(Sentence::from));
    notes.extend(notes::undefined(context, items));
    Table {
        id: "tests".to_owned(),
        caption: "Tests and effect sizes of the primary metrics".to_owned(),
        columns,
        rows,
        metrics: metrics(items),
        notes,
        aside: false,
    }
}
