//! Estimates with their intervals, one a row, around a line of no effect at zero.

use plotters::style::RGBColor;

use super::Draw;
use super::axis::{Axis, drawable};
use super::canvas::{AXIS, Anchor, COLOURS, Canvas, MARGIN, MARKERS};
use super::pgfplots::{TikzPicture, broken, limits, number};
use super::text;
use crate::report::figure::{Forest, ForestRow};

/// In points: between columns, and between the lines of two rows.
const GAP: f64 = 8.0;
const SPACE: f64 = 6.0;

const COLOUR: RGBColor = COLOURS[0];

impl Draw for Forest {
    fn draw(&self, canvas: &mut Canvas) -> f64 {
        let names = self.rows.iter().map(|row| &row.label);
        let limit = text::column(names, 0.32 * canvas.width, 0.38 * canvas.width);
        let labels: Vec<_> = self.rows.iter().map(|row| text::wrap(&row.label, limit, 4)).collect();
        let left = MARGIN + text::widest(labels.iter().flatten()) + GAP;
        let texts = texts(&self.rows, canvas.width - left - GAP - MARGIN, canvas.width);
        let right = canvas.width - MARGIN - text::widest(texts.iter().flatten()) - GAP;
        let axis = Axis::new(extent(&self.rows), left, right, canvas);
        let heights =
            labels.iter().zip(&texts).map(|(label, text)| SPACE + label.len().max(text.len()) as f64 * text::LEADING);
        let bottom = MARGIN + heights.clone().sum::<f64>() + SPACE / 2.0;
        axis.draw_grid(canvas, MARGIN, bottom);
        dashed(canvas, axis.x(0.0), MARGIN, bottom);
        let mut top = MARGIN;
        for (((row, label), text), height) in self.rows.iter().zip(&labels).zip(&texts).zip(heights) {
            let y = top + height / 2.0;
            canvas.text(label, (MARGIN, y), Anchor::Left);
            draw_row(canvas, row, &axis, y);
            canvas.text(text, (canvas.width - MARGIN, y), Anchor::Right);
            top += height;
        }
        axis.draw(canvas, &self.axis, bottom) + MARGIN
    }

    fn write(&self, csv: &mut csv::Writer<Vec<u8>>) -> csv::Result<()> {
        csv.write_record(["label", "estimate", "lower", "upper"])?;
        for ForestRow { label, estimate, interval: [lower, upper], .. } in &self.rows {
            csv.serialize((label, estimate, lower, upper))?;
        }
        Ok(())
    }

    fn pgfplots(&self, picture: &mut TikzPicture) {
        let names = text::column(self.rows.iter().map(|row| &row.label), 0.3 * picture.width, 0.36 * picture.width);
        let texts = texts(&self.rows, picture.width - names - 2.0 * GAP, picture.width);
        let inside = picture.width - names - text::widest(texts.iter().flatten()) - 3.0 * GAP;
        let (low, high) = limits(extent(&self.rows));
        let lines = |(row, text): (&ForestRow, &Vec<String>)| text::wrap(&row.label, names, 4).len().max(text.len());
        let most = self.rows.iter().zip(&texts).map(lines).max().unwrap_or(1);
        let height = self.rows.len().max(1) as f64 * (SPACE + most as f64 * text::LEADING);
        picture.axis([inside, height], (low, high), &self.axis);
        picture.rows(&self.rows.iter().map(|row| text::wrap(&row.label, names, 4)).collect::<Vec<_>>());
        picture.option("clip=false");
        picture.line("\\draw[meshstatsaxis, dashed] (axis cs:0,\\pgfkeysvalueof{/pgfplots/ymin}) -- (axis cs:0,\\pgfkeysvalueof{/pgfplots/ymax});");
        let (mut estimates, mut errors) = (Vec::new(), [Vec::new(), Vec::new()]);
        for (index, (row, text)) in (1..).zip(self.rows.iter().zip(&texts)) {
            picture.line(format!(
                "\\node[anchor=west, align=right, inner xsep=0pt, xshift={}] at (axis cs:{},{index}) {{{}}};",
                picture.length(GAP),
                number(high),
                broken(text)
            ));
            if !drawable(row.estimate) {
                continue;
            }
            estimates.push((row.estimate, f64::from(index)));
            let ends = [row.interval[0].unwrap_or(f64::NEG_INFINITY), row.interval[1].unwrap_or(f64::INFINITY)];
            for ((end, error), edge) in ends.into_iter().zip(&mut errors).zip([low, high]) {
                let inside = (low..=high).contains(&end);
                error.push((row.estimate - if inside { end } else { edge }).abs());
                if !inside {
                    picture.line(format!(
                        "\\draw[meshstats1, ->, line width=1pt] (axis cs:{},{index}) -- (axis cs:{},{index});",
                        number(row.estimate),
                        number(edge)
                    ));
                }
            }
        }
        let [x, y] = [|point: &(f64, f64)| point.0, |point: &(f64, f64)| point.1];
        let [x, y] = [picture.column("x", estimates.iter().map(x)), picture.column("y", estimates.iter().map(y))];
        let [below, above] = errors;
        let [minus, plus] = [picture.column("minus", below), picture.column("plus", above)];
        picture.line(format!(
            "\\addplot[meshstats1, only marks, mark=square*, mark size=1.8pt, error bars/.cd, x dir=both, x explicit, error \
             mark=none, error bar style={{line width=1pt}}] table[x={x}, y={y}, x error minus={minus}, x error plus={plus}] \
             {{\\meshstatsdata}};"
        ));
    }
}

/// Each row's text on one line or, where that would leave the axis too little, with the interval below the estimate.
fn texts(rows: &[ForestRow], room: f64, width: f64) -> Vec<Vec<String>> {
    let texts: Vec<String> = rows.iter().map(|row| text::minus(&row.text)).collect();
    let fits = room - text::widest(&texts) >= 0.38 * width;
    let lines = |text: String| match text.split_once(" [") {
        _ if fits => vec![text],
        Some((estimate, interval)) => {
            let mut lines = text::wrap(estimate, 0.26 * width, 4);
            lines.extend(text::wrap(&format!("[{interval}"), 0.26 * width, 4));
            lines
        }
        None => text::wrap(&text, 0.26 * width, 4),
    };
    texts.into_iter().map(lines).collect()
}

/// What the axis must show: zero, the estimates and the bounds, but not the far ends of intervals beside which the
/// others would be points.
fn extent(rows: &[ForestRow]) -> Vec<f64> {
    let mut values: Vec<f64> = rows.iter().map(|row| row.estimate).filter(|value| drawable(*value)).collect();
    values.push(0.0);
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut widths: Vec<f64> =
        rows.iter().filter_map(|row| Some((row.interval[1]? - row.interval[0]?).abs())).collect();
    widths.retain(|width| drawable(*width));
    widths.sort_by(f64::total_cmp);
    let typical = widths.get(widths.len().saturating_sub(1) / 2).copied().unwrap_or(0.0);
    let reach = typical.max((high - low) / 4.0);
    let bounds = rows.iter().flat_map(|row| row.interval).flatten().filter(|bound| drawable(*bound));
    values.extend(bounds.map(|bound| bound.clamp(low - reach, high + reach)));
    values
}

/// The estimate over its interval. An arrow says that the interval goes on.
fn draw_row(canvas: &mut Canvas, row: &ForestRow, axis: &Axis, y: f64) {
    if !drawable(row.estimate) {
        return;
    }
    let [lower, upper] = row.interval;
    let ends = [lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY)];
    let [left, right] = ends.map(|end| axis.x(end));
    canvas.line((left, y), (right, y), COLOUR, 1.0);
    for (end, x, inwards) in [(ends[0], left, 1.0), (ends[1], right, -1.0)] {
        if !axis.contains(end) {
            canvas.polygon(&[(x, y), (x + inwards * 4.0, y - 2.2), (x + inwards * 4.0, y + 2.2)], COLOUR);
        }
    }
    canvas.marker(MARKERS[1], (axis.x(row.estimate), y), 2.0, COLOUR);
    canvas.tip((axis.x(row.estimate), y), 4.0, &format!("{}: {}", row.label, text::minus(&row.text)));
}

fn dashed(canvas: &mut Canvas, x: f64, top: f64, bottom: f64) {
    let mut y = top;
    while y < bottom {
        canvas.line((x, y), (x, (y + 3.0).min(bottom)), AXIS, 0.7);
        y += 5.0;
    }
}
