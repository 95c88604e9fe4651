"""The registry refuses to load checks that do not match the ledger, and says what to write."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from sigmic_conformance import checks
from sigmic_conformance.checks import Check, check
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.registry import bound
from sigmic_spec.requirement import Requirement
from tests.conformance.kit import LEDGER, REGISTRY

BEAT = LEDGER.by_id["BEAT-001"]


PROBES = {"asking": replace(next(iter(REGISTRY.probes.values())), capabilities=frozenset({"tools"}))}


@pytest.fixture(autouse=True)
def no_other_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "DECLARED", {})


def ledger(**changes: Any) -> Mapping[str, Requirement]:
    return {"BEAT-001": replace(BEAT, **({"probes": ("asking",)} | changes))}


def the_check(**changes: Any) -> Check:
    """The check that was declared, bound to its requirement with these changes."""
    return bound(checks.DECLARED, PROBES, ledger(**changes))["BEAT-001"]


def of_the_run(record):
    """A clause of the run."""
    yield record


def of_streams(stream, seen):
    """A clause about each stream."""
    yield seen, stream


def declare(
    clause: Callable[..., Any], *on: str, id: str = "BEAT-001", module: str = "x.checks.beat"
) -> None:
    clause.__module__ = module
    check(id, *on, reason="late")(clause)


def test_a_check_has_the_probes_and_capabilities_of_its_requirement():
    declare(of_the_run)
    made = the_check(capabilities=("approvals",))

    assert (made.module, made.needs, made.anywhere) == ("x.checks.beat", ("asking",), False)
    assert made.capabilities == {"approvals", "tools"}
    assert [each.function for each in made.clauses] == [of_the_run]


def test_a_check_of_all_traffic_is_about_no_capability_of_its_probes():
    declare(of_the_run)
    made = the_check(anywhere=True)

    assert made.anywhere
    assert made.capabilities == frozenset()


@pytest.mark.parametrize(
    ("declared", "rows", "complaint"),
    [
        ("BEAT-0001", ledger(), "that the ledger does not have: BEAT-0001; did you mean BEAT-001?"),
        (None, ledger(), "BEAT-001 has no check: add a function under @check('BEAT-001', …)"),
        ("BEAT-001", ledger(probes=("askings",)), "needs probes that exist: askings; did you mean asking?"),
        ("BEAT-001", ledger(probes=()), "needs probes that exist: none named"),
    ],
)
def test_a_check_that_does_not_fit_the_ledger_is_refused(declared, rows, complaint):
    if declared is not None:
        declare(of_the_run, id=declared)

    with pytest.raises(ValueError, match=re.escape(complaint)):
        bound(checks.DECLARED, PROBES, rows)


def test_a_check_in_the_module_of_another_area_is_refused_with_its_line():
    line = of_the_run.__code__.co_firstlineno
    with pytest.raises(
        ValueError, match=rf"test_registry\.py:{line}: .* write it in checks/beat\.py or checks/beat_….py"
    ):
        declare(of_the_run, module="x.checks.stream")


def test_an_area_may_have_several_modules():
    declare(of_the_run, module="x.checks.beat_late")
    made = the_check()

    assert made.module == "x.checks.beat_late"


def test_two_clauses_of_a_requirement_have_different_names():
    declare(of_streams, "stream_task")

    with pytest.raises(ValueError, match="of_streams, a check of BEAT-001, is the second one of that name"):
        declare(of_streams, "stream_task")


def test_a_check_waits_for_the_whole_run_only_if_it_reads_all_observations():
    declare(of_the_run)
    made = the_check()
    assert not made.reads_whole_run

    declare(of_streams, "stream_task")
    made = the_check()
    assert made.reads_whole_run


def test_a_clause_applies_only_where_everything_that_it_reads_is_there():
    declare(of_streams, "stream_task")
    made = the_check()
    [registered] = made.clauses
    function: Callable[[Any], Any] = registered.function
    with_one, without = SimpleNamespace(stream="the stream"), SimpleNamespace(stream=None)

    assert list(function(with_one)) == [(with_one, "the stream")]
    assert list(function(without)) == []


def misspelt(straem: Any) -> Findings:
    yield straem


def gives_a_verdict(seen: Any) -> Verdict:
    return seen


def of_both(seen: Any, record: Record) -> Findings:
    yield says(seen is record, "", "")


@pytest.mark.parametrize(
    ("clause", "on", "complaint"),
    [
        (misspelt, ["stream_task"], "an observation has no straem; did you mean stream?"),
        (lambda seen: seen, ["stream_task"], "is a lambda: write def NAME(seen: Seen) -> Findings"),
        (gives_a_verdict, ["get_task"], "it must yield findings: def NAME(…) -> Findings"),
        (of_streams, [], "name the operations that it reads, or take the record: def NAME(record: Record)"),
        (of_both, ["get_task"], "a clause of the whole run has none: @check('BEAT-001', reason=…)"),
    ],
)
def test_a_check_of_another_form_is_refused_with_its_line_and_what_to_write(clause, on, complaint):
    line = clause.__code__.co_firstlineno

    with pytest.raises(ValueError, match=rf"test_registry\.py:{line}: .*{re.escape(complaint)}"):
        declare(clause, *on)


def test_the_clauses_of_a_module_stand_in_the_order_of_their_requirements():
    first: dict[Callable[..., object], str] = {}
    for row, made in REGISTRY.checks.items():
        for clause in made.clauses:
            function = inspect.unwrap(clause.function)
            first[function] = min(row, first.get(function, row))
    places = sorted(first, key=lambda each: (each.__module__, each.__code__.co_firstlineno))
    late = [
        f"{later.__module__}:{later.__code__.co_firstlineno}: {first[later]} stands behind {first[one]}"
        for one, later in pairwise(places)
        if one.__module__ == later.__module__ and first[one] > first[later]
    ]

    assert late == []
