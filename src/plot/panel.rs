//! Lines with bands in panels that share their horizontal axis: each panel has its own vertical axis of values.
//!
//! Bands lie behind all lines, pale and outlined, so that where they overlap the outlines of both are seen. Lines are told
//! apart by their markers, too.

use plotters::style::RGBColor;

use super::Draw;
use super::axis::{self, Axis, drawable, upright};
use super::canvas::{AXIS, Anchor, Canvas, GRID, MARGIN, pale};
use super::look::Look;
use super::pgfplots::{self, TikzPicture, limits};
use super::text;
use crate::language::Locale;
use crate::latex::escape;
use crate::report::figure::{Banded, Panel, Panels, Stretch};

/// In points: between labels and what they belong to, between panels, and of a mark on the vertical axis.
const GAP: f64 = 4.0;
const SPACE: f64 = 9.0;
const TICK: f64 = 2.5;

/// Length of a sample of a line in the legend, and between two entries.
const SAMPLE: f64 = 16.0;
const BETWEEN: f64 = 12.0;

/// Least distance of two labels on the vertical axis, in points.
const APART: f64 = 1.7 * text::LEADING;

/// Markers a line has, and the most points of which each one has its own and is told to who points at it.
const MARKS: usize = 6;
const FEW: usize = 60;

const SHADE: RGBColor = RGBColor(240, 240, 240);

impl Draw for Panels {
    fn draw(&self, canvas: &mut Canvas) -> f64 {
        let top = self.legend(canvas) + 1.5 * GAP;
        let height = self.height(canvas.width);
        let uprights: Vec<Upright> = self.panels.iter().map(|panel| Upright::new(panel, height, canvas)).collect();
        let labels = uprights.iter().flat_map(|upright| upright.ticks.iter().map(|(_, label)| label));
        let left = MARGIN + text::widest(labels) + GAP + TICK;
        let axis = self.axis(left, canvas);
        let mut y = top;
        for (index, (panel, upright)) in self.panels.iter().zip(&uprights).enumerate() {
            if index > 0 {
                y += SPACE;
            }
            let title = text::wrap(&panel.axis, canvas.width - 2.0 * MARGIN, 2);
            canvas.text(&title, (MARGIN, y + title.len() as f64 * text::LEADING / 2.0), Anchor::Left);
            y += title.len() as f64 * text::LEADING + 1.3 * GAP;
            let place = Place { axis: &axis, stretch: self.stretch, upright, top: y, bottom: y + height };
            self.draw_panel(canvas, panel, &place);
            y = place.bottom;
            if index + 1 < self.panels.len() {
                axis.draw_bare(canvas, y);
            }
        }
        axis.draw(canvas, &self.axis, y) + MARGIN
    }

    fn write(&self, csv: &mut csv::Writer<Vec<u8>>) -> csv::Result<()> {
        csv.write_record(["panel", "line", "x", "y", "lower", "upper"])?;
        for panel in &self.panels {
            for line in &panel.lines {
                let band = line.band.iter().map(|[lower, upper]| (Some(lower), Some(upper)));
                for ((x, y), (lower, upper)) in line.points.iter().zip(band.chain(std::iter::repeat((None, None)))) {
                    csv.serialize((&panel.axis, self.label(line), x, y, lower, upper))?;
                }
            }
        }
        Ok(())
    }

    fn pgfplots(&self, picture: &mut TikzPicture) {
        let inside = picture.width - pgfplots::NUMBERS - MARGIN;
        let height = self.height(picture.width);
        let xs = self.places();
        let range = limits(xs.iter().copied());
        let mut top = 0.0;
        for (index, panel) in self.panels.iter().enumerate() {
            if index > 0 {
                picture.end_axis();
                top += height + TITLE;
            }
            let is_last = index + 1 == self.panels.len();
            picture.axis([inside, height], range, if is_last { &self.axis } else { "" });
            let below = picture.length(top);
            picture.option(format!("at={{(0,-{below})}}, anchor=north west"));
            picture
                .option(format!("title={{{}}}, title style={{at={{(0,1)}}, anchor=south west}}", escape(&panel.axis)));
            let ys = limits(heights(panel));
            picture.option(format!("ymin={}, ymax={}", pgfplots::number(ys.0), pgfplots::number(ys.1)));
            self.ticks_in(picture, range, inside, is_last);
            if index == 0 {
                picture.legend(self.labels.iter(), inside);
                picture.option("legend style={yshift=2em}");
            }
            self.panel_in(picture, panel, ys, (index == 0).then_some(inside));
        }
    }
}

/// Between two panels of a picture, for the title of the lower one, in points.
const TITLE: f64 = 24.0;

/// All heights that a panel shows.
fn heights(panel: &Panel) -> impl Iterator<Item = f64> {
    panel.lines.iter().flat_map(|line| {
        let zero = (line.steps && !line.points.is_empty()).then_some(0.0);
        line.points.iter().map(|(_, y)| *y).chain(line.band.iter().flatten().copied()).chain(zero)
    })
}

impl Panels {
    /// The labels of the horizontal axis, in places of a stretched one; without labels but at the lowest panel.
    fn ticks_in(&self, picture: &mut TikzPicture, (low, high): (f64, f64), width: f64, is_last: bool) {
        let ticks = self.stretch.ticks(low, high, picture.locale);
        let mut ticks: Vec<_> = ticks.into_iter().filter(|(place, _)| (low..=high).contains(place)).collect();
        axis::spaced(&mut ticks, |place| (place - low) / (high - low) * width);
        if !ticks.is_empty() {
            let places: Vec<String> = ticks.iter().map(|(place, _)| pgfplots::number(*place)).collect();
            let labels: Vec<String> = ticks.iter().map(|(_, label)| format!("{{{}}}", escape(label))).collect();
            picture.option(format!("xtick={{{}}}, xticklabels={{{}}}", places.join(","), labels.join(",")));
        }
        if !is_last {
            picture.option("xticklabels={}");
        }
    }

    /// The shade, the bands and the lines of one panel; with entries in a legend of some width.
    fn panel_in(&self, picture: &mut TikzPicture, panel: &Panel, (low, high): (f64, f64), entries: Option<f64>) {
        let at = |(x, y): (f64, f64)| self.stretch.place(x).filter(|_| drawable(y)).map(|x| (x, y));
        if let Some(shade) = &self.shade {
            let corners = [(shade.from, low), (shade.to, low), (shade.to, high), (shade.from, high)];
            let corners: Vec<_> = corners.into_iter().filter_map(at).collect();
            picture.area("draw=none, fill=black!6", &corners);
        }
        for line in panel.lines.iter().filter(|line| !line.band.is_empty()) {
            let edge =
                |k: usize| line.points.iter().zip(&line.band).filter_map(move |((x, _), ends)| at((*x, ends[k])));
            let mut corners: Vec<_> = edge(0).collect();
            let mut upper: Vec<_> = edge(1).collect();
            upper.reverse();
            corners.append(&mut upper);
            let look = Look { index: line.label };
            let [colour, dash] = [pgfplots::colour(look), pgfplots::dash(look)];
            picture.area(&format!("draw, {dash}, line width=0.4pt, fill={colour}!18"), &corners);
        }
        let mut entered = vec![false; self.labels.len()];
        for line in &panel.lines {
            let mut points: Vec<_> = line.points.iter().copied().filter_map(at).collect();
            if line.steps {
                points.splice(..0, points.first().map(|(x, _)| (*x, 0.0)));
            }
            if points.is_empty() {
                continue;
            }
            let every = (points.len() / MARKS).max(1);
            let look = Look { index: line.label };
            let marks = format!("{}, {}", pgfplots::dash(look), pgfplots::marks(look, 1.8));
            let steps = if line.steps { ", const plot" } else { "" };
            let entry = entries.filter(|_| entered.get(line.label) == Some(&false));
            let hidden = if entry.is_none() { ", forget plot" } else { "" };
            picture.plot(&format!("{marks}, mark repeat={every}{steps}{hidden}"), &points);
            if let Some(width) = entry {
                picture.entry(self.label(line), width);
                entered[line.label] = true;
            }
        }
    }

    /// All places on the shared axis.
    fn places(&self) -> Vec<f64> {
        let points = self.panels.iter().flat_map(|panel| &panel.lines).flat_map(|line| &line.points);
        let extent = self.extent.iter().flatten().copied();
        points.map(|(x, _)| *x).chain(extent).filter_map(|value| self.stretch.place(value)).collect()
    }

    fn label(&self, line: &Banded) -> &str {
        self.labels.get(line.label).map_or("", String::as_str)
    }

    /// Of one panel.
    fn height(&self, width: f64) -> f64 {
        // On a slide or over two columns a figure need not be as high as it is wide.
        let width = width.min(330.0);
        match self.panels.len() {
            0 | 1 => 0.5 * width,
            2 => 0.36 * width,
            _ => 0.25 * width,
        }
    }

    /// The labels, as many to a row as fit, each behind a sample of its line. Returns where they end.
    fn legend(&self, canvas: &mut Canvas) -> f64 {
        let has_band = |index| {
            let lines = self.panels.iter().flat_map(|panel| &panel.lines);
            lines.filter(|line| line.label == index).any(|line| !line.band.is_empty())
        };
        let shade = self.shade.iter().map(|shade| (shade.label.as_str(), None));
        let entries = self.labels.iter().enumerate().map(|(index, label)| (label.as_str(), Some(index))).chain(shade);
        let (mut x, mut top, mut height) = (MARGIN, MARGIN, 0.0);
        for (label, index) in entries {
            let lines = text::wrap(label, canvas.width - 2.0 * MARGIN - SAMPLE - GAP, 3);
            let width = SAMPLE + GAP + text::widest(&lines);
            if x > MARGIN && x + width > canvas.width - MARGIN {
                (x, top, height) = (MARGIN, top + height, 0.0);
            }
            let y = top + lines.len() as f64 * text::LEADING / 2.0;
            let area = [(x, y - 3.5), (x + SAMPLE, y - 3.5), (x + SAMPLE, y + 3.5), (x, y + 3.5)];
            match index {
                None => canvas.outlined(&area, SHADE, GRID, 0.5),
                Some(index) => {
                    let look = Look { index };
                    let colour = look.colour();
                    if has_band(index) {
                        canvas.polygon(&area, pale(colour));
                        let [a, b, c, d] = area;
                        look.path(canvas, &[a, b, c, d, a], 0.4);
                    }
                    look.line(canvas, (x, y), (x + SAMPLE, y), 1.2);
                    look.point(canvas, (x + SAMPLE / 2.0, y), 2.0);
                }
            }
            canvas.text(&lines, (x + SAMPLE + GAP, y), Anchor::Left);
            x += width + BETWEEN;
            height = f64::max(height, lines.len() as f64 * text::LEADING);
        }
        top + height
    }

    /// The shared axis.
    fn axis(&self, left: f64, canvas: &Canvas) -> Axis {
        let right = canvas.width - MARGIN;
        let places = self.places();
        if self.stretch == Stretch::Even || places.is_empty() {
            return Axis::new(places, left, right, canvas);
        }
        let low = places.iter().copied().fold(f64::INFINITY, f64::min);
        let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let more = if high > low { 0.02 * (high - low) } else { 0.1 };
        let separator = canvas.locale;
        let ticks = self.stretch.ticks(low, high, separator);
        Axis::with_ticks((low - more, high + more), ticks, left, right, canvas)
    }

    fn draw_panel(&self, canvas: &mut Canvas, panel: &Panel, place: &Place) {
        let (left, right) = place.axis.ends();
        if let Some(shade) = &self.shade
            && let (Some(from), Some(to)) = (place.x(shade.from), place.x(shade.to))
        {
            canvas.polygon(&[(from, place.top), (to, place.top), (to, place.bottom), (from, place.bottom)], SHADE);
        }
        place.axis.draw_grid(canvas, place.top, place.bottom);
        for (part, label) in &place.upright.ticks {
            let y = place.bottom - part * (place.bottom - place.top);
            canvas.line((left, y), (right, y), GRID, 0.5);
            canvas.line((left - TICK, y), (left, y), AXIS, 0.6);
            canvas.text(std::slice::from_ref(label), (left - TICK - 1.0, y), Anchor::Right);
        }
        canvas.line((left, place.top), (left, place.bottom), AXIS, 0.6);
        let bands: Vec<_> = panel.lines.iter().map(|line| (Look { index: line.label }, band(line, place))).collect();
        for (look, [lower, upper]) in &bands {
            let corners: Vec<(f64, f64)> = lower.iter().chain(upper.iter().rev()).copied().collect();
            if lower.len() > 1 {
                canvas.polygon(&corners, pale(look.colour()));
            }
        }
        for (look, edges) in &bands {
            for edge in edges {
                look.path(canvas, edge, 0.4);
            }
        }
        for line in &panel.lines {
            self.draw_line(canvas, line, place);
        }
    }

    fn draw_line(&self, canvas: &mut Canvas, line: &Banded, place: &Place) {
        let look = Look { index: line.label };
        let points: Vec<(usize, (f64, f64))> =
            line.points.iter().enumerate().filter_map(|(i, point)| Some((i, place.at(*point)?))).collect();
        let corners: Vec<(f64, f64)> =
            if line.steps { steps(&points, place) } else { points.iter().map(|(_, point)| *point).collect() };
        look.path(canvas, &corners, 1.2);
        // Markers of lines that lie upon each other stand at different points.
        let stride = (points.len() / MARKS).max(1);
        let first = line.label * stride / self.labels.len().max(1);
        let told = if points.len() > FEW { stride } else { 1 };
        for (count, (i, point)) in points.iter().enumerate() {
            if count % stride == first % stride {
                look.point(canvas, *point, 2.0);
            }
            if count % told == first % told {
                let told = |value: f64| text::value(value, canvas.locale);
                let (x, y) = line.points[*i];
                let band = line.band.get(*i).map(|[a, b]| format!(" [{}, {}]", told(*a), told(*b))).unwrap_or_default();
                let tip = format!(
                    "{}, {}{}: {}{band}{}",
                    self.label(line),
                    told(x),
                    unit(&self.axis),
                    told(y),
                    unit(place.upright.title)
                );
                canvas.tip(*point, 2.5, &tip);
            }
        }
    }
}

/// The unit of an axis's title with a space before it: ` ms` of `Latency (ms)`.
fn unit(title: &str) -> String {
    let unit = title.strip_suffix(')').and_then(|title| title.rsplit_once('(')).map_or("", |(_, unit)| unit);
    if unit.is_empty() { String::new() } else { format!(" {unit}") }
}

/// The vertical axis of a panel.
struct Upright<'a> {
    title: &'a str,
    low: f64,
    high: f64,
    /// Parts of its height from the bottom, with labels.
    ticks: Vec<(f64, String)>,
}

impl<'a> Upright<'a> {
    fn new(panel: &'a Panel, height: f64, canvas: &Canvas) -> Self {
        let ((low, high), mut ticks) = upright(heights(panel), APART / height, canvas.locale);
        // A label at the very bottom would touch those of the horizontal axis.
        ticks.retain(|(part, _)| part * height >= 1.0);
        Self { title: &panel.axis, low, high, ticks }
    }
}

/// Where a panel is drawn.
struct Place<'a> {
    axis: &'a Axis,
    stretch: Stretch,
    upright: &'a Upright<'a>,
    top: f64,
    bottom: f64,
}

impl Place<'_> {
    fn x(&self, value: f64) -> Option<f64> {
        self.stretch.place(value).map(|place| self.axis.x(place))
    }

    fn y(&self, value: f64) -> Option<f64> {
        let Upright { low, high, .. } = self.upright;
        let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
        drawable(value).then_some(self.bottom - part * (self.bottom - self.top))
    }

    fn at(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        Some((self.x(x)?, self.y(y)?))
    }
}

/// Lower and upper edge of a line's band.
fn band(line: &Banded, place: &Place) -> [Vec<(f64, f64)>; 2] {
    let edge = |which: fn(&[f64; 2]) -> f64| {
        let points = line.points.iter().zip(&line.band);
        points.filter_map(|((x, _), ends)| place.at((*x, which(ends)))).collect()
    };
    [edge(|ends| ends[0]), edge(|ends| ends[1])]
}

/// The corners of a line that rises from zero and keeps each value up to the next point.
fn steps(points: &[(usize, (f64, f64))], place: &Place) -> Vec<(f64, f64)> {
    let mut corners = Vec::with_capacity(2 * points.len());
    let mut before = place.y(0.0);
    for (_, (x, y)) in points {
        corners.extend(before.map(|before| (*x, before)));
        corners.push((*x, *y));
        before = Some(*y);
    }
    corners
}

impl Stretch {
    /// What the axis is even in; `None` of a value that has no place.
    fn place(self, value: f64) -> Option<f64> {
        match self {
            Self::Even => Some(value),
            Self::Logarithmic => (value > 0.0).then(|| value.log10()),
            Self::Tail => (0.0..100.0).contains(&value).then(|| -(1.0 - value / 100.0).log10()),
        }
        .filter(|place| drawable(*place))
    }

    /// The ticks that an axis with this range may have.
    fn ticks(self, low: f64, high: f64, locale: Locale) -> Vec<(f64, String)> {
        let values: Vec<f64> = match self {
            Self::Even => Vec::new(),
            Self::Logarithmic => (low.floor() as i32..=high.ceil() as i32)
                .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)))
                .collect(),
            Self::Tail => vec![50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999],
        };
        let label = |value: f64| text::shortest(value, locale);
        values.into_iter().filter_map(|value| Some((self.place(value)?, label(value)))).collect()
    }
}
