import contextlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from lab.mutation.answers import Answers
from lab.mutation.sources import Mutant, Source
from lab.mutation.trying import FIRST, Bench, Fate, Trial
from sigmic_conformance.model.record.verdict import (
    Unproven,
    Verdict,
    blocked,
    failed,
    inconclusive,
    info,
    warned,
)
from sigmic_conformance.target.profile import Profile, ProfileError
from sigmic_conformance.wire.transcript import Ending, Transcript
from tests.conformance.handwritten import Traffic as Made

SOURCE = Source("x", (("m/a.py", ("LIST",)),))
MUTANT = Mutant("m/a.py", "dropped-call", 3, (3,), "a", "b", "code")
PROBES = [f"probe_{number}" for number in range(8)]


def is_unchanged(record) -> bool:
    return all(each is HEALTHY[name] for name, each in record.items())


def transcript(name: str, status: str = "completed", ending: Ending = Ending.COMPLETE) -> Transcript:
    made = Made()
    made.get(status)
    return Transcript(probe=name, ending=ending, exchanges=tuple(made.exchanges))


HEALTHY = {name: transcript(name) for name in PROBES}


class Served:
    """A server whose probes record the next of `answers`, or the healthy answer if there is none."""

    def __init__(self, red=None, excused=(), *, starts=True, open_=None, **answers) -> None:
        self.reds, self.excused, self.starts, self.answers = red or {}, excused, starts, answers
        self.open = open_ or {}
        self.recorded: list[list[str]] = []
        self.cost = {name: float(number) for number, name in enumerate(PROBES)}
        self.probes = {name: SimpleNamespace(seconds=lambda _: 1.0) for name in PROBES}
        self.bench = SimpleNamespace(verdict=self.verdict)

    def record(self, profile, credentials, names):
        self.recorded.append(list(names))
        return {name: next(self.answers.get(name, iter(())), HEALTHY[name]) for name in names}

    def record_of(self, profile, transcripts):
        return transcripts

    def red(self, record, first):
        return [(row, verdict) for row, verdict in self.reds.items() if set(record) & set(self.answers)]

    def undecided(self, record, unchanged, probes, first):
        return {} if is_unchanged(record) else self.open

    def verdict(self, row, record):
        found = self.reds | self.open
        return found[row] if row in self.excused or not is_unchanged(record) else info("fine")

    def reads_lists(self, row):
        return row == "LIST-009"

    def is_bulk(self, name):
        return False

    def partners(self, names):
        return set()

    @contextlib.contextmanager
    def changed(self, path, code):
        yield

    @contextlib.contextmanager
    def served(self):
        if not self.starts:
            raise ProfileError("it ended")
        yield Profile(base_url="http://x"), None


def tried(served: Any, reached: frozenset[str] = frozenset(PROBES)) -> Trial:
    bench = Bench(SOURCE, served, HEALTHY, Answers.of([HEALTHY]))
    return bench.trial(served, MUTANT, reached)


def other(*statuses: str):
    return iter([transcript("probe_0", status) for status in statuses])


def no(outcome: Callable[..., Verdict] = failed) -> Verdict:
    return outcome("x", expected="", observed="no")


def test_a_right_requirement_that_fails_ends_the_trial():
    served = Served({"LIST-001": no()}, probe_0=other("failed"))

    assert tried(served).fate is Fate.RIGHT
    assert served.recorded == [PROBES[:FIRST]]


def test_a_mutant_detected_only_by_another_requirement_gets_all_probes():
    served = Served({"ZIP-001": no()}, probe_0=other("failed"))

    found = tried(served)

    assert (found.fate, list(found.failed)) == (Fate.OTHER, ["ZIP-001"])
    assert set(PROBES) <= {name for names in served.recorded for name in names}


def test_a_requirement_that_fails_on_the_unchanged_platform_too_does_not_count():
    served = Served({"LIST-001": no()}, excused={"LIST-001"}, probe_0=other("failed", "failed"))

    assert tried(served).fate is Fate.OBSERVED


def test_the_unchanged_platforms_lists_have_more_than_a_part_of_a_run_and_excuse_nothing():
    served = Served({"LIST-009": no()}, excused={"LIST-009"}, probe_0=other("failed"))

    assert tried(served).fate is Fate.RIGHT


def test_a_time_that_no_comparison_of_answers_shows_is_judged_too():
    assert tried(Served({"LIST-001": no()}, probe_7=other("completed"))).fate is Fate.RIGHT


def test_a_requirement_that_only_warns_is_no_failure():
    assert tried(Served({"LIST-001": no(warned)}, probe_0=other("failed"))).fate is Fate.WARNED


def test_an_answer_that_is_another_one_twice_was_observed_and_once_is_chance():
    assert tried(Served(probe_0=other("failed", "failed"))).fate is Fate.OBSERVED
    assert tried(Served(probe_0=other("failed"))).fate is Fate.SAME
    assert tried(Served()).fate is Fate.SAME


def test_an_answer_that_differs_without_the_mutant_too_is_chance():
    assert tried(Served(probe_0=other("failed", "failed", "failed"))).fate is Fate.SAME


def test_a_requirement_that_the_mutant_leaves_unproven_twice_is_no_failure_and_fails_a_build():
    unproven = {"LIST-001": inconclusive(Unproven.ZERO_OBSERVATIONS, "nothing")}

    found = tried(Served(open_=unproven, probe_0=other("failed", "failed")))

    assert (found.fate, list(found.unproven)) == (Fate.UNPROVEN, ["LIST-001"])
    assert tried(Served(open_=unproven, probe_0=other("failed"))).fate is Fate.SAME
    elsewhere = {"ZIP-001": blocked("nothing")}
    assert tried(Served(open_=elsewhere, probe_0=other("failed", "failed"))).fate is Fate.ELSEWHERE


def test_if_probes_do_not_end_only_some_others_are_tried():
    hanging = {name: iter([transcript(name, ending=Ending.DEADLINE)] * 2) for name in PROBES}
    served = Served(open_={"LIST-001": blocked("nothing")}, **hanging)

    assert tried(served).fate is Fate.UNPROVEN
    assert served.recorded == [PROBES[:FIRST], PROBES]


def test_a_mutant_that_does_not_start_or_is_unreached_is_not_tested():
    assert tried(Served(starts=False)).fate is Fate.INVALID
    assert tried(Served(), reached=frozenset()).fate is Fate.UNREACHED
