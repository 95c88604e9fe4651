"""The registry refuses to load checks that do not match the ledger, and says what to write."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from sigmic_conformance import registry
from sigmic_conformance.model.record.rules import Acceptance
from sigmic_conformance.registry import Registry, check, check_each
from sigmic_spec.requirement import Requirement
from tests.conformance.kit import LEDGER, REGISTRY

BEAT = LEDGER.by_id["BEAT-001"]
RULE = Acceptance("p", ["asked"])


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Registry:
    made = Registry()
    monkeypatch.setattr(registry, "REGISTRY", made)
    made.probes["asking"] = replace(next(iter(REGISTRY.probes.values())), capabilities=frozenset({"tools"}))
    return made


def ledger(**changes: Any) -> Mapping[str, Requirement]:
    return {"BEAT-001": replace(BEAT, **({"probes": ("asking",)} | changes))}


def test_a_check_has_the_probes_and_capabilities_of_its_requirement(empty):
    check_each("x.checks.beat", {"BEAT-001": RULE})
    empty.bind(ledger(capabilities=("approvals",)))

    made = empty.checks["BEAT-001"]
    assert (made.module, made.needs, made.anywhere) == ("x.checks.beat", ("asking",), False)
    assert made.capabilities == {"approvals", "tools"}
    assert made.function is RULE


def test_a_check_of_all_traffic_is_about_no_capability_of_its_probes(empty):
    check_each("x.checks.beat", {"BEAT-001": RULE})
    empty.bind(ledger(anywhere=True))

    assert empty.checks["BEAT-001"].anywhere
    assert empty.checks["BEAT-001"].capabilities == frozenset()


@pytest.mark.parametrize(
    ("declared", "rows", "complaint"),
    [
        ("BEAT-0001", ledger(), "that the ledger does not have: BEAT-0001; did you mean BEAT-001?"),
        (None, ledger(), "BEAT-001 has no check: add a function under @check('BEAT-001', …)"),
        ("BEAT-001", ledger(probes=("askings",)), "needs probes that exist: askings; did you mean asking?"),
        ("BEAT-001", ledger(probes=()), "needs probes that exist: none named"),
    ],
)
def test_a_check_that_does_not_fit_the_ledger_is_refused(empty, declared, rows, complaint):
    if declared is not None:
        check_each("x.checks.beat", {declared: RULE})

    with pytest.raises(ValueError, match=re.escape(complaint)):
        empty.bind(rows)


def test_a_check_stands_in_the_module_of_its_area(empty):
    with pytest.raises(ValueError, match=r"checks/beat\.py or checks/beat_….py, not in x\.checks\.stream"):
        check_each("x.checks.stream", {"BEAT-001": RULE})


def test_an_area_may_have_several_modules(empty):
    check_each("x.checks.beat_late", {"BEAT-001": RULE})
    empty.bind(ledger())

    assert empty.checks["BEAT-001"].module == "x.checks.beat_late"


def test_one_function_checks_the_record_and_two_clauses_have_different_names(empty):
    def clause(seen):
        yield seen

    clause.__module__ = "x.checks.beat"
    check_each("x.checks.beat", {"BEAT-001": RULE})
    check("BEAT-001", "stream_task", reason="late")(clause)

    with pytest.raises(ValueError, match="two functions check BEAT-001"):
        check_each("x.checks.beat", {"BEAT-001": RULE})
    with pytest.raises(ValueError, match="two clauses of BEAT-001 are called clause"):
        check("BEAT-001", "stream_task", reason="late")(clause)


def test_a_clause_applies_only_where_everything_that_it_reads_is_there(empty):
    def clause(stream, seen):
        yield seen, stream

    clause.__module__ = "x.checks.beat"
    check("BEAT-001", "stream_task", reason="late")(clause)
    empty.bind(ledger())
    [registered] = empty.checks["BEAT-001"].clauses
    with_one, without = SimpleNamespace(stream="the stream"), SimpleNamespace(stream=None)

    assert list(registered.function(with_one)) == [(with_one, "the stream")]
    assert list(registered.function(without)) == []


def test_a_clause_with_an_unknown_parameter_is_refused(empty):
    with pytest.raises(ValueError, match="<lambda>: an observation has no straem"):
        check("BEAT-001", "stream_task", reason="late")(lambda straem: iter((straem,)))
