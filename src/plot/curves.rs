//! Lines over one axis, such as the power of a test over the difference that it is to find.

use super::Draw;
use super::axis::{Axis, drawable};
use super::canvas::{AXIS, Anchor, COLOURS, Canvas, GRID, MARGIN, MARKERS};
use super::look::Look;
use super::pgfplots::{self, TikzPicture, limits};
use super::text;
use crate::report::figure::{Curves, Line};

/// In points: between labels and what they belong to, and of a mark on the vertical axis.
const GAP: f64 = 4.0;
const TICK: f64 = 2.5;

/// Markers a line has, so that lines can be told apart without colour.
const MARKS: usize = 6;

impl Draw for Curves {
    fn draw(&self, canvas: &mut Canvas) -> f64 {
        let ticks: Vec<(f64, String)> = (0..=5)
            .map(|k| (f64::from(k) / 5.0, format!("{}", f64::from(k * 20))))
            .map(|(share, label)| (share, format!("{label} %")))
            .collect();
        let left = MARGIN + text::widest(ticks.iter().map(|(_, label)| label)) + GAP + TICK;
        let legend: Vec<Vec<String>> =
            self.lines.iter().map(|line| text::wrap(&line.label, canvas.width - left - 20.0, 2)).collect();
        let mut top = MARGIN;
        for (i, label) in legend.iter().enumerate() {
            let height = label.len() as f64 * text::LEADING;
            let colour = COLOURS[i % COLOURS.len()];
            let y = top + height / 2.0;
            canvas.line((left, y), (left + 14.0, y), colour, 1.0);
            canvas.marker(MARKERS[i % MARKERS.len()], (left + 7.0, y), 2.0, colour);
            canvas.text(label, (left + 14.0 + GAP, y), Anchor::Left);
            top += height;
        }
        top += GAP;
        let bottom = top + 0.5 * canvas.width;
        let title = text::wrap(&self.vertical, canvas.width - left, 2);
        let height = title.len() as f64 * text::LEADING;
        canvas.text(&title, (MARGIN, top + height / 2.0), Anchor::Left);
        top += height + GAP;
        let bottom = bottom + height + GAP;
        let xs = self.lines.iter().flat_map(|line| line.points.iter().map(|point| point.0));
        let axis = Axis::new(xs.filter(|x| drawable(*x)), left, canvas.width - MARGIN, canvas);
        let y = |share: f64| bottom - share.clamp(0.0, 1.0) * (bottom - top);
        axis.draw_grid(canvas, top, bottom);
        for (share, label) in &ticks {
            canvas.line((left, y(*share)), (canvas.width - MARGIN, y(*share)), GRID, 0.5);
            canvas.line((left - TICK, y(*share)), (left, y(*share)), AXIS, 0.6);
            canvas.text(std::slice::from_ref(label), (left - TICK - 1.0, y(*share)), Anchor::Right);
        }
        canvas.line((left, top), (left, bottom), AXIS, 0.6);
        for (i, line) in self.lines.iter().enumerate() {
            let colour = COLOURS[i % COLOURS.len()];
            let points: Vec<(f64, f64)> = line.points.iter().map(|(px, py)| (axis.x(*px), y(*py))).collect();
            for pair in points.windows(2) {
                if let [from, to] = pair {
                    canvas.line(*from, *to, colour, 1.0);
                }
            }
            for point in points.iter().step_by((points.len() / MARKS).max(1)) {
                canvas.marker(MARKERS[i % MARKERS.len()], *point, 2.0, colour);
            }
        }
        axis.draw(canvas, &self.axis, bottom) + MARGIN
    }

    fn write(&self, csv: &mut csv::Writer<Vec<u8>>) -> csv::Result<()> {
        csv.write_record(["line", "x", "y"])?;
        for line in &self.lines {
            for (x, y) in &line.points {
                csv.serialize((&line.label, x, y))?;
            }
        }
        Ok(())
    }

    fn pgfplots(&self, picture: &mut TikzPicture) {
        let points = |line: &Line| -> Vec<(f64, f64)> {
            line.points.iter().copied().filter(|(x, y)| drawable(*x) && drawable(*y)).collect()
        };
        let xs = limits(self.lines.iter().flat_map(points).map(|point| point.0));
        let width = picture.two_axes(0.5, [&self.axis, &self.vertical], xs, (0.0, 1.0));
        picture.option("ytick={0,0.2,0.4,0.6,0.8,1}");
        picture.option("yticklabels={0\\,\\%,20\\,\\%,40\\,\\%,60\\,\\%,80\\,\\%,100\\,\\%}");
        picture.legend(self.lines.iter().map(|line| &line.label), width);
        for (index, line) in self.lines.iter().enumerate() {
            let points = points(line);
            let every = (points.len() / MARKS).max(1);
            let marks = pgfplots::marks(Look { index }, 1.8);
            picture.plot(&format!("{marks}, mark repeat={every}"), &points);
            picture.entry(&line.label, width);
        }
    }
}
