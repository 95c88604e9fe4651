from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import answered, download, exchange, files, judged, no, ok, outcome_of

HOSTILE = "hostile_archives"


def climbing(*outside: Exchange) -> Verdict:
    answers = ok(HOSTILE, "twin"), ok(HOSTILE, "climbing"), files(HOSTILE, "climbing: files", a=1)
    return judged("ZIP-006", *answers, *outside, facts={HOSTILE: {"word": "w0rd"}})


def test_what_is_found_outside_of_the_uploads_came_out_of_the_archive():
    gone = download(HOSTILE, "climbing: outside", "no w0rd here", status=404)
    other = download(HOSTILE, "climbing: outside", "another file")

    assert climbing(gone, other).outcome is Outcome.PASSED
    assert climbing(gone, download(HOSTILE, "climbing: outside", "w0rd")).reason == "outside-uploads"


def bomb(**sizes: int | None) -> str:
    answers = ok(HOSTILE, "twin"), ok(HOSTILE, "bomb"), ok(HOSTILE, "bomb: serving")
    return outcome_of(judged("ZIP-009", *answers, files(HOSTILE, "bomb: files", **sizes)))


def test_two_gigabytes_in_a_workspace_are_an_archive_unpacked():
    assert bomb(a=1_999_999_999, b=0, c=None) == "passed"
    assert bomb(a=1_999_999_999, b=1) == "unpacked"


def hostile(name: str, answer: Exchange, *, serving: bool = True) -> list[Exchange]:
    after = ok(HOSTILE, f"{name}: serving") if serving else no(HOSTILE, f"{name}: serving", 503)
    return [replace(answer, label=name), after]


def test_a_bomb_is_refused_as_a_bomb_only_beside_an_archive_as_long():
    bomb = hostile("bomb", no(HOSTILE, "", 413, "FILE_TOO_LARGE"))

    assert judged("ZIP-009", *bomb, ok(HOSTILE, "twin", status=201)).outcome is Outcome.PASSED
    assert judged("ZIP-009", *bomb, no(HOSTILE, "twin", 413, "FILE_TOO_LARGE")).reason == "control-failed"


@pytest.mark.parametrize(("serving", "reason"), [(True, "timing-noise"), (False, "server-error")])
def test_an_answer_to_a_bomb_that_was_not_waited_for_is_held_against_nobody_who_serves_on(serving, reason):
    silence = exchange(probe=HOSTILE, status=None, closed=Closed.DEADLINE)

    assert (
        outcome_of(judged("ZIP-009", *hostile("bomb", silence, serving=serving), ok(HOSTILE, "twin")))
        == reason
    )


@pytest.mark.parametrize(("row", "kind"), [("ZIP-022", "streamed"), ("ZIP-023", "zip64")])
def test_every_form_of_an_archive_is_extracted(row: str, kind: str):
    def seen(text: str, *paths: str) -> Verdict:
        return judged(
            row,
            ok("archive_kinds", kind, status=201),
            files("archive_kinds", f"{kind}: files", *paths),
            download("archive_kinds", f"{kind}: uploads/s/a.txt", text),
            facts={"archive_kinds": {"word": "w"}},
        )

    assert seen("w", "uploads/s/a.txt").outcome is Outcome.PASSED
    assert seen("w", "uploads/bundle.zip").reason == "not-extracted"
    assert seen("", "uploads/s/a.txt").reason == "bytes-differ"


@pytest.mark.parametrize(
    ("row", "names"),
    [("ZIP-024", ("namesakes", "shared bytes")), ("ZIP-025", ("no entries", "directories alone"))],
)
def test_an_odd_archive_may_be_refused_and_must_not_break_the_server(row: str, names: tuple[str, str]):
    fine = [*hostile(names[0], no(HOSTILE, "")), *hostile(names[1], ok(HOSTILE, "", status=201))]
    broken = [*hostile(names[0], no(HOSTILE, "")), *hostile(names[1], no(HOSTILE, "", 500))]
    down = [*hostile(names[0], no(HOSTILE, "")), *hostile(names[1], no(HOSTILE, ""), serving=False)]

    assert judged(row, *fine).outcome is Outcome.PASSED
    assert judged(row, *broken).reason == "server-error"
    assert judged(row, *down).reason == "server-error"


def test_a_server_error_tells_nothing_of_where_an_archive_went():
    answers = ok(HOSTILE, "twin"), no(HOSTILE, "climbing", 500)

    assert judged("ZIP-006", *answers, facts={HOSTILE: {"word": "w0rd"}}).outcome is Outcome.BLOCKED


def large(answer: Exchange, *marked: str, status: int = 200) -> Verdict:
    items = [{"id": name, "systemPrompt": name} for name in marked]
    return judged(
        "ZIP-027",
        ok("large_requests", "small archive", status=201),
        answer,
        answered(items, status=status, probe="large_requests", label="list"),
        facts={"large_requests": {"mark": "m"}},
    )


def test_a_large_archive_is_refused_and_leaves_no_task():
    refused = no("large_requests", "archive beyond", 413, "FILE_TOO_LARGE")

    assert large(refused, "m small archive").outcome is Outcome.PASSED
    assert large(refused, "m archive beyond").reason == "half-done"
    assert large(ok("large_requests", "archive beyond", status=201)).reason == "accepted"
    assert large(refused, status=403).outcome is Outcome.BLOCKED
