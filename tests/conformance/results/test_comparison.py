"""Changes between two saved runs."""

from pathlib import Path
from typing import Any

import pytest

from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.verdict import (
    Unproven,
    Verdict,
    blocked,
    failed,
    inconclusive,
    info,
    passed,
)
from sigmic_conformance.results.comparison import Change, changes, choices_changed, circumstances
from sigmic_conformance.results.saved import SavedRun, read
from sigmic_conformance.target.profile import Profile
from tests.conformance.kit import exchange
from tests.conformance.saving import save, verdict

GOOD = passed("fine", cite(exchange()))
BAD = failed("broken", expected="this", observed="that")


def run(folder: Path, *rows: dict[str, Any], **more: Any) -> SavedRun:
    folder.mkdir(exist_ok=True)
    return read(save(folder, rows, **more))


@pytest.mark.parametrize(
    ("after", "worse"),
    [
        (None, False),
        (GOOD, False),
        (info("so"), False),
        (BAD, True),
        (blocked("x"), True),
        (inconclusive(Unproven.BUDGET, "x"), True),
    ],
)
def test_a_newly_broken_or_unproven_requirement_is_worse(after, worse):
    assert Change(id="GET-001", before=GOOD, after=after).is_worse is worse


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (GOOD, BAD, "GET-001  passed → failed (broken)"),
        (None, GOOD, "GET-001  not tested → passed"),
        (info("one"), info("two", reason="odd"), "GET-001  info → info (odd)"),
        (BAD, None, "GET-001  failed (broken) → not tested"),
    ],
)
def test_a_change_in_one_line(before: Verdict | None, after: Verdict | None, text):
    assert Change(id="GET-001", before=before, after=after).text() == text


def found(tmp_path: Path, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [each.id for each in changes(run(tmp_path / "1", before), run(tmp_path / "2", after))]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (("passed", None, "a"), ("passed", None, "b"), False),
        (("passed", None, "a"), ("failed", "broken", "a"), True),
        (("failed", "one", "a"), ("failed", "two", "a"), True),
        (("failed", "one", "a"), ("failed", "one", "b"), False),
        (("info", None, "a"), ("info", None, "b"), False),
        (("info", "odd", "a"), ("info", "odd", "b"), False),
        (("info", None, "a"), ("info", "odd", "a"), True),
    ],
)
def test_outcome_and_reason_count(tmp_path, before, after, changed):
    def row(outcome: str, reason: str | None, observed: str) -> dict[str, Any]:
        return verdict("GET-001", outcome, reason, observed=observed)

    assert found(tmp_path, row(*before), row(*after)) == (["GET-001"] if changed else [])


def test_rows_of_either_run_are_compared_in_order(tmp_path):
    before = run(tmp_path / "1", verdict("GET-002"), verdict("GET-003"))
    after = run(tmp_path / "2", verdict("GET-001"), verdict("GET-003"))

    assert [(each.id, each.before is None, each.after is None) for each in changes(before, after)] == [
        ("GET-001", True, False),
        ("GET-002", False, True),
    ]


def test_a_changed_choice_is_reported_if_both_runs_show_the_choice(tmp_path):
    def choice(id: str, *answers: str) -> dict[str, Any]:
        told = [{"text": text, "probe": "p", "exchange": 1} for text in answers]
        return {"id": id, "question": f"What of {id}?", "answers": told}

    old = [
        choice("early-follow-up", "refused"),
        choice("other", "a"),
        choice("unseen"),
        choice("same", "x", "y"),
    ]
    new = [
        choice("early-follow-up", "accepted"),
        choice("other"),
        choice("unseen", "b"),
        choice("same", "x", "y"),
    ]
    before, after = run(tmp_path / "1", choices=old), run(tmp_path / "2", choices=new)

    assert choices_changed(before, after) == ("early-follow-up  refused → accepted",)


def test_only_changed_circumstances_are_listed(tmp_path):
    here = Profile(base_url="http://127.0.0.1:1").public()
    before = run(tmp_path / "1", target=here | {"gone": 1})
    after = run(tmp_path / "2", suite="1", strict=True, target=here | {"concurrency": 2, "new": True})

    assert circumstances(before, after) == (
        "suite: 0 → 1",
        "strict: False → True",
        "target.concurrency: 8 → 2",
        "target.gone: 1 → None",
        "target.new: None → True",
    )
    assert circumstances(before, before) == ()
