//! `iperf3 --json-stream`, iperf 3.17 and newer: one event a line, `{"event": "…", "data": …}`, with the parts of an
//! `iperf3 -J` document as the data. With `--json-stream-full-output` (3.20) the whole document follows the events.

use super::iperf3_json::{self, Document, End, Found, FromJson, Interval, Lenient, Start, mend, object};
use super::{Content, LogFormat, Repair};
use crate::run::Tool;

pub(super) const FORMAT: LogFormat =
    LogFormat { id: "iperf3-stream", label: "iperf3 --json-stream", tool: Tool::Iperf3, recognise, parse };

/// How many opening braces to look at for one that opens an event.
const BRACES: usize = 64;

fn recognise(text: &str) -> bool {
    text.match_indices('{').take(BRACES).any(|(at, _)| text.get(at..).is_some_and(is_event))
}

fn is_event(line: &str) -> bool {
    line.trim_start().strip_prefix('{').is_some_and(|object| object.trim_start().starts_with("\"event\""))
}

fn parse(text: &str) -> Content {
    let mut events = Events::default();
    for (i, line) in text.lines().enumerate() {
        if is_event(line) {
            events.read(i + 1, line);
        } else {
            events.other_text.push_str(line);
        }
        events.other_text.push('\n');
    }
    let Events { tests, other_text, mut repairs } = events;
    let (mut found, more_repairs) = match other_text.trim() {
        "" => (Vec::new(), Vec::new()),
        _ => iperf3_json::documents(&other_text),
    };
    repairs.extend(more_repairs);
    let is_whole = |test: &Test| {
        let start = test.document.start.as_ref();
        start.is_some()
            && found.iter().any(|found| found.document.as_ref().is_ok_and(|whole| whole.start.as_ref() == start))
    };
    let streamed: Vec<Test> = tests.into_iter().filter(|test| !is_whole(test)).collect();
    found.extend(streamed.into_iter().map(|test| test.into_found(&mut repairs)));
    found.sort_by_key(|found| found.line);
    iperf3_json::log(FORMAT.id, found, repairs)
}

object! {
    Kind {
        event: String,
    }

    StartEvent {
        data: Start,
    }

    IntervalEvent {
        data: Interval,
    }

    EndEvent {
        data: End,
    }

    ErrorEvent {
        data: String,
    }
}

/// What the events of one test say.
struct Test {
    line: usize,
    document: Document,
}

impl Test {
    /// A test whose `end` never came (iperf3 was killed) is put together from its intervals.
    fn into_found(self, repairs: &mut Vec<Repair>) -> Found {
        let Self { line, mut document } = self;
        let salvaged = document.end.is_none() && document.error.is_none() && document.intervals.is_some();
        if salvaged {
            let what = "events salvaged: there is no `end` event, so the sums are those of the intervals".to_owned();
            repairs.push(Repair { line: Some(line), what });
            document.end = Some(document.end_of_intervals());
        }
        Found { line, document: Ok(document), salvaged }
    }
}

/// All events of a file, and the lines that are none.
#[derive(Default)]
struct Events {
    tests: Vec<Test>,
    /// A line for every line of the file, empty for an event.
    other_text: String,
    repairs: Vec<Repair>,
}

impl Events {
    fn read(&mut self, line: usize, text: &str) {
        if self.read_event(line, text).is_some() {
            return;
        }
        let what = match mend(text) {
            Some((mended, repairs)) if self.read_event(line, &mended).is_some() => {
                self.repairs.extend(repairs.into_iter().map(|repair| Repair { line: Some(line), ..repair }));
                return;
            }
            _ => "an event that is not valid JSON was skipped",
        };
        self.repairs.push(Repair { line: Some(line), what: what.to_owned() });
    }

    /// `None` where the text is not JSON. Events of another kind (`server_output_…`) say nothing that is wanted.
    fn read_event(&mut self, line: usize, text: &str) -> Option<()> {
        let kind = from_json::<Kind>(text)??.event?;
        match kind.as_str() {
            "start" => {
                let start = from_json::<StartEvent>(text)??.data;
                self.tests.push(Test { line, document: Document { start, ..Document::default() } });
            }
            "interval" => {
                if let Some(interval) =
                    from_json::<IntervalEvent>(text)??.data.filter(|interval| interval.sum.is_some())
                {
                    self.test(line).document.intervals.get_or_insert_default().push(interval);
                }
            }
            "end" => self.test(line).document.end = from_json::<EndEvent>(text)??.data,
            "error" => self.test(line).document.error = from_json::<ErrorEvent>(text)??.data,
            _ => {}
        }
        Some(())
    }

    /// The test that is running: the last one, unless it has ended.
    fn test(&mut self, line: usize) -> &mut Test {
        if self.tests.last().is_none_or(|test| test.document.end.is_some()) {
            self.tests.push(Test { line, document: Document::default() });
        }
        self.tests.last_mut().expect("there is one: it was pushed above where there was none")
    }
}

/// `None` where the text is not JSON, `Some(None)` where it is another kind of value.
fn from_json<T: FromJson>(text: &str) -> Option<Option<T>> {
    serde_json::from_str::<Lenient<T>>(text).ok().map(|value| value.0)
}
