//! How large an effect is in words, by a rule somebody published; the rule's name stands beside the word.
//!
//! # Definition
//!
//! ```text
//! standardised difference, |d|       0.2 small, 0.5 medium, 0.8 large                          Cohen (1988)
//! superiority, max(A, 1 − A)         0.56 small, 0.64 medium, 0.71 large               Vargha, Delaney (2000)
//! dominance, |δ|                     0.147 small, 0.33 medium, 0.474 large             Romano et al. (2006)
//! ```
//!
//! from each value up to the next. Only Romano et al. name what is less than small: negligible. The rules do not agree
//! with each other (δ = 2·A − 1, but 0.56 is a δ of 0.12), which is why a word without its rule says nothing; and all
//! were made for people, between whom an effect of 0.8 is large, not for runs of a machine.
//!
//! # References
//!
//! Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd ed., 1988, 2.2, doi:10.4324/9780203771587.
//! Vargha, Delaney (2000), doi:10.3102/10769986025002101. Romano, Kromrey, Coraggio, Skowronek, "Appropriate statistics
//! for ordinal level data: should we really be using t-test and Cohen's d for evaluating group differences on the NSSE
//! and other surveys?", Florida Association of Institutional Research, 2006.

use serde::Serialize;

use super::Estimand;

/// A word for the size of an effect, and the rule it is by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Magnitude {
    pub label: &'static str,
    pub rule: &'static str,
    pub reference: &'static str,
}

struct Rule {
    name: &'static str,
    reference: &'static str,
    /// Below the first of the steps.
    least: &'static str,
    /// From where on an effect is small, medium and large.
    steps: [f64; 3],
}

const COHEN: Rule = Rule {
    name: "Cohen (1988)",
    reference: "Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, doi:10.4324/9780203771587",
    least: "less than small",
    steps: [0.2, 0.5, 0.8],
};

const VARGHA_DELANEY: Rule = Rule {
    name: "Vargha and Delaney (2000)",
    reference: "Vargha and Delaney (2000), doi:10.3102/10769986025002101",
    least: "less than small",
    steps: [0.56, 0.64, 0.71],
};

const ROMANO: Rule = Rule {
    name: "Romano et al. (2006)",
    reference: "Romano, Kromrey, Coraggio and Skowronek (2006), Florida Association of Institutional Research",
    least: "negligible",
    steps: [0.147, 0.33, 0.474],
};

/// The word for an effect of this size; `None` where there is no rule, as for anything in a unit, and for a value that
/// the estimand cannot have.
pub fn magnitude(estimand: Estimand, value: f64) -> Option<Magnitude> {
    let (rule, size, largest) = match estimand {
        Estimand::StandardisedDifference => (&COHEN, value.abs(), f64::MAX),
        Estimand::Superiority => (&VARGHA_DELANEY, value.max(1.0 - value), 1.0),
        Estimand::Dominance => (&ROMANO, value.abs(), 1.0),
        _ => return None,
    };
    if value.is_nan() || size > largest {
        return None;
    }
    let [small, medium, large] = rule.steps;
    let label = match size {
        _ if size >= large => "large",
        _ if size >= medium => "medium",
        _ if size >= small => "small",
        _ => rule.least,
    };
    Some(Magnitude { label, rule: rule.name, reference: rule.reference })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(estimand: Estimand, values: [f64; 8]) -> [&'static str; 8] {
        values.map(|value| magnitude(estimand, value).unwrap().label)
    }

    #[test]
    fn words_begin_at_the_published_values() {
        let below = |x: f64| x.next_down();
        let words = |least| [least, least, "small", "small", "medium", "medium", "large", "large"];
        for (estimand, least, none, steps, largest) in [
            (Estimand::StandardisedDifference, "less than small", 0.0, [0.2, 0.5, 0.8], 14.18),
            (Estimand::Superiority, "less than small", 0.5, [0.56, 0.64, 0.71], 1.0),
            (Estimand::Dominance, "negligible", 0.0, [0.147, 0.33, 0.474], 1.0),
        ] {
            let [s, m, l] = steps;
            assert_eq!(labels(estimand, [none, below(s), s, below(m), m, below(l), l, largest]), words(least));
        }
    }

    #[test]
    fn the_direction_does_not_matter() {
        for value in [0.1, 0.25, 0.4, 0.6, 0.9] {
            for estimand in [Estimand::StandardisedDifference, Estimand::Dominance] {
                assert_eq!(magnitude(estimand, value), magnitude(estimand, -value));
            }
        }
        for (less, more) in [(0.44, 0.56), (0.36, 0.64), (0.29, 0.71), (0.0, 1.0), (0.45, 0.55)] {
            assert_eq!(magnitude(Estimand::Superiority, less), magnitude(Estimand::Superiority, more), "{less}");
        }
    }

    #[test]
    fn without_a_rule_or_a_value_there_is_no_word() {
        for estimand in [Estimand::MeanDifference, Estimand::RelativeChange, Estimand::RateRatio, Estimand::Shift] {
            assert_eq!(magnitude(estimand, 0.5), None);
        }
        for value in [f64::NAN, f64::INFINITY, -1.5, 2.5] {
            assert_eq!(magnitude(Estimand::Superiority, value), None);
            assert_eq!(magnitude(Estimand::Dominance, value), None);
        }
        assert_eq!(magnitude(Estimand::StandardisedDifference, f64::NEG_INFINITY), None);
    }

    #[test]
    fn names_its_rule() {
        let named = magnitude(Estimand::Dominance, 0.2).unwrap();
        assert_eq!((named.rule, named.label), ("Romano et al. (2006)", "small"));
        assert!(magnitude(Estimand::Superiority, 0.6).unwrap().reference.contains("10.3102/10769986025002101"));
        assert!(magnitude(Estimand::StandardisedDifference, 0.6).unwrap().reference.contains("10.4324/9780203771587"));
    }
}
