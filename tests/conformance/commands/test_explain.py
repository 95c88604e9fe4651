from dataclasses import replace

import pytest

from sigmic_conformance.cli import main
from sigmic_conformance.wire.transcript import Ending, Sent, Transcript
from tests.conformance.kit import exchange
from tests.conformance.saving import save, verdict

REFUSED = {"success": False, "error": {"code": "VALIDATION_ERROR", "message": "no"}}
TASK = {"success": True, "data": {"id": "t"}}


def sent(text: str, *headers: tuple[str, str]) -> Sent:
    return Sent(method="POST", target="/api/v1/tasks", headers=headers, text=text, size=len(text))


RECORDED = Transcript(
    probe="p",
    ending=Ending.COMPLETE,
    exchanges=(
        replace(
            exchange(
                number=2, label="bad: empty", operation="create_task", status=400, body=REFUSED, ended=0.25
            ),
            sent=sent('{"message": ""}', ("Authorization", "Bearer [secret:1]")),
        ),
        replace(exchange(number=3, label="elsewhere", operation="create_task", body=TASK), role="stranger"),
        replace(exchange(number=4, label="good: full", operation="create_task", body=TASK), sent=sent("{}")),
    ),
)


def piece(number: int) -> dict:
    return {"probe": "p", "exchange": number, "label": "x", "note": "400 as it should be"}


def test_explain_shows_the_request_the_answer_and_the_control_of_a_saved_run(tmp_path, capsys):
    save(tmp_path, [verdict("CREATE-001", "failed", "accepted", slices=[piece(2)])], [RECORDED])

    assert main(["explain", "CREATE-001", str(tmp_path)]) == 0

    said = capsys.readouterr().out
    for words in (
        "verdict   failed (accepted), against http://127.0.0.1:1",
        "sent      POST /api/v1/tasks",
        '{"message": ""}',
        "after 250 ms",
        '"code": "VALIDATION_ERROR"',
        "seen      400 as it should be",
        'control   "good: full" was accepted',
        "repeat    ",
    ):
        assert words in said


def test_bytes_are_shown_with_their_times_and_cannot_reach_the_terminal(tmp_path, capsys):
    chunks = [(0.1, b"event: a\ndata: \x1b[31m{}\n\n"), (0.9, b": heartbeat\n\n")]
    heard = Transcript(
        probe="p", ending=Ending.COMPLETE, exchanges=(exchange(number=2, chunks=chunks, ended=1.0),)
    )
    save(tmp_path, [verdict("BEAT-001", slices=[piece(2)])], [heard])

    assert main(["explain", "beat-001", str(tmp_path)]) == 0

    said = capsys.readouterr().out
    assert "100 ms event: a\\ndata: \\x1b[31m{}" in said
    assert "900 ms : heartbeat" in said
    assert "\x1b" not in said


def test_without_a_run_it_says_how_the_row_is_judged(capsys):
    assert main(["explain", "BEAT-001"]) == 0

    said = capsys.readouterr().out
    assert "conformance/sigmic_conformance/checks/beat.py:" in said
    assert "probe     heartbeat_window" in said


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("BEAT-002", "did not test BEAT-002"),
        ("BEAT-1", "did you mean BEAT-"),
        ("BEAT-007", "BEAT-007 was removed"),
    ],
)
def test_a_row_that_is_not_there(tmp_path, refused, row, words):
    save(tmp_path, [verdict("BEAT-001")], [RECORDED])

    assert words in refused(["explain", row, str(tmp_path)])


def test_explain_shows_the_usual_mistake_about_a_requirement(capsys):
    assert main(["explain", "BEAT-002"]) == 0
    assert "mistake   The comment is `:ping`" in capsys.readouterr().out
