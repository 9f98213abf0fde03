//! The page as its readers meet it, in a real Chromium: it fits, is quiet, can be used with a pointer, a finger and a
//! keyboard, and axe-core finds nothing that keeps anyone out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::chromium::{DESKTOP, PHONE, Page, Screen};
use super::program::{Case, iperf3, root, wrk};
use super::render::{markdown_cells, one_line};

/// The pages of the committed studies, of a study of odd names, and of an audit.
static PAGES: LazyLock<Case> = LazyLock::new(|| {
    let case = Case::empty();
    let data = root().join("data");
    for study in ["istio-2025", "loopback-demo"] {
        let data = data.join(study).display().to_string();
        case.run(&["analyze", &data, "-o", "out", "--format", "html,markdown"]).ok();
    }
    odd(&case);
    case.run(&["analyze", "odd", "-o", "out", "--format", "html,markdown", "--skip-bad"]).ok();
    let claims = data.join("istio-2025/claims.toml").display().to_string();
    case.run(&["audit", &claims, "-o", "out/audit", "--format", "html"]).ok();
    case
});

const ALL: [&str; 4] = ["istio-2025", "loopback-demo", "odd", "audit"];

fn path(name: &str) -> PathBuf {
    PAGES.path(&format!("out/{name}/report.html"))
}

fn open(name: &str, screen: Screen) -> Page {
    Page::open(&path(name), screen, true)
}

/// Three modes in three scenarios, two of which differ in case only; names that are markup; a bad log; decimal commas.
fn odd(case: &Case) {
    case.write(
        "odd/meshstats.toml",
        r#"
            title = "</title><script>alert('x')</script> \"quotes\" & задержка"
            baseline = "none"
            logs = "{scenario}/{mode}/{tool}-{run}.{ext}"
            decimal_separator = ","
            primary = ["latency_mean", "latency_max", "throughput", "retransmits_per_gib"]
            modes = [
                { id = "none", label = "Без сервисной сетки" },
                { id = "istio", label = "Istio <sidecar> с прокси Envoy" },
                { id = "ambient", label = "Ambient \"ztunnel\"" },
            ]
        "#,
    );
    for (scenario, more) in [("C10", 0.0), ("c10", 0.5), ("c-100 & <b>", 20.0)] {
        for (mode, factor) in [("none", 1.0), ("istio", 1.3), ("ambient", 1.004)] {
            for run in 1..=6_u32 {
                let noise = f64::from(run * run % 7) / 10.0;
                case.write(&format!("odd/{scenario}/{mode}/wrk-{run}.txt"), wrk((10.0 + more) * factor + noise));
                let log = iperf3(14.0 / factor - noise, 3 + u64::from(run));
                case.write(&format!("odd/{scenario}/{mode}/iperf3-{run}.json"), log);
            }
        }
    }
    case.write("odd/c10/none/wrk-7.txt", "Running 10s test @ http://nowhere/\n");
}

#[test]
fn pages_fit_are_quiet_and_ask_for_nothing() {
    for name in ALL {
        for screen in [DESKTOP, PHONE, PHONE.dark()] {
            let mut page = open(name, screen);
            assert_eq!(page.complaints(), [] as [String; 0], "{name} {screen:?}");
            assert_eq!(page.requests(), [format!("file://{}", path(name).display())], "{name}");
            let [inside, outside] = ["document.documentElement.scrollWidth", "innerWidth"].map(|of| page.eval(of));
            assert!(inside.as_u64() <= outside.as_u64(), "{name} {screen:?}: {inside} of {outside} pixels");
            assert_eq!(outside, screen.width, "{name}");
            assert!(page.text("document.querySelector('h1').textContent").len() > 10, "{name} has a title");
            let colours = colours(&mut page);
            assert!(colours > 50, "{name} {screen:?} is blank: {colours} colours");
        }
    }
}

/// How many colours a picture of the page has, as Chromium itself reads the picture.
fn colours(page: &mut Page) -> u64 {
    let picture = page.screenshot();
    let count = page.eval(&format!(
        "(async () => {{
            const bytes = Uint8Array.from(atob('{picture}'), (c) => c.charCodeAt(0));
            const image = await createImageBitmap(new Blob([bytes], {{ type: 'image/png' }}));
            const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
            context.drawImage(image, 0, 0);
            const {{ data }} = context.getImageData(0, 0, image.width, image.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }})()"
    ));
    count.as_u64().expect("a number")
}

#[test]
fn a_blank_page_would_be_told() {
    let case = Case::empty();
    case.write("blank.html", "<!DOCTYPE html><title>blank</title><body style='background:#fff'>");
    let mut page = Page::open(&case.path("blank.html"), DESKTOP, true);
    assert_eq!(colours(&mut page), 1);
}

#[test]
fn a_loud_page_and_one_that_asks_for_more_would_be_told() {
    let case = Case::empty();
    let body = "<script>console.warn('careful'); missing();</script><img src='other.png'>";
    case.write("loud.html", format!("<!DOCTYPE html><title>loud</title><body>{body}"));
    let mut page = Page::open(&case.path("loud.html"), DESKTOP, true);
    let complaints = page.complaints().join("\n");
    for complaint in ["careful", "missing is not defined", "other.png"] {
        assert!(complaints.contains(complaint), "{complaint} in {complaints}");
    }
    assert_eq!(page.requests().len(), 2);
}

#[test]
fn what_the_data_say_is_text() {
    let mut page = open("odd", DESKTOP);
    assert_eq!(
        page.text("document.querySelector('h1').textContent"),
        "</title><script>alert('x')</script> \"quotes\" & задержка"
    );
    assert_eq!(page.eval("document.scripts.length"), 1);
    assert!(
        page.text("document.querySelector('.headline dt').textContent").starts_with("Istio <sidecar> с прокси Envoy")
    );
    let ids = "[...document.querySelectorAll('[id]')].map((e) => e.id)";
    assert_eq!(page.eval(&format!("{ids}.length")), page.eval(&format!("new Set({ids}).size")), "ids are unique");
    let broken = page.eval(
        "[...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href').slice(1))
         .filter((id) => !document.getElementById(id))",
    );
    assert_eq!(broken, json!([]), "links lead somewhere");
}

/// What JavaScript makes of the page: a list of texts.
fn texts(page: &mut Page, expression: &str) -> Vec<String> {
    let list = page.eval(expression);
    let list = list.as_array().unwrap_or_else(|| panic!("{expression} is no list: {list}"));
    list.iter().map(|text| one_line(text.as_str().expect("a text"))).collect()
}

#[test]
fn each_primary_metric_has_a_section_of_its_own() {
    for (name, metrics) in [
        ("istio-2025", &["Mean latency", "Throughput"] as &[&str]),
        ("odd", &["Mean latency", "Maximum latency", "Throughput", "Retransmits per GiB"]),
    ] {
        let mut page = open(name, DESKTOP);
        let headings = texts(&mut page, "[...document.querySelectorAll('h2')].map((e) => e.textContent)");
        assert_eq!(headings[..2], ["Summary", "Comparison"], "{name}");
        assert_eq!(headings[2..2 + metrics.len()], *metrics, "{name}");
        assert_eq!(headings[2 + metrics.len()], "Other metrics", "{name}");
        assert_eq!(texts(&mut page, "[...document.querySelectorAll('nav a')].map((a) => a.textContent)"), headings);
        for id in ["latency_mean", "throughput"] {
            let section = format!("document.querySelector('#metric-{}')", id.replace('_', "-"));
            assert_eq!(
                texts(&mut page, &format!("[...{section}.querySelectorAll('h3')].map((e) => e.textContent)"))
                    .into_iter()
                    .filter(|heading| heading != "All modes at once")
                    .collect::<Vec<_>>(),
                ["Comparison", "Samples", "Every method side by side", "Diagnostics", "What these runs could find"],
                "{name}, {id}"
            );
            // The answer stands first, and the figure of the runs comes before the tables.
            let answer = page.text(&format!("{section}.querySelector('h2 + ul li').textContent"));
            assert!(answer.contains(" CI [") && answer.contains("adjusted"), "{answer}");
            let figure = page.text(&format!("{section}.querySelector('figure, table').id"));
            assert!(figure.starts_with(&format!("fig:{name}-runs-")), "{figure}");
            // Nothing of another metric stands here.
            let label = texts(&mut page, &format!("[{section}.querySelector('h2').textContent]")).remove(0);
            let rows = format!(
                "[...{section}.querySelectorAll('table')].filter((t) => t.tHead.rows[0].cells[0].textContent.startsWith('Metric'))
                 .flatMap((t) => [...t.tBodies[0].rows].map((row) => row.cells[0].textContent))"
            );
            let rows = texts(&mut page, &rows);
            assert!(rows.len() >= 7 && rows.iter().all(|row| row.starts_with(&label)), "{name}, {id}: {rows:?}");
        }
    }
    let mut page = open("odd", DESKTOP);
    let rates = "document.querySelector('#metric-retransmits-per-gib')";
    let answers = texts(&mut page, &format!("[...{rates}.querySelectorAll('h2 + ul li')].map((e) => e.textContent)"));
    assert_eq!(answers.len(), 6, "a line for each mode and scenario: {answers:?}");
    assert!(answers[0].contains("retransmits per GiB × "), "{answers:?}");
    assert!(page.eval(&format!("{rates}.querySelectorAll('table').length")).as_u64() >= Some(2));
}

#[test]
fn nothing_is_lost_and_nothing_stands_twice() {
    for name in ["istio-2025", "loopback-demo", "odd"] {
        let mut page = open(name, DESKTOP);
        let report = PAGES.read(&format!("out/{name}/report.md"));
        let (mut rows, mut notes) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(PAGES.path(&format!("out/{name}/tables"))).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            rows.extend(markdown_cells(&text).into_iter().map(|row| one_line(&row.join(" | "))));
            notes.extend(text.lines().filter_map(|line| line.strip_prefix("- ")).map(letters));
        }
        let shown = "[...document.querySelectorAll('tbody tr')].map((r) => [...r.cells].map((c) => c.textContent.trim()).join(' | '))";
        let mut shown = texts(&mut page, shown);
        rows.sort_unstable();
        shown.sort_unstable();
        assert!(rows.len() > 100, "{name} has tables");
        let differing = shown.iter().zip(&rows).find(|(shown, row)| shown != row);
        assert_eq!((differing, shown.len()), (None, rows.len()), "{name}");

        // A note stands under each part of its table that it belongs to.
        let under = texts(&mut page, "[...document.querySelectorAll('.notes li')].map((e) => e.textContent)");
        let under: Vec<String> = under.iter().map(|note| letters(note)).collect();
        for note in &notes {
            assert!(under.contains(note), "{name}: {note}");
        }
        assert!(under.iter().all(|note| notes.contains(note)), "{name}");

        let captions = texts(&mut page, "[...document.querySelectorAll('figcaption')].map((e) => e.textContent)");
        let captions: Vec<String> = captions.iter().map(|c| letters(c.split_once(". ").expect("a number").1)).collect();
        let mut figures: Vec<String> = report
            .lines()
            .filter_map(|line| Some(letters(line.strip_prefix("**Figure ")?.split_once(".** ")?.1)))
            .collect();
        let mut sorted = captions.clone();
        sorted.sort_unstable();
        figures.sort_unstable();
        assert_eq!(sorted, figures, "{name}");
        assert_eq!(page.eval("document.querySelectorAll('figure svg').length"), figures.len());

        // Of the summary, each sentence stands once on the page.
        let summary = report.split("\n## ").find(|section| section.starts_with("Summary\n")).expect("a summary");
        let body = letters(&page.text("document.querySelector('main').textContent"));
        let sentences =
            summary.lines().filter_map(|line| line.strip_prefix("- ")).filter(|line| !line.starts_with("**"));
        for sentence in sentences.map(letters) {
            assert_eq!(body.matches(&sentence).count(), 1, "{name}: {sentence}");
        }

        // Numbers follow the page.
        for kind in ["Table", "Figure"] {
            let numbers = texts(
                &mut page,
                &format!(
                    "[...document.querySelectorAll('caption, figcaption')].map((e) => e.textContent).filter((t) => t.startsWith('{kind} '))"
                ),
            );
            let numbers: Vec<usize> = numbers
                .iter()
                .map(|text| text[kind.len()..].split('.').next().unwrap().trim().parse().unwrap())
                .collect();
            assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>(), "{name}");
        }
    }
}

/// A text's letters and digits, whatever the markup around them.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn axe() -> String {
    let path = root().join("target/axe/axe_playwright_python/axe.min.js");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}: tests/run fetches axe-core", path.display()))
}

/// What axe-core finds on the page as it is now.
fn violations(page: &mut Page, axe: &str) -> Vec<String> {
    page.eval(&format!("{axe}; typeof axe"));
    let found = page.eval(
        "axe.run(document).then((found) => ({ passes: found.passes.length, violations: found.violations.map((v) =>
         `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html + ' ' + n.failureSummary).join(' | ')}`) }))",
    );
    assert!(found["passes"].as_u64() > Some(15), "axe-core looked at the page: {found}");
    let list = found["violations"].as_array().expect("a list");
    list.iter().map(|violation| violation.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn nobody_is_kept_out() {
    let axe = axe();
    for name in ALL {
        let few = [DESKTOP, PHONE.dark()];
        let all = [DESKTOP, DESKTOP.dark(), PHONE, PHONE.dark()];
        for screen in if name == "odd" { &all[..] } else { &few } {
            let screen = *screen;
            let mut page = open(name, screen);
            page.eval("document.querySelectorAll('details').forEach((d, i) => { d.open = i < 2; })");
            if name != "audit" {
                page.eval("document.querySelector('.plot').focus()");
                page.press("ArrowRight");
                page.click("th button");
            }
            assert_eq!(violations(&mut page, &axe), [] as [String; 0], "{name} {screen:?}");
        }
    }
}

#[test]
fn what_keeps_people_out_would_be_found() {
    let case = Case::empty();
    let body = "<main><h1>A page</h1><img src='data:,'><p style='color:#bbb'>Pale words.</p></main>";
    case.write("bad.html", format!("<!DOCTYPE html><html><title>Bad</title><body>{body}"));
    let mut page = Page::open(&case.path("bad.html"), DESKTOP, true);
    page.eval(&format!("{}; typeof axe", axe()));
    let found = page.eval("axe.run(document).then((found) => found.violations.map((v) => v.id).sort())");
    assert_eq!(found, json!(["color-contrast", "html-has-lang", "image-alt"]));
}

/// A page with one table, by the program's own template of the script.
fn table(case: &Case, rows: &[[&str; 2]]) -> Page {
    let script = fs::read_to_string(root().join("templates/script.html")).unwrap();
    let rows: String = rows.iter().map(|[a, b]| format!("<tr><th class=left>{a}</th><td>{b}</td></tr>")).collect();
    let head = "<tr><th class=left>Name</th><th class=number>Value</th></tr>";
    let table = format!("<div class=table><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>");
    case.write("table.html", format!("<!DOCTYPE html><html lang=en><meta charset=utf-8><body>{table}{script}"));
    Page::open(&case.path("table.html"), DESKTOP, true)
}

/// The cells of a column, from top to bottom.
fn column(page: &mut Page, table: &str, index: usize) -> Vec<String> {
    let cells = page.eval(&format!(
        "[...document.querySelector({table:?}).tBodies[0].rows].map((row) => row.cells[{index}].textContent)"
    ));
    cells.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap().to_owned()).collect()
}

#[test]
fn numbers_are_sorted_as_numbers_however_they_are_printed() {
    let ascending = [
        "-∞",
        "-12.5",
        "−3",
        "[-1.5, 8]",
        "&lt;1e-300",
        "4.0 × 10⁻³⁴",
        "1.2e-5",
        "1.3 × 10⁻⁵",
        "&lt;0.001",
        "0.001",
        "0,5 ± 0,1",
        "2",
        "[10; 11]",
        ">11",
        "∞",
    ];
    // Every third, so that the order of the table is another.
    let mut cells: Vec<&str> = (0..3).flat_map(|k| ascending.iter().copied().skip(k).step_by(3)).collect();
    cells.insert(4, "—");
    let rows: Vec<[&str; 2]> = cells.iter().map(|cell| ["x", *cell]).collect();
    let case = Case::empty();
    let mut page = table(&case, &rows);
    let read = |cells: &[&str]| -> Vec<String> { cells.iter().map(|cell| cell.replace("&lt;", "<")).collect() };
    let (original, missing) = (read(&cells), "—".to_owned());
    page.click("th.number button");
    let up: Vec<String> = read(&ascending).into_iter().chain([missing.clone()]).collect();
    assert_eq!(column(&mut page, "table", 1), up);
    page.click("th.number button");
    let down: Vec<String> = read(&ascending).into_iter().rev().chain([missing]).collect();
    assert_eq!(column(&mut page, "table", 1), down);
    page.click("th.number button");
    assert_eq!(column(&mut page, "table", 1), original, "a third click restores the order");
    assert_eq!(page.complaints(), [] as [String; 0]);
}

#[test]
fn words_are_sorted_as_words_and_ties_keep_their_order() {
    let case = Case::empty();
    let mut page =
        table(&case, &[["run 10", "1"], ["run 2", "3"], ["Run 2", "1"], ["яблоко", "1"], ["—", "2"], ["арбуз", "1"]]);
    page.click("th.left button");
    assert_eq!(column(&mut page, "table", 0), ["run 2", "Run 2", "run 10", "арбуз", "яблоко", "—"]);
    page.click("th.number button");
    assert_eq!(column(&mut page, "table", 0), ["run 10", "Run 2", "яблоко", "арбуз", "—", "run 2"]);
}

#[test]
fn a_table_of_one_row_has_no_buttons() {
    let case = Case::empty();
    assert_eq!(table(&case, &[["a", "1"]]).eval("document.querySelectorAll('th button').length"), 0);
    assert_eq!(table(&case, &[["a", "1"], ["b", "2"]]).eval("document.querySelectorAll('th button').length"), 2);
}

#[test]
fn the_comparison_is_sorted_by_pointer_and_keyboard() {
    let mut page = open("istio-2025", DESKTOP);
    let other = "#tab\\:istio-2025-other-metrics";
    let before = column(&mut page, other, 0);
    page.click(&format!("{other} th:nth-child(6) button"));
    let header = format!("document.querySelector({:?})", format!("{other} th:nth-child(6)"));
    assert_eq!(page.text(&format!("{header}.getAttribute('aria-sort')")), "ascending");
    let up: Vec<f64> =
        column(&mut page, other, 5).iter().map(|cell| cell.replace('−', "-").parse().expect("a number")).collect();
    assert!(up.is_sorted() && up.len() == before.len(), "{up:?}");
    assert_eq!(page.text("document.querySelector('[role=status]').textContent"), "Change (%): ascending");
    // The button has the focus now.
    page.press("Enter");
    assert_eq!(page.text(&format!("{header}.getAttribute('aria-sort')")), "descending");
    page.press("Enter");
    assert_eq!(page.eval(&format!("{header}.hasAttribute('aria-sort')")), false);
    assert_eq!(column(&mut page, other, 0), before);
}

const TIP: &str = "document.querySelector('.tip').hidden ? '' : document.querySelector('.tip').textContent";

/// A figure of runs.
const RUNS: &str = "[id='fig:loopback-demo-runs-latency-mean']";

/// What its points say, read from its CSV: the values that a reader must be told.
fn values() -> Vec<(String, String)> {
    let text = PAGES.read("out/loopback-demo/figures/runs-latency-mean.csv");
    let rows = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    rows.map(|row| (row[0].clone(), row[2].clone())).collect()
}

/// Whether a tip tells a run's mode and its value, rounded.
#[track_caller]
fn assert_tells(tip: &str, (group, value): &(String, String)) {
    let (label, shown) = tip.rsplit_once(": ").unwrap_or_else(|| panic!("{tip:?} tells no value"));
    assert!(label.starts_with(&format!("{group}, ")), "{tip} is not of {group}");
    let [shown, value] = [shown, value].map(|number| number.parse::<f64>().expect("a number"));
    assert!((shown / value - 1.0).abs() < 1e-3, "{tip} is not {value}");
}

#[test]
fn points_tell_their_values_to_pointer_and_keyboard() {
    let mut lowest = values();
    let group = lowest[0].0.clone();
    lowest.retain(|(other, _)| *other == group);
    lowest.sort_by(|a, b| a.1.parse::<f64>().unwrap().total_cmp(&b.1.parse().unwrap()));
    let mut page = open("loopback-demo", DESKTOP);
    assert_eq!(page.text(TIP), "");
    // The mean comes first, then the runs from the lowest.
    page.point_at(&format!("{RUNS} .tips circle:nth-child(2)"));
    assert_tells(&page.text(TIP), &lowest[0]);
    page.point_at("h1");
    assert_eq!(page.text(TIP), "", "it goes with the pointer");

    page.eval(&format!("document.querySelector(\"{RUNS} .plot\").focus()"));
    page.press("ArrowRight");
    assert!(page.text(TIP).starts_with(&format!("{group}: ")), "the mean");
    page.press("ArrowRight");
    assert_tells(&page.text(TIP), &lowest[0]);
    page.press("ArrowRight");
    let tip = page.text(TIP);
    assert_tells(&tip, &lowest[1]);
    assert_eq!(page.text("document.querySelector('[role=status]').textContent"), tip, "it is announced");
    page.press("ArrowLeft");
    assert_tells(&page.text(TIP), &lowest[0]);
    page.press("Escape");
    assert_eq!(page.text(TIP), "");
    page.press("End");
    assert_ne!(page.text(TIP), "");
    page.press("Tab");
    assert_eq!(page.text(TIP), "", "it goes with the focus");
    assert_eq!(page.complaints(), [] as [String; 0]);
}

#[test]
fn points_tell_their_values_to_a_finger() {
    let mut page = open("loopback-demo", PHONE);
    page.tap(&format!("{RUNS} .tips circle:nth-child(2)"));
    let tip = page.text(TIP);
    assert!(values().iter().any(|(group, _)| tip.starts_with(&format!("{group}, "))), "{tip:?}");
    let place =
        page.eval("(({ left, right }) => [left, right])(document.querySelector('.tip').getBoundingClientRect())");
    assert!(place[0].as_f64() >= Some(0.0) && place[1].as_f64() <= Some(390.0), "it is on the screen: {place}");
    page.tap("h1");
    assert_eq!(page.text(TIP), "");
}

#[test]
fn the_keyboard_finds_its_way() {
    let mut page = open("istio-2025", DESKTOP);
    page.press("Tab");
    assert_eq!(page.text("document.activeElement.getAttribute('href')"), "#sections", "past the navigation");
    page.press("Enter");
    page.press("Tab");
    assert_eq!(page.eval("document.activeElement.closest('#sections') !== null"), true);
    assert_ne!(page.text("getComputedStyle(document.activeElement).outlineStyle"), "none", "the focus can be seen");
    let stops = "[...document.querySelectorAll('.table')].filter((t) => t.checkVisibility() && t.tabIndex === 0 && t.scrollWidth <= t.clientWidth)";
    assert_eq!(page.eval(&format!("{stops}.length")), 0, "what cannot be scrolled is no stop");
}

#[test]
fn without_its_script_the_page_is_read_all_the_same() {
    let mut page = Page::open(&path("istio-2025"), PHONE, false);
    assert_eq!(page.eval("document.querySelectorAll('button, .tip, [role=application]').length"), 0);
    assert_eq!(page.eval("document.querySelectorAll('.tips title').length > 40"), true);
    assert_eq!(page.eval("document.documentElement.scrollWidth <= innerWidth"), true);
}

#[test]
fn paper_has_room_for_every_table_and_all_are_printed() {
    for name in ALL {
        let mut page = open(name, DESKTOP);
        let folded = page.eval("document.querySelectorAll('details').length");
        let pdf = page.pdf();
        assert_eq!(page.eval("document.querySelectorAll('details[open]').length"), 0, "they are folded again");
        let case = Case::empty();
        let decoded = page.eval(&format!("Array.from(atob('{pdf}'), (c) => c.charCodeAt(0))"));
        let bytes: Vec<u8> = decoded.as_array().unwrap().iter().map(|byte| byte.as_u64().unwrap() as u8).collect();
        case.write("page.pdf", bytes);
        let text = printed(&case.path("page.pdf"));
        if folded.as_u64() > Some(0) {
            assert!(text.contains("difference ÷ SD"), "{name}: what is folded is printed");
        }
        // A4 within margins of 15 mm, at 96 pixels an inch.
        for (sheet, mm) in [(".upright, .small", 180.0), (".landscape", 267.0)] {
            let width = mm / 25.4 * 96.0;
            let mut page = open(name, Screen { width: width as u32, height: 900, dark: false });
            page.media("print", "light");
            let wide = page.eval(&format!(
                "document.querySelectorAll('details').forEach((d) => {{ d.open = true; }});
                 [...document.querySelectorAll('{sheet}')].flatMap((s) => [...s.querySelectorAll('table')])
                 .filter((t) => t.offsetWidth > innerWidth).map((t) => `${{t.id}}: ${{t.offsetWidth}} of ${{innerWidth}}`)"
            ));
            assert_eq!(wide, Value::Array(vec![]), "{name}, {sheet}");
        }
    }
}

fn printed(pdf: &Path) -> String {
    let output = std::process::Command::new("pdftotext").args([pdf, Path::new("-")]).output();
    let output = output.unwrap_or_else(|error| panic!("pdftotext: {error}: install poppler to run this test"));
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

#[test]
fn the_headline_says_what_is_worse_and_what_is_not_shown() {
    let mut page = open("odd", DESKTOP);
    let lines = page.eval("[...document.querySelectorAll('.headline > *')].map((e) => e.textContent)");
    let lines: Vec<&str> = lines.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let of = |place: &str| -> Vec<&str> {
        let after = lines.iter().skip_while(|line| **line != place).skip(1);
        after.take_while(|line| !line.contains(" against ")).copied().collect()
    };
    let istio = of("Istio <sidecar> с прокси Envoy against Без сервисной сетки, C10");
    let (latency, throughput) = (istio[0], istio[2]);
    assert!(latency.starts_with("mean latency +") && latency.ends_with("], worse"), "{latency}");
    assert!(throughput.starts_with("throughput −") && throughput.ends_with("], worse"), "{throughput}");
    let ambient = of("Ambient \"ztunnel\" against Без сервисной сетки, C10");
    assert!(ambient[0].ends_with("], no difference shown"), "{}", ambient[0]);
    assert_eq!(istio.len(), 4, "{istio:?}");
}

/// The headline in `report.md` of a study of wrk runs with these mean latencies, in ms.
fn headline(baseline: &[f64], treatment: &[f64]) -> String {
    let case = Case::empty();
    for (mode, latencies) in [("base", baseline), ("new", treatment)] {
        for (run, ms) in latencies.iter().enumerate() {
            case.write(&format!("study/{mode}/{run}.txt"), wrk(*ms));
        }
    }
    let primary = "baseline = \"base\"\nprimary = [\"latency_mean\", \"latency_max\", \"requests_per_second\"]\n";
    case.write("study/meshstats.toml", primary);
    case.analyze(&["--format", "markdown"]).ok();
    let report = case.read("out/study/report.md");
    report.lines().find(|line| line.contains(" against ")).expect("there is a headline").to_owned()
}

#[test]
fn the_headline_promises_no_more_than_the_tests() {
    for (baseline, treatment, says) in [
        (&[10.0, 10.4, 10.9, 11.3] as &[f64], &[15.0, 15.5, 15.8, 16.1] as &[f64], "], worse;"),
        (&[15.0, 15.5, 15.8, 16.1], &[10.0, 10.4, 10.9, 11.3], "], better;"),
        (&[10.0, 10.4, 10.9, 11.3], &[10.1, 10.3, 10.9, 11.4], "], no difference shown;"),
        (&[10.0, 10.4, 10.9, 11.3], &[11.0, 11.4, 11.9, 12.2], "], worse, but not shown after Holm adjustment;"),
        (&[10.0], &[11.0], "mean latency +10 %, no interval;"),
    ] {
        let line = headline(baseline, treatment);
        assert!(line.contains(says), "{says} is not in\n{line}");
    }
}
