//! Bytes of a file → clean text: whatever a terminal, a Windows shell or a pager did to a log is undone here, so that
//! the formats see plain lines.

use std::borrow::Cow;

use super::{Other, OtherKind, Repair};

const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';

/// Clean text and what had to be mended to get it.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub text: Cow<'a, str>,
    pub repairs: Vec<Repair>,
}

/// Decodes UTF-8, or UTF-16 that begins with a byte order mark (PowerShell's `>`), and removes what is not content:
/// the mark, ANSI escape sequences, carriage returns. Borrows where there is nothing to remove.
///
/// Only bytes that had to be *guessed* (invalid UTF-8 or UTF-16) are a [`Repair`]; the rest loses nothing.
pub(super) fn clean(bytes: &[u8]) -> Result<Text<'_>, Other> {
    let (text, lossy) = decode(bytes)?;
    if text.trim().is_empty() {
        let reason = if bytes.is_empty() { "the file has no byte" } else { "the file has only white space" };
        return Err(Other::new(OtherKind::Empty, reason));
    }
    let repairs = if lossy {
        let line = text.find(char::REPLACEMENT_CHARACTER).map(|at| line_at(&text, at));
        vec![Repair { line, what: "bytes that are not valid text were replaced by U+FFFD".to_owned() }]
    } else {
        Vec::new()
    };
    let dirty = [b'\r', ESCAPE as u8].iter().any(|byte| text.as_bytes().contains(byte));
    let text = if dirty { Cow::Owned(plain_lines(&text)) } else { text };
    Ok(Text { text, repairs })
}

/// The 1-based number of the line that holds byte `at` of `text`.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
}

/// The text, and whether any of it was replaced.
fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, bool), Other> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => return Ok(decode_utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => return Ok(decode_utf16(rest, u16::from_be_bytes)),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        return Err(Other::new(OtherKind::Binary, "the file has NUL bytes"));
    }
    match str::from_utf8(bytes) {
        Ok(text) => Ok((Cow::Borrowed(text), false)),
        Err(_) if is_mostly_invalid(bytes) => Err(Other::new(OtherKind::Binary, "the file is not UTF-8 text")),
        Err(_) => Ok((Cow::Owned(String::from_utf8_lossy(bytes).into_owned()), true)),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (Cow<'_, str>, bool) {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut lossy = !rest.is_empty();
    let mut text: String = char::decode_utf16(pairs.iter().map(|&pair| unit(pair)))
        .map(|char| {
            char.unwrap_or_else(|_| {
                lossy = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    (Cow::Owned(text), lossy)
}

/// Whether over a tenth of the first 64 KiB is neither printable nor valid UTF-8: an image or an archive, where a log
/// with a few damaged bytes is still worth reading.
fn is_mostly_invalid(bytes: &[u8]) -> bool {
    let head = bytes.get(..65536).unwrap_or(bytes);
    let invalid: usize = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    let control = head.iter().filter(|byte| matches!(byte, 0x01..=0x08 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f)).count();
    (invalid + control) * 10 > head.len()
}

/// Line ends as `\n` (from `\r\n`, `\r\r\n` and a bare `\r`), without ANSI escape sequences.
fn plain_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\r', ESCAPE]) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = if from.starts_with('\r') {
            out.push('\n');
            let after = from.trim_start_matches('\r');
            after.strip_prefix('\n').unwrap_or(after)
        } else {
            after_escape(from)
        };
    }
    out.push_str(rest);
    out
}

/// What follows the escape sequence (ECMA-48) at the start of `text`: `ESC [ … letter`, `ESC ] … BEL` or `… ESC \`,
/// or `ESC` and one character. A control string that does not end on its line is taken to be the `ESC` alone.
fn after_escape(text: &str) -> &str {
    let rest = text.strip_prefix(ESCAPE).unwrap_or(text);
    if let Some(parameters) = rest.strip_prefix('[') {
        return parameters
            .trim_start_matches(|c| matches!(c, ' '..='?'))
            .strip_prefix(|c| matches!(c, '@'..='~'))
            .unwrap_or(rest);
    }
    if let Some(string) = rest.strip_prefix(']') {
        let line = string.split(['\r', '\n']).next().unwrap_or(string);
        return match line.find([BELL, ESCAPE]) {
            Some(end) => {
                string.get(end..).map_or("", |tail| tail.trim_start_matches([BELL, ESCAPE]).trim_start_matches('\\'))
            }
            None => rest,
        };
    }
    rest.strip_prefix(|c: char| c.is_ascii_graphic()).unwrap_or(rest)
}
