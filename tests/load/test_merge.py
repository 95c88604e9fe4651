"""The command: a report of two, and what is no part of it."""

import json

import pytest

from sigmic_conformance.load.measures.recorder import Recorder
from sigmic_conformance.load.merge import main
from tests.load.report.test_build import Wall
from tests.load.report.test_merging import measure, report_of


@pytest.fixture
def report(tmp_path):
    """Write the report of a machine; its path."""

    def write(name: str, lateness: float = 0.01, **facts: object) -> str:
        wall = Wall()
        recorder = Recorder(wall)
        measure([recorder], lateness, wall)
        path = tmp_path / name
        path.mkdir()
        (path / "load.json").write_text(json.dumps(report_of(recorder, **facts)))
        return str(path)

    return write


@pytest.mark.parametrize(
    ("second", "code", "says"),
    [
        ({"lateness": 0.2}, 3, "broken: heartbeat-lateness"),
        ({"heartbeat_period": 5.0}, 4, "load.merge: not of one load: heartbeat_period"),
        ({"format": 1}, 2, "no load.json of format 2, but of 1"),
        ({"judged": None}, 2, "b: not of the form of load.json, by type of judged"),
    ],
)
def test_the_exit_code_says_what_came_of_it(report, tmp_path, capsys, second, code, says):
    into = tmp_path / "all"

    assert main([report("a"), report("b", **second), "--into", str(into)]) == code

    told = capsys.readouterr()
    assert says in told.out + told.err
    assert (into / "load.json").exists() == (into / "load.html").exists() == (code == 3)


def test_the_same_twice_is_no_sum(report, tmp_path, capsys):
    path = report("a")

    assert main([path, path, "--into", str(tmp_path / "all")]) == 2
    assert capsys.readouterr().err == "load.merge: one of them is given twice\n"
