//! The order of all runs, which the plan alone determines, and the steps that are left to take.

use super::plan::{Order, Plan};
use crate::run::Tool;
use crate::stats::rng::Rng;

/// One run of the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    pub mode: usize,
    pub scenario: Option<usize>,
    pub tool: Tool,
    /// From 1. Where runs are made block by block, also the block.
    pub run: u32,
    /// Its place in time, from 1.
    pub position: usize,
}

impl Slot {
    /// The mode, scenario and tool whose runs are repeated.
    pub fn cell(&self) -> (usize, Option<usize>, Tool) {
        (self.mode, self.scenario, self.tool)
    }
}

/// All runs in the order of time.
pub fn slots(plan: &Plan) -> Vec<Slot> {
    let cells = plan.cells();
    let keeps_modes_together = plan.modes.iter().any(|mode| mode.exclusive);
    let slot =
        |(mode, scenario, tool): (usize, Option<usize>, Tool), run| Slot { mode, scenario, tool, run, position: 0 };
    let mut slots: Vec<Slot> = match plan.order {
        Order::Blocked => cells.iter().flat_map(|cell| (1..=plan.runs).map(|run| slot(*cell, run))).collect(),
        Order::Interleaved | Order::Randomised => {
            let mut rng = (plan.order == Order::Randomised).then(|| Rng::new(plan.seed));
            let mut slots = Vec::new();
            for run in 1..=plan.runs {
                let mut block = cells.clone();
                if let Some(rng) = &mut rng {
                    shuffle(&mut block, rng);
                }
                if keeps_modes_together {
                    // In the order in which the block has them first.
                    let first: Vec<usize> = block.iter().map(|cell| cell.0).collect();
                    block.sort_by_key(|cell| first.iter().position(|mode| *mode == cell.0));
                } else if rng.is_none() {
                    // What is compared is measured side by side.
                    block.sort_by_key(|(mode, scenario, tool)| (*scenario, *tool, *mode));
                }
                slots.extend(block.into_iter().map(|cell| slot(cell, run)));
            }
            slots
        }
    };
    for (i, slot) in slots.iter_mut().enumerate() {
        slot.position = i + 1;
    }
    slots
}

/// Fisher and Yates: every order is equally likely.
fn shuffle<T>(items: &mut [T], rng: &mut Rng) {
    for i in (1..items.len()).rev() {
        items.swap(i, rng.below(i as u64 + 1) as usize);
    }
}

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    SetUp(usize),
    /// Whether everything that the mode's runs need is there.
    Check(usize),
    WarmUp(Slot),
    Run(Slot),
    TearDown(usize),
}

/// The steps that make the runs in `left`: every mode is set up and checked before the first run; an exclusive one is torn
/// down before another is set up. Warm-up runs follow each set-up: at once for all modes that are measured in turn, so that
/// none comes between the runs of a block.
pub fn steps(plan: &Plan, left: &[Slot]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut standing: Vec<usize> = Vec::new();
    let mut warm: Vec<usize> = Vec::new();
    for mode in 0..plan.modes.len() {
        if left.iter().any(|slot| slot.mode == mode) {
            stand(plan, mode, &mut standing, &mut steps);
            steps.push(Step::Check(mode));
        }
    }
    for (i, slot) in left.iter().enumerate() {
        stand(plan, slot.mode, &mut standing, &mut steps);
        warm.retain(|mode| standing.contains(mode));
        let cold = standing.iter().filter(|mode| plan.order != Order::Blocked || **mode == slot.mode);
        let mut cold: Vec<usize> = cold.copied().filter(|mode| !warm.contains(mode)).collect();
        cold.sort_unstable();
        for mode in cold {
            warm.push(mode);
            let cells = one_of_each_cell(left[i..].iter().filter(|other| other.mode == mode));
            for run in 1..=plan.warm_up {
                steps.extend(cells.iter().map(|slot| Step::WarmUp(Slot { run, ..*slot })));
            }
        }
        steps.push(Step::Run(*slot));
    }
    steps.extend(standing.iter().map(|mode| Step::TearDown(*mode)));
    steps
}

/// Lets a mode stand, and those that it cannot stand beside fall.
fn stand(plan: &Plan, mode: usize, standing: &mut Vec<usize>, steps: &mut Vec<Step>) {
    if standing.contains(&mode) {
        return;
    }
    let in_the_way = |other: &usize| plan.modes[mode].exclusive || plan.modes[*other].exclusive;
    steps.extend(standing.iter().copied().filter(in_the_way).map(Step::TearDown));
    standing.retain(|other| !in_the_way(other));
    standing.push(mode);
    steps.push(Step::SetUp(mode));
}

/// The first of the runs with each scenario and tool.
pub fn one_of_each_cell<'a>(slots: impl Iterator<Item = &'a Slot>) -> Vec<Slot> {
    let mut cells: Vec<Slot> = slots.copied().collect();
    cells.sort_by_key(|slot| (slot.scenario, slot.tool));
    cells.dedup_by_key(|slot| (slot.scenario, slot.tool));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(more: &str, exclusive: bool) -> Plan {
        let text = format!(
            "runs = 2\n{more}\nmodes = [{{ id = \"a\", exclusive = {exclusive} }}, {{ id = \"b\" }}]
            [wrk]\nurl = \"http://s/\"\n[iperf3]\nhost = \"s\"\n"
        );
        Plan::read("plan.toml", &text).unwrap()
    }

    /// `a` and `b` of wrk, `A` and `B` of iperf3, with the run's number.
    fn order(plan: &Plan) -> String {
        let name = |slot: &Slot| {
            let letter = ["a", "b"][slot.mode];
            let letter = if slot.tool == Tool::Wrk { letter.to_owned() } else { letter.to_uppercase() };
            format!("{letter}{}", slot.run)
        };
        slots(plan).iter().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_order_is_as_asked() {
        assert_eq!(order(&plan("", false)), "a1 b1 A1 B1 a2 b2 A2 B2");
        assert_eq!(order(&plan("order = \"blocked\"", false)), "a1 a2 A1 A2 b1 b2 B1 B2");
        assert_eq!(order(&plan("", true)), "a1 A1 b1 B1 a2 A2 b2 B2");
    }

    #[test]
    fn a_random_order_follows_from_its_seed_and_has_every_run_once() {
        let of = |seed: u32| order(&plan(&format!("order = \"randomised\"\nseed = {seed}"), false));
        assert_eq!(of(3), of(3));
        assert!((0..20).any(|seed| of(seed) != of(3)));
        let mut names: Vec<String> = of(3).split(' ').map(str::to_owned).collect();
        assert!(names[..4].iter().all(|name| name.ends_with('1')), "block after block: {names:?}");
        names.sort();
        assert_eq!(names.join(" "), "A1 A2 B1 B2 a1 a2 b1 b2");
    }

    #[test]
    fn no_warm_up_comes_between_the_runs_of_a_block() {
        let together = plan("", false);
        let steps = steps(&together, &slots(&together));
        let first = steps.iter().position(|step| matches!(step, Step::Run(_))).unwrap();
        assert_eq!(steps[..first].iter().filter(|step| matches!(step, Step::WarmUp(_))).count(), 4);
        let blocked = plan("order = \"blocked\"", false);
        let steps = super::steps(&blocked, &slots(&blocked));
        let modes = steps.iter().filter_map(|step| match step {
            Step::WarmUp(slot) | Step::Run(slot) => Some(slot.mode),
            _ => None,
        });
        assert!(modes.is_sorted());
    }

    #[test]
    fn modes_stand_together_or_one_after_the_other() {
        let count = |plan: &Plan, step: fn(&Step) -> bool| steps(plan, &slots(plan)).iter().filter(|s| step(s)).count();
        let set_ups = |step: &Step| matches!(step, Step::SetUp(_));
        let tear_downs = |step: &Step| matches!(step, Step::TearDown(_));
        let warm_ups = |step: &Step| matches!(step, Step::WarmUp(_));
        let together = plan("", false);
        assert_eq!([set_ups, tear_downs, warm_ups].map(|of| count(&together, of)), [2, 2, 4]);
        // To be checked, then for each of the two blocks.
        let apart = plan("", true);
        assert_eq!([set_ups, tear_downs, warm_ups].map(|of| count(&apart, of)), [6, 6, 8]);
        assert_eq!(steps(&apart, &[]), []);
    }
}
