"""Invariants of SESSION: the files of a workspace are there when its session was restored."""

import pytest

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.kit import call, result
from tests.conformance.traffic import DONE, Traffic, agent, user

HI, FOUR, MORE = user(1, "Hi"), agent(1, "4"), user(2, "More")
UPLOAD, MADE = "uploads/plain-0123.txt", "made.txt"
MAKES = {"command": f"echo x > {MADE}; ls; echo done"}
LISTED = [{"path": UPLOAD, "size": 1}, {"path": MADE, "size": 2}]


def restored(*, heard: bool, then: str = "ls") -> Traffic:
    """A task with an upload and a file that a command made, in a restored session that runs a command."""
    traffic = Traffic()
    traffic.create_form(SentFile.of("plain-0123.txt", b"x"))
    traffic.stream(call("a", args=MAKES), result("a", "made.txt\ndone\n"), DONE, shown=[HI])
    traffic.get(fields={"sessionId": "s1"})
    traffic.files(*LISTED)
    traffic.download(UPLOAD)
    traffic.say("More")
    if heard:
        traffic.stream(call("b", args={"command": then}), result("b", ""), DONE, shown=[HI, FOUR, MORE])
    traffic.get(fields={"sessionId": "s2"})
    return traffic


@pytest.mark.parametrize(
    ("heard", "then", "lost"),
    [
        (True, "ls", {UPLOAD, MADE}),
        # Who heard nothing of the turn cannot know whether it removed what the agent made.
        (False, "ls", {UPLOAD}),
        (True, f"rm {MADE}", set()),
    ],
)
def test_what_was_listed_is_listed_after_a_restore(*, heard: bool, then: str, lost: set[str]):
    traffic = restored(heard=heard, then=then)
    traffic.files(*LISTED)
    assert traffic.reasons("SESSION-004") == set()

    traffic = restored(heard=heard, then=then)
    traffic.files()
    told = {breach.story.partition(" was listed")[0] for breach in traffic.row("SESSION-004").breaches}
    assert {each.rpartition("known: ")[2] for each in told} == lost


@pytest.mark.parametrize(("status", "reasons"), [(200, set()), (404, {"files-lost"})])
def test_an_upload_is_delivered_after_a_restore(status: int, reasons: set[str]):
    traffic = restored(heard=False)
    traffic.download(UPLOAD, status=status)

    assert traffic.reasons("SESSION-004") == reasons
