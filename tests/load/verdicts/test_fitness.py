"""The load generator has a separate verdict, and its stalls are not the target's."""

import pytest

from sigmic_load.measures.health import MOST, Health
from sigmic_load.verdicts.conclusion import RunVerdict, conclude
from sigmic_load.verdicts.fitness import Fitness, examine
from sigmic_load.verdicts.objectives import Objective, Outcome, Verdict

TARGET = Objective(id="late", measure="heartbeat_lateness_corrected", statistic="p99", why="", at_most=1.0)
OWN = Objective(id="own-lag", measure="client_lag", statistic="p99", why="", at_most=0.25)


def outcome(objective: Objective, verdict: Verdict) -> Outcome:
    return Outcome(objective=objective, verdict=verdict, value=1.5, evidence=30)


def health(*stalls: tuple[float, float]) -> Health:
    made = Health()
    for at, seconds in stalls:
        made.stood_still(at, seconds, is_judged=True)
    return made


@pytest.mark.parametrize(
    ("stalls", "own", "target", "fitness", "run", "code"),
    [
        ([], Verdict.HELD, Verdict.HELD, Fitness.SOUND, RunVerdict.HELD, None),
        ([], Verdict.HELD, Verdict.BROKEN, Fitness.SOUND, RunVerdict.BROKEN, 3),
        ([(1012.0, 2.0)], Verdict.HELD, Verdict.HELD, Fitness.IMPAIRED, RunVerdict.HELD, None),
        ([(1012.0, 2.0)], Verdict.HELD, Verdict.BROKEN, Fitness.IMPAIRED, RunVerdict.BROKEN, 3),
        ([(1012.0, 5.0)], Verdict.HELD, Verdict.HELD, Fitness.IMPAIRED, RunVerdict.HELD, None),
        ([(1012.0, 6.0)], Verdict.HELD, Verdict.HELD, Fitness.UNSOUND, RunVerdict.INCOMPLETE, 4),
        ([(1012.0, 6.0)], Verdict.HELD, Verdict.BROKEN, Fitness.UNSOUND, RunVerdict.BROKEN, 3),
        ([], Verdict.BROKEN, Verdict.HELD, Fitness.UNSOUND, RunVerdict.INCOMPLETE, 4),
    ],
)
def test_a_generator_that_could_not_measure_fails_no_objective(stalls, own, target, fitness, run, code):
    outcomes = [outcome(TARGET, target), outcome(OWN, own)]
    generator = examine({"w1": Health(), "w2": health(*stalls)}, outcomes, 100.0, 1000.0, 0.05)

    concluded = conclude(outcomes, [], generator=generator)

    assert (generator.fitness, concluded.verdict, concluded.exit_code) == (fitness, run, code)
    assert ("worker w2 stood still for" in concluded.headline) == bool(stalls), "never without a word"


def test_a_line_names_the_longest_stalls_by_their_time_and_the_processor():
    one = health((1003.0, 1.0), (1010.0, 3.0), (1020.0, 0.5), (1030.0, 2.0))
    one.used(0.1, 2.0)

    (line,) = examine({"": one}, [], 50.0, 1000.0, 0.05).reasons

    assert line == (
        "the load generator stood still for 6.5 s of 50.0 s: what overlaps them is judged by its lower bound "
        "(1.0 s at 3 s, 3.0 s at 10 s, 2.0 s at 30 s, …; it used 5% of a core)"
    )


def test_stalls_that_follow_each_other_are_one_and_only_the_longest_are_kept():
    assert [it.seconds for it in health((10.0, 1.0), (11.1, 1.0)).stalls] == [pytest.approx(2.1)]

    many = health(*((100.0 * number, 1.0 + number) for number in range(1, MOST + 20)))
    assert len(many.stalls) == MOST
    assert min(it.seconds for it in many.stalls) == 21.0
    assert many.unmeasured == pytest.approx(sum(1.0 + number for number in range(1, MOST + 20)))
    assert Health.from_wire(many.to_wire()) == many


def test_the_limit_can_be_raised():
    assert examine({"": health((1012.0, 6.0))}, [], 13.0, 1000.0, 0.5).fitness is Fitness.IMPAIRED
