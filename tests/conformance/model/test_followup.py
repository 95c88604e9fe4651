"""Invariants of FOLLOWUP, SESSION and CREATE: a well-formed message is taken and answered."""

from typing import Any

import pytest

from sigmic_conformance.conformance.client.archives import zip64
from sigmic_conformance.conformance.model.workspace import READS_UPLOADS
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.kit import call, result
from tests.conformance.traffic import DONE, TASKS, Traffic, agent, user

HI, FOUR, MORE = user(1, "Hi"), agent(1, "4"), user(2, "More")
DATA = SentFile.of("data.csv", b"a,b\n")
REFUSED = {200: set(), 400: {"refused"}, 409: {"refused"}}


@pytest.mark.parametrize(("status", "reasons"), REFUSED.items())
def test_a_sound_message_creates_a_task(status: int, reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi", status=status, fields={"autoExecute": False})
    traffic.create_form(DATA, status=status)
    traffic.add(
        "POST",
        TASKS,
        {"id": "u"},
        status=status,
        kind="multipart/form-data; boundary=b",
        parts=("message=Hi",),
    )

    for row in ("CREATE-001", "UPLOAD-001", "CREATE-002"):
        assert traffic.reasons(row) == reasons, row


@pytest.mark.parametrize(
    "fields",
    [{"unknown": 1}, {"autoExecute": "maybe"}, {"message": " "}, {"message": "\ufeff"}, {"systemPrompt": 1}],
)
def test_an_unsound_message_may_be_refused(fields: dict):
    traffic = Traffic()
    traffic.create("Hi", status=400, fields=fields)

    assert "CREATE-001" not in traffic.evaluation().rows


def test_a_form_creates_a_task_whatever_its_files_are_called():
    for status, reasons in ((415, {"refused"}), (201, set())):
        traffic = Traffic()
        traffic.create_form(SentFile.of("it's ü.csv", b"a"), status=status)

        assert traffic.reasons("CREATE-002") == reasons


def test_an_archive_in_zip64_form_may_be_refused():
    traffic = Traffic()
    traffic.create_form(SentFile.of("a.zip", zip64({"a.txt": b"a"})), status=400)

    assert "UPLOAD-001" not in traffic.evaluation().rows


def digested(content: bytes, **more: Any) -> Traffic:
    """A command tells the digests of the uploads, of which one is in a folder."""
    traffic = Traffic()
    traffic.create_form(DATA)
    command = {"command": f"echo one; {READS_UPLOADS}; echo done"}
    lines = [f"{SentFile.of(name, content).sha256}  uploads/{name}" for name in ("data.csv", "folder/x.txt")]
    events = (call("c", args=command | more), result("c", "\n".join(["one", *lines, "done"])), DONE)
    traffic.stream(*events, shown=[user(1, "Hi")])
    return traffic


def test_an_upload_has_its_bytes_for_a_command():
    assert digested(b"a,b\n").reasons("FOLLOWUP-011") == set()
    assert digested(b"").reasons("FOLLOWUP-011") == {"not-readable"}


def test_what_the_agent_may_have_changed_may_have_other_bytes():
    assert "FOLLOWUP-011" not in digested(b"", note="data.csv").evaluation().rows


@pytest.mark.parametrize(("status", "reasons"), REFUSED.items())
def test_a_sound_follow_up_on_a_completed_task_is_taken(status: int, reasons: set[str]):
    traffic = Traffic(session_expiry_seconds=5.0).begun()
    traffic.say("More", status=status)
    assert traffic.reasons("FOLLOWUP-001") == reasons

    traffic.exchanges.pop()
    traffic.say_form(DATA, status=status)
    assert traffic.reasons("FOLLOWUP-002") == reasons

    traffic.exchanges.pop()
    form: Any = {"kind": "multipart/form-data; boundary=b", "parts": ("message=More",)}
    traffic.add("POST", f"{TASKS}/t/messages", {"status": "running"}, status=status, **form)
    assert traffic.reasons("FOLLOWUP-002") == reasons

    traffic.exchanges.pop()
    traffic.now = 60.0
    traffic.say("More", status=status)
    assert traffic.reasons("SESSION-001") == ({"expiry-error"} if reasons else set())


def test_a_follow_up_after_a_failure_is_taken_when_others_were():
    traffic = Traffic(session_expiry_seconds=30)
    traffic.create("Hi")
    traffic.get("failed")
    traffic.now += 60
    traffic.say("More", status=404)
    assert not traffic.row("SESSION-001").spoke

    traffic.say("Again")
    assert traffic.reasons("SESSION-001") == {"expiry-error"}


def test_a_follow_up_to_a_task_at_work_may_be_refused():
    traffic = Traffic()
    traffic.create("Hi")
    traffic.get("running")
    traffic.say("More", status=409)

    assert "FOLLOWUP-001" not in traffic.evaluation().rows


@pytest.mark.parametrize(("status", "reasons"), [(200, set()), (409, {"not-run"})])
def test_a_follow_up_on_a_cancelled_task(status: int, reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.cancel()
    traffic.get("cancelled")
    traffic.say("More", status=status)

    assert traffic.reasons("FOLLOWUP-016") == reasons


def test_a_doubtful_file_of_a_follow_up_on_a_cancelled_task():
    traffic = Traffic()
    traffic.create("Hi")
    traffic.cancel()
    traffic.get("cancelled")
    traffic.say_form(SentFile.of("empty.txt", b""), status=400, code="VALIDATION_ERROR")
    assert "FOLLOWUP-016" not in traffic.evaluation().rows

    traffic.say_form(SentFile.of("empty.txt", b""), status=409, code="CONFLICT")
    assert traffic.reasons("FOLLOWUP-016") == {"not-run"}


def test_what_a_taken_message_is_answered():
    traffic = Traffic()
    traffic.create("Hi")
    traffic.say("More")
    assert traffic.reasons("CREATE-004") == set()
    assert traffic.reasons("FOLLOWUP-003") == set()

    traffic.create("Again", task="u", answer={"success": True, "data": {"id": "u", "status": "running"}})
    traffic.add("POST", f"{TASKS}/t/messages", {"status": "completed"})
    assert traffic.reasons("CREATE-004") == {"other-status"}
    assert traffic.reasons("FOLLOWUP-003") == {"other-status"}


@pytest.mark.parametrize(("last", "reasons"), [([agent(2, "5")], set()), ([], {"not-answered"})])
def test_a_follow_up_is_answered(last: list, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.say("More")
    traffic.stream(DONE, shown=[HI, FOUR, MORE])
    traffic.history(HI, FOUR, MORE, *last)
    traffic.stream(shown=[HI, FOUR, MORE, *last])

    assert traffic.reasons("FOLLOWUP-007") == reasons
    assert len(traffic.row("FOLLOWUP-007").breaches) == 2 * len(reasons)


@pytest.mark.parametrize(("shown", "reasons"), [([HI, FOUR], set()), ([HI, FOUR, MORE], {"half-done"})])
def test_a_refused_follow_up_is_not_kept(shown: list, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.say("More", status=400)
    traffic.history(*shown)

    assert traffic.reasons("FOLLOWUP-013") == reasons


def test_a_refused_follow_up_leaves_the_status():
    for status, reasons in (("completed", set()), ("running", {"half-done"})):
        traffic = Traffic().begun()
        traffic.say("More", status=400)
        traffic.get(status)

        assert traffic.reasons("FOLLOWUP-013") == reasons
