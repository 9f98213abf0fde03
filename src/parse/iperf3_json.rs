//! `iperf3 -J`, iperf 3.0 and newer: one JSON document a test. Documents are found wherever they are: alone, one after
//! another, with other text around them, in arrays, or deep inside an object that somebody's script wrapped them in.

mod document;
mod interval;
mod lenient;
mod mend;

use std::ops::Range;

use serde::de::{MapAccess, SeqAccess};

use super::text::line_at;
use super::{Content, Log, LogFormat, Other, OtherKind, Repair};
use crate::error::Fault;
use crate::run::Tool;
pub(super) use document::{Document, End, Start, failed};
pub(super) use interval::Interval;
pub(super) use lenient::{FromJson, Key, Lenient, object, read_field};
pub(super) use mend::mend;

pub(super) const FORMAT: LogFormat =
    LogFormat { id: "iperf3-json", label: "iperf3 -J", tool: Tool::Iperf3, recognise, parse };

fn recognise(text: &str) -> bool {
    text.contains("\"iperf 3")
        || (text.contains("\"start\"") && ["\"intervals\"", "\"connected\""].iter().any(|key| text.contains(key)))
        || text.contains("\"sum_received\"")
}

fn parse(text: &str) -> Content {
    let (found, repairs) = documents(text);
    log(FORMAT.id, found, repairs)
}

/// A document, or where one is broken.
pub(super) struct Found {
    /// 1-based line of the file at which the document, or what it is wrapped in, begins.
    pub line: usize,
    pub document: Result<Document, Fault>,
    /// Whether `document` was put together from what a killed test left behind.
    pub salvaged: bool,
}

impl Found {
    fn new(line: usize, document: Result<Document, Fault>) -> Self {
        Self { line, document, salvaged: false }
    }
}

/// The documents in `text`; damage that is known is mended, but only where there is damage.
pub(super) fn documents(text: &str) -> (Vec<Found>, Vec<Repair>) {
    let (found, repairs) = scan(text);
    let whole = !found.is_empty() && found.iter().all(|found| found.document.is_ok());
    match (!whole).then(|| mend(text)).flatten() {
        Some((mended, mut mendings)) => {
            let (found, repairs) = scan(&mended);
            mendings.extend(repairs);
            (found, mendings)
        }
        None => (found, repairs),
    }
}

/// The runs of the documents in one file. The same run twice counts once: some builds of iperf3 print every document
/// twice (esnet/iperf #1688, #1716).
pub(super) fn log(format: &'static str, found: Vec<Found>, mut repairs: Vec<Repair>) -> Content {
    let look_alike = |found: &Found| found.document.as_ref().ok().and_then(Document::look_alike);
    let reason = match found.first() {
        None => Some("it has words of iperf3's JSON, but no document that iperf3 wrote"),
        Some(first) => look_alike(first).filter(|_| found.iter().all(|found| look_alike(found).is_some())),
    };
    if let Some(reason) = reason {
        return Content::Other(Other::new(OtherKind::LookAlike, reason));
    }
    let total = found.len();
    let mut runs = Vec::with_capacity(total);
    for (i, Found { line, document, salvaged }) in found.into_iter().enumerate() {
        let run = document.and_then(|document| match document.look_alike() {
            Some(reason) => Err(Fault::new(reason, "take it out of the log")),
            None => document.measurements(salvaged),
        });
        if run.is_ok() && runs.contains(&run) {
            repairs.push(Repair { line: Some(line), what: "the same run is there twice: counted once".to_owned() });
            continue;
        }
        runs.push(run.map_err(|fault| {
            let what = if total > 1 { format!("document {} of {total}: {}", i + 1, fault.what) } else { fault.what };
            Fault { line: fault.line.or(Some(line)), what, ..fault }
        }));
    }
    repairs.sort_by_key(|repair| repair.line);
    Content::Log(Log { format, runs, repairs })
}

fn scan(text: &str) -> (Vec<Found>, Vec<Repair>) {
    let mut scan = Scan { text, read_to: 0, counted_to: 0, line: 1, found: Vec::new(), repairs: Vec::new() };
    let mut from = 0;
    while let Some(at) = value_start(text, from) {
        let mut values = serde_json::Deserializer::from_str(text.get(at..).unwrap_or_default()).into_iter();
        let value: Option<serde_json::Result<Lenient<Documents>>> = values.next();
        from = match value {
            Some(Ok(Lenient(documents))) => scan.whole(at, at + values.byte_offset(), documents.unwrap_or_default().0),
            Some(Err(error)) => scan.broken(at, &error),
            None => break,
        };
    }
    scan.skip(text.len());
    (scan.found, scan.repairs)
}

/// The search for documents in a text. Both steps take the place of a JSON value, and return where to go on.
struct Scan<'a> {
    text: &'a str,
    /// Where the text begins that is in no document so far.
    read_to: usize,
    /// `line` is the number of the line at this byte: newlines are counted once.
    counted_to: usize,
    line: usize,
    found: Vec<Found>,
    repairs: Vec<Repair>,
}

impl Scan<'_> {
    /// A value that could be read.
    fn whole(&mut self, at: usize, to: usize, documents: Vec<Document>) -> usize {
        if !documents.is_empty() {
            self.skip(at);
            self.read_to = to;
            let line = self.line_at(at);
            self.found.extend(documents.into_iter().map(|document| Found::new(line, Ok(document))));
        }
        to
    }

    /// A value that is not JSON: a broken document, a broken wrapper whose documents can be read one by one, or text
    /// that only looks like JSON.
    fn broken(&mut self, at: usize, error: &serde_json::Error) -> usize {
        let text = self.text;
        let failed = offset_of(text, at, error);
        let next = match document_start(text, at).filter(|start| *start < failed) {
            Some(start) if start > at => {
                let what = "the JSON around the documents is broken: they were read one by one".to_owned();
                self.repairs.push(Repair { line: Some(line_at(text, failed)), what });
                start
            }
            None if !text.get(at..failed).is_some_and(|read| read.contains("\"start\"")) => return failed.max(at + 1),
            _ => {
                self.skip(at);
                let next = document_start(text, at + 1).unwrap_or(text.len());
                let fault = fault(text, at..next, failed, error);
                let line = self.line_at(at);
                self.found.push(Found::new(line, Err(fault)));
                next
            }
        };
        self.read_to = next;
        next
    }

    /// Notes the text up to `to` that is in no document, where there is any.
    fn skip(&mut self, to: usize) {
        const LONGEST: usize = 60;
        let is_filler = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}');
        let between = self.text.get(self.read_to..to).unwrap_or_default();
        let words = between.trim_start_matches(is_filler);
        let line = line_at(self.text, self.read_to + between.len() - words.len());
        let words = words.trim_end_matches(is_filler);
        if let Some(first) = words.lines().next() {
            let shown: String = first.chars().take(LONGEST).collect();
            let more = if shown.len() < words.len() { "…" } else { "" };
            let what = format!("text that is not iperf3's JSON was skipped: \"{shown}{more}\"");
            self.repairs.push(Repair { line: Some(line), what });
        }
    }

    fn line_at(&mut self, offset: usize) -> usize {
        self.line += self.text.get(self.counted_to..offset).unwrap_or_default().matches('\n').count();
        self.counted_to = offset;
        self.line
    }
}

/// Where the next object or array of objects may begin, at or after byte `from`.
fn value_start(text: &str, from: usize) -> Option<usize> {
    text.get(from..)?.match_indices(['{', '[']).map(|(at, bracket)| (from + at, bracket)).find_map(|(at, bracket)| {
        let next = text.get(at + 1..)?.trim_start();
        let begins = if bracket == "{" { next.starts_with(['"', '}']) } else { next.starts_with('{') };
        begins.then_some(at)
    })
}

/// Where the next iperf3 document begins, at or after byte `from`: `{ "start": {`.
fn document_start(text: &str, from: usize) -> Option<usize> {
    text.get(from..)?.match_indices("\"start\"").map(|(at, key)| (from + at, from + at + key.len())).find_map(
        |(key, after)| {
            let is_object = opens_object(text.get(after..)?);
            let before = text.get(from..key)?.trim_end();
            (is_object && before.ends_with('{')).then(|| from + before.len() - 1)
        },
    )
}

/// Whether the text after a key is `: {`.
fn opens_object(after: &str) -> bool {
    after.trim_start().strip_prefix(':').is_some_and(|value| value.trim_start().starts_with('{'))
}

/// What is wrong with the document in `range` of `text`, which could be read up to byte `failed`.
fn fault(text: &str, range: Range<usize>, failed: usize, error: &serde_json::Error) -> Fault {
    let rest = text.get(failed..range.end).unwrap_or_default();
    if error.is_eof() || rest.trim().is_empty() {
        let document = text.get(range.clone()).unwrap_or_default().trim_end();
        return Fault::new(
            format!("the log is cut off in {}", last_part(document)),
            "the test was killed or the disk was full: run it again",
        )
        .on_line(line_at(text, range.start + document.len()));
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    Fault::new(format!("not valid JSON: {message}"), "restore the log as iperf3 wrote it, or run the test again")
        .on_line(line_at(text, failed))
}

/// The part of a document in which its text ends.
fn last_part(document: &str) -> String {
    let in_end =
        document.match_indices("\"end\"").any(|(at, key)| document.get(at + key.len()..).is_some_and(opens_object));
    match document.find("\"intervals\"") {
        _ if in_end => "`end`".to_owned(),
        Some(at) => {
            let intervals = document.get(at..).unwrap_or_default().matches("\"streams\"").count();
            format!("interval {}", intervals.max(1))
        }
        None => "`start`".to_owned(),
    }
}

/// The byte of `text` at which reading the value at `at` failed.
fn offset_of(text: &str, at: usize, error: &serde_json::Error) -> usize {
    let lines = text.get(at..).unwrap_or_default().split_inclusive('\n').take(error.line().saturating_sub(1));
    let offset = at + lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    text.floor_char_boundary(offset)
}

/// The iperf3 documents in a JSON value, at any depth. What is in a document (the server's own, with
/// `--get-server-output`) is a part of it, and no further run.
#[derive(Default)]
struct Documents(Vec<Document>);

impl FromJson for Documents {
    fn from_array<'de, A: SeqAccess<'de>>(mut array: A) -> Result<Option<Self>, A::Error> {
        let mut documents = Self::default();
        while let Some(element) = array.next_element::<Lenient<Self>>()? {
            documents.0.extend(element.0.unwrap_or_default().0);
        }
        Ok(Some(documents))
    }

    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut inside = Self::default();
        let mut document = Document::default();
        while let Some(Key(key)) = object.next_key()? {
            match key.as_ref() {
                "start" => read_field(&mut object, &mut document.start)?,
                "intervals" => read_field(&mut object, &mut document.intervals)?,
                "end" => read_field(&mut object, &mut document.end)?,
                "error" => read_field(&mut object, &mut document.error)?,
                _ => inside.0.extend(object.next_value::<Lenient<Self>>()?.0.unwrap_or_default().0),
            }
        }
        Ok(Some(if document.is_iperf3() { Self(vec![document]) } else { inside }))
    }
}
