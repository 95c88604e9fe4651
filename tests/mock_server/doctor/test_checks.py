"""The doctor's findings about a machine."""

import pytest

from sigmic_mock.doctor import checks

NO_NAMESPACES = "unshare failed (cure: allow user namespaces: `sysctl -w kernel.x=1` (Debian))"


@pytest.mark.parametrize(
    ("finding", "cure"),
    [
        (checks.python((3, 10, 1)), "apt-get install python3.11"),
        (checks.sandbox("process", "no", {}, is_last=True), "sigmic-mock --sandbox process"),
        (checks.port(8787, "address already in use", is_ours=False), "sigmic-mock --port 0"),
        (checks.folder("/data", "cannot be written", None), "sigmic-mock --data-dir"),
        (checks.server("http://127.0.0.1:1", "no server answers"), "sigmic-mock"),
        (checks.playbooks("/books", ["a.yaml:1: wrong"]), "sigmic-mock playbooks validate /books"),
        (checks.disk("/data", 1000), "df -h /data"),
    ],
)
def test_a_problem_ends_with_the_command_that_mends_it(finding, cure):
    assert finding.is_problem
    assert cure in finding.as_line().splitlines()[-1]


@pytest.mark.parametrize(
    "finding",
    [
        checks.python((3, 13, 0)),
        checks.sandbox("ns", "", {"network": "enforced"}, is_last=False),
        checks.port(8787, "", is_ours=False),
        checks.port(8787, "address already in use", is_ours=True),
        checks.folder("/data", "", None),
        checks.folder("/data", "", 42, "http://127.0.0.1:1"),
        checks.server("", ""),
        checks.server("http://127.0.0.1:1", ""),
        checks.playbooks("", []),
        checks.disk("/data", 2 << 30),
    ],
)
def test_a_healthy_check_needs_no_cure(finding):
    assert (finding.is_problem, finding.cure) == (False, "")


def test_a_finding_that_only_weakens_the_mock_is_no_problem_but_has_a_cure():
    weaker = checks.sandbox("ns", NO_NAMESPACES, {}, is_last=False)

    assert (weaker.is_problem, weaker.cure) == (False, "sysctl -w kernel.x=1")
    assert checks.folder("/data", "", 42).cure == "kill 42"
