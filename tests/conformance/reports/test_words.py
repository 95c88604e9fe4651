import pytest

from sigmic_conformance.model.record.verdict import Outcome, Unproven
from sigmic_conformance.reports.words import (
    CAUSES,
    CLOSED,
    ORDER,
    OUTCOMES,
    cause,
    claim_in_words,
    exit_in_words,
    reason_in_words,
    verdict_in_words,
    when,
)
from sigmic_conformance.wire.transcript import Closed


def document(*outcomes: str, **more: object) -> dict:
    verdicts = [{"id": f"GET-{number:03d}", "outcome": each} for number, each in enumerate(outcomes, 1)]
    began = "2026-11-24T16:00:00.000+00:00"
    return {"exit_code": 0, "problem": None, "verdicts": verdicts, "started_at": began} | more


KNOWN = {"baseline": {"excused": ["GET-001"]}}


@pytest.mark.parametrize(
    ("outcomes", "found", "said"),
    [
        ("passed", {}, "Conformant"),
        ("warned warned", {}, "Conformant, with 2 warnings"),
        ("passed", {"selection": "BEAT"}, "Conformant, as far as the selected part goes: BEAT"),
        (
            "passed",
            {"tier": "smoke", "unselected": ["GET-002"]},
            "Conformant, as far as the tier smoke goes, which leaves out 1 requirement",
        ),
        ("failed passed", KNOWN, "Not conformant, but nothing beyond the 1 known to the baseline"),
        ("failed passed", {"exit_code": 1}, "Not conformant: 1 requirement broken"),
        (
            "failed failed failed",
            {"exit_code": 1} | KNOWN,
            "Not conformant: 2 requirements broken, besides 1 known to the baseline",
        ),
        (
            "blocked inconclusive inconclusive",
            {"exit_code": 10},
            "Not proven: 3 requirements could not be decided",
        ),
        ("", {"exit_code": 12, "problem": "closed"}, "Not tested: closed"),
        ("", {"exit_code": 11}, "No clean result: the baseline has entries that no longer hold"),
    ],
)
def test_the_headline(outcomes, found, said):
    assert verdict_in_words(document(*outcomes.split(), **found)) == said


def test_an_unproven_claim_counts_its_unproven_and_untested_requirements():
    counts = {"broken": 0, "unproven": 3, "unjudged": 12}

    assert claim_in_words({"standing": "not proven"} | counts) == "not proven: 3 unproven, 12 not tested"
    assert claim_in_words({"standing": "conformant"} | dict.fromkeys(counts, 0)) == "conformant"


def test_exit_code_0_is_not_called_conformant_when_something_is_excused():
    assert exit_in_words(document("passed")) == "conformant"
    assert exit_in_words(document("passed", selection="-k X")) == "conformant for this selection"
    assert exit_in_words(document("passed", unselected=["X-001"])) == "conformant for this selection"
    assert exit_in_words(document("failed", **KNOWN)).startswith("not conformant")


def test_every_outcome_and_every_reason_for_not_deciding_has_words():
    assert set(ORDER) == set(OUTCOMES) == set(Outcome)
    assert set(Unproven) <= set(CAUSES)
    assert set(CLOSED) == set(Closed)


def test_a_reason_code_without_words_of_its_own_is_read_out():
    assert reason_in_words("failed", "half-event") == "half event"
    assert cause("inconclusive", "new-cause") == ("new cause", "see the requirement")


def test_when():
    assert when(document()) == "2026-11-24 16:00:00 UTC"
