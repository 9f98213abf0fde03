//! User strings as Typst.

use crate::render::clean;

/// Text as Typst markup that typesets the same text, at the start of a block too. An apostrophe after a letter is left to
/// Typst, which sets it as `’`; all other quotes stay straight.
pub(in crate::render) fn escape(text: &str) -> String {
    let text = clean(text);
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (i, &c) in chars.iter().enumerate() {
        let before = if i == 0 { ' ' } else { chars[i - 1] };
        let after = chars.get(i + 1).copied().unwrap_or(' ');
        let in_word = before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric();
        let markup = match c {
            '\\' | '#' | '$' | '`' | '@' | '~' | '[' | ']' | '"' => true,
            '*' | '_' => !in_word,
            '\'' => !before.is_alphabetic(),
            '<' => after != ' ',
            // Comments, and addresses, which would take what follows them along.
            '/' => matches!(after, '/' | '*') || i == 0,
            // Dashes, a soft hyphen, a minus sign.
            '-' => before == '-' || matches!(after, '-' | '?') || after.is_numeric() || i == 0,
            '.' => before == '.' || after == '.' || chars.iter().take(i).all(char::is_ascii_digit),
            '=' | '+' => i == 0,
            _ => false,
        };
        if markup {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text as a string literal of Typst code.
pub(in crate::render) fn literal(text: &str) -> String {
    format!("\"{}\"", clean(text).replace('\\', r"\\").replace('"', "\\\""))
}
