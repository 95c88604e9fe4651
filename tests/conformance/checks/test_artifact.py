import pytest

from tests.conformance.checks.recordings import listing
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
