//! What iperf3 prints without `-J`: the log of a run, told from other text so that it is refused, not overlooked. It is
//! not read: its numbers have three digits, and much of what its JSON says (segment size, start of the test, totals of
//! the streams' retransmits in each interval) is not in it.

use super::iperf3_json::failed;
use super::text::line_at;
use super::{Content, Log, LogFormat};
use crate::error::Fault;
use crate::run::Tool;

pub(super) const FORMAT: LogFormat = LogFormat {
    id: "iperf3-text",
    label: "what iperf3 prints without -J: refused",
    tool: Tool::Iperf3,
    recognise,
    parse,
};

/// The header of each table of a test.
const TABLE: &str = "[ ID] Interval";
/// What precedes iperf3's own words on why it failed.
const ERROR: &str = "iperf3: error";

/// A server's log is of a run that its client tells of, too; iperf 2 is another program.
fn recognise(text: &str) -> bool {
    let is_server = text.contains("Server listening on ") && !text.contains("Connecting to host ");
    let is_iperf2 = text.contains("Client connecting to ");
    (text.contains(TABLE) || text.contains(ERROR)) && !is_server && !is_iperf2
}

fn parse(text: &str) -> Content {
    let fault = match text.split_once(ERROR) {
        Some((before, after)) => {
            let message = after.lines().next().unwrap_or_default().trim_start_matches([' ', '-', ':']);
            let Fault { what, remedy, .. } = failed(message);
            // An error alone says nothing of how iperf3 was run.
            let remedy = if text.contains(TABLE) { format!("{remedy}, with -J") } else { remedy };
            Fault::new(what, remedy).on_line(line_at(text, before.len()))
        }
        None => Fault::new(
            "iperf3's text output, which is rounded and lacks much of what its JSON has",
            "run iperf3 with -J",
        )
        .on_line(line_at(text, text.find(TABLE).unwrap_or_default())),
    };
    Content::Log(Log { format: FORMAT.id, runs: vec![Err(fault)], repairs: Vec::new() })
}
