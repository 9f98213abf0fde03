//! Reads the TOML files that users write, and says which key was probably meant when one is unknown.

use serde::de::DeserializeOwned;

use crate::error::Fault;

/// Parses `text` into `T` (which denies unknown fields). The fault names the line, and for an unknown key or value the
/// nearest known one.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    toml::from_str(text).map_err(|error| fault(text, &error))
}

fn fault(text: &str, error: &toml::de::Error) -> Fault {
    let fault = unknown_word(error.message());
    match error.span() {
        Some(span) => {
            let before = text.get(..span.start).unwrap_or(text);
            fault.on_line(before.matches('\n').count() + 1)
        }
        None => fault,
    }
}

/// What serde says of a text, with the nearest word where it does not know one.
pub fn unknown_word(message: &str) -> Fault {
    let message = message.trim();
    match unknown(message) {
        Some((kind, name, known)) => {
            let remedy = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? Known here: {}", known.join(", ")),
                None => format!("known here: {}", known.join(", ")),
            };
            Fault::new(format!("unknown {kind} `{name}`"), remedy)
        }
        None => {
            let (what, remedy) =
                misplaced(message).unwrap_or_else(|| (message.replace('\n', " "), "correct this line"));
            Fault::new(what, remedy)
        }
    }
}

/// Puts serde's "invalid type: string "x", expected u32" into words that a writer of TOML knows.
fn misplaced(message: &str) -> Option<(String, &'static str)> {
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let found = match found.split_once(' ') {
        Some(("integer" | "boolean", value)) => value,
        Some(("floating", value)) => value.strip_prefix("point ").unwrap_or(value),
        Some(("string", text)) => text,
        _ => match found {
            "sequence" => "a list",
            "map" => "a table",
            other => other,
        },
    };
    let expected = match expected {
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" | "u64" | "usize" => "a whole number from 0".to_owned(),
        "f64" => "a number".to_owned(),
        "a string" => "a text in quotes".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    };
    let remedy = match expected.as_str() {
        "a list" if found == "a table" => "write a table of a list as [[…]], or all of them in [ … ]",
        "a list" => "write [ … ] around it, each item by itself",
        "a table" => "write { key = value, … }",
        _ => "correct this line",
    };
    Some((format!("{found} stands where {expected} belongs"), remedy))
}

/// Takes serde's "unknown field `x`, expected one of `a`, `b`" apart.
fn unknown(message: &str) -> Option<(&'static str, &str, Vec<&str>)> {
    let kind = if message.starts_with("unknown field") {
        "key"
    } else if message.starts_with("unknown variant") {
        "value"
    } else {
        return None;
    };
    let mut quoted = message.split('`').skip(1).step_by(2);
    let name = quoted.next()?;
    Some((kind, name, quoted.collect()))
}

/// The known word nearest to `name`, if any is near enough to be a slip of the pen: one letter of a short word, and of
/// longer ones no more than a third of the letters.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let length = name.chars().count();
    let distance = |word: &str| {
        let word = word.to_lowercase();
        let shorter = length.min(word.chars().count());
        let distance = strsim::damerau_levenshtein(&name, &word);
        (distance <= (shorter / 3).max(1) && (distance < shorter || distance == 0)).then_some(distance)
    };
    let near = known.into_iter().filter_map(|word| Some((distance(word)?, word)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// The remedy for a name that is not among those known: the nearest, and all of them after `lead`, such as "The metrics
/// are".
pub fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, lead: &str) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`? "));
    format!("{}{lead}: {}", near.unwrap_or_default(), known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsed")]
    struct File {
        title: String,
        baseline: Option<String>,
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_key() {
        let fault = parse::<File>("title = \"x\"\nbaselin = \"y\"\n").unwrap_err();
        assert_eq!(fault.line, Some(2));
        assert_eq!(fault.what, "unknown key `baselin`");
        assert_eq!(fault.remedy, "did you mean `baseline`? Known here: title, baseline");
    }

    #[test]
    fn what_is_misplaced_is_told_in_words_of_toml() {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        #[allow(dead_code, reason = "only parsed")]
        struct Typed {
            runs: u32,
            pause: f64,
            words: Vec<String>,
            inner: Option<Box<Typed>>,
            title: String,
            is_on: bool,
        }
        for (text, told) in [
            ("runs = -3", "`-3` stands where a whole number from 0 belongs"),
            ("runs = 2.5", "`2.5` stands where a whole number from 0 belongs"),
            ("runs = \"three\"", "\"three\" stands where a whole number from 0 belongs"),
            ("pause = true", "`true` stands where a number belongs"),
            ("words = \"a, expected b\"", "\"a, expected b\" stands where a list belongs"),
            ("title = [[1]]", "a list stands where a text in quotes belongs"),
            ("inner = 3", "`3` stands where a table belongs"),
            ("title = {}", "a table stands where a text in quotes belongs"),
            ("is_on = 1", "`1` stands where true or false belongs"),
        ] {
            assert_eq!(parse::<Typed>(text).unwrap_err().what, told, "{text}");
        }
    }

    #[test]
    fn only_a_slip_of_the_pen_is_near() {
        for (name, known, near) in [
            ("welsh", &["welch", "none"] as &[&str], Some("welch")),
            ("LATENCY_MEAN", &["latency_mean"], Some("latency_mean")),
            ("latncy_men", &["latency_mean"], Some("latency_mean")),
            ("rus", &["en", "ru"], Some("ru")),
            // As many letters again could be anything.
            ("de", &["en", "ru"], None),
            ("pdf", &["csv", "svg"], None),
            ("x", &["a", "b"], None),
            ("x", &["ru"], None),
            ("speed", &["sd"], None),
            ("median", &["mean"], None),
        ] {
            assert_eq!(nearest(name, known.iter().copied()), near, "{name}");
        }
    }

    #[test]
    fn a_key_like_no_other_gets_the_list_only() {
        let fault = parse::<File>("title = \"x\"\nzzzzzzzzz = 1\n").unwrap_err();
        assert_eq!(fault.remedy, "known here: title, baseline");
    }
}
