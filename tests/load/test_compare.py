"""The compare command: tables, exit codes, and files that are not a report."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sigmic_load.compare import main
from sigmic_load.measures.accounting import account
from sigmic_load.measures.errors import Errors
from tests.load.report.test_comparison import run

ROOT = Path(__file__).parents[2]
FACTS = {
    "format": 2,
    "verdict": "held",
    "target": "http://127.0.0.1:1",
    "began": "2026-01-01T00:00:00+00:00",
    "shape": "steady",
    "heartbeat_period": 15.0,
    "users": {},
    "machine": {"system": "Linux", "processors": 2},
}


@pytest.fixture
def report(tmp_path):
    """Write a report; return its path."""

    def write(name: str, seed: int, slower: float = 1.0, **facts: object) -> str:
        path = tmp_path / name
        path.mkdir()
        (path / "load.json").write_text(json.dumps(FACTS | run(seed, slower=slower) | facts))
        return str(path)

    return write


@pytest.mark.parametrize(
    ("slower", "facts", "options", "code"),
    [
        (1.0, {}, [], 0),
        (1.2, {}, [], 3),
        (1.2, {}, ["--tolerance", "0.5"], 0),
        (1.2, {}, ["--least", "5"], 0),
        (1.0, {"verdict": "incomplete"}, [], 4),
        (1.2, {"verdict": "incomplete"}, ["--tolerance", "0.5"], 4),
        (1.2, {"judged": [[0.0, 5.0]]}, [], 6),
        (1.2, {"judged": [[0.0, 5.0]]}, ["--tolerance", "0.5", "--statistic", "p50"], 0),
    ],
)
def test_the_exit_code_is_a_gate(report, capsys, slower, facts, options, code):
    assert main([report("a", 1), report("b", 2, slower, **facts), *options]) == code

    said = capsys.readouterr().out
    assert ("worse" in said) == (code == 3)
    assert "run 2: " + str(facts.get("verdict", "held")) in said
    if code in {0, 6}:
        assert ("unsure: needs " in said) == (code == 6)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "No such file"),
        ("{", "no JSON"),
        (100_000 * "[", "no JSON"),
        ("[]", "no load.json"),
        ('{"format": 1}', "of 1"),
        ('{"format": 2}', '"verdict" is a required property'),
        (
            json.dumps(FACTS | run(1) | {"distributions": {"create": {"unit": "s", "histogram": "text"}}}),
            "distributions.create is not of a load.json",
        ),
        (
            json.dumps(FACTS | run(1) | {"counts": {"requests": {"value": "many", "unit": "", "says": ""}}}),
            "counts.requests.value is not of a load.json",
        ),
        (json.dumps(FACTS | run(1) | {"judged": "always"}), "judged is not of a load.json"),
    ],
)
def test_what_is_no_report_is_refused_in_one_line(report, tmp_path, capsys, text, says):
    other = tmp_path / "other.json"
    if text is not None:
        other.write_text(text)

    assert main([report("a", 1), str(other)]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


def test_several_runs_are_a_trend(report, capsys):
    runs = [
        report(name, seed, slower) for seed, (name, slower) in enumerate({"a": 1, "b": 1, "c": 1.3}.items())
    ]

    assert main([*runs, report("d", 9, 1.3, labels={"release": "2.1"})]) == 3

    head, row = [
        line for line in capsys.readouterr().out.splitlines() if "p50" in line or "statistic" in line
    ]
    assert head.split() == ["measure", "statistic", "run", "1", "run", "2", "run", "3", "run", "4", "change"]
    assert row.startswith("create")
    assert row.endswith("worse since run 3")


def test_a_label_is_shown(report, capsys):
    assert main([report("a", 1), report("b", 2, labels={"release": "2.1"})]) == 0

    assert ", release=2.1" in capsys.readouterr().out


def test_one_run_is_no_comparison(report, capsys):
    assert main([report("a", 1)]) == 2
    assert "give two runs or more" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["--tolerance=-1"], "give a share from 0 to 10"),
        (["--tolerance", "nan"], "give a share from 0 to 10"),
        (["--tolerance", "x"], "give a share from 0 to 10"),
        (["--least", "inf"], "--least"),
        (["--statistic", "p1"], "invalid choice"),
        (["--worse"], "unrecognized arguments"),
    ],
)
def test_a_wrong_option_is_refused_in_one_line(report, capsys, wrong, says):
    with pytest.raises(SystemExit) as refused:
        main([report("a", 1), report("b", 2), *wrong])

    assert refused.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


def test_a_pipe_is_no_report(report, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")

    assert main([report("a", 1), str(tmp_path / "pipe")]) == 2
    assert "a pipe or a device" in capsys.readouterr().err


def test_loads_that_differ_are_named(report, capsys):
    row = account({}, Errors(), wanted=200).as_json()
    other = {"most_users": 2, "streams": row, "workload": "b", "slo": "d"}

    assert main([report("a", 1), report("b", 2, **other)]) == 0

    said = capsys.readouterr().out
    for name in ("users at one time", "streams to be held", "workload", "objectives"):
        assert f"another load, {name}: " in said


def test_a_run_that_may_be_better_stops_no_gate(report, capsys):
    """Nine seconds of judging can't show it, but it is not worse."""
    assert main([report("a", 1, 200.0), report("b", 2, 1.0, judged=[[0.0, 5.0]])]) == 0

    assert "perhaps better" in capsys.readouterr().out


def test_it_starts_from_the_root_of_a_clone(report):
    command = [sys.executable, "-m", "sigmic_load.compare", report("a", 1), report("b", 2)]

    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == 0
