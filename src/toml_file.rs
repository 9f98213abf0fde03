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
        None => Fault::new(message.replace('\n', " "), "correct this line"),
    }
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
