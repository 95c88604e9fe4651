import pytest

pytest.importorskip("cosmic_ray", reason="the dependency group `mutation` is not installed")

from tools.mutation.mutants import Mutant, module_path
from tools.mutation.score import KNOWN, known, scores, survivors
from tools.mutation.trial import Outcome, Reach, nearest


def made(module: str = "sigmic_conformance.conformance.transcript.sse", after: str = "y") -> Mutant:
    return Mutant(module=module, operator="O", line=3, lines=(3,), before="x", after=after, code="")


def test_what_is_equivalent_counts_as_neither():
    results = [
        (made(after="a"), Outcome.KILLED),
        (made(after="b"), Outcome.ENDLESS),
        (made(after="c"), Outcome.SURVIVED),
        (made(after="d"), Outcome.UNREACHED),
        (made("sigmic_conformance.conformance.checks.stream"), Outcome.BROKEN),
        (made("sigmic_conformance.conformance.checks.stream", "p"), Outcome.PROVEN),
        (made("sigmic_conformance.conformance.checks.stream", "m"), Outcome.MOVED),
        (made("sigmic_conformance.conformance.checks.stream", "w"), Outcome.WORDED),
    ]
    equivalent = {("sigmic_conformance.conformance.transcript.sse", "x", "c"): "the same"}

    checks, sse, everything = scores(results, equivalent)

    assert (sse.noticed, sse.tried, sse.equivalent) == (2, 3, 1)
    assert (everything.noticed, everything.tried, everything.broken) == (6, 7, 1)
    assert everything.share == 6 / 7
    assert (checks.name, checks.noticed, checks.tried) == ("checks (sampled)", 4, 4)
    assert (checks.proven, checks.moved, checks.worded) == (1, 1, 1)
    assert [each.after for each, _ in survivors(results, equivalent)] == ["d"]


def test_a_mutant_that_was_noticed_is_not_called_equivalent():
    results = [(made(after="a"), Outcome.KILLED)]

    assert scores(results, {made(after="a").key: "so they say"})[-1].tried == 1


def test_the_own_tests_of_a_module_come_first_else_those_of_the_file_with_most():
    own = ["tests/a.py::test_1", "tests/conformance/transcript/test_sse.py::test_2"]
    foreign = ["tests/a.py::test_1", "tests/b.py::test_2", "tests/b.py::test_3"]

    assert nearest(made(), own) == own[1:]
    assert nearest(made(), foreign) == foreign[1:]


def test_what_only_the_import_reaches_is_tried_by_all_tests_of_the_module():
    reach = Reach(
        {
            ("sigmic_conformance.conformance.transcript.sse", 3): frozenset({""}),
            ("sigmic_conformance.conformance.transcript.sse", 9): frozenset({"a::b", ""}),
            ("sigmic_conformance.conformance.judging.observations", 3): frozenset({"c::d"}),
        }
    )

    assert reach.of(made()) == ["a::b"]
    assert Reach({}).of(made()) == []


def test_every_listed_mutant_has_a_reason_and_its_line_still_stands():
    stale = {
        f"{module}: {line}"
        for module, before, _ in known()
        for line in before.split(" / ")
        if line not in module_path(module).read_text()
    }

    assert stale == set(), f"write these as they stand now, in {KNOWN.name}"
    assert all(reason and before != after for (_, before, after), reason in known().items())
