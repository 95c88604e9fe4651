from pathlib import Path

import pytest

from sigmic_conformance.conformance import registry
from sigmic_conformance.conformance.judging.rules import Acceptance
from sigmic_conformance.conformance.registry import Registry, judge, judge_each
from tests.conformance.kit import LEDGER, REGISTRY, P, exchange, label, ok, record

TESTS = Path(__file__).parent / "judges"
SWEEPS = {"test_sweeps", "test_purity"}
"""Tests of all judges at once."""


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Registry:
    made = Registry()
    monkeypatch.setattr(registry, "REGISTRY", made)
    return made


def test_a_judge_stands_in_a_module_of_its_area():
    elsewhere = [
        f"{row} is judged in {judge.module.rpartition('.')[2]}.py, not in {area}.py or {area}_….py"
        for row, judge in REGISTRY.judges.items()
        for area in [LEDGER.by_id[row].area.lower()]
        if judge.module.rpartition(".")[2].partition("_")[0] != area
    ]

    assert elsewhere == []


def test_each_module_of_judges_has_its_tests_and_no_test_is_of_none():
    modules = {f"test_{judge.module.rpartition('.')[2]}" for judge in REGISTRY.judges.values()}
    found = {path.stem for path in TESTS.glob("test_*.py")}

    missing = [f"write tests/conformance/judges/{name}.py" for name in sorted(modules - found)]
    assert missing == []
    assert sorted(found - modules) == sorted(SWEEPS)


def test_a_row_of_a_table_is_judged_in_the_module_of_the_table(empty):
    judge_each("x.judges.beat", {"BEAT-001": Acceptance([label("asked")])}, capabilities=["tools"])

    made = empty.judges["BEAT-001"]
    assert (made.module, made.needs, made.sweep) == ("x.judges.beat", ("p",), False)
    assert made.capabilities == {"tools"}
    assert made.function(record(ok("p", "asked"))).outcome == "passed"
    assert made.function(record(exchange(probe="p", label="asked", status=400))).reason == "refused"


def test_a_judge_of_an_unknown_row_is_told_the_nearest_there_is(empty):
    judge_each("x", {"BEAT-0001": Acceptance([label("asked")])})

    with pytest.raises(ValueError, match=r"does not have: BEAT-0001; did you mean BEAT-001\?"):
        empty.check(LEDGER.by_id)


def test_a_row_is_claimed_once_by_a_table_or_a_function(empty):
    judge_each("x", {"BEAT-001": Acceptance([label("asked")])})

    with pytest.raises(ValueError, match="two judges claim BEAT-001"):
        judge("BEAT-001", P)(Acceptance([label("asked")]))
