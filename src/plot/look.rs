//! What tells the series of a figure apart: colour, and besides it marker and dash.

use plotters::style::RGBColor;

use super::canvas::{COLOURS, Canvas, MARKERS};

/// Lengths drawn and left out in turn, in points; none: the whole line.
const DASHES: [&[f64]; 4] = [&[], &[4.0, 2.0], &[1.2, 1.6], &[6.0, 1.6, 1.2, 1.6]];

/// Size of a hollow marker's inside, relative to the marker.
const INSIDE: f64 = 0.5;

const WHITE: RGBColor = RGBColor(255, 255, 255);

/// How the series of an index is drawn. The markers of fourteen differ in shape or in being hollow.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) index: usize,
}

impl Look {
    pub(super) fn colour(self) -> RGBColor {
        COLOURS[self.index % COLOURS.len()]
    }

    /// Its place among [`MARKERS`].
    pub(super) fn marker(self) -> usize {
        self.index % MARKERS.len()
    }

    pub(super) fn is_hollow(self) -> bool {
        self.index / MARKERS.len() % 2 == 1
    }

    /// Its place among the dashes: whole, dashed, dotted, dashed and dotted.
    pub(super) fn dash(self) -> usize {
        self.index % DASHES.len()
    }

    pub(super) fn point(self, canvas: &mut Canvas, place: (f64, f64), radius: f64) {
        canvas.marker(MARKERS[self.marker()], place, radius, self.colour());
        if self.is_hollow() {
            canvas.marker(MARKERS[self.marker()], place, INSIDE * radius, WHITE);
        }
    }

    /// A line through all points in the series' colour and dash.
    pub(super) fn path(self, canvas: &mut Canvas, points: &[(f64, f64)], thickness: f64) {
        let dashes = DASHES[self.dash()];
        if dashes.is_empty() {
            return canvas.path(points, self.colour(), thickness);
        }
        let mut stretches = dashes.iter().copied().enumerate().cycle();
        let (mut stretch, mut left) = stretches.next().unwrap_or_default();
        let mut drawn: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
        for pair in points.windows(2) {
            let &[mut from, to] = pair else { continue };
            loop {
                let length = (to.0 - from.0).hypot(to.1 - from.1);
                if length <= left {
                    left -= length;
                    drawn.push(to);
                    break;
                }
                let part = left / length;
                from = (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1));
                drawn.push(from);
                if stretch % 2 == 0 {
                    canvas.path(&drawn, self.colour(), thickness);
                }
                drawn = vec![from];
                (stretch, left) = stretches.next().unwrap_or_default();
            }
        }
        if stretch % 2 == 0 {
            canvas.path(&drawn, self.colour(), thickness);
        }
    }

    /// A line in the series' colour and dash.
    pub(super) fn line(self, canvas: &mut Canvas, from: (f64, f64), to: (f64, f64), thickness: f64) {
        match DASHES[self.dash()] {
            [] => canvas.line(from, to, self.colour(), thickness),
            _ => self.path(canvas, &[from, to], thickness),
        }
    }
}
