//! Text as XML and HTML, for every writer of either: pages, drawings and what CI servers read.

/// A text inside an element, or in an attribute between quotes. Characters that XML 1.0 does not have, beyond the control
/// characters that writers leave out before, become a replacement character.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_as_markup() {
        assert_eq!(escape("<a b=\"c\" d='e'> & \u{ffff}é"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt; &amp; \u{fffd}é");
    }
}
