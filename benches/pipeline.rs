//! How long each stage takes: parsing a log, the statistics of two samples, and the whole of `analyze`.
//!
//!     cargo bench
//!
//! Throughput is printed in bytes of log a second; compare runs of one machine only, and ratios rather than times.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use meshstats::analysis::methods::Data;
use meshstats::analysis::{Methods, analyze};
use meshstats::metric::Better;
use meshstats::parse::parse;
use meshstats::plot::{self, Width};
use meshstats::render::{Material, OUTPUTS, Templates};
use meshstats::report::figure::Picture;
use meshstats::report::report;
use meshstats::report::style::Style;
use meshstats::stats::bootstrap::bootstrap;
use meshstats::stats::rate_ratio::pooled_ratio;
use meshstats::stats::{Events, Settings};
use meshstats::study::{self, Overrides};
use meshstats::table::Table;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/istio-2025")
}

fn parsing(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for log in ["istio/wrk/run-01.txt", "istio/iperf3/run-01.json"] {
        let bytes = std::fs::read(root().join(log)).expect("the study is part of the repository");
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(log, |b| b.iter(|| parse(black_box(&bytes))));
    }
    group.finish();
}

fn statistics(c: &mut Criterion) {
    let baseline: Vec<f64> = (0..20).map(|i| 11.66 + 0.1 * f64::from(i % 7)).collect();
    let treatment: Vec<f64> = (0..20).map(|i| 15.0 + 0.1 * f64::from(i % 5)).collect();
    c.bench_function("every method for 20 + 20 runs", |b| {
        b.iter(|| {
            let data = Data::Values { values: [black_box(&baseline), black_box(&treatment)], pairs: None };
            Methods::of(&data, &Settings::default(), Better::Lower)
        });
    });
    let runs = |count: f64| -> Vec<Events> {
        (0..20).map(|i| Events { count: count + f64::from(i * i), exposure: 50.0 + f64::from(i % 3) }).collect()
    };
    let (a, b) = (runs(3000.0), runs(8.0));
    c.bench_function("bootstrap of the rate ratio, 20 + 20 runs, 10000 resamples", |bench| {
        bench.iter(|| bootstrap(black_box(&a), black_box(&b), pooled_ratio, 10_000, 0.95, 1));
    });
}

fn whole(c: &mut Criterion) {
    let templates = Templates::new(None).expect("the built-in templates are well formed");
    c.bench_function("analyze data/istio-2025, all outputs", |b| {
        b.iter(|| {
            let study = study::open(&root(), &Overrides::default(), &|_, _| {}).expect("the study can be read");
            let (_, table) = Table::of(&study).expect("the study has a table").remove(0);
            let analysis = analyze(&study, &table, None).expect("the study can be analysed");
            let report = report(&analysis, &Style::default());
            let figures: BTreeMap<String, Picture> =
                report.figures().map(|figure| (figure.id.clone(), plot::draw(figure, Width::default()))).collect();
            for Picture { svg, .. } in figures.values() {
                black_box(plot::pdf(svg).expect("the figure can be drawn"));
            }
            let material =
                Material { report: &report, figures: &figures, templates: &templates, style: Style::default() };
            for output in OUTPUTS {
                black_box(output.files(&material).expect("the report can be rendered"));
            }
        });
    });
}

criterion_group!(benches, parsing, statistics, whole);
criterion_main!(benches);
