"""Transcripts with evidence removed: a row must not pass on them, and the proof reports one that does."""

from dataclasses import replace

import pytest

from lab.prove.thinning import (
    MARKER,
    THINNINGS,
    Thinning,
    excused,
    passes,
    problems,
    trivial,
    unanswered,
    without_exchanges,
)
from lab.prove.trial import ProofContext
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.registry import Registry
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Ending, Transcript
from tests.conformance.kit import LEDGER, LIVE, REGISTRY, P, check_by, done, download, no, ok, stream

PROFILE = Profile(base_url="http://x")
HEARD = stream([(0.0, LIVE + done("4"))], probe="p", label="stream", number=2)
ANSWERS = (ok("p", "list", [{"id": "t"}], number=1), HEARD, no("p", "refused", number=3))
TRANSCRIPT = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=ANSWERS)


def bench(row: str, clause) -> ProofContext:
    """A proof context with one check."""
    return ProofContext(LEDGER, Registry(checks={row: check_by(clause, id=row)}))


def careless(record: Record) -> Findings:
    """A clause that accepts any evidence."""
    for exchange in record.exchanges(P):
        yield says(not exchange.code, "anything", "fine", exchange=exchange)


def test_thinned_to_nothing_nothing_is_left():
    assert without_exchanges(TRANSCRIPT).exchanges == ()


def test_thinned_to_silence_every_request_is_there_and_no_answer():
    thinned = unanswered(TRANSCRIPT)

    assert [each.status for each in thinned.exchanges] == [None, None, None]
    assert [each.label for each in thinned.exchanges] == ["list", "stream", "refused"]
    assert thinned.exchanges[0].body == b""


def test_trivial_thinning_empties_accepted_answers_and_keeps_refusals():
    listed, heard, refused = trivial(TRANSCRIPT).exchanges

    assert listed.data == []
    assert listed.ok
    assert heard.body == MARKER
    assert refused == ANSWERS[2]


@pytest.mark.parametrize("thinning", THINNINGS[:2], ids=lambda each: each.name)
def test_not_even_a_careless_judge_passes_on_nothing(thinning: Thinning):
    assert list(passes(bench("GET-001", careless), PROFILE, {"p": TRANSCRIPT}, thinning)) == []


def test_a_judge_that_passes_on_the_trivial_is_a_problem():
    answers = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=ANSWERS[:2])
    found = list(problems(bench("GET-001", careless), PROFILE, {"p": answers}))

    assert found == ["vacuous  GET-001 passes on transcripts thinned to trivial"]


def test_a_listed_row_that_does_not_pass_is_stale():
    row = min(excused())
    answers = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=ANSWERS[2:])
    found = list(problems(bench(row, careless), PROFILE, {"p": answers}))

    assert found == [f"stale  {row} is listed in trivial.yaml and does not pass on the trivial"]


def test_a_listed_row_that_rests_on_an_answer_without_data_is_neither_stale_nor_vacuous():
    file = replace(download("p", "file"), number=2)
    answers = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(ANSWERS[0], file))

    assert list(problems(bench(min(excused()), careless), PROFILE, {"p": answers})) == []


def test_listed_rows_are_judged():
    assert excused() - set(REGISTRY.checks) == set()
