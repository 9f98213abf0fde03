//! A page that is drawn on in points, from the top left corner. plotters takes whole numbers only, so a point is ten
//! of its units.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{RGBColor, ShapeStyle, TextStyle};

use super::text;
use crate::language::Locale;

pub(super) use plotters::style::text_anchor::HPos as Anchor;

/// To a point.
pub(super) const UNITS: f64 = 10.0;

/// Empty on all sides of a figure, in points.
pub(super) const MARGIN: f64 = 2.0;

pub(super) const INK: RGBColor = RGBColor(26, 26, 26);
pub(super) const AXIS: RGBColor = RGBColor(89, 89, 89);
pub(super) const GRID: RGBColor = RGBColor(230, 230, 230);

/// The palette of Okabe and Ito (2008), "Color Universal Design", without black, which means and axes have, and
/// without yellow, which is invisible on white.
pub(super) const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// Corners of the markers around (0, 0), of about the area of a circle of radius 1; no corners: the circle.
pub(super) const MARKERS: [&[(f64, f64)]; 7] = [
    &[],
    &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    &[(0.0, -1.4), (1.25, 0.85), (-1.25, 0.85)],
    &[
        (-0.42, -1.4),
        (0.42, -1.4),
        (0.42, -0.42),
        (1.4, -0.42),
        (1.4, 0.42),
        (0.42, 0.42),
        (0.42, 1.4),
        (-0.42, 1.4),
        (-0.42, 0.42),
        (-1.4, 0.42),
        (-1.4, -0.42),
        (-0.42, -0.42),
    ],
    &[(0.0, 1.4), (1.25, -0.85), (-1.25, -0.85)],
    &[
        (0.0, -0.6),
        (0.8, -1.3),
        (1.3, -0.8),
        (0.6, 0.0),
        (1.3, 0.8),
        (0.8, 1.3),
        (0.0, 0.6),
        (-0.8, 1.3),
        (-1.3, 0.8),
        (-0.6, 0.0),
        (-1.3, -0.8),
        (-0.8, -1.3),
    ],
    &[(-1.4, -0.55), (1.4, -0.55), (1.4, 0.55), (-1.4, 0.55)],
];

/// The marker of a mean.
pub(super) const DIAMOND: &[(f64, f64)] = &[(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)];

/// The colour as if it lay over white at 18 % opacity: true opacity would make a PDF slow.
pub(super) fn pale(RGBColor(red, green, blue): RGBColor) -> RGBColor {
    let mixed = |channel: u8| (255.0 - 0.18 * (255.0 - f64::from(channel))).round() as u8;
    RGBColor(mixed(red), mixed(green), mixed(blue))
}

fn units(points: f64) -> i32 {
    (points * UNITS).round() as i32
}

pub(super) struct Canvas<'a> {
    backend: SVGBackend<'a>,
    /// In points.
    pub(super) width: f64,
    pub(super) locale: Locale,
    /// What a pointer over a place of the drawing is told, as SVG elements.
    tips: String,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(svg: &'a mut String, width: f64, locale: Locale) -> Self {
        // The size only goes into the opening tag, which is replaced when the height is known.
        Self { backend: SVGBackend::with_string(svg, (0, 0)), width, locale, tips: String::new() }
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: RGBColor, thickness: f64) {
        written(self.backend.draw_line(place(from), place(to), &style(colour, thickness)));
    }

    /// A line through all points; nothing where there are less than two.
    pub(super) fn path(&mut self, points: &[(f64, f64)], colour: RGBColor, thickness: f64) {
        if points.len() > 1 {
            written(self.backend.draw_path(points.iter().copied().map(place), &style(colour, thickness)));
        }
    }

    /// A closed outline, filled.
    pub(super) fn outlined(&mut self, corners: &[(f64, f64)], fill: RGBColor, line: RGBColor, thickness: f64) {
        self.polygon(corners, fill);
        let closed = corners.iter().chain(corners.first()).copied().map(place);
        written(self.backend.draw_path(closed, &style(line, thickness)));
    }

    pub(super) fn polygon(&mut self, corners: &[(f64, f64)], colour: RGBColor) {
        written(self.backend.fill_polygon(corners.iter().copied().map(place), &style(colour, 0.0)));
    }

    pub(super) fn marker(&mut self, corners: &[(f64, f64)], (x, y): (f64, f64), radius: f64, colour: RGBColor) {
        if corners.is_empty() {
            written(self.backend.draw_circle(place((x, y)), units(radius).unsigned_abs(), &style(colour, 0.0), true));
        } else {
            let corners: Vec<_> = corners.iter().map(|(dx, dy)| (x + dx * radius, y + dy * radius)).collect();
            self.polygon(&corners, colour);
        }
    }

    /// What is drawn around a place, in words, for pages where a reader can point at it.
    pub(super) fn tip(&mut self, (x, y): (f64, f64), radius: f64, text: &str) {
        let [(x, y), (radius, _)] = [place((x, y)), place((radius, 0.0))];
        let text = text::xml(text);
        self.tips.push_str(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"><title>{text}</title></circle>\n"));
    }

    /// All tips, when the drawing is done.
    pub(super) fn into_tips(self) -> String {
        self.tips
    }

    /// Lines of text, vertically centred on `y`.
    pub(super) fn text(&mut self, lines: &[String], (x, y): (f64, f64), anchor: HPos) {
        let font = TextStyle::from(text::drawn(UNITS)).color(&INK).pos(Pos::new(anchor, VPos::Top));
        let first = y + text::CAPITAL / 2.0 - (lines.len() as f64 - 1.0) / 2.0 * text::LEADING;
        for (row, line) in lines.iter().enumerate() {
            // Of the backend's vertical positions, only the top is the same in all viewers: the baseline is 0.76 em below.
            let top = first + row as f64 * text::LEADING - 0.76 * text::SIZE;
            written(self.backend.draw_text(&text::printable(line), &font, place((x, top))));
        }
    }
}

fn place((x, y): (f64, f64)) -> (i32, i32) {
    (units(x), units(y))
}

fn style(colour: RGBColor, thickness: f64) -> ShapeStyle {
    ShapeStyle { color: colour.into(), filled: true, stroke_width: units(thickness).unsigned_abs() }
}

fn written<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("a string takes all that is drawn")
}
