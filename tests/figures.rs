//! Figures: what is drawn is where it should be, can be read, and is the same everywhere.

use std::collections::BTreeSet;

use approx::assert_relative_eq;
use meshstats::plot::{WIDTHS, Width, csv, draw, pdf, svg};
use meshstats::report::figure::{
    Banded, Drawing, Figure, Forest, ForestRow, Group, Panel, Panels, Runs, Shade, Stretch,
};
use proptest::prelude::*;
use usvg::fontdb::{Database, Source};
use usvg::{Node, Options, Rect, Tree, roxmltree};

pub fn figure(drawing: Drawing) -> Figure {
    Figure {
        id: "runs-latency-mean".into(),
        metric: None,
        caption: "Latency & throughput of \"two\" modes.".into(),
        alt: "Istio is slower; p < 0.05.".into(),
        drawing,
        locale: '.'.into(),
    }
}

fn runs(axis: &str, groups: Vec<Group>) -> Figure {
    figure(Drawing::Runs(Runs { axis: axis.into(), groups }))
}

fn forest(axis: &str, rows: Vec<ForestRow>) -> Figure {
    figure(Drawing::Forest(Forest { axis: axis.into(), rows }))
}

fn group(label: &str, values: &[f64]) -> Group {
    let runs = (1..=values.len()).map(|run| format!("run {run}")).collect();
    Group { label: label.into(), values: values.to_vec(), runs, quartiles: None, mean: None, interval: None }
}

fn summarised(label: &str, values: &[f64], quartiles: [f64; 3], mean: f64, interval: [f64; 2]) -> Group {
    Group { quartiles: Some(quartiles), mean: Some(mean), interval: Some(interval), ..group(label, values) }
}

fn row(label: &str, estimate: f64, interval: [Option<f64>; 2], text: &str) -> ForestRow {
    ForestRow { label: label.into(), estimate, interval, text: text.into() }
}

pub fn latency() -> Figure {
    let baseline = [11.2, 11.4, 11.5, 11.7, 11.8, 11.9, 12.1, 13.9];
    let treatment = [14.6, 14.8, 14.9, 15.0, 15.0, 15.1, 15.2, 15.4];
    runs(
        "Mean latency (ms)",
        vec![
            summarised("Without Istio", &baseline, [11.475, 11.75, 11.95], 11.94, [11.23, 12.65]),
            summarised("Istio", &treatment, [14.875, 15.0, 15.125], 15.0, [14.79, 15.21]),
        ],
    )
}

pub fn change() -> Figure {
    forest(
        "Change against Without Istio (%)",
        vec![
            row("Mean latency, Istio", 28.6, [Some(27.2), Some(30.1)], "+28.6 [27.2, 30.1]"),
            row("Throughput, Istio", -48.9, [Some(-53.3), Some(-44.1)], "-48.9 [-53.3, -44.1]"),
            row("Retransmissions, Istio", 12.0, [Some(3.0), None], "+12.0 [3.0, ∞]"),
        ],
    )
}

pub fn russian() -> Figure {
    let groups = vec![
        group("Без сервисной сетки", &[-1.5, 0.5, 1.25]),
        group("Сервисная сетка Istio с прокси Envoy в режиме sidecar", &[0.25, 0.5]),
        group("istio-ambient-2025-without-waypoint-proxy", &[0.75]),
        group("Высокопроизводительнейшая конфигурация", &[]),
    ];
    let axis = "Средняя задержка ответа на запрос при постоянной нагрузке, мс";
    Figure { locale: ','.into(), ..runs(axis, groups) }
}

fn line(label: usize, points: &[(f64, f64)], half: f64) -> Banded {
    let band = points.iter().map(|(_, y)| [y - half, y + half]).collect();
    Banded { label, points: points.to_vec(), band, steps: false }
}

pub fn panels() -> Figure {
    let middles = |level: f64| [(0.5, level), (1.5, level + 1.0), (2.5, level - 0.5)];
    let lines = |level: f64| vec![line(0, &middles(level), 0.5), line(1, &middles(level / 2.0), 0.25)];
    figure(Drawing::Panels(Panels {
        axis: "Time (s)".into(),
        stretch: Stretch::Even,
        extent: Some([-1.0, 3.0]),
        shade: Some(Shade { from: -1.0, to: 0.0, label: "Warm-up".into() }),
        labels: vec!["Without Istio".into(), "Istio".into()],
        panels: vec![
            Panel { axis: "Throughput (Gbit/s)".into(), lines: lines(14.0) },
            Panel { axis: "Round-trip time (µs)".into(), lines: lines(220.0) },
        ],
    }))
}

#[test]
fn in_a_page_a_figure_has_the_page_s_colours_and_tells_its_values() {
    for figure in all() {
        let drawn = draw(&figure, Width::default());
        assert_eq!(drawn.svg, svg(&figure, Width::default()));
        let inline = drawn.inline;
        // Ink, axis, grid and sheet as they are on white; ids, which two figures of a page could share.
        for alien in ["#1A1A1A", "#595959", "#E6E6E6", "#FFFFFF", " id=", "xmlns", "in\" height"] {
            assert!(!inline.contains(alien), "{alien} in {inline}");
        }
        let element = Tree::from_str(
            &inline.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1),
            &Options::default(),
        );
        assert!(element.is_ok(), "{inline}");
        let tips = inline.matches("</title></circle>").count();
        let points = match &figure.drawing {
            Drawing::Runs(runs) => {
                runs.groups.iter().map(|group| group.values.len() + usize::from(group.mean.is_some())).sum()
            }
            Drawing::Forest(forest) => forest.rows.len(),
            Drawing::Panels(panels) => panels.panels.iter().flat_map(|p| &p.lines).map(|line| line.points.len()).sum(),
            _ => 0,
        };
        assert_eq!(tips, points, "{inline}");
    }
    let inline = draw(&change(), Width::default()).inline;
    assert!(inline.contains("<title>Throughput, Istio: −48.9 [−53.3, −44.1]</title>"), "{inline}");
    let inline = draw(&latency(), Width::default()).inline;
    assert!(inline.contains("<title>Istio: 15.00 [14.79, 15.21]</title>"), "{inline}");
    assert!(inline.contains("fill=\"#0072B2\" fill-opacity=\"0.18\""), "boxes shine through: {inline}");
}

fn all() -> Vec<Figure> {
    vec![latency(), change(), russian(), panels()]
}

/// An SVG as a viewer lays it out that has the figures' font.
pub struct Laid {
    size: Rect,
    texts: Vec<(String, Rect)>,
    shapes: Vec<Rect>,
}

pub fn lay(svg: &str) -> Laid {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(std::sync::Arc::new(dejavu::sans::regular())));
    let tree = Tree::from_str(svg, &Options { dpi: 72.0, fontdb: fonts.into(), ..Options::default() }).unwrap();
    let size = Rect::from_xywh(0.0, 0.0, tree.size().width(), tree.size().height()).unwrap();
    let mut laid = Laid { size, texts: Vec::new(), shapes: Vec::new() };
    visit(tree.root(), &mut laid);
    laid
}

fn visit(parent: &usvg::Group, laid: &mut Laid) {
    for node in parent.children() {
        match node {
            Node::Group(group) => visit(group, laid),
            Node::Text(text) => {
                let content = text.chunks().iter().map(|chunk| chunk.text()).collect();
                laid.texts.push((content, text.abs_bounding_box()));
            }
            node => laid.shapes.push(node.abs_stroke_bounding_box()),
        }
    }
}

pub fn assert_inside_and_apart(laid: &Laid) {
    const TOLERANCE: f32 = 0.1;
    let inside = |part: &Rect| {
        part.left() >= -TOLERANCE
            && part.top() >= -TOLERANCE
            && part.right() <= laid.size.right() + TOLERANCE
            && part.bottom() <= laid.size.bottom() + TOLERANCE
    };
    for shape in &laid.shapes {
        assert!(inside(shape), "{shape:?} is outside {:?}", laid.size);
    }
    for (index, (text, area)) in laid.texts.iter().enumerate() {
        assert!(inside(area), "{text:?} at {area:?} is outside {:?}", laid.size);
        for (other, other_area) in &laid.texts[..index] {
            let apart = area.left() >= other_area.right() - TOLERANCE
                || other_area.left() >= area.right() - TOLERANCE
                || area.top() >= other_area.bottom() - TOLERANCE
                || other_area.top() >= area.bottom() - TOLERANCE;
            assert!(apart, "{text:?} at {area:?} overlaps {other:?} at {other_area:?}");
        }
    }
}

pub fn words(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
}

/// Corners, in the viewBox's units, of the shapes of a tag and colour.
fn shapes(svg: &str, tag: &str, fill: &str) -> Vec<Vec<(f64, f64)>> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let number = |text: &str| text.parse::<f64>().unwrap();
    document
        .descendants()
        .filter(|node| node.has_tag_name(tag) && node.attribute("fill") == Some(fill))
        .map(|node| match node.attribute("points") {
            Some(points) => points
                .split_whitespace()
                .map(|point| point.split_once(',').map(|(x, y)| (number(x), number(y))).unwrap())
                .collect(),
            None => vec![(number(node.attribute("cx").unwrap()), number(node.attribute("cy").unwrap()))],
        })
        .collect()
}

fn centre(corners: &[(f64, f64)]) -> f64 {
    let [low, high] = [f64::min, f64::max].map(|pick| corners.iter().map(|corner| corner.0).reduce(pick).unwrap());
    (low + high) / 2.0
}

const BLUE: &str = "#0072B2";
const INK: &str = "#1A1A1A";

#[test]
fn nothing_is_cut_off_or_overlaps_at_any_width() {
    for figure in all() {
        for width in WIDTHS {
            let laid = lay(&svg(&figure, *width));
            assert!(laid.texts.len() > 5);
            assert_inside_and_apart(&laid);
            assert_relative_eq!(f64::from(laid.size.width()), width.inches * 72.0, max_relative = 1e-5);
        }
    }
}

#[test]
fn many_modes_and_many_rows_fit() {
    let groups = (1..=12).map(|mode| group(&format!("Mode {mode}"), &[1e9 + f64::from(mode); 10])).collect();
    let rows = (1..=40)
        .map(|row| ForestRow {
            label: format!("Latency, {row}th percentile, ambient mode"),
            estimate: f64::from(row),
            interval: [Some(-900.0), Some(1200.0)],
            text: format!("+{row}.0 [-900.0, 1200.0]"),
        })
        .collect();
    for figure in [runs("Throughput (bit/s)", groups), forest("Change (%)", rows)] {
        assert_inside_and_apart(&lay(&svg(&figure, Width::default())));
    }
}

#[test]
fn text_has_at_least_eight_points_and_stays_text() {
    for figure in all() {
        for width in WIDTHS {
            let svg = svg(&figure, *width);
            let document = roxmltree::Document::parse(&svg).unwrap();
            let root = document.root_element();
            let units: f64 = root.attribute("viewBox").unwrap().split(' ').nth(2).unwrap().parse().unwrap();
            for text in document.descendants().filter(|node| node.has_tag_name("text")) {
                let size: f64 = text.attribute("font-size").unwrap().parse().unwrap();
                let points = size / units
                    * 72.0
                    * root.attribute("width").unwrap().trim_end_matches("in").parse::<f64>().unwrap();
                assert!(points >= 8.0 - 1e-4, "{points} pt in {}", width.id);
                assert_relative_eq!(points, width.text, max_relative = 1e-5);
                assert_eq!(text.attribute("font-family"), Some("DejaVu Sans, Verdana, sans-serif"));
            }
        }
    }
}

#[test]
fn the_same_figure_is_the_same_bytes_in_every_thread() {
    let draw = || all().iter().map(|figure| svg(figure, Width::default())).map(|svg| (pdf(&svg), svg)).collect();
    let first: Vec<_> = draw();
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(draw)).collect();
    for thread in threads {
        assert!(thread.join().unwrap() == first);
    }
}

#[test]
fn a_pdf_has_the_font_embedded_and_no_date() {
    for figure in all() {
        let pdf = pdf(&svg(&figure, Width::default())).unwrap();
        let text = String::from_utf8_lossy(&pdf);
        assert!(text.starts_with("%PDF-1.4"));
        assert!(text.contains("/FontFile2") && text.contains("+DejaVuSans"));
        for absent in ["/Type3", "/CreationDate", "/ModDate", "CreateDate", "/SMask", "/Group"] {
            assert!(!text.contains(absent), "{absent}");
        }
        assert!(pdf.len() < 40_000, "a whole font has been embedded: {} bytes", pdf.len());
    }
}

#[test]
fn what_is_no_svg_is_an_error() {
    for text in ["", "<svg", "<html/>"] {
        assert!(pdf(text).unwrap_err().what.contains("PDF"));
    }
}

#[test]
fn the_alternative_text_is_in_the_document() {
    let svg = svg(&latency(), Width::default());
    let document = roxmltree::Document::parse(&svg).unwrap();
    let root = document.root_element();
    let text = |tag| document.descendants().find(|node| node.has_tag_name(tag)).and_then(|node| node.text());
    assert_eq!(root.attribute("role"), Some("img"));
    assert_eq!(text("title"), Some("Latency & throughput of \"two\" modes."));
    assert_eq!(text("desc"), Some("Istio is slower; p < 0.05."));
}

#[test]
fn labels_carry_n_and_numbers_a_minus_and_the_decimal_separator() {
    let words = words(&svg(&russian(), WIDTHS[1]));
    assert!(words.contains(&"Без сервисной сетки (n = 3)".to_owned()), "{words:?}");
    assert!(words.contains(&"−1,5".to_owned()) && words.contains(&"0,5".to_owned()), "{words:?}");
    assert!(!words.iter().any(|word| word.contains('.') || word.starts_with('-')), "{words:?}");
    let words = self::words(&svg(&change(), WIDTHS[1]));
    assert!(words.contains(&"−48.9 [−53.3, −44.1]".to_owned()), "{words:?}");
    assert!(self::words(&svg(&latency(), Width::default())).contains(&"Istio (n = 8)".to_owned()));
}

#[test]
fn modes_differ_by_marker_even_without_colour() {
    let groups: Vec<_> = (0..12).map(|mode| group(&format!("Mode {mode}"), &[1.0])).collect();
    let svg = svg(&runs("x", groups), Width::default());
    let document = roxmltree::Document::parse(&svg).unwrap();
    let markers: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("polygon") || node.has_tag_name("circle"))
        .map(|node| {
            let fill = node.attribute("fill").unwrap().to_owned();
            let corners = shapes(&svg, node.tag_name().name(), &fill)
                .into_iter()
                .find(|corners| match node.attribute("points") {
                    Some(points) => points.starts_with(&format!("{},{} ", corners[0].0, corners[0].1)),
                    None => node.attribute("cy") == Some(&corners[0].1.to_string()),
                })
                .unwrap();
            let (x, y) = corners[0];
            let shape = corners.iter().map(|corner| format!("{:?}", (corner.0 - x, corner.1 - y))).collect::<String>();
            (shape, fill)
        })
        .collect();
    assert_eq!(markers.len(), 12);
    assert_eq!(markers[..7].iter().map(|(shape, _)| shape).collect::<BTreeSet<_>>().len(), 7);
    assert_eq!(markers.iter().collect::<BTreeSet<_>>().len(), 12);
}

#[test]
fn runs_are_drawn_at_their_values() {
    let values = [1.0, 2.0, 4.0, 9.0];
    let svg = svg(&runs("x", vec![summarised("A", &values, [1.75, 3.0, 5.25], 4.0, [2.0, 7.0])]), WIDTHS[1]);
    let points: Vec<f64> = shapes(&svg, "circle", BLUE).iter().map(|place| place[0].0).collect();
    assert_eq!(points.len(), values.len());
    let unit = (points[3] - points[0]) / 8.0;
    for (x, value) in points.iter().zip(values) {
        assert_relative_eq!(*x, points[0] + unit * (value - 1.0), epsilon = 1.0);
    }
    let mean = shapes(&svg, "polygon", INK);
    assert_relative_eq!(centre(&mean[0]), points[2], epsilon = 1.0);
    let bar = format!("stroke=\"{INK}\" stroke-width=\"12\" x1=\"{}\"", points[1]);
    assert!(svg.contains(&bar), "the interval starts at 2");
}

#[test]
fn whiskers_end_at_the_furthest_run_within_one_and_a_half_interquartile_ranges() {
    let svg = svg(&latency(), Width::default());
    let places: Vec<f64> = shapes(&svg, "circle", BLUE).iter().map(|place| place[0].0).collect();
    let starts = |x: f64| svg.contains(&format!("stroke-width=\"6\" x1=\"{x}\""));
    assert!(starts(places[0]) && starts(places[6]), "11.2 and 12.1");
    assert!(!starts(places[7]), "13.9 is outside");
}

#[test]
fn equal_runs_do_not_hide_behind_one_another() {
    let svg = svg(&runs("x", vec![group("A", &[3.0; 5])]), Width::default());
    let places = shapes(&svg, "circle", BLUE);
    let heights: BTreeSet<i64> = places.iter().map(|place| place[0].1 as i64).collect();
    assert_eq!(heights.len(), 5);
    assert!(places.iter().all(|place| place[0].0 == places[0][0].0));
}

#[test]
fn forest_rows_are_drawn_at_their_values_with_zero_dashed_and_open_bounds_as_arrows() {
    let rows = vec![
        row("A", 0.0, [Some(-10.0), Some(10.0)], "0"),
        row("B", 10.0, [Some(5.0), Some(15.0)], "10"),
        row("C", 20.0, [Some(18.0), None], "20"),
    ];
    let svg = svg(&forest("x", rows), WIDTHS[1]);
    let (arrows, estimates): (Vec<_>, Vec<_>) =
        shapes(&svg, "polygon", BLUE).into_iter().partition(|corners| corners.len() == 3);
    let places: Vec<f64> = estimates.iter().map(|corners| centre(corners)).collect();
    assert_eq!((arrows.len(), places.len()), (1, 3));
    assert_relative_eq!(places[2] - places[1], places[1] - places[0], epsilon = 1.0);
    assert!(arrows[0].iter().all(|corner| corner.0 > places[2]));
    let document = roxmltree::Document::parse(&svg).unwrap();
    let dashes: Vec<f64> = document
        .descendants()
        .filter(|node| node.attribute("stroke-width") == Some("7"))
        .map(|node| node.attribute("x1").unwrap().parse().unwrap())
        .collect();
    assert!(dashes.len() > 5);
    assert!(dashes.iter().all(|x| (x - places[0]).abs() <= 1.0), "through zero");
}

#[test]
fn one_very_wide_interval_leaves_the_narrow_ones_legible() {
    let mut rows: Vec<_> = (0..5).map(|index| row("A", f64::from(index), [Some(-2.0), Some(6.0)], "")).collect();
    rows.push(row("B", 3.0, [Some(-900.0), Some(1200.0)], ""));
    let svg = svg(&forest("x", rows), Width::default());
    let document = roxmltree::Document::parse(&svg).unwrap();
    let lengths: Vec<f64> = document
        .descendants()
        .filter(|node| node.has_tag_name("line") && node.attribute("stroke") == Some(BLUE))
        .map(|node| ["x2", "x1"].map(|end| node.attribute(end).unwrap().parse::<f64>().unwrap()))
        .map(|[to, from]| to - from)
        .collect();
    assert!(lengths[0] > lengths[5] / 15.0, "{lengths:?}");
    assert_eq!(shapes(&svg, "polygon", BLUE).iter().filter(|corners| corners.len() == 3).count(), 2);
}

#[test]
fn two_wide_intervals_do_not_stretch_the_axis() {
    let rows = vec![
        row("Mean latency", 76.0, [Some(17.0), Some(139.0)], ""),
        row("Latency SD", 57.0, [Some(-142.0), Some(258.0)], ""),
        row("Maximum latency", 118.0, [Some(-167.0), Some(411.0)], ""),
        row("Latency p50", 153.0, [Some(102.0), Some(213.0)], ""),
        row("CPU", -82.0, [Some(-84.0), Some(-79.0)], ""),
        row("Latency p75", 85.0, [Some(50.0), Some(122.0)], ""),
    ];
    let svg = svg(&forest("x", rows), Width::default());
    let (arrows, estimates): (Vec<_>, Vec<_>) =
        shapes(&svg, "polygon", BLUE).into_iter().partition(|corners| corners.len() == 3);
    let place = |i: usize| centre(&estimates[i]);
    let percent = (place(3) - place(4)) / (153.0 + 82.0);
    // The axis ends where the arrows' tips are: within a typical interval's width of the furthest estimates.
    let tips: Vec<f64> = arrows.iter().map(|arrow| (arrow[0].0 - place(3)) / percent + 153.0).collect();
    assert_eq!(tips.len(), 1, "{tips:?}");
    assert!(tips.iter().all(|tip| (-230.0..300.0).contains(tip)), "{tips:?}");
}

#[test]
fn csv_reads_back_as_the_same_data() {
    let values = [0.1 + 0.2, 1e300, -0.0, 15.0, f64::MIN_POSITIVE, 1.0 / 3.0];
    let text = csv(&runs("x", vec![group("With, \"quotes\"", &values), group("Без сетки", &[7.0])]));
    assert!(text.starts_with("group,run,value\n"));
    let records: Vec<(String, String, f64)> =
        ::csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap();
    let read: Vec<u64> = records.iter().map(|record| record.2.to_bits()).collect();
    assert_eq!(read, values.iter().chain(&[7.0]).map(|value| value.to_bits()).collect::<Vec<_>>());
    assert_eq!((records[0].0.as_str(), records[1].1.as_str()), ("With, \"quotes\"", "run 2"));
    assert_eq!(records[6].0, "Без сетки");

    let text = csv(&change());
    let records: Vec<(String, f64, Option<f64>, Option<f64>)> =
        ::csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap();
    assert!(text.starts_with("label,estimate,lower,upper\n"));
    assert_eq!(records[2], ("Retransmissions, Istio".to_owned(), 12.0, Some(3.0), None));
}

#[test]
fn panels_are_drawn_at_their_values_over_a_shade_that_ends_at_zero() {
    let svg = svg(&panels(), WIDTHS[1]);
    let shade = shapes(&svg, "polygon", "#F0F0F0");
    let marks = shapes(&svg, "circle", BLUE);
    let [left, right] = [shade[1][0].0, shade[1][1].0];
    let second = right - left;
    assert_eq!((shade.len(), marks.len()), (3, 7), "the legend, and both panels");
    assert_relative_eq!(marks[1][0].0, right + 0.5 * second, epsilon = 1.0);
    assert_relative_eq!(marks[3][0].0, right + 2.5 * second, epsilon = 1.0);
    let heights: Vec<f64> = marks[1..4].iter().map(|mark| mark[0].1).collect();
    assert_relative_eq!(heights[0] - heights[1], 2.0 * (heights[2] - heights[0]), epsilon = 3.0);
    let text = csv(&panels());
    assert!(text.starts_with("panel,line,x,y,lower,upper\nThroughput (Gbit/s),Without Istio,0.5,14.0,13.5,14.5\n"));
    assert_eq!(text.lines().count(), 13);
}

#[test]
fn each_further_nine_takes_as_much_room() {
    let points = [(50.0, 1.0), (90.0, 2.0), (99.0, 3.0), (99.9, 4.0), (100.0, 9.0)];
    let Drawing::Panels(few) = panels().drawing else { unreachable!() };
    let panel = Panel { axis: "Latency (ms)".into(), lines: vec![line(0, &points, 0.1)] };
    let tail = Panels { stretch: Stretch::Tail, extent: None, shade: None, panels: vec![panel], ..few };
    let svg = svg(&figure(Drawing::Panels(tail)), WIDTHS[1]);
    let places: Vec<f64> = shapes(&svg, "circle", BLUE)[1..].iter().map(|mark| mark[0].0).collect();
    assert_eq!(places.len(), 4, "100 % has no place");
    assert_relative_eq!(places[2] - places[1], places[3] - places[2], epsilon = 1.5);
    for label in ["50", "90", "99", "99.9"] {
        assert!(words(&svg).contains(&label.to_owned()), "{label}");
    }
}

fn any_figure(label: &'static str, value: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = Figure> {
    let summary = (
        prop::option::of([value.clone(), value.clone(), value.clone()]),
        prop::option::of(value.clone()),
        prop::option::of([value.clone(), value.clone()]),
    );
    let groups = (label, prop::collection::vec(value.clone(), 0..30), summary).prop_map(|(label, values, summary)| {
        Group { quartiles: summary.0, mean: summary.1, interval: summary.2, ..group(&label, &values) }
    });
    let bounds = [prop::option::of(value.clone()), prop::option::of(value.clone())];
    let rows = (label, value.clone(), bounds, label).prop_map(|(label, estimate, interval, text)| ForestRow {
        label,
        estimate,
        interval,
        text,
    });
    let points = prop::collection::vec((value.clone(), value.clone()), 0..9);
    let lines = prop::collection::vec((0..13_usize, points, value.clone(), any::<bool>()), 0..6);
    let panel = (label, lines).prop_map(|(axis, lines)| Panel {
        axis,
        lines: lines
            .into_iter()
            .map(|(label, points, half, steps)| Banded { steps, ..line(label, &points, half) })
            .collect(),
    });
    let stretch = prop::sample::select(vec![Stretch::Even, Stretch::Logarithmic, Stretch::Tail]);
    let labels = prop::collection::vec(label, 0..13);
    let panels = (label, labels, prop::collection::vec(panel, 0..5), stretch, value.clone()).prop_map(
        |(axis, labels, panels, stretch, end)| {
            let shade = (end < 0.0).then(|| Shade { from: end, to: 0.0, label: axis.clone() });
            Panels { axis, stretch, extent: Some([end, 0.0]), shade, labels, panels }
        },
    );
    let drawing = prop_oneof![
        panels.prop_map(Drawing::Panels),
        (label, prop::collection::vec(groups, 0..13)).prop_map(|(axis, groups)| Drawing::Runs(Runs { axis, groups })),
        (label, prop::collection::vec(rows, 0..13)).prop_map(|(axis, rows)| Drawing::Forest(Forest { axis, rows })),
    ];
    (drawing, prop_oneof![Just('.'), Just(',')])
        .prop_map(|(drawing, decimal_separator)| Figure { locale: decimal_separator.into(), ..figure(drawing) })
}

/// Values of every size, close together or far apart, and what is not a number.
fn any_value() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![
        prop::num::f64::ANY,
        -100.0..100.0_f64,
        (-3..3_i32).prop_map(f64::from),
        (0..9_i32).prop_map(|step| 1e9 + f64::from(step) * 1e-3),
        (0..9_i32).prop_map(|step| (1.0 + f64::from(step) * 3e-6) * 1.2345e-99),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_numbers_all_is_inside_and_apart(
        figure in any_figure("[A-Za-zА-Яа-я0-9 ,()%/._-]{0,60}", any_value()),
        width in prop::sample::select(WIDTHS),
    ) {
        assert_inside_and_apart(&lay(&svg(&figure, width)));
    }

    #[test]
    fn close_numbers_have_legible_ticks(
        base in prop::num::f64::NORMAL,
        steps in prop::collection::vec(0..20_i32, 1..9),
        exponent in -12..0_i32,
    ) {
        let spread = base * 10f64.powi(exponent);
        let values: Vec<f64> = steps.iter().map(|step| base + f64::from(*step) * spread).collect();
        let svg = svg(&runs("x", vec![group("A", &values)]), Width::default());
        assert_inside_and_apart(&lay(&svg));
        let ticks = &words(&svg)[1..];
        prop_assert!(ticks.len() >= 3, "two ticks and the title: {ticks:?} of {values:?}");
        prop_assert_eq!(ticks.iter().collect::<BTreeSet<_>>().len(), ticks.len());
    }

    #[test]
    fn whatever_the_text_there_is_an_svg_a_pdf_and_a_csv(figure in any_figure("(?s).{0,40}", any_value())) {
        let svg = svg(&figure, Width::default());
        prop_assert!(pdf(&svg).is_ok());
        prop_assert!(csv(&figure).lines().count() >= 1);
    }
}
