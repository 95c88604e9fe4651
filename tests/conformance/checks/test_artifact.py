import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from tests.conformance.checks.recordings import RUNNING, listing, running
from tests.conformance.kit import LIVE, USER, call, files, judged, outcome_of, result, stream

MADE = "made_file"


def listed(*parts: bytes, name: str = "w0rd.txt") -> str:
    run = stream([(0.0, b"".join([USER, LIVE, *parts]))], probe=MADE, label="run")
    return outcome_of(
        judged("ARTIFACT-008", run, files(MADE, "files", **{name: 1}), facts={MADE: {"word": "w0rd"}})
    )


def test_a_file_is_missed_in_the_list_only_if_a_tool_made_it():
    asked = call("c", args={"path": "w0rd.txt"})
    made = asked, result("c", "written")

    assert listed() == "passed"
    assert listed(*made) == "passed"
    assert listed(name="other.txt") == "stimulus-not-reached"
    assert listed(*made, name="other.txt") == "not-listed"
    assert listed(asked, result("c", "no", "error"), name="other.txt") == "stimulus-not-reached"
    assert listed(asked, result("d", "another"), name="other.txt") == "stimulus-not-reached"


def test_files_are_there_while_the_task_runs():
    facts = {RUNNING: {"word": "w", "path": "w.txt"}}

    assert judged("ARTIFACT-009", *running(), facts=facts).outcome is Outcome.PASSED
    assert judged("ARTIFACT-009", *running(found=409), facts=facts).reason == "not-reachable"
    assert judged("ARTIFACT-009", *running("completed"), facts=facts).reason == "stimulus-not-reached"


def test_hidden_files_are_not_listed():
    def seen(*paths: str) -> Verdict:
        page = listing("odd_files", "files", *({"path": path} for path in paths))
        return judged("ARTIFACT-022", page, facts={"odd_files": {"word": "w"}}, reference=True)

    assert seen("seen-w.txt").outcome is Outcome.PASSED
    assert seen("seen-w.txt", ".hidden-w.txt").reason == "hidden-listed"
    assert seen("seen-w.txt", "node_modules/w/index.js").reason == "hidden-listed"
    assert seen("other.txt").reason == "control-failed"


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        (("a.txt", "b.txt"), None),
        (("a.txt", "B.txt", "c.txt"), None),
        (("a_b.txt", "a.txt", "ab/c.txt"), None),
        (("file2.txt", "file10.txt"), None),
        (("a.txt", "d.txt", "c.txt", "e.txt"), "'d.txt' before 'c.txt'"),
    ],
)
def test_files_are_sorted_by_path_in_whatever_alphabet(paths: tuple[str, ...], shown: str | None):
    verdict = judged("ARTIFACT-023", listing("file_contents", "files", *({"path": path} for path in paths)))

    assert verdict.reason == ("other-order" if shown else None)
    assert shown is None or shown in verdict.observed


@pytest.mark.parametrize(
    ("made", "odd", "reason"),
    [
        ("w.txt", "seen-w.txt", None),
        ("downloads/w.txt", "downloads/seen-w.txt", None),
        ("w.txt", "downloads/seen-w.txt", "two-readings"),
        ("elsewhere/w.txt", "seen-w.txt", "no-reading"),
    ],
)
def test_files_of_the_agent_are_listed_by_one_rule(made: str, odd: str, reason: str | None):
    pages = [listing("made_file", "files", {"path": made}), listing("odd_files", "files", {"path": odd})]
    facts = {"made_file": {"name": "w.txt"}, "odd_files": {"word": "w"}}

    assert judged("ARTIFACT-031", *pages, facts=facts).reason == reason
