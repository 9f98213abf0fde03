//! The runs of each mode, one mode a row: every run is a point over a box of the quartiles; above it, the mean with its
//! interval. Whiskers reach the furthest run within 1.5 interquartile ranges of the box (J. W. Tukey, Exploratory Data
//! Analysis, 1977).

use plotters::style::RGBColor;

use super::Draw;
use super::axis::{Axis, drawable};
use super::canvas::{AXIS, Anchor, Canvas, DIAMOND, INK, MARGIN, MARKERS, pale};
use super::look::Look;
use super::pgfplots::{self, TikzPicture, limits, number};
use super::text;
use crate::report::figure::{Group, Runs};

/// Heights in points: of the band of the runs, of the mean's above it, and least between two modes.
const BAND: f64 = 20.0;
const MEAN: f64 = 9.0;
const SPACE: f64 = 9.0;

/// Modes that are drawn at these heights; more are drawn flatter, for a figure has to leave room on its page.
const FEW: usize = 6;
const FLAT: f64 = 0.65;

/// Between the labels and the axis.
const GAP: f64 = 8.0;

impl Draw for Runs {
    fn draw(&self, canvas: &mut Canvas) -> f64 {
        let names = self.groups.iter().map(|group| &group.label);
        let limit = text::column(names, 0.38 * canvas.width, 0.48 * canvas.width);
        let labels: Vec<_> = self.groups.iter().map(|group| label(group, limit)).collect();
        let left = MARGIN + text::widest(labels.iter().flatten()) + GAP;
        let axis = Axis::new(self.groups.iter().flat_map(extent), left, canvas.width - MARGIN, canvas);
        let scale = if self.groups.len() > FEW { FLAT } else { 1.0 };
        let row = scale * (MEAN + BAND);
        let heights = labels.iter().map(|lines| scale * SPACE + row.max(lines.len() as f64 * text::LEADING));
        let bottom = MARGIN + heights.clone().sum::<f64>() + SPACE / 2.0;
        axis.draw_grid(canvas, MARGIN, bottom);
        let mut top = MARGIN;
        for (index, ((group, lines), height)) in self.groups.iter().zip(&labels).zip(heights).enumerate() {
            let middle = top + (height + SPACE / 2.0) / 2.0;
            canvas.text(lines, (left - GAP, middle), Anchor::Right);
            let place = Place { axis: &axis, top: middle - row / 2.0, scale };
            draw_group(canvas, group, &place, Look { index });
            top += height;
        }
        axis.draw(canvas, &self.axis, bottom) + MARGIN
    }

    fn write(&self, csv: &mut csv::Writer<Vec<u8>>) -> csv::Result<()> {
        csv.write_record(["group", "run", "value"])?;
        for group in &self.groups {
            for (index, value) in group.values.iter().enumerate() {
                csv.serialize((&group.label, group.runs.get(index).map_or("", String::as_str), value))?;
            }
        }
        Ok(())
    }

    fn pgfplots(&self, picture: &mut TikzPicture) {
        let names = text::column(self.groups.iter().map(|g| &g.label), 0.3 * picture.width, 0.4 * picture.width);
        let inside = picture.width - names - 2.0 * GAP;
        let (low, high) = limits(self.groups.iter().flat_map(extent));
        let row = (MEAN + BAND + SPACE) * if self.groups.len() > FEW { FLAT } else { 1.0 };
        let height = row * self.groups.len().max(1) as f64;
        picture.axis([inside, height], (low, high), &self.axis);
        picture.rows(&self.groups.iter().map(|group| label(group, names)).collect::<Vec<_>>());
        // In rows: of the middle of the box, half of its height, and of the mean, from the middle of the row.
        let [middle, half, mean] = [0.12, 0.26, -0.3];
        for (index, group) in self.groups.iter().enumerate() {
            let y = index as f64 + 1.0 + middle;
            let mut sorted: Vec<f64> = group.values.iter().copied().filter(|value| drawable(*value)).collect();
            sorted.sort_by(f64::total_cmp);
            let look = Look { index };
            if let Some(quartiles) = group.quartiles.filter(|quartiles| quartiles.iter().all(|q| drawable(*q))) {
                let [lower, median, upper] = quartiles.map(number);
                let [lowest, highest] = whiskers(quartiles, &sorted).map(number);
                let (top, bottom) = (number(y - half), number(y + half));
                picture.line(format!(
                    "\\draw[meshstatsaxis] (axis cs:{lowest},{y}) -- (axis cs:{lower},{y}) (axis cs:{upper},{y}) -- (axis \
                     cs:{highest},{y});"
                ));
                picture.line(format!(
                    "\\filldraw[draw=meshstatsaxis, fill={}!18] (axis cs:{lower},{top}) rectangle (axis cs:{upper},{bottom});",
                    pgfplots::colour(look)
                ));
                picture.line(format!(
                    "\\draw[meshstatsaxis, line width=1.2pt] (axis cs:{median},{top}) -- (axis cs:{median},{bottom});"
                ));
            }
            let places: Vec<f64> = sorted.iter().map(|value| (value - low) / (high - low) * inside).collect();
            let offsets = spread(&places, 3.4, 2.0 * half * row);
            let points: Vec<_> = sorted
                .iter()
                .zip(offsets)
                .map(|(value, offset)| (*value, y + (offset / row * 1e4).round() / 1e4))
                .collect();
            picture.plot(&format!("{}, only marks", pgfplots::marks(look, 1.4)), &points);
            let y = index as f64 + 1.0 + mean;
            if let Some([lower, upper]) = group.interval.filter(|bounds| bounds.iter().all(|bound| drawable(*bound))) {
                picture.line(format!(
                    "\\draw[meshstatsink, line width=1.2pt] (axis cs:{},{y}) -- (axis cs:{},{y});",
                    number(lower),
                    number(upper)
                ));
            }
            if let Some(mean) = group.mean.filter(|mean| drawable(*mean)) {
                picture.plot("meshstatsink, only marks, mark=diamond*, mark size=2.6pt", &[(mean, y)]);
            }
        }
    }
}

/// Where a mode is drawn, and how much flatter.
struct Place<'a> {
    axis: &'a Axis,
    top: f64,
    scale: f64,
}

/// `Istio (n = 20)`
fn label(group: &Group, limit: f64) -> Vec<String> {
    let mut lines = text::wrap(&group.label, limit, 4);
    let n = format!("(n = {})", group.values.len());
    match lines.last_mut() {
        Some(last) if text::width(&format!("{last} {n}")) <= limit => *last = format!("{last} {n}"),
        _ => lines.push(n),
    }
    lines
}

/// Every value that is drawn.
fn extent(group: &Group) -> impl Iterator<Item = f64> {
    let summary = group.quartiles.into_iter().flatten().chain(group.mean).chain(group.interval.into_iter().flatten());
    group.values.iter().copied().chain(summary)
}

fn draw_group(canvas: &mut Canvas, group: &Group, place: &Place, look: Look) {
    let Place { axis, top, scale } = *place;
    draw_mean(canvas, group, axis, top + scale * MEAN / 2.0);
    let runs = group.runs.iter().map(String::as_str).chain(std::iter::repeat(""));
    let mut points: Vec<(f64, &str)> =
        group.values.iter().copied().zip(runs).filter(|(value, _)| drawable(*value)).collect();
    points.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let values: Vec<f64> = points.iter().map(|(value, _)| *value).collect();
    let band = scale * BAND;
    let y = top + scale * MEAN + band / 2.0;
    if let Some(quartiles) = group.quartiles.filter(|quartiles| quartiles.iter().all(|value| drawable(*value))) {
        draw_box(canvas, quartiles, &values, axis, (y - band / 2.0, y + band / 2.0), pale(look.colour()));
    }
    let radius = (1.65 * (40.0 / values.len() as f64).cbrt()).clamp(0.8, 1.65);
    let places: Vec<f64> = values.iter().map(|value| axis.x(*value)).collect();
    for ((x, offset), (value, run)) in places.iter().zip(spread(&places, 2.3 * radius, band)).zip(points) {
        canvas.marker(MARKERS[look.marker()], (*x, y + offset), radius, look.colour());
        let value = text::value(value, canvas.locale);
        canvas.tip((*x, y + offset), 1.5 * radius, &format!("{}, {run}: {value}", group.label));
    }
}

fn draw_mean(canvas: &mut Canvas, group: &Group, axis: &Axis, y: f64) {
    if let Some([lower, upper]) = group.interval.filter(|bounds| bounds.iter().all(|bound| drawable(*bound))) {
        canvas.line((axis.x(lower), y), (axis.x(upper), y), INK, 1.2);
    }
    if let Some(mean) = group.mean.filter(|mean| drawable(*mean)) {
        canvas.marker(DIAMOND, (axis.x(mean), y), 2.8, INK);
        let value = |value: f64| text::value(value, canvas.locale);
        let interval = group.interval.map_or(String::new(), |bounds| {
            let [lower, upper] = bounds.map(value);
            format!(" [{lower}{} {upper}]", canvas.locale.bounds())
        });
        let tip = format!("{}: {}{interval}", group.label, value(mean));
        canvas.tip((axis.x(mean), y), 3.0, &tip);
    }
}

fn draw_box(
    canvas: &mut Canvas,
    [lower, median, upper]: [f64; 3],
    sorted: &[f64],
    axis: &Axis,
    (top, bottom): (f64, f64),
    fill: RGBColor,
) {
    let [lowest, highest] = whiskers([lower, median, upper], sorted);
    let y = (top + bottom) / 2.0;
    for (end, hinge) in [(lowest, lower), (highest, upper)] {
        canvas.line((axis.x(end), y), (axis.x(hinge), y), AXIS, 0.6);
    }
    let [left, right] = [axis.x(lower), axis.x(upper)];
    canvas.outlined(&[(left, top), (right, top), (right, bottom), (left, bottom)], fill, AXIS, 0.6);
    canvas.line((axis.x(median), top), (axis.x(median), bottom), AXIS, 1.4);
}

/// Where the whiskers end: at the furthest run within 1.5 interquartile ranges of the box.
fn whiskers([lower, _, upper]: [f64; 3], sorted: &[f64]) -> [f64; 2] {
    let reach = 1.5 * (upper - lower);
    let lowest = sorted.iter().copied().find(|value| *value >= lower - reach).unwrap_or(lower).min(lower);
    let highest = sorted.iter().copied().rfind(|value| *value <= upper + reach).unwrap_or(upper).max(upper);
    [lowest, highest]
}

/// Offsets from the middle of a band that keep points apart. Places are ascending. Lanes lie a point's size apart; a
/// point takes the lane nearest to the middle that is free or, where none is, the one whose last point is furthest.
fn spread(places: &[f64], size: f64, band: f64) -> Vec<f64> {
    let pairs = ((band / size - 1.0) / 2.0).floor().max(0.0) as i32;
    let mut lanes: Vec<(f64, f64)> = std::iter::once(0)
        .chain((1..=pairs).flat_map(|pair| [-pair, pair]))
        .map(|lane| (f64::from(lane) * size, f64::NEG_INFINITY))
        .collect();
    places
        .iter()
        .map(|place| {
            let free = lanes.iter().position(|(_, last)| place - last >= size);
            let furthest =
                || lanes.iter().enumerate().min_by(|(_, a), (_, b)| a.1.total_cmp(&b.1)).map(|(lane, _)| lane);
            match free.or_else(furthest).and_then(|lane| lanes.get_mut(lane)) {
                Some((offset, last)) => {
                    *last = *place;
                    *offset
                }
                None => 0.0,
            }
        })
        .collect()
}
