//! Points over two quantities, in series, each with a thin line that it is held against: the runs over their order and
//! their mean, or over normal quantiles and the line of a normal distribution.

use super::Draw;
use super::axis::{Axis, drawable, whole_ticks};
use super::canvas::{Anchor, Canvas, MARGIN};
use super::look::Look;
use super::pgfplots::{self, TikzPicture, limits};
use super::text;
use super::vertical::Vertical;
use crate::report::figure::{Scatter, Series};

/// In points: between what belongs together, between the entries of the legend, and the length of a line there.
const GAP: f64 = 4.0;
const APART: f64 = 12.0;
const SAMPLE: f64 = 16.0;

/// Height of the axes, relative to the width of the figure.
const HEIGHT: f64 = 0.5;

const LINE: f64 = 0.8;

impl Draw for Scatter {
    fn draw(&self, canvas: &mut Canvas) -> f64 {
        let top = draw_legend(&self.series, canvas) + GAP;
        let title = text::wrap(&self.vertical, canvas.width - 2.0 * MARGIN, 2);
        let height = title.len() as f64 * text::LEADING;
        canvas.text(&title, (MARGIN, top + height / 2.0), Anchor::Left);
        // The highest label may stand at the very top.
        let top = top + height + text::LEADING / 2.0 + 1.0;
        let bottom = top + HEIGHT * canvas.width;
        let places = || self.series.iter().flat_map(places);
        let vertical = Vertical::new(places().map(|place| place.1), top, bottom, canvas);
        let (left, right) = (MARGIN + vertical.room(), canvas.width - MARGIN);
        let xs = places().map(|place| place.0);
        let axis = if self.whole { Axis::whole(xs, left, right, canvas) } else { Axis::new(xs, left, right, canvas) };
        let (left, right) = axis.ends();
        axis.draw_grid(canvas, top, bottom);
        vertical.draw(canvas, left, right);
        let at = |(x, y): (f64, f64)| (axis.x(x), vertical.y(y));
        for (index, series) in self.series.iter().enumerate() {
            if let Some([from, to]) = line(series) {
                Look { index }.line(canvas, at(from), at(to), LINE);
            }
        }
        for (index, series) in self.series.iter().enumerate() {
            let radius = (1.8 * (40.0 / series.points.len() as f64).cbrt()).clamp(0.9, 2.0);
            let runs = series.runs.iter().map(String::as_str).chain(std::iter::repeat(""));
            for (point, run) in series.points.iter().zip(runs).filter(|(point, _)| is_drawable(**point)) {
                Look { index }.point(canvas, at(*point), radius);
                let value = text::value(point.1, canvas.locale);
                canvas.tip(at(*point), 1.5 * radius, &format!("{}, {run}: {value}", series.label));
            }
        }
        axis.draw(canvas, &self.axis, bottom) + MARGIN
    }

    fn write(&self, csv: &mut csv::Writer<Vec<u8>>) -> csv::Result<()> {
        csv.write_record(["series", "run", "x", "y"])?;
        for series in &self.series {
            for (index, (x, y)) in series.points.iter().enumerate() {
                csv.serialize((&series.label, series.runs.get(index).map_or("", String::as_str), x, y))?;
            }
        }
        Ok(())
    }

    fn pgfplots(&self, picture: &mut TikzPicture) {
        let places = || self.series.iter().flat_map(places);
        let xs = limits(places().map(|place| place.0));
        let ys = limits(places().map(|place| place.1));
        let width = picture.two_axes(HEIGHT, [&self.axis, &self.vertical], xs, ys);
        if self.whole {
            let ticks: Vec<String> = whole_ticks(xs.0, xs.1).iter().map(i64::to_string).collect();
            picture.option(format!("xtick={{{}}}", ticks.join(",")));
        }
        let labels: Vec<String> = self.series.iter().map(label).collect();
        picture.legend(labels.iter(), width);
        for (index, (series, label)) in self.series.iter().zip(&labels).enumerate() {
            let look = Look { index };
            if let Some(ends) = line(series) {
                picture.plot(&format!("{}, forget plot, no marks", pgfplots::dash(look)), &ends);
            }
            let points: Vec<_> = series.points.iter().copied().filter(|point| is_drawable(*point)).collect();
            let marks = pgfplots::marks(look, 1.6);
            picture.plot(&format!("{marks}, only marks, forget plot"), &points);
            // The legend shows the line with the marks on it.
            let dash = if line(series).is_some() { pgfplots::dash(look) } else { "only marks".into() };
            picture.line(format!("\\addlegendimage{{{dash}, {marks}}}"));
            picture.entry(label, width);
        }
    }
}

fn is_drawable((x, y): (f64, f64)) -> bool {
    drawable(x) && drawable(y)
}

fn line(series: &Series) -> Option<[(f64, f64); 2]> {
    series.line.filter(|ends| ends.iter().all(|end| is_drawable(*end)))
}

/// All that is drawn of a series.
fn places(series: &Series) -> impl Iterator<Item = (f64, f64)> {
    series.points.iter().copied().filter(|point| is_drawable(*point)).chain(line(series).into_iter().flatten())
}

/// `With Istio (n = 20)`
pub(super) fn label(series: &Series) -> String {
    format!("{} (n\u{a0}=\u{a0}{})", series.label, series.points.len())
}

/// The entries beside each other, as many in a row as there is room for. Returns where they end.
fn draw_legend(series: &[Series], canvas: &mut Canvas) -> f64 {
    let (mut x, mut top, mut height) = (MARGIN, MARGIN, 0.0_f64);
    for (index, series) in series.iter().enumerate() {
        let lines = text::wrap(&label(series), canvas.width - 2.0 * MARGIN - SAMPLE - GAP, 3);
        let width = SAMPLE + GAP + text::widest(&lines);
        if x > MARGIN && x + width > canvas.width - MARGIN {
            top += height;
            (x, height) = (MARGIN, 0.0);
        }
        let own = lines.len() as f64 * text::LEADING;
        let middle = top + own / 2.0;
        if series.line.is_some() {
            Look { index }.line(canvas, (x, middle), (x + SAMPLE, middle), LINE);
        }
        Look { index }.point(canvas, (x + SAMPLE / 2.0, middle), 2.0);
        canvas.text(&lines, (x + SAMPLE + GAP, middle), Anchor::Left);
        x += width + APART;
        height = height.max(own);
    }
    top + height
}
